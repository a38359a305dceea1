"""What ``[workforce]`` of ``study.toml`` and the files it goes with may hold."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from foistats.errors import Finding, did_you_mean
from foistats.study import Study
from foistats.tables import Field, date, identifier, name, text

DAY = "03-31"
HEADCOUNTS: Mapping[str, Field] = {
    "force": name(),
    "year": text(""),
    "date": date(default=""),
    "role_group": identifier(),
    "headcount": Field(
        lambda found: re.fullmatch(r"[0-9]{0,9}", found) is not None,
        "a whole number, zero or more, without signs or separators; empty where it is not known, "
        "which is not zero",
    ),
    "fte": text(""),
}
BREAKS: Mapping[str, Field] = {
    "force": name(),
    "role_group": identifier(),
    "from": date(),
    "reason": name(),
}
_SETTINGS = "[workforce]"


def is_day(found: str) -> bool:
    """Whether a text is the month and day of every year."""
    try:
        return dt.date.fromisoformat(f"2001-{found}").isoformat() == f"2001-{found}"
    except ValueError:
        return False


def wrong_settings(study: Study) -> Iterator[Finding]:
    """Yield what is wrong with the shape of ``[workforce]``."""
    settings, label = study.workforce, study.label("study.toml")
    roles = study.roles.grouping(study.analysis.roles).ids
    readings, populations = settings.get("readings", []), settings.get("populations", {})
    if not readings or not populations:
        found = "no readings" if not readings else "no populations"
        allowed = "[[workforce.readings]] and [workforce.populations]"
        yield Finding(label, 0, _SETTINGS, found, allowed)
    held, day = settings.get("hold_days", 0), settings.get("day", DAY)
    if isinstance(held, bool) or held < 0:
        allowed = "a number of days, zero or more"
        yield Finding(label, 0, f"{_SETTINGS} hold_days", str(held).lower(), allowed)
    if not is_day(day):
        allowed = "a month and day of every year, such as 03-31"
        yield Finding(label, 0, f"{_SETTINGS} day", day or "(empty)", allowed)
    for entry in readings:
        if not _is_reading(entry):
            shape = "label = …, strata = { role = [ groups ], … }, no group twice"
            yield Finding(label, 0, "[[workforce.readings]]", repr(entry), shape)
        else:
            where = f"[[workforce.readings]] {entry['label']}"
            said = Finding(label, 0, where, "", "")
            yield from _unknown(entry["strata"], roles, said)
            yield from _left_out(entry["strata"], populations, roles, said)
    labels = [entry["label"] for entry in readings if _is_reading(entry)]
    for again in sorted({again for again in labels if labels.count(again) > 1}):
        yield Finding(label, 0, "[[workforce.readings]]", f"{again}, twice", "each label once")
    for word, covered in populations.items():
        where = f"[workforce.populations] {word}"
        if not _texts(covered):
            yield Finding(label, 0, where, repr(covered), "a list of roles")
        else:
            yield from _unknown(covered, roles, Finding(label, 0, where, "", ""))


def _is_reading(entry: Any) -> bool:
    if not (isinstance(entry, dict) and entry.keys() == {"label", "strata"}):
        return False
    strata = entry["strata"]
    if not (isinstance(strata, dict) and strata and all(map(_texts, strata.values()))):
        return False
    groups = [group for members in strata.values() for group in members]
    label = entry["label"]
    return isinstance(label, str) and bool(label.strip()) and len(set(groups)) == len(groups)


def _texts(value: Any) -> bool:
    listed = isinstance(value, list) and bool(value)
    return listed and all(isinstance(text, str) and text.strip() for text in value)


def _unknown(
    found: Sequence[str] | Mapping[str, Any], known: Sequence[str], where: Finding
) -> Iterator[Finding]:
    for word in found:
        if word not in known:
            allowed = ", ".join(known) + did_you_mean(word, known)
            yield Finding(where.file, where.row, where.column, word, allowed)


def _left_out(
    strata: Mapping[str, Any], populations: Mapping[str, Any], roles: Sequence[str], where: Finding
) -> Iterator[Finding]:
    """Yield the roles that a population covers and a reading has no groups for."""
    for word, covered in populations.items():
        for role in covered if _texts(covered) else ():
            if role in roles and role not in strata:
                allowed = f"groups for it: [workforce.populations] {word} covers it"
                yield replace(where, found=f"no {role}", allowed=allowed)


def uncounted_groups(study: Study, groups: Sequence[str]) -> Iterator[Finding]:
    """Yield groups of the readings that the workforce does not count."""
    for entry in study.workforce["readings"]:
        where = Finding(
            study.label("study.toml"), 0, f"[[workforce.readings]] {entry['label']}", "", ""
        )
        for members in entry["strata"].values():
            yield from _unknown(members, groups, where)


def wrong_breaks(study: Study, breaks: pd.DataFrame, frame: pd.DataFrame) -> Iterator[Finding]:
    """Yield breaks of forces and groups that are not counted, without a day, or named twice."""
    forces, groups = (sorted(frame[name].unique()) for name in ("force", "role_group"))
    again = breaks.duplicated(["force", "role_group", "from"])
    for row, force, group, day in breaks[["force", "role_group", "from"]].itertuples():
        where = Finding(study.files["breaks"].name, int(row), "role_group", "", "")
        yield from _unknown([group], groups, where)
        yield from _unknown([force], forces, replace(where, column="force"))
        if not day:
            yield Finding(where.file, where.row, "from", "(empty)", "a date such as 2012-03-31")
        if again[row]:
            yield Finding(where.file, where.row, "force", force, "each break once")
