"""Effects within and between forces."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from foistats.errors import NotIdentifiedError, UsageError
from foistats.register import read_register
from foistats.severity.checks.within_between import shares_in_frame, within_between
from foistats.severity.groups.cells import severity_data
from foistats.severity.model import CumulativeLinkModel

KITCHENS = Path(__file__).parents[2] / "studies" / "kitchens"
LADDER = ["none", "advice", "left"]
MODEL = CumulativeLinkModel("severity ~ role", LADDER, groups="force", quadrature_points=5)


def simulated(within, between, seed=1, forces=60, cases=60):
    random = np.random.default_rng(seed)
    share = random.uniform(0.1, 0.7, size=forces)
    force = np.repeat(np.arange(forces), cases)
    staff = random.random(forces * cases) < share[force]
    true_share = np.bincount(force, staff) / cases
    latent = within * staff + (between - within) * true_share[force]
    latent += 0.3 * random.normal(size=forces)[force] + random.logistic(size=len(force))
    severity = np.array(LADDER)[np.searchsorted([0.0, 1.5], latent)]
    role = np.where(staff, "staff", "officer")
    return pd.DataFrame({"severity": severity, "role": role, "force": force, "n": 1})


def test_it_finds_two_effects_that_differ():
    found = within_between(MODEL, simulated(0.4, 2.4), level="staff").set_index("term")
    for term, truth in (("within", 0.4), ("between", 2.4), ("between - within", 2.0)):
        assert found.loc[term, "conf_low"] < truth < found.loc[term, "conf_high"]
    assert found.loc["between - within", "p_value"] < 0.001


def test_equal_effects_do_not_differ():
    found = within_between(MODEL, simulated(1.0, 1.0), level="staff").set_index("term")
    assert found.loc["between - within", "p_value"] > 0.05
    assert found.loc["within", "conf_low"] < 1 < found.loc["within", "conf_high"]


def test_it_is_the_fit_with_the_share_as_a_column():
    frame = simulated(0.4, 1.0, forces=10)
    shares = frame.assign(s=frame["role"] == "staff").groupby("force")["s"].mean()
    model = replace(MODEL, formula="severity ~ role + share")
    fit = model.fit(frame.assign(share=frame["force"].map(shares)))
    within, difference = fit.coefficients["estimate"]
    found = within_between(MODEL, frame, level="staff", weights="n")
    np.testing.assert_allclose(found["estimate"], [within, within + difference, difference])
    covariance = fit.covariance.to_numpy()[-2:, -2:]
    assert found["std_error"].iloc[1] == pytest.approx(np.sqrt(covariance.sum()))


def test_open_rows_do_not_count_and_silent_groups_take_the_composition():
    frame = pd.DataFrame(
        {
            "role": ["staff", "officer", None, "officer|staff", None],
            "force": ["a", "a", "a", "b", "b"],
            "n": [1, 3, 9, 4, 4],
        }
    )
    shares = {"role": {"staff": 0.2, "officer": 0.8}}
    found = shares_in_frame(frame, "role", "staff", "force", "n", shares)
    assert found.to_dict() == {"a": 0.25, "b": 0.2}
    with pytest.raises(UsageError, match="group 'b' states 'role' for no case"):
        shares_in_frame(frame, "role", "staff", "force", "n")


def test_groups_of_cases_take_their_printed_shares():
    data = severity_data(read_register(KITCHENS))
    model = CumulativeLinkModel("severity ~ role", groups="force")
    found = within_between(model, data, level="private").set_index("term")
    assert found.loc["between", "estimate"] == pytest.approx(
        found.loc["within", "estimate"] + found.loc["between - within", "estimate"]
    )
    assert (found["std_error"] > 0).all()


def test_the_same_share_everywhere_leaves_nothing_between():
    frame = pd.concat([simulated(0.5, 0.5, forces=1).assign(force=name) for name in "abc"])
    with pytest.raises(NotIdentifiedError, match="share_staff"):
        within_between(MODEL, frame, level="staff")


@pytest.mark.parametrize(
    ("model", "options", "message"),
    [
        (replace(MODEL, groups=""), {"level": "staff"}, "give the model groups="),
        (MODEL, {"level": "officer"}, "name a level other than the reference"),
        (MODEL, {"level": "staff", "variable": "rol"}, "no column 'rol'"),
    ],
)
def test_what_cannot_be_compared_is_refused(model, options, message):
    with pytest.raises(UsageError, match=message):
        within_between(model, simulated(0.4, 0.4, forces=8), **options)


def test_a_column_is_not_overwritten():
    with pytest.raises(UsageError, match="have a column 'share_staff' already"):
        within_between(MODEL, simulated(1, 1, forces=8).assign(share_staff=1.0), level="staff")
