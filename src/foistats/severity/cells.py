"""From the register to the severity model: which groups of cases enter, and as what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import combinations

import pandas as pd

from foistats.codebooks import ANY, Codebook, Grouping
from foistats.errors import DataError, NotIdentifiedError, OverlapError, UsageError, did_you_mean
from foistats.layout import TABLED, UNLIMITED
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
        One row per group of the analysis, from `selection`.
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
    def cases(self) -> tuple[int, int]:
        """The cases of the groups in the fit, as an interval."""
        fitted = self.flow[self.flow["status"] == IN_THE_FIT]
        return int(fitted["n_low"].sum()), int(fitted["n_high"].sum())

    @property
    def known(self) -> tuple[int, int]:
        """The cases in the fit whose outcome is known to some degree, as an interval."""
        low = high = 0
        for group in self.groups:
            cells = [
                cell for cell in group.partitions[0] if 0 < len(cell.rungs) < len(self.ladder.ids)
            ]
            low += sum(cell.n_low for cell in cells)
            high += sum(cell.n_high for cell in cells)
        most = self.cases[1]
        return min(low, most), min(high, most)

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
    without: Mapping[str, Collection[str]] | None = None,
) -> SeverityData:
    """Select and code the groups of cases for the severity model.

    Only groups that account for all their cases (coverage ``all``), whose precision does not depend
    on the outcome (disclosure ``rule``) and that print outcomes enter. Outcome sets that overlap
    within a table are pooled. Cases without a rung (not concluded, off the ladder) carry no
    information on the outcome. Subsets, which belong to no table, are not used.

    Parameters
    ----------
    register : Register
    ladder, roles : str, optional
        Groupings of the codebooks; by default the study's primary ones.
    reading : str, optional
        A reading of the outcome codebook.
    alternatives : iterable of str, optional
        Alternative statements to use in place of those they contest.
    without : mapping of str to collection of str, optional
        By group, the outcomes whose cases are left out.

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
        statements=_without(_with_alternatives(register, alternatives), without or {}),
        totals=_totals(register),
        nation=analysis.nation,
    )
    flow = _flow(register, coding)
    entering = flow[flow["status"] == IN_THE_FIT]
    if entering.empty:
        counts = flow["status"].value_counts()
        found = "; ".join(f"{number}: {status}" for status, number in counts.items())
        raise NotIdentifiedError(
            "no group of cases can enter the severity model, which needs one that accounts for all "
            "its cases and prints their outcomes by a rule. Groups of forces in the surveys of "
            f"[analysis] surveys: {found or 'none'}"
        )
    for one, other in combinations(entering["group"], 2):
        if register.may_share_cases(one, other):
            raise OverlapError(
                f"'{one}' and '{other}' may hold the same cases and would both enter the model; "
                "leave one out in study.toml ([[analysis.leave_out]])"
            )
    nation, rest = _compositions(coding, entering, analysis.survey)
    possible = {role for role, share in rest.items() if share > 0}
    if not possible:
        raise NotIdentifiedError(
            "no source states the role of any case, so roles cannot be compared; "
            "the outcomes alone are in the register report"
        )
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
    if not totals.empty and totals["n_high"].iloc[0] > 0:
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
    totals: Mapping[str, tuple[int, int]]
    nation: str = ""

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
        total = self.totals.get(group, (0, UNLIMITED))
        bounded = [_bounded(group, cells, total) for cells in partitions]
        kept = _without_implied(tuple(bounded))
        if len(kept) == 1 and any(cell.n_low < cell.n_high for cell in kept[0]):
            everyone = frozenset().union(*(cell.roles for cell in kept[0]))
            kept = (*kept, (Cell(everyone, frozenset(self.ladder.ids), *total),))
        return kept


def _bounded(group: str, cells: tuple[Cell, ...], total: tuple[int, int]) -> tuple[Cell, ...]:
    """Replace an upper end that no source states by what the group's total leaves for it."""
    least = sum(cell.n_low for cell in cells)
    bounded = tuple(
        Cell(cell.roles, cell.rungs, cell.n_low, min(cell.n_high, total[1] - least + cell.n_low))
        for cell in cells
    )
    if any(cell.n_high >= UNLIMITED - least for cell in bounded):
        raise NotIdentifiedError(
            f"group '{group}': a count without an upper end and no total that bounds it; "
            "give n_high, or leave the group out in study.toml ([[analysis.leave_out]])"
        )
    return bounded


def pool(cells: Iterable[Cell], everything: frozenset[str]) -> list[Cell]:
    """Unite overlapping outcome sets of cells whose roles meet, until all are disjoint.

    Where a coarse and a fine set overlap, precision depended on the outcome: which set a case was
    put in is then no information. A set of all rungs ("not stated") and a set of none stay as
    they are.
    """
    pooled = list(cells)
    stated = [cell.rungs != everything for cell in pooled]
    changed = True
    while changed:
        changed = False
        for i, j in combinations(range(len(pooled)), 2):
            one, other = pooled[i], pooled[j]
            overlap = one.roles & other.roles and one.rungs & other.rungs
            if stated[i] and stated[j] and overlap and one.rungs != other.rungs:
                union = one.rungs | other.rungs
                pooled[i] = replace(one, rungs=union)
                pooled[j] = replace(other, rungs=union)
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
    most = max((len(c.rungs) for cells in partitions for c in cells), default=0)
    for partition in sorted(partitions, key=len, reverse=True):
        if partition and not any(_implies(finer, partition) for finer in kept):
            kept.append(partition)
    tells = [any(0 < len(c.rungs) < most for c in cells) for cells in kept]
    return tuple(cells for _, cells in sorted(zip(tells, kept, strict=True), key=lambda x: -x[0]))


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


def _without(statements: pd.DataFrame, left_out: Mapping[str, Collection[str]]) -> pd.DataFrame:
    """Drop entries of the given outcomes; tables of a group that do not tell them go as a whole."""
    for group, outcomes in left_out.items():
        inside = statements["group"] == group
        named = inside & statements["outcomes"].isin(list(outcomes))
        telling = set(statements.loc[named, "table"])
        gone = named | (inside & ~statements["table"].isin(telling))
        statements = statements[~gone]
    return statements


def selection(register: Register) -> pd.DataFrame:
    """Return what became of every group of the analysis on its way to the severity model.

    Returns
    -------
    DataFrame
        One row per group of a force in the surveys of the analysis: ``group, force, survey, n_low,
        n_high`` (missing without a total), ``status, reason``.
    """
    analysis = register.study.analysis
    coding = _Coding(
        outcomes=register.study.outcomes,
        ladder=register.study.outcomes.grouping(analysis.ladder),
        role_book=register.study.roles,
        roles=register.study.roles.grouping(analysis.roles),
        statements=_with_alternatives(register, ()),
        totals=_totals(register),
        nation=analysis.nation,
    )
    return _flow(register, coding)


def _flow(register: Register, coding: _Coding) -> pd.DataFrame:
    analysis = register.study.analysis
    forces = set(register.forces.loc[register.forces["kind"] == "force", "force"])
    groups = register.groups[
        register.groups["survey"].isin(analysis.surveys) & register.groups["force"].isin(forces)
    ]
    rows = []
    for _, group in groups.iterrows():
        name = group["group"]
        low, high = coding.totals.get(name, (None, None))
        status, reason = _status(group, coding, analysis.leave_out)
        rows.append((name, group["force"], group["survey"], low, high, status, reason))
    columns = ["group", "force", "survey", "n_low", "n_high", "status", "reason"]
    return pd.DataFrame(rows, columns=columns).astype({"n_low": "Int64", "n_high": "Int64"})


def _status(group: pd.Series, coding: _Coding, leave_out: Mapping[str, str]) -> tuple[str, str]:
    informative = any(
        0 < len(coding.rung_set(text)) < len(coding.ladder.ids)
        for text in coding.entries(group["group"])["outcomes"]
    )
    if group["group"] in leave_out:
        return LEFT_OUT, leave_out[group["group"]]
    if not informative:
        return NO_OUTCOME, group["reason"]
    if group["coverage"] == "part":
        return "answer covers part of the cases", group["reason"]
    if group["disclosure"] == "picked":
        return "cases picked for their outcome", group["reason"]
    return IN_THE_FIT, ""


def _totals(register: Register) -> dict[str, tuple[int, int]]:
    totals = register.statements[register.statements["part"] == "total"]
    numbers = zip(totals["n_low"], totals["n_high"], strict=True)
    return {
        group: (int(low), int(high))
        for group, (low, high) in zip(totals["group"], numbers, strict=True)
    }


def _compositions(
    coding: _Coding, entering: pd.DataFrame, survey: str
) -> tuple[dict[str, float], dict[str, float]]:
    """Return the role shares of the nation, and of what is left of it without the fitted forces.

    Both are those of the fitted groups if no nation is printed; empty if no role is printed at all.
    """
    whole = _role_counts(coding, coding.nation)
    if not whole:
        fitted: Counter[str] = Counter()
        for group in entering["group"]:
            fitted.update(_role_counts(coding, group, whole=False))
        return _shares(coding, fitted), _shares(coding, fitted)
    rest = Counter(whole)
    for group in entering.loc[entering["survey"] == survey, "group"]:
        rest.subtract(_role_counts(coding, group))
    below = {role: -number for role, number in rest.items() if number < 0}
    if below:
        found = ", ".join(f"{number} of {role}" for role, number in below.items())
        raise DataError(
            f"the forces in the fit have more cases of a role than '{coding.nation}', which "
            f"contains them ({found} too many); check their tables of roles"
        )
    return _shares(coding, whole), _shares(coding, rest) or _shares(coding, whole)


def _shares(coding: _Coding, counts: Mapping[str, int]) -> dict[str, float]:
    whole = sum(counts.values())
    return {role: counts.get(role, 0) / whole for role in coding.roles.ids} if whole else {}


def _role_counts(coding: _Coding, group: str, *, whole: bool = True) -> dict[str, int]:
    """Cases of a group by role, from the table that states the role of most.

    With ``whole`` only a table that states the role of every case exactly counts, or of all but
    those "not stated" in the nation's; else lower ends and parts of a table do too.
    """
    best: dict[str, int] = {}
    for _, entries in coding.entries(group).groupby("table", sort=False):
        roles = [coding.role_set(text) for text in entries["roles"]]
        named = [len(found) == 1 for found in roles]
        told = named if group != coding.nation else [True] * len(named)
        exact = (entries["n_low"] == entries["n_high"]).all() and all(told)
        if whole and not exact:
            continue
        counts: Counter[str] = Counter()
        for found, one, number in zip(roles, named, entries["n_low"], strict=True):
            if one:
                counts[next(iter(found))] += int(number)
        if counts.total() > sum(best.values()):
            best = dict(counts)
    return best
