"""The files of a bundle, each checked against the manifest as it is read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from itertools import islice
from pathlib import Path
from typing import Any

from foistats.errors import ReportError, VerificationError
from foistats.reports import verify
from foistats.reports.bundle import readme
from foistats.reports.bundle.layout import (
    BUNDLE,
    FORMAT,
    PACKAGE,
    README,
    REPORTS,
    VERIFY,
    name_faults,
)
from foistats.reports.freshness import LOCK_FILE
from foistats.reports.store.files import json_text, parsed, sha256
from foistats.reports.store.folders import (
    MANIFEST,
    OBJECTS,
    POINTER,
    number_of,
    tombstone_names,
    tombstone_of,
    version_names,
)
from foistats.reports.store.manifests import NOT_COVERED

#: Where no lock file was recorded: what the package needs, at the releases that were installed.
REQUIREMENTS = "requirements.txt"


@dataclass(frozen=True)
class Packed:
    """A bundle's files by path, and what is said of it."""

    files: Mapping[str, bytes]
    manifest: str
    withheld: tuple[str, ...]


def packed(reports: Path, series: str, version: str) -> Packed:
    """Gather the bundle of a version.

    Parameters
    ----------
    reports : Path
        The folder of its series.
    series, version : str
        Such as "severity" and "v003".

    Raises
    ------
    VerificationError
        When the version is not intact: what differs is not handed on.
    ReportError
        When a file changes while it is read, or cannot have its place everywhere.
    """
    folder = reports / series / version
    found = verify.examine(folder, published=True)
    if found.faults:
        raise VerificationError(
            f"{series}@{version} differs from its record, so no bundle of it is made: "
            f"{'; '.join(found.faults[:3])}"
        )
    content = _read(folder / MANIFEST, found.manifest)
    manifest = parsed(MANIFEST, content)
    place = f"{REPORTS}/{series}"
    of_version = _version(folder, manifest)
    chain = _chain(folder)
    files = {f"{place}/{name}": one for name, one in {**of_version, **chain}.items()}
    files[f"{place}/{POINTER}"] = json_text({"key": manifest["key"], "version": version})
    files |= {f"{REPORTS}/{OBJECTS}/{sha}": one for sha, one in _objects(reports, manifest).items()}
    carried = of_version[f"{version}/{VERIFY}"]
    can_read = BUNDLE.encode() in carried
    files[VERIFY] = carried if can_read else Path(verify.__file__).read_bytes()
    files |= {f"{PACKAGE}/{name}": one for name, one in _package()}
    requirements, needed = _requirements(files, manifest)
    files[requirements] = needed
    withheld = tuple(map(str, manifest["withheld"]))
    told = readme.Told(
        manifest=manifest,
        manifest_hash=found.manifest,
        earlier=len(chain),
        own_verify=can_read,
        requirements=requirements,
    )
    files[README] = readme.text(told).encode()
    record = {
        "format": FORMAT,
        "series": series,
        "version": version,
        "manifest": found.manifest,
        "withheld": list(withheld),
        "files": {name: sha256(one) for name, one in files.items()},
    }
    files[BUNDLE] = json_text(record)
    if faults := list(islice(name_faults(files), 3)):
        raise ReportError(f"{series}@{version} cannot be bundled: {'; '.join(faults)}")
    return Packed(files, found.manifest, withheld)


def _version(folder: Path, manifest: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the files of the version, and its signature where there is one."""
    listed = {name: _read(folder / name, sha) for name, sha in manifest["files"].items()}
    beside = {name: _read(folder / name) for name in NOT_COVERED}
    files = {f"{folder.name}/{name}": one for name, one in {**listed, **beside}.items()}
    signature = folder.parent / f"{folder.name}.sig"
    return files | ({signature.name: _read(signature)} if signature.is_file() else {})


def _chain(folder: Path) -> dict[str, bytes]:
    """Return the manifests of the versions before it, and the tombstones of removed ones."""
    series, number = folder.parent, number_of(folder.name)
    standing = [name for name in version_names(series) if number_of(name) < number]
    removed = [name for name in tombstone_names(series) if number_of(name) < number]
    return {
        **{f"{name}/{MANIFEST}": _read(series / name / MANIFEST) for name in standing},
        **{f"{name}.json": _read(tombstone_of(series, name)) for name in removed},
    }


def _objects(reports: Path, manifest: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the inputs by hash; of what is withheld, nothing."""
    withheld, inputs = set(manifest["withheld"]), manifest["inputs"]
    wanted = {
        *(sha for name, sha in inputs["data"].items() if name not in withheld),
        *inputs["notebook"].values(),
        *inputs["package"].values(),
        *filter(None, [inputs["lock"]]),
    }
    return {sha: _read(reports / OBJECTS / sha, sha) for sha in sorted(wanted)}


def _package() -> Iterator[tuple[str, bytes]]:
    """Yield the files of the package that makes the bundle, which can be run from it."""
    home = Path(verify.__file__).resolve().parents[1]
    for path in sorted(home.rglob("*")):
        name = path.relative_to(home)
        hidden = any(part.startswith(".") or part == "__pycache__" for part in name.parts)
        if path.is_file() and not hidden and path.suffix != ".pyc":
            yield name.as_posix(), _read(path)


def _requirements(files: Mapping[str, bytes], manifest: Mapping[str, Any]) -> tuple[str, bytes]:
    """Return what has to be installed: the recorded lock file, or the packages by name."""
    if lock := manifest["inputs"]["lock"]:
        return LOCK_FILE, files[f"{REPORTS}/{OBJECTS}/{lock}"]
    try:
        declared = metadata.requires("foistats") or []
    except metadata.PackageNotFoundError:
        declared = []
    installed = manifest["environment"]["packages"]
    lines = []
    for one in declared:
        name = re.split(r"[^A-Za-z0-9._-]", one, maxsplit=1)[0]
        if "extra ==" not in one:
            lines.append(f"{name}=={installed[name]}" if name in installed else one)
    return REQUIREMENTS, ("\n".join(sorted(lines)) + "\n").encode()


def _read(path: Path, expected: str = "") -> bytes:
    """Return a file's bytes, and see that they are still those that were checked."""
    try:
        content = path.read_bytes()
    except OSError as fault:
        raise ReportError(f"{path.name} cannot be read ({fault.strerror})") from None
    if expected and sha256(content) != expected:
        raise ReportError(f"{path.name} changed while it was bundled; make the bundle again")
    return content
