"""What changed, in the words that terminal and page share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from foistats.publish.wording import number_text
from foistats.reports.changes.amounts import is_number
from foistats.reports.changes.document import flagged, moved, moved_cells, moved_tables
from foistats.reports.compare.difference import CLOSE

Told = Mapping[str, Any]

#: A text within a line has so many letters at most.
_LONGEST = 60


@dataclass(frozen=True)
class Item:
    """A line, and the lines that belong to it."""

    text: str
    below: tuple[str, ...] = ()


def interval_words(told: Told) -> str:
    """Say whether a number lies in its old interval, "" where it had none."""
    return str(told.get("interval", {}).get("verdict", ""))


def why_words(told: Told) -> str:
    """Say what moved a number, "" where that was not asked."""
    return str(told.get("why", {}).get("words", ""))


def flag_lines(told: Told) -> Iterator[str]:
    """Yield which numbers changed sign, significance or rank."""
    for value in moved(told):
        yield from _flags(value["id"], value)
    for table in moved_tables(told):
        for row, cell in moved_cells(table):
            yield from _flags(f"{table['table']}: {row}, {cell['column']}", cell)
        if ranks := table.get("ranks"):
            moves = (f"{rank['row']} {rank['before']} → {rank['after']}" for rank in ranks)
            yield f"{table['table']} changed rank by {ranks[0]['by']}: {'; '.join(moves)}"
    none = [name for name in ("sign", "significance", "rank") if not flagged(told, name)]
    if none and (moved(told) or moved_tables(told)):
        yield f"no number changed {listed(none, 'or')}"


def figure_lines(told: Told) -> Iterator[str]:
    """Yield the figures that differ, with what of them does."""
    for figure in told["figures"]:
        if figure["verdict"] != CLOSE:
            parts = listed([part for part in figure["parts"] if part], "and")
            what = parts if figure["verdict"] == "different" else figure["verdict"]
            yield f"{figure['figure']}: {what}{put_down(figure)}"


def claim_items(told: Told) -> Iterator[Item]:
    """Yield the claims that no longer hold."""
    for claim in told["claims"]:
        verdict = "no longer holds" if claim["holds"] is False else "cannot be judged any more"
        below = [claim["words"]] if claim["holds"] is False else []
        sentence = [f"it stood in: {claim['sentence']}"] if claim["sentence"] else []
        yield Item(f'{claim["id"]}: "{claim["text"]}" {verdict}', (*below, *sentence))


def _flags(name: str, told: Told) -> Iterator[str]:
    if sign := told.get("sign"):
        sides = {1: "above", -1: "below"}
        none = sign["no_effect"]
        yield f"{name} changed sign: {sides[sign['before']]} → {sides[sign['after']]} {none}"
    if significance := told.get("significance"):
        verb = "now excludes" if significance["after"] else "no longer excludes"
        yield f"{name} changed significance: its interval {verb} {significance['no_effect']}"
    if rank := told.get("rank"):
        yield f"{name} changed rank: {plain(rank['before'])} → {plain(rank['after'])}"


def put_down(told: Told) -> str:
    """Say in brackets what a number is put down to, "" where that was not asked."""
    return f" [{words}]" if (words := why_words(told)) else ""


def row_counts(table: Told) -> str:
    """Say how many rows of a table changed: "1 changed of 41 rows"."""
    rows: Mapping[str, int] = table["rows"]
    total = sum(rows.values()) - rows.get("removed", 0)
    told = [f"{rows[kind]} {kind}" for kind in ("changed", "added", "removed") if rows.get(kind)]
    turned = "; rows in another order" if "order" in table else ""
    return f"{', '.join(told) or 'none changed'} of {total} {plural('row', total)}{turned}"


def column_words(columns: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield which columns came and went."""
    for verb in ("added", "removed"):
        if names := columns.get(verb):
            yield f"{plural('column', len(names))} {verb}: {', '.join(names)}"
    if columns and not (columns.get("added") or columns.get("removed")):
        yield "columns in another order"


def move(one: Told) -> str:
    """Say what something named was and is: "link logit → probit"."""
    return f"{one['name']} {plain(one['before'])} → {plain(one['after'])}"


def plain(value: Any) -> str:
    """Write a value of any type for a reader."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if is_number(value):
        return number_text(value)
    return str(value) or "(empty)"


def short(text: str, length: int = _LONGEST) -> str:
    """Return a text on one line, without what a reader cannot see, cut to a length."""
    line = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    return line if len(line) <= length else f"{line[: length - 1].rstrip()}…"


def short_pair(before: str, after: str, length: int = _LONGEST) -> tuple[str, str]:
    """Shorten two texts so that it is seen where they differ."""
    texts = [" ".join(text.split()) for text in (before, after)]
    letters = zip(*texts, strict=False)
    same = sum(1 for _ in takewhile(lambda both: both[0] == both[1], letters))
    if same < length // 2 or max(map(len, texts)) <= length or texts[0] == texts[1]:
        return short(texts[0], length), short(texts[1], length)
    start = max(0, same - length // 3)
    return short(f"…{texts[0][start:]}", length), short(f"…{texts[1][start:]}", length)


def plural(noun: str, number: int) -> str:
    """Return a noun for one, or for any other number."""
    return noun if number == 1 else f"{noun}s"


def listed(words: Sequence[str], joint: str) -> str:
    """Join words with commas, the last one with "and" or "or"."""
    head, tail = words[:-1], words[-1:]
    return f"{', '.join(head)} {joint} {tail[0]}" if head else "".join(tail)
