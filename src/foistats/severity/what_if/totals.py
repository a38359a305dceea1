"""Totals over several forces: the augmented analysis.

Besides the answers of some forces, a total over all of them may be printed: so many cases left, so
many had no further action. It contains the forces that are in the fit. `augment` adds to the
log-likelihood of a fit the log probability of each total *given* what its forces printed::

    log P(total | own statements) = log P(total and own statements) - log P(own statements)

so that no case stands in two factors. Every other force of the total is a `Member`: a number of
cases, an intercept of its own, and role shares plugged in; see
`foistats.severity.what_if.total_counts`.
Treating those cases as independent draws would make the intervals too short.

The counts of a total are among cases with an outcome on the ladder. Cases not concluded are neither
in "left" nor in "no further action": ``not_concluded``, a share given and not estimated, takes
them out of every set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from foistats.errors import UsageError, did_you_mean
from foistats.register import Register
from foistats.severity.engine.marginal import Evaluation, MarginalLikelihood
from foistats.severity.engine.statements import ROLE, observe_groups
from foistats.severity.groups.case_groups import CaseGroup, CaseSpace, role_shares
from foistats.severity.groups.cells import SeverityData
from foistats.severity.results import SeverityFit
from foistats.severity.what_if.rung_grid import (
    RungGrid,
    information_by_differences,
    intercept_grid,
    rung_grid,
    solve_from,
)
from foistats.severity.what_if.total_counts import (
    TotalProbability,
    exact_probability,
    normal_probability,
    total_moments,
)
from foistats.severity.what_if.total_polynomials import CompiledTotal, compile_total
from foistats.severity.what_if.total_statements import Total, refuse_overlap, refuse_shared_forces

Array: TypeAlias = NDArray[Any]

METHODS = ("exact", "normal")
_DIFFERENCE = 1e-4


@dataclass(frozen=True)
class AugmentedLikelihood(MarginalLikelihood):
    """The log-likelihood of a fit, and of totals given the forces in it.

    ``by_force`` of its evaluations is that of the forces' own statements; a total belongs to no
    force, so there are no scores by force.

    Attributes
    ----------
    conditional, quadrature_points
        As of `MarginalLikelihood`.
    totals : tuple of CompiledTotal
    method : str
        ``exact`` or ``normal``.
    """

    totals: tuple[CompiledTotal, ...] = ()
    method: str = "exact"

    def evaluate(self, vector: Array, *, order: int, modes: Array | None = None) -> Evaluation:
        """Return value, gradient and information; as of `MarginalLikelihood`.

        The information of the totals is had by differences of their gradient.
        """
        found = super().evaluate(vector, order=order, modes=modes)
        if not np.isfinite(found.value):
            return found
        if order == 0 or found.gradient is None:
            return replace(found, value=found.value + self.log_probability(vector))
        log_probability, gradient = self._with_gradient(vector)
        found = replace(
            found,
            value=found.value + log_probability,
            gradient=found.gradient + gradient,
            scores=None,
        )
        if order < 2 or found.information is None or not np.isfinite(found.value):
            return found
        more = information_by_differences(self, lambda at: self._with_gradient(at)[1], vector)
        return replace(found, information=found.information + more)

    def moments(self, total: CompiledTotal, vector: Array) -> tuple[Array, Array]:
        """Return mean and covariance of a total's counts given the forces' own statements."""
        _, log_weights, probability = self._grid(total, vector)
        return total_moments(total.forces, probability, log_weights)

    def log_probability(self, vector: Array) -> float:
        """Return the log probability of the totals given the forces' own statements."""
        return sum(self._one(total, vector, slopes=False)[0] for total in self.totals)

    def _with_gradient(self, vector: Array) -> tuple[float, Array]:
        if self.method == "normal":
            moves = _DIFFERENCE * np.eye(len(vector))
            gradient = [
                (self.log_probability(vector + move) - self.log_probability(vector - move))
                / (2 * _DIFFERENCE)
                for move in moves
            ]
            return self.log_probability(vector), np.array(gradient)
        parts = [self._one(total, vector, slopes=True) for total in self.totals]
        return sum(part[0] for part in parts), np.sum([part[1] for part in parts], axis=0)

    def _one(self, total: CompiledTotal, vector: Array, *, slopes: bool) -> tuple[float, Array]:
        grid, log_weights, probability = self._grid(total, vector)
        found = self._probability(total, probability, log_weights, slopes)
        gradient = np.zeros(len(vector))
        if found.slopes is not None:
            by_rung = found.slopes.reshape(grid.log_probability.shape)
            gradient = grid.gradient_by_force(by_rung)[0]
        return found.log_probability, gradient

    def _grid(self, total: CompiledTotal, vector: Array) -> tuple[RungGrid, Array, Array]:
        """Return the grid, the log weights of its nodes, and ``P``, places x nodes."""
        design = replace(total.design, random_intercept=self.random_intercept)
        places = intercept_grid(design.parameters(vector).sd, total.largest_force)
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            grid = rung_grid(self.conditional.link, design, vector, places.places)
            shape = grid.log_probability.shape
            probability = np.exp(grid.log_probability).reshape(-1, shape[2])
        return grid, places.log_weights, probability

    def _probability(
        self, total: CompiledTotal, probability: Array, log_weights: Array, slopes: bool
    ) -> TotalProbability:
        if self.method == "normal":
            return normal_probability(total.forces, total.target, probability, log_weights)
        return exact_probability(
            total.forces, total.target, probability, log_weights, slopes=slopes
        )


@dataclass(frozen=True, repr=False)
class AugmentedFit(SeverityFit):
    """A fit whose likelihood holds totals too.

    Attributes
    ----------
    model, columns, problem, solution
        As of `SeverityFit`.
    totals : tuple of Total
    without_totals : SeverityFit
        The fit to the forces' own statements alone.
    """

    totals: tuple[Total, ...]
    without_totals: SeverityFit

    def predicted_totals(self) -> pd.DataFrame:
        """Return the counts of the totals as printed, and as each fit expects them.

        Returns
        -------
        DataFrame
            One row per fit, total and statement: ``fit, total, rungs, n_low, n_high, mean, sd``,
            mean and standard deviation given the forces' own statements, parameters as estimated.
        """
        rows = []
        for name, fit, marginal in self._both():
            for total, compiled in zip(self.totals, marginal.totals, strict=True):
                mean, covariance = marginal.moments(compiled, fit.solution.vector)
                for said, m, variance in zip(
                    total.statements, mean, np.diag(covariance), strict=True
                ):
                    rungs = "|".join(sorted(said.rungs))
                    row = (said.n_low, said.n_high, m, np.sqrt(variance))
                    rows.append((name, total.name, rungs, *row))
        columns = ["fit", "total", "rungs", "n_low", "n_high", "mean", "sd"]
        return pd.DataFrame(rows, columns=columns)

    @property
    def total_log_probabilities(self) -> pd.DataFrame:
        """How probable the totals are given the forces' own statements, in both fits.

        One row per fit: ``fit, log_probability``.
        """
        rows = [
            (name, marginal.log_probability(fit.solution.vector))
            for name, fit, marginal in self._both()
        ]
        return pd.DataFrame(rows, columns=["fit", "log_probability"])

    def _both(self) -> list[tuple[str, SeverityFit, AugmentedLikelihood]]:
        """Return both fits with the likelihood that their parameters belong to."""
        result: list[tuple[str, SeverityFit, AugmentedLikelihood]] = []
        for name, fit in (("own statements", self.without_totals), ("augmented", self)):
            problem = self.problem
            if not fit.design.random_intercept:
                problem = problem.without_random_intercept()
            assert isinstance(problem.marginal, AugmentedLikelihood)
            result.append((name, fit, problem.marginal))
        return result


def augment(
    fit: SeverityFit,
    data: SeverityData | Sequence[CaseGroup],
    totals: Sequence[Total],
    *,
    composition: Mapping[str, Mapping[str, float]] | None = None,
    method: str = "exact",
    register: Register | None = None,
) -> AugmentedFit:
    """Return the fit to the forces' own statements and to totals that contain them.

    Parameters
    ----------
    fit : SeverityFit
        To ``data``.
    data : SeverityData or sequence of CaseGroup
        The groups of cases of the fit.
    totals : sequence of Total
    composition : mapping, optional
        As it was given to `CumulativeLinkModel.fit`.
    method : str
        ``exact``: generating functions. ``normal``: the sum over forces is taken as normal.
    register : Register, optional
        Where given, members that are groups of it are checked for cases shared with the fit.

    Raises
    ------
    OverlapError
        If a case would stand in two factors: a group of the fit among the members, a member of a
        force in the fit whose cases are not known to be others, a force in two totals.
    UsageError
        If a group, rung, role or covariate does not exist, the data are not those of the fit, or
        its bias is reduced.
    ModelError
        If a total is impossible, or a contained group leaves its counts open within a table.
    NotIdentifiedError, ConvergenceError
        See `foistats.severity.engine.fitting.maximise_over`.
    """
    marginal = augmented_likelihood(
        fit, data, totals, composition=composition, method=method, register=register
    )
    problem = replace(fit.problem, marginal=marginal)
    solution = solve_from(problem, fit.solution.vector)
    return AugmentedFit(fit.model, fit.columns, problem, solution, tuple(totals), fit)


def augmented_likelihood(
    fit: SeverityFit,
    data: SeverityData | Sequence[CaseGroup],
    totals: Sequence[Total],
    *,
    composition: Mapping[str, Mapping[str, float]] | None = None,
    method: str = "exact",
    register: Register | None = None,
) -> AugmentedLikelihood:
    """Return the log-likelihood that `augment` maximises; parameters and errors as there."""
    if method not in METHODS:
        raise UsageError(
            f"method '{method}'{did_you_mean(method, METHODS)} (allowed: {', '.join(METHODS)})"
        )
    if fit.problem.bias_reduced:
        raise UsageError(
            "a fit with estimator='bias_reduced' cannot take totals; fit with "
            "estimator='maximum_likelihood' or 'penalised'"
        )
    if not totals:
        raise UsageError("no totals; without any, the fit is the answer already")
    groups, space = _groups_and_space(fit, data, composition)
    for total in totals:
        refuse_overlap(total, groups, register)
    refuse_shared_forces(totals, groups)
    compiled = tuple(compile_total(fit, groups, space, total) for total in totals)
    before = fit.problem.marginal
    return AugmentedLikelihood(before.conditional, before.quadrature_points, compiled, method)


def _groups_and_space(
    fit: SeverityFit, data: SeverityData | Sequence[CaseGroup], composition: Any
) -> tuple[tuple[CaseGroup, ...], CaseSpace]:
    shares = (composition or {}).get(ROLE)
    if isinstance(data, SeverityData):
        groups, ladder, roles = data.groups, data.ladder.ids, data.role_ids
        shares = data.shares(shares)
    else:
        groups, ladder = tuple(data), fit.observations.ladder
        if shares is None:
            raise UsageError(f"groups of cases need composition={{'{ROLE}': {{role: share}}}}")
        roles = tuple(shares)
    entries = sum(len(cells) for group in groups for cells in group.partitions)
    if ladder != fit.observations.ladder or entries != fit.observations.n_rows:
        raise UsageError(
            f"the fit has the ladder {', '.join(fit.observations.ladder)} and "
            f"{fit.observations.n_rows} statements, the data {', '.join(ladder)} and {entries}; "
            "give the data that were fitted"
        )
    space = CaseSpace(tuple(ladder), roles, role_shares(roles, shares))
    _require_same_data(fit, groups, space)
    return groups, space


def _require_same_data(fit: SeverityFit, groups: Sequence[CaseGroup], space: CaseSpace) -> None:
    """Refuse data with other counts or role shares than those of the fit."""
    seen = observe_groups(
        groups, space, covariates=fit.model.covariates, by_force=bool(fit.model.groups)
    )
    fitted = fit.observations
    same = seen.forces == fitted.forces and len(seen.count) == len(fitted.count)
    same = same and np.array_equal(seen.count, fitted.count)
    same = same and np.allclose(seen.atoms.log_weight, fitted.atoms.log_weight)
    if not same or not np.isclose(seen.constant, fitted.constant):
        raise UsageError(
            "the data have other counts or role shares than those of the fit; give the data and "
            "the composition that were fitted"
        )
