"""What carries an effect: its information, taken apart by force, by source and by kind.

The information of a fit is a sum over forces, ``I = sum_f I_f``. That on one parameter, with all
others estimated, is ``1 / (I^-1)_jj`` (the inverse of its squared standard error), and with
``g = I^-1 e_j / (I^-1)_jj`` ::

    1 / (I^-1)_jj = g' I g = sum_f g' I_f g

so that the forces' contributions add up exactly. A contribution may be negative: the observed
information of coarse data is not positive definite force by force.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from foistats.errors import UsageError, did_you_mean
from foistats.severity.checks.fitted_counts import case_space
from foistats.severity.engine.coded_columns import Compositions
from foistats.severity.engine.design import Columns
from foistats.severity.engine.fitting import Problem
from foistats.severity.engine.penalties import PenalisedLikelihood
from foistats.severity.engine.statements import observe_groups
from foistats.severity.engine.subsets import problem_of_force
from foistats.severity.groups.case_groups import CaseGroup, CaseSpace, Cell
from foistats.severity.groups.cells import SeverityData

if TYPE_CHECKING:
    from foistats.severity.results import SeverityFit

Array: TypeAlias = NDArray[Any]

PRIOR = "(prior)"
"""The `force` of what a penalising prior adds."""
TOGETHER = "role and outcome together"
IN_PART = "role and outcome together for some cases"
MARGINS = "two margins of one force"
NO_ROLE = "no role printed"
BY = ("source", "kind")
_QUADRATURE_EXACT = 1e-7
_DIFFERENCE = 1e-3
"""Step of the differences of the scores, in standard errors."""


def information_by_force(fit: SeverityFit, term: str) -> pd.DataFrame:
    """Return what each force contributes to the information on one parameter.

    Parameters
    ----------
    fit : SeverityFit
    term : str
        A coefficient or threshold.

    Returns
    -------
    DataFrame
        One row per force, the largest contribution first: ``force, information, share, cases``.
        Information is in inverse squares of the scale of the link; its sum is ``1 / std_error**2``.
        Without groups there is a single force; of a penalised fit the prior has a row too.

    Raises
    ------
    UsageError
        If the fit has no such term.
    """
    return _by_force(fit, fit.solution.problem, term)


def information_by(
    fit: SeverityFit,
    data: SeverityData,
    term: str,
    *,
    by: str,
    composition: Compositions | None = None,
) -> pd.DataFrame:
    """Return what each source, or kind of statement, contributes to the information on a parameter.

    A force whose groups are of several kinds, or have several sources, counts as "a + b": its
    groups share one intercept, and their information is not a sum.

    Parameters
    ----------
    fit : SeverityFit
        To `data`.
    data : SeverityData
    term : str
    by : str
        ``source`` or ``kind``; the kinds are within a force (role and outcome together, of all
        cases or of some), two margins of one force (partly ecological), and no role printed (wholly
        ecological).
    composition : mapping of column to mapping of level to share, optional
        If the fit was given another one than that of the data.

    Returns
    -------
    DataFrame
        One row per source or kind: ``source`` (or ``kind``)``, information, share, forces, cases``.

    Raises
    ------
    UsageError
        For another word, or if the fit has no such term.
    """
    if by not in BY:
        raise UsageError(f"by='{by}' (allowed: {', '.join(BY)})")
    space = case_space(data, composition)
    problem = fit.solution.problem
    if not fit.model.groups:
        problem = _with_forces_apart(fit, data, space)
    frame = _by_force(fit, problem, term)
    labels = _labels(data.groups, space, by)
    frame[by] = [labels.get(force, force) for force in frame["force"]]
    sums = frame.groupby(by, sort=False).agg(
        information=("information", "sum"),
        share=("share", "sum"),
        forces=("force", "size"),
        cases=("cases", "sum"),
    )
    return sums.sort_values("information", ascending=False).reset_index()


def _by_force(fit: SeverityFit, problem: Problem, term: str) -> pd.DataFrame:
    names = list(fit.solution.problem.names)
    if term not in names:
        raise UsageError(
            f"no term '{term}'{did_you_mean(term, names)} (the fit has {', '.join(names)})"
        )
    parts = _force_informations(fit, problem)
    forces, cases = list(problem.observations.forces), list(problem.observations.cases)
    if problem.prior:
        parts = np.concatenate([parts, _prior_information(fit)[None]])
        forces, cases = [*forces, PRIOR], [*cases, 0.0]
    column = np.linalg.inv(parts.sum(axis=0))[:, names.index(term)]
    direction = column / column[names.index(term)]
    information = np.einsum("i,fij,j->f", direction, parts, direction)
    frame = pd.DataFrame(
        {
            "force": forces,
            "information": information,
            "share": information / information.sum(),
            "cases": cases,
        }
    )
    return frame.sort_values("information", ascending=False, ignore_index=True)


def _force_informations(fit: SeverityFit, problem: Problem) -> Array:
    """Return the observed information of each force: forces x parameters x parameters."""
    vector, found = fit.solution.vector, fit.solution.maximum.evaluation
    if found.node_error > _QUADRATURE_EXACT:
        return _score_differences(fit, problem)
    parts = []
    for force in range(len(problem.observations.forces)):
        start = found.modes[[force]] if problem.design.random_intercept else None
        alone = problem_of_force(problem, force).marginal
        parts.append(alone.evaluate(vector, order=2, modes=start).information)
    return np.array(parts)


def _score_differences(fit: SeverityFit, problem: Problem) -> Array:
    """Return the same by central differences of the forces' scores.

    What an inexact quadrature adds by moving its nodes is in the scores, but not in the analytic
    information.
    """
    vector, found = fit.solution.vector, fit.solution.maximum.evaluation
    steps = _DIFFERENCE / np.sqrt(np.diag(fit.solution.information))
    parts = np.zeros((len(problem.observations.forces), len(vector), len(vector)))
    for place, step in enumerate(steps):
        shift = step * (np.arange(len(vector)) == place)
        above = problem.marginal.evaluate(vector + shift, order=1, modes=found.modes).scores
        below = problem.marginal.evaluate(vector - shift, order=1, modes=found.modes).scores
        assert above is not None
        assert below is not None
        parts[:, place] = (below - above) / (2 * step)
    return (parts + parts.transpose(0, 2, 1)) / 2


def _prior_information(fit: SeverityFit) -> Array:
    problem, vector = fit.solution.problem, fit.solution.vector
    modes = fit.solution.maximum.evaluation.modes
    assert isinstance(problem.objective, PenalisedLikelihood)
    penalised = problem.objective.evaluate(vector, order=2, modes=modes).information
    plain = problem.marginal.evaluate(vector, order=2, modes=modes).information
    assert penalised is not None
    assert plain is not None
    return penalised - plain


def _with_forces_apart(fit: SeverityFit, data: SeverityData, space: CaseSpace) -> Problem:
    """Return the problem of a fit without random intercept, its forces told apart."""
    seen = observe_groups(data.groups, space, covariates=fit.model.covariates, by_force=True)
    problem = fit.solution.problem
    matrices = {
        name: columns.of(seen.points)
        if columns.info is not None
        else np.zeros((len(seen.points), 0))
        for name, columns in fit.columns.items()
    }
    design = replace(
        problem.design,
        nominal=Columns(matrices["nominal"]),
        location=Columns(matrices["location"]),
        scale=Columns(matrices["scale"]),
        begin=np.searchsorted(seen.point_force, np.arange(len(seen.forces) + 1)),
    )
    conditional = replace(problem.marginal.conditional, design=design, observations=seen)
    return replace(problem, marginal=replace(problem.marginal, conditional=conditional))


# ---- sources and kinds -----------------------------------------------------------------------


def _labels(groups: Sequence[CaseGroup], space: CaseSpace, by: str) -> dict[str, str]:
    """Return the sources, or the kinds, of each force."""
    found: dict[str, set[str]] = {}
    for group in groups:
        words = group.sources or ("(none named)",) if by == "source" else (kind_of(group, space),)
        found.setdefault(group.force, set()).update(words)
    return {force: " + ".join(sorted(words)) for force, words in found.items()}


def kind_of(group: CaseGroup, space: CaseSpace) -> str:
    """Return how a group's statements tell role and outcome: one of the four kinds."""

    def tells_outcome(cell: Cell) -> bool:
        return cell.n_high > 0 and 0 < len(cell.rungs) < len(space.ladder)

    def tells_role(cell: Cell) -> bool:
        return cell.n_high > 0 and len(cell.roles & set(space.roles)) < len(space.roles)

    cells = [cell for partition in group.partitions for cell in partition]
    outcomes = [tells_role(cell) for cell in cells if tells_outcome(cell)]
    if outcomes and all(outcomes):
        return TOGETHER
    if any(outcomes):
        return IN_PART
    return MARGINS if any(tells_role(cell) for cell in cells) else NO_ROLE
