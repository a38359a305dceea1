"""Bias reduction for exact data: estimates that stay finite and lose their first-order bias.

The score is adjusted so that its root has no bias of first order (Firth 1993). For a cumulative
model that is the score of adjusted counts (Kosmidis 2014, section 4): at every point the count of
rung *k* becomes ::

    y_k + n (c_k - c_{k-1}) / 2,     c_k = f'(e_k) d_k' F^{-1} d_k + f(e_k) trace(F^{-1} D_k)

with ``d_k`` and ``D_k`` the first and second derivatives of the edge above the rung by the
parameters (``D_k`` is zero without scale effects), and ``F`` the expected information. The
equations are solved by Fisher scoring, with
shorter steps where it swings from side to side.

Sources: Firth 1993; Kosmidis 2014.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from foistats.errors import UsageError
from foistats.severity.engine.atoms import EdgeValues, edge_rows
from foistats.severity.engine.conditional import ConditionalLikelihood
from foistats.severity.engine.design import Design
from foistats.severity.engine.marginal import MarginalLikelihood
from foistats.severity.engine.maximum import Maximum
from foistats.severity.engine.observations import AtomList, Observations

Array: TypeAlias = NDArray[Any]

_ITERATIONS = 300


def bias_reduced_maximum(
    marginal: MarginalLikelihood, start: Array, moves: Array
) -> tuple[Maximum, Array]:
    """Return the root of the adjusted score, and the expected information there.

    Raises
    ------
    UsageError
        If some case's rung or point is not known.
    """
    seen = marginal.conditional.observations
    if not seen.exact:
        raise UsageError(
            "bias reduction needs every outcome and covariate to be known exactly; for coarse data "
            "use estimator='penalised'"
        )
    full = replace(marginal.conditional, observations=_every_rung(seen))
    counts = full.observations.count.reshape(len(seen.points), -1)
    vector = start.copy()
    nothing = np.zeros((len(seen.forces), 1))
    before, damping = np.zeros(len(vector)), 1.0
    for iteration in range(_ITERATIONS):
        adjusted, information = _adjusted(full, vector, counts)
        score = _score(full, vector, adjusted)
        step = np.linalg.solve(information, score)
        length = float(np.sqrt(np.maximum(score @ step, 0.0)))
        if length < 1e-9:
            found = marginal.evaluate(vector, order=2)
            free = np.ones(len(vector), dtype=bool)
            return Maximum(vector, found, free, True, iteration), information
        swings = float(before @ information @ step) < 0
        damping = damping / 2 if swings else min(1.0, 1.5 * damping)
        step *= min(damping, 2.0 / np.max(np.abs(moves @ step)))
        while np.any(np.diff(full.design.edges(vector + step, nothing).centre, axis=1) <= 0):
            step /= 2
        vector, before = vector + step, step
    found = marginal.evaluate(vector, order=2)
    return Maximum(vector, found, np.ones(len(vector), dtype=bool), False, _ITERATIONS), information


def _every_rung(seen: Observations) -> Observations:
    """Return the same observations with a cell for every rung at every point, zeros included."""
    points, rungs = len(seen.points), len(seen.ladder)
    counts = np.zeros((points, rungs))
    np.add.at(counts, (seen.atoms.point, seen.atoms.lower), seen.count[seen.atoms.cell])
    point, rung = np.divmod(np.arange(points * rungs), rungs)
    atoms = AtomList(point * rungs + rung, point, rung, rung + 1, np.zeros(points * rungs))
    return replace(seen, atoms=atoms, count=counts.ravel(), cell_force=seen.point_force[point])


def _adjusted(full: ConditionalLikelihood, vector: Array, counts: Array) -> tuple[Array, Array]:
    """Return the adjusted counts (points x rungs) and the expected information."""
    design, link = full.design, full.link
    nothing = np.zeros((len(design.begin) - 1, 1))
    edges = design.edges(vector, nothing)
    points, cuts = len(counts), design.cuts
    at_point, at_cut = np.divmod(np.arange(points * cuts), cuts)
    rows = design.rows(edges, at_point, at_cut, 0)
    values = edges.values[:, :, 0]
    size = counts.sum(axis=1)
    inverse = np.exp(-_log_rungs(full, edge_rows(edges.values))).reshape(points, -1)
    density = np.exp(link.log_density(values, *link.tails(values)))
    information = np.zeros((design.size, design.size))
    by_point = rows.reshape(points, cuts, -1)
    bounded = np.zeros((points, cuts + 2, design.size))
    bounded[:, 1:-1] = density[:, :, None] * by_point
    rung_slopes = np.diff(bounded, axis=1)
    weight = size[:, None] * inverse
    information = np.einsum("pkr,pk,pks->rs", rung_slopes, weight, rung_slopes, optimize=True)
    inverse_information = np.linalg.inv(information)
    leverage = np.einsum("er,rs,es->e", rows, inverse_information, rows, optimize=True)
    curved = np.zeros((points, cuts + 2))
    curved[:, 1:-1] = density * link.density_slope(values) * leverage.reshape(points, cuts)
    if design.scale.width:
        stretch = _scale_leverage(design, rows, values.ravel(), inverse_information)
        curved[:, 1:-1] += density * stretch.reshape(points, cuts)
    return counts + 0.5 * size[:, None] * np.diff(curved, axis=1), information


def _scale_leverage(design: Design, rows: Array, values: Array, inverse: Array) -> Array:
    """Return ``trace(F^{-1} D_k)`` at every edge: only scale effects make it differ from zero."""
    at = design.slices
    scale = np.repeat(design.scale.dense, design.cuts, axis=0)
    others = rows.copy()
    others[:, at["scale"]] = 0.0
    crossed = np.einsum("er,rs,es->e", others, inverse[:, at["scale"]], scale, optimize=True)
    own = np.einsum("er,rs,es->e", scale, inverse[at["scale"], at["scale"]], scale, optimize=True)
    return np.asarray(values * own - 2 * crossed)


def _log_rungs(full: ConditionalLikelihood, edges: Array) -> Array:
    """Return the log probability of every rung at every point, in the order of the cells."""
    atoms = full.plain_atoms
    result = np.empty(len(atoms))
    result[atoms.cell] = atoms.log_probability(EdgeValues(full.link, edges))[:, 0]
    return result


def _score(full: ConditionalLikelihood, vector: Array, counts: Array) -> Array:
    """Return the score of the given counts; they may be negative."""
    adjusted = replace(full, observations=replace(full.observations, count=counts.ravel()))
    nothing = np.zeros((len(full.design.begin) - 1, 1))
    slopes = adjusted.slopes(vector, nothing)
    return np.asarray(adjusted.gradient_by_force(slopes)[0].sum(axis=0))
