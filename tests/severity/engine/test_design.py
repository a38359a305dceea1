"""The edges between rungs, and columns kept sparse or dense."""

import itertools

import numpy as np
import pytest
from scipy import sparse

from foistats.severity.engine.design import Columns, Design

RNG = np.random.default_rng(7)


def dummies(points, width):
    """Return indicator columns, nearly all zero."""
    matrix = np.zeros((points, width))
    matrix[np.arange(points), RNG.integers(0, width, points)] = 1.0
    return matrix


def design(points=40, forces=4, nominal=2, scale=1, random=True):
    begin = np.linspace(0, points, forces + 1).astype(int)
    matrices = [RNG.normal(size=(points, width)) for width in (nominal, 3, scale)]
    return Design(3, *map(Columns, matrices), begin, random)


def test_the_edges_have_their_formula():
    """``e_k = (theta_k - x'beta - v'beta_k - sigma z) / exp(w'zeta)``."""
    made = design()
    vector = RNG.normal(size=made.size)
    z = RNG.normal(size=(4, 5))
    edges = made.edges(vector, z)
    theta, nominal, beta = vector[:3], vector[3:9].reshape(3, 2), vector[9:12]
    zeta, sigma = vector[12], np.exp(vector[13])
    for point, cut, node in ((0, 0, 0), (39, 2, 4), (17, 1, 3)):
        x, v, w = (c.dense[point] for c in (made.location, made.nominal, made.scale))
        known = theta[cut] - x @ beta - v @ nominal[cut] - sigma * z[point // 10, node]
        assert edges.values[point, cut, node] == pytest.approx(known / np.exp(w[0] * zeta))


def test_the_vector_is_taken_apart_in_its_order():
    made = design()
    parts = made.parameters(np.arange(made.size, dtype=float))
    assert parts.thresholds.tolist() == [0, 1, 2]
    assert parts.nominal.tolist() == [[3, 4], [5, 6], [7, 8]]
    assert parts.location.tolist() == [9, 10, 11]
    assert parts.scale.tolist() == [12]
    assert parts.sd == pytest.approx(np.exp(13))
    assert design(random=False).parameters(np.zeros(13)).sd == 0


@pytest.mark.parametrize("node", [0, 3])
def test_rows_are_derivatives_of_single_edges(node):
    made = design()
    vector, z = 0.3 * RNG.normal(size=made.size), RNG.normal(size=(4, 4))
    points, cuts = np.array([0, 3, 22, 39]), np.array([2, 0, 1, 1])
    rows = made.rows(made.edges(vector, z), points, cuts, node)
    for place, unit in enumerate(np.eye(made.size)):
        above, below = (
            made.edges(vector + sign * 1e-6 * unit, z).values[points, cuts, node]
            for sign in (1, -1)
        )
        np.testing.assert_allclose(rows[:, place], (above - below) / 2e-6, atol=1e-8)


@pytest.mark.parametrize("random", [True, False])
def test_the_gradient_by_force_is_the_chain_rule(random):
    made = design(random=random)
    vector, z = 0.3 * RNG.normal(size=made.size), RNG.normal(size=(4, 2)) * random
    edges = made.edges(vector, z)
    slopes = RNG.normal(size=edges.values.shape)
    found = made.gradient_by_force(edges, slopes)
    at_point, at_cut = np.divmod(np.arange(120), 3)
    for node in range(2):
        rows = made.rows(edges, at_point, at_cut, node) * slopes[:, :, node].reshape(-1, 1)
        known = np.add.reduceat(rows, [0, 30, 60, 90], axis=0)
        np.testing.assert_allclose(found[node], known, atol=1e-12)


def test_sparse_columns_are_dense_ones():
    """Twelve indicator columns are kept sparse; every product must be that of the matrix."""
    matrix, other = dummies(60, 12), RNG.normal(size=(60, 2))
    kept, few = Columns(sparse.csr_array(matrix)), Columns(other)
    assert kept._sparse is not None
    assert few._sparse is None
    weights = RNG.normal(size=60)
    np.testing.assert_allclose(kept.times(np.arange(12.0)), matrix @ np.arange(12.0))
    np.testing.assert_allclose(kept.sums(weights), matrix.T @ weights)
    np.testing.assert_allclose(kept.sums(other), matrix.T @ other)
    for one, a in ((kept, matrix), (few, other)):
        for two, b in ((kept, matrix), (few, other)):
            known = a.T @ (b * weights[:, None])
            np.testing.assert_allclose(one.cross(weights, two), known, atol=1e-12)


@pytest.mark.parametrize("forces", [1, 3, 60])
def test_sums_by_force(forces):
    """Few points to a force and many are added up in different ways."""
    matrix, weights = RNG.normal(size=(60, 2)), RNG.normal(size=(60, 4))
    begin = np.linspace(0, 60, forces + 1).astype(int)
    found = Columns(matrix).by_force(weights, begin)
    known = [weights[i:j].T @ matrix[i:j] for i, j in itertools.pairwise(begin)]
    np.testing.assert_allclose(found, np.stack(known, axis=1), atol=1e-12)


def test_no_columns_are_no_trouble():
    nothing = Columns(np.zeros((5, 0)))
    assert nothing.times(np.zeros(0)).tolist() == [0.0] * 5
    assert nothing.cross(np.ones(5), Columns(np.ones((5, 2)))).shape == (0, 2)
    assert nothing.by_force(np.ones((5, 3)), np.array([0, 2, 5])).shape == (3, 2, 0)
