"""Profile-likelihood intervals, also where an estimate runs to infinity.

The profile of a parameter is the log-likelihood maximised over all others, the standard deviation
of the random intercept from zero upwards included. The interval holds every value that a
likelihood-ratio test does not reject::

    { b : 2 (l(max) - l_profile(b)) <= chi2_1(level) }

Its ends are found on the square root of the drop, which is nearly linear. An end where the profile
never falls so far is infinite. Where the estimate itself runs to infinity, the supremum of the
likelihood takes the place of its maximum, and the other end is still finite.

Sources: Venzon and Moolgavkar 1988; Heinze and Schemper 2002, section 2 (separation); Self and
Liang 1987 (a standard deviation at zero).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import optimize, stats

from foistats.errors import ConvergenceError, NotIdentifiedError, UsageError, did_you_mean
from foistats.severity.engine.fitting import Problem, maximise_over
from foistats.severity.engine.maximum import Maximum
from foistats.severity.engine.separation import column_faults, ladder_faults, separated
from foistats.severity.inference.intervals import require_level

if TYPE_CHECKING:
    from foistats.severity.results import SeverityFit

Array: TypeAlias = NDArray[Any]

SPREAD = "random_intercept_sd"
"""The term of the random intercept's standard deviation."""
COLUMNS = ["term", "estimate", "conf_low", "conf_high", "level", "method"]

_FURTHEST = 40.0
"""An edge further out than this, on the scale of the link, has no case beyond it."""
_FURTHEST_HEAVY = 1e7
"""The same for the Cauchy tails."""
_FURTHEST_SCALE = 12.0
_LARGEST_SD = 100.0
_HIGHER = 1e-6
_PRECISION = 1e-7
"""Of the ends, in units of the first step outwards."""
_HALVINGS = 12


@dataclass
class Profile:
    """The profile of one parameter; what was found before is where the next search starts.

    Attributes
    ----------
    problem : Problem
    place : int
        Where the parameter is in the vector. Of the standard deviation, that of its logarithm; its
        values are then standard deviations.
    known : dict of float to Maximum
        The maxima found so far, by the value held.
    """

    problem: Problem
    place: int
    known: dict[float, Maximum] = field(default_factory=dict)

    @property
    def of_spread(self) -> bool:
        """Whether it is the profile of the standard deviation."""
        return self.problem.design.random_intercept and self.place == self.problem.design.size - 1

    def at(self, value: float) -> Maximum:
        """Return the maximum with the parameter held at a value.

        Far from the estimate the others may run to infinity: their supremum then is the height.

        Raises
        ------
        ConvergenceError
            See `maximise_over`.
        """
        if value not in self.known:
            self.known[value] = self._spread_at(value) if self.of_spread else self._reach(value)
        return self.known[value]

    def _spread_at(self, sd: float) -> Maximum:
        start = self._nearest(sd).vector if self.known else None
        if sd == 0:
            without = self.problem.without_random_intercept()
            return maximise_over(without, start=start, bounded=False)[0]
        held = {self.place: float(np.log(sd))}
        return maximise_over(self.problem, held, start, bounded=False)[0]

    def _nearest(self, value: float) -> Maximum:
        return self.known[min(self.known, key=lambda known: abs(known - value))]

    def _reach(self, value: float, halvings: int = 0) -> Maximum:
        """Start from the nearest maximum known; where no start is possible, go half-way first."""
        held = {self.place: value}
        if not self.known:
            return maximise_over(self.problem, held, bounded=False)[0]
        near = self._nearest(value)
        start = self._start(near, value)
        if start is None:
            if halvings == _HALVINGS:
                raise ConvergenceError(
                    f"the profile of {self.problem.names[self.place]} could not be followed to "
                    f"{value:.4g}: thresholds cross"
                )
            half = (value + float(near.vector[self.place])) / 2
            self.known[half] = self._reach(half, halvings + 1)
            return self._reach(value, halvings + 1)
        return maximise_over(self.problem, held, start, bounded=False)[0]

    def _start(self, near: Maximum, value: float) -> Array | None:
        """Return the better of two starts: with the others moved along, or left where they were."""
        problem = self.problem
        if len(near.vector) < problem.design.size:
            problem = problem.without_random_intercept()
        step = value - near.vector[self.place]
        moved = near.vector + step * _response(near, self.place)
        left = near.vector.copy()
        moved[self.place] = left[self.place] = value
        heights = [_height(problem, vector, near.evaluation.modes) for vector in (moved, left)]
        if not np.any(np.isfinite(heights)):
            return None
        return np.asarray(moved if heights[0] >= heights[1] else left)


def _height(problem: Problem, vector: Array, modes: Array) -> float:
    """Return the log-likelihood, minus infinity where thresholds cross."""
    with np.errstate(all="ignore"):
        value = problem.objective.evaluate(vector, order=0, modes=modes).value
    return value if np.isfinite(value) else -np.inf


def _response(maximum: Maximum, place: int) -> Array:
    """Return how all parameters move along the profile when one moves by one."""
    information = maximum.evaluation.information
    assert information is not None
    others = np.arange(len(maximum.vector)) != place
    response = np.ones(len(maximum.vector))
    response[others] = -np.linalg.lstsq(
        information[np.ix_(others, others)], information[others, place], rcond=1e-10
    )[0]
    return response


# ---- intervals of a fit ----------------------------------------------------------------------


def profile_interval(fit: SeverityFit, term: str, level: float | None = None) -> pd.DataFrame:
    """Return the profile-likelihood interval of a parameter.

    Parameters
    ----------
    fit : SeverityFit
    term : str
        A term of `thresholds`, `coefficients`, `nominal_coefficients` or `scale_coefficients`, or
        ``random_intercept_sd``: that has its lower end at zero when the curve allows.
    level : float, optional
        By default that of the model.

    Returns
    -------
    DataFrame
        One row: ``term, estimate, conf_low, conf_high, level, method``.

    Raises
    ------
    UsageError
        For a term that the fit has not, or a fit whose bias is reduced.
    ConvergenceError
        If the profile rises above the maximum: it was not the highest.
    """
    level = fit.model.level if level is None else level
    profile, estimate, error = profile_of(fit, term)
    low, high = profile_ends(profile, estimate, error, fit.log_likelihood, critical_value(level))
    return _row(fit.problem, term, (estimate, low, high), level)


def profile_intervals(fit: SeverityFit, level: float | None = None) -> pd.DataFrame:
    """Return the profile-likelihood intervals of all parameters, one row each."""
    rows = [profile_interval(fit, term, level) for term in profiled_terms(fit.problem)]
    return pd.concat(rows, ignore_index=True)


def differs(fit: SeverityFit, term: str) -> bool:
    """Whether the likelihood ratio rejects that a parameter is zero, at the level of the model.

    One fit with the parameter held at zero, where an interval takes some twenty.

    Raises
    ------
    UsageError
        For the standard deviation, whose test is `no_force_variation`; else as `profile_interval`.
    """
    if term == SPREAD:
        raise UsageError(f"zero is the boundary of {SPREAD}: use no_force_variation()")
    profile, _, _ = profile_of(fit, term)
    drop = 2 * (fit.log_likelihood - profile.at(0.0).value)
    return drop > critical_value(fit.model.level)


def profile_of(fit: SeverityFit, term: str) -> tuple[Profile, float, float]:
    """Return the profile of a term, its estimate, and the length of a first step outwards.

    Raises
    ------
    UsageError
    """
    place = _place(fit.problem, term)
    profile = Profile(fit.problem, place)
    if term != SPREAD:
        estimate = float(fit.solution.vector[place])
        error = float(np.sqrt(fit.parameter_covariance[place, place]))
        profile.known[estimate] = fit.solution.maximum
        return profile, estimate, error
    estimate = fit.random_intercept_sd
    profile.known[estimate] = fit.solution.maximum
    if fit.at_boundary:
        return profile, 0.0, 0.1
    return profile, estimate, estimate * float(np.sqrt(fit.parameter_covariance[place, place]))


def profiled_terms(problem: Problem) -> list[str]:
    """Return the terms that have a profile."""
    return [SPREAD if name == "log_sd" else name for name in problem.names]


def critical_value(level: float) -> float:
    """Return the drop of twice the log-likelihood at the ends of an interval."""
    require_level(level)
    return float(stats.chi2.ppf(level, 1))


def _place(problem: Problem, term: str) -> int:
    if problem.bias_reduced:
        raise UsageError(
            "profile intervals of a bias-reduced fit: its estimate is no maximum of the likelihood;"
            " use its Wald intervals, or estimator='maximum_likelihood' or 'penalised'"
        )
    terms = profiled_terms(problem)
    if term not in terms:
        raise UsageError(
            f"no term '{term}'{did_you_mean(term, terms)} (allowed: {', '.join(terms)})"
        )
    return terms.index(term)


def _row(
    problem: Problem, term: str, found: tuple[float, float, float], level: float
) -> pd.DataFrame:
    method = "penalised profile likelihood" if problem.prior else "profile likelihood"
    return pd.DataFrame([[term, *found, level, method]], columns=COLUMNS)


# ---- ends ------------------------------------------------------------------------------------


def profile_ends(
    profile: Profile, estimate: float, step: float, top: float, critical: float
) -> tuple[float, float]:
    """Return the two ends around a finite estimate.

    Parameters
    ----------
    profile : Profile
    estimate : float
    step : float
        Half of the first step outwards.
    top : float
        The log-likelihood at the estimate.
    critical : float
        Twice the drop at the ends.
    """
    lower = 0.0 if profile.of_spread else -np.inf
    return (
        lower if estimate == lower else profile_end(profile, estimate, -step, top, critical),
        profile_end(profile, estimate, step, top, critical),
    )


def profile_end(profile: Profile, inside: float, step: float, top: float, critical: float) -> float:
    """Return where the profile has fallen by the critical value, on the side of the step.

    Infinite if it never falls so far; zero for the lower end of a standard deviation.

    Parameters
    ----------
    profile : Profile
    inside : float
        A value within the interval.
    step : float
        Half of the first step outwards, with its sign.
    top, critical : float
        As of `profile_ends`.
    """

    def excess(value: float) -> float:
        """The signed root of the drop, less that of the critical drop."""
        drop = 2 * (top - profile.at(value).value)
        _require_below(profile, value, drop)
        return float(np.sqrt(max(drop, 0.0)) - np.sqrt(critical))

    near, reach, furthest = inside, 2 * step, _furthest(profile, inside, step)
    while True:
        last = abs(reach) >= furthest
        far = inside + np.sign(step) * min(abs(reach), furthest)
        if excess(far) > 0:
            return _root(excess, near, far, abs(step) * _PRECISION)
        if last:
            return 0.0 if profile.of_spread and step < 0 else float(np.sign(step) * np.inf)
        near, reach = far, 2 * reach


def _root(excess: Callable[[float], float], near: float, far: float, precision: float) -> float:
    return float(optimize.brentq(excess, near, far, xtol=precision, rtol=1e-10))


def _require_below(profile: Profile, value: float, drop: float) -> None:
    if drop < -_HIGHER:
        raise ConvergenceError(
            f"the profile of {profile.problem.names[profile.place]} at {value:.4g} is higher than "
            f"the maximum by {-drop / 2:.1e}: the likelihood has several peaks"
        )


def _furthest(profile: Profile, inside: float, step: float) -> float:
    """Return how far outwards the profile may still fall."""
    if profile.of_spread:
        return inside if step < 0 else _LARGEST_SD
    problem = profile.problem
    at = problem.design.slices
    if at["scale"].start <= profile.place < at["scale"].stop:
        return _FURTHEST_SCALE / float(problem.scales()[profile.place])
    heavy = problem.marginal.conditional.link.name == "cauchit"
    known = max((np.max(np.abs(found.vector)) for found in profile.known.values()), default=0.0)
    reach = _FURTHEST_HEAVY if heavy else _FURTHEST + float(known)
    return reach / float(problem.scales()[profile.place])


# ---- estimates at infinity -------------------------------------------------------------------


def profile_bound(problem: Problem, term: str, level: float) -> pd.DataFrame:
    """Return the profile interval of a term whether its estimate is finite or not.

    For data whose fit has no finite estimate. Where that of the term is infinite, so is one end;
    where another's is, the interval is relative to the supremum of the likelihood.

    Returns
    -------
    DataFrame
        One row: ``term, estimate, conf_low, conf_high, level, method``.

    Raises
    ------
    NotIdentifiedError
        If something other than separation is wrong with the data: a rung nobody reached, columns
        that say the same.
    """
    place = _place(problem, term)
    faults = [
        *ladder_faults(problem.observations),
        *column_faults(problem.design.location, problem.location_names),
    ]
    if faults:
        raise NotIdentifiedError("; ".join(faults))
    direction = 0.0
    if problem.prior is None:
        direction = separated(problem.design, problem.observations).get(place, 0.0)
    critical = critical_value(level)
    if direction:
        end = one_sided_bound(problem, place, direction, level)
        found = (np.inf, end, np.inf) if direction > 0 else (-np.inf, -np.inf, end)
        return _row(problem, term, found, level)
    best, at_boundary = maximise_over(problem, bounded=False)
    profile = Profile(problem, place)
    if not profile.of_spread:
        estimate = float(best.vector[place])
    else:
        estimate = 0.0 if at_boundary else float(np.exp(best.vector[-1]))
    profile.known[estimate] = best
    step = 0.25 if not at_boundary or not profile.of_spread else 0.1
    ends = profile_ends(profile, estimate, step, best.value, critical)
    return _row(problem, term, (estimate, *ends), level)


def one_sided_bound(problem: Problem, place: int, direction: float, level: float) -> float:
    """Return the finite end of the profile interval of a parameter that runs to infinity.

    ::

        2 (sup l - l_profile(b)) = chi2_1(level)

    The supremum is the limit of the profile: it is followed outwards, in doubled steps, until it
    rises by less than 1e-9.

    Parameters
    ----------
    problem : Problem
    place : int
        Where the parameter is in the vector.
    direction : float
        Its sign is that of the infinity.
    level : float

    Returns
    -------
    float
        Infinite, with the other sign, if the profile never falls so far.
    """
    sign = float(np.sign(direction))
    unit = 1.0 / float(problem.scales()[place])
    profile = Profile(problem, place)
    profile.at(0.0)
    reach, top, before = unit, profile.at(sign * unit).value, -np.inf
    furthest = 4 * _furthest(profile, 0.0, sign)
    while top - before > 1e-9 and reach < furthest:
        reach, before = 2 * reach, top
        top = max(top, profile.at(sign * reach).value)
    critical = critical_value(level)
    within = [value for value, found in profile.known.items() if 2 * (top - found.value) < critical]
    return profile_end(profile, min(within, key=abs), -sign * unit, top, critical)
