"""A small project in a temporary folder, and the command line run inside it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from foistats.cli import main
from foistats.reports import freshness

STUDIES = Path(__file__).parent / "studies"
PARAMETERS = (
    'study: str = "pa"  # the study\nlink: str = "logit"  # the link\nn: int = 3  # a count'
)
DECLARED = """\
[reports.severity]
notebook = "notebooks/severity.ipynb"
inputs   = ["data/{study}"]
timeout  = 60

[reports.severity.parameters.study]
allowed = "study"
meaning = "the study to report on"

[reports.severity.parameters.link]
allowed = ["logit", "probit"]
meaning = "link function"

[reports.severity.parameters.n]
meaning = "a number of things"
"""


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Folder:
    """The project's folder and what tests do with it."""

    root: Path
    capsys: pytest.CaptureFixture[str]

    def foistats(self, *arguments: str) -> Answer:
        self.capsys.readouterr()
        code = main(arguments)
        said = self.capsys.readouterr()
        return Answer(code, said.out, said.err)

    def write(self, path: str, text: str) -> Path:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        return target

    def notebook(self, *code: str, name: str = "severity", parameters: str = PARAMETERS) -> Path:
        cells = [
            _cell("title", "markdown", "# How severe?"),
            _cell("p", "code", parameters, "parameters"),
        ]
        cells += [
            _cell(f"c{number}", "code", source) for number, source in enumerate(code, start=1)
        ]
        return self.write_notebook(cells, name=name)

    def write_notebook(self, cells: Iterable[dict[str, object]], *, name: str = "severity") -> Path:
        document = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells)}
        return self.write(f"notebooks/{name}.ipynb", json.dumps(document))

    def package(self, text: str) -> None:
        """Write the source that stands for the package's, so that tests may change it."""
        path = self.root.parent / "package" / "publish.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def command(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start the command line in a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "foistats", *arguments],
            cwd=self.root,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def json(self, path: str) -> dict[str, object]:
        found: dict[str, object] = json.loads((self.root / path).read_text(encoding="utf-8"))
        return found

    def published(self) -> list[str]:
        """Every file below reports/ that is not ignored by git."""
        files = (
            path.relative_to(self.root / "reports") for path in (self.root / "reports").rglob("*")
        )
        return sorted(
            path.as_posix()
            for path in files
            if not path.parts[0].startswith(".") and (self.root / "reports" / path).is_file()
        )


def _cell(id: str, kind: str, source: str, *tags: str) -> dict[str, object]:
    cell: dict[str, object] = {"id": id, "cell_type": kind, "source": source}
    cell["metadata"] = {"tags": list(tags)} if tags else {}
    return cell | ({"outputs": [], "execution_count": None} if kind == "code" else {})


@pytest.fixture
def cell():
    return _cell


@pytest.fixture
def folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Folder:
    """A project with one report, one study and a notebook that publishes one value."""
    made = Folder(tmp_path / "project", capsys)
    made.write("foistats.toml", DECLARED)
    made.write("data/pa/study.toml", "[study]\nas_of = 2014-06-30\n")
    made.write("data/pa/statements.csv", "force,n\nKent,3\n")
    made.notebook("from foistats import publish", 'publish.value("things", n)')
    monkeypatch.chdir(made.root)
    monkeypatch.delenv("FOISTATS_PROJECT", raising=False)
    made.package("first")
    monkeypatch.setattr(freshness, "PACKAGE", tmp_path / "package")
    return made


@pytest.fixture
def kitchens(tmp_path: Path) -> Path:
    """A copy of the invented study, to be broken."""
    return Path(shutil.copytree(STUDIES / "kitchens", tmp_path / "kitchens"))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where everything is installed, a skipped test is a failure."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("FOISTATS_CI") and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
