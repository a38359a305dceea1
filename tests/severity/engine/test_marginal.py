"""Value, gradient and information for every link and every kind of statement."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy import special

from foistats.severity.engine.collapse import observe_frame
from foistats.severity.engine.conditional import ConditionalLikelihood
from foistats.severity.engine.design import Columns, Design
from foistats.severity.engine.formula import design_columns, parse_terms
from foistats.severity.engine.links import LINKS
from foistats.severity.engine.marginal import MarginalLikelihood
from foistats.severity.engine.maximum import Maximum, observed_information
from foistats.severity.engine.statements import observe_groups
from foistats.severity.groups.case_groups import CaseGroup, CaseSpace, Cell

LADDER = ("a", "b", "c", "d")
ROLES = {"x": 0.5, "y": 0.3, "z": 0.2}
ANY = "a b c d"
EVERYONE = "x y z"
KINDS = {
    "exact rungs": list(LADDER),
    "contiguous sets": [*LADDER, "a|b", "b|c|d", "c|d"],
    "sets with a gap": [*LADDER, "b|d", "a|c", "a|d"],
    "open covariates": [*LADDER, "a|b", "b|d"],
}


@cache
def observed_frame(kind, by_force):
    rng = np.random.default_rng(1)
    n = 70
    frame = pd.DataFrame(
        {
            "role": rng.choice(list(ROLES), n),
            "year": rng.integers(0, 3, n) * 0.3,
            "force": rng.choice(list("ABC"), n),
            "severity": rng.choice(KINDS[kind], n),
            "n": rng.integers(1, 5, n),
        }
    )
    if kind == "open covariates":
        frame.loc[::7, "role"] = None
        frame.loc[1::9, "role"] = "x|z"
    return observe_frame(
        frame,
        response="severity",
        ladder=LADDER,
        covariates=["role", "year"],
        groups="force" if by_force else "",
        weights="n",
        composition={"role": ROLES},
    )


def cell(roles, rungs, low, high=None):
    high = low if high is None else high
    return Cell(frozenset(roles.split()), frozenset(rungs.split()), low, high)


TABLES = {
    "two margins": (
        [cell("x", ANY, 4), cell("y", ANY, 2), cell("z", ANY, 2)],
        [cell(EVERYONE, "a", 3), cell(EVERYONE, "b c", 3), cell(EVERYONE, "d", 2)],
    ),
    "count intervals": ([cell("x", "a b", 3), cell("x y", "c d", 1, 4), cell("z", "d", 0, 2)],),
    "off the ladder": (
        [cell("x", ANY, 4), cell("y z", ANY, 4)],
        [cell(EVERYONE, "a b", 2, 4), cell(EVERYONE, "c d", 2), cell(EVERYONE, "", 2, 3)],
    ),
}


@cache
def observed_table(kind, by_force):
    space = CaseSpace(LADDER, tuple(ROLES), tuple(ROLES.values()))
    exact = [
        cell(r, k, n) for r, k, n in zip("xyzxyzx", "abcdabd", (3, 1, 2, 2, 3, 1, 2), strict=True)
    ]
    groups = [
        CaseGroup("1", "A", (tuple(exact),), {"year": 0.0}),
        CaseGroup("2", "A", tuple(map(tuple, TABLES[kind])), {"year": 0.3}),
        CaseGroup("3", "B", tuple(map(tuple, TABLES[kind])), {"year": 0.6}),
    ]
    return observe_groups(groups, space, covariates=("role", "year"), by_force=by_force)


def likelihood(kind, link, points, *, location="role + year", nominal="", scale=""):
    """Return the marginal likelihood; zero points for none of the intercepts."""
    random = points > 0
    seen = observed_frame(kind, random) if kind in KINDS else observed_table(kind, random)
    parts = [
        Columns(design_columns(parse_terms(text), seen.points).matrix)
        for text in (nominal, location, scale)
    ]
    begin = np.searchsorted(seen.point_force, np.arange(len(seen.forces) + 1))
    design = Design(seen.cuts, *parts, begin, random)
    conditional = ConditionalLikelihood(LINKS[link], design, seen)
    return MarginalLikelihood(conditional, max(points, 1))


def some_vector(marginal):
    size = marginal.conditional.design.size
    rest = 0.25 * np.sin(1 + np.arange(size - 3))
    return np.concatenate([[-1.0, 0.2, 1.1], rest])


def differences(function, vector, step):
    """Return central differences: one row for each parameter."""
    moves = step * np.eye(len(vector))
    return np.array([(function(vector + m) - function(vector - m)) / (2 * step) for m in moves])


@pytest.mark.parametrize("points", [0, 1, 3, 15])
@pytest.mark.parametrize("kind", [*KINDS, *TABLES])
@pytest.mark.parametrize("link", LINKS)
def test_gradient_and_information_are_derivatives(link, kind, points):
    """With few points the nodes move, whose derivatives are themselves from five nodes.

    Their spacing is 0.05 spreads, their error its fourth power. The information of moving nodes is
    that of `observed_information`.
    """
    marginal = likelihood(kind, link, points, location="role", nominal="year", scale="role")
    vector = some_vector(marginal)
    found = marginal.evaluate(vector, order=2)

    def value(at):
        return marginal.evaluate(at, order=0, modes=found.modes).value

    def gradient(at):
        return marginal.evaluate(at, order=1, modes=found.modes).gradient

    moving = found.node_error > 1e-7
    size = np.maximum(1.0, np.abs(found.gradient))
    errors = np.abs(differences(value, vector, 1e-5) - found.gradient) / size
    allowed = 0.05**3 if link == "cauchit" else 0.05**4
    np.testing.assert_array_less(errors, allowed if moving else 1e-7)
    np.testing.assert_allclose(found.scores.sum(axis=0), found.gradient, rtol=1e-12)
    known = -differences(gradient, vector, 1e-4)
    information = found.information
    if moving:
        maximum = Maximum(vector, found, np.ones(len(vector), dtype=bool), True, 0)
        information = observed_information(marginal, maximum)
    reach = (4 * allowed if moving else 2e-6) * np.abs(known).max()
    np.testing.assert_allclose(information, known, rtol=0, atol=reach)


@pytest.mark.parametrize("kind", [*KINDS, *TABLES])
@pytest.mark.parametrize("link", LINKS)
def test_adaptive_quadrature_equals_a_fine_trapezoidal_sum(link, kind):
    """The Cauchy's heavy tails are harder for it than those of the others."""
    marginal = likelihood(kind, link, 25)
    vector = some_vector(marginal)
    vector[-1] = np.log(0.9)
    found = marginal.evaluate(vector, order=0)
    grid = np.linspace(-9, 9, 1001)
    forces = len(found.by_force)
    values = marginal.conditional.log_likelihood(vector, np.tile(grid, (forces, 1)))
    known = special.logsumexp(values - 0.5 * grid**2, axis=1)
    known += np.log(grid[1] - grid[0]) - 0.5 * np.log(2 * np.pi)
    np.testing.assert_allclose(found.by_force, known, atol=1e-4 if link == "cauchit" else 1e-7)
    constant = marginal.conditional.observations.constant
    assert found.value == pytest.approx(found.by_force.sum() + constant, rel=1e-14)


@pytest.mark.parametrize("link", LINKS)
def test_modes_and_spreads_are_those_of_the_integrand(link):
    marginal = likelihood("open covariates", link, 5)
    vector = some_vector(marginal)
    found = marginal.evaluate(vector, order=0)
    step = 1e-4
    places = found.modes[:, None] + step * np.array([-1.0, 0.0, 1.0])
    h = marginal.conditional.log_likelihood(vector, places) - 0.5 * places**2
    np.testing.assert_allclose((h[:, 2] - h[:, 0]) / (2 * step), 0, atol=1e-6)
    curvature = (h[:, 2] - 2 * h[:, 1] + h[:, 0]) / step**2
    np.testing.assert_allclose((-curvature) ** -0.5, found.spreads, rtol=1e-6)


def test_one_point_is_laplaces_approximation():
    marginal = likelihood("contiguous sets", "logit", 1)
    vector = some_vector(marginal)
    found = marginal.evaluate(vector, order=0)
    there = marginal.conditional.log_likelihood(vector, found.modes[:, None])[:, 0]
    known = there - 0.5 * found.modes**2 + np.log(found.spreads)
    np.testing.assert_allclose(found.by_force, known, rtol=1e-13)


def test_more_points_come_nearer():
    values = {}
    for points in (3, 5, 10, 20, 30, 100):
        marginal = likelihood("sets with a gap", "probit", points)
        values[points] = marginal.evaluate(some_vector(marginal), order=0).value
    errors = [abs(values[points] - values[100]) for points in (3, 5, 10, 20, 30)]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 1e-9


@pytest.mark.parametrize("points", [1, 10, 30])
@pytest.mark.parametrize("link", LINKS)
def test_a_force_of_any_size_does_not_overflow(link, points):
    frame = pd.DataFrame(
        {
            "severity": ["a", "b", "b|c", "d", "a", "c"],
            "force": ["A", "A", "A", "A", "B", "B"],
            "n": [120_000, 50_000, 20_000, 10_000, 3, 2],
        }
    )
    seen = observe_frame(
        frame, response="severity", ladder=LADDER, covariates=[], groups="force", weights="n"
    )
    nothing = Columns(np.zeros((2, 0)))
    design = Design(3, nothing, nothing, nothing, np.array([0, 1, 2]), True)
    marginal = MarginalLikelihood(ConditionalLikelihood(LINKS[link], design, seen), points)
    found = marginal.evaluate(np.array([-3.0, 0.5, 1.5, 0.3]), order=2)
    assert np.isfinite(found.value)
    assert found.value < -150_000
    assert np.all(np.isfinite(found.information))
    assert found.spreads[0] < 0.02


@pytest.mark.parametrize("points", [0, 9])
def test_thresholds_that_cross_have_no_likelihood(points):
    marginal = likelihood("exact rungs", "logit", points)
    vector = some_vector(marginal)
    vector[:2] = vector[1], vector[0]
    assert not np.isfinite(marginal.evaluate(vector, order=2).value)


@pytest.mark.parametrize("kind", [*KINDS, *TABLES])
def test_a_standard_deviation_of_nothing_is_the_fixed_model(kind):
    mixed, fixed = likelihood(kind, "logit", 9), likelihood(kind, "logit", 0)
    vector = some_vector(fixed)
    there = mixed.evaluate(np.append(vector, np.log(1e-6)), order=1)
    alone = fixed.evaluate(vector, order=1)
    assert there.value == pytest.approx(alone.value, rel=1e-11)
    np.testing.assert_allclose(there.gradient[:-1], alone.gradient, rtol=1e-6, atol=1e-8)
    assert there.gradient[-1] == pytest.approx(0, abs=1e-8)
