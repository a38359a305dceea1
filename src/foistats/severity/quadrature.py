"""Adaptive Gauss-Hermite quadrature of a force's likelihood over its random intercept.

The integral of ``exp(h(z))`` is taken with nodes centred at the mode ``m`` of ``h`` and spread by
``s = (-h''(m))^(-1/2)``::

    log int exp(h) dz = log( sqrt(2) s sum_j w_j exp(x_j^2) exp(h(m + sqrt(2) s x_j)) )

with the nodes ``x_j`` and weights ``w_j`` of Gauss and Hermite; one node is Laplace's
approximation. ``z`` is the intercept in units of its standard deviation, so that a standard
deviation of zero is no special case. The mode and the spread move with the parameters, and the
derivative must see that: one Newton step in complex arithmetic from the real mode carries their
derivatives exactly (the implicit function theorem).

Source: Pinheiro and Bates 1995, section 2.4.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from foistats.errors import ConvergenceError
from foistats.severity.likelihood import log_sum

Array: TypeAlias = NDArray[Any]
LogIntegrand: TypeAlias = Callable[[Array], Array]

_STENCIL = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
_FIRST = np.array([1.0, -8.0, 0.0, 8.0, -1.0]) / 12
_SECOND = np.array([-1.0, 16.0, -30.0, 16.0, -1.0]) / 12
_STEP = 0.05
"""Spacing of the stencil, in units of the spread."""


def find_mode(log_integrand: LogIntegrand, batch: int) -> tuple[Array, Array]:
    """Return mode and spread of the integrand, one each per entry of the batch.

    The search starts at the best point of a grid: a mixture over roles need not have one mode.
    Newton's steps are limited to half the last one whenever they have crossed the mode.

    Parameters
    ----------
    log_integrand : callable
        From points (batch x nodes) to real values of the same shape.
    batch : int

    Raises
    ------
    ConvergenceError
        If Newton's method does not settle.
    """
    grid = np.linspace(-6.0, 6.0, 49)
    values = log_integrand(np.broadcast_to(grid, (batch, len(grid))))
    centre = grid[np.argmax(values, axis=1)]
    spread, limit, before = np.full(batch, 0.25), np.full(batch, 0.5), np.zeros(batch)
    for _ in range(100):
        slope, curvature = _derivatives(log_integrand, centre, spread)
        concave = curvature < 0
        curved = np.where(concave, curvature, -1.0)
        limit = np.where(slope * before < 0, np.abs(before) / 2, limit)
        move = np.clip(-slope / curved, -limit, limit)
        before = move
        centre = centre + move
        spread = np.where(concave, (-curved) ** -0.5, spread)
        if concave.all() and np.all(np.abs(move) <= 1e-8 * spread):
            return centre, spread
    raise ConvergenceError(
        "the mode of a force's random intercept was not found: its likelihood has no peak"
    )


def adaptive_log_integral(
    log_integrand: LogIntegrand, centre: Array, spread: Array, points: int
) -> Array:
    """Return the logarithm of the integral of ``exp(log_integrand)``, one per entry of the batch.

    Parameters
    ----------
    log_integrand : callable
        From points (batch x nodes) to values of the same shape, possibly complex.
    centre, spread : array, batch
        From `find_mode`, for the real part of the parameters.
    points : int
        The number of nodes.
    """
    slope, curvature = _derivatives(log_integrand, centre, spread)
    moved = centre - slope / curvature
    spread = (-_derivatives(log_integrand, moved, spread)[1]) ** -0.5
    nodes, weights = np.polynomial.hermite.hermgauss(points)
    places = moved[:, None] + np.sqrt(2.0) * spread[:, None] * nodes
    terms = log_integrand(places) + np.log(weights) + nodes**2
    return np.asarray(log_sum(terms) + np.log(np.sqrt(2.0) * spread))


def _derivatives(log_integrand: LogIntegrand, centre: Array, spread: Array) -> tuple[Array, Array]:
    """Return first and second derivative at the centre, by a five-point stencil."""
    step = _STEP * spread
    values = log_integrand(centre[:, None] + step[:, None] * _STENCIL)
    return values @ _FIRST / step, values @ _SECOND / step**2
