"""The rules that the rows of a claims file keep beyond single fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

import pandas as pd

from foistats.claims.claim import FORCE
from foistats.claims.measures import Measure, measure_of
from foistats.claims.vocabulary import Kinds, kinds_of
from foistats.claims.wordings import (
    MAJORITY,
    NUMERIC,
    PAIRS,
    PLACES,
    Defaults,
    Interval,
    Reading,
    interval_of,
    number_of,
    reading_of,
)
from foistats.codebooks import ANY, JOIN
from foistats.errors import Finding, did_you_mean
from foistats.register import Register

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
        findings += wrong or _ends(rows, int(number), row, measure, defaults)
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
    if wrong or column == "force":
        return
    kinds = rows.roles if column == "role" else rows.outcomes
    if not kinds.of(row[column]) <= kinds.of(measure.words):
        allowed_base = f"a base that holds the {column} {row[column] or ANY}"
        yield rows.finding(number, "measure", allowed_base)


def _compared(rows: _Rows, number: int, row: pd.Series) -> Iterator[Finding]:
    measure = measure_of(row["measure"]) or Measure("outside")
    comparison, value = row["comparison"], row["value"]
    allowed = (*NUMERIC, *_ALSO.get(measure.kind, ()))
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


def interval_of_row(row: pd.Series, measure: Measure, defaults: Defaults) -> Interval | None:
    """Return for which numbers a valid row is true; None where it compares two quantities."""
    comparison = row["comparison"]
    if measure.kind == "outside" or comparison in (*PAIRS, "plurality"):
        return None
    low, high = (number_of(row[end]) for end in ("low", "high"))
    if comparison == "between":
        return Interval(low, high)
    if comparison in PLACES:
        place = Fraction(row["value"]) if comparison == "nth_highest" else Fraction(1)
        return Interval(place, place)
    reading = reading_of(row["reading"]) or Reading()
    percentage = measure.is_share or (comparison in MAJORITY)
    computed = interval_of(
        comparison, row["value"], reading=reading, percentage=percentage, defaults=defaults
    )
    if comparison in ("about", "nearly") and reading.about is None:
        return Interval(
            computed.low if low is None else low,
            computed.high if high is None else high,
            high_open=computed.high_open and (high is None or high == computed.high),
        )
    return computed


def _ends(
    rows: _Rows, number: int, row: pd.Series, measure: Measure, defaults: Defaults
) -> list[Finding]:
    """Compare the ends that a row gives with those of its wording."""
    given: Mapping[str, Fraction | None] = {end: number_of(row[end]) for end in ("low", "high")}
    if given["low"] is not None and given["high"] is not None and given["low"] > given["high"]:
        return [rows.finding(number, "high", f"at least {row['low']}, the low end")]
    interval = interval_of_row(row, measure, defaults)
    if interval is None:
        return []
    value = number_of(row["value"])
    if row["comparison"] in ("between", "about", "nearly") and value is not None:
        value = value * 100 if measure.is_share and "/" in row["value"] else value
        if not (interval.low or 0) <= value <= (value if interval.high is None else interval.high):
            return [rows.finding(number, "value", f"from {row['low']} to {row['high']}")]
    if row["comparison"] == "lowest":
        return []
    percentage = measure.is_share or row["comparison"] in MAJORITY
    exact = percentage or measure.kind == "ratio"
    whole = interval.whole()
    if not exact and None not in whole and whole[0] > whole[1]:  # type: ignore[operator]
        return [rows.finding(number, "value", f"a whole number: {measure.kind} counts")]
    ends = (interval.low, interval.high) if exact else whole
    natural = {"low": Fraction(0), "high": Fraction(100) if percentage else None}
    findings = []
    for end, computed in zip(("low", "high"), ends, strict=True):
        found = given[end]
        if found is None or found == computed or (computed is None and found == natural[end]):
            continue
        shown = "empty" if computed is None else _shown(Fraction(computed))
        allowed = f"{shown}, from {row['comparison']} {row['value']}, or empty".replace("  ", " ")
        findings.append(rows.finding(number, end, allowed))
    return findings


def _shown(number: Fraction) -> str:
    """Return a fraction as a short decimal where it is one, else as a fraction."""
    if number.denominator == 1:
        return str(number.numerator)
    decimal = f"{float(number):.9f}".rstrip("0")
    return decimal if Fraction(decimal) == number else str(number)
