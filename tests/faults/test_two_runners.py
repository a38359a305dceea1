"""Two runners of one project, started together."""

from __future__ import annotations

import contextlib
import re
import time

import pytest

WORKS = ("from foistats import publish", "publish.value('things', n)", "import os, time")


@pytest.fixture
def first(folder, started, reached):
    """A runner whose notebook waits until it is told to go on."""
    waits = "open('here', 'w').close()\nwhile not os.path.exists('go'):\n    time.sleep(0.05)"
    folder.notebook(*WORKS, waits)
    runner = started("run")
    reached()

    def ends() -> int:
        end = time.monotonic() + 30
        while runner.poll() is None and time.monotonic() < end:
            for work in folder.root.glob("reports/.staging-*/work"):  # it runs twice
                with contextlib.suppress(FileNotFoundError):
                    (work / "go").touch()
            time.sleep(0.05)
        return runner.wait(1)

    runner.ends = ends
    return runner


def test_others_name_the_first_or_wait_for_it(first, started, aftermath) -> None:
    second = started("run")
    out, said = second.communicate(timeout=20)
    assert (second.returncode, out) == (5, "")
    assert re.fullmatch(
        rf"foistats: reports/ is being written to by process {first.pid} on \S+ since "
        r"\d{4}-\d\d-\d\dT[\d:+]+ \(foistats run severity\); start again when it has ended, or "
        r"wait for it: foistats run --wait SECONDS\n",
        said,
    )
    third = started("run", "--wait", "0.2")
    assert (third.wait(20), first.poll()) == (5, None)
    fourth = started("run", "--wait", "60")
    time.sleep(0.5)
    assert fourth.poll() is None
    assert first.ends() == 0
    assert fourth.communicate(timeout=30)[0] == "severity  unchanged  v001\n"
    assert fourth.returncode == 0
    aftermath.recovers()
    assert [path.name for path in aftermath.versions()] == ["v001"]


def test_looking_does_not_wait(first, folder, aftermath) -> None:
    assert folder.foistats("status").code == 0
    assert folder.foistats("verify", "--all").code == 0
    assert folder.foistats("run", "--dry-run").code == 0
    assert first.ends() == 0
    aftermath.recovers()


@pytest.mark.slow
def test_both_at_once_and_one_publishes(folder, started, aftermath) -> None:
    folder.notebook(*WORKS)
    runners = [started("run") for _ in range(3)]
    codes = sorted(runner.wait(60) for runner in runners)
    assert codes[0] == 0
    assert set(codes) <= {0, 5}
    assert [path.name for path in aftermath.versions()] == ["v001"]
    aftermath.recovers()
