"""What happens inside a kernel that the report must answer for.

An audit hook stops every write outside the kernel's own folder before it happens, and notes
every file of the project that was read without being declared. Draws from generators that
nobody seeded and looks at the clock are noted too: they are no fault by themselves, but what
they may have changed has to be found. A note is one JSON line, written at once, so that a
kernel that dies has still told.

Python's own calls are seen. Other programs that a notebook starts, and libraries that open
files without Python, are not.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import sys
import time
from collections.abc import Callable
from functools import partial, wraps
from typing import Any
from urllib.parse import unquote

from foistats.reports.kernels.order import NOTES, Order

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
#: Audit events that change a file or folder: which argument names it, and which, counted from
#: the end, is the folder it is relative to (0 where there is none).
_CHANGES = {
    "os.remove": ((0, -1),),
    "os.rename": ((0, -2), (1, -1)),
    "os.mkdir": ((0, -1),),
    "os.rmdir": ((0, -1),),
    "os.link": ((0, -2), (1, -1)),  # what is linked can be changed by its new name
    "os.symlink": ((1, -1),),
    "os.truncate": ((0, 0),),
    "os.chmod": ((0, -1),),
    "os.chown": ((0, -1),),
    "os.utime": ((0, -1),),
    "os.setxattr": ((0, 0),),
    "sqlite3.connect": ((0, 0),),
}
#: The machinery around the cells.
_KERNEL = frozenset(
    {
        *("asyncio", "comm", "debugpy", "IPython", "ipykernel", "jupyter_client", "jupyter_core"),
        *("matplotlib_inline", "tornado", "traitlets", "zmq"),
    }
)
#: Packages whose own look at a clock says nothing about a notebook's results.
_UNCONCERNED = frozenset(
    {
        *("concurrent", "ctypes", "importlib", "matplotlib", "numpy", "pandas", "queue", "sched"),
        *("scipy", "selectors", "shutil", "tempfile", "threading", "zipfile"),
    }
)
_CLOCKS = (
    *("time", "time_ns", "clock_gettime", "clock_gettime_ns", "localtime", "gmtime"),
    *("ctime", "asctime", "strftime"),
)
_HARMLESS = frozenset({"/dev/null", "/dev/zero"})
#: Audit events of other programs: what they show nobody can answer for.
_PROGRAMS = frozenset({"subprocess.Popen", "os.system", "os.fork", "os.posix_spawn", "os.exec"})
_STOPWATCHES = ("perf_counter", "perf_counter_ns", "monotonic", "monotonic_ns", "process_time")


class Notes:
    """The notes of one kernel, appended to a file that was opened before anything ran.

    ``cell`` counts the cells that were executed; it is 0 before the first.
    """

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._known: set[tuple[int, str, str]] = set()
        self.cell = 0

    def add(self, kind: str, detail: str) -> None:
        """Note something once per cell."""
        if (note := (self.cell, kind, detail)) not in self._known:
            self._known.add(note)
            line = json.dumps({"cell": self.cell, "kind": kind, "detail": detail})
            with contextlib.suppress(OSError):  # a child may have closed it
                os.write(self._file, f"{line}\n".encode())


class _Borders:
    """Which paths a kernel may write to and read from."""

    def __init__(self, order: Order, fonts: str) -> None:
        self.fonts = _folder(fonts)
        self.scratch = _folder(order.scratch)
        self.root = _folder(order.root)
        installed = (_folder(path) for path in (sys.prefix, sys.base_prefix))
        declared = (_folder(path) for path in order.readable)
        inside = (path for path in installed if path.startswith(self.root))
        self.readable = (self.scratch, self.fonts, *declared, *inside)

    def may_write(self, path: str) -> bool:
        is_font_cache = path.startswith(f"{self.fonts}fontlist-") or path == self.fonts[:-1]
        return is_font_cache or f"{path}{os.sep}".startswith(("/dev/", self.scratch))

    def may_read(self, path: str) -> bool:
        inside = f"{path}{os.sep}"
        return (
            not inside.startswith(self.root)
            or inside.startswith(self.readable)
            or not os.path.isfile(path)
        )

    def name(self, path: str) -> str:
        """Name a path for a message: from the project on, if it lies there."""
        return path[len(self.root) :] if path.startswith(self.root) else path


def install(order: Order, *, fonts: str) -> Notes:
    """Watch this process from now on.

    Parameters
    ----------
    order : Order
        What the kernel may read and write.
    fonts : str
        The folder of matplotlib's list of fonts, the one file outside that it may write.
    """
    notes = Notes(os.path.join(order.scratch, NOTES))
    borders = _Borders(order, fonts)
    hook = _watch(notes, borders)
    sys.addaudithook(hook)
    _tell_folders(hook)
    _watch_clocks(notes)
    return notes


def watch_cells(shell: Any, notes: Notes) -> None:
    """Know which cell runs, and whether it drew from a generator that nobody seeded."""
    draws = _Draws(notes)

    def before(*_: Any) -> None:
        notes.cell += 1
        draws.remember()

    shell.events.register("pre_run_cell", before)
    shell.events.register("post_run_cell", lambda *_: draws.compare())


def _watch(notes: Notes, borders: _Borders) -> Callable[[str, tuple[Any, ...]], None]:
    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = arguments
            if isinstance(path, str | bytes | os.PathLike):
                opened(_absolute(path), _is_writing(mode, flags))
        elif event in _PROGRAMS and notes.cell:
            notes.add("code", f"another program ({event})")
        elif event in _CHANGES and not (event == "os.mkdir" and os.path.isdir(arguments[0])):
            for position, folder in _CHANGES[event]:
                path = arguments[position]
                if event == "sqlite3.connect":
                    path = _database(path)
                if isinstance(path, str | bytes | os.PathLike) and path != ":memory:":
                    opened(_absolute(path, arguments[folder] if folder else -1), True)

    def opened(path: str, is_writing: bool) -> None:
        if is_writing and not borders.may_write(path):
            name = borders.name(path)
            notes.add("write", name)
            raise PermissionError(
                f"a notebook writes in its working folder only, not to {name}; "
                "publish results with publish.value, publish.table and publish.figure"
            )
        if not is_writing and not borders.may_read(source := _source_of(path)):
            notes.add("read", borders.name(source))
        if notes.cell and path.startswith(("/dev/", "/proc/")) and path not in _HARMLESS:
            notes.add("code", path)

    return hook


def _tell_folders(hook: Callable[[str, tuple[Any, ...]], None]) -> None:
    """Have the hook see which folder a path is relative to: the event of `os.open` lacks it."""
    opens = os.open

    @wraps(opens)
    def opened(path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        if dir_fd is not None:
            hook("open", (_absolute(path, dir_fd), None, flags))
        return opens(path, flags, mode, dir_fd=dir_fd)

    os.supports_dir_fd.add(opened)
    os.open = opened


def _database(path: Any) -> Any:
    """Return the file that a database's name or address stands for."""
    name = os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else ""
    if not name.startswith("file:"):
        return path
    address, _, options = name.removeprefix("file:").partition("?")
    is_memory = "mode=memory" in options.split("&") or not address
    return ":memory:" if is_memory else unquote(re.sub("^//[^/]*", "", address))


def _source_of(path: str) -> str:
    """Return the source of compiled byte code, and any other file as it is."""
    folder, name = os.path.split(path)
    above, last = os.path.split(folder)
    return os.path.join(above, f"{name.partition('.')[0]}.py") if last == "__pycache__" else path


def _is_writing(mode: Any, flags: Any) -> bool:
    if isinstance(mode, str):
        return bool(set(mode) & set("wax+"))
    return isinstance(flags, int) and bool(flags & _WRITING)


def _absolute(path: str | bytes | os.PathLike[Any], folder: Any = -1) -> str:
    name = os.fsdecode(path)
    if isinstance(folder, int) and folder >= 0 and os.path.exists(f"/proc/self/fd/{folder}"):
        name = os.path.join(os.readlink(f"/proc/self/fd/{folder}"), name)
    return os.path.realpath(name)


def _folder(path: str) -> str:
    return os.path.join(os.path.realpath(path), "")


def _watch_clocks(notes: Notes) -> None:
    """Note who looks at a clock; the machinery around the cells does so all the time."""
    for name in filter(partial(hasattr, time), (*_CLOCKS, *_STOPWATCHES)):
        setattr(time, name, _noted(getattr(time, name), notes, name))


def _noted(clock: Callable[..., Any], notes: Notes, name: str) -> Callable[..., Any]:
    reads_only_without = {"localtime": 0, "gmtime": 0, "ctime": 0, "asctime": 0, "strftime": 1}
    kind = "clock" if name in _CLOCKS else "stopwatch"

    @wraps(clock)
    def looked(*arguments: Any) -> Any:
        caller = sys._getframe(1).f_globals.get("__name__", "").partition(".")[0]
        is_told = len(arguments) > reads_only_without.get(name, len(arguments))
        is_quiet = is_told or caller in _UNCONCERNED or caller in _KERNEL
        if notes.cell and not (is_quiet or _is_machinery() or _is_importing()):
            notes.add(kind, f"time.{name}")
        return clock(*arguments)

    return looked


class _Draws:
    """Draws from the generators that NumPy and Python share between everybody."""

    def __init__(self, notes: Notes) -> None:
        import numpy as np
        import numpy.random.bit_generator as bits

        self._notes, self._numpy = notes, np.random
        self._seeded: set[str] = set()
        for module, name, label in (
            (np.random, "seed", "numpy.random"),
            (np.random, "set_state", "numpy.random"),
            (random, "seed", "random"),
            (random, "setstate", "random"),
        ):
            setattr(module, name, self._seeding(getattr(module, name), label))
        self._note_entropy(bits, "randbits", "a NumPy generator made without a seed")
        self._note_entropy(random, "_urandom", "random.SystemRandom or secrets")
        self._note_entropy(os, "urandom", "os.urandom")

    def remember(self) -> None:
        """Keep the states before a cell runs."""
        self._before = self._states()

    def compare(self) -> None:
        """Note a generator that the cell drew from and nobody has seeded."""
        for label, state in self._states().items():
            if label not in self._seeded and state != self._before.get(label, state):
                self._notes.add("random", f"{label} without a seed")

    def _states(self) -> dict[str, Any]:
        shared: Any = self._numpy.get_state(legacy=False)
        words = {
            name: word.tobytes() if hasattr(word, "tobytes") else word
            for name, word in shared["state"].items()
        }
        return {"numpy.random": words, "random": random.getstate()}

    def _seeding(self, seed: Callable[..., Any], label: str) -> Callable[..., Any]:
        @wraps(seed)
        def seeded(*arguments: Any, **named: Any) -> Any:
            if any(given is not None for given in (*arguments, *named.values())):
                self._seeded.add(label)
            return seed(*arguments, **named)

        return seeded

    def _note_entropy(self, module: Any, name: str, detail: str) -> None:
        drawn = getattr(module, name, None)
        if drawn is None:
            return

        def noted(*arguments: Any) -> Any:
            if self._notes.cell and not _is_machinery() and not _is_importing():
                self._notes.add("random", detail)
            return drawn(*arguments)

        setattr(module, name, noted)


def _is_machinery() -> bool:
    """Say whether the machinery around the cells asks, and not a cell or what it calls."""
    frame = sys._getframe(1).f_back
    while frame is not None:
        name = str(frame.f_globals.get("__name__"))
        if name == "__main__" or name.partition(".")[0] in _KERNEL:
            return name != "__main__"
        frame = frame.f_back
    return True


def _is_importing() -> bool:
    """Say whether a module is being imported: what it draws then is its own affair."""
    frame = sys._getframe(1)
    while frame.f_back is not None:
        frame = frame.f_back
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
    return False
