"""Published versions: numbered folders that appear whole or not at all.

The only room that writes below ``reports/``. A version is written to a staging folder,
flushed to disk and renamed; the pointer ``latest.json`` moves last. Whatever happens in
between, every version folder is complete and the pointer names one of them.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foistats.errors import ReportError
from foistats.reports.notebook import Scalar

FORMAT = 1
#: A version is these files; the page says the same again and is not compared.
COMPARED = ("report.ipynb", "values.json", "tables/", "figures/")

_VERSION = re.compile(r"v\d{3,}")


@dataclass(frozen=True)
class Latest:
    """The newest version of a series: its name, its key, its manifest and the manifest's hash."""

    version: str
    key: str
    manifest: Mapping[str, Any]
    manifest_hash: str


@dataclass(frozen=True)
class Edition:
    """What a new version holds, before it has a number.

    Attributes
    ----------
    report, series
        The report, and the folder of its versions below reports/.
    key
        The freshness key.
    title, as_of
        What the index says of it.
    parameters, inputs
        What it was made with and from, for the manifest.
    """

    report: str
    series: str
    key: str
    title: str
    as_of: str
    parameters: Mapping[str, Scalar]
    inputs: Mapping[str, Any]


def latest(reports: Path, series: str) -> Latest | None:
    """Return the newest complete version of a series, or None.

    It is the newest folder even where a crash left the pointer behind.
    """
    folder = reports / series
    versions = version_names(folder)
    if not versions:
        return None
    content = (folder / versions[-1] / "manifest.json").read_bytes()
    manifest = _parsed(folder / versions[-1] / "manifest.json", content)
    key = str(manifest["key"])
    pointer = folder / "latest.json"
    if pointer.is_file():
        told = _parsed(pointer, pointer.read_bytes())
        key = str(told["key"]) if told.get("version") == versions[-1] else key
    return Latest(versions[-1], key, manifest, hashlib.sha256(content).hexdigest())


def next_version(newest: Latest | None) -> str:
    """Return the number after the newest version's."""
    return f"v{int(newest.version[1:]) + 1 if newest else 1:03d}"


def version_names(folder: Path) -> list[str]:
    """Return the versions in a series folder, oldest first."""
    names = [path.name for path in folder.glob("v*/") if _VERSION.fullmatch(path.name)]
    return sorted(names, key=lambda name: int(name[1:]))


def says_the_same(newest: Latest | None, edition: Edition, files: Mapping[str, bytes]) -> bool:
    """Say whether a run confirms the newest version.

    It does when data, notebook and parameters are those of that version (so that only the
    package or the lock file changed) and notebook, values, tables and figures are equal
    byte for byte. The page is not compared: it may look better and say the same.
    """
    if newest is None:
        return False
    before, now = newest.manifest, edition
    if before["parameters"] != dict(now.parameters):
        return False
    if any(before["inputs"][kind] != now.inputs[kind] for kind in ("data", "notebook")):
        return False
    recorded = {name: told for name, told in before["files"].items() if name.startswith(COMPARED)}
    return recorded == {name: _hash(files[name]) for name in files if name.startswith(COMPARED)}


def publish(
    reports: Path, edition: Edition, files: Mapping[str, bytes], run: Mapping[str, Any]
) -> str:
    """Write a new version and point to it.

    Parameters
    ----------
    reports : Path
        The reports folder.
    edition : Edition
        What the version is.
    files : mapping
        Its files, by path.
    run : mapping
        What run.json records of time and machine.

    Returns
    -------
    str
        The version, such as "v002".

    Raises
    ------
    ReportError
        When the files cannot be written; nothing is left behind.
    """
    newest = latest(reports, edition.series)
    version = next_version(newest)
    manifest = json_text(_manifest(edition, version, newest, files))
    content = {
        **files,
        "manifest.json": manifest,
        "run.json": json_text({**run, "manifest": _hash(manifest)}),
    }
    series = reports / edition.series
    try:
        with staging(reports) as staged:
            _write_all(staged / version, content)
            series.mkdir(parents=True, exist_ok=True)
            (staged / version).rename(series / version)
        _sync_folder(series)
    except OSError as fault:
        raise ReportError(
            f"{edition.series}: {version} could not be written ({fault.strerror}); "
            "nothing was published: make room or check the rights of the reports folder"
        ) from fault
    point(reports, edition.series, version, edition.key)
    return version


def point(reports: Path, series: str, version: str, key: str) -> None:
    """Point to a version and note the key under which its results hold."""
    replace(reports / series / "latest.json", json_text({"key": key, "version": version}))


def replace(path: Path, content: bytes) -> bool:
    """Replace a file in one step, if its bytes change; say whether they did."""
    if path.is_file() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        _write(fresh, content)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    _sync_folder(path.parent)
    return True


def keep_failed(reports: Path, series: str, notebook: bytes) -> Path:
    """Keep the notebook of a failed run apart, where git does not look."""
    path = reports / ".failed" / series / "report.ipynb"
    replace(path, notebook)
    return path


@contextmanager
def staging(reports: Path) -> Iterator[Path]:
    """Lend a folder on the disk of the reports, and take it away again."""
    reports.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".staging-", dir=reports))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def json_text(document: Any) -> bytes:
    """Write JSON the way all our files are written: sorted keys, a newline at the end."""
    text = json.dumps(document, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False)
    return f"{text}\n".encode()


def _manifest(
    edition: Edition, version: str, newest: Latest | None, files: Mapping[str, bytes]
) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "report": edition.report,
        "series": edition.series,
        "version": version,
        "predecessor": newest.manifest_hash if newest else None,
        "key": edition.key,
        "title": edition.title,
        "as_of": edition.as_of,
        "parameters": dict(edition.parameters),
        "inputs": dict(edition.inputs),
        "files": {name: _hash(content) for name, content in files.items()},
    }


def _write_all(folder: Path, content: Mapping[str, bytes]) -> None:
    for name, text in content.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, text)
    for inner in {(folder / name).parent for name in content}:
        _sync_folder(inner)


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _parsed(path: Path, content: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(content)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ReportError(
            f"{path.parent.name}/{path.name} is not JSON; restore it, for example with git checkout"
        )
    return found


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
