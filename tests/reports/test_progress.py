"""What a run tells, and what it leaves for a scheduler."""

from __future__ import annotations

import json
import time

from foistats.reports.progress import Bars, Outcome, outcome_lines


def test_one_json_line_an_event(folder) -> None:
    answer = folder.foistats("run", "--log", "json")
    events = [json.loads(line) for line in answer.err.splitlines()]
    assert answer.out == ""
    assert [event["event"] for event in events] == [
        "started",
        *["cell"] * (len(events) - 2),
        "finished",
    ]
    assert events[0] | {"time": ""} == {
        "time": "",
        "event": "started",
        "series": "severity",
        "reasons": ["first version"],
    }
    assert (events[-2]["done"], events[-2]["cells"]) == (3, 4)
    assert events[-1]["status"] == "published"


def test_the_reasons_are_cut_after_five() -> None:
    outcome = Outcome("severity", "stale", "v001", tuple("abcdefg"))
    assert outcome_lines(outcome) == [
        "severity  stale  v001",
        *(f"  {reason}" for reason in "abcde"),
        "  and 2 more",
    ]


def test_the_status_file_and_the_log(folder) -> None:
    folder.foistats("run")
    folder.foistats("run")
    told = folder.json("reports/.status.json")
    assert told["state"] == "finished"
    assert told["exit_code"] == 0
    assert told["counts"] == {"unchanged": 1}
    assert told["last_success"] == told["finished"]
    assert told["reports"]["severity"]["version"] == "v001"
    folder.notebook("1 / 0")
    folder.foistats("run")
    failed = folder.json("reports/.status.json")
    assert (failed["exit_code"], failed["counts"]) == (1, {"failed": 1})
    assert failed["last_success"] == told["last_success"]
    assert "1 / 0" in failed["reports"]["severity"]["error"]
    lines = (folder.root / "reports/.run-log.jsonl").read_text().splitlines()
    assert [json.loads(line)["counts"] for line in lines] == [
        {"published": 1},
        {"unchanged": 1},
        {"failed": 1},
    ]


def test_a_dry_run_leaves_nothing(folder) -> None:
    assert folder.foistats("run", "--dry-run").code == 0
    assert not (folder.root / "reports").exists()


def test_bars_come_and_go(capsys) -> None:
    bars = Bars()
    bars.started("severity", ["first version"])
    bars.cell("severity", 0, 8)
    bars.cell("severity", 6, 8)
    bars.finished(Outcome("severity", "published", "v001", ("first version",), seconds=1.25))
    said = capsys.readouterr()
    assert said.out == "severity  published  v001  1.2 s\n  first version\n"
    assert "6/8 cells" in said.err
    assert max(map(len, said.err.replace("\r", "\n").splitlines())) <= 80


def test_a_failure_takes_its_bar_away(capsys) -> None:
    bars = Bars()
    bars.started("severity", [])
    bars.finished(Outcome("severity", "failed", error="severity: wrong"))
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.endswith("severity  failed  0.0 s\nfoistats: severity: wrong\n")


def test_an_interrupted_run_tells_what_it_published(folder) -> None:
    declared = (folder.root / "foistats.toml").read_text()
    folder.write(
        "foistats.toml", f'{declared}\n[reports.slow]\nnotebook = "notebooks/slow.ipynb"\n'
    )
    folder.notebook("from time import sleep as wait\nwait(600)", name="slow", parameters="")
    with folder.command("run", "--jobs", "2") as runner:
        pointer = folder.root / "reports/severity/latest.json"
        end = time.monotonic() + 60
        while not pointer.is_file() and time.monotonic() < end:
            time.sleep(0.05)
        time.sleep(0.5)
        runner.terminate()
        runner.communicate()
    assert runner.returncode == 130
    told = folder.json("reports/.status.json")
    assert (told["state"], told["exit_code"]) == ("interrupted", None)
    assert told["counts"] == {"published": 1}
    assert told["reports"]["severity"]["version"] == "v001"
    (line,) = (folder.root / "reports/.run-log.jsonl").read_text().splitlines()
    assert [report["series"] for report in json.loads(line)["reports"]] == ["severity"]
    assert not list((folder.root / "reports").glob(".staging-*"))
