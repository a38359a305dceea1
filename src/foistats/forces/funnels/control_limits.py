"""Exact control limits: how far a count may lie from its target by chance.

A count is discrete, so that limits which cut off exactly a share p do not exist. Spiegelhalter
interpolates between the counts on either side. With F the distribution function at the target and
r the smallest count with F(r) > p::

    limit = r - (F(r) - p) / (F(r) - F(r - 1)),   not below zero

once for p = (1 - level) / 2 and once for p = (1 + level) / 2. So drawn, the funnel is smooth, but
the two sides differ: an ordinary count lies below the lower limit with a probability of at most
(1 - level) / 2, and above the upper one with at least that (where the limit is not below one).
Stepped limits, r itself on either side, are crossed with at most (1 - level) / 2 on both.

Source: Spiegelhalter 2005, Statistics in Medicine 24:1185-1202, appendix A.1.1.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import stats

from foistats.forces.columns import Array
from foistats.severity.inference.intervals import require_level


def poisson_limits(
    mean: Array, level: float = 0.95, *, stepped: bool = False
) -> tuple[Array, Array]:
    """Return exact limits of Poisson counts.

    Parameters
    ----------
    mean : array
        The counts that the target lets one expect; without limits where zero or NaN.
    level : float
        The probability between the limits.
    stepped : bool
        Whole numbers in place of interpolated limits.

    Returns
    -------
    low, high : array
        On the scale of the counts.

    Examples
    --------
    >>> low, high = poisson_limits(np.array([10.0]))
    >>> round(float(low[0]), 3), round(float(high[0]), 3)
    (3.775, 16.16)
    """
    mean = np.asarray(mean, dtype=float)
    return _limits(stats.poisson, (mean,), mean > 0, level, stepped)


def binomial_limits(
    of: Array, target: float, level: float = 0.95, *, stepped: bool = False
) -> tuple[Array, Array]:
    """Return exact limits of binomial counts out of ``of``, each with probability ``target``.

    Parameters and results are as in `poisson_limits`.
    """
    of = np.asarray(of, dtype=float)
    possible = (of > 0) & (0 < target < 1)
    return _limits(stats.binom, (of, np.full(of.shape, target)), possible, level, stepped)


def _limits(
    law: Any, parameters: tuple[Array, ...], possible: Array, level: float, stepped: bool
) -> tuple[Array, Array]:
    require_level(level)
    ends = []
    for p in ((1 - level) / 2, (1 + level) / 2):
        end = np.full(possible.shape, np.nan)
        end[possible] = _quantile(law, tuple(each[possible] for each in parameters), p, stepped)
        ends.append(end)
    return ends[0], ends[1]


def _quantile(law: Any, parameters: tuple[Array, ...], p: float, stepped: bool) -> Array:
    count = np.asarray(law.ppf(p, *parameters), dtype=float)
    if stepped:
        return count
    excess = law.cdf(count, *parameters) - p
    return np.asarray(np.maximum(count - excess / law.pmf(count, *parameters), 0))
