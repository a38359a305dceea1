"""Counts that may be compared: of one unit, one per force, each with an exposure.

The exposure is what the count is divided by: the expected count, or person-years. A force without a
count keeps its row with a note, for it still takes a place among the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from foistats.forces.columns import AMOUNT_IF_KNOWN, Array, notes
from foistats.forces.counts import exactly_known, read_counts, unlimited
from foistats.forces.exposures import known_as, without_answer
from foistats.layout import UNLIMITED


@dataclass(frozen=True, eq=False)
class Counts:
    """Counts of one unit, one per force.

    Attributes
    ----------
    forces : tuple of str
    low, high : array, forces
        The least and the largest count it can be, infinite where no source limits it; NaN where
        none is known.
    exposure : array, forces
        What it is divided by; NaN where unknown.
    unit : str
        What is counted.
    notes : tuple of str
        Why there is no rate, or no exact one; empty where there is.
    column : str
        What tables call the exposure: ``expected``, ``person_years``.
    """

    forces: tuple[str, ...]
    low: Array
    high: Array
    exposure: Array
    unit: str
    notes: tuple[str, ...]
    column: str = "expected"

    @cached_property
    def known(self) -> NDArray[np.bool_]:
        """Whether anything is known about the rate."""
        limited = (self.low > 0) | np.isfinite(self.high)
        known: Array = ~np.isnan(self.low) & (self.exposure > 0) & limited
        return known

    @cached_property
    def exact(self) -> NDArray[np.bool_]:
        """Whether the count is one number."""
        exact: Array = self.low == self.high
        return exact

    def frame(self) -> pd.DataFrame:
        """Return ``force, unit, n_low, n_high``, the exposure and ``note``, one row per force."""
        high = np.where(np.isinf(self.high), UNLIMITED, self.high)
        columns = {"force": list(self.forces), "unit": self.unit, "n_low": self.low, "n_high": high}
        return pd.DataFrame(columns | {self.column: self.exposure, "note": list(self.notes)})


def comparable_counts(frame: pd.DataFrame, *, exposure: str = "expected") -> Counts:
    """Read counts that may be compared from a frame with one row per force.

    Parameters
    ----------
    frame : DataFrame
        ``force, unit, n_low, n_high`` (`foistats.forces.counts.read_counts`), the column of the
        exposure and, if there is one, ``note``; as `foistats.forces.rates.indirect.indirect`
        returns it.
    exposure : str
        The column of expected counts or person-years.

    Returns
    -------
    Counts
        In the order of the rows.

    Raises
    ------
    InvalidStudyError
        If the table breaks a rule, with every failure.
    UsageError
        If the counts are of different units.

    Examples
    --------
    >>> counts = comparable_counts(pd.DataFrame({
    ...     "force": ["North", "South"], "unit": "case", "n_low": [3, None], "n_high": [3, None],
    ...     "expected": [2.5, 4.0], "note": ["", "refused"],
    ... }))
    >>> counts.known.tolist()
    [True, False]
    """
    table = read_counts(frame, also={exposure: AMOUNT_IF_KNOWN})
    high = unlimited(table["n_high"].to_numpy())
    unit = str(table["unit"].iloc[0]) if len(table) else ""
    said = tuple(map(str, _notes(frame, table, exposure)))
    forces = tuple(table["force"].astype(str))
    ends = table["n_low"].to_numpy(), high
    return Counts(forces, *ends, table[exposure].to_numpy(), unit, said, exposure)


def _notes(frame: pd.DataFrame, table: pd.DataFrame, exposure: str) -> Array:
    """Return each row's own note, or else why it has no rate or no exact one."""
    reasons = without_answer(table, exposure)
    none = np.logical_or.reduce([holds for holds, _ in reasons])
    partly = ~exactly_known(table) & ~none
    found = notes(*reasons, (partly, known_as(table, partly)))
    if "note" not in frame.columns:
        return found
    given = frame["note"].fillna("").to_numpy(dtype=object)
    return np.where(given == "", found, given)
