"""Feasibility, every minimal conflict and every bound, against all small tables."""

import importlib.util
import itertools
import random
from pathlib import Path

import numpy as np
import pytest

from foistats.claims.assembly import assemble
from foistats.claims.audit import audit_claims
from foistats.claims.conflicts import minimal_conflicts
from foistats.claims.evaluation import Evaluation
from foistats.claims.ledger import read_ledger
from foistats.claims.quantities import Amount, Linear, Sum
from foistats.claims.table import Cells
from foistats.register import read_register

SPEC = importlib.util.spec_from_file_location(
    "enumeration", Path(__file__).with_name("enumeration.py")
)
enumeration = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(enumeration)

#: Axes and the greatest count of a cell: by force, and by role.
WORLDS = {
    "forces": ((("Ash", "Beech", "Cedar"), ("",), ("nothing", "left")), 6),
    "roles": ((("Ash",), ("officer", "staff", ""), ("nothing", "left")), 6),
}
#: The first few at every run, the others in the slow one.
MANY = [pytest.param(seed, marks=[pytest.mark.slow] * (seed >= 3)) for seed in range(10)]


@pytest.fixture(scope="module")
def worlds():
    return {name: enumeration.Tables(*world) for name, world in WORLDS.items()}


class Engine:
    """What the project finds about a study's claims."""

    def __init__(self, folder, axes):
        register = read_register(folder)
        self.axes = axes
        self.assembly = assemble(register, read_ledger(register).claims)
        (self.table,) = self.assembly.universes

    def conflicts(self):
        (names,) = self.assembly.groups()
        answer = minimal_conflicts(
            self.assembly.problem(names),
            self.assembly.stages(names),
            limit=50,
            until=None,
            again=self.assembly.possible,
        )
        assert answer.cut == ""
        assert [len(some) for some in answer.sets] == sorted(len(some) for some in answer.sets)
        return set(answer.sets)

    def witness(self, names):
        """Return a table of every single cell that satisfies claims, as the only one there is."""
        roles = frozenset(self.assembly.universes[self.table].roles.ids)
        parts = [
            Cells(
                self.table,
                frozenset({force}),
                roles if len(self.axes[1]) == 1 else frozenset({role}),
                frozenset({outcome}),
            )
            for force, role, outcome in itertools.product(*self.axes)
        ]
        amounts = [Amount(Linear(((part, 1),))) for part in parts]
        problem = self.assembly.problem(names, *amounts)
        rows = [row for amount in amounts for row in problem.unknowns.rows_of(Sum(amount.top, 0))]
        found = problem.solve(sorted(names), also=rows)
        if found is None:
            return None
        seen = Evaluation(problem.unknowns, found.values)
        made = enumeration.Tables(self.axes, 0)
        shape = tuple(map(len, self.axes))
        made.counts = np.array([seen.atom(part) for part in parts]).reshape(1, *shape)
        return made


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("seed", MANY)
def test_every_minimal_conflict_is_found_and_none_invented(study, worlds, world, seed):
    """No small table satisfies a conflict, and some table every set that holds none."""
    axes, _ = WORLDS[world]
    rng = random.Random(1000 + seed)
    for _ in range(12):
        rows = enumeration.random_claims(rng, axes, 7)
        by_id = {row["id"]: row for row in rows}
        truth = {id: worlds[world].true(row, by_id) for id, row in by_id.items()}
        roles = [role for role in axes[1] if role] or ["officer"]
        engine = Engine(study(rows, forces=axes[0], roles=roles, outcomes=axes[2]), axes)
        found = engine.conflicts()
        for some in found:
            assert not np.all([truth[id] for id in some], axis=0).any(), rows
        for some in enumeration.minimal_sets(truth) - found:
            for size in range(len(some), len(rows) + 1):
                for more in itertools.combinations(by_id, size):
                    if some <= set(more) and not any(known <= set(more) for known in found):
                        table = engine.witness(more)
                        assert table is not None, (more, rows)
                        assert all(table.true(by_id[id], by_id)[0] for id in more), (more, rows)


@pytest.mark.parametrize("seed", MANY[:8])
def test_bounds(study, worlds, seed):
    axes, _ = WORLDS["forces"]
    rng = random.Random(seed)
    tables = worlds["forces"]
    checked = 0
    while checked < 5:
        rows = enumeration.random_claims(rng, axes, 5)
        rows.append({**rows[0], "force": "any", "role": "any", "outcome": "any", "id": "total"})
        rows[-1] |= {"comparison": "at_most", "value": "6"}
        by_id = {row["id"]: row for row in rows}
        held = np.all([tables.true(row, by_id) for row in rows], axis=0)
        if not held.any():
            continue
        checked += 1
        folder = study(rows, forces=axes[0], roles=["officer"], outcomes=axes[2])
        audit = audit_claims(folder)
        assert audit.possible
        counts = tables.sum("Ash|Cedar", "any", "left")[held]
        found = audit.bounds("Ash|Cedar", outcome="left")
        assert (found.low, found.high) == (counts.min(), counts.max())
        few = sum((tables.sum(f, "any", "any")[held] <= 1).astype(int) for f in axes[0])
        found = audit.bounds(measure="forces:at_most:1")
        assert (found.low, found.high) == (few.min(), few.max())
        own = tables.sum("Beech", "any", "any")[held]
        others = [tables.sum(f, "any", "any")[held] for f in ("Ash", "Cedar")]
        first = 1 + sum((o > own).astype(int) for o in others)
        last = 1 + sum((o >= own).astype(int) for o in others)
        found = audit.bounds("Beech", measure="rank")
        assert (found.low, found.high) == (first.min(), last.max())
        base = tables.sum("any", "any", "any")[held]
        left = tables.sum("any", "any", "left")[held][base > 0]
        if len(left):
            shares = left * 100 / base[base > 0]
            found = audit.bounds(outcome="left", measure="share")
            assert float(found.low) == pytest.approx(shares.min())
            assert float(found.high) == pytest.approx(shares.max())
