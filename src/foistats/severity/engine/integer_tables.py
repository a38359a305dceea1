"""Sums over all integer tables whose margins lie in given intervals.

Two partitions of the same cases, one by role and one by outcome say, fix the row and the column
totals of a table and leave its inside open. The likelihood adds the probabilities of every inside
that is possible. The sum runs row by row: a *state* is the vector of column totals used up so far,
and states reached in several ways are added up before the next row, so that the cost grows with
the number of states, not of tables. Which states lead to which does not depend on any parameter:
the *plan* is made once, evaluated often, for many values of the random intercept side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import special

from foistats.errors import ModelError

Array: TypeAlias = NDArray[Any]
Counts: TypeAlias = NDArray[np.int64]

MOST_TRANSITIONS = 400_000
"""More transitions than this in one row are refused: the fit would take hours."""

MOST_LISTED = 400
"""Up to so many tables are listed one by one; more are added up row by row."""

_CHUNK = 4_000_000
_SIDES: tuple[Literal["left", "right"], ...] = ("left", "right")


@dataclass(frozen=True)
class Interval:
    """A count known to lie between two integers, both included."""

    low: int
    high: int


@dataclass(frozen=True)
class Step:
    """One row of the table: how the states before it lead to the states after it.

    Attributes
    ----------
    row : int
        The row of the table.
    counts : array of int, choices x columns
        The ways in which the row can be filled.
    source, choice : array of int, one entry per transition
        State before the row, and the way the row is filled; sorted by the state after it.
    starts : array of int, one entry per state after the row
        Where its transitions begin.
    weight : array of float, one entry per transition
        What else enters the logarithm of the term (the multinomial coefficient, last row).
    """

    row: int
    counts: Counts
    source: Counts
    choice: Counts
    starts: Counts
    weight: NDArray[np.float64]


def count_vectors(entries: Sequence[Interval], total: Interval) -> Counts:
    """Return every integer vector with its entries and its total in the given intervals.

    Returns
    -------
    array of int
        One row per vector.

    Raises
    ------
    ModelError
        If there are more than `MOST_TRANSITIONS`.

    Examples
    --------
    >>> count_vectors([Interval(0, 2), Interval(0, 1)], Interval(2, 2)).tolist()
    [[1, 1], [2, 0]]
    """
    vectors = np.zeros((1, 0), dtype=np.int64)
    for position, entry in enumerate(entries):
        later = entries[position + 1 :]
        need = total.low - sum(e.high for e in later)
        room = total.high - sum(e.low for e in later)
        used = vectors.sum(axis=1)
        first = np.maximum(entry.low, need - used)
        width = np.maximum(np.minimum(entry.high, room - used) - first + 1, 0)
        _refuse_beyond_limit(int(width.sum()))
        parent = np.repeat(np.arange(len(vectors)), width)
        within = np.arange(len(parent)) - np.repeat(np.cumsum(width) - width, width)
        vectors = np.column_stack([vectors[parent], first[parent] + within])
    return vectors


def plan_tables(
    rows: Sequence[Interval],
    columns: Sequence[Interval],
    *,
    possible: NDArray[np.bool_],
    off_ladder: int | NDArray[np.bool_],
) -> tuple[Step, ...]:
    """Return the steps that run through every table with these margins, the largest row last.

    The terms of the sum are ``N_on! N_off! / prod_ai N_ai! * prod_ai q_ai^N_ai``, where ``N_on``
    and ``N_off`` are the numbers of cases on and off the ladder.

    Parameters
    ----------
    rows, columns : sequence of Interval
        The margins.
    possible : array of bool, rows x columns
        Whether a case can be in this row and this column; elsewhere the table holds zero.
    off_ladder : array of bool, one entry per column; or int
        Which columns are off the ladder, or how many cases are.

    Raises
    ------
    ModelError
        If no table has these margins, or too many have.
    """
    order = sorted(range(len(rows)), key=lambda row: rows[row].high)
    states = np.zeros((1, len(columns)), dtype=np.int64)
    steps = []
    for row in order[:-1]:
        step, states = _inner_step(row, rows[row], columns, possible[row], states)
        steps.append(step)
    last = order[-1]
    steps.append(_last_step(last, rows, columns, possible[last], states, off_ladder))
    return tuple(steps)


@dataclass(frozen=True)
class TableMoments:
    """The logarithm of a sum over tables, and the moments of the tables it runs over.

    A table is given its share of the sum as its probability: the mean is then what the statements
    lead one to expect inside the table, and mean and covariance are the first and second
    derivatives of the logarithm of the sum by the logarithms of the cells.

    Attributes
    ----------
    log_sum : array, nodes
    mean : array, (rows * columns) x nodes
    covariance : array, (rows * columns) x (rows * columns) x nodes
    """

    log_sum: Array
    mean: Array
    covariance: Array


@dataclass(frozen=True)
class ListedTables:
    """Every table of a plan, one by one: where there are few, the quickest way to add them up.

    Attributes
    ----------
    counts : array, tables x (rows * columns)
    log_coefficients : array, tables
        What each has besides the probabilities of its cells.
    """

    counts: NDArray[np.float64]
    log_coefficients: NDArray[np.float64]

    def log_sum(self, log_cells: Array) -> Array:
        """Return what `log_table_sum` does."""
        return self._shares(log_cells)[0]

    def moments(self, log_cells: Array) -> TableMoments:
        """Return what `table_moments` does."""
        log_sum, share = self._shares(log_cells)
        mean = self.counts.T @ share
        away = self.counts[:, :, None] - mean
        weighted = (away * share[:, None]).transpose(2, 1, 0)
        covariance = weighted @ away.transpose(2, 0, 1)
        return TableMoments(log_sum, mean, covariance.transpose(1, 2, 0))

    def _shares(self, log_cells: Array) -> tuple[Array, Array]:
        """Return the logarithm of the sum, and the share of each table in it."""
        flat = log_cells.reshape(self.counts.shape[1], -1)
        terms = self.counts @ flat + self.log_coefficients[:, None]
        top = terms.max(axis=0)
        scaled = np.exp(terms - top)
        total = scaled.sum(axis=0)
        return top + np.log(total), scaled / total


def list_tables(steps: Sequence[Step], rows: int) -> ListedTables | None:
    """Return every table of a plan, or nothing if there are more than `MOST_LISTED`.

    Parameters
    ----------
    steps : sequence of Step
        From `plan_tables`.
    rows : int
        The number of rows of the table.
    """
    columns = steps[0].counts.shape[1]
    counts = np.zeros((1, rows, columns))
    coefficients, state = np.zeros(1), np.zeros(1, dtype=np.int64)
    for step in steps:
        by_source = np.argsort(step.source, kind="stable")
        first, last = (np.searchsorted(step.source[by_source], state, side) for side in _SIDES)
        number = last - first
        if number.sum() > MOST_LISTED:
            return None
        parent = np.repeat(np.arange(len(state)), number)
        within = np.arange(len(parent)) - np.repeat(np.cumsum(number) - number, number)
        taken = by_source[first[parent] + within]
        filled = step.counts[step.choice[taken]]
        counts = counts[parent]
        counts[:, step.row] = filled
        coefficients = coefficients[parent] + step.weight[taken]
        coefficients = coefficients - special.gammaln(filled + 1).sum(axis=1)
        state = np.searchsorted(step.starts, taken, side="right") - 1
    return ListedTables(counts.reshape(len(counts), -1), coefficients)


def log_table_sum(steps: Sequence[Step], log_cells: Array) -> Array:
    """Return the logarithm of the sum over tables, for every node.

    Parameters
    ----------
    steps : sequence of Step
        From `plan_tables`.
    log_cells : array, rows x columns x nodes
        ``log q_ai``; any finite number where a case cannot be.

    Returns
    -------
    array, nodes
    """
    return np.concatenate(
        [_forward(steps, chunk)[-1].values[0] for chunk in _chunks(steps, log_cells, 1)]
    )


def table_moments(steps: Sequence[Step], log_cells: Array) -> TableMoments:
    """Return the logarithm of the sum over tables with its derivatives, for every node.

    Parameters
    ----------
    steps, log_cells
        As of `log_table_sum`.
    """
    width = log_cells.shape[0] * log_cells.shape[1]
    parts = [_moments(steps, chunk) for chunk in _chunks(steps, log_cells, width)]
    return TableMoments(
        np.concatenate([part.log_sum for part in parts]),
        np.concatenate([part.mean for part in parts], axis=-1),
        np.concatenate([part.covariance for part in parts], axis=-1),
    )


@dataclass(frozen=True)
class _Reached:
    """Log sums of the states after a row, and what share of them each transition brought."""

    values: Array
    shares: Array


def _chunks(steps: Sequence[Step], log_cells: Array, width: int) -> list[Array]:
    """Split the nodes so that transitions x width x nodes stays bounded."""
    largest = max(len(step.source) for step in steps)
    size = max(1, _CHUNK // (largest * width))
    return [log_cells[..., at : at + size] for at in range(0, log_cells.shape[-1], size)]


def _forward(steps: Sequence[Step], log_cells: Array) -> list[_Reached]:
    """Carry the log sums from state to state; the last step leads to a single one."""
    values = np.zeros((1, log_cells.shape[-1]))
    reached = []
    for step in steps:
        filled: Array = step.counts @ log_cells[step.row]
        filled = filled - special.gammaln(step.counts + 1).sum(axis=1)[:, None]
        terms = values[step.source] + filled[step.choice] + step.weight[:, None]
        values, shares = _log_sums(terms, step.starts)
        reached.append(_Reached(values, shares))
    return reached


def _log_sums(terms: Array, starts: Counts) -> tuple[Array, Array]:
    """Return ``log(sum(exp(terms)))`` of each block of rows, and each row's share of its block."""
    if len(terms) == len(starts):
        return terms, np.ones_like(terms)
    lengths = np.diff(np.append(starts, len(terms)))
    top = np.maximum.reduceat(terms, starts, axis=0)
    scaled = np.exp(terms - np.repeat(top, lengths, axis=0))
    sums = np.add.reduceat(scaled, starts, axis=0)
    return top + np.log(sums), scaled / np.repeat(sums, lengths, axis=0)


def _moments(steps: Sequence[Step], log_cells: Array) -> TableMoments:
    """Run forward for the sums and the means of the rows before, backward for the weights."""
    rows, columns, nodes = log_cells.shape
    reached = _forward(steps, log_cells)
    before = _means_before(steps, reached, rows * columns)
    mean = np.zeros((rows * columns, nodes))
    second = np.zeros((rows * columns, rows * columns, nodes))
    weight = np.ones((1, nodes))
    for step, after, earlier in zip(
        reversed(steps), reversed(reached), reversed(before), strict=True
    ):
        lengths = np.diff(np.append(step.starts, len(step.source)))
        passed = np.repeat(weight, lengths, axis=0) * after.shares
        counts = step.counts[step.choice].astype(float)
        here = slice(step.row * columns, (step.row + 1) * columns)
        mean[here] = counts.T @ passed
        squares = (counts[:, :, None] * counts[:, None, :]).reshape(len(counts), -1)
        second[here, here] = (squares.T @ passed).reshape(columns, columns, nodes)
        weighted = earlier[step.source] * passed[:, None, :]
        cross = np.tensordot(weighted, counts, (0, 0)).transpose(0, 2, 1)
        second[:, here] += cross
        second[here, :] += cross.transpose(1, 0, 2)
        weight = np.zeros((len(earlier), nodes))
        np.add.at(weight, step.source, passed)
    return TableMoments(reached[-1].values[0], mean, second - mean[:, None] * mean[None])


def _means_before(steps: Sequence[Step], reached: Sequence[_Reached], cells: int) -> list[Array]:
    """Return, before each step, the mean of the rows filled so far, given the state."""
    nodes = reached[0].values.shape[-1]
    columns = steps[0].counts.shape[1]
    means = np.zeros((1, cells, nodes))
    before = []
    for step, after in zip(steps, reached, strict=True):
        before.append(means)
        if step is steps[-1]:
            break
        filled = means[step.source]
        filled[:, step.row * columns : (step.row + 1) * columns] += step.counts[step.choice][
            :, :, None
        ]
        means = np.add.reduceat(filled * after.shares[:, None, :], step.starts, axis=0)
    return before


def _inner_step(
    row: int,
    total: Interval,
    columns: Sequence[Interval],
    possible: NDArray[np.bool_],
    states: Counts,
) -> tuple[Step, Counts]:
    """Fill a row in every way that no column total forbids; return the step and the new states."""
    caps = [Interval(0, c.high if can else 0) for c, can in zip(columns, possible, strict=True)]
    choices = count_vectors(caps, total)
    _refuse_beyond_limit(len(states) * len(choices))
    source = np.repeat(np.arange(len(states)), len(choices))
    choice = np.tile(np.arange(len(choices)), len(states))
    reached = states[source] + choices[choice]
    allowed = (reached <= np.array([c.high for c in columns])).all(axis=1)
    source, choice, reached = source[allowed], choice[allowed], reached[allowed]
    _refuse_empty(len(reached))
    after, target = np.unique(reached, axis=0, return_inverse=True)
    by_target = np.argsort(target, kind="stable")
    starts = np.searchsorted(target[by_target], np.arange(len(after)))
    nothing = np.zeros(len(source))
    return Step(row, choices, source[by_target], choice[by_target], starts, nothing), after


def _last_step(
    row: int,
    rows: Sequence[Interval],
    columns: Sequence[Interval],
    possible: NDArray[np.bool_],
    states: Counts,
    off_ladder: int | NDArray[np.bool_],
) -> Step:
    """Fill the last row with what the column totals leave: one way for each state and totals."""
    table_total = Interval(sum(r.low for r in rows), sum(r.high for r in rows))
    totals = count_vectors(columns, table_total)
    _refuse_beyond_limit(len(states) * len(totals))
    source = np.repeat(np.arange(len(states)), len(totals))
    final = totals[np.tile(np.arange(len(totals)), len(states))]
    rest = final - states[source]
    size = rest.sum(axis=1)
    fits = (rest >= 0).all(axis=1) & (rest[:, ~possible] == 0).all(axis=1)
    fits &= (size >= rows[row].low) & (size <= rows[row].high)
    _refuse_empty(int(fits.sum()))
    final = final[fits]
    cases_off = off_ladder if isinstance(off_ladder, int) else final[:, off_ladder].sum(axis=1)
    cases_on = final.sum(axis=1) - cases_off
    weight = special.gammaln(cases_on + 1) + special.gammaln(np.asarray(cases_off) + 1)
    choice = np.arange(int(fits.sum()))
    return Step(row, rest[fits], source[fits], choice, np.zeros(1, dtype=np.int64), weight)


def _refuse_beyond_limit(transitions: int) -> None:
    if transitions > MOST_TRANSITIONS:
        raise ModelError(
            f"{transitions:,} ways to fill one row of the table (at most {MOST_TRANSITIONS:,}): "
            "merge rungs or roles, or use one of the two partitions"
        )


def _refuse_empty(tables: int) -> None:
    if not tables:
        raise ModelError("no table of counts satisfies its statements: check the counts")
