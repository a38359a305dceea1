"""The log-likelihood of outcomes and counts together, the severity intercept integrated out.

For a force *f* with both::

    l_f = log int L_f(z) h_f(z) phi(z) dz

with ``L_f`` the likelihood of its outcomes given the standard normal intercept *z*
(`foistats.severity.engine.conditional`) and ``h_f`` that of its count
(`foistats.forces.joint.volume`). A force without a count has ``h_f = 1``; one without outcomes adds
the log probability of its count alone.

The integral is a trapezoidal sum in *t*, ``z = m + d sinh(t)``, with *m* the mode of the integrand
and ``d = (-second derivative of its logarithm)^(-1/2)``: nodes lie dense at the mode and reach far
beyond. For integrands as smooth as these the sum's error falls exponentially with the number of
nodes, so that nodes may be taken as fixed in the derivatives.

Sources: Pinheiro and Bates 1995 (nodes around the mode); Takahasi and Mori 1974 (the substitution);
Louis 1982 (the information of what is integrated out).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from foistats.errors import ConvergenceError
from foistats.forces.columns import Array
from foistats.forces.joint.volume import LINK, CountTerms, Coupling, Volume
from foistats.severity.engine.conditional import ConditionalLikelihood, Slopes
from foistats.severity.engine.marginal import Evaluation

_REACH = 3.5
"""The outermost nodes, in *t*: 16 spreads from the mode."""
_SETTLED = 1e-6
"""A step to the mode shorter than this, in spreads, is the last."""


@dataclass(frozen=True, eq=False)
class JointLikelihood:
    """The log-likelihood as a function of one vector, for `foistats.severity.engine.maximum`.

    The vector is that of the severity model, whose last entry is ``log sigma``, then
    ``(a, log tau, atanh rho)``.

    Attributes
    ----------
    conditional : ConditionalLikelihood
        Of the outcomes, with a random intercept.
    beside : Volume
        The counts of the forces with outcomes, in their order; of one without a count nothing.
    alone : Volume
        The counts of forces without outcomes.
    points : int
        Nodes of the sum.
    """

    conditional: ConditionalLikelihood
    beside: Volume
    alone: Volume
    points: int = 41

    @property
    def size(self) -> int:
        """The number of parameters."""
        return self.conditional.design.size + LINK

    def finer(self) -> JointLikelihood:
        """Return the same by twice as many nodes, of both integrals."""
        mixing = replace(
            self.beside.mixing, quadrature_points=2 * self.beside.mixing.quadrature_points
        )
        beside, alone = (replace(part, mixing=mixing) for part in (self.beside, self.alone))
        return replace(self, beside=beside, alone=alone, points=2 * self.points)

    def evaluate(self, vector: Array, *, order: int, modes: Array | None = None) -> Evaluation:
        """Return value, gradient and information at a parameter vector.

        Parameters
        ----------
        vector : array
        order : int
            0: value only.
        modes : array, forces, optional
            Where to start looking for the modes.

        Raises
        ------
        ConvergenceError
            If the mode of a force is not found.
        """
        own, coupling = vector[:-LINK], Coupling(*vector[-LINK:])
        modes, spreads = self._find_modes(own, coupling, modes)
        if not np.all(np.isfinite(spreads)):  # thresholds cross
            return Evaluation(-np.inf, np.full(len(modes), -np.inf), modes, spreads)
        places, log_weight = _nodes(modes, spreads, self.points)
        here = self.conditional.at(own, places)
        log_terms = self.conditional.log_likelihood(own, places, here) + log_weight
        if order == 0:
            log_terms += self.beside.log_probability(coupling, places)
            by_force = special.logsumexp(log_terms, axis=1)
            rest = self.alone.log_probability(*self._nowhere(coupling)).sum()
            return Evaluation(self._sum(by_force, rest), by_force, modes, spreads)
        counts = self.beside.terms(coupling, places)
        by_force = special.logsumexp(log_terms + counts.value, axis=1)
        shares = np.exp(log_terms + counts.value - by_force[:, None])
        slopes = self.conditional.slopes(own, places, here)
        found = Evaluation(0.0, by_force, modes, spreads)
        found = self._with_derivatives(found, slopes, counts, shares)
        return self._with_the_rest(found, self.alone.terms(*self._nowhere(coupling)))

    def _with_derivatives(
        self, found: Evaluation, slopes: Slopes, counts: CountTerms, shares: Array
    ) -> Evaluation:
        """Add gradient and information, given the nodes' shares of the integrals."""
        each = np.concatenate(
            [self.conditional.gradient_by_force(slopes), counts.slope.transpose(1, 0, 2)], axis=2
        )
        scores = np.einsum("fj,jfp->fp", shares, each)
        hessian = np.zeros((self.size, self.size))
        hessian[:-LINK, :-LINK] = self.conditional.hessian(slopes, shares)
        hessian[-LINK:, -LINK:] = np.einsum("fj,fjpq->pq", shares, counts.curvature)
        flat = each.transpose(1, 0, 2).reshape(-1, self.size)
        hessian += (flat.T * shares.ravel()) @ flat - scores.T @ scores
        return replace(found, gradient=scores.sum(axis=0), scores=scores, information=-hessian)

    def _sum(self, by_force: Array, rest: float) -> float:
        return float(by_force.sum() + rest) + self.conditional.observations.constant

    def _nowhere(self, coupling: Coupling) -> tuple[Coupling, Array]:
        """Return what counts without outcomes hang on: nothing."""
        return replace(coupling, bend=0.0), np.zeros((len(self.alone.atoms.sizes), 1))

    def _with_the_rest(self, found: Evaluation, rest: CountTerms) -> Evaluation:
        """Add the counts of forces without outcomes, which say nothing about the correlation."""
        gradient, information = found.gradient, found.information
        assert gradient is not None
        assert information is not None
        at = slice(-LINK, -1)
        gradient[at] += rest.slope.sum(axis=(0, 1))[:-1]
        information[at, at] -= rest.curvature.sum(axis=(0, 1))[:-1, :-1]
        value = self._sum(found.by_force, rest.value.sum())
        return replace(found, value=value, gradient=gradient, information=information)

    def _find_modes(
        self, own: Array, coupling: Coupling, start: Array | None
    ) -> tuple[Array, Array]:
        """Return mode and spread of every force's integrand, by Newton's method.

        Steps are cut to half the last one whenever they have crossed the mode.
        """
        forces = len(self.conditional.observations.forces)
        modes = np.zeros(forces) if start is None else start.copy()
        limit, before = np.full(forces, 1.0), np.zeros(forces)
        for _ in range(100):
            first, second = self.conditional.along_intercept(own, modes[:, None])
            counts = self.beside.terms(coupling, modes[:, None])
            slope = first[:, 0] + counts.along[:, 0] - modes
            curvature = second[:, 0] + counts.along_twice[:, 0] - 1
            if not np.all(np.isfinite(slope + curvature)):
                return modes, np.full(forces, np.nan)
            concave = curvature < 0
            move = slope / np.where(concave, -curvature, 1.0)
            limit = np.where(move * before < 0, np.abs(before) / 2, limit)
            before = np.clip(move, -limit, limit)
            spreads = np.where(concave, -curvature, 1.0) ** -0.5
            modes = modes + before
            if np.all(np.abs(before) <= _SETTLED * spreads):
                return modes, spreads
        raise ConvergenceError(
            "severity and volume: the mode of a force's random intercept was not found; its "
            "likelihood has no peak"
        )


def _nodes(modes: Array, spreads: Array, points: int) -> tuple[Array, Array]:
    """Return the nodes (forces x points), and the logs of weight times normal density there."""
    steps = np.linspace(-_REACH, _REACH, points)
    places = modes[:, None] + spreads[:, None] * np.sinh(steps)
    log_step = np.log(steps[1] - steps[0]) + np.log(np.cosh(steps)) + np.log(spreads)[:, None]
    return places, log_step - 0.5 * places**2 - 0.5 * np.log(2 * np.pi)
