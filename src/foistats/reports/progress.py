"""What a run tells while it runs: to a terminal, as plain lines, or as one JSON line an event."""

from __future__ import annotations

import datetime
import json
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol, TextIO

#: Reasons shown of one report; the rest are counted.
_REASONS_SHOWN = 5


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
    change
        What a new version changed, in a sentence.
    seconds
        How long it took.
    error
        What went wrong, where and what to do.
    """

    series: str
    status: str
    version: str = ""
    reasons: tuple[str, ...] = ()
    change: str = ""
    seconds: float = 0.0
    error: str = ""

    @property
    def document(self) -> dict[str, Any]:
        """The outcome for JSON; what does not apply is null."""
        told = asdict(self) | {"reasons": list(self.reasons), "seconds": round(self.seconds, 2)}
        return told | {key: told[key] or None for key in ("version", "change", "error")}


class Events(Protocol):
    """Somebody who is told what happens. Calls come from several threads."""

    def started(self, series: str, reasons: Sequence[str]) -> None:
        """Say that a notebook is about to run."""

    def cell(self, series: str, done: int, cells: int) -> None:
        """Say that so many of so many cells have run."""

    def finished(self, outcome: Outcome) -> None:
        """Say what became of a request."""

    def warned(self, message: str) -> None:
        """Say something that does not stop a run."""


class Quiet:
    """Tells nothing but failures and warnings."""

    def started(self, series: str, reasons: Sequence[str]) -> None:
        """Tell nothing."""

    def cell(self, series: str, done: int, cells: int) -> None:
        """Tell nothing."""

    def finished(self, outcome: Outcome) -> None:
        """Tell of a failure."""
        if outcome.error:
            _print_failure(outcome)

    def warned(self, message: str) -> None:
        """Tell of a warning."""
        _say(f"foistats: warning: {message}", sys.stderr)


class Lines(Quiet):
    """Tells in plain lines: results on standard output, the rest on standard error."""

    def started(self, series: str, reasons: Sequence[str]) -> None:
        """Tell that a report runs."""
        _say(f"{series}  running", sys.stderr)

    def finished(self, outcome: Outcome) -> None:
        """Tell the outcome and the reasons."""
        if outcome.error:
            _print_failure(outcome)
        else:
            _say("\n".join(outcome_lines(outcome)), sys.stdout)


class Bars(Quiet):
    """Draws a bar for each report that runs, on a terminal."""

    def __init__(self) -> None:
        self._bars: dict[str, Any] = {}
        self._lock = threading.Lock()

    def started(self, series: str, reasons: Sequence[str]) -> None:
        """Draw a bar."""
        from tqdm import tqdm

        with self._lock:
            self._bars[series] = tqdm(
                desc=series[:30],
                total=0,
                unit="cell",
                ncols=79,
                leave=False,
                file=sys.stderr,
                bar_format="{desc} {bar} {n_fmt}/{total_fmt} cells {elapsed}",
            )

    def cell(self, series: str, done: int, cells: int) -> None:
        """Move it."""
        with self._lock:
            if (bar := self._bars.get(series)) is not None:
                bar.total, bar.n = cells, done
                bar.refresh()

    def finished(self, outcome: Outcome) -> None:
        """Take it away, and tell the outcome."""
        from tqdm import tqdm

        with self._lock:
            if (bar := self._bars.pop(outcome.series, None)) is not None:
                bar.close()
            where = sys.stderr if outcome.error else sys.stdout
            tqdm.write("\n".join(outcome_lines(outcome)), file=where)


class JsonLines:
    """Tells one JSON line an event, on standard error: time, event, and what belongs to it."""

    def started(self, series: str, reasons: Sequence[str]) -> None:
        """Tell that a report runs, and why."""
        self._tell("started", {"series": series, "reasons": list(reasons)})

    def cell(self, series: str, done: int, cells: int) -> None:
        """Tell how far it is."""
        self._tell("cell", {"series": series, "done": done, "cells": cells})

    def finished(self, outcome: Outcome) -> None:
        """Tell the outcome."""
        self._tell("finished", outcome.document)

    def warned(self, message: str) -> None:
        """Tell of a warning."""
        self._tell("warning", {"message": message})

    def _tell(self, event: str, told: Mapping[str, Any]) -> None:
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
        line = json.dumps({"time": now, "event": event, **told}, ensure_ascii=False)
        _say(line, sys.stderr)


def outcome_lines(outcome: Outcome) -> list[str]:
    """Write an outcome for people: a line, then why, then what changed."""
    if outcome.error:
        return [
            f"{outcome.series}  failed  {outcome.seconds:.1f} s",
            f"foistats: {outcome.error}",
        ]
    parts = [outcome.series, outcome.status, outcome.version]
    if outcome.status not in ("unchanged", "stale"):
        parts.append(f"{outcome.seconds:.1f} s")
    lines = ["  ".join(part for part in parts if part)]
    lines += [f"  {reason}" for reason in outcome.reasons[:_REASONS_SHOWN]]
    if (more := len(outcome.reasons) - _REASONS_SHOWN) > 0:
        lines.append(f"  and {more} more")
    return lines


def _say(text: str, where: TextIO) -> None:
    """Write a line in one piece: several threads tell at once."""
    where.write(f"{text}\n")
    where.flush()


def _print_failure(outcome: Outcome) -> None:
    _say("\n".join(outcome_lines(outcome)), sys.stderr)
