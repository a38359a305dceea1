"""The table that claims of one population and unit speak of: force by role by outcome."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from foistats.claims.measures import NOT_ANSWERED
from foistats.claims.vocabulary import Kinds, kinds_of
from foistats.register import Register
from foistats.rules import enclosing

#: The name of a table: a population and a unit.
Key = tuple[str, str]


@dataclass(frozen=True)
class Cells:
    """A set of cells of one table: every combination of a force, a role and an outcome."""

    table: Key
    forces: frozenset[str]
    roles: frozenset[str]
    outcomes: frozenset[str]

    def of_force(self, force: str) -> Cells:
        """Return the cells of the same roles and outcomes in one force."""
        return Cells(self.table, frozenset({force}), self.roles, self.outcomes)


@dataclass(frozen=True)
class Universe:
    """Everything that a table could hold.

    Attributes
    ----------
    table : (str, str)
        Population and unit.
    forces : tuple of str
        Those asked, and any that a claim or statement names beside them.
    asked : frozenset of str
        What ``any`` force means: those asked in the survey; all forces if that is not recorded.
    silent : frozenset of str
        Forces recorded as having given no answer: they have no cases in the table.
    roles, outcomes : Kinds
    members : mapping of str to frozenset of str
        The forces of every area; an area without forces stands for itself.
    """

    table: Key
    forces: tuple[str, ...]
    asked: frozenset[str]
    silent: frozenset[str]
    roles: Kinds
    outcomes: Kinds
    members: Mapping[str, frozenset[str]]

    @property
    def answering(self) -> frozenset[str]:
        """The forces that answered, as far as is recorded."""
        return frozenset(self.forces) - self.silent

    def forces_of(self, names: Iterable[str]) -> frozenset[str]:
        """Return the forces that names of forces and areas mean; all asked for none or ``any``."""
        names = tuple(names)
        if not names or names == ("any",):
            return self.asked
        return frozenset().union(*(self.members.get(name, frozenset({name})) for name in names))

    def cells(self, force: Iterable[str], role: str, outcome: str) -> Cells:
        """Return the cells that words mean."""
        forces = self.forces_of(force)
        return Cells(self.table, forces, self.roles.of(role), self.outcomes.of(outcome))


def members_of(register: Register) -> dict[str, frozenset[str]]:
    """Return the forces that each name of a force or area means; an empty area means itself."""
    frame = register.forces
    within = dict(zip(frame["force"], frame["within"], strict=True))
    single = single_forces(register)
    members = {area: frozenset({area}) for area in frame["force"]}
    for area in set(within) - set(single):
        inside = frozenset(force for force in single if area in enclosing(force, within))
        members[area] = inside or members[area]
    return members


def single_forces(register: Register) -> list[str]:
    """Return the names of forces, areas apart."""
    return list(register.forces.loc[register.forces["kind"] == "force", "force"])


def universe_of(register: Register, table: Key, named: Iterable[str] = ()) -> Universe:
    """Return what a table could hold.

    Parameters
    ----------
    register : Register
    table : (str, str)
        Population (a survey) and unit.
    named : iterable of str
        Forces and areas that claims or statements name.
    """
    members = members_of(register)
    rows = register.asked[register.asked["survey"] == table[0]]
    asked = list(rows["force"] if len(rows) else single_forces(register))
    silent = rows.loc[rows["answer"].isin(NOT_ANSWERED), "force"]
    beside = frozenset().union(*(members[name] for name in named)) - set(asked)
    return Universe(
        table=table,
        forces=(*asked, *sorted(beside)),
        asked=frozenset(asked),
        silent=frozenset(silent),
        roles=kinds_of(register.study.roles, unplaced=True),
        outcomes=kinds_of(register.study.outcomes, unplaced=False),
        members=members,
    )


@dataclass(frozen=True)
class Merged:
    """The cells of a table, those added up that nothing tells apart.

    Attributes
    ----------
    members : list of array
        For each set, the numbers of the unknowns that it is the sum of, counted from 0.
    pools : list of (array, array)
        Unknowns that split the same cases in two ways, so that their sums are equal: by kind, and
        by force.
    width : int
        How many unknowns there are.
    """

    members: list[np.ndarray]
    pools: list[tuple[np.ndarray, np.ndarray]]
    width: int


def merge_cells(universe: Universe, told_apart: Sequence[Cells]) -> Merged:
    """Merge the cells of a table that no set tells apart.

    Cells that lie in the same sets are one unknown. Beyond that, the cases of a force that its own
    sets do not tell apart are one unknown, however many kinds the sets of several forces tell apart
    among them; and for all such unknowns that may be of the same kinds, the kinds are unknowns of
    their sum only. Nothing is lost: numbers by kind and numbers by force with the same sum always
    fill a table. Cells of forces that gave no answer are no unknowns.

    Parameters
    ----------
    universe : Universe
    told_apart : sequence of Cells
        The sets that matter.
    """
    single = [n for n, cells in enumerate(told_apart) if len(cells.forces) == 1]
    joint = [n for n, cells in enumerate(told_apart) if len(cells.forces) != 1]
    makers = _Merging(len(told_apart))
    for force in universe.forces:
        if force in universe.silent:
            continue
        own = [n for n in single if force in told_apart[n].forces]
        shared = [n for n in joint if force in told_apart[n].forces]
        makers.add(_kinds(universe, told_apart, own, shared))
    return makers.merged()


Signature = frozenset[int]


def _kinds(
    universe: Universe, told_apart: Sequence[Cells], own: Sequence[int], shared: Sequence[int]
) -> dict[Signature, set[Signature]]:
    """Return, for each combination of a force's own sets, with which shared ones it occurs."""
    found: dict[Signature, set[Signature]] = {}
    sets = [(n, told_apart[n].roles, told_apart[n].outcomes) for n in (*own, *shared)]
    first = set(own)
    roles = {frozenset(n for n, held, _ in sets if role in held) for role in universe.roles.ids}
    outcomes = {
        frozenset(n for n, _, held in sets if outcome in held) for outcome in universe.outcomes.ids
    }
    for role in roles:
        for outcome in outcomes:
            inside = role & outcome
            found.setdefault(inside & first, set()).add(inside - first)
    return found


class _Merging:
    """The unknowns as they are found, force by force."""

    def __init__(self, sets: int) -> None:
        self._members: list[list[int]] = [[] for _ in range(sets)]
        self._width = 0
        self._free: dict[Signature, int] = {}
        self._pools: dict[frozenset[Signature], tuple[list[int], list[int]]] = {}

    def add(self, kinds: Mapping[Signature, set[Signature]]) -> None:
        """Add the unknowns of one force."""
        for own, shared in kinds.items():
            if not own:
                for signature in shared - {frozenset()} - self._free.keys():
                    self._free[signature] = self._new(signature)
            elif len(shared) == 1:
                self._new(own | next(iter(shared)))
            else:
                _, by_force = self._pool(frozenset(shared))
                by_force.append(self._new(own))

    def merged(self) -> Merged:
        """Return what was found."""
        members = [np.array(columns, dtype=int) for columns in self._members]
        pools = [(np.array(one), np.array(other)) for one, other in self._pools.values()]
        return Merged(members, pools, self._width)

    def _pool(self, kinds: frozenset[Signature]) -> tuple[list[int], list[int]]:
        if kinds not in self._pools:
            by_kind = [self._new(signature) for signature in sorted(kinds, key=sorted)]
            self._pools[kinds] = by_kind, []
        return self._pools[kinds]

    def _new(self, sets: Iterable[int]) -> int:
        for position in sets:
            self._members[position].append(self._width)
        self._width += 1
        return self._width - 1
