"""The observations of some forces are those of their rows, and all forces make the whole."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from foistats.register import read_register
from foistats.severity.engine.subsets import of_forces, problem_of_force
from foistats.severity.groups.cells import severity_data
from foistats.severity.model import CumulativeLinkModel

ROOT = Path(__file__).parents[3]
KNOWN = Path(__file__).parents[1] / "known_answers"


@pytest.fixture(scope="module")
def fit():
    press = severity_data(read_register(ROOT / "data" / "pa-2014"))
    return CumulativeLinkModel("severity ~ role", groups="force").fit(press)


def test_the_forces_problems_add_up_to_the_whole(fit):
    vector = fit.solution.vector + 0.1
    whole = fit.solution.problem.marginal.evaluate(vector, order=2)
    parts = [
        problem_of_force(fit.solution.problem, force).marginal.evaluate(vector, order=2)
        for force in range(fit.n_forces)
    ]
    np.testing.assert_allclose([part.by_force[0] for part in parts], whole.by_force, rtol=1e-9)
    np.testing.assert_allclose(sum(part.gradient for part in parts), whole.gradient, atol=1e-8)
    np.testing.assert_allclose(
        sum(part.information for part in parts), whole.information, atol=1e-7
    )


def test_a_subset_is_what_the_rest_of_the_frame_would_be():
    table = pd.read_csv(KNOWN / "register.csv")
    model = CumulativeLinkModel(
        "severity ~ role + breach", ["none", "advice", "warning", "final", "left"], groups="force"
    )
    whole = model.observe(table, "n")
    kept = [place for place, name in enumerate(whole.forces) if name != "f03"]
    found = of_forces(whole, kept)
    expected = model.observe(table[table["force"] != "f03"], "n")
    assert found.forces == expected.forces
    pd.testing.assert_frame_equal(found.points, expected.points)
    for name in ("cell", "point", "lower", "upper", "log_weight"):
        np.testing.assert_array_equal(getattr(found.atoms, name), getattr(expected.atoms, name))
    for name in ("point_force", "count", "cell_force", "cases"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


def test_levels_that_no_force_has_are_dropped():
    rows = [("none", "a", "x"), ("left", "a", "x"), ("none", "b", "y"), ("left", "c", "y")]
    frame = pd.DataFrame(rows, columns=["severity", "role", "force"])
    model = CumulativeLinkModel("severity ~ role", ["none", "left"], groups="force")
    found = of_forces(model.observe(frame), [1])
    assert found.points["role"].cat.categories.tolist() == ["b", "c"]
    assert found.forces == ("y",)
