"""Run what is stale and publish it: the way from a request to a version.

A report whose freshness key is that of its newest version is left alone. Otherwise its
notebook runs; what comes out is checked, and published as the next version or, if only the
package changed and the results did not, confirmed. A report that fails publishes nothing and
does not stop the others. One runner at a time writes to a reports folder. Papermill and the
page are imported only when a notebook runs.
"""

from __future__ import annotations

import datetime
import os
import os
import threading
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from foistats.errors import FoistatsError
from foistats.reports.account import account
from foistats.reports.pages.codecheck import write_codecheck
from foistats.reports.freshness import Hashes
from foistats.reports.pages.index import index_is_current, write_index
from foistats.reports.machine import Clock, usable_cores
from foistats.reports.notebook import read_notebook
from foistats.reports.progress import Events, Outcome, Quiet
from foistats.reports.ask.request import Request
from foistats.reports.status import Judgement, judge
from foistats.reports.store import lock, versions
from foistats.reports.store.staging import staging, sweep


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
        hashes = Hashes()
        return [_told(_dry(request, hashes), told) for request in requests]
    reports = requests[0].project.reports_folder
    with lock.holding(reports, _command(requests), wait=wait), account(reports, told) as outcomes:
        for root in dict.fromkeys((reports, *(request.reports for request in requests))):
            sweep(root)
        run = _Run(jobs=jobs or usable_cores(), cold=cold, events=told)
        outcomes += run.all(requests)
        for root in dict.fromkeys(request.reports for request in requests):
            _refresh(root, told)
    return outcomes


class _Run:
    """One run over several reports."""

    def __init__(self, *, jobs: int, cold: bool, events: Events) -> None:
        self.jobs, self.cold, self.events = jobs, cold, events
        self.stopping = threading.Event()

    def all(self, requests: Sequence[Request]) -> list[Outcome]:
        """Return the outcome of each request, in their order."""
        hashes = Hashes()
        outcomes: dict[str, Outcome] = {}
        stale: list[Judgement] = []
        for request in requests:
            try:
                judgement = judge(request, hashes)
            except FoistatsError as fault:
                outcomes[request.series] = _told(_failed(request, str(fault)), self.events)
                continue
            if judgement.has_to_run:
                stale.append(judgement)
            else:
                versions.heal(request.reports, request.series)
                unchanged = Outcome(request.series, "unchanged", judgement.version)
                outcomes[request.series] = _told(unchanged, self.events)
        for outcome in self._run(stale) if stale else ():
            outcomes[outcome.series] = outcome
        return [outcomes[request.series] for request in requests]

    def _run(self, stale: Sequence[Judgement]) -> Iterator[Outcome]:
        from foistats.reports.kernels.environment import shared_environment
        from foistats.reports.kernels.pool import kernel_pool

        project = stale[0].request.project
        reports = project.reports_folder
        common = shared_environment(reports, project.root)
        with ExitStack() as stack:
            folder = stack.enter_context(staging(reports))
            stack.enter_context(_away_from_home(common["MPLCONFIGDIR"], str(folder)))
            workers = stack.enter_context(ThreadPoolExecutor(min(self.jobs, len(stale))))
            pool = stack.enter_context(
                kernel_pool(_imports(stale), environment=common, cwd=folder, cold=self.cold)
            )
            from foistats.reports.make import Workshop

            shop = Workshop(
                pool=pool, jobs=self.jobs, events=self.events, is_stopping=self.stopping.is_set
            )
            try:
                running = [workers.submit(_timed, shop.make, judgement) for judgement in stale]
                for done in as_completed(running):
                    yield _told(done.result(), self.events)
            except BaseException:
                self.stopping.set()
                workers.shutdown(wait=False, cancel_futures=True)
                raise


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


def _timed(make: Any, judgement: Judgement) -> Outcome:
    """Make a report; whatever goes wrong with it concerns no other."""
    clock = Clock()
    try:
        outcome: Outcome = make(judgement)
    except FoistatsError as fault:
        outcome = _failed(judgement.request, str(fault))
    except OSError as fault:
        said = f"{judgement.request.series}: {fault.strerror or fault}: {fault.filename or ''}"
        outcome = _failed(judgement.request, f"{said.rstrip(': ')}; nothing was published")
    except Exception:
        said = "\n".join(f"    {line}" for line in traceback.format_exc().splitlines())
        message = f"{judgement.request.series}: a fault of foistats; nothing was published\n{said}"
        outcome = _failed(judgement.request, message)
    return replace(outcome, seconds=clock.seconds)


def _imports(stale: Iterable[Judgement]) -> list[str]:
    """Return the modules worth importing before the kernels are forked."""
    from foistats.reports.kernels.pool import is_worth_importing

    notebooks = dict.fromkeys(
        (judgement.request.project.root, judgement.request.report.notebook) for judgement in stale
    )
    named = (name for root, path in notebooks for name in read_notebook(root, path).imports)
    return [name for name in dict.fromkeys(named) if is_worth_importing(name)]


def _dry(request: Request, hashes: Hashes) -> Outcome:
    try:
        judgement = judge(request, hashes)
    except FoistatsError as fault:
        return _failed(request, str(fault))
    status = "stale" if judgement.has_to_run else "unchanged"
    return Outcome(request.series, status, judgement.version, judgement.reasons)


def _failed(request: Request, message: str) -> Outcome:
    names = versions.version_names(request.reports / request.series)
    return Outcome(request.series, "failed", names[-1] if names else "", error=message)


def _told(outcome: Outcome, events: Events) -> Outcome:
    events.finished(outcome)
    return outcome


def _refresh(reports: Path, events: Events) -> None:
    """Write the index and the list for reviewers anew where they are not of these versions."""
    has_versions = any(reports.glob("*/v*/")) or any(reports.glob("*/*/v*/"))
    try:
        if has_versions and not index_is_current(reports):
            write_index(reports)
            write_codecheck(reports)
    except OSError as fault:
        events.warned(
            f"the index could not be written ({fault.strerror}: {fault.filename}); "
            "the versions stand, and the next run writes it"
        )


def _command(requests: Iterable[Request]) -> str:
    return f"foistats run {' '.join(request.series for request in requests)}"[:200]
