"""One of two versions that are compared: what it says, and the bytes that it was made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from foistats.errors import ReportError, VerificationError
from foistats.reports.store.files import sha256
from foistats.reports.store.folders import OBJECTS
from foistats.reports.store.manifests import read_manifest

Kind = Literal["data", "notebook", "package"]
#: Returns the bytes of an input of a kind, by its name and hash; None if they are not here.
Kept = Callable[[str, str, str], bytes | None]

LOCK = "lock"


@dataclass(frozen=True)
class Side:
    """A version to compare.

    Attributes
    ----------
    series, version
        Which version.
    manifest
        The hash of its manifest; "" before it has one.
    parameters, inputs, withheld, environment
        As the manifest has them.
    files
        Its files, by path.
    kept
        Finds the bytes of its inputs.
    rows
        How many rows the withheld inputs have, where that was recorded.
    unknown
        What is not known any more of a version that was removed: "figures", "tables/…", "claims".
    """

    series: str
    version: str
    manifest: str
    parameters: Mapping[str, Any]
    inputs: Mapping[str, Any]
    withheld: frozenset[str]
    environment: Mapping[str, Any]
    files: Mapping[str, bytes]
    kept: Kept
    rows: Mapping[str, int] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset()

    def hashes(self, kind: Kind) -> Mapping[str, str]:
        """Return the hashes of its inputs of a kind, by name."""
        found = self.inputs.get(kind)
        return found if isinstance(found, Mapping) else {}

    def content(self, kind: Kind, name: str) -> bytes | None:
        """Return the bytes of an input; None if they are not here, or it has no such input."""
        digest = self.hashes(kind).get(name)
        return None if digest is None else self.kept(kind, name, digest)

    @property
    def lock(self) -> str | None:
        """The hash of its lock file."""
        return self.inputs.get(LOCK)


def published_side(reports: Path, series: str, version: str, kept: Kept) -> Side:
    """Return a version that stands.

    Raises
    ------
    VerificationError
        When its manifest cannot be read or a file is not what was published.
    """
    folder = reports / series
    try:
        content, manifest = read_manifest(folder, series, version)
    except ReportError as fault:
        raise VerificationError(str(fault)) from None
    return side_of(
        manifest,
        manifest_hash=sha256(content),
        files=dict(_files(folder / version, f"{series}/{version}", manifest["files"])),
        kept=kept,
    )


def side_of(
    manifest: Mapping[str, Any],
    *,
    manifest_hash: str,
    files: Mapping[str, bytes],
    kept: Kept,
    rows: Mapping[str, int] | None = None,
) -> Side:
    """Return a version by its manifest and its files."""
    withheld = manifest.get("withheld") or ()
    environment = manifest.get("environment")
    return Side(
        series=str(manifest.get("series", "")),
        version=str(manifest.get("version", "")),
        manifest=manifest_hash,
        parameters=manifest["parameters"],
        inputs=manifest["inputs"],
        withheld=frozenset(map(str, withheld)),
        environment=environment if isinstance(environment, Mapping) else {},
        files=files,
        kept=kept,
        rows=rows or {},
    )


def kept_in_objects(reports: Path) -> Kept:
    """Return what finds an input's bytes in ``reports/objects/`` alone."""

    def found(kind: str, name: str, digest: str) -> bytes | None:
        try:
            content = (reports / OBJECTS / digest).read_bytes()
        except (OSError, ValueError):
            return None
        return content if sha256(content) == digest else None

    return found


def _files(folder: Path, label: str, listed: Mapping[str, str]) -> Mapping[str, bytes]:
    files: dict[str, bytes] = {}
    for name, digest in listed.items():
        try:
            files[name] = (folder / name).read_bytes()
        except (OSError, ValueError):
            raise VerificationError(
                f"{label}/{name} cannot be read; foistats verify says what else differs"
            ) from None
        if sha256(files[name]) != digest:
            raise VerificationError(
                f"{label}/{name} is not what was published, so that nothing can be told from it; "
                "foistats verify says what else differs; restore it, for example with git checkout"
            )
    return files
