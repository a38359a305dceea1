"""Contradictions that show already where cases may be split into fractions."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from foistats.claims.problem import Problem
from foistats.claims.rows import Row

#: Less than this of a case is rounding, not a contradiction.
TOLERANCE = 1e-6


def relaxed_conflicts(
    problem: Problem,
    names: Sequence[str],
    possible: Callable[[frozenset[str]], bool],
    *,
    until: float | None = None,
) -> Iterator[frozenset[str]]:
    """Yield conflicts among names that show in fractions, one after the other.

    Each is without a name that fractions could spare. After each, its last name is left out; so
    that of conflicts that overlap some may be missing, and of those that do not none.

    Parameters
    ----------
    problem : Problem
    names : sequence of str
        The one to leave out first last.
    possible : callable
        Whether a table of whole numbers satisfies names: asked of everything found.
    until : float, optional
        The moment (`time.monotonic`) to stop.
    """
    left = list(names)
    while (core := relaxed_core(problem, left, until=until)) is not None:
        for name in sorted(core, key=left.index):
            rest = sorted(core - {name})
            if name in core and (less := relaxed_core(problem.part(rest), rest, until=until)):
                core = less
        if not possible(core):
            yield core
        left.remove(max(core, key=left.index))


def relaxed_core(
    problem: Problem, names: Sequence[str], *, until: float | None = None
) -> frozenset[str] | None:
    """Return names among some that no table satisfies, not even one of fractions.

    Every row that belongs to names may be missed at a price; where the least price is above zero,
    the rows whose prices bind (the dual values) contradict each other: Farkas' certificate.

    Parameters
    ----------
    problem : Problem
    names : sequence of str
    until : float, optional
        The moment (`time.monotonic`) to give up.

    Returns
    -------
    frozenset of str or None
        None if fractions satisfy them, or the moment came first. What is found rests on floating
        point; whoever relies on it asks whether these few names are possible.
    """
    rows = [row for row in problem.all_rows(names) if len(row.columns)]
    owned = [problem.behind([row]) for row in rows]
    priced = _priced(rows, owned, problem.unknowns.most, until)
    found = frozenset().union(*(owned[place] for place in priced))
    return found & set(names) or None


def _priced(
    rows: Sequence[Row],
    owned: Sequence[frozenset[str]],
    most: np.ndarray,
    until: float | None,
) -> list[int]:
    """Return which rows have a price at the least cost of missing some; none if all can hold."""
    if not rows:
        return []
    ends = [
        (place, sign, end)
        for place, row in enumerate(rows)
        for sign, end in ((1, row.high), (-1, row.low))
        if end is not None
    ]
    used = np.unique(np.concatenate([row.columns for row in rows]))
    missed = [position for position, (place, _, _) in enumerate(ends) if owned[place]]
    scale = [float(np.abs(rows[place].floats).max()) for place, _, _ in ends]
    counts = sparse.csr_array(
        (
            np.concatenate(
                [s * rows[p].floats / c for (p, s, _), c in zip(ends, scale, strict=True)]
            ),
            np.searchsorted(used, np.concatenate([rows[place].columns for place, _, _ in ends])),
            np.cumsum([0, *(len(rows[place].columns) for place, _, _ in ends)]),
        ),
        shape=(len(ends), len(used)),
    )
    prices = sparse.csr_array(
        (-np.ones(len(missed)), (missed, range(len(missed)))), shape=(len(ends), len(missed))
    )
    found = linprog(  # type: ignore[call-overload]
        np.repeat([0.0, 1.0], [len(used), len(missed)]),
        A_ub=sparse.csr_array(sparse.hstack([counts, prices])),
        b_ub=np.array([s * end / size for (_, s, end), size in zip(ends, scale, strict=True)]),
        bounds=[*((0.0, float(end)) for end in most[used]), *[(0.0, np.inf)] * len(missed)],
        method="highs",
        options={} if until is None else {"time_limit": max(until - time.monotonic(), 0.01)},
    )
    if found.status != 0 or found.fun is None or found.fun <= TOLERANCE:
        return []
    binding = np.flatnonzero(np.abs(found.ineqlin.marginals) > TOLERANCE)
    return sorted({ends[position][0] for position in binding})
