"""Which claims cannot be true together: every minimal set, smallest first.

A set conflicts if no table satisfies all of it; it is minimal if it stops conflicting whichever
claim is dropped. Every conflict holds a claim that a consistent set leaves out. So a smallest set
of claims that meets what each known consistent set leaves out, and holds no known conflict, is
either the smallest conflict not yet known, or consistent, and grows to a consistent set not yet
known. Its size is how far the search is complete.

::

    oracle      whether claims can be true together; a minimal part of those that cannot
    relaxation  conflicts that show already in fractions of cases, of any size
    hitting     a smallest set that meets others and holds none of some more
    search      conflicts and consistent sets, found in turns until none is missing

Source: Ignatiev, Previti, Liffiton, Marques-Silva, *Smallest MUS extraction with minimal hitting
set dualization*, CP 2015.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from foistats.claims.conflicts.oracle import Oracle, shrink
from foistats.claims.conflicts.search import Search
from foistats.claims.problem import Problem, UnsettledError

__all__ = ["Minimal", "Oracle", "minimal_conflicts", "shrink"]

#: The part of the time kept for confirming what was found.
CONFIRM = 0.2


@dataclass(frozen=True)
class Minimal:
    """The minimal conflicting sets of one problem.

    Attributes
    ----------
    sets : tuple of frozenset of str
        Smallest first; among those of a size, in the order of the claims.
    complete : int or None
        Every set of up to so many claims is among them, unless more than the limit; None if they
        are all there are.
    cut : str
        Why the search stopped early; empty if the sets are all there are.
    """

    sets: tuple[frozenset[str], ...]
    complete: int | None = None
    cut: str = ""


def minimal_conflicts(
    problem: Problem,
    stages: Sequence[Sequence[str]],
    *,
    limit: int,
    until: float | None,
    again: Callable[[frozenset[str], float | None], bool],
    largest: int | None = None,
) -> Minimal:
    """Return the minimal conflicting sets among names.

    Parameters
    ----------
    problem : Problem
    stages : sequence of sequence of str
        Names to search, easier parts first; the last holds all of them.
    limit : int
        How many sets to return at most.
    until : float or None
        The moment (`time.monotonic`) to stop.
    again : callable
        A second opinion: whether names can be true together, asked of every conflict found, and
        until when.
    largest : int, optional
        Of how many claims a set may be; without it, any number.
    """
    now = time.monotonic()
    searching = None if until is None else until - CONFIRM * max(until - now, 0.0)
    search = Search(Oracle(problem, searching), stages[-1], stages[:-1])
    cut = ""
    try:
        search.relax()
        search.run(limit, largest)
        if largest is not None and not search.done:
            cut = f"only sets of up to {largest} claims were looked for"
    except UnsettledError as error:
        cut = f"the search was cut: {error}"
    search.oracle.until = until
    return _confirmed(search, limit, again, cut, largest)


def _confirmed(
    search: Search,
    limit: int,
    again: Callable[[frozenset[str], float | None], bool],
    cut: str,
    largest: int | None,
) -> Minimal:
    """Return the smallest sets, every one confirmed to conflict and to be minimal."""
    oracle, complete = search.oracle, search.level - 1
    confirmed: list[frozenset[str]] = []
    known = [some for some in search.found() if largest is None or len(some) <= largest]
    for some in known:
        if len(confirmed) == limit:
            break
        try:
            if again(some, oracle.until):
                raise UnsettledError("the numerical solver contradicted itself")
            if all(oracle.possible(some - {name}) for name in sorted(some)):
                confirmed.append(some)
            elif len(some) <= complete:
                raise UnsettledError("the numerical solver contradicted itself")
        except UnsettledError as error:
            complete = min(complete, len(some) - 1)
            cut = cut or f"the search was cut: {error}"
    if search.done and not cut and len(confirmed) == len(known):
        return Minimal(tuple(confirmed))
    if len(confirmed) == limit:
        cut = f"the {limit} smallest of the {len(known)} sets found are given"
        complete = min(complete, len(confirmed[-1]))
    return Minimal(tuple(confirmed), complete, cut or "the search was cut")
