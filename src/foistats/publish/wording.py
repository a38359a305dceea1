"""How numbers are written: one rule for values, tables and prose.

The text is for readers. Checks and comparisons work on the numbers themselves, never on
what this room makes of them.
"""

from __future__ import annotations

import math

#: Four-digit numbers stand without a separator, so that years stay years.
_GROUPED_FROM = 10_000
_MINUS = "\N{MINUS SIGN}"
_PREFIXES = ("£", "€", "$")
_MARKDOWN = frozenset("\\`*_{}[]()#+-.!|~$:@^=\"'")
_HTML = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}

Scalar = bool | int | float | str


def value_text(number: Scalar, *, unit: str = "", digits: int | None = None) -> str:
    """Write a value with its unit, as a reader sees it.

    Parameters
    ----------
    number : bool, int, float or str
        What to write. A truth value reads "yes" or "no".
    unit : str
        Follows the number; a percent sign touches it, a currency sign goes before it.
    digits : int, optional
        Decimals of a number. Without it a float has six significant digits.

    Examples
    --------
    >>> value_text(1234.5, digits=1)
    '1234.5'
    >>> value_text(123456, unit="statements")
    '123,456 statements'
    >>> value_text(-0.031, unit="%", digits=1)
    '0.0%'
    """
    if isinstance(number, bool):
        return "yes" if number else "no"
    text = number if isinstance(number, str) else number_text(number, digits)
    if unit in _PREFIXES:
        sign, plain = (_MINUS, text[1:]) if text.startswith(_MINUS) else ("", text)
        return f"{sign}{unit}{plain}"
    return f"{text}{unit}" if unit.startswith("%") else f"{text} {unit}".rstrip()


def number_text(number: int | float, digits: int | None = None) -> str:
    """Write a number: a true minus sign, no negative zero, thousands grouped from 10,000."""
    separator = "," if abs(number) >= _GROUPED_FROM else ""
    if digits is not None:
        text = f"{number:{separator}.{digits}f}"
    elif isinstance(number, int):
        text = f"{number:{separator}d}"
    else:
        text = f"{number:{separator}.6g}"
    if text.startswith("-"):
        is_zero = not text.strip("-0.,")
        text = text[1:] if is_zero else _MINUS + text[1:]
    return text


def column_digits(numbers: list[float]) -> int:
    """Return the decimals of a column: three figures of its largest value, two of its middle."""
    sizes = sorted(abs(number) for number in numbers if number and math.isfinite(number))
    if not sizes:
        return 0
    largest, middle = sizes[-1], sizes[len(sizes) // 2]
    digits = max(2 - math.floor(math.log10(largest)), 1 - math.floor(math.log10(middle)))
    return min(max(digits, 0), 6)


def markdown_text(text: str) -> str:
    """Escape a text so that Markdown and HTML show it letter for letter, on one line."""
    return "".join(
        _HTML.get(letter) or (f"\\{letter}" if letter in _MARKDOWN else letter)
        for letter in " ".join(text.split())
    )


def literal(text: str) -> str:
    """Return a text for `foistats.publish.say`: shown letter for letter, no brace of it a place."""
    return unfilled(markdown_text(text))


def unfilled(text: str) -> str:
    """Return Markdown for `foistats.publish.say`, no brace of it a place to be filled."""
    return text.replace("{", "{{").replace("}", "}}")
