"""The CI workflow: its steps, executed in a clone with a remote beside it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from .conftest import NOBODY, Checkout, recipe

Steps = Callable[[], subprocess.CompletedProcess[str]]


def workflow() -> dict:
    return yaml.safe_load(recipe("publish.yml"))


def steps() -> list[dict]:
    return workflow()["jobs"]["publish"]["steps"]


def test_the_workflow_may_push_and_never_runs_twice_at_once():
    found = workflow()
    assert found["permissions"] == {"contents": "write"}
    assert found["concurrency"] == {"group": "publish", "cancel-in-progress": False}
    assert set(found[True]) == {"schedule", "workflow_dispatch"}  # YAML reads `on` as true
    assert found["defaults"]["run"]["shell"] == "bash"


def test_failed_notebooks_are_kept_by_the_step_for_failures_only():
    assert [step["name"] for step in steps() if "if" in step] == ["Keep the failed notebooks"]
    assert steps()[-1]["if"] == "failure()"


@pytest.fixture
def run_steps(checkout: Checkout, tmp_path: Path) -> Steps:
    """Execute the run steps one after another as the CI does: bash stops at the first error."""
    if not shutil.which("jq"):
        pytest.skip("jq is not installed: apt-get install jq")
    (tmp_path / "runner").mkdir()
    shared = {key: NOBODY[key] for key in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM")}
    surroundings = {**os.environ, **shared, "RUNNER_TEMP": str(tmp_path / "runner")}

    def run() -> subprocess.CompletedProcess[str]:
        done = None
        for step in (step for step in steps() if "run" in step):
            done = subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
                cwd=checkout.root,
                env={**surroundings, **step.get("env", {})},
                capture_output=True,
                text=True,
            )
            if done.returncode:
                break
        assert done is not None
        return done

    return run


def pushed(checkout: Checkout, what: str = "%H") -> str:
    return checkout.git("--git-dir", "../remote.git", "log", "-1", f"--format={what}", "main")


def test_a_new_version_is_committed_and_pushed(checkout, run_steps):
    before = pushed(checkout)
    assert run_steps().returncode == 0
    assert pushed(checkout) != before
    assert pushed(checkout, "%an %s") == "foistats Reports: severity v001 published\n"
    assert "reports/severity/v001/manifest.json" in checkout.git("ls-files")
    assert checkout.changes() == ""


def test_a_run_that_changes_nothing_pushes_nothing(checkout, run_steps):
    run_steps()
    before = pushed(checkout)
    done = run_steps()
    assert (done.returncode, done.stdout) == (0, "nothing changed, nothing to commit\n")
    assert pushed(checkout) == before


def test_the_commit_says_why_and_what_changed(checkout, run_steps):
    run_steps()
    checkout.write("data/pa/statements.csv", "force,n\nKent,4\n")
    checkout.commit()
    assert run_steps().returncode == 0
    told = pushed(checkout, "%B")
    assert told.startswith("Reports: severity v002 published\n\nseverity v002\n")
    assert "\n- data/pa/statements.csv changed\n" in told


def test_a_report_that_fails_pushes_nothing(checkout, run_steps):
    run_steps()
    checkout.break_notebook()
    checkout.commit()
    before = pushed(checkout)
    done = run_steps()
    assert done.returncode == 1
    assert "valeu" in done.stderr
    assert pushed(checkout) == before
    assert checkout.changes() == ""
