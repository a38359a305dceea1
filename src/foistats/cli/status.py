"""``foistats status``: what is fresh, stale, confirmed or failed, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from foistats.cli.options import json_option, print_json, project_option
from foistats.errors import FoistatsError
from foistats.reports.ask.declare import find_root, read_project
from foistats.reports.ask.request import Request
from foistats.reports.freshness import Hashes
from foistats.reports.status import Unknown, judge, known_requests

_REASONS_SHOWN = 5


@click.command()
@click.argument("reports", nargs=-1, metavar="[REPORT]...")
@project_option
@json_option
def status(reports: tuple[str, ...], project: Path | None, as_json: bool) -> None:
    """Say which reports are fresh, confirmed, stale or failed, and why."""
    found = read_project(find_root(project))
    hashes = Hashes()
    told = [_told(request, hashes) for request in known_requests(found, reports)]
    if as_json:
        print_json({"reports": told})
        return
    width = max((len(line["series"]) for line in told), default=0)
    for line in told:
        version = line["version"] or "not published"
        click.echo(f"{line['series']:<{width}}  {line['state']:<9}  {version}")
        for reason in line["reasons"][:_REASONS_SHOWN]:
            click.echo("\n".join(f"  {part}" for part in reason.splitlines()))
        if (more := len(line["reasons"]) - _REASONS_SHOWN) > 0:
            click.echo(f"  and {more} more")


def _told(request: Request | Unknown, hashes: Hashes) -> dict[str, Any]:
    told: dict[str, Any] = {"series": request.series}
    if isinstance(request, Unknown):
        reasons = [request.reason]
        return told | {
            "title": request.title,
            "state": "orphaned",
            "version": None,
            "reasons": reasons,
        }
    told["title"] = request.report.title
    try:
        judgement = judge(request, hashes)
    except FoistatsError as fault:
        return told | {"state": "failed", "version": None, "reasons": [str(fault)]}
    return told | {
        "state": judgement.state,
        "version": judgement.version or None,
        "reasons": list(judgement.reasons),
    }
