"""Profile-likelihood intervals."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

from foistats.errors import ConvergenceError
from foistats.severity.intervals import require_level
from foistats.severity.marginal import MarginalLikelihood
from foistats.severity.maximum import Maximum, maximise_marginal

Array: TypeAlias = NDArray[Any]

_FURTHEST = 40.0
"""An interval's end further than this from the estimate, on the link scale, is infinite."""


def profile_bounds(
    marginal: MarginalLikelihood, maximum: Maximum, place: int, error: float, level: float
) -> tuple[float, float]:
    """Return the interval ``{b: 2 (l(max) - l_p(b)) <= chi2_1(level)}`` of one coefficient.

    ``l_p(b)`` is the log-likelihood maximised over all other parameters, the standard deviation of
    the random intercept from zero upwards included.

    Parameters
    ----------
    marginal, maximum
        The likelihood and its maximum.
    place : int
        Where the coefficient is in the parameter vector.
    error : float
        Its standard error, the first step outwards.
    level : float

    Raises
    ------
    ConvergenceError
        If the profile rises above the maximum: it was not the highest.
    """
    require_level(level)
    critical = float(stats.chi2.ppf(level, 1))
    start = maximum.parameters[: len(marginal.without_random_intercept().terms)]
    centre = float(start[place])

    def excess(value: float) -> float:
        """Twice the drop of the profile at the value, less the critical drop."""
        profile = maximise_marginal(marginal, start, {place: value}).log_likelihood
        drop = 2 * (maximum.log_likelihood - profile)
        if drop < -1e-6:
            raise ConvergenceError(
                f"the profile at {value:.4g} is higher than the maximum by {-drop / 2:.1e}: "
                "the likelihood has several peaks"
            )
        return drop - critical

    def bound(direction: float) -> float:
        near, reach = centre, 2 * error
        while True:
            far = centre + direction * min(reach, _FURTHEST)
            if excess(far) > 0:
                return float(optimize.brentq(excess, near, far, xtol=1e-6))
            if reach >= _FURTHEST:
                return direction * np.inf
            near, reach = far, 2 * reach

    return bound(-1.0), bound(1.0)
