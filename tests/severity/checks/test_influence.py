"""What a result rests on: refits without each unit, and one force alone."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from foistats.errors import UsageError
from foistats.register import read_register
from foistats.severity.checks.influence import NOTHING, alone, leave_one_out
from foistats.severity.groups.case_groups import CaseGroup, Cell
from foistats.severity.groups.cells import severity_data
from foistats.severity.model import CumulativeLinkModel

ROOT = Path(__file__).parents[3]
KNOWN = Path(__file__).parents[1] / "known_answers"
LADDER = ["none", "advice", "warning", "final", "left"]
TEA = max(np.roots([1, 0, -36, -32, -3]).real)
"""The odds ratio at which three of four are expected: w^4 - 36 w^2 - 32 w - 3 = 0."""
NUMBERS = ["estimate", "std_error", "conf_low", "conf_high"]


@pytest.fixture(scope="module")
def data():
    return severity_data(read_register(ROOT / "tests" / "studies" / "kitchens"))


def frame():
    table = pd.read_csv(KNOWN / "register.csv")
    return table[table["force"].isin(["f01", "f02", "f03", "f04", "f05", "f06"])]


def test_leaving_out_a_force_equals_a_fit_without_its_rows():
    table = frame()
    model = CumulativeLinkModel("severity ~ role", LADDER, groups="force")
    found = leave_one_out(model, table, by="force", weights="n")
    assert list(found["left_out"].unique()) == [NOTHING, *sorted(table["force"].unique())]
    expected = model.fit(table[table["force"] != "f03"], weights="n")
    part = found[found["left_out"] == "f03"]
    np.testing.assert_allclose(part[NUMBERS], expected.coefficients[NUMBERS], rtol=1e-6)
    assert set(part["cases"]) == {expected.n_cases}
    whole = model.fit(table, weights="n").coefficients
    np.testing.assert_allclose(found.loc[found["left_out"] == NOTHING, NUMBERS], whole[NUMBERS])
    assert (found["reason"] == "").all()


def test_any_column_can_be_left_out():
    table = frame()
    model = CumulativeLinkModel("severity ~ role", LADDER)
    found = leave_one_out(model, table, by="breach", weights="n")
    expected = model.fit(table[table["breach"] != "drugs"], weights="n").coefficients
    part = found[found["left_out"] == "drugs"]
    np.testing.assert_allclose(part[NUMBERS], expected[NUMBERS], rtol=1e-8)


def test_a_level_or_reference_that_is_gone_has_a_reason():
    model = CumulativeLinkModel("severity ~ role", LADDER)
    found = leave_one_out(model, frame(), by="role", weights="n").set_index(["left_out", "term"])
    staff = found.loc[("staff", "role[T.staff]")]
    assert staff["reason"] == "no case is left at this level"
    assert np.isnan(staff["estimate"])
    assert found.loc[("staff", "role[T.special]"), "reason"] == ""
    lost = found.loc["officer"]
    assert set(lost["reason"]) == {"no case is left at the reference 'officer' of 'role'"}
    assert lost["estimate"].isna().all()


def test_what_the_rest_does_not_identify_has_a_reason():
    rows = [
        ("none", "a", "x", 4),
        ("left", "a", "x", 3),
        ("none", "b", "x", 2),
        ("left", "b", "y", 5),
    ]
    table = pd.DataFrame(rows, columns=["severity", "role", "where", "n"])
    model = CumulativeLinkModel("severity ~ role", ["none", "left"])
    found = leave_one_out(model, table, by="where", weights="n").set_index("left_out")
    assert found.loc["x", "reason"].startswith("'role' has the single level 'b'")
    assert "no finite estimate" in found.loc["y", "reason"]


@pytest.mark.parametrize("by", ["force", "source"])
def test_groups_of_cases_go_by_force_or_source(data, by):
    model = CumulativeLinkModel("severity ~ role", groups="force")
    found = leave_one_out(model, data, by=by)
    left = data.groups[0]
    unit = left.force if by == "force" else left.sources[0]
    rest = tuple(
        group
        for group in data.groups
        if (group.force != unit if by == "force" else unit not in group.sources)
    )
    expected = model.fit(replace(data, groups=rest)).coefficients
    part = found[found["left_out"] == unit]
    np.testing.assert_allclose(part[NUMBERS], expected[NUMBERS], rtol=1e-8)


def test_unknown_units_are_refused(data):
    model = CumulativeLinkModel("severity ~ role", LADDER)
    with pytest.raises(UsageError, match="no column 'forc'; did you mean 'force'"):
        leave_one_out(model, frame(), by="forc", weights="n")
    with pytest.raises(UsageError, match="by='year' \\(allowed: force, source\\)"):
        leave_one_out(CumulativeLinkModel("severity ~ role"), data, by="year")


# ---- one force alone -------------------------------------------------------------------------


def with_tea(data, *partitions):
    return replace(data, groups=(CaseGroup("tea", "Tea", partitions), *data.groups))


def cells_of(*rows):
    return tuple(
        Cell(frozenset(roles.split("|")), frozenset(rungs.split("|")), n, n)
        for roles, rungs, n in rows
    )


def test_the_lady_tasting_tea(data):
    """Fisher 1935. All margins are four: the weights of 0 to 4 are 1, 16 w, 36 w^2, 16 w^3, w^4."""
    cells = cells_of(
        ("private", "shut", 3),
        ("private", "fine_print", 1),
        ("public", "shut", 1),
        ("public", "fine_print|paper", 3),
    )
    found = alone(with_tea(data, cells), "Tea", split="paper|shut").iloc[0]
    assert found["estimate"] == pytest.approx(TEA, rel=1e-6)
    assert found["p_value"] == pytest.approx(34 / 70)
    for bound, weights in (("conf_low", [0, 0, 0, 16, 1]), ("conf_high", [1, 16, 36, 16, 0])):
        powers = found[bound] ** np.arange(5)
        share = np.dot(weights, powers) / np.dot([1, 16, 36, 16, 1], powers)
        assert share == pytest.approx(0.025, rel=1e-6)
    assert found["not_counted"] == 0


def test_cases_without_a_known_side_are_counted_apart(data):
    cells = cells_of(
        ("private", "shut", 3),
        ("private", "fine_print", 1),
        ("public", "shut", 1),
        ("public", "fine_print", 3),
        ("public", "paper|shut", 4),
        ("public|private", "shut", 2),
    )
    found = alone(with_tea(data, cells), "Tea", split="paper|shut").iloc[0]
    assert found["not_counted"] == 6
    assert found["estimate"] == pytest.approx(TEA, rel=1e-6)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([("private", "shut", 3), ("public|private", "paper", 2)], "no case of one of the two"),
        ([("private", "shut", 3), ("public", "shut", 2)], "every case lies on the same side"),
    ],
)
def test_a_table_without_an_odds_ratio_has_a_reason(data, rows, reason):
    found = alone(with_tea(data, cells_of(*rows)), "Tea", split="paper|shut").iloc[0]
    assert found["reason"].startswith(reason)
    assert np.isnan(found["estimate"])


def test_a_side_without_a_role_is_infinite(data):
    cells = cells_of(("private", "shut", 3), ("public", "shut", 1), ("public", "paper", 3))
    found = alone(with_tea(data, cells), "Tea", split="paper|shut").iloc[0]
    assert found["estimate"] == np.inf
    assert 0 < found["conf_low"] < 1
    assert found["conf_high"] == np.inf


def test_unknown_force_and_threshold_are_refused(data):
    with pytest.raises(UsageError, match="no force 'Aldermor'; did you mean 'Aldermoor'"):
        alone(data, "Aldermor", split="paper|shut")
    with pytest.raises(UsageError, match=r"no threshold 'fine_print\|shut'"):
        alone(data, "Aldermoor", split="fine_print|shut")
