"""Whether claims can be true together, and a minimal part of those that cannot.

Source of the shrinking: Junker, *QuickXplain*, AAAI 2004.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from foistats.claims.problem import Problem, UnsettledError


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
