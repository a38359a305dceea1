"""A schedule that went wrong is noticed by its status file."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from .conftest import RECIPES

GUIDE = RECIPES.parent / "schedules.md"


def moment(hours_ago: float) -> str:
    return (datetime.now(UTC) - timedelta(hours=hours_ago)).isoformat(timespec="seconds")


def told(**changes: object) -> dict[str, object]:
    """The status file of a run that went well two hours ago."""
    return {
        "format": 1,
        "state": "finished",
        "pid": 1,
        "started": moment(2.1),
        "finished": moment(2),
        "exit_code": 0,
        "last_success": moment(2),
        "counts": {"unchanged": 1},
        "reports": {"severity": {"status": "unchanged", "version": "v001"}},
        **changes,
    }


def gone() -> int:
    """The number of a process that has ended."""
    with subprocess.Popen(["true"]) as ended:
        return ended.pid


RUNNING = {"state": "running", "finished": None, "exit_code": None, "counts": {}}
FAILED = {"exit_code": 1, "reports": {"severity": {"status": "failed", "version": None}}}
INTERRUPTED = {"state": "interrupted", "exit_code": None}


def check(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the script as a monitor does, on the file where a run leaves it."""
    return subprocess.run(
        [sys.executable, "-I", "-S", str(RECIPES / "check_status.py"), *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
    )


def write(folder: Path, text: str) -> None:
    (folder / "reports").mkdir(exist_ok=True)
    (folder / "reports/.status.json").write_text(text, encoding="utf-8")


@pytest.mark.parametrize("document", [told(), told(**RUNNING, pid=os.getpid())])
def test_is_silent_when_all_is_well(tmp_path, document):
    write(tmp_path, json.dumps(document))
    done = check(tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (told(**FAILED), "exit code 1; failed: severity"),
        (told(**INTERRUPTED), "was interrupted"),
        (told(**RUNNING, pid=gone()), "is gone"),
        (told(**{**RUNNING, "started": moment(40)}, pid=os.getpid()), "has not ended"),
        (told(finished=moment(40)), "no run for 40 hours"),
        ({}, "no status can be read"),
        (told(finished="yesterday"), "no status can be read"),
    ],
)
def test_says_what_is_wrong(tmp_path, document, said):
    write(tmp_path, json.dumps(document))
    done = check(tmp_path)
    assert done.returncode == 1
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_file_that_is_not_there_or_broken_is_told(tmp_path):
    assert "FileNotFoundError" in check(tmp_path).stderr
    write(tmp_path, "{")
    assert check(tmp_path).returncode == 1


def test_takes_how_old_a_run_may_be(tmp_path):
    write(tmp_path, json.dumps(told()))
    assert check(tmp_path, "--hours", "1").returncode == 1


def test_reads_what_a_run_leaves(folder):
    assert folder.foistats("run").code == 0
    assert check(folder.root).returncode == 0
    folder.notebook("1 / 0")
    assert folder.foistats("run").code == 1
    assert "failed: severity" in check(folder.root).stderr


@pytest.fixture
def jq_line() -> str:
    """The check in one line, from the guide."""
    if not shutil.which("jq"):
        pytest.skip("jq is not installed: apt-get install jq")
    return re.search(r"^jq .*$", GUIDE.read_text(encoding="utf-8"), flags=re.MULTILINE)[0]


@pytest.mark.parametrize(
    ("document", "is_well"),
    [
        (told(), True),
        (told(**FAILED), False),
        (told(**INTERRUPTED), False),
        (told(**RUNNING), False),
        (told(finished=moment(40)), False),
    ],
)
def test_the_guides_one_line_agrees(tmp_path, jq_line, document, is_well):
    write(tmp_path, json.dumps(document))
    done = subprocess.run(["sh", "-c", jq_line], cwd=tmp_path, capture_output=True)
    assert (done.returncode == 0) is is_well
