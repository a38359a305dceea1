"""Which versions are to be reviewed: of this project by name, or anywhere by their path."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from foistats.errors import UsageError, VerificationError, did_you_mean
from foistats.reports import verify as check
from foistats.reports.ask.parameter import shown
from foistats.reports.bundle import is_bundle, unpacked

FORMS = "severity, severity@v001 or force-profile/<slug>@v002"


@dataclass(frozen=True)
class Wanted:
    """A version to review.

    Attributes
    ----------
    folder
        Its folder.
    series, version
        What it is called.
    place
        The path it was named by; empty for one of the project by its name.
    reports
        The reports folder of the project it is published in; None for one that lies elsewhere.
    bundle
        The bundle that it lies in; None if it lies in none.
    """

    folder: Path
    series: str
    version: str
    place: str = ""
    reports: Path | None = None
    bundle: Path | None = None

    @property
    def signature(self) -> Path:
        """Where its signature lies, if there is one: beside its folder."""
        return self.folder.with_name(f"{self.folder.name}.sig")

    def inspected(self, *, whole_chain: bool, digests: dict[str, str]) -> check.Inspection:
        """Check that it is intact."""
        if self.bundle is not None:
            return check.examine_bundle(self.bundle, digests=digests)
        is_published = self.reports is not None
        return check.examine(
            self.folder, published=is_published, whole_chain=whole_chain, digests=digests
        )


def all_versions(root: Path) -> list[Wanted]:
    """Return every version that a project has published."""
    reports = root / "reports"
    return [
        Wanted(reports / series / version, series, version, reports=reports)
        for series in series_below(reports)
        for version in check.version_names(reports / series)
    ]


def named_versions(
    root: Path | None, names: Iterable[str], scratch: Callable[[], Path]
) -> list[Wanted]:
    """Return the versions of some names or paths; a zip is unpacked into an empty folder.

    Raises
    ------
    UsageError
        For something that is neither.
    VerificationError
        For a zip that is damaged or not safe to unpack, or a bundle that names no version.
    """
    places = (root / "reports", root / "reports" / ".matrix") if root else ()
    published = {series: folder for folder in reversed(places) for series in series_below(folder)}
    found = []
    for name in dict.fromkeys(names):
        if name.partition("@")[0] in published or not _is_path(name):
            found.append(_named(published, name))
        else:
            found.append(_at(Path(name), root, scratch))
    return found


def series_below(reports: Path) -> Iterator[str]:
    """Yield the series of a reports folder: the reports, then their other parameter sets."""
    for report in _folders(reports):
        if report.name == "objects":
            continue
        if _is_series(report):
            yield report.name
        yield from (f"{report.name}/{slug.name}" for slug in _folders(report) if _is_series(slug))


def listed(versions: Sequence[str]) -> str:
    """Write names as a list; the middle of a long one is left out."""
    return ", ".join(versions if len(versions) < 6 else [*versions[:2], "...", *versions[-2:]])


def _named(published: Mapping[str, Path], name: str) -> Wanted:
    series, at, version = name.partition("@")
    if series not in published:
        raise UsageError(
            f"no version of {shown(series)} is published{did_you_mean(series, published)}; "
            f"published: {', '.join(published) or 'nothing yet'}"
        )
    reports = published[series]
    versions = check.version_names(reports / series)
    if not versions:
        raise VerificationError(f"{series}: every version is gone, which prune never does")
    if at and version not in versions:
        removed = (reports / series / f"{version}.json").is_file()
        why = f"; it was removed: {version}.json says why" if removed else ""
        raise UsageError(
            f"{series} has no version {shown(version)}{why or did_you_mean(version, versions)}; "
            f"versions: {listed(versions)}"
        )
    chosen = version if at else versions[-1]
    return Wanted(reports / series / chosen, series, chosen, reports=reports)


def _is_path(name: str) -> bool:
    try:
        return Path(name).exists()
    except (OSError, ValueError):
        return False


def _at(path: Path, root: Path | None, scratch: Callable[[], Path]) -> Wanted:
    """Return the version at a path: its folder, a bundle's, or a bundle's zip."""
    if is_bundle(path):
        bundle = unpacked(path, scratch()) if path.is_file() else path
        return _bundled(bundle, str(path))
    if not (path / check.MANIFEST).is_file():
        raise UsageError(
            f"{path} is no version, since it holds no {check.MANIFEST}, and no bundle; name the "
            f"folder of a version, a bundle or its zip, or a report such as {FORMS}"
        )
    folder = path.absolute()
    series, version = _told(folder)
    reports = root / "reports" if root and _lies_as_told(folder, root, series, version) else None
    return Wanted(folder, series, version, str(path), reports)


def _bundled(bundle: Path, place: str) -> Wanted:
    try:
        folder = check.bundled_version(bundle)
    except check.UncheckableError as fault:
        raise VerificationError(f"{place}: {fault}") from None
    series = folder.parent.relative_to(bundle.absolute() / "reports").as_posix()
    return Wanted(folder, series, folder.name, place, bundle=bundle)


def _told(folder: Path) -> tuple[str, str]:
    """Return what a manifest calls its version, for the heading; the check says what is wrong."""
    try:
        told = json.loads((folder / check.MANIFEST).read_bytes())
        names = (told["series"], told["version"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return folder.parent.name, folder.name
    series, version = (
        "".join(letter if letter.isprintable() else "?" for letter in str(name)[:200])
        for name in names
    )
    return series, version


def _lies_as_told(folder: Path, root: Path, series: str, version: str) -> bool:
    return folder.resolve() == (root / "reports" / series / version).resolve()


def _folders(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    inside = (path for path in folder.iterdir() if not path.name.startswith("."))
    return sorted(path for path in inside if path.is_dir())


def _is_series(folder: Path) -> bool:
    return bool(check.version_names(folder)) or (folder / "latest.json").exists()
