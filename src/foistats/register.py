"""The register of a study: statements and groups of cases, read and validated."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

import pandas as pd

from foistats.codebooks import ANY, JOIN
from foistats.errors import Finding, InvalidStudyError, OverlapError, UsageError, did_you_mean
from foistats.layout import TABLED, UNLIMITED, fields_of
from foistats.rules import Tables, areas_meet, check, enclosing, periods_meet
from foistats.study import Study, read_study
from foistats.tables import read_table

#: The fields of a statement that a codebook describes.
FIELDS = ("roles", "outcomes", "breaches", "platforms")


@dataclass(frozen=True)
class Register:
    """What the sources of a study say, one row per statement.

    Attributes
    ----------
    study : Study
    statements : DataFrame
        One row per statement: group, source, part, table, of, roles, outcomes, breaches,
        platforms, year, n_low, n_high (whole numbers), basis, disclosure and the source's words.
    groups : DataFrame
        One row per group of cases: survey, force, period, population, unit, coverage, disclosure.
    sources, surveys, forces, asked, examples : DataFrame
        One row per source, survey, area, force asked, and case the article describes.
    """

    study: Study
    statements: pd.DataFrame
    groups: pd.DataFrame
    sources: pd.DataFrame
    surveys: pd.DataFrame
    forces: pd.DataFrame
    asked: pd.DataFrame
    examples: pd.DataFrame

    def statements_of(self, group: str) -> pd.DataFrame:
        """Return the statements of one group, those that repeat or contest others left out."""
        rows = self.statements["group"] == group
        return self.statements[rows & self.statements["part"].isin((*TABLED, "total", "subset"))]

    def counts(
        self, survey: str | None = None, *, alternatives: Iterable[str] = ()
    ) -> pd.DataFrame:
        """Return the count of every force in a survey.

        Parameters
        ----------
        survey : str, optional
            The survey; by default the study's primary one.
        alternatives : iterable of str
            Alternative statements of totals to use in place of the preferred ones.

        Returns
        -------
        DataFrame
            One row per force with a total, in the survey's unit: ``group, force, unit, n_low,
            n_high, coverage, source, statement``, in alphabetical order: counts are no ranking.
            Areas that contain forces have no row.

        Raises
        ------
        OverlapError
            If the survey counts a force twice, or in two units without saying which is its own.
        UsageError
            If there is no such survey.
        """
        survey = survey or self.study.analysis.survey
        known = list(self.surveys["survey"])
        if survey not in known:
            raise UsageError(
                f"no survey '{survey}'; there are {', '.join(known)}{did_you_mean(survey, known)}"
            )
        chosen = self._totals(alternatives)
        forces = self.forces.loc[self.forces["kind"] == "force", "force"]
        groups = self.groups[(self.groups["survey"] == survey) & self.groups["force"].isin(forces)]
        unit = self.surveys.set_index("survey").loc[survey, "unit"]
        if unit:
            groups = groups[groups["unit"] == unit]
        frame = groups.merge(chosen, on="group")
        self.refuse_overlap(frame["group"])
        columns = ["group", "force", "unit", "n_low", "n_high", "coverage", "source", "statement"]
        return frame.sort_values("force", ignore_index=True)[columns]

    def total(self, groups: Iterable[str], *, alternatives: Iterable[str] = ()) -> tuple[int, int]:
        """Return the sum of the totals of groups that share no case.

        Parameters
        ----------
        groups : iterable of str
            Group ids.
        alternatives : iterable of str
            Alternative statements of totals to use in place of the preferred ones.

        Returns
        -------
        low, high : int
            The interval of the sum; equal where every total is exact.

        Raises
        ------
        OverlapError
            If two groups could share a case, or differ in survey or unit.
        UsageError
            If a group does not exist or has no total.
        """
        wanted = list(dict.fromkeys(groups))
        chosen = self._totals(alternatives).set_index("group")
        for group in wanted:
            if group not in chosen.index:
                known = list(chosen.index)
                raise UsageError(f"no total for a group '{group}'{did_you_mean(group, known)}")
        self.refuse_overlap(wanted)
        numbers = chosen.loc[wanted]
        return int(numbers["n_low"].sum()), int(numbers["n_high"].sum())

    def _totals(self, alternatives: Iterable[str]) -> pd.DataFrame:
        columns = ["group", "n_low", "n_high", "source", "statement"]
        totals = self.statements.loc[self.statements["part"] == "total", columns]
        totals = totals.set_index("group")
        for name in alternatives:
            row = self.statements[
                (self.statements["statement"] == name) & (self.statements["part"] == "alternative")
            ]
            if row.empty or not row["of"].isin(totals["statement"]).all():
                contested = self.statements["of"].isin(totals["statement"])
                known = list(
                    self.statements.loc[
                        contested & (self.statements["part"] == "alternative"), "statement"
                    ]
                )
                raise UsageError(
                    f"'{name}' is no alternative of a total; there are "
                    f"{', '.join(known) or 'none'}{did_you_mean(name, known)}"
                )
            totals.loc[row["group"].iloc[0]] = row[columns[1:]].iloc[0]
        return totals.reset_index()

    def refuse_overlap(self, groups: Iterable[str]) -> None:
        """Raise `OverlapError` unless groups may be summed: one survey and unit, no shared case."""
        frame = self.groups.set_index("group").loc[list(groups)]
        for column in ("survey", "unit"):
            found = sorted(frame[column].unique())
            if len(found) > 1:
                raise OverlapError(
                    f"groups of different {column}s cannot be summed: {', '.join(found)}"
                )
        for one, other in self._neighbours(frame["force"]):
            if periods_meet(frame.iloc[one], frame.iloc[other]):
                first, second = frame.index[one], frame.index[other]
                raise OverlapError(
                    f"'{first}' ({frame.loc[first, 'force']}) and '{second}' "
                    f"({frame.loc[second, 'force']}) may hold the same cases; sum one of them"
                )

    def _neighbours(self, forces: pd.Series) -> list[tuple[int, int]]:
        """Return the pairs of places whose areas share a force or contain one another."""
        within = dict(zip(self.forces["force"], self.forces["within"], strict=True))
        inside: dict[str, set[str]] = {}
        for area in within:
            for larger in (area, *enclosing(area, within)):
                inside.setdefault(larger, set()).add(area)
        at: dict[str, list[int]] = {}
        for place, force in enumerate(forces):
            for area in inside[force]:
                at.setdefault(area, []).append(place)
        return sorted({pair for places in at.values() for pair in combinations(places, 2)})

    def may_share_cases(self, one: str, other: str) -> bool:
        """Whether two groups could hold the same case: areas and periods that meet."""
        groups = self.groups.set_index("group")
        for name in (one, other):
            if name not in groups.index:
                raise UsageError(f"no group '{name}'{did_you_mean(name, groups.index)}")
        first, second = groups.loc[one], groups.loc[other]
        within = dict(zip(self.forces["force"], self.forces["within"], strict=True))
        return areas_meet(first["force"], second["force"], within) and periods_meet(first, second)

    def coverage(self, field: str, survey: str | None = None) -> pd.DataFrame:
        """Return what the register holds and lacks about a field, in cases of one survey.

        Parameters
        ----------
        field : {"roles", "outcomes", "breaches", "platforms"}
        survey : str, optional
            By default the study's primary one.

        Returns
        -------
        DataFrame
            One row per level or set of levels that a force's statements print, ``any`` last:
            ``value, label, cases, forces, of`` (the cases of all forces with a count; of intervals
            the lower end). Each force counts once, by the table or subset of its answer that says
            most about the field.
        """
        if field not in FIELDS:
            known = ", ".join(FIELDS)
            raise UsageError(f"no field '{field}'; there are {known}{did_you_mean(field, FIELDS)}")
        counts = self.counts(survey)
        rows = []
        for group, force, cases in zip(
            counts["group"], counts["force"], counts["n_low"], strict=True
        ):
            stated = self._most_stated(group, field)
            rows += [(value, force, number) for value, number in stated]
            rows.append((ANY, force, int(cases) - sum(number for _, number in stated)))
        frame = pd.DataFrame(rows, columns=["value", "force", "cases"])
        frame = frame[frame["cases"] > 0]
        result = frame.groupby("value", as_index=False).agg(
            cases=("cases", "sum"), forces=("force", "nunique")
        )
        book = self.study.codebooks[field]
        result.insert(1, "label", [_label(book.labels, value) for value in result["value"]])
        result["of"] = int(counts["n_low"].sum())
        result["last"] = result["value"] == ANY
        order = ["last", "cases", "value"]
        result = result.sort_values(order, ascending=[True, False, True])
        return result.drop(columns="last").reset_index(drop=True)

    def stated(self, group: str, field: str) -> int:
        """Return for how many cases of a group a field is stated."""
        return sum(number for _, number in self._most_stated(group, field))

    def _most_stated(self, group: str, field: str) -> list[tuple[str, int]]:
        entries = self.statements_of(group)
        entries = entries[(entries["part"] != "total") & (entries[field] != ANY)]
        if entries.empty:
            return []
        table = entries["table"].where(entries["table"] != "", entries["statement"])
        best = entries[table == entries.groupby(table)["n_low"].sum().idxmax()]
        return [(value, int(n)) for value, n in best.groupby(field)["n_low"].sum().items()]


def _label(labels: Mapping[str, str], value: str) -> str:
    return " or ".join(labels[word] for word in value.split(JOIN))


def read_register(study: str | os.PathLike[str]) -> Register:
    """Read and validate the register of a study.

    Parameters
    ----------
    study : str or path
        A folder that holds ``study.toml``, or a name under ``data/`` of the project.

    Returns
    -------
    Register

    Raises
    ------
    UsageError
        If there is no such study.
    InvalidStudyError
        With every finding at once: file, row, column, what was found and what is allowed.

    Examples
    --------
    >>> register = read_register("tests/studies/kitchens")
    >>> int(register.counts()["n_high"].sum())
    145
    """
    settings = read_study(study)
    frames: dict[str, pd.DataFrame] = {}
    findings: list[Finding] = []
    for name, fields in fields_of(settings).items():
        path = settings.files["forces"] if name == "forces" else settings.folder / f"{name}.csv"
        label = path.name if name == "forces" else settings.label(path.name)
        if name in ("asked", "examples") and not os.path.lexists(path):
            frames[name] = pd.DataFrame(columns=list(fields), dtype=str)
            continue
        frames[name], wrong = read_table(path, label, fields)
        findings += wrong
    if not findings:
        _count(frames["statements"])
        frames["examples"]["people"] = frames["examples"]["people"].astype("int64")
        findings = check(Tables(study=settings, **frames))
    if findings:
        raise InvalidStudyError(settings.folder.name, findings)
    return Register(study=settings, **{k: f.reset_index(drop=True) for k, f in frames.items()})


def _count(statements: pd.DataFrame) -> None:
    high = statements["n_high"].where(statements["n_high"] != "", str(UNLIMITED))
    statements["n_high"] = high.astype("int64")
    statements["n_low"] = statements["n_low"].astype("int64")
