"""Who could have been counted: a study's headcounts, their known breaks, and whom sources cover.

``[files] workforce`` of ``study.toml`` names a table ``force, year, role_group, headcount`` (or
``date`` in place of ``year``), ``[files] breaks`` one of ``force, role_group, from, reason``::

    [workforce]
    day       = "03-31"                # of every year's headcount
    hold_days = 92                     # days beyond the snapshots that the nearest may stand in for

    [[workforce.readings]]             # the first is the primary one
    label  = "without volunteers"
    strata = { warden = ["full_time", "part_time"], clerk = ["clerical"] }

    [workforce.populations]            # the strata that a group's word for its population covers
    everybody = ["warden", "clerk"]

Strata are named by the roles of the study's grouping, since the rates of the whole survey are known
by role. Every reading names groups for each role that a population covers: a role without
person-years would put its cases over those of others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from foistats.errors import Finding, InvalidStudyError, UsageError, did_you_mean
from foistats.forces.denominators.snapshots import Snapshots, read_snapshots
from foistats.forces.study.workforce_rules import (
    BREAKS,
    DAY,
    HEADCOUNTS,
    is_day,
    uncounted_groups,
    wrong_breaks,
    wrong_settings,
)
from foistats.study import Study
from foistats.tables import Field, read_table


@dataclass(frozen=True)
class Reading:
    """One way to share out a workforce among the roles.

    Attributes
    ----------
    label : str
        What it is called in reports.
    strata : mapping of str to tuple of str
        By role, the groups of the workforce that belong to it; no group in two.
    """

    label: str
    strata: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Workforce:
    """A study's headcounts and how they are read.

    Attributes
    ----------
    snapshots : Snapshots
    breaks : DataFrame
        Known breaks of series: ``force, group, from, reason``; may be empty.
    readings : tuple of Reading
        The first is the primary one.
    populations : mapping of str to tuple of str
        By the word of a group of cases, the roles it covers.
    hold_days : int
        For how many days of a period, beyond the snapshots, the nearest headcount may stand in.
    """

    snapshots: Snapshots
    breaks: pd.DataFrame
    readings: tuple[Reading, ...]
    populations: Mapping[str, tuple[str, ...]]
    hold_days: int = 0

    def reading(self, label: str = "") -> Reading:
        """Return a reading by its label, the primary one without; refuse one there is not."""
        for reading in self.readings:
            if label in ("", reading.label):
                return reading
        known = [reading.label for reading in self.readings]
        raise UsageError(
            f"no reading '{label}' of the workforce; there are {', '.join(known)}"
            f"{did_you_mean(label, known)}"
        )


def read_workforce(study: Study) -> Workforce | None:
    """Read a study's workforce; None if the study names no file of it.

    Raises
    ------
    InvalidStudyError
        With every finding: the files' rows, or the entries of ``study.toml``.
    """
    if "workforce" not in study.files:
        if study.workforce or "breaks" in study.files:
            missing = Finding(
                study.label("study.toml"), 0, "[files]", "no workforce", "workforce = a CSV file"
            )
            raise InvalidStudyError(study.folder.name, [missing])
        return None
    frame, findings = _table(study, "workforce", HEADCOUNTS)
    breaks, wrong = _breaks(study)
    if frame.empty and not findings:
        file = study.files["workforce"].name
        findings = [Finding(file, 0, "", "no rows", "a row for each force, day and group")]
    unreadable = [*findings, *wrong]
    shapes = list(wrong_settings(study))
    snapshots, disordered = (None, []) if findings else _snapshots(study, frame)
    findings = [*unreadable, *shapes, *disordered]
    if not unreadable and not shapes:
        groups = sorted(frame["role_group"].unique())
        findings += [*uncounted_groups(study, groups), *wrong_breaks(study, breaks, frame)]
    if findings or snapshots is None:
        raise InvalidStudyError(study.folder.name, findings)
    settings = study.workforce
    return Workforce(
        snapshots=snapshots,
        breaks=breaks.rename(columns={"role_group": "group"}),
        readings=tuple(
            Reading(entry["label"], {r: tuple(g) for r, g in entry["strata"].items()})
            for entry in settings["readings"]
        ),
        populations={word: tuple(roles) for word, roles in settings["populations"].items()},
        hold_days=settings.get("hold_days", 0),
    )


def _table(
    study: Study, name: str, fields: Mapping[str, Field]
) -> tuple[pd.DataFrame, list[Finding]]:
    path = study.files[name]
    return read_table(path, path.name, fields)


def _breaks(study: Study) -> tuple[pd.DataFrame, list[Finding]]:
    if "breaks" not in study.files:
        return pd.DataFrame(columns=list(BREAKS), dtype=str), []
    return _table(study, "breaks", BREAKS)


def _snapshots(study: Study, frame: pd.DataFrame) -> tuple[Snapshots | None, list[Finding]]:
    """Return the headcounts, or the rows that are wrong, numbered as in the file."""
    label, day = study.files["workforce"].name, study.workforce.get("day", DAY)
    when = "date" if frame["date"].ne("").any() else "year"
    known = frame.assign(headcount=frame["headcount"].replace("", None))
    table = known[["force", when, "role_group", "headcount"]].reset_index(drop=True)
    try:
        day = day if is_day(day) else DAY
        return read_snapshots(table, group="role_group", day=day, label=label), []
    except InvalidStudyError as fault:
        rows = list(frame.index)
        return None, [
            replace(found, row=int(rows[found.row - 2]) if found.row > 1 else found.row)
            for found in fault.findings
        ]
