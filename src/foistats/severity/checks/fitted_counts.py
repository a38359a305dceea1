"""Observed against expected counts.

Cases of one force with the same covariates (known or open) form a *stratum*. Where their sets
overlap, how precisely a case is described is no information; the sets are pooled to the finest
partition of the ladder of which each is a union, its *blocks*, and ::

    expected = n(stratum) * sum_points weight * P(block | point),

integrated over forces. Under the model, with data coarse at random, every block's count has this
expectation whatever made the sets coarse. Rungs that nobody in the stratum reached are blocks too.
Cases whose covariate is open are strata of their own, which is right if the covariate was left open
without regard to the outcome; a group of cases that prints the roles of those who left only is not
of that kind, and `expected_count_table` compares its statements as they are printed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from foistats.errors import UsageError
from foistats.severity.checks.cell_labels import cell_labels, rung_label, rung_sets
from foistats.severity.engine.coded_columns import Compositions
from foistats.severity.engine.observations import Observations
from foistats.severity.engine.statements import ROLE
from foistats.severity.groups.case_groups import CaseGroup, CaseSpace, role_shares
from foistats.severity.groups.cells import SeverityData
from foistats.severity.groups.expectation import expected_counts
from foistats.severity.predictions import rung_probabilities

if TYPE_CHECKING:
    from foistats.severity.results import SeverityFit

Array: TypeAlias = NDArray[Any]

_OPEN = "right if the covariate was left open without regard to the outcome"
_TABLE = "only sums of its counts are printed; expected_count_table has them statement by statement"


@dataclass(frozen=True)
class Stratum:
    """Cases of one force with the same covariates.

    Attributes
    ----------
    cell : int
        One of its cells.
    points : array of int
        Where the cases may be.
    weights : array
        Of the points; they sum to one.
    blocks : tuple of tuple of int
        The partition of the rungs, numbered from 0.
    counts : array
        The cases in each block.
    """

    cell: int
    points: NDArray[np.intp]
    weights: Array
    blocks: tuple[tuple[int, ...], ...]
    counts: Array


def strata(observations: Observations) -> list[Stratum]:
    """Return the strata of all cells with a count."""
    atoms, sets = observations.atoms, rung_sets(observations)
    ends = np.searchsorted(atoms.cell, np.arange(len(observations.count) + 1))
    members: dict[tuple[tuple[int, float], ...], list[int]] = {}
    for cell in map(int, np.flatnonzero(observations.count > 0)):
        own = slice(ends[cell], ends[cell + 1])
        at = dict(zip(atoms.point[own].tolist(), atoms.log_weight[own].tolist(), strict=True))
        members.setdefault(tuple(sorted(at.items())), []).append(cell)
    found = []
    for key, cells in members.items():
        blocks = pooled_blocks([sets[cell] for cell in cells], len(observations.ladder))
        counts = np.zeros(len(blocks))
        for cell in cells:
            place = next(i for i, block in enumerate(blocks) if sets[cell][0] in block)
            counts[place] += observations.count[cell]
        weights = np.exp([weight for _, weight in key])
        points = np.array([point for point, _ in key], dtype=np.intp)
        found.append(Stratum(cells[0], points, weights / weights.sum(), blocks, counts))
    return found


def pooled_blocks(sets: Iterable[tuple[int, ...]], rungs: int) -> tuple[tuple[int, ...], ...]:
    """Return the finest partition of the rungs of which every set is a union of blocks.

    Examples
    --------
    >>> pooled_blocks([(0,), (1, 2), (2, 3)], 5)
    ((0,), (1, 2, 3), (4,))
    """
    blocks: list[set[int]] = [{rung} for rung in range(rungs)]
    for one in sets:
        touched = [block for block in blocks if block & set(one)]
        blocks = [block for block in blocks if not block & set(one)]
        blocks.append(set().union(*touched))
    return tuple(sorted(tuple(sorted(block)) for block in blocks))


def expected_block_counts(fit: SeverityFit) -> pd.DataFrame:
    """Return observed and expected counts of every block of every stratum.

    Returns
    -------
    DataFrame
        ``force``, the covariates, ``rungs, observed, expected, pearson, note``. ``pearson`` is
        ``(observed - expected) / sqrt(expected)``; with a random intercept it holds what sets the
        force apart, too. A table of which only sums are printed has one row, with the reason.
    """
    seen, probabilities = fit.observations, _point_probabilities(fit)
    found = strata(seen)
    blocks = [len(stratum.blocks) for stratum in found]
    cells = np.repeat([stratum.cell for stratum in found], blocks).astype(np.intp)
    frame = cell_labels(seen).iloc[cells].reset_index(drop=True)
    observed = np.concatenate([np.zeros(0), *(stratum.counts for stratum in found)])
    expected = [_expected(stratum, probabilities) for stratum in found]
    frame["rungs"] = [rung_label(seen.ladder, block) for one in found for block in one.blocks]
    frame["observed"] = observed
    frame["expected"] = np.concatenate([np.zeros(0), *expected])
    frame["pearson"] = (observed - frame["expected"]) / np.sqrt(frame["expected"])
    several = np.repeat([len(stratum.points) > 1 for stratum in found], blocks)
    frame["note"] = np.where(several, _OPEN, "")
    if not seen.tables:
        return frame
    forces = [seen.forces[table.force] for table in seen.tables]
    notes = [f"{table.name}: {_TABLE}" for table in seen.tables]
    tables = pd.DataFrame({"force": forces, "note": notes})
    return pd.concat([frame, tables], ignore_index=True)


def _expected(stratum: Stratum, probabilities: Array) -> Array:
    shares = stratum.weights @ probabilities[stratum.points]
    inside = np.array([shares[list(block)].sum() for block in stratum.blocks])
    return np.asarray(stratum.counts.sum() * inside)


def _point_probabilities(fit: SeverityFit) -> Array:
    """Return ``P(rung)`` at every point of the data, integrated over forces: points x rungs."""
    points, names = fit.observations.points, list(fit.observations.points.columns)
    if not names:
        return np.repeat(rung_probabilities(fit, fit.points).values[:1], len(points), axis=0)
    number = points.groupby(names, observed=True, sort=False).ngroup().to_numpy()
    first = np.unique(number, return_index=True)[1]
    return np.asarray(rung_probabilities(fit, points.iloc[first]).values[number])


# ---- statements as they are printed ----------------------------------------------------------


def expected_count_table(
    fit: SeverityFit, data: SeverityData, composition: Compositions | None = None
) -> pd.DataFrame:
    """Return printed and expected counts, statement by statement, integrated over forces.

    How many cases of each set of roles a group has is taken as given; see
    `foistats.severity.groups.expectation.expected_counts`.

    Parameters
    ----------
    fit : SeverityFit
        To `data`.
    data : SeverityData
    composition : mapping of column to mapping of level to share, optional
        If the fit was given another one than that of the data.

    Returns
    -------
    DataFrame
        One row per cell of each partition: ``group, force, partition, roles, rungs, n_low, n_high,
        expected``. A cell without rungs (cases off the ladder) expects what it has.

    Raises
    ------
    UsageError
        If the fit's ladder is not that of the data.
    """
    space = case_space(data, composition)
    if fit.observations.ladder != space.ladder:
        raise UsageError(
            f"the ladder of the fit is {', '.join(fit.observations.ladder)}, that of the data "
            f"{', '.join(space.ladder)}; give the data that were fitted"
        )
    rows = [row for group in data.groups for row in _group_rows(fit, group, space)]
    columns = ["group", "force", "partition", "roles", "rungs", "n_low", "n_high", "expected"]
    return pd.DataFrame(rows, columns=columns)


def case_space(data: SeverityData, composition: Compositions | None = None) -> CaseSpace:
    """Return ladder, roles and role shares of the data; the composition is as of a fit."""
    roles, shares = data.role_ids, (composition or {}).get(ROLE)
    return CaseSpace(data.ladder.ids, roles, role_shares(roles, data.shares(shares)))


def _group_rows(fit: SeverityFit, group: CaseGroup, space: CaseSpace) -> Iterable[tuple[Any, ...]]:
    points = pd.DataFrame({ROLE: list(space.roles)}).assign(**dict(group.covariates))
    probabilities = rung_probabilities(fit, points).values
    expected = iter(expected_counts(group, probabilities, space))
    for number, cells in enumerate(group.partitions, start=1):
        for cell in cells:
            roles = "|".join(role for role in space.roles if role in cell.roles)
            rungs = "|".join(rung for rung in space.ladder if rung in cell.rungs)
            counts = (cell.n_low, cell.n_high, float(next(expected)))
            yield (group.group, group.force, number, roles, rungs or "off the ladder", *counts)
