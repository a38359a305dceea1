"""Sums over tables, and their moments, against the enumeration of every table."""

import itertools
from math import comb, lgamma

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from foistats.errors import ModelError
from foistats.severity.engine.integer_tables import (
    Interval,
    count_vectors,
    log_table_sum,
    plan_tables,
    table_moments,
)


def exactly(*totals):
    return [Interval(n, n) for n in totals]


def enumerate_tables(rows, columns, possible):
    """Return every table whose margins lie in the intervals, one row each."""
    shape = len(rows), len(columns)
    most = [min(rows[i].high, columns[j].high) * possible[i, j] for i, j in np.ndindex(shape)]
    tables = np.array(list(itertools.product(*(range(n + 1) for n in most)))).reshape(-1, *shape)
    fits = np.ones(len(tables), dtype=bool)
    for axis, margins in ((2, rows), (1, columns)):
        totals = tables.sum(axis=axis)
        fits &= np.all(totals >= [m.low for m in margins], axis=1)
        fits &= np.all(totals <= [m.high for m in margins], axis=1)
    return tables[fits].reshape(fits.sum(), -1)


def brute_force(rows, columns, possible, off, log_cells):
    """Return the log of the sum over tables, and mean and covariance of the tables."""
    tables = enumerate_tables(rows, columns, possible)
    shape = -1, len(rows), len(columns)
    n_off = (
        np.full(len(tables), off)
        if isinstance(off, int)
        else (tables.reshape(shape)[:, :, off].sum(axis=(1, 2)))
    )
    n_on = tables.sum(axis=1) - n_off
    logs = special.gammaln(n_on + 1) + special.gammaln(n_off + 1)
    logs = logs - special.gammaln(tables + 1).sum(axis=1) + tables @ log_cells.ravel()
    total = special.logsumexp(logs)
    share = np.exp(logs - total)
    mean = share @ tables
    return total, mean, (tables - mean).T @ ((tables - mean) * share[:, None])


ALL = np.ones((3, 3), dtype=bool)
CORNER = ALL.copy()
CORNER[0, 2] = False
CASES = {
    "exact margins": (exactly(3, 4, 2), exactly(2, 4, 3), ALL, 0),
    "a cell where no case can be": (exactly(3, 4, 2), exactly(2, 4, 3), CORNER, 0),
    "intervals": (
        [*exactly(3, 4), Interval(2, 3)],
        [Interval(2, 4), Interval(3, 4), Interval(2, 4)],
        CORNER,
        0,
    ),
    "one row": ([Interval(2, 5)], [Interval(1, 2), Interval(0, 4)], np.ones((1, 2), bool), 0),
    "one column": ([Interval(0, 3), Interval(1, 2)], exactly(3), np.ones((2, 1), bool), 0),
    "an empty row": (exactly(0, 3), exactly(1, 2), np.ones((2, 2), bool), 0),
    "some cases off the ladder": (exactly(2, 3), exactly(2, 2, 1), ALL[:2], 1),
    "a column off the ladder": (
        exactly(2, 3),
        [Interval(1, 2), Interval(1, 3), Interval(0, 2)],
        ALL[:2],
        np.array([False, False, True]),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_sum_over_every_table_and_its_moments(name):
    rows, columns, possible, off = CASES[name]
    log_cells = np.random.default_rng(3).normal(size=(*possible.shape, 4))
    steps = plan_tables(rows, columns, possible=possible, off_ladder=off)
    moments = table_moments(steps, log_cells)
    np.testing.assert_allclose(log_table_sum(steps, log_cells), moments.log_sum, rtol=1e-13)
    for node in range(4):
        known = brute_force(rows, columns, possible, off, log_cells[:, :, node])
        assert moments.log_sum[node] == pytest.approx(known[0], rel=1e-12)
        np.testing.assert_allclose(moments.mean[:, node], known[1], rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(moments.covariance[:, :, node], known[2], atol=1e-12)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.data())
def test_any_small_table(data):
    shape = data.draw(st.sampled_from([(1, 3), (2, 2), (2, 3), (3, 2)]))
    inside = data.draw(
        st.lists(st.integers(0, 2), min_size=shape[0] * shape[1], max_size=shape[0] * shape[1])
    )
    slack = st.integers(0, 1)
    table = np.array(inside).reshape(shape)
    rows, columns = (
        [Interval(max(0, int(n) - data.draw(slack)), int(n) + data.draw(slack)) for n in totals]
        for totals in (table.sum(axis=1), table.sum(axis=0))
    )
    possible = (table > 0) | np.array(
        data.draw(st.lists(st.booleans(), min_size=table.size, max_size=table.size))
    ).reshape(shape)
    log_cells = np.random.default_rng(table.sum()).normal(size=(*shape, 1))
    steps = plan_tables(rows, columns, possible=possible, off_ladder=0)
    moments = table_moments(steps, log_cells)
    known = brute_force(rows, columns, possible, 0, log_cells)
    assert moments.log_sum[0] == pytest.approx(known[0], rel=1e-11, abs=1e-11)
    np.testing.assert_allclose(moments.mean[:, 0], known[1], atol=1e-11)
    np.testing.assert_allclose(moments.covariance[:, :, 0], known[2], atol=1e-11)


def test_mean_and_covariance_are_derivatives_of_the_sum():
    steps = plan_tables(exactly(30, 20), exactly(25, 15, 10), possible=ALL[:2], off_ladder=0)
    at = np.random.default_rng(5).normal(size=(2, 3))
    moments = table_moments(steps, at[:, :, None])
    step = 1e-5
    for place in range(6):
        unit = np.eye(6)[place].reshape(2, 3)
        ends = [table_moments(steps, (at + sign * step * unit)[:, :, None]) for sign in (1, -1)]
        slope = (ends[0].log_sum - ends[1].log_sum) / (2 * step)
        assert moments.mean[place, 0] == pytest.approx(slope[0], rel=1e-7)
        slope = (ends[0].mean - ends[1].mean) / (2 * step)
        np.testing.assert_allclose(moments.covariance[place, :, 0], slope[:, 0], atol=1e-7)


def test_equal_probabilities_give_the_hypergeometric_distribution():
    """One case in ten of the first row: its mean is n m / N, its variance Fisher's."""
    steps = plan_tables(exactly(12, 8), exactly(15, 5), possible=ALL[:2, :2], off_ladder=0)
    moments = table_moments(steps, np.zeros((2, 2, 1)))
    assert moments.mean[1, 0] == pytest.approx(12 * 5 / 20, rel=1e-12)
    assert moments.covariance[1, 1, 0] == pytest.approx(12 * 8 * 15 * 5 / (20**2 * 19), rel=1e-11)
    tables = comb(20, 5) * comb(20, 12)
    assert moments.log_sum[0] == pytest.approx(np.log(tables), rel=1e-12)


def test_large_margins_do_not_underflow():
    steps = plan_tables(exactly(300, 60), exactly(200, 100, 60), possible=ALL[:2], off_ladder=0)
    cells = np.log(np.outer([0.7, 0.3], [0.5, 0.3, 0.2]))
    found = log_table_sum(steps, cells[:, :, None])[0]
    independent = sum(
        lgamma(361) - sum(lgamma(n + 1) for n in counts) + counts @ np.log(shares)
        for counts, shares in (
            (np.array([300, 60]), np.array([0.7, 0.3])),
            (np.array([200, 100, 60]), np.array([0.5, 0.3, 0.2])),
        )
    )
    assert found == pytest.approx(independent, rel=1e-11)


def test_many_nodes_are_split_and_joined():
    """Nodes are evaluated in parts that fit into memory; where one is does not matter."""
    steps = plan_tables(exactly(40, 30), exactly(30, 25, 15), possible=ALL[:2], off_ladder=0)
    log_cells = np.random.default_rng(2).normal(size=(2, 3, 900))
    found = table_moments(steps, log_cells)
    for node in (0, 450, 899):
        alone = table_moments(steps, log_cells[:, :, node : node + 1])
        assert found.log_sum[node] == alone.log_sum[0]
        np.testing.assert_allclose(found.covariance[..., node], alone.covariance[..., 0], rtol=1e-9)


def test_count_vectors_are_all_of_them():
    entries = [Interval(0, 2), Interval(1, 3), Interval(0, 1)]
    known = [
        vector
        for vector in itertools.product(range(3), range(1, 4), range(2))
        if 3 <= sum(vector) <= 4
    ]
    found = count_vectors(entries, Interval(3, 4))
    assert sorted(map(tuple, found.tolist())) == sorted(known)
    assert len(count_vectors(entries, Interval(9, 9))) == 0


def test_what_cannot_be_summed_is_refused():
    with pytest.raises(ModelError, match="no table of counts satisfies its statements"):
        plan_tables(exactly(3, 4), exactly(2, 4), possible=ALL[:2, :2], off_ladder=0)
    with pytest.raises(ModelError, match=r"ways to fill one row of the table \(at most 400,000"):
        plan_tables(exactly(3000), [Interval(0, 3000)] * 3, possible=ALL[:1], off_ladder=0)
