"""Headcounts on given days, by force and group, read and validated."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from foistats.errors import UsageError
from foistats.forces.columns import (
    NAME,
    WHOLE_IF_KNOWN,
    Array,
    Rule,
    check,
    numbers,
    refuse,
    wrong_rows,
)


@dataclass(frozen=True)
class Snapshots:
    """Headcounts on given days.

    Attributes
    ----------
    frame : DataFrame
        One row per force, group and day with a known headcount, in that order: ``force, group,
        day, headcount``; days are numbered from 1970-01-01.
    """

    frame: pd.DataFrame

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups that any force counts."""
        return tuple(sorted(self.frame["group"].unique()))


def day_number(dates: pd.Series) -> Array:
    """Return dates as days since 1970-01-01; NaN where there is no date."""
    found = pd.to_datetime(dates, errors="coerce")
    days = found.to_numpy().astype("datetime64[D]").astype("int64").astype(float)
    return np.where(found.isna().to_numpy(), np.nan, days)


def as_date(day: float) -> str:
    """Return a day number as a date such as 2012-03-31."""
    return str(dt.date(1970, 1, 1) + dt.timedelta(days=int(day)))


def read_snapshots(
    frame: pd.DataFrame, *, group: str = "group", day: str = "03-31", label: str = "snapshots"
) -> Snapshots:
    """Read headcounts on given days.

    Parameters
    ----------
    frame : DataFrame
        ``force``, the column of groups, ``headcount`` (whole numbers; missing where unknown, which
        is not zero) and either ``date`` or ``year``.
    group : str
        The column of groups.
    day : str
        Month and day of every year's snapshot, where the table has ``year``.
    label : str
        What errors call the table.

    Raises
    ------
    InvalidStudyError
        If the table breaks a rule, with every failure.
    UsageError
        If ``day`` is no day of every year.

    Examples
    --------
    >>> table = pd.DataFrame({"force": ["A"], "year": [2010], "group": ["x"], "headcount": [12]})
    >>> snapshots = read_snapshots(table)
    >>> snapshots.groups, as_date(snapshots.frame["day"].iloc[0])
    (('x',), '2010-03-31')
    """
    when = "date" if "date" in frame.columns else "year"
    allowed = DATE if when == "date" else YEAR
    suffix = "" if when == "date" else f"-{_checked(day)}"
    rules = {"force": NAME, group: NAME, when: allowed, "headcount": WHOLE_IF_KNOWN}
    check(frame, label, rules, key=("force", group, when))
    days = day_number(frame[when].astype(str) + suffix)
    refuse(label, wrong_rows(frame, label, when, np.isnan(days), allowed.allowed))
    tidy = pd.DataFrame(
        {
            "force": frame["force"].astype(str).to_numpy(),
            "group": frame[group].astype(str).to_numpy(),
            "day": days.astype("int64"),
            "headcount": numbers(frame["headcount"]),
        }
    )
    again = np.asarray(tidy.duplicated(["force", "group", "day"]).to_numpy())
    refuse(label, wrong_rows(frame, label, when, again, "each day once"))
    known = tidy[tidy["headcount"].notna()]
    return Snapshots(known.sort_values(["force", "group", "day"], ignore_index=True))


def _checked(day: str) -> str:
    try:
        dt.date.fromisoformat(f"2001-{day}")
    except ValueError:
        raise UsageError(
            f"day is '{day}'; it must be a month and day of every year, as 03-31"
        ) from None
    return day


def _years(column: pd.Series) -> Array:
    return np.asarray(column.astype(str).str.fullmatch(r"[12][0-9]{3}").to_numpy(dtype=bool))


def _dates(column: pd.Series) -> Array:
    return ~np.isnan(day_number(column))


DATE = Rule(_dates, "a date such as 2012-03-31")
YEAR = Rule(_years, "a year such as 2012")
