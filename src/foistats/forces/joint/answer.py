"""Severity against volume: the correlation with its interval, or a sentence why there is none.

Below some twenty forces the chi-square approximation of the interval cannot be trusted, and the
interval would hold nearly every value: no estimate is given then. Nor is there one where one of the
two standard deviations is estimated as zero, for then nothing varies that could go together.
"""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from foistats.errors import NotIdentifiedError, UsageError
from foistats.forces.columns import Array
from foistats.forces.comparable import Counts
from foistats.forces.effects.atoms import atoms_of
from foistats.forces.effects.fit import ENOUGH_FORCES, LEAST_FORCES, ForceEffects, force_effects
from foistats.forces.effects.log_normal import LogNormalMixing
from foistats.forces.joint.likelihood import JointLikelihood
from foistats.forces.joint.profile import CorrelationProfile
from foistats.forces.joint.volume import Volume
from foistats.severity.engine.fitting import maximise_over
from foistats.severity.inference.profile import critical_value

if TYPE_CHECKING:
    from foistats.severity.results import SeverityFit

COLUMNS = [
    "term",
    "estimate",
    "std_error",
    "conf_low",
    "conf_high",
    "statistic",
    "p_value",
    "forces",
    "level",
    "method",
    "note",
]
TERM = "correlation"
METHOD = "profile likelihood, outcomes and counts jointly"
NONE = "none"
_QUADRATURE_POINTS = 21


def severity_and_volume(
    fit: SeverityFit, counts: Counts, *, level: float = 0.95, minimum_forces: int = ENOUGH_FORCES
) -> pd.DataFrame:
    """Return the correlation of severity and volume over forces.

    The joint model is that of `foistats.forces.joint`. All its parameters are estimated at once:
    the interval carries what is uncertain about thresholds, effects, spreads and the mean rate.

    Parameters
    ----------
    fit : SeverityFit
        With a random intercept for forces, by maximum likelihood.
    counts : Counts
        Numbers of cases beside what is expected of them. Forces are matched by name; one with a
        count but no outcomes tells of the mean and the spread of the rates, one with outcomes but
        no count of severity.
    level : float
    minimum_forces : int
        With fewer that have both there is no estimate.

    Returns
    -------
    DataFrame
        One row: ``term`` (``correlation``), ``estimate, std_error, conf_low, conf_high,
        statistic, p_value, forces`` (those with both), ``level, method, note``. Positive: where
        cases are more numerous than expected, outcomes are more severe. An end of the interval at
        -1 or 1 says that the likelihood does not fall far enough on that side. `statistic` is
        ``2 (l(max) - l(rho = 0))``, compared with chi-square with one degree of freedom. What has
        no estimate is empty, its method is ``none``, and the note says why.

    Raises
    ------
    UsageError
        If the fit has no random intercept or is penalised, or a setting is wrong.
    ConvergenceError
        If no maximum is proven.
    """
    critical = critical_value(level)
    _require_minimum(minimum_forces)
    _require_intercept(fit)
    number = len(_with_both(fit, counts))
    effects, reason = _effects(fit, counts, number, minimum_forces)
    if effects is None:
        empty = dict.fromkeys(COLUMNS[1:7], np.nan)
        return _row(empty, forces=number, level=level, method=NONE, note=reason)
    profile = correlation_profile(fit, effects)
    best = profile.highest
    low, high = profile.ends(critical)
    statistic = max(2 * (best.value - profile.independent), 0.0)
    found = {
        "estimate": best.correlation,
        "std_error": best.std_error,
        "conf_low": low,
        "conf_high": high,
        "statistic": statistic,
        "p_value": float(stats.chi2.sf(statistic, 1)),
    }
    return _row(found, forces=number, level=level, method=METHOD, note=_note(found, number))


def correlation_profile(fit: SeverityFit, effects: ForceEffects) -> CorrelationProfile:
    """Return the profile of the correlation of a severity fit and log-normal rates.

    Parameters
    ----------
    fit : SeverityFit
        Whose random intercept has a standard deviation above zero.
    effects : ForceEffects
        Of the counts, log-normal, the spread above zero.
    """
    names, counts = fit.observations.forces, effects.counts
    place = {force: row for row, force in enumerate(counts.forces)}
    others = [row for force, row in place.items() if force not in names and counts.known[row]]
    mixing = LogNormalMixing(_QUADRATURE_POINTS)
    beside, alone = (
        Volume(atoms_of(_chosen(counts, rows)), mixing)
        for rows in ([place.get(force, -1) for force in names], others)
    )
    likelihood = JointLikelihood(fit.problem.marginal.conditional, beside, alone)
    at = effects.maximum
    link = [at.log_mean - at.spread**2 / 2, np.log(at.spread), 0.0]
    without = maximise_over(fit.problem.without_random_intercept())[0]
    vector = np.concatenate([fit.solution.vector, link])
    return CorrelationProfile(
        likelihood,
        severity_moves=fit.problem.moves(),
        start=vector,
        without_severity=without.value + effects.log_likelihood,
        loss_of_counts=effects.log_likelihood - effects.without_variation.value,
    )


def _chosen(counts: Counts, rows: Sequence[int]) -> Counts:
    """Return the counts of some rows; -1 for a force that has none."""
    at = np.array(rows, dtype=int)
    low, high, exposure = (
        _where_known(at, column) for column in (counts.low, counts.high, counts.exposure)
    )
    forces = tuple(counts.forces[row] if row >= 0 else "" for row in rows)
    notes = ("",) * len(forces)
    return Counts(forces, low, high, exposure, counts.unit, notes, counts.column)


def _where_known(rows: Array, column: Array) -> Array:
    return np.where(rows >= 0, np.append(column, np.nan)[rows], np.nan)


def _with_both(fit: SeverityFit, counts: Counts) -> set[str]:
    known = {force for force, known in zip(counts.forces, counts.known, strict=True) if known}
    return known & set(fit.observations.forces)


def _effects(
    fit: SeverityFit, counts: Counts, number: int, minimum: int
) -> tuple[ForceEffects | None, str]:
    """Return the distribution of the rates, or why there is nothing to correlate."""
    if number < minimum:
        return None, (
            f"{number} with both outcomes in the fit and a count, and at least {minimum} are "
            "needed: with fewer the interval cannot be trusted, and holds nearly every value"
        )
    if fit.at_boundary:
        return None, (
            f"the standard deviation of severity is estimated as zero among "
            f"{fit.n_forces}: there is nothing that volume could go with"
        )
    try:
        effects = force_effects(counts, mixing="log-normal")
    except NotIdentifiedError as error:
        return None, str(error)
    if effects.at_boundary:
        return None, (
            f"the standard deviation of the log rates is estimated as zero among "
            f"{int(counts.known.sum())}: there is nothing that severity could go with"
        )
    return effects, ""


def _require_intercept(fit: SeverityFit) -> None:
    if not fit.model.groups:
        raise UsageError("the fit has no random intercept; give groups= to the model")
    if fit.problem.prior is not None:
        raise UsageError(
            "the fit is penalised, so that its likelihood is not that of the data alone; fit with "
            "estimator='maximum_likelihood'"
        )


def _require_minimum(minimum: int) -> None:
    if isinstance(minimum, bool) or not isinstance(minimum, Integral) or minimum < LEAST_FORCES:
        raise UsageError(
            f"minimum_forces is {minimum!r}; a whole number of at least {LEAST_FORCES} is needed"
        )


def _note(found: dict[str, float], number: int) -> str:
    low, high = found["conf_low"], found["conf_high"]
    said = []
    if number < ENOUGH_FORCES:
        said.append(f"{number} with both (fewer than {ENOUGH_FORCES}): the interval is approximate")
    if abs(found["estimate"]) == 1:
        said.append("the estimate is at its boundary, where there is no standard error")
    if (low, high) == (-1.0, 1.0):
        said.append("every correlation is compatible with the data")
    elif ends := [f"{end:g}" for end in (low, high) if abs(end) == 1]:
        said.append(f"the data do not exclude a correlation of {ends[0]}")
    return "; ".join(said)


def _row(
    found: dict[str, float], *, forces: int, level: float, method: str, note: str
) -> pd.DataFrame:
    said = {"term": TERM, "forces": forces, "level": level, "method": method, "note": note}
    return pd.DataFrame([found | said])[COLUMNS]
