"""One force: its answer and its sources, where it stands, how severe, what it withheld."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from foistats.codebooks import ANY
from foistats.describe import ANSWERS, FIELDS, number, period_words, spaced, words
from foistats.errors import UsageError, did_you_mean
from foistats.forces.study.comparison import Comparison
from foistats.forces.study.places import shrunken
from foistats.forces.study.reasons import exactness, no_chance, no_expected, years
from foistats.forces.study.standing import Standing
from foistats.forces.study.tables import chance_words, p_words, row_of
from foistats.layout import UNLIMITED
from foistats.register import Register

CHOSEN = {"rule": "by a rule", "picked": "picked for its outcome"}
BASIS = {"printed": "printed", "derived": "worked out by us"}
PARTS = {
    "total": "the count",
    "cell": "entry of a table",
    "margin": "entry by role or outcome alone",
    "remainder": "what is left of a table",
    "subset": "some of the cases",
    "duplicate": "the same in another source",
    "alternative": "another figure",
}
"""What a statement is, for a reader, by its part (`foistats.layout.PARTS`)."""


def chosen(comparison: Comparison, force: str = "") -> str:
    """Return the force to show: the one named, else the study's, else the first.

    Raises
    ------
    UsageError
        If the comparison has no such force.
    """
    known = list(comparison.forces["force"])
    wanted = force or comparison.register.study.analysis.profiled or (known or [""])[0]
    if wanted not in known:
        raise UsageError(
            f"no {comparison.register.study.words['force'][0]} '{wanted}' in the primary survey; "
            f"there are {', '.join(known) or 'none'}{did_you_mean(wanted, known)}"
        )
    return wanted


def facts(comparison: Comparison, force: str) -> pd.DataFrame:
    """Return what the force was asked and what it answered: ``What, Found``."""
    row = row_of(comparison.forces, force)
    study = comparison.register.study
    ends = row["n_low"], row["n_high"]
    counted = "none in print" if np.isnan(ends[0]) else number(*map(int, ends))
    sources = comparison.register.sources.set_index("source")
    stated = comparison.register.statements_of(row["group"])
    source = row["source"] or next(iter(stated.loc[stated["part"] == "total", "source"]), "")
    publisher = sources["publisher"].get(source, "") if source else ""
    rows = [
        ("Asked by", study.about["asked_by"] or "not stated"),
        ("Answer", ANSWERS.get(row["answer"], "no record of being asked")),
        (f"Count of {study.words['case'][1]}", counted),
        ("Unit of the count", row["unit"] or "not stated"),
        ("Whom it covers", spaced(row["population"]) or "not stated"),
        ("Period", period_words(row["period_start"], row["period_end"])),
        (
            "How much of its cases",
            {"all": "all", "part": "a part"}.get(row["coverage"], "no count"),
        ),
        ("Source", f"{source} ({publisher})" if publisher else source or "none"),
    ]
    return pd.DataFrame(rows, columns=["What", "Found"])


def numbers(standing: Standing, force: str) -> pd.DataFrame:
    """Return the numbers of one force with their intervals.

    Returns
    -------
    DataFrame
        ``Quantity, Estimate, From, To, Note``; what has no answer is empty, with the reason.
    """
    comparison = standing.comparison
    rate, ratio = (row_of(frame, force) for frame in (comparison.rates, comparison.ratios))
    count, why = row_of(comparison.forces, force), no_expected(comparison)[force]
    unsized = "" if rate["person_years"] > 0 else why
    expected = why or _reference(comparison)
    rows: list[tuple[Any, ...]] = [
        ("Person-years", rate["person_years"], np.nan, np.nan, years(comparison)[force]),
        (
            f"Rate per {comparison.per:,.0f} person-years",
            *_ends(rate),
            exactness(count, unsized),
        ),
        ("Expected count", ratio["expected"], np.nan, np.nan, expected),
        ("Ratio of the count to the expected count", *_ends(ratio), exactness(count, why)),
        ("Shrunken ratio", *_shrunken(standing, force)),
    ]
    return pd.DataFrame(rows, columns=["Quantity", "Estimate", "From", "To", "Note"])


def places(standing: Standing, force: str) -> pd.DataFrame:
    """Return which places the force may have: ``Place, From, To, Chance, Note``.

    The intervals of its place alone and of all places together; the chances in words of the highest
    place and of one of the ``top`` highest, or why none is given: without a count, or a fit.
    """
    own = standing.ranks[standing.ranks["force"] == force].set_index("kind")
    names = {"pointwise": "its place alone", "simultaneous": "all places together"}
    said = f"{100 * standing.comparison.level:g}% interval"
    rows: list[tuple[Any, ...]] = [
        (label, int(own.loc[kind, "conf_low"]), int(own.loc[kind, "conf_high"]), "", said)
        for kind, label in names.items()
    ]
    return pd.DataFrame(
        rows + _chances(standing, force), columns=["Place", "From", "To", "Chance", "Note"]
    )


def _chances(standing: Standing, force: str) -> list[tuple[Any, ...]]:
    """Return the rows of chances, or one with the reason why there are none."""
    why = standing.reason or no_chance(standing.comparison)[force]
    if why:
        return [("the highest", 1, 1, "", why)]
    chance = row_of(standing.probabilities, force)
    highest, top = chance_words(chance[["highest", "top"]])
    rows: list[tuple[Any, ...]] = [("the highest", 1, 1, highest, "")]
    if standing.top > 1:
        rows.append((f"one of the {standing.top} highest", 1, standing.top, top, ""))
    return rows


def others(standing: Standing, force: str) -> pd.DataFrame:
    """Return who can be told apart from the force, or why nobody can.

    The p values and sides guard all pairs of the comparison together; a chance is for its one pair,
    under the model of the shrunken ratios, so it may be near one where the side cannot be told.

    Returns
    -------
    DataFrame
        One row per other force with a count: the force, ``Its ratio is, p value, all pairs
        together`` and, where there is a fit, ``Chance that it is above`` in words; one row
        ``Reason`` where there is no such pair.
    """
    frame = standing.told_apart(force)
    noun, nouns = standing.comparison.register.study.words["force"]
    if frame.empty:
        why = _without_pairs(standing.comparison, force) or f"no other {nouns} with a count"
        return pd.DataFrame({"Reason": [f"cannot be told: {why}"]})
    found = pd.DataFrame(
        {
            f"Other {noun}": frame["other"],
            "Its ratio is": frame["side"],
            "p value, all pairs together": p_words(frame["p_value"]),
        }
    )
    if standing.draws.empty:
        return found
    return found.assign(**{"Chance that it is above": chance_words(frame["probability"])})


def _without_pairs(comparison: Comparison, force: str) -> str:
    """Return why a force has no ratio to compare; empty if it has one."""
    if not no_chance(comparison)[force]:
        return ""
    return exactness(row_of(comparison.forces, force), no_expected(comparison)[force])


def statements(register: Register, force: str) -> pd.DataFrame:
    """Return every statement about the force in the primary survey, with its source.

    Returns
    -------
    DataFrame
        One row per statement: ``Statement, Role, Outcome, Kind of breach, Count, Part, Basis,
        Chosen, Source, Publisher, Address``.
    """
    groups = register.groups
    survey = register.study.analysis.survey
    own = groups.loc[(groups["survey"] == survey) & (groups["force"] == force), "group"]
    frame = register.statements[register.statements["group"].isin(own)]
    sources = register.sources.set_index("source")
    fields = {"Role": "roles", "Outcome": "outcomes", "Kind of breach": "breaches"}
    ends = zip(frame["n_low"], frame["n_high"], strict=True)
    return pd.DataFrame(
        {
            "Statement": frame["statement"],
            **{
                name: ["all" if v == ANY else words(register, field, v) for v in frame[field]]
                for name, field in fields.items()
                if register.study.codebooks[field].levels
            },
            "Count": [number(low, high) for low, high in ends],
            "Part": frame["part"].map(PARTS),
            "Basis": frame["basis"].map(BASIS),
            "Chosen": frame["disclosure"].map(CHOSEN),
            "Source": frame["source"],
            "Publisher": frame["source"].map(sources["publisher"]).fillna(""),
            "Address": frame["source"].map(sources["address"]).fillna(""),
        }
    ).reset_index(drop=True)


def withheld(comparison: Comparison, force: str) -> pd.DataFrame:
    """Return for how many cases of the force each field is in print.

    Returns
    -------
    DataFrame
        One row per field with a codebook: ``Field, Stated, Of, Missing``; of a force without a
        count, one row with the reason.
    """
    register = comparison.register
    row = row_of(comparison.forces, force)
    if not row["group"]:
        return pd.DataFrame(
            [("Count", 0, "not known", row["note"])], columns=["Field", "Stated", "Of", "Missing"]
        )
    of = number(int(row["n_low"]), int(row["n_high"]))
    rows = []
    for field, name in FIELDS.items():
        if register.study.codebooks[field].levels:
            stated = register.stated(row["group"], field)
            low, high = max(int(row["n_low"]) - stated, 0), max(int(row["n_high"]) - stated, 0)
            endless = int(row["n_high"]) >= UNLIMITED
            rows.append((name, stated, of, number(low, UNLIMITED if endless else high)))
    return pd.DataFrame(rows, columns=["Field", "Stated", "Of", "Missing"])


def severity(flow: pd.DataFrame, modes: pd.DataFrame, force: str) -> pd.DataFrame:
    """Return how severe the force's outcomes were, given the roles, or why that is not known.

    Parameters
    ----------
    flow : DataFrame
        What became of every group of cases (`foistats.severity.groups.cells.selection`).
    modes : DataFrame
        The random intercepts: ``force, cases, estimate, conf_low, conf_high``.

    Returns
    -------
    DataFrame
        One row: ``Cases in the fit, Random intercept, From, To, Note``.
    """
    names = ["Cases in the fit", "Random intercept", "From", "To", "Note"]
    own = modes[modes["force"] == force]
    if len(own):
        row = own.iloc[0]
        said = "positive: more severe than the average, on the scale of the link"
        ends = row["estimate"], row["conf_low"], row["conf_high"]
        return pd.DataFrame([(row["cases"], *ends, said)], columns=names)
    groups = flow[flow["force"] == force]
    reasons = [
        f"{status}: {reason}" if reason else str(status)
        for status, reason in zip(groups["status"], groups["reason"], strict=True)
    ]
    said = "; ".join(dict.fromkeys(reasons)) or "no group of its cases in the analysis"
    return pd.DataFrame([(0, np.nan, np.nan, np.nan, said)], columns=names)


def _ends(row: pd.Series) -> tuple[float, float, float]:
    high = float(row["conf_high"])
    return float(row["estimate"]), float(row["conf_low"]), high if np.isfinite(high) else np.nan


def _reference(comparison: Comparison) -> str:
    if comparison.external:
        return "at the rates of the whole survey"
    return "at the pooled rate of all with an exact count"


def _shrunken(standing: Standing, force: str) -> tuple[float, float, float, str]:
    if standing.shrunken.empty:
        return np.nan, np.nan, np.nan, standing.reason
    frame = shrunken(standing)
    found = row_of(frame.rename(columns={frame.columns[0]: "force"}), force)
    said = found["Note"] or "pulled towards the mean by as much as its count is uncertain"
    return found["Shrunken ratio"], found["From"], found["To"], said
