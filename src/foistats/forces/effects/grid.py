"""Values of mean and spread with their posterior weights, for intervals that carry both.

The posterior given mean and spread is averaged over a grid, with weights from the likelihood and a
flat prior on *log mu* and on *s* up to 5 (Gelman 2006). *s* has Gauss-Legendre nodes in
``log(1 + s/c)`` wherever the profile has fallen by less than 12; at each, *log mu* has
Gauss-Hermite nodes around its maximum.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import special

from foistats.forces.columns import Array
from foistats.forces.effects.climbing import LARGEST_SPREAD, climb
from foistats.forces.effects.likelihood import Likelihood
from foistats.forces.effects.mixing import Grid
from foistats.forces.effects.profile import Profile

_FURTHEST_DROP = 24.0
_SPREAD_NODES, _MEAN_NODES = 17, 7
_LEAST_WEIGHT = 1e-7
_WELL_KNOWN = 0.03
"""Mean and spread known so well, against the spread, need four nodes only."""


def posterior_grid(profile: Profile) -> Grid:
    """Return the nodes of mean and spread whose weights are not negligible."""
    low, high = profile.spread_ends(_FURTHEST_DROP)
    scale = min(profile.end(1, 1, 1.0), LARGEST_SPREAD)
    places, weights = np.polynomial.legendre.leggauss(_SPREAD_NODES)
    ends = np.log1p(np.array([low, min(high, LARGEST_SPREAD)]) / scale)
    spreads = scale * np.expm1(ends[0] + (places + 1) / 2 * (ends[1] - ends[0]))
    steps = np.log(weights * (scale + spreads))
    found = [
        node
        for spread, step in zip(spreads, steps, strict=True)
        for node in _mean_nodes(profile, float(spread), float(step))
    ]
    log_mean, spread, log_weight = (np.array(column) for column in zip(*found, strict=True))
    values = _log_probabilities(profile.likelihood, log_mean, spread)
    log_weight += [profile.likelihood.atoms.log_total(value).sum() for value in values]
    weight = special.softmax(log_weight)
    kept = weight > _LEAST_WEIGHT
    weight = weight[kept] / weight[kept].sum()
    return Grid(log_mean[kept], spread[kept], weight, values[kept])


def condensed(likelihood: Likelihood, grid: Grid) -> Grid:
    """Return four nodes in place of many where mean and spread are well known.

    With the posterior mean and the standard deviations sqrt(2) L of ``(log mu, s)``, L L' their
    covariance, the nodes ``mean +- sqrt(2) L`` are exact for whatever is cubic in both: quantiles
    of the rates nearly are where the deviations are small against the spread.
    """
    pairs = np.stack([grid.log_mean, grid.spread])
    centre = pairs @ grid.weight
    covariance = (grid.weight * (pairs - centre[:, None])) @ (pairs - centre[:, None]).T
    if np.sqrt(np.diag(covariance)).max() > _WELL_KNOWN * centre[1]:
        return grid
    moved = np.sqrt(2) * np.linalg.cholesky(covariance)
    log_mean, spread = centre[:, None] + np.hstack([moved, -moved])
    values = _log_probabilities(likelihood, log_mean, spread)
    return Grid(log_mean, spread, np.full(4, 0.25), values)


def _mean_nodes(
    profile: Profile, spread: float, step: float
) -> Iterator[tuple[float, float, float]]:
    """Yield log mean, spread and log quadrature weight around the maximum at one spread."""
    top = climb(profile.likelihood, (profile.maximum.log_mean, spread), hold=1)
    scale = np.sqrt(2 / top.information[0, 0])
    places, weights = np.polynomial.hermite.hermgauss(_MEAN_NODES)
    for place, weight in zip(places, weights, strict=True):
        log_weight = step + np.log(weight * scale) + place**2
        yield top.log_mean + scale * float(place), spread, float(log_weight)


def _log_probabilities(likelihood: Likelihood, log_mean: Array, spread: Array) -> Array:
    """Return the log probability of each atom (nodes x atoms)."""
    pairs = zip(log_mean.tolist(), spread.tolist(), strict=True)
    mixing, atoms = likelihood.mixing, likelihood.atoms
    return np.stack([mixing.evaluate(atoms, *pair, 0)[0] for pair in pairs])
