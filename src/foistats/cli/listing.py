"""``foistats list``: the reports, what may be asked of them, and what is published."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from foistats.cli.options import json_option, print_json, project_option
from foistats.errors import FoistatsError
from foistats.reports.ask.declare import Project, Report, find_root, read_project
from foistats.reports.ask.parameter import Parameter, shown, written
from foistats.reports.ask.request import requests
from foistats.reports.ask.resolve import words_for
from foistats.reports.ask.series import newest, published_slugs
from foistats.reports.ask.vocabulary import Vocabularies, listed
from foistats.reports.notebook import Scalar

_WIDTH = 79
_SERIES_SHOWN = 5


@click.command("list")
@project_option
@json_option
def list_reports(project: Path | None, as_json: bool) -> None:
    """List the reports, their parameters and their newest versions.

    With --json: reports, a list of report, title, notebook, inputs, timeout (seconds),
    version (newest, or null), series (of other parameters: series, version), matrix (or
    null: varies, series, publish, error) and parameters: name, type, default, allowed (a
    list, or null), vocabulary (or null), minimum, maximum, unit, meaning, comment, error (why
    a vocabulary cannot be read, or null).
    """
    found = read_project(find_root(project))
    vocabularies = Vocabularies(found.root)
    reports = [_described(found, report, vocabularies) for report in found.reports]
    if as_json:
        print_json({"reports": reports})
        return
    for report, described in zip(found.reports, reports, strict=True):
        click.echo("\n".join(_lines(report, described)))


def _described(project: Project, report: Report, vocabularies: Vocabularies) -> dict[str, Any]:
    folder = project.reports_folder
    others = [f"{report.name}/{slug}" for slug in published_slugs(folder, report.name)]
    return {
        "report": report.name,
        "title": report.title,
        "notebook": report.notebook,
        "inputs": list(report.inputs),
        "timeout": report.timeout,
        "version": newest(folder, report.name) or None,
        "series": [{"series": name, "version": newest(folder, name)} for name in others],
        "matrix": _matrix(project, report, vocabularies),
        "parameters": [_parameter(report, one, vocabularies) for one in report.parameters],
    }


def _parameter(report: Report, parameter: Parameter, vocabularies: Vocabularies) -> dict[str, Any]:
    vocabulary = parameter.allowed if isinstance(parameter.allowed, str) else None
    allowed, error = parameter.allowed, None
    if vocabulary:
        try:
            allowed = words_for(report, vocabulary, {}, vocabularies)
        except FoistatsError as fault:
            allowed, error = None, str(fault)
    return {
        "name": parameter.name,
        "type": parameter.type,
        "default": parameter.default,
        "allowed": None if allowed is None else list(allowed),
        "vocabulary": vocabulary,
        "minimum": parameter.minimum,
        "maximum": parameter.maximum,
        "unit": parameter.unit,
        "meaning": parameter.meaning,
        "comment": parameter.comment,
        "error": error,
    }


def _matrix(project: Project, report: Report, vocabularies: Vocabularies) -> dict[str, Any] | None:
    if report.matrix is None:
        return None
    series, error = [], None
    try:
        found = requests(project, [report.name], [], matrix=True, vocabularies=vocabularies)
        series = [request.series for request in found]
    except FoistatsError as fault:
        error = str(fault)
    return {
        "varies": list(report.matrix.axes),
        "series": series,
        "publish": report.matrix.publish,
        "error": error,
    }


def _lines(report: Report, described: dict[str, Any]) -> Iterator[str]:
    yield f"{report.name}  {described['version'] or 'not published'}"
    yield from _wrapped(report.title, "  ")
    yield from _wrapped(f"from {report.notebook}; at most {report.timeout} s", "  ")
    for parameter, told in zip(report.parameters, described["parameters"], strict=True):
        yield from _parameter_lines(parameter, told)
    if matrix := described["matrix"]:
        yield from _matrix_lines(matrix)
    if series := described["series"]:
        yield f"  also published below {report.name}/:"
        for one in series[:_SERIES_SHOWN]:
            yield f"    {one['series'].partition('/')[2]}  {one['version']}"
        if len(series) > _SERIES_SHOWN:
            yield f"    and {len(series) - _SERIES_SHOWN} more (foistats list --json)"


def _parameter_lines(parameter: Parameter, told: dict[str, Any]) -> Iterator[str]:
    kind = ", ".join(filter(None, [parameter.type, parameter.unit]))
    yield from _wrapped(f"-p {parameter.name} {_default(parameter.default)}  ({kind})", "  ")
    if parameter.meaning:
        yield from _wrapped(parameter.meaning, "       ")
    yield from _wrapped(_allowed(parameter, told), "       ")


def _default(default: Scalar) -> str:
    """Write a default as the command line takes it, or shortened if it is long."""
    text = written(default)
    whole = text.isprintable() and len(text) <= _WIDTH // 2
    return shlex.quote(text) if whole else shown(text)


def _allowed(parameter: Parameter, told: dict[str, Any]) -> str:
    """Say what may be given: the words of a vocabulary shortened."""
    if told["error"]:
        return f"allowed: {parameter.allowed_text}; {told['error']}"
    if told["vocabulary"]:
        empty = "empty, or " if parameter.may_be_empty else ""
        path = "; or a path" if told["vocabulary"] == "study" else ""
        return f"allowed: {empty}{listed(tuple(told['allowed'])) or 'none in data/'}{path}"
    return f"allowed: {parameter.allowed_text}"


def _matrix_lines(matrix: dict[str, Any]) -> Iterator[str]:
    where = "published" if matrix["publish"] else "kept in reports/.matrix/"
    size = matrix["error"] or f"{len(matrix['series'])} parameter sets, {where}"
    yield from _wrapped(f"--matrix  {' x '.join(matrix['varies'])}: {size}", "  ")


def _wrapped(text: str, indent: str) -> Iterator[str]:
    plain = text if text.isprintable() else shown(text)
    yield from textwrap.wrap(plain, _WIDTH, initial_indent=indent, subsequent_indent=indent)
