"""The log-F prior: its identities, and estimates that are finite."""

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, special

from foistats.errors import UsageError
from foistats.severity.engine.links import LINKS
from foistats.severity.engine.penalties import LogFPrior
from foistats.severity.model import CumulativeLinkModel

LADDER = ("none", "advice", "left")
BINARY = pd.DataFrame(
    {
        "severity": ["none", "left"] * 2,
        "role": ["officer", "officer", "staff", "staff"],
        "n": [8.0, 2.0, 3.0, 6.0],
    }
)


def fit(frame, formula="severity ~ role", ladder=LADDER, weights="", m=1.0, **settings):
    model = CumulativeLinkModel(formula, ladder, estimator="penalised", prior_cases=m, **settings)
    return model.fit(frame, weights=weights)


@pytest.mark.parametrize("m", [0.5, 1.0, 4.0])
def test_the_density_is_that_of_log_f(m):
    """``exp(b m / 2) / (1 + exp(b))^m``, zero at its peak; slopes are its derivatives."""
    prior, b = LogFPrior(m), np.linspace(-30, 30, 61)
    known = m * b / 2 - m * np.logaddexp(0, b) + m * np.log(2)
    np.testing.assert_allclose(prior.log_density(b), known, atol=1e-12)
    assert prior.log_density(np.zeros(1))[0] == 0
    step = 1e-5
    difference = (prior.log_density(b + step) - prior.log_density(b - step)) / (2 * step)
    np.testing.assert_allclose(prior.slope(b), difference, atol=1e-8)
    difference = (prior.slope(b + step) - prior.slope(b - step)) / (2 * step)
    np.testing.assert_allclose(prior.curvature(b), difference, atol=1e-8)


@pytest.mark.parametrize("m", [1.0, 2.0, 5.0])
def test_it_is_m_cases_whose_odds_are_the_coefficient(m):
    """The identity of Greenland and Mansournia: records with no constant, split evenly.

    Logistic regression by hand on a column for the constant and one for the role, with ``m / 2``
    cases on each side at (constant 0, role 1).
    """
    n, severe = np.array([8.0, 2, 3, 6, m / 2, m / 2]), np.array([0, 1, 0, 1, 0, 1])
    columns = np.array([[1, 0], [1, 0], [1, 1], [1, 1], [0, 1], [0, 1]])

    def gradient(beta):
        return columns.T @ (n * (severe - special.expit(columns @ beta)))

    def hessian(beta):
        p = special.expit(columns @ beta)
        return -(columns.T * (n * p * (1 - p))) @ columns

    known = optimize.root(gradient, np.zeros(2), jac=hessian, tol=1e-12).x
    found = fit(BINARY, ladder=("none", "left"), weights="n", m=m)
    assert found.thresholds.loc[0, "estimate"] == pytest.approx(-known[0], abs=1e-7)
    assert found.coefficients.loc[0, "estimate"] == pytest.approx(known[1], abs=1e-7)
    errors = np.sqrt(np.diag(np.linalg.inv(-hessian(known))))
    assert found.coefficients.loc[0, "std_error"] == pytest.approx(errors[1], rel=1e-6)


@pytest.mark.parametrize("groups", ["", "force"])
@pytest.mark.parametrize("link", LINKS)
def test_estimates_are_finite_where_the_data_are_separated(link, groups):
    frame = pd.DataFrame(
        {
            "severity": ["none"] * 4 + ["advice"] * 3 + ["left"] * 5,
            "x": np.arange(12.0),
            "force": ["a", "b", "c"] * 4,
        }
    )
    found = fit(frame, "severity ~ x", link=link, groups=groups)
    assert 0 < found.coefficients.loc[0, "estimate"] < 40
    assert np.isfinite(found.coefficients.loc[0, "std_error"])


def test_a_heavier_prior_pulls_further_and_a_light_one_not_at_all():
    estimates = [
        fit(BINARY, ladder=("none", "left"), weights="n", m=m).coefficients.loc[0, "estimate"]
        for m in (1e-6, 1.0, 10.0, 1000.0)
    ]
    likely = CumulativeLinkModel("severity ~ role", ("none", "left")).fit(BINARY, weights="n")
    assert estimates[0] == pytest.approx(likely.coefficients.loc[0, "estimate"], abs=1e-5)
    assert estimates == sorted(estimates, reverse=True)
    assert 0 < estimates[-1] < 0.05


def test_the_log_likelihood_includes_the_penalty():
    found = fit(BINARY, ladder=("none", "left"), weights="n", m=2.0)
    beta = found.coefficients["estimate"].to_numpy()
    plain = found.problem.marginal.evaluate(found.solution.vector, order=0).value
    penalty = LogFPrior(2.0).log_density(beta).sum()
    assert found.log_likelihood == pytest.approx(plain + penalty, rel=1e-13)


def test_nominal_and_scale_effects_are_pulled_and_thresholds_are_not():
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {"severity": rng.choice(LADDER, 60), "x": rng.normal(size=60), "w": rng.normal(size=60)}
    )
    found = fit(frame, "severity ~ 1", nominal="x", scale="w", m=1e6)
    coefficients = [*found.nominal_coefficients["estimate"], *found.scale_coefficients["estimate"]]
    np.testing.assert_allclose(coefficients, 0, atol=1e-3)
    counts = frame["severity"].value_counts().loc[list(LADDER)].to_numpy()
    shares = counts.cumsum()[:-1] / 60
    np.testing.assert_allclose(found.thresholds["estimate"], special.logit(shares), atol=1e-3)


def test_gradient_and_information_include_the_penalty():
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"severity": rng.choice(LADDER, 60), "x": rng.normal(size=60)})
    objective = fit(frame, "severity ~ x", nominal="", scale="x").problem.objective
    vector = np.array([-0.5, 0.6, 0.8, 0.3])
    found = objective.evaluate(vector, order=2)
    for place, unit in enumerate(1e-5 * np.eye(4)):
        ends = [objective.evaluate(vector + sign * unit, order=1) for sign in (1, -1)]
        slope = (ends[0].value - ends[1].value) / 2e-5
        assert found.gradient[place] == pytest.approx(slope, abs=1e-6)
        curved = (ends[1].gradient - ends[0].gradient) / 2e-5
        np.testing.assert_allclose(found.information[place], curved, atol=1e-5)


@pytest.mark.parametrize("m", [0, -1.0, np.nan])
def test_a_prior_without_cases_is_refused(m):
    with pytest.raises(UsageError, match=r"prior_cases is .*; it must be positive"):
        fit(BINARY, m=m)
