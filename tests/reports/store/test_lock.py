"""Two processes and one lock. The holders are real processes."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from foistats.errors import LockError, ReportError
from foistats.reports.store.lock import holding

HOLD = """
import os, subprocess, sys, time
from pathlib import Path
from foistats.reports.store.lock import holding
with holding(Path(sys.argv[1]), "foistats run severity", wait=float(sys.argv[2])):
    {then}
    print("held", flush=True)
    time.sleep(float(sys.argv[3]))
print("free", flush=True)
"""
FORK = "child = os.fork()\n    if child == 0:\n        time.sleep(20)\n        os._exit(0)"
SPAWN = (
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(20)'], "
    "close_fds=False).pid"
)


@pytest.fixture
def hold(shop):
    """Start a process that holds the lock, and end it afterwards."""
    started = []

    def start(*, wait: float = 0, seconds: float = 30, then: str = "child = 0", until="held\n"):
        then += "\n    print(child, flush=True)"
        command = [sys.executable, "-c", HOLD.format(then=then)]
        process = subprocess.Popen(
            [*command, str(shop.reports), str(wait), str(seconds)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        if until:
            process.child = int(process.stdout.readline())
            assert process.stdout.readline() == until
        return process

    yield start
    for process in started:
        process.kill()
        if child := getattr(process, "child", 0):
            os.kill(child, signal.SIGKILL)
        process.communicate()


def test_the_second_is_told_who_holds_it(shop, hold) -> None:
    first = hold()
    with (
        pytest.raises(LockError, match=r"reports/ is being written to by process") as raised,
        holding(shop.reports, "foistats run"),
    ):
        pass
    told = json.loads((shop.reports / ".lock").read_text())
    assert sorted(told) == ["command", "host", "pid", "started"]
    assert (told["pid"], told["command"]) == (first.pid, "foistats run severity")
    assert f"process {first.pid} on {told['host']} since {told['started']} (" in str(raised.value)
    assert "(foistats run severity); start again when it has ended" in str(raised.value)
    assert raised.value.exit_code == 5


def test_the_second_waits(shop, hold) -> None:
    hold(seconds=0.5)
    with holding(shop.reports, "second", wait=20):
        assert json.loads((shop.reports / ".lock").read_text())["pid"] == os.getpid()
    assert (shop.reports / ".lock").read_bytes() == b""


def test_waiting_ends(shop, hold) -> None:
    hold()
    began = time.monotonic()
    with pytest.raises(LockError), holding(shop.reports, "second", wait=0.4):
        pass
    assert 0.4 <= time.monotonic() - began < 10


@pytest.mark.parametrize("then", ["child = 0", FORK, SPAWN], ids=["alone", "forked", "spawned"])
def test_a_dead_holder_does_not_keep_it_nor_do_its_children(shop, hold, then) -> None:
    first = hold(then=then)
    with pytest.raises(LockError), holding(shop.reports, "second"):
        pass
    first.kill()
    first.wait()
    if first.child:
        os.kill(first.child, 0)
    with holding(shop.reports, "second", wait=5):
        pass


def test_a_child_that_ends_does_not_free_it(shop, hold) -> None:
    then = "child = os.fork()\n    if child == 0:\n        sys.exit()\n    os.waitpid(child, 0)"
    hold(then=f"{then}; child = 0")
    with pytest.raises(LockError, match="foistats run severity"), holding(shop.reports, "second"):
        pass


def test_a_child_that_leaves_the_block_touches_no_file_of_its_own(shop, hold) -> None:
    """It may have opened one under the number that the lock had."""
    steps = (
        "child = os.fork()",
        "if child == 0:",
        "    mine = [open(f'{sys.argv[1]}/mine-{n}', 'w+') for n in range(9)]",
        "    [print('kept', file=file, flush=True) for file in mine]",
        "    sys.exit()",
        "os.waitpid(child, 0)",
        "child = 0",
    )
    hold(then="\n    ".join(steps))
    written = [path.read_text() for path in shop.reports.glob("mine-*")]
    assert written == ["kept\n"] * 9


def test_many_at_once_and_each_alone(shop, hold) -> None:
    """Six processes add one to a number, five times each; none is lost."""
    script = (
        "import sys, time\nfrom pathlib import Path\n"
        "from foistats.reports.store.lock import holding\n"
        "reports = Path(sys.argv[1])\nnumber = reports.parent / 'number'\n"
        "for _ in range(5):\n"
        "    with holding(reports, 'add', wait=60):\n"
        "        before = int(number.read_text())\n        time.sleep(0.002)\n"
        "        number.write_text(str(before + 1))\n"
    )
    (shop.reports.parent / "number").write_text("0")
    command = [sys.executable, "-c", script, str(shop.reports)]
    running = [subprocess.Popen(command) for _ in range(6)]
    assert [process.wait(60) for process in running] == [0] * 6
    assert (shop.reports.parent / "number").read_text() == "30"


def test_not_twice_in_one_process_either(shop) -> None:
    with (
        holding(shop.reports, "first"),
        pytest.raises(LockError, match=r"\(first\)"),
        holding(shop.reports, "second"),
    ):
        pass
    with holding(shop.reports, "third"):
        pass


def test_an_error_frees_it(shop) -> None:
    with pytest.raises(ZeroDivisionError), holding(shop.reports, "first"):
        raise ZeroDivisionError
    with holding(shop.reports, "second"):
        pass


def test_what_the_file_says_does_not_count(shop) -> None:
    shop.reports.mkdir()
    (shop.reports / ".lock").write_text('{"pid": 1, "host": "elsewhere"}')
    with holding(shop.reports, "second"):
        pass


@pytest.mark.parametrize("in_the_way", ["file", "link", "folder"])
def test_a_folder_that_cannot_be_locked(shop, in_the_way: str) -> None:
    if in_the_way == "file":
        shop.reports.touch()
    else:
        shop.reports.mkdir()
        lock = shop.reports / ".lock"
        lock.mkdir() if in_the_way == "folder" else lock.symlink_to("/dev/null")
    with (
        pytest.raises(ReportError, match=r"reports/ cannot be written to .*nothing was published"),
        holding(shop.reports, "first"),
    ):
        pass
