"""The crontab, by a real cron daemon in a mount and process namespace of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .conftest import Checkout, recipe

PATIENCE = 120  # seconds
#: Nothing of the machine's own schedules is seen, and mail goes into a file.
NAMESPACE = """
set -e
cd "$1"
mkdir programs wrapped
mount --bind /usr/sbin programs
ln -s "$1"/programs/* wrapped/
rm -f wrapped/sendmail
printf '#!/bin/sh\\ncat >> "%s/mail"\\n' "$1" > wrapped/sendmail
chmod +x wrapped/sendmail
mount --bind wrapped /usr/sbin
mount -t tmpfs none /run
mount -t tmpfs none /var/spool/cron
mount -t tmpfs none /etc/cron.d
mount --bind /dev/null /etc/crontab
mkdir /var/spool/cron/crontabs
crontab "$1/crontab"
exec "$1/programs/cron" -f
"""


def in_namespace(*command: str) -> list[str]:
    apart = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    return [*apart, *command]


@pytest.fixture
def cron_folder(tmp_path: Path) -> Path:
    if not (shutil.which("cron", path="/usr/sbin") and shutil.which("crontab")):
        pytest.skip("cron is not installed: apt-get install cron")
    if os.getuid():
        pytest.skip("only root can start a cron daemon")
    probe = subprocess.run(in_namespace("true"), capture_output=True, text=True)
    if probe.returncode:
        pytest.skip(f"no namespace of its own for cron: {probe.stderr.strip()}")
    made = tmp_path / "cron"
    made.mkdir()
    return made


@pytest.fixture
def mail(checkout: Checkout, cron_folder: Path) -> Iterator[Callable[[], str]]:
    """Start cron with the recipe, every minute; return what it has mailed."""
    table = recipe("crontab", checkout.root)
    table, runs = re.subn(r"^17 5 \* \* \*", "* * * * *", table, flags=re.MULTILINE)
    assert runs == 1
    (cron_folder / "crontab").write_text(table, encoding="utf-8")
    path = cron_folder / "mail"
    with (cron_folder / "said").open("wb") as said:
        daemon = subprocess.Popen(
            in_namespace("sh", "-c", NAMESPACE, "sh", str(cron_folder)),
            stdout=said,
            stderr=said,
        )
        try:
            yield lambda: path.read_text(encoding="utf-8") if path.is_file() else ""
        finally:
            daemon.kill()
            daemon.wait()


@pytest.fixture
def next_run(checkout: Checkout) -> Callable[[], dict[str, object]]:
    """Wait for a run that ends after this moment; return its line of the log."""

    def wait() -> dict[str, object]:
        seen = len(checkout.log())
        wait_until(lambda: len(checkout.log()) > seen)
        return checkout.log()[seen]

    return wait


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait for what cron does, which starts something once a minute."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "cron did not do it in time"
        time.sleep(0.2)


def between_runs(checkout: Checkout) -> None:
    """Wait for the middle of a minute without a run: an edit belongs to one run."""
    while not 5 < time.time() % 60 < 55 or checkout.status()["state"] == "running":
        time.sleep(0.2)


@pytest.mark.slow
def test_publishes_what_changed_and_mails_what_failed(checkout, mail, next_run):
    assert next_run()["counts"] == {"published": 1}
    assert checkout.versions() == ["v001"]
    checkout.commit()

    unchanged = next_run()
    assert unchanged["counts"] == {"unchanged": 1}
    assert unchanged["reports"] == []
    assert checkout.versions() == ["v001"]
    assert checkout.changes() == ""

    between_runs(checkout)
    checkout.write("data/pa/statements.csv", "force,n\nKent,4\n")
    published = next_run()
    assert published["counts"] == {"published": 1}
    assert "data/pa/statements.csv changed" in published["reports"][0]["reasons"]
    assert checkout.versions() == ["v001", "v002"]
    assert mail() == ""
    checkout.commit()

    between_runs(checkout)
    checkout.break_notebook()
    failed = next_run()
    assert (failed["exit_code"], failed["counts"]) == (1, {"failed": 1})
    assert checkout.versions() == ["v001", "v002"]
    assert checkout.changes() == " M notebooks/severity.ipynb\n"
    assert checkout.status()["exit_code"] == 1
    wait_until(lambda: "valeu" in mail())
    assert "To: you@example.org" in mail()
    assert "ended with exit code 1: severity  running" in mail()


def test_no_command_holds_what_cron_takes_for_its_end():
    lines = [line for line in recipe("crontab").splitlines() if not line.startswith("#")]
    assert not any("%" in line for line in lines)
    assert recipe("crontab").endswith("\n")


@pytest.mark.parametrize(("code", "said"), [(0, ""), (5, "ended with exit code 5: sorry")])
def test_a_run_that_went_well_prints_nothing(tmp_path, code, said):
    program = tmp_path / ".venv/bin/foistats"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho sorry >&2\nexit {code}\n", encoding="utf-8")
    program.chmod(0o755)
    done = in_shell(tmp_path)
    assert said in done.stdout + done.stderr
    assert bool(said) is bool(done.stdout + done.stderr)


def test_a_project_that_is_not_there_is_told(tmp_path):
    assert "nowhere" in in_shell(tmp_path / "nowhere").stderr


def in_shell(root: Path) -> subprocess.CompletedProcess[str]:
    """Run the crontab's first command as cron does: by sh, with few variables."""
    found = re.search(r"^17 5 \* \* \*\s+(.*)$", recipe("crontab"), flags=re.MULTILINE)
    return subprocess.run(
        ["/bin/sh", "-c", found[1]],
        env={"PROJECT": str(root), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
