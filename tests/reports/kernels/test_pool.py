"""Where kernels come from: what is said when none comes, and that one's fault stays its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from foistats.errors import ReportError
from foistats.reports.kernels import pool as pool_module
from foistats.reports.kernels.environment import shared_environment
from foistats.reports.kernels.order import Order
from foistats.reports.kernels.pool import Nursery, Process, kernel_pool

linux = pytest.mark.skipif(sys.platform != "linux", reason="Linux tells what a process is doing")
#: Put before a nursery's own code: a kernel that has started stays, and does nothing.
STAYS = "import os, time\nos.execv = lambda *_: time.sleep(600)\n"


@pytest.fixture
def nursery(tmp_path: Path) -> Iterator[Callable[..., Nursery]]:
    """Start a real nursery, in which some code runs before its own; all end with the test."""
    with ExitStack() as stack:

        def started(before: str = STAYS, *, cold: bool = True, imports=()) -> Nursery:
            shim = tmp_path / "shim"
            shim.mkdir()
            (shim / "sitecustomize.py").write_text(before, encoding="utf-8")
            environment = shared_environment(tmp_path, tmp_path) | {"PYTHONPATH": str(shim)}
            work = tmp_path / "work"
            work.mkdir()
            lent = kernel_pool(imports, environment=environment, cwd=work, cold=cold)
            return stack.enter_context(lent)

        yield started


@pytest.fixture
def order(tmp_path: Path) -> Callable[[str], Path]:
    def written(name: str) -> Path:
        scratch = tmp_path / name
        scratch.mkdir()
        return Order(str(scratch), str(tmp_path), (), (), {}).write()

    return written


def ends(kernel: Process, seconds: float = 10) -> int | None:
    """The kernel's exit code, or None where it still runs after a while."""
    end = time.monotonic() + seconds
    while kernel.poll() is None and time.monotonic() < end:
        time.sleep(0.01)
    return kernel.poll()


def test_a_nursery_that_has_ended_is_told_with_its_last_words(nursery, order) -> None:
    pool = nursery("import sys\nsys.exit('no foistats here')")
    pool._process.wait()
    for name in ("one", "two"):
        with pytest.raises(ReportError) as told:
            pool.start(order(name))
        said = str(told.value)
        assert "the process that kernels are forked from has ended; nothing was" in said
        assert "run it again" in said
        assert "; it said last:\n    " in said
        assert said.endswith("\n    SystemExit: no foistats here")


def test_a_nursery_that_ends_while_a_start_waits(nursery, order) -> None:
    pool = nursery("import os\nos.fork = lambda: os._exit(1)")
    with pytest.raises(ReportError, match="has ended; nothing was published: run it again"):
        pool.start(order("one"))


def test_kernels_of_a_nursery_that_was_killed_have_ended(nursery, order) -> None:
    pool = nursery()
    kernel = pool.start(order("one"))
    os.kill(pool._process.pid, signal.SIGKILL)
    assert ends(kernel) == -signal.SIGKILL


def test_a_nursery_that_does_not_answer_has_not_ended(nursery, order, monkeypatch) -> None:
    monkeypatch.setattr(pool_module, "_START_SECONDS", 1.0)
    pool = nursery(f"import sys\nsys.stderr.write('slow today\\n')\n{STAYS}")
    pool.start(order("one"))
    os.kill(pool._process.pid, signal.SIGSTOP)
    try:
        with pytest.raises(ReportError, match="did not answer within 1 seconds") as told:
            pool.start(order("two"))
    finally:
        os.kill(pool._process.pid, signal.SIGCONT)
    assert "run it again" in str(told.value)
    assert "slow today" in str(told.value)
    assert "has ended" not in str(told.value)
    assert pool.start(order("three")).poll() is None


@linux
def test_the_imports_do_not_count_as_time_to_start(nursery, order, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(pool_module, "_START_SECONDS", 1.0)
    pool = nursery(
        "import sys, types, time\n"
        "sys.modules['IPython'] = sys.modules['ipykernel'] = types.ModuleType('none')\n"
        "class Slow:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'heavy': time.sleep(3)\n"
        "sys.meta_path.insert(0, Slow())\n",
        cold=False,
        imports=["heavy"],
    )
    began = time.monotonic()
    pool.start(order("one"))
    assert time.monotonic() - began > 2


def test_what_others_write_to_the_nurserys_output_is_ignored(nursery, order, monkeypatch) -> None:
    monkeypatch.setattr(pool_module, "_START_SECONDS", 10.0)
    foreign = b'hello\n17\n["started"]\n{"started of another": 1}\n{"ended": 1}\n\xff\nno end'
    pool = nursery(f"{STAYS}\nos.write(1, {foreign!r})")
    kernel = pool.start(order("one"))
    assert kernel.poll() is None
    kernel.send_signal(signal.SIGKILL)
    assert ends(kernel) == -signal.SIGKILL


def test_a_kernel_that_cannot_begin_leaves_the_others_alone(nursery, order, tmp_path) -> None:
    pool = nursery(
        f"{STAYS}\nimport sys\nfrom pathlib import Path\nnursery = os.getpid()\n"
        "class Broken:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if Path({str(tmp_path / 'broken')!r}).exists() and os.getpid() != nursery:\n"
        "            raise ImportError('broken')\n"
        "sys.meta_path.insert(0, Broken())\n"
    )
    first = pool.start(order("one"))
    (tmp_path / "broken").touch()
    second = pool.start(order("two"))
    lost = pool.start(tmp_path / "no order")
    assert ends(lost) == 1
    assert ends(first, 0.5) is None
    assert ends(second, 0.5) is None
    assert "no order" in (tmp_path / "work/nursery.log").read_text()


def test_a_fork_that_fails_fails_one_report(nursery, order, tmp_path) -> None:
    pool = nursery(
        f"{STAYS}\nimport errno\nfrom pathlib import Path\nfork = os.fork\n"
        "def scarce():\n"
        f"    if Path({str(tmp_path / 'full')!r}).exists():\n"
        "        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))\n"
        "    return fork()\n"
        "os.fork = scarce\n"
    )
    first = pool.start(order("one"))
    (tmp_path / "full").touch()
    with pytest.raises(ReportError, match=r"no kernel can be started \(Resource temp") as told:
        pool.start(order("two"))
    assert "nothing was published: end other programs" in str(told.value)
    (tmp_path / "full").unlink()
    assert pool.start(order("three")).poll() is None
    assert first.poll() is None


def test_a_number_given_out_again_is_another_kernel(tmp_path, order, monkeypatch) -> None:
    """A nursery that answers by rote, since numbers come round again after very many only."""
    (tmp_path / "by_rote.py").write_text(
        "import json, sys\n"
        "for told, code in zip(sys.stdin, (3, None)):\n"
        "    order = json.loads(told)['order']\n"
        "    print(json.dumps({'started': order, 'pid': 99999999}), flush=True)\n"
        "    if code: print(json.dumps({'ended': 99999999, 'code': code}), flush=True)\n"
        "sys.stdin.read()\n"
    )
    monkeypatch.setattr(pool_module, "_NURSERY", "by_rote")
    environment = {"PYTHONPATH": str(tmp_path)}
    with kernel_pool((), environment=environment, cwd=tmp_path, cold=True) as pool:
        first = pool.start(order("one"))
        assert ends(first) == 3
        second = pool.start(order("two"))
        assert ends(second, 0.3) is None
        assert first.poll() == 3


@linux
def test_the_group_of_a_kernel_is_killed_before_its_number_is_free(nursery, tmp_path) -> None:
    pool = nursery(
        "import os\nfrom pathlib import Path\nkillpg = os.killpg\n"
        "def noted(pid, number):\n"
        "    stat = Path(f'/proc/{pid}/stat')\n"
        "    state = stat.read_text().rpartition(')')[2].split()[0] if stat.exists() else 'free'\n"
        f"    Path({str(tmp_path / 'state')!r}).write_text(state)\n"
        "    killpg(pid, number)\n"
        "os.killpg = noted\n"
    )
    assert ends(pool.start(tmp_path / "no order")) == 1
    assert (tmp_path / "state").read_text() == "Z"


def test_a_kernel_killed_before_it_leads_its_group(nursery, order) -> None:
    pool = nursery(
        f"{STAYS}\nfork = os.fork\n"
        "def slow():\n"
        "    if (pid := fork()) == 0: time.sleep(600)\n"
        "    return pid\n"
        "os.fork = slow\n"
    )
    kernel = pool.start(order("one"))
    assert os.getpgid(kernel.pid) != kernel.pid
    kernel.send_signal(signal.SIGKILL)
    assert ends(kernel) == -signal.SIGKILL


@linux
def test_a_kernel_leads_its_group_before_anything_can_fail(nursery, order, tmp_path) -> None:
    pool = nursery(
        f"{STAYS}\nfrom pathlib import Path\nread, nursery = os.getppid, os.getpid()\n"
        "def noted():\n"
        "    if os.getpid() != nursery:\n"
        f"        Path({str(tmp_path / 'leads')!r}).write_text(str(os.getpgrp() == os.getpid()))\n"
        "    return read()\n"
        "os.getppid = noted\n"
    )
    pool.start(tmp_path / "no order").wait()
    assert (tmp_path / "leads").read_text() == "True"


def test_no_interpreter_is_no_kernel(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with (
        pytest.raises(ReportError, match=r"\(No such file or directory: .*python\).*anew"),
        kernel_pool((), environment={}, cwd=tmp_path, cold=True),
    ):
        pass


def test_a_signal_to_a_kernel_that_has_ended_reaches_nobody_else(nursery, tmp_path) -> None:
    kernel = nursery().start(tmp_path / "no order")
    assert ends(kernel) == 1
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        kernel.pid = other.pid  # the number, given out again to one who leads no group
        kernel.send_signal(signal.SIGKILL)
        assert other.poll() is None
        other.communicate(b"\n")
    assert other.returncode == 0
