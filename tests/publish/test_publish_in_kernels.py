"""The same verbs under JupyterLab's messages and in plain papermill."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from jupyter_client.manager import start_new_kernel


@pytest.fixture
def run() -> Iterator[Callable[..., str]]:
    """A kernel, and a function that runs a cell as JupyterLab does; it returns the error."""
    manager, client = start_new_kernel(kernel_name="python3")

    def execute(code: str, **metadata: object) -> str:
        # after an error a kernel may abort what comes next, unless told not to
        content = {"code": code, "silent": False, "store_history": True, "stop_on_error": False}
        request = client.session.msg("execute_request", content, metadata=metadata)
        client.shell_channel.send(request)
        while True:  # a slow start leaves answers to the questions whether it is ready
            answer = client.get_shell_msg(timeout=30)
            if answer["parent_header"].get("msg_id") == request["header"]["msg_id"]:
                break
        reply = answer["content"]
        return "" if reply["status"] == "ok" else str(reply["evalue"])

    yield execute
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def test_jupyterlab_runs_cells_again(run: Callable[..., str]) -> None:
    taken = "was already published by another cell"
    assert run("from foistats import publish") == ""
    assert run("publish.value('x', 1)", cellId="A") == ""
    assert run("publish.value('x', 2)", cellId="A") == ""
    assert run("publish.say('{x}')", cellId="B") == ""
    assert taken in run("publish.value('x', 3)", cellId="B")
    assert "by this cell" in run("publish.value('y', 1); publish.value('y', 2)", cellId="C")
    assert run("publish.value('x', 3)", cellId="B", deletedCells=["A"]) == ""
    assert run("publish.value('z', 1)") == ""
    assert run("publish.value('z', 1)") == ""
    assert taken in run("publish.value('z', 2)")


CLAIMING = """\
publish.say("Staff left more often.", claims={"more often": CLAIM})"""
CLAIMING = CLAIMING.replace("CLAIM", "('staff', 'higher_than', 'officers')")


def test_jupyterlab_refuses_a_false_claim(run: Callable[..., str]) -> None:
    assert run("from foistats import publish") == ""
    assert run("publish.value('staff', 1); publish.value('officers', 2)", cellId="A") == ""
    refused = run(CLAIMING, cellId="B")
    assert "'more often' does not hold" in refused
    assert "staff is 1 and officers is 2" in refused
    assert run("publish.value('staff', 3); publish.value('officers', 2)", cellId="A") == ""
    assert run(CLAIMING, cellId="B") == ""
    assert run(CLAIMING, cellId="B") == ""


@pytest.mark.parametrize(("staff", "code"), [("3", 0), ("1", 1)])
def test_plain_papermill_refuses_a_false_claim(folder, staff, code) -> None:
    folder.notebook(
        "from foistats import publish",
        "publish.value('staff', n); publish.value('officers', 2)",
        CLAIMING,
    )
    command = [sys.executable, "-m", "papermill", "-k", "python3", "-l", "python"]
    done = subprocess.run(
        [*command, "--no-progress-bar", "-p", "n", staff, "notebooks/severity.ipynb", "out.ipynb"],
        check=False,
        capture_output=True,
        text=True,
        cwd=folder.root,
    )
    assert done.returncode == code
    assert ("does not hold" in done.stderr) == bool(code)


def test_plain_papermill(folder) -> None:
    source = folder.root / "notebooks/severity.ipynb"
    target = folder.root / "out.ipynb"
    command = [sys.executable, "-m", "papermill", "-k", "python3", "-l", "python"]
    subprocess.run(
        [*command, "--no-progress-bar", "-p", "n", "7", source, target],
        check=True,
        capture_output=True,
    )
    (output,) = json.loads(target.read_text())["cells"][-1]["outputs"]
    assert output["data"]["application/vnd.foistats.value+json"]["value"] == 7
