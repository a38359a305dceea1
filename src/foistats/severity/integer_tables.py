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
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import special

from foistats.errors import ModelError

Array: TypeAlias = NDArray[Any]
Counts: TypeAlias = NDArray[np.int64]

MOST_TRANSITIONS = 400_000
"""More transitions than this in one row are refused: the fit would take hours."""

_CHUNK = 4_000_000


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


def log_table_sum(steps: Sequence[Step], log_cells: Array) -> Array:
    """Return the logarithm of the sum over tables, for every node.

    Parameters
    ----------
    steps : sequence of Step
        From `plan_tables`.
    log_cells : array, nodes x rows x columns
        ``log q_ai``; any finite number where a case cannot be. May be complex.

    Returns
    -------
    array
        One entry per node.
    """
    largest = max(len(step.source) for step in steps)
    size = max(1, _CHUNK // largest)
    chunks = [log_cells[at : at + size] for at in range(0, len(log_cells), size)]
    return np.concatenate([_run(steps, chunk) for chunk in chunks])


def _run(steps: Sequence[Step], log_cells: Array) -> Array:
    """Carry the log sums from state to state; the last step leads to a single one."""
    values = np.zeros((1, len(log_cells)), dtype=log_cells.dtype)
    for step in steps:
        filled: Array = step.counts @ log_cells[:, step.row, :].T
        filled = filled - special.gammaln(step.counts + 1).sum(axis=1)[:, None]
        terms = values[step.source] + filled[step.choice] + step.weight[:, None]
        values = _log_sums(terms, step.starts)
    return np.asarray(values[0])


def _log_sums(terms: Array, starts: Counts) -> Array:
    """Return ``log(sum(exp(terms)))`` of each block of rows, blocks beginning at `starts`."""
    if len(terms) == len(starts):
        return terms
    lengths = np.diff(np.append(starts, len(terms)))
    top = np.maximum.reduceat(np.real(terms), starts, axis=0)
    sums = np.add.reduceat(np.exp(terms - np.repeat(top, lengths, axis=0)), starts, axis=0)
    return np.asarray(top + np.log(sums))


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
