"""SciPy's HiGHS for whole numbers, without what it prints by itself."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from scipy import optimize


def milp(costs: Any, **asked: Any) -> optimize.OptimizeResult:
    """Ask as `scipy.optimize.milp` does, and with its parameters, in silence."""
    with silence():
        found: optimize.OptimizeResult = optimize.milp(costs, **asked)
    return found


@contextmanager
def silence() -> Iterator[None]:
    """Keep standard output clean of what compiled code writes to it.

    HiGHS prints a line where a solution fails one of its checks, whatever ``disp`` says; it would
    stand in the middle of a JSON document, or in a report. C may hold such a line back until the
    process ends, so its streams are emptied before standard output is put back.
    """
    try:
        kept = os.dup(1)
    except OSError:  # there is no standard output
        yield
        return
    _empty_streams()
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.close(nowhere)
        yield
    finally:
        _empty_streams()
        os.dup2(kept, 1)
        os.close(kept)


def _empty_streams() -> None:
    """Write out what C's own streams hold back; Python's have buffers of their own."""
    ctypes.CDLL("ucrtbase" if sys.platform == "win32" else None).fflush(None)
