"""``foistats verify``: whether published versions are what their manifests say.

``--json`` prints one document::

    {"intact": true,
     "versions": [{"series": "severity", "version": "v001", "manifest": SHA-256 or "",
                   "intact": true, "faults": [text, ...], "notes": [text, ...]}, ...],
     "series":   [{"series": "severity", "faults": [...], "notes": [...]}, ...]}

``series`` holds what belongs to no single version: the pointer, the end of the numbering and,
for ``--all``, the inputs kept by hash (named "objects"). Nothing is executed.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from foistats.cli.options import json_option, print_json, project_option
from foistats.errors import UsageError, VerificationError, did_you_mean
from foistats.reports import verify as check
from foistats.reports.ask.declare import find_root
from foistats.reports.ask.parameter import shown

_WIDTH = 80
_NAME_WIDTH = 60
_FORMS = "severity, severity@v001 or force-profile/<slug>@v002"


@dataclass(frozen=True)
class Wanted:
    """A version to check."""

    reports: Path
    series: str
    version: str

    @property
    def text(self) -> str:
        """How the command line names it."""
        return f"{self.series}@{self.version}"


@click.command()
@click.argument("reports", nargs=-1, metavar="[REPORT[@vNNN]]...")
@click.option("--all", "check_all", is_flag=True, help="Check every version of every report.")
@click.option("--expect", metavar="HASH", help="The manifest's SHA-256, as cited elsewhere.")
@project_option
@json_option
def verify(
    reports: tuple[str, ...],
    check_all: bool,
    expect: str | None,
    project: Path | None,
    as_json: bool,
) -> None:
    """Check that published versions are intact: every file, and the chain of versions.

    REPORT is a report, such as severity, or one of its series, such as
    force-profile/<slug>; without @vNNN the newest version is checked. Exit code 4 if
    anything differs.
    """
    if check_all == bool(reports):
        raise UsageError(f"name what to check, such as {_FORMS}; or give --all alone")
    root = find_root(project)
    wanted = _all_versions(root) if check_all else _named_versions(root, reports)
    _check_expected(expect, wanted)
    digests: dict[Path, str] = {}
    found = [
        (one, _checked(one, expect, whole_chain=not check_all, digests=digests)) for one in wanted
    ]
    around = list(_around(root, wanted, check_all=check_all, named=reports))
    if as_json:
        print_json(_document(found, around))
    else:
        _print_words(found, around)
    _refuse_differing(found, around)


def _all_versions(root: Path) -> list[Wanted]:
    reports = root / "reports"
    return [
        Wanted(reports, series, version)
        for series in _series_below(reports)
        for version in check.version_names(reports / series)
    ]


def _named_versions(root: Path, names: Iterable[str]) -> list[Wanted]:
    places = (root / "reports", root / "reports" / ".matrix")
    published = {series: folder for folder in reversed(places) for series in _series_below(folder)}
    return [_named_version(published, name) for name in dict.fromkeys(names)]


def _named_version(published: dict[str, Path], name: str) -> Wanted:
    series, at, version = name.partition("@")
    if series not in published:
        raise UsageError(
            f"no version of {shown(series)} is published{did_you_mean(series, published)}; "
            f"published: {', '.join(published) or 'nothing yet'}"
        )
    versions = check.version_names(published[series] / series)
    if not versions:
        raise VerificationError(f"{series}: every version is gone, which prune never does")
    if at and version not in versions:
        removed = (published[series] / series / f"{version}.json").is_file()
        why = f"; it was removed: {version}.json says why" if removed else ""
        raise UsageError(
            f"{series} has no version {shown(version)}{why or did_you_mean(version, versions)}; "
            f"versions: {_listed(versions)}"
        )
    return Wanted(published[series], series, version if at else versions[-1])


def _listed(versions: Sequence[str]) -> str:
    return ", ".join(versions if len(versions) < 6 else [*versions[:2], "...", *versions[-2:]])


def _series_below(reports: Path) -> Iterator[str]:
    """Yield the series of a reports folder: the reports, then their other parameter sets."""
    for report in _folders(reports):
        if report.name == "objects":
            continue
        if _is_series(report):
            yield report.name
        yield from (f"{report.name}/{slug.name}" for slug in _folders(report) if _is_series(slug))


def _folders(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    inside = (path for path in folder.iterdir() if not path.name.startswith("."))
    return sorted(path for path in inside if path.is_dir())


def _is_series(folder: Path) -> bool:
    return bool(check.version_names(folder)) or (folder / "latest.json").exists()


def _check_expected(expect: str | None, wanted: Sequence[Wanted]) -> None:
    if expect is None:
        return
    if len(wanted) != 1:
        raise UsageError("--expect is the hash of one manifest; name one version with it")
    if not check.is_hash(expect):
        raise UsageError(
            f"--expect: '{expect}' is not a SHA-256; give the 64 hexadecimal digits cited"
        )


def _checked(
    one: Wanted, expect: str | None, *, whole_chain: bool, digests: dict[Path, str]
) -> check.Inspection:
    folder = one.reports / one.series / one.version
    found = check.examine(folder, published=True, whole_chain=whole_chain, digests=digests)
    differs = check.expected_fault(found.manifest, expect) if expect else ""
    return replace(found, faults=(differs, *found.faults)) if differs else found


def _around(
    root: Path, wanted: Sequence[Wanted], *, check_all: bool, named: Sequence[str]
) -> Iterator[check.Inspection]:
    """Yield what belongs to no single version, for the series named without one."""
    reports = root / "reports"
    folders = {one.series: one.reports for one in wanted if check_all or one.series in named}
    if check_all:
        folders |= dict.fromkeys(_series_below(reports), reports)
    for series, folder in folders.items():
        yield replace(check.examine_series(folder / series), name=series)
    if check_all:
        yield check.examine_objects(reports / "objects")


def _document(
    found: Sequence[tuple[Wanted, check.Inspection]], around: Sequence[check.Inspection]
) -> dict[str, Any]:
    return {
        "intact": not any(one.faults for one in (*(told for _, told in found), *around)),
        "versions": [
            {
                "series": one.series,
                "version": one.version,
                "manifest": told.manifest,
                "intact": not told.faults,
                "faults": list(told.faults),
                "notes": list(told.notes),
            }
            for one, told in found
        ],
        "series": [
            {"series": told.name, "faults": list(told.faults), "notes": list(told.notes)}
            for told in around
        ],
    }


def _print_words(
    found: Sequence[tuple[Wanted, check.Inspection]], around: Sequence[check.Inspection]
) -> None:
    names = [_short(one.series) for one, _ in found]
    width = max(map(len, names), default=0)
    for name, (one, told) in zip(names, found, strict=True):
        verdict = "differs" if told.faults else "intact"
        click.echo(f"{name:<{width}}  {one.version}  {verdict}")
        if told.manifest:
            click.echo(f"  manifest {told.manifest}")
        _print_findings(told)
    for told in around:
        if told.faults or told.notes:
            click.echo(_short(told.name))
            _print_findings(told)
    if not found:
        click.echo("nothing is published")


def _print_findings(told: check.Inspection) -> None:
    for mark, lines in (("- ", told.faults), ("note: ", told.notes)):
        for line in lines:
            indent = "  " + " " * len(mark)
            click.echo(
                textwrap.fill(line, _WIDTH, initial_indent=f"  {mark}", subsequent_indent=indent)
            )


def _short(name: str) -> str:
    """Shorten a long series in its middle: the hash at its end tells it from others."""
    if len(name) <= _NAME_WIDTH:
        return name
    return f"{name[: _NAME_WIDTH - 13]}...{name[-10:]}"


def _refuse_differing(
    found: Sequence[tuple[Wanted, check.Inspection]], around: Sequence[check.Inspection]
) -> None:
    differing = [one.text for one, told in found if told.faults]
    differing += [told.name for told in around if told.faults]
    if differing:
        verb = "differs from its record" if len(differing) == 1 else "differ from their records"
        raise VerificationError(f"{_listed(differing)} {verb}")
