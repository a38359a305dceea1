"""Observed against expected counts, of frames and of printed statements."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import special

from foistats.codebooks import Grouping
from foistats.errors import UsageError
from foistats.register import read_register
from foistats.severity.checks.fitted_counts import (
    case_space,
    expected_count_table,
    pooled_blocks,
    strata,
)
from foistats.severity.groups.cells import severity_data
from foistats.severity.model import CumulativeLinkModel

KITCHENS = Path(__file__).parents[2] / "studies" / "kitchens"
LADDER = ["none", "advice", "left"]


def frame_of(*rows):
    return pd.DataFrame(rows, columns=["severity", "role", "n"])


@pytest.fixture(scope="module")
def data():
    return severity_data(read_register(KITCHENS))


@pytest.fixture(scope="module")
def kitchens(data):
    return CumulativeLinkModel("severity ~ role", groups="force").fit(data)


def test_a_saturated_model_expects_what_it_sees():
    frame = frame_of(
        ("none", "officer", 30),
        ("advice", "officer", 20),
        ("left", "officer", 4),
        ("none", "staff", 8),
        ("advice", "staff", 9),
        ("left", "staff", 5),
    )
    fit = CumulativeLinkModel("severity ~ 1", LADDER, nominal="~ role").fit(frame, weights="n")
    found = fit.expected_counts()
    np.testing.assert_allclose(found["expected"], found["observed"], atol=1e-5)
    np.testing.assert_allclose(found["pearson"], 0, atol=1e-5)
    assert found["observed"].sum() == 76


def test_overlapping_sets_are_pooled_and_empty_rungs_are_rows():
    frame = frame_of(
        ("none", "officer", 5),
        ("none|advice", "officer", 4),
        ("left", "officer", 3),
        ("none", "staff", 6),
        ("advice", "staff", 2),
    )
    fit = CumulativeLinkModel("severity ~ 1", LADDER).fit(frame, weights="n")
    assert [stratum.blocks for stratum in strata(fit.observations)] == [((0, 1), (2,))]
    fit = CumulativeLinkModel("severity ~ role", LADDER).fit(frame, weights="n")
    found = fit.expected_counts().set_index(["role", "rungs"])["observed"]
    assert found.to_dict() == {
        ("officer", "none|advice"): 9,
        ("officer", "left"): 3,
        ("staff", "none"): 6,
        ("staff", "advice"): 2,
        ("staff", "left"): 0,
    }


def test_an_open_covariate_spreads_over_its_weights():
    frame = frame_of(
        ("none", "officer", 30),
        ("advice", "officer", 20),
        ("left", "officer", 4),
        ("none", "staff", 8),
        ("advice", "staff", 9),
        ("left", "staff", 5),
        ("none", None, 6),
        ("left", None, 4),
    )
    shares = {"officer": 0.75, "staff": 0.25}
    model = CumulativeLinkModel("severity ~ role", LADDER)
    fit = model.fit(frame, weights="n", composition={"role": shares})
    found = fit.expected_counts()
    unstated = found[found["role"] == "officer|staff"]
    assert unstated["observed"].tolist() == [6, 0, 4]
    mixed = 10 * fit.predicted_shares(shares)["estimate"].to_numpy()
    np.testing.assert_allclose(unstated["expected"], mixed)
    assert unstated["note"].str.startswith("right if the covariate was left open").all()


def test_expectations_are_integrated_over_forces_and_sum_to_the_cases():
    random = np.random.default_rng(4)
    force = random.integers(25, size=1_500)
    latent = random.logistic(size=1_500) + random.normal(size=25)[force]
    frame = pd.DataFrame({"y": np.array(LADDER)[np.searchsorted([0, 1.5], latent)], "force": force})
    fit = CumulativeLinkModel("y ~ 1", LADDER, groups="force").fit(frame)
    found = fit.expected_counts()
    for column in ("observed", "expected"):
        np.testing.assert_allclose(
            found.groupby("force")[column].sum(), frame.groupby(frame["force"].astype(str)).size()
        )
    nodes, weights = special.roots_hermitenorm(60)
    edge = fit.thresholds["estimate"][0] - fit.random_intercept_sd * nodes
    share = weights @ special.expit(edge) / weights.sum()
    first = found[(found["force"] == "3") & (found["rungs"] == "none")].iloc[0]
    assert first["expected"] == pytest.approx(share * (force == 3).sum(), rel=1e-6)


def test_pooling_is_transitive():
    assert pooled_blocks([(0, 1), (1, 2), (4,)], 5) == ((0, 1, 2), (3,), (4,))


def test_statements_expect_as_many_cases_as_the_group_has(data, kitchens):
    found = expected_count_table(kitchens, data)
    assert list(found.columns) == [
        "group",
        "force",
        "partition",
        "roles",
        "rungs",
        "n_low",
        "n_high",
        "expected",
    ]
    checked = 0
    for _, part in found.groupby(["group", "partition", "roles"]):
        every_rung = set("|".join(part["rungs"]).split("|")) >= set(data.ladder.ids)
        if every_rung and part["n_low"].equals(part["n_high"]):
            assert part["expected"].sum() == pytest.approx(part["n_low"].sum())
            checked += 1
    assert checked > 3
    pd.testing.assert_frame_equal(found, kitchens.expected_counts(data))


def test_statements_of_another_ladder_are_refused(data, kitchens):
    shorter = Grouping(data.ladder.id, data.ladder.meaning, data.ladder.groups[1:])
    with pytest.raises(UsageError, match="give the data that were fitted"):
        expected_count_table(kitchens, replace(data, ladder=shorter))


def test_national_shares_are_predicted_with_an_interval(data, kitchens):
    shares = data.shares(data.nation)
    found = kitchens.predicted_shares(shares)
    assert found["estimate"].sum() == pytest.approx(1)
    assert (
        (found["conf_low"] < found["estimate"]) & (found["estimate"] < found["conf_high"])
    ).all()
    table = kitchens.probabilities().pivot_table("estimate", "role", "rung")
    mixed = sum(share * table.loc[role] for role, share in shares.items())
    np.testing.assert_allclose(found.set_index("term")["estimate"].loc[mixed.index], mixed)
    assert case_space(data, {"role": shares}).shares == pytest.approx(tuple(shares.values()))
