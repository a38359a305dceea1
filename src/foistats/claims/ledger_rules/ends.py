"""For which numbers a row is true, and whether the ends that it gives are those."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import pandas as pd

from foistats.claims.measures import Measure
from foistats.claims.wordings import (
    MAJORITY,
    PAIRS,
    PLACES,
    Defaults,
    Interval,
    Reading,
    interval_of,
    number_of,
    reading_of,
)


def interval_of_row(row: pd.Series, measure: Measure, defaults: Defaults) -> Interval | None:
    """Return for which numbers a valid row is true; None where it compares two quantities."""
    comparison = row["comparison"]
    if measure.kind == "outside" or comparison in (*PAIRS, "plurality"):
        return None
    low, high = (number_of(row[end]) for end in ("low", "high"))
    if comparison == "between":
        return Interval(low, high)
    if comparison in PLACES:
        place = Fraction(row["value"]) if comparison == "nth_highest" else Fraction(1)
        return Interval(place, place)
    reading = reading_of(row["reading"]) or Reading()
    percentage = measure.is_share or (comparison in MAJORITY)
    computed = interval_of(
        comparison,
        row["value"],
        reading=reading,
        percentage=percentage,
        defaults=defaults,
        whole=not percentage and measure.kind != "ratio",
    )
    if comparison in ("about", "nearly") and reading.about is None:
        return Interval(
            computed.low if low is None else low,
            computed.high if high is None else high,
            high_open=computed.high_open and (high is None or high == computed.high),
        )
    return computed


def wrong_ends(row: pd.Series, measure: Measure, defaults: Defaults) -> list[tuple[str, str]]:
    """Compare the ends that a row gives with those of its wording.

    Returns
    -------
    list of (column, what is allowed)
    """
    given: Mapping[str, Fraction | None] = {end: number_of(row[end]) for end in ("low", "high")}
    if given["low"] is not None and given["high"] is not None and given["low"] > given["high"]:
        return [("high", f"at least {row['low']}, the low end")]
    interval = interval_of_row(row, measure, defaults)
    if interval is None:
        return []
    value = number_of(row["value"])
    if row["comparison"] in ("between", "about", "nearly") and value is not None:
        value = value * 100 if measure.is_share and "/" in row["value"] else value
        if not (interval.low or 0) <= value <= (value if interval.high is None else interval.high):
            return [("value", f"from {row['low']} to {row['high']}")]
    if row["comparison"] == "lowest":
        return []
    percentage = measure.is_share or row["comparison"] in MAJORITY
    exact = percentage or measure.kind == "ratio"
    whole = interval.whole()
    if not exact and None not in whole and whole[0] > whole[1]:  # type: ignore[operator]
        return [("value", "a whole number, of which the wording leaves one at least")]
    ends = (interval.low, interval.high) if exact else whole
    natural = {"low": Fraction(0), "high": Fraction(100) if percentage else None}
    wrong = []
    for end, computed in zip(("low", "high"), ends, strict=True):
        found = given[end]
        if found is None or found == computed or (computed is None and found == natural[end]):
            continue
        shown = "empty" if computed is None else _shown(Fraction(computed))
        allowed = f"{shown}, from {row['comparison']} {row['value']}, or empty".replace("  ", " ")
        wrong.append((end, allowed))
    return wrong


def _shown(number: Fraction) -> str:
    """Return a fraction as a short decimal where it is one, else as a fraction."""
    if number.denominator == 1:
        return str(number.numerator)
    decimal = f"{float(number):.9f}".rstrip("0")
    return decimal if Fraction(decimal) == number else str(number)
