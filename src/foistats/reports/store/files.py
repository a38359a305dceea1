"""Files that are there whole or not at all, and survive a power cut once we say so."""

from __future__ import annotations

import errno
import hashlib
import itertools
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from foistats.errors import ReportError

#: How the name of a file begins that is not in its place yet.
TEMPORARY = ".tmp-"

_count = itertools.count(1)


def json_text(document: Any) -> bytes:
    """Write JSON the way all our files are written: sorted keys, a newline at the end."""
    text = json.dumps(document, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False)
    return f"{text}\n".encode()


def parsed(name: str, content: bytes) -> dict[str, Any]:
    """Read a JSON object.

    Raises
    ------
    ReportError
        When it is none; `name` says which file that is.
    """
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ReportError(f"{name} is not a JSON object; restore it, for example with git checkout")
    return found


def read_object(path: Path) -> Mapping[str, Any] | None:
    """Read a JSON object that may be missing or damaged: then there is none."""
    try:
        return parsed(path.name, path.read_bytes())
    except (OSError, ReportError):
        return None


def sha256(content: bytes) -> str:
    """Return the SHA-256 of some bytes, as hex digits."""
    return hashlib.sha256(content).hexdigest()


def replace(path: Path, content: bytes, *, via: Path | None = None) -> bool:
    """Replace a file in one step, if its bytes change; say whether they did.

    Parameters
    ----------
    path : Path
        The file. A link is replaced by a file.
    content : bytes
        What it is to hold.
    via : Path, optional
        A folder on the same disk for the file that is not in its place yet; without it the
        file's own.
    """
    if _holds(path, content):
        return False
    make_folder(path.parent)
    fresh = (via or path.parent) / f"{TEMPORARY}{os.getpid()}-{next(_count)}-{path.name}"
    try:
        write(fresh, content)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    sync_folder(path.parent)
    return True


def write(path: Path, content: bytes) -> None:
    """Write a file and have the disk confirm it."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, and have the disk confirm each."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Have the disk confirm which names a folder holds, where its file system can."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as fault:
        if fault.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)


def remedy(fault: OSError) -> str:
    """Say what to do about a disk that takes nothing."""
    if fault.errno in (errno.ENOSPC, errno.EDQUOT):
        return "make room on the disk of the reports folder"
    if fault.errno == errno.EROFS:
        return "the disk of the reports folder is mounted read-only: mount it for writing"
    return "check the rights and the disk of the reports folder"


def _holds(path: Path, content: bytes) -> bool:
    return path.is_file() and not path.is_symlink() and path.read_bytes() == content
