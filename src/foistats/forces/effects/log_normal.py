"""Log-normal rates, integrated out by adaptive Gauss-Hermite quadrature (Liu and Pierce 1994)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from foistats.forces.columns import Array
from foistats.forces.effects.atoms import Atoms
from foistats.forces.effects.mixing import AT_ONCE, Derivatives, Grid, outer, symmetric
from foistats.forces.effects.normal_posterior import mode_of, posterior_line, reach

_SKEW_SPREAD = 1.0


@dataclass(frozen=True)
class LogNormalMixing:
    """Log-normal rates, integrated out by adaptive Gauss-Hermite quadrature.

    Nodes lie around the mode of each count (`foistats.forces.effects.normal_posterior`). Beyond a
    spread of 1 the integrands are too skew for that, and the trapezoidal rule on four times as many
    points takes its place.
    """

    quadrature_points: int = 21
    name = "log-normal"

    def _nodes(self, atoms: Atoms, log_mean: float, spread: float) -> tuple[Array, Array]:
        """Return the nodes *z* (atoms x points) and the log of weight times integrand there."""
        if spread > _SKEW_SPREAD:
            low, high = reach(atoms, log_mean, spread)
            z = low[:, None] + (high - low)[:, None] * np.linspace(0, 1, 4 * self.quadrature_points)
            log_weight = np.log((high - low) / (4 * self.quadrature_points - 1))[:, None]
        else:
            mode, q = mode_of(atoms, log_mean, spread)
            places, weights = np.polynomial.hermite.hermgauss(self.quadrature_points)
            scale = np.sqrt(2 / (1 + q))[:, None]
            z = mode[:, None] + scale * places
            log_weight = np.log(weights) + places**2 + np.log(scale)
        log_rate = log_mean - spread**2 / 2 + spread * z
        k, e = atoms.count[:, None], atoms.exposure[:, None]
        log_density = -(z**2) / 2 - np.log(2 * np.pi) / 2
        return z, k * log_rate - e * np.exp(log_rate) + log_density + log_weight

    def evaluate(self, atoms: Atoms, log_mean: float, spread: float, order: int) -> Derivatives:
        """Return log probabilities and derivatives: means and covariances of the scores."""
        z, terms = self._nodes(atoms, log_mean, spread)
        sums = special.logsumexp(terms, axis=1)
        constant = special.xlogy(atoms.count, atoms.exposure) + atoms.constant
        if order == 0:
            return sums + constant, np.empty(0), np.empty(0)
        share = np.exp(terms - sums[:, None])
        rate = atoms.exposure[:, None] * np.exp(log_mean - spread**2 / 2 + spread * z)
        left, by_s = atoms.count[:, None] - rate, z - spread
        gradient = np.stack([(share * left).sum(1), (share * left * by_s).sum(1)], axis=-1)
        of_mean = (share * (left**2 - rate)).sum(1)
        cross = (share * by_s * (left**2 - rate)).sum(1)
        of_spread = (share * (by_s**2 * (left**2 - rate) - left)).sum(1)
        second = symmetric(of_mean, cross, of_spread) - outer(gradient)
        return sums + constant, gradient, second

    def posterior_mean(self, atoms: Atoms, log_mean: float, spread: float) -> Array:
        """Return the mean of the rate over the nodes."""
        z, terms = self._nodes(atoms, log_mean, spread)
        rate = np.exp(log_mean - spread**2 / 2 + spread * z)
        return np.asarray((special.softmax(terms, axis=1) * rate).sum(axis=1))

    def quantiles(self, atoms: Atoms, grid: Grid, probabilities: Sequence[float]) -> Array:
        """Return quantiles from the posterior density on a line of log rates per force."""
        found = np.empty((len(atoms.sizes), len(probabilities)))
        for forces in atoms.parts(AT_ONCE):
            part, rows = atoms.part(forces)
            line, probits = posterior_line(part, grid, grid.log_probability[:, rows])
            goals = special.ndtri(np.asarray(probabilities))
            found[forces] = [np.interp(goals, *pair) for pair in zip(probits, line, strict=True)]
        return np.exp(found)

    def draw(
        self, atoms: Atoms, log_mean: float, spread: float, size: int, rng: np.random.Generator
    ) -> Array:
        """Return draws by inversion of the posterior distribution functions."""
        value = self.evaluate(atoms, log_mean, spread, 0)[0]
        grid = Grid(np.array([log_mean]), np.array([spread]), np.ones(1), value[None])
        found = np.empty((size, len(atoms.sizes)))
        for forces in atoms.parts(AT_ONCE):
            part, rows = atoms.part(forces)
            line, probits = posterior_line(part, grid, value[None, rows])
            goals = rng.standard_normal((size, len(part.sizes)))
            for column, pair in enumerate(zip(probits, line, strict=True)):
                found[:, forces.start + column] = np.interp(goals[:, column], *pair)
        return np.exp(found)
