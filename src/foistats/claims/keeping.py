"""As many claims as one table can satisfy beside some that it must."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint

from foistats.claims.evaluation import Evaluation
from foistats.claims.problem import Problem, Solution
from foistats.claims.quantities import Placed, Requirement, Shared, Sum
from foistats.claims.rows import Row
from foistats.claims.table import Cells
from foistats.highs import milp

#: How far from the greatest number the answer may be, as a part of what is given up.
GAP = 0.25
#: How many branches the solver may look into: enough for most, and no clock decides.
NODES = 30


@dataclass(frozen=True)
class Witness:
    """A table, and all the names that it satisfies."""

    values: np.ndarray
    holds: frozenset[str]


class Keeping:
    """The question which claims to give up, ready to be asked of many sets of claims.

    Every row that a claim owns alone holds, or the claim is given up. Only tables with cells up
    to twice the numbers that are claimed are looked at. What is found is evaluated exactly; that
    nothing is found shows nothing.

    Parameters
    ----------
    problem : Problem
    names : sequence of str
    """

    def __init__(self, problem: Problem, names: Sequence[str]) -> None:
        self.problem, self.names = problem, list(names)
        ends = [
            abs(end)
            for row in problem.all_rows(self.names)
            if all(abs(number) == 1 for number in row.numbers)
            for end in (row.low, row.high)
            if end is not None and abs(end) < problem.unknowns.room
        ]
        cap = 2 * max(ends, default=0) + 50
        self._counts = len(problem.unknowns)
        self._most = np.minimum(problem.unknowns.most.astype(float), cap)
        self._column = {name: self._counts + n for n, name in enumerate(self.names)}
        self._of_force: dict[str, np.ndarray] = {}
        claimed = {f for some in problem.named.values() for needed in some for f in _named(needed)}
        for cells, columns in problem.unknowns.sets():
            if len(cells.forces) == 1 and cells.forces <= claimed:
                (force,) = cells.forces
                before = self._of_force.get(force, np.zeros(0, dtype=int))
                self._of_force[force] = np.union1d(before, columns)
        self.witnesses: list[Witness] = []
        self._build()

    def near(self, kept: frozenset[str], witness: Witness) -> np.ndarray:
        """Return which unknowns to leave open beside a table that nearly satisfies names.

        The cells of forces that they name, of those ahead of a force whose place they name, and
        of those that no number is claimed of; and every switch.
        """
        seen = Evaluation(self.problem.unknowns, witness.values)
        forces: set[str] = set()
        for needed in (needed for name in kept for needed in self.problem.named[name]):
            forces |= _named(needed)
            if isinstance(needed, Placed) and not seen.holds(needed):
                place, sign = needed.place, -1 if needed.place.from_bottom else 1
                own = sign * seen.atom(place.cells)
                forces |= {
                    rival
                    for rival in place.rivals
                    if sign * seen.atom(place.cells.of_force(rival)) >= own
                }
        closed = [columns for force, columns in self._of_force.items() if force not in forces]
        is_open = np.ones(self._counts, dtype=bool)
        for columns in closed:
            is_open[columns] = False
        return is_open

    def _build(self) -> None:
        problem = self.problem
        implied = {id(row) for row in problem.implied(self.names)}
        rows = [row for row in problem.all_rows(self.names) if id(row) not in implied]
        self._entries: list[tuple[np.ndarray, np.ndarray]] = []
        self._low: list[float] = []
        self._high: list[float] = []
        for row in rows:
            if len(row.columns):
                self._add(row, self._owner(row))
        sizes = np.cumsum([0, *(len(columns) for columns, _ in self._entries)])
        numbers = np.concatenate([np.zeros(0), *(numbers for _, numbers in self._entries)])
        columns = np.concatenate([np.zeros(0, int), *(columns for columns, _ in self._entries)])
        shape = (len(self._entries), self._counts + len(self.names))
        self._matrix = sparse.csr_array((numbers, columns, sizes), shape=shape)

    def beside(
        self, kept: Iterable[str], conflicts: Sequence[frozenset[str]], *, until: float
    ) -> frozenset[str] | None:
        """Return names that can be true together, those kept among them; None if none is found.

        Parameters
        ----------
        kept : iterable of str
        conflicts : iterable of frozenset of str
            Sets known to conflict.
        until : float
            The moment (`time.monotonic`) to be content with what there is.
        """
        wanted = frozenset(kept)
        if self.witnesses:
            start = max(self.witnesses, key=lambda w: (len(w.holds & wanted), len(w.holds)))
            is_open = self.near(wanted, start)
            fixed = np.where(is_open, -1.0, start.values.astype(float))
            found = self._ask(wanted, conflicts, fixed, until)
            if found is not None:
                return found
        return self._ask(wanted, conflicts, np.full(self._counts, -1.0), until)

    def _ask(
        self,
        kept: frozenset[str],
        conflicts: Sequence[frozenset[str]],
        fixed: np.ndarray,
        until: float,
    ) -> frozenset[str] | None:
        """Ask with unknowns fixed where that is not below zero."""
        width = self._counts + len(self.names)
        held = np.zeros((len(conflicts), width))
        for row, some in enumerate(conflicts):
            held[row, [self._column[name] for name in some]] = 1
        matrix = sparse.vstack([self._matrix, sparse.csr_array(held)], format="csr")
        low = np.concatenate([self._low, np.ones(len(conflicts))])
        high = np.concatenate([self._high, np.full(len(conflicts), np.inf)])
        costs, least, most = np.zeros(width), np.zeros(width), np.ones(width)
        costs[self._counts :] = 1
        most[: self._counts] = self._most
        most[[self._column[name] for name in kept]] = 0
        shut = np.flatnonzero(fixed >= 0)
        least[shut] = most[shut] = fixed[shut]
        answer = milp(
            costs,
            constraints=LinearConstraint(matrix, low, high),
            bounds=Bounds(least, most),
            integrality=np.ones(width, dtype=int),
            options={
                "time_limit": max(until - time.monotonic(), 0.01),
                "mip_rel_gap": GAP,
                "node_limit": NODES,
            },
        )
        if answer.x is None:
            return None
        values = np.zeros(self._counts, dtype=object)
        values[:] = [int(value) for value in np.rint(answer.x[: self._counts])]
        self.problem.unknowns.fill_pools(values)
        found = self.problem.holding(Solution(values))
        if not found >= kept:
            return None
        self.witnesses.append(Witness(values, found))
        return found

    def _owner(self, row: Row) -> str | None:
        """Return the only name a row belongs to, if giving that up should lift the row.

        Rows that set a switch by counts always can hold, and stay.
        """
        switches = [self.problem.unknowns.is_switch(int(column)) for column in row.columns]
        owners = self.problem.owners(row)
        plain = all(switches) or not any(switches)
        return owners[0] if len(owners) == 1 and plain else None

    def _add(self, row: Row, owner: str | None) -> None:
        low = -np.inf if row.low is None else float(row.low)
        high = np.inf if row.high is None else float(row.high)
        if owner is None:
            self._put(row.columns, row.floats, low, high)
            return
        ends = row.floats * self._most[row.columns]
        largest, smallest = np.maximum(ends, 0).sum(), np.minimum(ends, 0).sum()
        columns = np.append(row.columns, self._column[owner])
        if high < largest:
            self._put(columns, np.append(row.floats, high - largest), -np.inf, high)
        if low > smallest:
            self._put(columns, np.append(row.floats, low - smallest), low, np.inf)

    def _put(self, columns: np.ndarray, numbers: np.ndarray, low: float, high: float) -> None:
        self._entries.append((columns, numbers))
        self._low.append(low)
        self._high.append(high)


def _named(needed: Requirement | Shared) -> frozenset[str]:
    """Return the single forces that a requirement names."""
    if isinstance(needed, Placed):
        return frozenset({needed.place.force})
    if not isinstance(needed, Sum):
        return frozenset()
    cells = (atom for atom, _ in needed.linear.terms if isinstance(atom, Cells))
    return frozenset().union(*(some.forces for some in cells if len(some.forces) == 1))
