"""The notebook of a failed run, kept apart from what is published, and why it failed."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from foistats.errors import ReportError
from foistats.reports.store.files import json_text, read_object, remedy, replace

FAILED = ".failed"
_NOTEBOOK, _RECORD = "report.ipynb", "failure.json"


def keep_failed(reports: Path, series: str, notebook: bytes, record: Mapping[str, Any]) -> Path:
    """Keep the notebook of a failed run where git does not look; return its path.

    Parameters
    ----------
    reports : Path
        The reports folder.
    series : str
        Which series failed.
    notebook : bytes
        The notebook as far as it ran.
    record : mapping
        Its freshness key, the reason, and when it failed.

    Raises
    ------
    ReportError
        When it cannot be written; the message gives the reason of the failure itself first.
    """
    folder = reports / FAILED / series
    try:
        replace(folder / _NOTEBOOK, notebook, via=reports)
        replace(folder / _RECORD, json_text(dict(record)), via=reports)
    except OSError as fault:
        raise ReportError(
            f"{series}: {record.get('reason', 'it failed')}\n"
            f"  the failed notebook could not be kept ({fault.strerror}): {remedy(fault)}"
        ) from fault
    return folder / _NOTEBOOK


def failure_of(reports: Path, series: str) -> Mapping[str, Any] | None:
    """Return why the last run of a series failed; None if it did not."""
    return read_object(reports / FAILED / series / _RECORD)


def forget_failure(reports: Path, series: str) -> None:
    """Remove what was kept of a failed run; what cannot be removed is left."""
    folder = reports / FAILED / series
    with suppress(OSError):
        for name in (_RECORD, _NOTEBOOK):
            (folder / name).unlink(missing_ok=True)
        while folder != reports:
            folder.rmdir()
            folder = folder.parent
