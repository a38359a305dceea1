"""Tables that satisfy many claims, judged by every claim's own definition."""

import importlib.util
import random
import time
from pathlib import Path

import numpy as np
import pytest

from foistats.claims.keeping import Keeping, Witness
from foistats.claims.problem import Problem
from foistats.claims.quantities import Linear, Place, Placed, Sum
from foistats.claims.rows import Unknowns

SPEC = importlib.util.spec_from_file_location("tiny", Path(__file__).with_name("tiny.py"))
tiny = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(tiny)

#: Seconds enough for any question here.
LONG = 5.0
KEYS = [(force, outcome) for force in tiny.FORCES for outcome in tiny.OUTCOMES]
#: Some tables in which one claim or two of the kinds above may hold.
EXAMPLES = [
    {**dict.fromkeys(KEYS, 0), (a, "kept"): n, (b, "left"): m, (c, "left"): k}
    for a, b, c in (("Ash", "Beech", "Cedar"), ("Beech", "Cedar", "Ash"), ("Cedar", "Ash", "Beech"))
    for n in range(8)
    for m in range(8)
    for k in range(8)
]


def random_claims(seed):
    """Counts of cells and sums, and places; many contradict each other."""
    rng = random.Random(seed)
    named = {}
    for number in range(9):
        force = rng.choice(tiny.FORCES)
        if number % 4 == 3:
            rivals = frozenset(tiny.FORCES) - {force}
            place = Place(tiny.cells(force), force, rivals, rng.random() < 0.5)
            named[f"n{number}"] = (Placed(place, 1, rng.choice([1, 2])),)
        else:
            some = tiny.cells(rng.choice([force, "any"]), rng.choice(["any", *tiny.OUTCOMES]))
            low = rng.randint(0, 6)
            named[f"n{number}"] = (Sum(Linear.of(some), low, low + rng.randint(0, 1)),)
    return named


def keeping_of(named):
    singles = [Sum(Linear.of(some)) for some in tiny.single_cells()]
    needed = [one for some in named.values() for one in some]
    unknowns = Unknowns({tiny.TABLE: tiny.universe()}, [*needed, *singles], most=40)
    return Keeping(Problem(unknowns, named), list(named))


def true(needed, table):
    if isinstance(needed, Placed):
        return any(needed.low <= n <= needed.high for n in tiny.places(table, needed.place))
    ((some, _),) = needed.linear.terms
    return needed.low <= tiny.count(table, some) <= needed.high


def holding(named, table):
    return {name for name, some in named.items() if all(true(one, table) for one in some)}


def table_of(keeping, witness):
    return {
        key: int(sum(witness.values[keeping.problem.unknowns.columns_of(tiny.cells(*key))]))
        for key in KEYS
    }


@pytest.mark.parametrize("seed", range(25))
def test_a_witness_holds_what_is_true_of_its_table(seed):
    named = random_claims(seed)
    keeping = keeping_of(named)
    for kept in (["n0"], ["n1", "n3"], ["n5"]):
        found = keeping.beside(kept, [], until=time.monotonic() + LONG)
        possible = any(holding(named, table) >= set(kept) for table in EXAMPLES)
        if found is None:
            assert not possible
            continue
        assert found >= set(kept)
        witness = keeping.witnesses[-1]
        assert witness.holds == found
        assert holding(named, table_of(keeping, witness)) == found


def counts(**numbers):
    return {f: (Sum(Linear.of(tiny.cells(f)), n, n),) for f, n in numbers.items()}


def test_as_much_as_can_be_is_kept():
    """A total that fits no sum of parts is given up rather than three parts."""
    named = counts(Ash=3, Beech=4, Cedar=5) | {"total": (Sum(Linear.of(tiny.cells()), 20, 20),)}
    keeping = keeping_of(named)
    assert keeping.beside([], [], until=time.monotonic() + LONG) == {"Ash", "Beech", "Cedar"}
    found = keeping.beside(["total"], [], until=time.monotonic() + LONG)
    assert "total" in found
    assert len(found) == 3


def test_what_must_be_kept_and_cannot_gives_nothing():
    ash = Linear.of(tiny.cells("Ash"))
    keeping = keeping_of({"three": (Sum(ash, 3, 3),), "four": (Sum(ash, 4, 4),)})
    assert keeping.beside(["three", "four"], [], until=time.monotonic() + LONG) is None
    assert keeping.witnesses == []


def test_a_conflict_told_is_given_up_somewhere():
    """Both could be true; told that they conflict, one of them counts as given up."""
    keeping = keeping_of(counts(Ash=3, Beech=4))
    told = [frozenset({"Ash", "Beech"})]
    assert keeping.beside(["Ash"], told, until=time.monotonic() + LONG) >= {"Ash"}
    assert keeping.beside(["Ash", "Beech"], told, until=time.monotonic() + LONG) is None


def test_near_opens_what_names_speak_of():
    """Cells of forces they name, and of those that stand in the way of a place."""
    rivals = frozenset({"Beech", "Cedar"})
    lead = Placed(Place(tiny.cells("Ash"), "Ash", rivals), 1, 1)
    keeping = keeping_of(counts(Ash=1, Beech=4, Cedar=0) | {"lead": (lead,)})
    unknowns = keeping.problem.unknowns
    values = np.zeros(len(unknowns), dtype=object)
    for force, number in (("Ash", 1), ("Beech", 4), ("Cedar", 0)):
        values[unknowns.columns_of(tiny.cells(force))[0]] = number
    witness = Witness(values, frozenset({"Ash", "Beech", "Cedar"}))

    def opened(*names):
        is_open = keeping.near(frozenset(names), witness)
        return {f for f in tiny.FORCES if is_open[unknowns.columns_of(tiny.cells(f))].all()}

    assert opened("Ash") == {"Ash"}
    assert opened("Beech", "Cedar") == {"Beech", "Cedar"}
    assert opened("lead") == {"Ash", "Beech"}
