"""``foistats prune``: old versions go, a tombstone with the reason stays."""

from __future__ import annotations

from pathlib import Path

import click

from foistats.cli.options import json_option, print_json, project_option
from foistats.reports.ask.declare import find_root
from foistats.reports.store import prune as store
from foistats.reports.store.lock import holding

_KEEP = 3


@click.command()
@click.argument("reports", nargs=-1, metavar="[REPORT]...")
@click.option(
    "--keep",
    type=click.IntRange(min=1),
    default=_KEEP,
    show_default=True,
    metavar="N",
    help="How many of the newest versions stay in each series.",
)
@click.option("--reason", default="", metavar="TEXT", help="Why; the tombstones tell it.")
@click.option("--dry-run", is_flag=True, help="Say what would go and why; remove nothing.")
@project_option
@json_option
def prune(
    reports: tuple[str, ...],
    keep: int,
    reason: str,
    dry_run: bool,
    project: Path | None,
    as_json: bool,
) -> None:
    """Remove old versions of REPORT (of all, if none is named).

    A report means all its series, `report/slug` one of them. The newest version stays, and
    so does every version that reports/keep.csv lists (report,version,cited_by). Of a removed
    version a tombstone stays: its hash, the date and the reason.
    """
    folder = find_root(project) / "reports"
    if dry_run or not folder.is_dir():
        series = store.chosen_series(folder, reports)
        done = store.prune(folder, series, keep=keep, dry=True)
    else:
        done = _prune(folder, reports, keep, reason)
    if as_json:
        print_json(_document(done, dry_run=dry_run))
    else:
        _print(done, dry_run=dry_run)


def _prune(folder: Path, reports: tuple[str, ...], keep: int, reason: str) -> store.Pruning:
    from foistats.reports.pages.overview import refresh

    with holding(folder, "foistats prune"):
        series = store.chosen_series(folder, reports)
        done = store.prune(folder, series, keep=keep, reason=reason)
        refresh(folder)
    return done


def _print(done: store.Pruning, *, dry_run: bool) -> None:
    removed = "would go" if dry_run else "removed"
    for decision in done.decisions:
        state = removed if decision.goes else "stays"
        click.echo(f"{decision.series}  {decision.version}  {state}: {decision.why}")
    gone = sum(decision.goes for decision in done.decisions)
    click.echo(f"{gone} of {len(done.decisions)} versions {removed}")
    if done.objects:
        click.echo(f"{len(done.objects)} kept inputs removed that no version rests on")


def _document(done: store.Pruning, *, dry_run: bool) -> dict[str, object]:
    return {
        "dry_run": dry_run,
        "versions": [
            {
                "series": decision.series,
                "version": decision.version,
                "removed": decision.goes and not dry_run,
                "goes": decision.goes,
                "why": decision.why,
            }
            for decision in done.decisions
        ],
        "objects_removed": list(done.objects),
    }
