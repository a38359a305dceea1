"""All that changed from one version to another, as one document: what JSON, page and terminal tell.

::

    {"format": 1, "series": "severity",
     "before": {"version", "manifest"}, "after": {"version", "manifest"}, "notes": [text],
     "values":  [{"id", "verdict", "before", "after", "difference", "relative", "words",
                  "interval", "sign", "significance", "rank"}],
     "tables":  [{"table", "verdict", "key", "rows", "columns", "order", "ranks",
                  "changes": [{"change", "row", "places",
                               "cells": [{"column", "before", "after", "verdict", ...}]}]}],
     "figures": [{"figure", "verdict", "parts"}],
     "prose":   [{"cell", "verdict", "before", "after"}],
     "claims":  [{"id", "text", "sentence", "predicate", "holds", "words"}],
     "data":    [{"file", "verdict", "before", "after", "private", "rows", "key", "changes"}],
     "parameters": [{"name", "before", "after"}],
     "notebook": [{"file", "verdict", "cells"}],
     "package": [{"file", "verdict", "lines", "definitions"}],
     "environment": [{"name", "before", "after"}],
     "lock":    {"before", "after", "pins"},
     "totals":  {"values", "tables", "figures"}, "rows": {file: number}}

``rows`` has the number of rows of the later version's withheld files, so that the next version
can say how many they were.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from foistats.reports.changes.code import notebook_changes, package_changes
from foistats.reports.changes.inputs import data_changes
from foistats.reports.changes.side import Side
from foistats.reports.changes.surroundings import (
    environment_changes,
    lock_changes,
    parameter_changes,
)
from foistats.reports.changes.tables import table_changes
from foistats.reports.changes.values import read_values, value_changes
from foistats.reports.changes.wordings import claim_changes
from foistats.reports.compare import Difference, differences
from foistats.reports.compare.difference import CLOSE
from foistats.reports.compare.notebooks import NOTEBOOK_FILE

FORMAT = 1

Document = dict[str, Any]


def changes_between(before: Side, after: Side, *, notes: tuple[str, ...] = ()) -> Document:
    """Return the document of what changed from one version to another.

    Parameters
    ----------
    before, after : Side
        The earlier and the later version.
    notes : tuple of str
        What cannot be compared, and why.
    """
    is_shown = "figures" not in before.unknown | after.unknown
    shown = list(differences(before.files, after.files)) if is_shown else []
    return {
        "format": FORMAT,
        "series": after.series,
        "before": _named(before),
        "after": _named(after),
        "notes": list(notes),
        "values": list(value_changes(before.files, after.files)),
        "tables": [
            told
            for told in table_changes(before.files, after.files)
            if f"tables/{told['table']}" not in before.unknown | after.unknown
        ],
        "figures": list(_figures(shown)),
        "prose": list(_prose(shown)),
        "claims": claim_changes(before, after),
        "data": data_changes(before, after),
        "parameters": parameter_changes(before, after),
        "notebook": notebook_changes(before, after),
        "package": package_changes(before, after),
        "environment": environment_changes(before, after),
        "lock": lock_changes(before, after),
        "totals": _totals(after.files),
        "rows": dict(after.rows),
    }


def first_version(after: Side) -> Document:
    """Return the document of a version without a predecessor."""
    return {
        "format": FORMAT,
        "series": after.series,
        "before": None,
        "after": _named(after),
        "totals": _totals(after.files),
        "rows": dict(after.rows),
    }


def moved(told: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the values that moved beyond their tolerance, came or went."""
    return [value for value in told.get("values", ()) if value["verdict"] != CLOSE]


def moved_tables(told: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the tables that moved beyond the tolerance, came or went."""
    return [table for table in told.get("tables", ()) if table["verdict"] != CLOSE]


def moved_cells(table: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the cells of a table that moved, each with the name of its row."""
    for change in table.get("changes", ()):
        if change["change"] == "changed":
            yield from (
                (change["row"], cell) for cell in change["cells"] if cell["verdict"] != CLOSE
            )


def flagged(told: Mapping[str, Any], flag: str) -> list[str]:
    """Return what has a flag ("sign", "significance", "rank"): values, and cells of tables."""
    found = [value["id"] for value in moved(told) if flag in value]
    for table in moved_tables(told):
        found += [
            f"{table['table']}: {row}, {cell['column']}"
            for row, cell in moved_cells(table)
            if flag in cell
        ]
        if flag == "rank":
            found += [f"{table['table']}: {rank['row']}" for rank in table.get("ranks", ())]
    return found


def _named(side: Side) -> dict[str, Any]:
    return {"version": side.version, "manifest": side.manifest or None}


def _figures(shown: list[Difference]) -> Iterator[dict[str, Any]]:
    """Yield the figures that differ, each once, with the parts of it that do."""
    found: dict[str, list[Difference]] = {}
    for difference in shown:
        if difference.kind == "figure":
            found.setdefault(difference.id, []).append(difference)
    for name, parts in found.items():
        verdicts = {part.verdict for part in parts}
        yield {
            "figure": name.removeprefix("figures/").removesuffix(".svg"),
            "verdict": CLOSE if verdicts == {CLOSE} else next(iter(verdicts - {CLOSE})),
            "parts": list(dict.fromkeys(part.where.partition(",")[0] for part in parts)),
        }


def _prose(shown: list[Difference]) -> Iterator[dict[str, Any]]:
    """Yield the cells whose text differs, and the captions of tables that do."""
    for difference in shown:
        is_caption = difference.kind == "table" and difference.where == "caption"
        if is_caption or (difference.kind == "text" and difference.id != NOTEBOOK_FILE):
            yield {
                "cell": f"{difference.id}, caption" if is_caption else difference.id,
                "verdict": difference.verdict,
                "before": difference.before,
                "after": difference.after,
            }


def _totals(files: Mapping[str, bytes]) -> dict[str, int]:
    return {
        "values": len(read_values(files)),
        "tables": sum(name.startswith("tables/") for name in files),
        "figures": sum(name.startswith("figures/") for name in files),
    }
