"""A data frame as an accessible HTML table and as CSV that no spreadsheet executes.

Both writers escape every text themselves. Neither needs pandas at import: a frame is
anything with ``columns``, ``index``, ``isna`` and ``itertuples`` as pandas has them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any

from foistats.errors import UsageError, did_you_mean
from foistats.publish.wording import column_digits, number_text

if TYPE_CHECKING:
    import pandas as pd

#: A spreadsheet takes a text that begins with one of these for a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

Cell = bool | int | float | str | None


@dataclass(frozen=True)
class Table:
    """The cells of a frame as plain Python values, its index a column if it has a name."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def column(self, position: int) -> list[Cell]:
        """Return the cells of one column."""
        return [row[position] for row in self.rows]

    def is_numeric(self, position: int) -> bool:
        """Say whether a column holds numbers only, at least one of them."""
        return self._numeric[position]

    @cached_property
    def _numeric(self) -> tuple[bool, ...]:
        """Whether each column does; looked at once, since every cell asks."""
        present = (
            [cell for cell in self.column(position) if cell is not None]
            for position in range(len(self.columns))
        )
        return tuple(bool(cells) and all(map(_is_number, cells)) for cells in present)


def plain_table(frame: pd.DataFrame, *, where: str) -> Table:
    """Take the cells out of a frame; an index without a name is left behind.

    Raises
    ------
    UsageError
        When the column names are not distinct words in one row.
    """
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    names = [str(name) for name in frame.columns]
    if any(isinstance(name, tuple) for name in frame.columns):
        raise UsageError(
            f"{where} has column names of several levels, such as {names[0]}; "
            "give each column one name"
        )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError(f"{where} has the column '{twice[0]}' twice; give each its own name")
    missing = frame.isna().to_numpy().tolist()
    rows = frame.itertuples(index=False, name=None)
    return Table(
        columns=tuple(names),
        rows=tuple(
            tuple(None if gone else _plain(cell) for cell, gone in zip(row, gaps, strict=True))
            for row, gaps in zip(rows, missing, strict=True)
        ),
    )


def csv_text(table: Table) -> str:
    """Write CSV: floats round-trip, and a text a spreadsheet would execute gets an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([inert(name) for name in table.columns])
    writer.writerows([_csv_cell(cell) for cell in row] for row in table.rows)
    return out.getvalue()


def inert(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would take for a formula.

    A carriage return becomes a newline: not every reader of CSV expects one inside a cell.

    Examples
    --------
    >>> inert("=HYPERLINK(1)"), inert("Aldermoor")
    ("'=HYPERLINK(1)", 'Aldermoor')
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{plain}" if text.startswith(_FORMULA_STARTS) else plain


def html_table(table: Table, *, caption: str, digits: Mapping[str, int]) -> str:
    """Write a table with a caption, scoped headers and numbers aligned on the right.

    A first column of words heads its rows. `digits` gives the decimals of float columns;
    the others show three figures of their largest value, two of their middle one.
    """
    head = "".join(
        f'<th scope="col"{_alignment(table, position)}>{escape(name.replace("_", " "))}</th>'
        for position, name in enumerate(table.columns)
    )
    body = _html_rows(table, digits) or (
        f'<tr><td colspan="{max(len(table.columns), 1)}">no rows</td></tr>'
    )
    return (
        f"<table><caption>{escape(caption)}</caption>\n"
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table>"
    )


def plain_text(table: Table, *, caption: str, digits: Mapping[str, int]) -> str:
    """Write a table for a terminal: the caption, then the columns side by side."""
    written = [list(table.columns), *_written(table, digits)]
    widths = [max(map(len, column)) for column in zip(*written, strict=True)]
    lines = [
        "  ".join(
            cell.rjust(width) if table.is_numeric(position) else cell.ljust(width)
            for position, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in written
    ]
    return "\n".join([caption, *lines] if table.rows else [caption, "no rows"])


def digits_by_column(table: Table, digits: int | Mapping[str, int] | None) -> dict[str, int]:
    """Return the decimals of every column with floats."""
    given = digits if isinstance(digits, Mapping) else {}
    for name in given:
        if name not in table.columns:
            raise UsageError(
                f"digits names the column '{name}', which the table does not have"
                f"{did_you_mean(name, table.columns)}; columns: {', '.join(table.columns)}"
            )
    return {
        name: given[name] if name in given else _column_digits(table, position, digits)
        for position, name in enumerate(table.columns)
    }


def _column_digits(table: Table, position: int, digits: int | Mapping[str, int] | None) -> int:
    if isinstance(digits, int):
        return digits
    return column_digits([cell for cell in table.column(position) if isinstance(cell, float)])


def _html_rows(table: Table, digits: Mapping[str, int]) -> str:
    heads_rows = len(table.columns) > 1 and not table.is_numeric(0)
    return "\n".join(
        "<tr>"
        + "".join(
            f'<th scope="row">{escape(text)}</th>'
            if position == 0 and heads_rows
            else f"<td{_alignment(table, position)}>{escape(text)}</td>"
            for position, text in enumerate(row)
        )
        + "</tr>"
        for row in _written(table, digits)
    )


def _alignment(table: Table, position: int) -> str:
    return ' class="number" style="text-align: right"' if table.is_numeric(position) else ""


def _written(table: Table, digits: Mapping[str, int]) -> list[list[str]]:
    return [
        [_shown(cell, digits[name]) for cell, name in zip(row, table.columns, strict=True)]
        for row in table.rows
    ]


def _shown(cell: Cell, digits: int) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, str):
        return cell
    return number_text(cell, digits if isinstance(cell, float) else None)


def _csv_cell(cell: Cell) -> str:
    if cell is None:
        return ""
    return inert(cell) if isinstance(cell, str) else repr(cell)


def _plain(value: Any) -> Cell:
    """Turn a NumPy or pandas scalar into a Python one, anything else into its text."""
    if hasattr(value, "item"):
        value = value.item()
    return value if isinstance(value, bool | int | float | str) else str(value)


def _is_number(cell: Cell) -> bool:
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def read_csv_text(text: str) -> tuple[Sequence[str], list[list[str]]]:
    """Read back what `csv_text` wrote, as texts: the names and the rows."""
    rows = list(csv.reader(io.StringIO(text, newline="")))
    return (rows[0], rows[1:]) if rows else ([], [])
