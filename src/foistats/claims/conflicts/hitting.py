"""A smallest set that meets others and holds none of some more."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint

from foistats.claims.problem import UnsettledError
from foistats.highs import milp


def smallest_meeting(
    corrections: Sequence[frozenset[str]],
    conflicts: Sequence[frozenset[str]],
    *,
    least: int,
    until: float | None,
) -> frozenset[str] | None:
    """Return a smallest set that meets all corrections and holds no conflict; None if none does.

    Parameters
    ----------
    corrections : sequence of frozenset of str
        The set has a member of each.
    conflicts : sequence of frozenset of str
        The set lacks a member of each.
    least : int
        How large the set is at least known to be.
    until : float or None
        The moment (`time.monotonic`) to give up.

    Raises
    ------
    UnsettledError
        If the moment came first.

    Examples
    --------
    >>> some = [frozenset("ab"), frozenset("bc")]
    >>> sorted(smallest_meeting(some, [], least=0, until=None))
    ['b']
    >>> sorted(smallest_meeting(some, [frozenset("b")], least=0, until=None))
    ['a', 'c']
    """
    if until is not None and time.monotonic() > until:
        raise UnsettledError("not settled in the time given")
    if not corrections:
        return frozenset()
    if not all(corrections):
        return None
    used = sorted(frozenset().union(*corrections))
    inside = [some for some in conflicts if some <= set(used)]
    held = np.array(
        [[name in some for name in used] for some in (*corrections, *inside)]
        + [[True] * len(used)],
        dtype=float,
    )
    number = len(corrections)
    low = [1.0] * number + [-np.inf] * len(inside) + [float(least)]
    high = [np.inf] * number + [len(some) - 1.0 for some in inside] + [np.inf]
    options = {} if until is None else {"time_limit": max(until - time.monotonic(), 0.01)}
    answer = milp(
        np.ones(len(used)),
        constraints=LinearConstraint(sparse.csr_array(held), low, high),
        bounds=Bounds(0, 1),
        integrality=np.ones(len(used), dtype=int),
        options=options,
    )
    if answer.status not in (0, 2):
        raise UnsettledError("not settled in the time given")
    if answer.x is None:
        return None
    return frozenset(name for name, kept in zip(used, answer.x > 0.5, strict=True) if kept)
