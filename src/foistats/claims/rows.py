"""The unknowns of a problem, and requirements as rows of whole numbers over them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from foistats.claims.measures import NOT_ANSWERED
from foistats.claims.quantities import (
    Amount,
    Answers,
    Atom,
    Few,
    Linear,
    Place,
    Placed,
    Quantity,
    Requirement,
    Shared,
    Sum,
)
from foistats.claims.table import Cells, Key, Universe, merge_cells
from foistats.layout import ANSWERS


@dataclass(frozen=True, eq=False)
class Row:
    """That a sum of whole multiples of unknowns lies between two whole numbers."""

    columns: np.ndarray
    numbers: tuple[int, ...]
    low: int | None = None
    high: int | None = None

    @cached_property
    def floats(self) -> np.ndarray:
        """The multiples, for the solver."""
        return np.array(self.numbers, dtype=float)

    @property
    def never(self) -> bool:
        """Whether it has no unknowns and cannot hold."""
        return not len(self.columns) and not self._contains(0)

    def value(self, values: np.ndarray) -> int:
        """Return the sum, in whole numbers of any size."""
        found = values[self.columns]
        return int(sum(n * int(v) for n, v in zip(self.numbers, found, strict=True)))

    def holds(self, values: np.ndarray) -> bool:
        """Whether it holds, in whole numbers of any size."""
        return self._contains(self.value(values))

    def _contains(self, number: int) -> bool:
        low = self.low is None or number >= self.low
        return low and (self.high is None or number <= self.high)


def row_of(terms: Iterable[tuple[int, int]], low: int | None, high: int | None) -> Row:
    """Return a row; terms with the same column add up."""
    sums: dict[int, int] = {}
    for column, number in terms:
        sums[column] = sums.get(column, 0) + number
    kept = {column: number for column, number in sums.items() if number}
    return Row(np.array(list(kept), dtype=int), tuple(kept.values()), low, high)


class Unknowns:
    """The whole numbers that a problem is about.

    First the merged cells of every table, then switches of 0 and 1: whether a force has few cases,
    whether it stands ahead of another, what it answered; and how printed cases spread over cells.

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
        sets, answers = _mentioned(universes, requirements, quantities)
        self._cells: dict[Cells, np.ndarray] = {}
        self._most: list[int] = []
        self.pools: list[tuple[np.ndarray, np.ndarray]] = []
        for table, universe in universes.items():
            told_apart = [cells for cells in sets if cells.table == table]
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
        self._defined: dict[object, list[Row]] = {}
        self._classes = _answer_classes(answers)

    def __len__(self) -> int:
        """Return the number of unknowns so far."""
        return len(self._most)

    @property
    def most(self) -> np.ndarray:
        """The greatest value of every unknown."""
        return np.array(self._most, dtype=object)

    def is_switch(self, column: int) -> bool:
        """Whether an unknown is 0 or 1."""
        return column >= self._counts and self._most[column] == 1

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
        """Return the greatest number that a set of cells may hold, given `within_reach`."""
        return min(self.room, sum(self._most[int(c)] for c in self.columns_of(cells)))

    def within_reach(self, cells: Cells) -> list[Row]:
        """Return the row that keeps a set of several unknowns within its reach."""
        if cells not in self._defined:
            terms = [(int(column), 1) for column in self.columns_of(cells)]
            rows = [row_of(terms, None, self.room)] if len(terms) > 1 else []
            self._defined[cells] = rows
        return self._defined[cells]

    def pool_rows(self, used: np.ndarray) -> list[Row]:
        """Return the rows that keep pools even, of those pools whose both sides are used."""
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

    # ---- rows -----------------------------------------------------------------------------

    def rows_of(self, requirement: Requirement | Shared) -> list[Row]:
        """Return the rows of a requirement and of the unknowns it uses."""
        if isinstance(requirement, Sum):
            return self._sum(requirement)
        if isinstance(requirement, Shared):
            return self._shared(requirement)
        return self._placed(requirement)

    def terms_of(self, linear: Linear) -> list[tuple[int, int]]:
        """Return a sum as multiples of unknowns, its constant left out."""
        return [
            (int(column), number)
            for atom, number in linear.terms
            for column in self._atom_columns(atom)
        ]

    def definitions(self, linear: Linear) -> list[Row]:
        """Return the rows that define the switches of a sum."""
        return [row for atom, _ in linear.terms for row in self._definition(atom)]

    def ahead(self, place: Place, *, level: bool, forced: bool) -> tuple[list[int], list[Row]]:
        """Return switches for the forces ahead of another, and the rows that set them.

        Parameters
        ----------
        place : Place
        level : bool
            Whether forces with the same count are meant too.
        forced : bool
            Whether a switch must be 1 where its force is ahead, or may be 1 only there.
        """
        switches: list[int] = []
        rows = list(self.within_reach(place.cells))
        gap = 0 if level else 1
        for rival in sorted(place.rivals):
            terms, reach = self._lead(place, rival)
            switch = self.column(("ahead", place, rival, level, forced))
            if forced:
                rows.append(row_of([*terms, (switch, -reach)], None, gap - 1))
            else:
                rows.append(row_of([*terms, (switch, -reach)], gap - reach, None))
            rows += self.within_reach(place.cells.of_force(rival))
            switches.append(switch)
        return switches, rows

    def _lead(self, place: Place, rival: str) -> tuple[list[tuple[int, int]], int]:
        sign = -1 if place.from_bottom else 1
        other = place.cells.of_force(rival)
        terms = [(int(column), sign) for column in self.columns_of(other)]
        terms += [(int(column), -sign) for column in self.columns_of(place.cells)]
        return terms, self.reach(other) + self.reach(place.cells) + 1

    def _sum(self, requirement: Sum) -> list[Row]:
        linear = requirement.linear
        low, high = (
            None if end is None else end - linear.constant
            for end in (requirement.low, requirement.high)
        )
        own = [] if low is None and high is None else [row_of(self.terms_of(linear), low, high)]
        return [*self.definitions(linear), *own]

    def _placed(self, placed: Placed) -> list[Row]:
        place = placed.place
        if not self.answered(place):
            return [row_of((), 1, None)]
        rows: list[Row] = []
        if placed.high is not None and placed.high <= len(place.rivals):
            rows += self._limit(place, placed.strict, True, placed.high - 1)
        if placed.low > 1:
            if placed.low > len(place.rivals) + 1:
                return [row_of((), 1, None)]
            rows += self._limit(place, not placed.strict, False, placed.low - 1)
        return rows

    def _limit(self, place: Place, level: bool, forced: bool, number: int) -> list[Row]:
        """Return rows for at most (forced) or at least (else) so many forces ahead."""
        gap = 0 if level else 1
        if forced and number == 0:
            leads = (self._lead(place, rival)[0] for rival in sorted(place.rivals))
            return [row_of(terms, None, gap - 1) for terms in leads]
        if not forced and number == len(place.rivals):
            leads = (self._lead(place, rival)[0] for rival in sorted(place.rivals))
            return [row_of(terms, gap, None) for terms in leads]
        switches, rows = self.ahead(place, level=level, forced=forced)
        ends = (None, number) if forced else (number, None)
        return [*rows, row_of([(switch, 1) for switch in switches], *ends)]

    def _shared(self, shared: Shared) -> list[Row]:
        """Return rows for entries that share out the cases of the cells around them."""
        columns = self.columns_of(shared.around)
        parts: dict[int, list[tuple[int, int]]] = {int(column): [] for column in columns}
        rows = []
        for position, (cells, low, high) in enumerate(shared.entries):
            spread = []
            for column in map(int, self.columns_of(cells)):
                unknown = self.column(("spread", shared, position, column), self._most[column])
                spread.append((unknown, 1))
                parts[column].append((unknown, 1))
            rows.append(row_of(spread, low, high))
        floor = 0 if shared.whole else None
        rows += [row_of([*terms, (column, -1)], floor, 0) for column, terms in parts.items()]
        return rows

    # ---- switches -------------------------------------------------------------------------

    def _atom_columns(self, atom: Atom) -> Sequence[int]:
        if isinstance(atom, Cells):
            return [int(column) for column in self.columns_of(atom)]
        if isinstance(atom, Few):
            return [self._few(atom, force) for force in sorted(atom.cells.forces)]
        return self.answer_columns(atom)

    def _few(self, atom: Few, force: str) -> int:
        return self.column(("few", atom.cells.of_force(force), atom.most))

    def answer_columns(self, atom: Answers) -> list[int]:
        """Return the switches of the forces and answers that are counted."""
        classes = self._classes[atom.table]
        meant = [n for n, words in enumerate(classes) if words <= atom.words]
        return [
            self.column(("answer", atom.table, force, n))
            for force in sorted(atom.forces)
            for n in meant
        ]

    def answers_in(self, values: np.ndarray) -> dict[int, int]:
        """Return the answers of a solution; a force that no row spoke of gave its figures."""
        found: dict[int, int] = {}
        for table, classes in self._classes.items():
            usual = next(n for n, words in enumerate(classes) if ANSWERS[0] in words)
            for force in self.universes[table].forces:
                columns = [self.column(("answer", table, force, n)) for n in range(len(classes))]
                stated = [int(values[c]) if c < len(values) else 0 for c in columns]
                if not any(stated):
                    stated[usual] = 1
                found |= dict(zip(columns, stated, strict=True))
        return found

    def _definition(self, atom: Atom) -> list[Row]:
        if isinstance(atom, Cells):
            return []
        if atom not in self._defined:
            rows = self._define_few(atom) if isinstance(atom, Few) else self._define_answers(atom)
            self._defined[atom] = rows
        return self._defined[atom]

    def _define_few(self, atom: Few) -> list[Row]:
        """Return rows that make a switch 1 exactly where a force has few cases."""
        rows = []
        for force in sorted(atom.cells.forces):
            cells = atom.cells.of_force(force)
            terms = [(int(column), 1) for column in self.columns_of(cells)]
            switch = self._few(atom, force)
            rows += self.within_reach(cells)
            spare = max(self.reach(cells) - atom.most, 0)
            rows.append(row_of([*terms, (switch, spare)], None, atom.most + spare))
            rows.append(row_of([*terms, (switch, atom.most + 1)], atom.most + 1, None))
        return rows

    def _define_answers(self, atom: Answers) -> list[Row]:
        """Return rows that give every force one answer, and cases only to those that gave any."""
        rows = []
        universe = self.universes[atom.table]
        for force in sorted(atom.forces):
            key = ("answers", atom.table, force)
            if key not in self._defined:
                self._defined[key] = self._define_answer(universe, force)
            rows += self._defined[key]
        return rows

    def _define_answer(self, universe: Universe, force: str) -> list[Row]:
        classes = self._classes[universe.table]
        switches = [self.column(("answer", universe.table, force, n)) for n in range(len(classes))]
        rows = [row_of([(switch, 1) for switch in switches], 1, 1)]
        cells = _all_of(universe, force)
        counts = [(int(column), 1) for column in self.columns_of(cells)]
        rows += self.within_reach(cells)
        if counts:
            gave = [
                (switch, -self.reach(cells))
                for switch, words in zip(switches, classes, strict=True)
                if not words <= set(NOT_ANSWERED)
            ]
            rows.append(row_of([*counts, *gave], None, 0))
        return rows


def _all_of(universe: Universe, force: str) -> Cells:
    return universe.cells((force,), "any", "any")


def _mentioned(
    universes: Mapping[Key, Universe],
    requirements: Iterable[Requirement | Shared],
    quantities: Iterable[Quantity],
) -> tuple[list[Cells], list[Answers]]:
    """Return every set of cells that rows may need, each once, and every count of answers."""
    sets: dict[Cells, None] = {}
    answers: list[Answers] = []

    def place(place: Place) -> None:
        for force in (place.force, *sorted(place.rivals)):
            sets[place.cells.of_force(force)] = None

    def linear(linear: Linear) -> None:
        for atom, _ in linear.terms:
            if isinstance(atom, Cells):
                sets[atom] = None
            elif isinstance(atom, Few):
                sets.update((atom.cells.of_force(force), None) for force in atom.cells.forces)
            else:
                answers.append(atom)
                universe = universes[atom.table]
                sets.update((_all_of(universe, force), None) for force in atom.forces)

    for requirement in requirements:
        if isinstance(requirement, Sum):
            linear(requirement.linear)
        elif isinstance(requirement, Placed):
            place(requirement.place)
        else:
            sets[requirement.around] = None
            sets.update((cells, None) for cells, _, _ in requirement.entries)
    for quantity in quantities:
        if isinstance(quantity, Amount):
            linear(quantity.top)
            if quantity.bottom is not None:
                linear(quantity.bottom)
        else:
            place(quantity)
    return list(sets), answers


def _answer_classes(answers: Iterable[Answers]) -> dict[Key, list[frozenset[str]]]:
    """Return, by table, the kinds of answer that no count tells apart."""
    found: dict[Key, list[frozenset[str]]] = {}
    answers = list(answers)
    for table in dict.fromkeys(atom.table for atom in answers):
        sets = [atom.words for atom in answers if atom.table == table]
        kinds: dict[tuple[bool, ...], set[str]] = {}
        for word in ANSWERS:
            told = (word in NOT_ANSWERED, *(word in words for words in sets))
            kinds.setdefault(told, set()).add(word)
        found[table] = [frozenset(words) for words in kinds.values()]
    return found
