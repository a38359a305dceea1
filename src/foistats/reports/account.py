"""What a run leaves for whoever watches it: a status file, and a line in the run log."""

from __future__ import annotations

import datetime
import os
import platform
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from foistats.errors import FoistatsError
from foistats.reports.machine import Clock
from foistats.reports.progress import Events, Outcome
from foistats.reports.store import journal


@contextmanager
def account(reports: Path, events: Events) -> Iterator[list[Outcome]]:
    """Keep the status file and the run log, whatever becomes of the run."""
    clock, outcomes = Clock(), list[Outcome]()
    started = clock.began.isoformat(timespec="seconds")
    before = journal.status_of(reports)
    document: dict[str, Any] = {
        "format": 1,
        "state": "running",
        "host": platform.node(),
        "pid": os.getpid(),
        "started": started,
        "finished": None,
        "exit_code": None,
        "last_success": before.get("last_success"),
        "counts": {},
        "reports": before.get("reports", {}),
    }
    journal.write_status(reports, document)
    document["state"] = "interrupted"
    try:
        yield outcomes
        document |= {"state": "finished", "exit_code": _exit_code(outcomes)}
    finally:
        document |= _results(outcomes, before.get("reports", {}))
        finished = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        document["finished"] = finished
        if document["exit_code"] == 0:
            document["last_success"] = finished
        line = {key: document[key] for key in ("state", "started", "exit_code", "counts")}
        line |= {"seconds": round(clock.seconds, 2), "reports": _notable(outcomes)}
        is_written = journal.write_status(reports, document)
        if not (journal.note_run(reports, line) and is_written):
            events.warned("the run log or the status file could not be written: is the disk full?")


def _exit_code(outcomes: Iterable[Outcome]) -> int:
    has_failed = any(outcome.status == "failed" for outcome in outcomes)
    return FoistatsError.exit_code if has_failed else 0


def _results(outcomes: Sequence[Outcome], before: Mapping[str, Any]) -> dict[str, Any]:
    keys = ("status", "version", "seconds", "error")
    now = {outcome.series: {key: outcome.document[key] for key in keys} for outcome in outcomes}
    return {
        "counts": dict(sorted(Counter(outcome.status for outcome in outcomes).items())),
        "reports": dict(sorted({**before, **now}.items())),
    }


def _notable(outcomes: Iterable[Outcome]) -> list[dict[str, Any]]:
    """Return what the run log says of reports: of those that were left alone, nothing."""
    return [
        {
            "series": outcome.series,
            "status": outcome.status,
            "version": outcome.version or None,
            "reasons": list(outcome.reasons),
            "error": outcome.error.partition("\n")[0] or None,
        }
        for outcome in outcomes
        if outcome.status != "unchanged"
    ]
