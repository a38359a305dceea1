"""Rows settled by SciPy's HiGHS, every solution checked exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from foistats.claims.pieces import LATE, LOST, NONE, Memory, ask, settle_pieces
from foistats.claims.problem.system import Reduced, System, system_of
from foistats.claims.propagation import Clash
from foistats.claims.rows import Row, Unknowns
from foistats.errors import FoistatsError

#: With multiples above this, that there is no solution is asked again without reformulation.
LARGE = 1e5


class UnsettledError(FoistatsError):
    """A question could not be settled in the time given, or not without numerical doubt."""


class Solver:
    """Cheapest solutions of rows, remembering what was worked out.

    Parameters
    ----------
    unknowns : Unknowns
    memory : dict
        Pieces settled before, of this or of other problems.

    Attributes
    ----------
    clash : list of Row
        If the last answer was that there is none, rows that show it by bounds alone; else empty.
    """

    def __init__(self, unknowns: Unknowns, memory: Memory) -> None:
        self.unknowns = unknowns
        self.memory = memory
        self.clash: list[Row] = []
        self._systems: dict[tuple[int, ...], System] = {}

    def settle(
        self,
        rows: Sequence[Row],
        *,
        objective: Row | None = None,
        until: float | None,
        presolve: bool = True,
        fixed: Mapping[int, int],
    ) -> np.ndarray | None:
        """Return a solution, with the least objective; None if there is none.

        Where rounding an answer of the solver breaks a row, its first open switch is tried as 0
        and as 1.

        Parameters
        ----------
        fixed : mapping of int to int
            Values that some unknowns must have.

        Raises
        ------
        UnsettledError
            If the moment came first, or no answer survives the exact check.
        """
        if any(row.never for row in rows):
            return None
        system = self._system(rows, objective, fixed)
        found = self._answer(system, objective, until, presolve, fixed)
        if found is None:
            return None
        broken = system.broken(found)
        if not broken:
            system.solutions.append(found)
            self.unknowns.fill_pools(found)
            return found
        open_switches = [
            int(column)
            for row in broken
            for column in row.columns
            if self.unknowns.is_switch(column) and column not in fixed
        ]
        if not open_switches:
            raise UnsettledError("the numbers are too large for a numerical solver")
        branches = [
            self.settle(
                rows,
                objective=objective,
                until=until,
                presolve=presolve,
                fixed={**fixed, open_switches[0]: value},
            )
            for value in (0, 1)
        ]
        reached = [branch for branch in branches if branch is not None]
        if not reached or objective is None:
            return reached[0] if reached else None
        return min(reached, key=objective.value)

    def _system(
        self, rows: Sequence[Row], objective: Row | None, fixed: Mapping[int, int]
    ) -> System:
        """Return rows as a matrix, remembered; it is made anew for unknowns that came later."""
        rows = [row for row in rows if len(row.columns)]
        key = tuple(map(id, rows))
        wanted = max([-1, *fixed, *(objective.columns if objective is not None else ())])
        if key not in self._systems or wanted >= len(self._systems[key].most):
            self._systems[key] = system_of(rows, self.unknowns)
        return self._systems[key]

    def _answer(
        self,
        system: System,
        objective: Row | None,
        until: float | None,
        presolve: bool,
        fixed: Mapping[int, int],
    ) -> np.ndarray | None:
        """Return the solver's answer, rounded; None if it finds none."""
        costs = np.zeros(len(system.most))
        if objective is not None:
            costs[objective.columns] = objective.floats
        if not presolve:
            return self._plain(system, costs, until, fixed)
        reduced = system.reduced_with(fixed) if fixed else system.reduced
        if isinstance(reduced, Clash):
            self.clash = [] if fixed else [system.rows[row] for row in sorted(reduced.rows)]
            return None
        if objective is not None and not fixed:
            known = _known(system, reduced, objective)
            if known is not None:
                return known
        status, reached = settle_pieces(
            reduced.pieces,
            (reduced.least, reduced.most),
            costs=costs,
            until=until,
            memory=self.memory,
        )
        if (status == NONE and reduced.largest > LARGE) or status == LOST:
            return self._plain(system, costs, until, fixed)
        return _rounded(status, reached)

    def _plain(
        self, system: System, costs: np.ndarray, until: float | None, fixed: Mapping[int, int]
    ) -> np.ndarray | None:
        """Return the solver's answer to the rows as they are, without any reformulation."""
        ends, limits = (system.low, system.high), system.limits(fixed)
        answer = ask(system.matrix, ends, limits, costs=costs, until=until, presolve=False)
        return _rounded(answer.status, answer.x)


def _known(system: System, reduced: Reduced, objective: Row) -> np.ndarray | None:
    """Return a solution found before whose objective is as small as bounds allow."""
    least, most = (end[objective.columns] for end in (reduced.least, reduced.most))
    costs = objective.floats
    best = int(np.where(costs > 0, costs * least, costs * most).sum())
    for known in system.solutions:
        if objective.value(known) == best:
            return known.copy()
    return None


def _rounded(status: int, reached: np.ndarray | None) -> np.ndarray | None:
    if status == LATE:
        raise UnsettledError("not settled in the time given")
    if status == NONE:
        return None
    if reached is None:
        raise UnsettledError("the solver gave up")
    values = np.zeros(len(reached), dtype=object)
    values[:] = [int(value) for value in np.rint(reached)]
    return values
