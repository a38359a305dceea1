"""Estimates that do not exist: separation, rungs nobody reached, columns that say the same.

The likelihood of a cumulative model rises without end along a direction of the parameters if no
case's upper edge falls and no case's lower edge rises along it, and some case's edges move apart. A
linear programme finds such a direction or proves that there is none. An intercept of the force
does not enter: what separates does so in every force.

Sources: Albert and Anderson 1984; Konis 2007 (linear programming); Agresti 2010, section 3.4.5.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse

from foistats.severity.engine.design import Columns, Design
from foistats.severity.engine.observations import Observations

Array: TypeAlias = NDArray[Any]

_MOVES = 1e-6


def threshold_names(ladder: Sequence[str]) -> tuple[str, ...]:
    """Name the thresholds by the rungs on their two sides."""
    return tuple(f"{below}|{above}" for below, above in itertools.pairwise(ladder))


def ladder_faults(observations: Observations) -> Iterator[str]:
    """Name thresholds that no case tells, and rungs that no case reaches."""
    ladder, atoms = observations.ladder, observations.atoms
    edges = np.union1d(atoms.lower, atoms.upper)
    names = threshold_names(ladder)
    open_thresholds = [name for place, name in enumerate(names, start=1) if place not in edges]
    if open_thresholds:
        yield (
            f"no case tells on which side of {', '.join(open_thresholds)} it lies: merge the rungs "
            "on the two sides"
        )
        return
    width = len(ladder) + 1
    reached = np.bincount(atoms.lower, minlength=width) - np.bincount(atoms.upper, minlength=width)
    empty = [rung for rung, cases in zip(ladder, np.cumsum(reached), strict=False) if not cases]
    if empty:
        yield f"no case at {', '.join(empty)}: merge it with a neighbouring rung"


def column_faults(columns: Columns, names: Sequence[str]) -> Iterator[str]:
    """Name columns that are combinations of each other and the constant."""
    if not columns.width:
        return
    centred = columns.dense - columns.dense.mean(axis=0)
    size = np.abs(columns.dense).max(axis=0) * np.sqrt(len(centred))
    scale = np.linalg.norm(centred, axis=0)
    constant = scale <= 1e-12 * size
    scaled = np.where(constant, 0.0, centred / np.where(constant, 1.0, scale))
    values, vectors = np.linalg.eigh(scaled.T @ scaled)
    for value, vector in zip(values, vectors.T, strict=True):
        if value < 1e-12 * max(values[-1], 1.0):
            named = [names[int(place)] for place in np.flatnonzero(np.abs(vector) > 1e-5)]
            yield (
                f"{', '.join(named)} cannot be told apart: "
                "each follows from the others and the constant; leave one out"
            )


def separated(design: Design, observations: Observations) -> dict[int, float]:
    """Return a direction along which the likelihood rises without end; empty if there is none.

    Scale effects are taken as fixed.

    Returns
    -------
    dict of int to float
        By place in the parameter vector, how the parameter moves along the direction.
    """
    width = design.slices["location"].stop
    atoms, cuts = observations.atoms, design.cuts
    rows, signs = [], []
    for edge, sign in ((atoms.upper, 1.0), (atoms.lower, -1.0)):
        inside = (edge > 0) & (edge <= cuts)
        pairs = np.unique(np.column_stack([atoms.point[inside], edge[inside] - 1]), axis=0)
        rows.append(_edge_rows(design, pairs[:, 0], pairs[:, 1]))
        signs.append(np.full(len(pairs), sign))
    moves = sparse.csr_array(sparse.vstack(rows)).multiply(np.concatenate(signs)[:, None])
    result = optimize.linprog(
        -np.asarray(moves.sum(axis=0)).ravel(),
        A_ub=-moves.tocsr(),
        b_ub=np.zeros(moves.shape[0]),
        bounds=(-1, 1),
        method="highs",
    )
    if result.x is None or result.fun is None or -result.fun < _MOVES:
        return {}
    direction = result.x[:width]
    moving = np.flatnonzero(np.abs(direction) > _MOVES)
    return {int(place): float(direction[place]) for place in moving}


def _edge_rows(design: Design, points: Array, cuts: Array) -> Any:
    """Return the derivatives of edges by thresholds, nominal and location coefficients."""
    at, entry = design.slices, np.arange(len(points))
    ones = sparse.coo_array((np.ones(len(points)), (entry, cuts)), shape=(len(points), design.cuts))
    blocks = [ones]
    if design.nominal.width:
        nominal = np.zeros((len(points), design.cuts, design.nominal.width))
        nominal[entry, cuts] = -design.nominal.dense[points]
        blocks.append(sparse.coo_array(nominal.reshape(len(points), -1)))
    if design.location.width:
        blocks.append(sparse.coo_array(-design.location.dense[points]))
    assert at["location"].stop == sum(block.shape[1] for block in blocks)
    return sparse.hstack(blocks)
