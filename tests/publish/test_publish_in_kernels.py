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
        client.shell_channel.send(client.session.msg("execute_request", content, metadata=metadata))
        reply = client.get_shell_msg(timeout=30)["content"]
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
