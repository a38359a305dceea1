"""When two drawings look the same: coordinates to a tenth of a pixel, everything else exactly.

The names that a drawing gives to its clipping areas and markers are made from coordinates, all
digits of them. They show nothing, so they are numbered in the order in which they occur.
"""

from __future__ import annotations

import re

from foistats.reports.compare.difference import CLOSE
from foistats.reports.compare.figures import figure_differences

#: A letter for the kind and ten digits of a hash: how matplotlib names what it refers to.
_NAME = re.compile(r"(?<=[\"#])([a-z])[0-9a-f]{10}(?=[\")])")
_FILE = "figures/drawing.svg"


def look_the_same(recorded: str, replayed: str) -> bool:
    """Say whether two drawings in SVG look the same."""
    if recorded == replayed:
        return True
    before, after = (
        {_FILE: _renamed(svg).encode("utf-8", "replace")} for svg in (recorded, replayed)
    )
    return all(one.verdict == CLOSE for one in figure_differences(before, after, {}, {}))


def _renamed(svg: str) -> str:
    numbers: dict[str, int] = {}

    def numbered(found: re.Match[str]) -> str:
        return f"{found[1]}-{numbers.setdefault(found[0], len(numbers) + 1)}"

    return _NAME.sub(numbered, svg)
