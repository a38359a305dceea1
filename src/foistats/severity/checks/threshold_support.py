"""What separates each threshold, and ladders short enough to be separated.

A cell *separates* a threshold when its rungs lie wholly on one side of it and include the rung next
to it: only then does the threshold enter its probability by itself. A group (a force) separates a
threshold when one of its cells does. That is a count, and necessary; how well all parameters are
told together is in the condition of the expected information.

Of groups of cases, see `foistats.severity.groups.identification` and
`foistats.severity.groups.ladders`.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from foistats.errors import NotIdentifiedError, UsageError
from foistats.severity.checks.cell_labels import SEVERAL, rung_sets
from foistats.severity.checks.fitted_counts import strata
from foistats.severity.engine.coded_columns import Compositions
from foistats.severity.engine.fitting import Problem, start_vector
from foistats.severity.engine.observations import Observations
from foistats.severity.engine.separation import threshold_names
from foistats.severity.engine.statements import ROLE
from foistats.severity.groups.case_groups import CaseGroup, CaseSpace
from foistats.severity.groups.identification import ALL_ROLES, identifiability

if TYPE_CHECKING:
    from foistats.severity.model import CumulativeLinkModel

Array: TypeAlias = NDArray[Any]
Run: TypeAlias = tuple[int, ...]

ALL = ALL_ROLES
"""The `level` of the rows that look at all cases."""
_COLUMNS = ["threshold", "covariate", "level", "cells", "cases", "groups", "separated_by"]


def threshold_support(observations: Observations) -> pd.DataFrame:
    """Return what separates each threshold, over all cases and at each level of a covariate.

    Returns
    -------
    DataFrame
        One row per threshold, then one per threshold and level of each categorical covariate:
        ``threshold, covariate, level, cells, cases, groups, separated_by``. A level's rows count
        the cells that lie wholly at it. Cells of tables have no count, and add none to the cases.
    """
    seen = observations
    at_level: list[tuple[str, str, NDArray[np.bool_]]] = [("", ALL, np.ones(len(seen.count), bool))]
    for name, column in seen.points.items():
        if isinstance(column.dtype, pd.CategoricalDtype):
            for code, level in enumerate(column.cat.categories):
                inside = _wholly(seen, column.cat.codes.to_numpy() == code)
                at_level.append((str(name), str(level), inside))
    separating = [_separating(seen, edge) for edge in range(1, seen.cuts + 1)]
    rows = [
        (cut, covariate, level, *_counted(seen, found & inside))
        for covariate, level, inside in at_level
        for cut, found in zip(threshold_names(seen.ladder), separating, strict=True)
    ]
    return pd.DataFrame(rows, columns=_COLUMNS)


def statement_support(groups: Sequence[CaseGroup], space: CaseSpace) -> pd.DataFrame:
    """Return the same for groups of cases, statement by statement; the covariate is the role."""
    found = identifiability(groups, space.ladder, space.roles)
    found = found.rename(columns={"role": "level", "statements": "cells", "forces": "groups"})
    covariate = np.where(found["level"] == ALL, "", ROLE)
    return found.assign(covariate=covariate)[_COLUMNS]


def _wholly(seen: Observations, at_point: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the cells all of whose points are among those given."""
    outside = np.zeros(len(seen.count), dtype=bool)
    outside[seen.atoms.cell[~at_point[seen.atoms.point]]] = True
    return ~outside


def _separating(seen: Observations, edge: int) -> NDArray[np.bool_]:
    """Return the cells that separate the threshold at an edge."""
    cells = len(seen.count)
    bottom, top = np.full(cells, seen.cuts + 1), np.zeros(cells, dtype=int)
    np.minimum.at(bottom, seen.atoms.cell, seen.atoms.lower)
    np.maximum.at(top, seen.atoms.cell, seen.atoms.upper)
    return np.asarray((top == edge) | (bottom == edge))


def _counted(seen: Observations, cells: NDArray[np.bool_]) -> tuple[int, float, int, str]:
    forces = np.unique(seen.cell_force[cells])
    named = ", ".join(seen.forces[force] for force in forces)
    return int(cells.sum()), float(seen.count[cells].sum()), len(forces), named


# ---- how well all parameters are told together -----------------------------------------------


def information_condition(problem: Problem) -> float:
    """Return the condition number of the expected information before anything is fitted.

    At the starting values (crude thresholds, coefficients and random intercept of zero), for the
    cases and sets of the data, each parameter scaled to an information of one: 1 if they are told
    independently, above about 1e6 if a combination is hardly told, infinite if one is not at all.
    Tables of which only sums are printed are left out.
    """
    fixed = problem.without_random_intercept()
    shares, slopes = _rung_slopes(fixed, start_vector(fixed))
    information = np.zeros((slopes.shape[2],) * 2)
    for stratum in strata(problem.observations):
        rungs = stratum.weights @ shares[stratum.points]
        by_rung = np.einsum("p,pkr->kr", stratum.weights, slopes[stratum.points])
        for block in map(list, stratum.blocks):
            slope = by_rung[block].sum(axis=0)
            information += stratum.counts.sum() * np.outer(slope, slope) / rungs[block].sum()
    scale = np.sqrt(np.diag(information))
    if not np.all(scale > 0):
        return np.inf
    values = np.linalg.eigvalsh(information / np.outer(scale, scale))
    return float(values[-1] / values[0]) if values[0] > 1e-14 * values[-1] else np.inf


def _rung_slopes(problem: Problem, vector: Array) -> tuple[Array, Array]:
    """Return ``P(rung)`` at every point, and its derivatives: points x rungs (x parameters)."""
    design, link = problem.design, problem.marginal.conditional.link
    edges = design.edges(vector, np.zeros((len(problem.observations.forces), 1)))
    values = edges.values[:, :, 0]
    points, cuts = values.shape
    below, above = link.tails(values)
    at_point, at_cut = np.divmod(np.arange(points * cuts), cuts)
    density = np.exp(link.log_density(values, below, above)).ravel()
    rows = design.rows(edges, at_point, at_cut, 0) * density[:, None]
    rows = rows.reshape(points, cuts, -1)
    nothing = np.zeros((points, 1, rows.shape[2]))
    shares = np.diff(np.exp(below), axis=1, prepend=0.0, append=1.0)
    return shares, np.diff(rows, axis=1, prepend=nothing, append=nothing)


# ---- shorter ladders -------------------------------------------------------------------------


@dataclass(frozen=True)
class MergedResponse:
    """A model on a shorter ladder, the frame in its terms, and what was merged.

    Attributes
    ----------
    model : CumulativeLinkModel
        On a ladder whose merged rungs are called by their members, joined with ``+``.
    frame : DataFrame
        Its response in terms of that ladder.
    merged : DataFrame
        One row per threshold that went: ``threshold, groups, separated_by``; usually empty.
    """

    model: CumulativeLinkModel
    frame: pd.DataFrame
    merged: pd.DataFrame


def merge_thin(
    model: CumulativeLinkModel,
    frame: pd.DataFrame,
    *,
    weights: str = "",
    composition: Compositions | None = None,
    minimum_groups: int | None = None,
) -> MergedResponse:
    """Merge the rungs on the two sides of every threshold that too few groups separate.

    The threshold of fewest groups goes first (of several the lowest), and what the others have is
    counted again: a cell beside a merged rung separates what lies beyond it. A rung that nobody
    reaches is merged with the next one.

    Parameters
    ----------
    model : CumulativeLinkModel
    frame : DataFrame
    weights, composition
        As of `CumulativeLinkModel.fit`.
    minimum_groups : int, optional
        By default two, or one where the model has no groups.

    Raises
    ------
    UsageError
        For a minimum below one, or above one without groups.
    NotIdentifiedError
        If no threshold remains.
    """
    least = (2 if model.groups else 1) if minimum_groups is None else minimum_groups
    if least < 1 or (least > 1 and not model.groups):
        raise UsageError(
            f"minimum_groups is {least}; it must be at least 1, and 1 where the model has no groups"
        )
    seen = model.observe(frame, weights, composition)
    runs, gone = _merged_runs(seen, least)
    merged = pd.DataFrame(gone, columns=["threshold", "groups", "separated_by"])
    names = {place: _run_name(seen.ladder, run) for run in runs for place in run}
    ladder = tuple(dict.fromkeys(names.values()))
    response = _mapped(frame[model.response], seen.ladder, names)
    return MergedResponse(
        replace(model, ladder=ladder), frame.assign(**{model.response: response}), merged
    )


def _merged_runs(
    seen: Observations, least: int
) -> tuple[tuple[Run, ...], list[tuple[str, int, str]]]:
    """Return the runs of rungs that stay together, and the thresholds that went."""
    stated = {
        (rungs, int(force))
        for rungs, force, count in zip(rung_sets(seen), seen.cell_force, seen.count, strict=True)
        if count > 0
    }
    runs: tuple[Run, ...] = tuple((place,) for place in range(len(seen.ladder)))
    gone: list[tuple[str, int, str]] = []
    while True:
        groups = [_groups_at(stated, runs, cut) for cut in range(len(runs) - 1)]
        cut = _thinnest(stated, runs, groups, least)
        if cut is None:
            return runs, gone
        name = f"{_run_name(seen.ladder, runs[cut])}|{_run_name(seen.ladder, runs[cut + 1])}"
        by = ", ".join(seen.forces[force] for force in sorted(groups[cut]))
        gone.append((name, len(groups[cut]), by))
        if len(runs) == 2:
            raise NotIdentifiedError(
                f"no threshold of {', '.join(seen.ladder)} is separated by {least} group(s): "
                "nothing is left to compare"
            )
        runs = (*runs[:cut], runs[cut] + runs[cut + 1], *runs[cut + 2 :])


def _thinnest(
    stated: set[tuple[Run, int]], runs: tuple[Run, ...], groups: Sequence[set[int]], least: int
) -> int | None:
    """Return the threshold to merge: that of fewest groups, or beside a run nobody reaches."""
    cut = min(range(len(groups)), key=lambda place: len(groups[place]))
    if len(groups[cut]) < least:
        return cut
    reached = set().union(*(rungs for rungs, _ in stated))
    empty = [place for place, run in enumerate(runs) if not reached & set(run)]
    return min(empty[0], len(runs) - 2) if empty else None


def _groups_at(stated: set[tuple[Run, int]], runs: tuple[Run, ...], cut: int) -> set[int]:
    """Return the groups that separate the threshold above a run."""
    below, above = set(itertools.chain(*runs[: cut + 1])), set(itertools.chain(*runs[cut + 1 :]))
    return {
        force
        for rungs, force in stated
        if (set(rungs) <= below and set(rungs) & set(runs[cut]))
        or (set(rungs) <= above and set(rungs) & set(runs[cut + 1]))
    }


def _run_name(ladder: tuple[str, ...], run: Run) -> str:
    return "+".join(str(ladder[place]) for place in run)


def _mapped(column: pd.Series, ladder: tuple[str, ...], names: Mapping[int, str]) -> pd.Series:
    """Return a response in terms of a shorter ladder; what is not stated stays so."""
    rungs = [str(rung) for rung in ladder]

    def shorter(value: str) -> str:
        parts = [value] if value in rungs else [part.strip() for part in value.split(SEVERAL)]
        places = sorted(rungs.index(part) for part in parts)
        return SEVERAL.join(dict.fromkeys(names[place] for place in places))

    known = {value: shorter(str(value)) for value in column.dropna().unique()}
    return column.astype(object).map(known)
