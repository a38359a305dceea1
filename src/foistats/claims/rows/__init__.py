"""Requirements as rows of whole numbers over the unknowns of a problem.

::

    row         a sum of multiples of unknowns between two whole numbers
    mentioned   which cells and answers requirements tell apart
    columns     the unknowns: merged cells, then whatever rows ask for
    switches    counts of forces: those with few cases, those that gave an answer

A switch is an unknown of 0 or 1. What cannot be said by a sum of counts is said by switches, tied
to the counts by rows with a multiple as large as the counts can get ("big M").
"""

from __future__ import annotations

from foistats.claims.quantities import Place, Placed, Requirement, Shared, Sum
from foistats.claims.rows.row import Row, row_of
from foistats.claims.rows.switches import Switches

__all__ = ["Row", "Unknowns", "row_of"]


class Unknowns(Switches):
    """The unknowns of a problem, and requirements as rows over them.

    The parameters are those of `Columns`.
    """

    def rows_of(self, requirement: Requirement | Shared) -> list[Row]:
        """Return the rows of a requirement and of the unknowns it uses."""
        if isinstance(requirement, Sum):
            return self._sum(requirement)
        if isinstance(requirement, Shared):
            return self._shared(requirement)
        return self._placed(requirement)

    def _sum(self, requirement: Sum) -> list[Row]:
        linear = requirement.linear
        low, high = (
            None if end is None else end - linear.constant
            for end in (requirement.low, requirement.high)
        )
        own = [] if low is None and high is None else [row_of(self.terms_of(linear), low, high)]
        return [*self.definitions(linear), *own]

    def _shared(self, shared: Shared) -> list[Row]:
        """Return rows for entries that share out the cases of the cells around them.

        How cases spread matters only between cells that different entries may lie in: cells that
        the same entries may lie in have one unknown per entry, for their sum.
        """
        held = [set(map(int, self.columns_of(cells))) for cells, _, _ in shared.entries]
        alike: dict[tuple[int, ...], list[int]] = {}
        for column in map(int, self.columns_of(shared.around)):
            within = tuple(n for n, columns in enumerate(held) if column in columns)
            alike.setdefault(within, []).append(column)
        spread: list[list[tuple[int, int]]] = [[] for _ in shared.entries]
        rows = []
        for within, columns in alike.items():
            most = sum(self._most[column] for column in columns)
            terms = [(column, -1) for column in columns]
            for entry in within:
                unknown = self.column(("spread", shared, entry, within), most)
                spread[entry].append((unknown, 1))
                terms.append((unknown, 1))
            rows.append(row_of(terms, 0 if shared.whole else None, 0))
        for terms, (_, low, high) in zip(spread, shared.entries, strict=True):
            rows.append(row_of(terms, low, high))
        return rows

    def ahead(self, place: Place, *, level: bool, forced: bool) -> tuple[list[int], list[Row]]:
        """Return switches for the forces ahead of another, and the rows that set them.

        Parameters
        ----------
        place : Place
        level : bool
            Whether forces with the same count are meant too.
        forced : bool
            Whether a switch must be 1 where its force is ahead, or may be 1 only there.
        """
        switches: list[int] = []
        rows = list(self.within_reach(place.cells))
        gap = 0 if level else 1
        for rival in sorted(place.rivals):
            terms, reach = self._lead(place, rival)
            switch = self.column(("ahead", place, rival, level, forced))
            if forced:
                rows.append(row_of([*terms, (switch, -reach)], None, gap - 1))
            else:
                rows.append(row_of([*terms, (switch, -reach)], gap - reach, None))
            rows += self.within_reach(place.cells.of_force(rival))
            switches.append(switch)
        return switches, rows

    def _lead(self, place: Place, rival: str) -> tuple[list[tuple[int, int]], int]:
        """Return by how much a rival is ahead, as terms, and one more than that can be."""
        sign = -1 if place.from_bottom else 1
        other = place.cells.of_force(rival)
        terms = [(int(column), sign) for column in self.columns_of(other)]
        terms += [(int(column), -sign) for column in self.columns_of(place.cells)]
        return terms, self.reach(other) + self.reach(place.cells) + 1

    def _placed(self, placed: Placed) -> list[Row]:
        place = placed.place
        if not self.answered(place):
            return [row_of((), 1, None)]
        rows: list[Row] = []
        if placed.high is not None and placed.high <= len(place.rivals):
            rows += self._limit(place, placed.strict, True, placed.high - 1)
        if placed.low > 1:
            if placed.low > len(place.rivals) + 1:
                return [row_of((), 1, None)]
            rows += self._limit(place, not placed.strict, False, placed.low - 1)
        return rows

    def _limit(self, place: Place, level: bool, forced: bool, number: int) -> list[Row]:
        """Return rows for at most (forced) or at least (else) so many forces ahead."""
        gap = 0 if level else 1
        if forced and number == 0:
            leads = (self._lead(place, rival)[0] for rival in sorted(place.rivals))
            return [row_of(terms, None, gap - 1) for terms in leads]
        if not forced and number == len(place.rivals):
            leads = (self._lead(place, rival)[0] for rival in sorted(place.rivals))
            return [row_of(terms, gap, None) for terms in leads]
        switches, rows = self.ahead(place, level=level, forced=forced)
        ends = (None, number) if forced else (number, None)
        return [*rows, row_of([(switch, 1) for switch in switches], *ends)]
