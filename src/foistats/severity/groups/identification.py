"""What the statements can tell: thresholds and roles that are separated, and those that are not.

A cell *separates* threshold *k* when its rungs lie wholly on one side of it and include the rung
next to it. Only then does the threshold enter the probability of the cell: a cell with rungs on
both sides adds them up, and the threshold cancels; a cell further away is bounded by other
thresholds. A force separates a threshold when one of its cells does.

That is a count, and necessary. What is sufficient is checked as a rank: the derivatives of the
expected counts of all cells must be linearly independent.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from foistats.errors import NotIdentifiedError
from foistats.severity.engine.links import link_named
from foistats.severity.groups.case_groups import CaseGroup, CaseSpace, Cell
from foistats.severity.groups.expectation import expected_counts

Array: TypeAlias = NDArray[Any]

ALL_ROLES = "(all)"
"""The `role` of the rows of `identifiability` that do not look at roles."""


def separates(cell: Cell, ladder: Sequence[str], threshold: int) -> bool:
    """Whether the cell separates the threshold between rungs `threshold` and the next one.

    Examples
    --------
    >>> ladder = ("none", "warning", "left")
    >>> separates(Cell(frozenset({"staff"}), frozenset({"warning", "left"}), 3, 3), ladder, 0)
    True
    >>> separates(Cell(frozenset({"staff"}), frozenset({"left"}), 3, 3), ladder, 0)
    False
    """
    below, above = frozenset(ladder[: threshold + 1]), frozenset(ladder[threshold + 1 :])
    next_below, next_above = ladder[threshold], ladder[threshold + 1]
    return (cell.rungs <= below and next_below in cell.rungs) or (
        cell.rungs <= above and next_above in cell.rungs
    )


def identifiability(
    groups: Sequence[CaseGroup], ladder: Sequence[str], roles: Sequence[str]
) -> pd.DataFrame:
    """Return what separates each threshold, over all roles and for each role by itself.

    Returns
    -------
    DataFrame
        One row per threshold, then one per role and threshold: ``threshold, role, statements,
        cases, forces, separated_by``. Cells without cases are not counted; an interval counts with
        its lower end. A role's row counts the cells of that role alone.
    """
    rows = [
        _separation(groups, ladder, threshold, role)
        for role in (ALL_ROLES, *roles)
        for threshold in range(len(ladder) - 1)
    ]
    columns = ["threshold", "role", "statements", "cases", "forces", "separated_by"]
    return pd.DataFrame(rows, columns=columns)


def _separation(
    groups: Sequence[CaseGroup], ladder: Sequence[str], threshold: int, role: str
) -> tuple[str, str, int, int, int, str]:
    found = [
        (group, cell)
        for group, cell in _cells_with_cases(groups)
        if separates(cell, ladder, threshold) and role in (ALL_ROLES, *_only_role(cell))
    ]
    forces = sorted({group.force for group, _ in found})
    cases = sum(cell.n_low for _, cell in found)
    name = f"{ladder[threshold]}|{ladder[threshold + 1]}"
    return name, role, len(found), cases, len(forces), ", ".join(forces)


def _only_role(cell: Cell) -> frozenset[str]:
    return cell.roles if len(cell.roles) == 1 else frozenset()


def _cells_with_cases(groups: Iterable[CaseGroup]) -> Iterator[tuple[CaseGroup, Cell]]:
    for group in groups:
        for cell in itertools.chain.from_iterable(group.partitions):
            if cell.n_high > 0:
                yield group, cell


def require_identified(
    groups: Sequence[CaseGroup], space: CaseSpace, *, random_intercept: bool
) -> None:
    """Refuse to fit what the statements cannot tell.

    Raises
    ------
    NotIdentifiedError
        Naming every threshold that nothing separates; rungs without cases; roles that do not
        occur, or never apart from each other; roles wholly at one end of the ladder; a random
        intercept with too few forces; and combinations of parameters that cancel.
    """
    faults = [
        *_threshold_faults(groups, space),
        *_role_faults(groups, space),
        *_end_faults(groups, space),
    ]
    faults = faults or _rank_faults(groups, space, random_intercept=random_intercept)
    if faults:
        raise NotIdentifiedError("; ".join(faults))


def _threshold_faults(groups: Sequence[CaseGroup], space: CaseSpace) -> Iterator[str]:
    table = identifiability(groups, space.ladder, ())
    open_thresholds = table.loc[table["statements"] == 0, "threshold"]
    if len(open_thresholds):
        yield (
            f"no statement separates {', '.join(open_thresholds)}: merge the rungs on its two "
            "sides (merge_thin_thresholds does it)"
        )
    reached = frozenset().union(*(cell.rungs for _, cell in _cells_with_cases(groups)))
    empty = [rung for rung in space.ladder if rung not in reached]
    if empty and not len(open_thresholds):
        yield f"no case at {', '.join(empty)}: merge it with a neighbouring rung"


def _role_faults(groups: Sequence[CaseGroup], space: CaseSpace) -> Iterator[str]:
    sets = {
        cell.roles
        for group, cell in _cells_with_cases(groups)
        if len(group.partitions) > 1 or 0 < len(cell.rungs) < len(space.ladder)
    }
    absent = [role for role in space.roles if not any(role in found for found in sets)]
    if absent:
        yield f"no case with an outcome can have the role {', '.join(absent)}: leave it out"
    for one, other in itertools.combinations(space.roles, 2):
        apart = any((one in found) != (other in found) for found in sets)
        if not apart and not {one, other} & set(absent):
            yield f"the roles {one} and {other} never occur apart from each other: pool them"


def _end_faults(groups: Sequence[CaseGroup], space: CaseSpace) -> Iterator[str]:
    """Name roles whose every case may lie at one end: their likelihood rises without end."""
    for role in space.roles:
        held = [cell.rungs for cell in _cells_of_role(groups, role) if cell.rungs]
        for end in (space.ladder[0], space.ladder[-1]):
            if held and all(end in rungs for rungs in held):
                yield (
                    f"every case that can be {role} can be at '{end}', so that its estimate runs "
                    "to infinity: pool the role with another, or leave it out and say so"
                )


def _cells_of_role(groups: Sequence[CaseGroup], role: str) -> Iterator[Cell]:
    for group in groups:
        cells = [
            [cell for cell in partition if role in cell.roles and cell.n_high > 0]
            for partition in group.partitions
        ]
        if all(cells):
            yield from itertools.chain.from_iterable(cells)


def _rank_faults(
    groups: Sequence[CaseGroup], space: CaseSpace, *, random_intercept: bool
) -> list[str]:
    """Compare the rank of the expected counts' derivatives with the number of parameters."""
    common, by_force = _sensitivities(groups, space)
    values, vectors = np.linalg.svd(common, full_matrices=True)[1:]
    rank = int(np.sum(values > 1e-6 * values[0]))
    ladder = space.ladder
    terms = [f"{a}|{b}" for a, b in itertools.pairwise(ladder)] + list(space.roles[1:])
    if rank < len(terms):
        cancel = np.abs(vectors[rank:]).max(axis=0) > 1e-4
        named = ", ".join(term for term, bad in zip(terms, cancel, strict=True) if bad)
        return [f"the expected counts do not tell {named} apart: merge rungs or pool roles"]
    if not random_intercept:
        return []
    informative = np.linalg.norm(by_force, axis=0) > 1e-10
    forces = int(informative.sum())
    within = np.linalg.matrix_rank(np.hstack([common, by_force[:, informative]]), tol=1e-6)
    between = len(terms) + forces - 1 - int(within)
    if forces - 1 - between >= 1:
        return []
    return [
        f"{forces} force(s) with outcomes, of which {between + 1} degree(s) of freedom are used "
        "between forces, leave nothing to estimate how forces differ: "
        "leave out groups=, and say that forces are taken as equal"
    ]


def _sensitivities(groups: Sequence[CaseGroup], space: CaseSpace) -> tuple[Array, Array]:
    """Return the derivatives of all expected counts (scaled to unit variance), by differences.

    At a point without symmetry: evenly spread thresholds, coefficients of alternating sign. First
    by thresholds and coefficients, then by a shift of each force.
    """
    cuts, others = len(space.ladder) - 1, len(space.roles) - 1
    thresholds = link_named("logit").quantile(np.arange(1, cuts + 1) / (cuts + 1))
    coefficients = np.array([0.4 * (-1) ** place * (1 + place / 7) for place in range(others)])
    point = np.concatenate([thresholds, coefficients, [0.0]])
    steps = 1e-5 * np.eye(len(point))
    middle, above, below = (
        np.stack([_rung_shares(at, cuts) for at in np.atleast_2d(points)])
        for points in (point, point + steps, point - steps)
    )
    forces = sorted({group.force for group in groups})
    common, by_force = [np.zeros((0, len(point) - 1))], [np.zeros((0, len(forces)))]
    for group in groups:
        expected = expected_counts(group, middle, space).T
        scale = np.sqrt(np.maximum(expected, 1e-300))
        change = expected_counts(group, above, space) - expected_counts(group, below, space)
        slopes = change.T / 2e-5 / scale
        common.append(slopes[:, :-1])
        by_force.append(slopes[:, -1:] * (np.array(forces) == group.force))
    return np.vstack(common), np.vstack(by_force)


def _rung_shares(point: Array, cuts: int) -> Array:
    """Return ``P(rung | role)`` of a logit model, roles x rungs; the last entry shifts them all."""
    location = np.concatenate([[0.0], point[cuts:-1]]) + point[-1]
    below = special.expit(point[:cuts] - location[:, None])
    return np.diff(below, axis=1, prepend=0.0, append=1.0)
