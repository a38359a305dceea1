"""How the statements of a group become cells: sets of roles, sets of rungs, counts.

Printed outcome sets of a group must be disjoint. Where they overlap ("34 advice" beside "10 advice
or a written warning"), which set a case was put in depended on its outcome: the default unites them
to the finest sets of which each is a part. A group whose cases were picked for their outcome says
no more than that at least so many had it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import combinations

import pandas as pd

from foistats.codebooks import Codebook, Grouping
from foistats.errors import NotIdentifiedError, UsageError, did_you_mean
from foistats.layout import TABLED, UNLIMITED
from foistats.register import Register
from foistats.severity.groups.case_groups import Cell, Partition

Total = tuple[int, int]


@dataclass(frozen=True)
class Coding:
    """The codebooks and groupings of one analysis, and the statements it uses.

    Attributes
    ----------
    outcomes, role_book : Codebook
    ladder, roles : Grouping
    statements : DataFrame
        The entries of tables.
    totals : mapping of str to (int, int)
        The number of cases of each group, as an interval.
    nation : str
        The group that contains all others of the survey.
    pooled : bool
        Whether overlapping outcome sets are united.
    """

    outcomes: Codebook
    ladder: Grouping
    role_book: Codebook
    roles: Grouping
    statements: pd.DataFrame
    totals: Mapping[str, Total]
    nation: str = ""
    pooled: bool = True

    def entries(self, group: str) -> pd.DataFrame:
        """Return the entries of a group's tables."""
        return self.statements[self.statements["group"] == group]

    def sources(self, group: str) -> tuple[str, ...]:
        """Return the sources of a group's entries."""
        return tuple(sorted(set(self.entries(group)["source"])))

    def role_set(self, text: str) -> frozenset[str]:
        """Return the roles that words of the codebook stand for."""
        return self.roles.of(self.role_book.levels_of(text))

    def rung_set(self, text: str) -> frozenset[str]:
        """Return the rungs that words of the codebook stand for."""
        return self.ladder.of(self.outcomes.levels_of(text))

    def partitions(self, group: str, possible: set[str]) -> tuple[tuple[Cell, ...], ...]:
        """Code the tables of a group as partitions, without those that another one implies.

        Where a role is not stated, only the ``possible`` roles (those with a share) come into
        question.
        """
        partitions = []
        for _, entries in self.entries(group).groupby("table", sort=False):
            cells = [
                Cell(
                    self.role_set(entry["roles"]) & possible
                    if len(self.role_set(entry["roles"])) > 1
                    else self.role_set(entry["roles"]),
                    self.rung_set(entry["outcomes"]),
                    int(entry["n_low"]),
                    int(entry["n_high"]),
                )
                for _, entry in entries.iterrows()
            ]
            united = pool(cells, frozenset(self.ladder.ids)) if self.pooled else cells
            partitions.append(collapse(united))
        total = self.totals.get(group, (0, UNLIMITED))
        bounded = [_bounded(group, cells, total) for cells in partitions]
        kept = _without_implied(tuple(bounded))
        if len(kept) == 1 and any(cell.n_low < cell.n_high for cell in kept[0]):
            everyone = frozenset().union(*(cell.roles for cell in kept[0]))
            kept = (*kept, (Cell(everyone, frozenset(self.ladder.ids), *total),))
        return kept

    def at_least(self, group: str, possible: set[str]) -> tuple[Partition, ...]:
        """Code a group whose cases were picked, as the inequality it is.

        At least so many of its cases had an outcome in each printed set; the others may have had
        any. The role is left open among those possible, all cases are taken as concluded. Nothing
        without a total.
        """
        total = self.totals.get(group)
        sets = [(self.rung_set(e["outcomes"]), e) for _, e in self.entries(group).iterrows()]
        everything, anyone = frozenset(self.ladder.ids), frozenset(possible)
        stated = [
            Cell(anyone, rungs, int(entry["n_low"]), int(entry["n_low"]))
            for rungs, entry in sets
            if rungs and rungs != everything and entry["n_low"] > 0
        ]
        found = collapse(pool(stated, everything))
        if not found or total is None or total[1] >= UNLIMITED:
            return ()
        free = total[1] - sum(cell.n_low for cell in found)
        cells = [replace(cell, n_high=cell.n_low + free) for cell in found]
        rest = everything.difference(*(cell.rungs for cell in found))
        if rest:
            cells.append(Cell(anyone, rest, 0, free))
        return tuple(cells), (Cell(anyone, everything, *total),)


def _bounded(group: str, cells: tuple[Cell, ...], total: tuple[int, int]) -> tuple[Cell, ...]:
    """Replace an upper end that no source states by what the group's total leaves for it."""
    least = sum(cell.n_low for cell in cells)
    bounded = tuple(
        Cell(cell.roles, cell.rungs, cell.n_low, min(cell.n_high, total[1] - least + cell.n_low))
        for cell in cells
    )
    if any(cell.n_high >= UNLIMITED - least for cell in bounded):
        raise NotIdentifiedError(
            f"group '{group}': a count without an upper end and no total that bounds it; "
            "give n_high, or leave the group out in study.toml ([[analysis.leave_out]])"
        )
    return bounded


def pool(cells: Iterable[Cell], everything: frozenset[str]) -> list[Cell]:
    """Unite overlapping outcome sets of cells whose roles meet, until all are disjoint.

    Where a coarse and a fine set overlap, precision depended on the outcome: which set a case was
    put in is then no information. A set of all rungs ("not stated") and a set of none stay as
    they are.
    """
    pooled = list(cells)
    stated = [cell.rungs != everything for cell in pooled]
    changed = True
    while changed:
        changed = False
        for i, j in combinations(range(len(pooled)), 2):
            one, other = pooled[i], pooled[j]
            overlap = one.roles & other.roles and one.rungs & other.rungs
            if stated[i] and stated[j] and overlap and one.rungs != other.rungs:
                union = one.rungs | other.rungs
                pooled[i] = replace(one, rungs=union)
                pooled[j] = replace(other, rungs=union)
                changed = True
    return pooled


def collapse(cells: Iterable[Cell]) -> tuple[Cell, ...]:
    """Add up cells of the same roles and rungs; drop those without cases."""
    sums: dict[tuple[frozenset[str], frozenset[str]], tuple[int, int]] = {}
    for cell in cells:
        low, high = sums.get((cell.roles, cell.rungs), (0, 0))
        sums[cell.roles, cell.rungs] = (low + cell.n_low, high + cell.n_high)
    return tuple(Cell(*key, low, high) for key, (low, high) in sums.items() if high > 0)


def _without_implied(
    partitions: tuple[tuple[Cell, ...], ...],
) -> tuple[tuple[Cell, ...], ...]:
    kept: list[tuple[Cell, ...]] = []
    most = max((len(c.rungs) for cells in partitions for c in cells), default=0)
    for partition in sorted(partitions, key=len, reverse=True):
        if partition and not any(_implies(finer, partition) for finer in kept):
            kept.append(partition)
    tells = [any(0 < len(c.rungs) < most for c in cells) for cells in kept]
    return tuple(cells for _, cells in sorted(zip(tells, kept, strict=True), key=lambda x: -x[0]))


def _implies(finer: tuple[Cell, ...], coarser: tuple[Cell, ...]) -> bool:
    """Whether the counts of one partition follow from those of another."""
    for cell in coarser:
        inside = [f for f in finer if f.roles <= cell.roles and f.rungs <= cell.rungs]
        meeting = [
            f for f in finer if f.roles & cell.roles and (f.rungs & cell.rungs or not f.rungs)
        ]
        exact = all(f.n_low == f.n_high for f in inside)
        if inside != meeting or not exact or sum(f.n_low for f in inside) != cell.n_low:
            return False
    return True


def statements_read(register: Register, names: Iterable[str]) -> pd.DataFrame:
    """Return the entries of tables, some replaced by alternatives that other sources print."""
    statements = register.statements.set_index("statement")
    for name in names:
        alternatives = statements.index[statements["part"] == "alternative"]
        if name not in alternatives:
            raise UsageError(
                f"'{name}' is no alternative statement; there are {', '.join(alternatives)}"
                f"{did_you_mean(name, alternatives)}"
            )
        for column in ("roles", "outcomes", "n_low", "n_high"):
            statements.loc[statements.loc[name, "of"], column] = statements.loc[name, column]
    return statements[statements["part"].isin(TABLED)].reset_index()


def without_outcomes(
    statements: pd.DataFrame, left_out: Mapping[str, Collection[str]]
) -> pd.DataFrame:
    """Drop entries of the given outcomes; tables of a group that do not tell them go as a whole."""
    for group, outcomes in left_out.items():
        inside = statements["group"] == group
        named = inside & statements["outcomes"].isin(list(outcomes))
        telling = set(statements.loc[named, "table"])
        gone = named | (inside & ~statements["table"].isin(telling))
        statements = statements[~gone]
    return statements
