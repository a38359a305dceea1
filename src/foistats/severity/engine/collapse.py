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
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from foistats.errors import DataError
from foistats.severity.engine.coded_columns import (
    CodedColumn,
    Compositions,
    Weights,
    coded_covariate,
    coded_groups,
    coded_response,
    ladder_of,
    log_shares,
    require_compositions,
    row_weights,
)
from foistats.severity.engine.observations import AtomList, Indices, Observations, runs_of

Array: TypeAlias = NDArray[Any]

_ROWS_AT_ONCE = 100_000


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
    rungs = tuple(ladder) or ladder_of(frame, response)
    outcome = coded_response(frame, response, rungs)
    given = require_compositions(composition, list(map(str, frame.columns)))
    columns = [coded_covariate(frame, name, given.get(name)) for name in covariates]
    force = coded_groups(frame, groups)
    counts = row_weights(frame, weights)
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
            shares = log_shares(column, composition)
            cell, codes, log_weight = _spread(cell, codes, log_weight, place, column, shares)
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
