"""Numbers that are known as ranges, and comparisons of them: true, false or open (None)."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction

NUMBER = r"-?[0-9]+(?:\.[0-9]+)?"
_RANGE = re.compile(rf"({NUMBER})(?: to ({NUMBER})|( or more))?")


@dataclass(frozen=True)
class Range:
    """The least and the greatest number that something may be; infinite where nothing is known."""

    low: Fraction | float
    high: Fraction | float

    def moved(self, by: Fraction) -> Range:
        """Return the range a number further on."""
        return Range(self.low + by, self.high + by)

    def halved(self) -> Range:
        """Return the range of the halves."""
        return Range(self.low / 2, self.high / 2)


def exactly(number: int | float) -> Range:
    """Return a number that is known."""
    return Range(Fraction(number), Fraction(number))


def in_words(text: str) -> Range | None:
    """Return the range that a text gives; None if it gives none.

    Examples
    --------
    >>> in_words("71 to 78"), in_words("5 or more").high, in_words("none")
    (Range(low=Fraction(71, 1), high=Fraction(78, 1)), inf, None)
    """
    found = _RANGE.fullmatch(text)
    if found is None:
        return None
    low, high, more = found.groups()
    return Range(Fraction(low), math.inf if more else Fraction(high or low))


def rounded(printed: str) -> Range:
    """Return what rounds to a number as it is written, whichever way halves are rounded."""
    half = Fraction(1, 2 * 10 ** len(printed.partition(".")[2]))
    return Range(Fraction(printed) - half, Fraction(printed) + half)


def above(one: Range, other: Range) -> bool | None:
    """Say whether one is more than the other."""
    if one.low > other.high:
        return True
    return False if one.high <= other.low else None


def not_below(one: Range, other: Range) -> bool | None:
    """Say whether one is as much as the other, or more."""
    return opposite(above(other, one))


def equal(one: Range, other: Range) -> bool | None:
    """Say whether both are the same number."""
    if one.low == one.high == other.low == other.high:
        return True
    return False if above(one, other) or above(other, one) else None


def near(one: Range, other: Range, width: Fraction) -> bool | None:
    """Say whether one lies at most so far from the other."""
    return every(not_below(one, other.moved(-width)), not_below(other.moved(width), one))


def within(one: Range, ends: Range) -> bool | None:
    """Say whether one lies between two ends, both included."""
    low, high = Range(ends.low, ends.low), Range(ends.high, ends.high)
    return every(not_below(one, low), not_below(high, one))


def opposite(found: bool | None) -> bool | None:
    """Return what is true where something is not; open stays open."""
    return None if found is None else not found


def every(*found: bool | None) -> bool | None:
    """Say whether all are true: false where one is false, open where one is open."""
    if False in found:
        return False
    return None if None in found else True
