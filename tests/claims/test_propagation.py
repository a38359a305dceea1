"""Bounds and multiples against every small solution."""

import itertools

import numpy as np
import pytest
from scipy import sparse

from foistats.claims.propagation import Clash, propagate, tighten


def solutions(matrix, low, high, most):
    grid = np.array(list(itertools.product(*(range(int(m) + 1) for m in most))))
    sums = grid @ matrix.T
    return grid[((sums >= low) & (sums <= high)).all(axis=1)]


@pytest.mark.parametrize("seed", range(60))
def test_no_solution_is_lost(seed):
    rng = np.random.default_rng(seed)
    matrix = rng.integers(-3, 4, size=(4, 4)).astype(float)
    matrix[matrix.sum(axis=1) == 0, 0] += 1
    low = rng.integers(-4, 4, size=4).astype(float)
    high = low + rng.integers(0, 3, size=4)
    low[rng.random(4) < 0.4] = -np.inf
    most = np.array([3.0, 3.0, 1.0, 1.0])
    every = solutions(matrix, low, high, most)
    sparse_matrix = sparse.csr_array(matrix)
    found = propagate(sparse_matrix, low, high, least=np.zeros(4), most=most)
    if isinstance(found, Clash):
        rows = sorted(found.rows)
        assert not len(solutions(matrix[rows], low[rows], high[rows], most))
        return
    if len(every):
        assert (every >= found.low).all()
        assert (every <= found.high).all()
    switch = np.array([False, False, True, True])
    tight = tighten(sparse_matrix, low, high, box=found, switch=switch)
    inside = solutions(tight[0].toarray(), tight[1], tight[2], most)
    inside = inside[((inside >= found.low) & (inside <= found.high)).all(axis=1)]
    assert inside.tolist() == every.tolist()


def test_what_a_clash_rests_on():
    """Rows that have nothing to do with it are not named."""
    matrix = sparse.csr_array(np.array([[1.0, 1, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]))
    low, high = np.array([-np.inf, 6, 5, 1]), np.array([10.0, np.inf, np.inf, 2])
    found = propagate(matrix, low, high, least=np.zeros(3), most=np.full(3, 100.0))
    assert found == Clash(frozenset({0, 1, 2}))


def test_numbers_too_large_for_exact_arithmetic_stay_as_they_are():
    matrix = sparse.csr_array(np.array([[1e9, 1.0]]))
    most = np.full(2, 1e9)
    ends = (np.array([5.0]), np.array([5.0]))
    found = propagate(matrix, *ends, least=np.zeros(2), most=most)
    assert (found.high == most).all()
