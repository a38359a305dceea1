"""Sources: what a study says of them is recorded, whatever state its file is in."""

from __future__ import annotations

import pytest

from foistats.reports.ask.declare import read_project
from foistats.reports.ask.request import requests
from foistats.reports.pages.sources import Mark, count_in, marks_in, marks_on, newest_in, sources_of

EMPTY = {"newest": "", "sources": {}, "notes": {}}


@pytest.fixture
def recorded(folder):
    def read(text: str | bytes | None) -> dict[str, object]:
        path = folder.root / "data" / "pa" / "sources.csv"
        if text is not None:
            path.write_bytes(text.encode() if isinstance(text, str) else text)
        (request,) = requests(read_project(folder.root), [], [])
        found = sources_of(request)
        assert list(found) == ["pa"]
        return found["pa"]

    return read


def test_newest_source_states_and_notes(recorded) -> None:
    assert recorded(
        "source,published,state,note\n"
        "S2,2014-03-10,withdrawn,taken down\n"
        "S1,2018-05-01,,fine\n"
        "S3,,corrected,new figures\n"
    ) == {
        "newest": "2018-05-01",
        "sources": {"S1": "", "S2": "withdrawn", "S3": "corrected"},
        "notes": {"S2": "taken down", "S3": "new figures"},
    }


def test_the_order_of_rows_and_columns_changes_nothing(recorded) -> None:
    first = recorded("source,published,state\nA,2014-01-01,\nB,,corrected\n")
    second = recorded("state,source,published\r\ncorrected,B,\r\n,A,2014-01-01\r\n")
    assert list(first["sources"]) == list(second["sources"]) == ["A", "B"]
    assert first == second


def test_a_file_without_states_or_dates(recorded) -> None:
    assert recorded("source\nS1\n") == {**EMPTY, "sources": {"S1": ""}}


def test_what_no_date_or_state_is_counts_as_none(recorded) -> None:
    text = "source,published,state\nS1,soon,gone\nS2,2014-02-30,WITHDRAWN\nS3,20140101,\n"
    assert recorded(text) == {**EMPTY, "sources": {"S1": "", "S2": "", "S3": ""}}


@pytest.mark.parametrize(
    "text",
    [None, "", b"\xff\xfe\x00", "a,b\n1,2\n", "source\n\n,\n", 'source,state\n"S1'],
    ids=["absent", "empty", "no UTF-8", "other columns", "no ids", "open quotation"],
)
def test_a_file_that_says_nothing_fails_nothing(recorded, text) -> None:
    assert set(recorded(text)["notes"]) == set()


def test_rows_too_long_or_too_short(recorded) -> None:
    assert recorded("source,state,note\nS1\nS2,withdrawn,n,more,and more\n") == {
        "newest": "",
        "sources": {"S1": "", "S2": "withdrawn"},
        "notes": {"S2": "n"},
    }


def test_marks_are_found_and_the_graver_holds() -> None:
    told = {
        "pa": {
            "newest": "2018-05-01",
            "sources": {"S1": "corrected", "S2": "", "S3": "other"},
            "notes": {"S1": "why"},
        },
        "b": {"newest": "2019-01-01", "sources": {"S9": ""}},
    }
    mark = Mark("pa", "S1", "corrected", "why")
    graver = Mark("pa", "S1", "withdrawn", "a")
    assert marks_in(told) == (mark,)
    assert marks_on(told, [graver, mark, Mark("b", "S1", "withdrawn")]) == (graver,)
    assert newest_in(told) == "2019-01-01"
    assert count_in(told) == 4


def test_an_earlier_manifest_says_nothing_of_sources() -> None:
    assert (marks_in(None), marks_on(None, []), newest_in(None), count_in(None)) == ((), (), "", 0)


def test_a_state_of_the_layout_is_checked(folder, kitchens) -> None:
    path = kitchens / "sources.csv"
    header, first, *rest = path.read_text(encoding="utf-8").splitlines()
    good = [f"{header},state", f"{first},withdrawn", *(f"{row}," for row in rest)]
    path.write_text("\n".join(good) + "\n", encoding="utf-8")
    assert folder.foistats("check", str(kitchens)).code == 0
    path.write_text("\n".join(good).replace("withdrawn", "gone") + "\n", encoding="utf-8")
    answer = folder.foistats("check", str(kitchens))
    assert answer.code == 3
    assert "gone" in answer.out + answer.err
    assert "corrected" in answer.out + answer.err
