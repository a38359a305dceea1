"""Ledgers of a force's worth of papers: true ones, and ones with a contradiction planted."""

import random

import pytest

from foistats.claims.audit import audit_claims

#: The first few at every run, the others in the slow one.
MANY = [pytest.param(seed, marks=[pytest.mark.slow] * (seed >= 8)) for seed in range(50)]
FORCES = [f"F{n:02d}" for n in range(1, 41)]
ROLES = ["officer", "staff", "special"]
OUTCOMES = ["nothing", "advice", "warning", "left"]


class World:
    """One true table, and claims read off it."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.table = {
            (force, role, outcome): self.rng.choice((0, 0, 1, 2, 3, 5))
            for force in FORCES
            for role in ROLES
            for outcome in OUTCOMES
        }

    def count(self, force="any", role="any", outcome="any"):
        words = [None if text == "any" else text.split("|") for text in (force, role, outcome)]
        return sum(
            number
            for cell, number in self.table.items()
            if all(w is None or c in w for c, w in zip(cell, words, strict=True))
        )

    def claims(self, number):
        rng = self.rng
        makers = [self._count, self._count, self._share, self._rank, self._few, self._pair]
        rows = [{"id": "total", "value": self.count()}]
        while len(rows) < number:
            row = rng.choice(makers)(rows)
            if row is not None:
                rows.append({"id": f"c{len(rows)}", **row})
        return rows

    def _cells(self):
        rng = self.rng
        return {
            "force": rng.choice(("any", *rng.sample(FORCES, 3), "|".join(rng.sample(FORCES, 2)))),
            "role": rng.choice(("any", *ROLES, "officer|special")),
            "outcome": rng.choice(("any", *OUTCOMES, "advice|warning")),
        }

    def _count(self, rows):
        cells = self._cells()
        n = self.count(**cells)
        off = self.rng.randint(0, 3)
        said = {
            "equals": n,
            "at_least": max(n - off, 0),
            "at_most": n + off,
            "more_than": n - 1 - off,
            "fewer_than": n + 1 + off,
            "about": n,
            "rounds_to": n,
            "nearly": n + 1,
        }
        comparison = self.rng.choice(list(said))
        if said[comparison] < 0:
            return None
        reading = "about:3" if comparison in ("about", "nearly") else ""
        return {**cells, "comparison": comparison, "value": said[comparison], "reading": reading}

    def _share(self, rows):
        cells = self._cells()
        base = self.count(**{**cells, "outcome": "any"})
        if cells["outcome"] == "any" or not base:
            return None
        share = 100 * self.count(**cells) / base
        if self.rng.random() < 0.3:
            if share <= 50:
                return None
            return {**cells, "measure": "share", "comparison": "majority"}
        decimals = self.rng.choice((0, 1))
        value = f"{share:.{decimals}f}"
        return {**cells, "measure": "share", "comparison": "rounds_to", "value": value}

    def _rank(self, rows):
        force = self.rng.choice(FORCES)
        place = 1 + sum(self.count(other) > self.count(force) for other in FORCES)
        return {"force": force, "measure": "rank", "comparison": "nth_highest", "value": place}

    def _few(self, rows):
        most = self.rng.randint(5, 30)
        few = sum(self.count(force) <= most for force in FORCES)
        return {"measure": f"forces:at_most:{most}", "unit": "force", "value": few}

    def _pair(self, rows):
        other = self.rng.choice(rows)
        if other.get("measure", "count") != "count":
            return None
        cells = self._cells()
        kept = {key: other[key] for key in ("force", "role", "outcome") if key in other}
        gap = self.count(**cells) - self.count(**kept)
        comparison = "higher_than" if gap > 0 else "lower_than" if gap < 0 else "no_difference"
        return {**cells, "comparison": comparison, "value": other["id"]}


def planted(size, world):
    """Claims of forces that the rest says nothing about, impossible by one case together."""
    spare = [f"Z{n}" for n in range(1, 6)]
    if size == 2:
        return spare, [
            {"id": "p1", "force": "Z1", "value": 12},
            {"id": "p2", "force": "Z1", "comparison": "at_most", "value": 11},
        ]
    if size == 3:
        return spare, [
            {"id": "p1", "force": "Z1|Z2", "value": 20},
            {"id": "p2", "force": "Z1", "comparison": "more_than", "value": 12},
            {"id": "p3", "force": "Z2", "comparison": "at_least", "value": 8},
        ]
    return spare, [
        {"id": "p1", "force": "Z1|Z2|Z3", "outcome": "left", "value": 9},
        {"id": "p2", "force": "Z1", "outcome": "left", "comparison": "at_least", "value": 4},
        {"id": "p3", "force": "Z2", "value": 10},
        {
            "id": "p4",
            "force": "Z2",
            "outcome": "left",
            "measure": "share",
            "comparison": "more_than",
            "value": 20,
        },
        {"id": "p5", "force": "Z3", "outcome": "left", "comparison": "more_than", "value": 2},
    ]


@pytest.mark.parametrize("seed", MANY)
def test_a_true_ledger_has_no_conflict(study, seed):
    world = World(seed)
    folder = study(world.claims(45), forces=FORCES, roles=ROLES, outcomes=OUTCOMES)
    audit = audit_claims(folder, seconds=60)
    assert audit.conflicts == ()
    assert audit.possible is True
    assert audit.cut == ""


@pytest.mark.parametrize("size", [2, 3, 5])
@pytest.mark.parametrize("seed", range(4))
def test_a_planted_contradiction_is_the_only_one(study, size, seed):
    world = World(100 + seed)
    spare, extra = planted(size, world)
    rows = world.claims(150)
    kept = [
        row
        for row in rows
        if row.get("force", "any") != "any"
        and row.get("measure", "count") == "count"
        and row.get("comparison") not in ("higher_than", "lower_than", "no_difference")
    ]
    kept += [row for row in rows if row.get("measure") == "share" and row["force"] != "any"]
    kept = [{"id": "total", "comparison": "at_least", "value": world.count()}, *kept[: 49 - size]]
    assert len(kept) > 35
    for row in extra:
        kept.insert(world.rng.randint(0, len(kept)), row)
    folder = study(kept, forces=[*FORCES, *spare], roles=ROLES, outcomes=OUTCOMES)
    audit = audit_claims(folder, seconds=60)
    assert [set(conflict.ids) for conflict in audit.conflicts] == [{row["id"] for row in extra}]
    assert audit.cut == ""
    assert audit.possible is False
    assert not audit.agrees
    for row in extra:
        assert row["id"] in audit.conflicts[0].words
