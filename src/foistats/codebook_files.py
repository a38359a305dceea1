"""Reading codebooks from TOML files, with every failure at once."""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from foistats.codebooks import ANY, ID, JOIN, Codebook, Grouping, Level, Term
from foistats.errors import Finding, did_you_mean

#: The codebook that is ordered whatever it says.
LADDER = "outcomes"
_ENTRIES = {
    "level": {"id", "label", "meaning", "standards", "covered"},
    "term": {"id", "label", "levels", "outside"},
    "grouping": {"id", "meaning", "levels"},
    "reading": {"id", "meaning", "terms"},
}


def read_codebook(path: Path, label: str) -> tuple[Codebook | None, list[Finding]]:
    """Read one codebook.

    Parameters
    ----------
    path : Path
        The TOML file.
    label : str
        The name of the file in findings.

    Returns
    -------
    codebook : Codebook or None
        None if anything is wrong.
    findings : list of Finding
        Everything that is wrong.
    """
    content, findings = read_toml(path, label)
    if content is None:
        return None, findings
    findings = list(_check(content, label, ladder=path.stem == LADDER))
    if findings:
        return None, findings
    return _build(path.stem, content), []


def read_toml(path: Path, label: str) -> tuple[dict[str, Any] | None, list[Finding]]:
    """Read a TOML file; None and the findings if it cannot be read."""
    readable = "a readable TOML file in UTF-8"
    try:
        if path.exists() and not path.is_file():
            return None, [Finding(label, 0, "", "no regular file", readable)]
        return tomllib.loads(path.read_text(encoding="utf-8-sig")), []
    except FileNotFoundError:
        return None, [Finding(label, 0, "", "no such file", "a TOML file")]
    except RecursionError:
        return None, [Finding(label, 0, "", "brackets nested too deeply", readable)]
    except (ValueError, OSError) as error:
        return None, [Finding(label, 0, "", str(error), readable)]


def _check(content: dict[str, Any], label: str, *, ladder: bool) -> Iterator[Finding]:
    for key, value in content.items():
        allowed = ["title", "ordered", *_ENTRIES]
        if key not in allowed:
            yield Finding(label, 0, key, key, ", ".join(allowed) + did_you_mean(key, allowed))
        elif key in _ENTRIES and not (
            isinstance(value, list) and all(isinstance(entry, dict) for entry in value)
        ):
            yield Finding(label, 0, key, repr(value), f"entries headed [[{key}]]")
        elif key == "title" and not (isinstance(value, str) and value.strip()):
            yield Finding(label, 0, key, repr(value), "a text in quotes")
        elif key == "ordered" and (not isinstance(value, bool) or (ladder and not value)):
            yield Finding(label, 0, key, repr(value), "true" if ladder else "true or false")
    entries = {
        kind: [entry for entry in content.get(kind, []) if isinstance(entry, dict)]
        if isinstance(content.get(kind, []), list)
        else []
        for kind in _ENTRIES
    }
    if not entries["level"]:
        yield Finding(label, 0, "level", "no level", "at least one [[level]] with id and label")
    for kind, known in _ENTRIES.items():
        for entry in entries[kind]:
            yield from _check_entry(kind, entry, known, label)
    yield from _check_ids(entries, label)
    yield from _check_references(entries, ladder or content.get("ordered") is True, label)


def _check_entry(
    kind: str, entry: dict[str, Any], known: set[str], label: str
) -> Iterator[Finding]:
    where = f"[[{kind}]] {entry.get('id', '')}".strip()
    required = {"id"} | ({"label"} if kind in ("level", "term") else set())
    required |= {"levels"} if kind in ("term", "grouping") else set()
    required |= {"terms"} if kind == "reading" else set()
    for key in sorted(required - entry.keys()):
        yield Finding(label, 0, where, f"no {key}", f"{key} = …")
    for key in sorted(entry.keys() - known):
        yield Finding(
            label, 0, where, key, ", ".join(sorted(known)) + did_you_mean(key, sorted(known))
        )
    for key in sorted(entry.keys() & {"id", "label", "meaning", "outside"}):
        if not isinstance(entry[key], str) or not entry[key].strip():
            yield Finding(label, 0, f"{where}, {key}", repr(entry[key]), "a text in quotes")
    if isinstance(entry.get("id"), str):
        yield from _check_word(entry["id"], where, label)
    if "standards" in entry and not _texts(entry["standards"]):
        yield Finding(label, 0, f"{where}, standards", repr(entry["standards"]), "a list of texts")
    if not isinstance(entry.get("covered", False), bool):
        yield Finding(label, 0, f"{where}, covered", repr(entry["covered"]), "true or false")
    if kind == "term" and entry.get("levels") == [] and not entry.get("outside"):
        yield Finding(label, 0, where, "levels = []", 'outside = "why it is no level"')


def _check_word(word: str, where: str, label: str) -> Iterator[Finding]:
    if JOIN in word:
        yield Finding(label, 0, where, word, f"an id without '{JOIN}', which joins several words")
    if word == ANY:
        yield Finding(label, 0, where, word, f"another id: '{ANY}' means that nothing is stated")
    if JOIN not in word and not ID.fullmatch(word):
        allowed = "an id of letters, digits, '.', '-' and '_', without spaces"
        yield Finding(label, 0, where, repr(word), allowed)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def _check_ids(entries: dict[str, list[dict[str, Any]]], label: str) -> Iterator[Finding]:
    for kinds in (("level", "term"), ("grouping",), ("reading",)):
        seen: set[str] = set()
        for kind in kinds:
            for entry in entries[kind]:
                word = str(entry.get("id", ""))
                if word in seen:
                    yield Finding(label, 0, f"[[{kind}]] {word}", f"{word}, twice", "each id once")
                seen.add(word)


def _check_references(
    entries: dict[str, list[dict[str, Any]]], ordered: bool, label: str
) -> Iterator[Finding]:
    levels = [str(entry.get("id")) for entry in entries["level"]]
    terms = [str(entry.get("id")) for entry in entries["term"]]

    def unknown(words: Any, allowed: list[str], where: str) -> Iterator[Finding]:
        if not _texts(words):
            yield Finding(label, 0, where, repr(words), "a list of texts in square brackets")
            return
        for word in sorted({word for word in words if words.count(word) > 1}):
            yield Finding(label, 0, where, f"{word}, twice", "each level once")
        for word in words:
            if word not in allowed:
                hint = did_you_mean(str(word), allowed)
                yield Finding(label, 0, where, str(word), ", ".join(allowed) + hint)

    for entry in entries["term"]:
        if "levels" in entry:
            yield from unknown(entry["levels"], levels, f"[[term]] {entry.get('id')}, levels")
    alone = [entry["levels"][0] for entry in entries["term"] if _is_alone(entry.get("levels"))]
    for entry in entries["level"]:
        if entry.get("covered") is True and entry.get("id") not in alone:
            where = f"[[level]] {entry.get('id')}, covered"
            yield Finding(label, 0, where, "no term", "terms that stand for this level alone")
    for entry in entries["reading"]:
        where = f"[[reading]] {entry.get('id')}"
        changed = entry.get("terms", {})
        if not isinstance(changed, dict):
            yield Finding(label, 0, where, repr(changed), "terms = { term = [levels] }")
            continue
        yield from unknown(list(changed), terms, f"{where}, terms")
        for term, words in changed.items():
            yield from unknown(words, levels, f"{where}, {term}")
    for entry in entries["grouping"]:
        yield from _check_grouping(entry, levels, ordered, label)


def _is_alone(levels: Any) -> bool:
    return _texts(levels) and len(levels) == 1


def _check_grouping(
    entry: dict[str, Any], levels: list[str], ordered: bool, label: str
) -> Iterator[Finding]:
    where = f"[[grouping]] {entry.get('id')}"
    groups = entry.get("levels", [])
    shape = "levels = [{ id = …, label = …, levels = [ … ] }, …]"
    if not isinstance(groups, list) or not all(_is_group(group) for group in groups):
        yield Finding(label, 0, where, repr(groups), shape)
        return
    for first, second in itertools.combinations(groups, 2):
        if first["label"] == second["label"]:
            yield Finding(label, 0, where, f"label {first['label']}, twice", "each label once")
        if _plain(first["id"]) == _plain(second["id"]) and first["id"] != second["id"]:
            found = f"{first['id']} and {second['id']}"
            yield Finding(label, 0, where, found, "ids that differ in letters or digits")
    members = [str(level) for group in groups for level in group["levels"]]
    for level in members:
        if level not in levels:
            yield Finding(label, 0, where, level, ", ".join(levels) + did_you_mean(level, levels))
    for group in groups:
        yield from _check_word(str(group["id"]), where, label)
    ids = [group["id"] for group in groups]
    for name in sorted({name for name in ids if ids.count(name) > 1}):
        yield Finding(label, 0, where, f"{name}, twice", "each id once")
    for level in sorted({level for level in members if members.count(level) > 1}):
        yield Finding(label, 0, where, f"{level}, in two groups", "each level in one group")
    for level in levels:
        if level not in members:
            yield Finding(label, 0, where, f"no group for {level}", "every level in one group")
    if ordered and sorted(members) == sorted(levels) and members != levels:
        yield Finding(
            label, 0, where, ", ".join(members), f"the order of the ladder: {', '.join(levels)}"
        )


def _is_group(group: Any) -> bool:
    """Whether an entry of a grouping has its shape: id, label and a list of levels, all filled."""
    return (
        isinstance(group, dict)
        and {"id", "label", "levels"} <= group.keys() <= {"id", "label", "levels", "meaning"}
        and all(isinstance(group[key], str) and group[key].strip() for key in ("id", "label"))
        and _texts(group["levels"])
        and bool(group["levels"])
    )


def _plain(word: str) -> str:
    return re.sub("[^a-z0-9]+", "_", word.lower())


def _build(name: str, content: dict[str, Any]) -> Codebook:
    def level(entry: dict[str, Any]) -> Level:
        return Level(
            entry["id"],
            entry["label"],
            entry.get("meaning", ""),
            tuple(entry.get("standards", ())),
            entry.get("covered", False),
        )

    return Codebook(
        name=name,
        title=content.get("title", name.capitalize()),
        levels=tuple(level(entry) for entry in content["level"]),
        terms=tuple(
            Term(entry["id"], entry["label"], tuple(entry["levels"]), entry.get("outside", ""))
            for entry in content.get("term", [])
        ),
        groupings=tuple(
            Grouping(
                entry["id"],
                entry.get("meaning", ""),
                tuple((level(group), frozenset(group["levels"])) for group in entry["levels"]),
            )
            for entry in content.get("grouping", [])
        ),
        readings={
            entry["id"]: {term: tuple(levels) for term, levels in entry["terms"].items()}
            for entry in content.get("reading", [])
        },
    )
