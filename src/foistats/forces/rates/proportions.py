"""Proportions with exact or score intervals."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from foistats.forces.exact import clopper_pearson, wilson
from foistats.forces.exposures import read_shares
from foistats.forces.rates.answers import answered, ordered
from foistats.forces.settings import require_word

INTERVALS = {"clopper_pearson": clopper_pearson, "wilson": wilson}


def proportions(
    counts: pd.DataFrame,
    *,
    method: Literal["clopper_pearson", "wilson"] = "clopper_pearson",
    level: float = 0.95,
) -> pd.DataFrame:
    """Return the share of every force, exact (Clopper-Pearson) or by the score (Wilson).

    ``n / of``; the standard error is ``sqrt(p (1 - p) / of)``.

    Parameters
    ----------
    counts : DataFrame
        One row per force: ``force, unit, n_low, n_high, of``.
    method : {"clopper_pearson", "wilson"}
        Of the interval.
    level : float

    Returns
    -------
    DataFrame
        As `foistats.forces.rates.crude.crude_rates`, with ``of`` in place of
        ``person_years`` and ``per``.

    Raises
    ------
    InvalidStudyError
        If the table breaks a rule, or a count exceeds what it is of.
    UsageError
        If the counts are of different units, or the method is unknown.

    Examples
    --------
    >>> counts = pd.DataFrame({"force": ["A"], "unit": ["case"], "n_low": [3], "n_high": [3]})
    >>> proportions(counts.assign(of=20))[["estimate", "conf_low", "conf_high"]].round(4)
       estimate  conf_low  conf_high
    0      0.15    0.0321     0.3789
    """
    require_word(method, INTERVALS, "method")
    frame = read_shares(counts)
    low, high, of = (frame[name].to_numpy() for name in ("n_low", "n_high", "of"))
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = [low / of, high / of]
        error = np.sqrt(ends[0] * (1 - ends[0]) / of)
        confidence = list(INTERVALS[method](low, high, of, level))
    frame = answered(frame.assign(exposure_note=""), "of", ends, error, confidence)
    return ordered(frame, "of", level=level, method=method)
