"""Rows of whole numbers split into pieces that share no unknown, each settled on its own."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult

from foistats.highs import milp

#: How far rows are widened for the solver: rows are in whole numbers, so this changes no answer
#: and keeps rounding errors of large counts from looking like a conflict.
SLACK = 0.25
#: How near to whole numbers the solution of a linear program must come to be taken for them.
NEAR = 1e-6
#: How a piece ends: a solution, out of time, no solution, no answer. The first three are SciPy's.
SOLVED, LATE, NONE, LOST = 0, 1, 2, 4


@dataclass(frozen=True, eq=False)
class Piece:
    """Rows, and the unknowns that they share with no other piece.

    Attributes
    ----------
    columns : array of int
        Which unknowns they are.
    matrix : sparse array
        Rows by these unknowns, whole numbers.
    low, high : array
        The least and greatest value of the rows.
    least, most : array
        The least and greatest value of the unknowns.
    """

    columns: np.ndarray
    matrix: sparse.csr_array
    low: np.ndarray
    high: np.ndarray
    least: np.ndarray
    most: np.ndarray

    @cached_property
    def key(self) -> tuple[bytes, ...]:
        """What it says, wherever its unknowns stand."""
        matrix = self.matrix
        parts = (matrix.data, matrix.indices, matrix.indptr)
        return tuple(
            part.tobytes() for part in (*parts, self.low, self.high, self.least, self.most)
        )


#: How pieces ended, by what they say and by the costs of their unknowns.
Memory = dict[tuple[bytes, ...], tuple[int, np.ndarray | None]]


def pieces_of(
    matrix: sparse.csr_array,
    ends: tuple[np.ndarray, np.ndarray],
    box: tuple[np.ndarray, np.ndarray],
) -> list[Piece]:
    """Split rows into pieces; unknowns that have one value only join nothing.

    Parameters
    ----------
    matrix : sparse array
        Rows by unknowns.
    ends, box : pair of arrays
        The least and greatest value of rows, and of unknowns.
    """
    least, most = box
    free = np.flatnonzero(least < most)
    shift = matrix @ np.where(least < most, 0.0, least)
    low, high = ends[0] - shift, ends[1] - shift
    rest = sparse.csr_array(matrix[:, free])
    busy = np.diff(rest.indptr) > 0
    rest, low, high = rest[busy], low[busy], high[busy]
    found = []
    for rows, columns in _apart(rest):
        own = free[columns]
        part = sparse.csr_array(rest[rows][:, columns])
        found.append(Piece(own, part, low[rows], high[rows], least[own], most[own]))
    return found


def settle_pieces(
    pieces: Sequence[Piece],
    box: tuple[np.ndarray, np.ndarray],
    *,
    costs: np.ndarray,
    until: float | None,
    memory: Memory,
) -> tuple[int, np.ndarray | None]:
    """Return a cheapest solution, piece by piece.

    Parameters
    ----------
    pieces : sequence of Piece
    box : pair of arrays
        The least and greatest value of all unknowns; those in no piece may take any between.
    costs : array
        What a unit of each unknown costs.
    until : float or None
        The moment (`time.monotonic`) to give up.
    memory : dict
        Pieces settled before are looked up in it; new ones are added.

    Returns
    -------
    status, values
        A status above and, if solved, the values of all unknowns.
    """
    least, most = box
    values = np.where(costs < 0, most, least)
    for piece in pieces:
        status, found = _remembered(piece, costs[piece.columns], until, memory)
        if status != SOLVED or found is None:
            return status, None
        values[piece.columns] = found
    return SOLVED, values


def ask(
    matrix: sparse.csr_array,
    ends: tuple[np.ndarray, np.ndarray],
    box: tuple[np.ndarray, np.ndarray],
    *,
    costs: np.ndarray,
    until: float | None,
    presolve: bool = True,
    whole: bool = True,
) -> OptimizeResult:
    """Ask SciPy's HiGHS for a cheapest solution.

    Parameters
    ----------
    matrix : sparse array
    ends, box : pair of arrays
        The least and greatest value of rows, and of unknowns.
    costs : array
    until : float or None
    presolve : bool
        Whether the solver may reformulate.
    whole : bool
        Whether only whole numbers count; else it is a linear program.
    """
    options: dict[str, float | bool] = {"mip_rel_gap": 0.0, "presolve": presolve}
    slack = SLACK if whole else 0.0
    if until is not None:
        left = until - time.monotonic()
        if left <= 0:
            return OptimizeResult({"status": LATE, "x": None})  # type: ignore[call-arg]
        options["time_limit"] = left
    rows = LinearConstraint(matrix, ends[0] - slack, ends[1] + slack)
    return milp(
        costs,
        constraints=rows if matrix.shape[0] else (),
        bounds=Bounds(*box),
        integrality=np.full(len(costs), int(whole)),
        options=options,
    )


def _apart(matrix: sparse.csr_array) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return rows and columns of every piece; columns of no row are in none."""
    height, width = matrix.shape
    rows = np.repeat(np.arange(height), np.diff(matrix.indptr))
    ones = np.ones(len(rows))
    graph = sparse.coo_array((ones, (rows, height + matrix.indices)), shape=(height + width,) * 2)
    _, labels = sparse.csgraph.connected_components(graph, directed=False)
    found = []
    for label in np.unique(labels[:height]):
        members = np.flatnonzero(labels == label)
        split = np.searchsorted(members, height)
        found.append((members[:split], members[split:] - height))
    return found


def _remembered(
    piece: Piece, costs: np.ndarray, until: float | None, memory: Memory
) -> tuple[int, np.ndarray | None]:
    key = (*piece.key, costs.tobytes())
    if key not in memory:
        status, found = _settled(piece, costs, until)
        if status == LATE:
            return LATE, None
        memory[key] = status, found
    return memory[key]


def _settled(piece: Piece, costs: np.ndarray, until: float | None) -> tuple[int, np.ndarray | None]:
    if costs.any() and (found := _relaxed(piece, costs, until)) is not None:
        return SOLVED, found
    ends, box = (piece.low, piece.high), (piece.least, piece.most)
    answer = ask(piece.matrix, ends, box, costs=costs, until=until)
    if answer.x is not None and answer.status != LATE:
        return SOLVED, np.rint(answer.x)
    return answer.status if answer.status in (LATE, NONE) else LOST, None


def _relaxed(piece: Piece, costs: np.ndarray, until: float | None) -> np.ndarray | None:
    """Return a cheapest solution if one in any numbers is in whole numbers; mostly it is.

    The linear program takes a quarter of the time of the question in whole numbers.
    """
    ends, box = (piece.low, piece.high), (piece.least, piece.most)
    answer = ask(piece.matrix, ends, box, costs=costs, until=until, presolve=False, whole=False)
    if answer.status != SOLVED or answer.x is None:
        return None
    found = np.rint(answer.x)
    sums = piece.matrix @ found
    holds = (sums >= piece.low).all() and (sums <= piece.high).all()
    return found if holds and np.abs(found - answer.x).max() < NEAR else None
