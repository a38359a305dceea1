"""Estimates with their standard errors and intervals, in tidy frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special, stats

from foistats.errors import UsageError

Array: TypeAlias = NDArray[Any]

TIDY = ["term", "estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high"]


def require_level(level: float) -> None:
    """Refuse a confidence level that is not strictly between 0 and 1."""
    if not 0 < level < 1:
        raise UsageError(f"level is {level}; it must lie between 0 and 1, as 0.95 does")


def quantile(level: float, degrees_of_freedom: float) -> float:
    """Return the two-sided quantile of Student's t; infinite degrees of freedom: the normal."""
    require_level(level)
    return float(stats.t.ppf((1 + level) / 2, degrees_of_freedom))


def tidy(
    terms: Sequence[str], estimates: Array, errors: Array, level: float, degrees: float
) -> pd.DataFrame:
    """Return one row per term: estimate, standard error, Wald statistic, p value and interval.

    ``estimate +/- t std_error``, with the t quantile of the given degrees of freedom (infinite:
    normal).

    Returns
    -------
    DataFrame
        ``term, estimate, std_error, statistic, p_value, conf_low, conf_high``.
    """
    reach = quantile(level, degrees) * errors
    statistic = estimates / errors
    p_value = 2 * stats.t.sf(np.abs(statistic), degrees)
    columns = [list(terms), estimates, errors, statistic, p_value]
    columns += [estimates - reach, estimates + reach]
    return pd.DataFrame(dict(zip(TIDY, columns, strict=True)))


def share_interval(
    shares: Array, errors: Array, level: float, degrees: float
) -> tuple[Array, Array]:
    """Return the interval of a share, symmetric on the logit scale and so within 0 and 1."""
    inside = np.clip(shares, np.finfo(float).tiny, 1 - np.finfo(float).epsneg)
    odds = np.log(inside) - np.log1p(-inside)
    reach = quantile(level, degrees) * errors / (inside * (1 - inside))
    return special.expit(odds - reach), special.expit(odds + reach)
