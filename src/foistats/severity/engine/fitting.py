"""From a likelihood to its maximum: starts, the boundary at zero, and what has no estimate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from foistats.errors import ConvergenceError, NotIdentifiedError
from foistats.severity.engine.bias_reduction import bias_reduced_maximum
from foistats.severity.engine.design import Columns, Design
from foistats.severity.engine.marginal import MarginalLikelihood
from foistats.severity.engine.maximum import Maximum, Objective, maximise, observed_information
from foistats.severity.engine.observations import Observations
from foistats.severity.engine.penalties import LogFPrior, PenalisedLikelihood
from foistats.severity.engine.separation import (
    column_faults,
    ladder_faults,
    separated,
    threshold_names,
)

Array: TypeAlias = NDArray[Any]

_FLAT = 1e-7
"""Scaled information below this makes one look for estimates that run away."""
_SINGULAR = 1e-6
"""Scaled information below this share of that of the lightest cell is none."""
_LEVEL = 1e-6
"""A slope per case below this is that of a likelihood that has as good as reached its supremum."""
_STARTS, _STARTS_SEED = 16, 0
_SMALLEST_SD = 1e-3
_NO_GAIN = 1e-7
"""A random intercept that raises the log-likelihood by less is none."""
_LARGEST_SD = 100.0
_LARGEST_LOG_SCALE = 1.5
"""Beyond this a scale effect that ends in no maximum is taken to run to infinity."""
_NAMED = 12
"""So many estimates that run away are named one by one."""
_DOUBTFUL_SD = 4.0
"""Beyond this a coarse quadrature can make a maximum where there is none."""
_FINE = 60
_SD_STARTS = [0.1, 0.5, 1.5]
_LAPLACE_FIRST = 200_000
"""With more atoms times quadrature points than this, the search begins with one point."""


@dataclass(frozen=True)
class Problem:
    """What is to be maximised, and the names of its parameters.

    Attributes
    ----------
    marginal : MarginalLikelihood
    location_names, nominal_names, scale_names : tuple of str
    prior : LogFPrior or None
    bias_reduced : bool
    """

    marginal: MarginalLikelihood
    location_names: tuple[str, ...]
    nominal_names: tuple[str, ...] = ()
    scale_names: tuple[str, ...] = ()
    prior: LogFPrior | None = None
    bias_reduced: bool = False

    @property
    def design(self) -> Design:
        """Where covariates enter."""
        return self.marginal.conditional.design

    @property
    def observations(self) -> Observations:
        """What was observed."""
        return self.marginal.conditional.observations

    @property
    def objective(self) -> Objective:
        """The log-likelihood, penalised where a prior is set."""
        return PenalisedLikelihood(self.marginal, self.prior) if self.prior else self.marginal

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all parameters, in the order of the vector."""
        cuts = threshold_names(self.observations.ladder)
        nominal = tuple(f"{cut}:{name}" for cut in cuts for name in self.nominal_names)
        spread = ("log_sd",) if self.design.random_intercept else ()
        scale = tuple(f"scale:{name}" for name in self.scale_names)
        return (*cuts, *nominal, *self.location_names, *scale, *spread)

    def without_random_intercept(self) -> Problem:
        """Return the same problem at a standard deviation of zero, one parameter fewer."""
        conditional = self.marginal.conditional
        design = replace(conditional.design, random_intercept=False)
        marginal = replace(self.marginal, conditional=replace(conditional, design=design))
        return replace(self, marginal=marginal)

    def with_points(self, quadrature_points: int) -> Problem:
        """Return the same problem with another number of quadrature points."""
        return replace(self, marginal=replace(self.marginal, quadrature_points=quadrature_points))

    def scales(self) -> Array:
        """Return how far an edge moves at most when a parameter moves by one.

        Those of columns are counted from their mean: the thresholds make up for the rest.
        """
        design = self.design
        reach = [columns.reach for columns in (design.nominal, design.location, design.scale)]
        parts = [np.ones(design.cuts), np.tile(reach[0], design.cuts), reach[1], reach[2]]
        parts.append(np.ones(int(design.random_intercept)))
        return np.concatenate(parts)

    def moves(self) -> Array:
        """Return how far edges move when the parameters do: parameters x parameters.

        ``d theta_k - mean(x)'d beta - mean(v)'d beta_k`` for a threshold, and what `scales` says
        for all others.
        """
        design = self.design
        moves = np.diag(self.scales())
        location, nominal = design.location.mean, design.nominal.mean
        for cut in range(design.cuts):
            first = design.slices["nominal"].start + cut * design.nominal.width
            moves[cut, design.slices["location"]] = -location
            moves[cut, first : first + design.nominal.width] = -nominal
        return moves


@dataclass(frozen=True)
class Solution:
    """A proven maximum.

    Attributes
    ----------
    problem : Problem
        Whose parameters `vector` holds; at the boundary, that without a random intercept.
    vector : array
    log_likelihood : float
        Penalised where a prior is set.
    information : array
        Observed; expected where bias is reduced.
    maximum : Maximum
    at_boundary : bool
        The random intercept's standard deviation is estimated as zero.
    """

    problem: Problem
    vector: Array
    log_likelihood: float
    information: Array
    maximum: Maximum
    at_boundary: bool = False


def solve(problem: Problem) -> Solution:
    """Return the maximum of a problem, with its information.

    Raises
    ------
    NotIdentifiedError, ConvergenceError
        See `maximise_over`.
    """
    faults = list(ladder_faults(problem.observations))
    if faults:
        raise NotIdentifiedError("; ".join(faults))
    if problem.bias_reduced:
        faults = list(_column_faults(problem))
        if faults:
            raise NotIdentifiedError("; ".join(faults))
        maximum, information = bias_reduced_maximum(
            problem.marginal, start_vector(problem), problem.moves()
        )
        if not maximum.proven:
            _explain(problem, maximum)
        return Solution(problem, maximum.vector, maximum.value, information, maximum)
    maximum, at_boundary = maximise_over(problem)
    solved = problem.without_random_intercept() if at_boundary else problem
    information = observed_information(solved.objective, maximum)
    proven = information is maximum.evaluation.information
    if not proven and _curvature(solved, maximum, information)[0][0] <= 0:
        raise ConvergenceError(
            "the point found is no maximum: ask for more quadrature points, or leave out terms"
        )
    return Solution(solved, maximum.vector, maximum.value, information, maximum, at_boundary)


def maximise_over(
    problem: Problem,
    fixed: Mapping[int, float] | None = None,
    start: Array | None = None,
    *,
    bounded: bool = True,
) -> tuple[Maximum, bool]:
    """Return the maximum over all standard deviations from zero upwards, and whether it is at zero.

    The fit at zero comes first. From it a search runs over positive values; where it finds nothing
    better, the maximum is the one at zero.

    Parameters
    ----------
    problem : Problem
    fixed : mapping of int to float, optional
        Parameters held at a value.
    start : array, optional
        Parameters of the problem (a standard deviation of zero left out) to start from.
    bounded : bool
        Whether the maximum must lie at finite parameters; otherwise the end of a search along which
        the likelihood rises towards its supremum is taken too.

    Raises
    ------
    NotIdentifiedError
        If an estimate runs to infinity, or nothing in the data tells it.
    ConvergenceError
        If no maximum is proven.
    """
    held = dict(fixed or {})
    without = problem.without_random_intercept() if problem.design.random_intercept else problem
    size = without.design.size
    begin = start_vector(problem) if start is None else start
    if size in held:
        begin = np.append(begin[:size], held[size])
        found = maximise(problem.objective, begin, moves=problem.moves(), fixed=held)
        _require_reached(problem, found, bounded)
        return found, False
    zero = maximise(without.objective, begin[:size], moves=without.moves(), fixed=held)
    if start is None and problem.observations.gapped:
        zero = _best_of_starts(without, zero, begin[:size], held)
    _require_reached(without, zero, bounded)
    if not problem.design.random_intercept:
        return zero, False
    positive = _search_positive(problem, zero, held, start, bounded)
    return (zero, True) if positive is None else (positive, False)


def _best_of_starts(
    problem: Problem, found: Maximum, begin: Array, held: Mapping[int, float]
) -> Maximum:
    """Return the best of the maximum found and of searches from other coefficients.

    Outcome sets with a gap ("none or left") make a likelihood with several peaks.
    """
    random = np.random.default_rng(_STARTS_SEED)
    at, moves, cuts = problem.design.slices["location"], problem.moves(), problem.design.cuts
    link = problem.marginal.conditional.link
    for _ in range(_STARTS):
        start = begin.copy()
        start[at] = 3 * random.standard_normal(at.stop - at.start) / problem.scales()[at]
        start[:cuts] = link.quantile(np.cumsum(random.dirichlet(np.ones(cuts + 1)))[:-1])
        start[:cuts] += problem.design.location.mean @ start[at]
        other = maximise(problem.objective, start, moves=moves, fixed=held)
        if other.value > found.value + 1e-6:
            found = other
    return found


def _search_positive(
    problem: Problem,
    zero: Maximum,
    held: Mapping[int, float],
    start: Array | None,
    bounded: bool,
) -> Maximum | None:
    """Return the maximum over positive standard deviations; None if none is better than zero."""
    moves = problem.moves()

    def left(vector: Array, found: object) -> bool:
        return not _SMALLEST_SD < np.exp(vector[-1]) < _largest_sd(problem, vector)

    if start is not None and len(start) == problem.design.size:
        begin, modes = start, None
    else:
        begin, modes = _best_start(problem, zero.vector)
        work = len(problem.observations.atoms.cell) * problem.marginal.quadrature_points
        if problem.marginal.quadrature_points > 1 and work > _LAPLACE_FIRST:
            rough = maximise(
                problem.with_points(1).objective,
                begin,
                moves=moves,
                fixed=held,
                modes=modes,
                stop=left,
                least_gain=1e-4,
            )
            if not left(rough.vector, rough):
                begin, modes = rough.vector, rough.evaluation.modes
    found = maximise(problem.objective, begin, moves=moves, fixed=held, modes=modes, stop=left)
    sd = float(np.exp(found.vector[-1]))
    if sd >= _largest_sd(problem, found.vector) or (
        sd > _DOUBTFUL_SD and _still_rises(problem, found, held)
    ):
        raise NotIdentifiedError(
            f"no finite estimate of the random intercept's standard deviation: it passes {sd:.3g} "
            "and the likelihood still rises, because groups lie wholly at one end of the ladder or "
            "the other; describe them one by one"
        )
    if sd <= _SMALLEST_SD or found.value - zero.value <= _NO_GAIN:
        return None
    _require_reached(problem, found, bounded)
    return found


def _largest_sd(problem: Problem, vector: Array) -> float:
    """Return the standard deviation taken as infinite: far beyond the spread of the thresholds."""
    widest = float(np.max(np.abs(vector[: problem.design.cuts])))
    return _LARGEST_SD * max(1.0, widest / 10)


def _still_rises(problem: Problem, found: Maximum, held: Mapping[int, float]) -> bool:
    """Whether a larger standard deviation is as likely, by a quadrature fine enough to tell."""
    finer = problem.with_points(max(_FINE, problem.marginal.quadrature_points)).objective
    here = finer.evaluate(found.vector, order=0, modes=found.evaluation.modes).value
    wider = {**held, len(found.vector) - 1: float(found.vector[-1]) + np.log(2)}
    there = maximise(finer, found.vector, moves=problem.moves(), fixed=wider)
    return there.value >= here


def _require_reached(problem: Problem, maximum: Maximum, bounded: bool) -> None:
    """Refuse what is no proven maximum; or, unless it must be bounded, what is no supremum."""
    if bounded:
        require_proven(problem, maximum)
        return
    gradient = maximum.evaluation.gradient
    assert gradient is not None
    cases = max(float(problem.observations.cases.sum()), 1.0)
    left = np.max(np.abs(np.where(maximum.free, gradient / problem.scales(), 0.0)))
    if not maximum.proven and left > _LEVEL * cases:
        raise ConvergenceError(
            f"no supremum after {maximum.iterations} steps ({_steepest(problem, maximum)}): leave "
            "out terms, or merge rungs"
        )


def _best_start(problem: Problem, vector: Array) -> tuple[Array, Array]:
    """Return a standard deviation to start from, the best of a few by Laplace's approximation.

    With every outcome known one is enough: that of the groups' own departures (one Newton step
    each), less what chance adds to it.
    """
    starts = [_moment_start(problem, vector)]
    if not problem.observations.exact:
        starts += _SD_STARTS
    laplace = problem.with_points(1).objective
    vectors = [np.append(vector, np.log(sd)) for sd in starts]
    if len(vectors) == 1:
        return vectors[0], np.zeros(len(problem.observations.forces))
    found = [laplace.evaluate(start, order=0) for start in vectors]
    best = int(np.argmax([evaluation.value for evaluation in found]))
    return vectors[best], found[best].modes


def _moment_start(problem: Problem, vector: Array) -> float:
    forces = len(problem.observations.forces)
    first, second = problem.marginal.conditional.along_intercept(
        np.append(vector, 0.0), np.zeros((forces, 1))
    )
    information = np.maximum(-second[:, 0], 1e-6)
    weight = information / (1 + information)
    excess = (first[:, 0] / information) ** 2 - 1 / information
    variance = float(np.sum(weight * excess) / np.sum(weight))
    return float(np.clip(np.sqrt(max(variance, 0.0)), 0.1, 3.0))


def start_vector(problem: Problem) -> Array:
    """Return thresholds at the crude shares of the rungs, and coefficients of zero.

    A cell of several rungs is spread evenly over them; half a case is added to each rung.
    """
    seen = problem.observations
    share = np.exp(seen.atoms.log_weight) * np.maximum(seen.count, 1e-3)[seen.atoms.cell]
    share = share / (seen.atoms.upper - seen.atoms.lower)
    width = len(seen.ladder) + 1
    ends = np.bincount(seen.atoms.lower, share, width) - np.bincount(seen.atoms.upper, share, width)
    counts = np.maximum(np.cumsum(ends)[:-1], 0) + 0.5
    link = problem.marginal.conditional.link
    vector = np.zeros(problem.without_random_intercept().design.size)
    vector[: seen.cuts] = link.quantile(np.cumsum(counts)[:-1] / counts.sum())
    return vector


def require_proven(problem: Problem, maximum: Maximum) -> None:
    """Refuse a point that is no proven maximum, saying why.

    Raises
    ------
    NotIdentifiedError, ConvergenceError
    """
    values, vectors = _curvature(problem, maximum, maximum.evaluation.information)
    cases = max(float(problem.observations.count.sum()), 1.0)
    if maximum.proven and len(values) and values[0] <= _FLAT * cases:
        exact = observed_information(problem.objective, maximum)
        values, vectors = _curvature(problem, maximum, exact)
    if maximum.proven and (not len(values) or values[0] > _FLAT * cases):
        return
    free = maximum.free
    _explain(problem, maximum)
    counts = problem.observations.count
    if maximum.proven and values[0] < _SINGULAR * np.min(counts[counts > 0], initial=1.0):
        places = np.flatnonzero(free)[np.abs(vectors[:, 0]) > 1e-3]
        raise NotIdentifiedError(
            f"the data do not tell {', '.join(problem.names[place] for place in places)} apart: "
            "other values of them are as likely; leave out terms, or merge rungs"
        )
    if not maximum.proven:
        raise ConvergenceError(
            f"no maximum after {maximum.iterations} steps "
            f"({_steepest(problem, maximum)}): leave out terms, or merge rungs"
        )


def _curvature(
    problem: Problem, maximum: Maximum, information: Array | None
) -> tuple[Array, Array]:
    """Return eigenvalues and vectors of the information by how far edges move."""
    assert information is not None
    free = np.ix_(maximum.free, maximum.free)
    back = np.linalg.inv(problem.moves()[free])
    scaled = back.T @ information[free] @ back
    if not np.all(np.isfinite(scaled)):
        return np.full(1, -np.inf), np.ones((len(scaled), 1))
    values, vectors = np.linalg.eigh(scaled)
    return values, vectors


def _explain(problem: Problem, maximum: Maximum) -> None:
    """Name what has no estimate.

    Raises
    ------
    NotIdentifiedError
        If columns say the same, cases are separated, or thresholds have run together.
    """
    design, names = problem.design, problem.names
    faults = list(_column_faults(problem))
    direction = {} if problem.prior and not faults else separated(design, problem.observations)
    direction = {place: move for place, move in direction.items() if maximum.free[place]}
    if direction and not faults:
        runs = [
            f"{names[place]} to {'plus' if move > 0 else 'minus'} infinity"
            for place, move in direction.items()
        ]
        more = f" and {len(runs) - _NAMED} more" if len(runs) > _NAMED else ""
        said = ", ".join(runs[:_NAMED]) + more
        faults.append(
            f"no finite estimate: the likelihood rises without end as {said} (the data separate "
            "the rungs there completely, or nobody reached one); merge the rungs or levels "
            "concerned, ask for a profile interval, or use estimator='bias_reduced' or 'penalised'"
        )
    nothing = np.zeros((len(design.begin) - 1, 1))
    scale = design.slices["scale"]
    ran = np.flatnonzero(np.abs(maximum.vector[scale]) * design.scale.reach > _LARGEST_LOG_SCALE)
    if len(ran) and not maximum.proven and not faults:
        said = ", ".join(names[scale.start + place] for place in ran)
        faults.append(
            f"no finite estimate of {said}: the spread of its cases shrinks or grows without end; "
            "leave it out of scale="
        )
    gaps = np.diff(design.edges(maximum.vector, nothing).centre, axis=1).min(axis=0)
    together = np.flatnonzero(gaps < 1e-6)
    if len(together) and not faults:
        ladder = problem.observations.ladder
        rungs = ", ".join(ladder[place + 1] for place in together)
        faults.append(
            f"the thresholds on the two sides of {rungs} run together: no case needs that rung; "
            "merge it with a neighbour"
        )
    if faults:
        raise NotIdentifiedError("; ".join(faults))


def _column_faults(problem: Problem) -> Iterator[str]:
    """Name columns that say the same; a nominal effect contains that on the location."""
    design = problem.design
    both = Columns(np.hstack([design.location.dense, design.nominal.dense]))
    nominal = [f"{name} (nominal)" for name in problem.nominal_names]
    yield from column_faults(both, [*problem.location_names, *nominal])
    yield from column_faults(design.scale, [f"scale:{name}" for name in problem.scale_names])


def _steepest(problem: Problem, maximum: Maximum) -> str:
    gradient = maximum.evaluation.gradient
    assert gradient is not None
    worst = int(np.argmax(np.abs(np.where(maximum.free, gradient, 0.0))))
    return f"steepest in {problem.names[worst]}, gradient {gradient[worst]:.1e}"
