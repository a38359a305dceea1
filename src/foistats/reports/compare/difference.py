"""One difference between two versions, and when two numbers count as the same."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["value", "table", "figure", "text", "code"]
Verdict = Literal["same within tolerance", "different", "missing", "new"]

CLOSE: Verdict = "same within tolerance"
#: Numbers this small are zero but for rounding.
ABSOLUTE_TOLERANCE = 1e-12
FLOAT_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Difference:
    """Something that differs.

    Attributes
    ----------
    kind
        A value, table, figure, a cell's text or a cell's code.
    id
        The value's id, the file of a table or figure, or the cell's id.
    verdict
        How it differs.
    before, after
        What stood there and what does; empty for what is new or missing.
    where
        The cell of the notebook, the row and column, or the part of a figure.
    """

    kind: Kind
    id: str
    verdict: Verdict
    before: str = ""
    after: str = ""
    where: str = ""


def are_close(before: float, after: float, tolerance: float) -> bool:
    """Say whether two numbers are the same within a relative tolerance.

    Without a tolerance they must be equal; with one, what is below 1e-12 counts as zero.
    """
    if max(abs(before), abs(after)) > sys.float_info.max:
        return False
    if before == after:
        return True
    allowed = max(tolerance, 0.0)
    return allowed > 0 and math.isclose(before, after, rel_tol=allowed, abs_tol=ABSOLUTE_TOLERANCE)


def pairs(kind: Kind, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Difference]:
    """Yield what only one of two versions has, each id with its text."""
    for id in before:
        if id not in after:
            yield Difference(kind, id, "missing", before=before[id])
    for id in after:
        if id not in before:
            yield Difference(kind, id, "new", after=after[id])


def unreadable(kind: Kind, name: str, before: str, after: str) -> Difference:
    """Say that a file cannot be compared; `before` and `after` say what is wrong with each."""
    return Difference(
        kind, name, "different", before or "can be read", after or "can be read", where=name
    )
