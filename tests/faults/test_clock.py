"""A clock that is set back, or far ahead, between two runs."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys

import pytest

WORKS = ("from foistats import publish", "publish.value('things', n)")


@pytest.fixture
def run_at(folder):
    """Run where the clock shows a time of its own."""
    if shutil.which("faketime") is None:
        pytest.skip("faketime is not installed: apt-get install faketime")

    def run(when: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["faketime", when, sys.executable, "-m", "foistats", *arguments]
        return subprocess.run(
            command, cwd=folder.root, capture_output=True, text=True, timeout=60, check=False
        )

    return run


@pytest.mark.slow
def test_a_clock_set_back_and_far_ahead(folder, run_at, aftermath) -> None:
    folder.notebook(*WORKS)
    first = run_at("2031-06-30 12:00:00", "run")
    assert first.returncode == 0, first.stderr
    assert folder.json("reports/severity/v001/run.json")["started"].startswith("2031-06-30")
    back = run_at("2001-01-01 00:00:00", "run")
    assert (back.returncode, back.stdout) == (0, "severity  unchanged  v001\n")

    folder.write("data/pa/statements.csv", "force,n\nKent,4\n")
    second = run_at("2001-01-01 00:00:00", "run")
    assert second.returncode == 0, second.stderr
    assert "severity  published  v002" in second.stdout
    assert aftermath.pointed() == {"severity": "v002"}
    page = (folder.root / "reports/severity/v002/report.html").read_text()
    assert re.search("2001|2031", page) is None
    index = (folder.root / "reports/index.html").read_text()
    assert index.index("v002") < index.index("v001")
    aftermath.recovers()


@pytest.mark.slow
def test_what_a_killed_run_left_behind_is_old_whatever_its_date(
    folder, run_at, started, reached, aftermath
) -> None:
    folder.notebook("open('here', 'w').close()\nimport time\ntime.sleep(600)")
    runner = started("run")
    reached()
    runner.kill()
    runner.communicate()
    folder.notebook(*WORKS)
    done = run_at("2001-01-01 00:00:00", "run")
    assert done.returncode == 0, done.stderr
    aftermath.clean()
    aftermath.recovers()
