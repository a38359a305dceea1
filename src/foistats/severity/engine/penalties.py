"""A documented penalty for thin data: log-F priors on the coefficients.

A log-F(m, m) prior on a coefficient has the log density ``m b / 2 - m log(1 + exp(b))`` (up to a
constant): the likelihood of *m* cases split evenly between more and less severe. It is symmetric
about zero, has lighter pull than a normal prior on large effects, and makes every estimate finite.
A fit with it is called penalised, and its log-likelihood includes the penalty.

Source: Greenland and Mansournia 2015.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import special

from foistats.severity.engine.marginal import Evaluation, MarginalLikelihood

Array: TypeAlias = NDArray[Any]


@dataclass(frozen=True)
class LogFPrior:
    """The prior log-F(m, m).

    Attributes
    ----------
    cases : float
        ``m``.
    """

    cases: float

    def log_density(self, values: Array) -> Array:
        """Return the log density, zero at its peak."""
        peak = -self.cases * np.log(2)
        return np.asarray(self.cases * (0.5 * values + special.log_expit(-values)) - peak)

    def slope(self, values: Array) -> Array:
        """Return its derivative."""
        return np.asarray(self.cases * (0.5 - special.expit(values)))

    def curvature(self, values: Array) -> Array:
        """Return its second derivative."""
        return np.asarray(-self.cases * special.expit(values) * special.expit(-values))


@dataclass(frozen=True)
class PenalisedLikelihood:
    """A marginal likelihood with a prior on its coefficients, thresholds and spread left alone.

    Attributes
    ----------
    marginal : MarginalLikelihood
    prior : LogFPrior
    """

    marginal: MarginalLikelihood
    prior: LogFPrior

    def evaluate(self, vector: Array, *, order: int, modes: Array | None = None) -> Evaluation:
        """Return value, gradient and information, the penalty included."""
        found = self.marginal.evaluate(vector, order=order, modes=modes)
        at = self.marginal.conditional.design.slices
        here = np.r_[at["nominal"], at["location"], at["scale"]]
        value = found.value + float(self.prior.log_density(vector[here]).sum())
        if found.gradient is None:
            return replace(found, value=value)
        gradient = found.gradient.copy()
        gradient[here] += self.prior.slope(vector[here])
        information = found.information
        if information is not None:
            information = information.copy()
            information[here, here] -= self.prior.curvature(vector[here])
        return replace(found, value=value, gradient=gradient, information=information)
