"""A maximum and what follows from it at once: covariance, probabilities, their errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from foistats.severity.case_groups import CaseGroup, CaseSpace, group_size
from foistats.severity.likelihood import log_rung_probabilities
from foistats.severity.marginal import MarginalLikelihood
from foistats.severity.maximum import Maximum

Array: TypeAlias = NDArray[Any]

_NORMAL_GRID = np.linspace(-9.0, 9.0, 361)
_NORMAL_WEIGHTS = np.exp(-0.5 * _NORMAL_GRID**2) / np.exp(-0.5 * _NORMAL_GRID**2).sum()


@dataclass(frozen=True, repr=False)
class Estimates:
    """The maximum of a likelihood, and the data it came from.

    Attributes
    ----------
    marginal : MarginalLikelihood
        The likelihood that was maximised.
    maximum : Maximum
        Where, with gradient and observed information.
    groups : tuple of CaseGroup
        The data.
    level : float
        Confidence level of the intervals.
    """

    marginal: MarginalLikelihood
    maximum: Maximum
    groups: tuple[CaseGroup, ...]
    level: float = 0.95

    @property
    def space(self) -> CaseSpace:
        """Ladder, roles and role shares."""
        return self.marginal.space

    @property
    def at_boundary(self) -> bool:
        """Whether the random intercept's standard deviation is estimated as zero."""
        return self.maximum.at_boundary

    @property
    def fitted(self) -> MarginalLikelihood:
        """The likelihood whose parameters `maximum` holds; at the boundary, without intercept."""
        return self.marginal.without_random_intercept() if self.at_boundary else self.marginal

    @property
    def random_intercept_sd(self) -> float:
        """The standard deviation of the random intercept; 0.0 at the boundary or without one.

        Below twenty forces it is biased downwards, and no Wald interval is given.
        """
        return float(self.fitted.unpack(self.maximum.parameters[None]).random_intercept_sd[0])

    @property
    def n_forces(self) -> int:
        """The number of forces."""
        return len(self.marginal.forces)

    @property
    def n_cases(self) -> int:
        """The number of cases in all groups; where it is an interval, its lower end."""
        return sum(group_size(group).low for group in self.groups)

    @property
    def degrees_of_freedom(self) -> float:
        """Those of thresholds and probabilities: ``forces - 1``; infinite for a single force.

        Every force has one draw of the intercept, however many cases it has.
        """
        return float(self.n_forces - 1) if self.n_forces > 1 else float("inf")

    @property
    def parameter_covariance(self) -> Array:
        """The inverse of the observed information, in the order of the parameter vector."""
        return np.asarray(np.linalg.inv(self.maximum.information))

    @property
    def covariance(self) -> pd.DataFrame:
        """The covariance of thresholds and coefficients: inverse observed information.

        With a random intercept its log standard deviation was a parameter too and is marginalised
        over; at the boundary the standard deviation is taken as known to be zero.
        """
        cuts = len(self.space.ladder) - 1
        terms = [*self.marginal.threshold_terms, *self.space.roles[1:]]
        jacobian = np.eye(len(terms), len(self.maximum.parameters))
        for upper in range(1, cuts):
            jacobian[upper:cuts, upper] = np.exp(self.maximum.parameters[upper])
            jacobian[upper, :1] = 1.0
        matrix = jacobian @ self.parameter_covariance @ jacobian.T
        return pd.DataFrame(matrix, index=terms, columns=terms)

    def rung_probabilities(self, parameters: Array, at: str = "integrated") -> Array:
        """Return ``P(k | r)`` for a batch of parameter vectors, possibly complex.

        ``integrated``: over the normal distribution of the intercept, by the trapezoidal rule on
        361 points from -9 to 9 standard deviations, exact to rounding for functions this smooth.
        ``zero``: at an intercept of zero.

        Returns
        -------
        array, batch x roles x rungs
        """
        parts = self.fitted.unpack(parameters)
        grid = _NORMAL_GRID if at == "integrated" else np.zeros(1)
        weights = _NORMAL_WEIGHTS if at == "integrated" else np.ones(1)
        intercept = parts.random_intercept_sd[:, None] * grid
        rungs = log_rung_probabilities(
            self.marginal.link, parts.thresholds, parts.coefficients, intercept
        )
        return np.asarray(np.einsum("bqrk,q->brk", np.exp(rungs), weights))
