"""Counts beside what they are divided by: expected counts, person-years, or the cases counted."""

from __future__ import annotations

import numpy as np
import pandas as pd

from foistats.describe import number
from foistats.forces.columns import (
    AMOUNT_IF_KNOWN,
    NAME,
    WHOLE_IF_KNOWN,
    Array,
    check,
    numbers,
    refuse,
    wrong_rows,
)
from foistats.forces.counts import read_counts
from foistats.layout import UNLIMITED

NAMES = {
    "expected": "expected count",
    "person_years": "person-years",
    "of": "cases it is of",
}
"""By column, what counts are divided by, for a reader."""


def exposure_name(column: str) -> str:
    """Return what a column of exposures is called in notes."""
    return NAMES.get(column, column.replace("_", " "))


def beside(counts: pd.DataFrame, exposures: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return counts and exposures side by side, one row per force in either table.

    The exposures' own notes become ``exposure_note``.
    """
    check(
        exposures, column.replace("_", "-"), {"force": NAME, column: AMOUNT_IF_KNOWN}, key=["force"]
    )
    right = exposures[["force"]].assign(**{column: numbers(exposures[column])})
    right["exposure_note"] = exposures["note"] if "note" in exposures.columns else ""
    frame = counts.merge(right, on="force", how="outer", sort=True)
    units = counts["unit"].unique()
    frame["unit"] = frame["unit"].fillna(units[0] if len(units) else "")
    frame["exposure_note"] = frame["exposure_note"].fillna("")
    return frame


def read_shares(counts: pd.DataFrame) -> pd.DataFrame:
    """Return counts and what they are of, checked, by force in alphabetical order."""
    frame = read_counts(counts, also={"of": WHOLE_IF_KNOWN})
    stated = frame["n_high"] < UNLIMITED
    frame["n_high"] = frame["n_high"].where(stated, frame["of"].fillna(UNLIMITED))
    wrong = (frame[["n_low", "n_high"]].max(axis=1) > frame["of"]).to_numpy()
    refuse("counts", wrong_rows(counts, "counts", "n_high", wrong, "at most what it is of"))
    return frame.sort_values("force", ignore_index=True)


def without_answer(frame: pd.DataFrame, column: str) -> list[tuple[Array, str]]:
    """Return why rows have no ratio: no count, no exposure or zero exposure."""
    exposure, name = frame[column].to_numpy(), exposure_name(column)
    return [
        (frame["n_low"].isna().to_numpy(), "no count"),
        (np.isnan(exposure), f"no {name}"),
        (exposure == 0, f"zero {name}"),
    ]


def known_as(frame: pd.DataFrame, rows: Array) -> Array:
    """Return in words, for these rows, the interval that a count is known as."""
    said = np.full(len(frame), "", dtype=object)
    known = frame.loc[rows, ["n_low", "n_high"]].astype("int64")
    said[rows] = [
        f"count known as {number(low, high)}" for low, high in known.itertuples(index=False)
    ]
    return said
