"""What changed between two versions, as a page of its own and as a part of the version's page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from foistats.reports.changes.document import moved
from foistats.reports.changes.made_from import made_from
from foistats.reports.changes.moves import table_moves, value_lines, value_summary
from foistats.reports.changes.phrases import Item, claim_items, figure_lines, flag_lines
from foistats.reports.pages.page import rendered

#: A version's page tells so many lines of each kind; ``changes.json`` has all of them.
_ITEMS, _BELOW, _VALUES = 8, 4, 12


def changes_page(told: Mapping[str, Any]) -> bytes:
    """Write what changed as one HTML page: no script, nothing to fetch."""
    why = told.get("why", {})
    return rendered(
        "changes.html.j2",
        series=told["series"],
        before=told["before"]["version"],
        after=told["after"]["version"],
        manifests=[told["before"]["manifest"], told["after"]["manifest"]],
        notes=told["notes"],
        made_from=list(made_from(told)),
        summary=value_summary(told),
        values=list(value_lines(told)),
        asked_why=bool(why),
        flags=list(flag_lines(told)),
        tables=list(table_moves(told)),
        figures=list(figure_lines(told)),
        prose=told["prose"],
        claims=list(claim_items(told)),
        why=list(why.get("words", ())),
    )


def summary(told: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return what a version's own page tells of its changes, at most a few lines of each kind."""
    if told is None or told["before"] is None:
        return None
    values = list(value_lines(told))
    return {
        "before": told["before"]["version"],
        "made_from": _few(made_from(told)),
        "summary": value_summary(told),
        "values": values[:_VALUES],
        "more": max(len(moved(told)) - _VALUES, 0),
        "flags": list(islice(flag_lines(told), _ITEMS)),
        "claims": _few(claim_items(told)),
    }


def _few(items: Iterable[Item]) -> list[Item]:
    """Return the first items, each with its first lines, and how many more there are."""
    found = list(items)
    few = [_shortened(item) for item in found[:_ITEMS]]
    more = len(found) - _ITEMS
    return [*few, Item(f"and {more} more")] if more > 0 else few


def _shortened(item: Item) -> Item:
    more = len(item.below) - _BELOW
    return Item(item.text, (*item.below[:_BELOW], f"and {more} more")) if more > 0 else item
