"""The maximum of a log-likelihood, found by Newton's method and proven.

Steps are limited, and halved until the function does not fall. The search ends when the step left
is less than 1e-7 standard errors long; then the information must be positive definite. An estimate
that runs to infinity, or thresholds that run together, are recognised and named by
`foistats.severity.engine.separation`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from foistats.errors import ConvergenceError
from foistats.severity.engine.marginal import Evaluation

Array: TypeAlias = NDArray[Any]

_ITERATIONS = 200
_LONGEST_STEP = 3.0
"""On the scale of the link: no step moves a point's edges further."""
_SHORT = 1e-7
"""The search ends when the step left is shorter, in standard errors."""
_DIFFERENCE = 1e-3
"""Step of the differences of the gradient, in standard errors."""
_QUADRATURE_EXACT = 1e-7


class Objective(Protocol):
    """What can be maximised."""

    def evaluate(self, vector: Array, *, order: int, modes: Array | None = None) -> Evaluation:
        """Return value, gradient and information at a parameter vector."""


@dataclass(frozen=True)
class Maximum:
    """The end of a search.

    Attributes
    ----------
    vector : array
        Parameters.
    evaluation : Evaluation
        Value, gradient and information there.
    free : array of bool
        The parameters that were not held.
    proven : bool
        Whether the step left is short and the information positive definite.
    iterations : int
    """

    vector: Array
    evaluation: Evaluation
    free: NDArray[np.bool_]
    proven: bool
    iterations: int

    @property
    def value(self) -> float:
        """The log-likelihood."""
        return self.evaluation.value


def maximise(
    objective: Objective,
    start: Array,
    *,
    moves: Array,
    fixed: Mapping[int, float] | None = None,
    modes: Array | None = None,
    stop: Callable[[Array, Evaluation], bool] = lambda vector, evaluation: False,
    least_gain: float = 0.0,
) -> Maximum:
    """Return the maximum over the free parameters, or where the search ended.

    Parameters
    ----------
    objective : Objective
    start : array
        Parameters.
    moves : array, parameters x parameters
        How far edges move when the parameters do: steps are limited, and Newton's equations solved,
        in these coordinates. Triangular.
    fixed : mapping of int to float, optional
        Parameters held at a value.
    modes : array, forces, optional
        Where to start looking for the modes of the random intercepts.
    stop : callable
        Given vector and evaluation, whether to give up looking.
    least_gain : float
        A rough search ends where the next step promises to raise the function by less.

    Raises
    ------
    ConvergenceError
        If the function is not finite at the start.
    """
    held = dict(fixed or {})
    vector = start.astype(float)
    vector[list(held)] = list(held.values())
    free = np.ones(len(vector), dtype=bool)
    free[list(held)] = False
    found = objective.evaluate(vector, order=2, modes=modes)
    if not np.isfinite(found.value):
        raise ConvergenceError(
            "the log-likelihood is not finite at the start: a case in the data "
            "has probability zero there"
        )
    missing = np.zeros((len(vector), len(vector)))
    back = np.linalg.inv(moves[np.ix_(free, free)])
    for iteration in range(_ITERATIONS):
        assert found.gradient is not None
        assert found.information is not None
        if not free.any():
            return Maximum(vector, found, free, True, iteration)
        information = (found.information + missing)[np.ix_(free, free)]
        step, length, definite = _newton_step(
            back.T @ found.gradient[free], back.T @ information @ back
        )
        if length < _SHORT or length**2 / 2 < least_gain:
            return Maximum(vector, found, free, definite, iteration)
        if stop(vector, found):
            return Maximum(vector, found, free, False, iteration)
        step = back @ (step * (_LONGEST_STEP / max(_LONGEST_STEP, np.max(np.abs(step)))))
        moved = _climb(objective, vector, found, free, step)
        if moved is None:
            return Maximum(vector, found, free, definite and length < 1e-5, iteration)
        if moved[1].node_error > _QUADRATURE_EXACT:
            missing = _secant(missing, found, moved[1], moved[0] - vector)
        else:
            missing = np.zeros_like(missing)
        vector, found = moved
    return Maximum(vector, found, free, False, _ITERATIONS)


def _secant(missing: Array, before: Evaluation, after: Evaluation, step: Array) -> Array:
    """Return what the information lacks where the quadrature is not exact.

    The nodes' moving has second derivatives that `Evaluation.information` leaves out; the change
    of the gradient along the last step shows them (a symmetric rank-one update).
    """
    assert before.gradient is not None
    assert after.gradient is not None
    assert after.information is not None
    lacking = before.gradient - after.gradient - (after.information + missing) @ step
    along = float(lacking @ step)
    if abs(along) < 1e-8 * np.linalg.norm(lacking) * np.linalg.norm(step):
        return missing
    return missing + np.outer(lacking, lacking) / along


def _newton_step(slope: Array, information: Array) -> tuple[Array, float, bool]:
    """Return an uphill step, its length in standard errors, and whether the function is concave.

    Where it is not, the eigenvalues of the information are taken as positive.
    """
    scale = np.sqrt(np.maximum(np.abs(np.diag(information)), 1e-300))
    scaled = information / np.outer(scale, scale)
    try:
        factor = linalg.cho_factor(scaled, lower=True, check_finite=False)
        step = linalg.cho_solve(factor, slope / scale, check_finite=False) / scale
        return step, float(np.sqrt(max(slope @ step, 0.0))), True
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(scaled)
        size = np.maximum(np.abs(values), 1e-8)
        step = vectors @ ((vectors.T @ (slope / scale)) / size) / scale
        return step, np.inf, False


def _climb(
    objective: Objective,
    vector: Array,
    found: Evaluation,
    free: NDArray[np.bool_],
    step: Array,
) -> tuple[Array, Evaluation] | None:
    """Take the step, halved until the function does not fall (beyond rounding)."""
    for halvings in range(40):
        trial = vector.copy()
        trial[free] += step * 0.5**halvings
        order = 2 if halvings == 0 else 0
        reached = objective.evaluate(trial, order=order, modes=found.modes)
        if reached.value >= found.value - 1e-12 * (1 + abs(found.value)):
            if order < 2:
                reached = objective.evaluate(trial, order=2, modes=reached.modes)
            return trial, reached
    return None


def observed_information(objective: Objective, maximum: Maximum) -> Array:
    """Return minus the Hessian at a maximum.

    Where the quadrature is not exact its nodes' moving has second derivatives too: central
    differences of the gradient have them.
    """
    found = maximum.evaluation
    assert found.information is not None
    if found.node_error < _QUADRATURE_EXACT:
        return found.information
    size = len(maximum.vector)
    curved = np.maximum(np.abs(np.diag(found.information)), 1e-6)
    hessian = np.zeros((size, size))
    for place, step in enumerate(_DIFFERENCE / np.sqrt(curved)):
        gradients = []
        for sign in (1, -1):
            shifted = maximum.vector.copy()
            shifted[place] += sign * step
            gradients.append(objective.evaluate(shifted, order=1, modes=found.modes).gradient)
        assert gradients[0] is not None
        hessian[place] = (gradients[0] - gradients[1]) / (2 * step)
    return -(hessian + hessian.T) / 2
