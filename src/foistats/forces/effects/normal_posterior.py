"""Where log rates lie a posteriori if they are normal a priori: modes, reaches, distributions.

With ``log lambda = log mu - s^2/2 + s z`` and ``q = omega(log(s^2 e mu) - s^2/2 + s^2 y)``, omega
being Wright's function, the mode of *z* is ``(s^2 y - q) / s`` and minus the second derivative
there ``1 + q``.
"""

from __future__ import annotations

import numpy as np
from scipy import integrate, special

from foistats.forces.columns import Array
from foistats.forces.effects.atoms import Atoms
from foistats.forces.effects.mixing import Grid

NEGLIGIBLE = 36.0
"""What has fallen by more, in logarithms, is left out."""
_POSTERIOR_POINTS = 201


def mode_of(atoms: Atoms, log_mean: float, spread: float) -> tuple[Array, Array]:
    """Return the mode of *z* and *q*, which is ``s^2 e lambda`` there."""
    variance = spread**2
    with np.errstate(divide="ignore"):
        log_exposure = np.log(atoms.exposure)
    own = variance * atoms.count
    q = special.wrightomega(log_exposure + np.log(variance) + log_mean - variance / 2 + own)
    return (own - q) / spread, q


def reach(atoms: Atoms, log_mean: float, spread: float) -> tuple[Array, Array]:
    """Return the *z* beyond which the integrand has fallen by more than exp(-36).

    It falls from its mode at least as a normal density of variance 1, to the right at least as one
    of variance ``1 / (1 + q)``, and at a distance *d* of the log rate to the left by at least
    ``r d^2 / (2 + 2d/3)``, *r* being the expected count at the mode.
    """
    mode, q = mode_of(atoms, log_mean, spread)
    r, drop = q / spread**2, NEGLIGIBLE
    with np.errstate(divide="ignore"):
        left = (drop / 3 + np.sqrt(drop**2 / 9 + 2 * r * drop)) / r / spread
    return mode - np.minimum(left, np.sqrt(2 * drop)), mode + np.sqrt(2 * drop / (1 + q))


def posterior_line(atoms: Atoms, grid: Grid, log_probability: Array) -> tuple[Array, Array]:
    """Return log rates (forces x points) and the probits of the posterior up to each.

    The points are evenly spaced in the inverse hyperbolic sine of the distance from the middle of
    what the likeliest node of the grid reaches: dense there, and still few far out.
    """
    reaches = np.stack(
        [_forcereach(atoms, grid, node, log_probability[node]) for node in range(len(grid.weight))]
    )
    low, high = reaches[:, 0].min(axis=0), reaches[:, 1].max(axis=0)
    likeliest = reaches[np.argmax(grid.weight)]
    middle, scale = likeliest.mean(axis=0), (likeliest[1] - likeliest[0]) / 8
    ends = np.arcsinh((low - middle) / scale), np.arcsinh((high - middle) / scale)
    steps = ends[0][:, None] + (ends[1] - ends[0])[:, None] * np.linspace(0, 1, _POSTERIOR_POINTS)
    line = middle[:, None] + scale[:, None] * np.sinh(steps)
    log_rate = line[atoms.force]
    poisson = atoms.count[:, None] * log_rate - atoms.exposure[:, None] * np.exp(log_rate)
    constant = special.xlogy(atoms.count, atoms.exposure) + atoms.constant
    likelihood = atoms.log_total(poisson + constant[:, None])
    density = np.zeros_like(line)
    for node, (log_mean, spread) in enumerate(zip(grid.log_mean, grid.spread, strict=True)):
        away = (line - log_mean + spread**2 / 2) / spread
        marginal = atoms.log_total(log_probability[node])[:, None]
        density += grid.weight[node] / spread * np.exp(likelihood - marginal - away**2 / 2)
    below = integrate.cumulative_simpson(density * np.cosh(steps), axis=1, initial=0)
    share = np.clip(below / below[:, -1:], 1e-300, 1 - 1e-16)
    return line, special.ndtri(np.maximum.accumulate(share, axis=1))


def _forcereach(atoms: Atoms, grid: Grid, node: int, log_probability: Array) -> Array:
    """Return the ends of the log rates (2 x forces) that count at one node of the grid."""
    log_mean, spread = grid.log_mean[node], grid.spread[node]
    centre = log_mean - spread**2 / 2
    counts = log_probability - atoms.log_total(log_probability)[atoms.force] > -NEGLIGIBLE
    low, high = (centre + spread * z for z in reach(atoms, log_mean, spread))
    low, high = np.where(counts, low, np.inf), np.where(counts, high, -np.inf)
    return np.stack([np.minimum.reduceat(low, atoms.first), np.maximum.reduceat(high, atoms.first)])
