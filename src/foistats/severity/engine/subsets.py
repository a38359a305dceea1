"""The observations of some forces only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from foistats.severity.engine.conditional import ConditionalLikelihood
from foistats.severity.engine.design import Columns
from foistats.severity.engine.fitting import Problem
from foistats.severity.engine.observations import AtomList, Observations

Array: TypeAlias = NDArray[Any]


def of_forces(observations: Observations, forces: Sequence[int]) -> Observations:
    """Return the observations of some forces, given by their places.

    Levels of covariates that none of them has are dropped. The constant of the log-likelihood is
    not known force by force and set to zero.
    """
    seen, kept = observations, np.array(sorted(forces), dtype=np.intp)
    points = points_of(seen, kept)
    cells = np.flatnonzero(np.isin(seen.cell_force, kept))
    new_cell = np.full(len(seen.count) + 1, -1)  # the last entry maps -1 to itself
    new_cell[cells] = np.arange(len(cells))
    new_point = np.full(len(seen.points), -1)
    new_point[points] = np.arange(len(points))
    atoms, used = seen.atoms, np.isin(seen.atoms.cell, cells)
    return replace(
        seen,
        forces=tuple(seen.forces[force] for force in kept),
        points=_without_unused_levels(seen.points.iloc[points].reset_index(drop=True)),
        point_force=np.searchsorted(kept, seen.point_force[points]),
        atoms=AtomList(
            new_cell[atoms.cell[used]],
            new_point[atoms.point[used]],
            atoms.lower[used],
            atoms.upper[used],
            atoms.log_weight[used],
        ),
        count=seen.count[cells],
        cell_force=np.searchsorted(kept, seen.cell_force[cells]),
        cases=seen.cases[kept],
        tables=tuple(
            replace(
                table, force=int(np.searchsorted(kept, table.force)), cells=new_cell[table.cells]
            )
            for table in seen.tables
            if table.force in kept
        ),
        constant=0.0,
    )


def points_of(observations: Observations, forces: Sequence[int] | Array) -> NDArray[np.intp]:
    """Return the places of the points of some forces."""
    return np.flatnonzero(np.isin(observations.point_force, forces))


def problem_of_force(problem: Problem, force: int) -> Problem:
    """Return the same problem, its parameters too, for the data of one force."""
    points = points_of(problem.observations, [force])
    conditional, design = problem.marginal.conditional, problem.design
    alone = replace(
        design,
        nominal=Columns(design.nominal.dense[points]),
        location=Columns(design.location.dense[points]),
        scale=Columns(design.scale.dense[points]),
        begin=np.array([0, len(points)]),
    )
    seen = of_forces(problem.observations, [force])
    likelihood = ConditionalLikelihood(conditional.link, alone, seen)
    return replace(problem, marginal=replace(problem.marginal, conditional=likelihood))


def _without_unused_levels(points: pd.DataFrame) -> pd.DataFrame:
    for name in points.columns:
        if isinstance(points[name].dtype, pd.CategoricalDtype):
            points[name] = points[name].cat.remove_unused_categories()
    return points
