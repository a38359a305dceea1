"""The numbers of a version or a run, each under a name by which others can be asked for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from foistats.reports.changes.amounts import number_in
from foistats.reports.changes.sheets import Sheet, read_sheet, row_name
from foistats.reports.changes.tables import table_changes
from foistats.reports.changes.values import read_values
from foistats.reports.compare import differences
from foistats.reports.compare.difference import CLOSE, FLOAT_TOLERANCE, are_close
from foistats.reports.compare.values import value_differences

Kind = Literal["value", "cell", "row", "table", "figure"]
Files = Mapping[str, bytes]


@dataclass(frozen=True)
class Name:
    """What a number is called.

    Attributes
    ----------
    kind
        A value, a cell of a table, or a row, a table or a figure as a whole.
    id
        The id of the value, table or figure.
    row, column
        Of a cell: its row, by the key, and its column.
    key
        The columns that name a row.
    """

    kind: Kind
    id: str
    row: str = ""
    column: str = ""
    key: tuple[str, ...] = ()


class Numbers:
    """The numbers of a set of files."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self._sheets: dict[str, Sheet | None] = {}
        self._rows: dict[tuple[str, tuple[str, ...]], dict[str, Mapping[str, str]]] = {}

    @cached_property
    def values(self) -> Mapping[str, Mapping[str, Any]]:
        """The published values, by id."""
        return read_values(self.files)

    def row(self, name: Name) -> Mapping[str, str] | None:
        """Return a row of a table; None if it is not there."""
        place = name.id, name.key
        if place not in self._rows:
            sheet = read_sheet(self.files.get(f"tables/{name.id}.csv", b"")) or Sheet((), ())
            rows = sheet.rows if set(name.key) <= set(sheet.columns) else ()
            self._rows[place] = {row_name(row, name.key, at): row for at, row in enumerate(rows)}
        return self._rows[place].get(name.row)


class Comparison:
    """Two sets of numbers, asked whether one of them differs."""

    def __init__(self, before: Numbers, after: Numbers) -> None:
        self.before, self.after = before, after

    def differs(self, name: Name) -> bool:
        """Say whether a number is another one in the second set, beyond its tolerance."""
        if name.kind == "value":
            return name.id in self._values
        if name.kind == "figure":
            return name.id in self._figures
        if name.kind == "table":
            return name.id in self._tables
        first, second = self.before.row(name), self.after.row(name)
        if first is None or second is None or name.kind == "row":
            return (first is None) != (second is None)
        return _differs(first.get(name.column), second.get(name.column))

    @cached_property
    def _values(self) -> frozenset[str]:
        found = value_differences(self.before.files, self.after.files)
        return frozenset(told.id for told in found if told.verdict != CLOSE)

    @cached_property
    def _tables(self) -> frozenset[str]:
        found = table_changes(self.before.files, self.after.files)
        return frozenset(told["table"] for told in found if told["verdict"] != CLOSE)

    @cached_property
    def _figures(self) -> frozenset[str]:
        found = differences(self.before.files, self.after.files)
        return frozenset(
            told.id.removeprefix("figures/").removesuffix(".svg")
            for told in found
            if told.kind == "figure" and told.verdict != CLOSE
        )


def named(told: Mapping[str, Any]) -> Iterator[tuple[Name, dict[str, Any]]]:
    """Yield each number of a document of changes that moved, with its entry there."""
    for value in told["values"]:
        if value["verdict"] != CLOSE:
            yield Name("value", value["id"]), value
    for table in told["tables"]:
        if table["verdict"] != CLOSE:
            yield from _of_table(table)
    for figure in told["figures"]:
        if figure["verdict"] != CLOSE:
            yield Name("figure", figure["figure"]), figure


def _of_table(table: dict[str, Any]) -> Iterator[tuple[Name, dict[str, Any]]]:
    """Yield the cells and rows of a table; the table as a whole where no key names a row."""
    key: Sequence[str] = table.get("key", ())
    if table["verdict"] != "different" or not key:
        yield Name("table", table["table"]), table
        return
    for change in table.get("changes", ()):
        name = Name("row", table["table"], change["row"], key=tuple(key))
        if change["change"] != "changed":
            yield name, change
            continue
        for cell in change["cells"]:
            if cell["verdict"] != CLOSE:
                yield Name("cell", name.id, name.row, cell["column"], name.key), cell


def _differs(before: str | None, after: str | None) -> bool:
    if before == after or before is None or after is None:
        return before != after
    first, second = number_in(before), number_in(after)
    if first is None or second is None or not isinstance(first - second, float):
        return True
    return not are_close(first, second, FLOAT_TOLERANCE)
