"""Intervals of the forces' ranks, pointwise and simultaneous.

*Simultaneous* (Klein, Wright and Wieczorek 2020): with intervals ``(L_j, U_j)`` that hold all K
rates together, force k has at least as many forces above it as intervals lie wholly above its own,
and at least as many below as lie wholly below::

    1 + #{ j : L_j >= U_k }  <=  rank of k  <=  K - #{ j : U_j <= L_k }

*Pointwise* ones hold the rank of one force at a time: only its K - 1 differences must hold
together. They come from exact tests (`foistats.forces.ranks.pair_tests`).

Sources: Klein, Wright and Wieczorek 2020; Goldstein and Spiegelhalter 1996; Mogstad, Romano, Shaikh
and Wilhelm 2024 (pointwise).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from foistats.errors import UsageError
from foistats.forces.columns import Array, notes
from foistats.forces.comparable import Counts
from foistats.forces.ranks.pair_tests import holm, one_sided, require_few
from foistats.forces.ranks.region import rate_region
from foistats.severity.inference.intervals import require_level


def rank_intervals(
    counts: Counts, *, level: float = 0.95, adjustment: str = "sidak"
) -> pd.DataFrame:
    """Return the pointwise and the simultaneous interval of each force's rank.

    Parameters
    ----------
    counts : Counts
    level : float
    adjustment : str
        Of the rates' intervals behind the simultaneous ranks: ``sidak`` or ``bonferroni``.

    Returns
    -------
    DataFrame
        Two rows per force, ``kind`` being ``pointwise`` and ``simultaneous``: ``force, unit, kind,
        observed_low, observed_high, conf_low, conf_high, level, method, note``. The observed rank
        is among forces with a count; ties and counts known as intervals make it a range. It is
        missing where there is no count.

    Raises
    ------
    UsageError
        For a level outside 0 and 1, another adjustment, or pointwise ranks of more than 3,000
        forces (`simultaneous_ranks` has no limit).
    """
    parts = [pointwise_ranks(counts, level=level)]
    parts.append(simultaneous_ranks(counts, level=level, adjustment=adjustment))
    return pd.concat(parts, ignore_index=True)


def simultaneous_ranks(
    counts: Counts, *, level: float = 0.95, adjustment: str = "sidak"
) -> pd.DataFrame:
    """Return intervals that hold all ranks together; columns as of `rank_intervals`."""
    if adjustment == "none":
        raise UsageError(
            "simultaneous ranks need intervals that hold together: adjustment='sidak' or "
            "'bonferroni'"
        )
    low, high = rate_region(counts, level=level, adjustment=adjustment)
    above = _at_least(low, high)
    below = np.searchsorted(np.sort(high), low, side="right")
    method = f"exact intervals that hold together ({adjustment})"
    return _rank_frame(counts, "simultaneous", above, below, level, method)


def pointwise_ranks(counts: Counts, *, level: float = 0.95) -> pd.DataFrame:
    """Return intervals that hold one force's rank at a time; columns as of `rank_intervals`."""
    require_level(level)
    require_few(len(counts.forces))
    above, below = (np.zeros(len(counts.forces), dtype=int) for _ in range(2))
    places = np.flatnonzero(counts.known)
    for force in places:
        others = places[places != force]
        lower, higher = one_sided(counts, others, np.full(len(others), force))
        rejected = holm(np.concatenate([lower, higher])) <= 1 - level
        above[force], below[force] = rejected[: len(others)].sum(), rejected[len(others) :].sum()
    method = "exact conditional tests, Holm within the force"
    return _rank_frame(counts, "pointwise", above, below, level, method)


def _rank_frame(
    counts: Counts, kind: str, above: Array, below: Array, level: float, method: str
) -> pd.DataFrame:
    """Return one row per force, given how many others are surely above and below it."""
    total = len(counts.forces)
    observed_low, observed_high = _observed_ranks(counts)
    columns: dict[str, Any] = {"force": list(counts.forces), "unit": counts.unit, "kind": kind}
    columns |= {"observed_low": observed_low, "observed_high": observed_high}
    columns |= {"conf_low": 1 + above, "conf_high": total - below, "level": level}
    own = np.array(counts.notes, dtype=object)
    said = notes((own != "", own), (~counts.known, f"it can have any rank from 1 to {total}"))
    return pd.DataFrame(columns | {"method": method, "note": said})


def _observed_ranks(counts: Counts) -> tuple[Any, Any]:
    """Return the least and largest rank of the observed rate, among forces with a count."""
    known = counts.known
    low, high = (ends[known] / counts.exposure[known] for ends in (counts.low, counts.high))
    surely_above = len(low) - np.searchsorted(np.sort(low), high, side="right")
    maybe_above = _at_least(high, low)  # itself counted
    ends = []
    for values in (1 + surely_above, maybe_above):
        column = pd.array([pd.NA] * len(known), dtype="Int64")
        column[known] = values
        ends.append(column)
    return ends[0], ends[1]


def _at_least(values: Array, limits: Array) -> Array:
    """Return how many of the values are no smaller than each limit."""
    return np.asarray(len(values) - np.searchsorted(np.sort(values), limits, side="left"))
