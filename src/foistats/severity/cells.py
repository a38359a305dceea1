"""From the register to the severity model: which groups of cases enter, and as what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

import pandas as pd

from foistats.codebooks import ANY, Codebook, Grouping
from foistats.errors import NotIdentifiedError, OverlapError, UsageError, did_you_mean
from foistats.layout import TABLED
from foistats.register import Register
from foistats.severity.case_groups import CaseGroup, Cell

#: What became of a group on its way into the model, in the order of the flow chart.
IN_THE_FIT = "in the fit"
NO_OUTCOME = "no outcome printed"
LEFT_OUT = "left out by decision"


@dataclass(frozen=True)
class SeverityData:
    """The groups of cases of a study as the severity model sees them.

    Attributes
    ----------
    groups : tuple of CaseGroup
        The groups whose statements enter the likelihood.
    ladder, roles : Grouping
        The rungs, least severe first, and the roles, the reference first.
    composition : mapping of str to float
        Role shares assumed where a group prints no roles; they sum to one.
    nation : mapping of str to float
        Role shares of the whole survey, for predictions about it.
    flow : DataFrame
        One row per group of the analysis: ``group, force, survey, cases, status, reason``.
    """

    groups: tuple[CaseGroup, ...]
    ladder: Grouping
    roles: Grouping
    composition: Mapping[str, float]
    nation: Mapping[str, float]
    flow: pd.DataFrame

    @property
    def role_ids(self) -> tuple[str, ...]:
        """The roles that occur or may occur in the groups, the reference first."""
        named = {
            role
            for group in self.groups
            for partition in group.partitions
            for cell in partition
            for role in cell.roles
        }
        return tuple(role for role in self.roles.ids if role in named)

    @property
    def cases(self) -> int:
        """The cases of the groups in the fit; of counts known as intervals, the upper ends."""
        return int(self.flow.loc[self.flow["status"] == IN_THE_FIT, "cases"].sum())

    def shares(self, composition: Mapping[str, float] | None = None) -> dict[str, float]:
        """Return a composition (by default that of the data) over the roles that occur."""
        given = self.composition if composition is None else composition
        shares = {role: given.get(role, 0.0) for role in self.role_ids}
        whole = sum(shares.values())
        return {role: share / whole for role, share in shares.items()}


def severity_data(
    register: Register,
    *,
    ladder: str = "",
    roles: str = "",
    reading: str = "",
    alternatives: Iterable[str] = (),
) -> SeverityData:
    """Select and code the groups of cases for the severity model.

    Only groups that account for all their cases (coverage ``all``), whose precision does not depend
    on the outcome (disclosure ``rule``) and that print outcomes enter. Outcome sets that overlap
    within a table are pooled. Cases without a rung (not concluded, off the ladder) carry no
    information on the outcome.

    Parameters
    ----------
    register : Register
    ladder, roles : str, optional
        Groupings of the codebooks; by default the study's primary ones.
    reading : str, optional
        A reading of the outcome codebook.
    alternatives : iterable of str, optional
        Alternative statements to use in place of those they contest.

    Raises
    ------
    UsageError
        If a grouping, reading or alternative does not exist.
    OverlapError
        If two groups that would enter may hold the same cases.
    NotIdentifiedError
        If no group can enter.
    """
    analysis = register.study.analysis
    outcomes = register.study.outcomes
    outcomes = outcomes.read_as(reading) if reading else outcomes
    coding = _Coding(
        outcomes=outcomes,
        ladder=outcomes.grouping(ladder or analysis.ladder),
        role_book=register.study.roles,
        roles=register.study.roles.grouping(roles or analysis.roles),
        statements=_with_alternatives(register, alternatives),
    )
    flow = _flow(register, coding)
    entering = flow[flow["status"] == IN_THE_FIT]
    if entering.empty:
        raise NotIdentifiedError(
            "no group of cases can enter the severity model: none accounts for all its cases and "
            "prints outcomes by a rule; the flow chart gives the reason for each"
        )
    for one, other in combinations(entering["group"], 2):
        if register.may_share_cases(one, other):
            raise OverlapError(
                f"'{one}' and '{other}' may hold the same cases and would both enter the model; "
                "leave one out in study.toml ([[analysis.leave_out]])"
            )
    nation = _shares(coding, {analysis.nation}) or _shares(coding, set(entering["group"]))
    of_survey = entering.loc[entering["survey"] == analysis.survey, "group"]
    rest = _shares(coding, {analysis.nation}, less=set(of_survey)) or nation
    possible = {role for role, share in rest.items() if share > 0}
    return SeverityData(
        groups=tuple(
            CaseGroup(group, force, coding.partitions(group, possible))
            for group, force in zip(entering["group"], entering["force"], strict=True)
        ),
        ladder=coding.ladder,
        roles=coding.roles,
        composition=rest,
        nation=nation,
        flow=flow,
    )


def national_shares(register: Register, ladder: Grouping) -> pd.DataFrame:
    """Return what was printed of the whole survey's outcomes, as shares of its cases.

    Returns
    -------
    DataFrame
        One row per rung that was printed by itself: ``rung, label, n_low, n_high, of, low, high``.
        Empty if the study has no national figures.
    """
    columns = ["rung", "label", "n_low", "n_high", "of", "low", "high"]
    statements = register.statements_of(register.study.analysis.nation)
    totals = statements[statements["part"] == "total"]
    rows = []
    if not totals.empty:
        of = int(totals["n_high"].iloc[0])
        for _, entry in statements[statements["outcomes"] != ANY].iterrows():
            rungs = ladder.of(register.study.outcomes.levels_of(entry["outcomes"]))
            if entry["roles"] == ANY and len(rungs) == 1:
                rung = next(iter(rungs))
                low, high = int(entry["n_low"]), int(entry["n_high"])
                rows.append((rung, ladder.labels[rung], low, high, of, low / of, high / of))
    frame = pd.DataFrame(rows, columns=columns).drop_duplicates("rung")
    order = [rung for rung in ladder.ids if rung in set(frame["rung"])]
    return frame.set_index("rung").loc[order].reset_index()


@dataclass(frozen=True)
class _Coding:
    """The codebooks and groupings of one analysis, and the statements it uses."""

    outcomes: Codebook
    ladder: Grouping
    role_book: Codebook
    roles: Grouping
    statements: pd.DataFrame

    def entries(self, group: str) -> pd.DataFrame:
        return self.statements[self.statements["group"] == group]

    def role_set(self, text: str) -> frozenset[str]:
        return self.roles.of(self.role_book.levels_of(text))

    def rung_set(self, text: str) -> frozenset[str]:
        return self.ladder.of(self.outcomes.levels_of(text))

    def partitions(self, group: str, possible: set[str]) -> tuple[tuple[Cell, ...], ...]:
        """Code the tables of a group as partitions, without those that another one implies.

        Where a role is not stated, only the ``possible`` roles (those with a share) come into
        question.
        """
        partitions = []
        for _, entries in self.entries(group).groupby("table", sort=False):
            cells = [
                Cell(
                    self.role_set(entry["roles"]) & possible
                    if len(self.role_set(entry["roles"])) > 1
                    else self.role_set(entry["roles"]),
                    self.rung_set(entry["outcomes"]),
                    int(entry["n_low"]),
                    int(entry["n_high"]),
                )
                for _, entry in entries.iterrows()
            ]
            partitions.append(collapse(pool(cells, frozenset(self.ladder.ids))))
        return _without_implied(tuple(partitions))


def pool(cells: Iterable[Cell], everything: frozenset[str]) -> list[Cell]:
    """Unite overlapping outcome sets of cells whose roles meet, until all are disjoint.

    Where a coarse and a fine set overlap, precision depended on the outcome: which set a case was
    put in is then no information. A set of all rungs ("not stated") and a set of none stay as
    they are.
    """
    pooled = list(cells)
    changed = True
    while changed:
        changed = False
        for i, j in combinations(range(len(pooled)), 2):
            one, other = pooled[i], pooled[j]
            stated = everything not in (one.rungs, other.rungs)
            if (
                stated
                and one.roles & other.roles
                and one.rungs & other.rungs != one.rungs | (other.rungs)
            ):
                if not one.rungs & other.rungs:
                    continue
                union = one.rungs | other.rungs
                pooled[i] = Cell(one.roles, union, one.n_low, one.n_high)
                pooled[j] = Cell(other.roles, union, other.n_low, other.n_high)
                changed = True
    return pooled


def collapse(cells: Iterable[Cell]) -> tuple[Cell, ...]:
    """Add up cells of the same roles and rungs; drop those without cases."""
    sums: dict[tuple[frozenset[str], frozenset[str]], tuple[int, int]] = {}
    for cell in cells:
        low, high = sums.get((cell.roles, cell.rungs), (0, 0))
        sums[cell.roles, cell.rungs] = (low + cell.n_low, high + cell.n_high)
    return tuple(Cell(*key, low, high) for key, (low, high) in sums.items() if high > 0)


def _without_implied(
    partitions: tuple[tuple[Cell, ...], ...],
) -> tuple[tuple[Cell, ...], ...]:
    kept: list[tuple[Cell, ...]] = []
    for partition in sorted(partitions, key=len, reverse=True):
        if partition and not any(_implies(finer, partition) for finer in kept):
            kept.append(partition)
    return tuple(kept)


def _implies(finer: tuple[Cell, ...], coarser: tuple[Cell, ...]) -> bool:
    """Whether the counts of one partition follow from those of another."""
    for cell in coarser:
        inside = [f for f in finer if f.roles <= cell.roles and f.rungs <= cell.rungs]
        meeting = [
            f for f in finer if f.roles & cell.roles and (f.rungs & cell.rungs or not f.rungs)
        ]
        exact = all(f.n_low == f.n_high for f in inside)
        if inside != meeting or not exact or sum(f.n_low for f in inside) != cell.n_low:
            return False
    return True


def _with_alternatives(register: Register, names: Iterable[str]) -> pd.DataFrame:
    statements = register.statements.set_index("statement")
    for name in names:
        alternatives = statements.index[statements["part"] == "alternative"]
        if name not in alternatives:
            raise UsageError(
                f"'{name}' is no alternative statement; there are {', '.join(alternatives)}"
                f"{did_you_mean(name, alternatives)}"
            )
        for column in ("roles", "outcomes", "n_low", "n_high"):
            statements.loc[statements.loc[name, "of"], column] = statements.loc[name, column]
    return statements[statements["part"].isin(TABLED)].reset_index()


def _flow(register: Register, coding: _Coding) -> pd.DataFrame:
    analysis = register.study.analysis
    forces = set(register.forces.loc[register.forces["kind"] == "force", "force"])
    groups = register.groups[
        register.groups["survey"].isin(analysis.surveys) & register.groups["force"].isin(forces)
    ]
    totals = register.statements[register.statements["part"] == "total"].set_index("group")
    rows = []
    for _, group in groups.iterrows():
        name = group["group"]
        cases = int(totals.loc[name, "n_high"]) if name in totals.index else None
        printed = coding.entries(name)
        informative = any(
            0 < len(coding.rung_set(text)) < len(coding.ladder.ids) for text in printed["outcomes"]
        )
        status, reason = IN_THE_FIT, ""
        if name in analysis.leave_out:
            status, reason = LEFT_OUT, analysis.leave_out[name]
        elif not informative:
            status, reason = NO_OUTCOME, group["reason"]
        elif group["coverage"] == "part":
            status, reason = "answer covers part of the cases", group["reason"]
        elif group["disclosure"] == "picked":
            status, reason = "cases picked for their outcome", group["reason"]
        rows.append((name, group["force"], group["survey"], cases, status, reason))
    columns = ["group", "force", "survey", "cases", "status", "reason"]
    return pd.DataFrame(rows, columns=columns).astype({"cases": "Int64"})


def _shares(coding: _Coding, groups: set[str], less: set[str] = frozenset()) -> dict[str, float]:  # type: ignore[assignment]
    """Role shares printed by some groups, less the cases of others; empty if none is printed."""
    counts = dict.fromkeys(coding.roles.ids, 0)
    for sign, members in ((1, groups), (-1, less)):
        for group in sorted(members):
            for role, number in _role_counts(coding, group).items():
                counts[role] += sign * number
    counts = {role: max(number, 0) for role, number in counts.items()}
    whole = sum(counts.values())
    return {role: number / whole for role, number in counts.items()} if whole else {}


def _role_counts(coding: _Coding, group: str) -> dict[str, int]:
    """Cases of a group by role, from the table that states the role of most."""
    best: dict[str, int] = {}
    for _, entries in coding.entries(group).groupby("table", sort=False):
        counts: dict[str, int] = {}
        for text, number in zip(entries["roles"], entries["n_low"], strict=True):
            roles = coding.role_set(text)
            if text != ANY and len(roles) == 1:
                role = next(iter(roles))
                counts[role] = counts.get(role, 0) + int(number)
        if sum(counts.values()) > sum(best.values()):
            best = counts
    return best
