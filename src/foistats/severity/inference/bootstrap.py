"""Intervals from the parametric bootstrap: data simulated from the fit, fitted again.

Percentile intervals are the quantiles of the estimates. For the standard deviation of the random
intercept the interval is that of a likelihood-ratio test whose critical value is simulated::

    { s : T(s) <= c(s) },    T(s) = 2 (l(max) - l_profile(s))

with ``c(s)`` the quantile of ``T(s)`` in data simulated at ``sd = s``, the other parameters where
the profile has them. It depends on *s*, most of all near zero. Each end is therefore found by a
fixed point: the profile's end at one critical value, the critical value simulated there with the
same random numbers, the profile's end at that; twice, or until the end moves by less than 2 %. Zero
belongs to the interval when ``T(0)`` does not exceed the value simulated at zero.

Data without an estimate (nobody reached a rung, separation) are *failures*: they are counted, and
quantiles are those of the rest.

Sources: Davison and Hinkley 1997, chapter 5; Crainiceanu and Ruppert 2004 (the test at zero).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from foistats.errors import ModelError, UsageError, did_you_mean
from foistats.severity.engine.fitting import Problem, maximise_over, solve
from foistats.severity.engine.maximum import Maximum
from foistats.severity.engine.separation import ladder_faults
from foistats.severity.inference.profile import (
    SPREAD,
    Profile,
    critical_value,
    profile_end,
    profile_of,
    profiled_terms,
)
from foistats.severity.inference.simulate import Simulator, with_observations

if TYPE_CHECKING:
    from foistats.severity.results import SeverityFit

Array: TypeAlias = NDArray[Any]

COLUMNS = [
    "term",
    "estimate",
    "conf_low",
    "conf_high",
    "level",
    "replications",
    "failures",
    "method",
]
PERCENTILE, CALIBRATED = "bootstrap percentile", "bootstrap likelihood ratio"

_ROUNDS = 2
_SETTLED = 0.02
_MOST_FAILURES = 0.5


@dataclass(frozen=True)
class Replicates:
    """What a function of the data is in simulated data.

    Attributes
    ----------
    values : array, successes x numbers
    failures : int
        Data for which there was no answer.
    reasons : tuple of str
        The first few of them.
    """

    values: Array
    failures: int
    reasons: tuple[str, ...]

    @property
    def replications(self) -> int:
        """All simulated data sets, failures included."""
        return len(self.values) + self.failures


def replicate(
    problem: Problem,
    vector: Array,
    statistic: Callable[[Problem], Sequence[float] | Array],
    *,
    replications: int,
    seed: int,
) -> Replicates:
    """Return a statistic in data simulated from a model.

    Parameters
    ----------
    problem : Problem
    vector : array
        Its parameters; those of the problem without random intercept simulate without one.
    statistic : callable
        Given the problem with simulated data, as many numbers each time.
    replications : int
    seed : int

    Raises
    ------
    UsageError
        If the number of replications is not positive, or the data cannot be simulated.
    ModelError
        If more than half of the data sets have no answer.
    """
    if replications < 1:
        raise UsageError(f"replications is {replications}; at least 1 is needed")
    generator = np.random.default_rng(seed)
    source = problem
    if len(vector) < problem.design.size:
        source = problem.without_random_intercept()
    simulator = Simulator(source)
    values, reasons = [], []
    for _ in range(replications):
        try:
            simulated = with_observations(problem, simulator.draw(source, vector, generator))
            for fault in ladder_faults(simulated.observations):
                raise ModelError(fault)
            values.append(np.atleast_1d(np.asarray(statistic(simulated), dtype=float)))
        except ModelError as error:
            reasons.append(str(error))
    if len(reasons) > _MOST_FAILURES * replications:
        raise ModelError(
            f"{len(reasons)} of {replications} simulated data sets have no estimate, the first "
            f"because: {reasons[0]}"
        )
    return Replicates(np.array(values), len(reasons), tuple(dict.fromkeys(reasons))[:5])


# ---- intervals -------------------------------------------------------------------------------


def bootstrap_intervals(
    fit: SeverityFit,
    *,
    replications: int = 999,
    seed: int = 0,
    terms: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Return parametric bootstrap intervals at the level of the model.

    Percentile intervals; of ``random_intercept_sd`` the bootstrap likelihood-ratio interval.

    Parameters
    ----------
    fit : SeverityFit
    replications : int
        Simulated data sets; those of the standard deviation are several times as many.
    seed : int
        The same seed gives the same intervals.
    terms : sequence of str, optional
        By default all parameters.

    Returns
    -------
    DataFrame
        ``term, estimate, conf_low, conf_high, level, replications, failures, method``.

    Raises
    ------
    UsageError
        For an unknown term, too few replications for the level, or weights that are no counts.
    ModelError
        If more than half of the simulated data sets have no estimate.
    """
    known = profiled_terms(fit.problem)
    chosen = list(known if terms is None else terms)
    for term in chosen:
        if term not in known:
            raise UsageError(
                f"no term '{term}'{did_you_mean(term, known)} (allowed: {', '.join(known)})"
            )
    _require_enough(replications, fit.model.level)
    rows: list[dict[str, Any]] = []
    percentile = [term for term in chosen if term != SPREAD]
    if percentile:
        rows += _percentile_rows(fit, percentile, replications, seed)
    if SPREAD in chosen:
        rows.append(spread_interval(fit, replications=replications, seed=seed))
    frame = pd.DataFrame(rows, columns=COLUMNS).set_index("term").loc[chosen]
    return frame.reset_index()


def _require_enough(replications: int, level: float) -> None:
    needed = int(np.ceil(2 / (1 - level) - 1e-9)) - 1
    if replications < needed:
        raise UsageError(
            f"replications is {replications}: an interval of level {level:g} needs at least "
            f"{needed}; 999 are usual"
        )


def _percentile_rows(
    fit: SeverityFit, terms: Sequence[str], replications: int, seed: int
) -> Iterator[dict[str, Any]]:
    names = list(fit.solution.problem.names)
    places = [names.index(term) for term in terms]
    refit = _bias_reduced if fit.problem.bias_reduced else _maximum
    found = replicate(
        fit.problem,
        fit.solution.vector,
        lambda simulated: refit(simulated, fit.solution.vector)[places],
        replications=replications,
        seed=seed,
    )
    tail = (1 - fit.model.level) / 2
    ends = np.quantile(found.values, [tail, 1 - tail], axis=0, method="weibull")
    for place, term, low, high in zip(places, terms, *ends, strict=True):
        estimate = float(fit.solution.vector[place])
        tally = [fit.model.level, replications, found.failures, PERCENTILE]
        row = [term, estimate, float(low), float(high), *tally]
        yield dict(zip(COLUMNS, row, strict=True))


def _maximum(problem: Problem, start: Array) -> Array:
    return maximise_over(problem, start=start)[0].vector


def _bias_reduced(problem: Problem, start: Array) -> Array:
    return solve(problem).vector


def spread_interval(fit: SeverityFit, *, replications: int, seed: int) -> dict[str, Any]:
    """Return the bootstrap likelihood-ratio interval of the standard deviation, by column.

    Raises
    ------
    UsageError
        If the fit has no random intercept.
    """
    profile, estimate, step = profile_of(fit, SPREAD)
    calibrated = _Calibration(fit, profile, replications, seed)
    low = 0.0
    if estimate > 0 and calibrated.rejects_zero():
        low = calibrated.end(-step)
    high = calibrated.end(step)
    tally = [fit.model.level, calibrated.replications, calibrated.failures, CALIBRATED]
    row = [SPREAD, estimate, low, high, *tally]
    return dict(zip(COLUMNS, row, strict=True))


class _Calibration:
    """Critical values of the likelihood ratio of a standard deviation, simulated where needed."""

    def __init__(self, fit: SeverityFit, profile: Profile, replications: int, seed: int) -> None:
        self._fit, self._profile = fit, profile
        self._each, self._seed = replications, seed
        self.replications = self.failures = 0

    def rejects_zero(self) -> bool:
        """Whether zero lies outside the interval."""
        ratio = 2 * (self._fit.log_likelihood - self._profile.at(0.0).value)
        return ratio > self.critical(0.0)

    def end(self, step: float) -> float:
        """Return the end on the side of the step, by a fixed point."""
        estimate, top = self._fit.random_intercept_sd, self._fit.log_likelihood
        critical = critical_value(self._fit.model.level)
        end = profile_end(self._profile, estimate, step, top, critical)
        for _ in range(_ROUNDS):
            before = end
            if not np.isfinite(end):
                return end
            end = profile_end(self._profile, estimate, step, top, self.critical(end))
            if abs(end - before) <= _SETTLED * max(before, 1e-3):
                break
        return end

    def critical(self, sd: float) -> float:
        """Return the quantile of the likelihood ratio of a standard deviation where it is true."""
        problem, held = self._fit.problem, self._profile.at(sd)

        def ratio(simulated: Problem) -> list[float]:
            constrained = _held_at(simulated, sd, held.vector)
            free, _ = maximise_over(simulated, start=constrained.vector)
            return [max(2 * (free.value - constrained.value), 0.0)]

        found = replicate(problem, held.vector, ratio, replications=self._each, seed=self._seed)
        self.replications += found.replications
        self.failures += found.failures
        return float(np.quantile(found.values, self._fit.model.level, method="weibull"))


def _held_at(problem: Problem, sd: float, start: Array) -> Maximum:
    """Return the maximum at a standard deviation."""
    if sd == 0:
        return maximise_over(problem.without_random_intercept(), start=start)[0]
    place = problem.design.size - 1
    return maximise_over(problem, {place: float(np.log(sd))}, start)[0]
