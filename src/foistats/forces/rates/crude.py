"""Crude rates per so many person-years, with exact intervals."""

from __future__ import annotations

import pandas as pd

from foistats.forces.counts import read_counts
from foistats.forces.exposures import beside
from foistats.forces.rates.answers import EXACT, ordered, poisson_answers
from foistats.forces.settings import require_positive


def crude_rates(
    counts: pd.DataFrame, person_years: pd.DataFrame, *, per: float = 1000, level: float = 0.95
) -> pd.DataFrame:
    """Return the rate of every force per so many person-years, with Garwood's interval.

    ``per n / person_years``; the standard error is ``per sqrt(n) / person_years``.

    Parameters
    ----------
    counts : DataFrame
        One row per force: ``force, unit, n_low, n_high`` (`foistats.forces.counts.read_counts`).
    person_years : DataFrame
        One row per force: ``force, person_years`` and, if there is one, ``note``.
    per : float
        Person-years the rate refers to.
    level : float

    Returns
    -------
    DataFrame
        One row per force in either table, in alphabetical order: ``force, unit, n_low, n_high,
        person_years, estimate, estimate_low, estimate_high, std_error, conf_low, conf_high, per,
        level, method, note``. Where the count is known as an interval, so is the rate
        (``estimate_low`` to ``estimate_high``, without estimate and standard error), and the
        confidence interval covers that of every count in it. What has no answer is empty, and the
        note says why.

    Raises
    ------
    InvalidStudyError
        If a table breaks a rule.
    UsageError
        If the counts are of different units.

    Examples
    --------
    >>> counts = pd.DataFrame({"force": ["A"], "unit": ["case"], "n_low": [10], "n_high": [10]})
    >>> frame = crude_rates(counts, pd.DataFrame({"force": ["A"], "person_years": [5000.0]}))
    >>> frame[["estimate", "conf_low", "conf_high"]].round(3)
       estimate  conf_low  conf_high
    0       2.0     0.959      3.678
    """
    require_positive(per, "per")
    frame = beside(read_counts(counts), person_years, "person_years")
    frame = poisson_answers(frame, "person_years", per=per, level=level)
    return ordered(frame, "person_years", per=per, level=level, method=EXACT)
