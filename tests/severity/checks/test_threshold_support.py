"""What separates thresholds, and ladders short enough to be separated."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from foistats.errors import NotIdentifiedError, UsageError
from foistats.register import read_register
from foistats.severity.checks.threshold_support import information_condition, merge_thin
from foistats.severity.engine.bias_reduction import bias_reduced_maximum
from foistats.severity.engine.fitting import start_vector
from foistats.severity.groups.cells import severity_data
from foistats.severity.groups.identification import identifiability
from foistats.severity.model import CumulativeLinkModel

KITCHENS = Path(__file__).parents[2] / "studies" / "kitchens"
LADDER = ["none", "advice", "warning", "left"]
MODEL = CumulativeLinkModel("severity ~ role", LADDER)


def frame_of(*rows):
    return pd.DataFrame(rows, columns=["severity", "role", "force", "n"])


def support(model, frame, **options):
    return model.identifiability(frame, "n", **options).set_index(["threshold", "level"])


def test_what_separates_a_threshold_by_hand():
    frame = frame_of(
        ("none", "officer", "a", 5),
        ("none|advice", "officer", "a", 4),
        ("warning|left", "staff", "b", 3),
        ("none|warning", "staff", "b", 2),
        ("left", "officer", "b", 6),
    )
    model = CumulativeLinkModel("severity ~ role", LADDER, groups="force")
    found = support(model, frame)[["cells", "cases", "groups", "separated_by"]]
    assert found.loc[("none|advice", "(all)")].tolist() == [1, 5, 1, "a"]
    assert found.loc[("advice|warning", "(all)")].tolist() == [2, 7, 2, "a, b"]
    assert found.loc[("warning|left", "(all)")].tolist() == [2, 8, 1, "b"]
    assert found.loc[("advice|warning", "staff")].tolist() == [1, 3, 1, "b"]
    assert found.loc[("none|advice", "staff")].tolist() == [0, 0, 0, ""]


def test_a_case_of_open_level_counts_for_no_level():
    frame = frame_of(("none", "officer", "a", 5), ("left", "staff", "a", 4), ("none", None, "a", 3))
    shares = {"role": {"officer": 0.5, "staff": 0.5}}
    found = support(MODEL, frame, composition=shares)
    assert found.loc[("none|advice", "(all)"), "cases"] == 8
    assert found.loc[("none|advice", "officer"), "cases"] == 5
    assert found.loc[("none|advice", "staff"), "cases"] == 0


def test_groups_of_cases_are_counted_by_statement():
    data = severity_data(read_register(KITCHENS))
    found = CumulativeLinkModel("severity ~ role").identifiability(data)
    expected = identifiability(data.groups, data.ladder.ids, data.role_ids)
    assert found["cells"].tolist() == expected["statements"].tolist()
    assert found["separated_by"].tolist() == expected["separated_by"].tolist()
    assert set(found["covariate"]) == {"", "role"}


# ---- condition -------------------------------------------------------------------------------


def exact(staff=20):
    counts = {"none": 9, "advice": 7, "warning": 5, "left": 4}
    rows = [(rung, "officer", "a", n) for rung, n in counts.items()]
    return frame_of(*rows, *[(rung, "staff", "a", n * staff / 20) for rung, n in counts.items()])


def problem_of(frame, model=MODEL, **options):
    return model.problem(model.observe(frame, "n", **options))[1]


def test_the_condition_is_that_of_the_expected_information():
    problem = problem_of(exact())
    start = start_vector(problem)
    found, information = bias_reduced_maximum(problem.marginal, start, problem.scales())
    scale = np.sqrt(np.diag(information))
    expected = np.linalg.cond(information / np.outer(scale, scale))
    assert np.abs(found.vector - start).max() < 0.1
    assert information_condition(problem) == pytest.approx(expected, rel=0.05)


def test_the_condition_does_not_depend_on_units_and_grows_where_less_is_told():
    two = CumulativeLinkModel("severity ~ role + x", LADDER)
    random = np.random.default_rng(1)
    frame = pd.concat([exact()] * 3).assign(x=random.normal(size=24))
    metres = information_condition(problem_of(frame, two))
    assert information_condition(problem_of(frame.assign(x=1000 * frame["x"]), two)) == (
        pytest.approx(metres, rel=1e-6)
    )
    alike = frame.assign(x=(frame["role"] == "staff") + 0.01 * frame["x"])
    assert information_condition(problem_of(alike, two)) > 100 * metres
    same = frame.assign(x=1.0 * (frame["role"] == "staff"))
    assert information_condition(problem_of(same, two)) == np.inf


def test_a_threshold_that_nothing_separates_makes_it_infinite():
    frame = frame_of(
        ("none|advice", "officer", "a", 5),
        ("warning|left", "officer", "a", 4),
        ("none|advice", "staff", "a", 5),
        ("warning|left", "staff", "a", 7),
    )
    assert information_condition(problem_of(frame)) == np.inf


# ---- merging ---------------------------------------------------------------------------------


def test_a_threshold_of_one_force_is_merged_and_named():
    rows = [
        (rung, role, force, 3)
        for rung in ("none", "advice|warning", "left")
        for role in ("officer", "staff")
        for force in "ab"
    ]
    frame = frame_of(*rows, ("warning", "staff", "b", 2), ("left", None, "b", 1))
    model = CumulativeLinkModel("severity ~ role", LADDER, groups="force")
    shares = {"role": {"officer": 0.5, "staff": 0.5}}
    found = merge_thin(model, frame, weights="n", composition=shares)
    assert found.model.ladder == ("none", "advice+warning", "left")
    assert found.merged.to_numpy().tolist() == [["advice|warning", 1, "b"]]
    assert set(found.frame["severity"]) == set(found.model.ladder)
    assert found.frame["n"].sum() == frame["n"].sum()
    again = merge_thin(found.model, found.frame, weights="n", composition=shares)
    assert again.merged.empty
    pd.testing.assert_frame_equal(again.frame, found.frame)
    assert found.model.fit(found.frame, "n", shares).n_cases == 39


def test_one_merger_can_save_the_next_threshold():
    """Advice is beside left once warning, which nobody reaches by itself, is merged with it."""
    frame = frame_of(
        *[("none", role, force, 3) for role in ("officer", "staff") for force in "ab"],
        *[("advice", role, "a", 3) for role in ("officer", "staff")],
        *[("left", role, "b", 3) for role in ("officer", "staff")],
    )
    model = CumulativeLinkModel("severity ~ role", LADDER, groups="force")
    found = merge_thin(model, frame, weights="n")
    assert found.model.ladder == ("none", "advice+warning", "left")
    assert found.merged.to_numpy().tolist() == [["advice|warning", 1, "a"]]


def test_without_groups_one_case_is_enough():
    frame = exact().query("severity != 'advice'")
    found = merge_thin(MODEL, frame, weights="n")
    assert found.model.ladder == ("none", "advice+warning", "left")
    coarse = frame.replace({"severity": {"warning": "advice|warning", "left": "left"}})
    found = merge_thin(MODEL, coarse, weights="n")
    assert found.model.ladder == ("none", "advice+warning", "left")
    assert found.model.fit(found.frame, "n").n_cases == coarse["n"].sum()


def test_what_is_not_stated_stays_so_and_sets_are_mapped():
    frame = frame_of(
        ("none", "officer", "a", 3),
        ("advice|warning", "officer", "a", 3),
        ("left", "staff", "b", 3),
        (None, "staff", "b", 3),
        ("none | left", "staff", "b", 1),
    )
    found = merge_thin(MODEL, frame, weights="n").frame["severity"]
    assert found.fillna("").tolist() == ["none", "advice+warning", "left", "", "none|left"]


def test_nothing_left_is_not_identified():
    frame = frame_of(("none", "officer", "a", 3), ("left", "staff", "b", 3))
    model = CumulativeLinkModel("severity ~ role", ["none", "left"], groups="force")
    found = merge_thin(model, frame, weights="n")
    assert found.merged.empty
    with pytest.raises(NotIdentifiedError, match="no threshold of none, left is separated by 3"):
        merge_thin(model, frame, weights="n", minimum_groups=3)


@pytest.mark.parametrize(("groups", "least"), [("force", 0), ("", 2)])
def test_a_minimum_that_makes_no_sense_is_refused(groups, least):
    model = CumulativeLinkModel("severity ~ role", LADDER, groups=groups)
    with pytest.raises(UsageError, match=f"minimum_groups is {least}"):
        merge_thin(model, exact(), weights="n", minimum_groups=least)
