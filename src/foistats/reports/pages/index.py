"""The index of all reports: a pure function of the version folders.

It says what changed in each version, how fresh its sources are, and which versions rest on a
source that was corrected or withdrawn since. A removed version keeps its line.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import quote

from foistats.reports.pages.catalogue import Series, Version, fingerprint, read_catalogue
from foistats.reports.pages.sources import Mark, count_in, marks_in, marks_on, newest_in
from foistats.reports.store.files import replace

INDEX = "index.html"
_TEMPLATES = Path(__file__).parent / "template"
_FINGERPRINT = re.compile(rb'<meta name="fingerprint" content="([0-9a-f]{64})">')
_DAMAGED = "its manifest cannot be read"


@dataclass(frozen=True)
class VersionLine:
    """What the index says of one version."""

    name: str
    href: str
    change: str
    as_of: str
    newest_source: str
    marks: tuple[Mark, ...]
    is_removed: bool
    removed: str
    reason: str


@dataclass(frozen=True)
class SeriesEntry:
    """What the index says of one series: its newest version, and a line for each, newest first."""

    path: str
    title: str
    newest: VersionLine | None
    facts: str
    parameters: tuple[tuple[str, Any], ...]
    versions: tuple[VersionLine, ...]


@dataclass(frozen=True)
class ReportEntry:
    """A report and its series."""

    name: str
    title: str
    series: tuple[SeriesEntry, ...]


def write_index(reports: Path) -> bool:
    """Rewrite reports/index.html if its bytes change; say whether they did."""
    from foistats.reports.pages.page import rendered

    catalogue = read_catalogue(reports)
    page = rendered(
        "index.html.j2", reports=entries(catalogue), fingerprint=_fingerprint(catalogue)
    )
    return replace(reports / INDEX, page)


def index_is_current(reports: Path) -> bool:
    """Say whether reports/index.html was written from the version folders as they are now."""
    try:
        head = (reports / INDEX).read_bytes()[:4096]
    except OSError:
        return False
    found = _FINGERPRINT.search(head)
    return found is not None and found[1].decode() == _fingerprint(read_catalogue(reports))


def entries(catalogue: Iterable[Series]) -> list[ReportEntry]:
    """Return what the index says, report by report."""
    catalogue = list(catalogue)
    marks = tuple(
        mark for series in catalogue for mark in marks_in(series.newest.manifest.get("sources"))
    )
    return [
        ReportEntry(name, told[0].title, told)
        for name, group in groupby(catalogue, key=lambda series: series.report)
        if (told := tuple(_series(series, marks) for series in group))
    ]


def _fingerprint(catalogue: tuple[Series, ...]) -> str:
    """Hash what the index is made from: what is published, and the templates."""
    told = hashlib.sha256(fingerprint(catalogue).encode())
    for name in ("index.html.j2", "style.css"):
        told.update((_TEMPLATES / name).read_bytes())
    return told.hexdigest()


def _series(series: Series, marks: tuple[Mark, ...]) -> SeriesEntry:
    manifest = series.newest.manifest
    lines = tuple(_line(series, version, marks) for version in series.versions)
    parameters = manifest.get("parameters")
    return SeriesEntry(
        path=series.path,
        title=str(manifest.get("title") or series.report),
        newest=next((line for line in lines if not line.is_removed), None),
        facts="; ".join(_facts(manifest)),
        parameters=tuple(sorted(parameters.items())) if isinstance(parameters, dict) else (),
        versions=lines,
    )


def _facts(manifest: Mapping[str, Any]) -> Iterator[str]:
    if manifest.get("as_of"):
        yield f"data as of {manifest['as_of']}"
    if count := count_in(manifest.get("sources")):
        yield f"{count} source{'s' if count != 1 else ''}"


def _line(series: Series, version: Version, marks: tuple[Mark, ...]) -> VersionLine:
    manifest, tombstone = version.manifest, version.tombstone
    is_damaged = not version.is_removed and not manifest
    return VersionLine(
        name=version.name,
        href=quote(f"{series.path}/{version.name}/report.html"),
        change=_DAMAGED if is_damaged else str(manifest.get("change", "")),
        as_of=str(manifest.get("as_of", "")),
        newest_source=newest_in(manifest.get("sources")),
        marks=marks_on(manifest.get("sources"), marks),
        is_removed=version.is_removed,
        removed=str(tombstone.get("removed", "")),
        reason=str(tombstone.get("reason", "")),
    )
