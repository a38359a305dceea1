"""What a study's sources are worth today: the newest one, and those corrected or withdrawn.

A version records the sources it rests on. A mark set later, in any version of any report of
the same study, holds for every version that rests on the source.
"""

from __future__ import annotations

import csv
import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from foistats.reports.ask.request import Request

#: The states that mark what rests on a source, the graver one last.
MARKS = ("corrected", "withdrawn")


@dataclass(frozen=True, order=True)
class Mark:
    """A source that its publisher corrected or withdrew.

    Attributes
    ----------
    study, source
        The study's folder as recorded, and the source's id.
    state
        "corrected" or "withdrawn".
    note
        What the study says about the source.
    """

    study: str
    source: str
    state: str
    note: str = ""


def sources_of(request: Request) -> dict[str, Any]:
    """Return what the manifest says of the sources of each study asked for.

    A study without a readable ``sources.csv``, or one without the column ``state``, gets what
    can be read: what is wrong with the file is for the check of the study to say.

    Returns
    -------
    dict
        By study as recorded: ``newest`` (the last date of publication, or empty), ``sources``
        (the state of each, by id) and ``notes`` (the notes of marked ones, by id).
    """
    return {
        str(request.values[name]): _study_sources(folder)
        for name, folder in sorted(request.studies.items())
    }


def marks_in(sources: Any) -> tuple[Mark, ...]:
    """Return the marks that one manifest's ``sources`` holds, in a fixed order."""
    return tuple(
        sorted(
            Mark(study, source, str(state), str(_mapping(told.get("notes")).get(source, "")))
            for study, told in _studies(sources)
            for source, state in _mapping(told.get("sources")).items()
            if state in MARKS
        )
    )


def marks_on(sources: Any, marks: Iterable[Mark]) -> tuple[Mark, ...]:
    """Return those of the marks that concern a manifest's ``sources``, one for each source.

    Where marks disagree, the graver one holds.
    """
    rests_on = {
        (study, source)
        for study, told in _studies(sources)
        for source in _mapping(told.get("sources"))
    }
    graver = sorted(marks, key=lambda mark: (MARKS.index(mark.state), mark))
    held = {(mark.study, mark.source): mark for mark in graver}
    return tuple(sorted(mark for place, mark in held.items() if place in rests_on))


def newest_in(sources: Any) -> str:
    """Return the date of the newest source in a manifest's ``sources``, or an empty string."""
    return max((str(told.get("newest", "")) for _, told in _studies(sources)), default="")


def count_in(sources: Any) -> int:
    """Return how many sources a manifest's ``sources`` names."""
    return sum(len(_mapping(told.get("sources"))) for _, told in _studies(sources))


def _study_sources(folder: Path) -> dict[str, Any]:
    rows = {row["source"]: row for row in _rows(folder / "sources.csv") if row.get("source")}
    states = {id: _state(row) for id, row in sorted(rows.items())}
    return {
        "newest": max(
            filter(_is_date, (row.get("published", "") for row in rows.values())), default=""
        ),
        "sources": states,
        "notes": {id: rows[id].get("note", "") for id, state in states.items() if state},
    }


def _rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file as texts, or none where it cannot be read."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return [
                {str(name).strip(): cell.strip() for name, cell in row.items() if _is_text(cell)}
                for row in csv.DictReader(file)
            ]
    except (OSError, ValueError, csv.Error):
        return []


def _is_text(cell: object) -> bool:
    """Say whether a cell is one: a short row lacks cells, a long one has a list of the rest."""
    return isinstance(cell, str)


def _state(row: Mapping[str, str]) -> str:
    state = row.get("state", "")
    return state if state in MARKS else ""


def _is_date(text: str) -> bool:
    try:
        return datetime.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _studies(sources: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for study, told in sorted(_mapping(sources).items()):
        yield study, _mapping(told)


def _mapping(told: Any) -> Mapping[str, Any]:
    """Return a mapping, empty for what an earlier manifest does not have."""
    return told if isinstance(told, Mapping) else {}
