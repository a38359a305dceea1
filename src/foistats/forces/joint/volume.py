"""The number of cases of a force given its severity intercept.

With *z* the standard normal severity intercept, the log relative rate is
``v = tau (rho z + sqrt(1 - rho^2) w)``, *w* standard normal too. Given *z*, the count is Poisson
with a log-normal rate::

    h(z) = int Poisson(n; e exp(b + s w)) phi(w) dw,   b = a + tau rho z,   s = tau sqrt(1 - rho^2)

which `foistats.forces.effects.log_normal` integrates, with derivatives; of a count known as an
interval, ``h`` is the sum over its counts. The parameters are ``(a, log tau, atanh rho)``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from foistats.forces.columns import Array
from foistats.forces.effects.atoms import Atoms
from foistats.forces.effects.log_normal import LogNormalMixing
from foistats.forces.effects.mixing import outer, symmetric

EDGE = 20.0
"""The inverse hyperbolic tangent taken for a correlation of one: its tangent is one to rounding."""
LINK = 3
"""The number of parameters."""


@dataclass(frozen=True)
class Coupling:
    """How counts hang on severity.

    Attributes
    ----------
    log_rate : float
        ``a``, the median log rate.
    log_spread : float
        ``log tau``.
    bend : float
        ``atanh rho``.
    """

    log_rate: float
    log_spread: float
    bend: float

    @property
    def spread(self) -> float:
        """``tau``."""
        return float(np.exp(self.log_spread))

    @property
    def correlation(self) -> float:
        """``rho``."""
        return float(np.tanh(self.bend))

    @property
    def residual_share(self) -> float:
        """``sqrt(1 - rho^2)``, without cancellation."""
        return float(1 / np.cosh(self.bend))


@dataclass(frozen=True, eq=False)
class CountTerms:
    """Log probabilities of the counts, with derivatives.

    Attributes
    ----------
    value : array, forces x nodes
        ``log h``.
    slope : array, forces x nodes x 3
        By the parameters.
    curvature : array, forces x nodes x 3 x 3
    along, along_twice : array, forces x nodes
        First and second derivative by *z*.
    """

    value: Array
    slope: Array
    curvature: Array
    along: Array
    along_twice: Array


@dataclass(frozen=True, eq=False)
class Volume:
    """Counts of some forces, given their severity intercepts.

    Attributes
    ----------
    atoms : Atoms
        Every count that each force can have.
    mixing : LogNormalMixing
        How the rest of the rate is integrated out.
    """

    atoms: Atoms
    mixing: LogNormalMixing

    def log_probability(self, coupling: Coupling, z: Array) -> Array:
        """Return ``log h`` at severity intercepts: forces x nodes, as *z* is."""
        forces, nodes = z.shape
        if forces == 0:
            return np.zeros((0, nodes))
        at_nodes, level, residual = self._at_nodes(coupling, z)
        value = self.mixing.evaluate(at_nodes, level, residual, 0)[0]
        return self.atoms.log_total(value.reshape(-1, nodes))

    def terms(self, coupling: Coupling, z: Array) -> CountTerms:
        """Return ``log h`` at severity intercepts (forces x nodes) with its derivatives."""
        forces, nodes = z.shape
        if forces == 0:
            empty = np.zeros((0, nodes))
            by = np.zeros((0, nodes, LINK)), np.zeros((0, nodes, LINK, LINK))
            return CountTerms(empty, *by, empty, empty)
        at_nodes, level, residual = self._at_nodes(coupling, z)
        value, gradient, second = self.mixing.evaluate(at_nodes, level, residual, 1)
        gradient, second = _at_fixed_median(gradient, second, residual)
        rows = (-1, nodes)
        value, gradient, second = (
            value.reshape(rows),
            gradient.reshape(*rows, 2),
            second.reshape(*rows, 2, 2),
        )
        return _chain(coupling, z, *_over_counts(self.atoms, value, gradient, second))

    def _at_nodes(self, coupling: Coupling, z: Array) -> tuple[Atoms, float, float]:
        """Return the atoms at every node, the mean log rate there, and ``s``."""
        nodes = z.shape[1]
        shift = coupling.spread * coupling.correlation * z[self.atoms.force]
        residual = coupling.spread * coupling.residual_share
        exposure = (self.atoms.exposure[:, None] * np.exp(shift)).ravel()
        at_nodes = replace(
            self.atoms,
            count=np.repeat(self.atoms.count, nodes),
            exposure=exposure,
            log_weight=np.repeat(self.atoms.log_weight, nodes),
            first=np.arange(len(exposure)),
            sizes=np.ones(len(exposure), dtype=int),
        )
        return at_nodes, coupling.log_rate + residual**2 / 2, residual


def _at_fixed_median(gradient: Array, second: Array, s: float) -> tuple[Array, Array]:
    """Return derivatives by ``(b, s)`` from those by ``(b + s^2/2, s)``: rows x 2, rows x 2 x 2."""
    move = np.array([[1.0, s], [0.0, 1.0]])
    turned = move.T @ second @ move
    turned[..., 1, 1] += gradient[..., 0]
    return gradient @ move, turned


def _over_counts(
    atoms: Atoms, value: Array, gradient: Array, second: Array
) -> tuple[Array, Array, Array]:
    """Return the same of sums over the counts that each force can have."""
    if atoms.simple:
        return value, gradient, second
    sums = atoms.log_total(value)
    share = np.exp(value - sums[atoms.force])
    second = atoms.total(share[..., None, None] * (second + outer(gradient)))
    gradient = atoms.total(share[..., None] * gradient)
    return sums, gradient, second - outer(gradient)


def _chain(
    coupling: Coupling, z: Array, value: Array, gradient: Array, second: Array
) -> CountTerms:
    """Return derivatives by the parameters and by *z* from those by ``(b, s)``."""
    tau, rho, share = coupling.spread, coupling.correlation, coupling.residual_share
    s, loading, bent = tau * share, tau * rho, tau * share**2
    jacobian = np.zeros((*z.shape, 2, LINK))
    jacobian[..., 0, 0] = 1.0
    jacobian[..., 0, 1] = loading * z
    jacobian[..., 0, 2] = bent * z
    jacobian[..., 1, 1] = s
    jacobian[..., 1, 2] = -s * rho
    curvature = np.swapaxes(jacobian, -1, -2) @ second @ jacobian
    by_median, by_residual = gradient[..., 0], gradient[..., 1]
    bends = by_median * z * np.stack([np.full_like(z, loading), bent * np.ones_like(z)])
    curvature[..., 1:, 1:] += symmetric(
        bends[0] + by_residual * s,
        bends[1] - by_residual * s * rho,
        -2 * rho * bends[1] + by_residual * s * (rho**2 - share**2),
    )
    slope = (gradient[..., None, :] @ jacobian)[..., 0, :]
    return CountTerms(value, slope, curvature, loading * by_median, loading**2 * second[..., 0, 0])
