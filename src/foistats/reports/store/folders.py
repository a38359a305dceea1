"""What lies below the reports folder: series, versions and the tombstones of removed ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from foistats.errors import ReportError

POINTER = "latest.json"
MANIFEST = "manifest.json"
OBJECTS = "objects"

_VERSION = re.compile(r"v[0-9]{3,9}")


def version_names(folder: Path) -> list[str]:
    """Return the versions in a series folder, oldest first; none if there is no folder."""
    found = (path.name for path in _entries(folder) if path.is_dir() and not path.is_symlink())
    return sorted(filter(is_version, found), key=number_of)


def tombstone_names(folder: Path) -> list[str]:
    """Return the removed versions of a series folder that left a tombstone, oldest first."""
    found = (path.stem for path in _entries(folder) if path.suffix == ".json")
    return sorted(filter(is_version, found), key=number_of)


def series_names(reports: Path) -> list[str]:
    """Return the series that have versions or tombstones, such as "severity"."""
    return [
        folder.relative_to(reports).as_posix()
        for report in _folders(reports)
        for folder in (report, *_folders(report))
        if version_names(folder) or tombstone_names(folder)
    ]


def refuse_links(folder: Path, series: str) -> None:
    """Raise a ReportError where a series or a version is a link to somewhere else."""
    versions = (path for path in _entries(folder) if is_version(path.name))
    for path in (folder, *versions):
        if path.is_symlink():
            name = series if path == folder else f"{series}/{path.name}"
            raise ReportError(
                f"{name} is a link; published versions are folders of their own: put the folder "
                "itself in its place, for example with git checkout"
            )


def tombstone_of(folder: Path, version: str) -> Path:
    """Return where the tombstone of a version lies."""
    return folder / f"{version}.json"


def is_version(name: str) -> bool:
    """Say whether a name is that of a version, such as v002."""
    return _VERSION.fullmatch(name) is not None


def number_of(version: str) -> int:
    """Return the number of a version."""
    return int(version[1:])


def _folders(folder: Path) -> Iterator[Path]:
    """Yield the folders that may be reports or series, in order."""
    for path in sorted(_entries(folder), key=lambda path: path.name):
        named = not path.name.startswith(".") and path.name != OBJECTS
        if named and not is_version(path.name) and path.is_dir() and not path.is_symlink():
            yield path


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
