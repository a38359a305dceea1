"""The data that changed between two versions, down to the row; in a private study counts only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import PurePosixPath
from typing import Any

from foistats.reports.changes.rows import row_changes
from foistats.reports.changes.settings import line_counts, setting_changes
from foistats.reports.changes.sheets import Sheet, read_sheet
from foistats.reports.changes.side import Side
from foistats.reports.changes.study_words import (
    SETTINGS,
    StudyWords,
    changed_words,
    is_statement,
    needed_files,
    plain_words,
    read_words,
    statement_words,
)

_GONE = "its bytes are not here, only their hashes"
_PRIVATE = "the study is private: counts only"


def data_changes(before: Side, after: Side) -> list[dict[str, Any]]:
    """Return the data files that differ, in the order of their names.

    Each has ``file``, ``verdict`` ("changed", "added", "removed"), ``before`` and ``after``
    (hashes, or null) and ``private``. Of a CSV file ``rows`` (how many are ``same``,
    ``changed``, ``added``, ``removed``), ``key`` and ``changes``; of TOML and JSON
    ``settings``; of any other ``lines``. A private one has the numbers of these alone. Where
    bytes are not here, ``note`` says so.
    """
    telling = _Telling(before, after)
    first, second = before.hashes("data"), after.hashes("data")
    return [
        telling.file(name)
        for name in sorted({*first, *second})
        if first.get(name) != second.get(name)
    ]


def row_totals(contents: Mapping[str, bytes | None]) -> dict[str, int]:
    """Return how many rows each CSV file has."""
    sheets = {
        name: read_sheet(content)
        for name, content in contents.items()
        if content is not None and _suffix(name) == ".csv"
    }
    return {name: len(sheet.rows) for name, sheet in sorted(sheets.items()) if sheet}


class _Telling:
    """What tells of the data of two versions; a study's words are read once."""

    def __init__(self, before: Side, after: Side) -> None:
        self.before, self.after = before, after
        self.words = cache(self._words)  # by side (0: before) and folder

    def file(self, name: str) -> dict[str, Any]:
        """Return what changed in a file."""
        hashes = [side.hashes("data").get(name) for side in (self.before, self.after)]
        is_private = any(name in side.withheld for side in (self.before, self.after))
        verdict = "added" if hashes[0] is None else "removed" if hashes[1] is None else "changed"
        told = {
            "file": name,
            "verdict": verdict,
            "before": hashes[0],
            "after": hashes[1],
            "private": is_private,
        }
        found = self._content(name)
        return told | (self._counts(name, found) if is_private else found)

    def _content(self, name: str) -> dict[str, Any]:
        contents = [side.content("data", name) for side in (self.before, self.after)]
        wanted = [name in side.hashes("data") for side in (self.before, self.after)]
        if any(wanted[place] and contents[place] is None for place in (0, 1)):
            return {"note": _GONE}
        if not all(wanted):
            return self._whole(name, contents[0], contents[1])
        first, second = contents[0] or b"", contents[1] or b""
        if _suffix(name) == ".csv":
            sheet, later = read_sheet(first), read_sheet(second)
            if sheet and later:
                return self._rows(name, sheet, later)
        if _suffix(name) in (".toml", ".json"):
            settings = setting_changes(name, first, second)
            if settings:
                return {"settings": settings}
        return {"lines": line_counts(first, second)}

    def _whole(self, name: str, before: bytes | None, after: bytes | None) -> dict[str, Any]:
        """Return how much came or went with a file: what it holds is in the file."""
        first, second = before or b"", after or b""
        if _suffix(name) == ".csv":
            sheets = read_sheet(first), read_sheet(second)
            if sheets[0] and sheets[1]:
                numbers = {"added": len(sheets[1].rows), "removed": len(sheets[0].rows)}
                return {"rows": {"same": 0, "changed": 0, **numbers}}
        return {"lines": line_counts(first, second)}

    def _rows(self, name: str, before: Sheet, after: Sheet) -> dict[str, Any]:
        found = row_changes(before, after)
        changes = []
        for change in found.changes:
            told = change.as_dict()
            first = before.rows[change.places[0]] if change.places[0] >= 0 else None
            second = after.rows[change.places[1]] if change.places[1] >= 0 else None
            if words := self._row_words(name, change.name, first, second):
                told["words"] = words
            changes.append(told)
        return {**found.counts(), "key": list(found.pairing.key), "changes": changes}

    def _row_words(
        self,
        file: str,
        name: str,
        before: Mapping[str, str] | None,
        after: Mapping[str, str] | None,
    ) -> str:
        """Say a changed row in words: a statement in the words of its study."""
        folder = PurePosixPath(file).parent.as_posix()
        first, second = self.words(0, folder), self.words(1, folder)
        if before is not None and after is not None:
            if first and second and is_statement(file, before) and is_statement(file, after):
                return changed_words(before, after, first, second)
            return plain_words(name, before, after)
        row, words = (before, first) if after is None else (after, second)
        verb = "removed" if after is None else "added"
        if words is None or row is None or not is_statement(file, row):
            return f"{verb}: {name}"
        return f"{verb}: {statement_words(row, words)}"

    def _counts(self, name: str, found: Mapping[str, Any]) -> dict[str, Any]:
        """Return the numbers of what was found in a private file, and nothing of it."""
        told: dict[str, Any] = {"note": _PRIVATE}
        if "rows" in found:
            told["rows"] = found["rows"]
        elif "lines" in found:
            told["lines"] = found["lines"]
        elif "settings" in found:
            told["settings"] = len(found["settings"])
        else:
            told["note"] = f"{_PRIVATE}, and {_GONE}"
            totals = [side.rows.get(name) for side in (self.before, self.after)]
            if totals != [None, None]:
                told["totals"] = totals
        return told

    def _words(self, place: int, folder: str) -> StudyWords | None:
        side = (self.before, self.after)[place]
        files = {name: f"{folder}/{name}" for name in needed_files()}
        if files[SETTINGS] not in side.hashes("data"):
            return None
        found = {name: side.content("data", path) for name, path in files.items()}
        return read_words({name: content for name, content in found.items() if content is not None})


def changed_rows(files: list[dict[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every row that changed, with its file."""
    for file in files:
        yield from ((file["file"], change) for change in file.get("changes", ()))


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()
