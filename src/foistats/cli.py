"""The ``foistats`` command: words in, rooms called, words out.

Nothing is worked out here. Imports are light: a command that runs no notebook needs neither
pandas nor papermill.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from foistats import __version__
from foistats.errors import DataError, FoistatsError, UsageError, did_you_mean
from foistats.reports.declare import PROJECT_FILE, Project, find_root, read_project

if TYPE_CHECKING:
    from foistats.reports.declare import Report
    from foistats.reports.request import Request
    from foistats.reports.run import Outcome

INTERRUPTED = 130


class _Commands(click.Group):
    """Commands; an unknown one is answered with the nearest."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which ones there are."""
        names = self.list_commands(ctx)
        if args and args[0] not in names and not args[0].startswith("-"):
            raise UsageError(
                f"there is no command '{args[0]}'{did_you_mean(args[0], names)}; "
                f"commands: {', '.join(names)}"
            )
        return super().resolve_command(ctx, args)


_project_option = click.option(
    "--project",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help=f"The folder with {PROJECT_FILE}; without it the nearest above this one.",
)
_json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="foistats", message="%(prog)s %(version)s")
def commands() -> None:
    """Make checked, versioned statistical reports from Freedom of Information answers.

    Exit codes: 0 done, 1 a report failed, 2 wrong usage, 3 wrong data.
    """


@commands.command("list")
@_project_option
@_json_option
def list_reports(project: Path | None, as_json: bool) -> None:
    """List the reports, their parameters and their newest versions."""
    from foistats.reports import store

    found = read_project(find_root(project))
    newest = {
        report.name: store.version_names(found.reports_folder / report.name)[-1:]
        for report in found.reports
    }
    if as_json:
        reports = [_described(report, newest[report.name]) for report in found.reports]
        _print_json({"reports": reports})
        return
    for report in found.reports:
        version = (newest[report.name] or ["not published"])[0]
        click.echo(f"{report.name}  {version}\n  {report.title}")
        for parameter in report.parameters:
            click.echo(f"  -p {parameter.name} {str(parameter.default) or '(empty)'}")
            click.echo(f"       {parameter.meaning}; allowed: {parameter.allowed_text}")


@commands.command()
@click.argument("reports", nargs=-1, metavar="[REPORT]...")
@click.option(
    "-p", "parameters", nargs=2, multiple=True, metavar="NAME VALUE", help="Set a parameter."
)
@click.option("--dry-run", is_flag=True, help="Say what would run and why; run nothing.")
@_project_option
@_json_option
def run(
    reports: tuple[str, ...],
    parameters: tuple[tuple[str, str], ...],
    dry_run: bool,
    project: Path | None,
    as_json: bool,
) -> None:
    """Run the reports that are stale (all, if none is named) and publish them."""
    from foistats.reports.request import requests
    from foistats.reports.run import run_reports

    wanted = requests(read_project(find_root(project)), reports, parameters)
    on_terminal = sys.stderr.isatty()
    outcomes = run_reports(
        wanted,
        dry=dry_run,
        started=(lambda request: None) if on_terminal else _print_start,
        finished=_print_error if as_json else _print_outcome,
        show_progress=on_terminal,
    )
    if as_json:
        _print_json({"reports": [_told(outcome) for outcome in outcomes]})
    if any(outcome.status == "failed" for outcome in outcomes):
        raise SystemExit(FoistatsError.exit_code)


@commands.command()
@click.argument("study", required=False)
@_project_option
def check(study: str | None, project: Path | None) -> None:
    """Check a study's data (every study, if none is named) and the project's declarations."""
    from foistats.reports.request import study_folder

    root = _root_or_none(project, study)
    if root is not None:
        _print_project(read_project(root))
    base = root or Path.cwd()
    folders = (
        [study_folder(base, study)]
        if study is not None
        else sorted(path.parent for path in (base / "data").glob("*/study.toml"))
    )
    if not folders:
        raise UsageError("there is no study in data/; name the folder of one: foistats check DIR")
    faults = [fault for folder in folders if (fault := _check_study(folder))]
    if faults:
        raise DataError("\n".join(faults))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    try:
        commands.main(
            args=None if arguments is None else list(arguments),
            prog_name="foistats",
            standalone_mode=False,
        )
        sys.stdout.flush()
    except FoistatsError as fault:
        _complain(str(fault))
        return fault.exit_code
    except click.ClickException as fault:
        _complain(fault.format_message())
        return UsageError.exit_code
    except (KeyboardInterrupt, click.Abort):
        _complain("interrupted; nothing half-written is left behind")
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FoistatsError.exit_code
    except SystemExit as exit:
        return int(exit.code or 0)
    return 0


def _root_or_none(project: Path | None, study: str | None) -> Path | None:
    """Find the project; a study given by path needs none."""
    try:
        return find_root(project)
    except UsageError:
        if project is not None or study is None:
            raise
        return None


def _check_study(folder: Path) -> str:
    """Print a line about a study, or return what is wrong with it."""
    from foistats.register import read_register

    try:
        register = read_register(folder)
    except DataError as fault:
        return str(fault)
    groups, statements = len(register.groups), len(register.statements)
    click.echo(f"{folder.name}: {groups} groups, {statements} statements, no failures")
    return ""


def _print_project(project: Project) -> None:
    count = len(project.reports)
    click.echo(f"{PROJECT_FILE}: {count} report{'s' * (count != 1)}, as their notebooks have them")


def _print_start(request: Request) -> None:
    click.echo(f"{request.series}  running", err=True)


def _print_outcome(outcome: Outcome) -> None:
    if outcome.error:
        _print_error(outcome)
        return
    parts = [outcome.series, outcome.status, outcome.version]
    if outcome.status not in ("unchanged", "stale"):
        parts.append(f"{outcome.seconds:.1f} s")
    click.echo("  ".join(part for part in parts if part))
    shown = outcome.reasons[:5]
    for reason in shown:
        click.echo(f"  {reason}")
    if len(outcome.reasons) > len(shown):
        click.echo(f"  and {len(outcome.reasons) - len(shown)} more")


def _print_error(outcome: Outcome) -> None:
    if outcome.error:
        click.echo(f"{outcome.series}  failed  {outcome.seconds:.1f} s", err=True)
        click.echo(f"foistats: {outcome.error}", err=True)


def _described(report: Report, newest: list[str]) -> dict[str, Any]:
    return {
        "report": report.name,
        "title": report.title,
        "notebook": report.notebook,
        "inputs": list(report.inputs),
        "timeout": report.timeout,
        "version": newest[0] if newest else None,
        "parameters": [
            {
                "name": parameter.name,
                "type": parameter.type,
                "default": parameter.default,
                "allowed": parameter.allowed,
                "unit": parameter.unit,
                "meaning": parameter.meaning,
            }
            for parameter in report.parameters
        ],
    }


def _told(outcome: Outcome) -> dict[str, Any]:
    return {
        "series": outcome.series,
        "status": outcome.status,
        "version": outcome.version or None,
        "reasons": list(outcome.reasons),
        "seconds": outcome.seconds,
        "error": outcome.error or None,
    }


def _print_json(document: dict[str, Any]) -> None:
    click.echo(json.dumps(document, indent=1, ensure_ascii=False))


def _complain(message: str) -> None:
    click.echo(f"foistats: {message}", err=True)
