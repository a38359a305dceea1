import pytest

from foistats.publish.wording import column_digits, markdown_text, number_text, value_text


@pytest.mark.parametrize(
    ("number", "unit", "digits", "text"),
    [
        (2014, "", None, "2014"),
        (10000, "", None, "10,000"),
        (-1234567, "", None, "\N{MINUS SIGN}1,234,567"),
        (0.1234567, "", None, "0.123457"),
        (-0.001, "", 2, "0.00"),
        (-1.005, "", 1, "\N{MINUS SIGN}1.0"),
        (12.345, "%", 1, "12.3%"),
        (-5, "£", None, "\N{MINUS SIGN}£5"),
        (3, "statements", None, "3 statements"),
        (True, "", None, "yes"),
        (False, "", None, "no"),
        ("not estimated", "", None, "not estimated"),
    ],
)
def test_values_are_written_for_readers(number, unit, digits, text) -> None:
    assert value_text(number, unit=unit, digits=digits) == text


def test_no_negative_zero() -> None:
    assert number_text(-0.0, 3) == "0.000"


@pytest.mark.parametrize(
    ("column", "digits"),
    [
        ([0.114, 0.163], 3),
        ([12.3, 0.45, 0.4], 2),
        ([1200.0, 900.0], 0),
        ([], 0),
        ([0.0], 0),
        ([1e-9], 6),
    ],
)
def test_decimals_of_a_column(column, digits) -> None:
    assert column_digits(column) == digits


def test_markdown_shows_every_letter() -> None:
    assert markdown_text("a <b>\n*c* `$d$`") == "a &lt;b&gt; \\*c\\* \\`\\$d\\$\\`"
