"""Run what is stale and publish it: the way from a request to a version.

A report whose freshness key is that of its newest version is left alone. Otherwise its
notebook runs; what comes out is checked, and published as the next version or, if only the
package changed and the results did not, confirmed. A report that fails publishes nothing and
does not stop the others. Papermill and the page are imported only when a notebook runs.
"""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import platform
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from foistats.errors import FoistatsError, ReportError
from foistats.reports import store
from foistats.reports.freshness import Inputs, inputs_of, key_of
from foistats.reports.notebook import read_notebook
from foistats.reports.request import Request

FIRST_VERSION = "first version"
INDEX = "index.html"
_RECORDED_PACKAGES = ("numpy", "scipy", "pandas", "statsmodels", "matplotlib", "papermill")


@dataclass(frozen=True)
class Outcome:
    """What became of a request.

    Attributes
    ----------
    series
        The report, or the report and its slug.
    status
        "published", "confirmed", "unchanged", "failed" or, in a dry run, "stale".
    version
        The newest version afterwards; empty if there is none.
    reasons
        Why it ran.
    seconds
        How long it took.
    error
        What went wrong, where and what to do.
    """

    series: str
    status: str
    version: str = ""
    reasons: tuple[str, ...] = ()
    seconds: float = 0.0
    error: str = ""


def run_reports(
    wanted: Iterable[Request],
    *,
    dry: bool = False,
    started: Callable[[Request], None] = lambda request: None,
    finished: Callable[[Outcome], None] = lambda outcome: None,
    show_progress: bool = False,
) -> list[Outcome]:
    """Run the requests one after another.

    Parameters
    ----------
    wanted : iterable of Request
        What to run.
    dry : bool
        Only say what is stale, and why.
    started, finished : callable
        Told before a notebook runs, and after each request.
    show_progress : bool
        Draw a progress bar on standard error while a notebook runs.
    """
    wanted = list(wanted)
    outcomes: list[Outcome] = []
    for request in wanted:
        began = time.monotonic()
        try:
            outcome = _run(request, dry=dry, started=started, show_progress=show_progress)
        except FoistatsError as fault:
            outcome = _failed(request, str(fault))
        outcomes.append(_timed(outcome, began))
        finished(outcomes[-1])
    for reports in {request.project.reports_folder for request in wanted}:
        _refresh_index(reports, outcomes)
    return outcomes


def _run(
    request: Request, *, dry: bool, started: Callable[[Request], None], show_progress: bool
) -> Outcome:
    inputs = inputs_of(request)
    key = key_of(inputs, request.values)
    newest = store.latest(request.project.reports_folder, request.series)
    version = newest.version if newest else ""
    if newest and newest.key == key:
        return Outcome(request.series, "unchanged", version)
    reasons = tuple(inputs.changes(newest.manifest["inputs"])) if newest else (FIRST_VERSION,)
    if dry:
        return Outcome(request.series, "stale", version, reasons)
    started(request)
    status, version = _make(request, inputs, key, show_progress=show_progress)
    return Outcome(request.series, status, version, reasons)


def _make(request: Request, inputs: Inputs, key: str, *, show_progress: bool) -> tuple[str, str]:
    """Execute, check and publish; return the status and the version."""
    from foistats.reports.collect import collect
    from foistats.reports.page import as_of, report_page

    reports, series = request.project.reports_folder, request.series
    clock = _Clock()
    with store.staging(reports) as scratch:
        executed = _executed(request, scratch, show_progress=show_progress)
        recorded = {name: request.values[name] for name in request.changed}
        try:
            found = collect(
                executed, recorded, private=(request.project.root, scratch, Path.home())
            )
        except ReportError as fault:
            raise ReportError(_kept(request, executed, str(fault))) from None
    if inputs_of(request) != inputs:
        raise ReportError(f"{series}: its inputs changed while it ran; run it again")
    edition = store.Edition(
        report=request.report.name,
        series=series,
        key=key,
        title=request.report.title,
        as_of=as_of(request),
        parameters=request.values,
        inputs=asdict(inputs),
    )
    newest = store.latest(reports, series)
    if newest and store.says_the_same(newest, edition, found.files):
        store.point(reports, series, newest.version, key)
        return "confirmed", newest.version
    page = report_page(
        request, found.notebook, version=store.next_version(newest), inputs=edition.inputs
    )
    files = {**found.files, "report.html": page}
    return "published", store.publish(reports, edition, files, _run_record(clock))


def _executed(request: Request, scratch: Path, *, show_progress: bool) -> Mapping[str, Any]:
    from foistats.reports.kernel import execute

    source = read_notebook(request.project.root, request.report.notebook)
    bar = _bar(request.series) if show_progress else None
    execution = execute(request, source, scratch, bar=bar)
    if execution.failure is not None:
        raise ReportError(_kept(request, execution.notebook, str(execution.failure)))
    notebook: Mapping[str, Any] = execution.notebook
    return notebook


def _kept(request: Request, notebook: Mapping[str, Any], reason: str) -> str:
    """Keep the failed notebook; return the message that names it."""
    from foistats.reports.collect import notebook_bytes

    reports = request.project.reports_folder
    path = store.keep_failed(reports, request.series, notebook_bytes(notebook))
    newest = store.latest(reports, request.series)
    stands = f"{newest.version} stands" if newest else "nothing was published"
    where = path.relative_to(request.project.root).as_posix()
    return f"{request.series}: {reason}\n  {stands}; the failed notebook is {where}"


def _failed(request: Request, message: str) -> Outcome:
    versions = store.version_names(request.project.reports_folder / request.series)
    version = versions[-1] if versions else ""
    return Outcome(request.series, "failed", version, error=message)


def _timed(outcome: Outcome, began: float) -> Outcome:
    told = asdict(outcome) | {"seconds": round(time.monotonic() - began, 2)}
    return Outcome(**told)


def _refresh_index(reports: Path, outcomes: Iterable[Outcome]) -> None:
    """Write the index anew when something was published, or when it is gone."""
    published = any(outcome.status == "published" for outcome in outcomes)
    is_gone = any(outcome.version for outcome in outcomes) and not (reports / INDEX).is_file()
    if published or is_gone:
        from foistats.reports.index import write_index

        write_index(reports)


class _Clock:
    """When a run began, for run.json."""

    def __init__(self) -> None:
        self.began = datetime.datetime.now(datetime.UTC)
        self.ticks = time.monotonic()

    def record(self) -> dict[str, Any]:
        """Return the times, in UTC and seconds."""
        seconds = round(time.monotonic() - self.ticks, 3)
        return {"started": self.began.isoformat(timespec="seconds"), "seconds": seconds}


def _run_record(clock: _Clock) -> dict[str, Any]:
    return {
        **clock.record(),
        "host": platform.node(),
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in _RECORDED_PACKAGES},
    }


def _cpu() -> str:
    """Return the processor's name: last bits of results differ between kinds."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


def _bar(series: str) -> dict[str, Any]:
    """Return tqdm's settings for a bar that fits 80 columns and goes away."""
    return {
        "desc": series[:30],
        "unit": "cell",
        "ncols": 79,
        "leave": False,
        "file": sys.stderr,
        "bar_format": "{desc} {bar} {n_fmt}/{total_fmt} cells {elapsed}",
    }
