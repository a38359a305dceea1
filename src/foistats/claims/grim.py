"""Whether a printed percentage can come from a whole number of cases of a printed total.

Source: Brown, Heathers, *The GRIM test*, Social Psychological and Personality Science 8 (2017)
363-369.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

import pandas as pd

from foistats.claims.assembly import Assembly
from foistats.claims.claim import Claim
from foistats.claims.quantities import Amount, Linear
from foistats.claims.table import Cells
from foistats.claims.tell import SAID
from foistats.claims.wordings import Interval

COLUMNS = ("id", "printed", "of", "of_claim", "possible", "least", "most", "counts")


def counts_behind(interval: Interval, total: int) -> range:
    """Return the whole numbers that are a percentage of a total within an interval.

    Examples
    --------
    >>> list(counts_behind(Interval(Fraction(17, 2), Fraction(19, 2)), 10))
    []
    >>> list(counts_behind(Interval(Fraction(17, 2), Fraction(19, 2)), 100))
    [9]
    """
    low = Fraction(0) if interval.low is None else interval.low
    high = Fraction(100) if interval.high is None else min(interval.high, Fraction(100))
    if total < 1:
        return range(0)
    first, last = math.ceil(low * total / 100), math.floor(high * total / 100)
    if interval.low_open and Fraction(100 * first, total) == low:
        first += 1
    if interval.high_open and Fraction(100 * last, total) == interval.high:
        last -= 1
    return range(first, last + 1)


def grim(assembly: Assembly) -> pd.DataFrame:
    """Return whether each printed percentage is one of a whole number of each printed total.

    Returns
    -------
    DataFrame
        One row per percentage and exact claim of its base: ``id, printed, of, of_claim, possible,
        least, most`` (the counts it may stand for) and ``counts``, in words.
    """
    totals = _exact_counts(assembly)
    rows = []
    for id, quantity in assembly.quantities.items():
        claim = assembly.claims[id]
        if not (claim.measure.is_share and isinstance(quantity, Amount) and quantity.bottom):
            continue
        if claim.interval is None:
            continue
        for other, total in totals.get(quantity.bottom, ()):
            found = counts_behind(claim.interval, total)
            ends = (found[0], found[-1]) if found else (None, None)
            rows.append(
                (
                    id,
                    claim.value or SAID[claim.comparison],
                    total,
                    other,
                    bool(found),
                    *ends,
                    _listed(found),
                )
            )
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.astype({"least": "Int64", "most": "Int64", "possible": bool})


def _exact_counts(assembly: Assembly) -> Mapping[Linear, list[tuple[str, int]]]:
    found: dict[Linear, list[tuple[str, int]]] = {}
    for id, quantity in assembly.quantities.items():
        claim: Claim = assembly.claims[id]
        if claim.measure.kind != "count" or claim.comparison != "equals" or not claim.interval:
            continue
        low, _ = claim.interval.whole()
        if isinstance(quantity, Amount) and isinstance(quantity.top.terms[0][0], Cells) and low:
            found.setdefault(quantity.top, []).append((id, low))
    return found


def _listed(counts: range) -> str:
    if not counts:
        return "none"
    return str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
