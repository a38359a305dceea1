"""One writer at a time per reports folder: a lock that a dead holder does not keep.

The lock is the kernel's (``flock``), on a file that stays. What the file holds only tells who
has it. Children never have it: it is closed when they are started or forked.
"""

from __future__ import annotations

import fcntl
import json
import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from foistats.errors import LockError, ReportError
from foistats.reports.store.files import make_folder, read_object, remedy

LOCK = ".lock"
_PAUSE = 0.05
_PATIENCE = 0.2

_held: set[int] = set()


@contextmanager
def holding(reports: Path, command: str, *, wait: float = 0) -> Iterator[None]:
    """Hold the lock of a reports folder.

    Parameters
    ----------
    reports : Path
        The reports folder; it is made if it is not there.
    command : str
        What to tell others who want it.
    wait : float
        Seconds to wait for it.

    Raises
    ------
    LockError
        When someone else holds it; the message names the holder.
    ReportError
        When the folder cannot be written to.
    """
    descriptor = _opened(reports)
    owner = os.getpid()
    _close_in_children()
    _held.add(descriptor)
    try:
        _acquire(descriptor, reports, wait)
        _tell(descriptor, _holder(command))
        try:
            yield
        finally:
            if os.getpid() == owner:
                _tell(descriptor, b"")
    finally:
        if os.getpid() == owner:
            _held.discard(descriptor)
            os.close(descriptor)


def _opened(reports: Path) -> int:
    try:
        make_folder(reports)
        return os.open(reports / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    except OSError as fault:
        raise ReportError(
            f"{reports.name}/ cannot be written to ({fault.strerror}); "
            f"nothing was published: {remedy(fault)}"
        ) from fault


def _acquire(descriptor: int, reports: Path, wait: float) -> None:
    deadline = time.monotonic() + wait
    while not _is_mine(descriptor, reports):
        if time.monotonic() >= deadline:
            raise LockError(
                f"{reports.name}/ is being written to by {_named(reports)}; "
                "start again when it has ended, or wait for it: foistats run --wait SECONDS"
            )
        time.sleep(_PAUSE)


def _is_mine(descriptor: int, reports: Path) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as fault:
        raise ReportError(
            f"{reports.name}/{LOCK} cannot be locked ({fault.strerror}): "
            "put the reports folder on a disk that has locks"
        ) from fault
    return True


def _named(reports: Path) -> str:
    """Say who holds the lock; a holder that has just come needs a moment to write its name."""
    deadline = time.monotonic() + _PATIENCE
    while (told := read_object(reports / LOCK)) is None and time.monotonic() < deadline:
        time.sleep(_PAUSE)
    if told is None:
        return "another process"
    return (
        f"process {told.get('pid')} on {told.get('host')} "
        f"since {told.get('started')} ({told.get('command')})"
    )


def _holder(command: str) -> bytes:
    told = {
        "pid": os.getpid(),
        "host": platform.node(),
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command,
    }
    return json.dumps(told).encode()


def _tell(descriptor: int, content: bytes) -> None:
    """Write who holds the lock; on a full disk it is held all the same."""
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, content, 0)


@cache
def _close_in_children() -> None:
    """Have every child that is forked let go of the lock."""
    os.register_at_fork(after_in_child=_let_go)


def _let_go() -> None:
    while _held:
        with suppress(OSError):
            os.close(_held.pop())
