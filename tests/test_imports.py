"""What must start fast imports lightly."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = ("pandas", "papermill", "nbformat", "matplotlib", "numpy", "jinja2", "IPython")
PROBE = """
import json, sys
from foistats.cli import main
code = main({arguments!r})
print(json.dumps([code, sorted(set({heavy!r}) & set(sys.modules))]))
"""


def probe(arguments: list[str], cwd) -> tuple[int, list[str]]:
    text = PROBE.format(arguments=arguments, heavy=HEAVY)
    done = subprocess.run(
        [sys.executable, "-c", text], cwd=cwd, capture_output=True, text=True, check=True
    )
    code, loaded = json.loads(done.stdout.splitlines()[-1])
    return code, loaded


@pytest.mark.parametrize(
    "arguments", [["--help"], ["list"], ["run", "--dry-run"]], ids=["help", "list", "dry-run"]
)
def test_no_heavy_import(folder, arguments) -> None:
    assert probe(arguments, folder.root) == (0, [])


def test_an_unchanged_run_imports_nothing_heavy(folder) -> None:
    from foistats.reports import store
    from foistats.reports.declare import read_project
    from foistats.reports.freshness import inputs_of, key_of
    from foistats.reports.request import requests

    (request,) = requests(read_project(folder.root), [], [])
    text = (
        "from foistats.reports import freshness\n"
        "freshness.package_hashes = lambda: {'publish.py': '0' * 64}\n"
    )
    inputs = inputs_of(request)
    edition = store.Edition(
        "severity", "severity", key_of(inputs, request.values), "", "", request.values, vars(inputs)
    )
    reports = folder.root / "reports"
    store.publish(reports, edition, {"values.json": b"{}\n"}, {})
    (reports / "index.html").touch()
    command = [sys.executable, "-c", text + PROBE.format(arguments=["run"], heavy=HEAVY)]
    done = subprocess.run(command, cwd=folder.root, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["severity  unchanged  v001", "[0, []]"]


def test_publish_imports_lightly(tmp_path) -> None:
    text = f"import json, sys, foistats.publish; print(sorted(set({HEAVY!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
