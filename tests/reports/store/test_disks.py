"""A disk that is full and one that is read-only: mounts in a user namespace, nothing feigned."""

import json
from pathlib import Path

import pytest

SCRIPT = f"""
import json, sys
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parent)!r})
from conftest import Shop
from foistats.errors import ReportError
from foistats.reports.store import failures, journal, lock, versions

shop = Shop(Path("disk/reports"))
said = []
def tried(do):
    try:
        do()
    except ReportError as fault:
        said.append(str(fault))
def held():
    with lock.holding(shop.reports, "test"):
        pass
"""
FULL = """
shop.publish()
before = shop.tree()
said.append(sorted(before))
large = {"report.html": b"x" * 900_000, "tables/t.csv": b"y"}
tried(lambda: shop.publish(large))
said.append(shop.tree() == before)
ballast = Path("disk/ballast").open("wb", buffering=0)
try:
    while True:
        ballast.write(b"x" * 4096)
except OSError:
    pass
tried(held)
tried(lambda: shop.publish())
tried(lambda: versions.point(shop.reports, "severity", "v001", "k2"))
failed = {"reason": "cell c1"}
tried(lambda: failures.keep_failed(shop.reports, "severity", b"{}" * 9999, failed))
said.append(journal.write_status(shop.reports, {"a": "b" * 9999}))
said.append(journal.note_run(shop.reports, {"a": "b" * 9999}))
said.append(shop.pointer()["key"])
ballast.truncate(0)
said.append(shop.publish())
said.append(shop.faults())
print(json.dumps([said, shop.left_over()]))
"""
READ_ONLY = """
tried(held)
tried(lambda: shop.publish())
tried(lambda: versions.point(shop.reports, "severity", "v001", "k2"))
tried(lambda: failures.keep_failed(shop.reports, "severity", b"{}", {"reason": "cell c1"}))
said.append(journal.write_status(shop.reports, {}))
said.append(journal.note_run(shop.reports, {}))
said.append(failures.forget_failure(shop.reports, "severity"))
said.append(versions.latest(shop.reports, "severity").version)
said.append(versions.heal(shop.reports, "severity"))
print(json.dumps(said))
"""


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    (tmp_path / "disk").mkdir()
    return tmp_path / "disk"


def test_a_full_disk(in_mount, disk) -> None:
    done = in_mount("mount -t tmpfs -o size=600k tmpfs disk", SCRIPT + FULL)
    assert done.returncode == 0, done.stderr
    (tree, large, unchanged, *rest), left = json.loads(done.stdout)
    wanted = ("severity/v001/report.html", "severity/latest.json")
    assert set(wanted) < set(tree)
    assert large == (
        "severity: v002 could not be written (No space left on device); nothing was published: "
        "make room on the disk of the reports folder"
    )
    assert unchanged is True
    *faults, status, log, key, published, found = rest
    assert "severity: v002 could not be written (No space left" in faults[-3]
    assert "severity: v001 stands, but latest.json could not be written (No space" in faults[-2]
    assert faults[-1].startswith("severity: cell c1\n  the failed notebook could not be kept (No")
    assert (status, log, key) == (False, False, "k1")
    assert (published, found) == ("v002", [])
    assert [name for name in left if name.startswith((".tmp", ".staging"))] == []


def test_a_read_only_disk(in_mount, disk, shop) -> None:
    inside = type(shop)(disk / "reports")
    inside.publish()
    before = inside.tree()
    mounts = "mount --bind disk disk\nmount -o remount,bind,ro disk"
    done = in_mount(mounts, SCRIPT + READ_ONLY)
    assert done.returncode == 0, done.stderr
    held, publish, point, kept, *rest = json.loads(done.stdout)
    assert held == (
        "reports/ cannot be written to (Read-only file system); nothing was published: the disk "
        "of the reports folder is mounted read-only: mount it for writing"
    )
    assert publish.startswith("reports/ cannot be written to (Read-only file system); nothing was")
    assert "severity: v001 stands, but latest.json could not be written (Read-only" in point
    assert kept.startswith("severity: cell c1\n")
    assert rest == [False, False, None, "v001", False]
    assert inside.tree() == before


def test_a_first_version_on_a_read_only_disk(in_mount, disk) -> None:
    mounts = "mount --bind disk disk\nmount -o remount,bind,ro disk"
    script = SCRIPT + "tried(held)\ntried(lambda: shop.publish())\nprint(*said, sep='|')"
    done = in_mount(mounts, script)
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.strip().split("|")
    assert "cannot be written to (Read-only file system)" in first
    assert "(Read-only file system); nothing was published" in second
