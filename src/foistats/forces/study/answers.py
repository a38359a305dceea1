"""Every force of a survey with its count, or why there is none, and what the count covers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from foistats.describe import ANSWERS, spaced
from foistats.errors import OverlapError
from foistats.layout import UNLIMITED
from foistats.register import Register

NOT_ASKED = "no record of being asked"
NO_UNIT = "unit not stated"
NO_COUNT = "no count of its cases in print"
AT_LEAST = "a part of its cases: it had at least as many"
COLUMNS = [
    "force",
    "answer",
    "group",
    "unit",
    "n_low",
    "n_high",
    "coverage",
    "population",
    "period_start",
    "period_end",
    "source",
    "note",
]
OWN = ["group", "unit", "n_low", "n_high", "coverage", "population", "period_start", "period_end"]
"""What a force without a count has from the survey, if at all."""


def answers(register: Register) -> pd.DataFrame:
    """Return one row per force that the primary survey asked or that has a count in it.

    Returns
    -------
    DataFrame
        In alphabetical order: ``force``, ``answer`` (a word of `foistats.layout.ANSWERS`; empty
        without a record of being asked), ``group, unit, n_low, n_high`` (NaN without a count),
        ``coverage, population, period_start, period_end, source, note``. A force without a count
        has the unit, population and period of the survey, which are what a count of it would
        have had. The note says why there is no count, or of what it is a part. A part of the very
        population and period that were asked for says how many there are at least: it has no
        upper end.

    Raises
    ------
    OverlapError
        If the survey has two counts of a force.
    """
    asked = register.asked[register.asked["survey"] == register.study.analysis.survey]
    counts = register.counts().drop(columns="source")
    _refuse_two(counts)
    marks = register.groups.set_index("group")[["population", "period_start", "period_end"]]
    frame = asked[["force", "answer", "source"]].merge(counts, on="force", how="outer", sort=True)
    frame = frame.join(marks, on="group")
    frame["answer"] = frame["answer"].fillna("")
    wanted = asked_for(register)
    wanted["unit"] = counts["unit"].iloc[0] if len(counts) else wanted["unit"] or NO_UNIT
    for column, value in wanted.items():
        frame[column] = frame[column].where(frame["group"].notna(), value)
    frame[["group", "coverage", "source"]] = frame[["group", "coverage", "source"]].fillna("")
    frame[["n_low", "n_high"]] = frame[["n_low", "n_high"]].astype(float)
    marks_of = ["population", "period_start", "period_end"]
    same = frame[marks_of].eq([wanted[mark] for mark in marks_of]).all(axis=1)
    least = frame["coverage"].eq("part") & same
    frame["n_high"] = frame["n_high"].mask(least, UNLIMITED)
    frame["note"] = [_note(row) for row in frame.itertuples()]
    frame["note"] = frame["note"].mask(least, AT_LEAST)
    return frame[COLUMNS].reset_index(drop=True)


def asked_for(register: Register) -> dict[str, str]:
    """Return what the primary survey asked for: ``unit, population, period_start, period_end``.

    Of the group that contains all others where there is one, else of the survey and the
    population of most of its groups; empty where nothing says it.
    """
    analysis = register.study.analysis
    survey = register.surveys.set_index("survey").loc[analysis.survey]
    groups = register.groups[register.groups["survey"] == analysis.survey]
    nation = groups[groups["group"] == analysis.nation]
    populations = (nation if len(nation) else groups)["population"]
    usual = populations.mode()
    found = {
        "unit": survey["unit"] or (groups["unit"].mode().iloc[0] if len(groups) else ""),
        "population": usual.iloc[0] if len(usual) else "",
        "period_start": survey["period_start"],
        "period_end": survey["period_end"],
    }
    for column in ("period_start", "period_end"):
        if not found[column] and len(nation):
            found[column] = nation[column].iloc[0]
    return {column: str(value) for column, value in found.items()}


def _refuse_two(counts: pd.DataFrame) -> None:
    """Refuse two counts of one force, of periods without a common day."""
    twice = counts[counts["force"].duplicated(keep=False)]
    if len(twice):
        said = twice.groupby("force")["group"].agg(" and ".join)
        listed = "; ".join(f"{force} ({groups})" for force, groups in said.items())
        raise OverlapError(
            f"two counts of one force in the survey: {listed}; a comparison needs one of each: "
            "put the other into a survey of its own"
        )


def _note(row: tuple) -> str:  # type: ignore[type-arg]
    if np.isnan(row.n_low):  # type: ignore[attr-defined]
        said = ANSWERS.get(row.answer, NOT_ASKED)  # type: ignore[attr-defined]
        given = row.answer in ("disclosed", "partial")  # type: ignore[attr-defined]
        return f"{said}; {NO_COUNT}" if given else said
    if row.coverage == "part":  # type: ignore[attr-defined]
        return f"a part of its cases: {spaced(row.population)}"  # type: ignore[attr-defined]
    return ""
