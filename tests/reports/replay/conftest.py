"""A small project that was really published, with the real source; and copies to tamper with."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from foistats.reports.replay import follows
from foistats.reports.replay.follows import Answer, Reviewer
from foistats.reports.replay.recorded import Recorded
from foistats.reports.replay.replay import Replay, replayed_in

DECLARED = """\
[reports.severity]
notebook = "notebooks/severity.ipynb"
inputs   = ["data/{study}"]
timeout  = 60

[reports.severity.parameters.study]
allowed = "study"
meaning = "the study to report on"

[reports.severity.parameters.weight]
minimum = 0
unit    = "points"
meaning = "what a case counts"
"""
CELLS = {
    "p": 'study: str = "pa"  # the study\nweight: float = 1.5  # the weight',
    "read": (
        "import matplotlib.pyplot as plt\nimport numpy as np\nimport pandas as pd\n"
        "from foistats import publish\nfrom foistats.study import find_study"
    ),
    "fit": (
        'cases = pd.read_csv(find_study(study) / "statements.csv")\n'
        "slope = np.polyfit(cases.index, cases.n * weight, 1)[0]"
    ),
    "tell": (
        'publish.value("cases", int(cases.n.sum()), unit="cases")\n'
        'publish.value("slope", float(slope))\n'
        'publish.value("place", str(cases.force[0]))'
    ),
    "say": 'publish.say("There are {cases}, with a slope of {slope}.")',
    "table": 'publish.table("by_force", cases.assign(share=cases.n / cases.n.sum()), "By force")',
    "figure": (
        "drawn, axes = plt.subplots(figsize=(3, 2))\naxes.plot(cases.index, cases.n)\n"
        'publish.figure("line", drawn, alt="cases by force", data=cases, caption="Cases")'
    ),
    "print": "print(cases.to_string())",
}


@dataclass(frozen=True)
class Shelf:
    """A project with published versions."""

    root: Path

    def version(self, name: str = "v002", series: str = "severity") -> Path:
        return self.root / "reports" / series / name

    def foistats(self, *arguments: str, cwd: Path | None = None, **environment: str):
        """Run the command line in a process of its own."""
        inherited = {name: told for name, told in os.environ.items() if name != "FOISTATS_PROJECT"}
        return subprocess.run(
            [sys.executable, "-m", "foistats", *arguments],
            cwd=cwd or self.root,
            env={**inherited, **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def manifest(self, name: str = "v002", series: str = "severity") -> dict[str, Any]:
        return json.loads((self.version(name, series) / "manifest.json").read_bytes())

    def seal(self, folder: Path, **changes: Any) -> None:
        """Rewrite every record of a version to match what lies in it, as a forger would."""
        told = json.loads((folder / "manifest.json").read_bytes()) | changes
        listed = [path for path in folder.rglob("*") if path.is_file()]
        names = {path.relative_to(folder).as_posix() for path in listed}
        names -= {"manifest.json", "run.json", "ro-crate-metadata.json"}
        told["files"] = {name: sha256((folder / name).read_bytes()) for name in sorted(names)}
        manifest = json_bytes(told)
        (folder / "manifest.json").write_bytes(manifest)
        run = json.loads((folder / "run.json").read_bytes()) | {"manifest": sha256(manifest)}
        (folder / "run.json").write_bytes(json_bytes(run))
        crate = json.loads((folder / "ro-crate-metadata.json").read_bytes())
        for entity in crate["@graph"]:
            path = folder / entity["@id"]
            if "sha256" in entity and path.is_file():
                entity["sha256"] = sha256(path.read_bytes())
        (folder / "ro-crate-metadata.json").write_bytes(json_bytes(crate))

    def edit(self, name: str, edit: Callable[[str], str], version: str = "v002") -> None:
        """Change the text of a file of a version."""
        path = self.version(version) / name
        before = path.read_text(encoding="utf-8")
        after = edit(before)
        assert after != before, name
        path.write_text(after, encoding="utf-8")

    def replace_input(self, name: str, content: bytes, version: str = "v002") -> None:
        """Swap an input with its hash everywhere."""
        before = sha256_of_input(self.manifest(version), name)
        put = self.root / "reports" / "objects" / sha256(content)
        put.write_bytes(content)
        folder = self.version(version)
        for path in (path for path in folder.rglob("*") if path.is_file()):
            text = path.read_bytes().replace(before.encode(), sha256(content).encode())
            path.write_bytes(text.replace(before[:12].encode(), sha256(content)[:12].encode()))
        self.seal(folder)

    def asks(self, folder: Path | None = None, **given: Any) -> Answer:
        reviewer = Reviewer(**{"project": self.root, **given})
        return reviewer.asks(folder or self.version())


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def sha256_of_input(manifest: dict[str, Any], name: str) -> str:
    return next(told[name] for told in manifest["inputs"].values() if told and name in told)


def json_bytes(document: object) -> bytes:
    text = json.dumps(document, sort_keys=True, indent=1, ensure_ascii=False)
    return f"{text}\n".encode()


def _cell(id: str, source: str) -> dict[str, Any]:
    tags = {"tags": ["parameters"]} if id == "p" else {}
    return {
        "id": id,
        "cell_type": "code",
        "metadata": tags,
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


def write_project(root: Path, cells: dict[str, str] = CELLS) -> None:
    title = {"id": "title", "cell_type": "markdown", "metadata": {}, "source": "# How severe?"}
    notebook = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {},
        "cells": [title, *(_cell(*told) for told in cells.items())],
    }
    files = {
        "foistats.toml": DECLARED,
        "data/pa/study.toml": '[study]\ntitle = "Cases"\nas_of = 2014-06-30\n',
        "data/pa/statements.csv": "force,n\nKent,3\nEssex,7\nSurrey,12\nSussex,20\n",
        "data/pa/sources.csv": "source,published,state\none,2014-05-01,\ntwo,2015-02-01,\n",
        "notebooks/severity.ipynb": json.dumps(notebook),
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two versions of a report, and one of it with another weight."""
    shelf = Shelf(tmp_path_factory.mktemp("made") / "project")
    write_project(shelf.root)
    run(shelf, "run", "severity")
    data = shelf.root / "data/pa/statements.csv"
    data.write_text(data.read_text().replace("Kent,3", "Kent,4"))
    run(shelf, "run", "severity")
    run(shelf, "run", "severity", "-p", "weight", "2.5")
    return shelf.root


def run(shelf: Shelf, *arguments: str) -> None:
    done = shelf.foistats(*arguments)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def shelf(made: Path, tmp_path: Path) -> Shelf:
    """A copy of what was made, to tamper with."""
    return Shelf(Path(shutil.copytree(made, tmp_path / "project")))


_REPLAYS: dict[str, Replay] = {}


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the same record once in a session: what tampers with results leaves it as it is."""

    def remembered(scratch: Any, recorded: Recorded, **given: Any) -> Replay:
        told = [recorded.notebook[0], json.dumps(dict(recorded.parameters)), recorded.series]
        held = {**recorded.data, **recorded.package, "": recorded.notebook[1]}
        told += [f"{name} {sha256(content)}" for name, content in sorted(held.items())]
        key = sha256("\n".join(told).encode())
        if key not in _REPLAYS:
            _REPLAYS[key] = replayed_in(scratch, recorded, **given)
        return _REPLAYS[key]

    monkeypatch.setattr(follows, "replayed_in", remembered)
