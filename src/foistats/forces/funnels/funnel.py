"""The funnel of counts over their exposures: target, z scores and overdispersion.

With ``y = n / exposure`` on the funnel's scale, ``z = (y - target) / s``, where s is the standard
error at the target (`foistats.forces.funnels.scales`). A force without an exact count has no z and
takes no part in target and overdispersion; it keeps its row.

Source: Spiegelhalter 2005, Statistics in Medicine 24:1185-1202, appendix A.
"""

from __future__ import annotations

import dataclasses
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from foistats.errors import UsageError
from foistats.forces.columns import Array, notes
from foistats.forces.counts import exactly_known, read_counts, unlimited
from foistats.forces.exposures import beside, read_shares, without_answer
from foistats.forces.funnels.answer import EXPOSURES, Funnel
from foistats.forces.funnels.dispersion import Dispersion, dispersion
from foistats.forces.funnels.scales import Scale, scale_of
from foistats.forces.settings import require_positive, require_word

FEW = 5
"""With a smaller count expected, the normal distribution is a poor guide."""


def funnel(
    counts: pd.DataFrame,
    exposures: pd.DataFrame | None = None,
    *,
    kind: Literal["ratio", "rate", "proportion"],
    target: float | Literal["pooled"] = "pooled",
    per: float = 1000,
    winsorised: float = 0.1,
    scale: Literal["natural", "stabilised"] = "natural",
) -> Funnel:
    """Return the funnel of counts over their exposures.

    Parameters
    ----------
    counts : DataFrame
        One row per force: ``force, unit, n_low, n_high``; for proportions also ``of``.
    exposures : DataFrame
        One row per force: ``force`` and ``expected`` for ratios, ``person_years`` for rates.
    kind : {"ratio", "rate", "proportion"}
    target : float or "pooled"
        ``pooled``: all exact counts over their exposures.
    per : float
        Person-years that rates refer to.
    winsorised : float
        The share of forces moved inwards at either end before overdispersion is estimated.
    scale : {"natural", "stabilised"}
        Of the z scores and of the overdispersed limits.

    Raises
    ------
    InvalidStudyError
        If a table breaks a rule.
    UsageError
        If kind, scale or target is not allowed, or counts are of different units.

    Examples
    --------
    >>> counts = pd.DataFrame({"force": ["A", "B"], "unit": "case", "n_low": [30, 9]})
    >>> expected = pd.DataFrame({"force": ["A", "B"], "expected": [15.0, 10.0]})
    >>> found = funnel(counts.assign(n_high=counts["n_low"]), expected, kind="ratio", target=1)
    >>> found.outside()[["force", "estimate", "beyond"]]
      force  estimate                 beyond
    0     A       2.0  above the 99.8% limit
    """
    require_word(kind, EXPOSURES, "kind")
    require_word(scale, ("natural", "stabilised"), "scale")
    require_positive(per, "per")
    frame = _read(counts, exposures, kind)
    sizes = frame[EXPOSURES[kind]].to_numpy(dtype=float)
    divisor = sizes / per if kind == "rate" else sizes
    usable = exactly_known(frame) & (divisor > 0)
    centre = _target(target, frame["n_low"].to_numpy()[usable], divisor[usable], kind)
    z, error = _z_scores(frame, divisor, usable, centre, scale_of(kind, scale))
    scored = np.isfinite(z)
    spread = dispersion(z[scored], error[scored], winsorised=winsorised, fitted=target == "pooled")
    spread = _with_doubts(spread, frame, scored, divisor * centre)
    points = _points(frame, divisor, z, centre, kind)
    return Funnel(points, kind, centre, target == "pooled", per, spread, scale)


def _read(counts: pd.DataFrame, exposures: pd.DataFrame | None, kind: str) -> pd.DataFrame:
    if kind == "proportion":
        if exposures is not None:
            raise UsageError("proportions take their exposure from the column 'of' of the counts")
        return read_shares(counts).assign(exposure_note="")
    if exposures is None:
        raise UsageError(f"a {kind} needs exposures: a table with force and {EXPOSURES[kind]}")
    return beside(read_counts(counts), exposures, EXPOSURES[kind])


def _target(target: float | str, counts: Array, exposure: Array, kind: str) -> float:
    if target == "pooled":
        return float(counts.sum() / exposure.sum()) if len(counts) else np.nan
    most = 1 if kind == "proportion" else np.inf
    if isinstance(target, str) or not 0 < target < most:
        raise UsageError(f"target is {target!r}; it must be 'pooled' or lie between 0 and {most}")
    return float(target)


def _z_scores(
    frame: pd.DataFrame, exposure: Array, usable: Array, target: float, scale: Scale
) -> tuple[Array, Array]:
    """Return z scores and standard errors, NaN where a force has no exact count."""
    z, error = np.full(len(frame), np.nan), np.full(len(frame), np.nan)
    if np.isnan(target):
        return z, error
    error[usable] = scale.error(target, exposure[usable])
    value = scale.to(frame["n_low"].to_numpy()[usable] / exposure[usable])
    with np.errstate(divide="ignore", invalid="ignore"):
        z[usable] = (value - scale.to(np.asarray(target))) / error[usable]
    return z, error


def _with_doubts(spread: Dispersion, frame: pd.DataFrame, scored: Array, mean: Array) -> Dispersion:
    """Return the dispersion with a note where few cases are expected."""
    few = int((mean[scored] < FEW).sum())
    if not few:
        return spread
    said = f"fewer than {FEW} expected in {few} of {spread.forces}: the test is approximate"
    return dataclasses.replace(spread, note="; ".join(filter(None, [spread.note, said])))


def _points(
    frame: pd.DataFrame, exposure: Array, z: Array, target: float, kind: str
) -> pd.DataFrame:
    low, high = frame["n_low"].to_numpy(), frame["n_high"].to_numpy()
    reasons = without_answer(frame, EXPOSURES[kind])
    none = np.logical_or.reduce([holds for holds, _ in reasons])
    exact = exactly_known(frame) & ~none
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = np.where(none, np.nan, [low / exposure, unlimited(high) / exposure])
    partly = ~exact & ~none
    tails = _tails(low, exposure, exact, target, kind)
    carried = frame["exposure_note"].to_numpy(dtype=object)
    possible = 0 < target < (1 if kind == "proportion" else np.inf)
    said = notes(
        *reasons,
        (partly, "count known as an interval: no z score"),
        (~none & (not possible), f"target is {target:g}: no limits"),
        (carried != "", carried),
    )
    columns = ["force", "unit", "n_low", "n_high", EXPOSURES[kind]]
    return frame[columns].assign(
        estimate=np.where(exact, ends[0], np.nan),
        estimate_low=ends[0],
        estimate_high=ends[1],
        z_score=z,
        p_at_most=tails[0],
        p_at_least=tails[1],
        note=said,
    )


def _tails(
    counts: Array, exposure: Array, exact: Array, target: float, kind: str
) -> tuple[Array, Array]:
    """Return the exact probabilities of a count so low or lower, and so high or higher."""
    tails = np.full((2, len(counts)), np.nan)
    n, size = counts[exact], exposure[exact]
    if len(n) and not np.isnan(target):
        law = stats.binom(size, target) if kind == "proportion" else stats.poisson(size * target)
        tails[:, exact] = law.cdf(n), law.sf(n - 1)
    return tails[0], tails[1]
