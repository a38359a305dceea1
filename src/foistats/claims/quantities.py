"""What a claim asks of the table: quantities, and the requirements that make a claim true."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from foistats.claims.claim import Claim
from foistats.claims.measures import Measure
from foistats.claims.table import Cells, Key, Universe
from foistats.claims.wordings import PAIRS, PLACES, Interval
from foistats.codebooks import ANY, JOIN, Codebook
from foistats.register import Register


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


def quantity_of(
    measure: Measure, cells: Cells, universe: Universe, *, over: Cells | None = None
) -> Quantity | None:
    """Return what a measure measures of cells; None for what is outside the table.

    Parameters
    ----------
    measure : Measure
    cells : Cells
    universe : Universe
    over : Cells, optional
        The cells of the claim that a ratio divides by.
    """
    if measure.kind in ("count", "ratio"):
        return Amount(_sum(cells), _sum(over) if over else None)
    if measure.is_share:
        return Amount(_sum(cells), _sum(_base(measure, cells, universe)), 100)
    if measure.kind == "rank":
        return _place(cells, universe)
    if measure.kind == "answers":
        return Amount(_sum(Answers(cells.table, cells.forces, frozenset(_split(measure.words)))))
    if measure.kind == "forces":
        return Amount(_forces(measure, cells, universe))
    return None


def claimed_quantity(
    claim: Claim, claims: Mapping[str, Claim], universes: Mapping[Key, Universe]
) -> Quantity | None:
    """Return the quantity that a claim speaks of; None for what is outside the table."""
    universe = universes[claim.table]
    cells = universe.cells(claim.force, claim.role, claim.outcome)
    if claim.comparison in PLACES:
        return _place(cells, universe, from_bottom=claim.comparison == "lowest")
    over = None
    if claim.measure.kind == "ratio":
        other = claims[claim.measure.words]
        over = universes[other.table].cells(other.force, other.role, other.outcome)
    measure = claim.measure
    if claim.comparison in ("majority", "most") and measure.kind == "count":
        measure = Measure("share")
    return quantity_of(measure, cells, universe, over=over)


def requirements_of(
    claim: Claim,
    claims: Mapping[str, Claim],
    universes: Mapping[Key, Universe],
    register: Register,
) -> tuple[Requirement, ...] | str:
    """Return what must hold of the tables for a claim to be true.

    Returns
    -------
    tuple of Requirement, or str
        All must hold. A text says why a claim cannot be put so, and takes no part.
    """
    quantity = claimed_quantity(claim, claims, universes)
    if quantity is None:
        return "it speaks of something else than the cases"
    if claim.comparison == "plurality":
        return _plurality(claim, universes[claim.table], register)
    if isinstance(quantity, Place):
        return (_placed(claim, quantity),)
    if claim.comparison in PAIRS:
        other = claimed_quantity(claims[claim.value], claims, universes)
        if not isinstance(other, Amount) or other.bottom != quantity.bottom:
            return "it compares percentages of different bases, which is no linear question"
        return _pair(claim, quantity, other)
    return within(quantity, claim.interval or Interval())


def within(amount: Amount, interval: Interval) -> tuple[Requirement, ...]:
    """Return what puts an amount into an interval, in whole numbers.

    A share lies above p/q percent where 100 q times the part less p times the base is above 0; a
    share presupposes a base of one case at least.
    """
    if amount.bottom is None:
        low, high = interval.whole()
        return (Sum(amount.top, low, high),)
    found: list[Requirement] = [Sum(amount.bottom, 1, None)]
    for end, is_open, is_low in (
        (interval.low, interval.low_open, True),
        (interval.high, interval.high_open, False),
    ):
        if end is None:
            continue
        part = amount.top.times(amount.factor * end.denominator)
        gap = part.plus(amount.bottom.times(-end.numerator))
        edge = int(is_open)
        found.append(Sum(gap, edge, None) if is_low else Sum(gap, None, -edge))
    return tuple(found)


def _sum(atom: Atom) -> Linear:
    return Linear(((atom, 1),))


def _split(words: str) -> list[str]:
    return words.split(JOIN)


def _base(measure: Measure, cells: Cells, universe: Universe) -> Cells:
    words = measure.words or ANY
    if measure.kind == "share_of_role":
        return Cells(cells.table, cells.forces, universe.roles.of(words), cells.outcomes)
    if measure.kind == "share_of_force":
        forces = universe.forces_of(_split(words))
        return Cells(cells.table, forces, cells.roles, cells.outcomes)
    return Cells(cells.table, cells.forces, cells.roles, universe.outcomes.of(words))


def _place(cells: Cells, universe: Universe, *, from_bottom: bool = False) -> Place:
    (force,) = cells.forces
    rivals = (universe.asked & universe.answering) - {force}
    return Place(cells, force, rivals, from_bottom)


def _forces(measure: Measure, cells: Cells, universe: Universe) -> Linear:
    forces = cells.forces & universe.answering
    cells = Cells(cells.table, forces, cells.roles, cells.outcomes)
    if not forces:
        return Linear(())
    up_to = Linear((), len(forces)) if measure.most is None else _sum(Few(cells, measure.most))
    if not measure.least:
        return up_to
    return up_to.plus(_sum(Few(cells, measure.least - 1)).times(-1))


def _placed(claim: Claim, place: Place) -> Placed:
    low, high = (claim.interval or Interval()).whole()
    return Placed(place, 1 if low is None else low, high, claim.reading.strict)


def _pair(claim: Claim, one: Amount, other: Amount) -> tuple[Requirement, ...]:
    gap = one.top.plus(other.top.times(-1))
    extra: tuple[Requirement, ...] = () if one.bottom is None else (Sum(one.bottom, 1, None),)
    if claim.comparison == "higher_than":
        return (*extra, Sum(gap, 1, None))
    if claim.comparison == "lower_than":
        return (*extra, Sum(gap, None, -1))
    width = claim.reading.about or Fraction(0)
    return within(Amount(gap, one.bottom, one.factor), Interval(-width, width))


def _plurality(claim: Claim, universe: Universe, register: Register) -> tuple[Requirement, ...]:
    """Return that cells have as many cases as each alternative, and one at least."""
    cells = universe.cells(claim.force, claim.role, claim.outcome)
    by_role = claim.measure.kind == "share_of_role"
    own = claim.role if by_role else claim.outcome
    book = register.study.roles if by_role else register.study.outcomes
    kinds = universe.roles if by_role else universe.outcomes
    words = _split(claim.value) if claim.value else _others(book, kinds.of(own), universe, by_role)
    margin = 1 if claim.reading.strict else 0
    found: list[Requirement] = [Sum(_sum(cells), 1, None)]
    for word in words:
        other = universe.cells(
            claim.force,
            word if by_role else claim.role,
            claim.outcome if by_role else word,
        )
        found.append(Sum(_sum(cells).plus(_sum(other).times(-1)), margin, None))
    return tuple(found)


def _others(book: Codebook, own: frozenset[str], universe: Universe, by_role: bool) -> list[str]:
    kinds = universe.roles if by_role else universe.outcomes
    words = [*book.ids, *(term.id for term in book.terms if not term.levels)]
    return [word for word in words if not kinds.of(word) & own]
