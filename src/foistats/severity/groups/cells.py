"""From the register to the severity model: which groups of cases enter, and as what."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import pandas as pd

from foistats.codebooks import ANY, Grouping
from foistats.errors import NotIdentifiedError, OverlapError
from foistats.register import Register
from foistats.severity.groups.case_groups import CaseGroup
from foistats.severity.groups.coding import Coding, statements_read, without_outcomes
from foistats.severity.groups.composition import compositions

#: What became of a group on its way into the model, in the order of the flow chart.
IN_THE_FIT = "in the fit"
NO_OUTCOME = "no outcome printed"
LEFT_OUT = "left out by decision"
PICKED = "cases picked for their outcome"


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
    pooled: bool = True,
    picked: bool = False,
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
    pooled : bool
        Whether overlapping outcome sets are pooled. Otherwise they are read as if precision did
        not depend on the outcome: a sensitivity analysis.
    picked : bool
        Whether groups whose cases were picked for their outcome enter too, as the inequality they
        are (at least so many): a sensitivity analysis.

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
    coding = Coding(
        outcomes=outcomes,
        ladder=outcomes.grouping(ladder or analysis.ladder),
        role_book=register.study.roles,
        roles=register.study.roles.grouping(roles or analysis.roles),
        statements=without_outcomes(statements_read(register, alternatives), without or {}),
        totals=_totals(register),
        nation=analysis.nation,
        pooled=pooled,
    )
    flow = _flow(register, coding)
    if picked:
        bounded = flow["group"].map(lambda group: bool(coding.at_least(group, set())))
        flow["status"] = flow["status"].mask((flow["status"] == PICKED) & bounded, IN_THE_FIT)
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
    nation, rest = compositions(coding, entering, analysis.survey)
    possible = {role for role, share in rest.items() if share > 0}
    if not possible:
        raise NotIdentifiedError(
            "no source states the role of any case, so roles cannot be compared; "
            "the outcomes alone are in the register report"
        )
    return SeverityData(
        groups=tuple(_case_group(row, coding, possible, register) for row in entering.itertuples()),
        ladder=coding.ladder,
        roles=coding.roles,
        composition=rest,
        nation=nation,
        flow=flow,
    )


def _case_group(entering: Any, coding: Coding, possible: set[str], register: Register) -> CaseGroup:
    """Return a group of the flow as the model takes it."""
    group = register.groups.set_index("group").loc[entering.group]
    picked = group["disclosure"] == "picked" or group["coverage"] == "part"
    code = coding.at_least if picked else coding.partitions
    return CaseGroup(
        entering.group,
        entering.force,
        code(entering.group, possible),
        sources=coding.sources(entering.group),
        overlapping=not coding.pooled,
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


def selection(register: Register) -> pd.DataFrame:
    """Return what became of every group of the analysis on its way to the severity model.

    Returns
    -------
    DataFrame
        One row per group of a force in the surveys of the analysis: ``group, force, survey, n_low,
        n_high`` (missing without a total), ``status, reason``.
    """
    analysis = register.study.analysis
    coding = Coding(
        outcomes=register.study.outcomes,
        ladder=register.study.outcomes.grouping(analysis.ladder),
        role_book=register.study.roles,
        roles=register.study.roles.grouping(analysis.roles),
        statements=statements_read(register, ()),
        totals=_totals(register),
        nation=analysis.nation,
    )
    return _flow(register, coding)


def _flow(register: Register, coding: Coding) -> pd.DataFrame:
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


def _status(group: pd.Series, coding: Coding, leave_out: Mapping[str, str]) -> tuple[str, str]:
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
        return PICKED, group["reason"]
    return IN_THE_FIT, ""


def _totals(register: Register) -> dict[str, tuple[int, int]]:
    totals = register.statements[register.statements["part"] == "total"]
    numbers = zip(totals["n_low"], totals["n_high"], strict=True)
    return {
        group: (int(low), int(high))
        for group, (low, high) in zip(totals["group"], numbers, strict=True)
    }
