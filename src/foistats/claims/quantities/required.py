"""What must hold of the tables for a claim to be true."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from foistats.claims.claim import Claim
from foistats.claims.quantities.measured import claimed_quantity, measured_quantity
from foistats.claims.quantities.terms import Amount, Linear, Place, Placed, Requirement, Sum
from foistats.claims.table import Key, Universe
from foistats.claims.wordings import PAIRS, Interval
from foistats.codebooks import JOIN, Codebook
from foistats.register import Register


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
        other = measured_quantity(claims[claim.value], claims, universes)
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
    words = (
        claim.value.split(JOIN) if claim.value else _others(book, kinds.of(own), universe, by_role)
    )
    margin = 1 if claim.reading.strict else 0
    found: list[Requirement] = [Sum(Linear.of(cells), 1, None)]
    for word in words:
        other = universe.cells(
            claim.force,
            word if by_role else claim.role,
            claim.outcome if by_role else word,
        )
        found.append(Sum(Linear.of(cells).plus(Linear.of(other).times(-1)), margin, None))
    return tuple(found)


def _others(book: Codebook, own: frozenset[str], universe: Universe, by_role: bool) -> list[str]:
    """Return the words of a codebook that share no case with some kinds."""
    kinds = universe.roles if by_role else universe.outcomes
    words = [*book.ids, *(term.id for term in book.terms if len(term.levels) < 2)]
    return [word for word in words if not kinds.of(word) & own]
