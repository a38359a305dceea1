"""The changes that a new version is published with, from what is kept beside the versions alone.

Neither the work tree of an earlier day nor git is asked, so that the same inputs give the same
bytes in every clone.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from foistats.reports.changes.document import Document, changes_between, first_version
from foistats.reports.changes.inputs import row_totals
from foistats.reports.changes.side import Side, kept_in_objects, side_of
from foistats.reports.changes.stored import CHANGES_FILE, read_stored
from foistats.reports.store.manifests import Edition
from foistats.reports.store.versions import Latest


def changes_at_publication(
    reports: Path,
    newest: Latest | None,
    before: Mapping[str, bytes] | None,
    edition: Edition,
    version: str,
    *,
    files: Mapping[str, bytes],
    objects: Mapping[str, bytes],
    withheld: Mapping[str, bytes],
) -> Document | None:
    """Return what a new version changes; None for a first one that withholds nothing.

    Parameters
    ----------
    reports : Path
        The reports folder.
    newest, before
        The version before it and its files.
    edition, version, files
        What the new version is, its name and its files.
    objects : mapping
        The bytes of its inputs by hash, without those withheld.
    withheld : mapping
        The bytes of the inputs that are withheld, by name: their rows are counted.
    """
    kept = kept_in_objects(reports)

    def found(kind: str, name: str, digest: str) -> bytes | None:
        return objects.get(digest) or kept(kind, name, digest)

    after = Side(
        series=edition.series,
        version=version,
        manifest="",
        parameters=edition.parameters,
        inputs=edition.inputs,
        withheld=frozenset(edition.withheld),
        environment=edition.environment,
        files=files,
        kept=found,
        rows=row_totals(withheld),
    )
    if newest is None or before is None:
        return first_version(after) if edition.withheld else None
    return changes_between(
        side_of(
            newest.manifest,
            manifest_hash=newest.manifest_hash,
            files=before,
            kept=kept,
            rows=rows_of(before),
        ),
        after,
    )


def rows_of(files: Mapping[str, bytes]) -> dict[str, int]:
    """Return the numbers of rows that a version's ``changes.json`` has."""
    told: Mapping[str, Any] = read_stored(files.get(CHANGES_FILE)) or {}
    rows = told.get("rows")
    return dict(rows) if isinstance(rows, dict) else {}
