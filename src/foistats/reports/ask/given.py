"""What is given: parameters by name, from the command line or a TOML file.

The file has ``name = value`` at its top for every report that has the parameter, or in a table
headed with one report's name. Nothing may be given twice, and nothing that no report has.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foistats.errors import UsageError, did_you_mean
from foistats.reports.ask.declare import Project, Report
from foistats.reports.ask.parameter import shown, unwritable, value_of
from foistats.reports.notebook import Scalar

OPTION = "-p"


@dataclass(frozen=True)
class Given:
    """A parameter's value, where it comes from, and the report it is for (empty: any)."""

    name: str
    value: Any
    source: str
    report: str = ""


def read_given(
    project: Project,
    reports: Sequence[Report],
    pairs: Iterable[tuple[str, str]],
    file: Path | None,
) -> list[Given]:
    """Return what is given for the reports, on the command line and in a file.

    Raises
    ------
    UsageError
        For a file that cannot be read, a name that no report has, or one given twice.
    """
    given = [Given(name, text, OPTION) for name, text in pairs]
    if file is not None:
        given += _in_file(file)
    for one in given:
        _require_known(project, reports, one)
    for report in project.reports:
        _require_once(report, given)
    return given


def values_for(report: Report, given: Iterable[Given]) -> dict[str, Scalar]:
    """Return the values given for a report, strictly of their types and allowed."""
    values: dict[str, Scalar] = {}
    for one in given:
        if one.name in report.parameter_names and one.report in ("", report.name):
            parameter = report.parameters[report.parameter_names.index(one.name)]
            source = "" if one.source == OPTION else f"{one.source}: "
            values[one.name] = value_of(
                parameter,
                one.value,
                where=f"{source}{report.name}: {one.name}",
                is_text=one.source == OPTION,
            )
    return values


def _in_file(path: Path) -> Iterator[Given]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise UsageError(f"{path}: there is no such file of parameters") from None
    except (OSError, ValueError, RecursionError) as fault:
        raise UsageError(f"{path}: cannot be read as TOML: {fault}") from None
    for key, entry in document.items():
        if isinstance(entry, dict):
            yield from (Given(name, value, str(path), key) for name, value in entry.items())
            if not entry:
                yield Given("", None, str(path), key)
        else:
            yield Given(key, entry, str(path))


def _require_known(project: Project, reports: Sequence[Report], one: Given) -> None:
    """Refuse a name that none of the reports asked for has; in a table, its report's."""
    source = "" if one.source == OPTION else f"{one.source}: "
    if one.report:
        names = [report.name for report in project.reports]
        if one.report not in names:
            near = did_you_mean(one.report, names)
            raise UsageError(
                f"{source}there is no report {shown(one.report)}{near}; "
                f"tables are headed with a report: {', '.join(names)}"
            )
        reports = [project.report(one.report)]
    known = list(dict.fromkeys(name for report in reports for name in report.parameter_names))
    if one.name not in known and (one.name or not one.report):
        near = "" if unwritable(one.name) else did_you_mean(one.name, known)
        raise UsageError(
            f"{source}{_lacking(reports)} parameter {shown(one.name)}{near}; "
            f"parameters: {', '.join(known) or 'none'}"
        )


def _require_once(report: Report, given: Iterable[Given]) -> None:
    sources: dict[str, Given] = {}
    for one in given:
        if one.name and one.report in ("", report.name):
            if one.name in sources:
                first = sources[one.name]
                raise UsageError(
                    f"the parameter {shown(one.name)} is given twice: by {_place(first)} "
                    f"and by {_place(one)}; give it once"
                )
            sources[one.name] = one


def _place(one: Given) -> str:
    return f"[{one.report}] of {one.source}" if one.report else one.source


def _lacking(reports: Sequence[Report]) -> str:
    names = [report.name for report in reports]
    if len(names) == 1:
        return f"the report '{names[0]}' has no"
    return f"none of the {len(names)} reports has a"
