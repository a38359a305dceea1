"""Indirect and direct standardisation, and the comparison of two forces, against R."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from foistats.errors import UsageError
from foistats.forces.rates.crude import crude_rates
from foistats.forces.rates.direct import direct
from foistats.forces.rates.indirect import expected_counts, indirect
from foistats.forces.rates.ratio import NOT_COMPARABLE, rate_ratio

ANSWERS = Path(__file__).parents[1] / "known_answers"
STRATA = pd.read_csv(ANSWERS / "strata.csv")
YEARS = STRATA[["force", "stratum", "person_years"]]
REFERENCE = STRATA.drop_duplicates("stratum")[["stratum", "rate"]].assign(unit="case")
WEIGHTS = STRATA.drop_duplicates("stratum")[["stratum", "weight"]]
BY_STRATUM = STRATA.assign(unit="case", n_low=STRATA["n"], n_high=STRATA["n"])
COUNTS = BY_STRATUM.groupby(["force", "unit"], as_index=False)[["n_low", "n_high"]].sum()


@pytest.fixture(scope="module")
def answers():
    frame = pd.read_csv(ANSWERS / "standardised.csv")
    return frame.set_index(["what", "force"])["value"]


def test_observed_over_expected(answers) -> None:
    found = indirect(COUNTS, YEARS, REFERENCE).set_index("force")
    columns = {
        "expected": "expected",
        "n_low": "observed",
        "estimate": "ratio",
        "std_error": "std_error",
        "conf_low": "ratio_low",
        "conf_high": "ratio_high",
    }
    for ours, theirs in columns.items():
        known = answers[theirs]
        np.testing.assert_allclose(found.loc[known.index, ours].astype(float), known, rtol=1e-9)
    assert found.loc["S", "estimate"] == 0


def test_direct_standardisation(answers) -> None:
    found = direct(BY_STRATUM, YEARS, WEIGHTS, per=1).set_index("force")
    for ours, theirs in {
        "estimate": "direct",
        "conf_low": "direct_low",
        "conf_high": "direct_high",
    }.items():
        known = answers[theirs]
        np.testing.assert_allclose(found.loc[known.index, ours], known, rtol=1e-9)
    # With no case at all, the largest weight of a single case times -log(0.025).
    largest = max(0.6 / 640, 0.35 / 320, 0.05 / 160)
    assert found.loc["S", ["estimate", "conf_low"]].to_list() == [0, 0]
    assert found.loc["S", "conf_high"] == pytest.approx(-largest * np.log(0.025))


def test_direct_standardisation_says_why_not() -> None:
    table = BY_STRATUM[~((BY_STRATUM["force"] == "P") & (BY_STRATUM["stratum"] == "c"))].copy()
    table.loc[(table["force"] == "Q") & (table["stratum"] == "a"), "n_high"] = 5
    table.loc[(table["force"] == "R") & (table["stratum"] == "b"), ["n_low", "n_high"]] = np.nan
    time = YEARS.copy()
    time.loc[(time["force"] == "S") & (time["stratum"] == "a"), "person_years"] = 0
    found = direct(table, time, WEIGHTS).set_index("force")
    assert found["note"].to_dict() == {
        "P": "not possible: no count of c",
        "Q": "not possible: count of a known as an interval only",
        "R": "not possible: no count of b",
        "S": "not possible: zero person-years of a",
    }
    assert found[["estimate", "std_error", "conf_low", "conf_high"]].isna().all(axis=None)


def test_two_forces(answers) -> None:
    table = pd.DataFrame({"force": ["A", "B"], "unit": "case", "n_low": [11, 5], "n_high": [11, 5]})
    years = pd.DataFrame({"force": ["A", "B"], "person_years": [800, 1011]})
    found = rate_ratio(crude_rates(table, years), "A", "B").iloc[0]
    known = answers[:, "11/800 : 5/1011"]
    assert found["estimate"] == pytest.approx(known["rate_ratio"], rel=1e-12)
    assert found["p_value"] == pytest.approx(known["p_exact"], rel=1e-9)
    assert (found["term"], found["note"]) == ("A / B", "")
    back = rate_ratio(crude_rates(table, years), "B", "A").iloc[0]
    assert back["conf_low"] == pytest.approx(1 / found["conf_high"], rel=1e-9)
    assert back["p_value"] == pytest.approx(found["p_value"], rel=1e-9)


def test_two_ratios_carry_a_warning() -> None:
    found = rate_ratio(indirect(COUNTS, YEARS, REFERENCE), "R", "P").iloc[0]
    assert found["note"] == NOT_COMPARABLE
    assert found["conf_low"] < found["estimate"] < found["conf_high"]


def test_comparing_what_is_not_exactly_known() -> None:
    table = pd.DataFrame({"force": list("ABCD"), "unit": "case"})
    table = table.assign(n_low=[1, 5, None, 0], n_high=[4, 5, None, 0])
    years = pd.DataFrame({"force": list("ABCD"), "person_years": [100.0, 200, 300, 400]})
    rates = crude_rates(table, years)
    found = rate_ratio(rates, "A", "B").iloc[0]
    assert (found["estimate_low"], found["estimate_high"]) == (0.4, 1.6)
    assert np.isnan(found["p_value"])
    assert found["note"] == "a count is known as an interval: no p value"
    for n in (1, 4):
        one = crude_rates(table.assign(n_low=[n, 5, 0, 0], n_high=[n, 5, 0, 0]), years)
        exact = rate_ratio(one, "A", "B").iloc[0]
        assert found["conf_low"] <= exact["conf_low"]
        assert exact["conf_high"] <= found["conf_high"]
    nothing = rate_ratio(rates, "A", "C").iloc[0]
    assert nothing["note"] == "C: no count"
    assert np.isnan(nothing["conf_low"])
    assert rate_ratio(rates, "B", "D").iloc[0]["estimate"] == np.inf
    zeros = rate_ratio(rates.assign(n_low=0, n_high=0, estimate_low=0), "B", "D").iloc[0]
    assert (zeros["conf_low"], zeros["conf_high"], zeros["p_value"]) == (0, np.inf, 1)
    assert zeros["note"] == "nothing counted in either force"
    with pytest.raises(UsageError, match="no row of force 'Z'; there are A, B, C, D"):
        rate_ratio(rates, "Z", "A")


def test_units_are_not_mixed() -> None:
    with pytest.raises(
        UsageError, match=r"'case' \(P, Q, R and 1 more\), 'person' \(reference rat"
    ):
        indirect(COUNTS, YEARS, REFERENCE.assign(unit="person"))
    one = {"force": ["a"], "unit": "case", "n_low": 3, "n_high": 3}
    rates = crude_rates(pd.DataFrame(one), pd.DataFrame({"force": ["a"], "person_years": 9.0}))
    both = pd.concat([rates, rates.assign(force="b", unit="person")])
    with pytest.raises(UsageError, match="different units"):
        rate_ratio(both, "a", "b")
    with pytest.raises(UsageError, match="different units"):
        direct(BY_STRATUM.assign(unit=["case"] * 11 + ["person"]), YEARS, WEIGHTS)


def test_strata_must_be_the_same() -> None:
    said = r"only the person-years have c, only the reference rates have none"
    with pytest.raises(UsageError, match=said):
        expected_counts(YEARS, REFERENCE[REFERENCE["stratum"] != "c"])
    with pytest.raises(
        UsageError, match=r"only the person-years have none, only the weights have c"
    ):
        direct(BY_STRATUM, YEARS[YEARS["stratum"] != "c"], WEIGHTS)
    with pytest.raises(UsageError, match="the weights sum to zero"):
        direct(BY_STRATUM, YEARS, WEIGHTS.assign(weight=0))


def test_unknown_person_years_leave_the_expected_count_unknown() -> None:
    time = YEARS.drop(index=1)
    time.loc[4, "person_years"] = np.nan
    found = indirect(COUNTS, time, REFERENCE).set_index("force")
    assert found.loc["P", "note"] == "no expected count; no person-years of b"
    assert found.loc["Q", "note"] == "no expected count; no person-years of b"
    assert np.isnan(found.loc["P", "estimate"])
    assert found.loc["R", "estimate"] > 0


def test_nothing_is_expected() -> None:
    found = indirect(COUNTS, YEARS, REFERENCE.assign(rate=0)).set_index("force")
    assert set(found["note"]) == {"zero expected count"}
    assert found["conf_high"].isna().all()


def test_reference_rates_of_the_same_forces_add_up() -> None:
    sums = STRATA.groupby("stratum", as_index=False)[["n", "person_years"]].sum()
    rates = sums.assign(rate=1000 * sums["n"] / sums["person_years"], unit="case")
    found = indirect(COUNTS, YEARS, rates)
    assert found["expected"].sum() == pytest.approx(found["n_low"].sum())


def test_nothing_in_nothing_out() -> None:
    assert expected_counts(YEARS[:0], REFERENCE).empty
    assert indirect(COUNTS[:0], YEARS[:0], REFERENCE).empty
    assert direct(BY_STRATUM[:0], YEARS[:0], WEIGHTS).empty
