"""Runners and kernels that are killed, asked to end, or interrupted, at whatever moment."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are read from /proc")
KILLS = 30
SEED = 20140630
PUBLISHES = (
    "import pandas as pd\nfrom foistats import publish",
    "frame = pd.read_csv('PATH')\npublish.table('counts', frame, 'Counts')",
    "publish.value('things', int(frame.n.sum()))\npublish.say('{things} things')",
)
SLEEPS = ("open('here', 'w').close()\nimport time\ntime.sleep(600)",)


@pytest.fixture
def cells(folder) -> list[str]:
    path = str(folder.root / "data/pa/statements.csv")
    return [cell.replace("PATH", path) for cell in PUBLISHES]


@pytest.fixture
def two_reports(folder, declare, cells, started):
    """One report with a version whose input has changed since, and one without a version."""
    folder.notebook(*cells)
    assert folder.foistats("run").code == 0
    declare("other")
    folder.notebook(*cells, name="other", parameters="")
    folder.write("data/pa/statements.csv", "force,n\nKent,4\n")
    shutil.copytree(folder.root / "reports", folder.root.parent / "before")

    def again() -> None:
        shutil.rmtree(folder.root / "reports")
        shutil.copytree(folder.root.parent / "before", folder.root / "reports")

    return again


@pytest.fixture
def duration(two_reports, started, aftermath) -> float:
    """How long a run takes that nothing happens to."""
    began = time.monotonic()
    runner = started("run")
    assert runner.wait(60) == 0, runner.communicate()
    seconds = time.monotonic() - began
    assert aftermath.pointed() == {"severity": "v002", "other": "v001"}
    return seconds


def moments(count: int, duration: float) -> list[float]:
    """Random moments, one in each part of a run."""
    dice = random.Random(SEED)
    return [(part + dice.random()) * duration / count for part in range(count)]


@pytest.mark.slow
def test_a_runner_killed_at_thirty_moments(
    duration, two_reports, started, running, wait_for, aftermath
) -> None:
    left = 0
    for moment in moments(KILLS, duration):
        two_reports()
        runner = started("run")
        time.sleep(moment)
        runner.kill()
        runner.communicate()
        wait_for(lambda: not running(aftermath.folder.root), 5)
        aftermath.intact()
        left += bool(list(aftermath.reports.glob(".staging-*")))
        aftermath.recovers()
        assert aftermath.pointed() == {"severity": "v002", "other": "v001"}
        assert sorted(path.name for path in aftermath.versions()) == ["v001", "v001", "v002"]
    assert left > 2, "no kill left anything: none came at an interesting moment"


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_runner_asked_to_end_at_ten_moments(
    number, duration, two_reports, started, running, wait_for, aftermath
) -> None:
    for moment in moments(10, duration):
        two_reports()
        runner = started("run")
        time.sleep(moment)
        runner.send_signal(number)
        said = runner.communicate(timeout=20)
        assert runner.returncode in (0, 130, -number), said
        if runner.returncode == 130:
            assert said[1].endswith("foistats: interrupted; nothing half-written is left behind\n")
            assert "Traceback" not in said[1]
            aftermath.clean()
        wait_for(lambda: not running(aftermath.folder.root), 5)
        aftermath.recovers()
        assert aftermath.pointed() == {"severity": "v002", "other": "v001"}


@pytest.mark.parametrize("number", ["SIGTERM", "SIGINT"])
def test_a_runner_asked_to_end_while_python_compiles_a_class(tmp_path, number) -> None:
    (tmp_path / "asked.py").write_text(
        "import sys, foistats.cli as cli\n"
        f"end = 'import os, signal, time; os.kill(os.getpid(), signal.{number}); time.sleep(9)'\n"
        "cli.commands.main = lambda **_: exec(end)\n"
        "sys.exit(cli.main(['list']))\n"
    )
    ended = subprocess.run([sys.executable, "-m", "asked"], cwd=tmp_path, capture_output=True)
    assert ended.returncode == 130
    assert ended.stderr == b"foistats: interrupted; nothing half-written is left behind\n"


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)]
)
def test_a_runner_asked_to_end_in_mid_cell(
    published, folder, declare, started, reached, running, wait_for, aftermath, number
) -> None:
    declare("other")
    folder.notebook(*SLEEPS, name="other", parameters="")
    folder.write("data/pa/statements.csv", "force,n\nKent,4\n")
    runner = started("run")
    reached()
    runner.send_signal(number)
    began = time.monotonic()
    _, said = runner.communicate(timeout=20)
    assert time.monotonic() - began < 10
    assert runner.returncode == 130
    assert said.endswith("foistats: interrupted; nothing half-written is left behind\n")
    assert "Traceback" not in said
    aftermath.clean()
    aftermath.intact()
    wait_for(lambda: not running(folder.root), 5)
    told = aftermath.status()
    assert (told["state"], told["exit_code"]) == ("interrupted", None)
    assert told["finished"] >= told["started"]
    assert told["last_success"] is not None
    folder.notebook("1 + 1", name="other", parameters="")
    aftermath.recovers()
    assert aftermath.status()["state"] == "finished"
    assert aftermath.pointed() == {"severity": "v002", "other": "v001"}


@pytest.mark.parametrize(
    "options", [[], pytest.param(["--cold"], marks=pytest.mark.slow)], ids=["forked", "cold"]
)
def test_a_kernel_killed_from_outside_in_mid_cell(
    published, folder, cells, started, reached, running, aftermath, options
) -> None:
    folder.notebook(*cells, *SLEEPS)
    runner = started("run", *options)
    scratch = reached().parents[1]
    (kernel,) = (pid for pid in running(folder.root) if _works_in(pid, scratch))
    os.kill(kernel, signal.SIGKILL)
    _, said = runner.communicate(timeout=20)
    assert runner.returncode == 1
    assert "severity: code cell 5 failed, at: open('here', 'w').close()\n" in said
    assert "    the kernel died\n  v001 stands; the failed notebook is reports/.failed/" in said
    assert aftermath.pointed() == {"severity": "v001"}
    aftermath.clean()
    assert "its last run failed: code cell 5" in folder.foistats("status").out
    folder.notebook(*cells, "1 + 1")
    aftermath.recovers()
    assert aftermath.pointed() == {"severity": "v002"}
    assert not (folder.root / "reports/.failed").exists()


@pytest.mark.slow
def test_the_process_that_kernels_come_from_killed_in_mid_cell(
    folder, cells, started, reached, running, wait_for, aftermath
) -> None:
    folder.notebook(*SLEEPS)
    runner = started("run")
    scratch = reached().parents[1]
    (nursery,) = (pid for pid in running(folder.root) if not _works_in(pid, scratch))
    os.kill(nursery, signal.SIGKILL)
    _, said = runner.communicate(timeout=20)
    assert runner.returncode == 1
    assert "severity: code cell 2 failed" in said
    assert "the kernel died" in said
    wait_for(lambda: not running(folder.root), 5)
    folder.notebook(*cells)
    aftermath.recovers()


@pytest.mark.parametrize(
    "options", [[], pytest.param(["--cold"], marks=pytest.mark.slow)], ids=["forked", "cold"]
)
def test_nothing_outlives_a_killed_runner(
    folder, cells, declare, started, reached, running, wait_for, aftermath, options
) -> None:
    """Two kernels, the process they come from, and what a notebook started."""
    declare("other")
    starts = "import subprocess\nchild = subprocess.Popen(['sleep', '600'])\n"
    folder.notebook(starts + "open('one', 'w').close()\nimport time\ntime.sleep(600)")
    folder.notebook(
        "import os, time\nif os.fork() == 0:\n    time.sleep(600)",
        "open('two', 'w').close()\nimport time\ntime.sleep(600)",
        name="other",
        parameters="",
    )
    runner = started("run", "--jobs", "2", *options)
    reached("one")
    reached("two")
    assert len(running(folder.root)) >= 4
    runner.kill()
    runner.communicate()
    wait_for(lambda: not running(folder.root), 5)
    folder.notebook(*cells)
    folder.notebook("1 + 1", name="other", parameters="")
    aftermath.recovers()


@pytest.mark.slow
def test_a_dead_holder_does_not_keep_the_lock(folder, cells, started, reached, aftermath) -> None:
    folder.notebook(*SLEEPS)
    first = started("run")
    reached()
    second = started("run")
    _, said = second.communicate(timeout=20)
    assert second.returncode == 5
    assert f"foistats: reports/ is being written to by process {first.pid} on " in said
    assert "(foistats run severity); start again when it has ended" in said
    first.kill()
    first.communicate()
    folder.notebook(*cells)
    aftermath.recovers()


def _works_in(pid: int, scratch: Path) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").readlink().is_relative_to(scratch)
    except OSError:
        return False
