"""Surveys in words: what they counted, and how that was selected."""

from __future__ import annotations

from typing import Any

from foistats.describe import number
from foistats.errors import OverlapError
from foistats.forces.study.survey_groups import PART, PICKED, RULE, Survey, selected
from foistats.register import Register

NONE_PRINTED = "none printed"
NO_COUNT = "no total in print"
NOT_ADDED = "not added"


def counted(register: Register, survey: Survey) -> str:
    """Say the sum of the counts of a survey's forces, or why there is none."""
    try:
        counts = register.counts(survey.entry["survey"])
    except OverlapError as error:
        return f"{NOT_ADDED}: {error}"
    if counts.empty:
        unit = " in its unit" if survey.forces else ""
        return f"no {register.study.words['force'][0]} with a count{unit}"
    ends = counts[["n_low", "n_high"]].sum()
    return amount(register, counts["unit"].iloc[0], *(int(end) for end in ends))


def said(register: Register, survey: Survey, total: str, counted: str) -> str:
    """Say what a survey found in a few words: its total, or else the sum of its counts."""
    if not survey.all["counted"].any():
        picked = PICKED if survey.selection == PICKED else RULE
        return with_selection(f"{NO_COUNT}, only parts", picked)
    singular, plural = register.study.words["force"]
    with_count = f"{survey.forces or 'no'} {singular if survey.forces < 2 else plural} with a count"
    if total != NONE_PRINTED:
        return f"{total}; {with_count}"
    if not survey.forces:
        return with_selection("counts of areas that do not contain all others", survey.selection)
    if counted.startswith(NOT_ADDED):
        return with_selection(f"{with_count}, {NOT_ADDED}", survey.selection)
    return f"{with_selection(counted, survey.selection)}; {with_count}"


def without_total(register: Register, survey: Any) -> str:
    """Say what a survey without a printed total counted, and of how many forces.

    Parameters
    ----------
    survey : named tuple
        Its row of `foistats.forces.study.surveys.surveys_side_by_side`.
    """
    if survey.total != NONE_PRINTED:
        return "see the total"
    forces = survey.forces_with_count
    if not forces:
        return str(survey.said)
    if survey.counted.startswith("no "):
        return str(survey.counted)
    found = NOT_ADDED if survey.counted.startswith(NOT_ADDED) else survey.counted
    return f"{found} ({forces} {register.study.words['force'][forces != 1]})"


def selection(survey: Survey) -> str:
    """Say how a survey's counts were selected; where they differ, how many of them in which way.

    Where only some are picked, the register does not say whether the count was, or only what is
    printed beside it; the words leave it open.
    """
    found = survey.selections
    if len(set(found)) == 1:
        return survey.selection
    kinds = {RULE: RULE, PART: PART, PICKED: f"{PICKED} (or what is printed beside them)"}
    said = [f"{found.count(kind)} {words}" for kind, words in kinds.items() if kind in found]
    return f"of {len(found)} counts: {', '.join(said)}"


def with_selection(words: str, selection: str) -> str:
    """Say in brackets how something was selected, unless all of it was by a rule."""
    return words if selection == RULE else f"{words} ({selection})"


def quantity(register: Register, group: Any) -> str:
    """Say the count of a group, and how its cases were selected."""
    said = amount(register, group.unit, int(group.n_low), int(group.n_high))
    return with_selection(said, selected(group.coverage, group.disclosure))


def amount(register: Register, unit: str, low: int, high: int) -> str:
    """Say a count with its unit: ``1 case``, ``71 to 78 people``."""
    singular, plural = unit_words(register)[unit]
    return f"{number(low, high)} {singular if low == high == 1 else plural}"


def unit_words(register: Register) -> dict[str, tuple[str, str]]:
    """Return what one and several of a unit are called."""
    return {
        "case": register.study.words["case"],
        "person": ("person", "people"),
        "complaint": ("complaint", "complaints"),
        "allegation": ("allegation", "allegations"),
    }
