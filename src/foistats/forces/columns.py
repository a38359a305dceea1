"""What the tables of forces must hold, and notes that say why a row has no answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from foistats.errors import Finding, InvalidStudyError, did_you_mean

Array: TypeAlias = NDArray[Any]

SHOWN = 20
"""How many failures of one kind are listed; more of the same are only counted."""


@dataclass(frozen=True)
class Rule:
    """What one column may hold.

    Attributes
    ----------
    allows : callable
        From a column to one truth value per row.
    allowed : str
        What is allowed, for a reader.
    """

    allows: Callable[[pd.Series], Array]
    allowed: str


def numbers(column: pd.Series) -> Array:
    """Return a column as floating-point numbers; what is no number or missing as NaN."""
    found = pd.to_numeric(column, errors="coerce")
    return np.asarray(found.to_numpy(dtype=float, na_value=np.nan))


def _missing(column: pd.Series) -> Array:
    return np.asarray(column.isna().to_numpy())


def _named(column: pd.Series) -> Array:
    stated = column.astype(str).str.strip().ne("")
    return np.asarray(~_missing(column) & stated.to_numpy())


def _amount(column: pd.Series) -> Array:
    found = numbers(column)
    return np.asarray(np.isfinite(found) & (found >= 0))


def _whole(column: pd.Series) -> Array:
    found = numbers(column)
    return np.asarray(_amount(column) & (found == np.floor(found)))


NAME = Rule(_named, "a name, not empty")
AMOUNT = Rule(_amount, "a number, zero or more")
AMOUNT_IF_KNOWN = Rule(lambda c: _missing(c) | _amount(c), "a number, zero or more, or missing")
WHOLE = Rule(_whole, "a whole number, zero or more")
WHOLE_IF_KNOWN = Rule(lambda c: _missing(c) | _whole(c), "a whole number, zero or more, or missing")


def check(
    frame: pd.DataFrame, label: str, rules: Mapping[str, Rule], *, key: Sequence[str]
) -> None:
    """Refuse a table that lacks a column, breaks a rule or has two rows for one key.

    Raises
    ------
    InvalidStudyError
        With every failure: table, row (the header is row 1), column, found, allowed.
    """
    refuse(label, failures(frame, label, rules, key=key))


def failures(
    frame: pd.DataFrame, label: str, rules: Mapping[str, Rule], *, key: Sequence[str]
) -> list[Finding]:
    """Return what `check` refuses; of a table that lacks a column, the columns only."""
    absent = [
        Finding(label, 0, name, f"columns {', '.join(map(str, frame.columns)) or '(none)'}", hint)
        for name in rules
        if name not in frame.columns
        for hint in [f"a column '{name}'{did_you_mean(name, map(str, frame.columns))}"]
    ]
    if absent:
        return absent
    found = []
    for name, rule in rules.items():
        found += wrong_rows(frame, label, name, ~rule.allows(frame[name]), rule.allowed)
    again = np.asarray(frame.duplicated(list(key)).to_numpy())
    return found + wrong_rows(frame, label, key[0], again, f"one row per {' and '.join(key)}")


def wrong_rows(
    frame: pd.DataFrame, label: str, column: str, wrong: Array, allowed: str
) -> list[Finding]:
    """Return one finding per row that is wrong, and one for all beyond the first twenty."""
    positions = np.flatnonzero(wrong)
    found = [
        Finding(label, int(position) + 2, column, str(frame[column].iloc[position]), allowed)
        for position in positions[:SHOWN]
    ]
    if len(positions) > SHOWN:
        found.append(Finding(label, 0, column, f"{len(positions) - SHOWN} rows more", allowed))
    return found


def refuse(label: str, findings: Sequence[Finding]) -> None:
    """Raise all findings together, if there are any."""
    if findings:
        raise InvalidStudyError(label, findings)


def notes(*reasons: tuple[Array, str | Array]) -> Array:
    """Return one note per row: the reasons that hold there, joined by semicolons.

    Examples
    --------
    >>> a, b = np.array([True, False, True]), np.array([True, False, False])
    >>> notes((a, "no count"), (b, "no person-years")).tolist()
    ['no count; no person-years', '', 'no count']
    """
    joined = np.full(len(reasons[0][0]), "", dtype=object)
    for holds, text in reasons:
        texts = np.broadcast_to(np.asarray(text, dtype=object), joined.shape)
        for positions, glue in (
            (np.flatnonzero(holds & (joined != "")), "; "),
            (np.flatnonzero(holds & (joined == "")), ""),
        ):
            joined[positions] = joined[positions] + glue + texts[positions]
    return joined
