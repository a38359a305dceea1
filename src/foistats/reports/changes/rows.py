"""The rows of a CSV text that were added, removed or changed, with their cells before and after.

What is found between two texts can be undone: from the later one and the changes the earlier
one is made again, cell for cell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from foistats.reports.changes.sheets import Pairing, Sheet, paired, row_name

Kind = Literal["added", "removed", "changed"]


@dataclass(frozen=True)
class Cell:
    """A cell before and after; None where there is no such row or column."""

    column: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class RowChange:
    """A row that was added, removed or changed.

    Attributes
    ----------
    kind
        Which of the three.
    name
        What the row is called.
    places
        Its place before and after, counted from 0; -1 where it is not.
    cells
        The cells that differ; of a row added or removed those that are not empty.
    """

    kind: Kind
    name: str
    places: tuple[int, int]
    cells: tuple[Cell, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {
            "change": self.kind,
            "row": self.name,
            "places": list(self.places),
            "cells": [
                {"column": cell.column, "before": cell.before, "after": cell.after}
                for cell in self.cells
            ],
        }


@dataclass(frozen=True)
class Rows:
    """What differs between the rows of two texts."""

    before: Sheet
    after: Sheet
    pairing: Pairing
    changes: tuple[RowChange, ...]

    @property
    def columns_are_same(self) -> bool:
        """Whether both have the same columns in the same order."""
        return self.before.columns == self.after.columns

    def name(self, place: int) -> str:
        """Return what a row of the later text is called."""
        return row_name(self.after.rows[place], self.pairing.key, place)

    def counts(self) -> dict[str, Any]:
        """Return how many rows are the same, changed, added and removed.

        With them, where they changed: the order of the rows and the columns, without which the
        changes could not be undone.
        """
        number = {
            kind: sum(change.kind == kind for change in self.changes)
            for kind in ("changed", "added", "removed")
        }
        same = len(self.pairing.pairs) - number["changed"]
        told: dict[str, Any] = {"rows": {"same": same, **number}}
        order = [second for _, second in sorted(self.pairing.pairs)]
        if order != sorted(order):
            told["order"] = order
        if not self.columns_are_same:
            old, new = self.before.columns, self.after.columns
            told["columns"] = {
                "before": list(old),
                "added": [name for name in new if name not in old],
                "removed": [name for name in old if name not in new],
            }
        return told


def row_changes(before: Sheet, after: Sheet) -> Rows:
    """Say which rows were added, removed or changed."""
    pairing = paired(before, after)
    return Rows(before, after, pairing, tuple(_changes(before, after, pairing)))


def undone(after: Sheet, told: Mapping[str, Any]) -> Sheet | None:
    """Return the earlier text that `Rows` told of; None where not everything was told.

    Parameters
    ----------
    after : Sheet
        The later text.
    told : mapping
        As `Rows.counts` has it, with ``changes``: `RowChange.as_dict` of each.
    """
    if told.get("left_out"):
        return None
    columns = tuple(told.get("columns", {}).get("before", after.columns))
    changes: Sequence[Mapping[str, Any]] = told["changes"]
    added = {change["places"][1] for change in changes if change["change"] == "added"}
    changed = {change["places"][1]: change for change in changes if change["change"] == "changed"}
    order = told.get("order", [place for place in range(len(after.rows)) if place not in added])
    rows = [
        {**after.rows[place], **_cells_before(changed[place])}
        if place in changed
        else dict(after.rows[place])
        for place in order
    ]
    for change in sorted(changes, key=lambda change: int(change["places"][0])):
        if change["change"] == "removed":
            rows.insert(change["places"][0], _cells_before(change))
    return Sheet(columns, tuple({name: row.get(name, "") for name in columns} for row in rows))


def _cells_before(change: Mapping[str, Any]) -> dict[str, str]:
    return {cell["column"]: cell["before"] or "" for cell in change["cells"]}


def _changes(before: Sheet, after: Sheet, pairing: Pairing) -> Iterator[RowChange]:
    """Yield the changes in the order of the later text, then what was removed."""
    earlier = {second: first for first, second in pairing.pairs}
    columns = tuple(dict.fromkeys((*before.columns, *after.columns)))
    for place, row in enumerate(after.rows):
        name = row_name(row, pairing.key, place)
        if place not in earlier:
            cells = (Cell(column, None, row[column]) for column in after.columns if row[column])
            yield RowChange("added", name, (-1, place), tuple(cells))
            continue
        first = before.rows[earlier[place]]
        cells = (Cell(column, first.get(column), row.get(column)) for column in columns)
        if differing := tuple(cell for cell in cells if (cell.before or "") != (cell.after or "")):
            yield RowChange("changed", name, (earlier[place], place), differing)
    for place in pairing.removed:
        row = before.rows[place]
        cells = (Cell(column, row[column], None) for column in before.columns if row[column])
        yield RowChange("removed", row_name(row, pairing.key, place), (place, -1), tuple(cells))
