"""What changed between two versions, for a terminal of 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from foistats.reports.changes.made_from import made_from
from foistats.reports.changes.moves import ValueLine, table_items, value_lines, value_summary
from foistats.reports.changes.phrases import Item, claim_items, figure_lines, flag_lines

WIDTH = 80
#: A cell of the table of values takes so much room at most; a longer one makes a paragraph.
_COLUMNS = {"id": 24, "before": 12, "after": 12, "by": 24, "interval": 8, "why": 20}
_GAP = "  "


def lines(told: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a document of changes tells."""
    before, after = told["before"], told["after"]
    yield f"{told['series']}  {before['version']} → {after['version']}"
    for note in told["notes"]:
        yield from _wrapped(f"note: {note}", "  ", "        ")
    yield from _section("What it was made from", _items(made_from(told)))
    yield from _section(
        f"Values: {value_summary(told)}",
        _values(list(value_lines(told)), (before["version"], after["version"])),
    )
    yield from _section("Sign, significance, rank", _bullets(flag_lines(told)))
    yield from _section("Tables", _items(table_items(told)))
    yield from _section("Figures", _bullets(figure_lines(told)))
    yield from _section("Prose", _prose(told["prose"]))
    yield from _section("Claims", _items(claim_items(told)))
    if "why" in told:
        yield from _section("Why", _why(told["why"]))


def _section(heading: str, body: Iterable[str]) -> Iterator[str]:
    told = list(body)
    if told or heading.startswith("Values"):
        yield ""
        yield from _wrapped(heading, "", "  ")
        yield from told


def _items(items: Iterable[Item]) -> Iterator[str]:
    for item in items:
        yield from _wrapped(item.text, "  ", "    ")
        for line in item.below:
            yield from _wrapped(line, "    - ", "      ")


def _bullets(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from _wrapped(text, "  - ", "    ")


def _values(found: list[ValueLine], versions: tuple[str, str]) -> Iterator[str]:
    """Yield a table of the values; one that does not fit is a paragraph of its own."""
    interval = "interval" if any(line.interval for line in found) else ""
    why = "put down to" if any(line.why for line in found) else ""
    heads = ValueLine("value", *versions, "moved by", interval, why)
    fitting = [line for line in found if _fits(line)]
    widths = {
        name: max(len(getattr(line, name)) for line in (heads, *fitting)) for name in _COLUMNS
    }
    for line in (heads, *found) if fitting else found:
        cells = [getattr(line, name).ljust(width) for name, width in widths.items() if width]
        row = _visible(f"  {_GAP.join(cells)}").rstrip()
        if (line is heads or line in fitting) and len(row) <= WIDTH:
            yield row
        elif line is not heads:
            yield from _paragraph(line)


def _paragraph(line: ValueLine) -> Iterator[str]:
    interval = f"{line.interval} the old interval" if line.interval else ""
    why = f"[{line.why}]" if line.why else ""
    told = (f"{line.before or 'none'} → {line.after or 'none'}", line.by, interval)
    yield from _wrapped(line.id, "  ", "    ")
    yield from _wrapped(f"{', '.join(filter(None, told))} {why}".rstrip(), "    ", "    ")


def _fits(line: ValueLine) -> bool:
    return all(len(getattr(line, name)) <= widest for name, widest in _COLUMNS.items())


def _prose(cells: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the cells whose text differs, with the first line that does."""
    for cell in cells:
        if cell["verdict"] == "different" and "before" in cell:
            yield from _wrapped(f"cell {cell['cell']}", "  - ", "    ")
            yield from _wrapped(f"was: {cell['before']}", "    ", "         ")
            yield from _wrapped(f"is:  {cell['after']}", "    ", "         ")
        else:
            yield from _wrapped(f"cell {cell['cell']}: {cell['verdict']}", "  - ", "    ")


def _why(why: Mapping[str, Any]) -> Iterator[str]:
    for line in why["words"]:
        yield from _wrapped(line, "  ", "    ")


def _wrapped(text: str, first: str, rest: str) -> list[str]:
    return textwrap.wrap(
        _visible(text), WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
    ) or [first]


def _visible(text: str) -> str:
    """Put a space for what cannot be seen: no colours, no lines of a text's own."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
