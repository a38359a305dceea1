"""The report's tables on how far its result can be trusted, on a study known in full."""

from pathlib import Path

import numpy as np
import pytest

from foistats.register import read_register
from foistats.severity import robustness
from foistats.severity.analysis import fit_severity
from foistats.severity.groups.cells import severity_data

KITCHENS = Path(__file__).parents[1] / "studies" / "kitchens"


@pytest.fixture(scope="module")
def kitchens():
    return read_register(KITCHENS)


@pytest.fixture(scope="module")
def data(kitchens):
    return severity_data(kitchens)


@pytest.fixture(scope="module")
def fit(data):
    return fit_severity(data)


def test_shares_of_information_add_up_to_one(fit, data):
    for by in ("force", "kind"):
        frame = robustness.information(fit, data, by)
        assert list(frame) == [by.capitalize(), "Share of the information", "Cases"]
        assert frame["Share of the information"].sum() == pytest.approx(1)
        assert frame["Cases"].sum() == 110


def test_forces_alone_are_those_that_print_both(data):
    frame = robustness.alone_tables(data).set_index("Force")
    assert list(frame.loc["Aldermoor"])[:2] == ["3 of 15", "1 of 19"]
    assert {"Dunvale", "Eastmark"}.isdisjoint(frame.index)
    assert (frame["Low"] <= frame["Odds ratio"]).all()


def test_no_source_is_left_out_first(fit, data):
    frame = robustness.without_each_source(fit, data)
    assert frame["Left out"].iloc[0] == "nothing"
    ratio = fit.odds_ratios()["estimate"].iloc[0]
    assert frame["Estimate"].iloc[0] == pytest.approx(ratio)
    assert len(frame) == 1 + len({s for group in data.groups for s in group.sources})


def test_within_and_between(fit, data):
    frame = robustness.within_and_between(fit, data).set_index("Effect")
    between, within = frame["Estimate"].iloc[1], frame["Estimate"].iloc[0]
    assert frame.loc["Difference", "Estimate"] == pytest.approx(between - within)


def test_proportional_odds_says_what_is_not_testable(fit):
    frame = robustness.proportional_odds(fit)
    untested = frame["Statistic"].isna()
    assert frame.loc[untested, "Note"].str.startswith("not testable").all()
    assert (frame.loc[~untested, "p value"].between(0, 1)).all()


def test_observed_and_expected_are_in_words(fit, data):
    frame = robustness.observed_and_expected(fit, data)
    assert "1 to 4" in set(frame["Observed"])
    assert set(frame["Role"]) == {"Public kitchens", "Private caterers", "any"}
    assert (frame["Expected"] > 0).all()


def test_no_tilt_is_the_result_itself(fit, data):
    frame = robustness.tilts(fit, data, (-1.0, 0.0, 1.0)).set_index("Tilt")
    low, high = fit.odds_ratios()[["conf_low", "conf_high"]].iloc[0]
    for column in frame:
        assert frame.loc["0", column] == f"{low:.2f} to {high:.2f}"
    turns = robustness.tilt_that_turns(fit, data)
    assert turns is not None
    assert 0 < turns < 1


def test_worst_case_bounds_hold_the_estimate(fit, data):
    frame = robustness.worst_case(data)
    assert (frame["Lowest"] <= frame["Highest"]).all()
    assert len(frame) == 3


@pytest.mark.slow
def test_spread_with_few_forces_comes_from_simulated_registers(fit):
    frame = robustness.spread(fit, replications=39, seed=1).set_index("Measure")
    assert frame.loc["Standard deviation between forces", "Estimate"] == fit.random_intercept_sd
    assert "bootstrap" in frame.loc["Test of no difference", "Note"]
    again = robustness.spread(fit, replications=39, seed=1).set_index("Measure")
    assert frame.equals(again)


def test_a_study_without_national_figures_says_so(fit, data, kitchens):
    frame = robustness.with_national_totals(fit, data, kitchens)
    assert frame["Note"].iloc[-1] == "the study has none"
    assert np.isnan(frame["Estimate"].iloc[-1])
