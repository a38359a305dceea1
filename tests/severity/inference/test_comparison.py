"""Fits against each other: R's tests, closed forms, and comparisons that mean nothing."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from foistats.errors import ModelError, UsageError
from foistats.severity.inference.comparison import likelihood_ratio
from foistats.severity.model import CumulativeLinkModel

KNOWN = Path(__file__).parents[1] / "known_answers"
TESTS = pd.read_csv(KNOWN / "tests.csv", keep_default_na=False)
LADDER = ("none", "advice", "warning", "final", "left")


@cache
def register():
    frame = pd.read_csv(KNOWN / "register.csv")
    for name, first in (("role", "officer"), ("breach", "")):
        levels = sorted(
            frame[name].unique(), key=lambda level, first=first: (level != first, level)
        )
        frame[name] = pd.Categorical(frame[name], levels)
    return frame


@cache
def fitted(formula="severity ~ role + year + breach", **settings):
    model = CumulativeLinkModel(formula, LADDER, quadrature_points=5, **settings)
    return model.fit(register(), weights="n")


@pytest.mark.parametrize("link", ["logit", "probit"])
@pytest.mark.parametrize("term", ["role", "year", "breach"])
@pytest.mark.parametrize("part", ["nominal", "scale"])
def test_likelihood_ratios_are_those_of_r(link, term, part):
    """Of `nominal_test` and `scale_test`, to what clm's numbers are printed with."""
    rows = TESTS[(TESTS["data"] == "register.csv") & (TESTS["term"] == term)]
    known = rows[rows["kind"] == f"{part}_test_{link}"].iloc[0]
    location = "severity ~ role + year + breach"
    if part == "nominal":
        location = "severity ~ " + " + ".join({"role", "year", "breach"} - {term})
    larger = fitted(location, link=link, **{part: term})
    row = likelihood_ratio(fitted(link=link), larger).iloc[0]
    assert row["statistic"] == pytest.approx(float(known["statistic"]), abs=1e-6)
    assert row["df"] == int(known["df"])
    assert row["p_value"] == pytest.approx(float(known["p_value"]), rel=1e-5)


def test_criteria_are_penalised_log_likelihoods():
    fit = fitted()
    assert fit.aic == pytest.approx(-2 * fit.log_likelihood + 2 * 9)
    cases = register()["n"].sum()
    assert fit.bic == pytest.approx(-2 * fit.log_likelihood + 9 * np.log(cases))


def test_a_random_intercept_of_many_groups_is_tested_by_the_mixture():
    smaller, larger = fitted(), fitted(groups="force")
    row = likelihood_ratio(smaller, larger).iloc[0]
    statistic = 2 * (larger.log_likelihood - smaller.log_likelihood)
    assert row["p_value"] == pytest.approx(stats.chi2.sf(statistic, 1) / 2)
    assert larger.no_force_variation()["p_value"].iloc[0] == pytest.approx(row["p_value"])


def test_other_terms_tested_beside_it_shift_the_mixture():
    smaller, larger = fitted("severity ~ role + year"), fitted(groups="force")
    row = likelihood_ratio(smaller, larger).iloc[0]
    statistic = 2 * (larger.log_likelihood - smaller.log_likelihood)
    known = (stats.chi2.sf(statistic, 2) + stats.chi2.sf(statistic, 3)) / 2
    assert row["p_value"] == pytest.approx(known)
    assert row["method"] == "half chi-squared with 2 df, half with 3 df"


@cache
def judges(groups):
    rows = [
        (rung, f"f{force}", int(n))
        for force, counts in enumerate([(9, 3, 1), (4, 5, 6), (7, 4, 3), (2, 6, 8), (5, 5, 5)])
        for rung, n in zip(("none", "advice", "left"), counts, strict=True)
    ]
    data = pd.DataFrame(rows, columns=["outcome", "force", "n"])
    model = CumulativeLinkModel(
        "outcome ~ 1", ("none", "advice", "left"), groups=groups, quadrature_points=3
    )
    return model.fit(data, weights="n")


def test_few_groups_are_tested_by_simulation():
    fit = judges("force")
    found = fit.no_force_variation(replications=49, seed=4)
    again = fit.no_force_variation(replications=49, seed=4)
    pd.testing.assert_frame_equal(found, again)
    row = found.iloc[0]
    assert row["statistic"] == pytest.approx(
        2 * (fit.log_likelihood - judges("").log_likelihood), abs=1e-6
    )
    large = row["p_value"] * 50 - 1
    assert large == pytest.approx(round(large))
    assert 0 <= large <= 10
    assert row["method"] == "parametric bootstrap"
    error = np.sqrt(row["p_value"] * (1 - row["p_value"]) / 49)
    assert row["monte_carlo_error"] == pytest.approx(error)


def test_no_variation_at_all_has_a_p_value_of_one():
    """At the boundary every simulated statistic is as large, from many groups on exactly."""
    alike = pd.DataFrame(
        [(rung, f"f{force}", 5) for force in range(24) for rung in ("none", "left")],
        columns=["outcome", "force", "n"],
    )
    model = CumulativeLinkModel("outcome ~ 1", ("none", "left"), groups="force")
    fit = model.fit(alike, weights="n")
    assert fit.at_boundary
    assert fit.no_force_variation()["p_value"].iloc[0] == 1.0


def test_few_groups_have_no_likelihood_ratio_against_none():
    with pytest.raises(UsageError, match=r"5 groups: the distribution .* is not known below 20"):
        likelihood_ratio(judges(""), judges("force"))


def test_a_single_wald_statistic_is_the_square_of_its_row():
    fit = fitted()
    row = fit.wald_test("year").iloc[0]
    known = fit.coefficients.set_index("term").loc["year"]
    assert row["statistic"] == pytest.approx(known["statistic"] ** 2)
    assert row["p_value"] == pytest.approx(known["p_value"])


def test_a_term_of_several_columns_is_tested_jointly_and_whatever_its_reference():
    fit = fitted()
    row = fit.wald_test("role").iloc[0]
    assert (row["term"], row["df"]) == ("role[T.special], role[T.staff]", 2)
    pd.testing.assert_frame_equal(
        fit.wald_test("role"), fit.wald_test(["role[T.staff]", "role[T.special]"])
    )
    turned = register().assign(
        role=lambda rows: rows["role"].cat.reorder_categories(["staff", "special", "officer"])
    )
    other = fit.model.fit(turned, weights="n").wald_test("role").iloc[0]
    assert other["statistic"] == pytest.approx(row["statistic"], rel=1e-6)


def test_nominal_and_scale_terms_have_joint_tests():
    fit = fitted("severity ~ year", nominal="breach", scale="role")
    assert fit.wald_test("breach")["df"].iloc[0] == 8
    assert fit.wald_test("scale:role")["df"].iloc[0] == 2
    with pytest.raises(UsageError, match="did you mean 'breach'"):
        fit.wald_test("breech")


@pytest.mark.parametrize(
    ("smaller", "larger", "message"),
    [
        (("severity ~ role",), ("severity ~ year + breach",), "the larger one lacks role"),
        (("severity ~ role + year",), ("severity ~ role",), "7 and 6 parameters"),
        (("severity ~ year",), ("severity ~ C(year)",), ""),
        (("severity ~ C(year)",), ("severity ~ year + role + breach:role",), "lacks|combination"),
    ],
)
def test_nesting_is_a_matter_of_columns(smaller, larger, message):
    small, large = fitted(*smaller), fitted(*larger)
    if message:
        with pytest.raises(UsageError, match=message):
            likelihood_ratio(small, large)
    else:
        assert likelihood_ratio(small, large)["df"].iloc[0] == register()["year"].nunique() - 2


def test_other_links_data_and_estimators_are_refused():
    fit = fitted("severity ~ role")
    with pytest.raises(UsageError, match="links logit and probit"):
        likelihood_ratio(fit, fitted(link="probit"))
    fewer = fit.model.fit(register().iloc[3:], weights="n")
    with pytest.raises(UsageError, match="different data: rows"):
        likelihood_ratio(fewer, fitted())
    penalised = fitted(estimator="penalised")
    for ask in (lambda: likelihood_ratio(fit, penalised), lambda: penalised.aic):
        with pytest.raises(UsageError, match="the estimator is 'penalised'"):
            ask()
    coarser = fitted(groups="force")
    points = replace(coarser.model, quadrature_points=1)
    with pytest.raises(UsageError, match="quadrature points 1 and 5"):
        likelihood_ratio(replace(points, formula="severity ~ role").fit(register(), "n"), coarser)


def test_a_larger_fit_with_the_lower_likelihood_is_an_error():
    larger = fitted()
    low = replace(larger, solution=replace(larger.solution, log_likelihood=-2000.0))
    with pytest.raises(ModelError, match="the smaller fit has the higher log-likelihood"):
        likelihood_ratio(fitted("severity ~ role"), low)


def test_a_fit_without_groups_has_no_variation_to_test():
    with pytest.raises(UsageError, match="no random intercept"):
        fitted().no_force_variation()
