"""Cells in words."""

import pandas as pd

from foistats.severity.checks.cell_labels import cell_labels, rung_sets
from foistats.severity.model import CumulativeLinkModel

SHARES = {"role": {"officer": 0.6, "staff": 0.3, "special": 0.1}}


def labels(*rows, formula="severity ~ role + year"):
    frame = pd.DataFrame(rows, columns=["severity", "role", "year", "force"])
    model = CumulativeLinkModel(formula, ["none", "advice", "left"], groups="force")
    seen = model.observe(frame, "", SHARES)
    return cell_labels(seen), rung_sets(seen)


def test_open_levels_and_rungs_are_joined_and_numbers_stay_numbers():
    found, sets = labels(
        ("none", "officer", 2.5, "a"),
        ("left|none", "staff|special", 1.0, "a"),
        ("advice|left", None, 1.0, "b"),
    )
    rows = {tuple(row) for row in found.to_numpy().tolist()}
    assert rows == {
        ("a", "officer", 2.5, "none"),
        ("a", "staff|special", 1.0, "none|left"),
        ("b", "officer|staff|special", 1.0, "advice|left"),
    }
    assert found["year"].dtype == float
    assert sorted(sets) == [(0,), (0, 2), (1, 2)]


def test_without_covariates_there_are_forces_and_rungs():
    found, _ = labels(("none", "x", 1.0, "a"), ("left", "x", 1.0, "b"), formula="severity ~ 1")
    assert list(found.columns) == ["force", "rungs"]
    assert found["rungs"].tolist() == ["none", "left"]
