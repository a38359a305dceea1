"""From groups of cases to observations: one point per force and role.

A group with one partition and exact counts is a product over its cells. Where two partitions of the
same cases are printed, or counts are intervals, the group is a table: the likelihood sums over all
its insides. The log-likelihood is the log probability of what is printed, with multinomial
coefficients and role shares. Cases without a rung (not concluded, or off the ladder) say nothing
about severity; their role, where it is stated, still tells which roles the rest have.

Sources: Heitjan and Rubin 1991 (coarse data).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from foistats.errors import ModelError, NotIdentifiedError, UsageError
from foistats.severity.engine.integer_tables import Interval, list_tables, plan_tables
from foistats.severity.engine.observations import AtomList, CellTable, Observations, runs_of
from foistats.severity.groups.case_groups import (
    CaseGroup,
    CaseSpace,
    Cell,
    Partition,
    check_group,
    group_size,
    outcome_open,
)

Array: TypeAlias = NDArray[Any]

ROLE = "role"
"""The covariate that a group's statements may leave open."""


def observe_groups(
    groups: Sequence[CaseGroup], space: CaseSpace, *, covariates: Sequence[str], by_force: bool
) -> Observations:
    """Return the observations of groups of cases.

    Parameters
    ----------
    groups : sequence of CaseGroup
    space : CaseSpace
    covariates : sequence of str
        ``role``, and what the groups have among their covariates.
    by_force : bool
        Whether forces are told apart; otherwise all share one intercept of zero.

    Raises
    ------
    ModelError
        If a group breaks the rules of `CaseGroup` (all such groups are named), has no possible
        table, or too many.
    UsageError
        If a group lacks a covariate.
    """
    check_groups(groups, space)
    _require_covariates(groups, covariates)
    build = _Builder(space, tuple(covariates), by_force)
    for group in sorted(groups, key=lambda group: (group.force, group.group)):
        build.add(group)
    return build.observations()


def check_groups(groups: Sequence[CaseGroup], space: CaseSpace) -> None:
    """Refuse groups that break the rules, naming all of them.

    Raises
    ------
    ModelError, NotIdentifiedError
    """
    faults = []
    for group in groups:
        try:
            check_group(group, space)
        except ModelError as error:
            faults.append(str(error))
    names = [group.group for group in groups]
    twice = sorted({name for name in names if names.count(name) > 1})
    faults += [f"group '{name}' occurs twice" for name in twice]
    if faults:
        raise ModelError("\n".join(faults))
    cells = [cell for group in groups for partition in group.partitions for cell in partition]
    if not any(cell.rungs and cell.n_high for cell in cells):
        raise NotIdentifiedError("no group has a case with an outcome: there is nothing to fit")


def _require_covariates(groups: Sequence[CaseGroup], covariates: Sequence[str]) -> None:
    for name in covariates:
        lost = [group.group for group in groups if name != ROLE and name not in group.covariates]
        if lost:
            raise UsageError(
                f"covariate '{name}': group '{lost[0]}' has none of that name (groups of cases "
                f"have '{ROLE}' and {', '.join(groups[0].covariates) or 'no others'})"
            )


@dataclass
class _Builder:
    """Collects points, atoms, cells and tables, group by group."""

    space: CaseSpace
    covariates: tuple[str, ...]
    by_force: bool
    points: dict[tuple[Any, ...], int] = field(default_factory=dict)
    forces: dict[str, int] = field(default_factory=dict)
    atoms: list[tuple[int, int, int, int, float]] = field(default_factory=list)
    count: list[float] = field(default_factory=list)
    cell_force: list[int] = field(default_factory=list)
    tables: list[CellTable] = field(default_factory=list)
    cases: dict[int, int] = field(default_factory=dict)
    constant: float = 0.0
    rows: int = 0

    def add(self, group: CaseGroup) -> None:
        """Add a group: as a product of cells where it can be, else as a table."""
        self.rows += sum(len(cells) for cells in group.partitions)
        cells = group.partitions[0]
        before = len(self.count)
        if len(group.partitions) == 1 and all(cell.n_low == cell.n_high for cell in cells):
            self._add_partition(group, cells)
        else:
            self._add_table(group, self._force(group))
        if len(self.count) > before:
            force = self._force(group)
            self.cases[force] = self.cases.get(force, 0) + group_size(group).low

    def _force(self, group: CaseGroup) -> int:
        """Return the number of a group's force; one that no cell tells anything of gets none."""
        return self.forces.setdefault(group.force if self.by_force else "all", len(self.forces))

    def _add_partition(self, group: CaseGroup, cells: Partition) -> None:
        counts = {True: 0, False: 0}
        for cell in cells:
            counts[bool(cell.rungs)] += cell.n_low
            self.constant -= float(special.gammaln(cell.n_low + 1))
            if cell.n_low == 0:
                continue
            rungs = self._places(cell)
            whole = len(rungs) in (0, len(self.space.ladder))
            shares = [self._share(role) for role in self._roles(cell)]
            if whole:
                self.constant += cell.n_low * float(np.log(sum(shares)))
                continue
            if len(shares) == 1:
                self.constant += cell.n_low * float(np.log(shares[0]))
            self._add_cell(
                group, self._force(group), self._roles(cell), rungs, cell.n_low, len(shares) > 1
            )
        orders = special.gammaln(counts[True] + 1) + special.gammaln(counts[False] + 1)
        self.constant += float(orders)

    def _add_table(self, group: CaseGroup, force: int) -> None:
        rows, columns, off_ladder = _arrange(group, self.space)
        cells = np.full((len(rows), len(columns)), -1, dtype=np.intp)
        for i, row in enumerate(rows):
            for j, column in enumerate(columns):
                roles = [r for r in self.space.roles if r in row.roles & column.roles]
                rungs = _shared_rungs(row, rows, column, columns, self.space)
                if roles and rungs is not None:
                    cells[i, j] = self._add_cell(group, force, roles, rungs, 0, weighted=True)
        try:
            steps = plan_tables(
                [Interval(cell.n_low, cell.n_high) for cell in rows],
                [Interval(cell.n_low, cell.n_high) for cell in columns],
                possible=cells >= 0,
                off_ladder=off_ladder,
            )
        except ModelError as error:
            raise ModelError(f"group '{group.group}': {error}") from None
        listed = list_tables(steps, len(rows))
        self.tables.append(CellTable(group.group, force, cells, steps, listed))

    def _add_cell(
        self,
        group: CaseGroup,
        force: int,
        roles: Sequence[str],
        rungs: Sequence[int],
        count: int,
        weighted: bool,
    ) -> int:
        number = len(self.count)
        whole = (0, len(self.space.ladder))
        for role in roles:
            weight = float(np.log(self._share(role))) if weighted else 0.0
            point = self._point(group, force, role)
            for lower, upper in runs_of(rungs) or [whole]:
                self.atoms.append((number, point, lower, upper, weight))
        self.count.append(count)
        self.cell_force.append(force)
        return number

    def _point(self, group: CaseGroup, force: int, role: str) -> int:
        values = tuple(role if name == ROLE else group.covariates[name] for name in self.covariates)
        return self.points.setdefault((force, *values), len(self.points))

    def _roles(self, cell: Cell) -> list[str]:
        return [role for role in self.space.roles if role in cell.roles]

    def _places(self, cell: Cell) -> list[int]:
        return [place for place, rung in enumerate(self.space.ladder) if rung in cell.rungs]

    def _share(self, role: str) -> float:
        return self.space.shares[self.space.roles.index(role)]

    def observations(self) -> Observations:
        """Return what was collected, points sorted by force."""
        keys = list(self.points)
        order = sorted(range(len(keys)), key=lambda place: keys[place][0])
        place = np.empty(len(order), dtype=np.intp)
        place[order] = np.arange(len(order))
        frame = pd.DataFrame(
            {
                name: [keys[old][1 + column] for old in order]
                for column, name in enumerate(self.covariates)
            },
            index=range(len(order)),
        )
        for name in self.covariates:
            if name == ROLE:
                frame[name] = pd.Categorical(frame[name], categories=list(self.space.roles))
            elif not pd.api.types.is_numeric_dtype(frame[name].dtype):
                frame[name] = pd.Categorical(frame[name])
        columns = zip(*self.atoms, strict=True)
        cell, point, lower, upper, weight = (np.array(part) for part in columns)
        return Observations(
            ladder=self.space.ladder,
            forces=tuple(self.forces),
            points=frame,
            point_force=np.array([keys[old][0] for old in order], dtype=np.intp),
            atoms=AtomList(cell, place[point], lower, upper, weight.astype(float)),
            count=np.array(self.count, dtype=float),
            cell_force=np.array(self.cell_force, dtype=np.intp),
            cases=np.array([self.cases[force] for force in range(len(self.forces))], dtype=float),
            tables=tuple(self.tables),
            constant=self.constant,
            n_rows=self.rows,
        )


def _arrange(
    group: CaseGroup, space: CaseSpace
) -> tuple[Partition, Partition, int | NDArray[np.bool_]]:
    """Return the rows, the columns, and the columns (or the number of cases) off the ladder.

    Fewer columns are cheaper. But where the number of cases off the ladder is an interval, the
    partition that states it must be the columns, whose totals the last step knows.
    """
    if len(group.partitions) == 1:
        size = group_size(group)
        everything = Cell(frozenset(space.roles), frozenset(space.ladder), size.low, size.high)
        return (everything,), group.partitions[0], _off_ladder(group.partitions[0])
    rows, columns = sorted(group.partitions, key=len, reverse=True)
    if not (_off_ladder(rows).any() or _off_ladder(columns).any()):
        return rows, columns, 0
    for cells, others in ((columns, rows), (rows, columns)):
        if _tells_off_ladder(cells, space):
            off = [cell for cell in cells if not cell.rungs]
            if all(cell.n_low == cell.n_high for cell in off):
                return rows, columns, sum(cell.n_low for cell in off)
            return others, cells, _off_ladder(cells)
    raise ModelError(
        f"group '{group.group}': two partitions, and neither tells for every case whether it is "
        "off the ladder; leave the group out, or give the number of such cases in one of them"
    )


def _off_ladder(cells: Partition) -> NDArray[np.bool_]:
    return np.array([not cell.rungs for cell in cells])


def _tells_off_ladder(cells: Partition, space: CaseSpace) -> bool:
    """Whether the partition says of every case whether it is off the ladder."""
    return bool(_off_ladder(cells).any()) and not any(
        outcome_open(cell, cells, space) for cell in cells
    )


def _shared_rungs(
    row: Cell, rows: Partition, column: Cell, columns: Partition, space: CaseSpace
) -> list[int] | None:
    """Return the rungs a case of both cells can have; none for off the ladder; None: impossible."""
    if row.rungs and column.rungs:
        both = row.rungs & column.rungs
        return [k for k, rung in enumerate(space.ladder) if rung in both] or None
    possible = (not row.rungs or outcome_open(row, rows, space)) and (
        not column.rungs or outcome_open(column, columns, space)
    )
    return [] if possible else None
