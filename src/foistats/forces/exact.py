"""Exact intervals of counts and proportions, also of counts known only as an interval.

Where a count is known as n_low to n_high, the lower end belongs to n_low and the upper end to
n_high: whatever the count was, its own interval lies within.
"""

from __future__ import annotations

import numpy as np
from scipy import special, stats

from foistats.forces.columns import Array
from foistats.forces.counts import unlimited
from foistats.severity.inference.intervals import quantile, require_level


def garwood(n_low: Array, n_high: Array, level: float = 0.95) -> tuple[Array, Array]:
    """Return the exact interval of the mean of a Poisson count.

    ::

        P(N >= n | low) = (1 - level) / 2,   low = 0 for n = 0
        P(N <= n | high) = (1 - level) / 2

    Solved by quantiles of the gamma distribution.

    Parameters
    ----------
    n_low, n_high : array
        Whole numbers, equal where the count is known.

    Returns
    -------
    low, high : array
        Infinite at the upper end where no source limits the count.

    Notes
    -----
    Garwood 1936, Biometrika 28:437-442; Ulm 1990, American Journal of Epidemiology 131:373-375,
    for the ratio of a count to an expected one.

    Examples
    --------
    >>> low, high = garwood(np.array([10.0]), np.array([10.0]))
    >>> round(float(low[0]), 3), round(float(high[0]), 3)
    (4.795, 18.39)
    """
    require_level(level)
    tail = (1 - level) / 2
    least, most = np.asarray(n_low, dtype=float), unlimited(np.asarray(n_high, dtype=float))
    ended = np.isfinite(most)
    low = np.where(least > 0, special.gammaincinv(np.maximum(least, 1), tail), least)
    high = special.gammainccinv(np.where(ended, most, 0) + 1, tail)
    return low, np.where(ended, high, most)


def clopper_pearson(
    n_low: Array, n_high: Array, of: Array, level: float = 0.95
) -> tuple[Array, Array]:
    """Return the exact interval of a proportion.

    ::

        P(N >= n | low) = (1 - level) / 2,    low = 0 for n = 0
        P(N <= n | high) = (1 - level) / 2,   high = 1 for n = of

    Notes
    -----
    Clopper and Pearson 1934, Biometrika 26:404-413.

    Examples
    --------
    >>> one = np.array([1.0])
    >>> low, high = clopper_pearson(3 * one, 3 * one, 20 * one)
    >>> round(float(low[0]), 4), round(float(high[0]), 4)
    (0.0321, 0.3789)
    """
    require_level(level)
    tail = (1 - level) / 2
    low = special.betaincinv(np.maximum(n_low, 1), np.maximum(of - n_low + 1, 1), tail)
    high = special.betainccinv(n_high + 1, np.maximum(of - n_high, 1), tail)
    return np.where(n_low > 0, low, n_low * 1.0), np.where(n_high < of, high, of / of)


def wilson(n_low: Array, n_high: Array, of: Array, level: float = 0.95) -> tuple[Array, Array]:
    """Return the score interval of a proportion, without correction for continuity.

    ::

        (p + z^2/2m -+ z sqrt(p(1-p)/m + z^2/4m^2)) / (1 + z^2/m),   p = n/m

    Notes
    -----
    Wilson 1927, Journal of the American Statistical Association 22:209-212.
    """
    z = quantile(level, np.inf)

    def end(count: Array, sign: int) -> Array:
        share = count / of
        reach = z * np.sqrt(share * (1 - share) / of + (z / of) ** 2 / 4)
        return np.asarray((share + z**2 / of / 2 + sign * reach) / (1 + z**2 / of))

    low = np.where(n_low > 0, end(n_low, -1), n_low * 1.0)
    return low, np.where(n_high < of, end(n_high, 1), of / of)


def poisson_ratio(
    counts: tuple[int, int], exposures: tuple[float, float], level: float = 0.95
) -> tuple[float, float]:
    """Return the exact interval of the ratio of two Poisson rates.

    Given their sum, the first count is binomial with probability ``rho T1 / (rho T1 + T2)``,
    where rho is the ratio of the rates and T1, T2 are the exposures; the interval is that of
    Clopper and Pearson, solved for rho. Two zeros say nothing: from zero to infinity.

    Notes
    -----
    Przyborowski and Wilenski 1940, Biometrika 31:313-323; ``poisson.test`` in R.
    """
    first, both = np.array([float(counts[0])]), np.array([float(sum(counts))])
    if not both[0]:
        return 0.0, np.inf
    low, high = (float(end[0]) for end in clopper_pearson(first, first, both, level))
    scale = exposures[1] / exposures[0]
    return low / (1 - low) * scale, (high / (1 - high) * scale if high < 1 else np.inf)


def poisson_ratio_p_value(counts: tuple[int, int], exposures: tuple[float, float]) -> float:
    """Return the two-sided p value that two Poisson rates are equal, given the sum of the counts.

    Every split of the sum that is no more likely than the one observed counts as extreme, as in
    ``poisson.test`` and ``binom.test`` in R.
    """
    if not sum(counts):
        return 1.0
    share = exposures[0] / sum(exposures)
    return float(stats.binomtest(counts[0], sum(counts), share).pvalue)
