"""Removing old versions: a tombstone takes the place of each, and the chain holds.

The newest version of a series is never removed, nor one that ``reports/keep.csv`` lists.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from foistats.errors import ReportError, UsageError, did_you_mean
from foistats.reports.store.files import json_text, read_object, remedy, replace, sha256
from foistats.reports.store.folders import (
    MANIFEST,
    refuse_links,
    series_names,
    tombstone_of,
    version_names,
)
from foistats.reports.store.keep import KEEP, cited_versions
from foistats.reports.store.manifests import FORMAT
from foistats.reports.store.objects import remove_objects, unnamed_objects
from foistats.reports.store.staging import sweep, take_away
from foistats.reports.store.versions import heal


@dataclass(frozen=True)
class Decision:
    """Whether a version goes, and why.

    Attributes
    ----------
    series, version
        Which version.
    goes
        Whether it is removed.
    why
        The reason, in words.
    """

    series: str
    version: str
    goes: bool
    why: str


@dataclass(frozen=True)
class Pruning:
    """What a prune did, or would do: a decision on each version, and the inputs let go of."""

    decisions: tuple[Decision, ...]
    objects: tuple[str, ...] = ()


def chosen_series(reports: Path, names: Iterable[str]) -> list[str]:
    """Return the published series that are meant: all of a report's, one by its path, or all.

    Raises
    ------
    UsageError
        When a name was never published.
    """
    known, names = series_names(reports), list(names)
    for name in names:
        if not any(_belongs(series, name) for series in known):
            raise UsageError(
                f"'{name}' was never published{did_you_mean(name, known)}; "
                f"published: {', '.join(known) or 'nothing yet'}"
            )
    return [
        series for series in known if not names or any(_belongs(series, name) for name in names)
    ]


def prune(
    reports: Path, series: Iterable[str], *, keep: int, reason: str = "", dry: bool = False
) -> Pruning:
    """Remove all but the newest versions of some series.

    Parameters
    ----------
    reports : Path
        The reports folder; its lock has to be held unless `dry`.
    series : iterable of str
        Which series.
    keep : int
        How many of the newest versions stay in each, at least one.
    reason : str
        Why, for the tombstones.
    dry : bool
        Only say what would go.

    Raises
    ------
    UsageError
        When `keep` is below one, or there is no reason.
    DataError
        When keep.csv is not as it should be; nothing is removed.
    ReportError
        When a version cannot be read or removed; those before it are gone, and it stands.
    """
    _refuse_careless(keep, reason, dry=dry)
    series = list(series)
    for name in series:
        refuse_links(reports / name, name)
    cited = cited_versions(reports)
    if not dry:
        sweep(reports)
    decisions = [found for name in series for found in _decisions(reports, name, keep, cited)]
    if dry:
        return Pruning(tuple(decisions))
    try:
        return _carried_out(reports, decisions, reason)
    except OSError as fault:
        raise ReportError(
            f"not everything could be removed ({fault.strerror}); every version that is left is "
            f"whole: {remedy(fault)}, and prune again"
        ) from fault


def _carried_out(reports: Path, decisions: list[Decision], reason: str) -> Pruning:
    for series in dict.fromkeys(decision.series for decision in decisions):
        heal(reports, series)
    for decision in decisions:
        if decision.goes:
            _remove(reports, decision.series, decision.version, reason)
    gone = unnamed_objects(reports)
    remove_objects(reports, gone)
    return Pruning(tuple(decisions), tuple(path.name for path in gone))


def _decisions(
    reports: Path, series: str, keep: int, cited: Mapping[tuple[str, str], str]
) -> Iterator[Decision]:
    """Decide on each version of a series, newest first."""
    for place, version in enumerate(reversed(version_names(reports / series))):
        why = ""
        if place == 0:
            why = "the newest"
        elif by := cited.get((series, version)):
            why = f"cited by {by} ({KEEP})"
        elif place < keep:
            why = f"one of the newest {keep}"
        elif not (reports / series / version / MANIFEST).is_file():
            why = f"it has no {MANIFEST} that a tombstone could tell of: restore or remove it"
        yield Decision(series, version, not why, why or f"older than the newest {keep}")


def _remove(reports: Path, series: str, version: str, reason: str) -> None:
    """Write the tombstone of a version, then take its folder away."""
    folder = reports / series
    path = folder / version / MANIFEST
    told = {
        "format": FORMAT,
        "version": version,
        "manifest": sha256(path.read_bytes()),
        "predecessor": (read_object(path) or {}).get("predecessor"),
        "removed": datetime.now(UTC).date().isoformat(),
        "reason": reason,
    }
    replace(tombstone_of(folder, version), json_text(told), via=reports)
    take_away(reports, folder, version)


def _belongs(series: str, name: str) -> bool:
    return series == name or series.startswith(f"{name}/")


def _refuse_careless(keep: int, reason: str, *, dry: bool) -> None:
    if keep < 1:
        raise UsageError(f"keep is {keep}; keep at least 1: the newest version always stays")
    if not reason.strip() and not dry:
        raise UsageError(
            "say why with --reason TEXT: it is what the tombstones tell; or look first: --dry-run"
        )
