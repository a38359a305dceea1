"""What a total over several groups of cases says, and the rules against counting a case twice."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from foistats.errors import OverlapError, UsageError, did_you_mean
from foistats.register import Register
from foistats.severity.groups.case_groups import CaseGroup


@dataclass(frozen=True)
class RungCount:
    """A number of cases, all in one set of rungs.

    Attributes
    ----------
    rungs : frozenset of str
    n_low, n_high : int
        Both included.
    """

    rungs: frozenset[str]
    n_low: int
    n_high: int


@dataclass(frozen=True)
class Member:
    """Cases of a total of which only the number is known.

    Attributes
    ----------
    name : str
        The group of cases, or a word for it.
    force : str
        Members of one force share an intercept. That of a force in the fit is shared with its
        groups there, and its cases must be others (``apart``).
    sizes : mapping of int to float
        The numbers of cases that are possible, with their probabilities; see `sizes_between`.
    covariates : mapping of str to str or float
        What the model's formulas name besides ``role``.
    apart : bool
        Whether its cases are known to be none of those in the fit.
    """

    name: str
    force: str
    sizes: Mapping[int, float]
    covariates: Mapping[str, str | float] = field(default_factory=dict)
    apart: bool = False

    def __post_init__(self) -> None:
        wrong = [size for size in self.sizes if size < 0 or size != int(size)]
        if not self.sizes or wrong or abs(sum(self.sizes.values()) - 1) > 1e-9:
            raise UsageError(
                f"member '{self.name}': sizes {dict(self.sizes)} (whole numbers from 0 with "
                "probabilities that sum to one, such as {12: 1.0})"
            )


def sizes_between(low: int, high: int) -> dict[int, float]:
    """Return every size from low to high, all equally probable.

    Examples
    --------
    >>> sizes_between(3, 4)
    {3: 0.5, 4: 0.5}
    """
    if not 0 <= low <= high:
        raise UsageError(f"sizes from {low} to {high}; 0 <= low <= high is needed")
    return dict.fromkeys(range(low, high + 1), 1 / (high - low + 1))


@dataclass(frozen=True)
class Total:
    """What was printed of several groups of cases together.

    Attributes
    ----------
    name : str
    statements : tuple of RungCount
        Their sets of rungs are disjoint; they hold at once.
    contains : tuple of str
        The groups of the fit that the total contains.
    members : tuple of Member
        Its other cases.
    shares : mapping of role to share
        The role shares of its members; empty: those of the data where no role is printed.
    not_concluded : float
        The share of cases that never reach a rung, among members and outcomes not stated.
    removed : int
        Cases of the total about which nothing is assumed: they may be on any rung or none. The
        intervals hold up to so many of them.
    note : str
        How the total was put together.
    """

    name: str
    statements: tuple[RungCount, ...]
    contains: tuple[str, ...] = ()
    members: tuple[Member, ...] = ()
    shares: Mapping[str, float] = field(default_factory=dict)
    not_concluded: float = 0.0
    removed: int = 0
    note: str = ""

    def __post_init__(self) -> None:
        wrong = list(self._faults())
        if wrong:
            raise UsageError(f"total '{self.name}': " + "; ".join(wrong))
        names = Counter([*self.contains, *(member.name for member in self.members)])
        twice = [name for name, number in names.items() if number > 1]
        if twice:
            raise OverlapError(
                f"total '{self.name}': {', '.join(twice)} listed twice; name every group once, "
                "among `contains` if it is in the fit, else among `members`"
            )

    def _faults(self) -> Iterable[str]:
        if not self.statements:
            yield "no statement about its outcomes"
        if not self.contains and not self.members:
            yield "no groups of cases; name those in the fit (contains) and the others (members)"
        for one, other in itertools.combinations(self.statements, 2):
            if one.rungs & other.rungs:
                yield f"two statements about {', '.join(sorted(one.rungs & other.rungs))}"
        for said in self.statements:
            if not said.rungs:
                yield "a statement without rungs"
            if not 0 <= said.n_low <= said.n_high:
                yield f"the count {said.n_low}-{said.n_high} (0 <= low <= high is needed)"
        if not 0 <= self.not_concluded < 1:
            yield f"not_concluded is {self.not_concluded} (a share from 0 to less than 1)"
        if self.removed < 0:
            yield f"{self.removed} cases removed"

    @property
    def largest(self) -> int:
        """The largest number of cases that its members can have."""
        return sum(max(member.sizes) for member in self.members)


def refuse_overlap(
    total: Total, groups: Sequence[CaseGroup], register: Register | None = None
) -> None:
    """Refuse a total in which a case of the fit would stand in two factors.

    Parameters
    ----------
    total : Total
    groups : sequence of CaseGroup
        Those of the fit.
    register : Register, optional

    Raises
    ------
    OverlapError, UsageError
    """
    fitted = {group.group: group.force for group in groups}
    lost = [name for name in total.contains if name not in fitted]
    if lost:
        raise UsageError(
            f"total '{total.name}' contains '{lost[0]}'{did_you_mean(lost[0], fitted)}, which is "
            f"not in the fit (its groups: {', '.join(fitted)})"
        )
    if register:
        _refuse_undeclared(total, list(fitted), register)
    known = set(register.groups["group"]) if register else set()
    for member in total.members:
        if member.name in fitted:
            raise OverlapError(
                f"total '{total.name}': '{member.name}' is in the fit; name it among `contains`, "
                "not among `members`"
            )
        meeting = [name for name, force in fitted.items() if force == member.force]
        if register and member.name in known:
            meeting = [name for name in fitted if register.may_share_cases(member.name, name)]
        if meeting and not member.apart:
            raise OverlapError(
                f"total '{total.name}': the cases of '{member.name}' may be among those of "
                f"'{meeting[0]}', which is in the fit; leave one of them out, count the member as "
                "`removed`, or say that its cases are others (apart=True)"
            )


def _refuse_undeclared(total: Total, fitted: Sequence[str], register: Register) -> None:
    """Refuse a total over a survey that has groups in the fit which the total does not name."""
    survey = register.groups.set_index("group")["survey"]
    if total.name not in survey:
        return
    same = [name for name in fitted if name in survey and survey[name] == survey[total.name]]
    undeclared = [name for name in same if name not in total.contains]
    if undeclared:
        raise OverlapError(
            f"total '{total.name}' is of the survey '{survey[total.name]}', and so holds the cases "
            f"of '{undeclared[0]}', which is in the fit; name it among `contains`"
        )


def refuse_shared_forces(totals: Sequence[Total], groups: Sequence[CaseGroup]) -> None:
    """Refuse totals that hold cases of the same force: they would need one likelihood.

    Raises
    ------
    OverlapError
    """
    force = {group.group: group.force for group in groups}
    named = [
        {force[name] for name in total.contains} | {member.force for member in total.members}
        for total in totals
    ]
    for (one, first), (other, second) in itertools.combinations(zip(totals, named, strict=True), 2):
        if first & second:
            raise OverlapError(
                f"totals '{one.name}' and '{other.name}' both hold cases of "
                f"{', '.join(sorted(first & second))}; put their statements into one total, or "
                "leave one out"
            )
