"""A notebook as it is written: its cells and its parameters, read without running anything."""

from __future__ import annotations

import ast
import hashlib
import io
import json
import re
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foistats.errors import UsageError

Scalar = bool | int | float | str

#: The types a parameter may have: those papermill's own help understands.
TYPES: Mapping[str, type] = {"str": str, "int": int, "float": float, "bool": bool}

PARAMETERS_TAG = "parameters"


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
    def digest(self) -> str:
        """A hash of what can change the results: kinds, sources, tags and attachments."""
        content = [[cell.kind, cell.source, cell.tags, cell.attachments] for cell in self.cells]
        text = json.dumps(content, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


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
    except (ValueError, KeyError, TypeError, AttributeError):
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


def _joined(source: str | list[str]) -> str:
    return source if isinstance(source, str) else "".join(source)


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
    comments = _comments(source)
    return tuple(
        _parameter(path, statement, comments.get(statement.end_lineno or 0, ""))
        for statement in statements
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
    return value if isinstance(value, bool | int | float | str) else None


def _comments(source: str) -> dict[int, str]:
    """Return the comment of each line that has one."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {
        token.start[0]: token.string.lstrip("# ").rstrip()
        for token in tokens
        if token.type == tokenize.COMMENT
    }
