"""The claims as one problem in whole numbers, settled by SciPy's HiGHS and checked exactly."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
from scipy import sparse

from foistats.claims.evaluation import Evaluation
from foistats.claims.ordering import guess_order, implied_rows
from foistats.claims.pieces import LATE, LOST, NONE, Memory, ask, settle_pieces
from foistats.claims.propagation import EXACT, Clash, propagate, tighten
from foistats.claims.quantities import Few, Placed, Requirement, Shared, Sum
from foistats.claims.rows import Row, Unknowns
from foistats.errors import FoistatsError

#: With multiples above this, that there is no solution is asked again without reformulation.
LARGE = 1e5


class UnsettledError(FoistatsError):
    """A question could not be settled in the time given, or not without numerical doubt."""


@dataclass(frozen=True)
class Solution:
    """Whole numbers for every unknown that satisfy all requirements asked for."""

    values: np.ndarray


@dataclass
class _Whole:
    """Rows as a matrix, and solutions of them found before."""

    rows: Sequence[Row]
    matrix: sparse.csr_array
    low: np.ndarray
    high: np.ndarray
    used: np.ndarray
    solutions: list[np.ndarray] = field(default_factory=list)

    def broken(self, values: np.ndarray) -> list[Row]:
        """Return the rows that values break; exact, since larger numbers are added up singly."""
        numbers = values[self.used].astype(float)
        if (abs(self.matrix) @ np.abs(numbers)).max(initial=0) > EXACT:
            return [row for row in self.rows if not row.holds(values)]
        sums = self.matrix @ numbers
        wrong = np.flatnonzero((sums < self.low) | (sums > self.high))
        kept = [row for row in self.rows if len(row.columns)]
        return [kept[position] for position in wrong]


class Problem:
    """Requirements by name, over the unknowns of one or several tables.

    Parameters
    ----------
    unknowns : Unknowns
    named : mapping of str to sequence of Requirement
        What each name requires.
    """

    def __init__(
        self, unknowns: Unknowns, named: Mapping[str, Sequence[Requirement | Shared]]
    ) -> None:
        self.unknowns = unknowns
        self.named = dict(named)
        self._rows: dict[str, list[Row]] = {}
        self._owners: dict[int, list[str]] = {}
        self._pairs: dict[tuple[str, str], list[Row]] = {}
        self._joint: dict[int, tuple[str, str]] = {}
        self.clash: list[Row] = []
        self.memory: Memory = {}
        self._whole: dict[tuple[int, ...], _Whole] = {}

    def part(self, names: Iterable[str]) -> Problem:
        """Return the problem of some names only, over as few unknowns as they need."""
        named = {name: self.named[name] for name in names}
        needed = [needed for some in named.values() for needed in some]
        unknowns = Unknowns(self.unknowns.universes, needed, most=self.unknowns.room)
        part = Problem(unknowns, named)
        part.memory = self.memory
        return part

    def solve(
        self,
        names: Iterable[str],
        *,
        also: Sequence[Row] = (),
        objective: Row | None = None,
        until: float | None = None,
        presolve: bool = True,
    ) -> Solution | None:
        """Return a solution of some of the requirements; None if there is none.

        Parameters
        ----------
        names : iterable of str
        also : sequence of Row
            Further rows.
        objective : Row, optional
            What to make as small as possible.
        until : float, optional
            The moment (`time.monotonic`) to give up.
        presolve : bool
            Whether the solver may reformulate; without, it is a second opinion.

        Raises
        ------
        UnsettledError
            If the moment came first, or no answer survives the exact check.
        """
        names = list(names)
        self.clash = []
        rows = self.all_rows(names, also, objective)
        placed = [r for name in names for r in self.named[name] if isinstance(r, Placed)]
        if len(placed) > 1 and objective is None and not also and presolve:
            guided, found = self._guided(names, rows, placed, until)
            if guided:
                return found
        return self._settle(rows, objective, until, presolve, {})

    def _guided(
        self, names: Sequence[str], rows: list[Row], placed: Sequence[Placed], until: float | None
    ) -> tuple[bool, Solution | None]:
        """Try places in a guessed order; return whether that settled it, and the solution."""
        if self.refuted(names):
            return True, None
        plain = [n for n in names if not any(isinstance(r, Placed) for r in self.named[n])]
        implied = self.implied(names)
        start = self.solve(plain, also=implied, until=until)
        if start is None:
            return True, None
        seen = Evaluation(self.unknowns, start.values)
        places = [one.place for one in placed]
        cells = {p.cells.of_force(force) for p in places for force in (p.force, *p.rivals)}
        counts = {some: seen.atom(some) for some in cells}
        box = self.box(names)
        known = set()
        if box is not None:
            free = box[0] < box[1]
            known = {some for some in cells if not free[self.unknowns.columns_of(some)].any()}
        fixed = guess_order(self.unknowns, placed, counts, known)
        try:
            found = self._settle(rows, None, until, True, fixed)
        except UnsettledError:
            found = None
        self.clash = []
        return found is not None, found

    def refuted(self, names: Iterable[str]) -> bool:
        """Whether bounds alone show, row by row, that some requirements cannot hold together."""
        self.clash = []
        rows = self.all_rows(list(names))
        if any(row.never for row in rows):
            return True
        matrix, low, high, used = _assemble(rows, None, len(self.unknowns))
        most = self.unknowns.most[used].astype(float)
        found = propagate(matrix, low, high, least=np.zeros(len(used)), most=most)
        if isinstance(found, Clash):
            kept = [row for row in rows if len(row.columns)]
            self.clash = [kept[position] for position in sorted(found.rows)]
        return isinstance(found, Clash)

    def direct(self, names: Sequence[str]) -> list[tuple[str, str]]:
        """Return pairs of names that put one and the same sum into ranges apart."""
        ranges: dict[frozenset[tuple[object, int]], list[tuple[str, float, float]]] = {}
        for name in names:
            for needed in self.named[name]:
                if isinstance(needed, Sum):
                    constant = needed.linear.constant
                    low = -np.inf if needed.low is None else needed.low - constant
                    high = np.inf if needed.high is None else needed.high - constant
                    terms = frozenset(needed.linear.terms)
                    ranges.setdefault(terms, []).append((name, low, high))
        return [
            (one[0], other[0])
            for some in ranges.values()
            for one, other in itertools.combinations(some, 2)
            if one[0] != other[0] and (one[1] > other[2] or other[1] > one[2])
        ]

    def box(self, names: Iterable[str]) -> tuple[np.ndarray, np.ndarray] | None:
        """Return bounds of every unknown that follow row by row; None if they clash."""
        rows = self.all_rows(names)
        matrix, low, high, used = _assemble(rows, None, len(self.unknowns))
        least, most = np.zeros(len(self.unknowns)), self.unknowns.most.astype(float)
        found = propagate(matrix, low, high, least=least[used], most=most[used])
        if isinstance(found, Clash):
            return None
        least[used], most[used] = found.low, found.high
        return least, most

    def _assembled(self, rows: Sequence[Row]) -> _Whole:
        """Return rows as a matrix, remembered."""
        key = tuple(map(id, rows))
        if key not in self._whole:
            self._whole[key] = _Whole(rows, *_assemble(rows, None, len(self.unknowns)))
        return self._whole[key]

    def all_rows(
        self, names: Iterable[str], also: Sequence[Row] = (), objective: Row | None = None
    ) -> list[Row]:
        """Return each row once, with those that keep the pools they use even."""
        names = list(names)
        named = chain.from_iterable(self.rows(name) for name in names)
        rows = list({id(row): row for row in (*named, *self.implied(names), *also)}.values())
        parts = [row.columns for row in (*rows, *((objective,) if objective else ()))]
        used = np.concatenate([np.zeros(0, dtype=int), *parts])
        return rows + self.unknowns.pool_rows(np.unique(used))

    def rows(self, name: str) -> list[Row]:
        """Return the rows of a name, those that define the unknowns it uses among them."""
        if name not in self._rows:
            needed = [self.unknowns.rows_of(requirement) for requirement in self.named[name]]
            self._rows[name] = list(chain.from_iterable(needed))
            for row in self._rows[name]:
                self._owners.setdefault(id(row), []).append(name)
        return self._rows[name]

    def owners(self, row: Row) -> list[str]:
        """Return the names that a row is of; several share what defines their unknowns."""
        return self._owners.get(id(row), [])

    def implied(self, names: Sequence[str]) -> list[Row]:
        """Return what pairs of requirements about the order of forces imply."""
        ordered = [name for name in names if self._of_order(name)]
        found: list[Row] = []
        for pair in itertools.combinations(sorted(ordered), 2):
            if pair not in self._pairs:
                rows = [
                    row
                    for one in self.named[pair[0]]
                    for other in self.named[pair[1]]
                    if isinstance(one, Sum | Placed) and isinstance(other, Sum | Placed)
                    for row in implied_rows(self.unknowns, one, other)
                ]
                self._pairs[pair] = rows
                self._joint |= {id(row): pair for row in rows}
            found += self._pairs[pair]
        return found

    def _of_order(self, name: str) -> bool:
        return any(
            isinstance(needed, Placed)
            or (
                isinstance(needed, Sum)
                and any(isinstance(atom, Few) for atom, _ in needed.linear.terms)
            )
            for needed in self.named[name]
        )

    def core(self, names: Iterable[str]) -> frozenset[str]:
        """Return names, of some that were just found impossible, that are so without the rest.

        Rows that several names use define what they speak of: they bind nothing on their own.
        """
        wanted = frozenset(names)
        owners = (self.owners(row) for row in self.clash)
        found = frozenset(some[0] for some in owners if len(some) == 1)
        found |= {name for row in self.clash for name in self._joint.get(id(row), ())}
        return found & wanted or wanted

    def holding(self, solution: Solution) -> frozenset[str]:
        """Return the names whose requirements a solution satisfies, evaluated exactly."""
        seen = Evaluation(self.unknowns, solution.values)
        return frozenset(
            name for name, needed in self.named.items() if all(map(seen.holds, needed))
        )

    def _settle(
        self,
        rows: list[Row],
        objective: Row | None,
        until: float | None,
        presolve: bool,
        fixed: dict[int, int],
    ) -> Solution | None:
        found = self._ask(rows, objective, until, presolve, fixed)
        if found is None:
            return None
        whole = self._assembled(rows)
        broken = whole.broken(found)
        if not broken:
            whole.solutions.append(found)
            self.unknowns.fill_pools(found)
            return Solution(found)
        open_switches = [
            column
            for row in broken
            for column in row.columns
            if self.unknowns.is_switch(column) and column not in fixed
        ]
        if not open_switches:
            raise UnsettledError("the numbers are too large for a numerical solver")
        switch = open_switches[0]
        branches = [
            self._settle(rows, objective, until, presolve, {**fixed, switch: value})
            for value in (0, 1)
        ]
        reached = [branch for branch in branches if branch is not None]
        if not reached or objective is None:
            return reached[0] if reached else None
        return min(reached, key=lambda branch: objective.value(branch.values))

    def _ask(
        self,
        rows: list[Row],
        objective: Row | None,
        until: float | None,
        presolve: bool,
        fixed: Mapping[int, int],
    ) -> np.ndarray | None:
        """Return the solver's answer, rounded; None if it finds none."""
        values = np.zeros(len(self.unknowns), dtype=object)
        if any(row.never for row in rows):
            return None
        whole = self._assembled(rows)
        matrix, low, high, used = whole.matrix, whole.low, whole.high, whole.used
        if objective is not None and not np.isin(objective.columns, used).all():
            matrix, low, high, used = _assemble(rows, objective, len(self.unknowns))
        if not len(used):
            return values
        most = self.unknowns.most[used].astype(float)
        least = np.zeros(len(used))
        for column, value in fixed.items():
            least[used == column] = most[used == column] = value
        if presolve:
            box = propagate(matrix, low, high, least=least, most=most)
            if isinstance(box, Clash):
                kept = [row for row in rows if len(row.columns)]
                self.clash = [kept[position] for position in sorted(box.rows)] if not fixed else []
                return None
            least, most = box.low, box.high
            matrix, low, high = matrix[box.binding], low[box.binding], high[box.binding]
            switch = np.array([self.unknowns.is_switch(int(column)) for column in used])
            matrix, low, high = tighten(matrix, low, high, box=box, switch=switch)
        costs = _costs(objective, used)
        if presolve:
            if objective is not None and not fixed:
                best = int(np.where(costs > 0, costs * least, costs * most).sum())
                for known in whole.solutions:
                    if len(known) == len(values) and objective.value(known) == best:
                        return known.copy()
            status, reached = settle_pieces(
                matrix, (low, high), box=(least, most), costs=costs, until=until, memory=self.memory
            )
        else:
            answer = ask(matrix, (low, high, least, most, costs), until=until, presolve=False)
            status, reached = answer.status, answer.x
        if status == LATE:
            raise UnsettledError("not settled in the time given")
        large = np.abs(matrix.data).max(initial=0) > LARGE
        if presolve and ((status == NONE and large) or status == LOST):
            return self._ask(rows, objective, until, False, fixed)
        if status == NONE:
            return None
        if reached is None:
            raise UnsettledError("the solver gave up")
        values[used] = [int(value) for value in np.rint(reached)]
        return values


def _assemble(
    rows: Sequence[Row], objective: Row | None, width: int
) -> tuple[sparse.csr_array, np.ndarray, np.ndarray, np.ndarray]:
    """Return the matrix of rows over the columns they use, their ends, and those columns."""
    rows = [row for row in rows if len(row.columns)]
    parts = [row.columns for row in rows]
    costs = [objective.columns] if objective is not None else []
    mentioned = np.concatenate([*parts, *costs, np.zeros(0, dtype=int)]).astype(int)
    used = np.unique(mentioned)
    place = np.zeros(width, dtype=int)
    place[used] = np.arange(len(used))
    columns = np.concatenate([*parts, np.zeros(0, dtype=int)]).astype(int)
    starts = np.cumsum([0, *(len(part) for part in parts)])
    numbers = np.concatenate([*(row.floats for row in rows), np.zeros(0)])
    matrix = sparse.csr_array((numbers, place[columns], starts), shape=(len(rows), len(used)))
    low = np.array([-np.inf if row.low is None else row.low for row in rows], dtype=float)
    high = np.array([np.inf if row.high is None else row.high for row in rows], dtype=float)
    return matrix, low, high, used


def _costs(objective: Row | None, used: np.ndarray) -> np.ndarray:
    costs = np.zeros(len(used))
    if objective is not None:
        costs[np.searchsorted(used, objective.columns)] = objective.floats
    return costs
