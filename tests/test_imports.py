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


@pytest.mark.parametrize("command", ["run", "status"])
def test_an_unchanged_project_imports_nothing_heavy(folder, command) -> None:
    with folder.command("run") as first:
        first.communicate()
    assert first.returncode == 0
    done = subprocess.run(
        [sys.executable, "-c", PROBE.format(arguments=[command], heavy=HEAVY)],
        cwd=folder.root,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "v001" in done.stdout
    assert done.stdout.splitlines()[-1] == "[0, []]"


def test_publish_imports_lightly(tmp_path) -> None:
    text = f"import json, sys, foistats.publish; print(sorted(set({HEAVY!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
