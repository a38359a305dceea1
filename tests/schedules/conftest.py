"""The recipes of docs/schedules, and a project in git that they are tried on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

RECIPES = Path(__file__).parents[2] / "docs" / "schedules"
#: Where the recipes say that the project is.
PLACE = "/srv/foistats"
NOBODY = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Nobody",
    "GIT_AUTHOR_EMAIL": "nobody@example.org",
    "GIT_COMMITTER_NAME": "Nobody",
    "GIT_COMMITTER_EMAIL": "nobody@example.org",
}


@dataclass(frozen=True)
class Checkout:
    """A clone of a project, with its environment in `.venv` as `make` makes it."""

    root: Path

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.root,
            env={**os.environ, **NOBODY},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "as it is")

    def changes(self) -> str:
        return self.git("status", "--porcelain")

    def write(self, path: str, text: str) -> None:
        (self.root / path).write_text(text, encoding="utf-8")

    def break_notebook(self) -> None:
        path = self.root / "notebooks/severity.ipynb"
        broken = path.read_text(encoding="utf-8").replace("publish.value", "publish.valeu")
        path.write_text(broken, encoding="utf-8")

    def versions(self) -> list[str]:
        return sorted(path.name for path in (self.root / "reports/severity").glob("v*"))

    def status(self) -> dict[str, object]:
        """What the status file says; nothing before the first run."""
        try:
            found: dict[str, object] = json.loads(
                (self.root / "reports/.status.json").read_text(encoding="utf-8")
            )
        except FileNotFoundError:
            return {}
        return found

    def log(self) -> list[dict[str, object]]:
        """The run log, line by line."""
        path = self.root / "reports/.run-log.jsonl"
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        return [json.loads(line) for line in lines]


def recipe(name: str, root: Path | None = None) -> str:
    """The text of a recipe, for the project in a folder if one is given."""
    text = (RECIPES / name).read_text(encoding="utf-8")
    if root is None:
        return text
    assert PLACE in text
    return text.replace(PLACE, str(root))


@pytest.fixture
def checkout(folder) -> Checkout:
    """A project with one report, committed and pushed to a remote beside it."""
    made = Checkout(folder.root)
    folder.write(".gitignore", ".venv/\nreports/.*\n")
    folder.write(".gitattributes", "reports/** -text\ndata/** -text\n")
    folder.write("tools/install.sh", 'test -x "$1/bin/foistats"\n')
    shutil.copytree(RECIPES, folder.root / "docs/schedules")
    _environment(folder.root / ".venv/bin")
    made.git("init", "--quiet", "--initial-branch", "main")
    made.commit()
    remote = folder.root.parent / "remote.git"
    made.git("init", "--quiet", "--bare", "--initial-branch", "main", str(remote))
    made.git("remote", "add", "origin", str(remote))
    made.git("push", "--quiet", "--set-upstream", "origin", "main")
    return made


def _environment(folder: Path) -> None:
    folder.mkdir(parents=True)
    for name, command in (("python", ""), ("foistats", "-m foistats")):
        path = folder / name
        path.write_text(f'#!/bin/sh\nexec "{sys.executable}" {command} "$@"\n', encoding="utf-8")
        path.chmod(0o755)
