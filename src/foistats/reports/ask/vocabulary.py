"""Vocabularies: the words a study lends to parameters, read lightly and before any kernel starts.

``study`` is the studies in data/ (or any by path); ``force`` the forces that the study's primary
survey asked or has groups of, ``role`` the levels of its codebook of roles, ``ladder`` the
groupings of its codebook of outcomes. Only what the words need is read; `foistats check` reads the
whole study.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from foistats.errors import DataError, InvalidStudyError, UsageError, did_you_mean

#: Vocabularies a parameter may draw its values from, besides a list.
VOCABULARIES = ("study", "force", "role", "ladder")
#: The study file that holds each vocabulary.
_FILES = {
    "force": "groups.csv",
    "role": "codebooks/roles.toml",
    "ladder": "codebooks/outcomes.toml",
}
_MOST_SHOWN = 200


class Vocabularies:
    """The vocabularies of a project's studies, each read once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._studies: dict[str, Path] = {}
        self._words: dict[tuple[str, Path], tuple[str, ...]] = {}

    def study(self, study: str, *, where: str = "study") -> Path:
        """Return a study's folder, as `study_folder` does."""
        if study not in self._studies:
            self._studies[study] = study_folder(self.root, study, where=where)
        return self._studies[study]

    def only_study(self, *, where: str) -> Path:
        """Return the folder of the project's only study, for a report that asks for none."""
        names = study_names(self.root)
        if len(names) != 1:
            raise UsageError(
                f"{where}: its words are those of a study, but the report has no parameter with "
                f'allowed = "study", and data/ holds {len(names)} studies; add the parameter'
            )
        return self.study(names[0])

    def words(self, vocabulary: str, study: Path) -> tuple[str, ...]:
        """Return the words of a vocabulary in a study's folder.

        Raises
        ------
        DataError
            If the file that holds them cannot be read, or holds none; names the file.
        """
        if vocabulary == "study":
            return study_names(self.root)
        if (vocabulary, study) not in self._words:
            read = _forces if vocabulary == "force" else _coded
            words = read(study, vocabulary)
            if not words:
                raise _unreadable(study, vocabulary, f"it names no {vocabulary}")
            self._words[vocabulary, study] = words
        return self._words[vocabulary, study]


def study_names(root: Path) -> tuple[str, ...]:
    """Return the names of the studies in data/."""
    return tuple(sorted(path.parent.name for path in (root / "data").glob("*/study.toml")))


def study_folder(root: Path, study: str, *, where: str = "study") -> Path:
    """Return the folder of a study: a name in data/, else a path to a folder with study.toml."""
    names = study_names(root)
    if study in names:
        return (root / "data" / study).resolve()
    try:
        path = Path(study).expanduser()
        for folder in (path, root / path):
            if study and (folder / "study.toml").is_file():
                return folder.resolve()
    except (OSError, ValueError, RuntimeError):  # too long, a NUL, the home of nobody
        pass
    quoted = study if study.isprintable() and len(study) <= _MOST_SHOWN else repr(study)[1:60] + "…"
    raise UsageError(
        f"{where}: '{quoted}' is not a study{did_you_mean(study, names)}; "
        f"give a folder with a study.toml, or one of: {', '.join(names) or 'none in data/'}"
    )


def source(vocabulary: str) -> str:
    """Name the study file that holds a vocabulary."""
    return _FILES[vocabulary]


def listed(words: tuple[str, ...]) -> str:
    """List words in a message: all of a few, else the first and how many there are."""
    text = ", ".join(words)
    if len(text) <= _MOST_SHOWN:
        return text
    return f"{text[:_MOST_SHOWN].rsplit(', ', 1)[0]}, … ({len(words)} in all)"


def _forces(study: Path, vocabulary: str) -> tuple[str, ...]:
    """Return the forces that the primary survey asked or has groups of.

    Without both files they are all of the study's forces file. A region or nation, by the kind that
    the forces file gives it, is no force.
    """
    settings, fault = _toml(study / "study.toml")
    if fault:
        raise _unreadable(study, vocabulary, fault, file=f"{study.name}/study.toml")
    kinds = _kinds(study, settings)
    analysis = settings.get("analysis", {})
    survey = analysis.get("survey") if isinstance(analysis, dict) else None
    named: set[str] = set()
    for path in (study / "asked.csv", study / _FILES[vocabulary]):
        rows = _rows(study, path, "force") if path.is_file() else []
        named |= {row["force"] for row in rows if row.get("survey") in (None, survey)}
    named = named or set(kinds)
    return tuple(sorted(force for force in named if force and kinds.get(force, "force") == "force"))


def _kinds(study: Path, settings: Mapping[str, Any]) -> dict[str, str]:
    """Return the kind of each area of the study's forces file; none if there is no such file."""
    files = settings.get("files", {})
    name = files.get("forces", "forces.csv") if isinstance(files, dict) else None
    if not isinstance(name, str):
        reason = "[files] forces is no text in quotes"
        raise _unreadable(study, "force", reason, file=f"{study.name}/study.toml")
    path = study / name
    if not path.is_file():
        return {}
    return {row["force"]: row.get("kind") or "force" for row in _rows(study, path, "force")}


def _rows(study: Path, path: Path, column: str) -> list[dict[str, str]]:
    label = path.name if path.parent != study else f"{study.name}/{path.name}"
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file, strict=True))
    except (OSError, ValueError, csv.Error) as fault:
        raise _unreadable(study, column, str(fault), file=label) from None
    if any(row.get(column) is None for row in rows):
        number = next(n for n, row in enumerate(rows, start=2) if row.get(column) is None)
        raise _unreadable(study, column, f"row {number} has no column '{column}'", file=label)
    return rows


def _coded(study: Path, vocabulary: str) -> tuple[str, ...]:
    from foistats.codebook_files import read_codebook

    path = study / _FILES[vocabulary]
    codebook, findings = read_codebook(path, f"{study.name}/{_FILES[vocabulary]}")
    if codebook is None:
        raise InvalidStudyError(study.name, findings)
    if vocabulary == "role":
        return codebook.ids
    return tuple(grouping.id for grouping in codebook.groupings)


def _toml(path: Path) -> tuple[dict[str, Any], str]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig")), ""
    except (OSError, ValueError, RecursionError) as fault:
        return {}, str(fault)


def _unreadable(study: Path, vocabulary: str, reason: str, *, file: str = "") -> DataError:
    return DataError(
        f"{file or f'{study.name}/{_FILES[vocabulary]}'}: cannot be read for the words of the "
        f"vocabulary '{vocabulary}': {reason}; mend it (foistats check {study.name})"
    )
