"""``reports/objects/``: the bytes of inputs, once each, under the name of their hash."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from foistats.errors import ReportError
from foistats.reports.store.files import replace, sha256, sync_folder
from foistats.reports.store.folders import MANIFEST, OBJECTS, series_names, version_names

_NAME = re.compile(r"[0-9a-f]{64}")
_NAMED = re.compile(rb"[0-9a-f]{64}")


def store_objects(reports: Path, objects: Mapping[str, bytes]) -> None:
    """Keep the bytes of inputs by hash; those that are there are compared, and put right.

    Raises
    ------
    ReportError
        When bytes are not those of their hash: the file changed while it was read.
    """
    for name, content in objects.items():
        if sha256(content) != name:
            raise ReportError(
                f"an input changed while it was kept: it is no longer what {name[:12]}… was made "
                "from; nothing was published: run it again"
            )
        replace(reports / OBJECTS / name, content, via=reports)


def unnamed_objects(reports: Path) -> list[Path]:
    """Return the objects that no manifest names.

    Manifests are searched, not read, so that one of any format keeps what it names. Where
    one is missing nothing is known, and nothing is returned.
    """
    folder = reports / OBJECTS
    kept = (
        [path for path in folder.iterdir() if _NAME.fullmatch(path.name)] if folder.is_dir() else []
    )
    try:
        named = _named(reports)
    except OSError:
        return []
    return sorted(path for path in kept if path.name.encode() not in named)


def remove_objects(reports: Path, paths: list[Path]) -> None:
    """Remove objects."""
    for path in paths:
        path.unlink(missing_ok=True)
    if paths:
        sync_folder(reports / OBJECTS)


def _named(reports: Path) -> set[bytes]:
    return {
        found
        for series in series_names(reports)
        for version in version_names(reports / series)
        for found in _NAMED.findall((reports / series / version / MANIFEST).read_bytes())
    }
