"""Surveys as read from a register: their groups of cases, their areas, how counts were selected."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from foistats.register import Register
from foistats.rules import enclosing

RULE, PART, PICKED = "all by a rule", "part of the cases", "picked on the outcome"
ENDS = ["period_start", "period_end"]


@dataclass(frozen=True, eq=False)
class Survey:
    """A survey, its groups of cases, and the area that contains all of them.

    Attributes
    ----------
    entry : Series
        Its row of the register's table of surveys.
    all : DataFrame
        Its rows of `groups_of_cases`.
    areas : tuple of str
        The areas that contain all its others.
    """

    entry: pd.Series
    all: pd.DataFrame
    areas: tuple[str, ...]

    @cached_property
    def groups(self) -> pd.DataFrame:
        """What describes the survey: its groups with a count, or all if none has one."""
        counted = self.all[self.all["counted"]]
        return counted if len(counted) else self.all

    @cached_property
    def period(self) -> tuple[str, str]:
        """Its start and end; what the survey does not state, its groups may state as one."""
        start, end = (self._stated(column) for column in ENDS)
        return start, end

    def _stated(self, column: str) -> str:
        """Return what the survey states, or else all its groups alike."""
        found = set(self.groups[column])
        alike = found.pop() if len(found) == 1 else ""
        return str(self.entry[column] or alike)

    @cached_property
    def totals(self) -> pd.DataFrame:
        """The printed counts of the area that contains all others."""
        return self.all[self.all["counted"] & self.all["force"].isin(self.areas)]

    @cached_property
    def forces(self) -> int:
        """How many forces have a count."""
        counted = self.all[self.all["counted"] & (self.all["kind"] == "force")]
        return int(counted["force"].nunique())

    @cached_property
    def selections(self) -> list[str]:
        """How each of its groups was selected."""
        marks = zip(self.groups["coverage"], self.groups["disclosure"], strict=True)
        return [selected(*mark) for mark in marks]

    @cached_property
    def selection(self) -> str:
        """How all of its groups were selected; where that differs, the whole is by a rule."""
        found = set(self.selections)
        return found.pop() if len(found) == 1 else RULE

    def in_order(self, column: str) -> list[str]:
        """Return what its counts have in a column, the survey's own and the commonest first."""
        found = self.groups[column].value_counts()
        own = self.entry.get(column, "")
        return sorted(found.index, key=lambda value: (value != own, -found[value], value))


def groups_of_cases(register: Register) -> pd.DataFrame:
    """Return every group with the kind of its area and its printed total, if there is one.

    Returns
    -------
    DataFrame
        The register's groups with ``n_low, n_high`` (missing without a total), ``counted``,
        ``source`` (of the total, or of all its statements) and ``kind`` (of its area).
    """
    statements = register.statements
    total = statements["part"] == "total"
    totals = statements.loc[total, ["group", "n_low", "n_high", "source"]]
    totals = totals.astype({"n_low": "Int64", "n_high": "Int64"})
    sources = statements.groupby("group")["source"].agg(joined)
    frame = register.groups.merge(totals, on="group", how="left")
    frame["counted"] = frame["n_low"].notna()
    frame["source"] = frame["source"].where(frame["counted"], frame["group"].map(sources))
    kinds = register.forces.set_index("force")["kind"]
    return frame.assign(kind=frame["force"].map(kinds))


def read_surveys(register: Register) -> dict[str, Survey]:
    """Return the surveys of a register by id, those without a group of cases too."""
    groups = groups_of_cases(register)
    within = dict(zip(register.forces["force"], register.forces["within"], strict=True))
    found = {}
    for _, entry in register.surveys.iterrows():
        mine = groups[groups["survey"] == entry["survey"]]
        areas = set(mine.loc[mine["kind"] != "force", "force"])
        holding = tuple(
            area
            for area in sorted(areas)
            if all(area == other or area in enclosing(other, within) for other in mine["force"])
        )
        found[entry["survey"]] = Survey(entry, mine, holding)
    return found


def selected(coverage: str, disclosure: str) -> str:
    """Say how the cases of one group were selected."""
    if disclosure == "picked":
        return PICKED
    return PART if coverage == "part" else RULE


def by_period(frame: pd.DataFrame, *then: str, first: tuple[str, ...] = ()) -> pd.DataFrame:
    """Sort by the start and end of periods; what is not stated comes last."""
    last = frame.assign(**{end: frame[end].replace("", "~") for end in ENDS})
    order = last.sort_values([*first, *ENDS, *then]).index
    return frame.loc[order].reset_index(drop=True)


def joined(texts: Iterable[str]) -> str:
    """Return texts as a list in words, each once."""
    return ", ".join(dict.fromkeys(texts))
