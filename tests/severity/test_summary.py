"""The page: a statsmodels summary with the fit's own numbers, and no clock in it."""

from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from statsmodels.iolib.summary import Summary

from foistats.severity.model import CumulativeLinkModel

KNOWN = Path(__file__).parent / "known_answers"


@cache
def fitted(formula="rating ~ temp + contact", **settings):
    frame = pd.read_csv(KNOWN / "wine.csv")
    frame["rating"] = frame["rating"].astype(str)
    model = CumulativeLinkModel(formula, tuple("12345"), **settings)
    return model.fit(frame)


PAGE = """\
================================================================================
Dep. Variable:                    rating  No. Cases:                          72
Model:                   cumulative link  No. Cells:                          15
Link:                              logit  No. Parameters:                      6
Method:               maximum likelihood  Log-Likelihood:               -86.4919
Groups:                             none  AIC:                           184.984
Quadrature points:                  none  BIC:                           198.644
Random intercept sd:                none  No. Rungs:                           5
================================================================================
                               coef  std err        z  P>|z|    [0.025    0.975]
--------------------------------------------------------------------------------
"""


def test_the_page_is_the_known_one():
    """The estimates are those of ordinal's vignette: temp 2.503 (0.529), contact 1.528 (0.477)."""
    text = fitted().summary().as_text()
    title, page = text.split("\n", 1)
    assert title == "Cumulative Link Model Results".center(80)
    assert page.startswith(PAGE)
    assert max(map(len, text.splitlines())) == 80
    (row,) = [line for line in text.splitlines() if line.startswith("temp[T.warm]")]
    assert row.split()[1:3] == ["2.5031", "0.529"]


def test_every_parameter_has_a_line_effects_before_thresholds():
    fit = fitted("rating ~ temp", groups="judge", nominal="contact", scale="temp")
    lines = fit.summary().as_text().splitlines()
    found = [line.split()[0] for line in lines if line and line.split()[0] in fit.covariance]
    effects = list(fit.covariance)[fit.design.cuts :]
    thresholds = list(fit.covariance)[: fit.design.cuts]
    order = sorted(effects, key=lambda name: ("|" in name) + 2 * name.startswith("scale:"))
    assert found == order + thresholds


def test_it_is_a_summary_of_statsmodels_and_always_the_same():
    page = fitted().summary()
    assert isinstance(page, Summary)
    assert page.as_html() == fitted().summary().as_html()
    for word in ("Date", "Time"):
        assert word not in page.as_text()


def test_numbers_are_those_of_the_tables():
    fit = fitted(groups="judge")
    text = fit.summary().as_text()
    for row in pd.concat([fit.coefficients, fit.thresholds]).itertuples():
        (line,) = [line for line in text.splitlines() if line.startswith(f"{row.term} ")]
        assert line.split()[1:] == [
            f"{row.estimate:.4f}",
            *(f"{value:.3f}" for value in (row.std_error, row.statistic, row.p_value)),
            *(f"{value:.3f}" for value in (row.conf_low, row.conf_high)),
        ]
    assert "Thresholds have t quantiles with 8 degrees of freedom." in text
    assert f"{fit.random_intercept_sd:.4f}" in text


def test_long_names_are_not_cut():
    frame = pd.read_csv(KNOWN / "register.csv")
    model = CumulativeLinkModel(
        "severity ~ year",
        ("none", "advice", "warning", "final", "left"),
        nominal="breach",
    )
    fit = model.fit(frame, weights="n")
    text = fit.summary().as_text()
    longest = max(fit.nominal_coefficients["term"], key=len)
    assert len(longest) > 25
    assert longest in text
    lines = [line for line in text.splitlines() if line]
    assert {len(line) for line in lines if line[0] == "="} == {55 + len(longest)}


@pytest.mark.parametrize(
    ("estimator", "said"),
    [
        ("penalised", ["penalised (log-F)", "Penalised Log-Lik.:", "log-F(1, 1) prior"]),
        ("bias_reduced", ["mean bias reduction", "from the expected information"]),
    ],
)
def test_other_estimators_say_so_and_have_no_criteria(estimator, said):
    text = fitted(estimator=estimator).summary().as_text()
    for words in [*said, "not defined"]:
        assert words in text


def test_a_quadrature_that_is_not_exact_is_said():
    rough = fitted(groups="judge", quadrature_points=2)
    fine = fitted(groups="judge", quadrature_points=20)
    said = "The quadrature is not exact"
    assert rough.quadrature_error > 1e-3 > fine.quadrature_error
    assert said in rough.summary().as_text()
    assert said not in fine.summary().as_text()
