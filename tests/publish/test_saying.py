"""What prose claims when it is said, in a shell that records what is displayed."""

from __future__ import annotations

import pytest

from foistats import publish
from foistats.errors import ReportError, UsageError
from foistats.publish import record

CLAIM = ("staff_left", "higher_than", "officer_left")


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    displayed: list[dict[str, object]] = []
    monkeypatch.setattr(publish, "_PUBLISHED", record.Record())
    monkeypatch.setattr(publish, "_show", displayed.append)
    publish.value("staff_left", 12)
    publish.value("officer_left", 9)
    publish.value("share", 30.5, "%")
    displayed.clear()
    return displayed


def test_a_claim_is_said_and_recorded(shown) -> None:
    publish.say(
        "Staff left **more often** ({staff_left} against {officer_left}).",
        claims={"more often": CLAIM},
    )
    assert shown == [
        {
            "text/plain": "Staff left **more often** (12 against 9).",
            "text/markdown": "Staff left **more often** (12 against 9).",
            publish.CLAIMS_MIME: {"claims": [{"text": "more often", "predicate": list(CLAIM)}]},
        }
    ]


def test_a_false_claim_is_not_said(shown) -> None:
    with pytest.raises(ReportError, match="where officer_left is 9 and staff_left is 12"):
        publish.say(
            "Officers left more often.",
            claims={"more often": ("officer_left", "higher_than", "staff_left")},
        )
    assert shown == []


def test_words_that_claim_nothing(shown) -> None:
    publish.say("It says more often only if it is so.", claims={"more often": None})
    assert publish.CLAIMS_MIME not in shown[0]


def test_values_in_the_words_of_a_claim(shown) -> None:
    publish.say(
        "They left about {share} of the time.",
        claims={"about {share}": ("share", "about", 31)},
    )
    assert shown[0][publish.CLAIMS_MIME] == {
        "claims": [{"text": "about 30.5%", "predicate": ["share", "about", 31, 1]}]
    }


@pytest.mark.parametrize("words", ["less often", "", " "])
def test_the_words_of_a_claim_are_in_the_text(shown, words) -> None:
    with pytest.raises(UsageError, match="which are not in its text"):
        publish.say("Staff left more often.", claims={words: CLAIM})


def test_lines_do_not_count(shown) -> None:
    publish.say("Staff left more\n  often.", claims={"more often": CLAIM})
    assert shown[0][publish.CLAIMS_MIME]["claims"][0]["text"] == "more often"


def test_a_malformed_claim(shown) -> None:
    with pytest.raises(UsageError, match=r"is no predicate: write \(id, comparison"):
        publish.say("More often.", claims={"More often": "staff_left"})
    with pytest.raises(ReportError, match="gone is not published"):
        publish.say("More often.", claims={"More often": ("staff_left", "higher_than", "gone")})


def test_a_text_carries_its_claims(shown) -> None:
    said = publish.Worded("Staff left more often, and most left.", {"more often": CLAIM})
    publish.say(said, claims={"most": ("staff_left", "majority", 20)})
    told = shown[0][publish.CLAIMS_MIME]["claims"]
    assert [one["text"] for one in told] == ["more often", "most"]
    assert said == "Staff left more often, and most left."


def test_the_same_words_may_be_said_twice(shown) -> None:
    for _ in range(2):
        publish.say("Staff left more often.", claims={"more often": CLAIM})
    assert len(shown) == 2
