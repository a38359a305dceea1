"""What ``[claims]`` of ``study.toml`` asks of the published figures beside their trust.

::

    [claims]
    article = "T1"                 # the source whose figures a report goes through first

    [[claims.questions]]           # what the claims imply about numbers nobody printed
    id      = "fines"              # its values in a report: fines_least and fines_most
    label   = "fines in all towns"
    outcome = "fine"               # and force, role, measure, as in claims.csv

    [claims.explained]             # by claim: why it may have been printed all the same
    total-826 = "probably a misprint"
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from foistats.codebooks import ANY
from foistats.errors import Finding, InvalidStudyError, did_you_mean
from foistats.study import Study

_KEYS = ("id", "label", "force", "role", "outcome", "measure")


@dataclass(frozen=True)
class Question:
    """A quantity whose range is asked for; columns as of a claim."""

    id: str
    label: str
    force: str = ANY
    role: str = ANY
    outcome: str = ANY
    measure: str = "count"


@dataclass(frozen=True)
class Settings:
    """The section ``[claims]``, read.

    Attributes
    ----------
    article : str
        A source id; empty if none is named.
    questions : tuple of Question
    explained : mapping of str to str
        By claim.
    """

    article: str
    questions: tuple[Question, ...]
    explained: Mapping[str, str]


def read_settings(study: Study) -> Settings:
    """Read what a study asks of its published figures.

    Raises
    ------
    InvalidStudyError
        With every entry that is wrong.
    """
    findings = [*_wrong_questions(study), *_wrong_explanations(study)]
    if findings:
        raise InvalidStudyError(study.folder.name, findings)
    section = study.claims
    return Settings(
        article=section.get("article", ""),
        questions=tuple(Question(**entry) for entry in _identified(section)),
        explained=section.get("explained", {}),
    )


def _identified(section: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Yield the questions of a section; one without an id has its number."""
    for number, entry in enumerate(section.get("questions", ()), start=1):
        yield {"id": f"question_{number}", **entry}


def _wrong_questions(study: Study) -> Iterator[Finding]:
    where = "[[claims.questions]]"
    seen: set[str] = set()
    for entry in study.claims.get("questions", ()):
        shape = "texts: label, and as needed id, force, role, outcome, measure"
        if not isinstance(entry, dict) or not all(map(_is_text, entry.values())):
            yield Finding(study.label("study.toml"), 0, where, repr(entry), shape)
            continue
        for key in entry:
            if key not in _KEYS:
                allowed = ", ".join(_KEYS) + did_you_mean(key, _KEYS)
                yield Finding(study.label("study.toml"), 0, where, key, allowed)
        if "label" not in entry:
            yield Finding(study.label("study.toml"), 0, where, "no label", shape)
        id = entry.get("id", "")
        if id and (id in seen or not re.fullmatch("[a-z][a-z0-9_]*", id)):
            allowed = "small letters, digits and _, a letter first, each id once"
            yield Finding(study.label("study.toml"), 0, f"{where} id", id, allowed)
        seen.add(id)


def _wrong_explanations(study: Study) -> Iterator[Finding]:
    for claim, reason in study.claims.get("explained", {}).items():
        if not _is_text(reason):
            where = f"[claims.explained] {claim}"
            yield Finding(study.label("study.toml"), 0, where, repr(reason), "a text in quotes")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
