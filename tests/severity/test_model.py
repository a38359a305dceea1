"""The question, its answer's tables, and wrong questions."""

from dataclasses import FrozenInstanceError

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from foistats.errors import DataError, UsageError
from foistats.severity.engine.links import LINKS
from foistats.severity.inference.intervals import TIDY
from foistats.severity.model import CumulativeLinkModel

LADDER = ("none", "advice", "left")


def frame(n=160, seed=2):
    rng = np.random.default_rng(seed)
    made = pd.DataFrame(
        {
            "role": rng.choice(["officer", "staff"], n),
            "year": rng.integers(2012, 2016, n),
            "force": rng.choice(list("abcdef"), n),
        }
    )
    latent = rng.logistic(size=n) + 0.8 * (made["role"] == "staff")
    latent += made["force"].map(dict(zip("abcdef", (-1.5, -0.8, 0, 0.3, 1, 1.6), strict=True)))
    return made.assign(severity=np.array(LADDER)[np.digitize(latent, [-0.2, 1.1])])


@pytest.fixture(scope="module")
def fit():
    return CumulativeLinkModel("severity ~ role + year", LADDER, groups="force").fit(frame())


# ---- the answer ------------------------------------------------------------------------------


def test_tables_are_tidy_and_named(fit):
    for table in (fit.coefficients, fit.thresholds):
        assert table.columns.tolist() == TIDY
    assert fit.coefficients["term"].tolist() == ["role[T.staff]", "year"]
    assert fit.thresholds["term"].tolist() == ["none|advice", "advice|left"]
    assert fit.nominal_coefficients.empty
    assert fit.scale_coefficients.empty
    assert fit.converged
    assert not fit.at_boundary
    assert fit.random_intercept_sd > 0
    assert (fit.n_cases, fit.n_forces, fit.n_parameters) == (160, 6, 5)


def test_coefficients_have_normal_and_thresholds_t_intervals(fit):
    for table, factor in (
        (fit.coefficients, stats.norm.ppf(0.975)),
        (fit.thresholds, stats.t.ppf(0.975, 5)),
    ):
        reach = (table["conf_high"] - table["conf_low"]) / 2
        np.testing.assert_allclose(reach / table["std_error"], factor, rtol=1e-12)
        np.testing.assert_allclose(table["statistic"], table["estimate"] / table["std_error"])
    p = 2 * stats.norm.sf(np.abs(fit.coefficients["statistic"]))
    np.testing.assert_allclose(fit.coefficients["p_value"], p, rtol=1e-12)


def test_the_level_is_that_of_the_model():
    wide = CumulativeLinkModel("severity ~ role", LADDER, level=0.5).fit(frame()).coefficients
    reach = (wide["conf_high"] - wide["conf_low"]) / 2
    np.testing.assert_allclose(reach / wide["std_error"], stats.norm.ppf(0.75), rtol=1e-12)


def test_the_covariance_carries_the_standard_errors(fit):
    covariance = fit.covariance
    terms = [*fit.thresholds["term"], *fit.coefficients["term"]]
    assert covariance.index.tolist() == covariance.columns.tolist() == terms
    errors = [*fit.thresholds["std_error"], *fit.coefficients["std_error"]]
    np.testing.assert_allclose(np.sqrt(np.diag(covariance)), errors, rtol=1e-12)
    assert np.linalg.eigvalsh(covariance)[0] > 0


def test_nominal_and_scale_effects_are_named_by_threshold_and_part():
    model = CumulativeLinkModel("severity ~ 1", LADDER, nominal="~ role", scale="~ year")
    found = model.fit(frame().assign(year=lambda f: f["year"] - 2013))
    assert found.nominal_coefficients["term"].tolist() == [
        "none|advice:role[T.staff]",
        "advice|left:role[T.staff]",
    ]
    assert found.scale_coefficients["term"].tolist() == ["scale:year"]
    assert found.nominal_coefficients["estimate"].gt(0).all()
    assert model.covariates == ("role", "year")


@pytest.mark.parametrize("link", LINKS)
def test_positive_is_more_severe(link):
    counts = {"officer": (9, 4, 2), "staff": (3, 4, 8)}
    rows = [
        (r, k, n) for r, several in counts.items() for k, n in zip(LADDER, several, strict=True)
    ]
    made = pd.DataFrame(rows, columns=["role", "severity", "n"])
    for formulas in (("role", ""), ("1", "role")):
        model = CumulativeLinkModel(
            f"severity ~ {formulas[0]}", LADDER, link=link, nominal=formulas[1]
        )
        found = model.fit(made, weights="n")
        assert pd.concat([found.coefficients, found.nominal_coefficients])["estimate"].gt(0).all()


def test_odds_ratios_are_exponentials_and_only_for_the_logit(fit):
    ratios, table = fit.odds_ratios(), fit.coefficients
    columns = ["estimate", "conf_low", "conf_high"]
    np.testing.assert_allclose(ratios[columns], np.exp(table[columns]), rtol=1e-14)
    pd.testing.assert_series_equal(ratios["p_value"], table["p_value"])
    probit = CumulativeLinkModel("severity ~ role", LADDER, link="probit").fit(frame())
    with pytest.raises(UsageError, match="the link is 'probit': its coefficients are not log odds"):
        probit.odds_ratios()
    scaled = CumulativeLinkModel("severity ~ role", LADDER, scale="role").fit(frame())
    with pytest.raises(UsageError, match="with scale terms"):
        scaled.odds_ratios()


def test_the_log_odds_ratio_of_a_two_by_two_table_has_woolfs_standard_error():
    table = pd.DataFrame(
        {
            "severity": ["none", "left"] * 2,
            "role": ["officer", "officer", "staff", "staff"],
            "n": [8, 2, 5, 6],
        }
    )
    found = CumulativeLinkModel("severity ~ role", ("none", "left")).fit(table, weights="n")
    row = found.coefficients.iloc[0]
    assert row["estimate"] == pytest.approx(np.log(8 * 6 / (2 * 5)), rel=1e-8)
    assert row["std_error"] == pytest.approx(np.sqrt(1 / 8 + 1 / 2 + 1 / 5 + 1 / 6), rel=1e-7)
    high = np.log(4) + stats.norm.ppf(0.975) * np.sqrt(1 / 8 + 1 / 2)
    assert found.thresholds["conf_high"].iloc[0] == pytest.approx(high, rel=1e-7)


def test_nominal_effects_of_a_factor_are_one_logit_at_a_time():
    """Each threshold by itself: the log odds ratio of the table cut there."""
    found = CumulativeLinkModel("severity ~ 1", LADDER, nominal="role").fit(frame())
    table = pd.crosstab(frame()["role"], frame()["severity"])[list(LADDER)].to_numpy()
    for cut, row in enumerate(found.nominal_coefficients.itertuples()):
        below, above = table[:, : cut + 1].sum(axis=1), table[:, cut + 1 :].sum(axis=1)
        assert row.estimate == pytest.approx(np.log(above[1] * below[0] / (above[0] * below[1])))
        error = np.sqrt((1 / below + 1 / above).sum())
        assert row.std_error == pytest.approx(error, rel=1e-6)


def test_the_small_table_a_reader_wants(fit):
    text = repr(fit)
    assert text.startswith("Cumulative logit model: 160 cases, 6 groups; log-likelihood -")
    assert f"random intercept sd: {fit.random_intercept_sd:.3g}" in text
    page = fit._repr_html_()
    assert page.count("<tr") == 1 + 4
    assert "advice|left" in page
    plain = CumulativeLinkModel("severity ~ 1", LADDER).fit(frame())
    assert "random intercept sd: none fitted" in repr(plain)


def test_hostile_names_are_escaped_in_html():
    made = frame().assign(role=lambda f: f["role"].replace({"staff": "<script>"}))
    page = CumulativeLinkModel("severity ~ role", LADDER).fit(made)._repr_html_()
    assert "<script>" not in page


def test_nothing_changes_after_construction(fit):
    table = fit.coefficients
    table["estimate"] = 0.0
    assert fit.coefficients["estimate"].iloc[0] != 0.0
    with pytest.raises(FrozenInstanceError):
        fit.model.link = "probit"
    given = frame()
    before = given.copy()
    CumulativeLinkModel("severity ~ role", LADDER, groups="force").fit(given)
    pd.testing.assert_frame_equal(given, before)


def test_an_ordered_categorical_needs_no_ladder():
    made = frame()
    ordered = made.assign(severity=pd.Categorical(made["severity"], LADDER, ordered=True))
    one = CumulativeLinkModel("severity ~ role").fit(ordered)
    other = CumulativeLinkModel("severity ~ role", LADDER).fit(made)
    np.testing.assert_array_equal(one.solution.vector, other.solution.vector)


def test_rungs_of_the_ladder_may_be_numbers():
    made = frame().assign(
        severity=lambda f: f["severity"].map(dict(zip(LADDER, range(3), strict=True)))
    )
    found = CumulativeLinkModel("severity ~ role", [0, 1, 2]).fit(made)
    assert found.thresholds["term"].tolist() == ["0|1", "1|2"]
    with pytest.raises(DataError, match=r"row 0, column 'severity': found '9' \(allowed: 0, 1, 2"):
        CumulativeLinkModel("severity ~ role", [0, 1, 2]).fit(made.assign(severity=9))


# ---- wrong questions -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"ladder": ("left",)}, "a ladder of 1 rungs"),
        ({"ladder": ("none", "left", "none")}, "a rung occurs twice in none, left, none"),
        ({"ladder": ("none", 1, "1")}, "a rung occurs twice in none, 1, 1"),
        ({"ladder": ("none|advice", "left")}, r"rung 'none\|advice' contains '\|', which joins"),
        ({"link": "probot"}, "unknown link 'probot'; did you mean 'probit'"),
        ({"quadrature_points": 0}, "quadrature_points is 0; a whole number from 1 to 100"),
        ({"quadrature_points": 2.5}, "quadrature_points is 2.5"),
        ({"quadrature_points": 10.0}, "quadrature_points is 10.0"),
        ({"quadrature_points": 101}, "quadrature_points is 101"),
        ({"quadrature_points": np.nan}, "quadrature_points is nan"),
        ({"quadrature_points": None}, "quadrature_points is None"),
        ({"level": 95}, "level is 95; it must lie between 0 and 1"),
        ({"level": np.nan}, "level is nan"),
        ({"estimator": "ml"}, "estimator 'ml' .*allowed: maximum_likelihood, bias_reduced, penal"),
        ({"prior_cases": 0}, "prior_cases is 0; it must be positive"),
        ({"estimator": "bias_reduced", "groups": "force"}, "bias reduction is for fixed effects"),
        ({"formula": "severity"}, "write it as 'response ~ term"),
        ({"formula": "severity ~ I(x)"}, r"found '\('"),
        ({"nominal": "np.log(x)"}, r"formula 'np.log\(x\)': found '.'"),
        ({"scale": "x - 1"}, "found '-'"),
    ],
)
def test_wrong_settings_are_refused(wrong, message):
    with pytest.raises(UsageError, match=message):
        CumulativeLinkModel(**({"formula": "severity ~ role", "ladder": LADDER} | wrong))


def test_formulas_that_name_no_column():
    with pytest.raises(UsageError, match="no column 'rol'; did you mean 'role'"):
        CumulativeLinkModel("severity ~ rol", LADDER).fit(frame())
    with pytest.raises(UsageError, match="no column 'yaer'; did you mean 'year'"):
        CumulativeLinkModel("severity ~ role", LADDER, nominal="yaer").fit(frame())
    spaced = frame().rename(columns={"year": "my year"})
    with pytest.raises(UsageError, match="the formula: no column 'my'"):
        CumulativeLinkModel("severity ~ my", LADDER).fit(spaced)


def test_a_formula_that_names_ten_thousand_characters():
    with pytest.raises(UsageError, match="no column 'xxx"):
        CumulativeLinkModel("severity ~ " + "x" * 10_000, LADDER).fit(frame())
