"""Published values side by side: numbers within their recorded tolerance, the rest exactly."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, TypeGuard

from foistats.reports.compare.difference import (
    CLOSE,
    Difference,
    Verdict,
    are_close,
    pairs,
    unreadable,
)

VALUES_FILE = "values.json"
_TOLD = ("value", "unit", "digits")

Record = Mapping[str, Any]


def value_differences(
    before: Mapping[str, bytes], after: Mapping[str, bytes]
) -> Iterator[Difference]:
    """Yield the values that differ, in the order of their ids."""
    if before.get(VALUES_FILE) == after.get(VALUES_FILE):
        return
    (earlier, fault), (later, fault_after) = _read(before), _read(after)
    if fault or fault_after:
        yield unreadable("value", VALUES_FILE, fault, fault_after)
        return
    yield from pairs("value", _texts(earlier), _texts(later))
    for id in sorted({*earlier} & {*later}):
        if found := _compared(id, earlier[id], later[id]):
            yield found


def value_ids(files: Mapping[str, bytes]) -> list[str]:
    """Return the ids of a version's values; none if they cannot be read."""
    return sorted(_read(files)[0])


def _compared(id: str, before: Record, after: Record) -> Difference | None:
    told = (*_TOLD, "text")
    if [_exact(before.get(name)) for name in told] == [_exact(after.get(name)) for name in told]:
        return None
    verdict: Verdict = CLOSE if _is_close(before, after) else "different"
    first, second = _text(before), _text(after)
    if first == second:
        first, second = _unrounded(before), _unrounded(after)
    return Difference("value", id, verdict, first, second, where=_where(after))


def _is_close(before: Record, after: Record) -> bool:
    """Say whether a value moved within the smaller of the tolerances recorded with it."""
    if any(before.get(name) != after.get(name) for name in ("unit", "digits")):
        return False
    first, second = before.get("value"), after.get("value")
    if not (_is_number(first) and _is_number(second)) or _exact(first) == _exact(second):
        return False
    return are_close(first, second, min(_tolerance(before), _tolerance(after)))


def _tolerance(record: Record) -> float:
    told = record.get("tolerance")
    return told if _is_number(told) else 0.0


def _unrounded(record: Record) -> str:
    return f"{_plain(record)} {record.get('unit') or ''}".strip()


def _exact(value: Any) -> tuple[type, Any]:
    """Tell 1 from 1.0 and from true."""
    return type(value), value


def _is_number(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _texts(values: Mapping[str, Record]) -> dict[str, str]:
    return {id: _text(record) for id, record in sorted(values.items())}


def _text(record: Record) -> str:
    return str(record.get("text", _plain(record)))


def _plain(record: Record) -> str:
    value = record.get("value")
    return value if isinstance(value, str) else json.dumps(value)


def _where(record: Record) -> str:
    return f"cell {record['cell']}" if record.get("cell") else ""


def _read(files: Mapping[str, bytes]) -> tuple[dict[str, Record], str]:
    """Return the values by id, or none and what is wrong with the file."""
    if VALUES_FILE not in files:
        return {}, ""
    try:
        found = json.loads(files[VALUES_FILE])
    except (ValueError, RecursionError):
        return {}, "is not JSON"
    if not isinstance(found, dict) or not all(isinstance(told, dict) for told in found.values()):
        return {}, "is not a set of values by id"
    return found, ""
