"""What is published: every report, its series and their versions, as the folders have them.

Read with ``json`` alone, and leniently: an earlier manifest may lack what a later one says,
and a damaged one is shown as such and hides nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from foistats.errors import ReportError
from foistats.reports.store.files import parsed, sha256
from foistats.reports.store.folders import (
    MANIFEST,
    number_of,
    series_names,
    tombstone_names,
    tombstone_of,
    version_names,
)


@dataclass(frozen=True)
class Version:
    """A version, or the tombstone of one that was removed.

    Attributes
    ----------
    name
        Such as "v002".
    digest
        The hash of its manifest's bytes, or of the tombstone's.
    manifest
        What the manifest says; empty where it cannot be read or was removed.
    tombstone
        What the tombstone says; empty for a version that stands.
    """

    name: str
    digest: str
    manifest: Mapping[str, Any] = field(default_factory=dict)
    tombstone: Mapping[str, Any] = field(default_factory=dict)
    is_removed: bool = False


@dataclass(frozen=True)
class Series:
    """The versions of one report with one set of parameters, newest first.

    ``path`` is its folder below reports/.
    """

    path: str
    versions: tuple[Version, ...]

    @property
    def report(self) -> str:
        """The report it belongs to."""
        return self.path.split("/")[0]

    @property
    def newest(self) -> Version:
        """The newest version that stands; the newest of all where none does."""
        standing = (version for version in self.versions if not version.is_removed)
        return next(standing, self.versions[0])


def read_catalogue(reports: Path) -> tuple[Series, ...]:
    """Return every series, those of the declared parameters before the others of a report."""
    return tuple(Series(name, tuple(_versions(reports / name))) for name in series_names(reports))


def fingerprint(catalogue: tuple[Series, ...]) -> str:
    """Return a hash of everything a page about the catalogue can depend on."""
    lines = (
        f"{series.path} {version.name} {version.digest} {version.is_removed}\n"
        for series in catalogue
        for version in series.versions
    )
    return sha256("".join(lines).encode("utf-8", "surrogateescape"))


def _versions(folder: Path) -> Iterator[Version]:
    """Yield the versions of a series folder, newest first; a folder hides its own tombstone."""
    standing = set(version_names(folder))
    for name in sorted({*standing, *tombstone_names(folder)}, key=number_of, reverse=True):
        if name in standing:
            manifest, digest = _read(folder / name / MANIFEST)
            yield Version(name, digest, manifest=manifest)
        else:
            tombstone, digest = _read(tombstone_of(folder, name))
            yield Version(name, digest, tombstone=tombstone, is_removed=True)


def _read(path: Path) -> tuple[Mapping[str, Any], str]:
    """Return a JSON object and the hash of its bytes; an empty one where there is none."""
    try:
        content = path.read_bytes()
    except OSError:
        return {}, ""
    try:
        return parsed(path.name, content), sha256(content)
    except ReportError:
        return {}, sha256(content)
