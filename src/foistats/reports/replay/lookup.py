"""The bytes of an input by its hash: from the objects, the work tree, or git.

Whatever is found is checked against its hash, so that a place cannot give anything else.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from foistats.errors import FoistatsError
from foistats.reports.freshness import PACKAGE
from foistats.reports.notebook import read_notebook
from foistats.reports.store.files import sha256
from foistats.reports.store.folders import OBJECTS

OBJECTS_HERE, OBJECTS_OF_PROJECT = "objects", "the project's objects"
WORK_TREE, INSTALLED, GIT = "the work tree", "the installed package", "git"

_GIT_SECONDS = 60
#: A repository may name programs in its settings; none of them is to run.
_GIT = ("git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "--no-pager")


@dataclass(frozen=True)
class Found:
    """An input's bytes, and where they were."""

    content: bytes
    origin: str


@dataclass(frozen=True)
class Lookup:
    """Where to look for inputs.

    Attributes
    ----------
    objects
        The folder of objects that belongs to the version.
    project
        The project whose objects, work tree and git may be asked too.
    """

    objects: Path
    project: Path | None = None
    _known: dict[str, Found | None] = field(default_factory=dict)

    def find(self, kind: str, name: str, digest: str) -> Found | None:
        """Return an input of a kind ("data", "notebook", "package", "lock"), or None."""
        if digest not in self._known:
            self._known[digest] = self._found(kind, name, digest)
        return self._known[digest]

    def _found(self, kind: str, name: str, digest: str) -> Found | None:
        for origin, candidates in self._places(kind, name, digest):
            for content in candidates():
                if sha256(content) == digest:
                    return Found(content, origin)
        return None

    def _places(
        self, kind: str, name: str, digest: str
    ) -> Iterator[tuple[str, Callable[[], Iterator[bytes]]]]:
        yield OBJECTS_HERE, lambda: _file(self.objects / digest)
        if self.project is None:
            return
        project = self.project
        kept = project / "reports" / OBJECTS / digest
        yield OBJECTS_OF_PROJECT, lambda: _file(kept)
        if kind == "package":
            yield INSTALLED, lambda: _file(PACKAGE / name)
            path = _within(project, PACKAGE / name)
        else:
            path = name
            yield WORK_TREE, lambda: _as_recorded(kind, project, name)
        if path:
            yield GIT, lambda: _in_git(kind, project, path)


def _as_recorded(kind: str, root: Path, name: str) -> Iterator[bytes]:
    """Yield a file of the work tree; a notebook as it is hashed, without what it shows."""
    if kind != "notebook":
        yield from _file(root / name)
        return
    try:
        yield read_notebook(root, name).content
    except (FoistatsError, OSError, ValueError):
        return


def _file(path: Path) -> Iterator[bytes]:
    try:
        if path.is_file():
            yield path.read_bytes()
    except (OSError, ValueError):
        return


def _within(root: Path, path: Path) -> str:
    """Return a path from a folder on, or nothing if it lies elsewhere."""
    try:
        return path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return ""


def _in_git(kind: str, root: Path, path: str) -> Iterator[bytes]:
    """Yield what a file was in any commit of the project, the newest first."""
    seen: set[bytes] = set()
    for commit in _git(root, "rev-list", "--all", "--", path).split():
        blob = _git(root, "rev-parse", "--verify", "--quiet", f"{commit.decode()}:./{path}").strip()
        if not blob or blob in seen:
            continue
        seen.add(blob)
        content = _git(root, "cat-file", "blob", blob.decode())
        yield _normalised(content) if kind == "notebook" else content


def _normalised(content: bytes) -> bytes:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "x.ipynb").write_bytes(content)
        return next(_as_recorded("notebook", Path(folder), "x.ipynb"), b"")


def _git(root: Path, *arguments: str) -> bytes:
    """Return what git says, or nothing: there may be no git, or no repository."""
    environment: Mapping[str, str] = {
        **{name: told for name, told in os.environ.items() if not name.startswith("GIT_")},
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
    }
    try:
        done = subprocess.run(
            [*_GIT, *arguments],
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_GIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return b""
    return done.stdout if done.returncode == 0 else b""
