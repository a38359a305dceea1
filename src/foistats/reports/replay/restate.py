"""What a version says of itself, said again by a source: its dates, page, crate and changes.

The source is the recorded one. Where that is today's, this is a call; otherwise it runs as
``python -P restate.py RECORDED < record.json``, with the recorded source first on the path. What
takes long to import is imported before the record arrives. What the source cannot write is
answered with a fault. Every release has to ask each earlier one by the names that its rooms had.

In: ``folder``, ``before`` (the folder of the version before, or empty), ``is_first``, ``reasons``
(why it may have been made, where no manifest tells), ``root`` (the recorded project),
``reports`` (the folder that holds the objects), ``series``, ``command``, ``title``, ``studies``
(folders by parameter), ``parameters`` (``name``, ``unit``, ``meaning``), ``values``,
``notebook``, ``manifest``, ``manifest_hash``, ``run``. Out: by part, ``told`` or ``fault``.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace
from typing import Any

_ROOMS = ("pages.page", "pages.crate", "pages.sources", "compare", "freshness", "changes.page")
PARTS = ("as_of", "sources", "key", "change", "changes", "page", "crate")
CHANGES_FILE = "changes.json"
_APART = ("report.html", "verify.py", CHANGES_FILE)


def restated(record: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Say everything again; the package that is imported does."""
    return {part: _said(_SAYERS[part], record) for part in PARTS}


def _said(sayer: Callable[[Mapping[str, Any]], Any], record: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return {"told": sayer(record)}
    except Exception as fault:
        return {"fault": f"{type(fault).__name__}: {fault}"[:300]}


def _as_of(record: Mapping[str, Any]) -> str:
    from foistats.reports.pages.page import as_of

    return as_of(_request(record))


def _sources(record: Mapping[str, Any]) -> Any:
    from foistats.reports.pages.sources import sources_of

    return sources_of(_request(record))


def _key(record: Mapping[str, Any]) -> str:
    from foistats.reports.freshness import Inputs, key_of

    return key_of(Inputs(**record["manifest"]["inputs"]), record["values"])


def _change(record: Mapping[str, Any]) -> str:
    """Say what changed, for the reasons that the two manifests give."""
    from foistats.reports.compare import change_sentence

    after = _files(Path(record["folder"]), record["manifest"])
    if not record["before"]:
        return change_sentence(None, after, ())
    folder = Path(record["before"])
    manifest = json.loads((folder / "manifest.json").read_bytes())
    before, told = _files(folder, manifest), record["manifest"]["change"]
    for reason in record["reasons"]:
        if change_sentence(before, after, [reason]) == told:
            return str(told)
    return change_sentence(before, after, _reasons(record["manifest"], manifest))


def _reasons(manifest: Mapping[str, Any], before: Mapping[str, Any]) -> list[str]:
    from foistats.reports.freshness import Inputs

    reasons = Inputs(**manifest["inputs"]).changes(before.get("inputs", {}))
    if before.get("parameters") != manifest["parameters"]:
        reasons.append("its parameters changed")
    return reasons or ["it was confirmed under a source that is no longer there"]


def _changes(record: Mapping[str, Any]) -> str | None:
    """Write the difference from the version before that is stored, if there is one to store."""
    from foistats.reports.changes.stored import room_for, stored_text

    told = _difference(record)
    if told is None:
        return None
    files = _files(Path(record["folder"]), record["manifest"])
    room = room_for({name: content for name, content in files.items() if name != CHANGES_FILE})
    return stored_text(told, room=room).decode("utf-8")


def _difference(record: Mapping[str, Any]) -> Any:
    """Return the difference from the version before, as it was at publication."""
    from foistats.reports.changes.publication import changes_at_publication
    from foistats.reports.store.manifests import Edition
    from foistats.reports.store.versions import Latest

    manifest, before = record["manifest"], record["before"]
    files = _files(Path(record["folder"]), manifest)
    names = [field.name for field in fields(Edition)]
    edition = {name: manifest.get(name) for name in names}
    newest, files_before = None, None
    if before:
        content = (Path(before) / "manifest.json").read_bytes()
        earlier = json.loads(content)
        files_before = _files(Path(before), earlier)
        hashed = hashlib.sha256(content).hexdigest()
        newest = Latest(earlier["version"], earlier["key"], earlier, hashed)
    root = Path(record["root"])
    return changes_at_publication(
        Path(record["reports"]),
        newest,
        files_before,
        Edition(**{**edition, "withheld": tuple(manifest["withheld"])}),
        manifest["version"],
        files={name: content for name, content in files.items() if name not in _APART},
        objects={},
        withheld={name: (root / name).read_bytes() for name in manifest["withheld"]},
    )


def _summary(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the page is told of the difference; an earlier release was told nothing."""
    try:
        from foistats.reports.changes.page import summary
    except ImportError:
        return {}
    if record["before"] or record["is_first"]:
        return {"changes": summary(_difference(record))}
    path = Path(record["folder"], CHANGES_FILE)
    return {"changes": summary(json.loads(path.read_bytes())) if path.is_file() else None}


def _page(record: Mapping[str, Any]) -> str:
    from foistats.reports.pages.page import report_page

    manifest = record["manifest"]
    return report_page(
        _request(record),
        record["notebook"],
        version=manifest["version"],
        inputs=manifest["inputs"],
        environment=manifest["environment"],
        change=manifest["change"],
        sources=manifest["sources"],
        **_summary(record),
    ).decode("utf-8")


def _crate(record: Mapping[str, Any]) -> str:
    from foistats.reports.pages.crate import crate_metadata

    folder, manifest = Path(record["folder"]), record["manifest"]
    files = _files(folder, manifest)
    for name in ("manifest.json", "run.json"):
        files[name] = (folder / name).read_bytes()
    told = crate_metadata(manifest, record["run"], files, manifest_hash=record["manifest_hash"])
    return told.decode("utf-8")


def _files(folder: Path, manifest: Mapping[str, Any]) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in manifest["files"]}


def _request(record: Mapping[str, Any]) -> Any:
    """Return what stands for a request: what the writers of a page read of one."""
    root = Path(record["root"])
    return SimpleNamespace(
        report=SimpleNamespace(
            name=record["manifest"]["report"],
            title=record["title"],
            parameters=[SimpleNamespace(**told) for told in record["parameters"]],
        ),
        values=record["values"],
        series=record["series"],
        label=record["series"],
        command=record["command"],
        studies={name: root / folder for name, folder in record["studies"].items()},
        project=SimpleNamespace(root=root),
    )


_SAYERS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "as_of": _as_of,
    "sources": _sources,
    "key": _key,
    "change": _change,
    "changes": _changes,
    "page": _page,
    "crate": _crate,
}


def import_rooms() -> None:
    """Import what takes long."""
    for room in _ROOMS:
        with contextlib.suppress(Exception):  # the part that needs it will say so
            importlib.import_module(f"foistats.reports.{room}")


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    import_rooms()
    sys.stdout.write(json.dumps(restated(json.load(sys.stdin))))
