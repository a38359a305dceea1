"""Orders of forces: what places imply, and guesses that keep to them."""

import importlib.util
import itertools
from pathlib import Path

import numpy as np
import pytest

from foistats.claims.ordering import guess_order, implied_rows, rung
from foistats.claims.quantities import Few, Linear, Place, Placed, Sum
from foistats.claims.rows import Unknowns

SPEC = importlib.util.spec_from_file_location("tiny", Path(__file__).with_name("tiny.py"))
tiny = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(tiny)

BY_FORCE = list(itertools.product(range(4), repeat=3))


def placed(force, low, high, *, from_bottom=False, outcome="any", strict=False):
    rivals = frozenset(tiny.FORCES) - {force}
    place = Place(tiny.cells(force, outcome), force, rivals, from_bottom)
    return Placed(place, low, high, strict)


def unknowns_of(*needed):
    return Unknowns({tiny.TABLE: tiny.universe()}, needed, most=9)


def holds(requirement, numbers):
    """Whether numbers of cases by force satisfy a requirement."""
    table = {(force, "kept"): n for force, n in zip(tiny.FORCES, numbers, strict=True)}
    if isinstance(requirement, Placed):
        inside = [
            requirement.low <= n <= (requirement.high or 3)
            for n in tiny.places(table, requirement.place)
        ]
        return all(inside) if requirement.strict else any(inside)
    ((few, _),) = requirement.linear.terms
    number = sum(n <= few.most for n in numbers)
    low, high = requirement.low, requirement.high
    return (low is None or number >= low) and (high is None or number <= high)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (placed("Ash", 1, 1), (1, 1)),
        (placed("Ash", 2, None), (2, 3)),
        (placed("Ash", 1, 9), (1, 3)),
        (placed("Ash", 1, 1, from_bottom=True), (3, 3)),
        (placed("Ash", 1, 2, from_bottom=True), (2, 3)),
    ],
)
def test_places_are_counted_from_the_top(given, found):
    one = rung(given)
    assert (one.low, one.high) == found
    assert one.own == tiny.cells("Ash")
    assert one.forces == set(tiny.FORCES)


ONES = [placed(f, n, n, from_bottom=b) for f in tiny.FORCES for n in (1, 2, 3) for b in (0, 1)]
FEWS = [
    Sum(Linear.of(Few(tiny.cells(), most)), low, high)
    for most in (0, 1, 2)
    for low, high in ((0, 0), (1, 1), (2, 2), (2, None), (None, 1))
]


@pytest.mark.parametrize("others", [ONES, FEWS], ids=["places", "few"])
def test_what_is_implied_holds_in_every_table(others):
    implied = 0
    for one, other in itertools.product(ONES, others):
        unknowns = unknowns_of(one, other)
        rows = implied_rows(unknowns, one, other)
        turned = implied_rows(unknowns, other, one)
        assert len(rows) == len(turned)
        implied += len(rows)
        order = [int(unknowns.columns_of(tiny.cells(force))[0]) for force in tiny.FORCES]
        for numbers in BY_FORCE if rows else ():
            if holds(one, numbers) and holds(other, numbers):
                values = np.zeros(len(unknowns), dtype=int)
                values[order] = numbers
                assert all(row.holds(values) for row in (*rows, *turned)), (one, other, numbers)
    assert implied > 20


def test_known_implications():
    first, last = placed("Ash", 1, 1), placed("Cedar", 3, 3)
    unknowns = unknowns_of(first, last)
    ash, cedar = (int(unknowns.columns_of(tiny.cells(f))[0]) for f in ("Ash", "Cedar"))
    (row,) = implied_rows(unknowns, first, last)
    assert dict(zip(row.columns.tolist(), row.numbers, strict=True)) == {ash: 1, cedar: -1}
    assert (row.low, row.high) == (0, None)
    two_have_few = Sum(Linear.of(Few(tiny.cells(), 4)), 2, 2)
    unknowns = unknowns_of(first, last, two_have_few)
    ((top,), (bottom,)) = (implied_rows(unknowns, one, two_have_few) for one in (first, last))
    assert (top.low, top.high) == (5, None)
    assert (bottom.low, bottom.high) == (None, 4)


def test_orders_of_different_cells_imply_nothing():
    one, other = placed("Ash", 1, 1), placed("Cedar", 3, 3, outcome="left")
    assert implied_rows(unknowns_of(one, other), one, other) == []
    few = Sum(Linear.of(Few(tiny.cells(outcome="left"), 1)), 1, 1)
    assert implied_rows(unknowns_of(one, few), one, few) == []


@pytest.mark.parametrize("from_bottom", [False, True])
@pytest.mark.parametrize("own", [0, 1, 2])
@pytest.mark.parametrize("numbers", [(3, 2, 1), (1, 1, 1), (0, 5, 2)])
def test_a_guess_puts_a_force_at_its_claimed_place(numbers, own, from_bottom):
    """One place is claimed, whatever the counts: as many rivals are ahead as it says."""
    force = tiny.FORCES[own]
    counts = {tiny.cells(f): n for f, n in zip(tiny.FORCES, numbers, strict=True)}
    for place in (1, 2, 3):
        one = placed(force, place, place, from_bottom=from_bottom)
        unknowns = unknowns_of(one)
        switches, _ = unknowns.ahead(one.place, level=False, forced=True)
        fixed = guess_order(unknowns, [one], counts, set())
        assert sum(fixed[switch] for switch in switches) == place - 1


def test_a_guess_leaves_known_counts_in_their_order():
    """Ash is to be second and can be: between Beech, known to have more, and Cedar, unknown."""
    one = placed("Ash", 2, 2)
    unknowns = unknowns_of(one)
    switches, _ = unknowns.ahead(one.place, level=False, forced=True)
    counts = {tiny.cells("Ash"): 4, tiny.cells("Beech"): 6, tiny.cells("Cedar"): 9}
    fixed = guess_order(unknowns, [one], counts, {tiny.cells("Beech")})
    ahead = dict(zip(sorted(one.place.rivals), (fixed[switch] for switch in switches), strict=True))
    assert ahead == {"Beech": 1, "Cedar": 0}
