"""The log-likelihood given the intercepts, from its definition, and along them."""

import numpy as np
import pandas as pd
import pytest

from foistats.severity.engine import conditional
from foistats.severity.engine.atoms import CountedAtoms, CountGrid
from foistats.severity.engine.collapse import observe_frame
from foistats.severity.engine.conditional import ConditionalLikelihood
from foistats.severity.engine.design import Columns, Design
from foistats.severity.engine.formula import design_columns, parse_terms
from foistats.severity.engine.links import LINKS

LADDER = ("a", "b", "c", "d")
SHARES = {"x": 0.6, "y": 0.4}
FRAME = pd.DataFrame(
    {
        "severity": ["a", "b", "c", "d", "a|b", "b|d", "c|d", "a|d", "d", "a", "b|c", "a|c"],
        "role": ["x", "y", "x", "y", "x", "y", None, "x", None, "y", "x", None],
        "year": [0.0, 0.5, 1.0, 0.0, 0.5, 1.0, 0.0, 0.5, 1.0, 0.0, 0.5, 1.0],
        "force": list("AABBCCAABBCC"),
        "n": [3, 1, 2, 2, 4, 1, 2, 3, 1, 2, 5, 2],
    }
)
NODES = np.array([[-0.7, 0.0, 1.2], [0.3, 0.1, -0.4], [2.0, -1.0, 0.5]])


EXACT = FRAME[FRAME["role"].notna() & FRAME["severity"].isin(LADDER)]


def likelihood(link, *, nominal="", scale="", random=True, frame=FRAME):
    seen = observe_frame(
        frame,
        response="severity",
        ladder=LADDER,
        covariates=["role", "year"],
        groups="force",
        weights="n",
        composition={"role": SHARES},
    )
    parts = [
        Columns(design_columns(parse_terms(text), seen.points).matrix)
        for text in (nominal, "role", scale)
    ]
    begin = np.searchsorted(seen.point_force, np.arange(len(seen.forces) + 1))
    return ConditionalLikelihood(LINKS[link], Design(3, *parts, begin, random), seen)


@pytest.mark.parametrize("link", LINKS)
def test_the_definition_case_by_case(link):
    """Probabilities of rungs, added up over sets and over the roles a case may have."""
    found = likelihood(link, nominal="year", scale="year")
    theta, nominal = np.array([-0.8, 0.3, 1.4]), np.array([0.2, -0.1, 0.3])
    beta, zeta, sigma = 0.5, 0.4, 0.7
    vector = np.array([*theta, *nominal, beta, zeta, np.log(sigma)])
    known = np.zeros_like(NODES)
    for row in FRAME.itertuples():
        force = "ABC".index(row.force)
        for node in range(3):
            total = 0.0
            for role, share in SHARES.items():
                if row.role not in (role, None) and not pd.isna(row.role):
                    continue
                shift = beta * (role == "y") + row.year * nominal + sigma * NODES[force, node]
                below = LINKS[link].cdf((theta - shift) / np.exp(zeta * row.year))
                shares = np.diff(below, prepend=0.0, append=1.0)
                weight = share if pd.isna(row.role) else 1.0
                total += weight * sum(shares[LADDER.index(k)] for k in row.severity.split("|"))
            known[force, node] += row.n * np.log(total)
    np.testing.assert_allclose(found.log_likelihood(vector, NODES), known, rtol=1e-11)


@pytest.mark.parametrize("scale", ["", "year"])
@pytest.mark.parametrize("link", LINKS)
def test_derivatives_along_the_intercepts(link, scale):
    found = likelihood(link, scale=scale)
    vector = np.array([-0.8, 0.3, 1.4, 0.5, *([0.4] if scale else []), np.log(0.7)])
    step = 1e-3
    below, here, above = (found.log_likelihood(vector, NODES + move) for move in (-step, 0.0, step))
    first, second = found.along_intercept(vector, NODES)
    np.testing.assert_allclose(first, (above - below) / (2 * step), atol=1e-5)
    np.testing.assert_allclose(second, (above - 2 * here + below) / step**2, atol=1e-5)


@pytest.mark.parametrize("link", LINKS)
def test_thresholds_may_cross_where_no_case_is(link):
    """A nominal effect of a year: at the points the edges are ordered, at year nought they are not.

    Where they cross at a point of the data, there is no likelihood.
    """
    found = likelihood(link, nominal="year")
    moved = np.array([-0.8, 0.3, 1.4, 0.2, -0.1, 0.3, 0.5, np.log(0.7)])
    assert np.all(np.isfinite(found.log_likelihood(moved, NODES)))
    moved[3:6] = [0.0, 1.2, 0.0]
    assert np.all(found.log_likelihood(moved, NODES) == -np.inf)


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize(("nominal", "scale"), [("", ""), ("year", "year")])
def test_counts_as_a_grid_and_atom_by_atom(monkeypatch, link, nominal, scale):
    """Exact data, some rungs without cases: two ways to the same values and derivatives."""
    vector = [-0.8, 0.3, 1.4, *([0.2, -0.1, 0.3] if nominal else []), 0.5]
    vector = np.array([*vector, *([0.4] if scale else []), np.log(0.7)])
    weights = np.array([[0.2, 0.5, 0.3], [0.6, 0.1, 0.3], [0.3, 0.3, 0.4]])
    answers = []
    for filled, kind in ((0.0, CountGrid), (1.0, CountedAtoms)):
        monkeypatch.setattr(conditional, "_FILLED", filled)
        found = likelihood(link, nominal=nominal, scale=scale, frame=EXACT)
        assert isinstance(found._plain, kind)
        nodes = NODES[: len(found.observations.forces)]
        slopes = found.slopes(vector, nodes)
        answers.append(
            (
                found.log_likelihood(vector, nodes),
                found.gradient_by_force(slopes),
                found.hessian(slopes, weights[: len(nodes)]),
                *found.along_intercept(vector, nodes),
            )
        )
    for one, other in zip(*answers, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-13)


def test_a_rung_without_cases_may_be_impossible(monkeypatch):
    """Where nobody reached the highest rung, its probability may vanish altogether."""
    monkeypatch.setattr(conditional, "_FILLED", 0.0)
    found = likelihood("cloglog", random=False, frame=EXACT[EXACT["severity"] != "d"])
    assert isinstance(found._plain, CountGrid)
    vector, nothing = np.array([-0.8, 0.3, 800.0, 0.5]), np.zeros((2, 1))
    assert np.all(np.isfinite(found.log_likelihood(vector, nothing)))
    assert np.all(np.isfinite(found.gradient_by_force(found.slopes(vector, nothing))))


def test_edges_far_out_keep_their_logarithms():
    """A case whose probability is exp(-400) has that logarithm, and finite derivatives."""
    found = likelihood("logit", random=False)
    vector = np.array([400.0, 401.0, 402.0, 0.5])
    value = found.log_likelihood(vector, np.zeros((3, 1)))
    assert np.all(np.isfinite(value))
    assert value.sum() < -400 * 10
    slopes = found.slopes(vector, np.zeros((3, 1)))
    assert np.all(np.isfinite(found.gradient_by_force(slopes)))
    assert np.all(np.isfinite(found.hessian(slopes, np.ones((3, 1)))))
