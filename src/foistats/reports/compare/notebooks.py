"""Executed notebooks side by side: their prose and printed outputs, and their code."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from foistats.publish import CLAIMS_MIME, FIGURE_MIME, TABLE_MIME, VALUE_MIME
from foistats.reports.compare.difference import Difference, Kind, pairs, unreadable

NOTEBOOK_FILE = "report.ipynb"
_RECORDS = (VALUE_MIME, TABLE_MIME, FIGURE_MIME)


@dataclass(frozen=True)
class Cell:
    """A cell's prose and printed outputs, and its code."""

    text: str
    code: str


def notebook_differences(
    before: Mapping[str, bytes], after: Mapping[str, bytes]
) -> Iterator[Difference]:
    """Yield the cells whose text differs, then those whose code does."""
    if before.get(NOTEBOOK_FILE) == after.get(NOTEBOOK_FILE):
        return
    (earlier, fault), (later, fault_after) = _read(before), _read(after)
    if fault or fault_after:
        yield unreadable("text", NOTEBOOK_FILE, fault, fault_after)
        return
    yield from _order_difference(list(earlier), list(later))
    texts = ({id: cell.text for id, cell in found.items()} for found in (earlier, later))
    yield from _differing("text", *texts)
    code = ({id: cell.code for id, cell in found.items()} for found in (earlier, later))
    yield from _differing("code", *code)


def records(files: Mapping[str, bytes]) -> dict[str, Mapping[str, Any]]:
    """Return what was shown with each table and figure, by file."""
    found: dict[str, Mapping[str, Any]] = {}
    for output in _outputs(files):
        data = output.get("data", {})
        for mime, place in ((TABLE_MIME, "tables/{}.csv"), (FIGURE_MIME, "figures/{}.svg")):
            record = data.get(mime) if isinstance(data, dict) else None
            if isinstance(record, dict):
                found[place.format(record.get("id"))] = record
    return found


def _outputs(files: Mapping[str, bytes]) -> Iterator[Mapping[str, Any]]:
    try:
        for cell in json.loads(files.get(NOTEBOOK_FILE, b"{}")).get("cells", ()):
            yield from (told for told in cell.get("outputs", ()) if isinstance(told, dict))
    except (ValueError, AttributeError, TypeError, RecursionError):
        return


def _differing(
    kind: Kind, before: Mapping[str, str], after: Mapping[str, str]
) -> Iterator[Difference]:
    shown = [{id: text for id, text in texts.items() if text} for texts in (before, after)]
    yield from pairs(kind, *({id: _line(text) for id, text in texts.items()} for texts in shown))
    for id, text in shown[0].items():
        if id in shown[1] and shown[1][id] != text:
            number, lines = _first_other(text, shown[1][id])
            yield Difference(kind, id, "different", *lines, where=f"cell {id}, line {number}")


def _order_difference(before: list[str], after: list[str]) -> Iterator[Difference]:
    common = {*before} & {*after}
    order, order_after = (" ".join(id for id in ids if id in common) for ids in (before, after))
    if order != order_after:
        yield Difference(
            "code", NOTEBOOK_FILE, "different", order, order_after, where="order of cells"
        )


def _first_other(before: str, after: str) -> tuple[int, tuple[str, str]]:
    """Return the first line that differs, with its number."""
    lines, lines_after = before.split("\n"), after.split("\n")
    length = max(len(lines), len(lines_after))
    both = [(_at(lines, place), _at(lines_after, place)) for place in range(length)]
    return next((number, told) for number, told in enumerate(both, 1) if told[0] != told[1])


def _at(lines: list[str], place: int) -> str:
    return lines[place] if place < len(lines) else ""


def _line(text: str) -> str:
    return next((line for line in text.split("\n") if line.strip()), "")


def _read(files: Mapping[str, bytes]) -> tuple[dict[str, Cell], str]:
    """Return the cells by id, or none and what is wrong with the file."""
    if NOTEBOOK_FILE not in files:
        return {}, ""
    try:
        return _cells(json.loads(files[NOTEBOOK_FILE])["cells"]), ""
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
        return {}, "is not a notebook of format 4"


def _cells(cells: list[Mapping[str, Any]]) -> dict[str, Cell]:
    """Return the cells by id; one without an id, or with a used one, by its position."""
    found: dict[str, Cell] = {}
    for place, cell in enumerate(cells, 1):
        id = str(cell.get("id") or "")
        found[id if id and id not in found else f"{id}#{place}"] = _cell(cell)
    return found


def _cell(cell: Mapping[str, Any]) -> Cell:
    source = _joined(cell["source"])
    if cell["cell_type"] != "code":
        return Cell(text=source, code="")
    shown = (text for output in cell.get("outputs", ()) for text in _shown(output))
    return Cell(text="\n".join(shown), code=source)


def _shown(output: Mapping[str, Any]) -> Iterator[str]:
    """Yield the texts of an output; a published value, table or figure is compared by its id."""
    if output["output_type"] == "stream":
        yield _joined(output["text"])
    elif output["output_type"] == "error":
        yield f"{output.get('ename')}: {output.get('evalue')}"
    elif not any(mime in output["data"] for mime in _RECORDS):
        for mime in sorted(output["data"], reverse=True):
            told = output["data"][mime]
            yield _claimed(told) if mime == CLAIMS_MIME else _joined(told)


def _claimed(told: Mapping[str, Any]) -> str:
    """Write what a text claims: "claims: 'more often', staff higher_than officers"."""
    claims = (
        f"'{claim['text']}', {' '.join(map(str, claim['predicate']))}" for claim in told["claims"]
    )
    return f"claims: {'; '.join(claims)}"


def _joined(source: Any) -> str:
    if isinstance(source, list):
        return "".join(source)
    return source if isinstance(source, str) else json.dumps(source, sort_keys=True)
