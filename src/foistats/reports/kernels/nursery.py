"""The process that kernels are forked from: ``python -m foistats.reports.kernels.nursery``.

It imports what the notebooks will import, once, starts no thread, and forks a kernel for each
order that arrives on its standard input; a cold one is a fork that becomes a new interpreter.
A kernel is used for one notebook. When the runner is gone, its end of the pipe closes, and the
nursery kills every kernel it made and ends.

Whatever a notebook started and left behind becomes, on Linux, a child of the nursery, even
where it left the kernel's group and session. It is killed when no kernel runs any more.

Told on standard input, one JSON line each: ``{"imports": […]}``,
``{"order": path, "cold": false}``.
Answered on standard output: ``{"imported": […]}``, ``{"started": path, "pid": n}``,
``{"failed": path, "reason": text}``, ``{"ended": n, "code": c}``.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import sys
import time
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

from foistats.reports.kernels.order import LOG, read_order
from foistats.reports.kernels.serve import die_with_parent, import_quietly, serve

#: Seconds between two looks at which kernels have ended.
_LOOK = 0.05
#: Seconds to wait for what was killed; what belongs to another user cannot be.
_PATIENCE = 2.0
_PR_SET_CHILD_SUBREAPER = 36
_MACHINERY = ("IPython", "ipykernel.kernelapp", "ipykernel.zmqshell")


def main() -> None:
    """Serve orders until the runner is gone."""
    _adopt_orphans()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.dup(1)
    os.dup2(2, 1)
    os.set_blocking(0, False)
    kernels: set[int] = set()
    waiting = b""
    try:
        while True:
            ready, _, _ = select.select([0], [], [], _LOOK if kernels else None)
            if ready:
                told = os.read(0, 65536)
                if not told:
                    return
                *lines, waiting = (waiting + told).split(b"\n")
                for line in lines:
                    _obey(json.loads(line), kernels, answers)
            _tell_ended(kernels, answers)
    finally:
        for pid in kernels:
            _kill(pid)
        _kill_orphans()


def _obey(told: Mapping[str, Any], kernels: set[int], answers: int) -> None:
    if "imports" in told:
        import_quietly((*_MACHINERY, *told["imports"]))
        gc.collect()
        gc.freeze()
        _answer(answers, {"imported": told["imports"]})
        return
    order, cold, nursery = told["order"], told["cold"], os.getpid()
    try:
        pid = os.fork()
    except OSError as fault:
        _answer(answers, {"failed": order, "reason": fault.strerror or str(fault)})
        return
    if pid == 0:
        _become_kernel(order, answers, parent=nursery, cold=cold)
    kernels.add(pid)
    _answer(answers, {"started": order, "pid": pid})


def _become_kernel(order_path: str, answers: int, *, parent: int, cold: bool) -> NoReturn:
    """Serve an order in this fork, and end: what goes wrong here must not reach the caller."""
    code = 1
    try:
        os.setsid()
        die_with_parent()
        if os.getppid() != parent:
            os._exit(code)
        os.close(answers)
        order = read_order(order_path)
        null = os.open(os.devnull, os.O_RDONLY)
        log = os.open(Path(order.scratch, LOG), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for target, source in ((0, null), (1, log), (2, log)):
            os.dup2(source, target)
        if cold:
            name = "foistats.reports.kernels.serve"
            os.execv(sys.executable, [sys.executable, "-P", "-m", name, order_path])
        serve(order)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _tell_ended(kernels: set[int], answers: int) -> None:
    for pid in list(kernels):
        code = _exit_code(pid)
        if code is not None:
            kernels.discard(pid)
            if not kernels:
                _kill_orphans()
            _answer(answers, {"ended": pid, "code": code})


def _exit_code(pid: int) -> int | None:
    """Return the exit code of a kernel that has ended, with all that it left behind killed.

    The kernel is waited for last: after that, its number may be another process's.
    """
    if hasattr(os, "waitid"):
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return None
        _kill(pid)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    ended, status = os.waitpid(pid, os.WNOHANG)  # macOS before Python 3.13
    if not ended:
        return None
    with contextlib.suppress(OSError):
        os.killpg(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(status)


def _kill(pid: int) -> None:
    """Kill a kernel's group, or the kernel alone where it does not lead one yet."""
    with contextlib.suppress(OSError):
        try:
            os.killpg(pid, signal.SIGKILL)
        except ProcessLookupError:
            os.kill(pid, signal.SIGKILL)


def _adopt_orphans() -> None:
    """Ask Linux to make this process the parent of what its children leave behind."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _kill_orphans() -> None:
    """Kill every child there is, and those that come to this process by that."""
    end = time.monotonic() + _PATIENCE
    while (children := list(_children())) and time.monotonic() < end:
        for pid in children:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, os.WNOHANG)
        time.sleep(0.005)


def _children() -> Iterator[int]:
    """Yield the children of this process, where Linux tells them."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = path.read_text(errors="replace").rpartition(")")[2].split()[1]
            if int(parent) == os.getpid():
                yield int(path.parent.name)


def _answer(answers: int, document: Mapping[str, Any]) -> None:
    """Say it on a line of its own, even after somebody else's text without an end."""
    os.write(answers, f"\n{json.dumps(document)}\n".encode())


if __name__ == "__main__":
    main()
