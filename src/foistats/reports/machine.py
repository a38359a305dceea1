"""What run.json records of a run: when, on what machine, with which packages."""

from __future__ import annotations

import datetime
import os
import platform
import time
from pathlib import Path
from typing import Any

from foistats.reports.installed import packages


class Clock:
    """When a run began."""

    def __init__(self) -> None:
        self.began = datetime.datetime.now(datetime.UTC)
        self._ticks = time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds since then."""
        return time.monotonic() - self._ticks

    def days(self) -> set[datetime.date]:
        """Return the day it began and today, which differ around midnight."""
        return {self.began.date(), datetime.datetime.now(datetime.UTC).date()}


def run_record(clock: Clock, *, jobs: int, command: str) -> dict[str, Any]:
    """Return the record of a run that ends now.

    Parameters
    ----------
    clock : Clock
        When it began.
    jobs : int
        How many reports ran side by side.
    command : str
        The command that makes the report again.
    """
    return {
        "started": clock.began.isoformat(timespec="seconds"),
        "seconds": round(clock.seconds, 3),
        "command": command,
        "host": platform.node(),
        "cpu": _processor(),
        "cores": os.cpu_count(),
        "blas": _blas(),
        "jobs": jobs,
        "system": platform.platform(),
        "python": platform.python_version(),
        "packages": packages(),
    }


def usable_cores() -> int:
    """Return how many cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _processor() -> str:
    """Return the processor's name: last bits of results differ between kinds."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


def _blas() -> str:
    """Return the name and version of NumPy's linear algebra."""
    import numpy as np

    built: Any = np.show_config(mode="dicts")
    told = built.get("Build Dependencies", {}).get("blas", {})
    return f"{told.get('name', 'unknown')} {told.get('version', '')}".strip()
