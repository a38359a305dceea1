"""Which sets of cells, and which kinds of answer, requirements and quantities tell apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from foistats.claims.measures import NOT_ANSWERED
from foistats.claims.quantities import (
    Amount,
    Answers,
    Few,
    Linear,
    Place,
    Placed,
    Quantity,
    Requirement,
    Shared,
    Sum,
)
from foistats.claims.table import Cells, Key, Universe
from foistats.layout import ANSWERS


def all_of(universe: Universe, force: str) -> Cells:
    """Return all cells of a force."""
    return universe.cells((force,), "any", "any")


class Mentioned:
    """What is spoken of, gathered from requirements and quantities.

    Attributes
    ----------
    sets : dict of Cells to None
        Every set of cells that a row may need, each once, in order.
    answers : list of Answers
    """

    def __init__(self, universes: Mapping[Key, Universe]) -> None:
        self.sets: dict[Cells, None] = {}
        self.answers: list[Answers] = []
        self._universes = universes

    def add(self, spoken: Requirement | Shared | Quantity) -> None:
        """Add what a requirement or a quantity speaks of."""
        if isinstance(spoken, Sum):
            self._linear(spoken.linear)
        elif isinstance(spoken, Amount):
            self._linear(spoken.top)
            if spoken.bottom is not None:
                self._linear(spoken.bottom)
        elif isinstance(spoken, Shared):
            self.sets[spoken.around] = None
            self.sets.update((cells, None) for cells, _, _ in spoken.entries)
        else:
            self._place(spoken.place if isinstance(spoken, Placed) else spoken)

    def _place(self, place: Place) -> None:
        for force in (place.force, *sorted(place.rivals)):
            self.sets[place.cells.of_force(force)] = None

    def _linear(self, linear: Linear) -> None:
        for atom, _ in linear.terms:
            if isinstance(atom, Cells):
                self.sets[atom] = None
            elif isinstance(atom, Few):
                self.sets.update((atom.cells.of_force(force), None) for force in atom.cells.forces)
            else:
                self.answers.append(atom)
                universe = self._universes[atom.table]
                self.sets.update((all_of(universe, force), None) for force in atom.forces)


def answer_classes(answers: Iterable[Answers]) -> dict[Key, list[frozenset[str]]]:
    """Return, by table, the words for answers, those together that no count tells apart."""
    by_table: dict[Key, list[frozenset[str]]] = {}
    for atom in answers:
        by_table.setdefault(atom.table, []).append(atom.words)
    found: dict[Key, list[frozenset[str]]] = {}
    for table, counted in by_table.items():
        kinds: dict[tuple[bool, ...], set[str]] = {}
        for word in ANSWERS:
            told = (word in NOT_ANSWERED, *(word in words for words in counted))
            kinds.setdefault(told, set()).add(word)
        found[table] = [frozenset(words) for words in kinds.values()]
    return found
