"""What a fit of the cumulative link model says."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from statsmodels.iolib.summary import Summary

from foistats.errors import UsageError
from foistats.severity import predictions, summary
from foistats.severity.checks import fitted_counts, information, proportional_odds, residuals
from foistats.severity.engine.design import Design
from foistats.severity.engine.fitting import Problem, Solution
from foistats.severity.engine.formula import DesignColumns
from foistats.severity.engine.observations import Observations
from foistats.severity.inference import (
    bootstrap,
    comparison,
    heterogeneity,
    profile,
    sandwich,
    simulate,
)
from foistats.severity.inference.intervals import tidy
from foistats.severity.predictions import INTEGRATED
from foistats.severity.what_if import not_at_random

if TYPE_CHECKING:
    from foistats.severity.groups.cells import SeverityData
    from foistats.severity.model import CumulativeLinkModel

Array: TypeAlias = NDArray[Any]


@dataclass(frozen=True, repr=False, eq=False)
class SeverityFit:
    """A fitted `CumulativeLinkModel`.

    Tables have the columns ``term, estimate, std_error, statistic, p_value, conf_low, conf_high``.

    Attributes
    ----------
    model : CumulativeLinkModel
        The question.
    columns : mapping of str to DesignColumns
        What the formulas made of the covariates: ``location``, ``nominal``, ``scale``.
    problem : Problem
        What was maximised.
    solution : Solution
        Where its maximum is.
    """

    model: CumulativeLinkModel
    columns: Mapping[str, DesignColumns]
    problem: Problem
    solution: Solution

    # ---- what was fitted ---------------------------------------------------------------------

    @property
    def observations(self) -> Observations:
        """The data, as cells."""
        return self.problem.observations

    @property
    def design(self) -> Design:
        """The design whose parameters `solution` holds."""
        return self.solution.problem.design

    @property
    def converged(self) -> bool:
        """Always true: a fit without a proven maximum raises an error instead."""
        return self.solution.maximum.proven

    @property
    def log_likelihood(self) -> float:
        """The log-likelihood at the estimate, in nats; penalised if the estimator is.

        Of a frame, that of the single cases; of groups of cases, the log probability of all their
        statements.
        """
        return self.solution.log_likelihood

    @property
    def at_boundary(self) -> bool:
        """Whether the random intercept's standard deviation is estimated as zero."""
        return self.solution.at_boundary

    @property
    def random_intercept_sd(self) -> float:
        """The standard deviation of the random intercept; 0.0 at the boundary or without one.

        Below twenty groups it is biased downwards, and no Wald interval is given.
        """
        return self.design.parameters(self.solution.vector).sd

    @property
    def quadrature_error(self) -> float:
        """How far from exact the quadrature is: zero where more points would change nothing.

        The larger of what integration by parts says must vanish in every group
        (`foistats.severity.engine.marginal`). One point is Laplace's approximation, whose error it
        does not measure: it is 1 then.
        """
        return self.solution.maximum.evaluation.node_error

    @property
    def n_parameters(self) -> int:
        """The number of parameters, the standard deviation included."""
        return self.problem.design.size

    @property
    def n_forces(self) -> int:
        """The number of forces (groups)."""
        return len(self.observations.forces)

    @property
    def n_cases(self) -> float:
        """The number of cases; see `Observations.cases`."""
        return float(self.observations.cases.sum())

    @cached_property
    def point_weights(self) -> Array:
        """The share of all cases at each point of the data, open ones by their weights."""
        seen = self.observations
        count = np.where(seen.count > 0, seen.count, 0.0)
        if seen.tables:
            count = np.where(count > 0, count, 1.0)
        weights = np.exp(seen.atoms.log_weight) * count[seen.atoms.cell]
        sums = np.bincount(seen.atoms.point, weights, minlength=len(seen.points))
        return np.asarray(sums / sums.sum())

    @cached_property
    def points(self) -> pd.DataFrame:
        """The distinct combinations of covariates in the data."""
        names = list(self.model.covariates)
        if not names:
            return pd.DataFrame(index=[0])
        return self.observations.points.drop_duplicates(names).sort_values(names, ignore_index=True)

    # ---- estimates ---------------------------------------------------------------------------

    @property
    def degrees_of_freedom(self) -> float:
        """Those of thresholds and probabilities: groups less one; infinite without groups.

        Every group has one draw of the intercept, however many cases it has.
        """
        return float(self.n_forces - 1) if self.model.groups else np.inf

    @cached_property
    def parameter_covariance(self) -> Array:
        """The inverse information, in the order of the parameter vector."""
        information = self.solution.information
        scale = np.sqrt(np.diag(information))
        return np.asarray(
            np.linalg.inv(information / np.outer(scale, scale)) / np.outer(scale, scale)
        )

    @property
    def covariance(self) -> pd.DataFrame:
        """The covariance of all parameters but the standard deviation of the random intercept.

        The inverse observed information (expected, where bias is reduced); the logarithm of the
        standard deviation was a parameter too and is marginalised over. At the boundary it is taken
        as known to be zero.
        """
        names = [name for name in self.solution.problem.names if name != "log_sd"]
        size = len(names)
        return pd.DataFrame(self.parameter_covariance[:size, :size], index=names, columns=names)

    @property
    def thresholds(self) -> pd.DataFrame:
        """The thresholds at the reference, named by the rungs they part; t quantiles if grouped."""
        return self._table("thresholds", self.degrees_of_freedom)

    @property
    def coefficients(self) -> pd.DataFrame:
        """Effects on the scale of the link, normal quantiles; positive: more severe.

        One row per column of the formula.
        """
        return self._table("location", np.inf)

    @property
    def nominal_coefficients(self) -> pd.DataFrame:
        """Effects that differ between thresholds, ``threshold:column``; positive: more severe."""
        return self._table("nominal", np.inf)

    @property
    def scale_coefficients(self) -> pd.DataFrame:
        """Effects on the logarithm of the latent scale."""
        return self._table("scale", np.inf)

    def _table(self, part: str, degrees: float) -> pd.DataFrame:
        at = self.design.slices[part]
        names = self.solution.problem.names[at]
        errors = np.sqrt(np.diag(self.parameter_covariance)[at])
        return tidy(names, self.solution.vector[at], errors, self.model.level, degrees)

    def odds_ratios(self) -> pd.DataFrame:
        """Return cumulative odds ratios: ``exp`` of the coefficients.

        The odds are those of lying above any threshold. `std_error`, `statistic` and `p_value` are
        those of the logarithm.

        Raises
        ------
        UsageError
            For any link but the logit, or with scale terms.
        """
        if self.model.link != "logit" or self.model.scale:
            raise UsageError(
                f"the link is '{self.model.link}'{' with scale terms' * bool(self.model.scale)}: "
                "its coefficients are not log odds ratios; use `coefficients` or "
                "`probabilities()`, or fit link='logit' without scale"
            )
        frame = self.coefficients
        columns = ["estimate", "conf_low", "conf_high"]
        frame[columns] = np.exp(frame[columns])
        return frame

    # ---- likelihood inference ----------------------------------------------------------------

    def profile_interval(self, term: str, level: float | None = None) -> pd.DataFrame:
        """Return the profile-likelihood interval of a parameter; see `profile.profile_interval`."""
        return profile.profile_interval(self, term, level)

    def profile_intervals(self, level: float | None = None) -> pd.DataFrame:
        """Return the profile-likelihood intervals of all parameters, one row each."""
        return profile.profile_intervals(self, level)

    def differs(self, term: str) -> bool:
        """Whether the likelihood ratio rejects zero at the level of the model, by one fit more."""
        return profile.differs(self, term)

    @property
    def aic(self) -> float:
        """Akaike's information criterion; see `comparison.aic`."""
        return comparison.aic(self)

    @property
    def bic(self) -> float:
        """The Bayesian information criterion, of cases; see `comparison.bic`."""
        return comparison.bic(self)

    def wald_test(self, terms: Sequence[str] | str) -> pd.DataFrame:
        """Return the joint Wald test that terms are zero; see `comparison.wald_test`."""
        return comparison.wald_test(self, terms)

    def no_force_variation(self, *, replications: int = 999, seed: int = 0) -> pd.DataFrame:
        """Return the test that groups do not differ; see `comparison.no_force_variation`."""
        return comparison.no_force_variation(self, replications=replications, seed=seed)

    def heterogeneity(self, *, replications: int = 0, seed: int = 0) -> pd.DataFrame:
        """Return how much groups differ, with intervals; see `heterogeneity.heterogeneity`."""
        return heterogeneity.heterogeneity(self, replications=replications, seed=seed)

    def robust(
        self,
        kind: str = "HC1",
        *,
        cluster: str | Observations = "",
        few_clusters: bool = False,
    ) -> sandwich.Robust:
        """Return robust standard errors; see `sandwich.robust`."""
        return sandwich.robust(self, kind, cluster=cluster, few_clusters=few_clusters)

    def simulate(self, generator: np.random.Generator) -> Observations:
        """Return new observations drawn from the fit; see `simulate.simulate`."""
        return simulate.simulate(self, generator)

    def bootstrap_intervals(
        self, *, replications: int = 999, seed: int = 0, terms: Sequence[str] | None = None
    ) -> pd.DataFrame:
        """Return parametric bootstrap intervals; see `bootstrap.bootstrap_intervals`."""
        return bootstrap.bootstrap_intervals(
            self, replications=replications, seed=seed, terms=terms
        )

    def summary(self) -> Summary:
        """Return the fit on one page, as statsmodels lays it out; see `summary.summary`."""
        return summary.summary(self)

    # ---- predictions -------------------------------------------------------------------------

    def probabilities(
        self, new_data: pd.DataFrame | None = None, at: str = INTEGRATED
    ) -> pd.DataFrame:
        """Return the probability of every rung; see `predictions.probability_table`.

        Parameters
        ----------
        new_data : DataFrame, optional
            Covariates, one row per point; by default the distinct ones of the data.
        at : str
            ``integrated`` over groups (default), ``zero``, or the name of a group.
        """
        return predictions.probability_table(self, new_data, at).assign(at=at)

    def marginal_effects(self, variable: str) -> pd.DataFrame:
        """Return average marginal effects on every rung; see `predictions.marginal_effects`."""
        return predictions.marginal_effects(self, variable)

    def contrasts(
        self, variable: str, pairs: Sequence[tuple[Any, Any]] | None = None
    ) -> pd.DataFrame:
        """Return differences in probability between levels; see `predictions.contrasts`."""
        return predictions.contrasts(self, variable, pairs)

    def predicted_shares(self, composition: Mapping[str, float], by: str = "role") -> pd.DataFrame:
        """Return the share of each rung over a composition; see `predictions.predicted_shares`."""
        return predictions.predicted_shares(self, composition, by)

    def conditional_modes(self) -> pd.DataFrame:
        """Return the mode of each group's intercept; see `predictions.conditional_modes`."""
        return predictions.conditional_modes(self)

    # ---- if outcomes are not printed at random -----------------------------------------------

    def tilt(
        self,
        values: Sequence[float] = not_at_random.TILTS,
        term: str = "",
        where: Mapping[str, Any] | None = None,
    ) -> pd.DataFrame:
        """Return a coefficient if severe outcomes are printed more, or less, readily.

        See `not_at_random.tilt_table`.

        Parameters
        ----------
        values : sequence of float
            How much the log odds of being printed grow per rung.
        term : str
            By default the first coefficient.
        where : mapping of covariate to level, optional
            Where the tilt acts; by default everywhere.
        """
        return not_at_random.tilt_table(self, term=term, values=values, where=where)

    def turning_point(self, term: str = "", where: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """Return the tilt at which a conclusion turns; see `not_at_random.turning_point`."""
        return not_at_random.turning_point(self, term=term, where=where)

    # ---- checks of the model -----------------------------------------------------------------

    def proportional_odds_tests(self) -> pd.DataFrame:
        """Return tests of every term as nominal and as scale effect.

        See `proportional_odds.proportional_odds_tests`.
        """
        return proportional_odds.proportional_odds_tests(self)

    def departures(self) -> pd.DataFrame:
        """Return how far each term departs from proportional odds, with intervals.

        See `proportional_odds.departures`.
        """
        return proportional_odds.departures(self)

    def residuals(self, seed: int = 0, scale: str = "probability") -> pd.DataFrame:
        """Return surrogate residuals, one per case; see `residuals.surrogate_residuals`."""
        return residuals.surrogate_residuals(self, seed=seed, scale=scale)

    def expected_counts(self, data: SeverityData | None = None) -> pd.DataFrame:
        """Return observed and expected counts.

        Of a frame by force, covariates and rungs (`fitted_counts.expected_block_counts`). Of groups
        of cases, give the data that were fitted: one row per printed statement
        (`fitted_counts.expected_count_table`).
        """
        if data is None:
            return fitted_counts.expected_block_counts(self)
        return fitted_counts.expected_count_table(self, data)

    def information_by_force(self, term: str) -> pd.DataFrame:
        """Return what each force contributes to the information on one parameter.

        See `information.information_by_force`; by source or kind, `information.information_by`.
        """
        return information.information_by_force(self, term)

    # ---- in words ----------------------------------------------------------------------------

    def __repr__(self) -> str:
        """Return the coefficients as a table, with what they rest on."""
        return f"{self._heading}\n{self._small_table().to_string(index=False)}"

    def _repr_html_(self) -> str:
        """Return the same for a notebook."""
        return f"<p>{html.escape(self._heading)}</p>{self._small_table().to_html(index=False)}"

    def _small_table(self) -> pd.DataFrame:
        parts: Sequence[pd.DataFrame] = [
            self.coefficients,
            self.nominal_coefficients,
            self.scale_coefficients,
            self.thresholds,
        ]
        frame = pd.concat([part for part in parts if len(part)], ignore_index=True)
        numbers = ["estimate", "std_error", "conf_low", "conf_high"]
        return frame[["term", *numbers]].round(dict.fromkeys(numbers, 3))

    @property
    def _heading(self) -> str:
        spread = f"{self.random_intercept_sd:.3g}"
        if self.at_boundary:
            spread = "0 (at the boundary)"
        elif not self.model.groups:
            spread = "none fitted"
        return (
            f"Cumulative {self.model.link} model: {self.n_cases:,.0f} cases, "
            f"{self.n_forces} groups; "
            f"log-likelihood {self.log_likelihood:.3f}; random intercept sd: {spread}"
        )
