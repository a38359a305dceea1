"""A version is published with what it changes, from what is kept beside the versions alone."""

from __future__ import annotations

import json
from typing import Any

SOURCES = (
    "import csv, os\nfrom pathlib import Path\nfrom foistats import publish",
    "path = Path(os.environ['FOISTATS_PROJECT'], 'data', study, 'statements.csv')\n"
    "rows = list(csv.DictReader(path.open()))",
    "publish.value('things', sum(int(row['n']) for row in rows))",
)


def _change(folder: Any, number: int) -> Any:
    folder.write("data/pa/statements.csv", f"force,n\nKent,{number}\nSurrey,1\n")
    answer = folder.foistats("run")
    assert answer.code == 0, answer.err
    return answer


def test_a_version_keeps_what_it_changes_and_its_page_tells_it(folder) -> None:
    folder.notebook(*SOURCES)
    _change(folder, 3)
    assert not (folder.root / "reports/severity/v001/changes.json").exists()
    _change(folder, 5)
    told = folder.json("reports/severity/v002/changes.json")
    first = folder.json("reports/severity/v001/manifest.json")
    second = folder.json("reports/severity/v002/manifest.json")
    assert "changes.json" in second["files"]
    assert told["before"] == {"version": "v001", "manifest": second["predecessor"]}
    assert (told["after"], first["version"]) == ({"version": "v002", "manifest": None}, "v001")
    (value,) = told["values"]
    assert (value["id"], value["words"]) == ("things", "+2 (+50%)")
    (file,) = told["data"]
    assert file["changes"][0]["words"] == "Kent: n 3 → 5"
    page = (folder.root / "reports/severity/v002/report.html").read_text()
    assert "<li>Kent: n 3 → 5</li>" in page
    assert "+2 (+50%)" in page
    assert "foistats diff severity v001 v002 --why" in page
    assert "Since v001" not in (folder.root / "reports/severity/v001/report.html").read_text()
    crate = (folder.root / "reports/severity/v002/ro-crate-metadata.json").read_text()
    assert '"changes.json"' in crate
    assert folder.foistats("verify", "--all").code == 0


def test_the_same_inputs_give_the_same_changes(folder, tmp_path) -> None:
    folder.notebook(*SOURCES)
    found = []
    for name in ("first", "second"):
        for number in (3, 5):
            _change(folder, number)
        found.append((folder.root / "reports/severity/v002/changes.json").read_bytes())
        (folder.root / "reports").rename(tmp_path / name)
    assert found[0] == found[1]


def test_of_a_private_study_nothing_but_counts_is_kept(folder) -> None:
    folder.notebook(*SOURCES)
    folder.write("data/pa/study.toml", "[study]\nas_of = 2014-06-30\nprivate = true\n")
    _change(folder, 3)
    first = folder.json("reports/severity/v001/changes.json")
    assert (first["before"], first["rows"]) == (None, {"data/pa/statements.csv": 2})
    _change(folder, 5)
    content = (folder.root / "reports/severity/v002/changes.json").read_text()
    (file,) = json.loads(content)["data"]
    assert file["private"] is True
    assert file["totals"] == [2, 2]
    assert not {"changes", "key", "rows"} & set(file)
    page = (folder.root / "reports/severity/v002/report.html").read_text()
    for text in (content, page, folder.foistats("diff", "severity").out):
        assert "Kent" not in text
        assert "Surrey" not in text


def test_a_study_that_turns_private_is_private_for_both(folder) -> None:
    folder.notebook(*SOURCES)
    _change(folder, 3)
    folder.write("data/pa/study.toml", "[study]\nas_of = 2014-06-30\nprivate = true\n")
    _change(folder, 5)
    content = (folder.root / "reports/severity/v002/changes.json").read_text()
    assert "Kent" not in content
    assert {file["private"] for file in json.loads(content)["data"]} == {True}
