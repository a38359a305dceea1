"""``foistats bundle``: one zip of a version, for a reviewer.

``--json`` prints ``series``, ``version``, ``manifest`` (its SHA-256), ``file``, ``sha256`` and
``bytes`` of the zip, ``withheld`` (inputs of which it holds the hashes only) and ``written``
(whether it was not there yet).
"""

from __future__ import annotations

from pathlib import Path

import click

from foistats.cli.options import json_option, print_json, project_option
from foistats.errors import UsageError, did_you_mean
from foistats.reports.ask.declare import find_root
from foistats.reports.ask.parameter import shown
from foistats.reports.store.folders import (
    series_names,
    tombstone_names,
    tombstone_of,
    version_names,
)


@click.command()
@click.argument("report", metavar="REPORT[@vNNN]")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE.zip",
    help="Where to write it; without it in this folder, named after the version.",
)
@project_option
@json_option
def bundle(report: str, output: Path | None, project: Path | None, as_json: bool) -> None:
    """Make one zip of a version, for a reviewer to check without an account or a clone.

    REPORT is a report, such as severity, or one of its series, such as
    force-profile/<slug>; without @vNNN the newest version is taken. The zip holds the version,
    its inputs, the source, the lock file, verify.py and a README. The same version gives the
    same bytes; a file that is there and differs is never overwritten.
    """
    from foistats.reports.bundle.archive import put, zip_bytes
    from foistats.reports.bundle.contents import packed
    from foistats.reports.store.files import sha256

    root = find_root(project)
    reports, series, version = _wanted(root, report)
    target = output or Path(f"{series.replace('/', '-')}-{version}.zip")
    _refuse_inside(target, root)
    found = packed(reports, series, version)
    content = zip_bytes(found.files)
    written = put(target, content)
    if as_json:
        print_json(
            {
                "series": series,
                "version": version,
                "manifest": found.manifest,
                "file": str(target),
                "sha256": sha256(content),
                "bytes": len(content),
                "withheld": list(found.withheld),
                "written": written,
            }
        )
        return
    done = "written" if written else "is there already, the same bytes"
    click.echo(f"{target}  {done}: {series} {version}, {len(content) / 1e6:.1f} MB")
    click.echo(f"  manifest {found.manifest}")
    if found.withheld:
        click.echo(f"  a private study: {len(found.withheld)} of its inputs as hashes only")
    click.echo("  cite the manifest's hash where the report is cited: the reviewer compares it")


def _wanted(root: Path, name: str) -> tuple[Path, str, str]:
    """Return the reports folder, the series and the version that are named."""
    places = (root / "reports", root / "reports" / ".matrix")
    published = {series: folder for folder in reversed(places) for series in series_names(folder)}
    series, at, version = name.partition("@")
    if series not in published:
        raise UsageError(
            f"no version of {shown(series)} is published{did_you_mean(series, published)}; "
            f"published: {', '.join(published) or 'nothing yet'}"
        )
    folder = published[series] / series
    standing = version_names(folder)
    if not standing:
        raise UsageError(f"every version of {series} is gone")
    if at and version not in standing:
        removed = version in tombstone_names(folder)
        why = f"; it was removed: {tombstone_of(folder, version).name} says why" if removed else ""
        raise UsageError(
            f"{series} has no version {shown(version)}{why or did_you_mean(version, standing)}; "
            f"versions: {', '.join(standing[-5:])}"
        )
    return published[series], series, version if at else standing[-1]


def _refuse_inside(target: Path, root: Path) -> None:
    """Raise where a bundle would lie among the published versions, which hold nothing else."""
    if target.resolve().is_relative_to((root / "reports").resolve()):
        raise UsageError(f"{target} lies in the reports folder; write the bundle elsewhere")
