"""What a wording says in numbers."""

from fractions import Fraction

import pytest

from foistats.claims.grim import counts_behind
from foistats.claims.measures import measure_of
from foistats.claims.wordings import Defaults, Interval, interval_of, number_of, reading_of


def interval(comparison, value="", reading="", *, percentage=False, **defaults):
    return interval_of(
        comparison,
        value,
        reading=reading_of(reading),
        percentage=percentage,
        defaults=Defaults(**defaults),
    )


class TestRounding:
    """12.5% is printed as 12 or as 13, by the rule."""

    half = Fraction(25, 2)

    @pytest.mark.parametrize(
        ("printed", "reading", "holds"),
        [
            ("12", "half_up", False),
            ("13", "half_up", True),
            ("12", "half_even", True),
            ("13", "half_even", False),
            ("12", "half_any", True),
            ("13", "half_any", True),
            ("12", "", True),
            ("13", "", True),
        ],
    )
    def test_half(self, printed, reading, holds):
        assert interval("rounds_to", printed, reading, percentage=True).holds(self.half) is holds

    @pytest.mark.parametrize("reading", ["half_up", "half_even", "half_any"])
    def test_unit_is_the_last_digit(self, reading):
        found = interval("rounds_to", "8.50", reading)
        assert (found.low, found.high) == (Fraction("8.495"), Fraction("8.505"))

    def test_default_is_a_parameter_and_a_reading_is_not_changed_by_it(self):
        assert not interval("rounds_to", "12", rounding="half_up").holds(self.half)
        assert interval("rounds_to", "12", "half_even", rounding="half_up").holds(self.half)


@pytest.mark.parametrize(
    ("comparison", "value", "whole"),
    [
        ("equals", "7", (7, 7)),
        ("more_than", "70", (71, None)),
        ("at_least", "70", (70, None)),
        ("fewer_than", "5", (None, 4)),
        ("at_most", "5", (None, 5)),
        ("about", "70", (63, 77)),
        ("nearly", "70", (63, 69)),
        ("rounds_to", "7", (7, 7)),
    ],
)
def test_whole_numbers(comparison, value, whole):
    assert interval(comparison, value).whole() == whole


def test_about():
    assert interval("about", "1/7", percentage=True).holds(Fraction(100, 7) - 1)
    assert not interval("about", "1/7", percentage=True).holds(
        Fraction(100, 7) - Fraction(101, 100)
    )
    assert interval("about", "70", "about:5; a headline").whole() == (65, 75)
    assert interval("about", "70", about=Fraction(2)).whole() == (68, 72)
    assert interval("about", "70", "about:5", about=Fraction(2)).whole() == (65, 75)
    assert interval("nearly", "70", "about:5").whole() == (65, 69)


def test_majority_is_more_than_half():
    assert not interval("majority", percentage=True).holds(50)
    assert interval("majority", percentage=True).holds(Fraction(501, 10))


@pytest.mark.parametrize("text", ["half up", "about", "about:x", "half_up half_even", "exactly"])
def test_no_reading(text):
    assert reading_of(text) is None


@pytest.mark.parametrize("text", ["", "-1", "1,000", "9%", "1/0", "nan", "1e3", "٣/٤", "1 2"])
def test_no_number(text):
    assert number_of(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "counts",
        "share:",
        "rank:x",
        "forces:",
        "forces:at_most",
        "forces:at_most:x",
        "forces:between:5:2",
        "forces:nobody",
        "ratio",
        "",
        "count:",
    ],
)
def test_no_measure(text):
    assert measure_of(text) is None


class TestGrim:
    def test_strict_ends(self):
        nine = interval("rounds_to", "9", "half_up", percentage=True)
        assert list(counts_behind(nine, 828)) == list(range(71, 79))
        assert list(counts_behind(Interval(Fraction(50), None, low_open=True), 4)) == [3, 4]
        assert list(counts_behind(Interval(None, Fraction(25), high_open=True), 4)) == [0]

    def test_none(self):
        assert not counts_behind(interval("rounds_to", "9", percentage=True), 10)
        assert not counts_behind(interval("rounds_to", "9", percentage=True), 0)


def test_about_a_small_count_allows_one_more_or_less():
    def ends(comparison, value, reading=""):
        found = interval_of(
            comparison,
            value,
            reading=reading_of(reading),
            percentage=False,
            defaults=Defaults(),
            whole=True,
        )
        return found.whole()

    assert ends("about", "5") == (4, 6)
    assert ends("nearly", "4") == (3, 3)
    assert ends("nearly", "90") == (81, 89)
    assert ends("about", "5", "about:2") == (3, 7)
