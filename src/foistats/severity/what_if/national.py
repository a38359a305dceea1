"""The national total of a study's register, with every force's cases in their place."""

from __future__ import annotations

from typing import Any

from foistats.codebooks import ANY
from foistats.errors import OverlapError, UsageError, did_you_mean
from foistats.register import Register
from foistats.severity.groups.case_groups import CaseGroup, group_size
from foistats.severity.groups.cells import IN_THE_FIT, SeverityData
from foistats.severity.what_if.total_statements import Member, RungCount, Total, sizes_between


def national_total(
    register: Register,
    data: SeverityData,
    *,
    overlapping: str = "removed",
    unseen: str = "even",
    not_concluded: float = 0.0,
) -> Total:
    """Return what was printed of the whole survey, with every force's cases in their place.

    The groups of the fit that belong to the survey are contained. A force with a count and no
    outcomes in the fit is a member of that size; where the fit has a smaller group of the same
    cases (people rather than cases), that group is contained and the rest is a member of its force.
    The cases left belong to forces that answered and whose counts nobody printed.

    Parameters
    ----------
    register : Register
    data : SeverityData
        Of the fit.
    overlapping : str
        What becomes of a force whose cases may be among those of another survey in the fit:
        ``removed`` (nothing is assumed about them) or ``member`` (cases of their own, with an
        intercept of their own: an assumption).
    unseen : str
        ``even``: the cases of unseen forces are spread as evenly as possible; ``block``: one force
        has them all, the other extreme.
    not_concluded : float
        See `Total`.

    Raises
    ------
    UsageError
        For other words, or if the study prints no exact total or no outcome of it.
    OverlapError
        If the forces have more cases than the total.
    """
    for name, word, allowed in (
        ("overlapping", overlapping, ("removed", "member")),
        ("unseen", unseen, ("even", "block")),
    ):
        if word not in allowed:
            raise UsageError(
                f"{name} is '{word}'{did_you_mean(word, allowed)} (allowed: {', '.join(allowed)})"
            )
    nation = register.study.analysis.nation
    cases = _National(register, data, overlapping)
    cases.add_counts()
    cases.add_unseen(unseen)
    return Total(
        nation,
        _national_statements(register, data),
        tuple(cases.contains),
        tuple(cases.members),
        shares=data.shares(),
        not_concluded=not_concluded,
        removed=cases.removed,
        note="; ".join(cases.notes),
    )


class _National:
    """Puts the cases of a survey in their places, one force after another."""

    def __init__(self, register: Register, data: SeverityData, overlapping: str) -> None:
        self.register, self.overlapping = register, overlapping
        self.survey = register.study.analysis.survey
        fitted = data.flow[data.flow["status"] == IN_THE_FIT]
        self.survey_of = dict(zip(fitted["group"], fitted["survey"], strict=True))
        self.group = {group.group: group for group in data.groups}
        self.contains = [name for name in self.group if self.survey_of[name] == self.survey]
        self.counts = register.counts(self.survey)
        self.members: list[Member] = []
        self.removed, self.counted = 0, 0
        self.notes: list[str] = []

    def add_counts(self) -> None:
        """Place every force with a count, and the groups of the fit."""
        met: set[str] = set()
        for row in self.counts.itertuples(index=False):
            sharing = [n for n in self.group if self.register.may_share_cases(row.group, n)]
            own = [name for name in sharing if name in self.contains]
            met.update(own)
            self.counted += _middle(row.n_low, row.n_high)
            if row.group in own:
                continue
            if own:
                self._add_rest(row, sum(_size(self.group[name]) for name in own))
            elif sharing:
                self._add_overlapping(row, sharing[0])
            else:
                sizes = sizes_between(row.n_low, row.n_high)
                self.members.append(Member(row.group, row.force, sizes))
        self.counted += sum(_size(self.group[name]) for name in self.contains if name not in met)

    def _add_rest(self, row: Any, size: int) -> None:
        """Add the cases by which a force's count exceeds its groups in the fit."""
        rest = _middle(row.n_low, row.n_high) - size
        if rest < 0:
            self.counted -= rest
            self.notes.append(f"{row.group}: {-rest} more cases in the fit than it has")
        elif rest:
            self.members.append(Member(row.group, row.force, {rest: 1.0}, apart=True))
            self.notes.append(f"{row.group}: {rest} of its cases are not in the fit's group")

    def _add_overlapping(self, row: Any, other: str) -> None:
        """Add a force whose cases may be among those of another survey in the fit."""
        size = _middle(row.n_low, row.n_high)
        said = f"{row.group}: its {size} cases may be among those of {other}"
        if self.overlapping == "removed":
            self.removed += size
            self.notes.append(f"{said}; removed")
        else:
            name = f"{row.force} ({row.group})"
            self.members.append(Member(row.group, name, {size: 1.0}, apart=True))
            self.notes.append(f"{said}; taken as others, with an intercept of their own")

    def add_unseen(self, how: str) -> None:
        """Add the forces whose counts nobody printed."""
        nation = self.register.study.analysis.nation
        whole = _exact_total(self.register, nation)
        rest = whole - self.counted
        if rest < 0:
            raise OverlapError(
                f"the forces have {self.counted} cases, '{nation}', which contains them, {whole}; "
                "check the counts"
            )
        forces = self._unseen_forces() if how == "even" else ["unseen forces"]
        if not rest:
            return
        each, more = divmod(rest, len(forces))
        for place, force in enumerate(forces):
            size = each + (place < more)
            if size:
                self.members.append(Member(f"unseen: {force}", f"unseen: {force}", {size: 1.0}))
        self.notes.append(
            f"{rest} cases of {len(forces)} unseen forces, {each}-{each + (more > 0)} each"
            if how == "even"
            else f"{rest} cases of unseen forces in one block"
        )

    def _unseen_forces(self) -> list[str]:
        asked = self.register.asked
        answered = asked[(asked["survey"] == self.survey) & asked["answer"].isin(_ANSWERED)]
        known = {*self.counts["force"], *(self.group[name].force for name in self.contains)}
        return [force for force in answered["force"] if force not in known] or ["unseen forces"]


_ANSWERED = ("disclosed", "partial", "not_in_print")


def _middle(low: int, high: int) -> int:
    return (int(low) + int(high)) // 2


def _size(group: CaseGroup) -> int:
    size = group_size(group)
    return _middle(size.low, size.high)


def _exact_total(register: Register, nation: str) -> int:
    statements = register.statements_of(nation)
    totals = statements[(statements["part"] == "total")]
    if totals.empty or totals["n_low"].iloc[0] != totals["n_high"].iloc[0]:
        raise UsageError(
            f"'{nation or '(none)'}' has no exact number of cases; the augmented analysis needs a "
            "nation in study.toml ([analysis]) with one"
        )
    return int(totals["n_low"].iloc[0])


def _national_statements(register: Register, data: SeverityData) -> tuple[RungCount, ...]:
    """Return what was printed of the nation's outcomes that the ladder can say, disjoint sets."""
    statements = register.statements_of(register.study.analysis.nation)
    inside = {level.id: frozenset(of) for level, of in data.ladder.groups}
    said: list[RungCount] = []
    for row in statements[statements["outcomes"] != ANY].itertuples(index=False):
        levels = frozenset(register.study.outcomes.levels_of(row.outcomes))
        rungs = data.ladder.of(levels)
        whole = frozenset().union(*(inside[rung] for rung in rungs)) if rungs else frozenset()
        taken = frozenset().union(*(one.rungs for one in said))
        if row.roles == ANY and rungs and whole == levels and not rungs & taken:
            said.append(RungCount(rungs, int(row.n_low), int(row.n_high)))
    if not said:
        raise UsageError(
            f"'{register.study.analysis.nation}' prints no outcome that the ladder "
            f"{', '.join(data.ladder.ids)} can say"
        )
    return tuple(said)
