"""Each claim against the register: agrees, disagrees, or cannot be checked.

::

    verdict   the answer, and how a range against an interval gives one
    side      what the register says of the claims about one table
"""

from __future__ import annotations

from fractions import Fraction

import pandas as pd

from foistats.claims.assembly import Assembly
from foistats.claims.tell import claim_in_words
from foistats.claims.verdicts.side import Side
from foistats.claims.verdicts.verdict import AGREES, DISAGREES, UNCHECKED

__all__ = ["AGREES", "COLUMNS", "DISAGREES", "UNCHECKED", "verdicts"]

COLUMNS = ("id", "claim", "verdict", "low", "high", "arithmetic", "note")


def verdicts(assembly: Assembly, *, until: float | None = None) -> pd.DataFrame:
    """Return what the register says of every claim.

    Returns
    -------
    DataFrame
        One row per claim, in the order of the file: ``id, claim, verdict, low, high, arithmetic,
        note``; ``low`` and ``high`` are numbers or None.
    """
    sides = {table: Side(assembly, table, until) for table in assembly.universes}
    order = sorted(assembly.claims.values(), key=lambda claim: sides[claim.table].decided(claim))
    judged = {claim.id: sides[claim.table].judge(claim) for claim in order}
    rows = []
    for id, claim in assembly.claims.items():
        found = judged[id]
        words = claim_in_words(claim, assembly.register.study)
        ends = (_plain(found.low), _plain(found.high))
        rows.append((id, words, found.verdict, *ends, found.arithmetic, found.note))
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)


def _plain(number: Fraction | None) -> int | float | None:
    if number is None:
        return None
    return number.numerator if number.denominator == 1 else float(number)
