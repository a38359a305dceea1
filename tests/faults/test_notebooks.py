"""Notebooks that never end, flood, exit, fork, or hold next to nothing."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
import time

import pytest

from foistats.reports import freshness
from foistats.reports.kernels.execute import OUTPUT_LIMIT, _Kernel

WORKS = ("from foistats import publish", "publish.value('things', n)")


def some_slow(cases: dict, *, fast: list[str]) -> list:
    """Make parameters of cases; those that are not named are slow."""
    return [
        pytest.param(case, id=id, marks=[] if id in fast else pytest.mark.slow)
        for id, case in cases.items()
    ]


def fails(folder, aftermath, *said: str, arguments=("run",)) -> None:
    """Run what fails; one version stands, and the notebook repaired gives the second."""
    answer = folder.foistats(*arguments)
    assert answer.code == 1
    for text in said:
        assert text in answer.err
    assert "  v001 stands; the failed notebook is reports/.failed/severity/report" in answer.err
    assert "Traceback" not in answer.err
    assert aftermath.pointed() == {"severity": "v001"}
    aftermath.clean()
    assert aftermath.status()["exit_code"] == 1
    folder.notebook(*WORKS, "1 + 1")
    aftermath.recovers()
    assert aftermath.pointed() == {"severity": "v002"}


@pytest.mark.parametrize(
    "options", [[], pytest.param(["--cold"], marks=pytest.mark.slow)], ids=["forked", "cold"]
)
def test_one_that_sleeps_for_ever(
    published, folder, declare, aftermath, running, wait_for, options
) -> None:
    declare(timeout=2)
    folder.notebook("import time\nwhile True:\n    time.sleep(600)")
    began = time.monotonic()
    said = "code cell 2 failed, at: import time\n    it took longer than the report's timeout of 2"
    answer = folder.foistats("run", *options)
    assert said in answer.err
    assert time.monotonic() - began < 20
    wait_for(lambda: not running(folder.root), 5)
    declare(timeout=60)
    folder.notebook(*WORKS, "1 + 1")
    aftermath.recovers()


@pytest.mark.slow
@pytest.mark.parametrize(
    "sleep",
    [
        "import signal, time\nfor n in range(1, 65):\n    try:\n"
        "        signal.signal(n, signal.SIG_IGN)\n    except (OSError, ValueError):\n"
        "        pass\ntime.sleep(600)",
        "while True:\n    pass",
        "while True:\n    try:\n        import time\n        time.sleep(600)\n"
        "    except BaseException:\n        pass",
    ],
    ids=["deaf", "busy", "catches all"],
)
def test_one_that_does_not_want_to_end(published, folder, declare, aftermath, sleep) -> None:
    declare(timeout=2)
    folder.notebook(sleep)
    began = time.monotonic()
    fails(folder, aftermath, "it took longer than the report's timeout of 2 seconds")
    assert time.monotonic() - began < 30


FLOODS = {
    "printed": "for _ in range(1000):\n    print('x' * 100_000)",
    "one print": "print('x' * 100_000_000)",
    "shown": "from IPython.display import HTML, display\n"
    "for _ in range(1000):\n    display(HTML('x' * 100_000))",
    "to standard error": "import sys\n"
    "for _ in range(1000):\n    print('x' * 100_000, file=sys.stderr)",
}


@pytest.mark.parametrize("flood", some_slow(FLOODS, fast=[]))
def test_one_that_shows_100_megabytes(published, folder, aftermath, flood) -> None:
    folder.notebook(flood)
    limit = OUTPUT_LIMIT // 1_000_000
    fails(folder, aftermath, f"it shows more than {limit} MB; show a summary, and publish tables")


RAW = "import os\nfor _ in range({megabytes}):\n    os.write({number}, b'x' * 1_000_000)"


@pytest.mark.slow
@pytest.mark.parametrize("number", [1, 2])
def test_one_that_floods_its_descriptors(published, folder, aftermath, number) -> None:
    """What is written past Python's own streams either counts as shown or is left out."""
    folder.notebook(*WORKS, RAW.format(megabytes=100, number=number))
    answer = folder.foistats("run")
    assert "Traceback" not in answer.err
    aftermath.clean()
    size = sum(path.stat().st_size for path in aftermath.reports.rglob("*") if path.is_file())
    assert size < 20_000_000
    folder.notebook(*WORKS, "1 + 1")
    aftermath.recovers()


@pytest.mark.slow
def test_one_that_floods_its_value(published, folder, aftermath) -> None:
    """Below the limit of what is shown, above that of a version."""
    folder.notebook("from foistats import publish", "publish.value('things', 'x' * 3_000_000)")
    answer = folder.foistats("run")
    assert answer.code == 1
    assert "severity: v002 would be " in answer.err
    assert "nothing was published: print less, or publish less of " in answer.err
    aftermath.clean()
    folder.notebook(*WORKS, "1 + 1")
    aftermath.recovers()


EXITS = {
    "sys.exit": ("import sys\nsys.exit(0)", "SystemExit: 0: a notebook runs to its end"),
    "raise": ("raise SystemExit", "a notebook runs to its end"),
    "os._exit": ("import os\nos._exit(0)", "the kernel died"),
    "abort": ("import os\nos.abort()", "the kernel died"),
    "interrupts itself": ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    "exec": ("import os\nos.execv('/bin/true', ['true'])", "the kernel died"),
    "quits the loop": (
        "get_ipython().kernel.do_shutdown(False)\nget_ipython().kernel.io_loop.stop()",
        "the kernel died",
    ),
}


@pytest.mark.parametrize("exits", some_slow(EXITS, fast=["sys.exit", "os._exit"]))
def test_one_that_exits_in_its_middle(published, folder, aftermath, exits) -> None:
    source, said = exits
    folder.notebook(*WORKS, source, "publish.value('end', 1)")
    # one that stops its loop may still answer for the cell that did it
    where = "severity: code cell " if "io_loop" in source else "severity: code cell 4 failed"
    fails(folder, aftermath, where, said)


@pytest.mark.slow
@pytest.mark.parametrize("source", ["import os\nos._exit(0)", "import sys\nsys.exit(0)"])
def test_one_that_exits_at_its_end(published, folder, aftermath, source) -> None:
    folder.notebook(*WORKS, source)
    fails(folder, aftermath, "severity: code cell 4 failed")


def test_one_that_closes_its_streams(published, folder, aftermath) -> None:
    folder.notebook(*WORKS, "import os, sys\nos.close(1)\nos.close(2)\nsys.stdout.close()")
    folder.foistats("run")
    aftermath.clean()
    aftermath.intact()
    folder.notebook(*WORKS, "1 + 1")
    aftermath.recovers()


CHILDREN = {
    "forked": "import os, time\nif os.fork() == 0:\n    time.sleep(600)\n    os._exit(0)",
    "spawned": "import subprocess\nchild = subprocess.Popen(['sleep', '600'])",
    "session": "import subprocess\n"
    "child = subprocess.Popen(['sleep', '600'], start_new_session=True)",
    "multiprocessing": "import multiprocessing as m, time\nchild = m.get_context('spawn').Process("
    "target=time.sleep, args=(600,), daemon=True)\nchild.start()",
}


@pytest.mark.skipif(sys.platform != "linux", reason="processes are read from /proc")
@pytest.mark.parametrize("options", [[], ["--cold"]], ids=["forked", "cold"])
@pytest.mark.parametrize("source", some_slow(CHILDREN, fast=["session"]))
def test_one_that_starts_children_that_stay(
    published, folder, aftermath, running, wait_for, source, options
) -> None:
    folder.notebook(*WORKS, source)
    assert folder.foistats("run", *options).code == 0
    wait_for(lambda: not running(folder.root), 5)
    aftermath.recovers()
    assert aftermath.pointed() == {"severity": "v002"}


def test_inputs_edited_in_mid_run(published, folder, started, reached, aftermath) -> None:
    path = folder.root / "data/pa/statements.csv"
    folder.notebook(
        *WORKS,
        f"import pathlib\nwords = pathlib.Path({str(path)!r}).read_text()",
        "open('here', 'w').close()\n"
        f"while pathlib.Path({str(path)!r}).read_text() == words:\n    pass",
    )
    runner = started("run")
    reached()
    folder.write("data/pa/statements.csv", "force,n\nKent,4\n")
    _, said = runner.communicate(timeout=30)
    assert runner.returncode == 1
    assert (
        "severity: its inputs changed while it ran (data/pa/statements.csv changed); run it again"
        in said
    )
    assert aftermath.pointed() == {"severity": "v001"}
    aftermath.clean()
    folder.notebook(*WORKS, "1 + 1")
    aftermath.recovers()
    assert aftermath.pointed() == {"severity": "v002"}


@pytest.mark.slow
def test_the_notebook_edited_in_mid_run(published, folder, started, reached, aftermath) -> None:
    folder.notebook(
        "import time\nopen('here', 'w').close()\ntime.sleep(1)",
        "1 + 1",
    )
    runner = started("run")
    reached()
    folder.notebook(*WORKS, "1 + 1")
    _, said = runner.communicate(timeout=30)
    assert runner.returncode == 1
    assert "its inputs changed while it ran (notebooks/severity.ipynb changed)" in said
    assert aftermath.pointed() == {"severity": "v001"}
    aftermath.recovers()
    assert aftermath.pointed() == {"severity": "v002"}


def test_the_notebook_gone(published, folder, aftermath) -> None:
    (folder.root / "notebooks/severity.ipynb").unlink()
    answer = folder.foistats("run")
    assert answer.code == 2
    assert "names the notebook notebooks/severity.ipynb, which is not there" in answer.err
    aftermath.intact()
    folder.notebook(*WORKS, "1 + 1")
    aftermath.recovers()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["style.css", "report.html.j2"])
def test_a_template_gone(published, folder, aftermath, name, tmp_path) -> None:
    """The package's templates, in a copy of the package that a runner of its own uses."""
    shutil.copytree(freshness.PACKAGE, tmp_path / "lib/foistats")
    (tmp_path / "lib/foistats/reports/pages/template" / name).unlink()
    folder.notebook(*WORKS, "1 + 1")
    runner = folder.command("run", PYTHONPATH=str(tmp_path / "lib"))
    _, said = runner.communicate(timeout=60)
    assert runner.returncode == 1
    assert f"{name}" in said
    assert "nothing was published" in said
    assert "Traceback" not in said
    assert aftermath.pointed() == {"severity": "v001"}
    aftermath.clean()
    aftermath.recovers()


NOTHING = {
    "no code but parameters": [],
    "words only": [("w", "markdown", "## Words\n\nOnly words.")],
    "empty cells": [("a", "code", ""), ("b", "code", "  \n"), ("c", "markdown", "")],
    "raw cells": [("a", "raw", "<script>alert(1)</script>{{ 1 }}"), ("b", "code", "1 + 1")],
    "comments": [("a", "code", "# nothing\n# at all")],
    "magics": [
        ("a", "code", "%matplotlib inline\n%precision 3\n1 / 3"),
        ("b", "code", "%%capture\n1"),
    ],
    "a shell": [("a", "code", "!echo words")],
    "one line many times": [(f"c{n}", "code", "1 + 1") for n in range(40)],
}


@pytest.mark.parametrize("cells", some_slow(NOTHING, fast=["words only", "raw cells"]))
def test_one_that_holds_next_to_nothing(published, folder, cell, aftermath, cells) -> None:
    parameters = 'study: str = "pa"  # s\nlink: str = "logit"  # l\nn: int = 3  # a'
    folder.write_notebook(
        [cell("p", "code", parameters, "parameters"), *(cell(*told) for told in cells)]
    )
    aftermath.recovers()
    assert aftermath.pointed() == {"severity": "v002"}
    page = (folder.root / "reports/severity/v002/report.html").read_text()
    assert "<script>alert(1)" not in page
    values = json.loads((folder.root / "reports/severity/v002/values.json").read_text())
    assert values == {}


def test_one_without_a_cell_of_parameters(published, folder, cell, aftermath) -> None:
    folder.write_notebook([cell("a", "code", "1 + 1")])
    answer = folder.foistats("run")
    assert answer.code == 2
    assert "notebooks/severity.ipynb has no code cell tagged 'parameters'" in answer.err
    aftermath.intact()
    folder.notebook(*WORKS, "1 + 1")
    aftermath.recovers()


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_one_whose_child_goes_on_as_if_it_were_the_kernel(published, folder, aftermath) -> None:
    folder.notebook(*WORKS, "import os\npid = os.fork()", "publish.value('end', 1)")
    folder.foistats("run")
    aftermath.clean()
    aftermath.intact()
    folder.notebook(*WORKS, "1 + 1")
    aftermath.recovers()


def test_a_port_that_somebody_else_took(published, folder, aftermath, monkeypatch) -> None:
    """A kernel is told its ports first and binds them later: it starts again with others."""
    writes, taken = _Kernel.write_connection_file, []

    def write(kernel: _Kernel, **options: object) -> None:
        writes(kernel, **options)
        if not taken:
            taken.append(socket.create_server((kernel.ip, kernel.shell_port)))

    monkeypatch.setattr(_Kernel, "write_connection_file", write)
    folder.notebook(*WORKS, "1 + 1")
    answer = folder.foistats("run")
    taken[0].close()
    assert answer.code == 0, answer.err
    aftermath.recovers()
    assert aftermath.pointed() == {"severity": "v002"}
