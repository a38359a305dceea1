"""Worst-case bounds against the enumeration of every filling."""

from __future__ import annotations

import itertools

import pandas as pd
import pytest

from foistats.errors import ModelError, UsageError
from foistats.register import read_register
from foistats.severity.groups.case_groups import CaseGroup, Cell
from foistats.severity.groups.cells import severity_data
from foistats.severity.what_if.worst_case import (
    group_of_frame,
    worst_case_difference,
    worst_case_shares,
)

LADDER = ("none", "short", "left")
ROLES = ("officer", "staff")
OFFICER, STAFF, BOTH = frozenset({"officer"}), frozenset({"staff"}), frozenset(ROLES)
TOP = "short|left"
SPACE = {"ladder": LADDER, "levels": ROLES}


def cell(roles, rungs, n, high=None):
    rungs = LADDER if rungs == "any" else rungs.split()
    return Cell(roles, frozenset(rungs), n, n if high is None else high)


def group(name, *partitions):
    return CaseGroup(name, name, tuple(tuple(cells) for cells in partitions))


ONE_OPEN_ROLE = group(
    "one", [cell(OFFICER, "left", 1), cell(STAFF, "none short", 1), cell(BOTH, "short left", 2)]
)
MARGINS = group(
    "two",
    [cell(BOTH, "left", 1), cell(BOTH, "none short", 2)],
    [cell(OFFICER, "any", 2), cell(STAFF, "any", 1)],
)
INTERVALS = group(
    "three",
    [cell(BOTH, "left", 1), cell(BOTH, "none short", 3)],
    [cell(OFFICER, "any", 1, 3), cell(STAFF, "any", 1, 3)],
)
OFF_LADDER = group("four", [cell(BOTH, "left", 1), cell(BOTH, "", 2), cell(STAFF, "none", 1)])


def fillings(group):
    """Every list of (role, rung) that the statements allow; off the ladder the rung is empty."""
    everywhere = list(itertools.product(ROLES, ("", *LADDER)))
    if len(group.partitions) == 1:
        places = [
            [(r, k) for r, k in everywhere if r in c.roles and (k in c.rungs or not (k or c.rungs))]
            for c in group.partitions[0]
            for _ in range(c.n_low)
        ]
        yield from itertools.product(*places)
        return
    size = sum(c.n_low for c in group.partitions[0])
    for cases in itertools.product([place for place in everywhere if place[1]], repeat=size):
        if all(
            c.n_low <= sum(r in c.roles and k in c.rungs for r, k in cases) <= c.n_high
            for cells in group.partitions
            for c in cells
        ):
            yield cases


def tallies(groups, cut):
    """Per filling: cases and cases above, of officers and of staff."""
    above = set(LADDER[cut:])
    per_group = [
        {
            tuple(
                number
                for role in ROLES
                for number in (
                    sum(r == role and k != "" for r, k in cases),
                    sum(r == role and k in above for r, k in cases),
                )
            )
            for cases in fillings(one)
        }
        for one in groups
    ]
    return {tuple(map(sum, zip(*parts, strict=True))) for parts in itertools.product(*per_group)}


DATA = {
    "open roles": (ONE_OPEN_ROLE,),
    "two margins": (MARGINS,),
    "intervals": (INTERVALS,),
    "off the ladder": (OFF_LADDER, ONE_OPEN_ROLE),
    "several groups": (ONE_OPEN_ROLE, MARGINS, INTERVALS),
}


@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("threshold", ["none|short", TOP])
def test_shares_equal_enumeration(name, threshold):
    found = worst_case_shares(DATA[name], threshold, **SPACE).set_index("level")
    tables = tallies(DATA[name], 1 if threshold != TOP else 2)
    for place, role in enumerate(ROLES):
        shares = [t[2 * place + 1] / t[2 * place] for t in tables if t[2 * place]]
        row = found.loc[role]
        assert (row["low"], row["high"]) == pytest.approx((min(shares), max(shares)), abs=1e-12)
        cases = [t[2 * place] for t in tables]
        assert (row["cases_low"], row["cases_high"]) == (min(cases), max(cases))


@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("threshold", ["none|short", TOP])
def test_difference_equals_enumeration(name, threshold):
    found = worst_case_difference(DATA[name], threshold, "staff", "officer", **SPACE).iloc[0]
    tables = tallies(DATA[name], 1 if threshold != TOP else 2)
    differences = [d / c - b / a for a, b, c, d in tables if a and c]
    expected = (min(differences), max(differences))
    assert (found["low"], found["high"]) == pytest.approx(expected, abs=1e-12)


def test_difference_is_no_wider_than_the_shares_apart():
    shares = worst_case_shares(DATA["several groups"], TOP, **SPACE).set_index("level")
    found = worst_case_difference(DATA["several groups"], TOP, "staff", "officer", **SPACE).iloc[0]
    assert found["low"] >= shares.loc["staff", "low"] - shares.loc["officer", "high"] - 1e-12
    assert found["high"] <= shares.loc["staff", "high"] - shares.loc["officer", "low"] + 1e-12


def test_known_cases_have_no_width():
    known = group("k", [cell(OFFICER, "left", 1), cell(OFFICER, "none", 3), cell(STAFF, "left", 1)])
    found = worst_case_shares([known], TOP, **SPACE)
    assert found["low"].tolist() == found["high"].tolist() == [0.25, 1.0]
    assert found["note"].tolist() == ["", ""]


def test_a_level_without_cases_says_so():
    known = group("k", [cell(OFFICER, "left", 1), cell(OFFICER, "none", 3)])
    found = worst_case_shares([known], TOP, **SPACE).set_index("level")
    assert found.loc["staff", "note"] == "no case can be at this level"
    difference = worst_case_difference([known], TOP, "staff", "officer", **SPACE).iloc[0]
    assert difference["note"] == "no case can be at one of the levels"


def frame(**columns):
    return pd.DataFrame(
        {
            "severity": ["none", "left", "none|short", "short|left", None],
            "role": ["officer", "officer", "staff", "", "staff"],
            "n": [3, 1, 2, 2, 1],
            **columns,
        }
    )


READ = {"response": "severity", "by": "role", "ladder": LADDER, "levels": ROLES, "weights": "n"}


def test_a_frame_is_one_group():
    same = group(
        "f",
        [
            cell(OFFICER, "none", 3),
            cell(OFFICER, "left", 1),
            cell(STAFF, "none short", 2),
            cell(BOTH, "short left", 2),
            cell(STAFF, "any", 1),
        ],
    )
    found = worst_case_shares([group_of_frame(frame(), **READ)], TOP, **SPACE)
    expected = worst_case_shares([same], TOP, **SPACE)
    pd.testing.assert_frame_equal(found, expected)


def test_the_study_has_bounds_that_hold_its_known_cases():
    data = severity_data(read_register("data/pa-2014"))
    threshold = "short_of_leaving|left"
    found = worst_case_shares(data, threshold).set_index("level")
    assert (found["low"] < found["high"]).all()
    assert found["cases_low"].sum() <= data.cases[1] <= found["cases_high"].sum()
    difference = worst_case_difference(data, threshold, "staff", "officer").iloc[0]
    assert difference["low"] < difference["high"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: worst_case_shares([MARGINS], "short|lift", **SPACE), "did you mean 'short|left'"),
        (
            lambda: group_of_frame(frame(role=["officer", "stuff", "staff", "", ""]), **READ),
            "row 1, column 'role': found 'stuff'; did you mean 'staff'",
        ),
        (
            lambda: group_of_frame(frame(n=[0.5, 1, 2, 2, 1]), **READ),
            "row 0: a count of 0.5",
        ),
        (
            lambda: group_of_frame(frame(), **{**READ, "by": "rule"}),
            "no column 'rule'; did you mean 'role'",
        ),
        (lambda: worst_case_shares([MARGINS], TOP), "need ladder= and levels="),
        (
            lambda: worst_case_difference([MARGINS], TOP, "staf", "officer", **SPACE),
            "did you mean 'staff'",
        ),
        (
            lambda: worst_case_difference([MARGINS], TOP, "staff", "staff", **SPACE),
            "compared with itself",
        ),
    ],
)
def test_wrong_names_are_refused(call, message):
    with pytest.raises(UsageError, match=message.replace("|", r"\|")):
        call()


def test_statements_that_no_filling_satisfies_are_refused():
    impossible = group(
        "i",
        [cell(OFFICER, "left", 2), cell(STAFF, "none", 1)],
        [cell(OFFICER, "any", 1), cell(STAFF, "any", 2)],
    )
    with pytest.raises(ModelError, match="no filling"):
        worst_case_shares([impossible], TOP, **SPACE)
