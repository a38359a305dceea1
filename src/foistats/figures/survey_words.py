"""What a figure of surveys shows, in words: periods, units, and what each survey found."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from foistats.describe import period_words
from foistats.figures.style import plain

NOTE = (
    "Side by side only: units, questions and selection differ, so the surveys are not added up "
    "and show no trend."
)
NO_PERIOD = "period not stated"
NO_UNIT = "unit not stated"


def read_surveys(data: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with periods in years, their unit in words and what is written above."""
    start, end = (_years_of(data[name]) for name in ("period_start", "period_end"))
    start, end = start.to_numpy(dtype=float), end.to_numpy(dtype=float) + 1 / 365.25
    stated = np.isfinite(start)
    is_open = stated & (~np.isfinite(end) | data["open_end"].fillna(False).to_numpy(dtype=bool))
    said = [plain(text) for text in data["said"]]
    text = [
        words if known else "; ".join(filter(None, [NO_PERIOD, words]))
        for words, known in zip(said, stated, strict=True)
    ]
    units = [_units(unit) for unit in data["unit"]]
    columns = {"start": start, "end": end, "open": is_open, "stated": stated, "said": said}
    columns |= {
        "text": text,
        "period": _periods(data, is_open),
        "units": pd.Series(units, data.index),
    }
    unit = [_joined(several) or NO_UNIT for several in units]
    return data.assign(**columns, unit=np.array(unit, dtype=object))


def _units(unit: Any) -> list[str]:
    """Return the units of a survey, each once."""
    return [one for one in dict.fromkeys(plain(unit).split(", ")) if one]


def _joined(names: list[str]) -> str:
    """Return names as in a sentence: ``cases and people``."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def _periods(data: pd.DataFrame, is_open: np.ndarray) -> list[str]:
    """Return periods in words; an end that is only the last known is not one."""
    starts, ends = (_dates(data[name]) for name in ("period_start", "period_end"))
    return [
        period_words(start, "" if unended else end)
        for start, end, unended in zip(starts, ends, is_open, strict=True)
    ]


def _dates(dates: pd.Series) -> list[str]:
    return [plain(date).removesuffix(" 00:00:00") for date in dates]


def _years_of(dates: pd.Series) -> pd.Series:
    """Return dates as years with decimals, missing where nothing is stated."""
    found = pd.to_datetime(dates.where(dates.astype(str) != "", None))
    return found.dt.year + (found.dt.day_of_year - 1) / 365.25


def surveys_data(frame: pd.DataFrame) -> pd.DataFrame:
    """Return what is drawn, for readers."""
    columns = {"label": "Survey", "period": "Period", "unit": "Unit", "said": "Found"}
    return frame[list(columns)].rename(columns=columns).reset_index(drop=True)


def surveys_alt(frame: pd.DataFrame) -> str:
    """Return what a figure of surveys shows, in words."""
    said = []
    for _, row in frame.iterrows():
        untold = [unit for unit in row["units"] if unit not in row["said"]]
        counted = f"in {_joined(row['units'])}" if untold else "" if row["units"] else NO_UNIT
        period = row["period"] if row["period"] != "not stated" else NO_PERIOD
        found = row["said"].replace("; ", ", ")
        said.append(", ".join(filter(None, [plain(row["label"]), period, found, counted])))
    units = _joined(list(dict.fromkeys(unit for several in frame["units"] for unit in several)))
    counted = f", counted in {units}" if units else ""
    return f"Periods of {len(frame)} surveys side by side{counted}: {'; '.join(said)}. {NOTE}"
