"""All claims of a ledger put into one problem, and which of them can meet at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from foistats.claims.claim import Claim
from foistats.claims.measures import SHARES, Measure
from foistats.claims.problem import Problem
from foistats.claims.quantities import Quantity, Requirement, claimed_quantity, requirements_of
from foistats.claims.rows import Unknowns
from foistats.claims.table import Key, Universe, universe_of
from foistats.claims.wordings import PAIRS
from foistats.codebooks import JOIN
from foistats.register import Register

#: Conflicts of more claims are asked a third time, without any reformulation.
PLAIN = 6


@dataclass(frozen=True)
class Assembly:
    """The claims of a ledger as requirements on tables.

    Attributes
    ----------
    register : Register
    claims : mapping of str to Claim
    universes : mapping of table to Universe
    requirements : mapping of str to tuple of Requirement
        Of the claims that take part.
    quantities : mapping of str to Quantity
        What each claim speaks of; claims outside the tables have none.
    left_out : mapping of str to str
        Claims that take no part, and why.
    """

    register: Register
    claims: Mapping[str, Claim]
    universes: Mapping[Key, Universe]
    requirements: Mapping[str, tuple[Requirement, ...]]
    quantities: Mapping[str, Quantity]
    left_out: Mapping[str, str]

    def problem(self, names: Iterable[str], *also: Quantity, scale: int = 1) -> Problem:
        """Return the problem of some claims, ready to be asked for further quantities too."""
        named = {name: self.requirements[name] for name in names}
        needed = [requirement for some in named.values() for requirement in some]
        unknowns = Unknowns(self.universes, needed, also, most=scale * self.most)
        return Problem(unknowns, named)

    @property
    def most(self) -> int:
        """The greatest number that one cell may hold: far above every figure that is printed."""
        return most_cases(self.claims.values())

    def groups(self) -> list[list[str]]:
        """Return the claims that take part, those apart that share no table with others."""
        joined = {table: {table} for table in self.universes}
        for name in self.requirements:
            meeting = set().union(*(joined[table] for table in self._tables(name)))
            joined |= dict.fromkeys(meeting, meeting)
        found: dict[frozenset[Key], list[str]] = {}
        for name in self.requirements:
            found.setdefault(frozenset(joined[self.claims[name].table]), []).append(name)
        return list(found.values())

    def stages(self, names: Sequence[str]) -> list[list[str]]:
        """Return parts of claims in which conflicts are seen easily, and last all of them.

        A part speaks of the same force, or of the same roles and outcomes, throughout.
        """
        parts: dict[object, list[str]] = {}
        for name in names:
            claim = self.claims[name]
            parts.setdefault((claim.role, claim.outcome), []).append(name)
            if claim.force and claim.measure.kind in ("count", *SHARES):
                parts.setdefault(claim.force, []).append(name)
        return [*(some for some in parts.values() if 1 < len(some) < len(names)), list(names)]

    def possible(self, names: Iterable[str], until: float | None = None) -> bool:
        """Whether claims can be true together: asked again in another form, with more room."""
        names = sorted(names)
        wider = self.problem(names, scale=10)
        if wider.refuted(names):
            return False
        if wider.solve(names, until=until) is not None:
            return True
        if len(names) <= PLAIN:
            return False
        return self.problem(names).solve(names, until=until, presolve=False) is not None

    def _tables(self, name: str) -> set[Key]:
        claim = self.claims[name]
        return {claim.table, *(self.claims[other].table for other in _others(claim))}


def assemble(
    register: Register,
    claims: Sequence[Claim],
    *,
    also: Mapping[Key, Iterable[str]] | None = None,
) -> Assembly:
    """Return what claims require of the tables they speak of.

    Parameters
    ----------
    register : Register
    claims : sequence of Claim
    also : mapping of table to iterable of str, optional
        Further tables, and forces that they must have.
    """
    by_id = {claim.id: claim for claim in claims}
    named: dict[Key, set[str]] = {claim.table: set() for claim in claims}
    for table, forces in (also or {}).items():
        named.setdefault(table, set()).update(forces)
    for claim in claims:
        named[claim.table] |= set(claim.force)
        if claim.measure.kind == "share_of_force":
            named[claim.table] |= set(claim.measure.words.split(JOIN)) - {"any"}
    universes = {table: universe_of(register, table, forces) for table, forces in named.items()}
    requirements: dict[str, tuple[Requirement, ...]] = {}
    quantities: dict[str, Quantity] = {}
    left_out: dict[str, str] = {}
    for claim in claims:
        quantity = claimed_quantity(claim, by_id, universes)
        if quantity is not None:
            quantities[claim.id] = quantity
        needed = requirements_of(claim, by_id, universes, register)
        if isinstance(needed, str):
            left_out[claim.id] = needed
        else:
            requirements[claim.id] = needed
    return Assembly(register, by_id, universes, requirements, quantities, left_out)


def _others(claim: Claim) -> list[str]:
    found = [claim.value] if claim.comparison in PAIRS else []
    return [*found, claim.measure.words] if claim.measure.kind == "ratio" else found


def most_cases(claims: Iterable[Claim]) -> int:
    """Return how many cases a set of cells may hold, where no claim says.

    Twice the greatest number printed, the base of the smallest share of that many, and a table in
    which the narrowest range of a share holds a whole number. A conflict that a greater bound
    would end is none: every one is confirmed under a bound a thousand times as great.
    """
    greatest, factor, fine = Fraction(50), Fraction(1), Fraction(0)
    for claim in claims:
        interval = claim.interval
        ends = [] if interval is None else [e for e in (interval.low, interval.high) if e]
        if claim.measure.is_share or claim.measure.kind == "ratio":
            unit = 100 if claim.measure.is_share else 1
            factor = max([factor, *(unit / end for end in ends)])
            width = ends[1] - ends[0] if len(ends) == 2 else Fraction(unit)
            fine = max(fine, unit / width if width else Fraction(unit * ends[0].denominator))
        elif claim.measure.kind in ("count", "forces"):
            greatest = max([greatest, *ends, *_bounds(claim.measure)])
    return int(2 * (greatest * factor + fine)) + 1


def _bounds(measure: Measure) -> list[Fraction]:
    return [Fraction(end) for end in (measure.least, measure.most) if end is not None]
