"""The rows of named requirements: whose each is, and what pairs of them imply."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

import numpy as np

from foistats.claims.ordering import implied_rows
from foistats.claims.quantities import Few, Placed, Requirement, Shared, Sum
from foistats.claims.rows import Row, Unknowns


class NamedRows:
    """Requirements by name, as rows over the unknowns of one or several tables.

    Parameters
    ----------
    unknowns : Unknowns
    named : mapping of str to sequence of Requirement
        What each name requires.
    """

    def __init__(
        self, unknowns: Unknowns, named: Mapping[str, Sequence[Requirement | Shared]]
    ) -> None:
        self.unknowns = unknowns
        self.named = dict(named)
        self._rows: dict[str, list[Row]] = {}
        self._owners: dict[int, list[str]] = {}
        self._pairs: dict[tuple[str, str], list[Row]] = {}
        self._joint: dict[int, tuple[str, str]] = {}

    def all_rows(
        self, names: Iterable[str], also: Sequence[Row] = (), objective: Row | None = None
    ) -> list[Row]:
        """Return each row once, with those that keep the pools they use even."""
        names = list(names)
        named = chain.from_iterable(self.rows(name) for name in names)
        rows = list({id(row): row for row in (*named, *self.implied(names), *also)}.values())
        parts = [row.columns for row in (*rows, *((objective,) if objective else ()))]
        used = np.concatenate([np.zeros(0, dtype=int), *parts])
        return rows + self.unknowns.pool_rows(used)

    def rows(self, name: str) -> list[Row]:
        """Return the rows of a name, those that define the unknowns it uses among them."""
        if name not in self._rows:
            needed = [self.unknowns.rows_of(requirement) for requirement in self.named[name]]
            self._rows[name] = list(chain.from_iterable(needed))
            for row in self._rows[name]:
                self._owners.setdefault(id(row), []).append(name)
        return self._rows[name]

    def owners(self, row: Row) -> list[str]:
        """Return the names that a row is of; several share what defines their unknowns."""
        return self._owners.get(id(row), [])

    def behind(self, rows: Iterable[Row]) -> frozenset[str]:
        """Return the names without which some rows would not be asked for.

        Rows that several names use define what they speak of: they bind nothing on their own.
        """
        rows = list(rows)
        owners = (self.owners(row) for row in rows)
        found = frozenset(some[0] for some in owners if len(some) == 1)
        return found | {name for row in rows for name in self._joint.get(id(row), ())}

    def implied(self, names: Sequence[str]) -> list[Row]:
        """Return what pairs of requirements about the order of forces imply."""
        ordered = [name for name in names if self._of_order(name)]
        found: list[Row] = []
        for pair in itertools.combinations(sorted(ordered), 2):
            if pair not in self._pairs:
                rows = [
                    row
                    for one in self.named[pair[0]]
                    for other in self.named[pair[1]]
                    if isinstance(one, Sum | Placed) and isinstance(other, Sum | Placed)
                    for row in implied_rows(self.unknowns, one, other)
                ]
                self._pairs[pair] = rows
                self._joint |= {id(row): pair for row in rows}
            found += self._pairs[pair]
        return found

    def direct(self, names: Sequence[str]) -> list[tuple[str, str]]:
        """Return pairs of names that put one and the same sum into ranges apart."""
        ranges: dict[frozenset[tuple[object, int]], list[tuple[str, float, float]]] = {}
        for name in names:
            for needed in self.named[name]:
                if isinstance(needed, Sum):
                    constant = needed.linear.constant
                    low = -np.inf if needed.low is None else needed.low - constant
                    high = np.inf if needed.high is None else needed.high - constant
                    terms = frozenset(needed.linear.terms)
                    ranges.setdefault(terms, []).append((name, low, high))
        return [
            (one[0], other[0])
            for some in ranges.values()
            for one, other in itertools.combinations(some, 2)
            if one[0] != other[0] and (one[1] > other[2] or other[1] > one[2])
        ]

    def _of_order(self, name: str) -> bool:
        """Whether a requirement of a name can imply rows together with another."""
        return any(
            isinstance(needed, Placed)
            or (
                isinstance(needed, Sum)
                and any(isinstance(atom, Few) for atom, _ in needed.linear.terms)
            )
            for needed in self.named[name]
        )
