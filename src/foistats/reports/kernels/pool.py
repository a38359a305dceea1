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
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from foistats.errors import ReportError

#: Packages whose import takes long and leaves nothing behind.
_HEAVY = ("numpy", "pandas", "scipy", "statsmodels", "seaborn", "matplotlib", "patsy", "foistats")
_START_SECONDS = 60.0


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

    def __init__(self, pid: int, nursery: Nursery) -> None:
        self.pid, self._nursery = pid, nursery

    def poll(self) -> int | None:
        return self._nursery.ended(self.pid)

    def wait(self) -> int:
        while (code := self.poll()) is None:
            time.sleep(0.01)
        return code

    def send_signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

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
        self._process = _start(
            ["-m", "foistats.reports.kernels.nursery"], environment=environment, cwd=cwd
        )
        self._news = threading.Condition()
        self._started: dict[str, int] = {}
        self._ended: dict[int, int] = {}
        self._is_gone = False
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        if not cold:
            self._tell({"imports": list(imports)})

    def start(self, order: Path) -> Process:
        """Have a kernel made."""
        name = str(order)
        self._tell({"order": name, "cold": self._cold})
        with self._news:
            self._news.wait_for(
                lambda: name in self._started or self._is_gone, timeout=_START_SECONDS
            )
            if name not in self._started:
                raise ReportError("the process that kernels are forked from has ended")
            return _Forked(self._started.pop(name), self)

    def ended(self, pid: int) -> int | None:
        """Return the exit code of a kernel, or None while it runs."""
        with self._news:
            return self._ended.get(pid, -signal.SIGKILL if self._is_gone else None)

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
            raise ReportError("the process that kernels are forked from has ended") from None

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            told = json.loads(line)
            with self._news:
                if "started" in told:
                    self._started[told["started"]] = told["pid"]
                else:
                    self._ended[told["ended"]] = told["code"]
                self._news.notify_all()
        with self._news:
            self._is_gone = True
            self._news.notify_all()


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
        An empty folder.
    cold : bool
        Start each kernel anew, as is done wherever processes cannot be forked safely.
    """
    is_cold = cold or sys.platform != "linux"
    pool = Nursery(imports, environment=environment, cwd=cwd, cold=is_cold)
    try:
        yield pool
    finally:
        pool.close()


def is_worth_importing(module: str) -> bool:
    """Say whether a module is one of those that are imported beforehand."""
    return module.partition(".")[0] in _HEAVY


def _start(
    arguments: list[str], *, environment: Mapping[str, str], cwd: Path
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            [sys.executable, "-P", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict(environment),
            cwd=cwd,
            start_new_session=True,
        )
    except OSError as fault:
        raise ReportError(
            f"no kernel can be started ({fault.strerror}: {fault.filename}); nothing was "
            "published: make the environment anew"
        ) from None
