"""What a distribution of relative rates must answer, whichever it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np

from foistats.forces.columns import Array
from foistats.forces.effects.atoms import Atoms

Derivatives: TypeAlias = tuple[Array, Array, Array]
"""Log probabilities; gradients (rows x 2); second derivatives (rows x 2 x 2)."""

AT_ONCE = 2_000
"""Forces whose posterior densities are held in memory together."""


@dataclass(frozen=True, eq=False)
class Grid:
    """Values of ``log mu`` and *s* with their posterior weights.

    Attributes
    ----------
    log_mean, spread, weight : array, nodes
    log_probability : array, nodes x atoms
    """

    log_mean: Array
    spread: Array
    weight: Array
    log_probability: Array


class Mixing(Protocol):
    """A distribution of relative rates."""

    @property
    def name(self) -> str:
        """What it is called."""

    def evaluate(self, atoms: Atoms, log_mean: float, spread: float, order: int) -> Derivatives:
        """Return the log probability of each atom, and its derivatives in ``(log mu, s)``."""

    def posterior_mean(self, atoms: Atoms, log_mean: float, spread: float) -> Array:
        """Return the mean relative rate given each atom."""

    def quantiles(self, atoms: Atoms, grid: Grid, probabilities: Sequence[float]) -> Array:
        """Return posterior quantiles (forces x probabilities), averaged over the grid."""

    def draw(
        self, atoms: Atoms, log_mean: float, spread: float, size: int, rng: np.random.Generator
    ) -> Array:
        """Return draws (size x forces) from the posterior given mean and spread."""


def symmetric(first: Array, cross: Array, second: Array) -> Array:
    """Return 2 x 2 matrices, one per row."""
    return np.stack([np.stack([first, cross], -1), np.stack([cross, second], -1)], -2)


def outer(gradient: Array) -> Array:
    """Return the products of each gradient with itself, 2 x 2 per row."""
    return np.asarray(gradient[..., :, None] * gradient[..., None, :])
