"""A notebook as it is written: its cells and its parameters, read without running anything."""

from __future__ import annotations

import ast
import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foistats.errors import UsageError

Scalar = bool | int | float | str

#: The types a parameter may have: those papermill's own help understands.
TYPES: Mapping[str, type] = {"str": str, "int": int, "float": float, "bool": bool}

PARAMETERS_TAG = "parameters"
#: The tag papermill gives to the cell that holds the parameters given.
INJECTED_TAG = "injected-parameters"


@dataclass(frozen=True)
class Cell:
    """A cell without outputs, counts and everything a front end leaves behind."""

    id: str
    kind: str
    source: str
    tags: tuple[str, ...]
    attachments: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class CellParameter:
    """One line of the parameters cell: ``name: type = default  # comment``."""

    name: str
    type: str
    default: Scalar
    comment: str


@dataclass(frozen=True)
class Notebook:
    """A notebook's path from the project root, its cells and its parameters."""

    path: str
    cells: tuple[Cell, ...]
    parameters: tuple[CellParameter, ...]

    @property
    def title(self) -> str:
        """The text of the first heading, or an empty string."""
        for cell in self.cells:
            if cell.kind == "markdown" and (
                found := re.search(r"^#{1,6}\s+(.+)$", cell.source, re.M)
            ):
                return re.sub(r"[*_`]", "", found.group(1)).strip()
        return ""

    @property
    def document(self) -> dict[str, Any]:
        """The notebook written anew from what can change its results: no outputs, no counts."""
        cells: list[dict[str, Any]] = []
        for cell in self.cells:
            written: dict[str, Any] = {
                "id": cell.id,
                "cell_type": cell.kind,
                "metadata": {"tags": list(cell.tags)},
                "source": cell.source,
            }
            if cell.kind == "code":
                written |= {"execution_count": None, "outputs": []}
            if cell.attachments:
                written["attachments"] = cell.attachments
            cells.append(written)
        return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}

    @property
    def content(self) -> bytes:
        """The bytes of that document: what is hashed, and kept as the notebook of a version."""
        text = json.dumps(self.document, sort_keys=True, indent=1, ensure_ascii=False)
        return f"{text}\n".encode()

    @property
    def digest(self) -> str:
        """The SHA-256 of the content."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def imports(self) -> tuple[str, ...]:
        """The modules that code cells import, as far as they can be read without running."""
        found: dict[str, None] = {}
        for cell in self.cells:
            if cell.kind == "code":
                found |= dict.fromkeys(_imported(cell.source))
        return tuple(found)


def read_notebook(root: Path, path: str) -> Notebook:
    """Read a notebook of the project.

    Parameters
    ----------
    root : Path
        The project's folder.
    path : str
        The notebook's path from there.

    Raises
    ------
    UsageError
        When it is not a notebook of format 4, or its parameters cell is missing or unclear.
    """
    try:
        document = json.loads((root / path).read_text(encoding="utf-8"))
        cells = tuple(_read_cells(document))
    except FileNotFoundError:
        raise UsageError(f"{path} is not there") from None
    except OSError as fault:
        raise UsageError(f"{path} cannot be read: {fault.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise UsageError(
            f"{path} is not a notebook of format 4; open and save it in JupyterLab"
        ) from None
    return Notebook(path=path, cells=cells, parameters=_parameters(path, cells))


def _read_cells(document: Mapping[str, Any]) -> Iterator[Cell]:
    """Yield the cells; one without an id, or with a used one, is named after its position."""
    if document["nbformat"] != 4:
        raise ValueError(document["nbformat"])
    taken: set[str] = set()
    for number, cell in enumerate(document["cells"], start=1):
        id = cell.get("id", "")
        id = id if id and id not in taken else f"cell-{number}"
        taken.add(id)
        yield Cell(
            id=id,
            kind=cell["cell_type"],
            source=_joined(cell["source"]),
            tags=tuple(cell["metadata"].get("tags", ())),
            attachments=cell.get("attachments", {}),
        )


def _imported(source: str) -> Iterator[str]:
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except SyntaxError:  # a magic; the cell itself will import what it needs
        return
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _joined(source: str | list[str]) -> str:
    text = source if isinstance(source, str) else "".join(source)
    text.encode()  # half of a surrogate pair could not be written anywhere
    return text


def _parameters(path: str, cells: tuple[Cell, ...]) -> tuple[CellParameter, ...]:
    tagged = [cell for cell in cells if PARAMETERS_TAG in cell.tags and cell.kind == "code"]
    if len(tagged) != 1:
        raise UsageError(
            f"{path} has {len(tagged) or 'no'} code cell{'s' * (len(tagged) > 1)} tagged "
            f"'{PARAMETERS_TAG}'; give exactly one that tag"
        )
    source = tagged[0].source
    try:
        statements = ast.parse(source).body
    except SyntaxError as fault:
        raise UsageError(f"{path}, parameters cell, line {fault.lineno}: {fault.msg}") from None
    lines = re.split(r"\r\n|\r|\n", source)
    return tuple(
        _parameter(path, statement, _comment(lines, statement)) for statement in statements
    )


def _parameter(path: str, statement: ast.stmt, comment: str) -> CellParameter:
    where = f"{path}, parameters cell, line {statement.lineno}"
    if not (
        isinstance(statement, ast.AnnAssign)
        and isinstance(statement.target, ast.Name)
        and isinstance(statement.annotation, ast.Name)
        and statement.value is not None
    ):
        raise UsageError(
            f"{where}: '{ast.unparse(statement).splitlines()[0]}' is not a parameter; "
            "write: name: type = default  # comment"
        )
    name, kind = statement.target.id, statement.annotation.id
    if kind not in TYPES:
        raise UsageError(f"{where}: '{name}' has the type {kind}; allowed: {', '.join(TYPES)}")
    default = _literal(statement.value)
    if kind == "float" and type(default) is int:
        default = float(default)
    if default is None or type(default) is not TYPES[kind]:
        raise UsageError(
            f"{where}: '{name}' has the default {ast.unparse(statement.value)}, "
            f"which is not a plain {kind}; write one"
        )
    return CellParameter(name=name, type=kind, default=default, comment=comment)


def _literal(expression: ast.expr) -> Scalar | None:
    try:
        value = ast.literal_eval(expression)
    except ValueError:
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, bool | int | float | str) else None


def _comment(lines: Sequence[str], statement: ast.stmt) -> str:
    """Return the comment behind a statement: what follows it on its last line, after ``#``."""
    line = lines[(statement.end_lineno or 1) - 1].encode()
    rest = line[statement.end_col_offset or 0 :].decode().strip()
    return rest.lstrip("# ").rstrip() if rest.startswith("#") else ""
