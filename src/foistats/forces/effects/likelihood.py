"""The log-likelihood of mean and spread, the rates integrated out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from foistats.forces.columns import Array
from foistats.forces.effects.atoms import Atoms
from foistats.forces.effects.mixing import Derivatives, Mixing, outer, symmetric


@dataclass(frozen=True, eq=False)
class Point:
    """The log-likelihood at ``(log mu, s)``, with gradient and information (minus the Hessian)."""

    log_mean: float
    spread: float
    value: float
    gradient: Array
    information: Array


@dataclass(frozen=True, eq=False)
class Likelihood:
    """The log-likelihood of counts under a distribution of rates.

    Attributes
    ----------
    mixing : Mixing
    atoms : Atoms
    """

    mixing: Mixing
    atoms: Atoms

    def at(self, log_mean: float, spread: float) -> Point:
        """Return the log-likelihood; of an interval the log of the sum over its counts."""
        atoms = self.atoms
        if spread == 0:
            value, gradient, second = _poisson(atoms, log_mean)
        else:
            value, gradient, second = self.mixing.evaluate(atoms, log_mean, spread, 1)
        if not atoms.simple:
            sums = atoms.log_total(value)
            share = np.exp(value - sums[atoms.force])
            second = atoms.total(share[:, None, None] * (second + outer(gradient)))
            gradient, value = atoms.total(share[:, None] * gradient), sums
            second = second - outer(gradient)
        return Point(
            log_mean, spread, float(value.sum()), gradient.sum(axis=0), -second.sum(axis=0)
        )


def _poisson(atoms: Atoms, log_mean: float) -> Derivatives:
    """Return log probabilities and derivatives where there is no variation.

    The first derivative in *s* is zero there, the second ``(y - e mu)^2 - y`` in both models.
    """
    k, u = atoms.count, atoms.exposure * np.exp(log_mean)
    value = special.xlogy(k, u) - u + atoms.constant
    zero = np.zeros_like(u)
    second = symmetric(-u, zero, (k - u) ** 2 - k)
    return value, np.stack([k - u, zero], axis=-1), second
