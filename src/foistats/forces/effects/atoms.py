"""Every count that a force can have, so that counts known as intervals are sums over atoms.

A count known as an interval adds the log of the sum of the probabilities of its counts; a force
without a count adds nothing. Of a count that is at least *n*, the sum is replaced by the time *t*
at which the *n*-th case came, integrated by Gauss-Legendre in ``log t``::

    P(Y >= n) = int_0^1 (n / t) P(Y = n; exposure t e) dt
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import special

from foistats.forces.columns import Array
from foistats.forces.comparable import Counts


@dataclass(frozen=True, eq=False)
class Atoms:
    """Every count that a force can have, one row each; a force without a count: 0 with exposure 0.

    Attributes
    ----------
    count, exposure : array, atoms
    log_weight : array, atoms
        Added to the log probability: zero, but for counts without an upper limit.
    first : array, forces
        The first atom of each force.
    sizes : array, forces
    """

    count: Array
    exposure: Array
    log_weight: Array
    first: Array
    sizes: Array

    @cached_property
    def force(self) -> Array:
        """The place of the force of each atom."""
        return np.repeat(np.arange(len(self.sizes)), self.sizes)

    @cached_property
    def constant(self) -> Array:
        """What does not depend on the parameters: ``log weight - log y!``."""
        return np.asarray(self.log_weight - special.gammaln(self.count + 1))

    @cached_property
    def simple(self) -> bool:
        """Whether each force has one atom."""
        return len(self.count) == len(self.sizes)

    def total(self, terms: Array) -> Array:
        """Return the sums by force."""
        return terms if self.simple else np.add.reduceat(terms, self.first, axis=0)

    def log_total(self, terms: Array) -> Array:
        """Return the logarithms of the sums by force of exponentials."""
        return terms if self.simple else np.logaddexp.reduceat(terms, self.first, axis=0)

    def parts(self, forces: int) -> Iterator[slice]:
        """Yield slices of that many forces."""
        for start in range(0, len(self.sizes), forces):
            yield slice(start, start + forces)

    def part(self, forces: slice) -> tuple[Atoms, slice]:
        """Return the atoms of a slice of the forces, and where they stand."""
        sizes = self.sizes[forces]
        start = int(self.first[forces.start])
        rows = slice(start, start + int(sizes.sum()))
        count, exposure, log_weight = (
            column[rows] for column in (self.count, self.exposure, self.log_weight)
        )
        return Atoms(count, exposure, log_weight, self.first[forces] - start, sizes), rows


def atoms_of(counts: Counts) -> Atoms:
    """Return every count that each force can have."""
    known = counts.known
    low, high = (np.where(known, ends, 0.0) for ends in (counts.low, counts.high))
    open_ended = {int(force): _arrivals(low[force]) for force in np.flatnonzero(np.isinf(high))}
    sizes = np.where(np.isinf(high), 0.0, high - low + 1).astype(int)
    for force, (times, _) in open_ended.items():
        sizes[force] = len(times)
    first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    count = np.arange(sizes.sum()) - np.repeat(first - low, sizes)
    exposure = np.repeat(np.where(known, counts.exposure, 0.0), sizes)
    log_weight = np.zeros(len(count))
    for force, (times, log_weights) in open_ended.items():
        own = slice(first[force], first[force] + sizes[force])
        count[own], log_weight[own] = low[force], log_weights
        exposure[own] *= times
    return Atoms(count, exposure, log_weight, first, sizes)


def _arrivals(number: float) -> tuple[Array, Array]:
    """Return times before 1 of the n-th case, and the logs of their quadrature weights.

    In ``-log t`` the time of the n-th case has a peak about ``1 / sqrt(n)`` wide, so up to 3 panels
    are twice that wide, and grow from there on to 60.
    """
    width = min(2 / np.sqrt(number), 0.5)
    edges = list(np.linspace(0, 3, int(np.ceil(3 / width)) + 1))
    while edges[-1] < 60:
        edges.append(edges[-1] + 1.4 * (edges[-1] - edges[-2]))
    places, weights = np.polynomial.legendre.leggauss(10)
    half = np.diff(edges)[:, None] / 2
    later = np.asarray(edges)[:-1, None] + half * (1 + places)
    return np.exp(-later.ravel()), np.log(number * half * weights).ravel()
