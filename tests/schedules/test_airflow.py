"""The Airflow DAG: read as text always, and by Airflow itself in an environment of its own."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from foistats.errors import LockError

from .conftest import PLACE, Checkout, recipe

HERE = Path(__file__).parent
PACKAGES = ("apache-airflow-core", "apache-airflow-providers-standard")


def constants() -> dict[str, object]:
    """The names that the file gives to plain values."""
    return {
        node.targets[0].id: node.value.value
        for node in ast.parse(recipe("foistats_dag.py")).body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
    }


def tasks() -> dict[str, dict[str, str]]:
    """The arguments of each task, as they are written."""
    calls = (
        {argument.arg: ast.unparse(argument.value) for argument in node.keywords}
        for node in ast.walk(ast.parse(recipe("foistats_dag.py")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "BashOperator"
    )
    return {ast.literal_eval(call["task_id"]): call for call in calls}


def test_the_dag_runs_the_command_in_the_project():
    run = tasks()["run"]
    assert run["bash_command"] == "'.venv/bin/foistats run --wait 600 --log json'"
    assert (run["cwd"], constants()["PROJECT"]) == ("PROJECT", PLACE)


def test_another_runner_is_a_skip_and_what_is_published_is_verified():
    assert tasks()["run"]["skip_on_exit_code"] == "ANOTHER_RUNS"
    assert constants()["ANOTHER_RUNS"] == LockError.exit_code
    assert tasks()["verify"]["trigger_rule"] == "'none_failed'"


@pytest.fixture
def airflow(tmp_path: Path) -> Iterator[Path]:
    """The Python of an environment with Airflow; removed afterwards, it is 300 MB."""
    made = tmp_path / "airflow"
    python = made / "bin/python"
    subprocess.run([sys.executable, "-m", "venv", str(made)], check=True, capture_output=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    pinned = ["--only-binary", ":all:", "--constraint", str(HERE / "airflow.txt")]
    done = subprocess.run([*pip, *pinned, *PACKAGES], capture_output=True, text=True)
    if done.returncode:
        shutil.rmtree(made)
        pytest.skip(f"Airflow cannot be installed: {done.stderr.strip().splitlines()[-1]}")
    yield python
    shutil.rmtree(made)


def loaded(airflow: Path, checkout: Checkout) -> dict[str, object]:
    """What Airflow makes of the file, for this project."""
    folder = checkout.root.parent / "dags"
    folder.mkdir(exist_ok=True)
    path = folder / "foistats_dag.py"
    path.write_text(recipe("foistats_dag.py", checkout.root), encoding="utf-8")
    done = subprocess.run(
        [str(airflow), str(HERE / "load_dag.py"), str(path)],
        env={**os.environ, "AIRFLOW_HOME": str(folder / "home")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.slow
def test_airflow_reads_it_and_tells_the_outcomes_apart(airflow, checkout):
    published = loaded(airflow, checkout)
    assert published == {
        "errors": {},
        "tasks": {"run": ["verify"], "verify": []},
        "outcome": "success",
    }
    assert checkout.versions() == ["v001"]

    checkout.break_notebook()
    assert loaded(airflow, checkout)["outcome"] == "AirflowException"
    assert checkout.versions() == ["v001"]

    checkout.write(".venv/bin/foistats", f"#!/bin/sh\nexit {LockError.exit_code}\n")
    assert loaded(airflow, checkout)["outcome"] == "AirflowSkipException"
