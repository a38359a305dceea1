"""The tilt: printed outcomes are a tilted sample of all outcomes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import special

from foistats.errors import UsageError
from foistats.register import read_register
from foistats.severity.groups.case_groups import CaseGroup, Cell
from foistats.severity.groups.cells import severity_data
from foistats.severity.model import CumulativeLinkModel
from foistats.severity.what_if.not_at_random import tilt_table, tilted_fit, turning_point

LADDER = ("none", "short", "left")
OFFICER, STAFF = frozenset({"officer"}), frozenset({"staff"})
BOTH = OFFICER | STAFF


def frame(officer, staff):
    return pd.DataFrame(
        {
            "severity": list(LADDER) * 2,
            "role": ["officer"] * 3 + ["staff"] * 3,
            "n": [*officer, *staff],
        }
    )


def fitted(data, **options):
    return CumulativeLinkModel("severity ~ role", ladder=LADDER, **options).fit(data, weights="n")


@pytest.fixture(scope="module")
def study():
    return CumulativeLinkModel("severity ~ role", groups="force").fit(
        severity_data(read_register("data/pa-2014"))
    )


@pytest.fixture(scope="module")
def plain():
    return fitted(frame([30, 40, 10], [12, 25, 13]))


# ---- closed forms --------------------------------------------------------------------------------


@pytest.mark.parametrize("tilt", [-1.0, 0.4, 1.0])
def test_two_rungs_move_the_threshold_by_the_tilt(tilt):
    """With two rungs the tilt adds to the log odds of the upper one, and nothing else moves."""
    data = pd.DataFrame(
        {"severity": ["no", "yes"] * 2, "role": ["a", "a", "b", "b"], "n": [17, 8, 9, 11]}
    )
    fit = CumulativeLinkModel("severity ~ role", ladder=["no", "yes"]).fit(data, weights="n")
    found = tilted_fit(fit, tilt)
    moved = fit.solution.vector + np.array([tilt, 0])
    assert found.solution.vector == pytest.approx(moved, abs=1e-7)
    assert found.log_likelihood == pytest.approx(fit.log_likelihood, abs=1e-9)


@pytest.mark.parametrize("tilt", [-0.5, 0.8])
def test_two_rungs_tilted_at_one_level_move_its_coefficient(tilt):
    data = pd.DataFrame(
        {"severity": ["no", "yes"] * 2, "role": ["a", "a", "b", "b"], "n": [17, 8, 9, 11]}
    )
    fit = CumulativeLinkModel("severity ~ role", ladder=["no", "yes"]).fit(data, weights="n")
    found = tilted_fit(fit, tilt, where={"role": "b"})
    moved = fit.solution.vector - np.array([0, tilt])
    assert found.solution.vector == pytest.approx(moved, abs=1e-7)


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog"])
def test_a_saturated_tilted_fit_gives_back_the_shares(link):
    """Counts weighted by exp(-t k) are what an untilted fit would have needed."""
    tilt = 0.6
    counts = np.array([30, 40, 10])
    data = pd.DataFrame({"severity": LADDER, "n": counts})
    fit = CumulativeLinkModel("severity ~ 1", ladder=LADDER, link=link).fit(data, weights="n")
    found = tilted_fit(fit, tilt)
    true = counts * np.exp(-tilt * np.arange(3))
    shares = found.probabilities()["estimate"]
    assert shares.to_numpy() == pytest.approx(true / true.sum(), abs=1e-8)
    assert found.log_likelihood == pytest.approx(
        float(special.xlogy(counts, counts / counts.sum()).sum()), abs=1e-9
    )


def test_truth_is_recovered_from_a_tilted_sample():
    """Expected counts of printed cases, from known probabilities, give the parameters back."""
    tilt, thresholds, beta = 0.7, np.array([-0.5, 1.5]), 0.9
    printed = []
    for shift in (0.0, beta):
        below = special.expit(thresholds - shift)
        p = np.diff([0, *below, 1]) * np.exp(tilt * np.arange(3))
        printed.append(1000 * p / p.sum())
    fit = fitted(frame(*printed))
    found = tilted_fit(fit, tilt)
    assert found.thresholds["estimate"].to_numpy() == pytest.approx(thresholds, abs=1e-6)
    assert found.coefficients["estimate"].iloc[0] == pytest.approx(beta, abs=1e-6)
    assert abs(fit.coefficients["estimate"].iloc[0] - beta) > 0.02


# ---- agreement with the engine -------------------------------------------------------------------


@pytest.mark.parametrize(("nominal", "scale"), [("", ""), ("~ role", ""), ("", "~ role")])
def test_no_tilt_is_the_fit_itself(nominal, scale):
    formula = "severity ~ 1" if nominal else "severity ~ role"
    model = CumulativeLinkModel(formula, ladder=LADDER, nominal=nominal, scale=scale)
    fit = model.fit(frame([30, 40, 10], [12, 25, 13]), weights="n")
    found = tilted_fit(fit, 0.0)
    assert found.solution.vector == pytest.approx(fit.solution.vector, abs=1e-7)
    assert found.solution.information == pytest.approx(fit.solution.information, rel=1e-5)


def test_no_tilt_is_the_fit_itself_with_tables_open_roles_and_forces(study):
    found = tilted_fit(study, 0.0)
    assert found.log_likelihood == pytest.approx(study.log_likelihood, abs=1e-8)
    assert found.solution.vector == pytest.approx(study.solution.vector, abs=1e-5)
    errors = study.coefficients["std_error"]
    assert found.coefficients["std_error"].to_numpy() == pytest.approx(errors.to_numpy(), rel=1e-5)


@pytest.mark.parametrize("tilt", [-0.8, 0.5])
def test_gradient(study, tilt):
    marginal = tilted_fit(study, tilt, where={"role": "staff"}).problem.marginal
    vector = study.solution.vector + np.array([0.2, -0.1, 0.3, 0.2])
    numeric = [
        (
            marginal.evaluate(vector + h, order=0).value
            - marginal.evaluate(vector - h, order=0).value
        )
        / 2e-5
        for h in 1e-5 * np.eye(len(vector))
    ]
    found = marginal.evaluate(vector, order=1)
    assert found.gradient == pytest.approx(np.array(numeric), abs=1e-6)
    assert found.scores.sum(axis=0) == pytest.approx(found.gradient, abs=1e-12)


def test_a_table_is_tilted_like_its_single_cases():
    """A table with one open entry per row is the partition it implies."""

    def group(name, *partitions):
        return CaseGroup(name, name, tuple(map(tuple, partitions)))

    def cell(roles, rungs, n):
        return Cell(roles, frozenset(rungs.split()), n, n)

    known = group(
        "known",
        [cell(r, k, n) for r, k, n in (
            (OFFICER, "none", 9), (OFFICER, "short", 6), (OFFICER, "left", 2),
            (STAFF, "none", 3), (STAFF, "short", 5), (STAFF, "left", 4))],
    )  # fmt: skip
    as_table = group(
        "same",
        [cell(OFFICER, "none", 4), cell(STAFF, "short left", 3)],
        [cell(BOTH, "none", 4), cell(BOTH, "short left", 3)],
        )  # fmt: skip
    as_cells = group("same", [cell(OFFICER, "none", 4), cell(STAFF, "short left", 3)])
    model = CumulativeLinkModel("severity ~ role", ladder=LADDER)
    composition = {"role": {"officer": 0.7, "staff": 0.3}}
    one, other = (
        tilted_fit(model.fit([known, data], composition=composition), 0.7)
        for data in (as_table, as_cells)
    )
    assert one.solution.vector == pytest.approx(other.solution.vector, abs=1e-7)


# ---- tables and turning points -------------------------------------------------------------------


def test_tilt_table_at_zero_is_the_coefficient(plain):
    table = plain.tilt(values=(-1.0, 0.0, 1.0))
    assert table["tilt"].tolist() == [-1.0, 0.0, 1.0]
    middle, coefficient = table.iloc[1], plain.coefficients.iloc[0]
    assert middle["estimate"] == pytest.approx(coefficient["estimate"], abs=1e-7)
    assert middle["conf_low"] == pytest.approx(coefficient["conf_low"], abs=1e-5)
    assert middle["conclusion"] == "more severe"


def test_a_tilt_of_one_level_moves_its_coefficient_against_it(study):
    table = study.tilt(values=(-1.0, 0.0, 1.0), where={"role": "staff"})
    assert table["estimate"].is_monotonic_decreasing
    assert table["conclusion"].tolist() == ["more severe", "more severe", "unsettled"]


def test_turning_point_has_an_end_of_the_interval_at_zero(plain):
    found = turning_point(plain, where={"role": "staff"}).set_index("side")
    row = found.loc["positive"]
    assert (row["before"], row["after"], row["note"]) == ("more severe", "unsettled", "")
    there = tilted_fit(plain, float(row["tilt"]), where={"role": "staff"}).coefficients
    assert there["conf_low"].iloc[0] == pytest.approx(0, abs=1e-4)
    assert pd.isna(found.loc["negative", "tilt"])
    assert found.loc["negative", "note"] == "none in [-1, 0]"


def test_less_severe_turns_the_other_way():
    fit = fitted(frame([12, 25, 13], [30, 40, 10]))
    found = turning_point(fit, where={"role": "staff"}).set_index("side")
    assert found.loc["negative", "before"] == "less severe"
    there = tilted_fit(fit, float(found.loc["negative", "tilt"]), where={"role": "staff"})
    assert there.coefficients["conf_high"].iloc[0] == pytest.approx(0, abs=1e-4)


# ---- faults --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda fit: tilted_fit(fit, 1, where={"rule": "staff"}), "did you mean 'role'"),
        (lambda fit: tilted_fit(fit, 1, where={"role": "stuff"}), "did you mean 'staff'"),
        (lambda fit: tilt_table(fit, term="role"), "no coefficient 'role'"),
    ],
)
def test_wrong_names_are_refused(plain, call, message):
    with pytest.raises(UsageError, match=message):
        call(plain)


def test_bias_reduction_is_refused():
    fit = fitted(frame([30, 40, 10], [12, 25, 13]), estimator="bias_reduced")
    with pytest.raises(UsageError, match="no likelihood to tilt"):
        tilted_fit(fit, 0.5)
