"""One row per force with its ratio, its standard error and its interval, or why there is none."""

from __future__ import annotations

import numpy as np
import pandas as pd

from foistats.forces.columns import Array, notes
from foistats.forces.counts import exactly_known, unlimited
from foistats.forces.exact import garwood
from foistats.forces.exposures import known_as, without_answer

ANSWER = ("estimate", "estimate_low", "estimate_high", "std_error", "conf_low", "conf_high")
EXACT = "exact, Garwood"


def poisson_answers(
    frame: pd.DataFrame, column: str, *, per: float = 1, level: float
) -> pd.DataFrame:
    """Return a table with each count per so much exposure, and its exact interval."""
    exposure = frame[column].to_numpy() / per
    low, high = frame["n_low"].to_numpy(), frame["n_high"].to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = [low / exposure, unlimited(high) / exposure]
        confidence = [end / exposure for end in garwood(low, high, level)]
        error = np.sqrt(low) / exposure
    return answered(frame, column, ends, error, confidence)


def answered(
    frame: pd.DataFrame, column: str, ends: list[Array], error: Array, confidence: list[Array]
) -> pd.DataFrame:
    """Return a table with its ratios where they exist, and notes where they do not."""
    reasons = without_answer(frame, column)
    none = np.logical_or.reduce([holds for holds, _ in reasons])
    exact = exactly_known(frame) & ~none
    zero = exact & (frame["n_low"].to_numpy() == 0)
    values = [
        np.where(exact, ends[0], np.nan),
        *(np.where(none, np.nan, end) for end in ends),
        np.where(exact & ~zero, error, np.nan),
        *(np.where(none, np.nan, end) for end in confidence),
    ]
    partly = ~exactly_known(frame) & frame["n_low"].notna().to_numpy()
    said = notes(
        *reasons,
        (partly, known_as(frame, partly)),
        (zero, "no standard error at zero"),
        (frame["exposure_note"].ne("").to_numpy(), frame["exposure_note"].to_numpy(dtype=object)),
    )
    return frame.assign(**dict(zip(ANSWER, values, strict=True)), note=said)


def ordered(frame: pd.DataFrame, exposure: str, **constants: object) -> pd.DataFrame:
    """Return the columns of an answer in the order that all answers share."""
    names = ["force", "unit", "n_low", "n_high", exposure, *ANSWER, *constants, "note"]
    return frame.assign(**constants)[names]
