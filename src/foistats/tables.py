"""Tables as CSV files: what a field may hold, and reading with every failure at once."""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from foistats.codebooks import ANY, ID, JOIN
from foistats.errors import Finding, did_you_mean


@dataclass(frozen=True)
class Field:
    """What one column may hold.

    Attributes
    ----------
    allows : callable
        Whether a text is allowed.
    allowed : str
        What is allowed, for a reader.
    words : sequence of str
        The vocabulary, if there is one; several words are joined by ``|`` where ``joined``.
    default : str or None
        What an absent column holds; None if the column must be there.
    """

    allows: Callable[[str], bool]
    allowed: str
    words: Sequence[str] = ()
    joined: bool = False
    default: str | None = None

    def explain(self, found: str) -> str:
        """Return what is allowed instead of ``found``, with the nearest word if there is one."""
        parts = found.split(JOIN) if self.joined else [found]
        if len(set(parts)) < len(parts):
            return f"each word once; {self.allowed}"
        if ANY in parts and len(parts) > 1:
            return f"'{ANY}' alone, or the words that are stated: {self.allowed}"
        wrong = next((part for part in parts if part not in self.words), found)
        return self.allowed + did_you_mean(wrong, self.words)


def text(default: str | None = None) -> Field:
    """Any text; with a default, an optional column."""
    return Field(lambda found: True, "any text", default=default)


def identifier() -> Field:
    """An id of letters, digits, dots, hyphens and underscores."""
    return Field(
        lambda found: ID.fullmatch(found) is not None,
        "an id of letters, digits, '.', '-' and '_', without spaces",
    )


def word(words: Iterable[str], *, joined: bool = False, default: str | None = None) -> Field:
    """One word of a vocabulary, or several joined by ``|``; empty only if ``""`` is a word."""
    known = tuple(dict.fromkeys(words))
    shown = ", ".join(known) if any(known) else "(empty)"
    listed = f"{shown}; several joined by '{JOIN}'" if joined else shown

    def allows(found: str) -> bool:
        parts = found.split(JOIN) if joined else [found]
        alone = ANY not in parts or len(parts) == 1
        return alone and all(part in known for part in parts) and len(set(parts)) == len(parts)

    return Field(allows, listed, known, joined, default)


def count(*, optional: bool = False) -> Field:
    """A whole number of cases, zero or more; empty means "no upper limit stated" where allowed."""
    allowed = "a whole number, zero or more, of up to 15 digits, without signs or separators"
    if optional:
        allowed += "; empty for no stated limit"
    return Field(
        lambda found: (optional and found == "") or re.fullmatch(r"[0-9]{1,15}", found) is not None,
        f'{allowed} ("fewer than 5" is n_low 1 and n_high 4)',
    )


def date(default: str | None = None) -> Field:
    """A date as year-month-day, or empty if not stated; with a default, an optional column."""
    return Field(_is_date, "a date such as 2014-02-17, or empty if not stated", default=default)


def year() -> Field:
    """A year (2012) or the two that a financial year spans (2012/13), or empty."""
    return Field(
        lambda found: (
            found == "" or re.fullmatch(r"(19|20)[0-9]{2}(/[0-9]{2})?", found) is not None
        ),
        "a year such as 2012 or 2012/13, or empty",
        default="",
    )


def name() -> Field:
    """A name in words: not empty, without spaces around it and without ``|``."""
    return Field(
        lambda found: bool(found) and found == found.strip() and JOIN not in found,
        f"a name without '{JOIN}' and without spaces around it",
    )


def _is_date(found: str) -> bool:
    if found == "":
        return True
    try:
        return dt.date.fromisoformat(found).isoformat() == found
    except ValueError:
        return False


def read_table(
    path: Path, label: str, fields: Mapping[str, Field]
) -> tuple[pd.DataFrame, list[Finding]]:
    """Read and validate one CSV file.

    Parameters
    ----------
    path : Path
        The file, in UTF-8 with a header row.
    label : str
        The name of the file in findings.
    fields : mapping of str to Field
        What each column may hold; columns with a default may be absent.

    Returns
    -------
    frame : DataFrame
        All columns of ``fields`` as texts, indexed by the row a spreadsheet shows (from 2 on);
        empty if the file cannot be read as a table.
    findings : list of Finding
        Every field that breaks its rule.
    """
    rows, findings = _read_rows(path, label)
    empty = pd.DataFrame(columns=list(fields), dtype=str)
    if not rows:
        return empty, findings
    (_, header), *body = rows
    findings += _check_header(header, fields, label)
    if findings:
        return empty, findings
    whole = []
    for number, row in body:
        if len(row) != len(header):
            findings.append(
                Finding(label, number, "", f"{len(row)} fields", f"{len(header)} fields")
            )
        else:
            whole.append((number, row))
    frame = pd.DataFrame(
        [row for _, row in whole],
        columns=header,
        index=pd.Index([number for number, _ in whole], name="row"),
        dtype=str,
    )
    for column, rule in fields.items():
        if column not in frame:
            frame[column] = rule.default
    frame = frame[list(fields)]
    return frame, findings + _validate(frame, label, fields)


def _read_rows(path: Path, label: str) -> tuple[list[tuple[int, list[str]]], list[Finding]]:
    """Return the rows that are not blank, numbered as a spreadsheet numbers them."""
    rows: list[tuple[int, list[str]]] = []
    readable = "a readable CSV file in UTF-8, every quote closed"
    number = 0
    try:
        if path.exists() and not path.is_file():
            return [], [Finding(label, 0, "", "no regular file", readable)]
        with path.open(encoding="utf-8-sig", newline="") as file:
            for number, row in enumerate(csv.reader(file, strict=True), start=1):
                if row:
                    rows.append((number, row))
    except FileNotFoundError:
        return [], [Finding(label, 0, "", "no such file", "a CSV file with a header row")]
    except csv.Error as error:
        return [], [Finding(label, number + 1, "", str(error), readable)]
    except (ValueError, OSError) as error:
        return [], [Finding(label, 0, "", str(error), readable)]
    if not rows:
        return [], [Finding(label, 0, "", "an empty file", "a CSV file with a header row")]
    return rows, []


def _check_header(header: Sequence[str], fields: Mapping[str, Field], label: str) -> list[Finding]:
    findings = []
    for column in header:
        if column not in fields:
            hint = did_you_mean(column, fields)
            findings.append(
                Finding(label, 1, column, column or "(empty)", ", ".join(fields) + hint)
            )
    for column in sorted({column for column in header if header.count(column) > 1}):
        findings.append(Finding(label, 1, column, f"{column}, twice", "each column once"))
    for column, rule in fields.items():
        if column not in header and rule.default is None:
            findings.append(Finding(label, 1, column, "no such column", f"a column {column}"))
    return findings


def _validate(frame: pd.DataFrame, label: str, fields: Mapping[str, Field]) -> list[Finding]:
    schema = pa.DataFrameSchema(
        {
            column: pa.Column(
                checks=pa.Check(rule.allows, element_wise=True, name=column), nullable=True
            )
            for column, rule in fields.items()
        }
    )
    try:
        schema.validate(frame, lazy=True)
    except SchemaErrors as errors:
        cases = errors.failure_cases
        return [
            Finding(label, int(row), str(column), _shown(found), fields[str(column)].explain(found))
            for row, column, found in zip(
                cases["index"], cases["column"], cases["failure_case"], strict=True
            )
        ]
    return []


def _shown(found: str) -> str:
    """Return a text as it is, or in quotes where spaces around it would not be seen."""
    return found if found == found.strip() else repr(found)
