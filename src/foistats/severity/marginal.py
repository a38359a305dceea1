"""The log-likelihood of the cumulative link model, the random intercepts integrated out.

The parameters are one vector: the first threshold, the logarithms of the increments to the next
ones, the coefficients of the roles after the reference, and, with a random intercept, the logarithm
of its standard deviation::

    theta_1, log(theta_2 - theta_1), ..., beta_2, ..., log sigma

Every function takes a batch of such vectors, real or complex.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from foistats.severity.case_groups import CaseGroup, CaseSpace
from foistats.severity.likelihood import GroupLikelihood, log_rung_probabilities, prepare_group
from foistats.severity.links import Link
from foistats.severity.quadrature import LogIntegrand, adaptive_log_integral, find_mode

Array: TypeAlias = NDArray[Any]


@dataclass(frozen=True)
class Parameters:
    """A batch of parameter vectors, taken apart.

    Attributes
    ----------
    thresholds : array, batch x (rungs - 1)
    coefficients : array, batch x roles
        Zero for the reference role.
    random_intercept_sd : array, batch
        Zero in a model without a random intercept.
    """

    thresholds: Array
    coefficients: Array
    random_intercept_sd: Array


@dataclass(frozen=True)
class MarginalLikelihood:
    """The log-likelihood of all forces as a function of the parameter vector.

    Attributes
    ----------
    link : Link
    space : CaseSpace
    forces : dict of str to tuple of GroupLikelihood
        The groups of each force; they share its random intercept.
    random_intercept : bool
    quadrature_points : int
    """

    link: Link
    space: CaseSpace
    forces: dict[str, tuple[GroupLikelihood, ...]]
    random_intercept: bool
    quadrature_points: int

    @property
    def threshold_terms(self) -> tuple[str, ...]:
        """Name the thresholds by the rungs on their two sides."""
        ladder = self.space.ladder
        return tuple(f"{a}|{b}" for a, b in itertools.pairwise(ladder))

    @property
    def terms(self) -> tuple[str, ...]:
        """Name the entries of the parameter vector; increments by their upper threshold."""
        sd = ("random_intercept_sd",) if self.random_intercept else ()
        return (*self.threshold_terms, *self.space.roles[1:], *sd)

    def unpack(self, parameters: Array) -> Parameters:
        """Take a batch of parameter vectors apart."""
        cuts = len(self.space.ladder) - 1
        increments = np.exp(parameters[:, 1:cuts])
        thresholds = np.cumsum(np.concatenate([parameters[:, :1], increments], axis=1), axis=1)
        free = parameters[:, cuts : cuts + len(self.space.roles) - 1]
        coefficients = np.concatenate([np.zeros_like(parameters[:, :1]), free], axis=1)
        zero = np.zeros_like(parameters[:, 0])
        sd = np.exp(parameters[:, -1]) if self.random_intercept else zero
        return Parameters(thresholds, coefficients, sd)

    def without_random_intercept(self) -> MarginalLikelihood:
        """Return the same likelihood at a standard deviation of zero, one parameter fewer."""
        return replace(self, random_intercept=False)

    def log_likelihood(self, parameters: Array) -> Array:
        """Return the log probability of all statements, one per vector of the batch.

        It is the probability of the printed counts, with their multinomial coefficients and role
        shares: for data in full it differs from the log-likelihood of the single cases by a
        constant that no parameter enters.
        """
        return np.asarray(sum(self._force(groups, parameters) for groups in self.forces.values()))

    def modes(self, parameters: Array, force: str) -> tuple[Array, Array]:
        """Return mode and posterior spread of a force's intercept, in units of its sd."""
        integrand = self._log_integrand(self.forces[force], np.real(parameters))
        return find_mode(integrand, len(parameters))

    def _force(self, groups: tuple[GroupLikelihood, ...], parameters: Array) -> Array:
        if not self.random_intercept:
            nothing = np.zeros((len(parameters), 1))
            return self._log_conditional(groups, self.unpack(parameters), nothing)[:, 0]
        points, which = np.unique(np.real(parameters), axis=0, return_inverse=True)
        mode, spread = find_mode(self._log_integrand(groups, points), len(points))
        integrand = self._log_integrand(groups, parameters)
        return adaptive_log_integral(integrand, mode[which], spread[which], self.quadrature_points)

    def _log_integrand(
        self, groups: tuple[GroupLikelihood, ...], parameters: Array
    ) -> LogIntegrand:
        """Return ``z -> log( prod_g L_g(sigma z) phi(z) )``."""
        parts = self.unpack(parameters)
        sd = parts.random_intercept_sd[:, None]

        def log_integrand(z: Array) -> Array:
            normal = -0.5 * z**2 - 0.5 * np.log(2 * np.pi)
            return np.asarray(self._log_conditional(groups, parts, sd * z) + normal)

        return log_integrand

    def _log_conditional(
        self, groups: tuple[GroupLikelihood, ...], parts: Parameters, intercept: Array
    ) -> Array:
        """Return the log-likelihood of a force's groups, given its intercept (batch x nodes)."""
        rungs = log_rung_probabilities(self.link, parts.thresholds, parts.coefficients, intercept)
        return np.asarray(sum(group.log_likelihood(rungs) for group in groups))


def marginal_likelihood(
    groups: Sequence[CaseGroup],
    space: CaseSpace,
    *,
    link: Link,
    random_intercept: bool,
    quadrature_points: int,
) -> MarginalLikelihood:
    """Make the groups ready and sort them by force; the order of the groups does not matter."""
    forces: dict[str, tuple[GroupLikelihood, ...]] = {}
    for group in sorted(groups, key=lambda group: (group.force, group.group)):
        forces[group.force] = (*forces.get(group.force, ()), prepare_group(group, space))
    return MarginalLikelihood(link, space, forces, random_intercept, quadrature_points)
