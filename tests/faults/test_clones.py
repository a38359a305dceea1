"""A clone made where git rewrites the ends of lines, and one that moved."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

ATTRIBUTES = Path(__file__).parents[2] / ".gitattributes"
WORKS = (
    "import pandas as pd\nfrom foistats import publish",
    "publish.table('t', pd.DataFrame({'a\\r\\nb': ['x\\r\\ny', 'z']}), 'Lines')",
    "publish.value('things', n)",
)


@pytest.fixture
def git(folder):
    """Run git with no settings but those given."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")

    def run(*arguments: str) -> str:
        settings = ("user.name=a", "user.email=a@b.example", "commit.gpgsign=false")
        options = [part for setting in settings for part in ("-c", setting)]
        done = subprocess.run(
            ["git", *options, *arguments],
            cwd=folder.root,
            env={"PATH": "/usr/bin:/bin", "HOME": str(folder.root.parent), "LC_ALL": "C"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture
def committed(folder, git):
    """A project with its reports in a repository."""
    folder.notebook(*WORKS)
    folder.write("data/pa/windows.csv", "force,n\r\nKent,3\r\n")
    shutil.copy(ATTRIBUTES, folder.root / ".gitattributes")
    folder.write(".gitignore", "reports/.*\n")
    assert folder.foistats("run").code == 0
    git("init", "--quiet")
    git("add", "--all")
    git("commit", "--quiet", "--message", "reports")
    return folder


@pytest.mark.parametrize("setting", ["core.autocrlf=true", "core.autocrlf=input", "core.eol=crlf"])
def test_a_clone_has_the_same_bytes(committed, git, aftermath, monkeypatch, setting) -> None:
    clone = committed.root.parent / "clone"
    git("-c", setting, "clone", "--quiet", "--config", setting, str(committed.root), str(clone))
    if setting == "core.autocrlf=true":
        assert b"\r\n" in (clone / "foistats.toml").read_bytes(), "git rewrote nothing: no test"
    monkeypatch.chdir(clone)
    assert committed.foistats("status").out.split() == ["severity", "fresh", "v001"]
    answer = committed.foistats("run")
    assert (answer.code, answer.out) == (0, "severity  unchanged  v001\n")
    assert committed.foistats("verify", "--all").code == 0
    assert git("-C", str(clone), "status", "--porcelain") == ""
    monkeypatch.chdir(committed.root)
    aftermath.recovers()


def test_committing_touching_and_resaving_rerun_nothing(committed, git, aftermath) -> None:
    for path in committed.root.rglob("data/**/*"):
        path.touch()
    told = committed.json("notebooks/severity.ipynb")
    told["metadata"] = {"kernelspec": {"name": "elsewhere"}}
    told["cells"][1] |= {"execution_count": 7, "outputs": []}
    committed.write("notebooks/severity.ipynb", json.dumps(told, indent=4))
    answer = committed.foistats("run")
    assert answer.out == "severity  unchanged  v001\n"
    assert git("status", "--porcelain").split() == ["M", "notebooks/severity.ipynb"]
    aftermath.recovers()
