"""Any two versions of a series compared, also where one was removed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from foistats.errors import UsageError, VerificationError, did_you_mean
from foistats.reports.changes.document import Document, changes_between
from foistats.reports.changes.publication import rows_of
from foistats.reports.changes.side import Kept, Side, published_side
from foistats.reports.changes.stored import CHANGES_FILE, earlier_side, read_stored, tells_all
from foistats.reports.store.files import read_object
from foistats.reports.store.folders import (
    is_version,
    number_of,
    tombstone_names,
    tombstone_of,
    version_names,
)


@dataclass(frozen=True)
class Pair:
    """Two versions of a series to compare, the earlier one first.

    Attributes
    ----------
    reports, series
        Where they are.
    before, after
        Their names.
    notes
        What a reader should know of the choice.
    """

    reports: Path
    series: str
    before: str
    after: str
    notes: tuple[str, ...] = ()


def chosen_pair(reports: Path, series: str, names: Sequence[str]) -> Pair:
    """Return the versions that are meant: two, one and the version before it, or the newest.

    Raises
    ------
    UsageError
        When a version was never published, or there is none before it.
    """
    folder = reports / series
    standing, removed = version_names(folder), tombstone_names(folder)
    known = sorted({*standing, *removed}, key=number_of)
    for name in names:
        if name not in known:
            raise UsageError(
                f"{series} has no version {name!r}{did_you_mean(name, known)}; "
                f"versions: {', '.join(known) or 'none'}"
            )
    if len(set(names)) == 1 and len(names) == 2:
        raise UsageError(f"{names[0]} is given twice; give two versions of {series}")
    if len(names) == 2:
        before, after = sorted(names, key=number_of)
        turned = (f"told from the earlier version, {before}, to the later one, {after}",)
        return Pair(reports, series, before, after, turned if names[0] == after else ())
    after = names[0] if names else (standing or [""])[-1]
    earlier = [name for name in known if is_version(after) and number_of(name) < number_of(after)]
    if not earlier:
        raise UsageError(
            f"{series} has no version before {after or 'its first'}: there is nothing to compare; "
            f"versions: {', '.join(known) or 'none'}"
        )
    return Pair(reports, series, earlier[-1], after)


def changes_of(pair: Pair, kept: Kept) -> Document:
    """Return what changed between two versions of a series.

    Of a version that was removed, what the next one's ``changes.json`` kept is told; where
    that is gone too, the nearest version that can be told of takes its place, and a note says
    so.

    Raises
    ------
    VerificationError
        When nothing can be compared, or a version is not what was published.
    """
    folder = pair.reports / pair.series
    standing = version_names(folder)
    if pair.after in standing and pair.before not in standing:
        direct = _stored(pair, pair.after, kept)
        if direct is not None and direct["before"]["version"] == pair.before:
            return _from_stored(pair, direct, _published(pair, pair.after, kept))
    notes = list(pair.notes)
    before = _side(pair, pair.before, kept, notes, is_first=True)
    after = _side(pair, pair.after, kept, notes, is_first=False)
    if before is None or after is None or number_of(before.version) >= number_of(after.version):
        gone = _gone(pair, [name for name in (pair.before, pair.after) if name not in standing])
        raise VerificationError(
            f"{pair.series}: {pair.before} and {pair.after} cannot be compared: {gone}; no version "
            "that stands kept what changed"
        )
    notes += _unknown(before, after)
    return changes_between(before, after, notes=tuple(notes))


def _side(pair: Pair, version: str, kept: Kept, notes: list[str], *, is_first: bool) -> Side | None:
    """Return a version that stands, or made again from the one after it.

    Where neither can be, the nearest later version takes its place.
    """
    standing = version_names(pair.reports / pair.series)
    if version in standing:
        return _published(pair, version, kept)
    later = [name for name in standing if number_of(name) > number_of(version)]
    if not later:
        return None
    side = _published(pair, later[0], kept)
    told = read_stored(side.files.get(CHANGES_FILE))
    if told is not None and tells_all(told):
        side = earlier_side(side, told)
    gone = _gone(pair, [version])
    if side.version == version:
        notes.append(f"{gone}; it is told from the changes that {later[0]} kept")
    else:
        begins = "begins" if is_first else "ends"
        notes.append(
            f"{gone}, and nothing kept what changed from {version} to {side.version}: "
            f"what follows {begins} with {side.version}"
        )
    return side


def _published(pair: Pair, version: str, kept: Kept) -> Side:
    side = published_side(pair.reports, pair.series, version, kept)
    return replace(side, rows=rows_of(side.files))


def _stored(pair: Pair, version: str, kept: Kept) -> Document | None:
    """Return what a version kept of its difference from the one before it."""
    told = read_stored(_published(pair, version, kept).files.get(CHANGES_FILE))
    return told if tells_all(told) else None


def _from_stored(pair: Pair, told: Document, after: Side) -> Document:
    notes = [
        *pair.notes,
        f"{_gone(pair, [pair.before])}; this is what {pair.after} kept of the difference",
        *_left_out(told),
    ]
    return told | {"notes": notes, "after": told["after"] | {"manifest": after.manifest}}


def _left_out(told: Document) -> list[str]:
    cut = [entry["table"] for entry in told["tables"] if entry.get("left_out")]
    cut += [entry["file"] for entry in told["data"] if entry.get("left_out")]
    return [f"there was no room to keep the rows of {', '.join(cut)}"] if cut else []


def _unknown(before: Side, after: Side) -> list[str]:
    names = sorted(before.unknown | (after.unknown - {"claims"}))
    if not names:
        return []
    return [f"not compared, since a removed version's are not kept: {', '.join(names)}"]


def _gone(pair: Pair, versions: Sequence[str]) -> str:
    """Say when and why versions were removed."""
    told = []
    for version in versions:
        found = read_object(tombstone_of(pair.reports / pair.series, version)) or {}
        when = f" on {found['removed']}" if found.get("removed") else ""
        why = f": {found['reason']}" if found.get("reason") else ""
        told.append(f"{version} was removed{when}{why}")
    return "; ".join(told) or "one of them was removed"
