"""Exact intervals of rates that hold together.

Of a Poisson count known as ``n_low`` to ``n_high`` with exposure *e*, Garwood's interval of the
rate holds every rate that some count allowed would not reject (`foistats.forces.exact`). K
intervals hold together at ``level`` if each is at ``level**(1 / K)`` (Sidak 1967: the counts are
independent) or at ``1 - (1 - level) / K`` (Bonferroni).
"""

from __future__ import annotations

import numpy as np

from foistats.forces.columns import Array
from foistats.forces.comparable import Counts
from foistats.forces.exact import garwood
from foistats.forces.settings import require_word
from foistats.severity.inference.intervals import require_level

ADJUSTMENTS = ("none", "sidak", "bonferroni")


def rate_region(
    counts: Counts, *, level: float = 0.95, adjustment: str = "sidak"
) -> tuple[Array, Array]:
    """Return the ends of the exact interval of each rate (counts per exposure).

    Parameters
    ----------
    counts : Counts
    level : float
        Of each interval, or of all together with an adjustment.
    adjustment : {"sidak", "bonferroni", "none"}
        Over the forces with a count.

    Returns
    -------
    low, high : array, forces
        Zero and infinity where nothing is known about the rate.

    Raises
    ------
    UsageError
        For a level outside 0 and 1, or an adjustment that does not exist.
    """
    require_level(level)
    require_word(adjustment, ADJUSTMENTS, "adjustment")
    known = counts.known
    each = _level_of_each(level, adjustment, max(int(known.sum()), 1))
    low, high = np.zeros(len(known)), np.full(len(known), np.inf)
    ends = garwood(counts.low[known], counts.high[known], each)
    low[known], high[known] = (end / counts.exposure[known] for end in ends)
    return low, high


def _level_of_each(level: float, adjustment: str, forces: int) -> float:
    if adjustment == "sidak":
        return float(level ** (1 / forces))
    return 1 - (1 - level) / forces if adjustment == "bonferroni" else level
