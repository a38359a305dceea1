"""Pieces settled one by one against every small solution of the whole."""

import itertools
import time

import numpy as np
import pytest
from scipy import sparse

from foistats.claims.pieces import LATE, NONE, SOLVED, ask, pieces_of, settle_pieces


def cheapest(matrix, ends, box, costs):
    """The least cost of all whole numbers in the box; None if none satisfies the rows."""
    spans = [range(int(least), int(most) + 1) for least, most in zip(*box, strict=True)]
    grid = np.array(list(itertools.product(*spans)))
    sums = grid @ matrix.T
    held = grid[((sums >= ends[0]) & (sums <= ends[1])).all(axis=1)]
    return (held @ costs).min() if len(held) else None


def settle(matrix, ends, box, costs, *, until=None, memory=None):
    pieces = pieces_of(sparse.csr_array(matrix), ends, box)
    memory = {} if memory is None else memory
    return settle_pieces(pieces, box, costs=costs, until=until, memory=memory)


def random_rows(seed):
    """Two blocks that share no unknown, and an unknown that no row is about."""
    rng = np.random.default_rng(seed)
    matrix = np.zeros((4, 7))
    matrix[:2, :3] = rng.integers(-2, 4, size=(2, 3))
    matrix[2:, 3:6] = rng.integers(-2, 4, size=(2, 3))
    low = rng.integers(-2, 5, size=4).astype(float)
    high = low + rng.integers(0, 3, size=4)
    low[rng.random(4) < 0.3] = -np.inf
    least = rng.integers(0, 2, size=7).astype(float)
    most = least + rng.integers(0, 3, size=7)
    costs = rng.integers(-2, 3, size=7).astype(float)
    # Rows without a free unknown are settled by bounds before anything is split.
    idle = ~matrix[:, least < most].any(axis=1)
    low[idle], high[idle] = -np.inf, np.inf
    return matrix, (low, high), (least, most), costs


@pytest.mark.parametrize("seed", range(80))
def test_as_cheap_as_the_whole(seed):
    matrix, ends, box, costs = random_rows(seed)
    best = cheapest(matrix, ends, box, costs)
    memory = {}
    for _ in range(2):
        status, values = settle(matrix, ends, box, costs, memory=memory)
        if best is None:
            assert status == NONE
            continue
        assert status == SOLVED
        sums = matrix @ values
        assert (sums >= ends[0]).all()
        assert (sums <= ends[1]).all()
        assert (values >= box[0]).all()
        assert (values <= box[1]).all()
        assert costs @ values == best


def test_pieces_share_no_unknown_and_leave_none_out():
    matrix = np.array([[1.0, 1, 0, 0, 0], [0, 0, 1, 1, 0], [0, 0, 0, 1, 0]])
    ends, box = (np.ones(3), np.full(3, 2.0)), (np.zeros(5), np.full(5, 3.0))
    found = pieces_of(sparse.csr_array(matrix), ends, box)
    assert [piece.columns.tolist() for piece in found] == [[0, 1], [2, 3]]
    assert [piece.matrix.shape for piece in found] == [(1, 2), (2, 2)]


def test_an_unknown_with_one_value_joins_nothing():
    matrix = np.array([[1.0, 1, 0], [0, 1, 1]])
    ends, box = (np.full(2, 3.0), np.full(2, 4.0)), (np.array([0.0, 2, 0]), np.array([9.0, 2, 9]))
    found = pieces_of(sparse.csr_array(matrix), ends, box)
    assert [piece.columns.tolist() for piece in found] == [[0], [2]]
    assert [(piece.low[0], piece.high[0]) for piece in found] == [(1, 2), (1, 2)]


def test_a_cheapest_solution_that_is_not_whole_is_not_taken():
    """Every pair of three needs one: one half each would do in any numbers, two in whole ones."""
    matrix = np.array([[1.0, 1, 0], [0, 1, 1], [1, 0, 1]])
    ends, box, costs = (np.ones(3), np.full(3, np.inf)), (np.zeros(3), np.ones(3)), np.ones(3)
    plain = ask(sparse.csr_array(matrix), ends, box, costs=costs, until=None, whole=False)
    assert plain.fun == pytest.approx(1.5)
    status, values = settle(matrix, ends, box, costs)
    assert (status, values.sum()) == (SOLVED, 2)


def test_the_same_piece_elsewhere_is_remembered(monkeypatch):
    matrix = np.array([[1.0, 2, 0, 0], [0, 0, 1, 2]])
    ends, box = (np.full(2, 3.0), np.full(2, 3.0)), (np.zeros(4), np.full(4, 5.0))
    memory = {}
    status, values = settle(matrix, ends, box, np.zeros(4), memory=memory)
    assert status == SOLVED
    assert len(memory) == 1
    assert values[:2].tolist() == values[2:].tolist()
    monkeypatch.setattr("foistats.claims.pieces.milp", None)
    again = settle(matrix, ends, box, np.zeros(4), memory=memory)
    assert again[1].tolist() == values.tolist()


def test_late_is_not_remembered():
    matrix, ends, box = np.array([[1.0, 2]]), (np.ones(1), np.ones(1)), (np.zeros(2), np.ones(2))
    for costs in (np.zeros(2), np.ones(2)):
        memory = {}
        late = settle(matrix, ends, box, costs, until=time.monotonic() - 1, memory=memory)
        assert late == (LATE, None)
        assert memory == {}
        assert settle(matrix, ends, box, costs, memory=memory)[0] == SOLVED
