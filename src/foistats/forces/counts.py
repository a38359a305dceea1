"""Counts of forces: of one unit, each known exactly, as an interval, or not at all.

"Fewer than 5" is the interval 1 to 4, "at least 10" the interval 10 to `foistats.layout.UNLIMITED`;
a force that refused has neither end, and keeps its row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pandas as pd

from foistats.errors import Finding, UsageError
from foistats.forces.columns import (
    NAME,
    WHOLE_IF_KNOWN,
    Array,
    Rule,
    failures,
    numbers,
    refuse,
    wrong_rows,
)
from foistats.layout import UNLIMITED


def read_counts(
    frame: pd.DataFrame,
    *,
    key: Sequence[str] = ("force",),
    also: Mapping[str, Rule] = MappingProxyType({}),
    label: str = "counts",
) -> pd.DataFrame:
    """Return counts as numbers, checked: one row per key, one unit.

    Parameters
    ----------
    frame : DataFrame
        The columns of the key and ``unit, n_low, n_high``. A count known as "fewer than 5" is 1
        to 4; a force without a count has neither number; an ``n_high`` that no source states is
        `foistats.layout.UNLIMITED`.
    also : mapping of str to Rule
        Further columns of numbers, and what they may hold.
    label : str
        What errors call the table.

    Raises
    ------
    InvalidStudyError
        If the table breaks a rule, with every failure.
    UsageError
        If the counts are of different units.
    """
    ends = dict.fromkeys(("n_low", "n_high"), WHOLE_IF_KNOWN)
    rules = dict.fromkeys((*key, "unit"), NAME) | ends | dict(also)
    found = failures(frame, label, rules, key=key)
    if set(ends) <= set(frame.columns):
        found += _disordered(frame, label)
    refuse(label, found)
    one_unit(frame)
    return frame[[*key, "unit"]].assign(**{name: numbers(frame[name]) for name in (*ends, *also)})


def _disordered(frame: pd.DataFrame, label: str) -> list[Finding]:
    """Return the rows whose two ends are each allowed, but not together."""
    low, high = numbers(frame["n_low"]), numbers(frame["n_high"])
    allowed = [WHOLE_IF_KNOWN.allows(frame[name]) for name in ("n_low", "n_high")]
    wrong = allowed[0] & allowed[1] & ((low > high) | (np.isnan(low) != np.isnan(high)))
    return wrong_rows(frame, label, "n_high", wrong, "at least n_low; missing where it is")


def one_unit(frame: pd.DataFrame) -> None:
    """Refuse counts of different units: a case, a person and a complaint are not the same.

    Raises
    ------
    UsageError
        Naming each unit and some of its rows.
    """
    column = frame["unit"]
    if column.nunique() < 2:
        return
    found = []
    first = frame.columns[0]
    for unit in sorted(column.unique()):
        rows = frame.loc[column == unit, first].astype(str)
        more = f" and {len(rows) - 3} more" if len(rows) > 3 else ""
        found.append(f"'{unit}' ({', '.join(rows.iloc[:3])}{more})")
    raise UsageError(
        f"counts of different units cannot be compared: {', '.join(found)}; keep one unit"
    )


def exactly_known(frame: pd.DataFrame) -> Array:
    """Return which rows have a count, and that count exactly."""
    return np.asarray((frame["n_low"] == frame["n_high"]).to_numpy())


def unlimited(high: Array) -> Array:
    """Return upper ends of counts with infinity where no source states one."""
    return np.where(high >= UNLIMITED, np.inf, high)
