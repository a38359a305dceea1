"""Brant's test: whether separate logits, one per threshold, have the same slopes.

For every threshold *k* a logit of ``Y > k`` is fitted by itself. With ``X`` the design (constant
first), ``n`` the cases at each point and ``p_k`` the fitted probabilities, the coefficients ``b_k``
have ::

    Cov(b_k, b_l) = A_k^-1  X' diag(n (p_l - p_k p_l)) X  A_l^-1,     k <= l,
    A_k = X' diag(n p_k (1 - p_k)) X

and the differences ``b_1 - b_k`` are tested by Wald's statistic.

Source: Brant 1990, equations 3 and 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from foistats.errors import ModelError, NotIdentifiedError
from foistats.severity.engine.conditional import ConditionalLikelihood
from foistats.severity.engine.design import Columns, Design
from foistats.severity.engine.fitting import Problem, solve
from foistats.severity.engine.links import link_named
from foistats.severity.engine.marginal import MarginalLikelihood
from foistats.severity.engine.observations import AtomList, Observations
from foistats.severity.engine.separation import threshold_names

Array: TypeAlias = NDArray[Any]


@dataclass(frozen=True)
class ExactCounts:
    """The cases whose rung and covariates are known exactly.

    Attributes
    ----------
    ladder : tuple of str
    matrix : array, points x columns
        The columns of the location formula, then those of the nominal one.
    names : tuple of str
        Of the columns.
    counts : array, points x rungs
    """

    ladder: tuple[str, ...]
    matrix: Array
    names: tuple[str, ...]
    counts: Array

    @property
    def cases(self) -> float:
        """The number of cases used."""
        return float(self.counts.sum())


@dataclass(frozen=True)
class SeparateLogits:
    """One logit per threshold.

    Attributes
    ----------
    slopes : array, thresholds x columns
    covariance : array, (thresholds * columns) x (thresholds * columns)
    """

    slopes: Array
    covariance: Array

    def wald(self, columns: Sequence[int]) -> tuple[float, int]:
        """Return the statistic of equal slopes of some columns, and its degrees of freedom."""
        cuts, width = self.slopes.shape
        contrasts = np.zeros((cuts - 1, len(columns), cuts, width))
        for place, column in enumerate(columns):
            contrasts[:, place, 0, column] = 1.0
            contrasts[np.arange(cuts - 1), place, np.arange(1, cuts), column] = -1.0
        rows = contrasts.reshape(-1, cuts * width)
        difference = rows @ self.slopes.ravel()
        statistic = difference @ np.linalg.solve(rows @ self.covariance @ rows.T, difference)
        return float(statistic), len(rows)


def exact_counts(problem: Problem) -> ExactCounts:
    """Return the cases of a problem that lie on one side of every threshold, at one point.

    Cells of several rungs or of several points, and tables, are left out. Points of all forces with
    the same columns are added up: the force is ignored.
    """
    seen, design = problem.observations, problem.design
    atoms = seen.atoms
    alone = np.bincount(atoms.cell, minlength=len(seen.count))[atoms.cell] == 1
    used = alone & (atoms.upper - atoms.lower == 1) & (seen.count[atoms.cell] > 0)
    columns = np.column_stack([design.location.dense, design.nominal.dense])
    matrix, row = np.unique(columns[atoms.point[used]], axis=0, return_inverse=True)
    counts = np.zeros((len(matrix), len(seen.ladder)))
    np.add.at(counts, (row.ravel(), atoms.lower[used]), seen.count[atoms.cell[used]])
    return ExactCounts(seen.ladder, matrix, problem.location_names + problem.nominal_names, counts)


def separate_logits(data: ExactCounts) -> SeparateLogits:
    """Return the logits of all thresholds with their covariance.

    Raises
    ------
    NotIdentifiedError, ConvergenceError
        If one of them has no finite estimate; the message names its threshold.
    """
    fitted = [_logit(data, cut) for cut in range(len(data.ladder) - 1)]
    design = np.column_stack([np.ones(len(data.matrix)), data.matrix])
    sizes = data.counts.sum(axis=1)
    shares = [1 / (1 + np.exp(-design @ coefficients)) for coefficients in fitted]
    inverse = [
        np.linalg.inv((design.T * (sizes * share * (1 - share))) @ design) for share in shares
    ]
    cuts, width = len(fitted), data.matrix.shape[1]
    covariance = np.zeros((cuts, width, cuts, width))
    for low in range(cuts):
        for high in range(low, cuts):
            both = sizes * (shares[high] - shares[low] * shares[high])
            block = (inverse[low] @ ((design.T * both) @ design) @ inverse[high])[1:, 1:]
            covariance[low, :, high, :] = block
            covariance[high, :, low, :] = block.T
    slopes = np.array([coefficients[1:] for coefficients in fitted])
    return SeparateLogits(slopes, covariance.reshape(cuts * width, -1))


def _logit(data: ExactCounts, cut: int) -> Array:
    """Return constant and slopes of the logit of lying above a threshold."""
    counts = np.column_stack(
        [data.counts[:, : cut + 1].sum(axis=1), data.counts[:, cut + 1 :].sum(axis=1)]
    )
    points = len(counts)
    row, side = np.nonzero(counts)
    ladder = (f"at or below {data.ladder[cut]}", f"at or above {data.ladder[cut + 1]}")
    seen = Observations(
        ladder=ladder,
        forces=("all",),
        points=pd.DataFrame(index=range(points)),
        point_force=np.zeros(points, dtype=np.intp),
        atoms=AtomList(np.arange(len(row)), row, side, side + 1, np.zeros(len(row))),
        count=counts[row, side],
        cell_force=np.zeros(len(row), dtype=np.intp),
        cases=np.array([data.cases]),
    )
    empty = Columns(np.zeros((points, 0)))
    design = Design(1, empty, Columns(data.matrix), empty, np.array([0, points]), False)
    likelihood = ConditionalLikelihood(link_named("logit"), design, seen)
    try:
        vector = solve(Problem(MarginalLikelihood(likelihood, 1), data.names)).vector
    except ModelError as error:
        name = threshold_names(data.ladder)[cut]
        raise NotIdentifiedError(f"the separate logit of {name}: {error}") from None
    return np.concatenate([-vector[:1], vector[1:]])
