"""Predicates over published values: when they hold, when not, and when nobody can say."""

from __future__ import annotations

import json
import subprocess
import sys
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as some

from foistats.claims.wordings import Defaults, Reading, interval_of
from foistats.comparisons import COMPARISONS
from foistats.errors import ReportError, UsageError
from foistats.publish.claims import holds, named, refuse_false, told
from foistats.publish.predicates import WORDS, claim_id, complete, fault

VALUES = {
    "staff": 9,
    "officers": 10,
    "all": 19,
    "share": 12.34,
    "range": "71 to 78",
    "many": "5 or more",
    "place": "Essex",
    "other_place": "Kent",
    "yes": True,
    "ratio_low": 0.8,
    "ratio_high": 1.4,
    "odds_low": 1.2,
    "odds_high": "no limit",
    "text_low": "not estimated",
    "text_high": "not estimated",
}


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [
        (["officers", "higher_than", "staff"], True),
        (["officers", "more_than", 10], False),
        (["staff", "lower_than", "officers"], True),
        (["staff", "fewer_than", 9], False),
        (["staff", "at_least", 9], True),
        (["staff", "at_most", 8.5], False),
        ([10, "more_than", "staff"], True),
        (["staff", "equals", 9.0], True),
        (["staff", "equals", "officers"], False),
        (["place", "equals", "place"], True),
        (["place", "equals", "other_place"], False),
        (["place", "equals", "staff"], False),
        (["yes", "equals", True], True),
        (["yes", "equals", 1], False),
        (["share", "rounds_to", "12.3"], True),
        (["share", "rounds_to", "12.4"], False),
        (["staff", "about", "officers"], True),
        (["staff", "about", 10, 0.5], False),
        (["staff", "nearly", "officers"], True),
        (["officers", "nearly", 10], False),
        (["staff", "between", [9, "officers"]], True),
        (["staff", "between", [10, 12]], False),
        (["officers", "majority", "all"], True),
        (["staff", "most", "all"], False),
        (["officers", "plurality", ["staff", "officers"]], True),
        (["officers", "highest", ["staff", "all"]], False),
        (["staff", "lowest", ["officers", "all"]], True),
        (["officers", "nth_highest", [2, "staff", "all"]], True),
        (["officers", "nth_highest", [1, "staff", "all"]], False),
        (["ratio", "no_difference", 1], True),
        (["ratio", "difference", 1], False),
        (["odds", "difference", 1], True),
        (["odds", "no_difference", 1.2], True),
        (["staff", "no_difference", "officers", 1], True),
        (["staff", "no_difference", "officers"], False),
        (["staff", "difference", "officers"], True),
        (["range", "more_than", 70], True),
        (["range", "more_than", 78], False),
        (["range", "more_than", 75], None),
        (["range", "equals", "range"], None),
        (["many", "at_least", 5], True),
        (["many", "at_most", 100], None),
        (["many", "fewer_than", 5], False),
        (["many", "majority", 9], True),
        (["place", "more_than", 3], None),
        (["gone", "more_than", 3], None),
        (["staff", "highest", ["gone"]], None),
        (["yes", "more_than", 0], None),
        (["text", "no_difference", 1], None),
        (["gone", "difference", 1], None),
    ],
)
def test_holds(predicate, expected) -> None:
    assert holds(predicate, VALUES) is expected
    assert holds(tuple(predicate), VALUES) is expected
    assert holds(json.loads(json.dumps(predicate)), VALUES) is expected


@pytest.mark.parametrize(
    "predicate",
    [
        None,
        "staff more_than 3",
        [],
        ["staff", "more_than"],
        ["staff", "upper_than", 3],
        ["staff", ["more_than"], 3],
        ["staff", "more_than", 3, 1],
        ["staff", "about", 3, -1],
        ["staff", "about", 3, True],
        ["staff", "more_than", True],
        ["staff", "more_than", [3]],
        ["staff", "more_than", float("nan")],
        ["staff", "between", 3],
        ["staff", "between", [3]],
        ["staff", "highest", []],
        ["staff", "highest", "officers"],
        ["staff", "nth_highest", [1]],
        ["staff", "rounds_to", 12.3],
        ["staff", "rounds_to", "twelve"],
        [9, "no_difference", 1],
        ["ratio", "no_difference", 1, 0.1],
        [{}, "more_than", 3],
    ],
)
def test_what_is_no_predicate(predicate) -> None:
    assert fault(predicate)
    assert holds(predicate, VALUES) is None
    with pytest.raises(UsageError, match="is no predicate"):
        complete(predicate, {})


def test_the_words_are_those_of_the_ledger() -> None:
    assert set(WORDS) == {*COMPARISONS, "difference"}
    with pytest.raises(UsageError, match="did you mean 'higher_than'"):
        complete(["a", "higher than", "b"], {})


NUMERIC = ("equals", "about", "more_than", "at_least", "fewer_than", "at_most", "nearly")


@given(some.integers(0, 200), some.sampled_from(NUMERIC), some.integers(1, 200))
def test_a_word_means_what_it_means_in_the_ledger(number, word, other) -> None:
    interval = interval_of(
        word, str(other), reading=Reading(), percentage=False, defaults=Defaults()
    )
    assert holds(["a", word, other], {"a": number}) is interval.holds(Fraction(number))


@given(some.integers(0, 2000), some.integers(0, 20))
def test_rounding_means_what_it_means_in_the_ledger(hundredths, tenths) -> None:
    printed = f"{tenths / 10:.1f}"
    interval = interval_of(
        "rounds_to", printed, reading=Reading(), percentage=True, defaults=Defaults()
    )
    found = Fraction(hundredths, 100)
    near = Fraction(hundredths / 100)  # the float that is published
    if found == near or abs(found - Fraction(printed)) != Fraction(1, 20):
        assert holds(["a", "rounds_to", printed], {"a": hundredths / 100}) is interval.holds(near)


ENDS = some.tuples(some.integers(0, 9), some.integers(0, 9)).map(sorted)


@given(ENDS, ENDS, some.sampled_from(["more_than", "at_least", "equals", "about", "majority"]))
def test_a_range_is_judged_as_all_its_numbers_are(one, other, word) -> None:
    values = {"a": f"{one[0]} to {one[1]}", "b": f"{other[0]} to {other[1]}"}
    each = {
        holds(["a", word, "b", 1] if word == "about" else ["a", word, "b"], {"a": a, "b": b})
        for a in range(one[0], one[1] + 1)
        for b in range(other[0], other[1] + 1)
    }
    found = holds(["a", word, "b", 1] if word == "about" else ["a", word, "b"], values)
    assert found in (None, *each)
    if found is not None:
        assert each == {found}


def test_what_a_predicate_reads_and_says() -> None:
    predicate = ["ratio", "no_difference", 1]
    assert named(predicate) == ("ratio_low", "ratio_high")
    assert told(predicate, {"ratio_low": 0.5}) == (
        "ratio no_difference 1, where ratio_low is 0.5 and ratio_high is not published"
    )
    assert named(["a", "rounds_to", "12.3"]) == ("a",)
    assert named([1, "at_most", 2]) == ()
    assert claim_id(["a", "between", [-1, "b"]]) == "a_between_minus_1_b"


def test_about_a_percentage_is_one_point() -> None:
    assert complete(("share", "about", 12), {"share": "%"}) == ["share", "about", 12, 1]
    assert complete(("cases", "about", 12), {"cases": ""}) == ["cases", "about", 12]
    assert complete(("a", "between", (1, 2)), {}) == ["a", "between", [1, 2]]


def test_a_false_claim_is_refused_with_its_values() -> None:
    with pytest.raises(
        ReportError,
        match="'more often' does not hold: staff higher_than officers, where staff is 9 and off",
    ):
        refuse_false("more often", ["staff", "higher_than", "officers"], VALUES)
    with pytest.raises(ReportError, match="'more' cannot be judged: range more_than 75, where"):
        refuse_false("more", ["range", "more_than", 75], VALUES)


@pytest.mark.parametrize(
    ("words", "word", "refused"),
    [
        ("more often", "lower_than", True),
        ("fewer than", "higher_than", True),
        ("most", "lowest", True),
        ("no more than", "at_most", False),
        ("not higher than", "at_most", False),
        ("more or less than", "lower_than", False),
        ("below", "lower_than", False),
    ],
)
def test_words_and_predicate_face_one_way(words, word, refused) -> None:
    predicate = ["staff", word, ["officers"] if word == "lowest" else "officers"]
    if refused:
        with pytest.raises(UsageError, match="say one thing, their predicate"):
            refuse_false(words, predicate, VALUES)
    else:
        refuse_false(words, predicate, VALUES)


def test_judging_needs_no_library() -> None:
    text = (
        "import sys; from foistats.publish.claims import holds; "
        "print(holds(['a', 'at_least', 1], {'a': 2}), "
        "sorted({'pandas', 'numpy', 'matplotlib', 'IPython'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout == "True []\n"
