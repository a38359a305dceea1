"""Forces made comparable: observed over expected at reference rates.

Indirect standardisation asks how many would be counted if everywhere the same rates held in each
stratum (of roles, say); it needs each force's person-years by stratum but no counts by stratum.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from foistats.forces.columns import AMOUNT, NAME, check, notes, numbers
from foistats.forces.counts import one_unit, read_counts
from foistats.forces.exposures import beside
from foistats.forces.rates.answers import EXACT, ordered, poisson_answers
from foistats.forces.rates.strata import years_by_stratum


def expected_counts(
    person_years: pd.DataFrame, reference: pd.DataFrame, *, per: float = 1000
) -> pd.DataFrame:
    """Return how many each force would count at the reference rates of the strata.

    ``sum over strata of person_years rate / per``. The reference rates are taken as known.

    Parameters
    ----------
    person_years : DataFrame
        One row per force and stratum: ``force, stratum, person_years``.
    reference : DataFrame
        One row per stratum: ``stratum, unit, rate`` per ``per`` person-years.
    per : float

    Returns
    -------
    DataFrame
        One row per force: ``force, expected, note``. Person-years of a stratum that are unknown
        leave the expected count unknown, and the note names the stratum.

    Raises
    ------
    InvalidStudyError
        If a table breaks a rule.
    UsageError
        If the tables are not of the same strata.
    """
    check(reference, "reference", {"stratum": NAME, "unit": NAME, "rate": AMOUNT}, key=["stratum"])
    table = years_by_stratum(person_years, list(reference["stratum"]), "reference rates")
    rates = numbers(reference["rate"]) / per
    expected = table.to_numpy() @ rates if len(table) else np.zeros(0)
    reasons = [
        (table[stratum].isna().to_numpy(), f"no person-years of {stratum}") for stratum in table
    ]
    return pd.DataFrame({"force": table.index, "expected": expected, "note": notes(*reasons)})


def indirect(
    counts: pd.DataFrame,
    person_years: pd.DataFrame,
    reference: pd.DataFrame,
    *,
    per: float = 1000,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return observed over expected of every force, with the exact interval.

    ``n / expected``, the interval of Garwood over the expected count, the standard error
    ``sqrt(n) / expected``.

    Parameters
    ----------
    counts : DataFrame
        One row per force: ``force, unit, n_low, n_high``.
    person_years, reference, per
        As in `expected_counts`.
    level : float

    Returns
    -------
    DataFrame
        As `foistats.forces.rates.crude.crude_rates`, with ``expected`` in place of person-years
        and ``per``.

    Raises
    ------
    UsageError
        If counts and reference rates are of different units, or of different strata.

    Notes
    -----
    Ulm 1990, American Journal of Epidemiology 131:373-375.

    Examples
    --------
    >>> counts = pd.DataFrame({"force": ["A"], "unit": ["case"], "n_low": [12], "n_high": [12]})
    >>> years = pd.DataFrame({"force": "A", "stratum": ["x", "y"], "person_years": [4000, 1000]})
    >>> rates = pd.DataFrame({"stratum": ["x", "y"], "unit": "case", "rate": [1.5, 2.0]})
    >>> indirect(counts, years, rates)[["expected", "estimate", "conf_low", "conf_high"]].round(3)
       expected  estimate  conf_low  conf_high
    0       8.0       1.5     0.775       2.62
    """
    expected = expected_counts(person_years, reference, per=per)
    observed = read_counts(counts)
    rates = reference.assign(force="reference rates")
    one_unit(pd.concat([observed[["force", "unit"]], rates[["force", "unit"]]]))
    frame = beside(observed, expected, "expected")
    frame = poisson_answers(frame, "expected", level=level)
    return ordered(frame, "expected", level=level, method=EXACT)
