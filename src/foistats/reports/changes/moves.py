"""The numbers that moved, as lines of tables and in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from foistats.publish.wording import number_text
from foistats.reports.changes.amounts import Number, is_number, number_in
from foistats.reports.changes.document import moved, moved_cells, moved_tables
from foistats.reports.changes.phrases import (
    Item,
    Told,
    column_words,
    interval_words,
    plain,
    put_down,
    row_counts,
    short,
    short_pair,
    why_words,
)
from foistats.reports.compare.difference import CLOSE

_MOST_DIGITS = 15


@dataclass(frozen=True)
class ValueLine:
    """A value that moved, as a line of a table."""

    id: str
    before: str
    after: str
    by: str
    interval: str
    why: str


@dataclass(frozen=True)
class CellLine:
    """A number of a table that moved, as a line of a table."""

    row: str
    column: str
    before: str
    after: str
    by: str
    interval: str
    why: str


@dataclass(frozen=True)
class TableMoves:
    """A table that moved: what happened to it, its numbers that moved, and what else did."""

    text: str
    cells: tuple[CellLine, ...]
    others: tuple[str, ...]


def value_lines(told: Told) -> Iterator[ValueLine]:
    """Yield the values that moved, came or went."""
    for value in moved(told):
        before, after = value["before"], value["after"]
        texts = _value_texts(before, after)
        if value.get("words"):
            texts = [text.removesuffix(f" {after['unit']}") for text in texts]  # told with the move
        by = value.get("words", "") if before and after else value["verdict"]
        yield ValueLine(
            value["id"], texts[0], texts[1], by, interval_words(value), why_words(value)
        )


def value_summary(told: Told) -> str:
    """Say how many values moved."""
    close = sum(value["verdict"] == CLOSE for value in told["values"])
    more = f", {close} more within {'its' if close == 1 else 'their'} tolerance" if close else ""
    return f"{len(moved(told))} of {told['totals']['values']} moved{more}"


def table_moves(told: Told) -> Iterator[TableMoves]:
    """Yield the tables that moved, each with the numbers in it."""
    for table in moved_tables(told):
        found = [_cell_line(row, cell) for row, cell in moved_cells(table)]
        yield TableMoves(_table_text(table), tuple(found), tuple(_other_lines(table)))


def table_items(told: Told) -> Iterator[Item]:
    """Yield the tables that moved, each with its rows."""
    for table in moved_tables(told):
        is_whole = table["verdict"] in ("new", "missing")
        yield Item(_table_text(table), () if is_whole else tuple(_table_lines(table)))


def cell_words(cell: Told) -> str:
    """Say how a cell of a table moved: "estimate 1.63 → 1.50, its difference, its interval"."""
    texts = _cell_texts(cell)
    if cell["verdict"] in ("new", "missing"):
        return f"{cell['column']} {cell['verdict']}"
    interval = f"{told} the old interval" if (told := interval_words(cell)) else ""
    parts = (f"{cell['column']} {texts[0]} → {texts[1]}", cell.get("words", ""), interval)
    return ", ".join(filter(None, parts))


def _table_text(table: Told) -> str:
    if table["verdict"] in ("new", "missing"):
        return f"{table['table']}: {table['verdict']}{put_down(table)}"
    counts = row_counts(table) if "rows" in table else "different"
    columns = column_words(table.get("columns", {}))
    return f"{table['table']}: {'; '.join((counts, *columns))}{put_down(table)}"


def _table_lines(table: Told) -> Iterator[str]:
    for change in table.get("changes", ()):
        if change["change"] == "changed":
            cells = [cell for cell in change["cells"] if cell["verdict"] != CLOSE]
            if cells:
                yield f"{change['row']}: {_row_words(cells)}"
    yield from _other_lines(table)


def _other_lines(table: Told) -> Iterator[str]:
    """Yield the rows that came or went, and what is not told."""
    if table["verdict"] in ("new", "missing"):
        return
    for change in table.get("changes", ()):
        if change["change"] != "changed":
            yield f"{change['change']}: {change['row']}{put_down(change)}"
    if left_out := table.get("left_out"):
        yield f"{left_out} rows, which changes.json had no room for"
    if note := table.get("note"):
        yield str(note)


def _row_words(cells: Sequence[Told]) -> str:
    """Say how the cells of a row moved; what moved them once, if it is the same for all."""
    if len({why_words(cell) for cell in cells}) == 1:
        return "; ".join(map(cell_words, cells)) + put_down(cells[0])
    return "; ".join(f"{cell_words(cell)}{put_down(cell)}" for cell in cells)


def _cell_line(row: str, cell: Told) -> CellLine:
    before, after = _cell_texts(cell)
    by = cell.get("words", "") if cell["verdict"] == "different" else cell["verdict"]
    return CellLine(row, cell["column"], before, after, by, interval_words(cell), why_words(cell))


def _cell_texts(cell: Told) -> list[str]:
    first, second = (number_in(cell[name] or "") for name in ("before", "after"))
    if first is None or second is None:
        return list(short_pair(plain(cell["before"]), plain(cell["after"])))
    if "digits" not in cell:
        return [number_text(first), number_text(second)]
    return _told_apart(first, second, cell["digits"])


def _text(record: Told | None) -> str:
    return "" if record is None else short(str(record.get("text", record.get("value", ""))))


def _value_texts(before: Told | None, after: Told | None) -> list[str]:
    """Return what is shown of a value before and after: rounded more finely where that is equal."""
    if before is None or after is None:
        return [_text(record) for record in (before, after)]
    texts = [str(record.get("text", plain(record.get("value")))) for record in (before, after)]
    if texts[0] != texts[1]:
        return list(short_pair(texts[0], texts[1]))
    first, second = before.get("value"), after.get("value")
    if is_number(first) and is_number(second):
        return _told_apart(first, second, before.get("digits") or 0)
    return [short(repr(first)), short(repr(second))]


def _told_apart(before: Number, after: Number, digits: int) -> list[str]:
    """Write two numbers with as many decimals as tell them apart."""
    for shown in range(digits, _MOST_DIGITS + 1):
        texts = [number_text(number, shown) for number in (before, after)]
        if texts[0] != texts[1]:
            return texts
    return [repr(before), repr(after)]
