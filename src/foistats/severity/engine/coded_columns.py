"""Columns of a frame as small integers, with what a row may leave open.

The response holds one rung, several joined by ``|``, or nothing (not stated). So may a categorical
covariate. Every message about a value says in which row it stands, counted from 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from foistats.errors import DataError, UsageError, did_you_mean
from foistats.severity.engine.observations import Indices

Array: TypeAlias = NDArray[Any]
Compositions: TypeAlias = Mapping[str, Mapping[Any, float]]
Weights: TypeAlias = str | Sequence[float] | Array | pd.Series | None

SEVERAL = "|"
"""What joins the levels of which a row may have any."""


@dataclass(frozen=True)
class CodedColumn:
    """A column as small integers.

    Attributes
    ----------
    name : str
    codes : array of int, one per row
        Which of ``sets`` the row has.
    levels : sequence
        The distinct values.
    sets : sequence of tuple of int, or None
        The levels that each code allows; `None` where every code is a level.
    categorical : bool
    """

    name: str
    codes: NDArray[Any]
    levels: Sequence[Any] | Array
    sets: Sequence[tuple[int, ...]] | None
    categorical: bool

    @property
    def radix(self) -> int:
        """The number of different codes."""
        return len(self.levels) if self.sets is None else len(self.sets)

    def values(self, levels: Indices) -> Any:
        """Return the values of the given levels, as a categorical without unused ones."""
        if not self.categorical:
            return np.asarray(self.levels)[levels]
        used = np.flatnonzero(np.bincount(levels, minlength=len(self.levels)))
        new = np.zeros(len(self.levels), dtype=np.intp)
        new[used] = np.arange(len(used))
        categories = [self.levels[int(place)] for place in used]
        return pd.Categorical.from_codes(new[levels], categories=categories)


def ladder_of(frame: pd.DataFrame, response: str) -> tuple[str, ...]:
    """Return the ladder that an ordered categorical response supplies; refuse any other."""
    column = _column(frame, response, "the response")
    if isinstance(column.dtype, pd.CategoricalDtype) and column.cat.ordered:
        return tuple(str(c) for c in column.cat.categories if SEVERAL not in str(c))
    raise UsageError(
        f"no ladder: '{response}' is no ordered categorical, so its order is not known; "
        "give ladder=[…, least severe first]"
    )


def _column(frame: pd.DataFrame, name: str, what: str) -> pd.Series:
    if not isinstance(frame, pd.DataFrame):
        raise UsageError(f"data is a {type(frame).__name__}; a DataFrame is needed")
    if name not in frame.columns:
        raise UsageError(
            f"{what}: no column '{name}'{did_you_mean(name, map(str, frame.columns))} "
            f"(the data have {', '.join(map(str, frame.columns)) or 'none'})"
        )
    column = frame[name]
    if isinstance(column, pd.DataFrame):
        raise UsageError(f"{what}: the data have several columns '{name}'")
    return column


def _categorical(column: pd.Series) -> tuple[NDArray[Any], list[Any]]:
    """Return codes (-1 for missing) and categories."""
    if not isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype("category")
    array = column.array
    return np.asarray(array.codes), list(array.categories)


def coded_response(frame: pd.DataFrame, name: str, ladder: tuple[str, ...]) -> CodedColumn:
    """Return the response: each code a set of rungs, the last one all of them (not stated)."""
    codes, categories = _categorical(_column(frame, name, "the response"))
    place: dict[Any, int] = {str(rung): number for number, rung in enumerate(ladder)}
    place |= {rung: number for number, rung in enumerate(ladder)}
    sets: list[tuple[int, ...]] = []
    for code, category in enumerate(categories):
        found = _parts(category, place)
        unknown = [part for part in found if part not in place]
        if unknown:
            row = np.flatnonzero(codes == code)
            if len(row):
                raise DataError(
                    f"row {row[0]}, column '{name}': found '{category}'"
                    f"{did_you_mean(unknown[0], ladder)} (allowed: {', '.join(ladder)}, several "
                    f"joined by '{SEVERAL}', or nothing where the outcome is not stated)"
                )
            found = list(ladder)
        sets.append(tuple(sorted({place[part] for part in found})))
    sets.append(tuple(range(len(ladder))))
    return CodedColumn(name, _missing_last(codes, len(categories)), ladder, sets, True)


def _parts(category: Any, levels: Mapping[Any, int]) -> list[Any]:
    """Return the levels that a category names."""
    if category in levels or str(category) in levels:
        return [category if category in levels else str(category)]
    whole = isinstance(category, float) and category.is_integer()
    return [part.strip() for part in str(int(category) if whole else category).split(SEVERAL)]


def _missing_last(codes: NDArray[Any], number: int) -> NDArray[Any]:
    """Return the codes with the missing ones after all others."""
    lost = codes < 0
    return np.where(lost, number, codes) if lost.any() else codes


def coded_covariate(
    frame: pd.DataFrame, name: str, shares: Mapping[Any, float] | None
) -> CodedColumn:
    """Return a covariate; ``shares`` may name levels that no row has by itself."""
    column = _column(frame, name, "the formula")
    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype):
        return _coded_number(column, name)
    codes, categories = _categorical(column)
    used = np.zeros(len(categories), dtype=bool)
    used[np.unique(codes[codes >= 0])] = True
    plain = [
        category
        for category, has_rows in zip(categories, used, strict=True)
        if SEVERAL not in str(category) and (has_rows or category in (shares or {}))
    ]
    if len({str(level) for level in plain}) < len(plain):
        raise DataError(f"column '{name}': two different levels are written alike")
    if len(plain) == len(categories) and not (codes < 0).any():
        return CodedColumn(name, codes, categories, None, True)
    levels = list(dict.fromkeys([*plain, *(shares or {})]))
    place = {level: number for number, level in enumerate(levels)}
    sets: list[tuple[int, ...]] = [(number,) for number in range(len(levels))]
    new = np.zeros(len(categories) + 1, dtype=np.intp)
    for code, category in enumerate(categories):
        if not used[code]:
            continue
        members = tuple(sorted({place.get(part, -1) for part in _parts(category, place)}))
        if members[0] < 0:
            row = int(np.flatnonzero(codes == code)[0]) if (codes == code).any() else -1
            raise DataError(
                f"row {row}, column '{name}': '{category}' names a level that no row has by "
                f"itself and no composition gives a share (known: {', '.join(map(str, levels))})"
            )
        if members not in sets:
            sets.append(members)
        new[code] = sets.index(members)
    sets.append(tuple(range(len(levels))))
    new[-1] = len(sets) - 1
    return CodedColumn(name, new[codes], levels, sets, True)


def _coded_number(column: pd.Series, name: str) -> CodedColumn:
    values = column.to_numpy(dtype=float, na_value=np.nan)
    wrong = ~np.isfinite(values)
    if wrong.any():
        raise DataError(
            f"row {np.flatnonzero(wrong)[0]}, column '{name}': a number is missing or infinite "
            f"(in {wrong.sum():,} of {len(values):,} rows); only categorical covariates can be "
            "integrated out: leave these rows out, or make categories"
        )
    codes, levels = pd.factorize(values)
    return CodedColumn(name, codes, np.asarray(levels), None, False)


def coded_groups(frame: pd.DataFrame, name: str) -> CodedColumn:
    """Return the groups, which no row may leave open; without a name all rows are in one."""
    if not name:
        return CodedColumn("", np.zeros(len(frame), dtype=np.int8), ["all"], None, True)
    codes, categories = _categorical(_column(frame, name, "groups"))
    lost = np.flatnonzero(codes < 0)
    if len(lost):
        raise DataError(
            f"row {lost[0]}, column '{name}': the group is missing (in {len(lost):,} of "
            f"{len(codes):,} rows); every row needs one"
        )
    names = [str(category) for category in categories]
    if len(set(names)) < len(names):
        twice = next(word for word in names if names.count(word) > 1)
        raise DataError(f"column '{name}': two different groups are both written '{twice}'")
    return CodedColumn(name, codes, categories, None, True)


def row_weights(frame: pd.DataFrame, weights: Weights) -> Array | None:
    """Return the count of each row: finite, zero or more; nothing where every row counts once."""
    if weights is None or (isinstance(weights, str) and not weights):
        return None
    if isinstance(weights, pd.Series) and not weights.index.equals(frame.index):
        raise UsageError(
            "weights: the series has another index than the data; give the name of a column, or "
            "counts in the order of the rows (weights.to_numpy())"
        )
    if isinstance(weights, str):
        name, column = weights, _column(frame, weights, "weights")
    else:
        given = np.asarray(weights)
        if given.ndim != 1 or np.iscomplexobj(given):
            raise UsageError("weights: give the name of a column, or one count per row")
        name, column = "weights", pd.Series(given)
        if len(column) != len(frame):
            raise UsageError(
                f"weights: {len(column):,} counts for {len(frame):,} rows; give one per row, or "
                "the name of a column"
            )
    numbers = pd.to_numeric(column, errors="coerce")
    values = np.asarray(numbers.to_numpy(dtype=float, na_value=np.nan))
    wrong = np.flatnonzero(~(np.isfinite(values) & (values >= 0)))
    if len(wrong):
        raise DataError(
            f"row {wrong[0]}, column '{name}': found '{column.iloc[wrong[0]]}' (allowed: a count "
            "of cases, zero or more)"
        )
    return values


def require_compositions(
    composition: Compositions | None, columns: Sequence[str]
) -> dict[str, dict[Any, float]]:
    """Return the compositions as given; refuse any that is not of a column, or no share.

    Raises
    ------
    UsageError
    """
    if composition is None:
        return {}
    if not isinstance(composition, Mapping):
        raise UsageError(
            f"composition is a {type(composition).__name__}; {{column: {{level: share}}}} is needed"
        )
    given: dict[str, dict[Any, float]] = {}
    for name, shares in composition.items():
        if name not in columns:
            raise UsageError(
                f"composition of '{name}': no such column{did_you_mean(str(name), columns)} (the "
                f"data have {', '.join(columns)})"
            )
        if not isinstance(shares, Mapping | pd.Series):
            raise UsageError(
                f"composition of '{name}': found {shares!r}; {{level: share}} is needed"
            )
        given[name] = {level: _share(name, level, share) for level, share in dict(shares).items()}
        total = sum(given[name].values())
        if abs(total - 1) > 1e-6:
            raise UsageError(f"composition of '{name}': the shares sum to {total:g}, not to 1")
    return given


def _share(name: str, level: Any, share: Any) -> float:
    try:
        value = float(share)
    except (TypeError, ValueError):
        value = -1.0
    if not 0 < value <= 1:
        raise UsageError(
            f"composition of '{name}': the share of '{level}' is {share!r} (a positive share is "
            "needed)"
        )
    return value


def log_shares(column: CodedColumn, composition: Compositions) -> Array:
    """Return the log share of each level; needed only where rows leave the column open."""
    used = {code for code in np.unique(column.codes) if len((column.sets or ())[code]) > 1}
    if not used:
        return np.zeros(len(column.levels))
    shares = composition.get(column.name)
    known = ", ".join(map(str, column.levels))
    if shares is None:
        row = int(np.flatnonzero(np.isin(column.codes, list(used)))[0])
        raise UsageError(
            f"row {row}, column '{column.name}': the level is not stated, and there is no "
            f"composition to integrate it out; give composition={{'{column.name}': {{level: "
            f"share}}}} for {known}"
        )
    lost = [str(level) for level in column.levels if level not in shares]
    values = np.array([float(shares.get(level, np.nan)) for level in column.levels])
    if lost or not np.all(values > 0) or abs(values.sum() - 1) > 1e-6:
        raise UsageError(
            f"composition of '{column.name}': found {dict(shares)} (a positive share for each of "
            f"{known} is needed, and together they must be 1)"
        )
    return np.asarray(np.log(values))
