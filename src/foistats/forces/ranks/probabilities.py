"""How probable each rank is, and that one force is above another."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from foistats.errors import UsageError
from foistats.forces.columns import Array
from foistats.forces.ranks.pair_tests import require_few
from foistats.severity.inference.intervals import require_level

_AT_ONCE = 2_000_000
"""Draws times forces ranked together."""


def rank_probabilities(draws: pd.DataFrame, *, top: int = 5, level: float = 0.95) -> pd.DataFrame:
    """Return rank probabilities from draws of the joint posterior.

    Forces that tie in a draw share its places evenly.

    Parameters
    ----------
    draws : DataFrame
        One row per draw, one column per force (`foistats.forces.effects.draws.posterior_draws`).
    top : int
        How many places ``top`` counts.
    level : float

    Returns
    -------
    DataFrame
        One row per force: ``force, highest`` (probability of rank 1), ``top`` (of a rank up to
        ``top``), ``expected_rank, estimate`` (median rank), ``conf_low, conf_high, level, draws``.
        The Monte-Carlo standard error of a probability p is ``sqrt(p (1 - p) / draws)``.

    Raises
    ------
    UsageError
        Without draws, or for ``top`` outside 1 to the number of forces.
    """
    require_level(level)
    rates = _rates_of(draws)
    forces = rates.shape[1]
    if not 1 <= top <= forces:
        raise UsageError(f"top is {top}; 1 to {forces}, the number of forces, is allowed")
    ranks = np.empty_like(rates)
    sums = np.zeros((2, forces))
    for rows in _portions(*rates.shape):
        least = stats.rankdata(-rates[rows], method="min", axis=1)
        most = stats.rankdata(-rates[rows], method="max", axis=1)
        ranks[rows] = (least + most) / 2
        for place, last in enumerate((1, top)):
            sums[place] += np.clip((last - least + 1) / (most - least + 1), 0, 1).sum(axis=0)
    tail = (1 - level) / 2
    ends = np.quantile(ranks, [0.5, tail, 1 - tail], axis=0, method="inverted_cdf")
    columns = {"force": draws.columns.astype(str)}
    columns |= dict(zip(("highest", "top"), sums / len(rates), strict=True))
    columns |= {"expected_rank": ranks.mean(axis=0)}
    columns |= dict(zip(("estimate", "conf_low", "conf_high"), ends, strict=True))
    return pd.DataFrame(columns | {"level": level, "draws": len(rates)})


def pairwise_probabilities(draws: pd.DataFrame) -> pd.DataFrame:
    """Return the posterior probability that one force's rate is above another's.

    Returns
    -------
    DataFrame
        One row per ordered pair: ``force, other, probability``; of the two directions of a pair the
        probabilities sum to one (draws that tie count half).
    """
    rates = _rates_of(draws)
    forces = draws.columns.astype(str).to_numpy()
    require_few(rates.shape[1])
    above = np.stack(
        [
            ((column[:, None] > rates).mean(axis=0) + (column[:, None] >= rates).mean(axis=0)) / 2
            for column in rates.T
        ]
    )
    first, second = np.nonzero(~np.eye(len(forces), dtype=bool))
    columns = {"force": forces[first], "other": forces[second]}
    return pd.DataFrame(columns | {"probability": above[first, second]})


def _rates_of(draws: pd.DataFrame) -> Array:
    rates: Array = draws.to_numpy(float)
    if not rates.size:
        raise UsageError("draws: none found; one row per draw and one column per force are needed")
    if np.isnan(rates).any():
        raise UsageError("draws: a rate is missing; every draw needs a rate for every force")
    return rates


def _portions(draws: int, forces: int) -> list[slice]:
    step = max(1, _AT_ONCE // forces)
    return [slice(start, start + step) for start in range(0, draws, step)]
