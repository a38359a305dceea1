"""A guess at the order of forces, so that places are tried as plain rows before any search."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from foistats.claims.quantities import Few, Place, Placed, Requirement, Sum
from foistats.claims.rows import Row, Unknowns, row_of
from foistats.claims.table import Cells


@dataclass(frozen=True)
class Rung:
    """Between which two places of an order a force stands, 1 the highest."""

    cells: Cells
    forces: frozenset[str]
    force: str
    low: int
    high: int

    @property
    def own(self) -> Cells:
        """The cells of the force."""
        return self.cells.of_force(self.force)


def rung(placed: Placed) -> Rung:
    """Return the places of a requirement, counted from the top."""
    place = placed.place
    size = len(place.rivals) + 1
    low, high = placed.low, size if placed.high is None else min(placed.high, size)
    if place.from_bottom:
        low, high = size + 1 - high, size + 1 - low
    cells = Cells(place.cells.table, frozenset(), place.cells.roles, place.cells.outcomes)
    return Rung(cells, place.rivals | {place.force}, place.force, low, high)


def implied_rows(unknowns: Unknowns, one: Requirement, other: Requirement) -> list[Row]:
    """Return what two requirements imply without switches; empty if nothing.

    The force at place i of an order has no fewer cases than the force at a later place; it has
    more than k where at least i forces have, and k at most where fewer than i have more.
    """
    if isinstance(one, Sum):
        one, other = other, one
    if not isinstance(one, Placed):
        return []
    first = rung(one)
    if isinstance(other, Placed):
        return _between(unknowns, first, rung(other))
    few = other.linear.terms[0][0] if len(other.linear.terms) == 1 else None
    if not isinstance(few, Few) or other.linear.terms[0][1] != 1:
        return []
    cells = Cells(few.cells.table, frozenset(), few.cells.roles, few.cells.outcomes)
    if cells != first.cells or few.cells.forces != first.forces:
        return []
    size, rows = len(first.forces), []
    terms = [(int(column), 1) for column in unknowns.columns_of(first.own)]
    if other.high is not None and first.high <= size - (other.high - other.linear.constant):
        rows.append(row_of(terms, few.most + 1, None))
    if other.low is not None and first.low > size - (other.low - other.linear.constant):
        rows.append(row_of(terms, None, few.most))
    return rows


def _between(unknowns: Unknowns, one: Rung, other: Rung) -> list[Row]:
    if one.cells != other.cells or one.forces != other.forces:
        return []
    rows = []
    for above, below in ((one, other), (other, one)):
        if above.high <= below.low and above.force != below.force:
            terms = [(int(column), 1) for column in unknowns.columns_of(above.own)]
            terms += [(int(column), -1) for column in unknowns.columns_of(below.own)]
            rows.append(row_of(terms, 0, None))
    return rows


def guess_order(
    unknowns: Unknowns,
    placed: Iterable[Placed],
    counts: Mapping[Cells, int],
    known: Collection[Cells],
) -> dict[int, int]:
    """Return values of switches that put forces into one order.

    Forces with a claimed place take it; between them stand those whose count is known, by their
    count, and the others fill what is left. The guess may be wrong: then nothing is concluded.

    Parameters
    ----------
    unknowns : Unknowns
    placed : iterable of Placed
    counts : mapping of Cells to int
        For each force of each place, its count in a table in which places were left aside.
    known : collection of Cells
        Those whose count is the same in every table.
    """
    by_cells: dict[tuple[Cells, frozenset[str]], list[Placed]] = {}
    for one in placed:
        found = rung(one)
        by_cells.setdefault((found.cells, found.forces), []).append(one)
    fixed: dict[int, int] = {}
    for some in by_cells.values():
        order = _order([rung(one) for one in some], counts, known)
        for one in some:
            fixed |= _switches(unknowns, one.place, order)
    return fixed


def _order(
    rungs: Sequence[Rung], counts: Mapping[Cells, int], known: Collection[Cells]
) -> list[str]:
    """Return forces from the highest to the lowest, those with a claimed place at it."""
    cells = rungs[0].cells
    count = {force: counts[cells.of_force(force)] for force in rungs[0].forces}
    order = sorted(count, key=lambda force: (-count[force], force))
    wanted: dict[str, int] = {}
    for one in rungs:
        now = wanted.get(one.force, order.index(one.force) + 1)
        wanted[one.force] = min(max(now, one.low), one.high)
    anchors = sorted(wanted, key=lambda force: (wanted[force], order.index(force)))
    others = [force for force in order if force not in wanted]
    rigid = [force for force in others if cells.of_force(force) in known]
    loose = [force for force in others if force not in set(rigid)]
    result: list[str] = []
    for anchor in anchors:
        room = max(wanted[anchor] - 1 - len(result), 0)
        above = [force for force in rigid if count[force] > count[anchor]]
        level = [force for force in rigid if count[force] == count[anchor]]
        segment = above[:room]
        segment += loose[: room - len(segment)]
        segment += level[: room - len(segment)]
        rigid = [force for force in rigid if force not in set(segment)]
        loose = [force for force in loose if force not in set(segment)]
        result += [*segment, anchor]
    return [*result, *rigid, *loose]


def _switches(unknowns: Unknowns, place: Place, order: Sequence[str]) -> dict[int, int]:
    own = order.index(place.force)
    found = {}
    for rival in place.rivals:
        ahead = order.index(rival) < own
        for level in (True, False):
            for forced in (True, False):
                key = ("ahead", place, rival, level, forced)
                if unknowns.knows(key):
                    found[unknowns.column(key)] = int(ahead != place.from_bottom)
    return found
