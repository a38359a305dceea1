"""The process a notebook runs in: its environment, its kernel, its deadline.

A report must not depend on who runs it and where. The kernel is the runner's own interpreter
in an environment made here, in an empty folder, whatever kernels and start-up files the
user's home holds. Whether a run succeeded is what was seen here, never what a file says.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NotebookExecutionManager
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook

from foistats.reports.declare import PROJECT_VARIABLE
from foistats.reports.notebook import Notebook
from foistats.reports.request import Request

INJECTED_TAG = "injected-parameters"

_INHERITED = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "SYSTEMROOT", "TEMP", "TMP")
_FIXED = {
    "PYTHONHASHSEED": "0",
    "PYTHONNOUSERSITE": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "TZ": "UTC",
    "LC_ALL": "C.UTF-8",
    "LANG": "C.UTF-8",
    "COLUMNS": "80",
    "SOURCE_DATE_EPOCH": "315532800",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}
#: A warning prints as category and message: no path, no line of somebody's library.
_WARNINGS = (
    "import warnings; warnings.formatwarning = lambda message, category, *place, **line: "
    "f'{category.__name__}: {message}\\n'; del warnings"
)
_STARTUP_SECONDS = 60


@dataclass(frozen=True)
class Failure:
    """Why a run failed: in which code cell, counted from 1, and what was said last."""

    cell: int
    line: str
    reason: str

    def __str__(self) -> str:
        return f"code cell {self.cell} failed, at: {self.line}\n{_indented(self.reason)}"


@dataclass(frozen=True)
class Execution:
    """An executed notebook, and why it failed if it did."""

    notebook: NotebookNode
    failure: Failure | None


def execute(
    request: Request, source: Notebook, scratch: Path, *, bar: Mapping[str, Any] | None = None
) -> Execution:
    """Run a notebook in a fresh kernel.

    Parameters
    ----------
    request : Request
        The report and its parameters.
    source : Notebook
        Its notebook.
    scratch : Path
        An empty folder: the kernel works below it.
    bar : mapping, optional
        Settings of the progress bar (tqdm's); no bar without it.
    """
    notebook = _parameterized(request, source, scratch)
    watcher = _Watcher(notebook, progress_bar=dict(bar) if bar else False)
    with _silent_papermill():
        reason = _run(watcher, request, scratch)
    return Execution(notebook=notebook, failure=_failure(notebook, watcher.running, reason))


def environment(request: Request, scratch: Path) -> dict[str, str]:
    """Return the environment of the kernel: a few variables inherited, the others fixed."""
    return {
        **{name: os.environ[name] for name in _INHERITED if name in os.environ},
        **_FIXED,
        "IPYTHONDIR": str(scratch / "ipython"),
        "JUPYTER_CONFIG_DIR": str(scratch / "jupyter"),
        "MPLCONFIGDIR": str(request.project.reports_folder / ".matplotlib"),
        PROJECT_VARIABLE: str(request.project.root),
    }


class _Kernel(AsyncKernelManager):
    """A kernel of the runner's interpreter; no installed kernel specification is consulted."""

    @property
    def kernel_spec(self) -> KernelSpec:
        """Start this interpreter."""
        return KernelSpec(
            argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            display_name="Python 3",
            language="python",
        )


class _Watcher(NotebookExecutionManager):  # type: ignore[misc]
    """Papermill's bookkeeping, which also remembers the cell that runs."""

    running = 0

    def cell_start(self, cell: NotebookNode, cell_index: int = 0, **kwargs: Any) -> None:
        """Remember the cell; a dead kernel tells nothing afterwards."""
        self.running = cell_index
        super().cell_start(cell, cell_index, **kwargs)


def _parameterized(request: Request, source: Notebook, scratch: Path) -> NotebookNode:
    path = scratch / "source.ipynb"
    path.write_text(json.dumps(_document(source)), encoding="utf-8")
    notebook: NotebookNode = load_notebook_node(str(path))
    if request.changed:
        notebook = parameterize_notebook(
            notebook, dict(request.changed), kernel_name="python3", language="python"
        )
        for cell in notebook.cells:
            if INJECTED_TAG in cell.metadata.tags:
                cell.id = INJECTED_TAG
    return notebook


def _document(source: Notebook) -> dict[str, Any]:
    """Write the notebook anew from what counts of it."""
    cells: list[dict[str, Any]] = []
    for cell in source.cells:
        written: dict[str, Any] = {
            "id": cell.id,
            "cell_type": cell.kind,
            "metadata": {"tags": list(cell.tags)},
            "source": cell.source,
        }
        if cell.kind == "code":
            written |= {"execution_count": None, "outputs": []}
        if cell.attachments:
            written["attachments"] = cell.attachments
        cells.append(written)
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}


def _run(watcher: _Watcher, request: Request, scratch: Path) -> str:
    """Execute; return why it stopped early, or an empty string."""
    work = scratch / "work"
    work.mkdir()
    deadline = time.monotonic() + request.report.timeout
    client = PapermillNotebookClient(
        watcher,
        kernel_name="python3",
        startup_timeout=_STARTUP_SECONDS,
        timeout_func=lambda _: max(1, deadline - time.monotonic()),
        shutdown_kernel="immediate",
        force_raise_errors=True,
        record_timing=False,
        extra_arguments=[f"--IPKernelApp.exec_lines={_WARNINGS}"],
        log=logging.getLogger("papermill"),
    )
    client.km = _Kernel(connection_file=str(scratch / "kernel.json"))
    watcher.notebook_start()
    try:
        with (scratch / "kernel.log").open("w") as log:
            client.execute(env=environment(request, scratch), cwd=str(work), stdout=log, stderr=log)
    except CellTimeoutError:
        seconds = request.report.timeout
        return f"it took longer than the report's timeout of {seconds} seconds (foistats.toml)"
    except DeadKernelError:
        return "\n".join(["the kernel died", *_last_lines(_own_words(scratch / "kernel.log"))])
    except RuntimeError as fault:
        return f"the kernel did not start: {fault}"
    finally:
        watcher.cleanup_pbar()
    return ""


def _failure(notebook: NotebookNode, running: int, reason: str) -> Failure | None:
    for index, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", ()):
            if output.output_type == "error":
                where = _raising_line(output)
                return _failure_at(notebook, index, reason or _error_text(output), where)
        if cell.metadata.papermill.get("exception"):
            return _failure_at(notebook, index, reason or "it failed without saying why")
    return _failure_at(notebook, running, reason) if reason else None


def _failure_at(notebook: NotebookNode, index: int, reason: str, line: str = "") -> Failure:
    counted = [
        cell
        for cell in notebook.cells[: index + 1]
        if cell.cell_type == "code" and INJECTED_TAG not in cell.metadata.tags
    ]
    lines = notebook.cells[index].source.strip().splitlines() or [""]
    return Failure(cell=len(counted), line=_shortened(line or lines[0]), reason=reason)


def _raising_line(output: NotebookNode) -> str:
    """Return the line of the cell that raised, as IPython's traceback points at it; "" if none."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(output.get("traceback", ())))
    found = re.search(r"^-+> *[0-9]+ (.+)$", text, re.MULTILINE)
    return found[1].strip() if found else ""


def _error_text(output: NotebookNode) -> str:
    if output.ename == "SystemExit":
        return f"SystemExit: {output.evalue}: a notebook runs to its end; take the exit out"
    lines = _last_lines(f"{output.ename}: {output.evalue}")
    return "\n".join(lines)


def _own_words(log: Path) -> str:
    """Return what a kernel wrote outside any cell, without what it says at every start."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(line for line in lines if not line.startswith("[IPKernelApp]"))


def _last_lines(text: str, count: int = 8) -> list[str]:
    return [_shortened(line, 300) for line in text.strip().splitlines()[-count:]]


def _shortened(line: str, length: int = 60) -> str:
    return line if len(line) <= length else line[: length - 1] + "…"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())


@contextmanager
def _silent_papermill() -> Iterator[None]:
    """Keep papermill's log to itself; what matters is reported by the runner."""
    logger = logging.getLogger("papermill")
    was = logger.disabled
    logger.disabled = True
    try:
        yield
    finally:
        logger.disabled = was
