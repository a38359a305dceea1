"""Requirements read off one table, against numbers counted by hand."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from foistats.claims.evaluation import Evaluation
from foistats.claims.quantities import Answers, Few, Linear, Place, Placed, Shared, Sum
from foistats.claims.rows import Unknowns

SPEC = importlib.util.spec_from_file_location("tiny", Path(__file__).with_name("tiny.py"))
tiny = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(tiny)

#: By force: kept, left. Ash has 3 cases, Beech 5, Cedar 3.
TABLE = [3, 0, 1, 4, 2, 1]
ANSWERED = Answers(tiny.TABLE, frozenset(tiny.FORCES), frozenset({"disclosed", "partial"}))
REFUSED = Answers(tiny.TABLE, frozenset(tiny.FORCES), frozenset({"refused"}))


def seen(*needed, silent=()):
    universe = tiny.universe(silent=silent)
    sums = [Sum(Linear.of(some)) for some in tiny.single_cells()]
    unknowns = Unknowns({tiny.TABLE: universe}, [*sums, *needed], most=100)
    values = np.zeros(len(unknowns), dtype=object)
    for some, number in zip(tiny.single_cells(), TABLE, strict=True):
        columns = unknowns.columns_of(some)
        values[columns[:1]] = number
    return Evaluation(unknowns, values)


def place(force, outcome="any", **how):
    rivals = frozenset(tiny.FORCES) - {force}
    return Place(tiny.cells(force, outcome), force, rivals, **how)


def test_counts_and_sums():
    whole, left = tiny.cells(), tiny.cells(outcome="left")
    few = Few(left, 1)
    linear = Linear(((whole, 2), (left, -1), (few, 10)), 7)
    found = seen(Sum(linear))
    assert found.atom(whole) == 11
    assert found.atom(left) == 5
    assert found.atom(few) == 2
    assert found.linear(linear) == 22 - 5 + 20 + 7


@pytest.mark.parametrize(
    ("low", "high", "holds"),
    [(11, 11, True), (12, None, False), (None, 10, False), (None, None, True), (11, None, True)],
)
def test_both_ends_of_a_sum_are_included(low, high, holds):
    requirement = Sum(Linear.of(tiny.cells()), low, high)
    assert seen(requirement).holds(requirement) is holds


@pytest.mark.parametrize(
    ("force", "from_bottom", "places"),
    [
        ("Beech", False, (1, 1)),
        ("Ash", False, (2, 3)),
        ("Cedar", False, (2, 3)),
        ("Cedar", True, (1, 2)),
        ("Beech", True, (3, 3)),
    ],
)
def test_equals_share_places(force, from_bottom, places):
    placed = Placed(place(force, from_bottom=from_bottom), 1, None)
    assert seen(placed).places(placed) == places


@pytest.mark.parametrize(
    ("low", "high", "strict", "holds"),
    [
        (2, 2, False, True),
        (3, 3, False, True),
        (2, 2, True, False),
        (2, 3, True, True),
        (1, 1, False, False),
        (4, None, False, False),
        (3, None, True, False),
    ],
)
def test_strict_means_every_place_that_is_shared(low, high, strict, holds):
    placed = Placed(place("Ash"), low, high, strict)
    assert seen(placed).holds(placed) is holds


def test_a_silent_force_has_no_place():
    placed = Placed(place("Ash"), 1, None)
    assert seen(placed).holds(placed)
    assert not seen(placed, silent=["Ash"]).holds(placed)


def test_a_force_that_no_row_spoke_of_gave_its_figures():
    found = seen(Sum(Linear.of(ANSWERED)), Sum(Linear.of(REFUSED)))
    assert found.atom(ANSWERED) == 3
    assert found.atom(REFUSED) == 0


def test_of_entries_shared_out_only_rows_can_tell():
    shared = Shared(tiny.cells(), ((tiny.cells(), 11, 11),), True)
    assert not seen(shared).holds(shared)
