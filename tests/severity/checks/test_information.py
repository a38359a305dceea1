"""What carries an effect: contributions that add up, by force, source and kind."""

from pathlib import Path

import pandas as pd
import pytest

from foistats.errors import UsageError
from foistats.register import read_register
from foistats.severity.checks.information import (
    IN_PART,
    MARGINS,
    NO_ROLE,
    PRIOR,
    TOGETHER,
    information_by,
    kind_of,
)
from foistats.severity.groups.case_groups import CaseGroup, CaseSpace, Cell
from foistats.severity.groups.cells import severity_data
from foistats.severity.model import CumulativeLinkModel

ROOT = Path(__file__).parents[3]
KNOWN = Path(__file__).parents[1] / "known_answers"
STAFF = "role[T.staff]"


@pytest.fixture(scope="module")
def press():
    return severity_data(read_register(ROOT / "data" / "pa-2014"))


@pytest.fixture(scope="module")
def fit(press):
    return CumulativeLinkModel("severity ~ role", groups="force").fit(press)


def model(**options):
    ladder = ["none", "advice", "warning", "final", "left"]
    return CumulativeLinkModel("severity ~ role", ladder, **options)


def frame():
    return pd.read_csv(KNOWN / "register.csv")


def framed(**options):
    return model(**options).fit(frame(), weights="n")


def test_contributions_add_up_to_the_inverse_squared_standard_error(fit):
    found = fit.information_by_force(STAFF)
    error = fit.coefficients["std_error"].iloc[0]
    assert found["information"].sum() == pytest.approx(error**-2, rel=1e-6)
    assert found["share"].sum() == pytest.approx(1)
    assert found["cases"].sum() == fit.n_cases
    assert set(found["force"]) == set(fit.observations.forces)


@pytest.mark.parametrize("points", [1, 5])
def test_they_add_up_where_the_quadrature_is_not_exact(points):
    fit = framed(groups="force", quadrature_points=points)
    found = fit.information_by_force(STAFF)
    error = fit.coefficients.set_index("term").loc[STAFF, "std_error"]
    assert found["information"].sum() == pytest.approx(error**-2, rel=1e-5)


def test_equal_forces_share_equally():
    table = frame()
    twice = pd.concat([table, table.assign(force=table["force"] + "b")])
    found = model(groups="force").fit(twice, weights="n").information_by_force(STAFF)
    share = found.set_index("force")["share"]
    for name in table["force"].unique():
        assert share[name] == pytest.approx(share[name + "b"], rel=1e-9)


def test_a_force_with_one_role_tells_less_of_the_effect_of_role():
    before = framed(groups="force").information_by_force(STAFF).set_index("force")
    table = frame()
    table.loc[table["force"] == "f01", "role"] = "officer"
    after = model(groups="force").fit(table, weights="n").information_by_force(STAFF)
    share = after.set_index("force").loc["f01", "share"]
    assert abs(share) < 0.1 * before.loc["f01", "share"]


def test_the_prior_has_a_row():
    fit = framed(estimator="penalised", groups="force", prior_cases=3.0)
    found = fit.information_by_force(STAFF)
    error = fit.coefficients.set_index("term").loc[STAFF, "std_error"]
    assert found["information"].sum() == pytest.approx(error**-2, rel=1e-6)
    assert found.set_index("force").loc[PRIOR, "information"] > 0


@pytest.mark.parametrize("by", ["source", "kind"])
@pytest.mark.parametrize("groups", ["force", ""])
def test_by_source_and_kind_adds_up_too(press, by, groups):
    fit = CumulativeLinkModel("severity ~ role", groups=groups).fit(press)
    found = information_by(fit, press, STAFF, by=by)
    error = fit.coefficients["std_error"].iloc[0]
    assert found["information"].sum() == pytest.approx(error**-2, rel=1e-6)
    assert found["forces"].sum() == len({group.force for group in press.groups})
    assert found["cases"].sum() == fit.n_cases
    assert found["information"].is_monotonic_decreasing
    if by == "kind":
        assert {TOGETHER, MARGINS} <= set(found["kind"])


def test_kinds():
    space = CaseSpace(("none", "left"), ("officer", "staff"), (0.7, 0.3))
    both, every = frozenset(space.roles), frozenset(space.ladder)
    officer, staff = frozenset({"officer"}), frozenset({"staff"})
    none, left = frozenset({"none"}), frozenset({"left"})

    def kind(*partitions):
        return kind_of(CaseGroup("g", "f", partitions), space)

    assert kind((Cell(officer, none, 2, 2), Cell(staff, left, 1, 1))) == TOGETHER
    assert kind((Cell(both, none, 2, 2), Cell(staff, left, 1, 1))) == IN_PART
    assert kind((Cell(both, none, 2, 2), Cell(both, left, 1, 1))) == NO_ROLE
    outcomes = (Cell(both, none, 2, 2), Cell(both, left, 1, 1))
    assert kind(outcomes, (Cell(officer, every, 2, 2), Cell(staff, every, 1, 1))) == MARGINS


def test_wrong_words_are_refused(fit, press):
    with pytest.raises(UsageError, match=r"no term 'role\[T.stuff\]'.*did you mean"):
        fit.information_by_force("role[T.stuff]")
    with pytest.raises(UsageError, match="by='year' \\(allowed: source, kind\\)"):
        information_by(fit, press, STAFF, by="year")
