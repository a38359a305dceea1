"""Fresh or stale, report by report, and why: looked up, never run.

A version is *fresh* if everything it was made from is as it was, *confirmed* if a later run
under another source or lock gave the same, *stale* if an input has changed, and a report is
*failed* if its last run on these very inputs failed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from foistats.errors import FoistatsError
from foistats.reports.ask.declare import Project
from foistats.reports.ask.request import Request, requests
from foistats.reports.ask.series import published_slugs
from foistats.reports.ask.vocabulary import Vocabularies
from foistats.reports.freshness import Hashes, Inputs, inputs_of, key_of
from foistats.reports.store import failures, versions
from foistats.reports.store.versions import Latest

FIRST_VERSION = "first version"


@dataclass(frozen=True)
class Unknown:
    """A published series that nobody can run any more, and why."""

    series: str
    title: str
    reason: str


@dataclass(frozen=True)
class Judgement:
    """Whether a report has to run.

    Attributes
    ----------
    request
        The report and its parameters.
    state
        "fresh", "confirmed", "stale" or "failed".
    newest
        The newest version, if there is one.
    reasons
        Why it is stale or how it failed.
    inputs, key
        What it would be made from.
    """

    request: Request
    state: str
    newest: Latest | None
    reasons: tuple[str, ...]
    inputs: Inputs
    key: str

    @property
    def has_to_run(self) -> bool:
        """Whether the newest version is not what a run would give."""
        return self.state in ("stale", "failed")

    @property
    def version(self) -> str:
        """The newest version's name; empty if there is none."""
        return self.newest.version if self.newest else ""


def known_requests(project: Project, names: Iterable[str] = ()) -> Iterator[Request | Unknown]:
    """Yield what there is to ask for: declared parameter sets, and every published series.

    A series whose parameters can no longer be asked for is `Unknown`, with the reason.
    """
    names, vocabularies = list(names), Vocabularies(project.root)
    found = requests(project, names, [], vocabularies=vocabularies)
    yield from found
    known = {request.series for request in found}
    for report in project.reports:
        for slug in published_slugs(project.reports_folder, report.name):
            series = f"{report.name}/{slug}"
            if series in known or (names and report.name not in names):
                continue
            try:
                yield from requests(project, [series], [], vocabularies=vocabularies)
            except FoistatsError as fault:
                yield Unknown(series, report.title, str(fault))


def judge(request: Request, hashes: Hashes) -> Judgement:
    """Compare a report's inputs with those of its newest version.

    Raises
    ------
    UsageError
        When a declared input is not there.
    ReportError
        When the newest version's manifest cannot be read.
    """
    inputs = inputs_of(request, hashes)
    key = key_of(inputs, request.values)
    newest = versions.latest(request.reports, request.series)
    if newest is not None and newest.key == key:
        state = "fresh" if newest.manifest.get("key") == key else "confirmed"
        return Judgement(request, state, newest, (), inputs, key)
    failure = failures.failure_of(request.reports, request.series)
    if failure is not None and failure.get("key") == key:
        lines = str(failure.get("reason", "")).splitlines() or ["it gave no reason"]
        return Judgement(
            request, "failed", newest, (f"its last run failed: {lines[0]}",), inputs, key
        )
    return Judgement(
        request, "stale", newest, tuple(_reasons(request, newest, inputs)), inputs, key
    )


def _reasons(request: Request, newest: Latest | None, inputs: Inputs) -> list[str]:
    if newest is None:
        return [FIRST_VERSION]
    told = newest.manifest.get("inputs", {})
    reasons = inputs.changes(told)
    if newest.manifest.get("parameters") != dict(request.values):
        reasons.append("its parameters changed")
    return reasons or ["it was confirmed under a source that is no longer there"]
