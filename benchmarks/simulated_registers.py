"""Registers simulated from known parameters, coarse in the way real groups of cases are.

A *pattern* is what a real group prints: its partitions as sets of (role x rung), without the
counts. It is made coarse at random (Heitjan and Rubin 1991): the chance that a case is printed as
a set is the same for every (role, rung) of that set. Four rules lead from a group to a pattern:

1. *Every case must be printable.* A rung that no case of a role happened to reach is printed with
   the roles of the next rung up (the top rung: of the next one down).
2. *A set inside another* ("13 people had advice" beside "2 officers had advice") means that some
   cases were printed more coarsely than others. Which ones is drawn, with the real group's share of
   coarse cases as the chance, without regard to role and rung; a (role, rung) of the coarse set
   that no finer set has gets a set of its own.
3. *A count printed as an interval* is one of the intervals that its ends cut the possible counts
   into, in proportion to the size of the group: whatever the count is, the interval that has it is
   printed.
4. *Cases off the ladder* are a fixed number, in proportion to the size of the group.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from foistats.severity.groups.case_groups import CaseGroup, Cell, group_size

Array: TypeAlias = NDArray[Any]

_GRID = np.linspace(-9.0, 9.0, 1001)
_WEIGHTS = np.exp(-0.5 * _GRID**2) / np.exp(-0.5 * _GRID**2).sum()


@dataclass(frozen=True)
class Truth:
    """The parameters that cases are drawn from: a cumulative logit model.

    ``sd`` is that of the forces' intercepts; ``shares`` are the national shares of the roles.
    """

    ladder: tuple[str, ...]
    roles: tuple[str, ...]
    thresholds: tuple[float, ...]
    role_effect: float
    sd: float
    shares: tuple[float, ...]

    def rung_shares(self, intercept: float) -> Array:
        """Return P(rung | role, intercept): roles x rungs."""
        location = self.role_effect * np.arange(len(self.roles)) + intercept
        below = expit(np.array(self.thresholds) - location[:, None])
        return np.diff(below, axis=1, prepend=0.0, append=1.0)

    def integrated_shares(self) -> Array:
        """Return P(rung | role) over forces: roles x rungs."""
        shares = [self.rung_shares(self.sd * node) for node in _GRID]
        return np.tensordot(_WEIGHTS, np.array(shares), axes=1)


@dataclass(frozen=True)
class Sets:
    """A partition without its counts.

    ``chance[c, r, k]`` is the chance that a case of role r and rung k is printed in set c;
    ``ends[c]`` are the shares of the cases at which the intervals of its counts begin (empty: the
    count is printed).
    """

    roles: tuple[frozenset[str], ...]
    rungs: tuple[frozenset[str], ...]
    chance: Array
    ends: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Pattern:
    """How a group of cases is printed; ``off`` are its cases off the ladder per case, by role."""

    name: str
    partitions: tuple[Sets, ...]
    off: tuple[float, ...]

    @property
    def role_and_outcome(self) -> bool:
        """Whether role and outcome of all cases are printed together."""
        only = self.partitions[0]
        return len(self.partitions) == 1 and all(len(roles) == 1 for roles in only.roles)

    @property
    def prints_roles(self) -> bool:
        """Whether the number of cases of every role is printed."""
        return any(
            all(len(roles) == 1 and not ends for roles, ends in zip(s.roles, s.ends, strict=True))
            for s in self.partitions
        )


@dataclass(frozen=True)
class Force:
    """A force to draw cases for; ``role_counts`` of all its cases, or None where they are drawn."""

    name: str
    size: int
    pattern: Pattern
    role_counts: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Cases:
    """Simulated cases: ``table`` (roles x rungs), and those off the ladder by role."""

    force: Force
    table: Array
    off: Array


# ---- from real groups to patterns ------------------------------------------------------------


def pattern_of(group: CaseGroup, ladder: Sequence[str], roles: Sequence[str]) -> Pattern:
    """Return the pattern of a real group, by the rules above."""
    size = group_size(group).high
    off = np.zeros(len(roles))
    partitions = []
    for cells in group.partitions:
        for cell in cells:
            if not cell.rungs:
                _require(len(group.partitions) == 1 and len(cell.roles) == 1, group, "off ladder")
                off[roles.index(next(iter(cell.roles)))] += cell.n_low / size
        on_ladder = [cell for cell in cells if cell.rungs]
        partitions.append(_sets(group, on_ladder, size, ladder, roles))
    return Pattern(group.force, tuple(partitions), tuple(off))


def _sets(
    group: CaseGroup, cells: list[Cell], size: int, ladder: Sequence[str], roles: Sequence[str]
) -> Sets:
    cells = _covering(cells, ladder, roles)
    cells = _closed(cells)
    holds = np.array([[[_holds(c, r, k) for k in ladder] for r in roles] for c in cells], float)
    chance = holds.copy()
    for place, cell in enumerate(cells):
        inside = [i for i, other in enumerate(cells) if other is not cell and _inside(other, cell)]
        if inside:
            coarse = cell.n_high / (cell.n_high + sum(cells[i].n_high for i in inside))
            chance[place] *= coarse
            chance[inside] *= 1 - coarse
    _require(np.allclose(chance.sum(axis=0), 1), group, "sets that overlap without being nested")
    return Sets(
        tuple(cell.roles for cell in cells),
        tuple(cell.rungs for cell in cells),
        chance,
        tuple(_ends(cell, size) for cell in cells),
    )


def _covering(cells: list[Cell], ladder: Sequence[str], roles: Sequence[str]) -> list[Cell]:
    """Add sets for rungs that no case of a role reached, like those of the next rung."""
    added: list[Cell] = []
    for place in reversed(range(len(ladder))):
        rung = ladder[place]
        near = ladder[place + 1] if place + 1 < len(ladder) else ladder[place - 1]
        lost = frozenset(r for r in roles if not any(_holds(c, r, rung) for c in cells))
        for cell in [*cells, *added] if lost else []:
            if near in cell.rungs and cell.roles & lost:
                added.append(replace(cell, roles=cell.roles & lost, rungs=frozenset({rung})))
    return [*cells, *added]


def _closed(cells: list[Cell]) -> list[Cell]:
    """Add finer sets until every set that holds one is filled by finer sets."""
    added: list[Cell] = []
    for cell in cells:
        inside = [other for other in cells if other is not cell and _inside(other, cell)]
        for role in cell.roles if inside else ():
            for rung in cell.rungs:
                if not any(_holds(other, role, rung) for other in inside):
                    added.append(Cell(frozenset({role}), frozenset({rung}), 0, 0))
    return [*cells, *added]


def _holds(cell: Cell, role: str, rung: str) -> bool:
    return role in cell.roles and rung in cell.rungs


def _inside(one: Cell, other: Cell) -> bool:
    return one.roles <= other.roles and one.rungs <= other.rungs


def _ends(cell: Cell, size: int) -> tuple[float, ...]:
    if cell.n_low == cell.n_high:
        return ()
    return tuple(n / size for n in (cell.n_low, cell.n_high + 1) if 0 < n <= size)


def _require(condition: bool, group: CaseGroup, what: str) -> None:
    if not condition:
        raise NotImplementedError(f"group '{group.group}': no rule for {what}")


def with_roles_printed(pattern: Pattern, truth: Truth) -> Pattern:
    """Return the pattern with the numbers of cases by role printed too, if it lacks them."""
    if pattern.prints_roles:
        return pattern
    everything = frozenset(truth.ladder)
    size = len(truth.roles)
    margin = Sets(
        tuple(frozenset({role}) for role in truth.roles),
        (everything,) * size,
        np.repeat(np.eye(size)[:, :, None], len(truth.ladder), axis=2),
        ((),) * size,
    )
    return replace(pattern, partitions=(pattern.partitions[0], margin))


# ---- cases, and what is printed of them ------------------------------------------------------


def draw_cases(force: Force, truth: Truth, rng: np.random.Generator, share_sd: float) -> Cases:
    """Draw intercept, roles and rungs of a force's cases.

    Roles that are not given are drawn with the national shares or, where ``share_sd`` is positive,
    with the force's own, from a beta distribution around them (two roles).
    """
    off = np.round(np.array(force.pattern.off) * force.size).astype(int)
    intercept = truth.sd * rng.standard_normal()
    shares = np.array(truth.shares)
    if share_sd:
        spread = shares[0] * shares[1] / share_sd**2 - 1
        shares = rng.dirichlet(shares * spread)
    on_ladder = rng.multinomial(force.size - off.sum(), shares)
    if force.role_counts is not None:
        on_ladder = np.array(force.role_counts) - off
    table = np.array(
        [
            rng.multinomial(number, given)
            for number, given in zip(on_ladder, truth.rung_shares(intercept), strict=True)
        ]
    )
    return Cases(force, table, off)


def printed(cases: Cases, truth: Truth, rng: np.random.Generator) -> CaseGroup:
    """Return the group of cases as its force prints it."""
    pattern = cases.force.pattern
    off = _off_cells(cases, truth)
    size = int(cases.table.sum())
    return _group(
        cases, *((*_cells(sets, cases.table, size, rng), *off) for sets in pattern.partitions)
    )


def complete(cases: Cases, truth: Truth) -> CaseGroup:
    """Return the same cases fully observed."""
    cells = tuple(
        _cell({role}, {rung}, cases.table[r, k])
        for r, role in enumerate(truth.roles)
        for k, rung in enumerate(truth.ladder)
        if cases.table[r, k]
    )
    return _group(cases, (*cells, *_off_cells(cases, truth)))


def _group(cases: Cases, *partitions: tuple[Cell, ...], part: str = "") -> CaseGroup:
    return CaseGroup(cases.force.name + part, cases.force.name, partitions)


def _cell(roles: set[str] | frozenset[str], rungs: set[str] | frozenset[str], n: int) -> Cell:
    return Cell(frozenset(roles), frozenset(rungs), int(n), int(n))


def _off_cells(cases: Cases, truth: Truth) -> tuple[Cell, ...]:
    return tuple(
        _cell({role}, set(), number)
        for role, number in zip(truth.roles, cases.off, strict=True)
        if number
    )


def _cells(sets: Sets, table: Array, size: int, rng: np.random.Generator) -> Iterator[Cell]:
    counts = np.zeros(len(sets.roles), dtype=int)
    for r, k in np.argwhere(table):
        counts += rng.multinomial(table[r, k], sets.chance[:, r, k])
    for place, number in enumerate(counts):
        ends = [0, *(round(end * size) for end in sets.ends[place]), size + 1]
        low = high = int(number)
        if sets.ends[place]:
            low = max(end for end in ends if end <= number)
            high = min(end for end in ends if end > number) - 1
        if high > 0:
            yield Cell(sets.roles[place], sets.rungs[place], low, high)


# ---- declared failures: precision that depends on the outcome, read as if it did not -----------

Printer: TypeAlias = Callable[[Cases, Truth, np.random.Generator], Sequence[CaseGroup]]


def at_random(cases: Cases, truth: Truth, rng: np.random.Generator) -> Sequence[CaseGroup]:
    """Print by the force's pattern."""
    return [printed(cases, truth, rng)]


def picked_example(cases: Cases, truth: Truth, rng: np.random.Generator) -> Sequence[CaseGroup]:
    """One who left is described, the rest are unknown. Read as cells.

    Nothing is printed where nobody left.
    """
    top = cases.table[:, -1]
    if not top.sum():
        return []
    role = truth.roles[rng.choice(len(top), p=top / top.sum())]
    left = _cell({role}, {truth.ladder[-1]}, 1)
    rest = _cell(set(truth.roles), set(truth.ladder), cases.table.sum() - 1)
    return [_group(cases, (left, rest) if rest.n_high else (left,))]


def overlapping(cases: Cases, truth: Truth, rng: np.random.Generator) -> Sequence[CaseGroup]:
    """Three in four cases of the middle rung are printed as such, the rest "lowest or middle".

    All cases of the lowest rung are among the rest: precision depended on the outcome. Read as
    cells all the same, in two groups so that nothing pools them.
    """
    lowest, middle, top = cases.table.sum(axis=0)
    precise = rng.binomial(middle, 0.75)
    anyone = frozenset(truth.roles)
    fine = [(anyone, {truth.ladder[2]}, top), (anyone, {truth.ladder[1]}, precise)]
    coarse = [(anyone, set(truth.ladder[:2]), lowest + middle - precise)]
    groups = []
    for part, cells in (("", fine), (" (coarse)", coarse)):
        found = tuple(_cell(*cell) for cell in cells if cell[-1])
        if found:
            groups.append(_group(cases, found, part=part))
    return groups


def hidden_rung(cases: Cases, truth: Truth, rng: np.random.Generator) -> Sequence[CaseGroup]:
    """The second highest rung is printed under the name of the rung below it. Read by its name."""
    table = cases.table.copy()
    table[:, -3] += table[:, -2]
    table[:, -2] = 0
    return [printed(replace(cases, table=table), truth, rng)]


def parted_middle(pattern: Pattern, ladder: Sequence[str], *, apart: bool) -> Pattern:
    """Return a pattern of three rungs on a ladder of four, whose middle rung is parted in two.

    ``apart``: sets of the middle rung alone are printed as two.
    """
    middle, halves = next(iter(_middle(pattern, ladder))), frozenset(ladder[1:3])
    partitions = []
    for sets in pattern.partitions:
        roles, rungs, chances, ends = [], [], [], []
        for place, old in enumerate(sets.rungs):
            chance = sets.chance[place][:, [0, 1, 1, 2]]
            new = (old - {middle}) | halves if middle in old else old
            parts = [(new, chance)]
            if new == halves and apart:
                parts = [
                    (frozenset({rung}), chance * (np.arange(4) == at))
                    for at, rung in ((1, ladder[1]), (2, ladder[2]))
                ]
            for part, shares in parts:
                roles.append(sets.roles[place])
                rungs.append(part)
                chances.append(shares)
                ends.append(sets.ends[place])
        partitions.append(Sets(tuple(roles), tuple(rungs), np.array(chances), tuple(ends)))
    return replace(pattern, partitions=tuple(partitions))


def _middle(pattern: Pattern, ladder: Sequence[str]) -> frozenset[str]:
    """Return the rung of the three that the ladder of four does not have."""
    found = frozenset().union(*(rungs for s in pattern.partitions for rungs in s.rungs))
    return found - frozenset(ladder)
