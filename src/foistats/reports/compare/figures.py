"""Published figures side by side: drawings with coordinates rounded, and the data behind them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from foistats.reports.compare.difference import CLOSE, FLOAT_TOLERANCE, Difference, are_close
from foistats.reports.compare.tables import csv_differences

#: Coordinates closer than this, in the drawing's units, look the same.
COORDINATE_DIGITS = 1

_NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?"
_COORDINATES = re.compile(
    r"(?<=[\s])(?:d|points|x|y|x1|x2|y1|y2|cx|cy|r|rx|ry|dx|dy|width|height|viewBox|transform)"
    r'="[^"]*"'
)
_FUNCTION = re.compile(r"(?P<name>[A-Za-z]+)\((?P<of>[^()]*)\)")
_PIECE = re.compile(rf"(?P<word>[A-Za-z]{{2,}})|(?P<number>{_NUMBER})")


def figure_differences(
    before: Mapping[str, bytes],
    after: Mapping[str, bytes],
    earlier: Mapping[str, Mapping[str, Any]],
    later: Mapping[str, Mapping[str, Any]],
) -> Iterator[Difference]:
    """Yield the figures that differ; `earlier` and `later` are the records shown."""
    for name in sorted(path for path in {*before, *after} if path.startswith("figures/")):
        if name not in after or name not in before:
            yield Difference("figure", name, "new" if name in after else "missing")
            continue
        if before[name] != after[name]:
            yield _drawing_difference(name, before[name], after[name])
        yield from _record_differences(name, earlier.get(name, {}), later.get(name, {}))


def _drawing_difference(name: str, before: bytes, after: bytes) -> Difference:
    try:
        is_close = _look_the_same(before.decode("utf-8"), after.decode("utf-8"))
    except UnicodeDecodeError:
        return Difference(
            "figure", name, "different", where="drawing", after="one is not text in UTF-8"
        )
    return Difference("figure", name, CLOSE if is_close else "different", where="drawing")


def _record_differences(
    name: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[Difference]:
    for key, part in (("alt", "alternative text"), ("caption", "caption")):
        texts = str(before.get(key, "")), str(after.get(key, ""))
        if texts[0] != texts[1]:
            yield Difference("figure", name, "different", *texts, where=part)
    data = (str(record.get("csv", "")).encode(errors="replace") for record in (before, after))
    yield from csv_differences("figure", name, *data, part="data")


def _look_the_same(before: str, after: str) -> bool:
    """Say whether two drawings differ in nothing but the last digits of their coordinates."""
    (frame, numbers), (frame_after, numbers_after) = _taken_apart(before), _taken_apart(after)
    return frame == frame_after and all(map(_are_near, numbers, numbers_after))


def _taken_apart(svg: str) -> tuple[str, list[tuple[bool, float]]]:
    """Return the drawing without its coordinates, and these, each marked if it is a place.

    What scales or turns is a factor, not a place, and moves everything it applies to.
    """
    numbers: list[tuple[bool, float]] = []

    def emptied(attribute: re.Match[str]) -> str:
        name, _, value = attribute.group().partition("=")
        if name != "transform":
            return f"{name}={_PIECE.sub(lambda piece: taken(piece, is_place=True), value)}"
        return f"{name}={_FUNCTION.sub(transformed, value)}"

    def transformed(function: re.Match[str]) -> str:
        is_place = function["name"] == "translate"
        told = _PIECE.sub(lambda piece: taken(piece, is_place=is_place), function["of"])
        return f"{function['name']}({told})"

    def taken(piece: re.Match[str], *, is_place: bool) -> str:
        if piece["word"]:
            return piece.group()
        numbers.append((is_place, float(piece.group())))
        return "0"

    return _COORDINATES.sub(emptied, svg), numbers


def _are_near(before: tuple[bool, float], after: tuple[bool, float]) -> bool:
    is_place, first = before
    second = after[1]
    if not is_place:
        return are_close(first, second, FLOAT_TOLERANCE)
    is_rounded = round(first, COORDINATE_DIGITS) == round(second, COORDINATE_DIGITS)
    return is_rounded or abs(first - second) <= 0.5 * 10**-COORDINATE_DIGITS
