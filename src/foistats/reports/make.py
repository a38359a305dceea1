"""Make one report: execute its notebook, check what came out, publish or confirm.

Nothing is published that a second run would not give again: where a notebook did something
that cannot be repeated, it runs twice, and the two runs are compared.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from foistats.errors import ReportError
from foistats.reports import prose, verify
from foistats.reports.ask.request import Request
from foistats.reports.changes.page import summary
from foistats.reports.changes.publication import changes_at_publication
from foistats.reports.changes.stored import CHANGES_FILE, room_for, stored_text
from foistats.reports.collect import Published, collect, notebook_bytes
from foistats.reports.compare import change_sentence, same
from foistats.reports.freshness import (
    LOCK_FILE,
    PACKAGE,
    declared_files,
    inputs_of,
    kept_inputs,
)
from foistats.reports.kernels.execute import Execution, execute
from foistats.reports.kernels.pool import Nurseries, worth_importing
from foistats.reports.machine import Clock, run_record
from foistats.reports.notebook import Notebook, read_notebook
from foistats.reports.pages.crate import crate_metadata
from foistats.reports.pages.page import as_of, report_page
from foistats.reports.pages.sources import sources_of
from foistats.reports.progress import Events, Outcome
from foistats.reports.reproducible import date_faults, doubts, run_differences
from foistats.reports.status import Judgement
from foistats.reports.store import failures, versions
from foistats.reports.store.files import json_text, sha256
from foistats.reports.store.staging import staging
from foistats.reports.store.versions import Edition

Files = Mapping[str, bytes]

#: A notebook that took at most so many seconds is run twice before a version, doubt or not.
_MOMENTS = 3.0
#: A clock that shows seconds shows another one after this time.
_TICK = 1.1


@dataclass(frozen=True)
class Workshop:
    """Where reports are made.

    Attributes
    ----------
    nurseries
        Where kernels come from.
    jobs
        How many reports are made side by side, for the record.
    events
        Told how far each is.
    is_stopping
        Says whether the run was interrupted: nothing is published then.
    environment
        What is installed, for the manifest.
    """

    nurseries: Nurseries
    jobs: int
    events: Events
    is_stopping: Callable[[], bool]
    environment: Mapping[str, Any]

    def make(self, judgement: Judgement) -> Outcome:
        """Make a report that is stale.

        Raises
        ------
        ReportError
            When the notebook fails or shows what cannot be published; nothing is published,
            and the failed notebook is kept apart.
        """
        request, clock = judgement.request, Clock()
        before = _files_of(judgement)
        self.events.started(request.label, judgement.reasons)
        source = read_notebook(request.project.root, request.report.notebook)
        if typed := prose.faults(source):
            raise self._failure(judgement, source.document, prose.in_words(typed))
        self.events.cell(request.label, 0, len(source.cells))
        found = self._checked(judgement, source, clock, before)
        self._stop_if_interrupted(request)
        published = self._publish(judgement, found, clock, before)
        failures.forget_failure(request.reports, request.series)
        return published

    def _checked(
        self, judgement: Judgement, source: Notebook, clock: Clock, before: Files | None
    ) -> Published:
        """Execute, check, and where there is a doubt execute and compare again."""
        execution, found = self._executed(judgement, source)
        doubted = doubts(source, execution.notes)
        is_quick = execution.seconds <= _MOMENTS
        if not (doubted or is_quick) or _confirms(judgement, found, before):
            return found
        faults = list(date_faults(found.notebook, doubted, clock.days()))
        if not faults:
            time.sleep(max(0.0, _TICK - clock.seconds))
            _, again = self._executed(judgement, source)
            faults = list(run_differences(found.notebook, again.notebook, doubted))
        if faults:
            raise self._failure(judgement, execution.notebook, "\n".join(faults))
        return found

    def _executed(self, judgement: Judgement, source: Notebook) -> tuple[Execution, Published]:
        request = judgement.request
        with staging(request.reports) as scratch:
            execution = execute(
                request,
                source,
                scratch,
                pool=self.nurseries.of(worth_importing(source)),
                readable=_readable(request),
                progress=lambda done, cells: self.events.cell(request.label, done, cells),
            )
            if execution.failure is not None:
                raise self._failure(judgement, execution.notebook, str(execution.failure))
            home = Path(os.path.expanduser("~"))  # noqa: PTH111 - there may be none
            private = (request.project.root, scratch, Path(scratch.name), home)
            try:
                found = collect(
                    execution.notebook, _recorded(request), private=private, notes=execution.notes
                )
            except ReportError as fault:
                raise self._failure(judgement, execution.notebook, str(fault)) from None
        _refuse_changes(judgement)
        return execution, found

    def _publish(
        self, judgement: Judgement, found: Published, clock: Clock, before: Files | None
    ) -> Outcome:
        request, newest = judgement.request, judgement.newest
        reports, series = request.reports, request.series
        if newest is not None and _confirms(judgement, found, before):
            versions.point(reports, series, newest.version, judgement.key)
            return Outcome(request.label, "confirmed", newest.version, judgement.reasons)
        version = versions.next_version(newest)
        objects, withheld = kept_inputs(request, judgement.inputs)
        edition = Edition(
            report=request.report.name,
            series=series,
            key=judgement.key,
            title=request.report.title,
            as_of=as_of(request),
            parameters=request.values,
            inputs=asdict(judgement.inputs),
            withheld=withheld,
            sources=sources_of(request),
            environment=self.environment,
            change=change_sentence(before, found.files, judgement.reasons),
        )
        changes = changes_at_publication(
            reports,
            newest,
            before,
            edition,
            version,
            files=found.files,
            objects=objects,
            withheld=_withheld(judgement, withheld),
        )
        covered = _covered(request, edition, found, changes, version=version)
        manifest = versions.manifest_of(edition, newest, covered)
        run = run_record(clock, jobs=self.jobs, command=request.command)
        content = _completed(covered, manifest, run)
        versions.publish(reports, series, version, content, objects)
        versions.point(reports, series, version, judgement.key)
        change = edition.change
        return Outcome(request.label, "published", version, judgement.reasons, change=change)

    def _failure(
        self, judgement: Judgement, notebook: Mapping[str, Any], reason: str
    ) -> ReportError:
        """Keep the failed notebook apart; return the error that names it."""
        request, newest = judgement.request, judgement.newest
        self._stop_if_interrupted(request)
        record = {
            "key": judgement.key,
            "reason": reason,
            "when": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        path = failures.keep_failed(
            request.reports, request.series, notebook_bytes(notebook), record
        )
        stands = f"{newest.version} stands" if newest else "nothing was published"
        where = path.relative_to(request.project.root).as_posix()
        return ReportError(
            f"{request.series}: {reason}\n  {stands}; the failed notebook is {where}"
        )

    def _stop_if_interrupted(self, request: Request) -> None:
        if self.is_stopping():
            raise ReportError(f"{request.series}: interrupted")


def _refuse_changes(judgement: Judgement) -> None:
    """Raise where an input is not what it was before the notebook ran."""
    now = inputs_of(judgement.request)
    if now != judgement.inputs:
        changes = "; ".join(now.changes(asdict(judgement.inputs))[:5])
        raise ReportError(
            f"{judgement.request.series}: its inputs changed while it ran ({changes}); run it again"
        )


def _confirms(judgement: Judgement, found: Published, files: Files | None) -> bool:
    """Say whether a run gave what the newest version says.

    It can where data, notebook and parameters are those of that version, so that only the
    package or the lock file changed. The page is not compared: it may look better and say
    the same.
    """
    newest = judgement.newest
    if newest is None or files is None:
        return False
    if newest.manifest["parameters"] != dict(judgement.request.values):
        return False
    before, now = newest.manifest["inputs"], asdict(judgement.inputs)
    if any(before[kind] != now[kind] for kind in ("data", "notebook")):
        return False
    return same(files, found.files)


def _files_of(judgement: Judgement) -> Files | None:
    """Return the files of the newest version; None if there is none.

    Raises
    ------
    ReportError
        When a file is not what was published: nothing can be compared with it.
    """
    newest = judgement.newest
    if newest is None:
        return None
    request = judgement.request
    folder = request.reports / request.series / newest.version
    files: dict[str, bytes] = {}
    for name, digest in newest.manifest["files"].items():
        files[name] = (folder / name).read_bytes() if (folder / name).is_file() else b""
        if sha256(files[name]) != digest:
            raise ReportError(
                f"{request.series}/{newest.version}/{name} is not what was published; restore it, "
                "for example with git checkout, before a version follows"
            )
    return files


def _withheld(judgement: Judgement, names: Iterable[str]) -> dict[str, bytes]:
    """Return the bytes of inputs that are not published."""
    files = declared_files(judgement.request)
    return {name: files[name].read_bytes() for name in names if name in files}


def _covered(
    request: Request,
    edition: Edition,
    found: Published,
    changes: Mapping[str, Any] | None,
    *,
    version: str,
) -> dict[str, bytes]:
    """Return the files of a version that its manifest lists."""
    page = report_page(
        request,
        found.notebook,
        version=version,
        inputs=edition.inputs,
        environment=edition.environment,
        change=edition.change,
        sources=edition.sources,
        changes=summary(changes),
    )
    carried = Path(verify.__file__).read_bytes()
    covered = {**found.files, "report.html": page, "verify.py": carried}
    if changes is None:
        return covered
    return {**covered, CHANGES_FILE: stored_text(changes, room=room_for(covered))}


def _completed(
    covered: Mapping[str, bytes], manifest: Mapping[str, Any], run: Mapping[str, Any]
) -> dict[str, bytes]:
    """Return all files of a version: those it covers, its manifest, its run and its crate."""
    written = json_text(manifest)
    recorded = {**run, "manifest": sha256(written)}
    content = {**covered, "manifest.json": written, "run.json": json_text(recorded)}
    crate = crate_metadata(manifest, recorded, content, manifest_hash=sha256(written))
    return {**content, "ro-crate-metadata.json": crate}


def _readable(request: Request) -> Iterable[Path]:
    """Return what the kernel may read in the project: what the freshness key covers."""
    yield from declared_files(request).values()
    yield PACKAGE
    yield request.project.root / LOCK_FILE


def _recorded(request: Request) -> dict[str, Any]:
    return {name: request.values[name] for name in request.changed}
