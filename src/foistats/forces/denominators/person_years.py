"""Person-years: headcounts between snapshots, summed over the days of a period.

The headcount of a day between two snapshots lies on the straight line between them. A day with
headcount h contributes h person-days; person-years are person-days over 365.25. Between snapshots
at days a and b with headcounts h(a) and h(b), the days a + 1 to a + m sum to::

    m h(a) + (h(b) - h(a)) m (m + 1) / (2 (b - a))

Both ends of a period belong to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
import pandas as pd

from foistats.errors import OverlapError, UsageError, did_you_mean
from foistats.forces.columns import NAME, Array, check, notes, refuse, wrong_rows
from foistats.forces.denominators.series import HeadcountSeries
from foistats.forces.denominators.snapshots import DATE, Snapshots, as_date, day_number

Reason: TypeAlias = tuple[Array, str | Array]
DAYS_PER_YEAR = 365.25
COLUMNS = [
    "force",
    "stratum",
    "period_start",
    "period_end",
    "days",
    "person_years",
    "held_days",
    "gap_days",
    "broken",
    "note",
]


def person_years(
    snapshots: Snapshots,
    periods: pd.DataFrame,
    *,
    strata: Mapping[str, Sequence[str]],
    hold_days: int = 0,
    breaks: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the person-years of every force's period, by stratum.

    Parameters
    ----------
    snapshots : Snapshots
        From `foistats.forces.denominators.snapshots.read_snapshots`.
    periods : DataFrame
        One row per force: ``force, period_start, period_end``, both days included.
    strata : mapping of str to sequence of str
        By the name of a stratum, its groups. No group may be in two.
    hold_days : int
        How many days before the first and after the last snapshot the nearest headcount may stand
        for; zero refuses.
    breaks : DataFrame, optional
        Known breaks of a series: ``force, group, from, reason``. They change no number; the note
        names those between the first and the last snapshot that the period draws on.

    Returns
    -------
    DataFrame
        One row per force and stratum: ``force, stratum, period_start, period_end, days,
        person_years, held_days, gap_days, broken, note``. ``held_days`` are days of the period
        beyond the snapshots, ``gap_days`` the longest distance between neighbouring snapshots it
        draws on where that is more than a year, else zero; ``broken`` whether it draws on a series
        across one of its known breaks. A force without snapshots of a group has no person-years,
        and the note says so.

    Raises
    ------
    InvalidStudyError
        If periods or breaks break a rule.
    UsageError
        If a group is unknown, or a period reaches further beyond the snapshots than allowed; the
        message names each force.
    OverlapError
        If a group is in two strata.

    Examples
    --------
    >>> from foistats.forces.denominators.snapshots import read_snapshots
    >>> table = pd.DataFrame({"force": "A", "year": [2010, 2011], "group": "x"})
    >>> period = pd.DataFrame({"force": ["A"]})
    >>> period = period.assign(period_start="2010-04-01", period_end="2011-03-31")
    >>> snapshots = read_snapshots(table.assign(headcount=[100, 200]))
    >>> found = person_years(snapshots, period, strata={"all": ["x"]})
    >>> found[["force", "stratum", "days", "person_years"]].round(2)
      force stratum  days  person_years
    0     A     all   365        150.03
    """
    if hold_days < 0:
        raise UsageError(f"hold_days is {hold_days}; it must be a number of days, zero or more")
    asked = _checked(periods).merge(_members(strata, snapshots.groups), how="cross")
    answers = asked.assign(**HeadcountSeries(snapshots).answer(asked))
    _refuse_extrapolation(answers, hold_days)
    known = _breaks(answers, _checked_breaks(breaks, snapshots.groups))
    answers["broken"] = _any(known, len(answers))
    reasons = _reasons(answers, known)
    return _by_stratum(answers, reasons)


def _members(strata: Mapping[str, Sequence[str]], known: Sequence[str]) -> pd.DataFrame:
    rows = [(stratum, group) for stratum, groups in strata.items() for group in groups]
    members = pd.DataFrame(rows, columns=["stratum", "group"])
    empty = [stratum for stratum, groups in strata.items() if not len(groups)]
    if empty or not rows:
        raise UsageError(f"strata without a group: {', '.join(empty) or '(no strata)'}")
    for group in members["group"]:
        if group not in known and known:
            hint = did_you_mean(group, known)
            raise UsageError(f"no group '{group}'; there are {', '.join(known)}{hint}")
    again = sorted(members.loc[members["group"].duplicated(), "group"].unique())
    if again:
        raise OverlapError(f"groups counted twice by the strata: {', '.join(again)}; keep each one")
    return members


def _checked(periods: pd.DataFrame) -> pd.DataFrame:
    label = "periods"
    rules = {"force": NAME, "period_start": DATE, "period_end": DATE}
    check(periods, label, rules, key=("force",))
    start, end = day_number(periods["period_start"]), day_number(periods["period_end"])
    wrong = wrong_rows(periods, label, "period_end", end < start, "period_start or a later day")
    refuse(label, wrong)
    names = periods["force"].astype(str).to_numpy()
    return pd.DataFrame({"force": names, "start": start.astype(int), "end": end.astype(int)})


def _refuse_extrapolation(answers: pd.DataFrame, hold_days: int) -> None:
    beyond = answers[answers[["held_before", "held_after"]].max(axis=1) > hold_days]
    if beyond.empty:
        return
    said = [
        f"{row.force}, {row.group}: {row.held_before:.0f} days before the first snapshot, "
        f"{row.held_after:.0f} after the last"
        for row in beyond.head(5).itertuples()
    ]
    most = int(beyond[["held_before", "held_after"]].max(axis=None))
    raise UsageError(
        f"{len(beyond)} series end before their periods do; {hold_days} days may be held\n  "
        + "\n  ".join(said)
        + f"\nshorten the periods, or hold the nearest headcount: hold_days={most}"
    )


def _reasons(answers: pd.DataFrame, known: list[Reason]) -> list[Reason]:
    """Return, by force and group, what a reader must know about its person-years."""
    gaps = answers["gap_days"].to_numpy()
    mixed = answers["mixed"].to_numpy() & ~answers["broken"].to_numpy()
    return [
        (answers["person_days"].isna().to_numpy(), "no snapshot"),
        (_held(answers) > 0, _held_in_words(answers)),
        (gaps > 0, _texts(gaps) + " days between two snapshots"),
        (mixed, "zero at some snapshots and not at others"),
        *known,
    ]


def _any(reasons: Sequence[Reason], rows: int) -> Array:
    holding = [np.zeros(rows, dtype=bool), *(holds for holds, _ in reasons)]
    return np.asarray(np.logical_or.reduce(holding))


def _held_in_words(answers: pd.DataFrame) -> Array:
    """Say for how many days the nearest headcount stands in, at the ends where it does."""
    before, after = (answers[f"held_{end}"].to_numpy() for end in ("before", "after"))
    ends = notes(
        (before > 0, _texts(before) + " days before the first snapshot"),
        (after > 0, _texts(after) + " days after the last snapshot"),
    )
    return np.array([f"held {text.replace('; ', ' and ')}" for text in ends], dtype=object)


def _held(answers: pd.DataFrame) -> Array:
    return np.asarray((answers["held_before"] + answers["held_after"]).to_numpy())


def _texts(days: Array) -> Array:
    return np.nan_to_num(days).astype(int).astype(str).astype(object)


def _checked_breaks(breaks: pd.DataFrame | None, known: Sequence[str]) -> pd.DataFrame | None:
    if breaks is None:
        return None
    rules = {"force": NAME, "group": NAME, "from": DATE, "reason": NAME}
    check(breaks, "breaks", rules, key=("force", "group", "from"))
    wrong = ~np.asarray(breaks["group"].isin(known).to_numpy())
    refuse("breaks", wrong_rows(breaks, "breaks", "group", wrong, ", ".join(known)))
    return breaks


def _breaks(answers: pd.DataFrame, breaks: pd.DataFrame | None) -> list[Reason]:
    """Return where each known break lies within what a period draws on, and its words."""
    if breaks is None:
        return []
    first = np.minimum(answers["first_day"], answers["start"])
    last = np.maximum(answers["last_day"], answers["end"])
    found: list[Reason] = []
    days = day_number(breaks["from"])
    for row, day in zip(breaks.to_dict("records"), days, strict=True):
        same = (answers["force"] == row["force"]) & (answers["group"] == row["group"])
        holds = same & (first < day) & (day <= last)
        found.append((holds.to_numpy(), f"break from {as_date(day)} ({row['reason']})"))
    return found


def _by_stratum(answers: pd.DataFrame, reasons: Sequence[Reason]) -> pd.DataFrame:
    """Add the groups of a stratum; one of them unknown leaves the sum unknown."""
    answers["held_days"] = _held(answers)
    whole = answers.groupby(["force", "stratum"], sort=False)
    place = whole.ngroup().to_numpy()
    frame = whole[["start", "end"]].first().reset_index()
    days = np.bincount(place, weights=answers["person_days"].to_numpy(), minlength=len(frame))
    start, end = frame.pop("start"), frame.pop("end")
    longest = whole[["held_days", "gap_days", "broken"]].max().reset_index(drop=True)
    said = _said(place, answers["group"].to_numpy(), reasons)
    frame = frame.assign(
        period_start=_dates(start),
        period_end=_dates(end),
        days=end - start + 1,
        person_years=days / DAYS_PER_YEAR,
        held_days=longest["held_days"],
        gap_days=longest["gap_days"],
        broken=longest["broken"],
        note=notes((said != "", said), (days == 0, "nobody in these groups")),
    )
    return frame[COLUMNS]


def _said(place: Array, groups: Array, reasons: Sequence[Reason]) -> Array:
    """Return one note per stratum; a reason names its groups unless it holds for all of them."""
    of: dict[tuple[int, str], list[str]] = {}
    for holds, text in reasons:
        texts = np.broadcast_to(np.asarray(text, dtype=object), place.shape)
        for position in np.flatnonzero(holds):
            of.setdefault((place[position], texts[position]), []).append(groups[position])
    members = np.bincount(place)
    said = np.full(len(members), "", dtype=object)
    for (stratum, text), named in of.items():
        prefix = "" if len(named) == members[stratum] else f"{', '.join(named)}: "
        said[stratum] += "; " * bool(said[stratum]) + prefix + text
    return said


def _dates(days: pd.Series) -> Array:
    return np.asarray(days.to_numpy().astype("datetime64[D]").astype(str).astype(object))
