"""Settings, prose and other inputs that are no rows: which entries changed, how many lines did."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

#: What an entry of a list of tables is called by.
_NAMES = ("id", "name", "group", "label")


def setting_changes(name: str, before: bytes, after: bytes) -> list[dict[str, Any]] | None:
    """Return the entries of a TOML or JSON file that differ: ``entry``, ``before``, ``after``.

    None where it is neither, or one of the two cannot be read. An entry that is not there is
    null; a list of tables has its entries by their ``id``, ``name``, ``group`` or ``label``,
    or else by number.
    """
    found = [_read(name, content) for content in (before, after)]
    if found[0] is None or found[1] is None:
        return None
    first, second = (dict(_entries(told, "")) for told in found)
    return [
        {"entry": entry, "before": first.get(entry), "after": second.get(entry)}
        for entry in dict.fromkeys((*first, *second))
        if first.get(entry) != second.get(entry)
    ]


def line_counts(before: bytes, after: bytes) -> dict[str, int]:
    r"""Return how many lines were added and removed, wherever they stand.

    Examples
    --------
    >>> line_counts(b"a\nb\n", b"a\nc\nd\n")
    {'added': 2, 'removed': 1}
    """
    first, second = (Counter(content.splitlines()) for content in (before, after))
    return {"added": (second - first).total(), "removed": (first - second).total()}


def _read(name: str, content: bytes) -> Mapping[str, Any] | None:
    try:
        text = content.decode("utf-8-sig")
        suffix = PurePosixPath(name).suffix
        told = tomllib.loads(text) if suffix == ".toml" else json.loads(text)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def _entries(told: Any, path: str) -> Iterator[tuple[str, str]]:
    """Yield every entry with its path, and its value as text."""
    if isinstance(told, Mapping) and (told or not path):
        for name, inner in told.items():
            yield from _entries(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(told, list) and told and all(isinstance(inner, Mapping) for inner in told):
        for place, (name, inner) in enumerate(_named(told), start=1):
            yield from _entries(inner, f"{path}[{name or place}]")
    else:
        yield path, _value(told)


def _value(told: Any) -> str:
    """Write a value; texts and dates without quotes, unless one looks like something else."""
    if told is None or isinstance(told, bool | int | float | list | Mapping):
        return json.dumps(told, ensure_ascii=False, default=str)
    try:
        json.loads(str(told))
    except ValueError:
        return str(told)
    return json.dumps(told, ensure_ascii=False, default=str)


def _named(told: list[Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each table of a list with its name, if they have names of their own."""
    for key in _NAMES:
        names = [inner.get(key) for inner in told]
        if all(isinstance(name, str) and name for name in names) and len(set(names)) == len(names):
            yield from zip(map(str, names), told, strict=True)
            return
    yield from (("", inner) for inner in told)
