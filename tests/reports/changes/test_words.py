"""What a reader sees: 80 columns, pages without script, bounded lists."""

from __future__ import annotations

import json
from typing import Any

from foistats.reports.changes.document import changes_between, flagged
from foistats.reports.changes.made_from import ROWS_IN_WORDS
from foistats.reports.changes.page import changes_page, summary
from foistats.reports.changes.phrases import short_pair
from foistats.reports.changes.terminal import WIDTH, lines

LONG = "a_value_with_a_name_as_long_as_names_of_values_are_at_times"


def _record(id: str, number: Any, **more: Any) -> dict[str, Any]:
    told = {"id": id, "value": number, "unit": "", "digits": None, "tolerance": 0}
    return told | {"text": str(number), "cell": "c"} | more


def _files(*told: dict[str, Any], **tables: str) -> dict[str, bytes]:
    values = {"values.json": json.dumps({one["id"]: one for one in told}).encode()}
    return values | {f"tables/{name}.csv": text.encode() for name, text in tables.items()}


def _told(maker: Any, **more: Any) -> dict[str, Any]:
    before = maker.side(
        files=_files(
            _record("ratio", 2.0, digits=1, text="2.0"),
            _record("ratio_low", 1.2, digits=1, text="1.2"),
            _record("ratio_high", 3.0, digits=1, text="3.0"),
            _record(LONG, "<script>alert(1)</script>" + "x" * 100),
            _record("close", 1.01, digits=1, text="1.0", tolerance=0),
            t="force,share\nAsh,0.5\nElm,0.3\nOak,0.2\n",
        ),
        data={"data/rows.csv": b"id,n\n" + b"".join(b"r%d,1\n" % n for n in range(50))},
        package={"a.py": b"x = 1\n"},
        parameters={"link": "logit"},
    )
    after = maker.side(
        "v002",
        files=_files(
            _record("ratio", 0.8, digits=1, text="0.8"),
            _record("ratio_low", 0.5, digits=1, text="0.5"),
            _record("ratio_high", 1.1, digits=1, text="1.1"),
            _record(LONG, "y" * 100),
            _record("close", 1.02, digits=1, text="1.0", tolerance=0),
            t="force,share\nElm,0.6\nAsh,0.3\nOak,0.2\nYew,0.1\n",
        ),
        data={"data/rows.csv": b"id,n\n" + b"".join(b"r%d,2\n" % n for n in range(50))},
        package={"a.py": b"x = 2\n", "b.py": b""},
        parameters={"link": "probit"},
    )
    return changes_between(before, after, notes=("a note that is " + "very " * 30 + "long",)) | more


def test_the_terminal_has_eighty_columns(maker: Any) -> None:
    told = list(lines(_told(maker)))
    assert max(map(len, told)) <= WIDTH
    text = "\n".join(told)
    assert "  ratio       2.0   0.8   −1.2 (−60%)          outside" in told  # noqa: RUF001
    assert "close" in text
    assert "1.01  1.02  under +0.1 (+0.99%)" in text
    assert "ratio changed sign: above → below 1" in text
    assert "ratio changed significance: its interval no longer excludes 1" in text
    assert "t changed rank by share: Elm 2 → 1; Ash 1 → 2" in text
    assert "parameter link logit → probit" in text
    assert "the package's source: 1 changed, 1 added files" in text
    assert "the same: notebook, environment, lock file" in text
    assert "added: Yew" in text


def test_rows_in_words_end_at_the_stated_number(maker: Any) -> None:
    told = _told(maker)
    text = "\n".join(lines(told))
    assert text.count(": n 1 → 2") == ROWS_IN_WORDS
    assert f"and {50 - ROWS_IN_WORDS} more (--json has all)" in text
    assert len(told["data"][0]["changes"]) == 50


def test_nothing_that_changed_is_said_so(maker: Any) -> None:
    side = maker.side(files=_files(_record("a", 1)))
    text = "\n".join(lines(changes_between(side, side)))
    assert "Values: 0 of 1 moved" in text
    assert "the same: data, parameters, notebook, the package's source, environment" in text
    assert "Tables" not in text


def test_the_page_runs_nothing_and_fetches_nothing(maker: Any) -> None:
    page = changes_page(_told(maker)).decode()
    assert "<script" not in page
    assert "default-src &#39;none&#39;" in page
    assert "&lt;script&gt;" in page
    assert "foistats diff kitchens v001 v002" in page
    for id in ("ratio", LONG):
        assert f'id="value-{id}"' in page


def test_a_versions_own_page_tells_a_little(maker: Any) -> None:
    told = summary(_told(maker))
    assert told is not None
    assert told["before"] == "v001"
    rows = told["made_from"][0]
    assert (len(rows.below), rows.below[-1]) == (5, f"and {ROWS_IN_WORDS + 1 - 4} more")
    assert summary(None) is None
    assert summary({"before": None}) is None


def test_what_is_flagged(maker: Any) -> None:
    told = _told(maker)
    assert flagged(told, "sign") == ["ratio"]
    assert flagged(told, "significance") == ["ratio"]
    assert flagged(told, "rank") == ["t: Elm", "t: Ash"]


def test_two_long_texts_are_cut_where_they_differ() -> None:
    first, second = short_pair("a" * 100 + "one" + "b" * 100, "a" * 100 + "two" + "b" * 100)
    assert first != second
    assert ("one" in first, "two" in second) == (True, True)
    assert max(len(first), len(second)) <= 60
    assert short_pair("same", "same") == ("same", "same")


def test_a_claim_that_fell_is_told(maker: Any) -> None:
    claim = {"id": "more", "text": "more often", "sentence": "Staff left more often.",
             "predicate": [], "holds": False,
             "words": "staff (1) is not higher than officers (2)"}  # fmt: skip
    text = "\n".join(lines(_told(maker, claims=[claim])))
    assert 'more: "more often" no longer holds' in text
    assert "staff (1) is not higher than officers (2)" in text
    page = changes_page(_told(maker, claims=[claim])).decode()
    assert "Claims whose wording no longer holds" in page
