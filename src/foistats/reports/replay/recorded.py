"""What a version was made from: its notebook, data, source and parameters, gathered by hash.

Nothing is executed, and nothing is taken on trust: every byte has the hash that the manifest
gives. What is withheld or gone is named.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from foistats.errors import VerificationError
from foistats.reports.freshness import LOCK_FILE
from foistats.reports.notebook import Scalar
from foistats.reports.replay.lookup import OBJECTS_HERE, Lookup
from foistats.reports.store.files import parsed, sha256
from foistats.reports.store.folders import MANIFEST, OBJECTS
from foistats.reports.store.manifests import READABLE

WITHHELD, GONE = "withheld", "gone"
#: Folders that a recorded path may climb: a study beside the project.
MOST_CLIMBED = 12

_SHOWN = 3


class UncheckableError(VerificationError):
    """What a version was made from is not here, so that it cannot be made again."""


class ContradictionError(VerificationError):
    """A record contradicts itself, so that nothing can follow from it."""


@dataclass(frozen=True, order=True)
class Missing:
    """An input that is not here.

    Attributes
    ----------
    kind
        "data", "notebook", "package" or "lock".
    name, sha256
        Its recorded path and hash.
    why
        "withheld" (of a private study) or "gone".
    """

    kind: str
    name: str
    sha256: str
    why: str


@dataclass(frozen=True)
class Recorded:
    """A version and everything it was made from.

    Attributes
    ----------
    folder
        The version's folder.
    manifest, manifest_hash
        What it says of itself, and the hash of that.
    files
        The files that its manifest lists, as they are now.
    notebook
        The notebook's path from the project, and its source without outputs.
    data, package
        The inputs, by path from the project, and the source of this package, by path in it.
    lock
        The lock file.
    missing
        The inputs that are not here.
    origins
        Where each input was found, by hash.
    """

    folder: Path
    manifest: Mapping[str, Any]
    manifest_hash: str
    files: Mapping[str, bytes]
    notebook: tuple[str, bytes]
    data: Mapping[str, bytes]
    package: Mapping[str, bytes]
    lock: bytes | None
    missing: tuple[Missing, ...]
    origins: Mapping[str, str]

    @property
    def report(self) -> str:
        """The report's name."""
        return str(self.manifest["report"])

    @property
    def series(self) -> str:
        """The series: the report, or the report and a slug."""
        return str(self.manifest["series"])

    @property
    def version(self) -> str:
        """The version's name."""
        return str(self.manifest["version"])

    @property
    def parameters(self) -> Mapping[str, Scalar]:
        """Every parameter, as recorded."""
        found: Mapping[str, Scalar] = self.manifest["parameters"]
        return found

    @property
    def objects(self) -> dict[str, bytes]:
        """Every input that is here, by hash."""
        lock = [] if self.lock is None else [self.lock]
        named = [self.notebook[1], *self.data.values(), *self.package.values(), *lock]
        return {sha256(content): content for content in named if content}

    @property
    def kept(self) -> dict[str, bytes]:
        """The inputs that are published with it, by hash: not those withheld."""
        withheld = _withheld(self.manifest)
        hashes = self.manifest["inputs"]["data"]
        private = {hashes[name] for name in self.data if _is_withheld(name, withheld)}
        return {
            digest: content
            for digest, content in self.objects.items()
            if digest not in private or self.origins.get(digest) == OBJECTS_HERE
        }

    @property
    def is_kept_whole(self) -> bool:
        """Whether every input that is published with it is here."""
        return all(one.why == WITHHELD for one in self.missing)

    def with_data_of(self, other: Recorded) -> Recorded:
        """Return the same question asked of another version's data."""
        return replace(self, data=other.data, missing=_mixed(self, other, "data"))

    def with_code_of(self, other: Recorded) -> Recorded:
        """Return the same question answered by another version's notebook and source."""
        missing = _mixed(self, other, "notebook", "package", "lock")
        return replace(
            self, notebook=other.notebook, package=other.package, lock=other.lock, missing=missing
        )

    def with_parameters_of(self, other: Recorded) -> Recorded:
        """Return the same report with another version's parameters."""
        asked = {name: other.manifest[name] for name in ("parameters", "series")}
        return replace(self, manifest={**self.manifest, **asked})

    def require_all(self) -> None:
        """Raise an UncheckableError where an input is missing that a replay needs."""
        needed = [one for one in self.missing if one.kind != "lock"]
        if not needed:
            return
        told = "; ".join(_reason(needed, why) for why in (WITHHELD, GONE) if _of(needed, why))
        raise UncheckableError(f"{self.series} {self.version} cannot be checked: {told}")


def gather(folder: Path, *, project: Path | None = None) -> Recorded:
    """Gather what a version was made from.

    Parameters
    ----------
    folder : Path
        The version's folder; its inputs are looked up in the ``objects`` beside its series.
    project : Path, optional
        A project whose objects, work tree and git may be asked as well.

    Raises
    ------
    VerificationError
        When the manifest cannot be read, or names something that cannot be an input.
    """
    content, manifest = _manifest_of(folder)
    lookup = Lookup(objects_beside(folder, str(manifest["series"])), project)
    inputs = {kind: _hashes(manifest["inputs"], kind) for kind in ("data", "notebook", "package")}
    lock = manifest["inputs"].get("lock")
    withheld = _withheld(manifest)
    found: dict[str, dict[str, bytes]] = {}
    missing: list[Missing] = []
    origins: dict[str, str] = {}
    for kind, named in {**inputs, "lock": {LOCK_FILE: lock} if lock else {}}.items():
        found[kind] = {}
        for name, digest in sorted(named.items()):
            input = lookup.find(kind, name, str(digest))
            if input is None:
                why = WITHHELD if _is_withheld(name, withheld) else GONE
                missing.append(Missing(kind, name, str(digest), why))
            else:
                found[kind][name], origins[str(digest)] = input.content, input.origin
    path = next(iter(inputs["notebook"]))
    return Recorded(
        folder=folder,
        manifest=manifest,
        manifest_hash=sha256(content),
        files=dict(_listed_files(folder, manifest["files"])),
        notebook=(path, found["notebook"].get(path, b"")),
        data=found["data"],
        package=found["package"],
        lock=found["lock"].get(LOCK_FILE),
        missing=tuple(missing),
        origins=origins,
    )


def is_plain(path: str) -> bool:
    """Say whether a path stays where it is put, on every system."""
    return (
        bool(path)
        and path.isprintable()
        and unicodedata.is_normalized("NFC", path)
        and not set(path) & set('\\:*?"<>|')
        and all(part not in ("", ".", "..") for part in path.split("/"))
    )


def climbed(path: str) -> int:
    """Return how many folders a recorded path climbs before it goes down."""
    parts = PurePosixPath(path).parts
    return next((count for count, part in enumerate(parts) if part != ".."), len(parts))


def objects_beside(folder: Path, series: str) -> Path:
    """Return where the inputs of a version are kept: beside its series."""
    above = folder.absolute().parents
    return above[min(series.count("/") + 1, len(above) - 1)] / OBJECTS


def _manifest_of(folder: Path) -> tuple[bytes, Mapping[str, Any]]:
    try:
        content = (folder / MANIFEST).read_bytes()
    except OSError as fault:
        raise VerificationError(f"{MANIFEST} cannot be read ({fault.strerror})") from None
    manifest = parsed(MANIFEST, content)
    if manifest.get("format") not in READABLE:
        raise VerificationError(f"{MANIFEST} has a format that this release cannot read")
    faults = list(_faults(manifest))
    if faults:
        raise VerificationError(f"{MANIFEST} {faults[0]}; it was edited")
    return content, manifest


def _faults(manifest: Mapping[str, Any]) -> Iterator[str]:
    """Yield what keeps a manifest from telling what a version was made from."""
    texts = ("report", "series", "version")
    yield from (f"has no {name}" for name in texts if not isinstance(manifest.get(name), str))
    tables = ("parameters", "inputs", "files")
    lacking = [name for name in tables if not isinstance(manifest.get(name), dict)]
    yield from (f"has no {name}" for name in lacking)
    if lacking:
        return
    if not _is_list_of_texts(manifest.get("withheld", [])):
        yield "has no list of what is withheld"
    inputs = manifest["inputs"]
    for kind in ("data", "notebook", "package"):
        if not isinstance(inputs.get(kind), dict):
            yield f"has no {kind} among its inputs"
            return
        for name in inputs[kind]:
            inside = name if kind != "data" else name.removeprefix("../" * climbed(name))
            if not is_plain(inside) or climbed(name) > MOST_CLIMBED:
                yield f"names the input {name[:80]!r}, which is no path"
    if len(inputs["notebook"]) != 1:
        yield f"names {len(inputs['notebook'])} notebooks; a version has one"
    if not all(
        isinstance(told, bool | int | float | str) for told in manifest["parameters"].values()
    ):
        yield "has a parameter that is neither a number nor a text"


def _hashes(inputs: Mapping[str, Any], kind: str) -> Mapping[str, str]:
    found: Mapping[str, str] = inputs[kind]
    return found


def _listed_files(folder: Path, files: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a version that are files of its own; the intact check names the rest."""
    for name in files:
        path = folder / name
        inner = [folder / above for above in PurePosixPath(name).parents] if is_plain(name) else []
        if inner and path.is_file() and not any(one.is_symlink() for one in (path, *inner)):
            yield name, path.read_bytes()


def _is_list_of_texts(told: object) -> bool:
    return isinstance(told, list) and all(isinstance(name, str) for name in told)


def _withheld(manifest: Mapping[str, Any]) -> list[str]:
    return list(manifest.get("withheld", ()))


def _is_withheld(name: str, withheld: list[str]) -> bool:
    return any(name == told or name.startswith(f"{told.rstrip('/')}/") for told in withheld)


def _mixed(mine: Recorded, other: Recorded, *kinds: str) -> tuple[Missing, ...]:
    """Return what is missing of two versions, when inputs of these kinds are the other's."""
    own = (one for one in mine.missing if one.kind not in kinds)
    return (*own, *(one for one in other.missing if one.kind in kinds))


def _of(missing: list[Missing], why: str) -> list[str]:
    return [
        f"foistats/{one.name}" if one.kind == "package" else one.name
        for one in missing
        if one.why == why
    ]


def _reason(missing: list[Missing], why: str) -> str:
    names = _of(missing, why)
    shown = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" * (len(names) > _SHOWN))
    if why == WITHHELD:
        return f"its inputs are private, known by their hashes only ({shown})"
    return (
        f"inputs are gone ({shown}): they are neither in objects/, nor in the work tree or git "
        "with the recorded hash"
    )
