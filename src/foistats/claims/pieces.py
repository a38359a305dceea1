"""Rows of whole numbers split into pieces that share no unknown, each settled on its own."""

from __future__ import annotations

import time

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, milp

#: How far rows are widened for the solver: rows are in whole numbers, so this changes no answer
#: and keeps rounding errors of large counts from looking like a conflict.
SLACK = 0.25
#: How a piece ends: a solution, out of time, no solution, no answer.
SOLVED, LATE, NONE, LOST = 0, 1, 2, 4

Memory = dict[tuple[bytes, ...], tuple[int, np.ndarray | None]]


def settle_pieces(
    matrix: sparse.csr_array,
    ends: tuple[np.ndarray, np.ndarray],
    *,
    box: tuple[np.ndarray, np.ndarray],
    costs: np.ndarray,
    until: float | None,
    memory: Memory,
) -> tuple[int, np.ndarray | None]:
    """Return a cheapest solution, piece by piece.

    Unknowns that have one value only join nothing. Pieces seen before are remembered.

    Parameters
    ----------
    matrix : sparse array
        Rows by unknowns.
    ends, box : pair of arrays
        The least and greatest value of rows, and of unknowns.
    costs : array
        What a unit of each unknown costs.
    until : float or None
        The moment (`time.monotonic`) to give up.
    memory : dict
        Pieces settled before; new ones are added.

    Returns
    -------
    status, values
        A status above and, if solved, the values of all unknowns.
    """
    least, most = box
    values = np.where(costs < 0, most, least)
    free = np.flatnonzero(least < most)
    settled = np.where(least < most, 0.0, least)
    shift = matrix @ settled
    low, high = ends[0] - shift, ends[1] - shift
    rest = sparse.csr_array(matrix[:, free])
    busy = np.diff(rest.indptr) > 0
    rest, low, high = rest[busy], low[busy], high[busy]
    if not rest.shape[0]:
        return SOLVED, values
    for rows, columns in _apart(rest):
        mine = free[columns]
        piece = sparse.csr_array(rest[rows][:, columns])
        data = (low[rows], high[rows], least[mine], most[mine], costs[mine])
        status, found = _remembered(piece, data, until, memory)
        if status != SOLVED or found is None:
            return status, None
        values[mine] = found
    return SOLVED, values


def ask(
    matrix: sparse.csr_array,
    data: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    *,
    until: float | None,
    presolve: bool = True,
) -> OptimizeResult:
    """Ask SciPy's HiGHS for a cheapest solution.

    Parameters
    ----------
    matrix : sparse array
    data : tuple of array
        Ends of the rows, bounds of the unknowns, costs.
    until : float or None
    presolve : bool
        Whether the solver may reformulate.
    """
    low, high, least, most, costs = data
    options: dict[str, float | bool] = {"mip_rel_gap": 0.0, "presolve": presolve}
    if until is not None:
        left = until - time.monotonic()
        if left <= 0:
            return OptimizeResult({"status": LATE, "x": None})  # type: ignore[call-arg]
        options["time_limit"] = left
    return milp(
        costs,
        constraints=LinearConstraint(matrix, low - SLACK, high + SLACK) if len(low) else (),
        bounds=Bounds(least, most),
        integrality=np.ones(len(costs), dtype=int),
        options=options,  # type: ignore[arg-type]
    )


def _apart(matrix: sparse.csr_array) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return rows and columns of every piece; columns of no row are in none."""
    height, width = matrix.shape
    rows = np.repeat(np.arange(height), np.diff(matrix.indptr))
    ones = np.ones(len(rows))
    graph = sparse.coo_array((ones, (rows, height + matrix.indices)), shape=(height + width,) * 2)
    number, labels = sparse.csgraph.connected_components(graph, directed=False)
    found = []
    for label in range(number):
        members = np.flatnonzero(labels == label)
        split = np.searchsorted(members, height)
        if split:
            found.append((members[:split], members[split:] - height))
    return found


def _remembered(
    piece: sparse.csr_array,
    data: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    until: float | None,
    memory: Memory,
) -> tuple[int, np.ndarray | None]:
    parts = (piece.data, piece.indices, piece.indptr, *data)
    key = tuple(part.tobytes() for part in parts)
    if key not in memory:
        answer = ask(piece, data, until=until)
        if answer.status == LATE:
            return LATE, None
        found = None if answer.x is None else np.rint(answer.x)
        status = NONE if answer.status == NONE else LOST if found is None else SOLVED
        memory[key] = status, found
    return memory[key]
