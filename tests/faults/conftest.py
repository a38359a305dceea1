"""A project that faults happen to, and what has to hold after each of them.

The notebooks' processes are real; the runner is a process of its own where it is what the
fault happens to. Everything is judged from the files, independently of the package, and then
by `foistats verify --all` and a run that has to succeed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from foistats.reports import freshness

PACKAGE = freshness.PACKAGE
#: What a run may leave below reports/ that is not published, and git ignores.
KEPT = {".failed", ".gitignore", ".lock", ".matplotlib", ".run-log.jsonl", ".status.json"}
WORKS = ("from foistats import publish", "publish.value('things', n)")


@dataclass(frozen=True)
class Aftermath:
    """What has to hold in a project's folder, whatever happened."""

    folder: Any

    @property
    def reports(self) -> Path:
        return self.folder.root / "reports"

    def pointed(self) -> dict[str, str]:
        """The version each pointer names, by series."""
        found = self.reports.glob("[!.]*/**/latest.json")
        return {
            path.parent.relative_to(self.reports).as_posix(): json.loads(path.read_text())[
                "version"
            ]
            for path in found
        }

    def intact(self) -> None:
        """Every version is what its manifest says, and every pointer names one."""
        for version in self.versions():
            assert list(_version_faults(version)) == []
        for series, version in self.pointed().items():
            assert (self.reports / series / version).is_dir(), f"{series} points to {version}"
        verified = self.folder.foistats("verify", "--all")
        assert verified.code == 0, verified.out + verified.err

    def versions(self) -> list[Path]:
        """The folders of all versions."""
        found = self.reports.rglob("v[0-9][0-9][0-9]")
        return sorted(path for path in found if ".staging-" not in path.as_posix())

    def clean(self) -> None:
        """Nothing temporary is left."""
        hidden = {path.name for path in self.reports.glob(".*")}
        assert hidden <= KEPT
        assert [path for path in self.reports.rglob(".*") if path.name.startswith(".tmp")] == []
        for version in self.versions():
            assert (version.parent / "latest.json").is_file()

    def recovers(self, *arguments: str) -> Any:
        """Everything is intact, the next run succeeds, and nothing is left of the fault."""
        self.intact()
        answer = self.folder.foistats("run", *arguments)
        assert answer.code == 0, answer.err
        self.intact()
        self.clean()
        for series, version in self.pointed().items():
            newest = max(path.name for path in (self.reports / series).glob("v[0-9]*/"))
            assert version == newest
        again = self.folder.foistats("run", *arguments)
        assert again.code == 0
        assert "published" not in again.out
        return answer

    def status(self) -> dict[str, Any]:
        """The status file."""
        return self.folder.json("reports/.status.json")


def _version_faults(version: Path) -> Iterator[str]:
    content = (version / "manifest.json").read_bytes()
    manifest = json.loads(content)
    there = {path.relative_to(version).as_posix() for path in version.rglob("*") if path.is_file()}
    loose = {"manifest.json", "run.json", "ro-crate-metadata.json"}
    if there != {*manifest["files"], *loose}:
        yield f"{version}: other files than the manifest lists"
    for name, told in manifest["files"].items():
        if _digest(version / name) != told:
            yield f"{version}/{name}: another hash"
    if json.loads((version / "run.json").read_text())["manifest"] != _hex(content):
        yield f"{version}: run.json is of another manifest"


def _digest(path: Path) -> str:
    return _hex(path.read_bytes())


def _hex(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def folder(folder: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The project, with the package's own source: runs in and out of this process agree."""
    monkeypatch.setattr(freshness, "PACKAGE", PACKAGE)
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    yield folder
    for pid in processes_of(folder.root):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The reports folder that the first test published, for the others to copy."""
    return []


@pytest.fixture
def published(folder: Any, once: list[Path], tmp_path_factory: pytest.TempPathFactory) -> None:
    """One version of one report stands, and is fresh."""
    folder.notebook(*WORKS)
    reports = folder.root / "reports"
    if once:
        shutil.copytree(once[0], reports)
        return
    answer = folder.foistats("run")
    assert answer.code == 0, answer.err
    kept = tmp_path_factory.mktemp("published") / "reports"
    once.append(Path(shutil.copytree(reports, kept)))


@pytest.fixture
def aftermath(folder: Any) -> Aftermath:
    """What has to hold afterwards."""
    return Aftermath(folder)


@pytest.fixture
def declare(folder: Any) -> Callable[..., None]:
    """Declare a second report, or another timeout."""

    def change(*reports: str, timeout: int = 60) -> None:
        path = folder.root / "foistats.toml"
        text = re.sub(r"timeout +=.*", f"timeout = {timeout}", path.read_text())
        for name in reports:
            text += f'\n[reports.{name}]\nnotebook = "notebooks/{name}.ipynb"\ntimeout = 60\n'
            text += 'inputs = ["data/pa"]\n'
        path.write_text(text)

    return change


@pytest.fixture
def runners() -> Iterator[list[subprocess.Popen[str]]]:
    """The runners that a test started; they end when it does."""
    runners: list[subprocess.Popen[str]] = []
    yield runners
    for runner in runners:
        runner.kill()
        runner.communicate()


@pytest.fixture
def started(
    folder: Any, runners: list[subprocess.Popen[str]]
) -> Callable[..., subprocess.Popen[str]]:
    """Start a runner of its own."""

    def start(*arguments: str, **environment: str) -> subprocess.Popen[str]:
        runners.append(folder.command(*arguments, **environment))
        return runners[-1]

    return start


@pytest.fixture
def running() -> Callable[[Path], list[int]]:
    """The processes that belong to a project: its kernels, their nursery, their children."""
    return processes_of


@pytest.fixture
def wait_for() -> Callable[..., Any]:
    """Wait until a condition holds, and return what it gave."""
    return _wait_for


@pytest.fixture
def reached(
    folder: Any, runners: list[subprocess.Popen[str]], wait_for: Callable[..., Any]
) -> Callable[..., Path]:
    """Wait until a notebook has written a file to its working folder; return the file."""

    def wait(name: str = "here") -> Path:
        def written() -> Path | None:
            assert runners[-1].poll() is None, runners[-1].communicate()
            places = folder.root.glob("reports/.staging-*")
            files = (place / "work" / name for place in places)
            return next((file for file in files if file.is_file()), None)

        return wait_for(written)

    return wait


@pytest.fixture
def in_namespace() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a shell script in a user and mount namespace of its own."""
    command = ["unshare", "--user", "--map-root-user", "--mount"]
    try:
        subprocess.run([*command, "true"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError) as fault:
        pytest.skip(f"no user namespaces here: {fault}")

    def run(script: str, folder: Path, **told: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command, "sh", "-ec", script],
            cwd=folder,
            env={**os.environ, **told},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


def processes_of(root: Path) -> list[int]:
    """The live processes started for a project, this one and its commands not counted."""
    mark = f"FOISTATS_PROJECT={root}".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            if state != "Z" and mark in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
    return found


def _wait_for(condition: Callable[[], Any], seconds: float = 60) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.02)
    found = condition()
    assert found, f"it did not happen within {seconds} seconds"
    return found
