"""Whether the words of a reading are for what the row says: one that is not would do nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from foistats.claims.measures import Measure
from foistats.claims.wordings import FOR_READING, reading_of


def wrong_readings(row: pd.Series, measure: Measure) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the reading of a row, each field being valid: column, allowed."""
    reading = reading_of(row["reading"])
    if reading is None:
        return
    given = ["about"] if reading.about is not None else []
    given += ["strict"] if reading.strict else []
    for word in given:
        meant = FOR_READING[word]
        if row["comparison"] not in meant and measure.kind not in meant:
            yield "reading", f"nothing, or another: {word} is for {', '.join(meant)}"
