"""Published pages open in a browser without a network."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

REPORTS = Path(__file__).parents[2] / "reports"
#: What Chromium asks for by itself, page or no page.
OWN = (".google.com", ".googleapis.com", ".gvt1.com", ".gstatic.com")
PAGES = sorted(REPORTS.glob("*/v*/report.html")) + sorted(REPORTS.glob("index.html"))


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: "/".join(page.parts[-3:]))
def test_opens_offline_without_a_request_or_an_error(page, tmp_path):
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no Chromium: apt-get install chromium")
    log = tmp_path / "net.json"
    done = subprocess.run(
        [
            chromium,
            *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
            *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
            "--host-resolver-rules=MAP * ~NOTFOUND",
            f"--user-data-dir={tmp_path / 'profile'}",
            f"--log-net-log={log}",
            "--enable-logging=stderr",
            "--dump-dom",
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert "<main" in done.stdout
    assert "CONSOLE" not in done.stderr
    asked = re.findall(r'"url":"(https?://([^/"]+)[^"]*)', log.read_text(errors="ignore"))
    assert [url for url, host in asked if not host.endswith(OWN)] == []
