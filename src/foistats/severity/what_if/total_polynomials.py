"""From a total, the groups it contains and its members to polynomials over points and rungs.

See `foistats.severity.what_if.total_counts` for what is done with them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from foistats.errors import ModelError, UsageError, did_you_mean
from foistats.severity.engine.design import Design
from foistats.severity.engine.observations import Observations
from foistats.severity.engine.statements import ROLE, observe_groups
from foistats.severity.groups.case_groups import CaseGroup, CaseSpace, Cell, role_shares
from foistats.severity.predictions import design_at
from foistats.severity.results import SeverityFit
from foistats.severity.what_if.total_counts import (
    ClosedCell,
    ClosedTable,
    ForceCounts,
    OpenCell,
    Target,
)
from foistats.severity.what_if.total_statements import Member, Total

Array: TypeAlias = NDArray[Any]


@dataclass(frozen=True)
class CompiledTotal:
    """A total in the terms of the likelihood.

    Attributes
    ----------
    design : Design
        Of the points below, all in one group.
    forces : tuple of ForceCounts
    target : Target
    """

    design: Design
    forces: tuple[ForceCounts, ...]
    target: Target

    @cached_property
    def largest_force(self) -> float:
        """The largest number of cases of one force."""
        return max((force.cases for force in self.forces), default=0.0)


def compile_total(
    fit: SeverityFit, groups: Sequence[CaseGroup], space: CaseSpace, total: Total
) -> CompiledTotal:
    """Return a total in the terms of the likelihood.

    Parameters
    ----------
    fit : SeverityFit
    groups, space
        The groups of the fit, and what their cases can be.
    total : Total

    Raises
    ------
    UsageError
        For an unknown rung or role, or a covariate that is missing.
    ModelError
        If a contained group leaves its counts open within a table.
    """
    return _Compiler(fit, groups, space, total).compiled()


class _Compiler:
    """Writes a total as polynomials over points and rungs."""

    def __init__(
        self, fit: SeverityFit, groups: Sequence[CaseGroup], space: CaseSpace, total: Total
    ) -> None:
        self.fit, self.groups, self.space, self.total = fit, groups, space, total
        self.points: dict[tuple[Any, ...], int] = {}
        self.classes = self._classes()
        self.shares = space.shares
        if total.shares:
            self.shares = role_shares(space.roles, total.shares)

    def _classes(self) -> Array:
        """The set of every rung, counted from 1; 0: none."""
        ladder = self.space.ladder
        classes = np.zeros(len(ladder), dtype=int)
        for number, said in enumerate(self.total.statements, start=1):
            for rung in said.rungs:
                if rung not in ladder:
                    raise UsageError(
                        f"total '{self.total.name}': unknown rung '{rung}'"
                        f"{did_you_mean(rung, ladder)} (allowed: {', '.join(ladder)})"
                    )
                classes[ladder.index(rung)] = number
        return classes

    def compiled(self) -> CompiledTotal:
        """Return the total as the likelihood takes it."""
        total = self.total
        inside = {group.force for group in self.groups if group.group in total.contains}
        shared = inside | {member.force for member in total.members}
        by_force = {force: _OneForce([], []) for force in sorted(shared)}
        for group in self.groups:
            if group.force in shared:
                by_force[group.force].groups.append(group)
                self._add_points(group.covariates, f"group '{group.group}'")
        for member in total.members:
            by_force[member.force].members.append(member)
            self._add_points(member.covariates, f"member '{member.name}'")
        forces = tuple(
            self._force(cases, times) for cases, times in _alike(list(by_force.values()))
        )
        target = Target(
            np.array([said.n_low for said in total.statements]),
            np.array([said.n_high for said in total.statements]),
            total.removed,
        )
        return CompiledTotal(self._design(), forces, target)

    def _add_points(self, covariates: Mapping[str, Any], what: str) -> None:
        lost = [n for n in self.fit.model.covariates if n != ROLE and n not in covariates]
        if lost:
            raise UsageError(
                f"total '{self.total.name}': {what} has no covariate '{lost[0]}', which the model "
                "names"
            )
        for role in self.space.roles:
            self.points.setdefault(self._key(covariates, role), len(self.points))

    def _key(self, covariates: Mapping[str, Any], role: str) -> tuple[Any, ...]:
        return tuple(
            role if name == ROLE else covariates[name] for name in self.fit.model.covariates
        )

    def _design(self) -> Design:
        names = list(self.fit.model.covariates)
        frame = pd.DataFrame(list(self.points), index=range(len(self.points)), columns=names)
        return design_at(self.fit, frame)

    def _force(self, cases: _OneForce, times: int) -> ForceCounts:
        force = _ForceBuilder(np.zeros(len(self.total.statements), dtype=int))
        for group in cases.groups:
            contained = group.group in self.total.contains
            cells = group.partitions[0]
            if len(group.partitions) > 1 or any(cell.n_low < cell.n_high for cell in cells):
                force.tables.append(self._table(group))
                if contained:
                    force.certain += self._certain(group)
                continue
            for cell in cells:
                self._add_cell(force, group, cell, contained)
        for member in cases.members:
            everything = self._matrix(member.covariates, self.space.roles, self.shares)
            sizes = np.array(sorted(member.sizes))
            shares = np.array([member.sizes[size] for size in sizes])
            force.open.append(self._open(everything, sizes[shares > 0], shares[shares > 0]))
        return ForceCounts(
            tuple(force.closed), tuple(force.tables), tuple(force.open), force.certain, times
        )

    def _add_cell(
        self, force: _ForceBuilder, group: CaseGroup, cell: Cell, contained: bool
    ) -> None:
        """Add a cell: what it says of the intercept, and of the sets if contained."""
        whole = cell.rungs >= frozenset(self.space.ladder)
        if not cell.rungs or not cell.n_low or (whole and not contained):
            return
        roles = [role for role in self.space.roles if role in cell.roles]
        shares = [self.space.shares[self.space.roles.index(role)] for role in roles]
        matrix = self._matrix(group.covariates, roles, shares, cell.rungs)
        classes = np.flatnonzero(matrix.any(axis=1))
        if contained and whole and (len(classes) > 1 or self.total.not_concluded):
            matrix = matrix / sum(shares)
            force.open.append(self._open(matrix, np.array([cell.n_low]), np.ones(1)))
        elif contained and len(classes) > 1:
            force.open.append(OpenCell(matrix, np.array([cell.n_low]), np.ones(1)))
        else:
            force.closed.append(ClosedCell(matrix.sum(axis=0), cell.n_low))
            if contained and classes[0]:
                force.certain[classes[0] - 1] += cell.n_low

    def _open(self, matrix: Array, sizes: Array, shares: Array) -> OpenCell:
        """Return cases of which nothing is known, some of them not concluded."""
        lost = self.total.not_concluded
        return OpenCell((1 - lost) * matrix, sizes, shares, lost)

    def _matrix(
        self,
        covariates: Mapping[str, Any],
        roles: Sequence[str],
        shares: Sequence[float],
        rungs: frozenset[str] | None = None,
    ) -> Array:
        """Return the probabilities of the classes as a matrix: (1 + sets) x places."""
        ladder = self.space.ladder
        matrix = np.zeros((1 + len(self.total.statements), len(self.points) * len(ladder)))
        for role, share in zip(roles, shares, strict=True):
            first = self.points[self._key(covariates, role)] * len(ladder)
            for place, rung in enumerate(ladder):
                if rungs is None or rung in rungs:
                    matrix[self.classes[place], first + place] += share
        return matrix

    def _table(self, group: CaseGroup) -> ClosedTable:
        covariates = self.fit.model.covariates
        seen = observe_groups([group], self.space, covariates=covariates, by_force=False)
        table = seen.tables[0]
        by_cell = self._cell_weights(seen)
        weights = np.where((table.cells.ravel() >= 0)[:, None], by_cell[table.cells.ravel()], 0.0)
        rows, columns = table.cells.shape
        return ClosedTable(weights, table.steps, (rows, columns))

    def _cell_weights(self, seen: Observations) -> Array:
        """Return the cells of observations as weights of places: cells x places."""
        rungs, atoms = len(self.space.ladder), seen.atoms
        weights = np.zeros((len(seen.count), len(self.points) * rungs))
        names = list(self.fit.model.covariates)
        keys = [tuple(row) for row in seen.points[names].itertuples(index=False)]
        for cell, point, lower, upper, log_weight in zip(
            atoms.cell, atoms.point, atoms.lower, atoms.upper, atoms.log_weight, strict=True
        ):
            first = self.points[keys[point]] * rungs
            weights[cell, first + lower : first + upper] += np.exp(log_weight)
        return weights

    def _certain(self, group: CaseGroup) -> Array:
        """Return the cases in each set, where one partition of a table tells them.

        Raises
        ------
        ModelError
            If none does.
        """
        for cells in group.partitions:
            certain = self._certain_of(cells)
            if certain is not None:
                return certain
        raise ModelError(
            f"total '{self.total.name}': group '{group.group}' prints two margins or intervals, "
            "and neither margin says how many of its cases are in each set of the total; leave the "
            "group out of the fit (it can then be a member), or use one of its partitions"
        )

    def _certain_of(self, cells: Sequence[Cell]) -> Array | None:
        certain = np.zeros(len(self.total.statements), dtype=int)
        for cell in cells:
            classes = {int(self.classes[self.space.ladder.index(rung)]) for rung in cell.rungs}
            number = classes.pop() if classes else 0
            if classes or (number and cell.n_low < cell.n_high):
                return None
            if number:
                certain[number - 1] += cell.n_low
        return certain


@dataclass
class _OneForce:
    """The groups and members that share an intercept."""

    groups: list[CaseGroup]
    members: list[Member]


@dataclass
class _ForceBuilder:
    """What `ForceCounts` is made of."""

    certain: Array
    closed: list[ClosedCell] = field(default_factory=list)
    tables: list[ClosedTable] = field(default_factory=list)
    open: list[OpenCell] = field(default_factory=list)


def _alike(forces: Sequence[_OneForce]) -> list[tuple[_OneForce, int]]:
    """Join forces of which nothing but the same number of cases is known."""
    found: dict[Any, tuple[_OneForce, int]] = {}
    for place, cases in enumerate(forces):
        key: Any = place
        if not cases.groups:
            key = tuple(
                (tuple(sorted(m.sizes.items())), tuple(sorted(m.covariates.items())))
                for m in cases.members
            )
        found[key] = (cases, found.get(key, (cases, 0))[1] + 1)
    return list(found.values())
