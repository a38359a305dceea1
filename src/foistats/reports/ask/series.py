"""Series: a parameter set's folder of versions, its name, and the way back from the name.

The default parameter set is the report's own series; every other set is named after its
values. A name is short and safe whatever the values are, and tells sets apart by a hash.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from foistats.reports.ask.parameter import written
from foistats.reports.notebook import Scalar
from foistats.reports.store.versions import latest, version_names

_SLUG_LENGTH = 40
_SLUG = re.compile(r"[a-z0-9-]{1,40}-[0-9a-f]{8}")
_MOST_SEARCHED = 12


def slug(values: Mapping[str, Scalar]) -> str:
    """Name a parameter set: words from the values, then eight digits of their hash."""
    beginning = ((name, written(value)[:_SLUG_LENGTH]) for name, value in sorted(values.items()))
    words = "-".join(f"{name}-{value}" for name, value in beginning).lower()
    words = re.sub(r"[^a-z0-9]+", "-", words).strip("-")[:_SLUG_LENGTH].strip("-")
    text = json.dumps(values, sort_keys=True, ensure_ascii=True)
    return f"{words or 'set'}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def published_slugs(reports: Path, report: str) -> list[str]:
    """Return the slugs of a report's series that have versions in a folder of reports."""
    folder = reports / report
    names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    return [name for name in names if is_published(reports, report, name)]


def is_published(reports: Path, report: str, slug: str) -> bool:
    """Say whether a report's series of a slug has versions."""
    return _SLUG.fullmatch(slug) is not None and newest(reports, f"{report}/{slug}") != ""


def newest(reports: Path, series: str) -> str:
    """Return the newest version of a series; empty if there is none."""
    names = version_names(reports / series)
    return names[-1] if names else ""


def unusual_values(
    reports: Path, series: str, defaults: Mapping[str, Scalar]
) -> dict[str, Scalar] | None:
    """Return the values a published series is named after, or None if there are no such.

    They are among the parameters of its newest manifest: those that differ from the defaults,
    unless a default has changed since; then the set that gives the name.
    """
    found = latest(reports, series)
    if found is None:
        return None
    recorded: Mapping[str, Scalar] = found.manifest["parameters"]
    name = series.rpartition("/")[2]
    return next((values for values in _sets(recorded, defaults) if slug(values) == name), None)


def _sets(
    recorded: Mapping[str, Scalar], defaults: Mapping[str, Scalar]
) -> Iterator[dict[str, Scalar]]:
    yield {name: value for name, value in recorded.items() if defaults.get(name) != value}
    names = list(recorded)[:_MOST_SEARCHED]
    for size in range(1, len(names) + 1):
        for chosen in itertools.combinations(names, size):
            yield {name: recorded[name] for name in chosen}
