"""``foistats run``: run what is stale and publish it."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from foistats.cli.options import json_option, print_json, project_option
from foistats.errors import FoistatsError
from foistats.reports.ask.declare import find_root, read_project
from foistats.reports.ask.request import requests
from foistats.reports.progress import Bars, Events, JsonLines, Lines, Quiet
from foistats.reports.run import run_reports


@click.command()
@click.argument("reports", nargs=-1, metavar="[REPORT]...")
@click.option(
    "-p", "parameters", nargs=2, multiple=True, metavar="NAME VALUE", help="Set a parameter."
)
@click.option(
    "-f",
    "--parameters",
    "file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Take parameters from a TOML file.",
)
@click.option("--matrix", is_flag=True, help="Run every parameter set that the report declares.")
@click.option("-j", "--jobs", type=click.IntRange(1, 64), help="Reports run side by side [cores].")
@click.option("--dry-run", is_flag=True, help="Say what would run and why; run nothing.")
@click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="SECONDS",
    help="Wait so long for another runner to end.",
)
@click.option("--cold", is_flag=True, help="Start every kernel anew: slower, the same results.")
@click.option(
    "--log",
    type=click.Choice(["auto", "plain", "json"]),
    default="auto",
    help="Bars on a terminal, plain lines, or one JSON line an event on standard error.",
)
@project_option
@json_option
def run(
    reports: tuple[str, ...],
    parameters: tuple[tuple[str, str], ...],
    file: Path | None,
    matrix: bool,
    jobs: int | None,
    dry_run: bool,
    wait: float,
    cold: bool,
    log: str,
    project: Path | None,
    as_json: bool,
) -> None:
    """Run the reports that are stale (all, if none is named) and publish them.

    REPORT is a name such as severity, or a series such as severity/link-probit-0123abcd.
    """
    found = read_project(find_root(project))
    wanted = requests(found, reports, parameters, file=file, matrix=matrix)
    outcomes = run_reports(
        wanted, dry=dry_run, jobs=jobs, cold=cold, wait=wait, events=_events(log, as_json=as_json)
    )
    if as_json:
        print_json({"reports": [outcome.document for outcome in outcomes]})
    if any(outcome.status == "failed" for outcome in outcomes):
        raise SystemExit(FoistatsError.exit_code)


def _events(log: str, *, as_json: bool) -> Events:
    if log == "json":
        return JsonLines()
    if as_json:
        return Quiet()
    return Bars() if log == "auto" and sys.stderr.isatty() else Lines()
