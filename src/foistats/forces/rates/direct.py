"""Direct standardisation: a force's rate with everywhere the same mixture of strata.

It needs the counts of every stratum. Where a force prints none, the answer is the reason.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special

from foistats.errors import UsageError
from foistats.forces.columns import AMOUNT, NAME, Array, check, notes, numbers
from foistats.forces.counts import exactly_known, read_counts
from foistats.forces.rates.strata import same_strata, spread, years_by_stratum
from foistats.severity.inference.intervals import require_level


def direct(
    counts: pd.DataFrame,
    person_years: pd.DataFrame,
    weights: pd.DataFrame,
    *,
    per: float = 1000,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return directly standardised rates, or why there is none.

    ::

        rate = sum w n / T,   variance = sum w^2 n / T^2,   w: shares of the standard population

    with the gamma interval of Fay and Feuer. A force whose counts are not all printed exactly by
    stratum has no such rate, and the note names what is missing.

    Parameters
    ----------
    counts : DataFrame
        One row per force and stratum: ``force, stratum, unit, n_low, n_high``.
    person_years : DataFrame
        One row per force and stratum: ``force, stratum, person_years``.
    weights : DataFrame
        One row per stratum: ``stratum, weight``, in any measure.

    Returns
    -------
    DataFrame
        One row per force: ``force, unit, estimate, std_error, conf_low, conf_high, per, level,
        method, note``.

    Notes
    -----
    Fay and Feuer 1997, Statistics in Medicine 16:791-801.
    """
    require_level(level)
    check(weights, "weights", {"stratum": NAME, "weight": AMOUNT}, key=["stratum"])
    strata, shares = list(weights["stratum"]), numbers(weights["weight"])
    if not shares.sum():
        raise UsageError("the weights sum to zero; give each stratum its standard population")
    counted = read_counts(counts, key=("force", "stratum"))
    exact = counted.assign(n=counted["n_low"].where(exactly_known(counted)))
    years = years_by_stratum(person_years, strata, "weights")
    same_strata(counted["stratum"], strata, "counts", "weights", complete=False)
    forces = years.index.union(counted["force"].unique())
    table = spread(exact, "n", forces, strata)
    years = years.reindex(forces)
    estimate, variance, largest = _weighted(table.to_numpy(), years.to_numpy(), shares)
    note = _why_not(counted, table, years)
    low, high = _fay_feuer(estimate, variance, largest, level)
    units = counted["unit"].unique()
    possible = note == ""
    values = {"estimate": estimate, "std_error": np.sqrt(variance), "conf_low": low}
    values["conf_high"] = high
    frame = pd.DataFrame({"force": forces, "unit": units[0] if len(units) else ""})
    answers = {name: np.where(possible, value * per, np.nan) for name, value in values.items()}
    return frame.assign(**answers, per=per, level=level, method="gamma, Fay and Feuer", note=note)


def _weighted(counts: Array, years: Array, shares: Array) -> tuple[Array, Array, Array]:
    """Return rate, variance and the largest weight of a single case, by force; NaN if unknown."""
    share = np.broadcast_to(shares / shares.sum(), years.shape)
    weight = np.full(years.shape, np.nan)
    np.divide(share, years, out=weight, where=years > 0)
    weight = np.where(share > 0, weight, 0.0)
    return (weight * counts).sum(axis=1), (weight**2 * counts).sum(axis=1), weight.max(axis=1)


def _fay_feuer(rate: Array, variance: Array, largest: Array, level: float) -> tuple[Array, Array]:
    tail = (1 - level) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        shape = np.where(rate > 0, rate**2 / variance, 1)
        low = np.where(rate > 0, special.gammaincinv(shape, tail) * variance / rate, 0)
        top, spread = rate + largest, variance + largest**2
        high = special.gammainccinv(top**2 / spread, tail) * spread / top
    return low, high


def _why_not(counted: pd.DataFrame, table: pd.DataFrame, years: pd.DataFrame) -> Array:
    """Return why a force has no directly standardised rate; empty where it has one."""
    known = counted.assign(given=counted["n_low"].notna())
    given = spread(known, "given", table.index, list(table)).eq(1)
    reasons: list[tuple[Array, str | Array]] = []
    for stratum in table.columns:
        printed, time = given[stratum].to_numpy(), years[stratum].to_numpy()
        unknown = table[stratum].isna().to_numpy()
        reasons += [
            (~printed, f"no count of {stratum}"),
            (printed & unknown, f"count of {stratum} known as an interval only"),
            (np.isnan(time), f"no person-years of {stratum}"),
            (time == 0, f"zero person-years of {stratum}"),
        ]
    why = notes(*reasons)
    return notes((why != "", "not possible: " + why))
