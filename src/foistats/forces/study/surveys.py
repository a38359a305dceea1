"""Surveys of several years side by side: never added, without trend line or ratio.

Another survey is another request: it may count another unit, of other people, over another period,
or ask only about cases with some outcome. A difference between two surveys mixes all of these, and
where their periods meet they may hold the same cases. Each survey therefore stands with its own
figures and with the reasons why they cannot be set against those of the study's primary survey.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

import pandas as pd

from foistats.describe import number
from foistats.errors import OverlapError, UsageError, did_you_mean
from foistats.forces.study.answers import asked_for
from foistats.register import Register
from foistats.rules import enclosing, periods_meet

NONE_PRINTED = "none printed"
NO_COUNT = "no total in print"
NOT_ADDED = "not added"
RULE, PART, PICKED = "all by a rule", "part of the cases", "picked on the outcome"
PRIMARY = "it is the primary survey"
ENDS = ["period_start", "period_end"]
SURVEYS = [
    "survey", "label", "asked_by", *ENDS, "open_end", "units", "populations", "forces_with_count",
    "total", "counted", "selection", "said", "why_not",
]  # fmt: skip
FORCES = [
    "force", "survey", "label", *ENDS, "unit", "population", "count", "coverage", "disclosure",
    "source", "overlaps",
]  # fmt: skip


def surveys_side_by_side(register: Register) -> pd.DataFrame:
    """Return the surveys that have figures in print, each on its own.

    Returns
    -------
    DataFrame
        One row per survey with a group of cases, by start of its period, those without one last:
        ``survey, label, asked_by``; ``period_start, period_end`` (dates; empty if not stated) and
        ``open_end`` (whether only the end is not stated); ``units, populations`` (of its counts,
        joined by commas, in the words of the data); ``forces_with_count`` (a number of forces);
        ``total`` (what it printed of the area that contains all its others, or "none printed");
        ``counted`` (the sum of the counts of its forces where they may be added, or why not);
        ``selection`` (of its counts: all by a rule, part of the cases, picked on the outcome);
        ``said`` (its figures in a few words); ``why_not`` (why there is no ratio or trend between
        it and the primary survey). A survey of which only parts are in print is described by them.
    """
    surveys = _surveys(register)
    primary = surveys[register.study.analysis.survey]
    rows = [_row(register, survey, primary) for survey in surveys.values() if len(survey.all)]
    frame = pd.DataFrame(rows, columns=SURVEYS)
    return _by_period(frame, "survey")


def forces_across_surveys(register: Register) -> pd.DataFrame:
    """Return the counts of the forces that have one in two surveys or more; they are never added.

    Returns
    -------
    DataFrame
        One row per force and group with a count, by force and period: ``force, survey, label,
        period_start, period_end`` (of the group; empty if not stated), ``unit, population, count``
        (in words: ``12``, ``1 to 4``, ``999 or more``), ``coverage, disclosure, source`` (of the
        count) and ``overlaps``: the other surveys of the force, or other counts of the same
        survey, that may hold the same cases; "none" if there are none.
    """
    return _several(register)[FORCES]


def force_in_surveys(register: Register, force: str) -> pd.DataFrame:
    """Return every group of cases of one force in any survey.

    Returns
    -------
    DataFrame
        As `forces_across_surveys`; the ``count`` of a group of which only parts are in print is
        "no total in print", and its ``source`` names the sources of the parts.

    Raises
    ------
    UsageError
        If the register knows no such force.
    """
    return _one(register, force)[FORCES]


def table_of_surveys(register: Register) -> pd.DataFrame:
    """Return `surveys_side_by_side` with columns for readers, without ids."""
    frame = surveys_side_by_side(register)
    columns = {
        "Survey": frame["label"],
        "Asked by": frame["asked_by"].replace("", "not stated"),
        "Period": _periods(frame),
        "Unit": frame["units"],
        "Whom it covers": frame["populations"],
        f"{_heading(register.study.words['force'][1])} with a count": frame["forces_with_count"],
        "Printed total": frame["total"],
        "Selection": frame["selection"],
        "Not comparable with the primary survey because": frame["why_not"],
    }
    return pd.DataFrame(columns)


def table_of_forces(register: Register, force: str | None = None) -> pd.DataFrame:
    """Return `forces_across_surveys`, or `force_in_surveys` of one force, for readers.

    No ids; sources by their publishers, and the register's reason where a group is a part or picked
    (of a picked group the count may be whole, and only what is printed beside it chosen).
    """
    frame = _several(register) if force is None else _one(register, force)
    words = _unit_words(register)
    columns = {
        _heading(register.study.words["force"][0]): frame["force"],
        "Survey": frame["label"],
        "Period": _periods(frame),
        "Unit": [words[unit][1] for unit in frame["unit"]],
        "Whom it covers": [_plain(population) for population in frame["population"]],
        "Count": frame["count"],
        "Selection": [_with_reason(group) for group in frame.itertuples()],
        "Source": [_published_by(register, sources) for sources in frame["source"]],
        "May hold the same cases as": frame["overlaps"],
    }
    return pd.DataFrame(columns)


def period_words(start: str, end: str) -> str:
    """Say a period whose ends may not be stated.

    Examples
    --------
    >>> period_words("2009-01-01", "2014-02-17")
    '2009-01-01 to 2014-02-17'
    >>> period_words("2015-01-01", "")
    'from 2015, end not stated'
    >>> period_words("", "")
    'not stated'
    """
    if start and end:
        return f"{start} to {end}"
    if start:
        return f"from {start.removesuffix('-01-01')}, end not stated"
    return f"until {end}, start not stated" if end else "not stated"


@dataclass(frozen=True, eq=False)
class _Survey:
    """A survey, its groups of cases, and the area that contains all of them."""

    entry: pd.Series
    all: pd.DataFrame
    areas: tuple[str, ...]

    @cached_property
    def groups(self) -> pd.DataFrame:
        """What describes the survey: its groups with a count, or all if none has one."""
        counted = self.all[self.all["counted"]]
        return counted if len(counted) else self.all

    @cached_property
    def period(self) -> tuple[str, str]:
        """Its start and end; what the survey does not state, its groups may state as one."""
        start, end = (self._stated(column) for column in ENDS)
        return start, end

    def _stated(self, column: str) -> str:
        """Return what the survey states, or else all its groups alike."""
        found = set(self.groups[column])
        alike = found.pop() if len(found) == 1 else ""
        return str(self.entry[column] or alike)

    @cached_property
    def totals(self) -> pd.DataFrame:
        """The printed counts of the area that contains all others."""
        return self.all[self.all["counted"] & self.all["force"].isin(self.areas)]

    @cached_property
    def forces(self) -> int:
        """How many forces have a count."""
        counted = self.all[self.all["counted"] & (self.all["kind"] == "force")]
        return int(counted["force"].nunique())


def _groups(register: Register) -> pd.DataFrame:
    """Return every group with the kind of its area and its printed total, if there is one."""
    statements = register.statements
    total = statements["part"] == "total"
    totals = statements.loc[total, ["group", "n_low", "n_high", "source"]]
    totals = totals.astype({"n_low": "Int64", "n_high": "Int64"})
    sources = statements.groupby("group")["source"].agg(_joined)
    frame = register.groups.merge(totals, on="group", how="left")
    frame["counted"] = frame["n_low"].notna()
    frame["source"] = frame["source"].where(frame["counted"], frame["group"].map(sources))
    kinds = register.forces.set_index("force")["kind"]
    return frame.assign(kind=frame["force"].map(kinds))


def _surveys(register: Register) -> dict[str, _Survey]:
    groups = _groups(register)
    within = dict(zip(register.forces["force"], register.forces["within"], strict=True))
    found = {}
    for _, entry in register.surveys.iterrows():
        mine = groups[groups["survey"] == entry["survey"]]
        areas = set(mine.loc[mine["kind"] != "force", "force"])
        holding = tuple(
            area
            for area in sorted(areas)
            if all(area == other or area in enclosing(other, within) for other in mine["force"])
        )
        found[entry["survey"]] = _Survey(entry, mine, holding)
    return found


def _row(register: Register, survey: _Survey, primary: _Survey) -> tuple[object, ...]:
    start, end = survey.period
    totals = [_quantity(register, group) for group in survey.totals.itertuples()]
    total = _joined(totals) or NONE_PRINTED
    counted = _counted(register, survey)
    words = _unit_words(register)
    return (
        survey.entry["survey"],
        survey.entry["title"],
        survey.entry["asked_by"],
        start,
        end,
        bool(start and not end),
        _joined(words[unit][1] for unit in _in_order(survey, "unit")),
        _joined(_plain(population) for population in _in_order(survey, "population")),
        survey.forces,
        total,
        counted,
        _selection(survey.groups),
        _said(register, survey, total, counted),
        "; ".join(_differences(register, survey, primary)),
    )


def _in_order(survey: _Survey, column: str) -> list[str]:
    """Return what a survey's counts have in a column, the survey's own and the commonest first."""
    found = survey.groups[column].value_counts()
    own = survey.entry.get(column, "")
    return sorted(found.index, key=lambda value: (value != own, -found[value], value))


def _counted(register: Register, survey: _Survey) -> str:
    try:
        counts = register.counts(survey.entry["survey"])
    except OverlapError as error:
        return f"{NOT_ADDED}: {error}"
    if counts.empty:
        unit = " in its unit" if survey.forces else ""
        return f"no {register.study.words['force'][0]} with a count{unit}"
    ends = counts[["n_low", "n_high"]].sum()
    return _amount(register, counts["unit"].iloc[0], *(int(end) for end in ends))


def _said(register: Register, survey: _Survey, total: str, counted: str) -> str:
    if not survey.all["counted"].any():
        return f"{NO_COUNT}, only parts"
    singular, plural = register.study.words["force"]
    with_count = f"{survey.forces or 'no'} {singular if survey.forces < 2 else plural} with a count"
    if total != NONE_PRINTED:
        return f"{total}; {with_count}"
    if not survey.forces:
        return "counts of areas that do not contain all others"
    if counted.startswith(NOT_ADDED):
        return f"{with_count}, {NOT_ADDED}"
    return f"{counted}; {with_count}"


def _differences(register: Register, survey: _Survey, primary: _Survey) -> list[str]:
    """Say in what a survey differs from the primary one, and where it may hold the same cases."""
    if survey is primary:
        return [PRIMARY]
    asked = asked_for(register)
    words = _unit_words(register)
    units = [words[unit][1] for unit in _in_order(survey, "unit")]
    unit = [words[asked["unit"]][1]] if asked["unit"] else []
    populations = [_plain(population) for population in _in_order(survey, "population")]
    population = [_plain(asked["population"])] if asked["population"] else []
    found = [
        _another_request(survey, primary),
        _another("unit", units, unit),
        _another("population", populations, population),
        _another("area", survey.areas, primary.areas) if survey.areas else "",
        _another_period(survey, primary),
        _same_cases(register, survey, primary),
        _not_all(survey.groups),
    ]
    return [difference for difference in found if difference]


def _another_request(survey: _Survey, primary: _Survey) -> str:
    asked_by = survey.entry["asked_by"]
    if not asked_by or asked_by == primary.entry["asked_by"]:
        return "another request"
    return f"another request (asked by: {asked_by})"


def _another(noun: str, here: Iterable[str], there: Iterable[str]) -> str:
    here, there = list(here), list(there)
    if here == there:
        return ""
    partly = "partly " if set(here) & set(there) else ""
    return f"{partly}another {noun}: {_joined(here)} (primary: {_joined(there) or 'not stated'})"


def _another_period(survey: _Survey, primary: _Survey) -> str:
    """Say how two periods differ: by their lengths where all ends are stated."""
    here, there = survey.period, primary.period
    if not all(here + there):
        meet = periods_meet(pd.Series(here, ENDS), pd.Series(there, ENDS))
        apart = "" if meet else ", no day in common"
        return f"period: {period_words(*here)} (primary: {period_words(*there)}){apart}"
    if here != there:
        common = _length(max(here[0], there[0]), min(here[1], there[1]))
        return f"another period: {_length(*here)} (primary: {_length(*there)}), {common} in common"
    alike = len(survey.groups[ENDS].drop_duplicates()) < 2
    return "" if alike else "periods differ between its counts"


def _length(start: str, end: str) -> str:
    """Say the length of a period: in years of 365.25 days, below one in days."""
    days = max((dt.date.fromisoformat(end) - dt.date.fromisoformat(start)).days + 1, 0)
    if days < 365:
        return f"{days or 'no'} {'day' if days < 2 else 'days'}"
    return f"{days / 365.25:.1f} years"


def _same_cases(register: Register, survey: _Survey, primary: _Survey) -> str:
    pairs = product(survey.all["group"], primary.all["group"])
    shared = any(register.may_share_cases(one, other) for one, other in pairs)
    return "may hold some of the same cases" if shared else ""


def _not_all(groups: pd.DataFrame) -> str:
    selection = _selection(groups)
    return "" if selection == RULE else selection


def _selection(groups: pd.DataFrame) -> str:
    """Say how counts were selected; where they differ, how many of them in which way.

    Where only some are picked, the register does not say whether the count was, or only what is
    printed beside it; the words leave it open.
    """
    found = [
        _selected(*marks) for marks in zip(groups["coverage"], groups["disclosure"], strict=True)
    ]
    kinds = {RULE: RULE, PART: PART, PICKED: "what is printed picked on the outcome"}
    if len(set(found)) == 1:
        return found[0]
    return ", ".join(
        f"{words}: {found.count(kind)} of {len(found)} counts"
        for kind, words in kinds.items()
        if kind in found
    )


def _selected(coverage: str, disclosure: str) -> str:
    if disclosure == "picked":
        return PICKED
    return PART if coverage == "part" else RULE


def _with_reason(group: Any) -> str:
    selected = _selected(group.coverage, group.disclosure)
    return selected if selected == RULE else f"{selected} ({group.reason})"


def _several(register: Register) -> pd.DataFrame:
    """Return the rows of `forces_across_surveys`, with every column of a group."""
    groups = _groups(register)
    counted = groups[groups["counted"] & (groups["kind"] == "force")]
    surveys = counted.groupby("force")["survey"].nunique()
    several = list(surveys.index[surveys > 1])
    rows = _rows_of_forces(register, groups[groups["force"].isin(several)])
    return rows[rows["counted"]].reset_index(drop=True)


def _one(register: Register, force: str) -> pd.DataFrame:
    """Return the rows of `force_in_surveys`, with every column of a group."""
    known = list(register.forces["force"])
    if force not in known:
        noun = register.study.words["force"][0]
        raise UsageError(f"the register has no {noun} '{force}'{did_you_mean(force, known)}")
    groups = _groups(register)
    return _rows_of_forces(register, groups[groups["force"] == force])


def _rows_of_forces(register: Register, groups: pd.DataFrame) -> pd.DataFrame:
    labels = register.surveys.set_index("survey")["title"]
    frame = groups.assign(
        label=groups["survey"].map(labels),
        count=[
            number(int(group.n_low), int(group.n_high)) if group.counted else NO_COUNT
            for group in groups.itertuples()
        ],
        overlaps=[_overlaps(register, group, groups, labels) for group in groups.itertuples()],
    )
    return _by_period(frame, "survey", "unit", "group", first=("force",))


def _overlaps(register: Register, group: Any, groups: pd.DataFrame, labels: pd.Series) -> str:
    """Name the surveys of a force that may hold cases of one of its groups."""
    words = _unit_words(register)
    others = groups[(groups["force"] == group.force) & (groups["group"] != group.group)]
    found = [
        labels[other.survey]
        if other.survey != group.survey
        else f"the same survey, in {words[other.unit][1]}"
        for other in others.itertuples()
        if register.may_share_cases(group.group, other.group)
    ]
    return "; ".join(dict.fromkeys(found)) or "none"


def _by_period(frame: pd.DataFrame, *then: str, first: tuple[str, ...] = ()) -> pd.DataFrame:
    """Sort by the start and end of periods; what is not stated comes last."""
    last = frame.assign(**{end: frame[end].replace("", "~") for end in ENDS})
    order = last.sort_values([*first, *ENDS, *then]).index
    return frame.loc[order].reset_index(drop=True)


def _periods(frame: pd.DataFrame) -> list[str]:
    return [period_words(*ends) for ends in frame[ENDS].itertuples(index=False)]


def _quantity(register: Register, group: Any) -> str:
    said = _amount(register, group.unit, int(group.n_low), int(group.n_high))
    selected = _selected(group.coverage, group.disclosure)
    return said if selected == RULE else f"{said} ({selected})"


def _amount(register: Register, unit: str, low: int, high: int) -> str:
    singular, plural = _unit_words(register)[unit]
    return f"{number(low, high)} {singular if low == high == 1 else plural}"


def _unit_words(register: Register) -> dict[str, tuple[str, str]]:
    """Return what one and several of a unit are called."""
    return {
        "case": register.study.words["case"],
        "person": ("person", "people"),
        "complaint": ("complaint", "complaints"),
        "allegation": ("allegation", "allegations"),
    }


def _published_by(register: Register, sources: str) -> str:
    publishers = register.sources.set_index("source")["publisher"]
    return _joined(publishers[source] or "not stated" for source in sources.split(", "))


def _heading(words: str) -> str:
    return words[:1].upper() + words[1:]


def _joined(texts: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(texts))


def _plain(population: str) -> str:
    return population.replace("_", " ")
