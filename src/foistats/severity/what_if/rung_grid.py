"""Probabilities of the rungs on a grid of intercepts, for likelihoods that are built from them.

Most likelihoods are functions of cells (`foistats.severity.engine.conditional`). Some need every
rung by itself: cases that are printed more readily the more severe their outcome, totals over
several forces. They are written here as functions of ``log P(rung | point, z)`` on a fixed grid of
standard normal intercepts *z*, and integrated by the trapezoidal rule::

    int g(z) phi(z) dz = sum_j w_j g(z_j),    w_j proportional to phi(z_j)

whose error for a peak of spread *s* and a step *h* is of the order of ``exp(-2 pi^2 s^2 / h^2)``.
The step is a fraction of the narrowest peak that so many cases can make, so nothing has to be
adapted, and value and gradient belong to the same sum.

Source: Trefethen and Weideman 2014 (the trapezoidal rule).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from foistats.errors import ModelError
from foistats.severity.engine.design import Design, Edges
from foistats.severity.engine.fitting import Problem, Solution, maximise_over
from foistats.severity.engine.links import Link
from foistats.severity.engine.marginal import MarginalLikelihood
from foistats.severity.engine.maximum import observed_information

Array: TypeAlias = NDArray[Any]

_REACH = 8.5
"""Beyond so many standard deviations lies 2e-17 of the normal distribution."""
_STEPS_PER_SPREAD = 2.0
_LARGEST_INFORMATION = 1 / 3
"""The most that one case tells of its intercept (logit link, many rungs); others tell little more,
and the step leaves room for four times as much."""
_MOST_NODES = 2_000
_DIFFERENCE = 1e-4
"""Step of the differences of a gradient, in shifts of the edges."""


@dataclass(frozen=True)
class InterceptGrid:
    """Standard normal intercepts with their weights, which sum to one.

    Attributes
    ----------
    places, log_weights : array, nodes
    """

    places: Array
    log_weights: Array


def intercept_grid(sd: float, cases: float) -> InterceptGrid:
    """Return the grid for a standard deviation and the largest number of cases of a force.

    Parameters
    ----------
    sd : float
        Of the random intercept; at zero the grid is the one point zero.
    cases : float

    Raises
    ------
    ModelError
        If more than 2,000 nodes were needed.
    """
    if sd == 0:
        return InterceptGrid(np.zeros(1), np.zeros(1))
    spread = 1 / np.sqrt(1 + cases * sd**2 * _LARGEST_INFORMATION)
    half = int(np.ceil(_REACH * _STEPS_PER_SPREAD / min(spread, 0.5)))
    if 2 * half + 1 > _MOST_NODES:
        raise ModelError(
            f"{cases:,.0f} cases of one force and a standard deviation of {sd:.3g} need more than "
            f"{_MOST_NODES:,} intercepts; use a normal approximation or split the force"
        )
    places = np.linspace(-_REACH, _REACH, 2 * half + 1)
    log_weights = -0.5 * places**2
    return InterceptGrid(places, log_weights - np.log(np.exp(log_weights).sum()))


@dataclass(frozen=True)
class RungGrid:
    """``log P(rung)`` at every point of a design, on a grid of intercepts.

    Attributes
    ----------
    design : Design
    edges : Edges
    log_probability : array, points x rungs x nodes
    log_density : array, points x cuts x nodes
        ``log f`` at the edges.
    """

    design: Design
    edges: Edges
    log_probability: Array
    log_density: Array

    def gradient_by_force(self, slopes: Array) -> Array:
        """Return the gradient by the parameters: forces x parameters.

        Parameters
        ----------
        slopes : array, points x rungs x nodes
            Derivatives by ``log P(rung)``.
        """
        below = np.exp(self.log_density - self.log_probability[:, :-1])
        above = np.exp(self.log_density - self.log_probability[:, 1:])
        by_edge = slopes[:, :-1] * below - slopes[:, 1:] * above
        return np.asarray(self.design.gradient_by_force(self.edges, by_edge).sum(axis=0))


def rung_grid(link: Link, design: Design, vector: Array, places: Array) -> RungGrid:
    """Return the probabilities of the rungs at the given standard normal intercepts.

    Parameters
    ----------
    link : Link
    design : Design
    vector : array
        Parameters, as of `foistats.severity.engine.design`.
    places : array, nodes
        The same for every force.
    """
    forces = len(design.begin) - 1
    edges = design.edges(vector, np.tile(places, (forces, 1)))
    below, above = link.tails(edges.values)
    between = link.log_interval(
        edges.values[:, :-1], edges.values[:, 1:], above[:, :-1], below[:, 1:]
    )
    return RungGrid(
        design,
        edges,
        np.concatenate([below[:, :1], between, above[:, -1:]], axis=1),
        link.log_density(edges.values, below, above),
    )


def information_by_differences(
    marginal: MarginalLikelihood, gradient: Callable[[Array], Array], vector: Array
) -> Array:
    """Return minus the Hessian, by central differences of the gradient.

    Parameters
    ----------
    marginal : MarginalLikelihood
        Whose design says how far a parameter moves the edges.
    gradient : callable
    vector : array
    """
    steps = _DIFFERENCE / np.maximum(Problem(marginal, ()).scales(), 1e-6)
    hessian = np.array(
        [
            (gradient(vector + move) - gradient(vector - move)) / (2 * step)
            for step, move in zip(steps, np.diag(steps), strict=True)
        ]
    ).reshape(len(vector), len(vector))
    return np.asarray(-(hessian + hessian.T) / 2)


def solve_from(problem: Problem, start: Array) -> Solution:
    """Return the maximum of a problem whose likelihood is near one already maximised.

    Parameters
    ----------
    problem : Problem
    start : array
        The other maximum (a standard deviation of zero left out).

    Raises
    ------
    NotIdentifiedError, ConvergenceError
        See `foistats.severity.engine.fitting.maximise_over`.
    """
    maximum, at_boundary = maximise_over(problem, start=start)
    solved = problem.without_random_intercept() if at_boundary else problem
    information = observed_information(solved.objective, maximum)
    return Solution(solved, maximum.vector, maximum.value, information, maximum, at_boundary)
