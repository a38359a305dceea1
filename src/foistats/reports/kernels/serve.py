"""A kernel's own process: ``python -m foistats.reports.kernels.serve ORDER``, or a fork."""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import sys
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from foistats.reports.kernels import guard
from foistats.reports.kernels.order import CONNECTION, Order, read_order

_PR_SET_PDEATHSIG = 1


def serve(order: Order) -> None:
    """Become the kernel that an order describes, and serve until told to stop."""
    import_quietly(order.imports)
    os.environ.update(order.environment)
    os.chdir(Path(order.scratch, "work"))
    warnings.formatwarning = _warning_text
    from ipykernel.kernelapp import IPKernelApp

    app: Any = IPKernelApp.instance()
    app.initialize(
        [
            *("-f", str(Path(order.scratch, CONNECTION))),
            f"--IPKernelApp.parent_handle={os.getppid()}",
            "--HistoryManager.enabled=False",
        ]
    )
    app.shell.user_ns |= {"exit": sys.exit, "quit": sys.exit}  # IPython's would be ignored
    notes = guard.install(order, fonts=os.environ["MPLCONFIGDIR"])
    guard.watch_cells(app.shell, notes)
    app.start()


def import_quietly(names: Iterable[str]) -> None:
    """Import what a notebook names; one that fails will say so in its own cell."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in names:
            with contextlib.suppress(Exception):
                importlib.import_module(name)


def die_with_parent() -> None:
    """Ask Linux to kill this process when its parent dies; elsewhere ipykernel looks after it."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _warning_text(message: Any, category: type[Warning], *place: Any, **line: Any) -> str:
    """Write a warning as category and message: no path, no line of somebody's library."""
    return f"{category.__name__}: {message}\n"


if __name__ == "__main__":
    die_with_parent()
    serve(read_order(sys.argv[1]))
