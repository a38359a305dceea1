"""A series to publish in, and a look at whether everything published is whole."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from foistats.reports.store.files import json_text, sha256
from foistats.reports.store.versions import (
    Edition,
    latest,
    manifest_of,
    next_version,
    point,
    publish,
)

INPUT = b"force,n\nKent,3\n"
EDITION = Edition(
    report="severity",
    series="severity",
    key="k1",
    title="How severe?",
    as_of="30 June 2014",
    parameters={"n": 1},
    inputs={"data": {"data/a.csv": sha256(INPUT)}, "lock": None},
    withheld=(),
    sources={},
    environment={"python": "3.11", "differs_from_lock": []},
    change="First version.",
)
FILES = {"values.json": b"{}\n", "tables/t.csv": b"a\n", "report.html": b"<p>"}


@dataclass(frozen=True)
class Shop:
    """A reports folder and what is done with it."""

    reports: Path
    series: str = "severity"

    @property
    def folder(self) -> Path:
        return self.reports / self.series

    @property
    def edition(self) -> Edition:
        return replace(EDITION, series=self.series, report=self.series.split("/")[0])

    def of(self, series: str) -> Shop:
        return Shop(self.reports, series)

    def content(self, files: Mapping[str, bytes] = FILES, **told: object) -> dict[str, bytes]:
        newest = latest(self.reports, self.series)
        manifest = json_text(manifest_of(replace(self.edition, **told), newest, files))
        run = json_text({"manifest": sha256(manifest)})
        return {**files, "manifest.json": manifest, "run.json": run}

    def publish(self, files: Mapping[str, bytes] = FILES, **told: object) -> str:
        version = next_version(latest(self.reports, self.series))
        objects = {sha256(INPUT): INPUT} if "inputs" not in told else told.pop("objects")
        publish(self.reports, self.series, version, self.content(files, **told), objects)
        point(self.reports, self.series, version, str(told.get("key", "k1")))
        return version

    def pointer(self) -> dict[str, str]:
        return json.loads((self.folder / "latest.json").read_text())

    def tree(self) -> dict[str, bytes | None]:
        """Every file and folder below the reports folder but the lock."""
        paths = sorted(self.reports.rglob("*"))
        return {
            path.relative_to(self.reports).as_posix(): path.read_bytes() if path.is_file() else None
            for path in paths
            if path.name != ".lock"
        }

    def faults(self) -> list[str]:
        """What is wrong with anything published; independent of the package."""
        return [fault for folder in self._series() for fault in _series_faults(folder)]

    def left_over(self) -> list[str]:
        return [path.name for path in self.reports.rglob(".*") if path.name != ".lock"]

    def _series(self) -> set[Path]:
        found = (path.relative_to(self.reports) for path in self.reports.rglob("v[0-9][0-9][0-9]*"))
        return {self.reports / path.parent for path in found if not path.as_posix().startswith(".")}


def _series_faults(folder: Path) -> Iterator[str]:
    standing = sorted(path for path in folder.iterdir() if path.is_dir() and path.name[0] == "v")
    hashes: dict[int, str] = {}
    for path in folder.glob("v*.json"):
        hashes[int(path.stem[1:])] = json.loads(path.read_text())["manifest"]
    for version in standing:
        yield from _version_faults(version)
        hashes[int(version.name[1:])] = _digest(version / "manifest.json")
    if sorted(hashes) != list(range(1, len(hashes) + 1)):
        yield f"{folder.name}: a number is missing: {sorted(hashes)}"
    for version in standing:
        number = int(version.name[1:])
        before = json.loads((version / "manifest.json").read_text())["predecessor"]
        if before != hashes.get(number - 1):
            yield f"{version.name}: the chain is broken"
    pointer = folder / "latest.json"
    if pointer.is_file():
        named = json.loads(pointer.read_text())["version"]
        if not (folder / named).is_dir():
            yield f"the pointer names {named}"


def _version_faults(version: Path) -> Iterator[str]:
    manifest = json.loads((version / "manifest.json").read_text())
    for name, told in manifest["files"].items():
        if _digest(version / name) != told:
            yield f"{version.name}/{name} is not what the manifest says"
    if json.loads((version / "run.json").read_text())["manifest"] != _digest(
        version / "manifest.json"
    ):
        yield f"{version.name}: run.json"
    for told in manifest["inputs"]["data"].values():
        if _digest(version.parents[manifest["series"].count("/") + 1] / "objects" / told) != told:
            yield f"{version.name}: an object"


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "reports")


@pytest.fixture
def in_mount(tmp_path: Path):
    """Run a script where `shell` mounted something, in a user namespace of its own."""
    probe = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", "true"], capture_output=True
    )
    if probe.returncode:
        pytest.skip(f"no user namespaces here: {probe.stderr.decode().strip()}")

    def run(shell: str, script: str) -> subprocess.CompletedProcess[str]:
        command = f'set -e\n{shell}\nexec "$PYTHON" -c "$SCRIPT"'
        return subprocess.run(
            ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", command],
            env={**os.environ, "PYTHON": sys.executable, "SCRIPT": script},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run
