"""The log-likelihood with the random intercepts integrated out.

For each force the integral of ``exp(h(z))``, with ``h`` its log-likelihood plus the log density of
the standard normal intercept *z*, is taken with nodes centred at the mode ``m`` of ``h`` and spread
by ``s = (-h''(m))^(-1/2)`` (adaptive Gauss-Hermite quadrature; one node is Laplace's
approximation)::

    log int exp(h) dz = log( sqrt(2) s sum_j w_j exp(x_j^2) exp(h(m + sqrt(2) s x_j)) )

All sums run on the log scale, so that no size of a force can make them overflow.

Mode and spread move with the parameters. With ``p_j`` the nodes' shares of the sum, the gradient is
``sum_j p_j h_psi(z_j)`` and what the moving adds::

    A m' + (1 + B) s'/s,   A = sum_j p_j h_z(z_j),   B = sum_j p_j h_z(z_j) (z_j - m)

Integration by parts says that ``A = 0`` and ``B = -1`` for the integral itself, so these two
numbers also measure how good the quadrature is. Where what they add is not zero to rounding,
``m'`` and ``s'/s`` are had from gradients at five nodes around the mode.

Source: Pinheiro and Bates 1995, section 2.4.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import special

from foistats.errors import ConvergenceError
from foistats.severity.engine.conditional import AtNodes, ConditionalLikelihood, Slopes
from foistats.severity.engine.design import EdgeMoments

Array: TypeAlias = NDArray[Any]

_STENCIL = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
_FIRST = np.array([1.0, -8.0, 0.0, 8.0, -1.0]) / 12
_SECOND = np.array([-1.0, 16.0, -30.0, 16.0, -1.0]) / 12
_STEP = 0.05
"""Spacing of the stencil, in units of the spread."""
_EXACT = 1e-8
"""Below this, what the moving of the nodes adds is left out."""
_AT_ONCE = 40_000
"""Edges or atoms, times nodes, evaluated together: few enough to stay in the processor's cache."""
_GRID = np.linspace(-5.0, 5.0, 21)


@dataclass(frozen=True)
class Evaluation:
    """The marginal log-likelihood at one parameter vector.

    Attributes
    ----------
    value : float
    by_force : array, forces
    gradient : array or None
    scores : array, forces x parameters, or None
        The gradient of each force.
    information : array or None
        Minus the Hessian, the nodes taken as fixed.
    node_error : float
        The largest ``|A|`` or ``|1 + B|`` of a force: how far from exact the quadrature is.
    modes, spreads : array, forces
    """

    value: float
    by_force: Array
    modes: Array
    spreads: Array
    gradient: Array | None = None
    scores: Array | None = None
    information: Array | None = None
    node_error: float = 0.0


@dataclass(frozen=True)
class MarginalLikelihood:
    """The log-likelihood as a function of the parameter vector.

    Attributes
    ----------
    conditional : ConditionalLikelihood
    quadrature_points : int
        Used where the design has a random intercept.
    """

    conditional: ConditionalLikelihood
    quadrature_points: int

    @property
    def random_intercept(self) -> bool:
        """Whether there is an intercept to integrate over."""
        return self.conditional.design.random_intercept

    @cached_property
    def _width(self) -> int:
        """Edges or atoms, whichever are more: what a node costs."""
        seen = self.conditional.observations
        return max(len(seen.atoms.cell), len(seen.points) * seen.cuts)

    def evaluate(self, vector: Array, *, order: int, modes: Array | None = None) -> Evaluation:
        """Return value, gradient (order 1) and information (order 2).

        Parameters
        ----------
        vector : array
            Parameters, as of `foistats.severity.engine.design`.
        order : int
            0, 1 or 2.
        modes : array, forces, optional
            Where to start looking for the modes.

        Raises
        ------
        ConvergenceError
            If the mode of a force is not found.
        """
        if not self.random_intercept:
            return self._without_intercept(vector, order)
        return self._integrated(vector, order, modes)

    def _without_intercept(self, vector: Array, order: int) -> Evaluation:
        forces = len(self.conditional.observations.forces)
        zero = np.zeros((forces, 1))
        at_nodes = self.conditional.at(vector, zero)
        by_force = self.conditional.log_likelihood(vector, zero, at_nodes)[:, 0]
        value = float(by_force.sum()) + self.conditional.observations.constant
        if order == 0 or not np.isfinite(value):
            return Evaluation(value, by_force, zero[:, 0], zero[:, 0])
        slopes = self.conditional.slopes(vector, zero, at_nodes)
        scores = self.conditional.gradient_by_force(slopes)[0]
        information = None
        if order == 2:
            information = -self.conditional.hessian(slopes, np.ones((forces, 1)))
        gradient = scores.sum(axis=0)
        return Evaluation(value, by_force, zero[:, 0], zero[:, 0], gradient, scores, information)

    def _integrated(self, vector: Array, order: int, start: Array | None) -> Evaluation:
        modes, spreads = self._find_modes(vector, start)
        nodes, weights = np.polynomial.hermite.hermgauss(self.quadrature_points)
        places = modes[:, None] + np.sqrt(2) * spreads[:, None] * nodes
        parts = list(self._chunks(places))
        # values of many nodes are made again for the derivatives: that costs less than to keep them
        at_nodes = [self.conditional.at(vector, places)] if len(parts) == 1 else [None] * len(parts)
        log_terms = np.concatenate(
            [
                self._log_integrand(vector, part, here)
                for part, here in zip(parts, at_nodes, strict=True)
            ],
            axis=1,
        )
        log_terms = log_terms + np.log(weights) + nodes**2
        sums = special.logsumexp(log_terms, axis=1)
        by_force = sums + np.log(np.sqrt(2) * spreads)
        value = float(by_force.sum()) + self.conditional.observations.constant
        if order == 0 or not np.isfinite(value):
            return Evaluation(value, by_force, modes, spreads)
        shares = np.exp(log_terms - sums[:, None])
        found = Evaluation(value, by_force, modes, spreads)
        return self._derivatives(vector, order, places, shares, found, at_nodes)

    def _derivatives(
        self,
        vector: Array,
        order: int,
        places: Array,
        shares: Array,
        found: Evaluation,
        at_nodes: Sequence[AtNodes | None],
    ) -> Evaluation:
        """Add the derivatives to what was found, given the nodes' shares of the integral."""
        modes, spreads = found.modes, found.spreads
        size = self.conditional.design.size
        scores = np.zeros((len(modes), size))
        hessian = np.zeros((size, size))
        moments: list[EdgeMoments] = []
        moving = np.zeros((2, len(modes)))
        done = 0
        for part, here in zip(self._chunks(places), at_nodes, strict=True):
            share = shares[:, done : done + part.shape[1]]
            done += part.shape[1]
            slopes = self.conditional.slopes(vector, part, here)
            each = self.conditional.gradient_by_force(slopes)
            scores += np.einsum("fj,jfp->fp", share, each)
            along = self._along(vector, slopes, part)
            moving[0] += (share * along).sum(axis=1)
            moving[1] += (share * along * (part - modes[:, None])).sum(axis=1)
            if order == 2:
                more = self.conditional.moments(slopes, share)
                moments = [a + b for a, b in zip(moments, more, strict=True)] if moments else more
                hessian += self.conditional.products_of_slopes(slopes, share)
                flat = each.transpose(1, 0, 2).reshape(-1, size)
                hessian += (flat.T * share.ravel()) @ flat
        if order == 2:
            hessian += self.conditional.design.hessian(slopes.edges, moments) - scores.T @ scores
        moving[1] += 1
        error = float(np.max(np.abs(moving[0] * spreads))) if len(modes) else 0.0
        error = max(error, float(np.max(np.abs(moving[1]))))
        if error > _EXACT:
            slope_of_mode, slope_of_log_spread, between = self._moving(vector, modes, spreads)
            scores = (
                scores
                + moving[0][:, None] * slope_of_mode
                + moving[1][:, None] * slope_of_log_spread
            )
            if self.quadrature_points == 1:
                hessian += between
        return replace(
            found,
            gradient=scores.sum(axis=0),
            scores=scores,
            information=-hessian if order == 2 else None,
            node_error=error,
        )

    def _moving(self, vector: Array, modes: Array, spreads: Array) -> tuple[Array, Array, Array]:
        """Return ``m'`` and ``s'/s`` of every force, and ``sum h_zpsi h_psiz / (-h_zz)``.

        Returns
        -------
        array, forces x parameters; the same; array, parameters x parameters
        """
        step = _STEP * spreads
        places = modes[:, None] + step[:, None] * _STENCIL
        each, along = [], []
        for part in self._chunks(places):
            slopes = self.conditional.slopes(vector, part)
            each.append(self.conditional.gradient_by_force(slopes))
            along.append(self._along(vector, slopes, part))
        gradients, slope = np.concatenate(each), np.concatenate(along, axis=1)
        curvature = -(spreads**-2)
        mixed = np.einsum("jfp,j->fp", gradients, _FIRST) / step[:, None]
        of_mode = -mixed / curvature[:, None]
        third = slope @ _SECOND / step**2
        of_curvature = np.einsum("jfp,j->fp", gradients, _SECOND) / step[:, None] ** 2
        total = of_curvature + third[:, None] * of_mode
        between = (mixed.T * spreads**2) @ mixed
        return of_mode, -0.5 * total / curvature[:, None], between

    def _log_integrand(
        self, vector: Array, places: Array, at_nodes: AtNodes | None = None
    ) -> Array:
        """Return ``h`` of each force: forces x nodes."""
        normal = -0.5 * places**2 - 0.5 * np.log(2 * np.pi)
        return np.asarray(self.conditional.log_likelihood(vector, places, at_nodes) + normal)

    def _along(self, vector: Array, slopes: Slopes, places: Array) -> Array:
        """Return ``h_z`` of each force: forces x nodes."""
        design = self.conditional.design
        sd = design.parameters(vector).sd
        return design.along_intercept(slopes.edges, sd, slopes.slope) - places

    def _chunks(self, places: Array) -> Iterator[Array]:
        """Split the nodes so that what is evaluated together stays bounded."""
        size = max(1, _AT_ONCE // self._width)
        for at in range(0, places.shape[1], size):
            yield places[:, at : at + size]

    def _find_modes(self, vector: Array, start: Array | None) -> tuple[Array, Array]:
        """Return mode and spread of every force's integrand, by Newton's method.

        Steps are cut to half the last one whenever they have crossed the mode. The last one is
        shorter than 1e-9 spreads: the spread is that of the point before it.
        """
        forces = len(self.conditional.observations.forces)
        modes = self._best_of_grid(vector) if start is None else start.copy()
        limit, before = np.full(forces, 1.0), np.zeros(forces)
        for _ in range(100):
            first, second = self.conditional.along_intercept(vector, modes[:, None])
            slope, curvature = first[:, 0] - modes, second[:, 0] - 1
            if not np.all(np.isfinite(slope + curvature)):
                return modes, np.full(forces, np.nan)
            concave = curvature < 0
            move = slope / np.where(concave, -curvature, 1.0)
            limit = np.where(move * before < 0, np.abs(before) / 2, limit)
            move = np.clip(move, -limit, limit)
            before = move
            spreads = np.where(concave, -curvature, 1.0) ** -0.5
            modes = modes + move
            if concave.all() and np.all(np.abs(move) <= 1e-9 * spreads):
                return modes, spreads
        raise ConvergenceError(
            "the mode of a force's random intercept was not found: its likelihood has no peak"
        )

    def _best_of_grid(self, vector: Array) -> Array:
        """Return the best of a few points: a mixture over roles need not have one mode only."""
        if self.conditional.observations.exact:
            return np.zeros(len(self.conditional.observations.forces))
        values = np.concatenate(
            [
                self._log_integrand(vector, part)
                for part in self._chunks(
                    np.tile(_GRID, (len(self.conditional.observations.forces), 1))
                )
            ],
            axis=1,
        )
        return np.asarray(_GRID[np.argmax(values, axis=1)])
