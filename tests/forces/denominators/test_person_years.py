"""Person-years: sums over days, recomputed by hand; what is missing, held, broken or refused."""

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from foistats.errors import InvalidStudyError, OverlapError, UsageError
from foistats.forces.denominators.person_years import COLUMNS, person_years
from foistats.forces.denominators.snapshots import read_snapshots

ROOT = Path(__file__).parents[3]
OFFICERS = {"officers": ["police_officer"]}


@pytest.fixture(scope="module")
def workforce():
    return read_snapshots(pd.read_csv(ROOT / "data/reference/workforce.csv"), group="role_group")


def table(force="A", group="x", **headcounts):
    years = [int(year[1:]) for year in headcounts]
    frame = pd.DataFrame({"force": force, "group": group, "year": years})
    return frame.assign(headcount=list(headcounts.values()))


def period(start, end, *forces):
    forces = forces or ("A",)
    return pd.DataFrame({"force": forces, "period_start": start, "period_end": end})


def only(frame):
    assert len(frame) == 1
    return frame.iloc[0]


def day_by_day(snapshots, start, end):
    """Add up the headcount of every single day."""
    frame = snapshots.frame
    origin = dt.date(1970, 1, 1).toordinal()
    days = np.arange(
        dt.date.fromisoformat(start).toordinal(), dt.date.fromisoformat(end).toordinal() + 1
    )
    return np.interp(days - origin, frame["day"], frame["headcount"]).sum() / 365.25


def test_one_year_between_two_snapshots(workforce) -> None:
    # Avon and Somerset counted 3,426 officers on 31 March 2009 and 3,377 a year later: 49 fewer.
    # On day m of the 365 there were 3426 - 49 m / 365; m adds up to 365 * 366 / 2 = 66,795.
    # 365 * 3426 - 49 * 66795 / 365 = 1,250,490 - 8,967 = 1,241,523 days; / 365.25 = 3,399.10.
    asked = period("2009-04-01", "2010-03-31", "Avon and Somerset")
    found = only(person_years(workforce, asked, strata=OFFICERS))
    assert found["person_years"] == pytest.approx(1_241_523 / 365.25, rel=1e-12)
    assert round(found["person_years"], 2) == 3399.10
    assert (found["days"], found["held_days"], found["gap_days"]) == (365, 0, 0)
    assert found["note"] == ""


def test_a_calendar_year_across_a_snapshot(workforce) -> None:
    # Kent: 3,744 on 31 March 2011, 3,579 on 31 March 2012 (366 days), 3,405 on 31 March 2013 (365).
    # 1 January 2012 is day 276, 31 March day 366: 91 days, whose numbers add up to
    # 91 * (276 + 366) / 2 = 29,211: 91 * 3744 - 165 * 29211 / 366 = 340,704 - 13,168.89.
    # 31 December 2012 is day 275 of the next; 275 * 276 / 2 = 37,950:
    # 275 * 3579 - 174 * 37950 / 365 = 984,225 - 18,091.23. Together 1,293,668.88; 3,541.87 years.
    found = only(
        person_years(workforce, period("2012-01-01", "2012-12-31", "Kent"), strata=OFFICERS)
    )
    days = 340_704 - 165 * 29_211 / 366 + 984_225 - 174 * 37_950 / 365
    assert found["person_years"] == pytest.approx(days / 365.25, rel=1e-12)
    assert round(found["person_years"], 2) == 3541.87


def test_a_survey_that_begins_before_the_first_snapshot(workforce) -> None:
    # Greater Manchester, 1 January 2009 to 17 February 2014. The 89 days before 31 March 2009, and
    # that day, are held at 8,299; then 365, 365, 366 and 365 days to the next snapshots, and 323
    # of the 365 days from 31 March 2013 on.
    days = (
        90 * 8299
        + 365 * 8299 - 83 * 366 / 2
        + 365 * 8216 - 361 * 366 / 2
        + 366 * 7855 - 290 * 367 / 2
        + 365 * 7565 - 296 * 366 / 2
        + 323 * 7269 - 204 * 323 * 324 / 2 / 365
    )  # fmt: skip
    asked = period("2009-01-01", "2014-02-17", "Greater Manchester")
    found = only(person_years(workforce, asked, strata=OFFICERS, hold_days=89))
    assert found["person_years"] == pytest.approx(days / 365.25, rel=1e-12)
    assert (found["days"], found["held_days"]) == (1874, 89)
    assert found["note"] == "held 89 days before the first snapshot"


def test_strata_add_up(workforce) -> None:
    groups = ["police_officer", "pcso", "special_constable"]
    asked = period("2010-05-06", "2013-11-30", "Kent", "Surrey")
    apart = person_years(workforce, asked, strata={group: [group] for group in groups})
    together = person_years(workforce, asked, strata={"all": groups})
    sums = apart.groupby("force")["person_years"].sum()
    np.testing.assert_allclose(together.set_index("force")["person_years"], sums)
    assert list(apart["force"]) == ["Kent"] * 3 + ["Surrey"] * 3


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2010-03-31", "2010-03-31"),
        ("2010-04-01", "2010-04-01"),
        ("2011-03-30", "2012-04-01"),
        ("2009-12-01", "2013-08-09"),
        ("2009-01-01", "2009-02-01"),
        ("2013-06-01", "2013-06-02"),
    ],
)
def test_as_added_up_day_by_day(start, end) -> None:
    snapshots = read_snapshots(table(y2010=120, y2011=0, y2012=77, y2013=78))
    found = person_years(snapshots, period(start, end), strata={"all": ["x"]}, hold_days=500)
    assert only(found)["person_years"] == pytest.approx(
        day_by_day(snapshots, start, end), rel=1e-12
    )


def test_the_order_of_rows_changes_nothing(workforce) -> None:
    raw = pd.read_csv(ROOT / "data/reference/workforce.csv")
    shuffled = read_snapshots(raw.sample(frac=1, random_state=1), group="role_group")
    asked = period("2010-05-06", "2013-11-30", "Kent", "Surrey")
    pd.testing.assert_frame_equal(
        person_years(workforce, asked, strata=OFFICERS),
        person_years(shuffled, asked, strata=OFFICERS),
    )


def test_periods_that_meet_add_up(workforce) -> None:
    parts = [("2010-01-01", "2011-06-30"), ("2011-07-01", "2013-12-31")]
    sums = [only(person_years(workforce, period(*p, "Kent"), strata=OFFICERS)) for p in parts]
    whole = period("2010-01-01", "2013-12-31", "Kent")
    found = only(person_years(workforce, whole, strata=OFFICERS))["person_years"]
    assert found == pytest.approx(sum(part["person_years"] for part in sums), rel=1e-12)


def test_dates_in_place_of_years() -> None:
    frame = pd.DataFrame({"force": "A", "group": "x", "date": ["2010-03-31", "2010-09-30"]})
    dated = read_snapshots(frame.assign(headcount=[100, 150]))
    half = only(person_years(dated, period("2010-04-01", "2010-09-30"), strata={"all": ["x"]}))
    assert half["person_years"] == pytest.approx((183 * 100 + 50 * 184 / 2) / 365.25)
    assert list(half.index) == COLUMNS


def test_another_day_of_the_year() -> None:
    snapshots = read_snapshots(table(y2010=10), day="09-30")
    found = only(person_years(snapshots, period("2010-09-30", "2010-09-30"), strata={"all": ["x"]}))
    assert found["person_years"] == pytest.approx(10 / 365.25)
    with pytest.raises(UsageError, match=r"day is '31-03'; it must be a month and day"):
        read_snapshots(table(y2010=10), day="31-03")


def test_beyond_the_snapshots_is_refused() -> None:
    snapshots = read_snapshots(table(y2010=10, y2011=20))
    asked = period("2010-03-01", "2011-04-10")
    said = (
        r"1 series end before their periods do; 5 days may be held\n"
        r"  A, x: 30 days before the first snapshot, 10 after the last\n"
        r".*hold_days=30"
    )
    with pytest.raises(UsageError, match=said):
        person_years(snapshots, asked, strata={"all": ["x"]}, hold_days=5)
    held = only(person_years(snapshots, asked, strata={"all": ["x"]}, hold_days=30))
    assert held["held_days"] == 40
    with pytest.raises(UsageError, match=r"hold_days is -1; it must be"):
        person_years(snapshots, asked, strata={"all": ["x"]}, hold_days=-1)


def test_a_missing_force_or_group_has_no_person_years() -> None:
    frame = pd.concat([table(y2010=10, y2011=20), table(group="y", force="B", y2010=1, y2011=1)])
    snapshots = read_snapshots(frame)
    asked = period("2010-06-01", "2010-12-31", "A", "B", "C")
    found = person_years(
        snapshots,
        asked,
        strata={
            "all": ["x", "y"],
        },
    ).set_index("force")
    assert found["person_years"].isna().all()
    assert found.loc["A", "note"] == "y: no snapshot"
    assert found.loc["C", "note"] == "no snapshot"
    dated = period("2010-01-01", "2010-12-31", "A", "B")
    held = person_years(snapshots, dated, strata={"a": ["x", "y"]}, hold_days=89)["note"]
    said = "held 89 days before the first snapshot"
    assert held.to_list() == [f"y: no snapshot; x: {said}", f"x: no snapshot; y: {said}"]


def test_an_unknown_headcount_is_a_gap_and_no_zero() -> None:
    snapshots = read_snapshots(table(y2010=100, y2011=None, y2012=100, y2013=100))
    found = only(person_years(snapshots, period("2010-06-01", "2012-12-31"), strata={"a": ["x"]}))
    assert found["person_years"] == pytest.approx(found["days"] * 100 / 365.25)
    assert found["gap_days"] == 731
    assert found["note"] == "731 days between two snapshots"
    after = only(person_years(snapshots, period("2012-06-01", "2012-12-31"), strata={"a": ["x"]}))
    assert (after["gap_days"], after["note"]) == (0, "")


def test_zeros() -> None:
    none = read_snapshots(table(y2010=0, y2011=0))
    asked = period("2010-06-01", "2010-12-31")
    found = only(person_years(none, asked, strata={"a": ["x"]}))
    assert (found["person_years"], found["note"]) == (0, "nobody in these groups")
    some = read_snapshots(table(y2010=0, y2011=8))
    found = only(person_years(some, asked, strata={"a": ["x"]}))
    assert found["note"] == "zero at some snapshots and not at others"


def test_known_breaks_are_named(workforce) -> None:
    row = {"force": "Cleveland", "group": "police_staff", "from": "2010-10-01"}
    breaks = pd.DataFrame([row | {"reason": "work passed to a company"}])
    strata = {"officers": ["police_officer"], "staff": ["police_staff"]}
    asked = period("2010-04-01", "2011-12-31", "Cleveland", "Kent")
    found = person_years(workforce, asked, strata=strata, breaks=breaks)
    notes = found.set_index(["force", "stratum"])["note"]
    said = "break from 2010-10-01 (work passed to a company)"
    assert notes[notes != ""].to_dict() == {("Cleveland", "staff"): said}
    # The line to the snapshot after the period crosses the break, too; later periods do not.
    near = period("2010-04-01", "2010-09-01", "Cleveland")
    assert said in person_years(workforce, near, strata=strata, breaks=breaks)["note"].to_list()
    later = period("2011-04-01", "2011-09-01", "Cleveland")
    assert not person_years(workforce, later, strata=strata, breaks=breaks)["note"].any()


def test_breaks_are_checked(workforce) -> None:
    row = {"force": "Kent", "group": "staff", "from": "2010-10-01", "reason": "outsourced"}
    asked = period("2010-04-01", "2011-12-31", "Kent")
    with pytest.raises(
        InvalidStudyError, match=r"found +staff\n +allowed +designated_officer, pcso"
    ):
        person_years(workforce, asked, strata=OFFICERS, breaks=pd.DataFrame([row]))
    with pytest.raises(InvalidStudyError, match="a column 'from'"):
        person_years(
            workforce, asked, strata=OFFICERS, breaks=pd.DataFrame([row]).drop(columns="from")
        )


def test_a_day_counts_once() -> None:
    frame = pd.DataFrame({"force": "A", "group": "x", "date": ["2010-03-31", "2010-3-31"]})
    with pytest.raises(InvalidStudyError, match="each day once"):
        read_snapshots(frame.assign(headcount=[100, 150]))


def test_nothing_asked_and_nothing_known(workforce) -> None:
    empty = period("2010-04-01", "2010-04-01").iloc[:0]
    assert person_years(workforce, empty, strata=OFFICERS).empty
    nobody = read_snapshots(table(y2010=1).iloc[:0])
    found = only(person_years(nobody, period("2010-04-01", "2010-04-02"), strata={"a": ["x"]}))
    assert found["note"] == "no snapshot"


def test_strata_are_checked(workforce) -> None:
    asked = period("2010-04-01", "2010-04-01", "Kent")
    with pytest.raises(UsageError, match=r"no group 'pcsos'; there are .*did you mean 'pcso'"):
        person_years(workforce, asked, strata={"a": ["pcsos"]})
    with pytest.raises(OverlapError, match=r"groups counted twice by the strata: pcso; keep"):
        person_years(workforce, asked, strata={"a": ["pcso"], "b": ["pcso"]})
    with pytest.raises(UsageError, match=r"strata without a group: a"):
        person_years(workforce, asked, strata={"a": []})


def test_tables_are_checked(workforce) -> None:
    with pytest.raises(InvalidStudyError, match="a column 'headcount'; did you mean 'headcounts'"):
        read_snapshots(table(y2010=1).rename(columns={"headcount": "headcounts"}))
    bad = pd.concat([table(y2010=1.5), table(y2010=2), table(y2011=-1)])
    with pytest.raises(InvalidStudyError) as caught:
        read_snapshots(bad)
    found = [(f.row, f.column, f.found) for f in caught.value.findings]
    assert found == [(2, "headcount", "1.5"), (3, "force", "A"), (4, "headcount", "-1.0")]
    with pytest.raises(InvalidStudyError, match="a year such as 2012"):
        read_snapshots(table(y2010=1).assign(year="2010/11"))
    wrong = period("2011-01-01", "2010-01-01", "Kent")
    with pytest.raises(InvalidStudyError, match="period_start or a later day"):
        person_years(workforce, wrong, strata=OFFICERS)
    with pytest.raises(InvalidStudyError, match="a date such as 2012-03-31"):
        person_years(workforce, period("2011-01-01", "soon", "Kent"), strata=OFFICERS)


def test_many_rows() -> None:
    count = 100_000
    names = np.array([f"F{i}" for i in range(count)], dtype=object)
    frame = pd.DataFrame({"force": np.tile(names, 5), "group": "x"})
    frame["year"] = np.repeat(np.arange(2010, 2015), count)
    snapshots = read_snapshots(frame.assign(headcount=np.arange(5 * count) % 977))
    asked = period("2010-05-01", "2013-12-31", *names)
    found = person_years(snapshots, asked, strata={"all": ["x"]})
    last = read_snapshots(
        frame[frame["force"] == "F99"].assign(
            headcount=snapshots.frame.query("force == 'F99'")["headcount"].to_numpy()
        )
    )
    value = found.set_index("force").loc["F99", "person_years"]
    assert value == pytest.approx(day_by_day(last, "2010-05-01", "2013-12-31"))
