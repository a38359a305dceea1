"""Notebooks that write where they should not, by whatever door."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

WORKS = ("from foistats import publish", "publish.value('things', n)")
#: What is written to, from the project's folder on; "home" is the user's.
PLACES = {
    "a published version": "reports/severity/v001/values.json",
    "the pointer": "reports/severity/latest.json",
    "a kept input": "reports/objects/mine",
    "the data": "data/pa/statements.csv",
    "the notebook": "notebooks/severity.ipynb",
    "the declarations": "foistats.toml",
    "home": "../home/mine.txt",
}
FAST = ("a published version", "home")
#: How; PATH stands for the place, and a file named "mine" lies in the working folder.
DOORS = {
    "open": "open(PATH, 'a').write('x')",
    "os.open": "import os; os.write(os.open(PATH, os.O_WRONLY | os.O_CREAT), b'x')",
    "os.open in a folder": "import os; d = os.open(os.path.dirname(PATH), os.O_RDONLY)\n"
    "os.write(os.open(os.path.basename(PATH), os.O_WRONLY | os.O_CREAT, dir_fd=d), b'x')",
    "pathlib": "import pathlib; pathlib.Path(PATH).write_text('x')",
    "unlink": "import pathlib; pathlib.Path(PATH).unlink(missing_ok=True)",
    "replace": "import os; os.replace('mine', PATH)",
    "rename away": "import os; os.rename(PATH, 'stolen')",
    "truncate": "import os; os.truncate(PATH, 0)",
    "chmod": "import os; os.chmod(PATH, 0)",
    "symlink": "import os; os.symlink(PATH, 'link'); open('link', 'w').write('x')",
    "hard link": "import os; os.link(PATH, 'hard'); open('hard', 'w').write('x')",
    "shutil.copy": "import shutil; shutil.copy('mine', PATH)",
    "shutil.move": "import shutil; shutil.move('mine', PATH)",
    "shutil.rmtree": "import os, shutil; shutil.rmtree(os.path.dirname(PATH))",
    "pandas": "import pandas as pd; pd.DataFrame({'a': [1]}).to_csv(PATH)",
    "numpy.save": "import numpy as np; np.save(PATH, np.arange(3))",
    "numpy.tofile": "import numpy as np; np.arange(3).tofile(PATH)",
    "numpy.memmap": "import numpy as np; np.memmap(PATH, mode='w+', shape=3)",
    "sqlite3": "import sqlite3; sqlite3.connect(PATH).execute('create table t (x)')",
    "sqlite3 by address": "import sqlite3\n"
    "sqlite3.connect('file:' + PATH, uri=True).execute('create table t (x)')",
    "sqlite3 attached": "import sqlite3\n"
    "sqlite3.connect(':memory:').execute('attach ? as t', [PATH]).execute('create table t.t (x)')",
    "gzip": "import gzip; gzip.open(PATH, 'wb').write(b'x')",
    "zipfile": "import zipfile; zipfile.ZipFile(PATH, 'w').writestr('x', 'x')",
    "savefig": "import matplotlib.pyplot as plt; plt.figure().savefig(PATH, format='svg')",
    "%%writefile": "%%writefile PLAIN\nx",
}
#: What a notebook can do that Python's audit events do not tell.
UNSEEN = {"sqlite3 attached"}


@pytest.fixture
def home(folder, monkeypatch) -> Path:
    path = folder.root.parent / "home"
    path.mkdir()
    (path / "mine.txt").write_text("home")
    monkeypatch.setenv("HOME", str(path))
    return path


def cell(door: str, path: Path) -> str:
    text = DOORS[door].replace("PLAIN", str(path))
    return text if text.startswith("%%") else text.replace("PATH", repr(str(path)))


def tree(root: Path) -> dict[str, tuple[int, bytes]]:
    return {
        path.relative_to(root).as_posix(): (path.stat().st_mode, path.read_bytes())
        for path in sorted(root.rglob("*"))
        if path.is_file() and not path.relative_to(root).as_posix().startswith("reports/.")
    }


@pytest.mark.parametrize(
    "place",
    [
        pytest.param(place, id=id, marks=[] if id in FAST else pytest.mark.slow)
        for id, place in PLACES.items()
    ],
)
def test_no_door_leads_there(published, folder, home, aftermath, place) -> None:
    """All doors in one notebook: each is shut, each is named, and nothing changes."""
    path = (folder.root / place).resolve()
    doors = [door for door in DOORS if door not in UNSEEN]
    shut = [
        f"open('mine', 'w').write('x')\ntry:\n{_indented(cell(door, path))}\n"
        "except OSError as fault:\n    print(type(fault).__name__, file=told)\nelse:\n"
        f"    print('OPEN: {door}', file=told)"
        for door in doors
        if not DOORS[door].startswith("%%")
    ]
    folder.notebook(*WORKS, "import sys\ntold = sys.stdout", *shut, cell("%%writefile", path))
    before = tree(folder.root), tree(home)
    answer = folder.foistats("run")
    assert answer.code == 1
    assert (tree(folder.root), tree(home)) == before
    failed = folder.json("reports/.failed/severity/report.ipynb")
    printed = "".join(
        "".join(output.get("text", ()))
        for code in failed["cells"]
        for output in code.get("outputs", ())
        if output["output_type"] == "stream"
    )
    assert "OPEN" not in printed
    named = place if not place.startswith("..") else str(path)
    assert f"a notebook writes in its working folder only, not to {named}" in answer.err
    folder.notebook(*WORKS, "1 + 1")
    aftermath.recovers()
    assert aftermath.pointed() == {"severity": "v002"}


@pytest.mark.parametrize("door", ["pandas", pytest.param("shutil.copy", marks=pytest.mark.slow)])
def test_a_write_that_the_notebook_hides_blocks_publication(
    published, folder, aftermath, door
) -> None:
    path = folder.root / "data/pa/statements.csv"
    hidden = (
        f"open('mine', 'w').write('x')\ntry:\n{_indented(cell(door, path))}\nexcept OSError: pass"
    )
    folder.notebook(*WORKS, hidden)
    answer = folder.foistats("run")
    assert answer.code == 1
    assert (
        "code cell 4 writes to data/pa/statements.csv, outside its working folder; " in answer.err
    )
    assert aftermath.pointed() == {"severity": "v001"}
    folder.notebook(*WORKS, "1 + 1")
    aftermath.recovers()


def test_a_read_that_is_not_declared_blocks_publication(published, folder, aftermath) -> None:
    folder.write("data/other.csv", "secret")
    path = folder.root / "data/other.csv"
    folder.notebook(*WORKS, f"import pandas as pd\npd.read_csv({str(path)!r});")
    answer = folder.foistats("run")
    assert answer.code == 1
    assert "code cell 4 reads data/other.csv, which foistats.toml does not declare" in answer.err
    aftermath.clean()
    folder.notebook(*WORKS, "1 + 1")
    aftermath.recovers()


def test_the_working_folder_takes_everything(published, folder, aftermath) -> None:
    """Every door leads into the working folder, and nothing of it is published."""
    doors = [
        "open('mine', 'w').write('x')\n"
        + DOORS[door].replace("PATH", f"os.path.abspath('own-{number}')")
        for number, door in enumerate(DOORS)
        if door
        in ("open", "pandas", "numpy.save", "sqlite3", "gzip", "shutil.copy", "numpy.tofile")
    ]
    folder.notebook(*WORKS, "import os", *(f"{door};" for door in doors))
    aftermath.recovers()
    assert aftermath.pointed() == {"severity": "v002"}
    version = folder.root / "reports/severity/v002"
    assert [path.name for path in version.rglob("*own*")] == []
    assert json.loads((version / "values.json").read_text()).keys() == {"things"}


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
