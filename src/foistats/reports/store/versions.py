"""The versions of a series: a chain of numbered folders, and the pointer to the newest.

Each manifest holds the hash of the one before it. A number is used once: that of a removed
version stays with its tombstone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foistats.errors import ReportError
from foistats.reports.store.files import json_text, read_object, remedy, replace, sha256
from foistats.reports.store.folders import (
    POINTER,
    number_of,
    refuse_links,
    tombstone_names,
    tombstone_of,
    version_names,
)
from foistats.reports.store.manifests import FORMAT, NOT_COVERED, READABLE, Edition, read_manifest
from foistats.reports.store.publication import publish

__all__ = [
    "FORMAT",
    "NOT_COVERED",
    "READABLE",
    "Edition",
    "Latest",
    "heal",
    "latest",
    "manifest_of",
    "next_version",
    "point",
    "publish",
    "version_names",
]


@dataclass(frozen=True)
class Latest:
    """The newest version of a series.

    Attributes
    ----------
    version
        Its name.
    key
        The freshness key under which its results hold.
    manifest, manifest_hash
        Its manifest, and the hash of that.
    taken
        The highest number used in the series; a removed version may have it.
    link
        The hash of the manifest that had this number: what the next manifest names.
    """

    version: str
    key: str
    manifest: Mapping[str, Any]
    manifest_hash: str
    taken: int = 0
    link: str = ""


def latest(reports: Path, series: str) -> Latest | None:
    """Return the newest version of a series, or None if no version stands.

    It is the newest folder even where a crash left the pointer behind.

    Raises
    ------
    ReportError
        When its manifest cannot be read or is of a later format, when a version is a link,
        or when the pointer names a version that is gone.
    """
    folder = reports / series
    refuse_links(folder, series)
    names = version_names(folder)
    version = names[-1] if names else ""
    pointer = read_object(folder / POINTER) or {}
    _refuse_gone(series, names, tombstone_names(folder), pointer.get("version"))
    if not version:
        return None
    content, manifest = read_manifest(folder, series, version)
    key = pointer.get("key") if pointer.get("version") == version else None
    digest = sha256(content)
    taken, link = _last_link(folder, series, number_of(version), digest)
    return Latest(version, str(key or manifest["key"]), manifest, digest, taken, link)


def next_version(newest: Latest | None) -> str:
    """Return the number after the highest one used."""
    number = max(number_of(newest.version), newest.taken) if newest else 0
    return f"v{number + 1:03d}"


def manifest_of(
    edition: Edition, newest: Latest | None, files: Mapping[str, bytes]
) -> dict[str, Any]:
    """Return the manifest of the version that follows the newest.

    Parameters
    ----------
    edition : Edition
        What the version is.
    newest : Latest, optional
        The version before it.
    files : mapping
        The files it lists, by path.
    """
    return {
        "format": FORMAT,
        "report": edition.report,
        "series": edition.series,
        "version": next_version(newest),
        "predecessor": (newest.link or newest.manifest_hash) if newest else None,
        "key": edition.key,
        "title": edition.title,
        "as_of": edition.as_of,
        "parameters": dict(edition.parameters),
        "inputs": dict(edition.inputs),
        "withheld": list(edition.withheld),
        "sources": dict(edition.sources),
        "environment": dict(edition.environment),
        "change": edition.change,
        "files": {name: sha256(content) for name, content in files.items()},
    }


def point(reports: Path, series: str, version: str, key: str) -> None:
    """Point to a version and note the key under which its results hold.

    Raises
    ------
    ReportError
        When the pointer cannot be written; the version stands all the same.
    """
    told = json_text({"key": key, "version": version})
    try:
        replace(reports / series / POINTER, told, via=reports)
    except OSError as fault:
        raise ReportError(
            f"{series}: {version} stands, but {POINTER} could not be written ({fault.strerror}): "
            f"{remedy(fault)}; the next run puts it right"
        ) from fault


def heal(reports: Path, series: str) -> bool:
    """Point to the newest version where a crash left the pointer behind; say whether it had to.

    Raises
    ------
    ReportError
        As `latest` and `point` do.
    """
    newest = latest(reports, series)
    if newest is None:
        return False
    pointer = read_object(reports / series / POINTER) or {}
    if pointer.get("version") == newest.version and isinstance(pointer.get("key"), str):
        return False
    point(reports, series, newest.version, newest.key)
    return True


def _last_link(folder: Path, series: str, number: int, digest: str) -> tuple[int, str]:
    """Return the highest number used and the hash of its manifest, across tombstones."""
    later = [name for name in tombstone_names(folder) if number_of(name) > number]
    if not later:
        return number, digest
    path = tombstone_of(folder, later[-1])
    link = (read_object(path) or {}).get("manifest")
    if not isinstance(link, str):
        raise ReportError(
            f"{series}/{path.name} does not tell which version was removed; restore it, "
            "for example with git checkout"
        )
    return number_of(later[-1]), link


def _refuse_gone(
    series: str, standing: Sequence[str], removed: Sequence[str], pointed: object
) -> None:
    """Raise where the pointer's version is gone: its number must not be given again."""
    if not isinstance(pointed, str) or pointed in standing or pointed in removed:
        return
    stands = f"go on from {standing[-1]}" if standing else "begin anew"
    raise ReportError(
        f"{series}/{POINTER} names {pointed}, which is not there; restore {series}/{pointed}, "
        f"for example with git checkout, or delete {series}/{POINTER} to {stands}"
    )
