"""Putting a version in its place: all of it in one step, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from foistats.errors import ReportError
from foistats.reports.store.files import make_folder, remedy, sync_folder, write
from foistats.reports.store.folders import number_of, refuse_links, tombstone_names, version_names
from foistats.reports.store.objects import store_objects
from foistats.reports.store.staging import staging

#: A version stays below so many bytes.
LARGEST = 2_000_000


def publish(
    reports: Path,
    series: str,
    version: str,
    content: Mapping[str, bytes],
    objects: Mapping[str, bytes],
) -> None:
    """Put a version in its place; the pointer is moved afterwards.

    Parameters
    ----------
    reports : Path
        The reports folder.
    series, version : str
        Where it goes.
    content : mapping
        All its files by path, the manifest too.
    objects : mapping
        The bytes of its inputs, by hash.

    Raises
    ------
    ReportError
        When it is too large, its number is taken or it cannot be written; then nothing was
        published, and nothing half-written is left.
    """
    _refuse_large(series, version, content)
    try:
        _refuse_taken(reports / series, series, version)
        store_objects(reports, objects)
        with staging(reports) as staged:
            _write_all(staged / version, content)
            make_folder(reports / series)
            _put(staged / version, reports / series)
    except OSError as fault:
        raise ReportError(
            f"{series}: {version} could not be written ({fault.strerror}); "
            f"nothing was published: {remedy(fault)}"
        ) from fault


def _refuse_large(series: str, version: str, content: Mapping[str, bytes]) -> None:
    size = sum(map(len, content.values()))
    if size < LARGEST:
        return
    largest = sorted(content, key=lambda name: (-len(content[name]), name))[:3]
    told = ", ".join(f"{name} ({len(content[name]):,} bytes)" for name in largest)
    raise ReportError(
        f"{series}: {version} would be {size:,} bytes large, and a version stays below "
        f"{LARGEST:,}; nothing was published: print less, or publish less of {told}"
    )


def _refuse_taken(folder: Path, series: str, version: str) -> None:
    """Raise where a number was used already, by a version that stands or one that was removed."""
    refuse_links(folder, series)
    taken = [*version_names(folder), *tombstone_names(folder)]
    highest = max(taken, key=number_of, default="v000")
    if number_of(version) > number_of(highest):
        return
    if not version_names(folder):
        raise ReportError(
            f"{series}: {highest} was removed and no version stands, so that the chain ends; "
            "restore its folder, for example with git checkout"
        )
    raise ReportError(
        f"{series}: {highest} was published while this {version} was made; "
        "nothing was published: run it again"
    )


def _write_all(folder: Path, content: Mapping[str, bytes]) -> None:
    """Write the files of a version and have the disk confirm them and every folder."""
    for name, text in content.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write(folder / name, text)
    for inner in {above for name in content for above in Path(name).parents}:
        sync_folder(folder / inner)


def _put(staged: Path, series: Path) -> None:
    """Move a version into its series; take it back if the disk does not confirm that."""
    target = series / staged.name
    staged.rename(target)
    try:
        sync_folder(series)
    except OSError:
        target.rename(staged)
        raise
