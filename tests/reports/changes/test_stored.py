"""``changes.json``: what is kept, within its room, and the way back to a removed version."""

from __future__ import annotations

import json
from typing import Any

import pytest

from foistats.reports.changes.document import changes_between, first_version
from foistats.reports.changes.stored import (
    LARGEST,
    earlier_side,
    read_stored,
    room_for,
    stored_text,
    tells_all,
)
from foistats.reports.changes.values import read_values
from foistats.reports.store.publication import LARGEST as VERSION


def _values(**numbers: Any) -> bytes:
    told = {id: {"id": id, "value": number, "text": str(number), "unit": "", "digits": None,
                 "tolerance": 0, "cell": "c"} for id, number in numbers.items()}  # fmt: skip
    return json.dumps(told).encode()


@pytest.fixture
def sides(maker: Any) -> tuple[Any, Any]:
    before = maker.side(
        "v001",
        files={
            "values.json": _values(a=1, b=2, gone=3),
            "tables/t.csv": b"force,n\nAsh,3\nElm,4\nOak,5\n",
            "tables/old.csv": b"x\n1\n",
        },
        data={"data/s.csv": b"id,n\na,1\nb,2\nc,3\n", "data/old.csv": b"x\n"},
        package={"m.py": b"x = 1\n"},
        notebook={"n.ipynb": b"{}"},
        lock=b"numpy==1.0\n",
        parameters={"link": "logit", "old": 1},
        environment={"python": "3.11", "packages": {"numpy": "1.0"}},
    )
    after = maker.side(
        "v002",
        files={
            "values.json": _values(a=1, b=9, fresh=4),
            "tables/t.csv": b"force,n,m\nOak,5,1\nAsh,7,1\nYew,1,1\n",
            "tables/fresh.csv": b"x\n1\n",
        },
        data={"data/s.csv": b"id,n\nd,9\na,1\nc,4\n", "data/fresh.csv": b"x\n"},
        package={"m.py": b"x = 2\n"},
        notebook={"n.ipynb": b"{}"},
        lock=b"numpy==1.1\nsix==1\n",
        parameters={"link": "probit"},
        environment={"python": "3.12", "packages": {"numpy": "1.1"}},
    )
    return before, after


def test_the_earlier_version_is_made_again(maker: Any, sides: tuple[Any, Any]) -> None:
    before, after = sides
    told = read_stored(stored_text(changes_between(before, after)))
    assert told is not None
    assert tells_all(told)
    for side in (before.hashes("data"), before.inputs["package"], {"": before.lock}):
        for digest in side.values():
            if digest not in {**after.hashes("data"), **after.hashes("notebook")}.values():
                maker.objects.pop(digest, None)
    made = earlier_side(after, told)
    assert (made.version, made.manifest) == ("v001", "hash of v001")
    assert made.parameters == before.parameters
    assert made.inputs == before.inputs
    assert made.environment == before.environment
    assert read_values(made.files) == read_values(before.files)
    assert made.files["tables/t.csv"] == before.files["tables/t.csv"]
    assert made.files["tables/old.csv"] == before.files["tables/old.csv"]
    assert "tables/fresh.csv" not in made.files
    assert made.content("data", "data/s.csv") == b"id,n\na,1\nb,2\nc,3\n"
    again = changes_between(made, after)
    first = changes_between(before, after)
    for kept in ("values", "tables", "parameters", "environment"):
        assert again[kept] == first[kept]
    assert again["lock"]["pins"] == [
        {"name": "numpy", "before": "1.0", "after": "1.1"},
        {"name": "six", "before": None, "after": "1"},
    ]
    assert again["data"][2]["changes"] == json.loads(json.dumps(told["data"][2]["changes"]))


@pytest.mark.parametrize("room", [LARGEST, 6_000, 3_000, 100])
def test_it_keeps_within_its_room(sides: tuple[Any, Any], room: int) -> None:
    told = changes_between(*sides)
    told["prose"] = [{"cell": "c", "verdict": "different", "before": "x" * 9000, "after": "y"}]
    text = stored_text(told, room=room)
    kept = read_stored(text)
    assert kept is not None
    assert len(text) <= room or not tells_all(kept)
    assert kept["before"] == {"version": "v001", "manifest": "hash of v001"}
    if tells_all(kept):
        assert [value["id"] for value in kept["values"]] == ["gone", "fresh", "b"]


def test_what_was_left_out_is_counted_and_cannot_be_made_again(sides: tuple[Any, Any]) -> None:
    before, after = sides
    told = changes_between(before, after)
    full = len(stored_text(told))
    kept = read_stored(stored_text(told, room=full - 10))
    assert kept is not None
    cut = [table for table in kept["tables"] if table.get("left_out")]
    assert cut
    assert all(table["changes"] == [] for table in cut)
    made = earlier_side(after, kept)
    assert {f"tables/{table['table']}" for table in cut} <= made.unknown
    rows = [table["rows"] for table in kept["tables"]]
    assert rows == [table["rows"] for table in told["tables"]]


def test_room_is_what_the_version_leaves() -> None:
    assert room_for({"a": b"x" * 100}) == LARGEST
    assert room_for({"a": b"x" * (VERSION - 150_000)}) == 50_000


def test_a_first_version_tells_of_no_changes(maker: Any) -> None:
    told = read_stored(stored_text(first_version(maker.side(rows={"data/x.csv": 3}))))
    assert told is not None
    assert (told["before"], told["rows"]) == (None, {"data/x.csv": 3})
    assert not tells_all(told)


@pytest.mark.parametrize("content", [None, b"", b"[", b"[]", b'{"format": 99}'])
def test_what_cannot_be_read_is_none(content: bytes | None) -> None:
    assert read_stored(content) is None
