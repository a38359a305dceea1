"""``foistats diff``: what changed between two versions of a report, and what moved each number.

``--json`` prints one document, whose keys `foistats.reports.changes.document` lists; with
``--why`` it has ``why`` besides, and each number that moved has its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from foistats.cli.options import json_option, print_json, project_option
from foistats.errors import UsageError, VerificationError, did_you_mean
from foistats.reports.ask.declare import find_root
from foistats.reports.ask.parameter import shown
from foistats.reports.store.files import replace
from foistats.reports.store.folders import OBJECTS, series_names

MATRIX = ".matrix"


@click.command()
@click.argument("report")
@click.argument("versions", nargs=-1, metavar="[vA [vB]]")
@click.option(
    "--why", is_flag=True, help="Run again with the inputs mixed: what moved each number."
)
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Write it as a page of its own.")  # fmt: skip
@project_option
@json_option
def diff(
    report: str,
    versions: tuple[str, ...],
    why: bool,
    html: Path | None,
    project: Path | None,
    as_json: bool,
) -> None:
    """Say what changed between two versions of a report.

    REPORT is a report, such as severity, or one of its series, such as
    force-profile/<slug>. Two versions are compared from the earlier to the later one, whichever
    is named first; one version with the one before it; without any, the newest is taken.
    Nothing is executed, except with --why.
    """
    from foistats.reports.changes.compare import changes_of, chosen_pair
    from foistats.reports.replay.lookup import Lookup

    root = find_root(project)
    reports, series = _series(root, report)
    if len(versions) > 2:
        raise UsageError(f"give two versions at most; {len(versions)} are given")
    pair = chosen_pair(reports, series, versions)
    lookup = Lookup(reports / OBJECTS, root)

    def kept(kind: str, name: str, digest: str) -> bytes | None:
        found = lookup.find(kind, name, digest)
        return None if found is None else found.content

    told = changes_of(pair, kept)
    if why:
        from foistats.reports.changes.why.attribution import attributed

        told = attributed(told, reports=reports, project=root, progress=_say)
    _tell(told, html=html, as_json=as_json)
    if told.get("why", {}).get("settled") is False:
        raise VerificationError(f"{series}: no number could be put down to what moved it")


def _series(root: Path, name: str) -> tuple[Path, str]:
    """Return the reports folder of a series and its path below it."""
    places = (root / "reports", root / "reports" / MATRIX)
    published = {series: folder for folder in reversed(places) for series in series_names(folder)}
    if name not in published:
        raise UsageError(
            f"no version of {shown(name)} is published{did_you_mean(name, published)}; "
            f"published: {', '.join(published) or 'nothing yet'}"
        )
    return published[name], name


def _tell(told: Mapping[str, Any], *, html: Path | None, as_json: bool) -> None:
    from foistats.reports.changes.terminal import lines

    if html is not None:
        from foistats.reports.changes.page import changes_page

        try:
            replace(html, changes_page(told))
        except OSError as fault:
            raise UsageError(f"{html} cannot be written: {fault.strerror}") from None
    if as_json:
        print_json(told)
    else:
        click.echo("\n".join(lines(told)))
        if html is not None:
            click.echo(f"\nwritten to {html}")


def _say(text: str) -> None:
    click.echo(text, err=True)
