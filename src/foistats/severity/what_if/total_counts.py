"""How many cases of several forces lie in sets of rungs, together with what each force printed.

Mark every case in set *j* with a factor ``z_j``. Given its intercept *u*, a force whose cells have
``n_k`` cases, in class *j* with probability ``q_kj(u)`` (class 0: no set), has the polynomial ::

    G_f(z) = int prod_k ( q_k0(u) + sum_j q_kj(u) z_j )^n_k  phi(u) du

and the coefficient of ``z^c`` in ``prod_f G_f(z)`` is the joint probability of what the forces
printed and of ``c_j`` cases in set *j* altogether. Cases of one force share an intercept; they are
not draws of their own.

The coefficients of each force are had by enumeration at every node of the intercept (by a transform
where several of its cells are open), the product over forces by a fast Fourier transform. All
counts are tilted by ``exp(h c)``, *h* such that the mean of the total is what was printed, so that
small probabilities keep their digits. The length of the transform is doubled until a Chernoff bound
says that what wraps around is below 1e-20 of the probability of any count.

Sources: Feller 1968, chapter XI (generating functions); Daniels 1954 (the tilt).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import fft, optimize, special

from foistats.errors import ModelError
from foistats.severity.engine.integer_tables import Step, log_table_sum, table_moments

Array: TypeAlias = NDArray[Any]

MOST_COUNTS = 30_000_000
"""More combinations of counts (times nodes) are refused; the normal approximation serves then."""

_ALIAS = -46.0
_NOTHING = 1e-13
"""A tilted coefficient no larger than this is rounding: the total is impossible."""
_TILTS_TRIED = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)


@dataclass(frozen=True)
class OpenCell:
    """Cases of which it is not stated in which of the sets they lie.

    Attributes
    ----------
    classes : array, (1 + sets) x places
        The probability of a class is this matrix times ``P``, places being pairs of point and rung.
    sizes : array of int
        The numbers of cases that are possible.
    shares : array
        Their probabilities.
    constant : float
        The probability of class 0 besides: cases that never reach the ladder.
    """

    classes: Array
    sizes: Array
    shares: Array
    constant: float = 0.0


@dataclass(frozen=True)
class ClosedCell:
    """Cases all in one class: they only say something about the intercept.

    Attributes
    ----------
    weights : array, places
    count : int
    """

    weights: Array
    count: int


@dataclass(frozen=True)
class ClosedTable:
    """A sum over integer tables whose counts in every set are known.

    Attributes
    ----------
    weights : array, (rows * columns) x places
        Zero where no case can be.
    steps : tuple of Step
    shape : tuple of int
    """

    weights: Array
    steps: tuple[Step, ...]
    shape: tuple[int, int]


@dataclass(frozen=True)
class ForceCounts:
    """The cases of one force: they share an intercept.

    Attributes
    ----------
    closed : tuple of ClosedCell
    tables : tuple of ClosedTable
    open : tuple of OpenCell
    certain : array of int, sets
        Cases that are known to be in each set.
    times : int
        How many forces like this one there are, each with an intercept of its own.
    """

    closed: tuple[ClosedCell, ...]
    tables: tuple[ClosedTable, ...]
    open: tuple[OpenCell, ...]
    certain: Array
    times: int = 1

    @cached_property
    def cases(self) -> float:
        """The largest number of cases."""
        tables = sum(step.counts.sum(axis=1).max() for table in self.tables for step in table.steps)
        return float(
            sum(cell.count for cell in self.closed)
            + sum(int(cell.sizes.max()) for cell in self.open)
            + tables
        )


@dataclass(frozen=True)
class Target:
    """The counts that are possible: every set's in its interval, up to cases not looked at.

    Attributes
    ----------
    low, high : array of int, sets
    removed : int
        Cases in the intervals but not among the forces, which may lie anywhere.
    """

    low: Array
    high: Array
    removed: int = 0

    def less(self, certain: Array) -> Target:
        """Return the target for the remaining cases.

        Raises
        ------
        ModelError
            If there are more certain cases than the target allows.
        """
        if np.any(certain > self.high):
            raise ModelError(
                f"{certain.tolist()} cases are known to be in the sets of a total that allows at "
                f"most {self.high.tolist()}: check which groups it contains"
            )
        return Target(self.low - certain, self.high - certain, self.removed)

    @cached_property
    def inside(self) -> NDArray[np.bool_]:
        """Which counts from zero to `high` are possible."""
        counts = np.indices(tuple(self.high + 1))
        short = [np.maximum(low - count, 0) for low, count in zip(self.low, counts, strict=True)]
        return np.asarray(np.sum(short, axis=0) <= self.removed)

    def nearest(self, mean: Array) -> Array:
        """Return the possible count nearest to a mean, up to rounding."""
        return np.clip(mean, np.maximum(self.low - self.removed, 0), self.high)


@dataclass(frozen=True)
class TotalProbability:
    """The probability of a total given what its forces printed, and its derivatives.

    Attributes
    ----------
    log_probability : float
    slopes : array, places x nodes, or None
        Derivatives by ``log P``.
    """

    log_probability: float
    slopes: Array | None = None


def exact_probability(
    forces: Sequence[ForceCounts],
    target: Target,
    probability: Array,
    log_weights: Array,
    *,
    slopes: bool,
) -> TotalProbability:
    """Return the probability of a total by generating functions.

    Parameters
    ----------
    forces : sequence of ForceCounts
    target : Target
    probability : array, places x nodes
        ``P(rung | point, u)``.
    log_weights : array, nodes
    slopes : bool
        Whether to return derivatives.

    Raises
    ------
    ModelError
        If the total is impossible, or there are too many combinations of counts.
    """
    rest = target.less(_certain(forces))
    forces = [force for force in forces if force.open]
    if not forces:
        known = rest.inside[(0,) * len(rest.high)]
        nothing = np.zeros_like(probability) if slopes else None
        return TotalProbability(0.0 if known else -np.inf, nothing)
    given = [_GivenForce(force, probability, log_weights) for force in forces]
    tilt = _tilt(given, rest)
    tables = [_CountTable(force, tilt, rest.high) for force in given]
    times = np.array([force.times for force in forces])
    shape = _transform_length(given, tilt, rest)
    product = _Product([table.sums for table in tables], times, shape)
    counts = np.indices(tuple(rest.high + 1)).reshape(len(tilt), -1)
    untilted = np.exp(-tilt @ counts).reshape(tuple(rest.high + 1)) * rest.inside
    coefficients = product.coefficients(rest.high)
    if not np.any(coefficients[rest.inside] > _NOTHING):
        return TotalProbability(-np.inf)
    total = float((untilted * coefficients).sum())
    scale = sum(
        n * (table.log_scale - force.log_sum) for n, table, force in _zip(times, tables, given)
    )
    log_probability = float(np.log(total) + scale)
    if not slopes:
        return TotalProbability(log_probability)
    result = np.zeros_like(probability)
    wanted = fft.rfftn(untilted / total, shape)
    for place, (n, table, force) in enumerate(_zip(times, tables, given)):
        weight = product.without(place, wanted, rest.high)
        result += n * (table.slopes(weight) - force.slopes)
    return TotalProbability(log_probability, result)


def normal_probability(
    forces: Sequence[ForceCounts], target: Target, probability: Array, log_weights: Array
) -> TotalProbability:
    """Return the probability of a total by a normal approximation to the sum over forces.

    Mean and covariance of each force's counts are exact, integrated over its intercept given what
    it printed; the probability of a count is the normal density there, the integral over the unit
    square around it by the midpoint rule (a continuity correction). Parameters as of
    `exact_probability`.
    """
    rest = target.less(_certain(forces))
    mean, covariance = total_moments(forces, probability, log_weights)
    mean = mean - _certain(forces)
    if np.linalg.eigvalsh(covariance)[0] <= 0:
        raise ModelError("no case of the total is open in one of its sets; use method='exact'")
    away = np.argwhere(rest.inside) - mean
    squares = np.einsum("ij,ij->i", away, np.linalg.solve(covariance, away.T).T)
    log_density = -0.5 * (squares + np.linalg.slogdet(2 * np.pi * covariance)[1])
    return TotalProbability(float(special.logsumexp(log_density)))


def total_moments(
    forces: Sequence[ForceCounts], probability: Array, log_weights: Array
) -> tuple[Array, Array]:
    """Return mean and covariance of the counts in the sets, given what the forces printed.

    Parameters as of `exact_probability`.
    """
    sets = len(forces[0].certain)
    mean, covariance = _certain(forces).astype(float), np.zeros((sets, sets))
    for force in forces:
        own_mean, own_covariance = _GivenForce(force, probability, log_weights).moments
        mean += force.times * own_mean
        covariance += force.times * own_covariance
    return mean, covariance


def _certain(forces: Sequence[ForceCounts]) -> Array:
    return np.asarray(sum(force.times * force.certain for force in forces))


def _zip(times: Array, tables: Sequence[_CountTable], given: Sequence[_GivenForce]) -> Any:
    return zip(times, tables, given, strict=True)


class _GivenForce:
    """A force's cases at every node, before anything is known of the total."""

    def __init__(self, force: ForceCounts, probability: Array, log_weights: Array) -> None:
        self.force, self.probability = force, probability
        with np.errstate(divide="ignore"):
            self.log_own = log_weights + self._closed()
            self.log_classes = [np.log(cell.classes @ probability) for cell in force.open]
            for cell, log_classes in zip(force.open, self.log_classes, strict=True):
                if cell.constant:
                    log_classes[0] = np.log(np.exp(log_classes[0]) + cell.constant)

    def _closed(self) -> Array:
        """Return the log probability of what is certain, at every node."""
        log_own = np.zeros(self.probability.shape[1])
        for cell in self.force.closed:
            log_own += cell.count * np.log(cell.weights @ self.probability)
        for table in self.force.tables:
            log_own += log_table_sum(table.steps, self._inside(table))
        return log_own

    def _inside(self, table: ClosedTable) -> Array:
        cells = table.weights @ self.probability
        log_cells = np.where(cells > 0, np.log(np.where(cells > 0, cells, 1.0)), 0.0)
        return log_cells.reshape(*table.shape, -1)

    def log_sizes(self, tilt: Array) -> list[Array]:
        """Return ``log sum_n share_n (sum_j q_j e^(h_j))^n`` of every open cell: nodes."""
        return [
            _log_sum(
                cell.sizes[:, None] * self._log_base(log_classes, tilt)
                + np.log(cell.shares)[:, None]
            )
            for cell, log_classes in zip(self.force.open, self.log_classes, strict=True)
        ]

    @staticmethod
    def _log_base(log_classes: Array, tilt: Array) -> Array:
        return _log_sum(log_classes + np.append(0.0, tilt)[:, None])

    def log_sum_at(self, tilt: Array) -> float:
        """Return the logarithm of the generating function at ``z = e^h``."""
        return float(_log_sum(sum(self.log_sizes(tilt), self.log_own)))

    @cached_property
    def log_sum(self) -> float:
        """The log probability of what the force printed."""
        return self.log_sum_at(np.zeros(len(self.force.certain)))

    @cached_property
    def node_shares(self) -> Array:
        """The distribution of the intercept given what the force printed."""
        zero = np.zeros(len(self.force.certain))
        return np.asarray(np.exp(sum(self.log_sizes(zero), self.log_own) - self.log_sum))

    @cached_property
    def moments(self) -> tuple[Array, Array]:
        """Mean and covariance of the counts in the sets, besides the certain ones."""
        sets, nodes = len(self.force.certain), len(self.log_own)
        mean, square = np.zeros((sets, nodes)), np.zeros((sets, sets, nodes))
        for cell, log_classes in zip(self.force.open, self.log_classes, strict=True):
            base = self._log_base(log_classes, np.zeros(sets))
            q = np.exp(log_classes[1:] - base)
            shares = self._size_shares(cell, base)
            n = cell.sizes @ shares
            spread = cell.sizes**2 @ shares - n**2
            mean += n * q
            square += (spread - n) * (q[:, None] * q[None])
            square[np.arange(sets), np.arange(sets)] += n * q
        weights = self.node_shares
        average = mean @ weights
        square = (square + mean[:, None] * mean[None]) @ weights
        return average, square - np.outer(average, average)

    @staticmethod
    def _size_shares(cell: OpenCell, base: Array) -> Array:
        """Return the distribution of the size at every node: sizes x nodes."""
        logs = cell.sizes[:, None] * base + np.log(cell.shares)[:, None]
        return np.asarray(np.exp(logs - _log_sum(logs)))

    @cached_property
    def slopes(self) -> Array:
        """The derivatives of `log_sum` by ``log P``: places x nodes."""
        result = self.closed_slopes(self.node_shares)
        sets = len(self.force.certain)
        for cell, log_classes in zip(self.force.open, self.log_classes, strict=True):
            base = self._log_base(log_classes, np.zeros(sets))
            n = cell.sizes @ self._size_shares(cell, base)
            expected = self.node_shares * n * np.exp(log_classes - base)
            result += self.open_slopes(cell, log_classes, expected)
        return result

    def closed_slopes(self, weights: Array) -> Array:
        """Return what the certain cases add to the derivatives, nodes weighted."""
        result = np.zeros_like(self.probability)
        for cell in self.force.closed:
            expected = cell.count * weights / (cell.weights @ self.probability)
            result += cell.weights[:, None] * self.probability * expected
        for table in self.force.tables:
            moments = table_moments(table.steps, self._inside(table))
            cells = table.weights @ self.probability
            expected = weights * moments.mean / np.where(cells > 0, cells, 1.0)
            result += (table.weights.T @ expected) * self.probability
        return result

    def open_slopes(self, cell: OpenCell, log_classes: Array, expected: Array) -> Array:
        """Return what expected counts of the classes, nodes weighted, add to the derivatives."""
        with np.errstate(invalid="ignore"):
            ratio = np.where(expected > 0, expected * np.exp(-log_classes), 0.0)
        return np.asarray((cell.classes.T @ ratio) * self.probability)


class _CountTable:
    """The coefficients of a force's polynomial, tilted and scaled to a sum of about one."""

    def __init__(self, given: _GivenForce, tilt: Array, high: Array) -> None:
        self.given, self.high = given, high
        self.log_scale = given.log_sum_at(tilt)
        self.counts = [
            _CellCounts(cell, log_classes, tilt, high)
            for cell, log_classes in zip(given.force.open, given.log_classes, strict=True)
        ]
        self.log_own = given.log_own - self.log_scale

    @cached_property
    def sums(self) -> Array:
        """The coefficients, counts from zero to the largest that matters."""
        if len(self.counts) == 1:
            counts = self.counts[0]
            return counts.spread(np.exp(counts.log_terms + self.log_own).sum(axis=1))
        return np.asarray(self._back(self._product()).sum(axis=-1))

    def slopes(self, weight: Array) -> Array:
        """Return the derivatives of ``sum_c weight_c coefficient_c``: places x nodes."""
        if len(self.counts) == 1:
            terms = np.exp(self.counts[0].log_terms + self.log_own)
            weighted = [self.counts[0].pick(weight)[:, None] * terms]
        else:
            weighted = self._weighted_terms(weight)
        result = self.given.closed_slopes(weighted[0].sum(axis=0))
        for cell, log_classes, counts, terms in zip(
            self.given.force.open, self.given.log_classes, self.counts, weighted, strict=True
        ):
            result += self.given.open_slopes(cell, log_classes, counts.by_class.T @ terms)
        return result

    # ---- several open cells: products of polynomials at every node -----------------------------

    @cached_property
    def _length(self) -> tuple[int, ...]:
        degrees = np.sum([counts.degrees for counts in self.counts], axis=0)
        return tuple(fft.next_fast_len(int(degree) + 1, real=True) for degree in degrees)

    @cached_property
    def _axes(self) -> tuple[int, ...]:
        return tuple(range(len(self.high)))

    @cached_property
    def _transforms(self) -> list[Array]:
        nodes = np.prod(self._length) * len(self.log_own)
        _refuse_beyond_limit(int(nodes))
        shifted = [self.log_own, *[np.zeros_like(self.log_own)] * (len(self.counts) - 1)]
        return [
            fft.rfftn(counts.spread(np.exp(counts.log_terms + own)), self._length, self._axes)
            for counts, own in zip(self.counts, shifted, strict=True)
        ]

    def _product(self, without: int = -1) -> Array:
        chosen = [part for place, part in enumerate(self._transforms) if place != without]
        return np.asarray(np.prod(chosen, axis=0))

    def _back(self, transform: Array) -> Array:
        whole = fft.irfftn(transform, self._length, self._axes)
        return np.asarray(whole[tuple(slice(0, int(h) + 1) for h in self.high)])

    def _weighted_terms(self, weight: Array) -> list[Array]:
        """Return, for every open cell, its terms times what the others and the total leave them."""
        seen = np.zeros(self._length)
        common = tuple(slice(0, min(a, b)) for a, b in zip(weight.shape, self._length, strict=True))
        seen[common] = weight[common]
        wanted = fft.rfftn(seen, self._length, self._axes)[..., None]
        result = []
        for place, counts in enumerate(self.counts):
            left = fft.irfftn(
                wanted * np.conj(self._product(without=place)), self._length, self._axes
            )
            own = self.log_own if place == 0 else np.zeros_like(self.log_own)
            result.append(counts.pick(left) * np.exp(counts.log_terms + own))
        return result


class _CellCounts:
    """The terms of an open cell's polynomial at every node.

    Attributes
    ----------
    by_class : array of int, terms x (1 + sets)
        How many cases are in each class.
    log_terms : array, terms x nodes
    """

    def __init__(self, cell: OpenCell, log_classes: Array, tilt: Array, high: Array) -> None:
        possible = np.append(True, cell.classes[1:].any(axis=1))
        if not cell.constant:
            possible[0] = cell.classes[0].any()
        parts = [_compositions(int(n), possible, high) for n in cell.sizes]
        _refuse_beyond_limit(sum(map(len, parts)) * log_classes.shape[1])
        shares = np.repeat(np.log(cell.shares), list(map(len, parts)))
        self.by_class = np.concatenate(parts)
        finite = np.where(np.isfinite(log_classes), log_classes, -1e300)
        finite[~possible] = 0.0
        size = self.by_class.sum(axis=1)
        constant = special.gammaln(size + 1) - special.gammaln(self.by_class + 1).sum(axis=1)
        constant += shares + self.by_class[:, 1:] @ tilt
        self.log_terms = self.by_class @ finite + constant[:, None]
        self.degrees = self.by_class[:, 1:].max(axis=0, initial=0)

    @cached_property
    def _at(self) -> tuple[Array, ...]:
        return tuple(self.by_class[:, 1:].T)

    def spread(self, terms: Array) -> Array:
        """Add terms up by their counts: counts (x nodes)."""
        result = np.zeros((*(self.degrees + 1), *terms.shape[1:]))
        np.add.at(result, self._at, terms)
        return result

    def pick(self, table: Array) -> Array:
        """Return a table's values at the counts of the terms."""
        return np.asarray(table[self._at])


def _log_sum(terms: Array) -> Array:
    """Return ``log(sum(exp(terms)))`` over the first axis."""
    if len(terms) == 1:
        return np.asarray(terms[0])
    top = terms.max(axis=0)
    return np.asarray(top + np.log(np.exp(terms - top).sum(axis=0)))


def _compositions(size: int, possible: Array, high: Array) -> Array:
    """Return every way to share out cases among classes, up to the largest count of each set."""
    limits = [min(size, int(h)) if can else 0 for h, can in zip(high, possible[1:], strict=True)]
    _refuse_beyond_limit(int(np.prod([float(limit + 1) for limit in limits])))
    counts = np.indices(tuple(limit + 1 for limit in limits)).reshape(len(limits), -1).T
    rest = size - counts.sum(axis=1)
    allowed = rest >= 0 if possible[0] else rest == 0
    return np.asarray(np.column_stack([rest, counts])[allowed])


class _Product:
    """The product of the polynomials of all forces, as transforms."""

    def __init__(self, tables: Sequence[Array], times: Array, shape: tuple[int, ...]) -> None:
        self.shape, self.times = shape, times
        self.transforms = [fft.rfftn(table, shape) for table in tables]
        self.powers = [_power(part, int(n)) for part, n in zip(self.transforms, times, strict=True)]
        self.before = list(itertools.accumulate(self.powers[:-1], np.multiply, initial=np.ones(1)))
        self.whole = self.before[-1] * self.powers[-1]

    @cached_property
    def others(self) -> list[Array]:
        """The product without one of each force: what lies before, after, and of its like."""
        later = reversed(self.powers[1:])
        after = list(itertools.accumulate(later, np.multiply, initial=np.ones(1)))[::-1]
        alike = [
            _power(part, int(n) - 1) for part, n in zip(self.transforms, self.times, strict=True)
        ]
        return [
            np.asarray(left * right * part)
            for left, right, part in zip(self.before, after, alike, strict=True)
        ]

    def coefficients(self, high: Array) -> Array:
        """Return the coefficients up to the given counts."""
        return self._first(fft.irfftn(self.whole, self.shape), high)

    def without(self, place: int, wanted: Array, high: Array) -> Array:
        """Return ``sum_t weight_t others_(t - c)``, the others being all but one force.

        Parameters
        ----------
        place : int
            The force.
        wanted : array
            The transform of the weights.
        high : array of int, sets
        """
        back = fft.irfftn(wanted * np.conj(self.others[place]), self.shape)
        return self._first(back, high)

    @staticmethod
    def _first(table: Array, high: Array) -> Array:
        return np.asarray(table[tuple(slice(0, int(h) + 1) for h in high)])


def _power(base: Array, exponent: int) -> Array:
    """Return a whole power by repeated squaring: far faster than the complex power."""
    result, square = np.ones_like(base), base
    while exponent:
        if exponent % 2:
            result = result * square
        exponent //= 2
        if exponent:
            square = square * square
    return result


def _tilt(given: Sequence[_GivenForce], target: Target) -> Array:
    """Return the tilt at which the mean of the total is the possible count nearest to its mean."""
    mean = sum(
        (force.force.times * force.moments[0] for force in given), np.zeros(len(target.high))
    )
    wanted = target.nearest(mean)
    if np.allclose(wanted, mean):
        return np.zeros(len(mean))
    wanted = np.maximum(wanted, 0.25)

    def above(tilt: Array) -> float:
        sums = sum(force.force.times * force.log_sum_at(tilt) for force in given)
        return float(sums - tilt @ wanted)

    bounds = [(-8.0, 8.0)] * len(mean)
    return np.asarray(optimize.minimize(above, np.zeros(len(mean)), bounds=bounds, tol=1e-4).x)


def _transform_length(given: Sequence[_GivenForce], tilt: Array, target: Target) -> tuple[int, ...]:
    """Return lengths at which no count that wraps around matters.

    A coefficient at ``c`` is joined by those at ``c + M``, and ``c`` is at least minus the highest
    count ``b`` (in the derivatives). By Chernoff's bound their share of the tilted total is at most
    ``exp(K(h + d) - K(h) - d (M - b))``, for every positive ``d``.
    """
    here = sum(force.force.times * force.log_sum_at(tilt) for force in given)
    lengths = []
    for place, high in enumerate(target.high):
        full = sum(
            force.force.times * min(int(cell.sizes.max()), int(high))
            for force in given
            for cell in force.force.open
        )
        moved = []
        for d in _TILTS_TRIED:
            step = tilt.copy()
            step[place] += d
            moved.append(sum(f.force.times * f.log_sum_at(step) for f in given) - here)
        length = int(1.5 * high) + 8
        while length <= full and not any(
            rise - d * (length - int(high)) < _ALIAS
            for rise, d in zip(moved, _TILTS_TRIED, strict=True)
        ):
            length = int(1.2 * length)
        lengths.append(fft.next_fast_len(max(min(length, full + 1), int(high) + 1), real=True))
    _refuse_beyond_limit(int(np.prod([float(length) for length in lengths])))
    return tuple(lengths)


def _refuse_beyond_limit(counts: int) -> None:
    if counts > MOST_COUNTS:
        raise ModelError(
            f"{counts:,} combinations of counts in the sets of a total (at most "
            f"{MOST_COUNTS:,}): use method='normal'"
        )
