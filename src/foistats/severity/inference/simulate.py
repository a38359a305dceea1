"""New counts for the same cells, drawn from a fitted model.

Every force gets a new intercept from ``N(0, sigma^2)``, every case a new outcome given its point.
What would have been printed of it follows the form in which it was printed: a case of an outcome
set *S* is again in *S* if its new rung is there, and else in the set of the form that holds the new
rung. The form is read off the sets that one force printed for the same points:

- where those sets are disjoint they are the form, and rungs in none of them stand by themselves;
- where they overlap, every case keeps its own form: the set *S*, and the single rungs outside it.

Either way the form does not depend on the new outcome, which is coarsening at random (Heitjan and
Rubin 1991). Where few cases share their points the sets may be disjoint by chance, and the form
looks coarser than it was: simulated data then say a little less than real ones, not more.

A covariate that was open stays open, its level drawn from the weights of its composition. Of a
group of cases with two partitions the one that leaves outcomes open (the role counts, say) is kept,
the inside is drawn anew and summed into the other; where counts were intervals the expected ones,
rounded, take their place. Outcomes not stated stay so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from foistats.errors import UsageError
from foistats.severity.engine.conditional import ConditionalLikelihood
from foistats.severity.engine.fitting import Problem
from foistats.severity.engine.integer_tables import Interval, plan_tables, table_moments
from foistats.severity.engine.observations import (
    AtomList,
    CellTable,
    Indices,
    Observations,
    runs_of,
)

if TYPE_CHECKING:
    from foistats.severity.results import SeverityFit

Array: TypeAlias = NDArray[Any]
Points: TypeAlias = tuple[tuple[int, float], ...]
"""Points with the logarithms of their weights."""
Rungs: TypeAlias = tuple[int, ...]


@dataclass(frozen=True, order=True)
class CellForm:
    """What is known of the cases of a cell: some points and some rungs of one force.

    Attributes
    ----------
    force : int
    points : tuple of pairs
        The points, each with its log weight.
    rungs : tuple of int
        Counted from 0.
    """

    force: int
    points: Points
    rungs: Rungs

    def holds(self, point: int) -> bool:
        """Whether a case of the cell can be at a point."""
        return any(point == at for at, _ in self.points)


def simulate(fit: SeverityFit, generator: np.random.Generator) -> Observations:
    """Return new observations from a fit, with the cell structure of the data.

    Parameters
    ----------
    fit : SeverityFit
    generator : numpy Generator

    Returns
    -------
    Observations
        For `CumulativeLinkModel.fit_observations`; its ``constant`` is zero.

    Raises
    ------
    UsageError
        If the data's weights are no whole numbers of cases.
    ModelError
        If a drawn table is too large to be summed over.
    """
    problem = fit.solution.problem
    return Simulator(problem).draw(problem, fit.solution.vector, generator)


def with_observations(problem: Problem, observations: Observations) -> Problem:
    """Return the same problem for other counts at the same points."""
    conditional = replace(problem.marginal.conditional, observations=observations)
    return replace(problem, marginal=replace(problem.marginal, conditional=conditional))


@dataclass(frozen=True)
class Simulator:
    """Draws new counts for the cells of a problem, again and again.

    Attributes
    ----------
    problem : Problem
    """

    problem: Problem

    def __post_init__(self) -> None:
        count = self.observations.count
        broken = np.flatnonzero(count != np.round(count))
        if len(broken):
            raise UsageError(
                f"a cell has {count[broken[0]]:g} cases: only whole numbers of cases can be "
                "simulated; fit without such weights"
            )

    @property
    def observations(self) -> Observations:
        """What was observed."""
        return self.problem.observations

    def draw(self, problem: Problem, vector: Array, generator: np.random.Generator) -> Observations:
        """Return new observations.

        Parameters
        ----------
        problem : Problem
            Whose parameters the vector holds: that of the simulator, with or without its random
            intercept.
        vector : array
        generator : numpy Generator
        """
        conditional = problem.marginal.conditional
        standard = np.zeros((len(self.observations.forces), 1))
        if conditional.design.random_intercept:
            standard = generator.standard_normal(standard.shape)
        probability = rung_shares(conditional, vector, standard)
        build = _Counts(self.observations)
        self._counted.draw(probability, build, generator)
        for form in self._tables:
            form.draw(conditional, vector, probability, build, generator)
        return build.observations()

    @cached_property
    def _counted(self) -> _CountedCells:
        in_tables = np.zeros(len(self.observations.count), dtype=bool)
        for table in self.observations.tables:
            in_tables[table.cells[table.cells >= 0]] = True
        chosen = np.flatnonzero(~in_tables & (self.observations.count > 0))
        forms = self._forms
        return _counted_cells(
            [forms[cell] for cell in chosen], self.observations.count[chosen], len(self._ladder)
        )

    @property
    def _ladder(self) -> tuple[str, ...]:
        return self.observations.ladder

    @cached_property
    def _forms(self) -> list[CellForm]:
        return cell_forms(self.observations)

    @cached_property
    def _tables(self) -> list[_TableForm]:
        forms = self._forms
        return [
            _TableForm(
                table,
                [[forms[cell] if cell >= 0 else None for cell in row] for row in table.cells],
                len(self._ladder),
            )
            for table in self.observations.tables
        ]


def rung_shares(conditional: ConditionalLikelihood, vector: Array, intercepts: Array) -> Array:
    """Return the probability of every rung at every point: points x rungs.

    Parameters
    ----------
    conditional : ConditionalLikelihood
    vector : array
        Parameters.
    intercepts : array, forces x 1
        Standard normal.
    """
    values = conditional.design.edges(vector, intercepts).values[:, :, 0]
    below = np.pad(conditional.link.cdf(values), ((0, 0), (1, 1)), constant_values=(0.0, 1.0))
    shares = np.maximum(np.diff(below, axis=1), 0.0)
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def cell_forms(observations: Observations) -> list[CellForm]:
    """Return what is known of the cases of every cell, by its number."""
    atoms = observations.atoms
    points: list[dict[int, float]] = [{} for _ in observations.count]
    rungs: list[set[int]] = [set() for _ in observations.count]
    for cell, point, lower, upper, weight in zip(
        atoms.cell.tolist(),
        atoms.point.tolist(),
        atoms.lower.tolist(),
        atoms.upper.tolist(),
        atoms.log_weight.tolist(),
        strict=True,
    ):
        points[cell][point] = weight
        rungs[cell].update(range(lower, upper))
    return [
        CellForm(int(force), tuple(sorted(at.items())), tuple(sorted(held)))
        for force, at, held in zip(observations.cell_force, points, rungs, strict=True)
    ]


# ---- cells with counts -----------------------------------------------------------------------


@dataclass(frozen=True)
class _CountedCells:
    """Cells with the forms that their cases can take when drawn anew.

    `target` (cells x rungs) is the place among `forms` where a case of the cell goes with each
    rung; `entry_*` are the points of the cells with their shares.
    """

    count: Indices
    forms: Sequence[CellForm]
    target: Indices
    entry_cell: Indices
    entry_point: Indices
    entry_share: Array

    def draw(self, probability: Array, build: _Counts, generator: np.random.Generator) -> None:
        """Add the cells drawn anew."""
        if not len(self.count):
            return
        drawn = generator.multinomial(self.count, self._mixed(probability))
        totals = np.bincount(self.target.ravel(), drawn.ravel(), minlength=len(self.forms))
        for place in np.flatnonzero(totals).tolist():
            build.add(self.forms[place], totals[place])

    def _mixed(self, probability: Array) -> Array:
        """Return the probability of every rung for the cases of every cell: cells x rungs."""
        result = np.zeros((len(self.count), probability.shape[1]))
        rows = self.entry_share[:, None] * probability[self.entry_point]
        np.add.at(result, self.entry_cell, rows)
        return np.asarray(result / result.sum(axis=1, keepdims=True))


def _counted_cells(forms: Sequence[CellForm], count: Array, rungs: int) -> _CountedCells:
    printed: dict[tuple[int, Points], set[Rungs]] = {}
    for form in forms:
        printed.setdefault((form.force, form.points), set()).add(form.rungs)
    shared = {unit: _own_form(sets, rungs) for unit, sets in printed.items()}
    places: dict[CellForm, int] = {}
    target = np.empty((len(forms), rungs), dtype=np.intp)
    for row, form in enumerate(forms):
        sets = shared[form.force, form.points] or _own_form({form.rungs}, rungs) or {}
        for rung in range(rungs):
            reached = replace(form, rungs=sets[rung])
            target[row, rung] = places.setdefault(reached, len(places))
    points = [point for form in forms for point, _ in form.points]
    shares = np.exp([weight for form in forms for _, weight in form.points])
    cell = np.repeat(np.arange(len(forms)), [len(form.points) for form in forms])
    whole = np.round(count).astype(np.int64)
    return _CountedCells(whole, list(places), target, cell, np.array(points, dtype=np.intp), shares)


def _own_form(sets: Iterable[Rungs], rungs: int) -> dict[int, Rungs] | None:
    """Return the set in which each rung is printed; None where the sets overlap."""
    held: dict[int, Rungs] = {}
    for members in sets:
        if any(rung in held for rung in members):
            return None
        held.update(dict.fromkeys(members, members))
    return {rung: held.get(rung, (rung,)) for rung in range(rungs)}


# ---- tables ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _TableForm:
    """A table, with what its entries say of their cases.

    `entries` holds the form of each entry, None where no case can be; rows first.
    """

    table: CellTable
    entries: list[list[CellForm | None]]
    rungs: int

    def draw(
        self,
        conditional: ConditionalLikelihood,
        vector: Array,
        probability: Array,
        build: _Counts,
        generator: np.random.Generator,
    ) -> None:
        """Add the table drawn anew."""
        forces = len(conditional.observations.forces)
        expected = self._expected(rung_shares(conditional, vector, np.zeros((forces, 1))))
        if len(self.entries) == 1:
            cells = self._single_partition(np.round(expected[0]))
            cells.draw(probability, build, generator)
            return
        entries = self.entries
        columns = [list(column) for column in zip(*entries, strict=True)]
        if self._open(columns) and not self._open(entries):
            entries, expected = columns, expected.T
        counts, entries = self._redrawn(entries, expected, probability, generator)
        build.add_table(self.table, entries, counts)

    def _open(self, margin: Sequence[Sequence[CellForm | None]]) -> bool:
        """Whether the cells of a partition leave the outcome open."""
        return all(len(_joined(forms).rungs) == self.rungs for forms in margin)

    def _expected(self, probability: Array) -> Array:
        """Return the expected inside of the table given its statements: rows x columns."""
        log_cells = np.zeros((*self.table.cells.shape, 1))
        for i, j, form in self._present():
            share = sum(
                np.exp(weight) * probability[point, list(form.rungs)].sum()
                for point, weight in form.points
            )
            log_cells[i, j] = np.log(max(float(share), 1e-300))
        moments = table_moments(self.table.steps, log_cells)
        return moments.mean[:, 0].reshape(self.table.cells.shape)

    def _present(self) -> Iterator[tuple[int, int, CellForm]]:
        for i, row in enumerate(self.entries):
            for j, form in enumerate(row):
                if form is not None:
                    yield i, j, form

    def _single_partition(self, counts: Array) -> _CountedCells:
        """Return the cells of a partition whose counts were intervals; unstated ones left out."""
        kept = [
            (form, counts[j])
            for _, j, form in self._present()
            if counts[j] and len(form.rungs) < self.rungs
        ]
        return _counted_cells(
            [form for form, _ in kept], np.array([count for _, count in kept]), self.rungs
        )

    def _redrawn(
        self,
        entries: list[list[CellForm | None]],
        expected: Array,
        probability: Array,
        generator: np.random.Generator,
    ) -> tuple[NDArray[np.int64], list[list[CellForm | None]]]:
        """Keep the totals of the rows and draw which columns their cases are in.

        After the columns of the table come single rungs, for cases that no column allows.
        """
        rows = [_joined(forms) for forms in entries]
        width = expected.shape[1]
        unstated = [self._open([column]) for column in zip(*entries, strict=True)]
        drawn = np.zeros((len(rows), width + self.rungs), dtype=np.int64)
        for column in np.flatnonzero(unstated):
            drawn[:, column] = _rounded(expected[:, column])
        totals = np.round(expected.sum(axis=1)).astype(np.int64) - drawn.sum(axis=1)
        extended: list[list[CellForm | None]] = [
            [*forms, *(replace(row, rungs=(rung,)) for rung in range(self.rungs))]
            for forms, row in zip(entries, rows, strict=True)
        ]
        for i, row in enumerate(rows):
            if not row.points:
                continue
            places = self._places(extended[i], row, [*unstated, *[False] * self.rungs])
            shares = np.array([np.exp(weight) * probability[at] for at, weight in row.points])
            shares[:, [rung for rung in range(self.rungs) if rung not in row.rungs]] = 0.0
            flat = shares.ravel() / shares.sum()
            counts = generator.multinomial(max(int(totals[i]), 0), flat)
            np.add.at(drawn[i], places, counts)
        used = [j for j in range(drawn.shape[1]) if j < width or drawn[:, j].any()]
        return drawn[:, used], [[row[j] for j in used] for row in extended]

    def _places(
        self, forms: Sequence[CellForm | None], row: CellForm, closed: Sequence[bool]
    ) -> list[int]:
        """Return the first column open to the cases of each point of a row and each rung."""
        return [
            next(
                place
                for place, form in enumerate(forms)
                if form and not closed[place] and rung in form.rungs and form.holds(point)
            )
            for point, _ in row.points
            for rung in range(self.rungs)
        ]


def _joined(forms: Iterable[CellForm | None]) -> CellForm:
    """Return the points and rungs that any of the forms has."""
    present = [form for form in forms if form is not None]
    points = {point: weight for form in present for point, weight in form.points}
    rungs = {rung for form in present for rung in form.rungs}
    force = present[0].force if present else 0
    return CellForm(force, tuple(sorted(points.items())), tuple(sorted(rungs)))


def _rounded(expected: Array) -> NDArray[np.int64]:
    """Return whole numbers near the expected ones, with the same rounded total."""
    whole = np.floor(expected).astype(np.int64)
    missing = int(np.round(expected.sum())) - int(whole.sum())
    largest = np.argsort(whole - expected, kind="stable")
    whole[largest[:missing]] += 1
    return whole


# ---- new observations ------------------------------------------------------------------------


@dataclass
class _Counts:
    """Collects the cells and tables of new observations."""

    old: Observations
    forms: list[CellForm] = field(default_factory=list)
    count: list[float] = field(default_factory=list)
    tables: list[CellTable] = field(default_factory=list)

    def add(self, form: CellForm, count: float) -> int:
        """Add a cell."""
        self.forms.append(form)
        self.count.append(float(count))
        return len(self.count) - 1

    def add_table(
        self,
        table: CellTable,
        entries: Sequence[Sequence[CellForm | None]],
        counts: NDArray[np.int64],
    ) -> None:
        """Add a table of which only the totals of the drawn counts are known."""
        cells = np.array(
            [[self.add(form, 0.0) if form else -1 for form in row] for row in entries],
            dtype=np.intp,
        )
        steps = plan_tables(
            [Interval(int(n), int(n)) for n in counts.sum(axis=1)],
            [Interval(int(n), int(n)) for n in counts.sum(axis=0)],
            possible=cells >= 0,
            off_ladder=0,
        )
        self.tables.append(CellTable(table.name, table.force, cells, steps))

    def observations(self) -> Observations:
        """Return what was collected."""
        atoms = [
            (cell, point, lower, upper, weight)
            for cell, form in enumerate(self.forms)
            for point, weight in form.points
            for lower, upper in runs_of(form.rungs)
        ]
        cell, point, lower, upper, weight = (np.array(part) for part in zip(*atoms, strict=True))
        return replace(
            self.old,
            atoms=AtomList(cell, point, lower, upper, weight.astype(float)),
            count=np.array(self.count),
            cell_force=np.array([form.force for form in self.forms], dtype=np.intp),
            tables=tuple(self.tables),
            constant=0.0,
        )
