"""Requirements and quantities evaluated exactly in one solution."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np

from foistats.claims.quantities import (
    Answers,
    Atom,
    Few,
    Linear,
    Placed,
    Requirement,
    Shared,
    Sum,
)
from foistats.claims.rows import Unknowns


class Evaluation:
    """Requirements and quantities evaluated exactly in one solution."""

    def __init__(self, unknowns: Unknowns, values: np.ndarray) -> None:
        self.unknowns = unknowns
        self.values = values
        self._seen: dict[Atom, int] = {}

    @cached_property
    def _answers(self) -> Mapping[int, int]:
        return self.unknowns.answers_in(self.values)

    def atom(self, atom: Atom) -> int:
        """Return a count of a solution."""
        if atom not in self._seen:
            self._seen[atom] = self._count(atom)
        return self._seen[atom]

    def linear(self, linear: Linear) -> int:
        """Return a sum in a solution."""
        return linear.constant + sum(number * self.atom(atom) for atom, number in linear.terms)

    def places(self, placed: Placed) -> tuple[int, int]:
        """Return the first and the last place that a force shares with its equals."""
        place = placed.place
        own = self.atom(place.cells)
        sign = -1 if place.from_bottom else 1
        others = [sign * self.atom(place.cells.of_force(rival)) for rival in place.rivals]
        ahead = sum(other > sign * own for other in others)
        return ahead + 1, ahead + 1 + sum(other == sign * own for other in others)

    def holds(self, requirement: Requirement | Shared) -> bool:
        """Whether a solution satisfies a requirement; of `Shared` only its rows can tell."""
        if isinstance(requirement, Shared):
            return False
        if isinstance(requirement, Sum):
            number = self.linear(requirement.linear)
            low, high = requirement.low, requirement.high
            return (low is None or number >= low) and (high is None or number <= high)
        if not self.unknowns.answered(requirement.place):
            return False
        first, last = self.places(requirement)
        if requirement.strict:
            first, last = last, first
        above = requirement.high is None or first <= requirement.high
        return above and last >= requirement.low

    def _count(self, atom: Atom) -> int:
        if isinstance(atom, Few):
            counts = (self.atom(atom.cells.of_force(force)) for force in atom.cells.forces)
            return sum(count <= atom.most for count in counts)
        if isinstance(atom, Answers):
            return sum(self._answers[column] for column in self.unknowns.answer_columns(atom))
        return int(sum(self.values[self.unknowns.columns_of(atom)]))
