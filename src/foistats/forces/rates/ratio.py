"""The ratio of two forces' rates, exact given the sum of their counts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from foistats.errors import UsageError
from foistats.forces.counts import one_unit
from foistats.forces.exact import poisson_ratio, poisson_ratio_p_value
from foistats.layout import UNLIMITED
from foistats.severity.inference.intervals import require_level

NOT_COMPARABLE = (
    "observed over expected of two forces compare exactly only if their rates are in the same "
    "ratio in every stratum"
)


def rate_ratio(
    frame: pd.DataFrame, force: str, against: str, *, level: float = 0.95
) -> pd.DataFrame:
    """Return the ratio of two forces' rates, or of their observed over expected.

    The interval and the p value are exact given the sum of the two counts. Where a count is known
    as an interval, the confidence interval covers every pair of counts and there is no p value.

    Parameters
    ----------
    frame : DataFrame
        From `foistats.forces.rates.crude.crude_rates` or `foistats.forces.rates.indirect.indirect`.
    force, against : str
        Numerator and denominator.
    level : float

    Returns
    -------
    DataFrame
        One row: ``term, estimate, estimate_low, estimate_high, conf_low, conf_high, p_value,
        level, method, note``.

    Raises
    ------
    UsageError
        If a force has no row, or the units differ.

    Examples
    --------
    >>> counts = pd.DataFrame({"force": ["A", "B"], "unit": "case", "n_low": [11, 5]})
    >>> years = pd.DataFrame({"force": ["A", "B"], "person_years": [800, 1011]})
    >>> from foistats.forces.rates.crude import crude_rates
    >>> rates = crude_rates(counts.assign(n_high=counts["n_low"]), years)
    >>> rate_ratio(rates, "A", "B")[["term", "estimate", "conf_low", "conf_high"]].round(3)
        term  estimate  conf_low  conf_high
    0  A / B      2.78     0.891     10.207
    """
    require_level(level)
    exposure = "expected" if "expected" in frame.columns else "person_years"
    pair = pd.concat([_row(frame, force), _row(frame, against)], ignore_index=True)
    one_unit(pair)
    result: dict[str, object] = dict.fromkeys(
        ("estimate", "estimate_low", "estimate_high", "conf_low", "conf_high", "p_value"), np.nan
    )
    note = "; ".join(
        f"{row.force}: {row.note or 'no count to compare'}"
        for row in pair[pair["estimate_low"].isna()].itertuples()
    )
    if not note:
        exposures = (float(pair[exposure].iloc[0]), float(pair[exposure].iloc[1]))
        values, note = _compared(pair, exposures, level)
        result |= values
    if exposure == "expected":
        note = "; ".join(filter(None, [note, NOT_COMPARABLE]))
    method = "exact, given the sum of the counts"
    row = {"term": f"{force} / {against}", **result, "level": level, "method": method, "note": note}
    return pd.DataFrame([row])


def _row(frame: pd.DataFrame, force: str) -> pd.DataFrame:
    rows = frame[frame["force"] == force]
    if len(rows) != 1:
        raise UsageError(f"no row of force '{force}'; there are {', '.join(frame['force'])}")
    return rows


def _compared(
    pair: pd.DataFrame, exposures: tuple[float, float], level: float
) -> tuple[dict[str, object], str]:
    low, high = ([int(n) for n in pair[name]] for name in ("n_low", "n_high"))
    scale = exposures[1] / exposures[0]
    bounds = [_ratio(low[0], high[1]) * scale, _ratio(high[0], low[1]) * scale]
    values: dict[str, object] = {
        "estimate_low": bounds[0],
        "estimate_high": bounds[1],
        "conf_low": poisson_ratio((low[0], high[1]), exposures, level)[0],
        "conf_high": poisson_ratio((high[0], low[1]), exposures, level)[1],
    }
    if low != high:
        return values, "a count is known as an interval: no p value"
    p_value = poisson_ratio_p_value((low[0], low[1]), exposures)
    note = "nothing counted in either force" if not sum(low) else ""
    return values | {"estimate": bounds[0], "p_value": p_value}, note


def _ratio(first: int, second: int) -> float:
    if first >= UNLIMITED:
        return np.inf
    if second >= UNLIMITED:
        return 0.0
    return first / second if second else (np.inf if first else np.nan)
