"""Conflicts and consistent sets, found in turns until no conflict is missing."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence

from foistats.claims.conflicts.hitting import smallest_meeting
from foistats.claims.conflicts.oracle import Oracle
from foistats.claims.conflicts.relaxation import relaxed_conflicts
from foistats.claims.keeping import Keeping
from foistats.claims.problem import UnsettledError

#: How many seconds to look for a table that satisfies many claims; branches run out before.
PATIENCE = 3.0
#: How many seconds to look for conflicts in a few claims of one force.
PART_PATIENCE = 0.2
#: Fewer claims than this are asked about in a problem of their own.
SMALL = 20
#: How many conflicts to look for in a few claims of one force.
PART = 10


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
        self._conflicts: list[frozenset[str]] = []
        self._relaxed: list[frozenset[str]] = []
        # How often a name was in a conflict: those seen often are suspects.
        self._often: Counter[str] = Counter()
        # What each known consistent set leaves out: every conflict not yet known meets them all.
        self._corrections: list[frozenset[str]] = []
        # Whether all names without a known conflict were consistent when last asked together.
        self._greedy = True
        self._keeping = Keeping(oracle.problem, self.names)

    def relax(self) -> None:
        """Find the conflicts that show already where cases may be split into fractions.

        They are kept apart: the search is quicker without the large ones among them.
        """
        problem, possible = self.oracle.problem, self.oracle.possible
        for some in relaxed_conflicts(problem, self.names, possible, until=self.oracle.until):
            self._relaxed.append(some)

    def found(self) -> list[frozenset[str]]:
        """Return all conflicts that hold no other one, smallest first."""
        return self._smallest([*self._conflicts, *self._relaxed])

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
        until = time.monotonic() + PART_PATIENCE
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
        """Return the conflicts of the search that hold no other one, smallest first."""
        return self._smallest(self._conflicts)

    def _smallest(self, conflicts: Iterable[frozenset[str]]) -> list[frozenset[str]]:
        known = sorted(
            set(conflicts),
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
        """Return names around a candidate that some table satisfies; None if none is found soon."""
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
        """Return a smallest set that may be a conflict not yet known; None if there is none."""
        return smallest_meeting(
            self._corrections, self.smallest(), least=self.level, until=self.oracle.until
        )
