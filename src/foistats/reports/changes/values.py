"""The values that moved between two versions: by how much, and what the move means."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from foistats.reports.changes.amounts import (
    amount_text,
    difference,
    is_number,
    relative,
    relative_text,
)
from foistats.reports.changes.estimates import consequences, estimate_of, is_end, is_rank
from foistats.reports.compare.difference import CLOSE, Difference
from foistats.reports.compare.values import VALUES_FILE, value_differences

Record = Mapping[str, Any]
Values = Mapping[str, Record]

_KEPT = ("value", "unit", "digits", "tolerance", "text", "cell")


def read_values(files: Mapping[str, bytes]) -> dict[str, Record]:
    """Return a version's values by id; none where they cannot be read."""
    try:
        found = json.loads(files.get(VALUES_FILE, b"{}"))
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {id: record for id, record in found.items() if isinstance(record, dict)}


def value_changes(
    before: Mapping[str, bytes], after: Mapping[str, bytes]
) -> Iterator[dict[str, Any]]:
    """Yield the values that are not the same, in the order of their ids.

    Each has ``id``, ``verdict`` ("different", "same within tolerance", "new" or "missing"),
    ``before`` and ``after`` (as `values.json` has them, or null), and where both are numbers
    of one unit ``difference``, ``relative`` (over the size of the earlier; null from zero),
    ``words`` and what else applies: ``interval``, ``sign``, ``significance``, ``rank``.
    """
    earlier, later = read_values(before), read_values(after)
    for found in value_differences(before, after):
        if found.kind == "value" and found.id != VALUES_FILE:
            yield _change(found, earlier, later)


def plain_values(files: Mapping[str, bytes]) -> dict[str, Any]:
    """Return the value of each id, as claims are judged on them."""
    return {id: record.get("value") for id, record in read_values(files).items()}


def _change(found: Difference, earlier: Values, later: Values) -> dict[str, Any]:
    id = found.id
    told: dict[str, Any] = {
        "id": id,
        "verdict": found.verdict,
        "before": _kept(earlier.get(id)),
        "after": _kept(later.get(id)),
    }
    if id in earlier and id in later:
        told |= _moved(id, earlier, later)
        if found.verdict != CLOSE and not is_end(id, later):
            told |= _meaning(id, earlier, later)
    return told


def _moved(id: str, earlier: Values, later: Values) -> dict[str, Any]:
    first, second = earlier[id].get("value"), later[id].get("value")
    unit = str(later[id].get("unit") or "")
    if not (is_number(first) and is_number(second)) or unit != (earlier[id].get("unit") or ""):
        return {}
    amount = difference(first, second)
    if amount is None:
        return {}
    share = relative(first, second)
    digits = later[id].get("digits")
    by = amount_text(amount, unit=unit, digits=digits if isinstance(digits, int) else None)
    return {
        "difference": amount,
        "relative": share,
        "words": f"{by} ({told})" if (told := relative_text(share)) else by,
    }


def _meaning(id: str, earlier: Values, later: Values) -> dict[str, Any]:
    first, second = estimate_of(id, earlier), estimate_of(id, later)
    if first is None or second is None:
        return {}
    found = consequences(first, second)
    if is_rank(id):
        found["rank"] = {"before": first.number, "after": second.number}
    return found


def _kept(record: Record | None) -> dict[str, Any] | None:
    if record is None:
        return None
    return {name: record[name] for name in _KEPT if name in record}
