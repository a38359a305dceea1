"""SciPy's HiGHS, without what it prints by itself."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from scipy import optimize


def milp(costs: Any, **asked: Any) -> optimize.OptimizeResult:
    """Ask as `scipy.optimize.milp` does, in silence."""
    with silence():
        found: optimize.OptimizeResult = optimize.milp(costs, **asked)
    return found


def linprog(costs: Any, **asked: Any) -> optimize.OptimizeResult:
    """Ask as `scipy.optimize.linprog` does, in silence."""
    with silence():
        found: optimize.OptimizeResult = optimize.linprog(costs, **asked)
    return found


@contextmanager
def silence() -> Iterator[None]:
    """Keep standard output clean of what compiled code writes to it.

    HiGHS prints a line where a solution fails one of its checks, whatever ``disp`` says; it would
    stand in the middle of a JSON document, or in a report.
    """
    sys.stdout.flush()
    try:
        kept = os.dup(1)
    except OSError:  # there is no standard output
        yield
        return
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.close(nowhere)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
