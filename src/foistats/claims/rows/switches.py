"""Switches that count forces: those with few cases, those that gave an answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from foistats.claims.measures import NOT_ANSWERED
from foistats.claims.quantities import (
    Answers,
    Atom,
    Few,
    Linear,
    Quantity,
    Requirement,
    Shared,
)
from foistats.claims.rows.columns import Columns
from foistats.claims.rows.mentioned import all_of
from foistats.claims.rows.row import Row, row_of
from foistats.claims.table import Cells, Key, Universe
from foistats.layout import ANSWERS


class Switches(Columns):
    """The unknowns, with every count of a sum as unknowns and the rows that define them.

    The parameters are those of `Columns`. Rows that define a switch are made once: two sums with
    the same switch get the same `Row` objects.
    """

    def __init__(
        self,
        universes: Mapping[Key, Universe],
        requirements: Iterable[Requirement | Shared],
        quantities: Iterable[Quantity] = (),
        *,
        most: int,
    ) -> None:
        super().__init__(universes, requirements, quantities, most=most)
        self._defined: dict[object, list[Row]] = {}

    def terms_of(self, linear: Linear) -> list[tuple[int, int]]:
        """Return a sum as multiples of unknowns, its constant left out."""
        return [
            (column, number) for atom, number in linear.terms for column in self._atom_columns(atom)
        ]

    def definitions(self, linear: Linear) -> list[Row]:
        """Return the rows that define the switches of a sum."""
        return [row for atom, _ in linear.terms for row in self._definition(atom)]

    def within_reach(self, cells: Cells) -> list[Row]:
        """Return the row that keeps a set of several unknowns within its reach."""
        if cells not in self._defined:
            terms = [(int(column), 1) for column in self.columns_of(cells)]
            rows = [row_of(terms, None, self.room)] if len(terms) > 1 else []
            self._defined[cells] = rows
        return self._defined[cells]

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

    def _atom_columns(self, atom: Atom) -> Sequence[int]:
        if isinstance(atom, Cells):
            return [int(column) for column in self.columns_of(atom)]
        if isinstance(atom, Few):
            return [self._few(atom, force) for force in sorted(atom.cells.forces)]
        return self.answer_columns(atom)

    def _few(self, atom: Few, force: str) -> int:
        return self.column(("few", atom.cells.of_force(force), atom.most))

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
        cells = all_of(universe, force)
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
