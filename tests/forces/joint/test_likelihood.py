"""Outcomes and counts together: brute force over both intercepts, closed forms, derivatives."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from foistats.errors import ConvergenceError
from foistats.forces.comparable import comparable_counts
from foistats.forces.effects.atoms import atoms_of
from foistats.forces.effects.fit import force_effects
from foistats.forces.effects.likelihood import Likelihood
from foistats.forces.effects.log_normal import LogNormalMixing
from foistats.forces.joint.answer import correlation_profile
from foistats.forces.joint.likelihood import JointLikelihood
from foistats.forces.joint.volume import EDGE, Volume
from foistats.severity.engine.fitting import maximise_over
from foistats.severity.model import CumulativeLinkModel

LADDER = ("none", "advice", "left")
OUTCOMES = pd.DataFrame(
    [
        ("none", "A", 3),
        ("advice", "A", 1),
        ("left", "A", 4),
        ("none", "B", 6),
        ("advice|left", "B", 2),
        ("left", "C", 5),
        ("none", "D", 30),
        ("advice", "D", 12),
        ("left", "D", 3),
    ],
    columns=["outcome", "force", "n"],
)
COUNTS = pd.DataFrame(
    [("B", 8, 8, 4.0), ("A", 8, 8, 9.0), ("D", 20, 60, 35.0), ("E", 2, 5, 6.0), ("F", 0, 0, 3.0)],
    columns=["force", "n_low", "n_high", "expected"],
).assign(unit="case")
SETTINGS = [
    (0.2, 1.3, 0.7, 0.8, 0.6, 0.5),
    (-0.4, 0.9, 1.5, 1.3, -0.3, -0.9),
    (0.0, 0.5, 0.3, 0.2, 0.0, 0.0),
]
"""Two thresholds, sigma, tau, a, rho."""


@pytest.fixture(scope="module")
def joint():
    model = CumulativeLinkModel("outcome ~ 1", LADDER, groups="force")
    observations = model.observe(OUTCOMES, weights="n")
    conditional = model.problem(observations)[1].marginal.conditional
    names, table = observations.forces, COUNTS.set_index("force")
    return JointLikelihood(
        conditional, _volume(table.reindex(names)), _volume(table.loc[["E", "F"]])
    )


def _volume(table):
    counts = comparable_counts(table.reset_index().assign(unit="case"))
    return Volume(atoms_of(counts), LogNormalMixing(21))


def vector_of(low, high, sigma, tau, a, rho):
    return np.array([low, high, np.log(sigma), a, np.log(tau), np.arctanh(rho)])


def by_brute_force(low, high, sigma, tau, a, rho):
    """Add up the definition over a fine grid of both intercepts."""
    line = np.linspace(-8.5, 8.5, 601)
    z, w = np.meshgrid(line, line, indexing="ij")
    u, v = sigma * z, tau * (rho * z + np.sqrt(1 - rho**2) * w)
    weight = stats.norm.pdf(z) * stats.norm.pdf(w) * (line[1] - line[0]) ** 2
    below = [stats.logistic.cdf(edge - u) for edge in (low, high)]
    chances = dict(zip(LADDER, (below[0], below[1] - below[0], 1 - below[1]), strict=True))
    total = 0.0
    for force in "ABCDEF":
        likelihood = weight.copy()
        for row in OUTCOMES[OUTCOMES["force"] == force].itertuples():
            likelihood *= sum(chances[rung] for rung in row.outcome.split("|")) ** row.n
        for row in COUNTS[COUNTS["force"] == force].itertuples():
            rate = row.expected * np.exp(a + v)
            likelihood *= stats.poisson.cdf(row.n_high, rate) - stats.poisson.cdf(
                row.n_low - 1, rate
            )
        total += np.log(likelihood.sum())
    return total


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_it_is_the_double_integral_of_the_definition(setting, joint):
    wanted = by_brute_force(*setting)
    found = joint.evaluate(vector_of(*setting), order=0).value
    assert found == pytest.approx(wanted, rel=1e-8)
    assert joint.evaluate(vector_of(*setting), order=2).value == pytest.approx(found, rel=1e-13)


def test_more_nodes_change_nothing(joint):
    for setting in SETTINGS:
        vector = vector_of(*setting)
        finer = joint.finer().evaluate(vector, order=0).value
        assert joint.evaluate(vector, order=0).value == pytest.approx(finer, abs=2e-7)


def test_derivatives_are_those_of_differences(joint):
    vector, step = vector_of(*SETTINGS[0]), 1e-5
    found = joint.evaluate(vector, order=2)
    for place, move in enumerate(step * np.eye(len(vector))):
        after, before = (joint.evaluate(vector + way * move, order=2) for way in (1, -1))
        slope = (after.value - before.value) / (2 * step)
        assert found.gradient[place] == pytest.approx(slope, abs=1e-6)
        curvature = (after.gradient - before.gradient) / (2 * step)
        np.testing.assert_allclose(-found.information[place], curvature, atol=1e-5)


def test_without_correlation_it_is_the_sum_of_the_two_likelihoods(joint):
    low, high, sigma, tau, a, _ = SETTINGS[0]
    vector = vector_of(low, high, sigma, tau, a, 0.0)
    model = CumulativeLinkModel("outcome ~ 1", LADDER, groups="force", quadrature_points=60)
    marginal = model.problem(model.observe(OUTCOMES, weights="n"))[1].marginal
    severity = marginal.evaluate(vector[:3], order=0).value
    atoms = atoms_of(comparable_counts(COUNTS))
    counts = Likelihood(LogNormalMixing(21), atoms).at(a + tau**2 / 2, tau).value
    assert joint.evaluate(vector, order=0).value == pytest.approx(severity + counts, rel=1e-10)


@pytest.mark.parametrize("bend", [-EDGE, 0.4, EDGE])
def test_without_spread_of_severity_the_correlation_says_nothing(bend, fitted, counted):
    fit, effects = fitted(), force_effects(counted(), mixing="log-normal")
    without = maximise_over(fit.problem.without_random_intercept())[0]
    joint = correlation_profile(fit, effects).likelihood
    at = effects.maximum
    link = [at.log_mean - at.spread**2 / 2, np.log(at.spread), bend]
    found = joint.evaluate(np.array([*without.vector, np.log(1e-6), *link]), order=0).value
    assert found == pytest.approx(without.value + effects.log_likelihood, abs=1e-4)


def test_crossed_thresholds_are_impossible(joint):
    vector = vector_of(1.0, -1.0, *SETTINGS[0][2:])
    assert joint.evaluate(vector, order=2).value == -np.inf


def test_a_mode_that_is_not_found_raises(joint, monkeypatch):
    monkeypatch.setattr("foistats.forces.joint.likelihood._SETTLED", -1.0)
    with pytest.raises(ConvergenceError, match="the mode of a force's random intercept"):
        joint.evaluate(vector_of(*SETTINGS[0]), order=0)
