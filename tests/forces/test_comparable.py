"""Counts of one unit are read, and everything else is refused with row, column and reason."""

import numpy as np
import pandas as pd
import pytest

from foistats.errors import InvalidStudyError, UsageError
from foistats.forces.comparable import comparable_counts
from foistats.forces.ranks.intervals import rank_intervals
from foistats.forces.ranks.region import rate_region
from foistats.forces.rates.indirect import indirect
from foistats.layout import UNLIMITED


def frame(**columns):
    table = {"force": ["North", "South", "East"], "unit": "case"}
    table |= {"n_low": [3, 1, None], "n_high": [3, 4, None], "expected": [2.0, 5.0, 1.0]}
    return pd.DataFrame(table | columns)


def test_a_force_without_a_count_keeps_its_row_and_says_why():
    counts = comparable_counts(frame(note=["", None, "refused"]))
    assert counts.known.tolist() == [True, True, False]
    assert counts.exact.tolist() == [True, False, False]
    assert counts.notes == ("", "count known as 1 to 4", "refused")
    assert counts.frame()["force"].tolist() == ["North", "South", "East"]
    assert comparable_counts(frame()).notes[2] == "no count"


def test_no_upper_limit_and_no_exposure():
    counts = comparable_counts(frame(n_high=[3, UNLIMITED, None], expected=[None, 5.0, 0.0]))
    assert counts.notes == (
        "no expected count",
        "count known as 1 or more",
        "no count; zero expected count",
    )
    assert counts.known.tolist() == [False, True, False]
    assert counts.frame()["n_high"].iloc[1] == UNLIMITED
    low, high = rate_region(counts)
    assert low[1] > 0
    assert np.isinf(high).all()
    nothing = comparable_counts(frame(n_low=[3, 0, None], n_high=[3, UNLIMITED, None]))
    assert nothing.known.tolist() == [True, False, False]


def test_intervals_widen_with_the_interval_of_the_count_and_with_the_adjustment():
    counts = comparable_counts(frame(n_low=[2, 1, 0], n_high=[2, 4, 0]))
    low, high = rate_region(counts, adjustment="none")
    alone = [
        rate_region(comparable_counts(frame(n_low=n, n_high=n)), adjustment="none") for n in (1, 4)
    ]
    assert (low[1], high[1]) == (alone[0][0][1], alone[1][1][1])
    assert low[2] == 0
    assert high[2] == pytest.approx(-np.log(0.025))
    widths = [
        np.subtract(*rate_region(counts, adjustment=name)[::-1])
        for name in ("none", "sidak", "bonferroni")
    ]
    assert np.all(widths[0] < widths[1])
    assert np.all(widths[1] < widths[2])


def test_observed_over_expected_can_be_read_as_it_is():
    counts = frame().drop(columns="expected")
    years = pd.DataFrame({"force": counts["force"], "stratum": "x", "person_years": 1000.0})
    found = indirect(counts, years, pd.DataFrame({"stratum": ["x"], "unit": "case", "rate": 2.0}))
    read = comparable_counts(found)
    assert read.forces == ("East", "North", "South")
    assert read.exposure.tolist() == [2, 2, 2]
    assert read.notes == ("no count", "", "count known as 1 to 4")
    by_years = comparable_counts(frame(person_years=[9.0, 8, 7]), exposure="person_years")
    assert by_years.frame().columns.tolist()[-2:] == ["person_years", "note"]


def test_units_are_not_compared():
    with pytest.raises(UsageError, match=r"units cannot be compared: 'case' \(North, East\), 'com"):
        comparable_counts(frame(unit=["case", "complaint", "case"]))


@pytest.mark.parametrize(
    ("columns", "row", "column", "found", "allowed"),
    [
        ({"force": ["North", "South", "North"]}, 4, "force", "North", "one row per force"),
        ({"n_high": [2, 4, None]}, 2, "n_high", "2.0", "at least n_low"),
        ({"n_low": [3, -1, None]}, 3, "n_low", "-1.0", "a whole number, zero or more"),
        ({"n_low": [2.5, 1, None]}, 2, "n_low", "2.5", "a whole number"),
        ({"n_high": [3, np.inf, None]}, 3, "n_high", "inf", "a whole number"),
        ({"n_high": [3, None, None]}, 3, "n_high", "nan", "missing where it is"),
        ({"expected": [2.0, -1.0, 1.0]}, 3, "expected", "-1.0", "a number, zero or more"),
        ({"n_low": ["three", "1", None]}, 2, "n_low", "three", "or missing"),
    ],
)
def test_wrong_rows_are_named(columns, row, column, found, allowed):
    with pytest.raises(InvalidStudyError, match="counts: 1 failure\n") as caught:
        comparable_counts(frame(**columns))
    (finding,) = caught.value.findings
    assert (finding.row, finding.column, finding.found) == (row, column, found)
    assert allowed in finding.allowed


def test_all_failures_at_once():
    wrong = frame(n_low=[4, -1, None], expected=[1.0, 2.0, -3.0], force=["North", "South", ""])
    with pytest.raises(InvalidStudyError) as caught:
        comparable_counts(wrong)
    found = [(finding.row, finding.column) for finding in caught.value.findings]
    assert found == [(2, "n_high"), (3, "n_low"), (4, "expected"), (4, "force")]


def test_missing_columns_and_wrong_settings():
    with pytest.raises(InvalidStudyError, match="a column 'person_years'"):
        comparable_counts(frame(), exposure="person_years")
    counts = comparable_counts(frame())
    with pytest.raises(UsageError, match=r"no adjustment 'sidac'.*did you mean 'sidak'"):
        rate_region(counts, adjustment="sidac")
    with pytest.raises(UsageError, match="level is 95"):
        rate_region(counts, level=95)


def test_nothing_in_nothing_out():
    none = comparable_counts(frame().iloc[:0])
    assert none.frame().empty
    assert rank_intervals(none).empty
