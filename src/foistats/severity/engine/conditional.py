"""The log-likelihood given the random intercepts, with its derivatives.

All data are cells with log probabilities ``lambda_c``; see
`foistats.severity.engine.observations`. Given the intercepts, a cell with a count contributes
``n_c lambda_c``, and a table the logarithm of a sum over all tables that fit, whose first
derivatives by ``lambda`` are the expected counts and whose second derivatives are their covariance.
So one rule serves for both::

    gradient = sum_c E(n_c) lambda_c'
    Hessian  = sum_c E(n_c) lambda_c'' + sum_cd Cov(n_c, n_d) lambda_c' lambda_d''

and the rest is the derivative of a cell's log probability by the edges between rungs. With
``P = F(b) - F(a)`` those of one atom are, exactly, ``f(b)/P`` and ``-f(a)/P``; a cell of several
atoms averages them with the atoms' shares of its probability.

Sources: McCullagh 1980; Louis 1982 (information of incomplete data).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from foistats.severity.engine.atoms import (
    Atoms,
    CountedAtoms,
    CountGrid,
    EdgeValues,
    SumInto,
    over_nodes,
    sum_into_edges,
)
from foistats.severity.engine.design import Design, EdgeMoments, Edges
from foistats.severity.engine.links import Link
from foistats.severity.engine.observations import Indices, Observations

Array: TypeAlias = NDArray[Any]

_FILLED = 0.25
"""The share of rungs and points with cases from which on counts are kept as a grid."""


@dataclass(frozen=True)
class AtNodes:
    """What values and derivatives have in common, for one parameter vector and some nodes.

    Attributes
    ----------
    edges : Edges
    values : EdgeValues
    plain : array
        Log probabilities of cells of one atom: atoms x nodes, or points x rungs x nodes.
    blended : array, atoms x nodes
        Log probabilities of the other atoms.
    """

    edges: Edges
    values: EdgeValues
    plain: Array
    blended: Array


@dataclass(frozen=True)
class Slopes:
    """The derivatives of the log-likelihood at some nodes.

    Attributes
    ----------
    edges : Edges
    slope : array, points x cuts x nodes
        First derivatives by the edges.
    own : array, points x cuts x nodes
        Second derivatives by an edge.
    product : array
        Second derivatives by the two edges of an atom between two: atoms x nodes, or
        points x (cuts - 1) x nodes.
    blended : BlendedSlopes or None
        The products of slopes of blended cells, which reach over points.
    """

    edges: Edges
    slope: Array
    own: Array
    product: Array
    blended: BlendedSlopes | None


@dataclass(frozen=True)
class BlendedSlopes:
    """What cells of several atoms, and cells of tables, add to the Hessian.

    Attributes
    ----------
    by_lower, by_upper : array, atoms x nodes
        Slopes of a cell's log probability by the edges of its atoms.
    count : array, cells x nodes
        The (expected) count of every blended cell.
    covariance : list of array, cells x cells x nodes
        Of the counts of each table.
    """

    by_lower: Array
    by_upper: Array
    count: Array
    covariance: list[Array]


@dataclass(frozen=True)
class ConditionalLikelihood:
    """The log-likelihood given the intercepts of the forces.

    Attributes
    ----------
    link : Link
    design : Design
    observations : Observations
    """

    link: Link
    design: Design
    observations: Observations

    @cached_property
    def plain_atoms(self) -> Atoms:
        """The atoms that are cells by themselves."""
        atoms = self.observations.atoms
        return self._atoms(np.flatnonzero(~self._in_blend[atoms.cell]))

    @cached_property
    def _blended(self) -> Atoms:
        atoms = self.observations.atoms
        return self._atoms(np.flatnonzero(self._in_blend[atoms.cell]))

    def _atoms(self, chosen: Indices) -> Atoms:
        seen = self.observations
        return Atoms(seen.atoms, chosen, len(seen.points), seen.cuts)

    @cached_property
    def _in_blend(self) -> NDArray[np.bool_]:
        """Which cells have several atoms, a weight, or a place in a table."""
        seen = self.observations
        several: NDArray[np.bool_] = np.bincount(seen.atoms.cell, minlength=len(seen.count)) != 1
        several[seen.atoms.cell[seen.atoms.log_weight != 0]] = True
        for table in seen.tables:
            several[table.cells[table.cells >= 0]] = True
        return several

    @cached_property
    def _plain(self) -> CountedAtoms | CountGrid:
        """The cells of one atom, in the form that costs less."""
        seen = self.observations
        if seen.exact and len(seen.atoms.cell) > _FILLED * len(seen.points) * len(seen.ladder):
            return CountGrid(seen, self.design.begin)
        return CountedAtoms(self.plain_atoms, seen)

    @cached_property
    def _cells(self) -> Indices:
        """The blended cells."""
        return np.flatnonzero(self._in_blend)

    @cached_property
    def _cell_of_atom(self) -> Indices:
        """Where among the blended cells each blended atom belongs."""
        return np.searchsorted(self._cells, self._blended.cell)

    @cached_property
    def _to_cells(self) -> SumInto:
        return SumInto(self._cell_of_atom, len(self._cells))

    @cached_property
    def _tables(self) -> list[Indices]:
        """Where among the blended cells the entries of each table are; -1 where there is none."""
        return [
            np.where(table.cells >= 0, np.searchsorted(self._cells, table.cells), -1)
            for table in self.observations.tables
        ]

    # ---- values ------------------------------------------------------------------------------

    def at(self, vector: Array, intercepts: Array) -> AtNodes:
        """Return what `log_likelihood` and `slopes` have in common.

        Parameters
        ----------
        vector : array
            Parameters, as of `foistats.severity.engine.design`.
        intercepts : array, forces x nodes
        """
        edges = self.design.edges(vector, intercepts)
        with np.errstate(all="ignore"):
            values = self._plain.edge_values(self.link, edges)
            plain = self._plain.log_probability(values)
            blended = self._blended.log_probability(values) if len(self._cells) else plain[:0]
        return AtNodes(edges, values, plain, blended)

    def log_likelihood(
        self, vector: Array, intercepts: Array, at_nodes: AtNodes | None = None
    ) -> Array:
        """Return the log-likelihood of each force: forces x nodes.

        Minus infinity where thresholds cross at some point of the data.

        Parameters
        ----------
        vector, intercepts
            As of `at`.
        at_nodes : AtNodes, optional
            What `at` returned for them.
        """
        here = at_nodes or self.at(vector, intercepts)
        if np.any(np.diff(here.edges.centre, axis=1) <= 0):
            return np.full((len(self.observations.forces), intercepts.shape[1]), -np.inf)
        with np.errstate(all="ignore"):
            total = self._plain.log_likelihood(here.plain)
            if len(self._cells):
                cells = self._log_cells(here.blended)[0]
                np.add.at(total, self.observations.cell_force[self._cells], self._counted(cells))
                for table, at in zip(self.observations.tables, self._tables, strict=True):
                    total[table.force] += table.log_sum(_entries(cells, at))
        return np.where(np.isnan(total), -np.inf, total)

    def _counted(self, log_cells: Array) -> Array:
        """Return count times log probability; nothing for cells of tables."""
        count = self.observations.count[self._cells][:, None]
        return np.where(count != 0, count * log_cells, 0.0)

    def _log_cells(self, log_atoms: Array) -> tuple[Array, Array]:
        """Return the log probability of blended cells, and each atom's share of it."""
        terms = log_atoms + self._blended.log_weight
        top = np.full((len(self._cells), terms.shape[1]), -np.inf)
        np.maximum.at(top, self._cell_of_atom, terms)
        scaled = np.exp(terms - top[self._cell_of_atom])
        sums = self._to_cells(scaled)
        return top + np.log(sums), scaled / sums[self._cell_of_atom]

    # ---- derivatives -------------------------------------------------------------------------

    def slopes(self, vector: Array, intercepts: Array, at_nodes: AtNodes | None = None) -> Slopes:
        """Return the derivatives by the edges, at every node.

        Parameters
        ----------
        vector, intercepts, at_nodes
            As of `log_likelihood`.
        """
        here = at_nodes or self.at(vector, intercepts)
        with np.errstate(all="ignore"):
            slope, own, product = self._plain.slopes(here.values, here.plain)
            blended = None
            if len(self._cells):
                more_slope, more_own, blended = self._blended_slopes(here)
                slope, own = slope + more_slope, own + more_own
        return Slopes(here.edges, slope, own, product, blended)

    def _blended_slopes(self, here: AtNodes) -> tuple[Array, Array, BlendedSlopes]:
        """Return slopes and second derivatives by the edges, without the products of slopes."""
        atoms = self._blended
        by_lower, by_upper = atoms.slopes(here.values, here.blended)
        log_cells, share = self._log_cells(here.blended)
        count, covariance = self._expected_counts(log_cells)
        by_lower, by_upper = by_lower * share[atoms.has_lower], by_upper * share[atoms.has_upper]
        times = count[self._cell_of_atom]
        slope = self._blended_to_edges(
            np.concatenate([times[atoms.has_lower] * by_lower, times[atoms.has_upper] * by_upper])
        )
        blended = BlendedSlopes(by_lower, by_upper, count, covariance)
        own = here.values.density_slope * slope
        shape = here.edges.values.shape
        return slope.reshape(shape, order="F"), own.reshape(shape, order="F"), blended

    @cached_property
    def _blended_to_edges(self) -> SumInto:
        """Sum over the lower, then the upper edges of blended atoms into edges."""
        return sum_into_edges(self._blended, len(self.observations.points) * self.observations.cuts)

    def _expected_counts(self, log_cells: Array) -> tuple[Array, list[Array]]:
        """Return the counts of blended cells given the statements, and covariances in tables."""
        count = np.repeat(self.observations.count[self._cells][:, None], log_cells.shape[1], axis=1)
        covariance = []
        for table, at in zip(self.observations.tables, self._tables, strict=True):
            moments = table.moments(_entries(log_cells, at))
            here = at.ravel() >= 0
            count[at.ravel()[here]] = moments.mean[here]
            covariance.append(moments.covariance[np.ix_(here, here)])
        return count, covariance

    # ---- the chain rule ----------------------------------------------------------------------

    def gradient_by_force(self, slopes: Slopes) -> Array:
        """Return the gradient of each force at each node: nodes x forces x parameters."""
        return self.design.gradient_by_force(slopes.edges, slopes.slope)

    def hessian(self, slopes: Slopes, weights: Array) -> Array:
        """Return the Hessian, nodes weighted: parameters x parameters.

        Parameters
        ----------
        slopes : Slopes
        weights : array, forces x nodes
        """
        hessian = self.design.hessian(slopes.edges, self.moments(slopes, weights))
        return hessian + self.products_of_slopes(slopes, weights)

    def products_of_slopes(self, slopes: Slopes, weights: Array) -> Array:
        """Return what the products of slopes of blended cells add to the Hessian."""
        result = np.zeros((self.design.size, self.design.size))
        if slopes.blended is not None:
            for node in range(weights.shape[1]):
                scores = self._cell_scores(slopes, node)
                result += self._products(slopes.blended, scores, weights[:, node], node)
        return result

    def moments(self, slopes: Slopes, weights: Array) -> list[EdgeMoments]:
        """Return the sums over nodes from which `Design.hessian` makes the rest of the Hessian.

        They may be added up over several lots of nodes before.
        """
        at_point, shift = weights[self.design.force], slopes.edges.shift
        powers = 3 if self.design.random_intercept else 1
        plain, diagonal = self._plain, np.arange(self.design.cuts)
        moments = []
        for weight in (at_point * shift**power for power in range(powers)):
            own = over_nodes(slopes.own, weight[:, None, :])
            product = plain.weighted(slopes.product, weight)
            total = plain.pairs_of_cuts(product)
            total[diagonal, diagonal] += own.sum(axis=0)
            square = None
            if self.design.needs_pairs:
                square = plain.onto_pairs(product)
                square[:, diagonal, diagonal] += own
            by_cut = own + plain.onto_both_edges(product)
            slope = over_nodes(slopes.slope, weight[:, None, :])
            moments.append(EdgeMoments(slope, by_cut, total, square))
        return moments

    def _cell_scores(self, slopes: Slopes, node: int) -> Array:
        """Return the gradient of the log probability of every blended cell: cells x parameters."""
        atoms, blended = self._blended, slopes.blended
        assert blended is not None
        rows = np.zeros((len(atoms), self.design.size))
        for at, cuts, slope in (
            (atoms.has_lower, atoms.lower_cut, blended.by_lower),
            (atoms.has_upper, atoms.upper_cut, blended.by_upper),
        ):
            edge_rows = self.design.rows(slopes.edges, atoms.point[at], cuts, node)
            rows[at] += slope[:, node : node + 1] * edge_rows
        return np.asarray(self._to_cells(rows))

    def _products(self, blended: BlendedSlopes, scores: Array, weights: Array, node: int) -> Array:
        """Return the sum of ``(Cov(n_c, n_d) - [c = d] E(n_c)) lambda_c' lambda_d''``."""
        force = self.observations.cell_force[self._cells]
        counts = blended.count[:, node] * weights[force]
        result = -(scores.T * counts) @ scores
        for table, at, covariance in zip(
            self.observations.tables, self._tables, blended.covariance, strict=True
        ):
            own = scores[at.ravel()[at.ravel() >= 0]]
            result += weights[table.force] * (own.T @ covariance[:, :, node] @ own)
        return np.asarray(result)

    def along_intercept(self, vector: Array, intercepts: Array) -> tuple[Array, Array]:
        """Return first and second derivative of each force by its standard normal intercept.

        Returns
        -------
        array, forces x nodes; the same
        """
        slopes = self.slopes(vector, intercepts)
        sd = self.design.parameters(vector).sd
        first = self.design.along_intercept(slopes.edges, sd, slopes.slope)
        step = (sd * slopes.edges.precision) ** 2
        curved = slopes.own.sum(axis=1) + 2 * self._plain.onto_points(slopes.product)
        second = np.add.reduceat(curved * step, self.design.begin[:-1], axis=0)
        if slopes.blended is not None:
            second += self._products_along(slopes, sd)
        return first, second

    def _products_along(self, slopes: Slopes, sd: float) -> Array:
        atoms, blended = self._blended, slopes.blended
        assert blended is not None
        step = -sd * slopes.edges.precision[atoms.point]
        rows = np.zeros((len(atoms), blended.count.shape[1]))
        rows[atoms.has_lower] += blended.by_lower
        rows[atoms.has_upper] += blended.by_upper
        scores = self._to_cells(rows * step)
        result = np.zeros((len(self.observations.forces), scores.shape[1]))
        force = self.observations.cell_force[self._cells]
        np.add.at(result, force, -blended.count * scores**2)
        for table, at, covariance in zip(
            self.observations.tables, self._tables, blended.covariance, strict=True
        ):
            own = scores[at.ravel()[at.ravel() >= 0]]
            result[table.force] += np.einsum("cj,cdj,dj->j", own, covariance, own)
        return result


def _entries(log_cells: Array, at: Indices) -> Array:
    """Return the log cells of a table, rows x columns x nodes; zero where no case can be."""
    return np.where((at >= 0)[:, :, None], log_cells[at], 0.0)
