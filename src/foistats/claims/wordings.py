"""What a wording says in numbers: comparison, value and reading as an exact interval.

==================  ===========================================================================
``equals``          exactly the value
``rounds_to``       printed as a rounded number: within half a unit of the last printed digit;
                    which end counts is the reading (half_up, half_even or half_any: either)
``about``           the value, K more or less
``more_than``       above the value                ``at_least``   the value or above
``fewer_than``      below the value                ``at_most``    the value or below
``between``         from ``low`` to ``high``, both included
``nearly``          below the value, by K at most
``majority``        more than half of the base (also ``most``)
``plurality``       as many as any alternative or more; strict: more than any
``highest``         no force has more; strict: every other has fewer
``lowest``          no force that answered has fewer; strict: every other has more
``nth_highest``     the place named by the value
``higher_than``     above the quantity of the claim that the value names; ``lower_than``: below
``no_difference``   equal to the quantity of the claim that the value names, or within K
==================  ===========================================================================

All ends are fractions, open or closed; nothing is rounded.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction

from foistats.comparisons import COMPARISONS, MAJORITY, NUMERIC, PAIRS, PLACES

__all__ = [
    "COMPARISONS",
    "EXACT",
    "FOR_READING",
    "MAJORITY",
    "NUMERIC",
    "PAIRS",
    "PLACES",
    "READINGS",
    "ROUNDINGS",
    "Defaults",
    "Interval",
    "Reading",
    "interval_of",
    "number_of",
    "reading_of",
]

#: Comparisons with a number that a place may be compared by.
EXACT = ("equals", "more_than", "at_least", "fewer_than", "at_most", "between")
#: Readings of a rounded number.
ROUNDINGS = ("half_up", "half_even", "half_any")
#: What the column ``reading`` may hold, for a reader.
READINGS = "exact, half_up, half_even, half_any, about:K, strict, or empty; a free note after ';'"
_NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,9})?")

#: What the words of a reading are for that say more than how a paper rounds throughout.
FOR_READING = {
    "about": ("about", "nearly", "no_difference"),
    "strict": (*PLACES, "plurality", "rank"),
}


@dataclass(frozen=True)
class Reading:
    """How a wording is read: the rule of rounding, the K of ``about``, and ties or not."""

    rounding: str = ""
    about: Fraction | None = None
    strict: bool = False
    note: str = ""


@dataclass(frozen=True)
class Interval:
    """Numbers between two ends, each open or closed; None is no end."""

    low: Fraction | None = None
    high: Fraction | None = None
    low_open: bool = False
    high_open: bool = False

    def holds(self, number: Fraction | int) -> bool:
        """Whether a number lies in it."""
        above = self.low is None or number > self.low or (number == self.low and not self.low_open)
        below = self.high is None or number < self.high
        return above and (below or (number == self.high and not self.high_open))

    def whole(self) -> tuple[int | None, int | None]:
        """Return the least and the greatest whole number in it.

        Examples
        --------
        >>> Interval(Fraction(70), None, low_open=True).whole()
        (71, None)
        """
        low = None if self.low is None else math.ceil(self.low)
        high = None if self.high is None else math.floor(self.high)
        if low is not None and self.low_open and low == self.low:
            low += 1
        if high is not None and self.high_open and high == self.high:
            high -= 1
        return low, high


@dataclass(frozen=True)
class Defaults:
    """What a wording means where its reading does not say.

    Attributes
    ----------
    about : Fraction or None
        The K of ``about`` and ``nearly``; None: one percentage point, or a tenth of a number
        (of a count: one at least).
    rounding : {"half_up", "half_even", "half_any"}
    """

    about: Fraction | None = None
    rounding: str = "half_any"


def number_of(text: str) -> Fraction | None:
    """Return a printed number exactly; None if it is none. A fraction is written ``1/7``."""
    if _NUMBER.fullmatch(text):
        return Fraction(text)
    top, slash, bottom = text.partition("/")
    whole = text.isascii() and top.isdigit() and bottom.isdigit() and len(text) < 20
    if slash and whole and int(bottom):
        return Fraction(int(top), int(bottom))
    return None


def reading_of(text: str) -> Reading | None:
    """Return the reading that a text names; None if it names none.

    Examples
    --------
    >>> reading_of("about:5; a headline").about
    Fraction(5, 1)
    """
    words, _, note = text.partition(";")
    rounding, about, strict = "", None, False
    for word in words.replace(",", " ").split():
        if word in ROUNDINGS and not rounding:
            rounding = word
        elif word == "strict":
            strict = True
        elif word.startswith("about:") and about is None:
            about = number_of(word.removeprefix("about:"))
            if about is None:
                return None
        elif word != "exact":
            return None
    return Reading(rounding, about, strict, note.strip())


def interval_of(
    comparison: str,
    value: str,
    *,
    reading: Reading,
    percentage: bool,
    defaults: Defaults,
    whole: bool = False,
) -> Interval:
    """Return the numbers for which a wording is true.

    Parameters
    ----------
    comparison : str
        One of `NUMERIC` but ``between``, or of `MAJORITY`.
    value : str
        The number as printed: its digits are its precision. ``1/7`` of a percentage is 100/7.
    reading : Reading
    percentage : bool
        Whether it is a percentage.
    defaults : Defaults
        What applies where the reading does not say.
    whole : bool
        Whether it is a count: then ``about`` allows one more or less at least.
    """
    if comparison in MAJORITY:
        return Interval(Fraction(50), None, low_open=True)
    number = number_of(value)
    if number is None:
        raise ValueError(f"no number: {value!r}")
    if percentage and "/" in value:
        number *= 100
    if comparison == "rounds_to":
        return _rounded(value, number, reading.rounding or defaults.rounding)
    width = reading.about
    if width is None:
        width = defaults.about
    if width is None:
        width = Fraction(1) if percentage else max(number / 10, Fraction(int(whole)))
    return {
        "equals": Interval(number, number),
        "about": Interval(max(number - width, Fraction(0)), number + width),
        "more_than": Interval(number, None, low_open=True),
        "at_least": Interval(number, None),
        "fewer_than": Interval(None, number, high_open=True),
        "at_most": Interval(None, number),
        "nearly": Interval(max(number - width, Fraction(0)), number, high_open=True),
    }[comparison]


def _rounded(value: str, number: Fraction, rounding: str) -> Interval:
    """Return what rounds to a printed number: half a unit of its last digit either way.

    Half up excludes the upper end. Half to even includes both ends of an even last digit and
    neither of an odd one. Where the rule is not known, either end may have been rounded so.
    """
    decimals = len(value.partition(".")[2])
    unit = Fraction(1, 10**decimals)
    low, high = max(number - unit / 2, Fraction(0)), number + unit / 2
    if rounding == "half_up":
        return Interval(low, high, high_open=True)
    if rounding == "half_even":
        odd = bool((number / unit).numerator % 2)
        return Interval(low, high, low_open=odd, high_open=odd)
    return Interval(low, high)
