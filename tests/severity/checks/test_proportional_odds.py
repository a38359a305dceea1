"""Tests of proportional odds against R, and what cannot be tested."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from foistats.severity.checks.proportional_odds import departures, proportional_odds_tests, relaxed
from foistats.severity.model import CumulativeLinkModel

KNOWN = Path(__file__).parents[1] / "known_answers"
WEIGHTS = {"housing.csv": "Freq", "soup.csv": "n", "register.csv": "n", "pneumo.csv": "n"}
TESTS = pd.read_csv(KNOWN / "tests.csv")
TESTS = TESTS[TESTS["note"] != "a single column"]


def said(known):
    return f"{known.data} {known.kind} {known.term}"


def read(name):
    frame, levels = pd.read_csv(KNOWN / name), pd.read_csv(KNOWN / "levels.csv", dtype=str)
    for variable, found in levels[levels["data"] == name].groupby("variable"):
        order = list(found.sort_values("position")["level"])
        frame[variable] = pd.Categorical(frame[variable].astype(str), order, ordered=True)
    return frame


@cache
def table_of(name, formula, link):
    model = CumulativeLinkModel(formula, link=link)
    return proportional_odds_tests(model.fit(read(name), weights=WEIGHTS.get(name, "")))


def row_of(table, **wanted):
    for column, value in wanted.items():
        table = table[table[column] == value]
    assert len(table) == 1
    return table.iloc[0]


@pytest.mark.parametrize("known", list(TESTS[TESTS["kind"] == "brant"].itertuples()), ids=said)
def test_brant_equals_r(known):
    found = row_of(table_of(known.data, known.formula, "logit"), test="brant", term=known.term)
    if np.isnan(known.statistic):
        assert np.isnan(found["statistic"])
        assert found["note"].startswith("not testable: the separate logit of 1|2")
        return
    assert found["statistic"] == pytest.approx(known.statistic, rel=1e-6)  # steps of 1e-7 s.e.
    assert found["df"] == known.df
    assert found["p_value"] == pytest.approx(known.p_value, rel=1e-6)


RATIOS = TESTS[TESTS["kind"].str.contains("_test_")]


@pytest.mark.parametrize("known", list(RATIOS.itertuples()), ids=said)
def test_likelihood_ratio_equals_r(known):
    kind, _, link = known.kind.split("_")
    table = table_of(known.data, known.formula, link)
    found = row_of(table, test="likelihood_ratio", kind=kind, term=known.term)
    if isinstance(known.note, str):
        assert found["note"].startswith("not testable: no finite estimate")
        return
    assert found["statistic"] == pytest.approx(known.statistic, abs=1e-6)
    assert found["df"] == known.df
    assert found["note"] == ""


def test_the_score_exists_where_the_larger_model_has_no_maximum():
    table = table_of("wine.csv", "rating ~ temp + contact", "logit")
    score = row_of(table, test="score", kind="nominal", term="temp")
    assert score["note"] == ""
    assert score["df"] == 3
    assert score["p_value"] == pytest.approx(stats.chi2.sf(score["statistic"], 3))


def test_score_equals_finite_differences():
    fit = CumulativeLinkModel("Sat ~ Infl + Cont").fit(read("housing.csv"), weights="Freq")
    larger = relaxed(fit, "Infl", "nominal")
    size, step = len(larger.start), 1e-4

    def value(vector):
        return larger.problem.objective.evaluate(vector, order=0).value

    eye = step * np.eye(size)
    gradient = np.array([value(larger.start + e) - value(larger.start - e) for e in eye])
    gradient /= 2 * step
    hessian = np.array(
        [
            [
                value(larger.start + a + b)
                - value(larger.start + a - b)
                - value(larger.start - a + b)
                + value(larger.start - a - b)
                for a in eye
            ]
            for b in eye
        ]
    ) / (4 * step**2)
    found = row_of(proportional_odds_tests(fit), test="score", kind="nominal", term="Infl")
    assert found["statistic"] == pytest.approx(
        -gradient @ np.linalg.solve(hessian, gradient), rel=1e-4
    )


def test_departure_equals_the_nominal_fit():
    frame = read("housing.csv")
    fit = CumulativeLinkModel("Sat ~ Infl + Cont").fit(frame, weights="Freq")
    nominal = CumulativeLinkModel("Sat ~ Infl", nominal="~ Cont").fit(frame, weights="Freq")
    effects = nominal.nominal_coefficients.set_index("term")["estimate"]
    found = row_of(departures(fit), term="Cont[T.High]", kind="nominal")
    difference = effects["Medium|High:Cont[T.High]"] - effects["Low|Medium:Cont[T.High]"]
    assert found["estimate"] == pytest.approx(difference, abs=1e-7)
    covariance = nominal.covariance.loc[effects.index, effects.index].to_numpy()
    assert found["std_error"] == pytest.approx(
        np.sqrt(np.array([-1, 1]) @ covariance @ np.array([-1, 1])), rel=1e-6
    )


def test_a_random_intercept_is_kept_in_the_larger_model():
    frame = read("wine_joined.csv")
    model = CumulativeLinkModel("rating ~ temp + contact", groups="judge")
    fit = model.fit(frame)
    larger = CumulativeLinkModel("rating ~ contact", nominal="~ temp", groups="judge").fit(frame)
    table = fit.proportional_odds_tests()
    found = row_of(table, test="likelihood_ratio", kind="nominal", term="temp")
    gain = 2 * (larger.log_likelihood - fit.log_likelihood)
    assert found["statistic"] == pytest.approx(gain, abs=1e-6)
    assert set(table.loc[table["test"] == "brant", "note"]) == {"groups ignored"}


def test_coarse_rows_are_not_in_brants_test_but_in_the_others():
    frame = pd.concat([read("housing.csv"), read("housing.csv").head(6)], ignore_index=True)
    frame["Sat"] = frame["Sat"].astype(str)
    frame.loc[72:, "Sat"] = "Low|Medium"
    fit = CumulativeLinkModel("Sat ~ Infl + Cont", ["Low", "Medium", "High"]).fit(frame, "Freq")
    table = fit.proportional_odds_tests()
    exact = frame["Freq"].iloc[:72].sum()
    assert set(table.loc[table["test"] == "brant", "cases"]) == {exact}
    assert set(table.loc[table["test"] != "brant", "cases"]) == {frame["Freq"].sum()}


@pytest.mark.parametrize(
    ("options", "test", "reason"),
    [
        ({"link": "probit"}, "brant", "the link is probit"),
        ({"scale": "~ Cont"}, "brant", "the model has scale effects"),
        ({"estimator": "penalised"}, "score", "the estimator is penalised"),
    ],
)
def test_what_does_not_exist_has_a_reason(options, test, reason):
    fit = CumulativeLinkModel("Sat ~ Cont", **options).fit(read("housing.csv"), weights="Freq")
    table = fit.proportional_odds_tests()
    assert table.loc[table["test"] == test, "note"].str.startswith(f"not testable: {reason}").all()
    assert table.loc[table["test"] == test, "statistic"].isna().all()


def test_a_term_that_is_nominal_already_is_not_tested_again():
    model = CumulativeLinkModel("Sat ~ Infl", nominal="~ Cont", scale="~ Infl")
    table = model.fit(read("housing.csv"), weights="Freq").proportional_odds_tests()
    found = row_of(table, test="score", kind="scale", term="Infl")
    assert found["note"] == "not testable: the model has it as a scale effect already"


def test_one_threshold_leaves_nothing_to_test():
    frame = pd.DataFrame({"y": ["a", "b", "a", "b"], "x": list("ssttt")[:4], "n": [3, 5, 6, 2]})
    fit = CumulativeLinkModel("y ~ x", ["a", "b"]).fit(frame, weights="n")
    assert fit.proportional_odds_tests()["note"].eq("not testable: there is one threshold").all()
    assert fit.departures()["note"].eq("no estimate: there is one threshold").all()
