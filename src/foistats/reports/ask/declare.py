"""What a project declares: foistats.toml and the parameters cells of its notebooks.

The file says which notebook makes a report, what it may read, how long it may take, and what
each parameter allows and means. The notebook's cell tagged ``parameters`` says each
parameter's name, type, default and comment. Nothing is said twice; both are read here, and
every disagreement is reported at once.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from foistats.errors import UsageError, did_you_mean
from foistats.reports.ask.matrix import Matrix, matrix_faults, read_matrix
from foistats.reports.ask.parameter import Parameter, as_plain, declaration_faults, shown
from foistats.reports.notebook import CellParameter, Notebook, read_notebook

PROJECT_FILE = "foistats.toml"
PROJECT_VARIABLE = "FOISTATS_PROJECT"
DEFAULT_TIMEOUT = 600

_REPORT_KEYS = ("notebook", "inputs", "timeout", "parameters", "matrix")
_PARAMETER_KEYS = ("allowed", "minimum", "maximum", "unit", "meaning")
_REPORT_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
_RESERVED = ("objects", "index")


@dataclass(frozen=True)
class Report:
    """A report: its notebook, what it may read, how long it may take, what may be asked of it."""

    name: str
    notebook: str
    inputs: tuple[str, ...]
    timeout: int
    parameters: tuple[Parameter, ...]
    title: str
    matrix: Matrix | None = None

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """The names of the parameters, in the notebook's order."""
        return tuple(parameter.name for parameter in self.parameters)


@dataclass(frozen=True)
class Project:
    """The folder that holds foistats.toml, and the reports declared there."""

    root: Path
    reports: tuple[Report, ...]

    @property
    def reports_folder(self) -> Path:
        """Where versions are published."""
        return self.root / "reports"

    @property
    def matrix_folder(self) -> Path:
        """Where members of a matrix that is not published are kept; git ignores it."""
        return self.reports_folder / ".matrix"

    def report(self, name: str) -> Report:
        """Return the report of a name; an unknown one is a UsageError."""
        names = [report.name for report in self.reports]
        if name not in names:
            raise UsageError(
                f"there is no report {shown(name)}{did_you_mean(name, names)}; "
                f"{PROJECT_FILE} declares: {', '.join(names) or 'none'}"
            )
        return self.reports[names.index(name)]


def find_root(given: Path | None = None) -> Path:
    """Return the project root: the folder given, else $FOISTATS_PROJECT, else the nearest parent.

    Raises
    ------
    UsageError
        When no foistats.toml is there.
    """
    chosen = given or (Path(told) if (told := os.environ.get(PROJECT_VARIABLE)) else None)
    if chosen is not None:
        if not (chosen / PROJECT_FILE).is_file():
            source = "--project" if given else PROJECT_VARIABLE
            raise UsageError(
                f"{source}: there is no {PROJECT_FILE} in {chosen}; name the folder that holds it"
            )
        return chosen.resolve()
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / PROJECT_FILE).is_file():
            return folder
    raise UsageError(
        f"there is no {PROJECT_FILE} in {here} or above it; "
        "go to the project's folder, or name it with --project DIR"
    )


def read_project(root: Path) -> Project:
    """Read foistats.toml and the notebooks it names, and compare the two.

    Raises
    ------
    UsageError
        With every fault found, one a line.
    """
    declared = _read_toml(root)
    faults: list[str] = []
    reports = [
        report
        for name, table in declared.items()
        if (report := _read_report(root, name, table, faults)) is not None
    ]
    if faults:
        raise UsageError("\n".join(f"{PROJECT_FILE}: {fault}" for fault in faults))
    return Project(root=root, reports=tuple(reports))


def _read_toml(root: Path) -> Mapping[str, Any]:
    try:
        document = tomllib.loads((root / PROJECT_FILE).read_text(encoding="utf-8"))
    except (ValueError, OSError, RecursionError) as fault:
        raise UsageError(f"{PROJECT_FILE} is not valid TOML: {fault}") from None
    faults = list(_unknown(document, ("reports",), "the file"))
    reports = document.get("reports", {})
    if not isinstance(reports, dict) or not reports:
        faults.append("declares no report; begin one with [reports.NAME] and its notebook")
    if faults:
        raise UsageError("\n".join(f"{PROJECT_FILE}: {fault}" for fault in faults))
    found: Mapping[str, Any] = reports
    return found


def _read_report(root: Path, name: str, table: Any, faults: list[str]) -> Report | None:
    """Return one report, or None after adding what is wrong with it to `faults`."""
    mine = list(_report_faults(root, name, table))
    if mine:
        faults += mine
        return None
    try:
        notebook = read_notebook(root, table["notebook"])
    except UsageError as fault:
        faults.append(f"[reports.{name}] {fault}")
        return None
    declared = table.get("parameters", {})
    parameters = [_merge(cell, declared.get(cell.name, {})) for cell in notebook.parameters]
    mine += _disagreements(name, notebook, declared)
    for parameter in parameters:
        mine += declaration_faults(parameter, f"[reports.{name}.parameters.{parameter.name}]")
    matrix = table.get("matrix")
    if matrix is not None and not mine:
        mine += matrix_faults(matrix, parameters, f"[reports.{name}.matrix]")
    faults += mine
    if mine:
        return None
    return Report(
        name=name,
        notebook=table["notebook"],
        inputs=tuple(table.get("inputs", ())),
        timeout=table.get("timeout", DEFAULT_TIMEOUT),
        parameters=tuple(parameters),
        title=notebook.title or name,
        matrix=None if matrix is None else read_matrix(matrix, parameters),
    )


def _report_faults(root: Path, name: str, table: Any) -> Iterator[str]:
    where = f"[reports.{name}]"
    if not _REPORT_NAME.fullmatch(name) or name in _RESERVED:
        yield (
            f"{where} is not a report's name: use lower-case letters, digits and hyphens, "
            f"at most 40, and neither of {', '.join(_RESERVED)}"
        )
    if not isinstance(table, dict):
        yield f"{where} is not a table; give it a notebook"
        return
    yield from _unknown(table, _REPORT_KEYS, where)
    if not isinstance(table.get("notebook"), str):
        yield f"{where} has no notebook; give its path from the project's folder"
    elif Path(table["notebook"]).is_absolute() or ".." in Path(table["notebook"]).parts:
        yield f"{where} names the notebook {table['notebook']}; give its path inside the project"
    elif not (root / table["notebook"]).is_file():
        yield f"{where} names the notebook {table['notebook']}, which is not there"
    inputs = table.get("inputs", [])
    if not isinstance(inputs, list) or not all(isinstance(path, str) for path in inputs):
        yield f"{where} inputs is {inputs!r}; give a list of files or folders"
    else:
        yield from (f"{where} {fault}" for fault in map(_input_fault, inputs) if fault)
    timeout = table.get("timeout", DEFAULT_TIMEOUT)
    if not isinstance(timeout, int) or isinstance(timeout, bool) or timeout < 1:
        yield f"{where} timeout is {timeout!r}; give whole seconds, at least 1"
    parameters = table.get("parameters", {})
    if not isinstance(parameters, dict) or not all(map(_is_table, parameters.values())):
        yield f"{where} parameters is not a table of tables; write [reports.{name}.parameters.NAME]"


def _input_fault(path: str) -> str:
    """Say what is wrong with an input: its name is published, and no report reads reports."""
    parts = PurePosixPath(path).parts
    if path.startswith(("/", "~")) or ".." in parts or "\\" in path:
        return f"inputs has '{path}'; give a path inside the project, from its folder"
    if parts[:1] in ((), ("reports",)):
        return f"inputs has '{path}', which holds the reports; name the files it reads"
    return ""


def _disagreements(name: str, notebook: Notebook, declared: Mapping[str, Any]) -> Iterator[str]:
    names = [parameter.name for parameter in notebook.parameters]
    for extra in (key for key in declared if key not in names):
        yield (
            f"[reports.{name}.parameters.{extra}] is not in the parameters cell of "
            f"{notebook.path}{did_you_mean(extra, names)}; the cell has: {', '.join(names)}"
        )
    for missing in (key for key in names if key not in declared):
        yield (
            f"[reports.{name}] does not describe the parameter '{missing}' of {notebook.path}; "
            f"add [reports.{name}.parameters.{missing}] with its meaning"
        )
    for key in names:
        where, table = f"[reports.{name}.parameters.{key}]", declared.get(key, {})
        yield from _unknown(table, _PARAMETER_KEYS, where)
        for told in ("unit", "meaning"):
            if not isinstance(table.get(told, ""), str):
                yield f"{where} {told} is {table[told]!r}; give a text in quotes"


def _merge(cell: CellParameter, declared: Mapping[str, Any]) -> Parameter:
    allowed = declared.get("allowed")
    return Parameter(
        name=cell.name,
        type=cell.type,
        default=cell.default,
        comment=cell.comment,
        allowed=tuple(_plain(cell, word) for word in allowed)
        if isinstance(allowed, list)
        else allowed,
        unit=str(declared.get("unit", "")),
        meaning=str(declared.get("meaning", "")) or cell.comment,
        minimum=_plain(cell, declared.get("minimum")),
        maximum=_plain(cell, declared.get("maximum")),
    )


def _plain(cell: CellParameter, declared: Any) -> Any:
    """Return what is declared as the parameter's type; as it is, to be refused, if it is not."""
    plain = as_plain(cell.type, declared)
    return declared if plain is None else plain


def _unknown(table: Mapping[str, Any], known: Iterable[str], where: str) -> Iterator[str]:
    known = list(known)
    for key in table:
        if key not in known:
            near = did_you_mean(key, known)
            yield f"{where} has the key '{key}'{near}; known: {', '.join(known)}"


def _is_table(value: Any) -> bool:
    return isinstance(value, dict)
