"""What somebody asks for: a report with its parameter values, checked before any kernel starts.

A study may be asked for by name (a folder in ``data/``) or by path. The kernel gets an
absolute path; what is recorded is relative to the project, so that records do not depend on
where the project lies.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from foistats.errors import UsageError, did_you_mean
from foistats.reports.ask.declare import Project, Report
from foistats.reports.ask.given import read_given, values_for
from foistats.reports.ask.matrix import members
from foistats.reports.ask.parameter import shown, value_of, written
from foistats.reports.ask.resolve import resolve, words_for
from foistats.reports.ask.series import is_published, published_slugs, slug, unusual_values
from foistats.reports.ask.vocabulary import Vocabularies
from foistats.reports.notebook import Scalar


@dataclass(frozen=True)
class Request:
    """A report to run.

    Attributes
    ----------
    project, report
        Whose report it is.
    values
        Every parameter's value as it is recorded.
    changed
        What the kernel is given: the values that differ from the notebook's defaults.
    studies
        The folder of each study asked for, by parameter.
    reports
        Where its versions go: the project's reports, or the folder of matrices.
    """

    project: Project
    report: Report
    values: Mapping[str, Scalar]
    changed: Mapping[str, Scalar]
    studies: Mapping[str, Path]
    reports: Path

    @property
    def series(self) -> str:
        """The folder of its versions below `reports`: the report, or the report and a slug."""
        return f"{self.report.name}/{slug(self._unusual)}" if self._unusual else self.report.name

    @property
    def label(self) -> str:
        """The series for people: that of a matrix which is not published has its folder's name."""
        folder = "" if self.reports == self.project.reports_folder else f"{self.reports.name}/"
        return f"{folder}{self.series}"

    @property
    def command(self) -> str:
        """The command that makes it again."""
        if self.reports != self.project.reports_folder:
            return f"foistats run {self.series}"
        given = (
            f"-p {name} {shlex.quote(written(value))}" for name, value in self._unusual.items()
        )
        return " ".join(["foistats run", self.report.name, *given])

    @property
    def _unusual(self) -> dict[str, Scalar]:
        return {name: self.values[name] for name in self.changed}


def requests(
    project: Project,
    names: Iterable[str],
    given: Iterable[tuple[str, str]],
    *,
    file: Path | None = None,
    matrix: bool = False,
    vocabularies: Vocabularies | None = None,
) -> list[Request]:
    """Return what to run, each once.

    Parameters
    ----------
    names : iterable of str
        Reports, or series as ``force-profile/<slug>``. None: all reports, and the members of
        the matrices that are published.
    given : iterable of (str, str)
        Parameters of the command line: each applies to those of the reports that have it.
    file : Path, optional
        A TOML file of parameters.
    matrix : bool
        Run the declared matrix of each report in place of its default parameter set.
    vocabularies : Vocabularies, optional
        The project's vocabularies as read before, for a caller that asks several times.

    Raises
    ------
    UsageError
        For an unknown report, series or parameter, a value of the wrong type or one not
        allowed, something given twice, or a matrix that is too large or not declared.
    DataError
        If the study's file that holds a vocabulary cannot be read.
    """
    names, given = list(dict.fromkeys(names)), list(given)
    series = [name for name in names if "/" in name]
    if series and (given or file is not None or matrix):
        raise UsageError(
            f"{shown(series[0])} names a series, which has its parameters; give its report's "
            "name with other parameters or --matrix"
        )
    asking = _Asking(project, vocabularies or Vocabularies(project.root))
    if series:
        return _once(asking.named(name) for name in names)
    reports = [project.report(name) for name in names] or list(project.reports)
    told = read_given(project, reports, given, file)
    if matrix:
        reports = _with_matrix(reports, named=bool(names))
    found: list[Request] = []
    for report in reports:
        values = values_for(report, told)
        plain = not (names or told) and report.matrix is not None and report.matrix.publish
        found += [] if matrix else [asking.one(report, values)]
        found += asking.members(report, values) if matrix or plain else []
    return _once(found)


@dataclass(frozen=True)
class _Asking:
    """Requests of one project, with its vocabularies."""

    project: Project
    vocabularies: Vocabularies

    def one(
        self, report: Report, given: Mapping[str, Scalar], *, reports: Path | None = None
    ) -> Request:
        """Return one report with the values given, the others at their defaults.

        The default parameter set is published wherever it is asked for.
        """
        found = resolve(report, given, self.vocabularies)
        folder = reports if reports is not None and found.changed else self.project.reports_folder
        return Request(self.project, report, found.values, found.changed, found.studies, folder)

    def members(self, report: Report, given: Mapping[str, Scalar]) -> list[Request]:
        """Return the members of a report's matrix; values given hold for all of them."""
        if report.matrix is None:
            return []
        if both := [name for name in given if name in report.matrix.axes]:
            raise UsageError(
                f"{report.name}: its matrix varies {both[0]}; leave out the value given for it, "
                "or --matrix"
            )

        def words(vocabulary: str, chosen: Mapping[str, Scalar]) -> tuple[str, ...]:
            return words_for(report, vocabulary, {**given, **chosen}, self.vocabularies)

        folder = None if report.matrix.publish else self.project.matrix_folder
        sets = members(report.matrix, report.parameters, words, report=report.name)
        found = [self.one(report, {**given, **values}, reports=folder) for values in sets]
        _require_distinct(found)
        return found

    def named(self, name: str) -> Request:
        """Return the request of a report, or of a series: published, or in the matrix."""
        report_name, _, wanted = name.partition("/")
        report = self.project.report(report_name)
        if not wanted:
            return self.one(report, {})
        published, kept = self.project.reports_folder, self.project.matrix_folder
        if is_published(published, report.name, wanted):
            return self._published(report, name, published)
        varied = {member.series: member for member in self.members(report, {})}
        if name in varied:
            return varied[name]
        if is_published(kept, report.name, wanted):
            return self._published(report, name, kept)
        slugs = [series.rpartition("/")[2] for series in varied]
        near = did_you_mean(wanted, [*published_slugs(published, report.name), *slugs])
        raise UsageError(
            f"there is no series {shown(name)}{near}; give one that is published or in the "
            f"matrix of {report.name} (foistats list), or its parameters with -p"
        )

    def _published(self, report: Report, series: str, reports: Path) -> Request:
        """Return the request of a published series; its manifest has the values."""
        known = {parameter.name: parameter for parameter in report.parameters}
        defaults = {name: parameter.default for name, parameter in known.items()}
        found = unusual_values(reports, series, defaults)
        if not found or not found.keys() <= known.keys():
            raise UsageError(
                f"{series}: the parameters that give its name are not those of {report.name} any "
                f"more; the report has: {', '.join(known) or 'none'}"
            )
        values = {
            name: value_of(known[name], value, where=f"{series}: {name}", is_text=False)
            for name, value in found.items()
        }
        request = self.one(report, values, reports=reports)
        if request.series != series:
            raise UsageError(
                f"{series}: its values are those of {request.series} now, since a default "
                f"changed; run {request.series}"
            )
        return request


def _with_matrix(reports: list[Report], *, named: bool) -> list[Report]:
    without = [report.name for report in reports if report.matrix is None]
    if without and (named or len(without) == len(reports)):
        raise UsageError(
            f"{without[0]} declares no matrix; add [reports.{without[0]}.matrix] with the "
            'parameters that vary, for example force = "force"'
        )
    return [report for report in reports if report.matrix is not None]


def _require_distinct(members: Iterable[Request]) -> None:
    """Refuse two members whose different values have one name: their versions would mix."""
    seen: dict[str, Request] = {}
    for member in members:
        other = seen.setdefault(member.series, member)
        if other.values != member.values:
            raise UsageError(
                f"two members of the matrix have the name {member.series}: {dict(other.values)} "
                f"and {dict(member.values)}; leave one of them out"
            )


def _once(found: Iterable[Request]) -> list[Request]:
    kept: dict[tuple[Path, str], Request] = {}
    for request in found:
        kept.setdefault((request.reports, request.series), request)
    return list(kept.values())
