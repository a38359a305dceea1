from __future__ import annotations

import json
from typing import Any

from foistats.reports.changes.inputs import data_changes, row_totals


def csv(*rows: str) -> bytes:
    return "".join(f"{row}\n" for row in rows).encode()


STATEMENTS = "data/kitchens/statements.csv"
OLD = b"aldermoor-3,aldermoor,T1,cell,kitchens,,school,notice,6,6"
NEW = b"aldermoor-3,aldermoor,T1,cell,kitchens,,school,closed,6,6"


def _told(maker: Any, before: dict[str, bytes], after: dict[str, bytes], **more: Any) -> Any:
    withheld = more.get("withheld", ())
    sides = maker.side("v001", data=before, **more), maker.side("v002", data=after, **more)
    assert all(name in before for name in withheld)
    return data_changes(*sides)


def test_a_statement_is_told_in_the_words_of_its_study(maker: Any, study: dict[str, bytes]) -> None:
    changed = study[STATEMENTS].replace(OLD, NEW)
    assert changed != study[STATEMENTS]
    (file,) = _told(maker, study, study | {STATEMENTS: changed})
    assert (file["file"], file["verdict"], file["private"]) == (STATEMENTS, "changed", False)
    assert file["rows"] == {"same": 40, "changed": 1, "added": 0, "removed": 0}
    (change,) = file["changes"]
    assert change["row"] == "aldermoor-3"
    assert change["words"] == "Aldermoor, 6 inspections, school: written notice → kitchen closed"
    assert change["cells"] == [{"column": "outcomes", "before": "notice", "after": "closed"}]


def test_statements_that_come_and_go(maker: Any, study: dict[str, bytes]) -> None:
    lines = study[STATEMENTS].decode().splitlines()
    fewer = "\n".join(lines[:3] + lines[4:]).encode()
    (gone,) = _told(maker, study, study | {STATEMENTS: fewer})
    (come,) = _told(maker, study | {STATEMENTS: fewer}, study)
    assert (
        gone["changes"][0]["words"] == "removed: Aldermoor, 6 inspections, written notice, school"
    )
    assert come["changes"][0]["words"] == "added: Aldermoor, 6 inspections, written notice, school"
    assert (gone["rows"]["removed"], come["rows"]["added"]) == (1, 1)


def test_without_its_settings_a_study_has_plain_columns(
    maker: Any, study: dict[str, bytes]
) -> None:
    before = {STATEMENTS: study[STATEMENTS]}
    (file,) = _told(maker, before, {STATEMENTS: study[STATEMENTS].replace(OLD, NEW)})
    assert file["changes"][0]["words"] == "aldermoor-3: outcomes notice → closed"


def test_of_a_private_study_there_are_counts_and_nothing_else(
    maker: Any, study: dict[str, bytes]
) -> None:
    changed = study[STATEMENTS].replace(OLD, NEW)
    settings = study["data/kitchens/study.toml"].replace(b"2020 to 2022", b"2020 to 2023")
    after = study | {STATEMENTS: changed, "data/kitchens/study.toml": settings}
    before = maker.side("v001", data=study)
    later = maker.side("v002", data=after, withheld=tuple(sorted(study)))
    for content in after.values():
        maker.keep(content)  # as where its owner looks: they are in the work tree
    found = data_changes(before, later)
    assert [file["file"] for file in found] == [STATEMENTS, "data/kitchens/study.toml"]
    assert found[0]["rows"] == {"same": 40, "changed": 1, "added": 0, "removed": 0}
    assert found[1]["settings"] == 1
    said = json.dumps(found, ensure_ascii=False).lower()
    for word in ("aldermoor", "notice", "closed", "school", "inspections", "2023", "changes"):
        assert word not in said


def test_private_bytes_that_are_not_here_leave_the_numbers_of_rows(maker: Any) -> None:
    name = "data/x/statements.csv"
    before = maker.side("v001", data={name: b"a\n1\n"}, withheld=(name,), rows={name: 1})
    after = maker.side("v002", data={name: b"a\n1\n2\n"}, withheld=(name,), rows={name: 2})
    (file,) = data_changes(before, after)
    assert file["totals"] == [1, 2]
    assert file["note"].startswith("the study is private: counts only")
    assert not {"rows", "changes", "key"} & set(file)


def test_files_come_and_go_and_may_be_gone(maker: Any) -> None:
    before, after = {"data/a.csv": csv("x", "1", "2")}, {"data/b.md": b"one\ntwo\n"}
    gone, come = _told(maker, before, after)
    assert (gone["verdict"], gone["rows"]["removed"]) == ("removed", 2)
    assert (come["verdict"], come["lines"]) == ("added", {"added": 2, "removed": 0})
    sides = maker.side(data={"data/a.csv": b"x\n"}), maker.side(data={"data/a.csv": b"y\n"})
    maker.objects.clear()
    (unknown,) = data_changes(*sides)
    assert unknown["note"] == "its bytes are not here, only their hashes"


def test_settings_are_told_entry_by_entry(maker: Any) -> None:
    before = b'[analysis]\nladder = "three"\n[[level]]\nid = "a"\nlabel = "A"\n'
    after = b'[analysis]\nladder = "four"\n[[level]]\nid = "a"\nlabel = "B"\n[study]\nx = true\n'
    (file,) = _told(maker, {"data/s.toml": before}, {"data/s.toml": after})
    assert file["settings"] == [
        {"entry": "analysis.ladder", "before": "three", "after": "four"},
        {"entry": "level[a].label", "before": "A", "after": "B"},
        {"entry": "study.x", "before": None, "after": "true"},
    ]
    (text,) = _told(maker, {"data/s.json": b'{"a": 1}'}, {"data/s.json": b'{"a": "1"}'})
    assert text["settings"] == [{"entry": "a", "before": "1", "after": '"1"'}]
    (remark,) = _told(maker, {"data/s.toml": b"a = 1\n"}, {"data/s.toml": b"a = 1  # one\n"})
    assert remark["lines"] == {"added": 1, "removed": 1}
    (broken,) = _told(maker, {"data/s.toml": b"[["}, {"data/s.toml": after})
    assert "settings" not in broken
    assert broken["lines"]["added"] == 7


def test_rows_are_counted_in_tables_only() -> None:
    found = row_totals({"a.csv": csv("x", "1"), "b.toml": b"", "c.csv": None, "d.csv": b"\xff"})
    assert found == {"a.csv": 1}
