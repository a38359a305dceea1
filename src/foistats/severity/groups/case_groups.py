"""Groups of cases as the severity model takes them: cells, partitions, and their rules."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from foistats.errors import ModelError, UsageError, did_you_mean
from foistats.severity.engine.integer_tables import Interval


@dataclass(frozen=True)
class Cell:
    """One entry of a partition: a number of cases with role in `roles` and outcome in `rungs`.

    Attributes
    ----------
    roles : frozenset of str
        The roles the cases may have.
    rungs : frozenset of str
        The rungs their outcome may be. All rungs of the ladder: the outcome is not stated. Empty:
        the cases have no rung (not concluded, or off the ladder).
    n_low, n_high : int
        The smallest and the largest number of cases; equal for an exact count.
    """

    roles: frozenset[str]
    rungs: frozenset[str]
    n_low: int
    n_high: int

    def overlaps(self, other: Cell) -> bool:
        """Whether one case could be in both cells."""
        rungs_meet = self.rungs & other.rungs or not (self.rungs or other.rungs)
        return bool(self.roles & other.roles and rungs_meet)

    def conflicts(self, other: Cell, ladder: Sequence[str]) -> bool:
        """Whether the precision of the outcome may have depended on the outcome.

        It may where roles meet and the rungs overlap without being the same ("advice" beside
        "advice or a warning"). All rungs beside some is an outcome not stated, and no conflict.
        """
        stated = frozenset(ladder) not in (self.rungs, other.rungs)
        return self.overlaps(other) and self.rungs != other.rungs and stated


Partition: TypeAlias = tuple[Cell, ...]


@dataclass(frozen=True)
class CaseGroup:
    """One force's answer about one set of cases.

    Attributes
    ----------
    group, force : str
        Its name, and the force; groups of one force share a random intercept.
    partitions : tuple of tuple of Cell
        One or two partitions of the same cases, each accounting for all of them. Within a partition
        the outcome sets of cells whose roles meet are the same or disjoint, or all rungs (not
        stated). A role or an outcome that is stated for some cases only is taken as left out at
        random (Heitjan and Rubin 1991): the probability of a case is that of the set it is put in.
    covariates : mapping of str to str or float
        What formulas may name besides ``role``; the same for all cases of the group.
    sources : tuple of str
        The sources its statements come from.
    overlapping : bool
        Outcome sets may overlap, and are read as if precision did not depend on the outcome: a
        sensitivity analysis.
    """

    group: str
    force: str
    partitions: tuple[Partition, ...]
    covariates: Mapping[str, str | float] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    overlapping: bool = False


@dataclass(frozen=True)
class CaseSpace:
    """The roles (reference first), their shares, and the rungs (least severe first).

    Cells in which no role is printed are mixtures over the roles with weights `shares`.
    """

    ladder: tuple[str, ...]
    roles: tuple[str, ...]
    shares: tuple[float, ...]


def group_size(group: CaseGroup) -> Interval:
    """Return the bounds of the number of cases of a group, from all its partitions."""
    low = max(sum(cell.n_low for cell in cells) for cells in group.partitions)
    high = min(sum(cell.n_high for cell in cells) for cells in group.partitions)
    return Interval(low, high)


def role_shares(roles: Sequence[str], composition: Mapping[str, float]) -> tuple[float, ...]:
    """Return the shares of a composition in the order of the roles; others may have share zero.

    Raises
    ------
    UsageError
        If a role is missing or unknown, a share is not positive, or they do not sum to one.

    Examples
    --------
    >>> role_shares(("officer", "staff"), {"staff": 0.25, "officer": 0.75})
    (0.75, 0.25)
    """
    missing = [role for role in roles if role not in composition]
    unknown = [role for role, share in composition.items() if role not in roles and share]
    if missing or unknown:
        raise UsageError(
            f"the composition has shares for {', '.join(composition) or 'no role'}; "
            f"the roles are {', '.join(roles)}"
        )
    shares = tuple(float(composition[role]) for role in roles)
    if min(shares) <= 0 or abs(sum(shares) - 1) > 1e-9:
        raise UsageError(
            f"role shares {shares} (each must be positive, and together they must be 1); "
            "leave a role without cases out of the model"
        )
    return shares


def outcome_open(cell: Cell, cells: Partition, space: CaseSpace) -> bool:
    """Whether cases of a cell with rungs can nevertheless be off the ladder.

    An outcome not stated can be anything, unless the partition has a cell of its own for cases of
    those roles that are off the ladder.
    """
    own = any(not other.rungs and other.roles & cell.roles for other in cells)
    return cell.rungs >= frozenset(space.ladder) and not own


def check_group(group: CaseGroup, space: CaseSpace) -> None:
    """Refuse a group that breaks the rules of `CaseGroup`.

    Raises
    ------
    ModelError
        Naming the group and everything wrong with it.
    """
    wrong = list(_partition_faults(group))
    for cell in itertools.chain.from_iterable(group.partitions):
        wrong.extend(_cell_faults(cell, space))
    for cells in group.partitions:
        wrong.extend(
            f"{_words(one)} and {_words(other)} overlap in outcome; pool them"
            for one, other in itertools.combinations(cells, 2)
            if one.conflicts(other, space.ladder) and not group.overlapping
        )
    if wrong:
        raise ModelError(f"group '{group.group}': " + "; ".join(wrong))


def _partition_faults(group: CaseGroup) -> list[str]:
    found = len(group.partitions)
    if found not in (1, 2):
        return [f"{found} partitions of its cases (1 or 2 can be used; leave the others out)"]
    if not all(group.partitions):
        return ["a partition without cells"]
    size = group_size(group)
    if size.low > size.high:
        totals = " and ".join(
            f"{sum(c.n_low for c in cells)}-{sum(c.n_high for c in cells)}"
            for cells in group.partitions
        )
        return [f"its partitions do not have the same total: {totals} cases"]
    return []


def _cell_faults(cell: Cell, space: CaseSpace) -> list[str]:
    faults = []
    if cell.n_low != int(cell.n_low) or cell.n_high != int(cell.n_high):
        faults.append(f"{_words(cell)} has the count {cell.n_low}-{cell.n_high}: cases are whole")
    if not 0 <= cell.n_low <= cell.n_high:
        faults.append(f"{_words(cell)} has the count {cell.n_low}-{cell.n_high}")
    if not cell.roles:
        faults.append(f"{_words(cell)} has no role (name all roles if none is printed)")
    for kind, found, allowed in (
        ("role", cell.roles, space.roles),
        ("rung", cell.rungs, space.ladder),
    ):
        faults.extend(
            f"unknown {kind} '{word}'{did_you_mean(word, allowed)} (allowed: {', '.join(allowed)})"
            for word in sorted(found - frozenset(allowed))
        )
    return faults


def _words(cell: Cell) -> str:
    rungs = " or ".join(sorted(cell.rungs)) or "off the ladder"
    return f"cell ({' or '.join(sorted(cell.roles))}: {rungs})"
