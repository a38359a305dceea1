"""Counts, sums and places of a table, and what can be required of them."""

from __future__ import annotations

from dataclasses import dataclass

from foistats.claims.table import Cells, Key


@dataclass(frozen=True)
class Few:
    """The number of answering forces whose count of the cells is at most ``most``."""

    cells: Cells
    most: int


@dataclass(frozen=True)
class Answers:
    """The number of forces whose answer is one of the words."""

    table: Key
    forces: frozenset[str]
    words: frozenset[str]


Atom = Cells | Few | Answers


@dataclass(frozen=True)
class Linear:
    """A sum of whole multiples of counts, and a constant."""

    terms: tuple[tuple[Atom, int], ...]
    constant: int = 0

    @classmethod
    def of(cls, atom: Atom) -> Linear:
        """Return one count as a sum."""
        return cls(((atom, 1),))

    def times(self, factor: int) -> Linear:
        """Return it multiplied by a whole number."""
        terms = tuple((atom, factor * number) for atom, number in self.terms)
        return Linear(terms, factor * self.constant)

    def plus(self, other: Linear) -> Linear:
        """Return the sum of two."""
        return Linear((*self.terms, *other.terms), self.constant + other.constant)


@dataclass(frozen=True)
class Amount:
    """A quantity: a sum, or a sum over another times a factor (100 for percentages)."""

    top: Linear
    bottom: Linear | None = None
    factor: int = 1


@dataclass(frozen=True)
class Place:
    """The place of a force among those that answered, by its count of the cells.

    A place counts the forces that have more. Forces with the same count share places: with
    ``tied`` equal ones after ``ahead`` others, places ``ahead + 1`` to ``ahead + tied``.
    """

    cells: Cells
    force: str
    rivals: frozenset[str]
    from_bottom: bool = False


@dataclass(frozen=True)
class Sum:
    """That a sum lies between two whole numbers, both included; None is no limit."""

    linear: Linear
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True)
class Placed:
    """That a force has a place between two: some place it shares does; strict: all of them do."""

    place: Place
    low: int
    high: int | None
    strict: bool = False


@dataclass(frozen=True)
class Shared:
    """That printed entries share out the cases of the cells around them.

    Attributes
    ----------
    around : Cells
    entries : tuple of (Cells, int, int or None)
        The cells an entry may lie in, and how many cases it has.
    whole : bool
        Whether they share out all of them; else no more than there are.
    """

    around: Cells
    entries: tuple[tuple[Cells, int, int | None], ...]
    whole: bool


Requirement = Sum | Placed
Quantity = Amount | Place
