"""A study: a folder that says what was asked, of whom, and in which vocabulary."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from foistats.codebook_files import read_codebook, read_toml
from foistats.codebooks import Codebook, empty_codebook
from foistats.errors import Finding, InvalidStudyError, UsageError, did_you_mean

#: The codebooks a study has; the first two it must have.
CODEBOOKS = ("outcomes", "roles", "breaches", "platforms", "standards")

_KINDS: Mapping[type, str] = {
    str: "a text in quotes",
    bool: "true or false",
    int: "a whole number",
    list: "a list",
    dict: "a table such as { … }",
    dt.date: "a date such as 2014-08-19",
}
_SECTIONS: Mapping[str, Mapping[str, type]] = {
    "study": {
        "id": str,
        "title": str,
        "question": str,
        "asked_by": str,
        "respondents": str,
        "period": str,
        "as_of": dt.date,
        "private": bool,
        "licence": str,
    },
    "words": {"force": list, "case": list, "role": list, "outcome": list},
    "files": {"forces": str, "workforce": str, "breaks": str, "tiles": str},
    "analysis": {
        "survey": str,
        "surveys": list,
        "nation": str,
        "ladder": str,
        "roles": str,
        "first_left_out": str,
        "profiled": str,
        "composition_varied": list,
        "leave_out": list,
        "without_outcomes": list,
    },
    "workforce": {"day": str, "hold_days": int, "readings": list, "populations": dict},
    "claims": {"trust": list, "article": str, "questions": list, "explained": dict},
    "caveats": {"list": list},
}
#: The file of forces, where the study names none.
_FORCES = "forces.csv"
_REQUIRED = {"study": ("id", "title"), "analysis": ("survey", "ladder", "roles")}


@dataclass(frozen=True)
class Analysis:
    """The primary reading of a study's register.

    Attributes
    ----------
    survey : str
        The survey whose counts are summed and whose national figures are predicted.
    surveys : tuple of str
        The surveys whose groups may enter the severity model.
    ladder, roles : str
        Groupings of the outcome and role codebooks; the first role is the reference.
    nation : str
        The group that contains all others of the survey; empty if none is printed.
    leave_out : mapping of str to str
        Groups left out of the model by decision, with the reason.
    first_left_out : str
        The force that the sensitivity analysis leaves out first.
    profiled : str
        The force whose profile is shown where none is asked for; empty: the first in the alphabet.
    without_outcomes : tuple of (str, str, tuple of str)
        Sensitivity analyses: label, group, and the outcomes whose cases are left out of it.
    composition_varied : tuple of float
        Shares of the second role tried where no role is printed.
    """

    survey: str
    surveys: tuple[str, ...]
    ladder: str
    roles: str
    nation: str = ""
    leave_out: Mapping[str, str] = field(default_factory=dict)
    first_left_out: str = ""
    profiled: str = ""
    composition_varied: tuple[float, ...] = ()
    without_outcomes: tuple[tuple[str, str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True)
class Study:
    """What a study's folder says, apart from its register.

    Attributes
    ----------
    folder : Path
        Where the study lies.
    about : mapping of str to str
        ``title``, ``question``, ``asked_by``, ``respondents``, ``period``, ``as_of``, ``licence``;
        empty where the study does not say.
    words : mapping of str to (str, str)
        The nouns of reports, singular and plural: ``force``, ``case``, ``role``, ``outcome``.
    files : mapping of str to Path
        The files that the study may share with others: ``forces``, and if it names them
        ``workforce``, ``breaks`` and ``tiles``.
    workforce : mapping of str to object
        The section ``[workforce]`` as written (`foistats.forces.study.workforce`).
    caveats : tuple of str
        What reports of this study must not be taken to show.
    private : bool
        Whether published versions keep hashes of the study's files only, never the files.
    trusted_sources : tuple of str
        The sources of published figures, most trusted first; one not listed is trusted least.
    claims : mapping of str to object
        The section ``[claims]`` as written (`foistats.claims.settings`).
    """

    id: str
    folder: Path
    about: Mapping[str, str]
    words: Mapping[str, tuple[str, str]]
    analysis: Analysis
    codebooks: Mapping[str, Codebook]
    files: Mapping[str, Path]
    workforce: Mapping[str, Any] = field(default_factory=dict)
    caveats: tuple[str, ...] = ()
    private: bool = False
    trusted_sources: tuple[str, ...] = ()
    claims: Mapping[str, Any] = field(default_factory=dict)

    @property
    def outcomes(self) -> Codebook:
        """The outcome ladder."""
        return self.codebooks["outcomes"]

    @property
    def roles(self) -> Codebook:
        """The roles."""
        return self.codebooks["roles"]

    def label(self, file: str | Path) -> str:
        """Return how findings name one of the study's files."""
        return f"{self.folder.name}/{file}"


def find_study(study: str | os.PathLike[str]) -> Path:
    """Return the folder of a study.

    Parameters
    ----------
    study : str or path
        A path to a folder that holds ``study.toml``, or the name of one under ``data/`` of the
        project: the nearest parent of the working directory that holds ``foistats.toml``, or
        the folder that the environment variable ``FOISTATS_PROJECT`` names.

    Raises
    ------
    UsageError
        If there is no such study; names those there are.
    """
    path = Path(study)
    try:
        if str(study) and (path / "study.toml").is_file():
            return path.resolve()
    except (OSError, ValueError) as error:
        raise UsageError(f"no study '{str(study)[:60]}': {error}") from None
    here = Path.cwd()
    declared = os.environ.get("FOISTATS_PROJECT")
    projects = [Path(declared)] if declared else [here, *here.parents]
    root = next((folder for folder in projects if (folder / "foistats.toml").is_file()), here)
    if path.name == str(study) and (root / "data" / path / "study.toml").is_file():
        return (root / "data" / path).resolve()
    names = sorted(file.parent.name for file in (root / "data").glob("*/study.toml"))
    if str(study) and path.is_dir():
        raise UsageError(f"{study} holds no study.toml, so it is not a study")
    raise UsageError(
        f"no study '{study}': give the path of a folder that holds study.toml, or one of "
        f"{', '.join(names) or 'none under data/'}{did_you_mean(str(study), names)}"
    )


def read_study(study: str | os.PathLike[str]) -> Study:
    """Read a study's settings and codebooks.

    Parameters
    ----------
    study : str or path
        As in `find_study`.

    Raises
    ------
    UsageError
        If there is no such study.
    InvalidStudyError
        With every finding, if a setting or codebook is wrong.
    """
    folder = find_study(study)
    codebooks, findings = _read_codebooks(folder)
    label = f"{folder.name}/study.toml"
    content, unreadable = read_toml(folder / "study.toml", label)
    findings += unreadable
    if content is not None:
        findings += _check(content, label)
        if not findings:
            findings += _check_groupings(content, codebooks, label)
    if findings or content is None:
        raise InvalidStudyError(folder.name, findings)
    return _build(folder, content, codebooks)


def _read_codebooks(folder: Path) -> tuple[dict[str, Codebook], list[Finding]]:
    codebooks: dict[str, Codebook] = {}
    findings: list[Finding] = []
    for name in CODEBOOKS:
        path = folder / "codebooks" / f"{name}.toml"
        if not os.path.lexists(path) and name not in CODEBOOKS[:2]:
            codebooks[name] = empty_codebook(name)
            continue
        codebook, wrong = read_codebook(path, f"{folder.name}/codebooks/{path.name}")
        findings += wrong
        if codebook is not None:
            codebooks[name] = codebook
    if not findings:
        findings += _check_standards(codebooks, folder)
    return codebooks, findings


def _check_standards(codebooks: Mapping[str, Codebook], folder: Path) -> Iterator[Finding]:
    known = codebooks["standards"].ids
    for level in codebooks["breaches"].levels:
        for standard in level.standards:
            if standard not in known:
                yield Finding(
                    f"{folder.name}/codebooks/breaches.toml",
                    0,
                    f"[[level]] {level.id}, standards",
                    standard,
                    ", ".join(known) + did_you_mean(standard, known),
                )


def _check(content: Mapping[str, Any], label: str) -> Iterator[Finding]:
    for section, entries in content.items():
        if section not in _SECTIONS:
            allowed = list(_SECTIONS)
            hint = did_you_mean(section, allowed)
            yield Finding(label, 0, f"[{section}]", section, ", ".join(allowed) + hint)
        elif not isinstance(entries, Mapping):
            yield Finding(label, 0, section, repr(entries), f"a section headed [{section}]")
        else:
            yield from _check_section(section, entries, label)
    for section, keys in _REQUIRED.items():
        entries = content.get(section, {})
        for key in keys:
            if isinstance(entries, Mapping) and key not in entries:
                yield Finding(label, 0, f"[{section}]", f"no {key}", f"{key} = …")


def _check_section(section: str, entries: Mapping[str, Any], label: str) -> Iterator[Finding]:
    known = _SECTIONS[section]
    for key, value in entries.items():
        where = f"[{section}] {key}"
        if key not in known:
            yield Finding(label, 0, where, key, ", ".join(known) + did_you_mean(key, known))
        elif not isinstance(value, known[key]):
            yield Finding(label, 0, where, repr(value), _KINDS[known[key]])
        else:
            yield from _check_value(section, key, value, Finding(label, 0, where, repr(value), ""))


def _check_value(section: str, key: str, value: Any, finding: Finding) -> Iterator[Finding]:
    """Yield the finding, with what is allowed, if a value of the right type is wrong inside."""
    if isinstance(value, str) and not value.strip() and key in _REQUIRED.get(section, ()):
        yield replace(finding, allowed="a text that is not empty")
    elif key == "as_of" and isinstance(value, dt.datetime):
        yield replace(finding, allowed=_KINDS[dt.date])
    elif section == "words" and not (len(value) == 2 and _texts(value)):
        yield replace(finding, allowed='["singular", "plural"]')
    elif key == "leave_out":
        shape = "[[analysis.leave_out]] group = …, reason = …, each group once"
        entries = [entry for entry in value if isinstance(entry, dict)]
        whole = all({"group", "reason"} == e.keys() and _texts(list(e.values())) for e in entries)
        if (
            len(entries) < len(value)
            or not whole
            or len({entry["group"] for entry in entries}) < len(entries)
        ):
            yield replace(finding, allowed=shape)
    elif key == "without_outcomes" and not all(_is_variant(entry) for entry in value):
        shape = "[[analysis.without_outcomes]] label = …, group = …, outcomes = [ … ]"
        yield replace(finding, allowed=shape)
    elif key == "composition_varied" and not all(
        isinstance(share, float) and 0 < share < 1 for share in value
    ):
        yield replace(finding, allowed="numbers between 0 and 1")
    elif key in ("surveys", "list", "trust") and not (value and _texts(value)):
        yield replace(finding, allowed="a list of texts in quotes")


def _is_variant(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and entry.keys() == {"label", "group", "outcomes"}
        and isinstance(entry["outcomes"], list)
        and _texts([entry["label"], entry["group"], *entry["outcomes"]])
    )


def _texts(value: list[Any]) -> bool:
    return all(isinstance(text, str) and text.strip() for text in value)


def _check_groupings(
    content: Mapping[str, Any], codebooks: Mapping[str, Codebook], label: str
) -> Iterator[Finding]:
    for key, name in (("ladder", "outcomes"), ("roles", "roles")):
        allowed = [grouping.id for grouping in codebooks[name].groupings]
        found = content["analysis"][key]
        if found not in allowed:
            listed = ", ".join(allowed) or f"a [[grouping]] in codebooks/{name}.toml"
            hint = did_you_mean(found, allowed)
            yield Finding(label, 0, f"[analysis] {key}", found, listed + hint)


def _build(folder: Path, content: Mapping[str, Any], codebooks: Mapping[str, Codebook]) -> Study:
    about = content["study"]
    settings = content["analysis"]
    words = {name: (name, f"{name}s") for name in _SECTIONS["words"]}
    return Study(
        id=about["id"],
        folder=folder,
        about={
            key: str(about.get(key, ""))
            for key in _SECTIONS["study"]
            if key not in ("id", "private")
        },
        words=words | {key: (pair[0], pair[1]) for key, pair in content.get("words", {}).items()},
        analysis=Analysis(
            survey=settings["survey"],
            surveys=tuple(settings.get("surveys", [settings["survey"]])),
            ladder=settings["ladder"],
            roles=settings["roles"],
            nation=settings.get("nation", ""),
            leave_out={e["group"]: e["reason"] for e in settings.get("leave_out", [])},
            first_left_out=settings.get("first_left_out", ""),
            profiled=settings.get("profiled", ""),
            composition_varied=tuple(settings.get("composition_varied", ())),
            without_outcomes=tuple(
                (entry["label"], entry["group"], tuple(entry["outcomes"]))
                for entry in settings.get("without_outcomes", [])
            ),
        ),
        codebooks=codebooks,
        files={
            name: folder / file
            for name, file in ({"forces": _FORCES} | content.get("files", {})).items()
        },
        workforce=content.get("workforce", {}),
        caveats=tuple(content.get("caveats", {}).get("list", ())),
        private=about.get("private", False),
        trusted_sources=tuple(content.get("claims", {}).get("trust", ())),
        claims=content.get("claims", {}),
    )
