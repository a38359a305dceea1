"""The recorded project and the recorded source, laid out in a temporary folder."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import cache_from_source
from pathlib import Path

from foistats.errors import VerificationError
from foistats.reports.ask.declare import PROJECT_FILE
from foistats.reports.freshness import LOCK_FILE, PACKAGE
from foistats.reports.replay.recorded import Recorded, climbed

_FONT_LISTS = "fontlist-*.json"
#: Where matplotlib's list of fonts is, below the folder that stands for the reports.
_FONTS = ".matplotlib"


@dataclass(frozen=True)
class Scratch:
    """Where a version is made again.

    Attributes
    ----------
    root
        The project: the recorded data, nothing else.
    source
        The folder that is first on the path: the recorded package is in it.
    notebooks
        The folder that the notebook's path counts from.
    kernel
        The kernel's own folder, the only one it may write to.
    reports
        What stands for the reports folder: it holds the list of fonts.
    """

    root: Path
    source: Path
    notebooks: Path
    kernel: Path
    reports: Path


@contextmanager
def laid_out(recorded: Recorded, *, fonts: Path | None = None) -> Iterator[Scratch]:
    """Lay out what a version was made from, and take it away again.

    Parameters
    ----------
    recorded : Recorded
        The version, complete.
    fonts : Path, optional
        A folder with matplotlib's list of fonts; making it anew takes seconds.

    Raises
    ------
    VerificationError
        When it cannot be written.
    """
    try:
        folder = Path(tempfile.mkdtemp(prefix="foistats-replay-")).resolve()
    except OSError as fault:
        raise _unwritable(fault) from fault
    try:
        try:
            scratch = _filled(folder, recorded, fonts)
        except OSError as fault:
            raise _unwritable(fault) from fault
        yield scratch
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _filled(folder: Path, recorded: Recorded, fonts: Path | None) -> Scratch:
    above = max(map(climbed, recorded.data), default=0)
    root = folder.joinpath("world", *("above" for _ in range(above)), "project")
    scratch = Scratch(
        root=root,
        source=folder / "source",
        notebooks=folder / "notebook",
        kernel=folder / "kernel",
        reports=folder / "reports",
    )
    for place in (root, scratch.source, scratch.notebooks, scratch.kernel):
        place.mkdir(parents=True)
    _write(root, {PROJECT_FILE: _declaration(recorded), **recorded.data})
    if recorded.lock is not None:
        _write(root, {LOCK_FILE: recorded.lock})
    _write(scratch.source / "foistats", recorded.package)
    _keep_compiled(scratch.source / "foistats", recorded.package)
    _write(scratch.notebooks, dict([recorded.notebook]))
    _copy_fonts(fonts, scratch.reports / _FONTS)
    return scratch


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _keep_compiled(folder: Path, package: Mapping[str, bytes]) -> None:
    """Take over what is compiled already of the files that are as installed.

    Python knows it by the time and the size of the source, so the copy gets the same time.
    """
    for name, content in package.items():
        own = PACKAGE / name
        compiled = Path(cache_from_source(str(own)))
        if name.endswith(".py") and compiled.is_file() and own.read_bytes() == content:
            target = Path(cache_from_source(str(folder / name)))
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(compiled, target)
            changed = own.stat().st_mtime_ns
            os.utime(folder / name, ns=(changed, changed))


def _declaration(recorded: Recorded) -> bytes:
    """Return the file that marks a project; nothing in it is asked for by a notebook."""
    return f"[reports.{recorded.report}]\nnotebook = {json.dumps(recorded.notebook[0])}\n".encode()


def _copy_fonts(fonts: Path | None, target: Path) -> None:
    target.mkdir(parents=True)
    for path in fonts.glob(_FONT_LISTS) if fonts else ():
        shutil.copyfile(path, target / path.name)


def _unwritable(fault: OSError) -> VerificationError:
    return VerificationError(
        f"the folder for temporary files cannot be written to ({fault.strerror}); nothing was "
        "run: make room there, or name another with TMPDIR"
    )
