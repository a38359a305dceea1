"""What a version says of itself: what is said again, and what nobody can say again."""

from __future__ import annotations

import json

import pytest

from foistats.errors import VerificationError
from foistats.reports.ask.declare import read_project
from foistats.reports.ask.request import requests
from foistats.reports.freshness import Hashes
from foistats.reports.replay.replay import FailedReplayError
from foistats.reports.status import judge
from foistats.reports.store import failures


def test_what_the_recorded_source_cannot_write_does_not_follow(shelf) -> None:
    shelf.replace_input("reports/pages/page.py", b'"""Another release."""\n')
    answer = shelf.asks()
    assert {"key", "as_of", "report.html"} <= {one.id for one in answer.bad}
    (page,) = (one for one in answer.bad if one.kind == "page")
    assert page.where.startswith("the recorded source cannot write it (ImportError: cannot")
    shelf.replace_input("reports/pages/__init__.py", b"import os\nos._exit(3)\n")
    (key,) = (one for one in shelf.asks().bad if one.id == "key")
    assert key.where == "the recorded source cannot write it (JSONDecodeError)"


def test_a_record_of_odd_things_does_not_hide_the_page(shelf, quick) -> None:
    """What keeps the page from being written keeps it from being compared."""
    environment = shelf.manifest()["environment"] | {"packages": 3}
    run = json.loads((shelf.version() / "run.json").read_bytes()) | {"packages": 3}
    (shelf.version() / "run.json").write_text(json.dumps(run))
    shelf.edit("report.html", lambda page: page.replace("There are", "There were"))
    shelf.seal(shelf.version(), environment=environment)
    assert "report.html" in {one.id for one in shelf.asks().bad}


def test_a_meaning_that_is_another_today(shelf, quick) -> None:
    declared = {"severity": {"weight": ("points", "what a case counts"), "study": ("", "another")}}
    answer = shelf.asks(declared=declared)
    assert answer.state == "follows"
    assert answer.notes == (
        "the page says of the parameter study 'the study to report on', foistats.toml says today "
        "'another'; no version records it",
    )
    shelf.edit("report.html", lambda page: page.replace(">the study to report on<", ">mine<"))
    shelf.seal(shelf.version())
    declared["severity"]["study"] = ("", "the study to report on")
    assert "'mine', foistats.toml says today" in shelf.asks(declared=declared).notes[0]


def test_a_version_before_that_was_removed(shelf, quick) -> None:
    done = shelf.foistats("prune", "--keep", "1", "--reason", "superseded")
    assert done.returncode == 0, done.stderr
    assert not shelf.version("v001").exists()
    answer = shelf.asks()
    assert answer.state == "follows", answer.bad
    assert answer.notes == (
        "what changed is not compared: the version before is not here, or not whole",
    )


@pytest.mark.slow
def test_a_run_that_failed_before(shelf) -> None:
    data = shelf.root / "data/pa/statements.csv"
    data.write_text(data.read_text().replace("Essex,7", "Essex,8"))
    (request,) = requests(read_project(shelf.root), ["severity"], [])
    key = judge(request, Hashes()).key
    told = {"key": key, "reason": "code cell 3 failed; so it did", "when": "2024-01-01"}
    failures.keep_failed(shelf.root / "reports", "severity", b"{}", told)
    done = shelf.foistats("run", "severity")
    assert done.returncode == 0, done.stderr
    assert shelf.manifest("v003")["change"].startswith("Its last run failed: code cell 3 failed")
    answer = shelf.asks(shelf.version("v003"))
    assert answer.state == "follows", answer.bad
    assert answer.notes == (
        "that a run failed before this one is not compared: no version records it",
    )
    change = shelf.manifest("v003")["change"].replace("2 of 3 values", "1 of 3 values")
    shelf.seal(shelf.version("v003"), change=change)
    assert "change" in {one.id for one in shelf.asks(shelf.version("v003")).bad}


def test_a_source_that_lacks_its_beginning(shelf) -> None:
    inputs = shelf.manifest()["inputs"]
    del inputs["package"]["__init__.py"]
    shelf.seal(shelf.version(), inputs=inputs)
    answer = shelf.asks()
    assert answer.state == "does not follow"
    assert "the recorded source has no __init__.py" in answer.reason


def test_no_room_for_temporary_files(shelf, monkeypatch) -> None:
    def full(**_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.mkdtemp", full)
    answer = shelf.asks()
    assert answer.state == "cannot be checked"
    assert "cannot be written to (No space left on device); nothing was run" in answer.reason


def test_what_never_ends(shelf) -> None:
    digest = shelf.manifest()["inputs"]["notebook"]["notebooks/severity.ipynb"]
    content = (shelf.root / "reports/objects" / digest).read_bytes()
    stuck = content.replace(b"print(cases.to_string())", b"while True: pass")
    shelf.replace_input("notebooks/severity.ipynb", stuck)
    answer = shelf.asks(timeout=6)
    assert answer.state == "cannot be checked"
    assert "6 seconds" in answer.reason


def test_errors_are_verification_errors() -> None:
    assert issubclass(FailedReplayError, VerificationError)
    assert FailedReplayError.exit_code == 4
