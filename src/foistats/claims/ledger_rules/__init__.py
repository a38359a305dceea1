"""The rules that the rows of a claims file keep beyond single fields.

::

    ends       for which numbers a row is true, and whether the ends that it gives are those
    readings   whether the words of a reading are for what the row says
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from foistats.claims.claim import FORCE
from foistats.claims.ledger_rules.ends import interval_of_row, wrong_ends
from foistats.claims.ledger_rules.readings import wrong_readings
from foistats.claims.measures import Measure, measure_of
from foistats.claims.table import members_of
from foistats.claims.vocabulary import Kinds, kinds_of
from foistats.claims.wordings import EXACT, MAJORITY, NUMERIC, PAIRS, PLACES, Defaults, number_of
from foistats.codebooks import ANY, JOIN
from foistats.errors import Finding, did_you_mean
from foistats.register import Register

__all__ = ["check_claims", "interval_of_row"]

_COUNTED = ("count", "share", "share_of_role", "share_of_force")
#: Which comparisons a measure may have beside those with a number.
_ALSO = {
    **dict.fromkeys(_COUNTED, (*MAJORITY, "plurality", *PAIRS)),
    "count": (*MAJORITY, "plurality", *PLACES, *PAIRS),
    "rank": PLACES,
    "forces": PAIRS,
    "answers": PAIRS,
}


@dataclass(frozen=True)
class _Rows:
    """The rows of one file with what they may refer to."""

    register: Register
    frame: pd.DataFrame
    label: str
    roles: Kinds
    outcomes: Kinds

    @cached_property
    def members(self) -> dict[str, frozenset[str]]:
        """The forces that the name of each force or area means."""
        return members_of(self.register)

    def meant(self, column: str, text: str) -> frozenset[str]:
        """Return the forces, roles or outcomes that words mean."""
        if column != "force":
            return (self.roles if column == "role" else self.outcomes).of(text)
        names = text.split(JOIN)
        if ANY in names or text == "":
            return frozenset().union(*self.members.values())
        return frozenset().union(*(self.members.get(name, frozenset()) for name in names))

    def finding(self, row: int, column: str, allowed: str, found: str | None = None) -> Finding:
        shown = self.frame.loc[row, column] if found is None else found
        return Finding(self.label, int(row), column, str(shown), allowed)


def check_claims(
    register: Register, frame: pd.DataFrame, label: str, defaults: Defaults
) -> list[Finding]:
    """Return everything that is wrong with the rows of a claims file, each field being valid."""
    roles = kinds_of(register.study.roles, unplaced=True)
    outcomes = kinds_of(register.study.outcomes, unplaced=False)
    rows = _Rows(register, frame, label, roles, outcomes)
    findings = [*_ids(rows), *_references(rows)]
    for number, row in frame.iterrows():
        measure = measure_of(row["measure"])
        if measure is None:
            continue
        wrong = [*_measured(rows, int(number), row, measure), *_compared(rows, int(number), row)]
        if not wrong:
            ends = [*wrong_readings(row, measure), *wrong_ends(row, measure, defaults)]
            wrong = [rows.finding(int(number), column, allowed) for column, allowed in ends]
        findings += wrong
    return findings


def _ids(rows: _Rows) -> Iterator[Finding]:
    first = rows.frame.reset_index().drop_duplicates("id").set_index("id")["row"]
    for number, id in rows.frame.loc[rows.frame.duplicated("id"), "id"].items():
        yield rows.finding(number, "id", f"another id: row {first[id]} has this one")


def _references(rows: _Rows) -> Iterator[Finding]:
    register = rows.register
    known = {
        "source": ("a source of sources.csv", list(register.sources["source"])),
        "population": ("a survey of surveys.csv", list(register.surveys["survey"])),
        "force": ("any, or a force or area of forces.csv", [ANY, "", *register.forces["force"]]),
    }
    for column, (meant, allowed) in known.items():
        for number, found in rows.frame[column].items():
            words = found.split(JOIN)
            for word in dict.fromkeys(words):
                if word not in allowed:
                    yield rows.finding(number, column, meant + did_you_mean(word, allowed), word)
            if len(set(words)) < len(words) or (ANY in words and len(words) > 1):
                yield rows.finding(number, column, f"{meant}; each once, '{ANY}' alone")


def _measured(rows: _Rows, number: int, row: pd.Series, measure: Measure) -> Iterator[Finding]:
    if row["unit"] == FORCE and measure.kind not in ("forces", "answers", "rank", "outside"):
        yield rows.finding(number, "unit", f"what {row['measure']} counts; force is for forces:…")
    if measure.kind == "ratio":
        yield from _other(rows, number, row, "measure", measure.words)
    if not measure.is_share or not measure.words:
        return
    column = {"share_of_role": "role", "share_of_force": "force"}.get(measure.kind, "outcome")
    words = measure.words.split(JOIN)
    allowed = {
        "role": [*rows.register.study.roles.words],
        "outcome": [*rows.register.study.outcomes.words],
        "force": [ANY, *rows.register.forces["force"]],
    }[column]
    wrong = [word for word in words if word not in allowed]
    for word in wrong:
        yield rows.finding(
            number, "measure", f"{', '.join(allowed)}{did_you_mean(word, allowed)}", word
        )
    if wrong:
        return
    if not rows.meant(column, row[column]) <= rows.meant(column, measure.words):
        allowed_base = f"a base that holds the {column} {row[column] or ANY}"
        yield rows.finding(number, "measure", allowed_base)


def _compared(rows: _Rows, number: int, row: pd.Series) -> Iterator[Finding]:
    measure = measure_of(row["measure"]) or Measure("outside")
    comparison, value = row["comparison"], row["value"]
    numeric = EXACT if measure.kind == "rank" else NUMERIC
    allowed = (*numeric, *_ALSO.get(measure.kind, ()))
    if measure.kind == "outside":
        return
    if comparison not in allowed:
        listed = f"with {measure.kind}: {', '.join(allowed)}"
        yield rows.finding(number, "comparison", listed)
        return
    ranked = measure.kind == "rank" or comparison in PLACES
    if ranked and (not _is_force(rows.register, row["force"])):
        yield rows.finding(number, "force", "one force, whose place it is")
    if comparison in PAIRS:
        yield from _other(rows, number, row, "value", value)
    elif comparison == "plurality":
        yield from _alternatives(rows, number, row, measure)
    elif comparison in (*NUMERIC, "nth_highest"):
        yield from _number(rows, number, row, measure)
    elif value and not (comparison == "highest" and value == "1"):
        yield rows.finding(number, "value", f"empty: {comparison} says it all")


def _is_force(register: Register, force: str) -> bool:
    forces = register.forces
    return force in set(forces.loc[forces["kind"] == "force", "force"])


def _number(rows: _Rows, number: int, row: pd.Series, measure: Measure) -> Iterator[Finding]:
    value = row["value"]
    if row["comparison"] == "between":
        if not row["low"] or not row["high"]:
            yield rows.finding(number, "low" if not row["low"] else "high", "both ends of between")
        if value and number_of(value) is None:
            yield rows.finding(number, "value", "a number as printed, or empty")
        return
    found = number_of(value)
    if found is None:
        yield rows.finding(
            number, "value", "a number as printed, such as 12, 8.5 or 1/7, without % or separators"
        )
    elif row["comparison"] == "rounds_to" and "/" in value:
        yield rows.finding(number, "value", "a number with its decimals: they are its rounding")
    elif row["comparison"] == "nth_highest" and (found < 1 or found.denominator > 1):
        yield rows.finding(number, "value", "a place: 1, 2, 3, …")


def _other(rows: _Rows, number: int, row: pd.Series, column: str, id: str) -> Iterator[Finding]:
    others = rows.frame.set_index("id")["measure"].to_dict()
    known = [other for other in others if other != row["id"]]
    if id not in known:
        hint = did_you_mean(id, known)
        yield rows.finding(number, column, f"the id of another claim{hint}", id)
    elif column == "measure" and others[id] != "count":
        yield rows.finding(number, column, "the id of a claim that counts cases", id)
    elif column == "value" and _kind(others[id]) != _kind(row["measure"]):
        yield rows.finding(
            number, column, f"the id of a claim of the same measure, not {others[id]}", id
        )


def _kind(text: str) -> str:
    measure = measure_of(text) or Measure("outside")
    if measure.is_share:
        return "share"
    return "forces" if measure.kind == "answers" else measure.kind


def _alternatives(rows: _Rows, number: int, row: pd.Series, measure: Measure) -> Iterator[Finding]:
    book = rows.register.study.roles if measure.kind == "share_of_role" else None
    words = (book or rows.register.study.outcomes).words
    column = "role" if book else "outcome"
    if row[column] in ("", ANY):
        yield rows.finding(number, column, f"the {column} that is the most frequent", row[column])
    for word in row["value"].split(JOIN) if row["value"] else ():
        if word not in words or word == ANY:
            hint = did_you_mean(word, words)
            listed = ", ".join(known for known in words if known != ANY)
            yield rows.finding(number, "value", f"empty, or {column}s: {listed}{hint}", word)
