"""The unknowns of a problem: merged cells of the tables, switches, and how cases spread."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

import numpy as np

from foistats.claims.quantities import Place, Quantity, Requirement, Shared
from foistats.claims.rows.mentioned import Mentioned, answer_classes
from foistats.claims.rows.row import Row, row_of
from foistats.claims.table import Cells, Key, Universe, merge_cells


class Columns:
    """The whole numbers that a problem is about, numbered from 0.

    First the merged cells of every table; behind them, as rows ask for them, switches of 0 and 1
    (whether a force has few cases, whether it stands ahead of another, what it answered) and how
    printed cases spread over cells.

    Parameters
    ----------
    universes : mapping of table to Universe
    requirements, quantities : sequence
        Everything that rows or objectives will be asked for: it decides which cells are merged.
    most : int
        The greatest number that a cell may hold.
    """

    def __init__(
        self,
        universes: Mapping[Key, Universe],
        requirements: Iterable[Requirement | Shared],
        quantities: Iterable[Quantity] = (),
        *,
        most: int,
    ) -> None:
        self.universes = universes
        mentioned = Mentioned(universes)
        for spoken in (*requirements, *quantities):
            mentioned.add(spoken)
        self._cells: dict[Cells, np.ndarray] = {}
        self._most: list[int] = []
        self.pools: list[tuple[np.ndarray, np.ndarray]] = []
        for table, universe in universes.items():
            told_apart = [cells for cells in mentioned.sets if cells.table == table]
            if told_apart:
                merged = merge_cells(universe, told_apart)
                start = len(self._most)
                for cells, columns in zip(told_apart, merged.members, strict=True):
                    self._cells[cells] = columns + start
                self.pools += [(one + start, other + start) for one, other in merged.pools]
                self._most += [most] * merged.width
        self._counts = len(self._most)
        self.room = most
        self._columns: dict[object, int] = {}
        self._classes = answer_classes(mentioned.answers)

    def __len__(self) -> int:
        """Return the number of unknowns so far."""
        return len(self._most)

    @property
    def most(self) -> np.ndarray:
        """The greatest value of every unknown, for the solver."""
        return np.array(self._most, dtype=float)

    def is_switch(self, column: int) -> bool:
        """Whether an unknown is 0 or 1."""
        return column >= self._counts and self._most[column] == 1

    @property
    def switches(self) -> np.ndarray:
        """Which unknowns are 0 or 1."""
        found: np.ndarray = np.array(self._most) == 1
        found[: self._counts] = False
        return found

    def sets(self) -> Iterable[tuple[Cells, np.ndarray]]:
        """Return every set of cells that matters, and the unknowns that it is the sum of."""
        return self._cells.items()

    def columns_of(self, cells: Cells) -> np.ndarray:
        """Return the unknowns that a set of cells is the sum of."""
        return self._cells[cells]

    def answered(self, place: Place) -> bool:
        """Whether a force has a place."""
        return place.force in self.universes[place.cells.table].answering

    def knows(self, key: object) -> bool:
        """Whether there is an unknown of a key."""
        return key in self._columns

    def column(self, key: object, most: int = 1) -> int:
        """Return the unknown of a key, new if there is none."""
        if key not in self._columns:
            self._columns[key] = len(self._most)
            self._most.append(most)
        return self._columns[key]

    def reach(self, cells: Cells) -> int:
        """Return the greatest number that a set of cells may hold, at most the room of a cell."""
        return min(self.room, sum(self._most[int(c)] for c in self.columns_of(cells)))

    def pool_rows(self, used: np.ndarray) -> list[Row]:
        """Return the rows that keep pools even, of those pools whose both sides are used.

        Of a pool used from one side only the other side can be filled up: `fill_pools`.
        """
        mask = np.zeros(len(self), dtype=bool)
        mask[used] = True
        return [
            row
            for (one, other), row in zip(self.pools, self._even, strict=True)
            if mask[one].any() and mask[other].any()
        ]

    @cached_property
    def _even(self) -> list[Row]:
        return [
            row_of([(int(c), 1) for c in one] + [(int(c), -1) for c in other], 0, 0)
            for one, other in self.pools
        ]

    def fill_pools(self, values: np.ndarray) -> None:
        """Give cases by kind to those that are counted by force only, and the reverse."""
        for one, other in self.pools:
            gap = sum(values[one]) - sum(values[other])
            short = other if gap > 0 else one
            values[short[0]] += abs(gap)
