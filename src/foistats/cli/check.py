"""``foistats check``: the data of the studies, and the project's declarations."""

from __future__ import annotations

from pathlib import Path

import click

from foistats.cli.options import project_option
from foistats.errors import DataError, UsageError
from foistats.reports.ask.declare import PROJECT_FILE, Project, find_root, read_project
from foistats.reports.ask.request import requests
from foistats.reports.ask.vocabulary import study_folder


@click.command()
@click.argument("study", required=False)
@project_option
def check(study: str | None, project: Path | None) -> None:
    """Check a study's data (every study, if none is named) and the project's declarations.

    The declarations are foistats.toml and the parameters cells of the notebooks it names; they
    are compared, and the default parameters and matrices looked up in the studies. The prose of
    the notebooks must have no numbers and no untied comparisons typed into it.
    """
    root = _root_or_none(project, study)
    declared = read_project(root) if root is not None else None
    if declared is not None:
        _print_project(declared)
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
    if declared is not None and study is None:
        _check_words(declared)
        _check_prose(declared)


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
    try:
        said = contents(folder)
    except DataError as fault:
        return str(fault)
    click.echo(f"{folder.name}: {said}, no failures")
    return ""


def contents(folder: Path) -> str:
    """Read everything that a study's folder holds; say how much, or raise `DataError`."""
    from foistats.claims.ledger import has_claims, read_ledger
    from foistats.claims.settings import read_settings
    from foistats.forces.study.tiles import read_tiles
    from foistats.forces.study.workforce import read_workforce
    from foistats.register import read_register

    register = read_register(folder)
    read_tiles(register)
    read_settings(register.study)
    said = f"{len(register.groups)} groups, {len(register.statements)} statements"
    if (workforce := read_workforce(register.study)) is not None:
        said += f", {len(workforce.snapshots.frame)} headcounts"
    if has_claims(register.study):
        said += f", {len(read_ledger(register).claims)} published figures"
    return said


def _check_words(project: Project) -> None:
    """Refuse default values and matrices whose words the studies do not have."""
    requests(project, [], [])
    if with_matrix := [report.name for report in project.reports if report.matrix]:
        requests(project, with_matrix, [], matrix=True)


def _check_prose(project: Project) -> None:
    """Refuse numbers and comparisons typed into the prose of the notebooks."""
    from foistats.reports.notebook import read_notebook
    from foistats.reports.prose import faults, in_words

    paths = dict.fromkeys(report.notebook for report in project.reports)
    found = {path: faults(read_notebook(project.root, path)) for path in paths}
    if said := [f"{path}: {in_words(typed)}" for path, typed in found.items() if typed]:
        raise UsageError("\n".join(said))
    click.echo(f"{len(paths)} notebook{'s' * (len(paths) != 1)}: no numbers typed into prose")


def _print_project(project: Project) -> None:
    count = len(project.reports)
    click.echo(f"{PROJECT_FILE}: {count} report{'s' * (count != 1)}, as their notebooks have them")
