"""Conflicts that show in fractions: deep ones, found without a search, none invented."""

import itertools
import random

import pytest

from foistats.claims.assembly import assemble
from foistats.claims.audit import audit_claims
from foistats.claims.conflicts.relaxation import relaxed_conflicts, relaxed_core
from foistats.claims.ledger import read_ledger
from foistats.register import read_register

FORCES = [f"F{n:02d}" for n in range(12)]


def problem_of(folder):
    register = read_register(folder)
    claims = read_ledger(register).claims
    assembly = assemble(register, claims)
    return assembly.problem(list(assembly.requirements)), list(assembly.requirements)


def deep(depth):
    """Counts of forces; advice in all of them, one too many beside those who left one of them."""
    rows = [{"id": f"c{n}", "force": FORCES[n], "value": "6"} for n in range(depth)]
    return [
        *rows,
        {"id": "left", "force": FORCES[0], "outcome": "left", "value": "2"},
        {
            "id": "advice",
            "force": "|".join(FORCES[:depth]),
            "outcome": "advice",
            "value": str(6 * depth - 1),
        },
    ]


@pytest.mark.parametrize("depth", [1, 3, 8])
def test_a_deep_conflict_is_found_whole(study, depth):
    rows = deep(depth)
    problem, names = problem_of(study(rows, forces=FORCES))
    found = list(relaxed_conflicts(problem, names, lambda _: False))
    assert found == [frozenset(row["id"] for row in rows)]


def test_no_conflict_where_fractions_do(study):
    rows = deep(5)
    rows[-1]["value"] = "28"
    problem, names = problem_of(study(rows, forces=FORCES))
    assert relaxed_core(problem, names) is None


def test_what_whole_numbers_can_satisfy_is_no_conflict(study):
    problem, names = problem_of(study(deep(3), forces=FORCES))
    assert list(relaxed_conflicts(problem, names, lambda _: True)) == []


@pytest.mark.parametrize("seed", range(5))
def test_of_conflicts_apart_none_is_missing(study, seed):
    rng = random.Random(seed)
    rows, planted = [], []
    forces = iter(rng.sample(FORCES, len(FORCES)))
    for number, depth in enumerate((1, 2, 4)):
        some = list(itertools.islice(forces, depth))
        mine = [{"id": f"p{number}{n}", "force": f, "value": "4"} for n, f in enumerate(some)]
        mine.append({"id": f"q{number}", "force": "|".join(some), "value": str(4 * depth + 1)})
        rows += mine
        planted.append({row["id"] for row in mine})
    rng.shuffle(rows)
    audit = audit_claims(study(rows, forces=FORCES))
    assert [set(conflict.ids) for conflict in audit.conflicts] == planted
