"""Why a survey cannot be set against the study's primary one: in what they differ, one by one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from itertools import product

import pandas as pd

from foistats.describe import period_words, spaced
from foistats.forces.study.answers import asked_for
from foistats.forces.study.survey_groups import ENDS, RULE, Survey, joined
from foistats.forces.study.survey_words import selection, unit_words
from foistats.register import Register
from foistats.rules import periods_meet

PRIMARY = "it is the primary survey"


def differences(register: Register, survey: Survey, primary: Survey) -> list[str]:
    """Say in what a survey differs from the primary one, and where it may hold the same cases."""
    if survey is primary:
        return [PRIMARY]
    asked = asked_for(register)
    words = unit_words(register)
    units = [words[unit][1] for unit in survey.in_order("unit")]
    unit = [words[asked["unit"]][1]] if asked["unit"] else []
    populations = [spaced(population) for population in survey.in_order("population")]
    population = [spaced(asked["population"])] if asked["population"] else []
    found = [
        _another_request(survey, primary),
        _another("unit", units, unit),
        _another("population", populations, population),
        _another("area", survey.areas, primary.areas) if survey.areas else "",
        _another_period(survey, primary),
        _same_cases(register, survey, primary),
        _not_all(survey),
    ]
    return [difference for difference in found if difference]


def _another_request(survey: Survey, primary: Survey) -> str:
    asked_by = survey.entry["asked_by"]
    if not asked_by or asked_by == primary.entry["asked_by"]:
        return "another request"
    return f"another request (asked by: {asked_by})"


def _another(noun: str, here: Iterable[str], there: Iterable[str]) -> str:
    here, there = list(here), list(there)
    if here == there:
        return ""
    partly = "partly " if set(here) & set(there) else ""
    return f"{partly}another {noun}: {joined(here)} (primary: {joined(there) or 'not stated'})"


def _another_period(survey: Survey, primary: Survey) -> str:
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


def _same_cases(register: Register, survey: Survey, primary: Survey) -> str:
    pairs = product(survey.all["group"], primary.all["group"])
    shared = any(register.may_share_cases(one, other) for one, other in pairs)
    return "may hold some of the same cases" if shared else ""


def _not_all(survey: Survey) -> str:
    found = selection(survey)
    return "" if found == RULE else found
