"""Worst-case bounds: what the counts alone say, whatever the unknown outcomes and roles are.

A case whose outcome is "a warning or nothing" may have had either, a case without a stated role any
role. Over every way to fill in what is not stated, each case on one rung and at one level, there is
a smallest and a largest share of cases above a threshold::

    share(level) = cases of the level above the threshold / cases of the level

No model, no randomness of any kind is assumed; the bounds are about these cases, and are not
confidence intervals. They are found by integer programming; a ratio whose denominator is open too,
by Dinkelbach's method: the largest of ``A - s N`` is zero at the largest ``s = A / N``.

Sources: Manski 2003; Dinkelbach 1967.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import optimize

from foistats.errors import ModelError, UsageError, did_you_mean
from foistats.highs import milp
from foistats.severity.engine.coded_columns import SEVERAL
from foistats.severity.engine.formula import require_columns
from foistats.severity.engine.separation import threshold_names
from foistats.severity.engine.statements import ROLE
from foistats.severity.groups.case_groups import (
    CaseGroup,
    CaseSpace,
    Cell,
    group_size,
    outcome_open,
)
from foistats.severity.groups.cells import SeverityData

Array: TypeAlias = NDArray[Any]

_MOST_PAIRS = 4_000
"""More pairs of denominators than this are not searched one by one."""

BELOW, ABOVE, OFF = 0, 1, 2
"""Where a case can be: at or below the threshold, above it, or off the ladder."""


@dataclass
class CasePlaces:
    """Unknown counts, each of cases at one level and on one side, and the sums that are known.

    Attributes
    ----------
    levels : tuple of str
    level, side : list of int
        Of each unknown count.
    sums : list of tuple
        The unknown counts that are added up, and the bounds of their sum.
    """

    levels: tuple[str, ...]
    level: list[int] = field(default_factory=list)
    side: list[int] = field(default_factory=list)
    sums: list[tuple[list[int], int, int]] = field(default_factory=list)

    def add(self, levels: Sequence[int], sides: Sequence[int]) -> list[int]:
        """Add an unknown count for every level and side; return their numbers."""
        first = len(self.level)
        for level, side in itertools.product(levels, sides):
            self.level.append(level)
            self.side.append(side)
        return list(range(first, len(self.level)))

    def counts_at(self, level: int) -> tuple[Array, Array]:
        """Return which unknowns are cases of a level on the ladder, and which lie above."""
        here = (np.array(self.level) == level) & (np.array(self.side) != OFF)
        return here.astype(float), (here & (np.array(self.side) == ABOVE)).astype(float)


def worst_case_shares(
    data: SeverityData | Sequence[CaseGroup],
    threshold: str,
    *,
    by: str = ROLE,
    ladder: Sequence[str] = (),
    levels: Sequence[str] = (),
) -> pd.DataFrame:
    """Return the smallest and the largest share of cases above a threshold, for every level.

    Parameters
    ----------
    data : SeverityData or sequence of CaseGroup
        That of a frame: ``[group_of_frame(frame, ...)]``.
    threshold : str
        The rungs on its two sides, as in `SeverityFit.thresholds`: ``"advice|warning"``.
    by : str
        What to call the covariate whose levels are compared.
    ladder, levels : sequence of str
        Of groups of cases that are no `SeverityData`: the rungs and the roles.

    Returns
    -------
    DataFrame
        One row per level: ``term, level, threshold, low, high, cases_low, cases_high, note``. A
        level that may have no case at all has the bounds of those fillings in which it has some.

    Raises
    ------
    UsageError
        For an unknown threshold, or if rungs and roles are missing.
    ModelError
        If no filling satisfies the statements.
    """
    places = _places(data, threshold, ladder, levels)
    rows = []
    for number, level in enumerate(places.levels):
        cases, _ = places.counts_at(number)
        least, most = (round(value) for value in _range(places, cases))
        low, high, note = _shares(places, number, least, most)
        rows.append((f"{by}={level}", level, threshold, low, high, least, most, note))
    columns = ["term", "level", "threshold", "low", "high", "cases_low", "cases_high", "note"]
    return pd.DataFrame(rows, columns=columns)


def worst_case_difference(
    data: SeverityData | Sequence[CaseGroup],
    threshold: str,
    level: str,
    reference: str,
    *,
    by: str = ROLE,
    ladder: Sequence[str] = (),
    levels: Sequence[str] = (),
) -> pd.DataFrame:
    """Return the smallest and the largest difference of two levels' shares above a threshold.

    Both shares are those of one filling, so the bounds can be narrower than the difference of the
    two shares' own bounds. Parameters and errors as of `worst_case_shares`.

    Returns
    -------
    DataFrame
        One row: ``term, level, reference, threshold, low, high, note``; ``note`` says where the
        bounds are only the differences of the shares' own.
    """
    places = _places(data, threshold, ladder, levels)
    one, other = (_level_number(places, name, by) for name in (level, reference))
    if one == other:
        raise UsageError(f"'{level}' is compared with itself; name two levels of {by}")
    low, high, note = _difference(places, one, other)
    term = f"{by}: {level} - {reference}"
    columns = ["term", "level", "reference", "threshold", "low", "high", "note"]
    return pd.DataFrame([(term, level, reference, threshold, low, high, note)], columns=columns)


def group_of_frame(
    frame: pd.DataFrame,
    *,
    response: str,
    by: str,
    ladder: Sequence[str],
    levels: Sequence[str],
    weights: str = "",
) -> CaseGroup:
    """Return the rows of a frame as one group of cases.

    Parameters
    ----------
    frame : DataFrame
    response, by : str
        The columns of the outcome and of the covariate. Several words are joined by ``|``; nothing
        means not stated.
    ladder, levels : sequence of str
        The rungs, and the levels of the covariate.
    weights : str
        A column of whole counts.

    Raises
    ------
    UsageError
        For a column that is missing, a word that is no rung or level, or a broken count.
    """
    require_columns([response, by, *filter(None, [weights])], list(frame.columns), what="the frame")
    counts = frame[weights] if weights else pd.Series(1, index=frame.index)
    cells = []
    for row, (outcome, level, count) in enumerate(
        zip(frame[response], frame[by], counts, strict=True)
    ):
        if count != int(count) or count < 0:
            raise UsageError(f"row {row}: a count of {count}; worst-case bounds need whole numbers")
        rungs = _words(outcome, ladder, f"row {row}, column '{response}'")
        cells.append(
            Cell(_words(level, levels, f"row {row}, column '{by}'"), rungs, *[int(count)] * 2)
        )
    return CaseGroup("frame", "frame", (tuple(cells),))


def _words(value: Any, allowed: Sequence[str], where: str) -> frozenset[str]:
    """Return the words of a value; all that are allowed if it states nothing."""
    if pd.isna(value) or not str(value).strip():
        return frozenset(allowed)
    words = [word.strip() for word in str(value).split(SEVERAL)]
    wrong = [word for word in words if word not in allowed]
    if wrong:
        raise UsageError(
            f"{where}: found '{wrong[0]}'{did_you_mean(wrong[0], allowed)} (allowed: "
            f"{', '.join(allowed)}, several joined by '{SEVERAL}')"
        )
    return frozenset(words)


# ---- what can be where ---------------------------------------------------------------------------


def _places(
    data: SeverityData | Sequence[CaseGroup],
    threshold: str,
    ladder: Sequence[str],
    levels: Sequence[str],
) -> CasePlaces:
    if isinstance(data, SeverityData):
        groups, ladder, levels = data.groups, data.ladder.ids, data.role_ids
    else:
        groups = tuple(data)
    if not ladder or not levels:
        raise UsageError("groups of cases need ladder= and levels=, their rungs and their roles")
    cut = _cut(tuple(ladder), threshold)
    space = CaseSpace(tuple(ladder), tuple(levels), (1 / len(levels),) * len(levels))
    places = CasePlaces(space.roles)
    for group in groups:
        _add_group(places, group, space, cut)
    return places


def _cut(ladder: Sequence[str], threshold: str) -> int:
    """Return how many rungs are at or below the threshold."""
    names = list(threshold_names(tuple(ladder)))
    if threshold not in names:
        raise UsageError(
            f"threshold '{threshold}'{did_you_mean(threshold, names)} (allowed: {', '.join(names)})"
        )
    return names.index(threshold) + 1


def _add_group(places: CasePlaces, group: CaseGroup, space: CaseSpace, cut: int) -> None:
    if len(group.partitions) == 1:
        cells = group.partitions[0]
        for cell in cells:
            inside = places.add(_roles(cell, space), _cell_sides(cell, space, cut))
            places.sums.append((inside, cell.n_low, cell.n_high))
        return
    rows, columns = group.partitions
    by_row: list[list[int]] = [[] for _ in rows]
    by_column: list[list[int]] = [[] for _ in columns]
    for (i, row), (j, column) in itertools.product(enumerate(rows), enumerate(columns)):
        roles = sorted(set(_roles(row, space)) & set(_roles(column, space)))
        sides = _shared_sides(row, rows, column, columns, space, cut)
        numbers = places.add(roles, sides)
        by_row[i] += numbers
        by_column[j] += numbers
    for cells, sums in ((rows, by_row), (columns, by_column)):
        for cell, numbers in zip(cells, sums, strict=True):
            places.sums.append((numbers, cell.n_low, cell.n_high))
    size = group_size(group)
    places.sums.append((list(itertools.chain(*by_row)), size.low, size.high))


def _roles(cell: Cell, space: CaseSpace) -> list[int]:
    return [number for number, role in enumerate(space.roles) if role in cell.roles]


def _cell_sides(cell: Cell, space: CaseSpace, cut: int) -> list[int]:
    if not cell.rungs:
        return [OFF]
    below = any(rung in cell.rungs for rung in space.ladder[:cut])
    above = any(rung in cell.rungs for rung in space.ladder[cut:])
    return [side for side, can in ((BELOW, below), (ABOVE, above)) if can]


def _shared_sides(
    row: Cell,
    rows: Sequence[Cell],
    column: Cell,
    columns: Sequence[Cell],
    space: CaseSpace,
    cut: int,
) -> list[int]:
    """Return the sides on which a case of both cells can lie."""
    if row.rungs and column.rungs:
        both = Cell(row.roles, row.rungs & column.rungs, 0, 0)
        return _cell_sides(both, space, cut) if both.rungs else []
    possible = (not row.rungs or outcome_open(row, tuple(rows), space)) and (
        not column.rungs or outcome_open(column, tuple(columns), space)
    )
    return [OFF] if possible else []


# ---- the smallest and the largest ------------------------------------------------------------


def _solve(
    places: CasePlaces, costs: Array, fixed: Sequence[tuple[Array, float, float]] = ()
) -> Array | None:
    """Return the filling of least cost, or None if there is none."""
    size = len(places.level)
    rows: list[Array] = []
    low: list[float] = []
    high: list[float] = []
    for numbers, smallest, largest in places.sums:
        row = np.zeros(size)
        row[numbers] = 1
        rows.append(row)
        low.append(float(smallest))
        high.append(float(largest))
    for row, least, most in fixed:
        rows.append(row)
        low.append(least)
        high.append(most)
    found = milp(
        costs,
        integrality=np.ones(size, dtype=int),
        bounds=optimize.Bounds(0, np.inf),
        constraints=optimize.LinearConstraint(np.array(rows), low, high),
    )
    if found.status == 2:
        return None
    if not found.success:
        raise ModelError(f"the solver gave up on the worst case: {found.message}")
    return np.asarray(np.round(found.x))


def _range(
    places: CasePlaces, row: Array, *fixed: tuple[Array, float, float]
) -> tuple[float, float]:
    """Return the smallest and the largest sum of some unknowns."""
    ends = []
    for sign in (1.0, -1.0):
        found = _solve(places, sign * row, fixed)
        if found is None:
            raise ModelError("no filling of the unknown counts satisfies all statements")
        ends.append(float(row @ found))
    return ends[0], ends[1]


def _shares(
    places: CasePlaces, level: int, least: int, most: int
) -> tuple[float | None, float | None, str]:
    if most == 0:
        return None, None, "no case can be at this level"
    cases, above = places.counts_at(level)
    low, high = (_best_ratio(places, above, cases, sign) for sign in (1.0, -1.0))
    return low, high, "" if least else "it may have no case at all"


def _best_ratio(places: CasePlaces, above: Array, cases: Array, sign: float) -> float:
    """Return the smallest (sign 1) or the largest (sign -1) ``above / cases``."""
    some = (cases, 1.0, np.inf)
    filling = _solve(places, sign * above, [some])
    while True:
        assert filling is not None
        ratio = float(above @ filling / (cases @ filling))
        filling = _solve(places, sign * (above - ratio * cases), [some])
        assert filling is not None
        if sign * float((above - ratio * cases) @ filling) >= -1e-7:
            return ratio


def _difference(places: CasePlaces, one: int, other: int) -> tuple[float | None, float | None, str]:
    """Return the bounds of the difference, for every pair of denominators in turn."""
    ranges = [_range(places, places.counts_at(level)[0]) for level in (one, other)]
    if min(most for _, most in ranges) == 0:
        return None, None, "no case can be at one of the levels"
    pairs = list(_pairs(places, one, other, ranges))
    if len(pairs) > _MOST_PAIRS:
        own = [
            _shares(places, n, *map(round, r)) for n, r in zip((one, other), ranges, strict=True)
        ]
        note = "bounds of each share taken apart: too many open cases to search"
        return own[0][0] - own[1][1], own[0][1] - own[1][0], note  # type: ignore[operator]
    (cases, above), (other_cases, other_above) = (places.counts_at(n) for n in (one, other))
    low, high = np.inf, -np.inf
    for n, m in pairs:
        fixed = [(cases, n, n), (other_cases, m, m)]
        difference = above / n - other_above / m
        for sign in (1.0, -1.0):
            filling = _solve(places, sign * difference, fixed)
            if filling is not None:
                value = float(difference @ filling)
                low, high = min(low, value), max(high, value)
    return low, high, ""


def _pairs(
    places: CasePlaces, one: int, other: int, ranges: Sequence[tuple[float, float]]
) -> Iterator[tuple[float, float]]:
    """Yield the pairs of numbers of cases that the two levels can have."""
    cases, other_cases = places.counts_at(one)[0], places.counts_at(other)[0]
    for n in np.arange(max(ranges[0][0], 1), ranges[0][1] + 1):
        given = (cases, float(n), float(n))
        if _solve(places, np.zeros(len(cases)), [given]) is None:
            continue
        least, most = _range(places, other_cases, given)
        for m in np.arange(max(least, 1), most + 1):
            yield float(n), float(m)


def _level_number(places: CasePlaces, name: str, by: str) -> int:
    if name not in places.levels:
        raise UsageError(
            f"no level '{name}' of {by}{did_you_mean(name, places.levels)} (allowed: "
            f"{', '.join(places.levels)})"
        )
    return places.levels.index(name)
