"""From a frame to observations: equal rows become one cell with a count.

Every column is coded by small integers, the codes of a row are joined into one number of mixed
radix, and equal numbers are counted. The design is then built on the distinct points, so that a fit
costs what its cells cost.

A column may leave things open. The response holds one rung, several joined by ``|``, or nothing
(not stated). So may a categorical covariate: the rows then lie at several points, with the weights
of its composition.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from foistats.errors import DataError, UsageError, did_you_mean
from foistats.severity.observations import AtomList, Indices, Observations, runs_of

Array: TypeAlias = NDArray[Any]
Compositions: TypeAlias = Mapping[str, Mapping[Any, float]]
Weights: TypeAlias = str | Sequence[float] | Array

SEVERAL = "|"
"""What joins the levels of which a row may have any."""
_ROWS_AT_ONCE = 100_000


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


def observe_frame(
    frame: pd.DataFrame,
    *,
    response: str,
    ladder: Sequence[str],
    covariates: Sequence[str],
    groups: str = "",
    weights: Weights = "",
    composition: Compositions | None = None,
) -> Observations:
    """Return the observations of a frame.

    Parameters
    ----------
    frame : DataFrame
    response : str
        Its column of outcomes.
    ladder : sequence of str
        The rungs, least severe first; empty: the categories of an ordered response.
    covariates : sequence of str
        The columns that formulas name.
    groups : str
        The column whose values share a random intercept, or nothing.
    weights : str or array
        A column of counts, the counts themselves (one per row), or nothing.
    composition : mapping of column to mapping of level to share
        The shares of a categorical covariate's levels, for rows that leave it open.

    Raises
    ------
    UsageError
        If a column, the ladder or a composition is missing or wrong.
    DataError
        If a value cannot be used; the message has the row, the value and what is allowed.
    """
    given = dict(composition or {})
    rungs = tuple(ladder) or _ladder_of(frame, response)
    outcome = _coded_response(frame, response, rungs)
    columns = [_coded(frame, name, given.get(name)) for name in covariates]
    force = _coded_groups(frame, groups)
    counts = _weights(frame, weights)
    cells, count = _distinct([force, *columns, outcome], counts)
    known = count > 0
    known &= np.array([len(levels) < len(rungs) for levels in outcome.sets or ()])[cells[:, -1]]
    if not known.all():
        cells, count = cells[known], count[known]
    if not len(cells):
        raise DataError(
            f"'{response}' states no outcome in any row with a positive count "
            f"({len(frame):,} rows): there is nothing to fit"
        )
    return _observations(cells, count, force, columns, outcome, rungs, given, len(frame))


def _observations(
    cells: Indices,
    count: Array,
    force: CodedColumn,
    columns: Sequence[CodedColumn],
    outcome: CodedColumn,
    ladder: tuple[str, ...],
    composition: Compositions,
    n_rows: int,
) -> Observations:
    """Spread the cells over the points and runs of rungs that they allow."""
    cell = np.arange(len(cells))
    log_weight = np.zeros(len(cells))
    codes = cells.copy()
    for place, column in enumerate(columns, start=1):
        if column.sets is not None:
            log_shares = _log_shares(column, composition)
            cell, codes, log_weight = _spread(cell, codes, log_weight, place, column, log_shares)
    first, point = _distinct_points(_joined(codes[:, :-1], [force, *columns]))
    points = pd.DataFrame(
        {
            column.name: column.values(codes[first, place])
            for place, column in enumerate(columns, start=1)
        },
        index=range(len(first)),
    )
    atom, lower, upper = _runs_of_each(codes[:, -1], outcome.sets or ())
    used = np.flatnonzero(np.bincount(cells[:, 0]))
    cell_force = np.searchsorted(used, cells[:, 0])
    return Observations(
        ladder=ladder,
        forces=tuple(str(force.levels[int(place)]) for place in used),
        points=points,
        point_force=np.searchsorted(used, codes[first, 0]),
        atoms=AtomList(cell[atom], point[atom], lower, upper, log_weight[atom]),
        count=count,
        cell_force=cell_force,
        cases=np.bincount(cell_force, count, minlength=len(used)),
        n_rows=n_rows,
    )


def _runs_of_each(
    codes: Indices, sets: Sequence[tuple[int, ...]]
) -> tuple[Indices, Indices, Indices]:
    """Return the runs of rungs that codes allow: whose each is, and the edges on its two sides."""
    runs = [runs_of(levels) for levels in sets]
    lower, upper = np.array(list(itertools.chain.from_iterable(runs)), dtype=np.intp).T
    if len(lower) == len(sets):
        return np.arange(len(codes)), lower[codes], upper[codes]
    size = np.array([len(found) for found in runs])
    entry, run = _members(size, codes)
    return entry, lower[run], upper[run]


def _members(size: Indices, codes: Indices) -> tuple[Indices, Indices]:
    """Return the members of the sets that codes stand for: whose each is, and which.

    Parameters
    ----------
    size : array of int, sets
        Members are numbered set by set.
    codes : array of int
    """
    number = size[codes]
    entry = np.repeat(np.arange(len(codes)), number)
    within = np.arange(len(entry)) - np.repeat(np.cumsum(number) - number, number)
    return entry, (np.cumsum(size) - size)[codes[entry]] + within


def _distinct(columns: Sequence[CodedColumn], weights: Array | None) -> tuple[Indices, Array]:
    """Return the distinct combinations of codes (cells x columns, sorted), and their weights."""
    radices = [column.radix for column in columns]
    size = int(np.prod([float(radix) for radix in radices]))
    if size > 2**62:
        raise DataError(
            f"the columns have {size:.1e} possible combinations, too many to tell rows apart; "
            "round the numeric covariates"
        )
    if size <= 4 * len(columns[0].codes) + 1_000_000:
        rows_each = _sums(columns, size)
        keys = np.flatnonzero(rows_each)
        count = (rows_each if weights is None else _sums(columns, size, weights))[keys]
    elif weights is None:
        keys, count = np.unique(_mixed_radix(columns), return_counts=True)
    else:
        keys, inverse = np.unique(_mixed_radix(columns), return_inverse=True)
        count = np.bincount(inverse, weights, minlength=len(keys))
    return _digits(keys, radices), count.astype(float)


def _mixed_radix(columns: Sequence[CodedColumn], rows: slice = slice(None)) -> NDArray[Any]:
    """Return one number per row, in the smallest integers that hold it: memory is what it costs."""
    key: NDArray[Any] = np.zeros(len(columns[0].codes[rows]), dtype=np.int16)
    size = 1
    for column in columns:
        size *= column.radix
        kind = np.int16 if size < 2**15 else np.int32 if size < 2**31 else np.int64
        key = np.multiply(key, column.radix, dtype=kind, casting="unsafe")
        np.add(key, column.codes[rows], out=key, casting="unsafe")
    return key


def _sums(columns: Sequence[CodedColumn], size: int, weights: Array | None = None) -> Array:
    """Return the number of rows, or the sum of weights, of every possible key.

    Block by block, so that memory does not grow with the rows.
    """
    total = np.zeros(size)
    block = max(_ROWS_AT_ONCE, size)
    for first in range(0, len(columns[0].codes), block):
        rows = slice(first, first + block)
        key = _mixed_radix(columns, rows)
        total += np.bincount(key, None if weights is None else weights[rows], size)
    return total


def _digits(keys: NDArray[Any], radices: Sequence[int]) -> Indices:
    """Return the codes that were joined into the keys: keys x columns."""
    digits = np.empty((len(keys), len(radices)), dtype=np.intp, order="F")
    rest = keys.astype(np.int64)
    for place in range(len(radices) - 1, -1, -1):
        whole = rest // radices[place]
        digits[:, place] = rest - whole * radices[place]
        rest = whole
    return digits


def _joined(codes: Indices, columns: Sequence[CodedColumn]) -> NDArray[np.int64]:
    key = np.zeros(len(codes), dtype=np.int64)
    for place, column in enumerate(columns):
        key = key * max(len(column.levels), column.radix) + codes[:, place]
    return key


def _distinct_points(key: NDArray[np.int64]) -> tuple[Indices, Indices]:
    """Return where each distinct key stands first, and which one each entry has."""
    steps = np.diff(key)
    if np.all(steps >= 0):
        new = np.concatenate([[True], steps > 0])
        return np.flatnonzero(new), np.cumsum(new) - 1
    _, first, which = np.unique(key, return_index=True, return_inverse=True)
    return first, which


def _spread(
    cell: Indices,
    codes: Indices,
    log_weight: Array,
    place: int,
    column: CodedColumn,
    log_shares: Array,
) -> tuple[Indices, Indices, Array]:
    """Put each entry at every level that its code allows, with the level's share within the set."""
    sets = column.sets or ()
    size = np.array([len(levels) for levels in sets])
    entry, member = _members(size, codes[:, place])
    level = np.array(list(itertools.chain.from_iterable(sets)), dtype=np.intp)[member]
    whole = np.array([np.logaddexp.reduce(log_shares[list(levels)]) for levels in sets])
    spread = codes[entry]
    in_set = spread[:, place].copy()
    share = np.where(size[in_set] == 1, 0.0, log_shares[level] - whole[in_set])
    spread[:, place] = level
    return cell[entry], spread, log_weight[entry] + share


# ---- columns as codes ------------------------------------------------------------------------


def _ladder_of(frame: pd.DataFrame, response: str) -> tuple[str, ...]:
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


def _coded_response(frame: pd.DataFrame, name: str, ladder: tuple[str, ...]) -> CodedColumn:
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
    if category in levels:
        return [category]
    whole = isinstance(category, float) and category.is_integer()
    return [part.strip() for part in str(int(category) if whole else category).split(SEVERAL)]


def _missing_last(codes: NDArray[Any], number: int) -> NDArray[Any]:
    """Return the codes with the missing ones after all others."""
    lost = codes < 0
    return np.where(lost, number, codes) if lost.any() else codes


def _coded(frame: pd.DataFrame, name: str, shares: Mapping[Any, float] | None) -> CodedColumn:
    column = _column(frame, name, "the formula")
    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype):
        return _coded_number(column, name)
    codes, categories = _categorical(column)
    plain = [category for category in categories if SEVERAL not in str(category)]
    if len(plain) == len(categories) and not (codes < 0).any():
        return CodedColumn(name, codes, categories, None, True)
    levels = list(dict.fromkeys([*plain, *(shares or {})]))
    place = {level: number for number, level in enumerate(levels)}
    sets: list[tuple[int, ...]] = [(number,) for number in range(len(levels))]
    new = np.zeros(len(categories) + 1, dtype=np.intp)
    for code, category in enumerate(categories):
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


def _coded_groups(frame: pd.DataFrame, name: str) -> CodedColumn:
    if not name:
        return CodedColumn("", np.zeros(len(frame), dtype=np.int8), ["all"], None, True)
    codes, categories = _categorical(_column(frame, name, "groups"))
    lost = np.flatnonzero(codes < 0)
    if len(lost):
        raise DataError(
            f"row {lost[0]}, column '{name}': the group is missing (in {len(lost):,} of "
            f"{len(codes):,} rows); every row needs one"
        )
    return CodedColumn(name, codes, categories, None, True)


def _weights(frame: pd.DataFrame, weights: Weights) -> Array | None:
    if isinstance(weights, str) and not weights:
        return None
    if isinstance(weights, str):
        name, column = weights, _column(frame, weights, "weights")
    else:
        name, column = "weights", pd.Series(np.asarray(weights))
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


def _log_shares(column: CodedColumn, composition: Compositions) -> Array:
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
