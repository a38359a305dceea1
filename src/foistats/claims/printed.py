"""What the register says of the table that claims speak of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from foistats.claims.problem import Problem
from foistats.claims.quantities import Linear, Quantity, Requirement, Shared, Sum
from foistats.claims.rows import Unknowns
from foistats.claims.table import Cells, Key, Universe, universe_of
from foistats.codebooks import ANY
from foistats.layout import REPEATING, TABLED, UNLIMITED
from foistats.register import Register

#: The name under which the register's statements stand in a problem.
REGISTER = "register"


@dataclass(frozen=True)
class Statement:
    """A statement of the register as a number of cases of a table.

    Attributes
    ----------
    id, source, force : str
    cells : Cells
    low : int
    high : int or None
    part : str
        What the statement is in its group: a total, an entry of a table, a subset.
    table : str
        The table of its group that it is an entry of.
    whole : bool
        Whether its group has all cases of its force.
    """

    id: str
    source: str
    force: str
    group: str
    cells: Cells
    low: int
    high: int | None
    part: str
    table: str
    whole: bool


@dataclass(frozen=True)
class Printed:
    """The statements about one table, and what they require of it."""

    universe: Universe
    statements: tuple[Statement, ...]
    requirements: tuple[Requirement | Shared, ...]

    def problem(self, quantities: Iterable[Quantity]) -> Problem:
        """Return the problem of the register, ready to be asked for quantities."""
        greatest = max((s.high or s.low for s in self.statements), default=0)
        unknowns = Unknowns(
            {self.universe.table: self.universe},
            self.requirements,
            quantities,
            most=20 * max(greatest, 50),
        )
        return Problem(unknowns, {REGISTER: self.requirements})


def printed(register: Register, table: Key, named: Iterable[str] = ()) -> Printed:
    """Return what the register says of a table.

    A force or area with one group of cases of this survey and unit is described by it in full. If
    it has several, each says only that there are at least so many cases.

    Parameters
    ----------
    register : Register
    table : (str, str)
        A survey and a unit.
    named : iterable of str
        Forces and areas that claims name.
    """
    groups = register.groups
    groups = groups[(groups["survey"] == table[0]) & (groups["unit"] == table[1])]
    universe = universe_of(register, table, [*named, *groups["force"]])
    rows = register.statements[~register.statements["part"].isin(REPEATING)]
    by_group = dict(list(rows[rows["group"].isin(groups["group"])].groupby("group")))
    several = groups["force"].duplicated(keep=False)
    statements: list[Statement] = []
    requirements: list[Requirement | Shared] = []
    for (_, group), shared in zip(groups.iterrows(), several, strict=True):
        if group["group"] not in by_group:
            continue
        whole = group["coverage"] == "all" and not shared
        said = [
            _statement(universe, group, row, whole=whole)
            for _, row in by_group[group["group"]].iterrows()
        ]
        statements += said
        if shared:
            requirements += [_sum(one, least_only=True) for one in said]
        else:
            around = universe.cells((group["force"],), ANY, ANY)
            requirements += _group(by_group[group["group"]], said, around, group["coverage"])
    return Printed(universe, tuple(statements), tuple(requirements))


def _statement(universe: Universe, group: pd.Series, row: pd.Series, *, whole: bool) -> Statement:
    return Statement(
        id=row["statement"],
        source=row["source"],
        force=group["force"],
        group=group["group"],
        cells=universe.cells((group["force"],), row["roles"], row["outcomes"]),
        low=int(row["n_low"]),
        high=None if row["n_high"] >= UNLIMITED else int(row["n_high"]),
        part=row["part"],
        table=row["table"],
        whole=whole,
    )


def _group(
    rows: pd.DataFrame, said: Sequence[Statement], around: Cells, coverage: str
) -> list[Requirement | Shared]:
    """Return what the statements of the only group of a force or area require."""
    found: list[Requirement | Shared] = []
    tables: dict[str, list[Statement]] = {}
    for (_, row), statement in zip(rows.iterrows(), said, strict=True):
        if statement.part in TABLED:
            tables.setdefault(statement.table, []).append(statement)
            continue
        elsewhere = row["breaches"] != ANY or row["platforms"] != ANY or row["year"] != ""
        elsewhere |= row["roles"] == ANY and row["outcomes"] == ANY
        found.append(_sum(statement, least_only=statement.part == "subset" and elsewhere))
    for entries in tables.values():
        found += _table(entries, around, coverage == "all")
    return found


def _table(entries: Sequence[Statement], around: Cells, whole: bool) -> list[Requirement | Shared]:
    """Return what the entries of one table require: plain sums where they share no cell."""
    sums: dict[Cells, tuple[int, int | None]] = {}
    for entry in entries:
        low, high = sums.get(entry.cells, (0, 0))
        both = None if high is None or entry.high is None else high + entry.high
        sums[entry.cells] = (low + entry.low, both)
    seen: set[tuple[str, str]] = set()
    disjoint = True
    for cells in sums:
        own = {(role, outcome) for role in cells.roles for outcome in cells.outcomes}
        disjoint &= not own & seen
        seen |= own
    if not disjoint:
        parts = tuple((cells, low, high) for cells, (low, high) in sums.items())
        return [Shared(around, parts, whole)]
    found: list[Requirement | Shared] = [
        Sum(Linear(((cells, 1),)), low, high if whole else None)
        for cells, (low, high) in sums.items()
    ]
    if whole:
        rest = Linear(((around, 1), *((cells, -1) for cells in sums)))
        found.append(Sum(rest, None, 0))
    return found


def _sum(statement: Statement, *, least_only: bool) -> Sum:
    high = None if least_only else statement.high
    return Sum(Linear(((statement.cells, 1),)), statement.low, high)
