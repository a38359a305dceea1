"""A statement of a register in words, with the nouns and labels of its study."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from foistats.codebooks import ANY, JOIN
from foistats.errors import FoistatsError
from foistats.reports.changes.sheets import Row, read_sheet
from foistats.study import CODEBOOKS, Study, read_study

SETTINGS = "study.toml"
STATEMENTS = "statements.csv"
_GROUPS = "groups.csv"
#: The fields of a statement that say what happened to whom, in the order they are told.
_CODED = ("outcomes", "roles", "breaches", "platforms")
#: Of these the labels are names, and keep their capitals.
_NAMES = ("platforms",)
_COUNT = ("n_low", "n_high")
_UNITS = {
    "person": ("person", "people"),
    "complaint": ("complaint", "complaints"),
    "allegation": ("allegation", "allegations"),
}
_NEEDED = frozenset(("group", *_COUNT))
_LONGEST = 40

Files = Mapping[str, bytes]


@dataclass(frozen=True)
class StudyWords:
    """What a study calls things.

    Attributes
    ----------
    cases
        One case and several.
    labels
        The labels of each coded field, by id.
    forces, units
        The force and the unit of each group of cases.
    """

    cases: tuple[str, str]
    labels: Mapping[str, Mapping[str, str]]
    forces: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)


def read_words(files: Files) -> StudyWords | None:
    """Return the words of a study; None if its settings cannot be read.

    Parameters
    ----------
    files : mapping
        The study's settings, codebooks and groups, by path from its folder.
    """
    study = _study(files)
    if study is None:
        return None
    labels = {name: study.codebooks[name].labels for name in _CODED if name in study.codebooks}
    groups = read_sheet(files.get(_GROUPS, b""))
    rows = groups.rows if groups else ()
    named = [row for row in rows if row.get("group")]
    return StudyWords(
        cases=study.words["case"],
        labels=labels,
        forces={row["group"]: row.get("force", "") for row in named},
        units={row["group"]: row.get("unit", "") for row in named},
    )


def needed_files() -> tuple[str, ...]:
    """Return the files of a study that its words come from, by path from its folder."""
    return (SETTINGS, _GROUPS, *(f"codebooks/{name}.toml" for name in CODEBOOKS))


def is_statement(path: str, row: Row) -> bool:
    """Say whether a row of a file is a statement that can be put into words."""
    return PurePosixPath(path).name == STATEMENTS and row.keys() >= _NEEDED


def statement_words(row: Row, words: StudyWords) -> str:
    """Say a statement: "Ash, 34 cases, advice"."""
    told = [_force(row, words), _count_words(row, words), *_stated(row, words, _CODED)]
    return ", ".join(filter(None, told))


def changed_words(before: Row, after: Row, first: StudyWords, second: StudyWords) -> str:
    """Say what changed in a statement: "Ash, 34 cases: advice → no further action"."""
    columns = dict.fromkeys((*before, *after))
    differing = [name for name in columns if before.get(name, "") != after.get(name, "")]
    kept = [name for name in _CODED if name not in differing]
    force = _force(before, first), _force(after, second)
    count = _count_words(before, first), _count_words(after, second)
    subject = [
        force[1] if force[0] == force[1] else "",
        count[1] if count[0] == count[1] else "",
        *_stated(after, second, kept),
    ]
    moves = [f"{force[0]} → {force[1]}"] if force[0] != force[1] else []
    moves += [
        f"{_label(before, name, first)} → {_label(after, name, second)}"
        for name in _CODED
        if name in differing
    ]
    if count[0] != count[1]:
        moves.append(f"{_range(before)} → {count[1]}")
    told = (*_CODED, *_COUNT) + (("group",) if force[0] != force[1] else ())
    moves += [_plain_move(name, before, after) for name in differing if name not in told]
    return f"{', '.join(filter(None, subject))}: {'; '.join(moves)}"


def plain_words(name: str, before: Row, after: Row) -> str:
    """Say what changed in a row of any table: "Ash: answer refused → answered"."""
    columns = dict.fromkeys((*before, *after))
    moves = [
        _plain_move(column, before, after)
        for column in columns
        if before.get(column, "") != after.get(column, "")
    ]
    return f"{name}: {'; '.join(moves)}"


def _plain_move(column: str, before: Row, after: Row) -> str:
    texts = [" ".join(row.get(column, "").split()) or "(empty)" for row in (before, after)]
    if any(len(text) > _LONGEST for text in texts):
        return f"{_spaced(column)} changed"
    return f"{_spaced(column)} {texts[0]} → {texts[1]}"


def _force(row: Row, words: StudyWords) -> str:
    return words.forces.get(row["group"], "") or row["group"]


def _stated(row: Row, words: StudyWords, names: tuple[str, ...] | list[str]) -> list[str]:
    return [_label(row, name, words) for name in names if row.get(name, ANY) not in (ANY, "")]


def _label(row: Row, name: str, words: StudyWords) -> str:
    """Return the labels of a coded field as they stand within a sentence."""
    labels = words.labels.get(name, {})
    ids = (row.get(name, "") or ANY).split(JOIN)
    shown = (labels.get(id, _spaced(id)) for id in ids if id != ANY)
    inline = (label if name in _NAMES else _inline(label) for label in shown)
    return " or ".join(inline) or "not stated"


def _count_words(row: Row, words: StudyWords) -> str:
    """Say how many cases a statement is about: "34 cases", "28 or more cases"."""
    number = _range(row)
    one, several = _UNITS.get(words.units.get(row["group"], ""), words.cases)
    return f"{number} {one if number == '1' else several}" if number else ""


def _range(row: Row) -> str:
    low, high = (row.get(name, "").strip() for name in _COUNT)
    if not high or low == high:
        return f"{low} or more" if low and not high else low
    return f"{low} to {high}"


def _inline(label: str) -> str:
    """Begin with a small letter, unless the first word is an abbreviation, as "NHS" is."""
    is_word = label[1:2].islower() or label[1:2] == " "
    return label[:1].lower() + label[1:] if is_word else label


def _spaced(word: str) -> str:
    return word.replace("_", " ")


def _study(files: Files) -> Study | None:
    """Read a study's settings and codebooks, put into a folder of their own."""
    if SETTINGS not in files:
        return None
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "study")
        for name in needed_files():
            if name in files:
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_bytes(files[name])
        try:
            return read_study(root)
        except FoistatsError:
            return None
