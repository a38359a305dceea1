"""Gamma-distributed rates: counts are negative binomial, posteriors gamma (Lawless 1987)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from foistats.errors import ConvergenceError
from foistats.forces.columns import Array
from foistats.forces.effects.atoms import Atoms
from foistats.forces.effects.mixing import AT_ONCE, Derivatives, Grid, symmetric

_LARGE_SHAPE = 1_000.0
_ITERATIONS = 100


@dataclass(frozen=True)
class GammaMixing:
    """Gamma-distributed rates: counts are negative binomial, posteriors gamma.

    Given the hyperparameters the posterior is ``Gamma(y + a, e + a / mu)``, ``a = 1 / s^2``.
    """

    name = "gamma"

    def evaluate(self, atoms: Atoms, log_mean: float, spread: float, order: int) -> Derivatives:
        """Return log probabilities and derivatives of the negative binomial distribution."""
        k, u, a = atoms.count, atoms.exposure * np.exp(log_mean), spread**-2
        value, by_a, by_aa = negative_binomial(k, u, a, order)
        value = value + atoms.constant
        if order == 0:
            return value, np.empty(0), np.empty(0)
        first, second = -2 * spread**-3, 6 * spread**-4
        gradient = np.stack([a * (k - u) / (a + u), by_a * first], axis=-1)
        cross = (k - u) * u / (a + u) ** 2 * first
        of_mean = -(a + k) * a * u / (a + u) ** 2
        of_spread = by_aa * first**2 + by_a * second
        return value, gradient, symmetric(of_mean, cross, of_spread)

    def posterior_mean(self, atoms: Atoms, log_mean: float, spread: float) -> Array:
        """Return ``(y + a) / (e + a / mu)``."""
        a = spread**-2
        return np.asarray((atoms.count + a) / (atoms.exposure + a * np.exp(-log_mean)))

    def quantiles(self, atoms: Atoms, grid: Grid, probabilities: Sequence[float]) -> Array:
        """Return quantiles of a mixture of gamma distributions, by Newton on its probit."""
        found = np.empty((len(atoms.sizes), len(probabilities)))
        for forces in atoms.parts(50 * AT_ONCE):
            part, rows = atoms.part(forces)
            mixture = _GammaMixture.of(part, grid, rows)
            for column, probability in enumerate(probabilities):
                found[forces, column] = mixture.quantile(probability)
        return found

    def draw(
        self, atoms: Atoms, log_mean: float, spread: float, size: int, rng: np.random.Generator
    ) -> Array:
        """Return gamma variates, for each draw given one of the counts a force can have."""
        a = spread**-2
        value = self.evaluate(atoms, log_mean, spread, 0)[0]
        share = np.exp(value - atoms.log_total(value)[atoms.force])
        taken = np.tile(atoms.first, (size, 1))
        for force in np.flatnonzero(atoms.sizes > 1):
            own = np.arange(atoms.first[force], atoms.first[force] + atoms.sizes[force])
            taken[:, force] = rng.choice(own, size, p=share[own] / share[own].sum())
        rate = atoms.exposure[taken] + a * np.exp(-log_mean)
        return np.asarray(rng.standard_gamma(atoms.count[taken] + a) / rate)


@dataclass(frozen=True, eq=False)
class _GammaMixture:
    """Mixtures of gamma distributions, one per force; weights are nodes x atoms."""

    atoms: Atoms
    shapes: Array
    rates: Array
    weights: Array

    @staticmethod
    def of(atoms: Atoms, grid: Grid, rows: slice) -> _GammaMixture:
        """Return the posteriors averaged over a grid, of the forces whose atoms are these rows."""
        a = grid.spread[:, None] ** -2
        log_probability = grid.log_probability[:, rows]
        sums = np.stack([atoms.log_total(one)[atoms.force] for one in log_probability])
        weights = grid.weight[:, None] * np.exp(log_probability - sums)
        rates = atoms.exposure + a * np.exp(-grid.log_mean[:, None])
        return _GammaMixture(atoms, atoms.count + a, rates, weights)

    def _at(self, log_rate: Array) -> tuple[Array, Array]:
        """Return distribution function and density of the log rate."""
        x = np.exp(log_rate)[self.atoms.force]
        below, density = np.zeros_like(x), np.zeros_like(x)
        for shape, rate, weight in zip(self.shapes, self.rates, self.weights, strict=True):
            below += weight * special.gammainc(shape, rate * x)
            log_density = special.xlogy(shape, rate * x) - rate * x - special.gammaln(shape)
            density += weight * np.exp(log_density)
        return self.atoms.total(below), self.atoms.total(density)

    def quantile(self, probability: float) -> Array:
        """Return the quantile of each force's mixture."""
        means = special.digamma(self.shapes) - np.log(self.rates)
        squares = means**2 + special.polygamma(1, self.shapes)
        mean, square = (self.atoms.total((self.weights * x).sum(axis=0)) for x in (means, squares))
        place = mean + special.ndtri(probability) * np.sqrt(square - mean**2)
        low, high = np.full_like(place, -np.inf), np.full_like(place, np.inf)
        goal = special.ndtri(probability)
        for _ in range(_ITERATIONS):
            below, density = self._at(place)
            probit = special.ndtri(np.clip(below, 1e-300, 1 - 1e-16))
            low, high = np.where(probit < goal, place, low), np.where(probit > goal, place, high)
            slope = np.maximum(density, 1e-300) / np.exp(-(probit**2) / 2) * np.sqrt(2 * np.pi)
            moved = place + np.clip((goal - probit) / slope, -50, 50)
            outside = (np.abs(moved - place) > 1e-8) & ((moved <= low) | (moved >= high))
            moved[outside] = (low[outside] + high[outside]) / 2
            if np.max(np.abs(moved - place)) < 1e-8:
                return np.asarray(np.exp(moved))
            place = moved
        raise ConvergenceError(f"posterior quantile {probability}: not found")


def negative_binomial(k: Array, u: Array, a: float, order: int) -> Derivatives:
    """Return the log probability of *k* without ``-log k!``, and its derivatives in the shape *a*.

    Where *a* is large, gamma functions cancel: there by Stirling's series, whose next terms are
    below rounding error.
    """
    x = (k - u) / (a + u)
    if a < _LARGE_SHAPE:
        value = special.gammaln(k + a) - special.gammaln(a)
        value = value - a * np.log1p(u / a) + special.xlogy(k, u / (a + u))
    else:
        value = (a - 0.5) * np.log1p(k / a) - k - a * np.log1p(u / a) + k * np.log1p(x)
        value = value + special.xlogy(k, u) + _powers(k, a, 1) / 12 - _powers(k, a, 3) / 360
    if order == 0:
        return value, np.empty(0), np.empty(0)
    if a < _LARGE_SHAPE:
        by_a = special.digamma(k + a) - special.digamma(a) - np.log1p(u / a) - x
        by_aa = special.polygamma(1, k + a) - special.polygamma(1, a)
        return value, by_a, by_aa + u / (a * (a + u)) + x / (a + u)
    by_a = np.log1p(x) - x - _powers(k, a, 1) / 2 - _powers(k, a, 2) / 12
    return value, by_a, x**2 / (a + k) + _powers(k, a, 2) / 2 + _powers(k, a, 3) / 6


def _powers(k: Array, a: float, power: int) -> Array:
    """Return ``(a + k)^-power - a^-power`` without cancellation."""
    return np.asarray(np.expm1(-power * np.log1p(k / a)) * a**-power)
