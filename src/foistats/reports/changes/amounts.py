"""By how much a number moved: exactly for whole numbers, in its own unit and rounding."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import Any, TypeGuard

from foistats.publish.wording import number_text, value_text

Number = int | float

_INTEGER = re.compile(r"[+-]?[0-9]{1,300}")
_DECIMAL = re.compile(r"[+-]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=e))(e[+-]?[0-9]{1,3})?", re.I)
_LEAST_PERCENT = 0.01
_POINTS = "percentage points"


def is_number(value: Any) -> TypeGuard[Number]:
    """Say whether a recorded value is a finite number; a truth value is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return isinstance(value, int) or math.isfinite(value)


def number_in(text: str) -> Number | None:
    """Return the number that a cell of a table holds; None if it holds none.

    Examples
    --------
    >>> number_in("34"), number_in("-0.5"), number_in("3 to 7")
    (34, -0.5, None)
    """
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text) and math.isfinite(found := float(text)):
        return found
    return None


def difference(before: Number, after: Number) -> Number | None:
    """Return how far a number moved; whole numbers exactly, None beyond what a float holds."""
    found = after - before
    return found if is_number(found) else None


def relative(before: Number, after: Number) -> float | None:
    """Return the difference over the size of the earlier number; None where that was zero."""
    if before == 0:
        return None
    try:
        return float((Fraction(after) - Fraction(before)) / abs(Fraction(before)))
    except OverflowError:
        return None


def amount_text(amount: Number, *, unit: str = "", digits: int | None = None) -> str:
    """Write a difference with its sign, in the unit and the rounding of the number.

    Examples
    --------
    >>> amount_text(3, unit="cases"), amount_text(0.92, digits=1)
    ('+3 cases', '+0.9')
    >>> amount_text(0.004, digits=1), amount_text(2.0, unit="%", digits=0)
    ('under +0.1', '+2 percentage points')
    """
    if unit.startswith("%"):
        unit = f"{_POINTS}{unit[1:]}"
    text = _signed(amount, unit, digits)
    if amount and digits is not None and abs(amount) < 10**-digits / 2:
        return f"under {_signed(math.copysign(10**-digits, amount), unit, digits)}"
    return text


def relative_text(share: float | None) -> str:
    """Write a relative difference as a percentage of two figures; "" where there is none.

    Examples
    --------
    >>> relative_text(0.18034), relative_text(0.5), relative_text(None)
    ('+18%', '+50%', '')
    """
    if share is None:
        return ""
    percent = 100 * share
    if abs(percent) < _LEAST_PERCENT:
        return f"under {_LEAST_PERCENT}%" if share else "0%"
    digits = max(0, 1 - math.floor(math.log10(abs(percent))))
    return f"{'+' if share > 0 else ''}{number_text(percent, digits)}%"


def _signed(amount: Number, unit: str, digits: int | None) -> str:
    text = value_text(amount, unit=unit, digits=digits)
    return f"+{text}" if amount > 0 else text
