"""A verdict on one claim, and how a range against an interval gives one."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from foistats.claims.bounds import Range
from foistats.claims.wordings import Interval

AGREES, DISAGREES, UNCHECKED = "agrees", "disagrees", "cannot be checked"


@dataclass(frozen=True)
class Verdict:
    """What the register says of one claim.

    Attributes
    ----------
    verdict : {"agrees", "disagrees", "cannot be checked"}
        Agrees: true of every table that the register allows; disagrees: true of none.
    low, high : Fraction or None
        The range of the claim's quantity over those tables; None is no limit, or no quantity.
    arithmetic, note : str
    """

    verdict: str
    low: Fraction | None = None
    high: Fraction | None = None
    arithmetic: str = ""
    note: str = ""


def compare(found: Range, interval: Interval) -> str:
    """Return the verdict on an interval: all of a range lies in it, none of it, or only some."""
    inside_low = interval.low is None or (found.low is not None and _above(found.low, interval))
    inside_high = interval.high is None or (found.high is not None and _below(found.high, interval))
    if inside_low and inside_high:
        return AGREES
    if found.high is not None and not _above(found.high, interval):
        return DISAGREES
    if found.low is not None and not _below(found.low, interval):
        return DISAGREES
    return UNCHECKED


def _above(number: Fraction, interval: Interval) -> bool:
    return Interval(interval.low, None, interval.low_open).holds(number)


def _below(number: Fraction, interval: Interval) -> bool:
    return Interval(None, interval.high, high_open=interval.high_open).holds(number)
