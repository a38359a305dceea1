"""``foistats diff``: what changed between two versions, and what moved each number."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import foistats
from foistats.reports import freshness

KITCHENS = Path(__file__).parents[1] / "studies" / "kitchens"
DECLARED = """\
[reports.kitchens]
notebook = "notebooks/kitchens.ipynb"
inputs   = ["data/{study}"]
timeout  = 60

[reports.kitchens.parameters.study]
allowed = "study"
meaning = "the study"
"""
READ = """\
import csv, os
from pathlib import Path
import pandas as pd
from foistats import publish
path = Path(os.environ["FOISTATS_PROJECT"], "data", study, "statements.csv")
rows = [row for row in csv.DictReader(path.open()) if row["outcomes"] != "any"]
"""
VALUES = """\
closed = sum(int(row["n_low"]) for row in rows if row["outcomes"] == "closed")
clean = sum(int(row["n_low"]) for row in rows if row["outcomes"] == "clean")
publish.value("closed", closed, "inspections")
publish.value("clean", clean, "inspections")
publish.value("odds", closed / clean, digits=2)
publish.value("odds_low", closed / clean / 2, digits=2)
publish.value("odds_high", closed / clean * 2, digits=2)
"""
TABLE = """\
frame = pd.DataFrame(rows).assign(n=lambda all: all["n_low"].astype(int))
by = frame.groupby("outcomes", as_index=False)["n"].sum().sort_values("n", ascending=False)
publish.table("by_outcome", by, "Cases by outcome")
"""
OLD, NEW = "school,notice,6,6", "school,closed,6,6"
SAID = "Aldermoor, 6 inspections, school: written notice → kitchen closed"


@pytest.fixture
def kitchens_project(folder: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A project with the invented study, and a copy of the package as its recorded source."""
    shutil.rmtree(folder.root / "data")
    shutil.copytree(KITCHENS, folder.root / "data/kitchens")
    folder.write("foistats.toml", DECLARED)
    folder.notebook(
        READ, VALUES, TABLE, name="kitchens", parameters='study: str = "kitchens"  # the study'
    )
    copy = folder.root.parent / "source" / "foistats"
    bytecode = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(foistats.__file__).parent, copy, ignore=bytecode)
    monkeypatch.setattr(freshness, "PACKAGE", copy)
    return folder


def _edit(folder: Any, path: str, old: str, new: str) -> None:
    text = (folder.root / path).read_text(encoding="utf-8")
    assert text.count(old) == 1
    folder.write(path, text.replace(old, new))


def _run(folder: Any) -> None:
    answer = folder.foistats("run")
    assert answer.code == 0, answer.err


def test_a_seeded_change_of_one_statement(kitchens_project: Any) -> None:
    folder = kitchens_project
    _run(folder)
    _edit(folder, "data/kitchens/statements.csv", OLD, NEW)
    _run(folder)

    answer = folder.foistats("diff", "kitchens", "v001", "v002")
    assert answer.code == 0, answer.err
    assert max(map(len, answer.out.splitlines())) <= 80
    assert SAID in answer.out
    assert "(aldermoor-3)" in answer.out
    assert "Values: 4 of 5 moved" in answer.out
    for moved in ("closed     13    19    +6 inspections (+46%)", "odds_low", "odds_high"):
        assert moved in answer.out
    assert "closed: n 13 → 19, +6 (+46%)" in answer.out
    assert "notice: n 21 → 15, −6 (−29%)" in answer.out  # noqa: RUF001
    assert "clean " not in answer.out

    why = folder.foistats("diff", "kitchens", "--why", "--json")
    assert why.code == 0, why.err
    told = json.loads(why.out)
    assert {value["id"]: value["why"]["words"] for value in told["values"]} == dict.fromkeys(
        ("closed", "odds", "odds_high", "odds_low"), "data"
    )
    (table,) = told["tables"]
    cells = [cell for change in table["changes"] for cell in change["cells"]]
    assert [cell["why"]["causes"] for cell in cells] == [["data"], ["data"]]
    assert told["why"]["counts"] == {"data": {"value": 4, "cell": 2}}
    assert [run["failed"] for run in told["why"]["runs"]] == [None, None]
    assert "running v001 as it was made" in why.err


def test_data_and_notebook_are_told_apart(kitchens_project: Any) -> None:
    folder = kitchens_project
    _run(folder)
    _edit(folder, "data/kitchens/statements.csv", OLD, NEW)
    _edit(folder, "notebooks/kitchens.ipynb", "closed / clean / 2", "closed / clean / 3")
    _run(folder)
    answer = folder.foistats("diff", "kitchens", "--why")
    assert answer.code == 0, answer.err
    words = " ".join(answer.out.split())
    assert "cell c2 changed" in words
    assert "closed 13 19 +6 inspections (+46%) data" in words
    assert "odds_low 0.16 0.15 under −0.01 (−2.6%) data and notebook" in words  # noqa: RUF001
    assert "run again: the data of v002 with the notebook of v001" in words
    assert "run again: the notebook of v002 with the data of v001" in words


def test_a_claim_whose_wording_no_longer_holds(kitchens_project: Any) -> None:
    folder = kitchens_project
    say = (
        'notices = sum(int(row["n_low"]) for row in rows if row["outcomes"] == "notice")\n'
        'publish.value("notices", notices, "inspections")\n'
        'publish.say("{0} were more often {1} ({{{2}}} against {{{3}}}).", '
        'claims={{"more often": ("{2}", "higher_than", "{3}")}})'
    )
    parameters = 'study: str = "kitchens"  # the study'
    first = say.format("Notices", "given", "notices", "closed")
    folder.notebook(READ, VALUES, first, name="kitchens", parameters=parameters)
    _run(folder)
    _edit(folder, "data/kitchens/statements.csv", OLD, NEW)
    refused = folder.foistats("run")
    assert refused.code == 1
    second = say.format("Kitchens", "closed", "closed", "notices")
    folder.notebook(READ, VALUES, second, name="kitchens", parameters=parameters)
    _run(folder)
    answer = folder.foistats("diff", "kitchens")
    words = " ".join(answer.out.split())
    assert '"more often" no longer holds' in words
    assert "it stood in: Notices were more often given (21 inspections against 13" in words
    told = json.loads(folder.foistats("diff", "kitchens", "--json").out)
    (claim,) = told["claims"]
    assert (claim["predicate"], claim["holds"]) == (["notices", "higher_than", "closed"], False)
    assert "15" in claim["words"]
    assert "19" in claim["words"]
    page = (folder.root / "reports/kitchens/v002/report.html").read_text(encoding="utf-8")
    assert "Claims of v001 whose wording no longer holds" in page


def test_as_a_page_and_in_either_order(kitchens_project: Any) -> None:
    folder = kitchens_project
    _run(folder)
    _edit(folder, "data/kitchens/statements.csv", OLD, NEW)
    _run(folder)
    answer = folder.foistats("diff", "kitchens", "v002", "v001", "--html", "out/diff.html")
    assert answer.code == 0, answer.err
    assert "note: told from the earlier version, v001, to the later one, v002" in answer.out
    page = (folder.root / "out/diff.html").read_text(encoding="utf-8")
    assert SAID in page
    assert 'id="value-odds_low"' in page
    assert "What changed from v001 to v002" in page

    folder.foistats("prune", "--keep", "1", "--reason", "superseded")
    later = folder.foistats("diff", "kitchens")
    assert later.code == 0, later.err
    assert SAID in later.out
    assert "this is what v002 kept of the difference" in " ".join(later.out.split())
    why = folder.foistats("diff", "kitchens", "--why")
    assert why.code == 4
    assert "v001 was removed, so that nothing can be run again" in why.out
    assert "no number could be put down to what moved it" in why.err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["kitchen"], 2, "no version of 'kitchen' is published; did you mean 'kitchens'?"),
        (["kitchens"], 2, "kitchens has no version before v001"),
        (["kitchens", "v001", "v002", "v003"], 2, "give two versions at most; 3 are given"),
        (["kitchens", "v001", "v007"], 2, "kitchens has no version 'v007'"),
    ],
)
def test_wrong_usage(folder: Any, arguments: list[str], code: int, said: str) -> None:
    folder.write("foistats.toml", DECLARED)
    folder.notebook("1 + 1", name="kitchens", parameters="")
    folder.write("foistats.toml", '[reports.kitchens]\nnotebook = "notebooks/kitchens.ipynb"\n')
    _run(folder)
    answer = folder.foistats("diff", *arguments)
    assert (answer.code, answer.out) == (code, "")
    assert said in answer.err
