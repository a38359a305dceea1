"""The maximum of the likelihood, and the proof that it is one.

The gradient is a complex step, ``Im f(x + i h e_j) / h`` with ``h = 1e-20``: exact to rounding,
since nothing is subtracted (Squire and Trapp 1998). The Hessian is a central difference of that
gradient. Newton's method with step halving runs until the step left is less than 1e-7 standard
errors long; then the gradient must be small and the observed information positive definite.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from foistats.errors import ConvergenceError, NotIdentifiedError
from foistats.severity.marginal import MarginalLikelihood

Array: TypeAlias = NDArray[Any]
Function: TypeAlias = Callable[[Array], Array]

_COMPLEX_STEP = 1e-20
_DIFFERENCE = 3e-5
_ITERATIONS = 150
_LONGEST_STEP = 2.0
_FLAT = 1e-6
"""Information below this, on the link scale: a standard error above 1,000."""
_SMALLEST_SD = 1e-3
_LARGEST_SD = 50.0
_SD_STARTS = np.array([0.05, 0.1, 0.2, 0.4, 0.8, 1.6])


@dataclass(frozen=True)
class Maximum:
    """A proven maximum.

    Attributes
    ----------
    parameters : array
    log_likelihood : float
    gradient : array
    information : array, parameters x parameters
        The observed information; rows and columns of fixed parameters are those of the full
        function.
    at_boundary : bool
        The random intercept's standard deviation is zero, and has no entry in `parameters`.
    """

    parameters: Array
    log_likelihood: float
    gradient: Array
    information: Array
    at_boundary: bool = False


def gradient(function: Function, points: Array) -> Array:
    """Return the gradient at every point of a batch (batch x parameters), by a complex step."""
    batch, size = points.shape
    steps = points[:, None, :] + 1j * _COMPLEX_STEP * np.eye(size)
    values = function(steps.reshape(-1, size)).reshape(batch, size)
    return np.asarray(np.imag(values) / _COMPLEX_STEP)


def observed_information(function: Function, point: Array) -> Array:
    """Return minus the Hessian, by central differences of the gradient."""
    size = len(point)
    shift = _DIFFERENCE * np.eye(size)
    slopes = gradient(function, np.concatenate([point + shift, point - shift]))
    hessian = (slopes[:size] - slopes[size:]) / (2 * _DIFFERENCE)
    return np.asarray(-(hessian + hessian.T) / 2)


def maximise_marginal(
    marginal: MarginalLikelihood, start: Array, fixed: Mapping[int, float] | None = None
) -> Maximum:
    """Return the maximum over all standard deviations from zero upwards.

    The fit at zero comes first. From it a search runs over positive values; where it finds nothing
    better, the maximum is the one at zero and says so.

    Parameters
    ----------
    marginal : MarginalLikelihood
    start : array
        Thresholds and coefficients (the parameter vector without the standard deviation).
    fixed : mapping of int to float, optional
        Entries of the vector held at a value (for a profile).

    Raises
    ------
    NotIdentifiedError, ConvergenceError
        See `maximise`.
    """
    held = dict(fixed or {})
    without = marginal.without_random_intercept()
    zero = maximise(without.log_likelihood, start, held, without.terms)
    if not marginal.random_intercept:
        return zero
    starts = np.column_stack([np.tile(zero.parameters, (len(_SD_STARTS), 1)), np.log(_SD_STARTS)])
    best = starts[int(np.argmax(marginal.log_likelihood(starts)))]
    positive = maximise(
        marginal.log_likelihood,
        best,
        held,
        marginal.terms,
        stop=lambda point: not _SMALLEST_SD < np.exp(point[-1]) < _LARGEST_SD,
    )
    if np.exp(positive.parameters[-1]) >= _LARGEST_SD:
        raise NotIdentifiedError(
            f"no finite estimate of random_intercept_sd: it passes {_LARGEST_SD:g} and the "
            "likelihood still rises, because forces lie wholly at one end of the ladder or the "
            "other; describe them one by one"
        )
    gain = positive.log_likelihood - zero.log_likelihood
    if np.exp(positive.parameters[-1]) > _SMALLEST_SD and gain > 1e-9:
        return positive
    return Maximum(
        zero.parameters, zero.log_likelihood, zero.gradient, zero.information, at_boundary=True
    )


def maximise(
    function: Function,
    start: Array,
    fixed: Mapping[int, float],
    terms: tuple[str, ...],
    *,
    stop: Callable[[Array], bool] = lambda point: False,
) -> Maximum:
    """Return the maximum of a function of the free parameters, by Newton's method.

    Parameters
    ----------
    function : callable
        From a batch of vectors to their values.
    start : array
    fixed : mapping of int to float
        Entries held at a value.
    terms : tuple of str
        Names of the entries, for the messages.
    stop : callable
        A point at which to give up looking and return it unproven.

    Raises
    ------
    NotIdentifiedError
        If the function is flat in some direction: an estimate that runs to infinity.
    ConvergenceError
        If the steps do not end, or end where the information is not positive definite.
    """
    free = np.array([place for place in range(len(start)) if place not in fixed])
    point = start.astype(float)
    point[list(fixed)] = list(fixed.values())
    value = float(function(point[None])[0])
    for _ in range(_ITERATIONS):
        slope = gradient(function, point[None])[0]
        information = observed_information(function, point)
        found = Maximum(point, value, slope, information)
        if stop(point) or len(free) == 0:
            return found
        step, left = _newton_step(slope[free], information[np.ix_(free, free)])
        if left < 1e-7 or np.max(np.abs(slope[free])) < 1e-10:
            _prove(found, free, terms)
            return found
        point, value = _climb(function, point, value, free, step)
    _refuse_runaway(found, free, terms)
    raise ConvergenceError(
        f"no maximum after {_ITERATIONS} steps; gradient {_listed(slope, terms)}: "
        "fit fewer rungs or roles, or look at the identifiability table"
    )


def _newton_step(slope: Array, information: Array) -> tuple[Array, float]:
    """Return an uphill step of limited length, and the Newton step's length in standard errors.

    Where the function is not concave the eigenvalues of the information are taken as positive.
    """
    values, vectors = np.linalg.eigh(information)
    size = np.maximum(np.abs(values), 1e-12)
    along = vectors.T @ slope
    step = vectors @ (along / size)
    length = float(np.sqrt(np.sum(along**2 / size)))
    if np.any(values <= 0):
        length = np.inf
    return step * min(1.0, _LONGEST_STEP / np.max(np.abs(step))), length


def _climb(
    function: Function, point: Array, value: float, free: NDArray[np.intp], step: Array
) -> tuple[Array, float]:
    """Take the step, halved until the function does not fall (beyond rounding)."""
    for halvings in range(40):
        trial = point.copy()
        trial[free] += step * 0.5**halvings
        reached = float(function(trial[None])[0])
        if reached >= value - 1e-11 * (1 + abs(value)):
            return trial, reached
    raise ConvergenceError("no step along the gradient raises the likelihood")


def _prove(found: Maximum, free: NDArray[np.intp], terms: tuple[str, ...]) -> None:
    _refuse_runaway(found, free, terms)
    values = np.linalg.eigvalsh(found.information[np.ix_(free, free)])
    worst = np.max(np.abs(found.gradient[free]))
    if values[0] <= 0 or worst > 1e-5:
        raise ConvergenceError(
            f"the maximum is not proven: gradient {worst:.1e}, smallest information {values[0]:.1e}"
        )


def _refuse_runaway(found: Maximum, free: NDArray[np.intp], terms: tuple[str, ...]) -> None:
    """Refuse a point where the likelihood is flat in some direction."""
    values, vectors = np.linalg.eigh(found.information[np.ix_(free, free)])
    if abs(values[0]) > _FLAT:
        return
    named = [terms[free[i]] for i in np.flatnonzero(np.abs(vectors[:, 0]) > 0.3)]
    raise NotIdentifiedError(
        f"no finite estimate of {', '.join(named)}: the likelihood only levels off as it runs to "
        "infinity, because the counts separate the rungs completely there, or never reach one; "
        "merge the rungs or the roles concerned"
    )


def _listed(values: Array, terms: tuple[str, ...]) -> str:
    return ", ".join(f"{term} {value:.1e}" for term, value in zip(terms, values, strict=True))
