"""Which pairs of forces can be told apart, and how many."""

from __future__ import annotations

import numpy as np
import pandas as pd

from foistats.forces.comparable import Counts
from foistats.forces.ranks.pair_tests import holm, one_sided, require_few
from foistats.forces.ranks.region import rate_region


def pairs_told_apart(
    counts: Counts, *, level: float = 0.95, adjustment: str = "sidak"
) -> pd.DataFrame:
    """Return for each pair of forces whether their rates can be told apart, and how.

    Returns
    -------
    DataFrame
        One row per pair: ``higher, lower`` (by the observed rates, of counts known as intervals by
        the smaller p value), ``p_value`` (exact conditional test, twice the smaller tail, at most
        1), ``p_holm`` (over both directions of all pairs of forces with a count),
        ``apart_by_test`` (``p_holm <= 1 - level``), ``apart_by_region`` (their intervals that hold
        together do not overlap), ``level, note``.

    Raises
    ------
    UsageError
        With more than 3,000 forces; else as `rank_intervals`.
    """
    require_few(len(counts.forces))
    low, high = rate_region(counts, level=level, adjustment=adjustment)
    first, second = np.triu_indices(len(counts.forces), k=1)
    both = counts.known[first] & counts.known[second]
    tails = np.ones((2, len(first)))
    tails[:, both] = one_sided(counts, first[both], second[both])
    adjusted = np.ones_like(tails)
    adjusted[:, both] = holm(tails[:, both].ravel()).reshape(2, -1)
    swap = tails[1] < tails[0]
    higher, lower = np.where(swap, second, first), np.where(swap, first, second)
    forces = np.array(counts.forces, dtype=object)
    p_holm = adjusted.min(axis=0)
    columns = {
        "higher": forces[higher],
        "lower": forces[lower],
        "p_value": np.minimum(2 * tails.min(axis=0), 1),
        "p_holm": p_holm,
        "apart_by_test": p_holm <= 1 - level,
        "apart_by_region": low[higher] >= high[lower],
        "level": level,
        "note": np.where(both, "", "a force without a count cannot be told apart"),
    }
    return pd.DataFrame(columns)


def pairs_summary(
    counts: Counts, *, level: float = 0.95, adjustment: str = "sidak"
) -> pd.DataFrame:
    """Return how many pairs of forces can be told apart, by either method.

    Returns
    -------
    DataFrame
        ``pairs, pairs_with_counts, told_apart, level, method``, one row per method.
    """
    pairs = pairs_told_apart(counts, level=level, adjustment=adjustment)
    numbers = [int(pairs[name].sum()) for name in ("apart_by_region", "apart_by_test")]
    methods = [f"intervals that hold together ({adjustment})", "exact conditional test, Holm"]
    with_counts = int((pairs["note"] == "").sum())
    columns = {"pairs": len(pairs), "pairs_with_counts": with_counts, "told_apart": numbers}
    return pd.DataFrame(columns | {"level": level, "method": methods})
