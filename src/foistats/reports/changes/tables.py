"""The published tables that differ, row by row: which numbers moved, and which rows changed rank.

A row is ranked where a table is sorted, before and after, by one and the same column of
numbers: an estimate with an interval if there is one, else the first such column.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from foistats.publish.wording import column_digits
from foistats.reports.changes.amounts import (
    Number,
    amount_text,
    difference,
    number_in,
    relative,
    relative_text,
)
from foistats.reports.changes.estimates import (
    Columns,
    consequences,
    interval_columns,
    is_rank,
    no_effect,
    table_estimate,
)
from foistats.reports.changes.rows import RowChange, Rows, row_changes
from foistats.reports.changes.sheets import Sheet, read_sheet
from foistats.reports.compare.difference import CLOSE, FLOAT_TOLERANCE, are_close

_FOLDER, _SUFFIX = "tables/", ".csv"
#: A table of fewer rows is not taken for sorted.
_LEAST_ROWS = 3

Cell = dict[str, Any]


def table_changes(
    before: Mapping[str, bytes], after: Mapping[str, bytes]
) -> Iterator[dict[str, Any]]:
    """Yield the tables that are not the same, in the order of their ids.

    Each has ``table``, ``verdict`` and, where both can be read, ``key`` (the columns that name
    a row), ``rows`` (how many are ``same``, ``changed``, ``added``, ``removed``), ``changes``
    and, only where they changed, ``columns`` (``added``, ``removed``, ``before``), ``order``
    (the later places of the rows that stayed, in their earlier order) and ``ranks``.
    """
    names = {name for name in {*before, *after} if name.startswith(_FOLDER)}
    for name in sorted(names):
        if before.get(name) != after.get(name):
            yield _change(name, before.get(name), after.get(name))


def _change(name: str, before: bytes | None, after: bytes | None) -> dict[str, Any]:
    table = name.removeprefix(_FOLDER).removesuffix(_SUFFIX)
    sheets = [None if content is None else read_sheet(content) for content in (before, after)]
    verdict = "new" if before is None else "missing" if after is None else "different"
    told: dict[str, Any] = {"table": table, "verdict": verdict}
    known = [sheet or Sheet((), ()) for sheet in sheets]
    if any(sheet is None for sheet in sheets) and verdict == "different":
        return told | {"note": "one of the two is not a CSV table in UTF-8"}
    return told | _compared(table, *known, verdict=verdict)


def _compared(table: str, before: Sheet, after: Sheet, *, verdict: str) -> dict[str, Any]:
    found = row_changes(before, after)
    both = _Both(table, before, after, found)
    changes = [both.told(change) for change in found.changes]
    told = found.counts() | {"key": list(found.pairing.key)}
    is_same = found.columns_are_same and "order" not in told
    if verdict == "different" and is_same and _is_close(changes):
        verdict = CLOSE
    told |= {"verdict": verdict, "changes": changes}
    if verdict == "different" and (ranks := list(both.ranks())):
        told["ranks"] = ranks
    return told


def _is_close(changes: Sequence[Mapping[str, Any]]) -> bool:
    return all(
        change["change"] == "changed" and all(cell["verdict"] == CLOSE for cell in change["cells"])
        for change in changes
    )


@dataclass(frozen=True)
class _Both:
    """A table before and after, with what was found between its rows."""

    table: str
    before: Sheet
    after: Sheet
    found: Rows

    def told(self, change: RowChange) -> dict[str, Any]:
        """Return a change of a row, its numbers with what their moves mean."""
        told = change.as_dict()
        if change.kind == "changed":
            first, second = (
                sheet.rows[place]
                for sheet, place in zip((self.before, self.after), change.places, strict=True)
            )
            cells = ((cell, self._cell(change.name, cell, first, second)) for cell in told["cells"])
            told["cells"] = [cell | more for cell, more in cells]
        return told

    def ranks(self) -> Iterator[dict[str, Any]]:
        """Yield the rows that changed rank, in the later order."""
        for column in self._sorted_by:
            for first, second in self.found.pairing.pairs:
                if first != second:
                    name = self.found.name(second)
                    yield {"row": name, "by": column, "before": first + 1, "after": second + 1}

    @cached_property
    def _numbers(self) -> tuple[Mapping[str, list[Number | None]], ...]:
        return tuple(
            {name: [number_in(row[name]) for row in sheet.rows] for name in sheet.columns}
            for sheet in (self.before, self.after)
        )

    @cached_property
    def _estimates(self) -> list[Columns]:
        found = []
        for sheet, numbers in zip((self.before, self.after), self._numbers, strict=True):
            numeric = frozenset(
                name for name, cells in numbers.items() if any(cell is not None for cell in cells)
            )
            found.append(interval_columns(sheet.columns, numeric))
        return [columns for columns in found[0] if columns in found[1]]

    @cached_property
    def _digits(self) -> Mapping[str, int]:
        """The decimals of each column of floats, as the table shows them."""
        columns = {name: cells for numbers in self._numbers for name, cells in numbers.items()}
        return {
            name: column_digits([cell for cell in cells if isinstance(cell, float)])
            for name, cells in columns.items()
        }

    @property
    def _sorted_by(self) -> list[str]:
        """The column by which the table is sorted before and after, if there is one."""
        shared = [name for name in self.before.columns if name in self.after.columns]
        estimates = [columns.estimate for columns in self._estimates]
        for name in [*estimates, *(name for name in shared if name not in estimates)]:
            orders = {_order(numbers[name]) for numbers in self._numbers}
            if len(orders) == 1 and "" not in orders:
                return [name]
        return []

    def _cell(
        self, row: str, cell: Cell, before: Mapping[str, str], after: Mapping[str, str]
    ) -> Cell:
        name = cell["column"]
        if cell["before"] is None or cell["after"] is None:
            return {"verdict": "new" if cell["before"] is None else "missing"}
        first, second = number_in(cell["before"]), number_in(cell["after"])
        amount = None if first is None or second is None else difference(first, second)
        if first is None or second is None or amount is None:
            return {"verdict": "different"}
        if isinstance(amount, float) and are_close(first, second, FLOAT_TOLERANCE):
            return {"verdict": CLOSE}
        share = relative(first, second)
        digits = self._digits[name] if isinstance(amount, float) else None
        by, told = amount_text(amount, digits=digits), relative_text(share)
        found = {"verdict": "different", "difference": amount, "relative": share}
        found |= {"words": f"{by} ({told})" if told else by}
        found |= {} if digits is None else {"digits": digits}
        return found | self._meaning(row, name, before, after)

    def _meaning(
        self, row: str, name: str, before: Mapping[str, str], after: Mapping[str, str]
    ) -> Cell:
        found: Cell = {}
        if any(name in (told.low, told.high) for told in self._estimates):
            return found
        columns = next((told for told in self._estimates if told.estimate == name), None)
        names = (name, row) if columns is None else (name, row, self.table)
        columns, none = columns or Columns(name, "", ""), no_effect("", *names)
        first, second = (
            table_estimate(_numbers_of(cells), columns, no_effect=none) for cells in (before, after)
        )
        if first is not None and second is not None:
            found |= consequences(first, second)
        if is_rank(name):
            found["rank"] = {"before": number_in(before[name]), "after": number_in(after[name])}
        return found


def _numbers_of(row: Mapping[str, str]) -> dict[str, Number | None]:
    return {name: number_in(cell) for name, cell in row.items()}


def _order(numbers: Sequence[Number | None]) -> str:
    """Say how a column is sorted: "up", "down", or "" if it is not, or holds other than numbers."""
    known = [number for number in numbers if number is not None]
    if len(known) < max(len(numbers), _LEAST_ROWS) or len(set(known)) < 2:
        return ""
    if known == sorted(known):
        return "up"
    return "down" if known == sorted(known, reverse=True) else ""
