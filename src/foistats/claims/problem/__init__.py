"""The claims as one problem in whole numbers, settled by SciPy's HiGHS and checked exactly.

::

    named_rows   requirements by name → rows; whose a row is; what pairs of them imply
    system       rows → a matrix, reduced by bounds, split into pieces
    solver       a system → its cheapest solution, checked exactly
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from foistats.claims.evaluation import Evaluation
from foistats.claims.ordering import guess_order
from foistats.claims.pieces import Memory
from foistats.claims.problem.named_rows import NamedRows
from foistats.claims.problem.solver import Solver, UnsettledError
from foistats.claims.problem.system import system_of
from foistats.claims.propagation import Box, Clash
from foistats.claims.quantities import Placed, Requirement, Shared
from foistats.claims.rows import Row, Unknowns

__all__ = ["Problem", "Solution", "UnsettledError"]


@dataclass(frozen=True)
class Solution:
    """Whole numbers for every unknown that satisfy all requirements asked for."""

    values: np.ndarray


class Problem(NamedRows):
    """Requirements by name that can be solved; the parameters are those of `NamedRows`."""

    def __init__(
        self,
        unknowns: Unknowns,
        named: Mapping[str, Sequence[Requirement | Shared]],
        *,
        memory: Memory | None = None,
    ) -> None:
        super().__init__(unknowns, named)
        self._solver = Solver(unknowns, {} if memory is None else memory)

    def part(self, names: Iterable[str]) -> Problem:
        """Return the problem of some names only, over as few unknowns as they need."""
        named = {name: self.named[name] for name in names}
        needed = [needed for some in named.values() for needed in some]
        unknowns = Unknowns(self.unknowns.universes, needed, most=self.unknowns.room)
        return Problem(unknowns, named, memory=self._solver.memory)

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
        self._solver.clash = []
        rows = self.all_rows(names, also, objective)
        placed = [r for name in names for r in self.named[name] if isinstance(r, Placed)]
        if len(placed) > 1 and objective is None and not also and presolve:
            guided, found = self._guided(names, rows, placed, until)
            if guided:
                return found
        values = self._solver.settle(
            rows, objective=objective, until=until, presolve=presolve, fixed={}
        )
        return None if values is None else Solution(values)

    def refuted(self, names: Iterable[str]) -> bool:
        """Whether bounds alone show, row by row, that some requirements cannot hold together."""
        self._solver.clash = []
        rows = self.all_rows(names)
        if any(row.never for row in rows):
            return True
        system = system_of(rows, self.unknowns)
        found = system.box({})
        if isinstance(found, Clash):
            self._solver.clash = [system.rows[row] for row in sorted(found.rows)]
        return isinstance(found, Clash)

    def core(self, names: Iterable[str]) -> frozenset[str]:
        """Return names, of some that were just found impossible, that are so without the rest."""
        wanted = frozenset(names)
        return self.behind(self._solver.clash) & wanted or wanted

    def box(self, names: Iterable[str]) -> Box | None:
        """Return bounds of every unknown that follow row by row; None if they clash."""
        found = system_of(self.all_rows(names), self.unknowns).box({})
        return None if isinstance(found, Clash) else found

    def holding(self, solution: Solution) -> frozenset[str]:
        """Return the names whose requirements a solution satisfies, evaluated exactly."""
        seen = Evaluation(self.unknowns, solution.values)
        return frozenset(
            name for name, needed in self.named.items() if all(map(seen.holds, needed))
        )

    def _guided(
        self, names: Sequence[str], rows: list[Row], placed: Sequence[Placed], until: float | None
    ) -> tuple[bool, Solution | None]:
        """Try places in a guessed order; return whether that settled it, and the solution."""
        if self.refuted(names):
            return True, None
        plain = [n for n in names if not any(isinstance(r, Placed) for r in self.named[n])]
        start = self.solve(plain, also=self.implied(names), until=until)
        if start is None:
            return True, None
        seen = Evaluation(self.unknowns, start.values)
        places = [one.place for one in placed]
        cells = {p.cells.of_force(force) for p in places for force in (p.force, *p.rivals)}
        counts = {some: seen.atom(some) for some in cells}
        known = set()
        if (box := self.box(names)) is not None:
            free = box.low < box.high
            known = {some for some in cells if not free[self.unknowns.columns_of(some)].any()}
        fixed = guess_order(self.unknowns, placed, counts, known)
        try:
            found = self._solver.settle(rows, until=until, fixed=fixed)
        except UnsettledError:
            found = None
        self._solver.clash = []
        return found is not None, None if found is None else Solution(found)
