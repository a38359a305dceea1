"""How the log-likelihood falls from its maximum in mean and spread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize

from foistats.forces.effects.climbing import LARGEST_SPREAD, climb
from foistats.forces.effects.likelihood import Likelihood, Point


@dataclass(frozen=True, eq=False)
class Profile:
    """The profile log-likelihoods of log mean and spread.

    Attributes
    ----------
    likelihood : Likelihood
    maximum : Point
    without_variation : Point
        The maximum with no spread.
    """

    likelihood: Likelihood
    maximum: Point
    without_variation: Point

    def spread_ends(self, critical: float) -> tuple[float, float]:
        """Return the spreads at which twice the profile has fallen by so much."""
        return self.end(1, -1, critical), self.end(1, 1, critical)

    def end(self, place: int, sign: int, critical: float) -> float:
        """Return where twice the profile of log mean (0) or spread (1) has fallen by so much."""
        best = self.maximum
        inside = best.spread if place else best.log_mean
        last = [best]

        def excess(value: float) -> float:
            start = (last[0].log_mean, value) if place else (value, last[0].spread)
            last[0] = self.highest(start, place)
            return float(np.sqrt(max(2 * (best.value - last[0].value), 0)) - np.sqrt(critical))

        if place and sign < 0:
            if best.spread == 0 or 2 * (best.value - self.without_variation.value) <= critical:
                return 0.0
            return float(optimize.brentq(excess, 0.0, inside, xtol=1e-9))
        reach = 2 * _standard_error(best, place)
        limit = LARGEST_SPREAD if place else 40.0
        near, far = inside, inside
        while abs(far) < limit:
            far = inside + sign * reach
            far = min(far, limit) if place else far
            if excess(far) > 0:
                return float(optimize.brentq(excess, near, far, xtol=1e-9))
            near, reach = far, 2 * reach
        return sign * np.inf

    def highest(self, start: tuple[float, float], place: int) -> Point:
        """Return the highest point with one of the two held."""
        if place:
            return climb(self.likelihood, start, hold=1)
        none = self.likelihood.at(start[0], 0.0)
        found = climb(self.likelihood, (start[0], max(start[1], 0.1)), hold=0)
        return max(none, found, key=lambda point: point.value)


def _standard_error(point: Point, place: int) -> float:
    if place and point.spread == 0:
        return 0.1
    free = [0] if point.spread == 0 else [0, 1]
    covariance = np.linalg.inv(point.information[np.ix_(free, free)])
    return float(np.sqrt(covariance[place, place]))
