"""The cumulative link model: the question, put to a frame or to groups of cases.

::

    g(P(Y <= k)) = (theta_k - x'beta - v'beta_k - u_f) / exp(w'zeta),     u_f ~ N(0, sigma^2)

A positive coefficient means more severe outcomes. `CumulativeLinkModel` is the question, the
`SeverityFit` it returns the answer.

Sources: McCullagh 1980; Agresti 2010, chapters 3 and 10; Christensen, vignettes of `ordinal`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from numbers import Integral, Real
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from foistats.errors import NotIdentifiedError, UsageError
from foistats.register import Register
from foistats.severity.checks import threshold_support
from foistats.severity.engine.coded_columns import SEVERAL, Compositions, Weights
from foistats.severity.engine.collapse import observe_frame
from foistats.severity.engine.conditional import ConditionalLikelihood
from foistats.severity.engine.design import Columns, Design
from foistats.severity.engine.fitting import Problem, solve
from foistats.severity.engine.formula import (
    DesignColumns,
    Terms,
    design_columns,
    parse_formula,
    parse_terms,
    require_columns,
)
from foistats.severity.engine.links import link_named
from foistats.severity.engine.marginal import MarginalLikelihood
from foistats.severity.engine.observations import Observations
from foistats.severity.engine.penalties import LogFPrior
from foistats.severity.engine.statements import ROLE, observe_groups
from foistats.severity.groups.case_groups import CaseGroup, CaseSpace, role_shares
from foistats.severity.groups.cells import SeverityData, severity_data
from foistats.severity.groups.identification import require_identified
from foistats.severity.groups.ladders import merged
from foistats.severity.inference import profile
from foistats.severity.inference.intervals import require_level
from foistats.severity.results import SeverityFit

Array: TypeAlias = NDArray[Any]
Data: TypeAlias = "pd.DataFrame | Register | SeverityData | Sequence[CaseGroup]"

TABLE_COLUMNS = ("term", "rung", "estimate", "std_error", "conf_low", "conf_high", "at")
ESTIMATORS = ("maximum_likelihood", "bias_reduced", "penalised")
MOST_POINTS = 100
"""Quadrature points beyond this bring nothing, and the weights of the outermost are nothing."""


@dataclass(frozen=True)
class CumulativeLinkModel:
    """A cumulative link model of an ordered outcome.

    Attributes
    ----------
    formula : str
        ``response ~ term + term``: column names, ``+ : *``, ``C()`` and ``1``.
    ladder : sequence of str
        The rungs, least severe first; empty: those of an ordered categorical response.
    groups : str
        The column whose values share a normal random intercept; empty: no random intercept. Of
        groups of cases it is their force, whatever the word.
    link : str
        ``logit`` (proportional odds), ``probit``, ``cloglog``, ``loglog`` or ``cauchit``.
    nominal, scale : str
        Terms whose effect differs between thresholds, and terms of the latent scale: ``~ term``.
    quadrature_points : int
        Nodes of the adaptive Gauss-Hermite quadrature; 1 is Laplace's approximation.
    estimator : str
        ``maximum_likelihood``; ``bias_reduced`` (Kosmidis 2014: exact data without random
        intercept); ``penalised`` (a log-F prior on every coefficient, see `prior_cases`).
    prior_cases : float
        Degrees of freedom *m* of the log-F(m, m) prior, worth *m* cases split evenly.
    level : float
        Confidence level of the intervals.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({
    ...     "severity": ["none", "left", "none", "left"],
    ...     "role": ["officer", "officer", "staff", "staff"],
    ...     "n": [8, 2, 5, 5],
    ... })
    >>> model = CumulativeLinkModel("severity ~ role", ladder=["none", "left"])
    >>> fit = model.fit(frame, weights="n")
    >>> round(float(fit.odds_ratios()["estimate"].iloc[0]), 6)
    4.0
    """

    formula: str
    ladder: Sequence[str] = ()
    groups: str = ""
    link: str = "logit"
    nominal: str = ""
    scale: str = ""
    quadrature_points: int = 10
    estimator: str = "maximum_likelihood"
    prior_cases: float = 1.0
    level: float = 0.95

    def __post_init__(self) -> None:
        object.__setattr__(self, "ladder", _as_ladder(self.ladder))
        for name in ("groups", "nominal", "scale"):
            object.__setattr__(self, name, getattr(self, name) or "")
        for name in ("formula", "groups", "link", "nominal", "scale", "estimator"):
            if not isinstance(getattr(self, name), str):
                raise UsageError(f"{name} is {getattr(self, name)!r}; a text is needed")
        for name in ("level", "prior_cases"):
            if isinstance(getattr(self, name), bool) or not isinstance(getattr(self, name), Real):
                raise UsageError(f"{name} is {getattr(self, name)!r}; a number is needed")
        link_named(self.link)
        require_level(self.level)
        taken = [name for name in self.covariates if name in TABLE_COLUMNS]
        if taken:
            raise UsageError(
                f"covariate '{taken[0]}': tables of the fit have a column of that name; rename it"
            )
        if self.groups == self.response:
            raise UsageError(f"groups='{self.groups}' is the response")
        _check_ladder(self.ladder)
        points = self.quadrature_points
        if not isinstance(points, Integral) or not 1 <= points <= MOST_POINTS:
            raise UsageError(
                f"quadrature_points is {points}; a whole number from 1 to {MOST_POINTS} is needed"
            )
        if self.estimator not in ESTIMATORS:
            raise UsageError(f"estimator '{self.estimator}' (allowed: {', '.join(ESTIMATORS)})")
        if not self.prior_cases > 0:
            raise UsageError(f"prior_cases is {self.prior_cases}; it must be positive")
        if self.estimator == "bias_reduced" and self.groups:
            raise UsageError(
                "bias reduction is for fixed effects; with groups use estimator='penalised'"
            )

    @cached_property
    def terms(self) -> dict[str, Terms]:
        """The terms of location, nominal and scale effects."""
        return {
            "location": parse_formula(self.formula)[1],
            "nominal": parse_terms(self.nominal),
            "scale": parse_terms(self.scale),
        }

    @property
    def response(self) -> str:
        """The column of outcomes."""
        return parse_formula(self.formula)[0]

    @property
    def covariates(self) -> tuple[str, ...]:
        """The columns that the formulas name."""
        return tuple(dict.fromkeys(name for part in self.terms.values() for name in part.names))

    def fit(
        self,
        data: Data,
        weights: Weights = "",
        composition: Compositions | None = None,
    ) -> SeverityFit:
        """Return the fit.

        Parameters
        ----------
        data : DataFrame, Register, SeverityData or sequence of CaseGroup
            A frame has one row per case, or per count of cases (``weights``). Its response holds a
            rung, several joined by ``|``, or nothing where the outcome is not stated; a
            categorical covariate likewise, and is then integrated out over its composition. Of a
            register, the groups of cases by which `severity_data` reads it enter, thresholds that
            fewer than two forces separate merged; the covariate is ``role``.
        weights : str or array
            A column of counts, or the counts themselves, one per row.
        composition : mapping of column to mapping of level to share, optional
            Shares of the levels where a row leaves a covariate open, plugged in as known. Of
            registers and `SeverityData`, by default their own.

        Raises
        ------
        UsageError, DataError
            If a column, level, weight or share is wrong.
        ModelError
            If a group of cases breaks its rules.
        NotIdentifiedError
            If the data cannot tell a threshold, a coefficient or the random intercept, or an
            estimate runs to infinity; the message names it.
        ConvergenceError
            If no maximum is proven.
        """
        observations = self.observe(data, weights, composition)
        return self.fit_observations(observations)

    def observe(
        self,
        data: Data,
        weights: Weights = "",
        composition: Compositions | None = None,
    ) -> Observations:
        """Return what the fit would know of the data; parameters as of `fit`."""
        if isinstance(data, pd.DataFrame):
            return observe_frame(
                data,
                response=self.response,
                ladder=self.ladder,
                covariates=self.covariates,
                groups=self.groups,
                weights=weights,
                composition=composition,
            )
        if weights is not None and (not isinstance(weights, str) or weights):
            raise UsageError("weights: groups of cases have counts of their own; leave it out")
        groups, space = self._case_groups(data, composition)
        require_columns(
            self.covariates, [ROLE, *(groups[0].covariates if groups else ())], what="the formula"
        )
        observations = observe_groups(
            groups, space, covariates=self.covariates, by_force=bool(self.groups)
        )
        require_identified(groups, space, random_intercept=bool(self.groups))
        return observations

    def _case_groups(
        self, data: Register | SeverityData | Sequence[CaseGroup], composition: Any
    ) -> tuple[tuple[CaseGroup, ...], CaseSpace]:
        shares = (composition or {}).get(ROLE)
        if isinstance(data, Register):
            data, _ = merged(severity_data(data))
        if isinstance(data, SeverityData):
            roles, ladder = data.role_ids, data.ladder.ids
            if self.ladder and self.ladder != ladder:
                raise UsageError(
                    f"the ladder of the model is {', '.join(self.ladder)}, that of the data "
                    f"{', '.join(ladder)}; leave it out of the model"
                )
            shares = data.shares(shares)
            return data.groups, CaseSpace(ladder, roles, role_shares(roles, shares))
        if not isinstance(data, Sequence) or not all(isinstance(g, CaseGroup) for g in data):
            raise UsageError(
                f"data is a {type(data).__name__}; a DataFrame, a Register, SeverityData or "
                "CaseGroups are needed"
            )
        if shares is None or not self.ladder:
            raise UsageError(
                f"groups of cases need a ladder and composition={{'{ROLE}': {{role: share}}}}, the "
                "reference role first"
            )
        roles = tuple(shares)
        return tuple(data), CaseSpace(tuple(self.ladder), roles, role_shares(roles, shares))

    def fit_observations(self, observations: Observations) -> SeverityFit:
        """Return the fit to observations; errors as of `fit`."""
        columns, problem = self.problem(observations)
        return SeverityFit(self, columns, problem, solve(problem))

    def problem(self, observations: Observations) -> tuple[dict[str, DesignColumns], Problem]:
        """Return what the formulas make of the covariates, and what is to be maximised."""
        _check_ladder(observations.ladder, found=True)
        if self.groups and len(observations.forces) < 2:
            raise NotIdentifiedError(
                f"a single group '{observations.forces[0]}': a random intercept needs several; "
                "leave out groups="
            )
        columns = {
            name: design_columns(terms, observations.points) for name, terms in self.terms.items()
        }
        return columns, Problem(
            self._likelihood(observations, columns, random_intercept=bool(self.groups)),
            location_names=columns["location"].names,
            nominal_names=columns["nominal"].names,
            scale_names=columns["scale"].names,
            prior=LogFPrior(self.prior_cases) if self.estimator == "penalised" else None,
            bias_reduced=self.estimator == "bias_reduced",
        )

    def profile_bound(
        self,
        data: Data,
        term: str,
        weights: Weights = "",
        composition: Compositions | None = None,
    ) -> pd.DataFrame:
        """Return the profile interval of a term where a fit has no finite estimate.

        Of an estimate that runs to infinity one end is finite: see `profile.profile_bound`. The
        other parameters are as of `fit`.

        Examples
        --------
        >>> frame = pd.DataFrame({
        ...     "severity": ["none", "left", "left"],
        ...     "role": ["officer", "officer", "staff"],
        ...     "n": [8, 4, 5],
        ... })
        >>> model = CumulativeLinkModel("severity ~ role", ladder=["none", "left"])
        >>> bound = model.profile_bound(frame, "role[T.staff]", weights="n")
        >>> bound[["estimate", "conf_low", "conf_high"]].round(3)
           estimate  conf_low  conf_high
        0       inf     1.189        inf
        """
        _, problem = self.problem(self.observe(data, weights, composition))
        return profile.profile_bound(problem, term, self.level)

    def identifiability(
        self,
        data: Data,
        weights: Weights = "",
        composition: Compositions | None = None,
    ) -> pd.DataFrame:
        """Return what separates each threshold, over all cases and at each level.

        See `threshold_support.threshold_support` and, for groups of cases,
        `threshold_support.statement_support`; the parameters are as of `fit`.
        """
        if isinstance(data, pd.DataFrame):
            return threshold_support.threshold_support(self.observe(data, weights, composition))
        return threshold_support.statement_support(*self._case_groups(data, composition))

    def _likelihood(
        self,
        observations: Observations,
        columns: Mapping[str, DesignColumns],
        *,
        random_intercept: bool,
    ) -> MarginalLikelihood:
        begin = np.searchsorted(observations.point_force, np.arange(len(observations.forces) + 1))
        parts = {name: Columns(found.entries) for name, found in columns.items()}
        design = Design(
            observations.cuts,
            parts["nominal"],
            parts["location"],
            parts["scale"],
            begin,
            random_intercept,
        )
        conditional = ConditionalLikelihood(link_named(self.link), design, observations)
        return MarginalLikelihood(conditional, self.quadrature_points)


def _as_ladder(ladder: Any) -> tuple[str, ...]:
    """Return the rungs as texts; refuse what has no order of its own."""
    if ladder is None:
        return ()
    if isinstance(ladder, str | set | frozenset | Mapping):
        raise UsageError(
            f"ladder is a {type(ladder).__name__}, which has no order; give a list, least severe "
            "first"
        )
    return tuple(map(str, ladder))


def _check_ladder(ladder: Sequence[str], *, found: bool = False) -> None:
    if not ladder and not found:
        return
    if len(ladder) < 2:
        raise UsageError(f"a ladder of {len(ladder)} rungs; at least two are needed")
    joined = [rung for rung in ladder if SEVERAL in str(rung)]
    if joined:
        raise UsageError(
            f"rung '{joined[0]}' contains '{SEVERAL}', which joins rungs of an outcome that is not "
            "known precisely; call it something else"
        )
    if len(set(ladder)) < len(ladder):
        raise UsageError(f"a rung occurs twice in {', '.join(ladder)}")
