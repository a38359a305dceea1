"""Which claims cannot be true together: every minimal set, smallest first.

A set conflicts if no table satisfies all of it; it is minimal if it stops conflicting whichever
claim is dropped. Every conflict holds a claim that a consistent set leaves out. So a smallest set
of claims that meets what each known consistent set leaves out, and holds no known conflict, is
either the smallest conflict not yet known, or consistent, and grows to a consistent set not yet
known. Its size is how far the search is complete.

Source: Ignatiev, Previti, Liffiton, Marques-Silva, *Smallest MUS extraction with minimal hitting
set dualization*, CP 2015; the shrinking divides as in Junker, *QuickXplain*, AAAI 2004.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from foistats.claims.keeping import Keeping
from foistats.claims.problem import Problem, UnsettledError

#: The part of the time kept for confirming what was found.
CONFIRM = 0.2
#: How many seconds to look for a table that satisfies many claims.
PATIENCE = 0.12
#: Fewer claims than this are asked about in a problem of their own.
SMALL = 20
#: How many conflicts to look for in a few claims of one force.
PART = 10


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


@dataclass
class Oracle:
    """Whether claims can be true together, remembering what was settled."""

    problem: Problem
    until: float | None = None
    consistent: list[frozenset[str]] = field(default_factory=list)
    conflicting: list[frozenset[str]] = field(default_factory=list)

    def possible(self, names: Iterable[str]) -> bool:
        """Whether some table satisfies all of them; raises `UnsettledError` if out of time."""
        wanted = frozenset(names)
        if any(wanted <= known for known in self.consistent):
            return True
        if any(known <= wanted for known in self.conflicting):
            return False
        if self.until is not None and time.monotonic() > self.until:
            raise UnsettledError("not settled in the time given")
        part = self.problem.part(sorted(wanted))
        if part.solve(sorted(wanted), until=self.until) is None:
            self.conflicting.append(part.core(wanted))
            return False
        self.consistent = [known for known in self.consistent if not known <= wanted]
        self.consistent.append(wanted)
        return True

    def core(self, names: Iterable[str]) -> frozenset[str]:
        """Return the smallest part of impossible names that is known to be impossible."""
        wanted = frozenset(names)
        return min((known for known in self.conflicting if known <= wanted), key=len)


def shrink(names: Sequence[str], possible: Callable[[Iterable[str]], bool]) -> list[str]:
    """Return a minimal conflicting part of names that conflict, later ones dropped first.

    Examples
    --------
    >>> shrink(["a", "b", "c", "d"], lambda some: not {"b", "d"} <= set(some))
    ['b', 'd']
    """
    found = _explain([], [], list(names), possible)
    return [name for name in names if name in set(found)]


def _explain(
    kept: list[str],
    added: list[str],
    rest: list[str],
    possible: Callable[[Iterable[str]], bool],
) -> list[str]:
    if added and not possible(kept):
        return []
    if len(rest) == 1:
        return rest
    middle = len(rest) // 2
    first, second = rest[:middle], rest[middle:]
    later = _explain([*kept, *first], first, second, possible)
    earlier = _explain([*kept, *later], later, first, possible)
    return [*earlier, *later]


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
    known = [some for some in search.smallest() if largest is None or len(some) <= largest]
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


class Search:
    """The state of a search: conflicts and consistent sets so far.

    Parameters
    ----------
    oracle : Oracle
    names : sequence of str
    views : sequence of sequence of str
        Parts of the names in which a conflict is seen more easily.

    Attributes
    ----------
    level : int
        Every minimal conflict of fewer claims is known.
    done : bool
        Whether every minimal conflict is known.
    """

    def __init__(
        self, oracle: Oracle, names: Sequence[str], views: Sequence[Sequence[str]] = ()
    ) -> None:
        self.oracle = oracle
        self.names = list(names)
        self._place = {name: position for position, name in enumerate(names)}
        self._parts = [list(view) for view in views if len(view) < SMALL]
        wide = [view for view in views if len(view) >= SMALL]
        self._views = [(frozenset(some), oracle.problem.part(some)) for some in (*wide, self.names)]
        self.level = 0
        self.done = False
        self._corrections: list[frozenset[str]] = []
        self._keeping = Keeping(oracle.problem, self.names)
        self._conflicts: list[frozenset[str]] = []
        self._greedy = True
        self._often: Counter[str] = Counter()

    def run(self, limit: int, largest: int | None = None) -> None:
        """Search until all sets are known, or the smallest ones up to a limit or a size."""
        for pair in self.oracle.problem.direct(self.names):
            self._note(frozenset(pair))
        for part in self._parts:
            self._search_part(part)
        self._without_easy(frozenset())
        while (candidate := self._candidate()) is not None:
            self.level = len(candidate)
            if largest is not None and self.level > largest:
                return
            if sum(len(some) <= self.level for some in self.smallest()) >= limit:
                return
            self._settle(candidate)
        self.level, self.done = len(self.names) + 1, True

    def _search_part(self, names: Sequence[str]) -> None:
        """Note the conflicts of a few names that are likely to have some."""
        until = time.monotonic() + PATIENCE
        if self.oracle.until is not None:
            until = min(until, self.oracle.until)
        problem = self.oracle.problem.part(names)
        known = {some for some in self._conflicts if some <= set(names)}
        try:
            if not known and problem.solve(names, until=until) is not None:
                return
            part = Search(Oracle(problem, until), names)
            part.run(PART)
        except UnsettledError:
            return
        for some in part.smallest():
            if some not in known and len(some) <= part.level:
                self._note(some)

    def smallest(self) -> list[frozenset[str]]:
        """Return the conflicts that hold no other known one, smallest first."""
        known = sorted(
            set(self._conflicts),
            key=lambda some: (len(some), sorted(self._place[name] for name in some)),
        )
        found: list[frozenset[str]] = []
        for some in known:
            if not any(other < some for other in found):
                found.append(some)
        return found

    def _note(self, conflict: frozenset[str]) -> None:
        self._often.update(conflict)
        self._conflicts.append(conflict)

    def _settle(self, candidate: frozenset[str]) -> None:
        """Find that a candidate conflicts, or a consistent set around it."""
        core = self._refuted(candidate)
        if core is None and not self.oracle.possible(candidate):
            core = self.oracle.core(candidate)
        if core is not None:
            self._note(core)
            return
        wide = None if self._greedy else self._kept(candidate)
        wide = wide or self._consistent(candidate)
        self._corrections.append(frozenset(self.names) - wide)

    def _without_easy(self, candidate: frozenset[str]) -> frozenset[str]:
        """Return many names around a candidate that bounds alone do not show to conflict."""
        wide = self._widest(candidate)
        while (core := self._easy_core(wide)) is not None:
            self._note(core)
            wide -= {max(core - candidate, key=self._suspicion)}
        return wide

    def _consistent(self, candidate: frozenset[str]) -> frozenset[str]:
        """Return names around a consistent candidate that are so, fewer and fewer suspects."""
        order = sorted(self._without_easy(candidate) - candidate, key=self._suspicion)
        kept, step = len(order), 1
        self._greedy = self.oracle.possible(candidate | set(order))
        if not self._greedy and (found := self._kept(candidate)) is not None:
            return found
        while not self.oracle.possible(candidate | set(order[:kept])):
            kept, step = max(kept - step, 0), 2 * step
        return candidate | set(order[:kept])

    def _kept(self, candidate: frozenset[str]) -> frozenset[str] | None:
        until = time.monotonic() + PATIENCE
        if self.oracle.until is not None:
            until = min(until, self.oracle.until)
        found = self._keeping.beside(candidate, self.smallest(), until=until)
        if found is not None:
            self.oracle.consistent.append(found)
        return found

    def _suspicion(self, name: str) -> tuple[int, int]:
        return self._often[name], self._place[name]

    def _widest(self, candidate: frozenset[str]) -> frozenset[str]:
        """Return a largest set around a candidate without a known conflict, suspects last."""
        kept = set(candidate)
        missing = [set(some) - kept for some in self._conflicts]
        holding: dict[str, list[set[str]]] = {name: [] for name in self.names}
        for some in missing:
            for name in some:
                holding[name].append(some)
        for name in sorted(set(self.names) - kept, key=self._suspicion):
            if all(len(some) > 1 for some in holding[name]):
                kept.add(name)
                for some in holding[name]:
                    some.discard(name)
        return frozenset(kept)

    def _easy_core(self, names: frozenset[str]) -> frozenset[str] | None:
        """Return a conflict that bounds alone show, in all names or in a view of them."""
        for view, _ in self._views:
            found = self._refuted(names & view)
            if found is not None:
                return self._reduced(found)
        return None

    def _refuted(self, names: frozenset[str]) -> frozenset[str] | None:
        """Return a part of names that bounds alone show to be impossible; None if they do not."""
        if self.oracle.until is not None and time.monotonic() > self.oracle.until:
            raise UnsettledError("not settled in the time given")
        problem = next(problem for view, problem in self._views if names <= view)
        if problem.named.keys() == set(self.names) and len(names) < SMALL:
            problem = problem.part(sorted(names))
        wanted = sorted(names)
        return problem.core(wanted) if problem.refuted(wanted) else None

    def _reduced(self, names: frozenset[str]) -> frozenset[str]:
        """Drop names one by one while bounds alone show that the rest conflict."""
        kept = names
        for name in sorted(names, key=self._suspicion):
            if name in kept and len(kept) > 1:
                found = self._refuted(kept - {name})
                kept = kept if found is None else found
        return kept

    def _candidate(self) -> frozenset[str] | None:
        """Return a smallest set that meets all corrections and holds no known conflict."""
        until = self.oracle.until
        if until is not None and time.monotonic() > until:
            raise UnsettledError("not settled in the time given")
        if not self._corrections:
            return frozenset()
        used = sorted(frozenset().union(*self._corrections))
        if not used or not all(self._corrections):
            return None
        inside = [some for some in self.smallest() if some <= set(used)]
        held = np.array(
            [[name in some for name in used] for some in (*self._corrections, *inside)]
            + [[True] * len(used)],
            dtype=float,
        )
        number = len(self._corrections)
        low = [1.0] * number + [-np.inf] * len(inside) + [float(self.level)]
        high = [np.inf] * number + [len(some) - 1.0 for some in inside] + [np.inf]
        options = {} if until is None else {"time_limit": max(until - time.monotonic(), 0.01)}
        answer = milp(
            np.ones(len(used)),
            constraints=LinearConstraint(sparse.csr_array(held), low, high),
            bounds=Bounds(0, 1),
            integrality=np.ones(len(used), dtype=int),
            options=options,  # type: ignore[arg-type]
        )
        if answer.status not in (0, 2):
            raise UnsettledError("not settled in the time given")
        if answer.x is None:
            return None
        return frozenset(name for name, kept in zip(used, answer.x > 0.5, strict=True) if kept)
