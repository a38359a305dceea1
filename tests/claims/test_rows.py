"""What rows mean: they can hold for exactly the tables that satisfy a requirement."""

import importlib.util
import itertools
from pathlib import Path

import numpy as np
import pytest

from foistats.claims.quantities import Answers, Few, Linear, Place, Placed, Shared, Sum
from foistats.claims.rows import Unknowns, row_of

SPEC = importlib.util.spec_from_file_location("tiny", Path(__file__).with_name("tiny.py"))
tiny = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(tiny)

#: Numbers by force; every cell apart takes too long where there are many switches.
BY_FORCE = list(itertools.product(range(4), repeat=3))


def unknowns_of(requirement, most=3, **settings):
    return Unknowns({tiny.TABLE: tiny.universe(**settings)}, [requirement], most=most)


def can_hold(unknowns, rows, values):
    """Whether some values of the unknowns beyond those given make all rows hold."""
    width = len(values)
    rest = [range(int(m) + 1) for m in unknowns.most[width:]]
    matrix = np.zeros((len(rows), len(unknowns)), dtype=int)
    for position, row in enumerate(rows):
        matrix[position, row.columns] = row.numbers
    low = np.array([-(10**9) if row.low is None else row.low for row in rows])
    high = np.array([10**9 if row.high is None else row.high for row in rows])
    given = matrix[:, :width] @ np.array(values, dtype=int)
    grid = np.array(list(itertools.product(*rest)), dtype=int).reshape(-1, len(rest))
    sums = given + grid @ matrix[:, width:].T
    return bool(((sums >= low) & (sums <= high)).all(axis=1).any())


def by_force(unknowns, numbers):
    """Values of the cells, each force having one unknown."""
    values = np.zeros(unknowns.column("end"), dtype=int)
    for force, number in zip(tiny.FORCES, numbers, strict=True):
        (column,) = unknowns.columns_of(tiny.cells(force))
        values[column] = number
    return values


def start(requirement, **settings):
    """Unknowns with an idle one behind the cells, to tell where the cells end."""
    unknowns = unknowns_of(requirement, **settings)
    unknowns.column("end", 0)
    return unknowns


def test_terms_with_the_same_column_add_up():
    row = row_of([(4, 2), (1, 3), (4, -2), (1, 1)], 5, None)
    assert (row.columns.tolist(), row.numbers) == ([1], (4,))
    assert row.value(np.array([7, 2])) == 8
    assert row.holds(np.array([0, 2]))
    assert not row.holds(np.array([0, 1]))


@pytest.mark.parametrize(
    ("low", "high", "never"), [(1, None, True), (None, -1, True), (0, 0, False), (None, 1, False)]
)
def test_a_row_without_unknowns_speaks_of_nought(low, high, never):
    assert row_of([(3, 1), (3, -1)], low, high).never is never


def test_numbers_of_any_size_are_exact():
    row = row_of([(0, 10**20), (1, 1)], 10**20 + 1, 10**20 + 1)
    assert row.holds(np.array([1, 1], dtype=object))
    assert not row.holds(np.array([1, 0], dtype=object))


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("from_bottom", [False, True])
@pytest.mark.parametrize(("low", "high"), [(1, 1), (2, 2), (3, 3), (1, 2), (2, None), (4, None)])
def test_places(low, high, from_bottom, strict):
    place = Place(tiny.cells("Ash"), "Ash", frozenset({"Beech", "Cedar"}), from_bottom)
    placed = Placed(place, low, high, strict)
    unknowns = start(placed)
    rows = unknowns.rows_of(placed)
    for numbers in BY_FORCE:
        keys = [(force, "kept") for force in tiny.FORCES]
        shared = tiny.places(dict(zip(keys, numbers, strict=True)), place)
        inside = [low <= n <= (high or 3) for n in shared]
        wanted = all(inside) if strict else any(inside)
        found = can_hold(unknowns, rows, by_force(unknowns, numbers))
        assert found is wanted, numbers


@pytest.mark.parametrize("most", [0, 1, 2])
@pytest.mark.parametrize(("low", "high"), [(0, 0), (1, 2), (3, None)])
def test_forces_with_few_cases(most, low, high):
    requirement = Sum(Linear.of(Few(tiny.cells(), most)), low, high)
    unknowns = start(requirement)
    rows = unknowns.rows_of(requirement)
    for numbers in BY_FORCE:
        few = sum(number <= most for number in numbers)
        wanted = low <= few <= (3 if high is None else high)
        assert can_hold(unknowns, rows, by_force(unknowns, numbers)) is wanted, numbers


def test_a_force_that_refused_has_no_cases():
    refused = Answers(tiny.TABLE, frozenset(tiny.FORCES), frozenset({"refused"}))
    requirement = Sum(Linear.of(refused), 2, 2)
    unknowns = start(requirement)
    rows = unknowns.rows_of(requirement)
    for numbers in BY_FORCE:
        wanted = sum(number == 0 for number in numbers) >= 2
        assert can_hold(unknowns, rows, by_force(unknowns, numbers)) is wanted, numbers


@pytest.mark.parametrize("whole", [False, True])
def test_entries_share_out_the_cases_around_them(whole):
    """Some of Ash or Beech, some of Beech or Cedar: against every way to spread Beech."""
    entries = ((tiny.cells("Ash|Beech"), 1, 2), (tiny.cells("Beech|Cedar"), 2, 2))
    shared = Shared(tiny.cells(), entries, whole)
    needed = [shared, *(Sum(Linear.of(tiny.cells(force))) for force in tiny.FORCES)]
    unknowns = Unknowns({tiny.TABLE: tiny.universe()}, needed, most=3)
    unknowns.column("end", 0)
    rows = unknowns.rows_of(shared)
    for ash, beech, cedar in BY_FORCE:
        wanted = False
        for one, two, three, four in itertools.product(range(4), repeat=4):
            fits = one <= ash and two + three <= beech and four <= cedar
            if whole:
                fits = (one, two + three, four) == (ash, beech, cedar)
            wanted |= fits and 1 <= one + two <= 2 and three + four == 2
        found = can_hold(unknowns, rows, by_force(unknowns, (ash, beech, cedar)))
        assert found is wanted, (ash, beech, cedar)


def test_cells_that_the_same_entries_may_lie_in_spread_as_one():
    """Six cells apart; the entries tell only two kinds of them apart."""
    left = tiny.cells(outcome="left")
    shared = Shared(tiny.cells(), ((left, 2, 2), (tiny.cells(), 3, 3)), True)
    needed = [shared, *(Sum(Linear.of(some)) for some in tiny.single_cells())]
    unknowns = Unknowns({tiny.TABLE: tiny.universe()}, needed, most=5)
    cells = len(unknowns)
    assert cells >= 6
    unknowns.rows_of(shared)
    assert len(unknowns) == cells + 3


def test_a_definition_is_made_once():
    few = Linear.of(Few(tiny.cells(), 1))
    unknowns = unknowns_of(Sum(few))
    assert [id(row) for row in unknowns.definitions(few)] == [
        id(row) for row in unknowns.definitions(few)
    ]
    assert len(unknowns.definitions(few)) >= 6


def test_pools_are_filled_from_the_side_that_has_fewer():
    joint = [tiny.cells("Ash|Beech|Cedar", outcome) for outcome in tiny.OUTCOMES]
    needed = [*joint, *(tiny.cells(force) for force in tiny.FORCES)]
    requirements = [Sum(Linear.of(some)) for some in needed]
    unknowns = Unknowns({tiny.TABLE: tiny.universe()}, requirements, most=9)
    (pool,) = unknowns.pools
    for more, fewer in (pool, pool[::-1]):
        values = np.zeros(len(unknowns), dtype=object)
        values[more[0]] = 4
        unknowns.fill_pools(values)
        assert sum(values[more]) == sum(values[fewer]) == 4
    (row,) = unknowns.pool_rows(np.array([pool[0][0], pool[1][0]]))
    assert row.holds(values)
    assert unknowns.pool_rows(pool[0]) == []
