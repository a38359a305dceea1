"""Bounds of unknowns that rows of whole numbers imply one by one, before any solver is asked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

#: Whole numbers up to here are exact as floating-point numbers.
EXACT = 2.0**52
#: After so many rounds the solver may as well take over.
ROUNDS = 40


@dataclass(frozen=True)
class Box:
    """The least and greatest value of every unknown, and the rows that may still bind."""

    low: np.ndarray
    high: np.ndarray
    binding: np.ndarray


@dataclass(frozen=True)
class Clash:
    """Rows that no whole numbers satisfy together; not all of them may be needed."""

    rows: frozenset[int]


def propagate(
    matrix: sparse.csr_array,
    low: np.ndarray,
    high: np.ndarray,
    *,
    least: np.ndarray,
    most: np.ndarray,
) -> Box | Clash:
    r"""Tighten the bounds of unknowns, or find rows that no whole numbers satisfy.

    Of a row :math:`b \le \sum_j a_j x_j \le c` and bounds of the other unknowns follows, for
    :math:`a_j > 0`, that :math:`x_j \le \lfloor (c - \sum_{i \ne j} \min a_i x_i) / a_j \rfloor`,
    and so for the other three cases, until nothing changes. Everything is a whole number below
    2^52, so floating-point numbers are exact; larger problems are returned as they came.

    Parameters
    ----------
    matrix : sparse array
        Rows by unknowns, whole numbers.
    low, high : array
        Ends of the rows, infinite for none.
    least, most : array
        Bounds of the unknowns, finite.
    """
    untouched = Box(least, most, np.ones(len(low), dtype=bool))
    if not matrix.nnz:
        return untouched
    numbers, columns, starts = matrix.data, matrix.indices, matrix.indptr[:-1]
    if np.add.reduceat(np.abs(numbers) * most[columns], starts).max() > EXACT:
        return untouched
    lengths = np.diff(matrix.indptr)
    row = np.repeat(np.arange(len(lengths)), lengths)
    positive = numbers > 0
    trail = _Trail(matrix)
    for _ in range(ROUNDS):
        one, other = numbers * least[columns], numbers * most[columns]
        small, large = np.where(positive, one, other), np.where(positive, other, one)
        smallest, largest = np.add.reduceat(small, starts), np.add.reduceat(large, starts)
        wrong = np.flatnonzero((smallest > high) | (largest < low))
        if len(wrong):
            return trail.clash(int(wrong[0]), bool(smallest[wrong[0]] > high[wrong[0]]))
        above = (high[row] - smallest[row] + small) / numbers
        below = (low[row] - largest[row] + large) / numbers
        upper = np.floor(np.where(positive, above, below) + 1e-9)
        lower = np.ceil(np.where(positive, below, above) - 1e-9)
        tighter, looser = most.copy(), least.copy()
        np.minimum.at(tighter, columns, upper)
        np.maximum.at(looser, columns, lower)
        trail.note(row, upper == tighter[columns], tighter < most, True)
        trail.note(row, lower == looser[columns], looser > least, False)
        apart = np.flatnonzero(looser > tighter)
        if len(apart):
            return trail.apart(int(apart[0]))
        if (tighter == most).all() and (looser == least).all():
            break
        least, most = looser, tighter
    binding = (smallest < low) | (largest > high)
    return Box(least, most, binding)


def tighten(
    matrix: sparse.csr_array, low: np.ndarray, high: np.ndarray, *, box: Box, switch: np.ndarray
) -> tuple[sparse.csr_array, np.ndarray, np.ndarray]:
    """Make the multiples of switches as small as the bounds of the other unknowns allow.

    A row that a switch turns on or off holds for the same whole numbers with the smallest multiple
    that still does so; a large one drowns in the tolerances of a numerical solver.

    Parameters
    ----------
    matrix, low, high
        Rows, each with one finite end to be changed; others stay.
    box : Box
        Bounds of the unknowns.
    switch : array of bool
        Which unknowns are 0 or 1.
    """
    matrix, low, high = matrix.copy(), low.copy(), high.copy()
    numbers, columns = matrix.data, matrix.indices
    row = np.repeat(np.arange(len(low)), np.diff(matrix.indptr))
    open_switch = switch[columns] & (box.low[columns] < box.high[columns])
    alone = np.bincount(row[open_switch], minlength=len(low)) == 1
    ends = numbers * box.low[columns], numbers * box.high[columns]
    largest = np.bincount(row, np.maximum(*ends), len(low))
    smallest = np.bincount(row, np.minimum(*ends), len(low))
    for entry in np.flatnonzero(open_switch & alone[row]):
        at, number = row[entry], numbers[entry]
        if np.isinf(low[at]):
            rest, end = largest[at] - max(number, 0.0), high[at]
            if number < 0 and number < end - rest < 0:
                numbers[entry] = end - rest
            elif number > 0 and 0 < end - rest < number:
                numbers[entry], high[at] = number - (end - rest), rest
        elif np.isinf(high[at]):
            rest, end = smallest[at] - min(number, 0.0), low[at]
            if number > 0 and number > end - rest > 0:
                numbers[entry] = end - rest
            elif number < 0 and 0 > end - rest > number:
                numbers[entry], low[at] = number - (end - rest), rest
    return matrix, low, high


class _Trail:
    """Which row set which bound in which round, to tell what a clash rests on."""

    def __init__(self, matrix: sparse.csr_array) -> None:
        self._matrix = matrix
        self._set_by: dict[bool, list[np.ndarray]] = {True: [], False: []}

    def note(self, row: np.ndarray, tight: np.ndarray, changed: np.ndarray, upper: bool) -> None:
        """Note the rows of one round: of each bound that changed, one that set it."""
        found = np.full(len(changed), -1)
        chosen = tight & changed[self._matrix.indices]
        found[self._matrix.indices[chosen]] = row[chosen]
        self._set_by[upper].append(found)

    def clash(self, row: int, too_large: bool) -> Clash:
        """Return what a row that cannot hold rests on."""
        rounds = len(self._set_by[True])
        return self._trace([row], self._bounds(row, not too_large, None, rounds))

    def apart(self, column: int) -> Clash:
        """Return what an unknown without a value rests on."""
        rounds = len(self._set_by[False])
        return self._trace([], [(column, True, rounds), (column, False, rounds)])

    def _trace(self, rows: list[int], waiting: list[tuple[int, bool, int]]) -> Clash:
        found, seen = set(rows), set()
        while waiting:
            column, upper, before = waiting.pop()
            history = self._set_by[upper]
            when = next((n for n in range(before - 1, -1, -1) if history[n][column] >= 0), None)
            if when is None or (column, upper, when) in seen:
                continue
            seen.add((column, upper, when))
            row = int(history[when][column])
            found.add(row)
            number = self._number(row, column)
            waiting += self._bounds(row, (number > 0) != upper, column, when)
        return Clash(frozenset(found))

    def _bounds(
        self, row: int, largest: bool, without: int | None, before: int
    ) -> list[tuple[int, bool, int]]:
        """Return the bounds that the least or largest sum of a row is made of."""
        part = slice(self._matrix.indptr[row], self._matrix.indptr[row + 1])
        entries = zip(self._matrix.indices[part], self._matrix.data[part], strict=True)
        return [
            (int(column), bool((number > 0) == largest), before)
            for column, number in entries
            if column != without
        ]

    def _number(self, row: int, column: int) -> float:
        part = slice(self._matrix.indptr[row], self._matrix.indptr[row + 1])
        return float(self._matrix.data[part][self._matrix.indices[part] == column][0])
