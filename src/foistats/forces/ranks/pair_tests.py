"""Exact tests of which of two forces has the higher rate, and their adjustment.

Of two Poisson counts with exposures *e_a* and *e_b*, given their sum *n*,
``y_a ~ Binomial(n, e_a / (e_a + e_b))`` where the rates are equal, and::

    p(a above b) = P(X >= y_a),      p(b above a) = P(X <= y_a)

Holm's step-down adjustment runs over both directions of every pair compared, so that the chance of
any wrong direction is at most ``1 - level`` whatever the rates are, equal ones included.

Sources: Przyborowski and Wilenski 1940 (the conditional test); Holm 1979.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from foistats.errors import UsageError
from foistats.forces.columns import Array
from foistats.forces.comparable import Counts

MOST_FORCES = 3_000
"""Beyond, all pairs are too many to test (4.5 million at this number)."""


def one_sided(counts: Counts, first: Array, second: Array) -> Array:
    """Return the p values of "first above second" and of "second above first", two rows."""
    share = counts.exposure[first] / (counts.exposure[first] + counts.exposure[second])
    return np.stack(
        [
            _upper_tail(counts.low[first], counts.high[second], share),
            _upper_tail(counts.low[second], counts.high[first], 1 - share),
        ]
    )


def _upper_tail(count: Array, other: Array, share: Array) -> Array:
    """Return ``P(X >= count)`` for ``X ~ Binomial(count + other, share)``."""
    some = (count > 0) & np.isfinite(other)
    tail = special.betainc(np.where(some, count, 1), np.where(some, other, 0) + 1, share)
    return np.asarray(np.where(some, tail, 1.0))


def holm(p_values: Array) -> Array:
    """Return Holm's adjusted p values."""
    if not len(p_values):
        return p_values
    order = np.argsort(p_values, kind="stable")
    steps = np.arange(len(p_values), 0, -1)
    adjusted = np.empty_like(p_values)
    adjusted[order] = np.maximum.accumulate(np.minimum(p_values[order] * steps, 1))
    return adjusted


def require_few(forces: int) -> None:
    """Refuse more forces than pairs can be tested of.

    Raises
    ------
    UsageError
    """
    if forces > MOST_FORCES:
        raise UsageError(
            f"{forces} forces have too many pairs; at most {MOST_FORCES} are allowed: "
            "use simultaneous_ranks"
        )
