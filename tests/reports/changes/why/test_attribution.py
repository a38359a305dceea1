"""Runs of mixed inputs, by a stand-in for the notebook: a small sum that can be told apart."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from foistats.errors import VerificationError
from foistats.reports.changes.compare import changes_of, chosen_pair
from foistats.reports.changes.side import kept_in_objects
from foistats.reports.changes.why.attribution import attributed
from foistats.reports.installed import packages
from foistats.reports.replay import replay as replays
from foistats.reports.store.files import json_text, sha256

Rule = Callable[[int, int, int, int], dict[str, Any]]
TODAY = {"python": platform.python_version(), "packages": packages()}
THEN = {"python": "3.0.1", "packages": packages()}


def _files(numbers: dict[str, Any]) -> dict[str, bytes]:
    told = {id: {"id": id, "value": number, "text": str(number), "unit": "", "digits": None,
                 "tolerance": 1e-6 if isinstance(number, float) else 0, "cell": "c"}
            for id, number in numbers.items()}  # fmt: skip
    rows = "".join(f"{id},{number}\n" for id, number in numbers.items())
    notebook = json_text({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    return {
        "values.json": json_text(told),
        "tables/all.csv": f"what,number\n{rows}".encode(),
        "report.ipynb": notebook,
    }


class Stage:
    """A reports folder whose versions follow a rule of data, notebook, package, parameters."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root, self.reports = root, root / "reports"
        self.ran: list[tuple[int, int, int, int]] = []
        self.said: list[str] = []
        self.failing: set[tuple[int, int, int, int]] = set()
        self.withheld: list[str] = []
        self.rule: Rule = lambda *_: {}
        monkeypatch.setattr(replays, "replay", self._replay)

    def publish(
        self,
        version: str,
        asked: tuple[int, int, int, int],
        *,
        environment: dict[str, Any] | None = None,
        rule: Rule | None = None,
    ) -> None:
        data, notebook, package, parameter = asked
        inputs = {
            "data": {"data/a.csv": self._keep(f"n\n{data}\n")},
            "notebook": {"notebooks/n.ipynb": self._keep(json.dumps({"n": notebook}))},
            "package": {"__init__.py": self._keep(f"n = {package}\n")},
            "lock": None,
        }
        files = _files((rule or self.rule)(*asked))
        manifest = {
            "format": 1, "report": "r", "series": "r", "version": version, "predecessor": None,
            "key": "k", "title": "", "as_of": "", "parameters": {"n": parameter},
            "inputs": inputs, "withheld": self.withheld, "sources": {}, "change": "",
            "environment": environment or TODAY,
            "files": {name: sha256(content) for name, content in files.items()},
        }  # fmt: skip
        for name, content in {**files, "manifest.json": json_text(manifest)}.items():
            path = self.reports / "r" / version / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    def why(self) -> dict[str, Any]:
        pair = chosen_pair(self.reports, "r", [])
        told = changes_of(pair, kept_in_objects(self.reports))
        return attributed(told, reports=self.reports, project=self.root, progress=self.said.append)

    def _keep(self, text: str) -> str:
        digest = sha256(text.encode())
        path = self.reports / "objects" / digest
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return digest

    def _replay(self, recorded: Any, **_: Any) -> Any:
        recorded.require_all()
        asked = (
            int(recorded.data["data/a.csv"].split()[1]),
            int(json.loads(recorded.notebook[1])["n"]),
            int(recorded.package["__init__.py"].split()[-1]),
            int(recorded.parameters["n"]),
        )
        self.ran.append(asked)
        if asked in self.failing:
            raise VerificationError("it cannot be made again: code cell 1 failed")
        return replays.Replay(_files(self.rule(*asked)), {}, None, 1.5)  # type: ignore[arg-type]


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    return Stage(tmp_path, monkeypatch)


def _words(told: dict[str, Any]) -> dict[str, str]:
    return {value["id"]: value["why"]["words"] for value in told["values"]}


def test_one_changed_input_is_settled_by_two_runs(stage: Stage) -> None:
    stage.rule = lambda d, n, p, q: {"moved": d, "still": 7}
    stage.publish("v001", (1, 1, 1, 1))
    stage.publish("v002", (2, 1, 1, 1))
    told = stage.why()
    assert _words(told) == {"moved": "data"}
    assert sorted(stage.ran) == [(1, 1, 1, 1), (2, 1, 1, 1)]
    (table,) = told["tables"]
    (cell,) = table["changes"][0]["cells"]
    assert (table["changes"][0]["row"], cell["why"]["causes"]) == ("moved", ["data"])
    assert told["why"]["counts"] == {"data": {"value": 1, "cell": 1}}
    assert told["why"]["settled"] is True
    assert stage.said[0] == "running v001 as it was made"


def test_data_and_code_and_both_only_together(stage: Stage) -> None:
    stage.rule = lambda d, n, p, q: {
        "by_data": d,
        "by_code": 10 * n,
        "by_both": d + 10 * n,
        "only_together": int(d == 2 and n == 2),
        "with_data": d + int(d == 2 and n == 2),
    }
    stage.publish("v001", (1, 1, 1, 1))
    stage.publish("v002", (2, 2, 1, 1))
    told = stage.why()
    assert _words(told) == {
        "by_data": "data",
        "by_code": "notebook",
        "by_both": "data and notebook",
        "only_together": "data and notebook only together",
        "with_data": "data; notebook only with it",
    }
    assert sorted(stage.ran) == [(1, 1, 1, 1), (1, 2, 1, 1), (2, 1, 1, 1), (2, 2, 1, 1)]
    only = next(value for value in told["values"] if value["id"] == "only_together")
    assert only["why"]["only_together"] == ["data", "notebook"]
    words = [run["words"] for run in told["why"]["runs"]]
    assert "the data of v002 with the notebook of v001" in words


def test_without_interplay_two_runs_are_enough(stage: Stage) -> None:
    stage.rule = lambda d, n, p, q: {"by_data": d, "by_code": 10 * n, "by_both": d + 10 * n}
    stage.publish("v001", (1, 1, 1, 1))
    stage.publish("v002", (2, 2, 1, 1))
    assert _words(stage.why())["by_both"] == "data and notebook"
    assert sorted(stage.ran) == [(1, 2, 1, 1), (2, 1, 1, 1)]


def test_notebook_and_package_are_told_apart(stage: Stage) -> None:
    stage.rule = lambda d, n, p, q: {
        "by_data": d,
        "by_notebook": n,
        "by_package": p,
        "by_both": n + p,
        "neither_alone": int(n == p == 2),
    }
    stage.publish("v001", (1, 1, 1, 1))
    stage.publish("v002", (2, 2, 2, 1))
    assert _words(stage.why()) == {
        "by_data": "data",
        "by_notebook": "notebook",
        "by_package": "package",
        "by_both": "notebook and package",
        "neither_alone": "notebook and package only together",
    }
    assert sorted(stage.ran) == [(1, 1, 2, 1), (1, 2, 1, 1), (1, 2, 2, 1), (2, 1, 1, 1)]


def test_code_stays_one_where_its_halves_do_not_run(stage: Stage) -> None:
    stage.rule = lambda d, n, p, q: {"x": d + 10 * n}
    stage.failing = {(1, 1, 2, 1)}
    stage.publish("v001", (1, 1, 1, 1))
    stage.publish("v002", (2, 2, 2, 1))
    assert _words(stage.why()) == {"x": "data and code"}


def test_parameters_are_a_part_of_their_own(stage: Stage) -> None:
    stage.rule = lambda d, n, p, q: {"x": q, "y": d, "z": n}
    stage.publish("v001", (1, 1, 1, 1))
    stage.publish("v002", (2, 2, 1, 2))
    assert _words(stage.why()) == {"x": "parameters", "y": "data", "z": "notebook"}


def test_another_environment_is_told_and_blamed_for_the_rest(stage: Stage) -> None:
    stage.rule = lambda d, n, p, q: {"x": d, "y": 1.0, "z": d + 0.5}
    then: Rule = lambda d, n, p, q: {"x": d, "y": 0.5, "z": d + 0.25}  # noqa: E731
    stage.publish("v001", (1, 1, 1, 1), environment=THEN, rule=then)
    stage.publish("v002", (2, 2, 1, 1))
    told = stage.why()
    assert _words(told) == {"x": "data", "y": "environment", "z": "data, and the environment"}
    assert (1, 1, 1, 1) in stage.ran
    assert (told["environment"][0]["name"], told["environment"][0]["before"]) == ("Python", "3.0.1")
    assert list(told["why"]["environment"]) == ["v001"]
    assert any("was made in another environment: Python 3.0.1" in one
               for one in told["why"]["words"])  # fmt: skip


def test_what_no_input_moves_makes_both_versions_run_again(stage: Stage) -> None:
    stage.rule = lambda d, n, p, q: {"x": d, "y": 2.0}
    other: Rule = lambda d, n, p, q: {"x": d, "y": 1.0}  # noqa: E731
    stage.publish("v001", (1, 1, 1, 1), rule=other)  # another processor, the same packages
    stage.publish("v002", (2, 2, 1, 1))
    assert _words(stage.why()) == {"x": "data", "y": "environment"}
    assert {(1, 1, 1, 1), (2, 2, 1, 1)} <= set(stage.ran)


def test_runs_that_fail_are_told_with_the_numbers_they_would_have_settled(stage: Stage) -> None:
    stage.rule = lambda d, n, p, q: {"by_data": d, "by_code": n}
    stage.failing = {(2, 1, 1, 1)}
    stage.publish("v001", (1, 1, 1, 1))
    stage.publish("v002", (2, 2, 1, 1))
    told = stage.why()
    assert _words(told) == {
        "by_data": "data (not all settled)",
        "by_code": "notebook (not all settled)",
    }
    assert any(
        line.startswith(
            "run again: the data of v002 with the notebook of v001: failed, and would have "
            "settled 2 values, 2 numbers in tables: it cannot be made again"
        )
        for line in told["why"]["words"]
    )


def test_nothing_is_settled_where_everything_fails(stage: Stage) -> None:
    stage.rule = lambda d, n, p, q: {"x": d}
    stage.failing = {(2, 1, 1, 1), (1, 1, 1, 1)}
    stage.publish("v001", (1, 1, 1, 1))
    stage.publish("v002", (2, 1, 1, 1))
    told = stage.why()
    assert _words(told) == {"x": "not settled"}
    assert told["why"]["settled"] is False


def test_inputs_that_are_gone_settle_nothing(stage: Stage) -> None:
    stage.rule = lambda d, n, p, q: {"x": d}
    stage.publish("v001", (1, 1, 1, 1))
    stage.publish("v002", (2, 1, 1, 1))
    (stage.reports / "objects" / sha256(b"n\n1\n")).unlink()
    told = stage.why()
    assert _words(told) == {"x": "not settled"}
    assert "gone" in " ".join(told["why"]["words"])


def test_a_value_that_is_new_has_its_cause(stage: Stage) -> None:
    stage.rule = lambda d, n, p, q: {"x": 1} | ({"fresh": 5} if n == 2 else {})
    stage.publish("v001", (1, 1, 1, 1))
    stage.publish("v002", (2, 2, 1, 1))
    told = stage.why()
    assert _words(told) == {"fresh": "notebook"}
    (change,) = told["tables"][0]["changes"]
    assert (change["change"], change["why"]["words"]) == ("added", "notebook")


def test_nothing_moved_and_nothing_runs(stage: Stage) -> None:
    stage.rule = lambda d, n, p, q: {"x": 1}
    stage.publish("v001", (1, 1, 1, 1))
    stage.publish("v002", (2, 2, 1, 1))
    told = stage.why()
    assert stage.ran == []
    assert told["why"]["settled"] is True
    assert "no number moved beyond its tolerance" in told["why"]["words"]


def test_of_a_private_study_what_a_failed_run_said_is_not_shown(stage: Stage) -> None:
    stage.rule = lambda d, n, p, q: {"x": d}
    stage.failing = {(1, 1, 1, 1)}
    stage.withheld = ["data/a.csv"]
    stage.publish("v001", (1, 1, 1, 1))
    stage.publish("v002", (2, 1, 1, 1))
    told = stage.why()
    assert _words(told) == {"x": "not settled"}
    assert "code cell 1" not in json.dumps(told)
    assert "the study is private: what it said is not shown" in " ".join(told["why"]["words"])
