"""Log probabilities of atoms, their slopes, and the sums over them.

An atom is a run of neighbouring rungs at one point, ``P = F(b) - F(a)``. Cells that are one atom
each carry counts, and are kept in one of two ways with the same methods: as a list
(`CountedAtoms`), or, where every outcome is known and many rungs have cases, as a grid of points
and rungs (`CountGrid`), in which slices take the place of looking up.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from foistats.severity.engine.design import Edges
from foistats.severity.engine.links import Link
from foistats.severity.engine.observations import AtomList, Indices, Observations

Array: TypeAlias = NDArray[Any]


class EdgeValues:
    """The edges at some nodes, with what the link makes of them.

    Parameters
    ----------
    link : Link
    values : array, (cuts * points) x nodes, or points x cuts x nodes
    """

    def __init__(self, link: Link, values: Array) -> None:
        self.link, self.values = link, values
        self.log_cdf, self.log_survival = link.tails(values)

    @cached_property
    def log_density(self) -> Array:
        """``log f``."""
        return self.link.log_density(self.values, self.log_cdf, self.log_survival)

    @cached_property
    def density_slope(self) -> Array:
        """``f'/f``."""
        return self.link.density_slope(self.values)


def edge_rows(values: Array) -> Array:
    """Return points x cuts x nodes as (cuts * points) x nodes, cut by cut."""
    return np.reshape(values, (-1, values.shape[2]), order="F")


class Atoms:
    """Atoms sorted by kind (bottom, between, top, whole ladder), ready for evaluation.

    They look their edges up in arrays of (cuts * points) x nodes, which `edge_rows` makes.

    Parameters
    ----------
    atoms : AtomList
    chosen : array of int
        Which of them.
    points, cuts : int
    """

    def __init__(self, atoms: AtomList, chosen: Indices, points: int, cuts: int) -> None:
        at_bottom, at_top = atoms.lower == 0, atoms.upper == cuts + 1
        kind = np.select([at_bottom & at_top, at_bottom, at_top], [3, 0, 2], default=1)
        order = chosen[np.argsort(kind[chosen], kind="stable")]
        counts = np.bincount(kind[order], minlength=4)
        self.cell = atoms.cell[order]
        self.point = atoms.point[order]
        self.log_weight = atoms.log_weight[order][:, None]
        self.bottom, self.middle = int(counts[0]), int(counts[1])
        self.has_lower = slice(self.bottom, len(order) - int(counts[3]))
        self.has_upper = slice(0, self.bottom + self.middle)
        self.lower_cut = atoms.lower[order][self.has_lower] - 1
        self.upper_cut = atoms.upper[order][self.has_upper] - 1
        self.lower_at = self.lower_cut * points + self.point[self.has_lower]
        self.upper_at = self.upper_cut * points + self.point[self.has_upper]

    def __len__(self) -> int:
        return len(self.cell)

    def log_probability(self, edges: EdgeValues) -> Array:
        """Return ``log P`` of every atom at every node."""
        bottom, end = self.bottom, self.bottom + self.middle
        log_cdf = edges.log_cdf[self.upper_at]
        log_survival = edges.log_survival[self.lower_at]
        result = np.zeros((len(self), log_cdf.shape[1]))
        result[:bottom] = log_cdf[:bottom]
        result[bottom:end] = edges.link.log_interval(
            edges.values[self.lower_at[: self.middle]],
            edges.values[self.upper_at[bottom:]],
            log_survival[: self.middle],
            log_cdf[bottom:],
        )
        result[end : self.has_lower.stop] = log_survival[self.middle :]
        return result

    def slopes(self, edges: EdgeValues, log_probability: Array) -> tuple[Array, Array]:
        """Return the derivatives of ``log P`` by the lower and by the upper edge."""
        by_lower = -np.exp(edges.log_density[self.lower_at] - log_probability[self.has_lower])
        by_upper = np.exp(edges.log_density[self.upper_at] - log_probability[self.has_upper])
        return by_lower, by_upper


class SumInto:
    """Sums of rows by where they belong.

    Parameters
    ----------
    targets : array of int
        Where each row belongs.
    size : int
        The number of places.
    """

    def __init__(self, targets: Indices, size: int) -> None:
        self._targets, self._size = targets, size

    @cached_property
    def _matrix(self) -> Any:
        entries = np.ones(len(self._targets))
        places = (self._targets, np.arange(len(self._targets)))
        return sparse.csr_array((entries, places), shape=(self._size, len(self._targets)))

    def __call__(self, rows: Array) -> Array:
        """Return the sums of rows x columns: places x columns."""
        if rows.shape[1] == 1:
            sums = np.bincount(self._targets, rows[:, 0], self._size)
            return sums[:, None].astype(float)
        return np.asarray(self._matrix @ rows)


class CountedAtoms:
    """Cells that are one atom each, with their counts: any part of the ladder at any point.

    What is said of `CountGrid` holds; the arrays that differ are atoms x nodes.

    Parameters
    ----------
    atoms : Atoms
    observations : Observations
    """

    def __init__(self, atoms: Atoms, observations: Observations) -> None:
        self._atoms = atoms
        self._points, self._cuts = len(observations.points), observations.cuts
        self._count = observations.count[atoms.cell][:, None]
        self._force = observations.cell_force[atoms.cell]
        self._forces = len(observations.forces)
        between = slice(atoms.bottom, atoms.bottom + atoms.middle)
        self._middle_point = atoms.point[between]
        self._middle_ends = atoms.lower_at[: atoms.middle], atoms.upper_at[atoms.bottom :]
        self._middle_pair = (
            atoms.lower_cut[: atoms.middle] * self._cuts + atoms.upper_cut[atoms.bottom :]
        )

    def edge_values(self, link: Link, edges: Edges) -> EdgeValues:
        """Return what the link makes of the edges: (cuts * points) x nodes."""
        return EdgeValues(link, edge_rows(edges.values))

    def log_probability(self, values: EdgeValues) -> Array:
        """Return ``log P`` of every atom at every node."""
        return self._atoms.log_probability(values)

    def log_likelihood(self, log_probability: Array) -> Array:
        """Return the sum of ``n log P`` of each force: forces x nodes."""
        return np.asarray(self._to_force @ log_probability)

    @cached_property
    def _to_force(self) -> Any:
        places = (self._force, np.arange(len(self._force)))
        return sparse.csr_array((self._count[:, 0], places), shape=(self._forces, len(self._force)))

    def slopes(self, values: EdgeValues, log_probability: Array) -> tuple[Array, Array, Array]:
        """Return slopes by the edges, second derivatives by one edge, and by an atom's two."""
        atoms, count = self._atoms, self._count
        by_lower, by_upper = atoms.slopes(values, log_probability)
        lower = count[atoms.has_lower] * by_lower
        upper = count[atoms.has_upper] * by_upper
        slope = self._to_edges(np.concatenate([lower, upper]))
        squares = self._to_edges(np.concatenate([lower * by_lower, upper * by_upper]))
        own = values.density_slope * slope - squares
        shape = (self._points, self._cuts, slope.shape[1])
        product = -lower[: atoms.middle] * by_upper[atoms.bottom :]
        return slope.reshape(shape, order="F"), own.reshape(shape, order="F"), product

    @cached_property
    def _to_edges(self) -> SumInto:
        return sum_into_edges(self._atoms, self._points * self._cuts)

    def weighted(self, product: Array, weights: Array) -> Array:
        """Sum second derivatives by an atom's two edges over the nodes, with weights."""
        return over_nodes(product, weights[self._middle_point])

    def onto_both_edges(self, product: Array) -> Array:
        """Sum what belongs to two edges into both of them: points x cuts."""
        both = np.concatenate([product, product])[:, None]
        return self._between_edges(both).reshape(self._points, self._cuts, order="F")

    @cached_property
    def _between_edges(self) -> SumInto:
        return SumInto(np.concatenate(self._middle_ends), self._points * self._cuts)

    def pairs_of_cuts(self, product: Array) -> Array:
        """Sum what belongs to two edges over the points: cuts x cuts, both triangles."""
        square = np.bincount(self._middle_pair, product, self._cuts**2)
        square = square.reshape(self._cuts, self._cuts)
        return np.asarray(square + square.T, dtype=float)

    def onto_pairs(self, product: Array) -> Array:
        """Put what belongs to two edges at the pair: points x cuts x cuts, both triangles."""
        at = self._middle_point * self._cuts**2 + self._middle_pair
        square = np.bincount(at, product, self._points * self._cuts**2)
        square = square.reshape(self._points, self._cuts, self._cuts)
        return np.asarray(square + square.transpose(0, 2, 1), dtype=float)

    def onto_points(self, product: Array) -> Array:
        """Sum what belongs to two edges over those of a point: points x nodes."""
        return self._to_points(product)

    @cached_property
    def _to_points(self) -> SumInto:
        return SumInto(self._middle_point, self._points)


class CountGrid:
    """Counts of every rung at every point, where most of them are not zero.

    The log-likelihood is ``sum n_k log P_k`` with ``P_k = F(e_k) - F(e_(k-1))``. An edge is the
    upper one of the rung below it and the lower one of the rung above, so that neighbouring slices
    take the place of looking up and adding up. All arrays are in Fortran order, as `Edges` are.

    Parameters
    ----------
    observations : Observations
        Exact ones.
    begin : array of int, forces + 1
        Where the points of each force begin.
    """

    def __init__(self, observations: Observations, begin: Indices) -> None:
        points, rungs = len(observations.points), len(observations.ladder)
        atoms = observations.atoms
        place, size = atoms.lower * points + atoms.point, points * rungs
        count = np.bincount(place, observations.count[atoms.cell], size)
        self._count = count.reshape(points, rungs, 1, order="F")
        self._no_cases = np.nonzero(self._count[:, :, 0] == 0)
        self._begin = begin

    def edge_values(self, link: Link, edges: Edges) -> EdgeValues:
        """Return what the link makes of the edges: points x cuts x nodes."""
        return EdgeValues(link, edges.values)

    def log_probability(self, values: EdgeValues) -> Array:
        """Return ``log P``, points x rungs x nodes; zero where there is no case, to be harmless."""
        between = values.link.log_interval(
            values.values[:, :-1],
            values.values[:, 1:],
            values.log_survival[:, :-1],
            values.log_cdf[:, 1:],
        )
        ends = values.log_cdf[:, :1], values.log_survival[:, -1:]
        result = np.concatenate([ends[0], between, ends[1]], axis=1)
        result[self._no_cases] = 0.0
        return np.asarray(result)

    def log_likelihood(self, log_probability: Array) -> Array:
        """Return the sum of ``n log P`` of each force: forces x nodes."""
        by_point = (self._count * log_probability).sum(axis=1)
        return np.asarray(np.add.reduceat(by_point, self._begin[:-1], axis=0))

    def slopes(self, values: EdgeValues, log_probability: Array) -> tuple[Array, Array, Array]:
        """Return slopes by the edges, second derivatives by one edge, and by a rung's two.

        Returns
        -------
        array, points x cuts x nodes; the same; array, points x (cuts - 1) x nodes
        """
        below = np.exp(values.log_density - log_probability[:, :-1])
        above = np.exp(values.log_density - log_probability[:, 1:])
        upper = self._count[:, :-1] * below
        lower = self._count[:, 1:] * above
        slope = upper - lower
        own = values.density_slope * slope - upper * below - lower * above
        return slope, own, lower[:, :-1] * below[:, 1:]

    def weighted(self, product: Array, weights: Array) -> Array:
        """Sum second derivatives by a rung's two edges over the nodes, with weights."""
        return over_nodes(product, weights[:, None, :])

    def onto_both_edges(self, product: Array) -> Array:
        """Sum what belongs to two edges into both of them: points x cuts."""
        nothing = np.zeros((len(product), 1))
        return np.asarray(np.hstack([product, nothing]) + np.hstack([nothing, product]))

    def pairs_of_cuts(self, product: Array) -> Array:
        """Sum what belongs to two edges over the points: cuts x cuts, both triangles."""
        total = product.sum(axis=0)
        return np.asarray(np.diag(total, 1) + np.diag(total, -1))

    def onto_pairs(self, product: Array) -> Array:
        """Put what belongs to two edges at the pair: points x cuts x cuts, both triangles."""
        points, pairs = product.shape
        square = np.zeros((points, pairs + 1, pairs + 1))
        lower = np.arange(pairs)
        square[:, lower, lower + 1] = square[:, lower + 1, lower] = product
        return square

    def onto_points(self, product: Array) -> Array:
        """Sum what belongs to two edges over those of a point: points x nodes."""
        return np.asarray(product.sum(axis=1))


def sum_into_edges(atoms: Atoms, edges: int) -> SumInto:
    """Sum over the lower, then the upper edges of atoms into edges."""
    return SumInto(np.concatenate([atoms.lower_at, atoms.upper_at]), edges)


def over_nodes(values: Array, weights: Array) -> Array:
    """Return the sum over the last axis, weighted."""
    if values.shape[-1] == 1:
        return np.asarray(values[..., 0] * weights[..., 0])
    return np.asarray(np.einsum("...j,...j->...", values, weights))
