"""Published tables side by side, cell by cell: counts and words exactly, floats nearly."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from typing import Any

from foistats.reports.compare.difference import (
    CLOSE,
    FLOAT_TOLERANCE,
    Difference,
    Kind,
    Verdict,
    are_close,
    unreadable,
)

_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)(e[+-]?[0-9]{1,3})?", re.I)
_INTEGER = re.compile(r"[+-]?[0-9]+")

Rows = list[list[str]]


def table_differences(
    before: Mapping[str, bytes],
    after: Mapping[str, bytes],
    earlier: Mapping[str, Mapping[str, Any]],
    later: Mapping[str, Mapping[str, Any]],
) -> Iterator[Difference]:
    """Yield the cells that differ, by table; `earlier` and `later` are the records shown."""
    for name in sorted(path for path in {*before, *after} if path.startswith("tables/")):
        if name not in after or name not in before:
            yield Difference("table", name, "new" if name in after else "missing")
            continue
        yield from csv_differences("table", name, before[name], after[name])
        caption, caption_after = (_caption(records, name) for records in (earlier, later))
        if caption != caption_after:
            yield Difference("table", name, "different", caption, caption_after, where="caption")


def _caption(records: Mapping[str, Mapping[str, Any]], name: str) -> str:
    return str(records.get(name, {}).get("caption", ""))


def csv_differences(
    kind: Kind, name: str, before: bytes, after: bytes, *, part: str = ""
) -> Iterator[Difference]:
    """Yield the differences between two CSV texts; `part` says what of `name` they are."""
    if before == after:
        return
    try:
        rows, rows_after = _rows(before), _rows(after)
    except ValueError:
        yield unreadable(kind, name, *(_fault(content) for content in (before, after)))
        return
    found = [
        Difference(kind, name, verdict, first, second, where=f"{part}, {where}" if part else where)
        for where, verdict, first, second in _compared(rows, rows_after)
    ]
    written = Difference(kind, name, CLOSE, where=part or "quotes or line endings")
    yield from found or [written]


def _compared(before: Rows, after: Rows) -> Iterator[tuple[str, Verdict, str, str]]:
    """Yield where two tables differ, the verdict and the texts."""
    header, header_after = before[0], after[0]
    if header != header_after:
        yield "header", "different", ", ".join(header), ", ".join(header_after)
    if len(before) != len(after):
        where = f"rows, from row {_first_other(before, after)} on"
        yield where, "different", f"{len(before) - 1} rows", f"{len(after) - 1} rows"
        return
    shared = _shared_columns(header, header_after)
    for number, (row, row_after) in enumerate(zip(before[1:], after[1:], strict=True), start=2):
        for name, first, second in shared:
            cells = _cell(row, first), _cell(row_after, second)
            if cells[0] != cells[1]:
                verdict: Verdict = CLOSE if _is_close(*cells) else "different"
                yield f"row {number}, column {name}", verdict, *cells
        if max(len(row), len(row_after)) > len(header) and row != row_after:
            yield f"row {number}", "different", ", ".join(row), ", ".join(row_after)


def _shared_columns(header: list[str], header_after: list[str]) -> list[tuple[str, int, int]]:
    if header == header_after:
        return [(name, position, position) for position, name in enumerate(header)]
    return [
        (name, header.index(name), header_after.index(name))
        for name in dict.fromkeys(header)
        if name in header_after
    ]


def _first_other(before: Rows, after: Rows) -> int:
    """Return the first row that differs, as a spreadsheet numbers it."""
    both = list(zip(before, after, strict=False))
    return next((number for number, (a, b) in enumerate(both, 1) if a != b), len(both) + 1)


def _cell(row: list[str], position: int) -> str:
    return row[position] if position < len(row) else ""


def _is_close(before: str, after: str) -> bool:
    if not (_NUMBER.fullmatch(before) and _NUMBER.fullmatch(after)):
        return False
    if _INTEGER.fullmatch(before) and _INTEGER.fullmatch(after):
        return False
    return are_close(float(before), float(after), FLOAT_TOLERANCE)


def _rows(content: bytes) -> Rows:
    try:
        text = content.decode("utf-8")
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as fault:
        raise ValueError(str(fault)) from None
    return rows or [[]]


def _fault(content: bytes) -> str:
    try:
        _rows(content)
    except ValueError:
        return "is not a CSV file in UTF-8"
    return ""
