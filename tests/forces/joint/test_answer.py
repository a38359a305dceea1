"""The correlation with its interval: known truths, properties, and why there is none."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from foistats.errors import ConvergenceError, UsageError
from foistats.forces.comparable import comparable_counts
from foistats.forces.effects.fit import force_effects
from foistats.forces.joint.answer import METHOD, correlation_profile, severity_and_volume
from foistats.forces.joint.likelihood import JointLikelihood
from foistats.severity.model import CumulativeLinkModel

NUMBERS = ["estimate", "std_error", "conf_low", "conf_high", "statistic", "p_value"]
INTERVAL = ["conf_low", "estimate", "conf_high"]


@pytest.fixture(scope="module")
def row(fitted, counted):
    return severity_and_volume(fitted(), counted()).iloc[0]


def test_one_row_that_says_how_it_was_made(row, fitted, counted):
    frame = severity_and_volume(fitted(), counted())
    assert list(frame.columns) == [
        *["term", "estimate", "std_error", "conf_low", "conf_high", "statistic", "p_value"],
        *["forces", "level", "method", "note"],
    ]
    assert len(frame) == 1
    assert (row["term"], row["forces"], row["level"]) == ("correlation", 23, 0.95)
    assert (row["method"], row["note"]) == (METHOD, "")
    assert -1 <= row["conf_low"] < row["estimate"] < row["conf_high"] <= 1
    assert row["p_value"] == pytest.approx(stats.chi2.sf(row["statistic"], 1))


def test_many_forces_with_many_cases_show_the_correlation_of_their_intercepts(fitted, counted):
    how = {"rho": -0.7, "mean": 300.0, "seed": 3}
    found = severity_and_volume(fitted(80, **how), counted(80, **how)).iloc[0]
    assert found["conf_low"] < -0.7 < found["conf_high"] < 0
    assert found["estimate"] == pytest.approx(-0.7, abs=3 * found["std_error"])
    assert found["std_error"] == pytest.approx((1 - 0.7**2) / np.sqrt(80), rel=0.35)


def test_reversing_the_ladder_flips_the_sign(row, fitted, counted):
    turned = severity_and_volume(fitted(ladder=("left", "advice", "none")), counted()).iloc[0]
    expected = [-row["estimate"], row["std_error"], -row["conf_high"], -row["conf_low"]]
    found = turned[NUMBERS].astype(float)
    np.testing.assert_allclose(
        found, [*expected, row["statistic"], row["p_value"]], rtol=1e-4, atol=1e-5
    )


def test_the_order_of_the_counts_and_what_is_expected_of_all_change_nothing(row, fitted, drawn):
    table = drawn()[1].sample(frac=1, random_state=1)
    again = severity_and_volume(
        fitted(), comparable_counts(table.assign(expected=100 * table["expected"]))
    ).iloc[0]
    wanted = row[NUMBERS].astype(float)
    np.testing.assert_allclose(again[NUMBERS].astype(float), wanted, rtol=1e-4, atol=1e-6)


def test_interval_and_test_agree(row, fitted, counted):
    """Zero is an end of the interval at the level at which the test just rejects."""
    level = 1 - row["p_value"]
    found = severity_and_volume(fitted(), counted(), level=level).iloc[0]
    nearest = found["conf_low"] if row["estimate"] > 0 else found["conf_high"]
    assert nearest == pytest.approx(0, abs=1e-4)
    wider = severity_and_volume(fitted(), counted(), level=0.99).iloc[0]
    assert wider["conf_low"] < row["conf_low"]
    assert wider["conf_high"] > row["conf_high"]


def test_the_maximum_without_correlation_is_that_of_both_apart(fitted, counted):
    fit, effects = fitted(), force_effects(counted(), mixing="log-normal")
    profile = correlation_profile(fit, effects)
    apart = fit.log_likelihood + effects.log_likelihood
    assert profile.independent == pytest.approx(apart, abs=1e-5)


def test_the_profile_is_highest_at_the_estimate_and_falls_to_its_floor(fitted, counted):
    effects = force_effects(counted(), mixing="log-normal")
    profile = correlation_profile(fitted(), effects)
    best, line = profile.highest, np.linspace(-1, 1, 21)
    heights = np.array([profile.at(value) for value in line])
    assert np.all(heights <= best.value + 1e-9)
    assert np.all(heights >= profile.floor - 1e-9)
    assert abs(line[heights.argmax()] - best.correlation) <= 0.1
    backwards = correlation_profile(fitted(), effects)
    again = [backwards.at(value) for value in reversed(line)]
    np.testing.assert_allclose(again, heights[::-1], rtol=0, atol=1e-6)


def test_forces_with_only_one_of_the_two_say_what_they_know(row, fitted, drawn):
    """Counts alone tell of the spread of the rates, outcomes alone of that of severity."""
    table = drawn()[1].copy()
    more = pd.DataFrame({"force": ["X", "Y"], "unit": "case", "n_low": [4, 40], "n_high": [4, 60]})
    both = pd.concat([table, more.assign(expected=[9.0, 12.0])], ignore_index=True)
    found = severity_and_volume(fitted(), comparable_counts(both)).iloc[0]
    assert found["forces"] == row["forces"]
    assert found["estimate"] != pytest.approx(row["estimate"], abs=1e-4)
    table.loc[:1, ["n_low", "n_high"]] = np.nan
    fewer = severity_and_volume(fitted(), comparable_counts(table)).iloc[0]
    assert fewer["forces"] == row["forces"] - 2


def test_a_count_known_as_an_interval_lies_between_what_it_may_be(fitted, drawn):
    def with_first(low, high):
        table = drawn()[1].copy()
        table.loc[0, ["n_low", "n_high"]] = low, high
        return severity_and_volume(fitted(), comparable_counts(table)).iloc[0]["estimate"]

    ends = with_first(2, 2), with_first(40, 40)
    assert min(ends) < with_first(2, 40) < max(ends)


def test_an_interval_that_reaches_the_edge_says_so(fitted, counted):
    how = {"rho": 1.0, "seed": 8}
    found = severity_and_volume(fitted(40, **how), counted(40, **how)).iloc[0]
    assert found["conf_high"] == 1
    assert found["conf_low"] > 0
    assert "a correlation of 1" in found["note"]


def test_an_estimate_at_the_edge_has_no_standard_error(fitted, counted):
    how = {"rho": -1.0, "seed": 1, "mean": 8.0}
    found = severity_and_volume(fitted(30, **how), counted(30, **how)).iloc[0]
    assert found["estimate"] == found["conf_low"] == -1
    assert np.isnan(found["std_error"])
    assert "the estimate is at its boundary" in found["note"]


def test_few_forces_have_no_estimate_unless_asked_for(fitted, counted):
    none = severity_and_volume(fitted(8), counted(8)).iloc[0]
    assert none[NUMBERS].isna().all()
    assert (none["forces"], none["method"]) == (8, "none")
    assert none["note"].startswith("8 with both outcomes in the fit and a count, and at least 20")
    asked = severity_and_volume(fitted(8), counted(8), minimum_forces=8).iloc[0]
    assert asked[INTERVAL].is_monotonic_increasing
    assert asked["note"].startswith("8 with both (fewer than 20): the interval is approximate")


def test_where_every_correlation_is_compatible_the_interval_is_everything(fitted, counted):
    how = {"sigma": 0.3, "tau": 0.25, "mean": 10.0, "seed": 2}
    found = severity_and_volume(fitted(22, **how), counted(22, **how)).iloc[0]
    assert (found["conf_low"], found["conf_high"]) == (-1, 1)
    assert "every correlation is compatible with the data" in found["note"]


def test_nothing_varies_nothing_goes_together(fitted, counted, counts_of):
    names = [f"F{place:02}" for place in range(24)]
    same = counts_of([10] * 24, [10.0] * 24, force=names)
    note = severity_and_volume(fitted(), same)["note"].iloc[0]
    assert note.startswith("the standard deviation of the log rates is estimated as zero among 24")
    nobody = counts_of([0] * 24, [10.0] * 24, [4] * 24, force=names)
    assert "all 24 counts are zero" in severity_and_volume(fitted(), nobody)["note"].iloc[0]
    rows = [(rung, name, 4) for name in names for rung in ("none", "left")]
    alike = pd.DataFrame(rows, columns=["outcome", "force", "n"])
    fit = CumulativeLinkModel("outcome ~ 1", ("none", "left"), groups="force").fit(alike, "n")
    note = severity_and_volume(fit, counted())["note"].iloc[0]
    assert note.startswith("the standard deviation of severity is estimated as zero among 24")


def test_what_cannot_be_asked_is_refused(fitted, counted, drawn):
    data = drawn()[0].query("n > 0")
    plain = CumulativeLinkModel("outcome ~ role", fitted().model.ladder).fit(data, "n")
    with pytest.raises(UsageError, match=r"no random intercept; give groups="):
        severity_and_volume(plain, counted())
    model = CumulativeLinkModel(
        "outcome ~ role", fitted().model.ladder, groups="force", estimator="penalised"
    )
    with pytest.raises(UsageError, match=r"penalised.*estimator='maximum_likelihood'"):
        severity_and_volume(model.fit(data, "n"), counted())
    for wrong in (2, 20.0, True):
        with pytest.raises(UsageError, match=r"minimum_forces is .*; a whole number of at least 3"):
            severity_and_volume(fitted(), counted(), minimum_forces=wrong)
    with pytest.raises(UsageError, match="level is 95"):
        severity_and_volume(fitted(), counted(), level=95)


def test_what_is_not_proven_raises(fitted, counted, monkeypatch):
    def profile():
        return correlation_profile(fitted(), force_effects(counted(), mixing="log-normal"))

    short = profile()
    assert short.independent
    with monkeypatch.context() as patched:
        patched.setattr("foistats.severity.engine.maximum._ITERATIONS", 1)
        with pytest.raises(ConvergenceError, match=r"no maximum proven after 1 steps, near a corr"):
            short.at(0.9)
    with monkeypatch.context() as patched:
        patched.setattr(JointLikelihood, "finer", lambda self: replace(self, points=5))
        with pytest.raises(ConvergenceError, match="twice as many quadrature points move"):
            severity_and_volume(fitted(), counted())
    lower = profile()
    best = lower.highest
    object.__setattr__(lower, "highest", type(best)(best.correlation, best.value - 1))
    with pytest.raises(ConvergenceError, match=r"higher than the maximum by .*several peaks"):
        lower.ends(3.84)
