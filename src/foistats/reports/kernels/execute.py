"""A notebook executed by papermill, in a kernel of the pool, within its time and its size.

Whether a run succeeded is what was seen here, never what a file says.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from jupyter_core.utils import ensure_event_loop
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NotebookExecutionManager
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook

from foistats.reports.ask.request import Request
from foistats.reports.kernels.environment import private_environment
from foistats.reports.kernels.order import CONNECTION, LOG, NOTES, Order
from foistats.reports.kernels.pool import Pool, worth_importing
from foistats.reports.notebook import INJECTED_TAG, Notebook

#: What a notebook may show altogether; a version stays under 2 MB.
OUTPUT_LIMIT = 8_000_000
_STARTUP_SECONDS = 60
_MEGABYTE = 1_000_000
_STARTS = 4
_NO_CELL = -1
_NO_TIME = 0.01
#: Every cell runs: a version is what the whole notebook gave.
_NO_TAG = "\0"
_PORT_TAKEN = "Address already in use"


@dataclass(frozen=True)
class Failure:
    """Why a run failed: in which code cell, counted from 1, and what was said last.

    The cell is 0 where none had begun.
    """

    cell: int
    line: str
    reason: str

    def __str__(self) -> str:
        if not self.cell:
            return self.reason
        return f"code cell {self.cell} failed, at: {self.line}\n{_indented(self.reason)}"


@dataclass(frozen=True)
class Note:
    """Something the kernel noted: in which code cell, of what kind, and what it was."""

    cell: int
    kind: str
    detail: str


@dataclass(frozen=True)
class Execution:
    """An executed notebook, what its kernel noted, and why it failed if it did.

    ``seconds`` is what the cells took, without the start of the kernel.
    """

    notebook: NotebookNode
    notes: tuple[Note, ...]
    failure: Failure | None
    seconds: float = 0.0


def execute(
    request: Request,
    source: Notebook,
    scratch: Path,
    *,
    pool: Pool,
    readable: Iterable[Path],
    progress: Callable[[int, int], None] = lambda done, cells: None,
) -> Execution:
    """Run a notebook in a kernel that is used once.

    Parameters
    ----------
    request : Request
        The report and its parameters.
    source : Notebook
        Its notebook.
    scratch : Path
        An empty folder: the only one the kernel may write to.
    pool : Pool
        Where the kernel comes from.
    readable : iterable of Path
        The files and folders of the project that the notebook may read.
    progress : callable
        Told how many of how many cells have run.
    """
    order = Order(
        scratch=str(scratch),
        root=str(request.project.root),
        readable=tuple(map(str, readable)),
        imports=worth_importing(source),
        environment=private_environment(scratch),
    )
    notebook = _parameterized(request, source, scratch)
    watcher = _Watcher(notebook, progress)
    logging.getLogger("papermill").disabled = True  # what matters is reported by the runner
    with _own_event_loop():
        reason = _run(watcher, request, pool, order)
    return Execution(
        notebook=notebook,
        notes=tuple(_notes(notebook, scratch / NOTES)),
        failure=_failure(notebook, watcher.running, reason),
        seconds=time.monotonic() - watcher.began,
    )


class _Provisioner(LocalProvisioner):
    """Takes the kernel's process from the pool; no installed kernel specification is consulted."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Start the kernel that the order describes."""
        manager: Any = self.parent
        self.process = manager.pool.start(manager.order)
        self.pid = self.pgid = self.process.pid
        return self.connection_info


class _Kernel(AsyncKernelManager):
    """A kernel from the pool."""

    pool: Any = None
    order: Path | None = None

    async def _async_pre_start_kernel(self, **kw: Any) -> tuple[list[str], dict[str, Any]]:
        self.provisioner = _Provisioner(kernel_id="", kernel_spec=None, parent=self)
        self.write_connection_file()
        self.provisioner.connection_info = self.get_connection_info()
        self.kernel_id = self.kernel_id or "report"
        self._launch_args = {}
        return [], {}


class _Watcher(NotebookExecutionManager):  # type: ignore[misc]
    """Papermill's bookkeeping, which also remembers the cell that runs."""

    def __init__(self, notebook: NotebookNode, progress: Callable[[int, int], None]) -> None:
        super().__init__(notebook, progress_bar=False)
        self.running, self.began = _NO_CELL, time.monotonic()
        self._progress = progress

    def cell_start(self, cell: NotebookNode, cell_index: int = 0, **kwargs: Any) -> None:
        """Remember the cell; a dead kernel tells nothing afterwards."""
        if self.running == _NO_CELL:
            self.began = time.monotonic()
        self.running = cell_index
        self._progress(cell_index, len(self.nb.cells))
        super().cell_start(cell, cell_index, **kwargs)


class _Client(PapermillNotebookClient):  # type: ignore[misc]
    """Papermill's client, which ends a kernel that shows too much."""

    shown = 0

    def process_message(self, msg: Mapping[str, Any], *place: Any) -> Any:
        """Take a message of the kernel, unless it has shown too much already."""
        content = msg["content"]
        forms = (content.get("data") or {}).values()
        self.shown += len(content.get("text") or "")
        self.shown += max((len(str(shown)) for shown in forms), default=0)
        self.shown += sum(map(len, content.get("traceback") or ()))
        if self.shown > OUTPUT_LIMIT and msg["header"]["msg_type"] != "status":
            self.km.provisioner.process.kill()
            return None
        return super().process_message(msg, *place)


def _parameterized(request: Request, source: Notebook, scratch: Path) -> NotebookNode:
    path = scratch / "source.ipynb"
    path.write_text(json.dumps(source.document), encoding="utf-8")
    notebook: NotebookNode = load_notebook_node(str(path))
    if request.changed:
        notebook = parameterize_notebook(
            notebook, dict(request.changed), kernel_name="python3", language="python"
        )
        for cell in notebook.cells:
            if INJECTED_TAG in cell.metadata.tags:
                cell.id = INJECTED_TAG
    return notebook


def _run(watcher: _Watcher, request: Request, pool: Pool, order: Order) -> str:
    """Execute; return why it stopped early, or an empty string.

    A kernel is told its ports before it takes them; where somebody else was quicker, no cell
    has run yet, and another kernel is started.
    """
    log = Path(order.scratch, LOG)
    for _ in range(_STARTS):
        reason = _run_once(watcher, request, pool, order)
        if watcher.running != _NO_CELL or _PORT_TAKEN not in _own_words(log):
            break
        log.unlink()
    return reason


def _run_once(watcher: _Watcher, request: Request, pool: Pool, order: Order) -> str:
    scratch = Path(order.scratch)
    deadline = time.monotonic() + request.report.timeout
    client = _Client(
        watcher,
        kernel_name="python3",
        startup_timeout=_STARTUP_SECONDS,
        timeout_func=lambda _: max(_NO_TIME, deadline - time.monotonic()),
        shutdown_kernel="immediate",
        force_raise_errors=True,
        record_timing=False,
        skip_cells_with_tag=_NO_TAG,
        log=logging.getLogger("papermill"),
    )
    kernel = _Kernel(connection_file=str(scratch / CONNECTION), log=client.log)
    kernel.pool, kernel.order = pool, order.write()
    client.km = kernel
    watcher.notebook_start()
    try:
        client.execute()
    except CellTimeoutError:
        seconds = request.report.timeout
        return f"it took longer than the report's timeout of {seconds} seconds (foistats.toml)"
    except DeadKernelError:
        if client.shown > OUTPUT_LIMIT:
            limit = OUTPUT_LIMIT // _MEGABYTE
            return f"it shows more than {limit} MB; show a summary, and publish tables and figures"
        return "\n".join(["the kernel died", *_last_lines(_own_words(scratch / LOG))])
    except RuntimeError as fault:
        own = _last_lines(_own_words(scratch / LOG))
        said = "the kernel did not start" if watcher.running == _NO_CELL else "the kernel died"
        return "\n".join([f"{said}: {fault}; run it again", *own])
    return ""


def _notes(notebook: NotebookNode, path: Path) -> Iterator[Note]:
    """Yield what the kernel noted, by code cell; it counts the cells that it executes."""
    numbers = {id(cell): number for number, cell in enumerate(_counted(notebook.cells), start=1)}
    code = (cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip())
    executed = [numbers.get(id(cell), 0) for cell in code]
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    for told in map(json.loads, lines):
        count = told["cell"]
        cell = executed[count - 1] if 0 < count <= len(executed) else 0
        yield Note(cell, told["kind"], told["detail"])


def _counted(cells: Iterable[NotebookNode]) -> list[NotebookNode]:
    """Return the code cells of the notebook as written: without the one of given parameters."""
    return [
        cell
        for cell in cells
        if cell.cell_type == "code" and INJECTED_TAG not in cell.metadata.get("tags", ())
    ]


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
    if index == _NO_CELL:
        return Failure(cell=0, line="", reason=reason)
    number = len(_counted(notebook.cells[: index + 1]))
    lines = notebook.cells[index].source.strip().splitlines() or [""]
    return Failure(cell=number, line=_shortened(line or lines[0]), reason=reason)


def _raising_line(output: NotebookNode) -> str:
    """Return the line of the cell that raised, as IPython's traceback points at it; "" if none."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(output.get("traceback", ())))
    found = re.search(r"^-+> *[0-9]+ (.+)$", text, re.MULTILINE)
    return found[1].strip() if found else ""


def _error_text(output: NotebookNode) -> str:
    if output.ename == "SystemExit":
        said = ": ".join(filter(None, ("SystemExit", output.evalue)))
        return f"{said}: a notebook runs to its end; take the exit out"
    lines = _last_lines(f"{output.ename}: {output.evalue}")
    return "\n".join(lines)


def _own_words(log: Path) -> str:
    """Return what a kernel wrote outside any cell, without what it says at every start."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.is_file() else []
    return "\n".join(line for line in lines if not line.startswith("[IPKernelApp]"))


def _last_lines(text: str, count: int = 8) -> list[str]:
    return [_shortened(line, 300) for line in text.strip().splitlines()[-count:]]


def _shortened(line: str, length: int = 60) -> str:
    return line if len(line) <= length else line[: length - 1] + "…"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())


@contextmanager
def _own_event_loop() -> Iterator[None]:
    """Close the loop that jupyter_client makes for this thread, with what waits in it."""
    try:
        yield
    finally:
        loop = ensure_event_loop(prefer_selector_loop=True)
        for task in (waiting := asyncio.all_tasks(loop)):
            task.cancel()
        loop.run_until_complete(asyncio.gather(*waiting, return_exceptions=True))
        loop.close()
