"""Manifests: what a version says of itself, and which of them this release can read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foistats.errors import ReportError
from foistats.reports.notebook import Scalar
from foistats.reports.store.files import parsed
from foistats.reports.store.folders import MANIFEST

FORMAT = 1
#: Every release reads every earlier format.
READABLE = (1,)
#: The files of a version that its manifest does not list.
NOT_COVERED = (MANIFEST, "run.json", "ro-crate-metadata.json")


@dataclass(frozen=True)
class Edition:
    """What a new version holds, before it has a number.

    Attributes
    ----------
    report, series
        The report, and the folder of its versions below reports/.
    key
        The freshness key.
    title, as_of
        What the index says of it.
    parameters, inputs
        What it was made with and from.
    withheld
        The inputs of which only the hash is published.
    sources
        How fresh its sources are.
    environment
        Python, the main packages, and where they are not those of the lock file.
    change
        What changed since the version before, in a sentence.
    """

    report: str
    series: str
    key: str
    title: str
    as_of: str
    parameters: Mapping[str, Scalar]
    inputs: Mapping[str, Any]
    withheld: tuple[str, ...]
    sources: Mapping[str, Any]
    environment: Mapping[str, Any]
    change: str


def read_manifest(folder: Path, series: str, version: str) -> tuple[bytes, Mapping[str, Any]]:
    """Return a manifest's bytes and what it says.

    Raises
    ------
    ReportError
        When it is missing or damaged, or of a format this release does not know.
    """
    name = f"{series}/{version}/{MANIFEST}"
    try:
        content = (folder / version / MANIFEST).read_bytes()
    except OSError as fault:
        raise ReportError(
            f"{name} cannot be read ({fault.strerror}); restore {series}/{version}, for example "
            "with git checkout, or remove what is left of the folder"
        ) from None
    manifest = parsed(name, content)
    _refuse_foreign(name, manifest.get("format"))
    if not _is_whole(manifest):
        raise ReportError(f"{name} was edited; restore it, for example with git checkout")
    return content, manifest


def _is_whole(manifest: Mapping[str, Any]) -> bool:
    """Say whether a manifest has what others rely on."""
    tables = ("parameters", "inputs", "files")
    return isinstance(manifest.get("key"), str) and all(
        isinstance(manifest.get(name), dict) for name in tables
    )


def _refuse_foreign(name: str, found: object) -> None:
    if found in READABLE and not isinstance(found, bool):
        return
    newer = isinstance(found, int) and found > FORMAT
    raise ReportError(
        f"{name} has the format {found!r}, "
        + ("written by a newer foistats" if newer else "which no foistats writes")
        + f"; this one reads {', '.join(map(str, READABLE))}: "
        + ("install the newer foistats" if newer else "restore it, for example with git checkout")
    )
