"""Probabilities, their errors, averages and differences, and the modes of the groups."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

from foistats.errors import DataError, UsageError
from foistats.severity.engine.links import LINKS
from foistats.severity.model import CumulativeLinkModel
from foistats.severity.predictions import contrasts, marginal_effects, rung_probabilities

LADDER = ("none", "advice", "left")


def frame(n=150, seed=6):
    rng = np.random.default_rng(seed)
    made = pd.DataFrame(
        {
            "role": rng.choice(["officer", "pcso", "staff"], n),
            "x": rng.normal(size=n).round(1),
            "force": rng.choice(list("abcde"), n),
        }
    )
    latent = rng.logistic(size=n) + 0.8 * (made["role"] == "staff") + 0.5 * made["x"]
    latent += made["force"].map(dict(zip("abcde", (-1.5, -0.6, 0.2, 0.9, 1.6), strict=True)))
    return made.assign(severity=np.array(LADDER)[np.digitize(latent, [-0.2, 1.1])])


@cache
def made_with(link):
    model = CumulativeLinkModel("severity ~ role + x", LADDER, groups="force", link=link)
    return model.fit(frame())


@pytest.fixture(params=LINKS)
def fit(request):
    return made_with(request.param)


@pytest.fixture(scope="module")
def everything():
    model = CumulativeLinkModel(
        "severity ~ role", LADDER, groups="force", nominal="x", scale="x", quadrature_points=15
    )
    return model.fit(frame())


def shares(fit, points, at="integrated"):
    return np.asarray(rung_probabilities(fit, points, at).values)


POINTS = pd.DataFrame({"role": ["staff", "officer", "pcso"], "x": [0.3, -1.0, 2.0]})


def test_integrated_probabilities_equal_adaptive_integration(fit):
    cdf, sd = LINKS[fit.model.link].cdf, fit.random_intercept_sd
    theta = fit.thresholds["estimate"].to_numpy()
    beta = fit.coefficients.set_index("term")["estimate"]
    shift = beta["role[T.staff]"] + 0.3 * beta["x"]
    known = [
        integrate.quad(
            lambda u, edge=edge: float(cdf(edge - shift - u)) * stats.norm.pdf(u, scale=sd),
            -9 * sd,
            9 * sd,
            epsabs=1e-13,
        )[0]
        for edge in theta
    ]
    found = shares(fit, POINTS)
    np.testing.assert_allclose(np.cumsum(found[0])[:-1], known, atol=1e-10)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-12)
    at_zero = shares(fit, POINTS, "zero")
    np.testing.assert_allclose(np.cumsum(at_zero[0])[:-1], cdf(theta - shift), rtol=1e-12)


def test_under_the_probit_the_integral_has_a_closed_form():
    fit = made_with("probit")
    spread = np.sqrt(1 + fit.random_intercept_sd**2)
    points = pd.DataFrame({"role": ["officer"], "x": [0.0]})
    found = shares(fit, points)[0]
    known = stats.norm.cdf(fit.thresholds["estimate"] / spread)
    np.testing.assert_allclose(np.cumsum(found)[:-1], known, atol=1e-13)


@pytest.mark.parametrize("at", ["integrated", "zero", "b"])
@pytest.mark.parametrize("link", [*LINKS, "nominal and scale"])
def test_jacobians_are_derivatives(link, at, everything):
    """A group's mode is taken as known: it does not move with the parameters."""
    fit = everything if link not in LINKS else made_with(link)
    found = rung_probabilities(fit, POINTS, at)
    for place, unit in enumerate(1e-6 * np.eye(fit.design.size)):
        ends = []
        for sign in (1, -1):
            vector = fit.solution.vector + sign * unit
            moved = replace(fit, solution=replace(fit.solution, vector=vector))
            ends.append(shares(moved, POINTS, at))
        difference = (ends[0] - ends[1]) / 2e-6
        np.testing.assert_allclose(found.jacobian[:, :, place], difference, atol=2e-8)


def test_errors_are_of_the_delta_method_and_intervals_of_the_logit(everything):
    table = everything.probabilities(POINTS)
    found = rung_probabilities(everything, POINTS)
    jacobian = found.jacobian.reshape(9, -1)
    errors = np.sqrt(np.diag(jacobian @ everything.parameter_covariance @ jacobian.T))
    np.testing.assert_allclose(table["std_error"], errors, rtol=1e-9)
    p = table["estimate"]
    reach = stats.t.ppf(0.975, 4) * errors / (p * (1 - p))
    for column, sign in (("conf_low", -1), ("conf_high", 1)):
        known = 1 / (1 + np.exp(-(np.log(p / (1 - p)) + sign * reach)))
        np.testing.assert_allclose(table[column], known, rtol=1e-9)
    assert table["rung"].tolist() == list(LADDER) * 3
    assert table["term"].iloc[0] == "staff, 0.3, none"
    assert set(table["at"]) == {"integrated"}


def test_the_default_points_are_those_of_the_data(fit):
    distinct = frame()[["role", "x"]].drop_duplicates()
    assert len(fit.probabilities()) == 3 * len(distinct)


def test_predicted_shares_mix_the_levels():
    model = CumulativeLinkModel("severity ~ role", LADDER, groups="force")
    fit = model.fit(frame())
    weights = {"officer": 6, "staff": 3, "pcso": 1}
    predicted = fit.predicted_shares(weights)
    table = fit.probabilities().pivot_table(index="rung", columns="role", values="estimate")
    mixed = (0.6 * table["officer"] + 0.3 * table["staff"] + 0.1 * table["pcso"]).loc[list(LADDER)]
    np.testing.assert_allclose(predicted["estimate"], mixed, rtol=1e-12)
    assert predicted["term"].tolist() == list(LADDER)


def test_marginal_effects_are_averages_of_differences(everything):
    effects = marginal_effects(everything, "role").set_index(["contrast", "rung"])
    rows = frame()
    points = {
        level: shares(everything, rows.assign(role=level)).mean(axis=0)
        for level in ("officer", "staff")
    }
    known = points["staff"] - points["officer"]
    found = effects.loc["staff - officer", "estimate"].loc[list(LADDER)]
    np.testing.assert_allclose(found, known, atol=1e-12)
    assert effects.loc["pcso - officer", "estimate"].sum() == pytest.approx(0, abs=1e-12)
    every = contrasts(everything, "role")
    assert every["contrast"].unique().tolist() == [
        "pcso - officer",
        "staff - officer",
        "staff - pcso",
    ]


def test_the_marginal_effect_of_a_number_is_the_mean_derivative(fit):
    effects = marginal_effects(fit, "x").set_index("rung")
    rows, step = frame(), 1e-5
    ends = [shares(fit, rows.assign(x=rows["x"] + sign * step)).mean(axis=0) for sign in (1, -1)]
    known = (ends[0] - ends[1]) / (2 * step)
    np.testing.assert_allclose(effects.loc[list(LADDER), "estimate"], known, atol=1e-6)
    assert set(effects["contrast"]) == {"derivative"}


def test_conditional_modes_have_one_row_per_group(fit):
    table = fit.conditional_modes()
    assert table["force"].tolist() == list("abcde")
    assert table["cases"].sum() == 150
    assert (table["std_dev"] < fit.random_intercept_sd).all()
    reach = stats.norm.ppf(0.975) * table["std_dev"]
    np.testing.assert_allclose(table["conf_high"], table["estimate"] + reach)
    plain = CumulativeLinkModel("severity ~ 1", LADDER).fit(frame()).conditional_modes()
    assert plain["estimate"].eq(0).all()
    assert set(plain["note"]) == {"fitted without a random intercept"}


def test_what_cannot_be_predicted_is_named(fit):
    with pytest.raises(UsageError, match=r"at='mean'.* \(allowed: integrated, zero, a, b, c"):
        fit.probabilities(at="mean")
    with pytest.raises(
        DataError, match=r"row 0, column 'role': found 'pco' .allowed: officer, pcs"
    ):
        fit.probabilities(POINTS.assign(role="pco"))
    with pytest.raises(UsageError, match="new data: no column 'x'"):
        fit.probabilities(POINTS[["role"]])
    with pytest.raises(UsageError, match="no covariate 'rol'; did you mean 'role'"):
        marginal_effects(fit, "rol")
    with pytest.raises(UsageError, match="'x' is a number: contrasts are between levels"):
        contrasts(fit, "x")
    with pytest.raises(UsageError, match="'role' has no level 'pco'; did you mean 'pcso'"):
        contrasts(fit, "role", [("pco", "staff")])
