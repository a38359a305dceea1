"""One force: its answer and its sources, where it stands, how severe, what it withheld."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from foistats.codebooks import ANY
from foistats.describe import ANSWERS, FIELDS, number, words
from foistats.errors import UsageError, did_you_mean
from foistats.forces.study.comparison import Comparison
from foistats.forces.study.places import shrunken
from foistats.forces.study.standing import Standing
from foistats.forces.study.tables import p_words, row_of
from foistats.layout import UNLIMITED
from foistats.register import Register

_CHOSEN = {"rule": "by a rule", "picked": "picked for its outcome"}


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
    period = [row[end] or "not stated" for end in ("period_start", "period_end")]
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
        ("Whom it covers", row["population"].replace("_", " ") or "not stated"),
        ("Period", " to ".join(dict.fromkeys(period))),
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
    rows: list[tuple[Any, ...]] = [
        ("Person-years", rate["person_years"], np.nan, np.nan, _note(comparison, force)),
        (
            f"Rate per {comparison.per:,.0f} person-years",
            *_ends(rate),
            _said(comparison, rate),
        ),
        ("Expected count", ratio["expected"], np.nan, np.nan, _expected(comparison, ratio)),
        (
            "Ratio of the count to the expected count",
            *_ends(ratio),
            ratio["note"] or "exact interval",
        ),
        ("Shrunken ratio", *_shrunken(standing, force)),
    ]
    return pd.DataFrame(rows, columns=["Quantity", "Estimate", "From", "To", "Note"])


def places(standing: Standing, force: str) -> pd.DataFrame:
    """Return which places the force may have: ``Place, From, To, Chance, Note``.

    The intervals of its place alone and of all places together; where there is a fit, the chances
    of the highest place and of one of the ``top`` highest, else the reason.
    """
    own = standing.ranks[standing.ranks["force"] == force].set_index("kind")
    names = {"pointwise": "its place alone", "simultaneous": "all places together"}
    said = f"{100 * standing.comparison.level:g}% interval"
    rows: list[tuple[Any, ...]] = [
        (label, int(own.loc[kind, "conf_low"]), int(own.loc[kind, "conf_high"]), np.nan, said)
        for kind, label in names.items()
    ]
    if standing.probabilities.empty:
        rows.append(("the highest", 1, 1, np.nan, standing.reason))
    else:
        chance = row_of(standing.probabilities, force)
        rows.append(("the highest", 1, 1, chance["highest"], ""))
        if standing.top > 1:
            label = f"one of the {standing.top} highest"
            rows.append((label, 1, standing.top, chance["top"], ""))
    return pd.DataFrame(rows, columns=["Place", "From", "To", "Chance", "Note"])


def others(standing: Standing, force: str) -> pd.DataFrame:
    """Return who can be told apart from the force, or why nobody can.

    Returns
    -------
    DataFrame
        One row per other force with a count: the force, ``Its ratio is, p value, all pairs
        together`` and, where there is a fit, ``Chance that it is above``; one row ``Reason`` where
        there is no such pair.
    """
    frame = standing.told_apart(force)
    noun, nouns = standing.comparison.register.study.words["force"]
    if frame.empty:
        why = row_of(standing.comparison.ratios, force)["note"]
        return pd.DataFrame(
            {"Reason": [f"cannot be told: {why or f'no other {nouns} with a count'}"]}
        )
    found = pd.DataFrame(
        {
            f"Other {noun}": frame["other"],
            "Its ratio is": frame["side"],
            "p value, all pairs together": p_words(frame["p_value"]),
        }
    )
    if standing.draws.empty:
        return found
    return found.assign(**{"Chance that it is above": frame["probability"]})


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
            "Part": frame["part"],
            "Basis": frame["basis"],
            "Chosen": frame["disclosure"].map(_CHOSEN),
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


def _said(comparison: Comparison, rate: pd.Series) -> str:
    """Say what holds of a rate; what is said of its person-years stands in their own row."""
    said = str(rate["note"])
    if not np.isnan(rate["person_years"]):
        said = said.removesuffix(_note(comparison, str(rate["force"]))).removesuffix("; ")
    return said or "exact interval"


def _expected(comparison: Comparison, ratio: pd.Series) -> str:
    if np.isnan(ratio["expected"]):
        return str(ratio["note"])
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


def _note(comparison: Comparison, force: str) -> str:
    return str(row_of(comparison.total_years, force)["note"])
