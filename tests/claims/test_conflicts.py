"""Shrinking sets, and the search for conflicts in order of size."""

import random
import time

import pytest

from foistats.claims.assembly import assemble
from foistats.claims.conflicts import minimal_conflicts, shrink
from foistats.claims.ledger import read_ledger
from foistats.register import read_register


@pytest.mark.parametrize("seed", range(30))
def test_shrink(seed):
    rng = random.Random(seed)
    names = [f"n{i}" for i in range(12)]
    conflicts = [set(rng.sample(names, rng.randint(1, 5))) for _ in range(3)]

    def possible(some):
        return not any(conflict <= set(some) for conflict in conflicts)

    smallest = shrink(names, possible)
    assert not possible(smallest)
    assert all(possible(set(smallest) - {name}) for name in smallest)


def rows_of_many_conflicts():
    """A pair, a triple and a set of four, apart from one another."""
    return [
        {"id": "a1", "force": "Ash", "value": "3"},
        {"id": "a2", "force": "Ash", "comparison": "at_least", "value": "4"},
        {"id": "b", "force": "Beech", "comparison": "at_most", "value": "9"},
        {"id": "b1", "force": "Beech", "outcome": "left", "value": "6"},
        {"id": "b2", "force": "Beech", "outcome": "nothing", "value": "4"},
        {"id": "c", "force": "Cedar", "comparison": "at_most", "value": "5"},
        {"id": "d", "force": "Dogwood", "comparison": "at_most", "value": "5"},
        {"id": "e", "force": "Elm", "comparison": "at_most", "value": "5"},
        {"id": "cde", "force": "Cedar|Dogwood|Elm", "comparison": "more_than", "value": "15"},
    ]


SETS = [{"a1", "a2"}, {"b", "b1", "b2"}, {"c", "d", "e", "cde"}]


def search(folder, **settings):
    register = read_register(folder)
    assembly = assemble(register, read_ledger(register).claims)
    (names,) = assembly.groups()
    settings = {"limit": 50, "until": None, "again": assembly.possible} | settings
    return minimal_conflicts(assembly.problem(names), assembly.stages(names), **settings)


def test_smallest_first_and_all(study):
    found = search(
        study(rows_of_many_conflicts(), forces=["Ash", "Beech", "Cedar", "Dogwood", "Elm"])
    )
    assert [set(some) for some in found.sets] == SETS
    assert found.complete is None
    assert found.cut == ""


@pytest.mark.parametrize("limit", [1, 2])
def test_a_limit_keeps_the_smallest_and_says_how_far_they_are_complete(study, limit):
    folder = study(rows_of_many_conflicts(), forces=["Ash", "Beech", "Cedar", "Dogwood", "Elm"])
    found = search(folder, limit=limit)
    assert [set(some) for some in found.sets] == SETS[:limit]
    assert found.cut
    assert found.complete is not None
    assert found.complete <= len(SETS[limit]) - 1


def test_out_of_time_says_so(study):
    folder = study(rows_of_many_conflicts(), forces=["Ash", "Beech", "Cedar", "Dogwood", "Elm"])
    found = search(folder, until=time.monotonic())
    assert found.cut
    assert found.complete is not None
    assert found.complete < 2


def test_a_set_is_given_only_if_the_second_opinion_agrees(study):
    folder = study(rows_of_many_conflicts(), forces=["Ash", "Beech", "Cedar", "Dogwood", "Elm"])
    found = search(folder, again=lambda names, until: len(names) == 3)
    assert [set(some) for some in found.sets] == [SETS[0], SETS[2]]
    assert "contradicted itself" in found.cut
    assert found.complete == 2
