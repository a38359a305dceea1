"""The maximum of a log-likelihood in ``(log mu, s)``, ``s >= 0``, by Newton's method."""

from __future__ import annotations

import numpy as np

from foistats.errors import ConvergenceError
from foistats.forces.columns import Array
from foistats.forces.effects.likelihood import Likelihood, Point

LARGEST_SPREAD = 5.0
LEAST_SPREAD = 1e-3
"""A smaller spread, a tenth of a per cent of the rate, is none."""

_ITERATIONS = 100
_SHORT = 1e-7
"""A search ends when the step left is shorter, in standard errors."""


def climb(likelihood: Likelihood, start: tuple[float, float], hold: int | None = None) -> Point:
    """Return the maximum by Newton's method, ``hold`` being 0 (the mean), 1 (the spread) or None.

    Raises
    ------
    ConvergenceError
        If no maximum is proven: the step left short, the information positive definite.
    """
    here = likelihood.at(*start)
    for _ in range(_ITERATIONS):
        free = [place for place in (0, 1) if place != hold and not (place and here.spread == 0)]
        if not free:
            return here
        gradient, information = here.gradient[free], here.information[np.ix_(free, free)]
        values, vectors = np.linalg.eigh(information)
        along = vectors.T @ gradient
        curved = np.maximum(np.abs(values), 1e-8 * max(np.abs(values).max(), 1e-8))
        if np.sum(along**2 / curved) < _SHORT**2:
            if values[0] <= 0:
                break
            return here
        step = np.zeros(2)
        step[free] = vectors @ (along / curved)
        moved = _step(likelihood, here, step)
        settled = values[0] > 0 and np.sum(along**2 / curved) < (_SHORT if hold is None else 1e-6)
        if moved is None and settled:
            return here
        if moved is None:
            break
        here = moved
    raise ConvergenceError(
        f"forces' rates ({likelihood.mixing.name}): no maximum proven; the search ended at mean "
        f"{np.exp(here.log_mean):.4g}, spread {here.spread:.4g} (at most {LARGEST_SPREAD:g}), "
        f"gradient {np.abs(here.gradient).max():.1e}"
    )


def _step(likelihood: Likelihood, here: Point, step: Array) -> Point | None:
    """Return the first point along the step, halved, that is no lower; None if there is none."""
    slack = 1e-12 * (1 + abs(here.value))
    step = step / max(1.0, abs(step[0]) / 2, abs(step[1]) / max(0.5, here.spread))
    for _ in range(30):
        spread = here.spread
        if step[1]:
            spread = min(max(spread + step[1], spread / 5), 2 * LARGEST_SPREAD)
            spread = 0.0 if spread < LEAST_SPREAD else spread
        moved = likelihood.at(here.log_mean + step[0], spread)
        if moved.value >= here.value - slack:
            return moved if spread <= LARGEST_SPREAD or spread < here.spread else None
        step = step / 2
    return None
