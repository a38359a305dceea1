"""Rows as a matrix, made as small as their own bounds allow, and the solutions found of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy import sparse

from foistats.claims.pieces import Piece, pieces_of
from foistats.claims.propagation import EXACT, Box, Clash, propagate, tighten
from foistats.claims.rows import Row, Unknowns


@dataclass(frozen=True)
class Reduced:
    """What is left of rows once bounds are worked out.

    Attributes
    ----------
    least, most : array
        The bounds of all unknowns.
    pieces : list of Piece
        The rows that may still bind.
    largest : float
        The largest multiple in them.
    """

    least: np.ndarray
    most: np.ndarray
    pieces: list[Piece]
    largest: float


@dataclass
class System:
    """Rows over all unknowns of a problem.

    Attributes
    ----------
    rows : sequence of Row
        Each with some unknowns.
    matrix : sparse array
        Rows by unknowns.
    low, high : array
        The least and greatest value of the rows, infinite for none.
    most : array
        The greatest value of the unknowns.
    switch : array of bool
        Which unknowns are 0 or 1.
    solutions : list of array
        Found before, each satisfying all rows.
    """

    rows: Sequence[Row]
    matrix: sparse.csr_array
    low: np.ndarray
    high: np.ndarray
    most: np.ndarray
    switch: np.ndarray
    solutions: list[np.ndarray] = field(default_factory=list)

    @cached_property
    def reduced(self) -> Reduced | Clash:
        """What is left once bounds are worked out, or rows that clash."""
        return self.reduced_with({})

    def reduced_with(self, fixed: Mapping[int, int]) -> Reduced | Clash:
        """Return what is left if some unknowns have the given values, or rows that clash."""
        box = self.box(fixed)
        if isinstance(box, Clash):
            return box
        some = box.binding
        matrix, low, high = self.matrix[some], self.low[some], self.high[some]
        matrix, low, high = tighten(matrix, low, high, box=box, switch=self.switch)
        largest = float(np.abs(matrix.data).max(initial=0))
        pieces = pieces_of(matrix, (low, high), (box.low, box.high))
        return Reduced(box.low, box.high, pieces, largest)

    def box(self, fixed: Mapping[int, int]) -> Box | Clash:
        """Return the bounds of all unknowns that follow row by row, or rows that clash."""
        least, most = self.limits(fixed)
        return propagate(self.matrix, self.low, self.high, least=least, most=most)

    def limits(self, fixed: Mapping[int, int]) -> tuple[np.ndarray, np.ndarray]:
        """Return the bounds of all unknowns before any row is looked at."""
        least, most = np.zeros(len(self.most)), self.most.copy()
        for column, value in fixed.items():
            least[column] = most[column] = value
        return least, most

    def broken(self, values: np.ndarray) -> list[Row]:
        """Return the rows that values break; exact, since larger numbers are added up singly."""
        numbers = values.astype(float)
        if (abs(self.matrix) @ np.abs(numbers)).max(initial=0) > EXACT:
            return [row for row in self.rows if not row.holds(values)]
        sums = self.matrix @ numbers
        wrong = np.flatnonzero((sums < self.low) | (sums > self.high))
        return [self.rows[int(position)] for position in wrong]


def system_of(rows: Sequence[Row], unknowns: Unknowns) -> System:
    """Return rows as a matrix over the unknowns there are by now."""
    rows = [row for row in rows if len(row.columns)]
    columns = np.concatenate([np.zeros(0, dtype=int), *(row.columns for row in rows)])
    numbers = np.concatenate([np.zeros(0), *(row.floats for row in rows)])
    starts = np.cumsum([0, *(len(row.columns) for row in rows)])
    return System(
        rows,
        sparse.csr_array((numbers, columns, starts), shape=(len(rows), len(unknowns))),
        low=np.array([-np.inf if row.low is None else row.low for row in rows], dtype=float),
        high=np.array([np.inf if row.high is None else row.high for row in rows], dtype=float),
        most=unknowns.most,
        switch=unknowns.switches,
    )
