"""One zip, the same bytes on every machine; and the way back, for a zip nobody vouches for.

Files are stored, not compressed: two releases of a compressor write the same file differently,
and a bundle made again elsewhere must be the same bytes.
"""

from __future__ import annotations

import io
import os
import shutil
import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path

from foistats.errors import ReportError, UsageError, VerificationError
from foistats.reports.bundle.layout import BUNDLE, name_faults
from foistats.reports.store.files import TEMPORARY, remedy, sync_folder, write

#: What a bundle may hold at most when it is unpacked: far more than any that is made here.
MOST_FILES = 20_000
MOST_BYTES = 1_000_000_000
#: What the Finder of macOS adds to a zip that it makes.
_FINDER = "__MACOSX/"
_SHOWN = 3
_TIME = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_ENCRYPTED = 0x1
_PIECE = 1 << 20
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    ValueError,
    NotImplementedError,
    RuntimeError,
    OverflowError,
)


def zip_bytes(files: Mapping[str, bytes]) -> bytes:
    """Return a zip of files, by path: sorted, of a fixed time, readable by everybody."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _TIME)
            entry.create_system = _UNIX
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(entry, files[name])
    return out.getvalue()


def put(path: Path, content: bytes) -> bool:
    """Write a bundle whole or not at all; say whether it had to, as the same may lie there.

    Raises
    ------
    UsageError
        When something else lies there, which is never overwritten, or there is no such folder.
    ReportError
        When the disk does not take it; nothing is left of it.
    """
    _refuse_other(path, content)
    if path.exists():
        return False
    fresh = path.parent / f"{TEMPORARY}{os.getpid()}-{path.name}"
    try:
        write(fresh, content)
        _place(fresh, path)
        sync_folder(path.parent)
    except FileExistsError:
        _refuse_other(path, content)
        return False
    except OSError as fault:
        why = remedy(fault).replace("of the reports folder", f"of {path.parent}")
        raise ReportError(
            f"{path} cannot be written ({fault.strerror}); nothing was left there: {why}"
        ) from fault
    finally:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
    return True


def _refuse_other(path: Path, content: bytes) -> None:
    if path.is_dir():
        raise UsageError(f"{path} is a folder; name the file, such as {path / 'bundle.zip'}")
    if not path.parent.is_dir():
        raise UsageError(f"{path.parent} is no folder; make it first, or name another with -o")
    if not os.path.lexists(path):
        return
    try:
        same = path.is_file() and path.read_bytes() == content
    except OSError as fault:
        raise UsageError(f"{path} cannot be read ({fault.strerror}); name another file") from None
    if not same:
        raise UsageError(
            f"{path} is there and is not this bundle; it is not overwritten: "
            "move it away, or name another file with -o"
        )


def _place(fresh: Path, path: Path) -> None:
    """Give a written file its name, where nothing has that name."""
    try:
        path.hardlink_to(fresh)
    except FileExistsError:
        raise
    except OSError:  # a disk without hard links
        if os.path.lexists(path):
            raise FileExistsError(str(path)) from None
        fresh.rename(path)


def unpacked(path: Path, scratch: Path) -> Path:
    """Unpack a bundle's zip into an empty folder.

    Parameters
    ----------
    path : Path
        The zip, which may come from anybody.
    scratch : Path
        An empty folder.

    Returns
    -------
    Path
        The folder that holds ``bundle.json``: `scratch`, or the one folder in it if somebody
        zipped the bundle's folder again.

    Raises
    ------
    VerificationError
        When it is no zip, cut short or changed, no bundle, or not safe to unpack: links, paths
        that lead out of it, two names for one file, encryption, far too much in it.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [one for one in archive.infolist() if not one.filename.startswith(_FINDER)]
            if faults := list(islice(_faults(entries), _SHOWN)):
                raise VerificationError(f"{path.name} is not unpacked: {'; '.join(faults)}")
            for entry in entries:
                if not entry.is_dir():
                    _extract(archive, entry, scratch / entry.filename)
    except _DAMAGED as fault:
        raise VerificationError(
            f"{path.name} is not a whole zip: cut short, changed or something else ({fault}); "
            "fetch it again"
        ) from None
    except OSError as fault:
        why = fault.strerror or str(fault)
        raise VerificationError(f"{path.name} cannot be unpacked: {why}") from None
    return _root(path, scratch)


def _faults(entries: list[zipfile.ZipInfo]) -> Iterator[str]:
    """Yield why a zip must not be unpacked; nothing has been written yet."""
    if len(entries) > MOST_FILES or sum(entry.file_size for entry in entries) > MOST_BYTES:
        yield "it holds far more than a bundle does"
        return
    names = [entry.filename.rstrip("/") for entry in entries]
    yield from name_faults(names)
    count = Counter(names)
    for entry, name in zip(entries, names, strict=True):
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if count[name] > 1:
            yield f"it has {name} twice"
        if entry.orig_filename != entry.filename:
            yield f"{name} has another name hidden behind it"
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR) or (kind == stat.S_IFDIR) > entry.is_dir():
            yield f"{name} is a link or something else that is no file of its own"
        if entry.flag_bits & _ENCRYPTED:
            yield f"{name} is encrypted"
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            yield f"{name} is compressed in a way that not every computer can undo"


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    """Write one file, no more of it than the zip says that there is."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(entry) as source, target.open("xb") as file:
        shutil.copyfileobj(source, file, _PIECE)


def _root(path: Path, scratch: Path) -> Path:
    """Return the folder that holds the bundle: it may have been zipped with a folder around it."""
    folders = [scratch, *(inner for inner in scratch.iterdir() if inner.is_dir())]
    if (scratch / BUNDLE).is_file():
        return scratch
    if len(folders) == 2 and (folders[1] / BUNDLE).is_file():
        return folders[1]
    raise VerificationError(
        f"{path.name} holds no {BUNDLE}: it is a zip, but no bundle of a report"
    )
