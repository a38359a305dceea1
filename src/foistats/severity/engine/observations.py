"""What was observed, in the form the likelihood reads: points, atoms, cells and tables.

A *point* is a distinct combination of covariates and force; the model gives the probability of
every rung at it. An *atom* is a run of neighbouring rungs at one point. A *cell* is what a number
of cases is known to be in: one atom (its outcome and covariates are known), or several with weights
(an outcome set with a gap; a role that is not stated, integrated out over its composition)::

    P(cell) = sum_atoms weight * (F(upper edge) - F(lower edge))

Most cells carry a count. Those of a *table* do not: there only sums of counts are printed, and the
likelihood adds up every table that has them. Cost depends on distinct cells, never on cases.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from foistats.severity.engine.integer_tables import (
    ListedTables,
    Step,
    TableMoments,
    log_table_sum,
    table_moments,
)

Array: TypeAlias = NDArray[Any]
Indices: TypeAlias = NDArray[np.intp]


@dataclass(frozen=True)
class AtomList:
    """Atoms, sorted by cell.

    Attributes
    ----------
    cell, point : array of int
        The cell that an atom is part of, and where in the covariates it lies.
    lower, upper : array of int
        The edges on its two sides: edge *k* is the threshold above rung *k* (counted from 1);
        0 and the number of rungs stand for minus and plus infinity.
    log_weight : array
    """

    cell: Indices
    point: Indices
    lower: Indices
    upper: Indices
    log_weight: Array


@dataclass(frozen=True)
class CellTable:
    """A sum over integer tables whose entries are cells.

    Attributes
    ----------
    name : str
        The group of cases.
    force : int
    cells : array of int, rows x columns
        The cell of each entry; -1 where no case can be.
    steps : tuple of Step
        See `foistats.severity.engine.integer_tables`.
    listed : ListedTables or None
        Every table, where there are few.
    """

    name: str
    force: int
    cells: Indices
    steps: tuple[Step, ...]
    listed: ListedTables | None = None

    def log_sum(self, log_cells: Array) -> Array:
        """Return the logarithm of the sum over tables, from rows x columns x nodes."""
        if self.listed is not None:
            return self.listed.log_sum(log_cells)
        return log_table_sum(self.steps, log_cells)

    def moments(self, log_cells: Array) -> TableMoments:
        """Return the same with its derivatives."""
        if self.listed is not None:
            return self.listed.moments(log_cells)
        return table_moments(self.steps, log_cells)


@dataclass(frozen=True)
class Observations:
    """All that a fit knows of the data.

    Attributes
    ----------
    ladder : tuple of str
        The rungs, least severe first.
    forces : tuple of str
        The groups that share a random intercept; a single one where there is none.
    points : DataFrame
        Covariates, one row per point, sorted by force.
    point_force : array of int
        The force of each point.
    atoms : AtomList
    count : array
        Cases in each cell; zero for cells of tables.
    cell_force : array of int
    tables : tuple of CellTable
    constant : float
        What the log-likelihood has besides, whatever the parameters: multinomial coefficients and
        role shares of groups of cases.
    cases : array, forces
        The cases of each force: of a frame, those whose outcome says anything; of groups of cases
        all, at the lower end where their number is an interval.
    n_rows : int
        Rows, or statements, that the data had.
    """

    ladder: tuple[str, ...]
    forces: tuple[str, ...]
    points: pd.DataFrame
    point_force: Indices
    atoms: AtomList
    count: Array
    cell_force: Indices
    cases: Array
    tables: tuple[CellTable, ...] = ()
    constant: float = 0.0
    n_rows: int = 0

    @property
    def cuts(self) -> int:
        """The number of thresholds."""
        return len(self.ladder) - 1

    @property
    def gapped(self) -> bool:
        """Whether some case's outcome set has a gap: two runs of rungs at one point."""
        pairs = self.atoms.cell * len(self.points) + self.atoms.point
        return len(np.unique(pairs)) < len(pairs)

    @property
    def exact(self) -> bool:
        """Whether every case has one known rung at one known point."""
        atoms = self.atoms
        single = len(atoms.cell) == len(self.count)
        return single and not self.tables and bool(np.all(atoms.upper - atoms.lower == 1))


def runs_of(rungs: Sequence[int]) -> list[tuple[int, int]]:
    """Return the runs of neighbouring rungs (numbered from 0) as pairs of edges.

    Examples
    --------
    >>> runs_of([0, 1, 3])
    [(0, 2), (3, 4)]
    """
    runs: list[tuple[int, int]] = []
    for rung in sorted(rungs):
        if runs and runs[-1][1] == rung:
            runs[-1] = (runs[-1][0], rung + 1)
        else:
            runs.append((rung, rung + 1))
    return runs
