"""A place to work in on the disk of the reports, and what a killed run left behind."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from foistats.errors import DataError, ReportError
from foistats.reports.store.files import (
    TEMPORARY,
    make_folder,
    read_object,
    remedy,
    sha256,
    sync_folder,
    write,
)
from foistats.reports.store.folders import (
    MANIFEST,
    series_names,
    tombstone_names,
    tombstone_of,
    version_names,
)
from foistats.reports.store.keep import cited_versions

STAGING = ".staging-"
IGNORED = ".gitignore"
_NOT_IN_GIT = b"# what a run leaves beside the published versions\n.*\n"


@contextmanager
def staging(reports: Path) -> Iterator[Path]:
    """Lend a folder on the disk of the reports, and take it away again.

    Raises
    ------
    ReportError
        When it cannot be made.
    """
    try:
        make_folder(reports)
        folder = Path(tempfile.mkdtemp(prefix=STAGING, dir=reports))
    except OSError as fault:
        raise ReportError(
            f"{reports.name}/ cannot be written to ({fault.strerror}); "
            f"nothing was published: {remedy(fault)}"
        ) from fault
    try:
        yield folder
    finally:
        remove(folder)


def sweep(reports: Path) -> None:
    """Take away what a killed run left behind, and finish what a killed prune began.

    To be called by the holder of the lock: then whatever lies in a staging folder or waits
    to be put in its place belongs to nobody, however new it looks.
    """
    if not reports.is_dir():
        return
    for path in list(reports.iterdir()):
        if path.name.startswith((STAGING, TEMPORARY)):
            remove(path)
    for folder, version in _half_removed(reports):
        with suppress(OSError):  # it waits for the next sweep
            take_away(reports, folder, version)


def keep_out_of_git(reports: Path) -> None:
    """Tell git to ignore what a run leaves beside the versions, in a project that does not."""
    if not (reports / IGNORED).exists():
        with suppress(OSError):  # a convenience, and the disk may be full
            write(reports / IGNORED, _NOT_IN_GIT)


def take_away(reports: Path, folder: Path, version: str) -> None:
    """Remove a version's folder in one step, as far as a reader can see."""
    with staging(reports) as staged:
        (folder / version).rename(staged / version)
        sync_folder(folder)


def remove(path: Path) -> None:
    """Remove a file or a folder with all it holds, also what its writer locked.

    What cannot be removed waits for the next sweep.
    """
    with suppress(OSError):
        if path.is_symlink() or not path.is_dir():
            path.unlink(missing_ok=True)
            return
        shutil.rmtree(path, ignore_errors=True)
        if path.exists():
            for inner, _, _ in os.walk(path):
                Path(inner).chmod(0o700)
            shutil.rmtree(path)


def _half_removed(reports: Path) -> Iterator[tuple[Path, str]]:
    """Yield the versions that have their tombstone and are still there.

    The newest and the cited ones stay, and so does a folder that is not what the tombstone
    tells of: somebody put it there.
    """
    for series in series_names(reports):
        folder = reports / series
        older = version_names(folder)[:-1]
        for version in sorted(set(older) & set(tombstone_names(folder))):
            if not _is_cited(reports, series, version) and _is_told(folder, version):
                yield folder, version


def _is_cited(reports: Path, series: str, version: str) -> bool:
    try:
        return (series, version) in cited_versions(reports)
    except DataError:
        return True


def _is_told(folder: Path, version: str) -> bool:
    told = read_object(tombstone_of(folder, version)) or {}
    try:
        return told.get("manifest") == sha256((folder / version / MANIFEST).read_bytes())
    except OSError:
        return False
