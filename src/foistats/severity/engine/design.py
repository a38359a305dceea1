"""The parameters of a cumulative link model, and how the edges between rungs depend on them.

At a point with covariates *x* (location), *v* (nominal) and *w* (scale), in a force with standard
normal intercept *z*, the edge above rung *k* lies at ::

    e_k = (theta_k - x'beta - v'beta_k - sigma z) / exp(w'zeta)

The parameter vector is ``theta``, the nominal ``beta_1, ..., beta_(K-1)``, ``beta``, ``zeta`` and,
with a random intercept, ``log sigma``. Positive coefficients mean more severe.

What is known of the likelihood as a function of the edges (slopes and curvatures at every point)
becomes gradient and Hessian here, by the chain rule. Nodes of a quadrature are the last axis of
every array.

Sources: Christensen, vignettes of `ordinal` (nominal and scale effects).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Array: TypeAlias = NDArray[Any]
Indices: TypeAlias = NDArray[np.intp]

_SPARSE_BELOW = 0.2
"""The share of entries that are not zero below which a large matrix is kept as a sparse one."""
_POINTS_EACH = 8
"""Points a force has on average, from which on a product for each force is cheaper than a sum."""
_PRODUCTS_AT_ONCE = 2_000_000


class Columns:
    """Columns of a design, kept sparse where that is cheaper.

    Parameters
    ----------
    matrix : array or sparse array, points x columns
    """

    def __init__(self, matrix: Any) -> None:
        self._points, self.width = matrix.shape
        self._matrix = matrix
        self._sparse: Any = None
        if _sparse_enough(matrix):
            self._sparse = matrix
            self._transposed = sparse.csr_array(self._sparse.T)
            self._row = np.repeat(np.arange(self._points), np.diff(self._sparse.indptr))

    @cached_property
    def dense(self) -> Array:
        """The columns as a dense matrix."""
        matrix = self._matrix
        return np.asarray(matrix if isinstance(matrix, np.ndarray) else matrix.toarray())

    @cached_property
    def mean(self) -> Array:
        """The mean of each column over the points."""
        return self.sums(np.full(self._points, 1 / max(self._points, 1)))

    @cached_property
    def reach(self) -> Array:
        """How far the values of each column lie from their mean; of a constant one, its size."""
        if not (self._points and self.width):
            return np.ones(self.width)
        lowest, highest = self._extremes
        size = np.maximum(highest, -lowest)
        spread = np.maximum(highest - self.mean, self.mean - lowest)
        return np.where(spread > 1e-12 * size, spread, np.where(size > 0, size, 1.0))

    @property
    def _extremes(self) -> tuple[Array, Array]:
        """The smallest and the largest value of each column."""
        if self._sparse is None:
            return self.dense.min(axis=0), self.dense.max(axis=0)
        return self._sparse.min(axis=0).toarray(), self._sparse.max(axis=0).toarray()

    def times(self, coefficients: Array) -> Array:
        """Return ``X b``: one number, or one row, per point."""
        return np.asarray((self.dense if self._sparse is None else self._sparse) @ coefficients)

    def sums(self, weights: Array) -> Array:
        """Return ``X' w`` for weights with one row per point."""
        matrix = self.dense.T if self._sparse is None else self._transposed
        return np.asarray(matrix @ weights)

    def cross(self, weights: Array, other: Columns) -> Array:
        """Return ``X' diag(w) Y``."""
        if not (self.width and other.width):
            return np.zeros((self.width, other.width))
        if self._sparse is None:
            return np.asarray(other.sums(self.dense * weights[:, None]).T)
        scaled = sparse.csr_array(
            (self._sparse.data * weights[self._row], self._sparse.indices, self._sparse.indptr),
            shape=self._sparse.shape,
        )
        if other is self:
            return np.asarray((self._transposed @ scaled).toarray())
        return np.asarray(scaled.T @ other.dense)

    def by_force(self, weights: Array, begin: Indices) -> Array:
        """Return ``sum w x'`` over the points of each force: nodes x forces x columns.

        Parameters
        ----------
        weights : array, points x nodes
        begin : array of int, forces + 1
            Where the points of each force begin.
        """
        forces, nodes = len(begin) - 1, weights.shape[1]
        if forces == 1:
            return self.sums(weights).T[:, None, :]
        if len(weights) > _POINTS_EACH * forces or weights.size * self.width > _PRODUCTS_AT_ONCE:
            sums = np.empty((nodes, forces, self.width))
            for force, (first, last) in enumerate(itertools.pairwise(begin)):
                sums[:, force] = weights[first:last].T @ self.dense[first:last]
            return sums
        products = weights.T[:, :, None] * self.dense
        return np.asarray(np.add.reduceat(products, begin[:-1], axis=1))


def _sparse_enough(matrix: Any) -> bool:
    if isinstance(matrix, np.ndarray):
        return False
    points, width = matrix.shape
    return bool(width > 8 and matrix.nnz < _SPARSE_BELOW * points * width)


@dataclass(frozen=True)
class Parameters:
    """The parameter vector, taken apart.

    Attributes
    ----------
    thresholds : array, cuts
    nominal : array, cuts x nominal columns
    location, scale : array
    sd : float
        The standard deviation of the random intercept; zero where there is none.
    """

    thresholds: Array
    nominal: Array
    location: Array
    scale: Array
    sd: float


@dataclass(frozen=True)
class Edges:
    """The edges at every point, for one parameter vector and some nodes.

    Arrays are stored in Fortran order: the points of one cut and node lie side by side, so that
    work on a cut or a node runs through memory without jumps.

    Attributes
    ----------
    values : array, points x cuts x nodes
    centre : array, points x cuts
        The edges at an intercept of zero.
    precision : array, points x 1
        ``exp(-w'zeta)``.
    shift : array, points x nodes
        ``sigma z``.
    """

    values: Array
    centre: Array
    precision: Array
    shift: Array


@dataclass(frozen=True)
class EdgeMoments:
    """Slopes and curvatures by the edges, summed over nodes with weights.

    Attributes
    ----------
    slope : array, points x cuts
    by_cut : array, points x cuts
        Curvatures by one edge and all of the point's edges together.
    total : array, cuts x cuts
        Curvatures summed over points.
    curvature : array, points x cuts x cuts, or None
        Made only where nominal or scale effects need them.
    """

    slope: Array
    by_cut: Array
    total: Array
    curvature: Array | None

    def __add__(self, other: EdgeMoments) -> EdgeMoments:
        """Return the sums over the nodes of both."""
        curvature = None
        if self.curvature is not None and other.curvature is not None:
            curvature = self.curvature + other.curvature
        return EdgeMoments(
            self.slope + other.slope,
            self.by_cut + other.by_cut,
            self.total + other.total,
            curvature,
        )


@dataclass(frozen=True)
class Design:
    """Where covariates enter, at every point.

    Attributes
    ----------
    cuts : int
        The number of thresholds.
    nominal, location, scale : Columns
    begin : array of int, forces + 1
        Where the points of each force begin.
    random_intercept : bool
    """

    cuts: int
    nominal: Columns
    location: Columns
    scale: Columns
    begin: Indices
    random_intercept: bool

    @cached_property
    def slices(self) -> dict[str, slice]:
        """Where each part is in the parameter vector."""
        widths = {
            "thresholds": self.cuts,
            "nominal": self.cuts * self.nominal.width,
            "location": self.location.width,
            "scale": self.scale.width,
            "log_sd": int(self.random_intercept),
        }
        ends = np.cumsum(list(widths.values()))
        return {
            name: slice(int(end) - width, int(end))
            for (name, width), end in zip(widths.items(), ends, strict=True)
        }

    @property
    def size(self) -> int:
        """The number of parameters."""
        return int(self.slices["log_sd"].stop)

    @cached_property
    def force(self) -> Indices:
        """The force of every point."""
        return np.repeat(np.arange(len(self.begin) - 1), np.diff(self.begin))

    @property
    def needs_pairs(self) -> bool:
        """Whether the Hessian needs curvatures by pairs of edges at every point."""
        return bool(self.nominal.width or self.scale.width)

    def parameters(self, vector: Array) -> Parameters:
        """Take a parameter vector apart."""
        at = self.slices
        return Parameters(
            vector[at["thresholds"]],
            vector[at["nominal"]].reshape(self.cuts, self.nominal.width),
            vector[at["location"]],
            vector[at["scale"]],
            float(np.exp(vector[-1])) if self.random_intercept else 0.0,
        )

    def edges(self, vector: Array, intercepts: Array) -> Edges:
        """Return the edges at every point.

        Parameters
        ----------
        vector : array
            Parameters.
        intercepts : array, forces x nodes
            The standard normal intercept of each force.
        """
        parts = self.parameters(vector)
        along = self.location.times(parts.location)
        centre = np.subtract(parts.thresholds, along[:, None], order="F")
        if self.nominal.width:
            centre -= self.nominal.times(parts.nominal.T)
        precision = np.ones((len(centre), 1))
        if self.scale.width:
            precision = np.exp(-self.scale.times(parts.scale))[:, None]
            centre *= precision
        shift = np.multiply(parts.sd, intercepts[self.force], order="F")
        if parts.sd == 0 and shift.shape[1] == 1:
            return Edges(centre[:, :, None], centre, precision, shift)
        moved = precision * shift if self.scale.width else shift
        values = np.subtract(centre[:, :, None], moved[:, None, :], order="F")
        return Edges(values, centre, precision, shift)

    def rows(self, edges: Edges, points: Indices, cuts: Indices, node: int) -> Array:
        """Return the derivatives of single edges by the parameters: entries x parameters."""
        at, precision = self.slices, edges.precision[points]
        rows = np.zeros((len(points), self.size))
        entry = np.arange(len(points))
        rows[entry, cuts] = precision[:, 0]
        if self.nominal.width:
            nominal = rows[:, at["nominal"]].reshape(len(points), self.cuts, -1)
            nominal[entry, cuts] = -precision * self.nominal.dense[points]
        rows[:, at["location"]] = -precision * self.location.dense[points]
        value = edges.values[points, cuts, node]
        rows[:, at["scale"]] = -value[:, None] * self.scale.dense[points]
        if self.random_intercept:
            rows[:, -1] = -precision[:, 0] * edges.shift[points, node]
        return rows

    def gradient_by_force(self, edges: Edges, slopes: Array) -> Array:
        """Return the gradient of each force at each node: nodes x forces x parameters.

        Parameters
        ----------
        edges : Edges
        slopes : array, points x cuts x nodes
            Derivatives of the log-likelihood by the edges.
        """
        at, nodes, starts = self.slices, slopes.shape[2], self.begin[:-1]
        moved = slopes * edges.precision[:, :, None] if self.scale.width else slopes
        together = moved.sum(axis=1)
        gradient = np.zeros((nodes, len(starts), self.size))
        gradient[:, :, at["thresholds"]] = np.add.reduceat(moved, starts, axis=0).transpose(2, 0, 1)
        scale = (slopes * edges.values).sum(axis=1) if self.scale.width else together
        for cut in range(self.cuts if self.nominal.width else 0):
            first = at["nominal"].start + cut * self.nominal.width
            gradient[:, :, first : first + self.nominal.width] = -self.nominal.by_force(
                moved[:, cut], self.begin
            )
        if self.location.width:
            gradient[:, :, at["location"]] = -self.location.by_force(together, self.begin)
        if self.scale.width:
            gradient[:, :, at["scale"]] = -self.scale.by_force(scale, self.begin)
        if self.random_intercept:
            gradient[:, :, -1] = -np.add.reduceat(edges.shift * together, starts, axis=0).T
        return gradient

    def hessian(self, edges: Edges, moments: Sequence[EdgeMoments]) -> Array:
        """Return the Hessian, summed over points and nodes: parameters x parameters.

        Parameters
        ----------
        edges : Edges
        moments : sequence of EdgeMoments
            Slopes and curvatures by the edges, summed over the nodes with weight; with a random
            intercept also with weight times shift, and with weight times shift squared.
        """
        at, precision = self.slices, edges.precision
        hessian = np.zeros((self.size, self.size))

        def put(one: str, other: str, block: Array) -> None:
            hessian[at[one], at[other]] += block
            if one != other:
                hessian[at[other], at[one]] += block.T

        square, by_cut, each = moments[0].curvature, moments[0].by_cut, np.ones(self.cuts)
        total = moments[0].total
        if self.scale.width:
            assert square is not None
            square, by_cut = square * precision[:, :, None] ** 2, by_cut * precision**2
            total = square.sum(axis=0)
        put("thresholds", "thresholds", total)
        put("thresholds", "location", -self.location.sums(by_cut).T)
        put("location", "location", self.location.cross(by_cut @ each, self.location))
        if square is not None and self.nominal.width:
            self._nominal_blocks(hessian, square, by_cut)
        if self.random_intercept:
            shifted = moments[1].by_cut * precision**2
            put("thresholds", "log_sd", -shifted.sum(axis=0)[:, None])
            put("nominal", "log_sd", self.nominal.sums(shifted).T.reshape(-1, 1))
            put("location", "log_sd", self.location.sums(shifted.sum(axis=1))[:, None])
            twice = (moments[2].by_cut * precision**2).sum()
            once = (moments[1].slope * precision).sum()
            put("log_sd", "log_sd", np.array([[twice - once]]))
        if self.scale.width:
            stretched = _times_edge(edges, moments, 0)
            by_scale = stretched * precision
            squared = stretched * edges.centre
            if self.random_intercept:
                moved = _times_edge(edges, moments, 1) * precision
                squared = squared - moved
                put("scale", "log_sd", self.scale.sums(moved.sum(axis=1))[:, None])
            put("scale", "scale", self.scale.cross(squared.sum(axis=1), self.scale))
            put("thresholds", "scale", -self.scale.sums(by_scale).T)
            put("location", "scale", self.location.cross(by_scale.sum(axis=1), self.scale))
            for cut in range(self.cuts if self.nominal.width else 0):
                first = at["nominal"].start + cut * self.nominal.width
                block = self.nominal.cross(by_scale[:, cut], self.scale)
                hessian[first : first + self.nominal.width, at["scale"]] += block
                hessian[at["scale"], first : first + self.nominal.width] += block.T
        return hessian

    def _nominal_blocks(self, hessian: Array, square: Array, by_cut: Array) -> None:
        """Add the blocks of nominal coefficients with thresholds, location and each other."""
        at, width = self.slices, self.nominal.width
        for cut in range(self.cuts):
            here = slice(at["nominal"].start + cut * width, at["nominal"].start + (cut + 1) * width)
            block = -self.nominal.sums(square[:, cut, :])
            hessian[here, at["thresholds"]] += block
            hessian[at["thresholds"], here] += block.T
            block = self.nominal.cross(by_cut[:, cut], self.location)
            hessian[here, at["location"]] += block
            hessian[at["location"], here] += block.T
            for other in range(self.cuts):
                start = at["nominal"].start + other * width
                hessian[here, start : start + width] += self.nominal.cross(
                    square[:, cut, other], self.nominal
                )

    def along_intercept(self, edges: Edges, sd: float, slopes: Array) -> Array:
        """Return the derivative by the standard normal intercept: forces x nodes.

        Parameters
        ----------
        slopes : array, points x cuts x nodes
            Derivatives of the log-likelihood by the edges.
        """
        first = slopes.sum(axis=1) * (-sd * edges.precision)
        return np.asarray(np.add.reduceat(first, self.begin[:-1], axis=0))


def _times_edge(edges: Edges, moments: Sequence[EdgeMoments], power: int) -> Array:
    """Return ``sum_j w_j shift_j^power (sum_l C_kl e_l + S_k)``: points x cuts."""
    here = moments[power]
    assert here.curvature is not None
    product = np.einsum("pkl,pl->pk", here.curvature, edges.centre) + here.slope
    if len(moments) > 1:
        product -= edges.precision * moments[power + 1].by_cut
    return np.asarray(product)
