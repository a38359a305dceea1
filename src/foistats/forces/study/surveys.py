"""Surveys of several years side by side: never added, without trend line or ratio.

Another survey is another request: it may count another unit, of other people, over another period,
or ask only about cases with some outcome. A difference between two surveys mixes all of these, and
where their periods meet they may hold the same cases. Each survey therefore stands with its own
figures and with the reasons why they cannot be set against those of the study's primary survey.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from foistats.describe import heading, number, period_words, spaced
from foistats.errors import UsageError, did_you_mean
from foistats.forces.study.survey_differences import differences
from foistats.forces.study.survey_groups import (
    ENDS,
    RULE,
    Survey,
    by_period,
    groups_of_cases,
    joined,
    read_surveys,
    selected,
)
from foistats.forces.study.survey_words import (
    NO_COUNT,
    NONE_PRINTED,
    counted,
    quantity,
    said,
    selection,
    unit_words,
    without_total,
)
from foistats.register import Register

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
    surveys = read_surveys(register)
    primary = surveys[register.study.analysis.survey]
    rows = [_row(register, survey, primary) for survey in surveys.values() if len(survey.all)]
    frame = pd.DataFrame(rows, columns=SURVEYS)
    return by_period(frame, "survey")


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
    """Return `surveys_side_by_side` with columns for readers, without ids.

    Where no total is printed, a column says what the counts come to and of how many forces.
    """
    frame = surveys_side_by_side(register)
    columns = {
        "Survey": frame["label"],
        "Asked by": frame["asked_by"].replace("", "not stated"),
        "Period": [period_words(*ends) for ends in frame[ENDS].itertuples(index=False)],
        "Unit": frame["units"],
        "Whom it covers": frame["populations"],
        f"{heading(register.study.words['force'][1])} with a count": frame["forces_with_count"],
        "Printed total": frame["total"],
        "Counted where no total is printed": [
            without_total(register, survey) for survey in frame.itertuples()
        ],
        "Selection": frame["selection"],
        "Not comparable with the primary survey because": frame["why_not"],
    }
    return pd.DataFrame(columns)


def table_of_forces(register: Register, force: str | None = None) -> pd.DataFrame:
    """Return `forces_across_surveys`, or `force_in_surveys` of one force, for readers.

    No ids; a period "of this count" is not that of the whole survey; sources by their publishers,
    and the register's reason where a group is a part or picked (of a picked group the count may be
    whole, and only what is printed beside it chosen).
    """
    frame = _several(register) if force is None else _one(register, force)
    words = unit_words(register)
    columns = {
        heading(register.study.words["force"][0]): frame["force"],
        "Survey": frame["label"],
        "Period": _periods(register, frame),
        "Unit": [words[unit][1] for unit in frame["unit"]],
        "Whom it covers": [spaced(population) for population in frame["population"]],
        "Count": frame["count"],
        "Selection": [_with_reason(group) for group in frame.itertuples()],
        "Source": [_published_by(register, sources) for sources in frame["source"]],
        "May hold the same cases as": frame["overlaps"],
    }
    return pd.DataFrame(columns)


def _row(register: Register, survey: Survey, primary: Survey) -> tuple[object, ...]:
    start, end = survey.period
    totals = [quantity(register, group) for group in survey.totals.itertuples()]
    total = joined(totals) or NONE_PRINTED
    added = counted(register, survey)
    words = unit_words(register)
    return (
        survey.entry["survey"],
        survey.entry["title"],
        survey.entry["asked_by"],
        start,
        end,
        bool(start and not end),
        joined(words[unit][1] for unit in survey.in_order("unit")),
        joined(spaced(population) for population in survey.in_order("population")),
        survey.forces,
        total,
        added,
        selection(survey),
        said(register, survey, total, added),
        "; ".join(differences(register, survey, primary)),
    )


def _periods(register: Register, groups: pd.DataFrame) -> list[str]:
    """Return the periods of groups in words, marked where their survey has another."""
    whole = {name: survey.period for name, survey in read_surveys(register).items()}
    return [
        period_words(start, end) + " (of this count)" * ((start, end) != whole[survey])
        for survey, start, end in groups[["survey", *ENDS]].itertuples(index=False)
    ]


def _with_reason(group: Any) -> str:
    found = selected(group.coverage, group.disclosure)
    return found if found == RULE else f"{found} ({group.reason})"


def _several(register: Register) -> pd.DataFrame:
    """Return the rows of `forces_across_surveys`, with every column of a group."""
    groups = groups_of_cases(register)
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
    groups = groups_of_cases(register)
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
    return by_period(frame, "survey", "unit", "group", first=("force",))


def _overlaps(register: Register, group: Any, groups: pd.DataFrame, labels: pd.Series) -> str:
    """Name the surveys of a force that may hold cases of one of its groups."""
    words = unit_words(register)
    others = groups[(groups["force"] == group.force) & (groups["group"] != group.group)]
    found = [
        labels[other.survey]
        if other.survey != group.survey
        else f"the same survey, in {words[other.unit][1]}"
        for other in others.itertuples()
        if register.may_share_cases(group.group, other.group)
    ]
    return "; ".join(dict.fromkeys(found)) or "none"


def _published_by(register: Register, sources: str) -> str:
    publishers = register.sources.set_index("source")["publisher"]
    return joined(publishers[source] or "not stated" for source in sources.split(", "))
