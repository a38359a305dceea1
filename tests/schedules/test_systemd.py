"""The systemd units: what they say, what systemd makes of it, and that a run can live with it."""

from __future__ import annotations

import configparser
import shutil
import subprocess
from pathlib import Path

import pytest

from .conftest import PLACE, recipe

#: $1 is the project, $2 a folder for what stays writable.
SEALED = """
set -e
mount --bind "$1/reports" "$2/kept"
mount --bind "$2/scratch" "$2/scratch"
mount --bind "$1" "$1"
mount -o remount,bind,ro "$1"
mount -o remount,bind,ro /
mount --bind "$2/kept" "$1/reports"
cd "$1"
if touch probe "$2/probe" "$HOME/.probe" 2>/dev/null; then echo "not sealed" >&2; exit 99; fi
export TMPDIR="$2/scratch"
exec .venv/bin/foistats run --wait 600
"""
UNITS = ("foistats.service", "foistats.timer")


def unit(name: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, comment_prefixes="#")
    parser.optionxform = str
    parser.read_string(recipe(name))
    return parser


def test_the_service_runs_once_and_is_stopped_gently():
    service = unit("foistats.service")["Service"]
    assert service["Type"] == "oneshot"
    assert service["WorkingDirectory"] == PLACE
    assert service["ExecStart"].startswith(f"{PLACE}/.venv/bin/foistats run --wait ")
    assert service["KillMode"] == "mixed"
    assert service["ReadWritePaths"] == f"{PLACE}/reports"


def test_the_timer_makes_up_for_a_run_that_was_missed():
    timer = unit("foistats.timer")
    assert timer["Timer"]["Persistent"] == "yes"
    assert timer["Timer"]["OnCalendar"] == "*-*-* 05:17:00"
    assert timer["Install"]["WantedBy"] == "timers.target"


@pytest.fixture
def systemd_analyze() -> str:
    found = shutil.which("systemd-analyze")
    if found is None:
        pytest.skip("systemd is not installed: apt-get install systemd")
    return found


def test_systemd_finds_nothing_to_say(checkout, systemd_analyze, tmp_path):
    for name in UNITS:
        (tmp_path / name).write_text(placed(name, checkout.root), encoding="utf-8")
    done = verified(systemd_analyze, tmp_path)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_systemd_would_have_something_to_say(checkout, systemd_analyze, tmp_path):
    for name in UNITS:
        text = placed(name, checkout.root)
        misspelt = text.replace("KillMode", "KilMode").replace("Persistent", "Persistant")
        (tmp_path / name).write_text(misspelt, encoding="utf-8")
    said = verified(systemd_analyze, tmp_path).stderr
    assert "KilMode" in said
    assert "Persistant" in said


def placed(name: str, root: Path) -> str:
    return recipe(name, root if name == "foistats.service" else None)


def verified(systemd_analyze: str, folder: Path) -> subprocess.CompletedProcess[str]:
    paths = [str(folder / name) for name in UNITS]
    return subprocess.run([systemd_analyze, "verify", *paths], capture_output=True, text=True)


def test_a_run_writes_nowhere_but_in_reports_and_tmp(checkout, tmp_path):
    """What ProtectSystem, ReadWritePaths and PrivateTmp do, by mounts in a namespace."""
    probe = subprocess.run(in_namespace("true"), capture_output=True, text=True)
    if probe.returncode:
        pytest.skip(f"no user namespaces here: {probe.stderr.strip()}")
    (checkout.root / "reports").mkdir()
    for name in ("kept", "scratch"):
        (tmp_path / name).mkdir()
    places = (str(checkout.root), str(tmp_path))
    done = subprocess.run(
        in_namespace("sh", "-c", SEALED, "sh", *places), capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "severity  running\n")
    assert checkout.versions() == ["v001"]
    assert checkout.changes() == "?? reports/\n"


def in_namespace(*command: str) -> list[str]:
    return ["unshare", "--user", "--map-root-user", "--mount", *command]
