"""Run what is stale and publish it: the way from a request to a version.

A report whose freshness key is that of its newest version is left alone. Otherwise its
notebook runs; what comes out is checked, and published as the next version or, if only the
package changed and the results did not, confirmed. A report that fails publishes nothing and
does not stop the others. One runner at a time writes to a reports folder. Papermill and the
page are imported only when a notebook runs.
"""

from __future__ import annotations

import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from foistats.errors import FoistatsError
from foistats.reports.account import account
from foistats.reports.ask.request import Request
from foistats.reports.freshness import LOCK_FILE, Hashes
from foistats.reports.machine import Clock, usable_cores
from foistats.reports.notebook import read_notebook
from foistats.reports.pages.overview import refresh
from foistats.reports.progress import Events, Outcome, Quiet
from foistats.reports.status import Judgement, judge
from foistats.reports.store import lock, versions
from foistats.reports.store.staging import keep_out_of_git, staging, sweep

if TYPE_CHECKING:
    from foistats.reports.ask.declare import Project
    from foistats.reports.kernels.pool import Nurseries
    from foistats.reports.make import Workshop

_ENDING = (signal.SIGINT, signal.SIGTERM)


def run_reports(
    wanted: Iterable[Request],
    *,
    dry: bool = False,
    jobs: int | None = None,
    cold: bool = False,
    wait: float = 0.0,
    events: Events | None = None,
) -> list[Outcome]:
    """Run the requests that are stale.

    Parameters
    ----------
    wanted : iterable of Request
        What to run, of one project.
    dry : bool
        Only say what is stale, and why.
    jobs : int, optional
        How many reports run side by side: as many as there are cores without it.
    cold : bool
        Start every kernel anew instead of forking it from one that has imported already.
    wait : float
        Seconds to wait for another runner to end.
    events : Events, optional
        Told what happens.

    Raises
    ------
    LockError
        When another runner holds the reports folder.
    ReportError
        When nothing can be written there.
    """
    requests = list({(request.reports, request.series): request for request in wanted}.values())
    told = events or Quiet()
    if dry or not requests:
        outcomes: list[Outcome] = []
        _Run(requests, outcomes, told).look()
        return outcomes
    reports = requests[0].project.reports_folder
    with lock.holding(reports, _command(requests), wait=wait), account(reports, told) as outcomes:
        for root in dict.fromkeys((reports, *(request.reports for request in requests))):
            sweep(root)
        keep_out_of_git(reports)
        _Run(requests, outcomes, told).run(jobs=jobs or usable_cores(), cold=cold)
        for root in dict.fromkeys(request.reports for request in requests):
            _refresh(root, told)
    return outcomes


class _Run:
    """One run over several reports; whatever goes wrong with one concerns no other."""

    def __init__(
        self, requests: Sequence[Request], outcomes: list[Outcome], events: Events
    ) -> None:
        self.requests, self.outcomes, self.events = requests, outcomes, events
        self.hashes = Hashes()
        self.stopping = threading.Event()

    def look(self) -> None:
        """Say what is stale, and why; run nothing."""
        for request in self.requests:
            self._finish(_attempt(request, partial(_looked, request, self.hashes)))

    def run(self, *, jobs: int, cold: bool) -> None:
        """Run what is stale. An outcome counts as soon as it is known."""
        stale: list[Judgement] = []
        for request in self.requests:
            outcome = _attempt(request, partial(self._judged, request, stale))
            if outcome.status != "stale":
                self._finish(outcome)
        if stale:
            self._make(stale, jobs=jobs, cold=cold)
        order = {request.label: place for place, request in enumerate(self.requests)}
        self.outcomes.sort(key=lambda outcome: order[outcome.series])

    def _judged(self, request: Request, stale: list[Judgement]) -> Outcome:
        judgement = judge(request, self.hashes)
        if judgement.has_to_run:
            stale.append(judgement)
            return Outcome(request.label, "stale", judgement.version, judgement.reasons)
        versions.heal(request.reports, request.series)
        return Outcome(request.label, "unchanged", judgement.version)

    def _finish(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        self.events.finished(outcome)

    def _make(self, stale: Sequence[Judgement], *, jobs: int, cold: bool) -> None:
        from foistats.reports.kernels.environment import shared_environment
        from foistats.reports.kernels.pool import Nurseries, worth_importing

        project = stale[0].request.project
        common = shared_environment(project.reports_folder, project.root)
        with ExitStack() as stack:
            signals = stack.enter_context(_Signals())
            folder = stack.enter_context(staging(project.reports_folder))
            stack.enter_context(_away_from_home(common["MPLCONFIGDIR"], str(folder)))
            workers = stack.enter_context(ThreadPoolExecutor(min(jobs, len(stale))))
            nurseries = stack.enter_context(Nurseries(environment=common, cwd=folder, cold=cold))
            first = stale[0].request
            notebook = read_notebook(project.root, first.report.notebook)
            nurseries.of(worth_importing(notebook))  # imports while the runner does
            try:
                shop = self._workshop(project, nurseries, jobs)
                running = [
                    workers.submit(_attempt, judgement.request, partial(shop.make, judgement))
                    for judgement in stale
                ]
                for done in as_completed(running):
                    self._finish(done.result())
            except BaseException:
                signals.ignore()  # one is enough: what is being published is published whole
                self.stopping.set()
                workers.shutdown(wait=False, cancel_futures=True)
                raise

    def _workshop(self, project: Project, nurseries: Nurseries, jobs: int) -> Workshop:
        from foistats.reports.installed import environment
        from foistats.reports.make import Workshop

        installed = environment(project.root / LOCK_FILE)
        if differences := installed["differs_from_lock"]:
            more = f" and {len(differences) - 3} more" if len(differences) > 3 else ""
            shown = f"{'; '.join(differences[:3])}{more}"
            self.events.warned(f"the environment is not that of {LOCK_FILE}: {shown}")
        return Workshop(nurseries, jobs, self.events, self.stopping.is_set, installed)


class _Signals:
    """The handlers of the signals that end a run; while it ends, further ones are ignored."""

    def __enter__(self) -> _Signals:
        self._is_main = threading.current_thread() is threading.main_thread()
        self._before = {number: signal.getsignal(number) for number in _ENDING}
        return self

    def ignore(self) -> None:
        """Ignore them until the context is left."""
        if self._is_main:
            for number in _ENDING:
                signal.signal(number, signal.SIG_IGN)

    def __exit__(self, *_: object) -> None:
        if self._is_main:
            for number, handler in self._before.items():
                signal.signal(number, handler)


@contextmanager
def _away_from_home(matplotlib: str, ipython: str) -> Iterator[None]:
    """Keep the libraries that write the pages from a home that may be hostile or read-only."""
    own = {"MPLCONFIGDIR": matplotlib, "IPYTHONDIR": ipython}
    before = {name: os.environ.get(name) for name in own}
    os.environ |= own
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            os.environ |= {} if value is None else {name: value}


def _attempt(request: Request, work: Callable[[], Outcome]) -> Outcome:
    """Return the outcome of some work on a report, or how it failed."""
    clock = Clock()
    try:
        outcome = work()
    except FoistatsError as fault:
        outcome = _failed(request, str(fault))
    except OSError as fault:
        said = f"{request.label}: {fault.strerror or fault}: {fault.filename or ''}".rstrip(": ")
        outcome = _failed(request, f"{said}; nothing was published: check the disk and the rights")
    except Exception:
        said = "\n".join(f"    {line}" for line in traceback.format_exc().splitlines())
        outcome = _failed(
            request, f"{request.label}: a fault of foistats; nothing was published\n{said}"
        )
    return replace(outcome, seconds=clock.seconds)


def _looked(request: Request, hashes: Hashes) -> Outcome:
    judgement = judge(request, hashes)
    status = "stale" if judgement.has_to_run else "unchanged"
    return Outcome(request.label, status, judgement.version, judgement.reasons)


def _failed(request: Request, message: str) -> Outcome:
    try:
        names = versions.version_names(request.reports / request.series)
    except OSError:
        names = []
    return Outcome(request.label, "failed", names[-1] if names else "", error=message)


def _refresh(reports: Path, events: Events) -> None:
    try:
        refresh(reports)
    except OSError as fault:
        events.warned(
            f"the index could not be written ({fault.strerror}: {fault.filename}); "
            "the versions stand, and the next run writes it"
        )


def _command(requests: Iterable[Request]) -> str:
    return f"foistats run {' '.join(request.label for request in requests)}"[:200]
