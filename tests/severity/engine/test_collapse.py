"""From a frame to cells: what is counted together, what is left open, what is refused."""

import numpy as np
import pandas as pd
import pytest

from foistats.errors import DataError, UsageError
from foistats.severity.engine.collapse import observe_frame

LADDER = ("none", "advice", "left")
FRAME = pd.DataFrame(
    {
        "severity": ["none", "none", "advice|left", "left", None, "none|left", "none"],
        "role": ["o", "o", "s", "s", "s", "o", "o"],
        "year": [1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 1.0],
        "force": ["b", "b", "a", "a", "a", "b", "a"],
        "n": [1, 2, 3, 4, 5, 6, 0],
    }
)


def observe(frame=FRAME, **settings):
    given = {"response": "severity", "ladder": LADDER, "covariates": ["role", "year"]}
    return observe_frame(frame, **(given | settings))


def statements(seen):
    """Return what the cells say: covariates, force, runs of edges, weight and count of each."""
    atoms, found = seen.atoms, []
    for cell, count in enumerate(seen.count):
        here = np.flatnonzero(atoms.cell == cell)
        runs = sorted(
            (
                *seen.points.loc[atoms.point[a]].tolist(),
                int(atoms.lower[a]),
                int(atoms.upper[a]),
                round(float(np.exp(atoms.log_weight[a])), 12),
            )
            for a in here
        )
        found.append((seen.forces[seen.cell_force[cell]], tuple(runs), float(count)))
    return sorted(found)


def test_equal_rows_are_one_cell_with_a_count():
    known = [
        ("a", (("s", 1.0, 1, 3, 1.0),), 3.0),
        ("a", (("s", 2.0, 2, 3, 1.0),), 4.0),
        ("b", (("o", 1.0, 0, 1, 1.0),), 3.0),
        ("b", (("o", 2.0, 0, 1, 1.0), ("o", 2.0, 2, 3, 1.0)), 6.0),
    ]
    seen = observe(groups="force", weights="n")
    assert statements(seen) == known
    assert seen.n_rows == 7
    assert not seen.exact


def test_without_groups_all_share_one_force_and_rows_count_once():
    seen = observe()
    assert seen.forces == ("all",)
    assert seen.count.sum() == 6
    assert observe(FRAME.iloc[:2]).exact


def test_points_are_distinct_sorted_by_force_and_hold_no_unused_level():
    seen = observe(groups="force", weights="n")
    assert not seen.points.assign(force=seen.point_force).duplicated().any()
    assert np.all(np.diff(seen.point_force) >= 0)
    assert observe(FRAME.iloc[:2]).points["role"].cat.categories.tolist() == ["o"]


def test_a_role_left_open_lies_at_all_its_levels():
    frame = FRAME.assign(role=["o", None, "s", "s", "s", "o|s", "o"])
    seen = observe(frame, covariates=["role"], composition={"role": {"o": 0.75, "s": 0.25}})
    cells = {(runs, count) for _, runs, count in statements(seen)}
    assert ((("o", 0, 1, 0.75), ("s", 0, 1, 0.25)), 1.0) in cells
    gap = (("o", 0, 1, 0.75), ("o", 2, 3, 0.75), ("s", 0, 1, 0.25), ("s", 2, 3, 0.25))
    assert (gap, 1.0) in cells


def test_a_subset_of_the_levels_has_their_shares_within_it():
    frame = FRAME.assign(role=["o", "o|z", "s", "s", "z", "o", "o"])
    shares = {"o": 0.6, "s": 0.2, "z": 0.2}
    seen = observe(frame, covariates=["role"], composition={"role": shares})
    assert ("all", (("o", 0, 1, 0.75), ("z", 0, 1, 0.25)), 1.0) in statements(seen)


def test_a_level_that_only_the_composition_knows_comes_last():
    frame = FRAME.assign(role=["o", None, "s", "s", "s", "o", "o"])
    shares = {"pcso": 0.2, "o": 0.6, "s": 0.2}
    seen = observe(frame, covariates=["role"], composition={"role": shares})
    assert seen.points["role"].cat.categories.tolist() == ["o", "s", "pcso"]


@pytest.mark.parametrize("dtype", ["object", "str", "string", "category"])
def test_the_dtype_of_text_changes_nothing(dtype):
    names = ["severity", "role", "force"]
    frame = FRAME.assign(**{name: FRAME[name].astype(dtype) for name in names})
    assert statements(observe(frame, groups="force")) == statements(observe(groups="force"))


@pytest.mark.parametrize(
    "values",
    [
        pd.Series([0, 0, 1, 2]),
        pd.Series([0, 0, 1, 2], dtype="Int64"),
        pd.Series([0.0, 0.0, 1.0, 2.0]),
        pd.Series(["0", "0", "1", "2"]),
        pd.Series([0, 0, 1, 2], dtype="category"),
        pd.Series([0, 0, "1", "2"], dtype=object),
    ],
    ids=["int", "Int64", "float", "str", "category", "object"],
)
def test_rungs_may_be_numbers(values):
    frame = pd.DataFrame({"y": values})
    seen = observe_frame(frame, response="y", ladder=("0", "1", "2"), covariates=[])
    assert seen.count.tolist() == [2, 1, 1]
    assert seen.atoms.lower.tolist() == [0, 1, 2]


def test_a_missing_number_is_an_outcome_not_stated():
    frame = pd.DataFrame({"y": [0, 1, None, 1]})
    seen = observe_frame(frame, response="y", ladder=("0", "1"), covariates=[])
    assert seen.count.tolist() == [1, 2]


def test_booleans_are_categories():
    frame = pd.DataFrame({"y": [True, False, True], "x": [True, True, False]})
    seen = observe_frame(frame, response="y", ladder=("False", "True"), covariates=["x"])
    assert seen.points["x"].tolist() == [False, True]
    assert seen.cuts == 1


def test_an_ordered_categorical_is_its_own_ladder():
    values = pd.Categorical(["b", "a"], ["b", "a", "c"], ordered=True)
    seen = observe_frame(pd.DataFrame({"y": values}), response="y", ladder=(), covariates=[])
    assert seen.ladder == ("b", "a", "c")


def test_a_duplicate_index_is_no_matter():
    frame = FRAME.set_axis([0] * len(FRAME))
    assert statements(observe(frame, weights="n")) == statements(observe(weights="n"))


def test_many_combinations_are_told_apart_without_a_table_of_all():
    """Three columns of 3,000 values each: 2.7e10 keys, 3,000 of them used."""
    rng = np.random.default_rng(1)
    x = {f"x{k}": rng.normal(size=3000).repeat(2) for k in range(3)}
    frame = pd.DataFrame({"y": ["a", "b"] * 3000, **x})
    seen = observe_frame(frame, response="y", ladder=("a", "b"), covariates=list(x))
    assert len(seen.points) == 3000
    assert seen.count.tolist() == [1.0] * 6000
    many = frame.assign(**{f"z{k}": rng.normal(size=6000) for k in range(4)})
    names = [name for name in many if name != "y"]
    with pytest.raises(DataError, match="too many to tell rows apart"):
        observe_frame(many, response="y", ladder=("a", "b"), covariates=names)


@pytest.mark.parametrize(
    ("change", "settings", "error", "message"),
    [
        (
            {"severity": "advce"},
            {},
            DataError,
            "row 0, column 'severity': found 'advce'; did you m",
        ),
        ({"severity": "none|advce"}, {}, DataError, r"found 'none\|advce'; did you mean 'advice'"),
        ({"severity": ""}, {}, DataError, "row 0, column 'severity': found ''"),
        ({"severity": None}, {}, DataError, "states no outcome in any row"),
        ({"severity": "none|advice|left"}, {}, DataError, "states no outcome in any row"),
        ({"n": 0}, {"weights": "n"}, DataError, r"no outcome in any row with a positive count \(7"),
        (
            {"n": -1},
            {"weights": "n"},
            DataError,
            r"row 0, column 'n': found '-1' .allowed: a count",
        ),
        ({"n": np.nan}, {"weights": "n"}, DataError, "row 0, column 'n': found"),
        ({"n": np.inf}, {"weights": "n"}, DataError, "row 0, column 'n': found"),
        ({"n": "many"}, {"weights": "n"}, DataError, "row 0, column 'n': found 'many'"),
        ({}, {"weights": "m"}, UsageError, "weights: no column 'm'"),
        ({}, {"groups": "forse"}, UsageError, "groups: no column 'forse'; did you mean 'force'"),
        ({"force": None}, {"groups": "force"}, DataError, "the group is missing .in 7 of 7 rows"),
        (
            {"year": np.nan},
            {},
            DataError,
            "column 'year': a number is missing or infinite .in 7 of",
        ),
        ({"year": -np.inf}, {}, DataError, "a number is missing or infinite"),
        ({}, {"covariates": ["rol"]}, UsageError, "no column 'rol'; did you mean 'role'"),
        ({}, {"response": "sevrity"}, UsageError, "no column 'sevrity'; did you mean 'severity'"),
        ({}, {"ladder": ()}, UsageError, "'severity' is no ordered categorical"),
        (
            {"role": [None, "o", "s", "s", "s", "o", "o"]},
            {},
            UsageError,
            "row 0, column 'role': the level is not stated, and there is no composition",
        ),
        (
            {"role": ["o|q", "o", "s", "s", "s", "o", "o"]},
            {"composition": {"role": {"o": 0.5, "s": 0.5}}},
            DataError,
            r"row 0, column 'role': 'o\|q' names a level that no row has by itself",
        ),
    ],
)
def test_what_cannot_be_used_is_named(change, settings, error, message):
    with pytest.raises(error, match=message):
        observe(FRAME.assign(**change), **settings)


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ({"o": 0.5}, "the shares sum to 0.5, not to 1"),
        ({"o": 0.5, "s": 0.6}, "the shares sum to 1.1, not to 1"),
        ({"o": 1.0, "s": 0.0}, "the share of 's' is 0.0"),
        ({"o": 0.5, "s": np.nan}, "the share of 's' is nan"),
        ({"o": 1.0}, "found .*a positive share for each of o, s is needed"),
        ({}, "the shares sum to 0, not to 1"),
    ],
)
def test_wrong_compositions_are_refused(shares, message):
    frame = FRAME.assign(role=["o", None, "s", "s", "s", "o", "o"])
    with pytest.raises(UsageError, match=f"composition of 'role': {message}"):
        observe(frame, composition={"role": shares})


def test_an_empty_frame_and_columns_of_one_name():
    with pytest.raises(DataError, match=r"\(0 rows\): there is nothing to fit"):
        observe(FRAME.iloc[:0], groups="force", weights="n")
    twice = pd.concat([FRAME, FRAME[["role"]]], axis=1)
    with pytest.raises(UsageError, match="the data have several columns 'role'"):
        observe(twice)
    with pytest.raises(UsageError, match="data is a dict; a DataFrame is needed"):
        observe(FRAME.to_dict())
