"""What somebody asks for: a report with its parameter values, checked before any kernel starts.

A study may be asked for by name (a folder in ``data/``) or by path. The kernel gets an
absolute path; what is recorded is relative to the project, so that records do not depend on
where the project lies.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from foistats.errors import UsageError, did_you_mean
from foistats.reports.declare import Parameter, Project, Report
from foistats.reports.notebook import Scalar

_SLUG_LENGTH = 40


@dataclass(frozen=True)
class Request:
    """A report to run.

    Attributes
    ----------
    project, report
        Whose report it is.
    values
        Every parameter's value as it is recorded.
    changed
        What the kernel is given: the values that differ from the notebook's defaults.
    studies
        The folder of each study asked for, by parameter.
    """

    project: Project
    report: Report
    values: Mapping[str, Scalar]
    changed: Mapping[str, Scalar]
    studies: Mapping[str, Path]

    @property
    def series(self) -> str:
        """The folder of its versions below reports/: the report, or the report and a slug."""
        return f"{self.report.name}/{slug(self._unusual)}" if self._unusual else self.report.name

    @property
    def command(self) -> str:
        """The command that makes it again."""
        given = (
            f"-p {name} {shlex.quote(_written(value))}" for name, value in self._unusual.items()
        )
        return " ".join(["foistats run", self.report.name, *given])

    @property
    def _unusual(self) -> dict[str, Scalar]:
        return {name: self.values[name] for name in self.changed}


def requests(
    project: Project, names: Iterable[str], given: Iterable[tuple[str, str]]
) -> list[Request]:
    """Return what to run: the reports named (all, if none is), with the parameters given.

    A parameter applies to those of the reports that have it.

    Raises
    ------
    UsageError
        For an unknown report or parameter, a value of the wrong type or one not allowed.
    """
    reports = [project.report(name) for name in dict.fromkeys(names)] or list(project.reports)
    texts = dict(given)
    known = list(dict.fromkeys(name for report in reports for name in report.parameter_names))
    for name in texts:
        if name not in known:
            raise UsageError(
                f"{_named(reports)} has no parameter '{name}'{did_you_mean(name, known)}; "
                f"parameters: {', '.join(known) or 'none'}"
            )
    return [request(project, report, texts) for report in reports]


def request(project: Project, report: Report, texts: Mapping[str, str]) -> Request:
    """Return one report with the parameters given, as text; those it does not have are left."""
    values: dict[str, Scalar] = {}
    changed: dict[str, Scalar] = {}
    studies: dict[str, Path] = {}
    for parameter in report.parameters:
        name, default = parameter.name, parameter.default
        value = _parsed(report, parameter, texts[name]) if name in texts else default
        recorded = value
        if parameter.allowed == "study":
            where = f"{report.name}: {name}"
            studies[name] = study_folder(project.root, str(value), where=where)
            recorded = _recorded(project.root, studies[name])
            value = _for_kernel(project.root, studies[name])
        if name in texts and default not in (value, recorded):
            changed[name] = value
        values[name] = recorded
    return Request(project=project, report=report, values=values, changed=changed, studies=studies)


def study_folder(root: Path, study: str, *, where: str = "study") -> Path:
    """Return the folder of a study: a name in data/, else a path to a folder with study.toml."""
    data = root / "data"
    names = sorted(path.parent.name for path in data.glob("*/study.toml"))
    if study in names:
        return (data / study).resolve()
    path = Path(study).expanduser()
    for folder in (path, root / path):
        if study and (folder / "study.toml").is_file():
            return folder.resolve()
    raise UsageError(
        f"{where}: '{study}' is not a study{did_you_mean(study, names)}; "
        f"give a folder with a study.toml, or one of: {', '.join(names) or 'none in data/'}"
    )


def slug(values: Mapping[str, Scalar]) -> str:
    """Name a parameter set: words from the values, then eight digits of their hash."""
    words = "-".join(f"{name}-{_written(value)}" for name, value in values.items()).lower()
    words = re.sub(r"[^a-z0-9]+", "-", words)[:_SLUG_LENGTH].strip("-")
    text = json.dumps(values, sort_keys=True, ensure_ascii=True)
    return f"{words}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _parsed(report: Report, parameter: Parameter, text: str) -> Scalar:
    where = f"{report.name}: {parameter.name}"
    value = _as_type(parameter.type, text)
    if value is None:
        wanted = "true or false" if parameter.type == "bool" else parameter.type
        allowed = f"; allowed: {parameter.allowed_text}" if parameter.allowed else ""
        raise UsageError(f"{where}: '{text}' is not of type {wanted}{allowed}")
    if isinstance(parameter.allowed, tuple) and value not in parameter.allowed:
        raise UsageError(
            f"{where}: '{text}' is not allowed{did_you_mean(text, map(str, parameter.allowed))}; "
            f"allowed: {parameter.allowed_text}"
        )
    return value


def _as_type(kind: str, text: str) -> Scalar | None:
    """Return the value a text stands for, or None when it is not of the type."""
    if kind == "str":
        return text
    if kind == "bool":
        return {"true": True, "false": False}.get(text.lower())
    if kind == "int":
        return int(text) if re.fullmatch(r"[+-]?[0-9]{1,18}", text) else None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _recorded(root: Path, folder: Path) -> str:
    """Name a study for the record: its name in data/, else its path from the project."""
    if folder.parent == (root / "data").resolve():
        return folder.name
    return Path(os.path.relpath(folder, root)).as_posix()


def _for_kernel(root: Path, folder: Path) -> str:
    return folder.name if folder.parent == (root / "data").resolve() else str(folder)


def _written(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _named(reports: list[Report]) -> str:
    names = [report.name for report in reports]
    return f"the report '{names[0]}'" if len(names) == 1 else f"none of {', '.join(names)}"
