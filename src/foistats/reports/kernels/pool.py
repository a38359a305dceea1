"""Kernels for the runner: forked by the nursery, warm where the system can, else started anew.

Each kernel serves one notebook and is then killed, with everything it started. Whether it was
warm or started anew makes no difference to what a notebook gives: both run
`foistats.reports.kernels.serve` in the same environment.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Protocol

from foistats.errors import ReportError
from foistats.reports.notebook import Notebook

#: Packages whose import takes long and leaves nothing behind.
_HEAVY = ("numpy", "pandas", "scipy", "statsmodels", "seaborn", "matplotlib", "patsy", "foistats")
_IMPORT_SECONDS = 240.0
#: Counted from the end of the imports.
_START_SECONDS = 60.0
_NURSERY = "foistats.reports.kernels.nursery"
_LOG = "nursery.log"
_QUOTED_LINES = 8


class Process(Protocol):
    """A kernel's process, as jupyter_client wants to see one."""

    pid: int
    stdin: None
    stdout: None
    stderr: None

    def poll(self) -> int | None:
        """Return the exit code, or None while it runs."""

    def wait(self) -> int:
        """Wait for the end and return the exit code."""

    def send_signal(self, number: int) -> None:
        """Send a signal to the process and everything it started."""


class Pool(Protocol):
    """Where kernels come from."""

    def start(self, order: Path) -> Process:
        """Start the kernel that an order file describes."""


class _Forked:
    """A kernel; it leads a process group of its own."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.code: int | None = None

    def poll(self) -> int | None:
        return self.code

    def wait(self) -> int:
        while (code := self.poll()) is None:
            time.sleep(0.01)
        return code

    def send_signal(self, number: int) -> None:
        """Signal the group, or the kernel alone where it does not lead one yet."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            try:
                os.killpg(self.pid, number)
            except ProcessLookupError:
                if self.code is None:
                    os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


class Nursery:
    """The runner's side of the process that kernels are forked from."""

    def __init__(
        self,
        imports: Iterable[str],
        *,
        environment: Mapping[str, str],
        cwd: Path,
        cold: bool = False,
    ):
        self._cold = cold
        self._log = cwd / _LOG
        self._process = _start(["-m", _NURSERY], environment=environment, cwd=cwd, log=self._log)
        self._news = threading.Condition()
        self._answers: dict[str, _Forked | ReportError] = {}
        self._kernels: dict[int, _Forked] = {}
        self._has_imported = cold
        self._is_gone = False
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        if not cold:
            with contextlib.suppress(ReportError):  # where it has ended, every start says so
                self._tell({"imports": list(imports)})

    def start(self, order: Path) -> Process:
        """Have a kernel made.

        Raises
        ------
        ReportError
            When it cannot be, is not in time, or the process it is forked from has ended.
        """
        name = str(order)
        self._tell({"order": name, "cold": self._cold})
        with self._news:
            self._wait_for(lambda: self._has_imported, _IMPORT_SECONDS)
            self._wait_for(lambda: name in self._answers, _START_SECONDS)
            answer = self._answers.pop(name, None) or self._silence()
        if isinstance(answer, ReportError):
            raise answer
        return answer

    def close(self) -> None:
        """End it; it kills the kernels that are left."""
        with contextlib.suppress(OSError):
            if self._process.stdin:
                self._process.stdin.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._listener.join()
        if self._process.stdout:
            self._process.stdout.close()

    def _tell(self, document: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(f"{json.dumps(document)}\n".encode())
            self._process.stdin.flush()
        except (OSError, ValueError):
            raise self._fault("has ended") from None

    def _wait_for(self, condition: Callable[[], bool], seconds: float) -> None:
        self._news.wait_for(lambda: condition() or self._is_gone, timeout=seconds)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        try:
            for line in self._process.stdout:
                with self._news:
                    self._hear(_told(line))
                    self._news.notify_all()
        finally:
            with self._news:
                self._is_gone = True
                for kernel in self._kernels.values():
                    kernel.code = -signal.SIGKILL
                self._news.notify_all()

    def _hear(self, told: Mapping[str, Any]) -> None:
        if "started" in told:
            kernel = _Forked(told["pid"])
            self._answers[told["started"]] = self._kernels[kernel.pid] = kernel
        elif "failed" in told:
            self._answers[told["failed"]] = _no_kernel(
                told["reason"],
                "end other programs, or let fewer reports run side by side (--jobs), "
                "and run it again",
            )
        elif told.get("ended") in self._kernels:
            self._kernels.pop(told["ended"]).code = told["code"]
        elif "imported" in told:
            self._has_imported = True

    def _silence(self) -> ReportError:
        if self._is_gone:
            return self._fault("has ended")
        return self._fault(f"did not answer within {_START_SECONDS:.0f} seconds")

    def _fault(self, what: str) -> ReportError:
        return ReportError(
            f"the process that kernels are forked from {what}; nothing was published: run it "
            "again, with fewer reports side by side (--jobs) where the machine is short of "
            f"memory or busy{_last_words(self._log)}"
        )


@contextmanager
def kernel_pool(
    imports: Iterable[str], *, environment: Mapping[str, str], cwd: Path, cold: bool = False
) -> Iterator[Pool]:
    """Lend a source of kernels, and end all of them afterwards.

    Parameters
    ----------
    imports : iterable of str
        The modules to import beforehand.
    environment : mapping
        What all kernels have alike.
    cwd : Path
        An empty folder; what the process that kernels are forked from says is kept there.
    cold : bool
        Start each kernel anew, as is done wherever processes cannot be forked safely.
    """
    is_cold = cold or sys.platform != "linux"
    pool = Nursery(imports, environment=environment, cwd=cwd, cold=is_cold)
    try:
        yield pool
    finally:
        pool.close()


class Nurseries:
    """A source of kernels for each set of imports.

    What a notebook gives must not depend on what runs beside it: a kernel has imported what
    its own notebook names, no more.
    """

    def __init__(self, *, environment: Mapping[str, str], cwd: Path, cold: bool = False) -> None:
        self._environment, self._cwd, self._cold = environment, cwd, cold
        self._lock = threading.Lock()
        self._stack = ExitStack()
        self._lent: dict[tuple[str, ...], Pool] = {}

    def of(self, imports: tuple[str, ...]) -> Pool:
        """Return where kernels come from that have imported these modules."""
        with self._lock:
            if imports not in self._lent:
                folder = self._cwd / f"nursery-{len(self._lent) + 1}"
                folder.mkdir()
                self._lent[imports] = self._stack.enter_context(
                    kernel_pool(imports, environment=self._environment, cwd=folder, cold=self._cold)
                )
            return self._lent[imports]

    def __enter__(self) -> Nurseries:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def worth_importing(notebook: Notebook) -> tuple[str, ...]:
    """Return what a notebook imports that takes long and leaves nothing behind."""
    return tuple(sorted(name for name in set(notebook.imports) if name.partition(".")[0] in _HEAVY))


def _start(
    arguments: list[str], *, environment: Mapping[str, str], cwd: Path, log: Path
) -> subprocess.Popen[bytes]:
    try:
        with log.open("wb") as said:
            return subprocess.Popen(
                [sys.executable, "-P", *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                env=dict(environment),
                cwd=cwd,
                start_new_session=True,
            )
    except OSError as fault:
        is_environment = fault.filename == sys.executable
        remedy = "make the environment anew" if is_environment else "see to that and run it again"
        place = f": {fault.filename}" if fault.filename else ""
        raise _no_kernel(f"{fault.strerror}{place}", remedy) from None


def _no_kernel(reason: str, remedy: str) -> ReportError:
    return ReportError(f"no kernel can be started ({reason}); nothing was published: {remedy}")


def _told(line: bytes) -> dict[str, Any]:
    """Return what the nursery says in a line; nothing where somebody else wrote it."""
    try:
        told = json.loads(line)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _last_words(log: Path) -> str:
    """Return the last lines of what the nursery said, each indented on a line of its own."""
    text = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
    lines = text.strip().splitlines()[-_QUOTED_LINES:]
    return "".join(["; it said last:", *(f"\n    {line[:300]}" for line in lines)] if lines else [])
