"""Pages open in a browser without a network, on a desk and on a phone, in light and in dark.

The tests with axe-core need a folder with the Node packages playwright-core and axe-core, named
by FOISTATS_NODE_MODULES.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from foistats.publish import FIGURE_MIME, TABLE_MIME, VALUE_MIME
from foistats.publish.tabular import Table, csv_text, html_table
from foistats.reports.ask.declare import read_project
from foistats.reports.ask.request import requests
from foistats.reports.pages.index import write_index
from foistats.reports.pages.page import report_page

HERE = Path(__file__).parent
REPORTS = HERE.parents[2] / "reports"
#: What Chromium asks for by itself, page or no page.
OWN = (".google.com", ".googleapis.com", ".gvt1.com", ".gstatic.com")
PAGES = sorted(REPORTS.glob("**/v*/report.html")) + sorted(REPORTS.glob("index.html"))
NODE_MODULES = os.environ.get("FOISTATS_NODE_MODULES", "")

pytestmark = pytest.mark.slow


def page_name(page: Path) -> str:
    return page.relative_to(REPORTS).as_posix()


@pytest.fixture(scope="session")
def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("no Chromium: apt-get install chromium")
    return found


@pytest.fixture
def faults(chromium: str):
    if shutil.which("node") is None:
        pytest.skip("no Node: apt-get install nodejs npm")
    if not (Path(NODE_MODULES) / "axe-core").is_dir():
        pytest.skip("FOISTATS_NODE_MODULES names no folder with playwright-core and axe-core")

    def opened(page: Path) -> list[str]:
        done = subprocess.run(
            ["node", HERE / "open_page.cjs", chromium, page],
            env={**os.environ, "NODE_PATH": NODE_MODULES},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return opened


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_opens_offline_without_a_request_or_an_error(page, chromium, tmp_path) -> None:
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


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_a_published_page_is_for_every_reader(page, faults) -> None:
    assert faults(page) == []


LONG = "x" * 10_000
HOSTILE = '"><script>alert(1)</script><img src=http://a.org/b onerror=alert(1)>{{ 7 * 7 }}'
DRAWING = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="518pt" height="100pt">'
    "<script>alert(1)</script>"
    '<image href="http://example.org/a.png" width="9" height="9"/><text y="20">drawn</text></svg>'
)


def displayed(**data: object) -> dict[str, object]:
    return {"output_type": "display_data", "data": data, "metadata": {}}


def cells(word: str) -> list[dict[str, object]]:
    """Every kind of cell and output, each with the word in it."""
    frame = Table(("name", word, "n"), ((word, f"{word} {word}", 3), ("a b", "c", 4)))
    caption = {"caption": word, "csv": csv_text(frame)}
    html = html_table(frame, caption=word, digits=dict.fromkeys(frame.columns, 1))
    outputs = [
        displayed(**{VALUE_MIME: {"id": "a", "value": word, "text": word}}),
        displayed(**{VALUE_MIME: {"id": "b" * 200, "value": 1, "text": word}}),
        displayed(**{TABLE_MIME: {"id": "t", **caption}, "text/html": html}),
        displayed(**{TABLE_MIME: {"id": "u", **caption}, "text/html": word}),
        displayed(**{FIGURE_MIME: {"id": "f", "alt": word, **caption}, "image/svg+xml": DRAWING}),
        displayed(**{"text/markdown": f"## {word}\n\n{word} | [{word}](http://example.org)"}),
        displayed(**{"text/plain": word, "text/html": word}),
        {"output_type": "stream", "name": "stderr", "text": word},
        {"output_type": "stream", "name": "stdout", "text": word},
    ]
    prose = (
        f"## {word}\n\n### {word}\n\n`{word}` {word}\n\n|a|b|\n|-|-|\n|{word}|c|\n\n> {word}\n\n"
    )
    return [
        {"cell_type": "markdown", "metadata": {}, "source": f"# {word}"},
        {
            "cell_type": "markdown",
            "metadata": {},
            "source": f"{prose}$\\theta$ $\\{word}$\n\n- {word}",
        },
        {
            "cell_type": "code",
            "metadata": {},
            "source": f"print('{word}', None, 1.5, @x)  # comment\nclass A: pass",
            "outputs": outputs,
        },
    ]


@pytest.mark.parametrize("word", [LONG, HOSTILE], ids=["10,000 characters", "hostile"])
def test_the_worst_words_neither_widen_a_page_nor_act(word, folder, faults) -> None:
    (request,) = requests(read_project(folder.root), [], [("link", "probit")])
    sources = {word: {"newest": word, "sources": {word: "withdrawn"}, "notes": {word: word}}}
    inputs = {"data": {f"data/{word}": "ab" * 32}, "notebook": {"n.ipynb": "cd" * 32}}
    page = report_page(
        request,
        {"cells": cells(word)},
        version="v001",
        inputs=inputs,
        environment={"python": "3.11", "differs_from_lock": [word]},
        change=word,
        sources=sources,
    )
    assert faults(folder.write("page.html", page.decode())) == []


@pytest.mark.parametrize("word", [LONG, HOSTILE], ids=["10,000 characters", "hostile"])
def test_the_worst_words_neither_widen_an_index_nor_act(word, folder, faults) -> None:
    manifest = {
        "title": word,
        "change": word,
        "as_of": word,
        "parameters": {"link": word},
        "sources": {word: {"newest": word, "sources": {word: "withdrawn"}, "notes": {word: word}}},
    }
    for version in ("v001", "v002"):
        folder.write(f"reports/severity/{version}/manifest.json", json.dumps(manifest))
    folder.write("reports/severity/v000.json", json.dumps({"removed": word, "reason": word}))
    folder.write("reports/register/v001/manifest.json", "{")
    write_index(folder.root / "reports")
    assert faults(folder.root / "reports" / "index.html") == []
