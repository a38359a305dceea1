"""The rules a register must keep beyond single fields.

Each rule is a generator of findings over the tables of one study; `check` runs them all, so that a
reader sees every failure at once. Rows are those a spreadsheet shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import pandas as pd

from foistats.codebooks import ANY, JOIN
from foistats.errors import Finding, did_you_mean
from foistats.feasibility import feasible
from foistats.layout import REPEATING, TABLED, UNLIMITED
from foistats.study import Study

#: What a statement says of its cases.
SETS = ("roles", "outcomes", "breaches", "platforms", "year")


@dataclass(frozen=True)
class Tables:
    """The validated tables of a study, rows as in a spreadsheet; counts as whole numbers."""

    study: Study
    forces: pd.DataFrame
    surveys: pd.DataFrame
    sources: pd.DataFrame
    groups: pd.DataFrame
    statements: pd.DataFrame
    asked: pd.DataFrame
    examples: pd.DataFrame

    def label(self, name: str) -> str:
        """Return how findings name the file of a table."""
        if name == "forces":
            return self.study.files["forces"].name
        return self.study.label(f"{name}.csv")

    def finding(self, name: str, row: int, column: str, found: str, allowed: str) -> Finding:
        """Return a finding in one of the tables."""
        return Finding(self.label(name), int(row), column, str(found), allowed)


Rule = Callable[[Tables], Iterator[Finding]]


def check(tables: Tables) -> list[Finding]:
    """Return every failure of every rule; rules on sums wait until ids and references hold."""
    first = [finding for rule in IDENTITY for finding in rule(tables)]
    if first:
        return first
    return [finding for rule in CONTENT for finding in rule(tables)]


def ids_are_unique(tables: Tables) -> Iterator[Finding]:
    """Every id stands once."""
    for name, column in (
        ("forces", "force"),
        ("surveys", "survey"),
        ("sources", "source"),
        ("groups", "group"),
        ("statements", "statement"),
    ):
        frame: pd.DataFrame = getattr(tables, name)
        first = frame.drop_duplicates(column).reset_index().set_index(column)["row"]
        for row, found in frame.loc[frame.duplicated(column), column].items():
            yield tables.finding(
                name, row, column, found, f"another id: row {first[found]} has this one"
            )
    for row, found in tables.examples.loc[tables.examples.duplicated("example"), "example"].items():
        yield tables.finding("examples", row, "example", found, "each example once")
    repeated = tables.asked.duplicated(["survey", "force"])
    for row, entry in tables.asked[repeated].iterrows():
        yield tables.finding("asked", row, "force", entry["force"], "each force once a survey")


def references_exist(tables: Tables) -> Iterator[Finding]:
    """Every id that a row refers to exists."""
    known = {
        "force": list(tables.forces["force"]),
        "survey": list(tables.surveys["survey"]),
        "source": list(tables.sources["source"]),
        "group": list(tables.groups["group"]),
        "statement": list(tables.statements["statement"]),
    }
    for name, column, kind, empty in (
        ("forces", "within", "force", True),
        ("sources", "survey", "survey", False),
        ("groups", "survey", "survey", False),
        ("groups", "force", "force", False),
        ("statements", "group", "group", False),
        ("statements", "source", "source", False),
        ("statements", "of", "statement", True),
        ("asked", "survey", "survey", False),
        ("asked", "force", "force", False),
        ("asked", "source", "source", False),
        ("examples", "force", "force", True),
        ("examples", "source", "source", False),
        ("examples", "statement", "statement", True),
    ):
        allowed = set(known[kind])
        for row, text in getattr(tables, name)[column].items():
            for found in text.split(JOIN) if column == "within" else [text]:
                if found not in allowed and not (empty and found == ""):
                    yield tables.finding(
                        name,
                        row,
                        column,
                        found,
                        f"a {kind} of {tables.label(kind + 's')}" + did_you_mean(found, allowed),
                    )


def settings_refer_to_the_register(tables: Tables) -> Iterator[Finding]:
    """What study.toml names exists in the register."""
    analysis = tables.study.analysis
    surveys, groups = set(tables.surveys["survey"]), set(tables.groups["group"])
    forces = set(tables.forces["force"])
    named = [("survey", analysis.survey, surveys), ("nation", analysis.nation, groups)]
    named += [("surveys", survey, surveys) for survey in analysis.surveys[1:]]
    named += [("leave_out", group, groups) for group in analysis.leave_out]
    named += [("without_outcomes", group, groups) for _, group, _ in analysis.without_outcomes]
    named += [("first_left_out", analysis.first_left_out, forces)]
    if analysis.surveys[0] != analysis.survey:
        named.append(("surveys", analysis.surveys[0], surveys))
    for key, found, allowed in named:
        if found and found not in allowed:
            listed = ", ".join(sorted(allowed)) + did_you_mean(found, allowed)
            file = tables.study.label("study.toml")
            yield Finding(file, 0, f"[analysis] {key}", found, listed)


def forces_nest(tables: Tables) -> Iterator[Finding]:
    """No area lies within itself."""
    within = dict(zip(tables.forces["force"], tables.forces["within"], strict=True))
    for row, force in tables.forces["force"].items():
        if force in enclosing(force, within):
            yield tables.finding(
                "forces", row, "within", within[force], f"areas larger than {force}"
            )


def enclosing(force: str, within: Mapping[str, str]) -> set[str]:
    """Return every area a force lies within, directly or through another."""
    found: set[str] = set()
    waiting = [force]
    while waiting:
        for area in within.get(waiting.pop(), "").split(JOIN):
            if area and area not in found:
                found.add(area)
                waiting.append(area)
    return found


def periods_run_forwards(tables: Tables) -> Iterator[Finding]:
    """No period ends before it starts."""
    for name in ("surveys", "sources", "groups"):
        frame: pd.DataFrame = getattr(tables, name)
        start, end = frame["period_start"], frame["period_end"]
        for row in frame.index[(start != "") & (end != "") & (end < start)]:
            yield tables.finding(
                name, row, "period_end", end[row], f"a date not before {start[row]}, its start"
            )


def counts_run_upwards(tables: Tables) -> Iterator[Finding]:
    """An interval of counts has its lower end first."""
    statements = tables.statements
    for row, entry in statements[statements["n_low"] > statements["n_high"]].iterrows():
        yield tables.finding(
            "statements", row, "n_high", entry["n_high"], f"{entry['n_low']} (its n_low) or more"
        )


def parts_are_complete(tables: Tables) -> Iterator[Finding]:
    """A statement fills the fields that its part needs, and no other."""
    for row, entry in tables.statements.iterrows():
        part = entry["part"]
        if (part in TABLED) != bool(entry["table"]):
            allowed = "the name of a table" if part in TABLED else f"empty for a {part}"
            yield tables.finding("statements", row, "table", entry["table"], allowed)
        if (part in REPEATING) != bool(entry["of"]):
            allowed = "the statement it repeats or contests" if part in REPEATING else "empty"
            yield tables.finding("statements", row, "of", entry["of"], f"{allowed} ({part})")
        if part == "total":
            for column in ("roles", "outcomes", "breaches", "platforms", "year"):
                if entry[column] not in (ANY, ""):
                    allowed = "any: a total is about all cases; code a subset"
                    yield tables.finding("statements", row, column, entry[column], allowed)
        if part in TABLED and _mixes(tables.study, entry["outcomes"]):
            yield tables.finding(
                "statements",
                row,
                "outcomes",
                entry["outcomes"],
                "rungs, or outcomes off the ladder, not both; any if it cannot be told",
            )
        if part == "remainder" and entry["basis"] != "derived":
            yield tables.finding(
                "statements", row, "basis", entry["basis"], "derived: nobody printed a remainder"
            )


def _mixes(study: Study, outcomes: str) -> bool:
    """Whether a set of outcomes holds some that are rungs and some that are none."""
    empty = [not study.outcomes.levels_of(word) for word in outcomes.split(JOIN)]
    return any(empty) and not all(empty)


def groups_have_statements(tables: Tables) -> Iterator[Finding]:
    """A group has statements, one total at most, and exactly one if it accounts for all."""
    totals = tables.statements[tables.statements["part"] == "total"].groupby("group").size()
    stated = set(tables.statements["group"])
    for row, group in tables.groups.iterrows():
        found = int(totals.get(group["group"], 0))
        if group["group"] not in stated:
            yield tables.finding("groups", row, "group", group["group"], "a group with statements")
        elif found > 1:
            yield tables.finding(
                "groups", row, "group", f"{found} totals", "one; code others as alternatives"
            )
        elif found == 0 and group["coverage"] == "all":
            yield tables.finding(
                "groups", row, "coverage", "all, without a total", "a total, or coverage part"
            )


def groups_are_distinct(tables: Tables) -> Iterator[Finding]:
    """One survey holds a force once for each unit, population and period."""
    keys = ["survey", "force", "unit", "population", "period_start", "period_end"]
    first = tables.groups.drop_duplicates(keys).set_index(keys)["group"]
    for row, group in tables.groups[tables.groups.duplicated(keys)].iterrows():
        other = first[tuple(group[key] for key in keys)]
        yield tables.finding(
            "groups",
            row,
            "force",
            group["force"],
            f"one group: {other} has the same survey, force, unit, population and period",
        )


def repeats_fit(tables: Tables) -> Iterator[Finding]:
    """A duplicate says the same as its original, an alternative something else."""
    originals = tables.statements.set_index("statement")
    said = ["n_low", "n_high", *SETS]
    for row, entry in tables.statements[tables.statements["part"].isin(REPEATING)].iterrows():
        original = originals.loc[entry["of"]]
        same = all(entry[column] == original[column] for column in said)
        if original["group"] != entry["group"] or original["part"] in REPEATING:
            yield tables.finding(
                "statements", row, "of", entry["of"], f"a first statement of {entry['group']}"
            )
        elif entry["part"] == "duplicate" and not same:
            column = next(column for column in said if entry[column] != original[column])
            yield tables.finding(
                "statements",
                row,
                column,
                entry[column],
                f"{original[column]}, as in {entry['of']}; or part alternative",
            )
        elif entry["part"] == "duplicate" and entry["source"] == original["source"]:
            allowed = f"another source than that of {entry['of']}, which it repeats"
            yield tables.finding("statements", row, "source", entry["source"], allowed)
        elif entry["part"] == "alternative" and same:
            yield tables.finding(
                "statements", row, "part", "alternative", "duplicate: it says the same"
            )


def disclosure_is_inherited(tables: Tables) -> Iterator[Finding]:
    """What was picked for its outcome marks the remainder of its table, and its group."""
    groups = tables.groups.set_index("group")["disclosure"]
    statements = tables.statements
    picked = statements[statements["disclosure"] == "picked"]
    tables_picked = set(zip(picked["group"], picked["table"], strict=True))
    for row, entry in statements.iterrows():
        if entry["disclosure"] == "picked":
            if groups[entry["group"]] != "picked":
                yield tables.finding(
                    "statements", row, "disclosure", "picked", f"picked for {entry['group']} too"
                )
        elif entry["part"] == "remainder" and (
            (entry["group"], entry["table"]) in tables_picked or groups[entry["group"]] == "picked"
        ):
            yield tables.finding(
                "statements",
                row,
                "disclosure",
                entry["disclosure"],
                "picked: a remainder inherits it from what was printed",
            )
    marked = set(picked["group"])
    for row, group in tables.groups[tables.groups["disclosure"] == "picked"].iterrows():
        if group["group"] not in marked:
            yield tables.finding(
                "groups", row, "disclosure", "picked", "rule, or statements marked picked"
            )


def tables_add_up(tables: Tables) -> Iterator[Finding]:
    """Parts fit into their group's total; the tables of a group that is whole sum to it."""
    totals = tables.statements[tables.statements["part"] == "total"].set_index("group")
    coverage = tables.groups.set_index("group")["coverage"]
    parts = tables.statements[tables.statements["part"].isin((*TABLED, "subset"))]
    for row, entry in parts.iterrows():
        if entry["group"] in totals.index:
            most = totals.loc[entry["group"], "n_high"]
            if entry["n_low"] > most:
                yield tables.finding(
                    "statements", row, "n_low", entry["n_low"], f"at most {most}, the group's total"
                )
    tabled = parts[parts["part"].isin(TABLED)]
    for (group, name), entries in tabled.groupby(["group", "table"], sort=False):
        if group not in totals.index:
            continue
        total = totals.loc[group]
        low = int(entries["n_low"].sum())
        high = min(sum(int(n) for n in entries["n_high"]), int(UNLIMITED))
        whole = coverage[group] == "all"
        if low > total["n_high"] or (whole and high < total["n_low"]):
            yield tables.finding(
                "statements",
                entries.index[0],
                "table",
                f"{name} of {group} sums to {_interval(low, high)}",
                f"{_interval(total['n_low'], total['n_high'])}, the group's total"
                f" ({total['statement']}); code a source that disagrees as an alternative",
            )


def overlaps_are_declared(tables: Tables) -> Iterator[Finding]:
    """Printed outcome sets of one table are disjoint, or the group says that they are pooled."""
    pooled = set(tables.groups.loc[tables.groups["overlapping_sets"] == "pooled", "group"])
    study = tables.study
    tabled = tables.statements[tables.statements["part"].isin(TABLED)]
    for (group, name), entries in tabled.groupby(["group", "table"], sort=False):
        if group in pooled:
            continue
        kinds = entries[list(SETS)].drop_duplicates()
        stated = kinds[kinds["outcomes"] != ANY]
        for position, (row, one) in enumerate(stated.iterrows()):
            for _, other in stated.iloc[:position].iterrows():
                if overlap(study, one, other):
                    yield tables.finding(
                        "statements",
                        row,
                        "outcomes",
                        f"{one['outcomes']} beside {other['outcomes']} in table {name} of {group}",
                        "disjoint sets, or overlapping_sets = pooled for the group",
                    )
                    break


def overlap(study: Study, one: pd.Series, other: pd.Series) -> bool:
    """Whether one case could be in two statements whose outcome sets differ."""
    words = [set(one["outcomes"].split(JOIN)), set(other["outcomes"].split(JOIN))]
    outcomes = [study.outcomes.levels_of(entry["outcomes"]) for entry in (one, other)]
    same = outcomes[0] == outcomes[1]
    if same or not (outcomes[0] & outcomes[1] or words[0] & words[1]):
        return False
    for column, codebook in (
        ("roles", "roles"),
        ("breaches", "breaches"),
        ("platforms", "platforms"),
    ):
        book = study.codebooks[codebook]
        if ANY in (one[column], other[column]):
            continue
        if not book.levels_of(one[column]) & book.levels_of(other[column]):
            return False
    return not (one["year"] and other["year"] and one["year"] != other["year"])


def statements_can_all_be_true(tables: Tables) -> Iterator[Finding]:
    """Some table of role by outcome satisfies every statement of a group (integer feasibility)."""
    statements = tables.statements[~tables.statements["part"].isin(REPEATING)]
    by_group = dict(list(statements.groupby("group")))
    for row, group in tables.groups.iterrows():
        entries = by_group[group["group"]] if group["group"] in by_group else statements[:0]
        if len(entries) > 1 and not feasible(tables.study, entries, group["coverage"] == "all"):
            yield tables.finding(
                "groups",
                row,
                "group",
                f"the {len(entries)} statements of {group['group']} cannot all be true",
                "counts by role and outcome that fit together; "
                "code a source that disagrees as an alternative",
            )


def surveys_count_in_their_unit(tables: Tables) -> Iterator[Finding]:
    """Some group of a survey is in the unit that the survey names as its own."""
    groups = tables.groups[tables.groups["force"].isin(_forces(tables))]
    for row, survey in tables.surveys[tables.surveys["unit"] != ""].iterrows():
        units = set(groups.loc[groups["survey"] == survey["survey"], "unit"])
        if units and survey["unit"] not in units:
            allowed = f"the unit of its groups: {', '.join(sorted(units))}"
            yield tables.finding("surveys", row, "unit", survey["unit"], allowed)


def answers_fit_the_counts(tables: Tables) -> Iterator[Finding]:
    """A force that refused or did not answer has no total of its own in that survey."""
    totals = tables.statements.loc[tables.statements["part"] == "total", "group"]
    counted = tables.groups[tables.groups["group"].isin(totals)]
    known = set(zip(counted["survey"], counted["force"], strict=True))
    silent = tables.asked[tables.asked["answer"].isin(("refused", "no_answer", "not_held"))]
    for row, entry in silent.iterrows():
        if (entry["survey"], entry["force"]) in known:
            allowed = "disclosed or partial: the register has its count"
            yield tables.finding("asked", row, "answer", entry["answer"], allowed)


def the_nation_holds_its_forces(tables: Tables) -> Iterator[Finding]:
    """The group that contains all others is no force, and no smaller than they are."""
    analysis = tables.study.analysis
    nation = tables.groups[tables.groups["group"] == analysis.nation]
    if nation.empty:
        return
    row, force = nation.index[0], nation["force"].iloc[0]
    if force in _forces(tables):
        yield tables.finding(
            "groups", row, "force", force, "a region or nation: study.toml's nation"
        )
        return
    totals = tables.statements[tables.statements["part"] == "total"].set_index("group")
    unit = nation["unit"].iloc[0]
    members = tables.groups[
        (tables.groups["survey"] == analysis.survey)
        & tables.groups["force"].isin(_forces(tables))
        & (tables.groups["unit"] == unit)
        & tables.groups["group"].isin(totals.index)
    ]
    least = int(totals.loc[members["group"], "n_low"].sum())
    if analysis.nation in totals.index and totals.loc[analysis.nation, "n_high"] < least:
        found = f"{totals.loc[analysis.nation, 'n_high']} {unit}s"
        allowed = f"at least the {least} of its forces"
        yield tables.finding("groups", row, "group", found, allowed)


def no_case_enters_the_model_twice(tables: Tables) -> Iterator[Finding]:
    """Groups that may enter the severity model share no case, or one is left out by decision."""
    analysis = tables.study.analysis
    groups = tables.groups
    printed = tables.statements[
        tables.statements["part"].isin(TABLED) & (tables.statements["outcomes"] != ANY)
    ]
    entering = groups[
        groups["survey"].isin(analysis.surveys)
        & groups["force"].isin(_forces(tables))
        & (groups["coverage"] == "all")
        & (groups["disclosure"] == "rule")
        & groups["group"].isin(set(printed["group"]))
        & ~groups["group"].isin(analysis.leave_out)
    ]
    for _, same in entering.groupby("force"):
        for (_, one), (row, other) in combinations(same.iterrows(), 2):
            if periods_meet(one, other):
                yield tables.finding(
                    "groups",
                    row,
                    "group",
                    f"{other['group']} and {one['group']} may hold the same cases",
                    "one of them in study.toml ([[analysis.leave_out]]), with the reason",
                )


def _forces(tables: Tables) -> set[str]:
    return set(tables.forces.loc[tables.forces["kind"] == "force", "force"])


def periods_meet(one: pd.Series, other: pd.Series) -> bool:
    """Whether two periods have a day in common; an end that is not stated excludes nothing."""
    return not any(
        first["period_end"] and second["period_start"] > first["period_end"]
        for first, second in ((one, other), (other, one))
    )


def areas_meet(one: str, other: str, within: Mapping[str, str]) -> bool:
    """Whether two areas have a force in common, or one lies within the other."""
    inside = [
        {area for area in within if force == area or force in enclosing(area, within)}
        for force in (one, other)
    ]
    return bool(inside[0] & inside[1])


def _interval(low: int, high: int) -> str:
    if low == high:
        return str(low)
    return f"{low} or more" if high >= UNLIMITED else f"{low} to {high}"


IDENTITY: tuple[Rule, ...] = (
    ids_are_unique,
    references_exist,
    settings_refer_to_the_register,
    forces_nest,
    periods_run_forwards,
    counts_run_upwards,
    parts_are_complete,
    groups_have_statements,
)
CONTENT: tuple[Rule, ...] = (
    groups_are_distinct,
    repeats_fit,
    disclosure_is_inherited,
    tables_add_up,
    overlaps_are_declared,
    surveys_count_in_their_unit,
    answers_fit_the_counts,
    the_nation_holds_its_forces,
    no_case_enters_the_model_twice,
    statements_can_all_be_true,
)
