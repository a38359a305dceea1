"""The code that changed between two versions: which definitions and cells, and how many lines."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping
from typing import Any

from foistats.reports.changes.settings import line_counts
from foistats.reports.changes.side import Kind, Side

_GONE = "its bytes are not here, only their hashes"
_LAYOUT = "comments, docstrings or layout only"
_TOP = "statements at the top"


def package_changes(before: Side, after: Side) -> list[dict[str, Any]]:
    """Return the files of this package's source that differ, in the order of their names.

    Each has ``file``, ``verdict`` ("changed", "added", "removed"), ``before`` and ``after``
    (hashes, or null) and, where the bytes are here, ``lines`` and of a changed Python file
    ``definitions``: the functions, classes and names at its top that differ; none where only
    comments, docstrings or layout do.
    """
    return [_file("package", name, before, after) for name in _differing("package", before, after)]


def notebook_changes(before: Side, after: Side) -> list[dict[str, Any]]:
    """Return the notebooks that differ: as `package_changes`, with ``cells`` in place of lines.

    A cell has ``cell`` (its id), ``kind`` ("code", "markdown"), ``verdict`` and, where it
    changed, ``line``, ``before`` and ``after``: the first line that differs.
    """
    found = []
    for name in _differing("notebook", before, after):
        told = _entry("notebook", name, before, after)
        contents = [side.content("notebook", name) for side in (before, after)]
        if told["verdict"] == "changed":
            cells = [None if content is None else _cells(content) for content in contents]
            if cells[0] is None or cells[1] is None:
                told["note"] = _GONE
            else:
                told["cells"] = list(_cell_changes(cells[0], cells[1]))
        found.append(told)
    return found


def definitions_text(told: Mapping[str, Any]) -> str:
    """Say which definitions of a file changed, "" where that is not known."""
    if "definitions" not in told:
        return ""
    return ", ".join(told["definitions"]) or _LAYOUT


def _differing(kind: Kind, before: Side, after: Side) -> list[str]:
    first, second = before.hashes(kind), after.hashes(kind)
    return [name for name in sorted({*first, *second}) if first.get(name) != second.get(name)]


def _entry(kind: Kind, name: str, before: Side, after: Side) -> dict[str, Any]:
    hashes = [side.hashes(kind).get(name) for side in (before, after)]
    verdict = "added" if hashes[0] is None else "removed" if hashes[1] is None else "changed"
    return {"file": name, "verdict": verdict, "before": hashes[0], "after": hashes[1]}


def _file(kind: Kind, name: str, before: Side, after: Side) -> dict[str, Any]:
    told = _entry(kind, name, before, after)
    contents = [side.content(kind, name) for side in (before, after)]
    known = [content or b"" for content in contents]
    wanted = [told["before"] is not None, told["after"] is not None]
    if any(wanted[place] and contents[place] is None for place in (0, 1)):
        return told | {"note": _GONE}
    told["lines"] = line_counts(*known)
    if told["verdict"] == "changed" and name.endswith(".py"):
        first, second = (_definitions(content) for content in known)
        if first is not None and second is not None:
            names = dict.fromkeys((*first, *second))
            told["definitions"] = [one for one in names if first.get(one) != second.get(one)]
    return told


def _definitions(content: bytes) -> dict[str, str] | None:
    """Return what stands at the top of a module, by name, without docstrings."""
    try:
        module = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError):
        return None
    found: dict[str, str] = {}
    for node in module.body:
        if not _is_docstring(node):
            name = _name(node)
            found[name] = found.get(name, "") + ast.dump(_without_docstrings(node))
    return found


def _name(node: ast.stmt) -> str:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return node.name
    if isinstance(node, ast.Import | ast.ImportFrom):
        return "imports"
    target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
    return target.id if isinstance(target, ast.Name) else _TOP


def _without_docstrings(node: ast.stmt) -> ast.stmt:
    for inner in ast.walk(node):
        body = getattr(inner, "body", None)
        if isinstance(body, list) and body and _is_docstring(body[0]):
            del body[0]
    return node


def _is_docstring(node: Any) -> bool:
    return isinstance(node, ast.Expr) and (
        isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    )


def _cells(content: bytes) -> dict[str, tuple[str, str]] | None:
    """Return the kind and the source of each cell, by its id."""
    try:
        cells = json.loads(content)["cells"]
        return {
            str(cell.get("id") or place): (str(cell["cell_type"]), _joined(cell["source"]))
            for place, cell in enumerate(cells, start=1)
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _joined(source: Any) -> str:
    return "".join(source) if isinstance(source, list) else str(source)


def _cell_changes(
    before: Mapping[str, tuple[str, str]], after: Mapping[str, tuple[str, str]]
) -> Iterator[dict[str, Any]]:
    for id in dict.fromkeys((*after, *before)):
        kind = (after.get(id) or before[id])[0]
        if id not in before or id not in after:
            yield {"cell": id, "kind": kind, "verdict": "added" if id in after else "removed"}
        elif before[id] != after[id]:
            yield {"cell": id, "kind": kind, "verdict": "changed"} | _first_other(
                before[id][1], after[id][1]
            )
    if [id for id in before if id in after] != [id for id in after if id in before]:
        yield {"cell": "", "kind": "", "verdict": "moved"}


def _first_other(before: str, after: str) -> dict[str, Any]:
    """Return the first line that differs, with its number."""
    lines, later = before.split("\n"), after.split("\n")
    for place in range(max(len(lines), len(later))):
        both = [told[place] if place < len(told) else "" for told in (lines, later)]
        if both[0] != both[1]:
            return {"line": place + 1, "before": both[0], "after": both[1]}
    return {}
