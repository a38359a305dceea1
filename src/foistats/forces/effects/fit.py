"""The distribution of relative rates, fitted by maximum marginal likelihood."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from foistats.errors import ConvergenceError, NotIdentifiedError
from foistats.forces.comparable import Counts
from foistats.forces.effects.atoms import Atoms, atoms_of
from foistats.forces.effects.climbing import climb
from foistats.forces.effects.gamma import GammaMixing
from foistats.forces.effects.grid import posterior_grid
from foistats.forces.effects.likelihood import Likelihood, Point
from foistats.forces.effects.log_normal import LogNormalMixing
from foistats.forces.effects.mixing import Grid, Mixing
from foistats.forces.effects.profile import Profile
from foistats.forces.settings import require_word

ENOUGH_FORCES = 20
"""Below, the chi-square approximations of intervals and tests of the spread are rough."""
LEAST_FORCES = 3

MIXINGS: dict[str, Callable[[int], Mixing]] = {
    "gamma": lambda points: GammaMixing(),
    "log-normal": LogNormalMixing,
}


@dataclass(frozen=True, eq=False)
class ForceEffects:
    """A fitted distribution of relative rates.

    Attributes
    ----------
    counts : Counts
    likelihood : Likelihood
    maximum : Point
        Proven: the step left is short, the information positive definite.
    without_variation : Point
        The maximum with no spread.
    """

    counts: Counts
    likelihood: Likelihood
    maximum: Point
    without_variation: Point

    @property
    def mixing(self) -> Mixing:
        """The distribution of the rates."""
        return self.likelihood.mixing

    @property
    def atoms(self) -> Atoms:
        """Every count that a force can have."""
        return self.likelihood.atoms

    @property
    def mean(self) -> float:
        """The mean relative rate, counts per unit of exposure."""
        return float(np.exp(self.maximum.log_mean))

    @property
    def spread(self) -> float:
        """Coefficient of variation (gamma), or standard deviation of the log rates."""
        return float(self.maximum.spread)

    @property
    def at_boundary(self) -> bool:
        """Whether the most likely spread is zero."""
        return self.spread == 0

    @property
    def log_likelihood(self) -> float:
        """The maximum of the log-likelihood."""
        return self.maximum.value

    @property
    def profile(self) -> Profile:
        """How the log-likelihood falls from its maximum."""
        return Profile(self.likelihood, self.maximum, self.without_variation)

    @cached_property
    def grid(self) -> Grid:
        """The values of mean and spread over which posteriors are averaged."""
        return posterior_grid(self.profile)


def force_effects(
    counts: Counts, *, mixing: str = "gamma", quadrature_points: int = 21
) -> ForceEffects:
    """Fit the distribution of relative rates by maximum marginal likelihood.

    Parameters
    ----------
    counts : Counts
        With the expected counts as exposure.
    mixing : str
        ``gamma`` or ``log-normal``.
    quadrature_points : int
        Of the log-normal.

    Raises
    ------
    UsageError
        For a distribution that does not exist.
    NotIdentifiedError
        With fewer than three forces that have a count, or if all counts may be zero.
    ConvergenceError
        If no maximum is proven, or twice as many quadrature points move the log-likelihood.

    Examples
    --------
    >>> import pandas as pd
    >>> from foistats.forces.comparable import comparable_counts
    >>> fit = force_effects(comparable_counts(pd.DataFrame({
    ...     "force": list("ABCD"), "unit": "case", "n_low": [3, 8, 20, 2],
    ...     "n_high": [3, 8, 20, 2], "expected": [6.0, 7.0, 9.0, 8.0],
    ... })))
    >>> round(fit.mean, 2), round(fit.spread, 2)
    (1.04, 0.68)
    """
    require_word(mixing, MIXINGS, "mixing")
    _require_identified(counts)
    return fitted(counts, MIXINGS[mixing](quadrature_points))


def fitted(counts: Counts, mixing: Mixing) -> ForceEffects:
    """Return the maximum from two starts and from no spread; the counts must identify it."""
    likelihood = Likelihood(mixing, atoms_of(counts))
    low, high = counts.low[counts.known], counts.high[counts.known]
    middle = np.where(np.isinf(high), low, (low + high) / 2)
    exposure = counts.exposure[counts.known]
    none = climb(likelihood, (float(np.log(middle.sum() / exposure.sum())), 0.0), hold=1)
    expected = exposure * np.exp(none.log_mean)
    excess = np.sum((middle - expected) ** 2 - middle) / np.sum(expected**2)
    start = float(np.sqrt(np.clip(excess, 0.01, 1)))
    tries = [climb(likelihood, (none.log_mean, spread)) for spread in (start, 4 * start)]
    best = max([none, *tries], key=lambda point: point.value)
    if best.spread == 0:
        best = none
    _require_exact_quadrature(likelihood, best)
    return ForceEffects(counts, likelihood, best, none)


def _require_identified(counts: Counts) -> None:
    number = int(counts.known.sum())
    if number < LEAST_FORCES:
        raise NotIdentifiedError(
            f"forces' rates: {number} with a count; the spread between forces needs at least "
            f"{LEAST_FORCES}: use exact intervals of each rate"
        )
    if not np.any(counts.low[counts.known] > 0):
        raise NotIdentifiedError(
            f"forces' rates: all {number} counts are zero, or may be; the mean rate is then most "
            "likely zero and nothing is known about the spread: use exact intervals of each rate"
        )


def _require_exact_quadrature(likelihood: Likelihood, best: Point) -> None:
    mixing, atoms = likelihood.mixing, likelihood.atoms
    if not isinstance(mixing, LogNormalMixing) or best.spread == 0:
        return
    finer = Likelihood(LogNormalMixing(2 * mixing.quadrature_points), atoms)
    moved = abs(finer.at(best.log_mean, best.spread).value - best.value)
    if moved > 1e-5 * max(1.0, np.sqrt(len(atoms.sizes))):
        raise ConvergenceError(
            f"forces' rates: twice {mixing.quadrature_points} quadrature points move the "
            f"log-likelihood by {moved:.1e}; give more quadrature_points"
        )
