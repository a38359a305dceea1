"""What a group of cases says, and the likelihood of it.

A group is one force's answer about one set of cases. It says how many cases had a role in the set
*R* and an outcome in the set *S*, and it does so in one or two partitions: a table of cells, or
two tables of the same cases, one by role and one by result. Its likelihood, given the random
intercept *u* of its force, is the sum over all integer tables that satisfy every statement. For
one partition with exact counts that is the multinomial probability of its cells::

    n! / prod_i n_i! * prod_i P_i^n_i,    P_i = sum_{r in R_i} rho_r sum_{k in S_i} P(k | r, u)

Cases without a rung (not concluded, or an outcome the ladder has no place for) say nothing about
severity. The likelihood is that of the rest, given how many they are; their role, where it is
stated, still tells which roles the rest have.

Sources: Heitjan and Rubin 1991 (coarse data); McCullagh 1980 (the model).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from foistats.errors import ModelError
from foistats.severity.case_groups import (
    CaseGroup,
    CaseSpace,
    Cell,
    Partition,
    check_group,
    group_size,
    outcome_open,
)
from foistats.severity.integer_tables import Interval, Step, log_table_sum, plan_tables
from foistats.severity.links import Link

Array: TypeAlias = NDArray[Any]

__all__ = [
    "CaseGroup",
    "CaseSpace",
    "Cell",
    "GroupLikelihood",
    "Partition",
    "log_joint",
    "log_rung_probabilities",
    "log_sum",
    "prepare_group",
]


def log_rung_probabilities(
    link: Link, thresholds: Array, coefficients: Array, intercept: Array
) -> Array:
    """Return ``log P(k | r, u) = log(F(theta_k - beta_r - u) - F(theta_{k-1} - beta_r - u))``.

    Parameters
    ----------
    link : Link
        ``F`` is its distribution.
    thresholds : array, ... x (rungs - 1)
        ``theta``, increasing along the last axis.
    coefficients : array, ... x roles
        ``beta``, zero for the reference role.
    intercept : array, ... x nodes
        ``u``.

    Returns
    -------
    array, ... x nodes x roles x rungs
    """
    location = coefficients[..., None, :] + intercept[..., :, None]
    edges = thresholds[..., None, None, :] - location[..., None]
    bottom = link.log_cdf(edges[..., :1])
    top = link.log_survival(edges[..., -1:])
    between = link.log_interval(edges[..., :-1], edges[..., 1:])
    return np.concatenate([bottom, between, top], axis=-1)


def log_sum(values: Array) -> Array:
    """Return ``log(sum(exp(values)))`` along the last axis; complex values are allowed."""
    top = np.max(np.real(values), axis=-1, keepdims=True)
    return np.asarray(top[..., 0] + np.log(np.exp(values - top).sum(axis=-1)))


@dataclass(frozen=True)
class GroupLikelihood:
    """A group made ready for evaluation: its cells as a table, and the plan of the sum over it.

    Attributes
    ----------
    group : CaseGroup
    steps : tuple of Step
        See `foistats.severity.integer_tables`.
    members : tuple
        For each row and column of the table, where in (role x rung and off the ladder) the cases
        counted there can be; empty where no case can be.
    space : CaseSpace
    """

    group: CaseGroup
    steps: tuple[Step, ...]
    members: tuple[tuple[NDArray[np.intp], ...], ...]
    space: CaseSpace

    def log_likelihood(self, log_rungs: Array) -> Array:
        """Return the log-likelihood of the group, from ``log P(k | r, u)``.

        Parameters
        ----------
        log_rungs : array, ... x roles x rungs
            From `log_rung_probabilities`.

        Returns
        -------
        array, ...
        """
        leading = log_rungs.shape[:-2]
        width = len(self.space.roles) * (len(self.space.ladder) + 1)
        joint = log_joint(log_rungs, self.space).reshape(-1, width)
        cells = np.stack(
            [np.stack([_log_cell(joint, at) for at in row], axis=-1) for row in self.members],
            axis=-2,
        )
        return log_table_sum(self.steps, cells).reshape(leading)


def log_joint(log_rungs: Array, space: CaseSpace) -> Array:
    """Return ``log rho_r + log P(k | r, u)``, and after the last rung ``log rho_r`` alone.

    The added column stands for a case off the ladder: the share of its role is all it says.
    """
    log_shares = np.log(np.asarray(space.shares))[:, None]
    off = np.zeros_like(log_rungs[..., :1])
    return np.asarray(np.concatenate([log_rungs, off], axis=-1) + log_shares)


def prepare_group(group: CaseGroup, space: CaseSpace) -> GroupLikelihood:
    """Return the group ready for evaluation.

    With one partition its cells are the columns of the table and "everything" is the only row.

    Raises
    ------
    ModelError
        For a group that breaks the rules, has no possible table, or too many.
    """
    check_group(group, space)
    rows, columns, cases_off_ladder = _arrange(group, space)
    members = tuple(
        tuple(_shared_positions(row, rows, column, columns, space) for column in columns)
        for row in rows
    )
    try:
        steps = plan_tables(
            [Interval(cell.n_low, cell.n_high) for cell in rows],
            [Interval(cell.n_low, cell.n_high) for cell in columns],
            possible=np.array([[len(at) > 0 for at in row] for row in members]),
            off_ladder=cases_off_ladder,
        )
    except ModelError as error:
        raise ModelError(f"group '{group.group}': {error}") from None
    return GroupLikelihood(group, steps, members, space)


def _arrange(
    group: CaseGroup, space: CaseSpace
) -> tuple[Partition, Partition, int | NDArray[np.bool_]]:
    """Return the rows, the columns, and the columns (or the number of cases) off the ladder.

    Fewer columns are cheaper. But where the number of cases off the ladder is an interval, the
    partition that states it must be the columns, whose totals the last step knows.
    """
    if len(group.partitions) == 1:
        size = group_size(group)
        everything = Cell(frozenset(space.roles), frozenset(space.ladder), size.low, size.high)
        return (everything,), group.partitions[0], _off_ladder(group.partitions[0])
    rows, columns = sorted(group.partitions, key=len, reverse=True)
    if not (_off_ladder(rows).any() or _off_ladder(columns).any()):
        return rows, columns, 0
    for cells, others in ((columns, rows), (rows, columns)):
        if _tells_off_ladder(cells, space):
            off = [cell for cell in cells if not cell.rungs]
            if all(cell.n_low == cell.n_high for cell in off):
                return rows, columns, sum(cell.n_low for cell in off)
            return others, cells, _off_ladder(cells)
    raise ModelError(
        f"group '{group.group}': two partitions, and neither tells for every case whether it is "
        "off the ladder; leave the group out, or give the number of such cases in one of them"
    )


def _off_ladder(cells: Partition) -> NDArray[np.bool_]:
    return np.array([not cell.rungs for cell in cells])


def _tells_off_ladder(cells: Partition, space: CaseSpace) -> bool:
    """Whether the partition says of every case whether it is off the ladder."""
    return bool(_off_ladder(cells).any()) and not any(
        outcome_open(cell, cells, space) for cell in cells
    )


def _shared_positions(
    row: Cell, rows: Partition, column: Cell, columns: Partition, space: CaseSpace
) -> NDArray[np.intp]:
    """Return where, in (role x rung and off the ladder), a case of both cells can be."""
    if row.rungs and column.rungs:
        rungs = [k for k, rung in enumerate(space.ladder) if rung in row.rungs & column.rungs]
    else:
        both = (not row.rungs or outcome_open(row, rows, space)) and (
            not column.rungs or outcome_open(column, columns, space)
        )
        rungs = [len(space.ladder)] if both else []
    width = len(space.ladder) + 1
    shared = row.roles & column.roles
    return np.array(
        [r * width + k for r, role in enumerate(space.roles) if role in shared for k in rungs],
        dtype=np.intp,
    )


def _log_cell(joint: Array, positions: NDArray[np.intp]) -> Array:
    """Return the log probability of one cell of the table, 0 for one where no case can be."""
    if len(positions) == 0:
        return np.zeros_like(joint[:, 0])
    return log_sum(joint[:, positions])
