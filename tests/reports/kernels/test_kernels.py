"""The processes notebooks run in: what they may do, what is noted, and that none stays."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from foistats.reports.kernels.environment import shared_environment
from foistats.reports.kernels.execute import OUTPUT_LIMIT, execute
from foistats.reports.kernels.pool import kernel_pool
from foistats.reports.notebook import read_notebook

linux = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")
HEAVY = ("pandas", "seaborn", "statsmodels.api", "matplotlib.pyplot")


@pytest.fixture
def run(folder, tmp_path: Path):
    """Execute cells after the parameters cell, and return the execution."""

    def executed(*cells: str, cold: bool = False, timeout: int = 60, imports=(), readable=()):
        folder.notebook(*cells)
        source = read_notebook(folder.root, "notebooks/severity.ipynb")
        request = SimpleNamespace(
            project=SimpleNamespace(root=folder.root),
            report=SimpleNamespace(timeout=timeout),
            changed={},
        )
        reports = folder.root / "reports"
        scratch = reports / ".staging-test"
        scratch.mkdir(parents=True)
        environment = shared_environment(reports, folder.root)
        with kernel_pool(imports, environment=environment, cwd=scratch, cold=cold) as pool:
            return execute(request, source, scratch, pool=pool, readable=readable)

    return executed


def shown(execution) -> list[str]:
    """What the cells printed, without what differs by itself."""
    return [
        output.get("text") or output.get("data", {}).get("text/plain", "")
        for cell in execution.notebook.cells
        for output in cell.get("outputs", ())
    ]


@linux
def test_forked_and_cold_kernels_show_the_same(run, folder) -> None:
    cells = (
        "import pandas as pd, seaborn as sns, statsmodels.api as sm, matplotlib.pyplot as plt",
        "import sys, os, warnings; print(sys.path[:1], sorted(os.environ)); warnings.warn('w')",
        "print(pd.get_option('display.width'), plt.rcParams['figure.figsize'], os.getcwd()[-4:])",
        "print({'b', 'a', 'c'}, hash('x')); pd.DataFrame({'a': [0.1]})",
        "import matplotlib; print(matplotlib.get_backend(), plt.get_fignums())",
        "fig, ax = plt.subplots(); ax.plot([1, 2]);",
    )
    warm = run(*cells, imports=HEAVY)
    (folder.root / "reports/.staging-test").rename(folder.root / "reports/.staging-first")
    cold = run(*cells, cold=True)
    assert warm.failure is None
    assert cold.failure is None
    assert shown(warm) == shown(cold)
    assert "UserWarning: w\n" in shown(warm)


@pytest.mark.parametrize("cold", [False, True], ids=["forked", "cold"])
def test_what_is_written_outside_and_read_undeclared(run, folder, cold: bool) -> None:
    declared = folder.write("data/pa/statements.csv", "x")
    folder.write("data/other.csv", "secret")
    execution = run(
        "from pathlib import Path\nimport os, shutil, tempfile\n"
        "root = Path(os.environ['FOISTATS_PROJECT'])",
        "open('mine.txt', 'w').write('x'); os.mkdir('d'); shutil.rmtree('d')\n"
        "with tempfile.TemporaryDirectory() as d: Path(d, 'x').write_text('x')",
        "(root / 'data/pa/statements.csv').read_text()",
        "(root / 'data/other.csv').read_text()",
        "try:\n    (root / 'data/pa/statements.csv').write_text('gone')\n"
        "except PermissionError as fault:\n    print(fault)",
        "try:\n    (root / 'data/pa/statements.csv').unlink()\nexcept PermissionError: pass",
        "try:\n    os.rename('mine.txt', root / 'mine.txt')\nexcept PermissionError: pass",
        "(root / 'reports/severity').mkdir()",
        cold=cold,
        readable=[declared],
    )
    assert [(note.cell, note.kind, note.detail) for note in execution.notes] == [
        (5, "read", "data/other.csv"),
        (6, "write", "data/pa/statements.csv"),
        (7, "write", "data/pa/statements.csv"),
        (8, "write", "mine.txt"),
        (9, "write", "reports/severity"),
    ]
    assert declared.read_text() == "x"
    assert not (folder.root / "mine.txt").exists()
    assert not (folder.root / "reports/severity").exists()
    assert execution.failure is not None
    assert "a notebook writes in its working folder only, not to reports/severity" in str(
        execution.failure
    )


def test_clocks_and_generators_that_nobody_seeded(run) -> None:
    execution = run(
        "import random, time, uuid\nimport numpy as np\nimport pandas as pd",
        "np.random.rand()",
        "random.random()",
        "np.random.default_rng()",
        "time.localtime(); time.perf_counter()",
        "time.localtime(0); time.strftime('%Y', time.gmtime(0))",
        "np.random.default_rng(3).random(); random.Random(3).random()",
        "pd.DataFrame({'a': [1, 2, 3]}).sample(2)",
        "np.random.seed(1); np.random.rand(); random.seed(1); random.random()",
        "np.random.rand(); random.random()",
    )
    assert execution.failure is None
    assert {(note.cell, note.kind, note.detail) for note in execution.notes} >= {
        (3, "random", "numpy.random without a seed"),
        (4, "random", "random without a seed"),
        (5, "random", "a NumPy generator made without a seed"),
        (6, "clock", "time.localtime"),
        (6, "stopwatch", "time.perf_counter"),
        (9, "random", "numpy.random without a seed"),
    }
    assert {note.cell for note in execution.notes} == {3, 4, 5, 6, 9}


def test_too_much_output_ends_the_kernel(run) -> None:
    execution = run("for _ in range(1000):\n    print('x' * 100_000)")
    assert execution.failure is not None
    assert "it shows more than 8 MB; show a summary" in str(execution.failure)
    assert sum(map(len, shown(execution))) <= OUTPUT_LIMIT


def test_a_sleeping_notebook_ends_at_its_timeout(run) -> None:
    began = time.monotonic()
    execution = run("import time; time.sleep(600)", timeout=2)
    assert "it took longer than the report's timeout of 2 seconds" in str(execution.failure)
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("cold", [False, True], ids=["forked", "cold"])
def test_a_killed_kernel_is_a_failure(run, cold: bool) -> None:
    execution = run("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", cold=cold)
    assert str(execution.failure).startswith("code cell 2 failed")
    assert "the kernel died" in str(execution.failure)


@linux
def test_nothing_a_notebook_started_stays(run, folder) -> None:
    execution = run(
        "import subprocess\nprint(subprocess.Popen(['sleep', '600']).pid)",
    )
    (pid,) = map(int, shown(execution))
    assert _is_gone(pid)


@linux
@pytest.mark.parametrize("options", [[], ["--cold"]], ids=["forked", "cold"])
def test_no_kernel_outlives_a_killed_runner(folder, options: list[str]) -> None:
    folder.notebook("import time; time.sleep(600)")
    runner = folder.command("run", *options)
    kernels = _wait_for(lambda: _kernels_of(folder.root))
    os.kill(runner.pid, signal.SIGKILL)
    runner.communicate()
    for pid in kernels:
        assert _is_gone(pid)


def _kernels_of(root: Path) -> list[int]:
    """The kernels that have got their order, from what their scratch folders say."""
    found = []
    for notes in root.glob("reports/.staging-*/notes.jsonl"):
        done = subprocess.run(
            ["pgrep", "-f", "foistats.reports.kernels"], capture_output=True, text=True, check=False
        )
        pids = [int(pid) for pid in done.stdout.split()]
        found += [pid for pid in pids if _works_in(pid, notes.parent)]
    return found


def _works_in(pid: int, scratch: Path) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").readlink().is_relative_to(scratch)
    except OSError:
        return False


def _is_gone(pid: int, seconds: float = 5) -> bool:
    def gone() -> bool:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        return state == "Z"

    return bool(_wait_for(gone, seconds))


def _wait_for(condition, seconds: float = 60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.05)
    return condition()


def test_a_note_is_one_line_of_json(run, folder) -> None:
    run("import time; time.time()")
    (notes,) = folder.root.glob("reports/.staging-test/notes.jsonl")
    assert [json.loads(line)["kind"] for line in notes.read_text().splitlines()] == ["clock"]
