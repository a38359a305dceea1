"""A disk that fills up at whatever moment, and folders that take nothing: real mounts."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

WORKS = ("from foistats import publish", "publish.value('things', n)")
LARGE = (*WORKS, "print('x' * 100_000)")
#: The reports are copied to a small disk, some room is left, the command runs; what it said
#: and what is then on the disk are kept for the test.
ON_A_SMALL_DISK = """
mkdir small
mount -t tmpfs -o size=6m,nr_inodes=2000 tmpfs small
cp -a reports/. small/
mount --rbind small reports
dd if=/dev/zero of=reports/.ballast bs=4096 2>/dev/null || true
size=$(stat -c %s reports/.ballast)
truncate -s $((size - $ROOM * 4096)) reports/.ballast
set +e
$COMMAND >said.out 2>said.err
echo $? >said.code
rm reports/.ballast
mkdir after
cp -a reports/. after/
"""
#: Pages of 4,096 bytes that are free: from none to enough for all but the last step.
ROOMS = (0, 1, 2, 3, 6, 10, 20, 40, 60, 80, 100, 120, 130, 140, 150, 160, 170, 180, 200)
FEW = (0, 60)
COMMAND = f"{sys.executable} -m foistats run"


@pytest.fixture
def filled(published, folder, in_namespace, aftermath):
    """Run where so many pages are free; return the exit code and what was said."""
    folder.notebook(*LARGE)

    def run(room: int) -> tuple[int, str]:
        for path in (folder.root / "small", folder.root / "after"):
            shutil.rmtree(path, ignore_errors=True)
        before = shutil.copytree(folder.root / "reports", folder.root.parent / f"before-{room}")
        done = in_namespace(ON_A_SMALL_DISK, folder.root, ROOM=str(room), COMMAND=COMMAND)
        assert done.returncode == 0, done.stderr
        shutil.rmtree(folder.root / "reports")
        (folder.root / "after").rename(folder.root / "reports")
        code = int((folder.root / "said.code").read_text())
        said = (folder.root / "said.err").read_text()
        _check(aftermath, code, said)
        shutil.rmtree(folder.root / "reports")
        shutil.move(before, folder.root / "reports")
        return code, said

    return run


def _check(aftermath, code: int, said: str) -> None:
    """Whatever the room: a clear message, versions that are whole, and a run that succeeds."""
    assert code in (0, 1), said
    assert "Traceback" not in said
    if code == 1:
        assert "No space left on device" in said or "disk" in said, said
        assert aftermath.pointed() == {"severity": "v001"}
    aftermath.intact()
    aftermath.recovers()
    assert aftermath.pointed() == {"severity": "v002"}


@pytest.mark.slow
def test_a_disk_that_is_full_at_two_levels(filled) -> None:
    codes = [filled(room)[0] for room in FEW]
    assert codes[0] == 1


@pytest.mark.slow
def test_a_disk_that_is_full_at_every_level(filled) -> None:
    said = {room: filled(room) for room in ROOMS}
    assert said[ROOMS[0]][0] == 1
    assert said[ROOMS[-1]] == (0, "severity  running\n")
    assert len({text for _, text in said.values()}) > 3, "every level failed at one moment"


READ_ONLY = """
mount --bind reports reports
mount -o remount,bind,ro reports
set +e
$COMMAND >said.out 2>said.err
echo $? >said.code
"""


def test_a_folder_mounted_read_only(published, folder, in_namespace, aftermath) -> None:
    folder.notebook(*LARGE)
    before = _tree(folder.root / "reports")
    done = in_namespace(READ_ONLY, folder.root, COMMAND=COMMAND)
    assert done.returncode == 0, done.stderr
    assert (folder.root / "said.code").read_text() == "1\n"
    assert (folder.root / "said.err").read_text() == (
        "foistats: reports/ cannot be written to (Read-only file system); nothing was published: "
        "the disk of the reports folder is mounted read-only: mount it for writing\n"
    )
    assert _tree(folder.root / "reports") == before
    aftermath.recovers()


@pytest.mark.parametrize("command", ["run --dry-run", "status", "list", "verify --all"])
def test_looking_works_on_a_folder_mounted_read_only(
    published, folder, in_namespace, aftermath, command
) -> None:
    looking = f"{sys.executable} -m foistats {command}"
    done = in_namespace(READ_ONLY, folder.root, COMMAND=looking)
    assert done.returncode == 0, done.stderr
    assert (folder.root / "said.code").read_text() == "0\n", (folder.root / "said.err").read_text()
    aftermath.recovers()


@pytest.mark.parametrize(
    ("places", "said"),
    [
        (["."], "reports/ cannot be written to (Permission denied); nothing was published"),
        (["severity"], "severity: v002 could not be written (Permission denied)"),
        pytest.param(
            ["objects"],
            "severity: v002 could not be written (Permission denied)",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_folder_without_the_right_to_write(published, folder, aftermath, places, said) -> None:
    """As root without its privileges, or as who else runs the tests."""
    folder.notebook(*LARGE)
    reports = folder.root / "reports"
    for place in places:
        (reports / place).chmod(0o555)
    answer = _without_privileges(folder.root)
    assert answer.returncode == 1
    assert said in answer.stderr
    assert "Traceback" not in answer.stderr
    assert aftermath.pointed() == {"severity": "v001"}
    for place in places:
        (reports / place).chmod(0o755)
    aftermath.intact()
    aftermath.recovers()


def _without_privileges(root: Path) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND.split(), "--project", str(root)]
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("setpriv is not installed: rights do not stop root")
        command = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", *command]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def _tree(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file()
    }
