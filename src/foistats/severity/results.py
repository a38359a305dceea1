"""What a fit of the cumulative link model says, and how much of it hangs on one force."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from foistats.errors import UsageError, did_you_mean
from foistats.severity import predictions
from foistats.severity.estimates import Estimates
from foistats.severity.intervals import tidy
from foistats.severity.marginal import Parameters
from foistats.severity.maximum import maximise_marginal
from foistats.severity.profile import profile_bounds

Array: TypeAlias = NDArray[Any]


@dataclass(frozen=True, repr=False)
class SeverityFit(Estimates):
    """A fitted `CumulativeLinkModel`.

    Tables have the columns ``term, estimate, std_error, statistic, p_value, conf_low, conf_high``;
    `covariance`, `random_intercept_sd`, `at_boundary`, `n_forces` and `n_cases` are those of
    `Estimates`.
    """

    @property
    def converged(self) -> bool:
        """Always true: a fit without a proven maximum raises ConvergenceError instead."""
        return True

    @property
    def log_likelihood(self) -> float:
        """The log probability of all statements at the maximum.

        It includes multinomial coefficients and role shares; see
        `MarginalLikelihood.log_likelihood`.
        """
        return self.maximum.log_likelihood

    @property
    def coefficients(self) -> pd.DataFrame:
        """Effects of the roles against the reference, on the link scale; positive: more severe.

        One row per role but the first, normal quantiles.
        """
        roles = self.space.roles[1:]
        values = self._parts.coefficients[0, 1:]
        return tidy(roles, values, self._errors(roles), self.level, np.inf)

    @property
    def thresholds(self) -> pd.DataFrame:
        """The thresholds of the reference role, named by the rungs they part.

        One row per threshold, t quantiles with `degrees_of_freedom`.
        """
        terms = self.marginal.threshold_terms
        return tidy(
            terms,
            self._parts.thresholds[0],
            self._errors(terms),
            self.level,
            self.degrees_of_freedom,
        )

    def odds_ratios(self) -> pd.DataFrame:
        """Return odds ratios of the roles against the reference: ``exp`` of the coefficients.

        The odds are those of lying above any threshold. `std_error`, `statistic` and `p_value` are
        those of the logarithm.

        Raises
        ------
        UsageError
            For any link but the logit.
        """
        if self.marginal.link.name != "logit":
            raise UsageError(
                f"the link is '{self.marginal.link.name}': its coefficients are not log odds "
                "ratios; use `coefficients` or `probabilities()`, or fit link='logit'"
            )
        frame = self.coefficients
        columns = ["estimate", "conf_low", "conf_high"]
        frame[columns] = np.exp(frame[columns])
        return frame

    def profile_interval(self, term: str, level: float = 0.95) -> pd.DataFrame:
        """Return the profile-likelihood interval of a role's coefficient.

        The values at which twice the drop of the profile log-likelihood is at most the chi-squared
        quantile with one degree of freedom. An end at which the likelihood never falls that far is
        infinite.

        Returns
        -------
        DataFrame
            One row: ``term, estimate, conf_low, conf_high, level, method``.
        """
        roles = self.space.roles[1:]
        if term not in roles:
            raise UsageError(
                f"no coefficient '{term}'{did_you_mean(term, roles)} "
                f"(allowed: {', '.join(roles) or 'none, there is one role'})"
            )
        place = len(self.space.ladder) - 1 + roles.index(term)
        error = float(self._errors([term])[0])
        low, high = profile_bounds(self.marginal, self.maximum, place, error, level)
        estimate = float(self.maximum.parameters[place])
        row = [term, estimate, low, high, level, "profile"]
        columns = ["term", "estimate", "conf_low", "conf_high", "level", "method"]
        return pd.DataFrame([row], columns=columns)

    def differs(self, term: str) -> bool:
        """Whether the likelihood ratio rejects a coefficient of zero at the level of the fit.

        It does exactly if the profile interval excludes zero, and costs one constrained fit.
        """
        place = len(self.space.ladder) - 1 + self.space.roles[1:].index(term)
        start = self.maximum.parameters[: len(self.marginal.without_random_intercept().terms)]
        constrained = maximise_marginal(self.marginal, start, {place: 0.0})
        drop = 2 * (self.log_likelihood - constrained.log_likelihood)
        return bool(drop > stats.chi2.ppf(self.level, 1))

    def probabilities(self, at: str = "integrated") -> pd.DataFrame:
        """Return ``P(rung | role)``, by default integrated over forces.

        See `foistats.severity.predictions.probabilities`.
        """
        return predictions.probabilities(self, at)

    def predicted_shares(self, composition: Mapping[str, float]) -> pd.DataFrame:
        """Return the share of each rung, integrated over forces and a composition of roles.

        See `foistats.severity.predictions.predicted_shares`.
        """
        return predictions.predicted_shares(self, composition)

    def conditional_modes(self) -> pd.DataFrame:
        """Return the mode of each force's random intercept, given its statements.

        See `foistats.severity.predictions.conditional_modes`.
        """
        return predictions.conditional_modes(self)

    def expected_counts(self) -> pd.DataFrame:
        """Return observed and expected counts, expectations integrated over forces.

        See `foistats.severity.predictions.expected_count_table`.
        """
        return predictions.expected_count_table(self)

    def __repr__(self) -> str:
        """Return the coefficients as a table, with what they rest on."""
        return f"{self._heading}\n{self._small_table().to_string(index=False)}"

    def _repr_html_(self) -> str:
        """Return the same for a notebook."""
        return f"<p>{html.escape(self._heading)}</p>{self._small_table().to_html(index=False)}"

    def _small_table(self) -> pd.DataFrame:
        frame = pd.concat([self.coefficients, self.thresholds], ignore_index=True)
        numbers = ["estimate", "std_error", "conf_low", "conf_high"]
        return frame[["term", *numbers]].round(dict.fromkeys(numbers, 3))

    @property
    def _heading(self) -> str:
        spread = f"{self.random_intercept_sd:.3g}"
        if self.at_boundary:
            spread = "0 (at the boundary)"
        elif not self.marginal.random_intercept:
            spread = "none fitted"
        return (
            f"Cumulative {self.marginal.link.name} model: {self.n_cases} cases, "
            f"{self.n_forces} forces, reference {self.space.roles[0]}; "
            f"log-likelihood {self.log_likelihood:.3f}; random intercept sd: {spread}"
        )

    @property
    def _parts(self) -> Parameters:
        return self.fitted.unpack(self.maximum.parameters[None])

    def _errors(self, terms: Sequence[str]) -> Array:
        """Return standard errors of thresholds or coefficients."""
        variances = pd.Series(np.diag(self.covariance), index=self.covariance.index)
        return np.asarray(np.sqrt(variances.loc[list(terms)].to_numpy()))
