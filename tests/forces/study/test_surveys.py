"""Surveys stand side by side: what each printed, what it shares with others, why none is added."""

import csv
from pathlib import Path

import pytest

from foistats import describe
from foistats.errors import OverlapError, UsageError
from foistats.forces.study import surveys
from foistats.layout import UNITS, UNLIMITED
from foistats.register import read_register

ROOT = Path(__file__).parents[3]
SURVEY = {"survey": "again", "title": "Asked again", "period_start": "2023-01-01"}
GROUP = {"population": "all kitchens", "unit": "case", "coverage": "all", "disclosure": "rule"}
TOTAL = {"source": "T1", "part": "total", "roles": "any", "outcomes": "any", "basis": "printed"}


def write(path, rows):
    fields = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, fields, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def append(path, **fields):
    with path.open(newline="") as file:
        write(path, [*csv.DictReader(file), fields])


def edit(path, key, value, **changes):
    with path.open(newline="") as file:
        rows = [row | changes if row[key] == value else row for row in csv.DictReader(file)]
    write(path, rows)


def add_survey(study, **changes):
    append(study / "surveys.csv", **(SURVEY | changes))


def add_group(study, name, force, low=5, high=None, *, survey="again", part="total", **changes):
    """Add a group of cases with one statement about it."""
    group = GROUP | {"group": name, "survey": survey, "force": force, "reason": "because"} | changes
    append(study / "groups.csv", **group)
    statement = TOTAL | {"statement": f"{name}-1", "group": name, "part": part}
    statement |= {"disclosure": group["disclosure"], "n_low": low}
    append(study / "statements.csv", **statement, n_high=low if high is None else high)


def add_country(study, *names):
    """Put all towns within a country, and that within the next."""
    with (study / "forces.csv").open(newline="") as file:
        towns = [row | {"within": names[0]} for row in csv.DictReader(file)]
    areas = [
        {"force": name, "kind": "nation", "within": larger}
        for name, larger in zip(names, [*names[1:], ""], strict=True)
    ]
    write(study / "forces.csv", towns + areas)


@pytest.fixture(scope="module")
def press():
    return read_register(ROOT / "data" / "pa-2014")


@pytest.fixture(scope="module")
def press_surveys(press):
    return surveys.surveys_side_by_side(press).set_index("survey")


@pytest.fixture(scope="module")
def press_forces(press):
    return surveys.forces_across_surveys(press)


@pytest.fixture
def again(kitchens):
    """The invented study with a second survey of one town, a year later."""
    add_survey(kitchens)
    add_group(kitchens, "aldermoor-again", "Aldermoor", period_start="2023-01-01")
    return kitchens


def row_of(study, survey="again"):
    return surveys.surveys_side_by_side(read_register(study)).set_index("survey").loc[survey]


def why_not(study):
    return row_of(study)["why_not"].split("; ")


class TestPressSurveys:
    """The surveys of the register that is analysed."""

    def test_every_survey_with_a_group_has_one_row(self, press, press_surveys):
        assert press_surveys.index.is_unique
        assert set(press_surveys.index) == set(press.groups["survey"])
        assert "single-requests" not in press_surveys.index

    def test_the_primary_survey(self, press, press_surveys):
        row = press_surveys.loc["pa-2009-2014"]
        assert row["total"] == "828 cases"
        assert row["counted"] == f"{press.counts()['n_low'].sum()} cases"
        assert row["said"] == "828 cases; 25 forces with a count"
        assert row["why_not"] == "it is the primary survey"
        assert row["units"] == "cases, people"
        assert row["selection"] == (
            "of 29 counts: 22 all by a rule, 1 part of the cases, "
            "6 picked on the outcome (or what is printed beside them)"
        )

    def test_printed_totals(self, press_surveys):
        total = press_surveys["total"]
        assert total["pa-2008-2010"] == "187 complaints (part of the cases)"
        assert total["repeat-2015-2021"] == "999 or more people"
        assert total["opendemocracy-2018-2022"] == "257 people (picked on the outcome)"
        assert total["met-2009-2013"] == "none printed"

    def test_sums_only_where_the_register_allows_them(self, press, press_surveys):
        refused = press_surveys["counted"].str.startswith("not added: ")
        for survey, row in press_surveys[refused].iterrows():
            with pytest.raises(OverlapError) as caught:
                press.counts(survey)
            assert row["counted"] == f"not added: {caught.value}"
        for survey, row in press_surveys[~refused].iterrows():
            counts = press.counts(survey)
            ends = counts["n_low"].sum(), counts["n_high"].sum()
            known = "no force with a count" if counts.empty else describe.number(*ends)
            assert row["counted"].startswith(known), survey
        assert list(press_surveys.index[refused]) == [
            "parliament-street-2009-2014",
            "retired-and-angry-2013-2014",
        ]
        assert press_surveys.loc["retired-and-angry-2013-2014", "said"] == (
            "2 forces with a count, not added"
        )

    def test_no_other_survey_is_comparable(self, press_surveys):
        others = press_surveys.drop(index="pa-2009-2014")["why_not"]
        assert others.str.startswith("another request").all()
        assert (
            "another population: officers (primary: officers and staff)" in others["met-2017-2022"]
        )
        assert "no day in common" in others["met-2017-2022"]
        assert "picked on the outcome" in others["opendemocracy-2018-2022"]
        assert (
            "another area: United Kingdom (primary: England and Wales)"
            in (others["opendemocracy-2018-2022"])
        )
        assert (
            "partly another unit: cases, people (primary: cases)"
            in (others["parliament-street-2009-2014"])
        )
        assert "period: from 2009, end not stated" in others["met-2009-2013"]
        assert "3.0 years (primary: 5.1 years), 2.0 years in common" in others["pa-2008-2010"]

    def test_the_same_cases_are_those_of_the_register(self, press, press_surveys):
        mine = press.groups.loc[press.groups["survey"] == "pa-2009-2014", "group"]
        for survey, why in press_surveys["why_not"].drop("pa-2009-2014").items():
            theirs = press.groups.loc[press.groups["survey"] == survey, "group"]
            shared = any(press.may_share_cases(a, b) for a in mine for b in theirs)
            assert ("may hold some of the same cases" in why.split("; ")) == shared, survey

    def test_sorted_by_period_unstated_last(self, press_surveys):
        starts = list(press_surveys["period_start"])
        stated = [start for start in starts if start]
        assert stated == sorted(stated)
        assert starts[len(stated) :] == ["", ""]
        assert list(press_surveys.index[-2:]) == ["scotland-2006-2011", "suffolk-2011-2013"]

    def test_open_ends(self, press, press_surveys):
        dates = press.surveys.set_index("survey")
        for survey, row in press_surveys.iterrows():
            entry = dates.loc[survey]
            assert row["open_end"] == bool(entry["period_start"] and not entry["period_end"])

    def test_only_parts_in_print(self, press_surveys):
        row = press_surveys.loc["sunday-times-2020-2021"]
        assert (row["forces_with_count"], row["total"]) == (0, "none printed")
        assert row["said"] == "no total in print, only parts"

    def test_nothing_is_missing(self, press_surveys):
        assert not press_surveys.isna().to_numpy().any()
        words = press_surveys.drop(columns=["period_start", "period_end", "open_end"])
        assert (words != "").to_numpy().all()


class TestPressForces:
    """Forces with a count in two surveys or more."""

    def test_only_forces_in_several_surveys(self, press, press_forces):
        assert (press_forces.groupby("force")["survey"].nunique() >= 2).all()
        assert "Kent" not in set(press_forces["force"])
        kinds = press.forces.set_index("force")["kind"]
        assert (kinds[press_forces["force"]] == "force").all()

    def test_every_count_of_such_a_force_has_a_row(self, press, press_forces):
        totals = press.statements[press.statements["part"] == "total"]
        groups = press.groups.merge(totals[["group", "n_low", "n_high"]], on="group")
        groups = groups[groups["force"].isin(press_forces["force"])]
        found = sorted(zip(press_forces["survey"], press_forces["count"], strict=True))
        said = [describe.number(low, high) for low, high in groups[["n_low", "n_high"]].to_numpy()]
        assert found == sorted(zip(groups["survey"], said, strict=True))

    def test_one_survey_in_two_units(self, press_forces):
        rows = press_forces[press_forces["force"] == "Northumbria"].iloc[:2]
        assert list(rows["unit"]) == ["case", "person"]
        assert list(rows["count"]) == ["24", "21"]
        assert list(rows["overlaps"]) == ["the same survey, in people", "the same survey, in cases"]

    def test_overlaps(self, press_forces):
        rows = press_forces.set_index(["force", "survey"])["overlaps"]
        suffolk = rows["Suffolk", "pa-2009-2014"]
        assert suffolk == "Suffolk officers"
        assert rows["Dyfed-Powys", "dyfed-powys-2022-2025"] == "none"
        met = rows["Metropolitan", "pa-2009-2014"].split("; ")
        assert len(met) == 2
        assert "Metropolitan Police officers by year and rank" not in met

    def test_sorted_by_force_and_period(self, press_forces):
        assert list(press_forces["force"]) == sorted(press_forces["force"])
        for _, rows in press_forces.groupby("force"):
            starts = [start or "unstated" for start in rows["period_start"]]
            assert starts == sorted(starts)

    def test_one_force_is_shown_whole(self, press, press_forces):
        one = surveys.force_in_surveys(press, "Northumbria")
        same = press_forces[press_forces["force"] == "Northumbria"].reset_index(drop=True)
        assert one.equals(same)

    def test_a_force_with_examples_only(self, press):
        one = surveys.force_in_surveys(press, "Gwent")
        assert list(one["count"]) == ["no total in print"]
        sources = press.statements.loc[press.statements["group"] == "pa-gwent", "source"]
        assert set(one["source"].iloc[0].split(", ")) == set(sources)

    def test_a_force_without_a_group(self, press):
        one = surveys.force_in_surveys(press, "Essex")
        assert one.empty
        assert list(one.columns) == surveys.FORCES
        assert surveys.table_of_forces(press, "Essex").empty

    def test_unknown_forces_are_answered(self, press):
        with pytest.raises(UsageError, match=r"no force 'Knet'; did you mean 'Kent'\?"):
            surveys.force_in_surveys(press, "Knet")


class TestForReaders:
    """Labels in place of ids, and nothing lost."""

    def test_surveys(self, press, press_surveys):
        table = surveys.table_of_surveys(press)
        assert list(table.columns) == [
            "Survey",
            "Asked by",
            "Period",
            "Unit",
            "Whom it covers",
            "Forces with a count",
            "Printed total",
            "Counted where no total is printed",
            "Selection",
            "Not comparable with the primary survey because",
        ]
        assert list(table["Survey"]) == list(press_surveys["label"])
        assert set(table["Survey"]).isdisjoint(press.surveys["survey"])
        assert not table.apply(lambda column: column.astype(str).str.contains("_and_")).any().any()

    def test_table_and_figure_say_the_same(self, press, press_surveys):
        """What a figure writes over a bar stands in the table: as the total, or as what counted."""
        table = surveys.table_of_surveys(press).set_index("Survey")
        counted = table["Counted where no total is printed"]
        for row in press_surveys.itertuples():
            printed, found = table.loc[row.label, "Printed total"], counted[row.label]
            if printed != "none printed":
                assert row.said.startswith(f"{printed}; ")
                assert found == "see the total"
                continue
            first, _, forces = found.removesuffix(")").partition(" (")
            words = row.said.replace(" (picked on the outcome)", "")
            if row.forces_with_count:
                assert {f"{forces} with a count", first} == set(
                    words.replace(", ", "; ").split("; ")
                )
            else:
                assert found == row.said
        assert counted["Metropolitan Police social network investigations"] == "87 people (1 force)"
        assert counted["Seven forces asked by a blogger"] == "not added (2 forces)"

    def test_what_is_all_picked_is_marked_wherever_it_is_said(self, press, press_surveys):
        """The mark depends on the counts alone, not on whether a total was printed."""
        groups = press.groups.merge(
            press.statements.loc[press.statements["part"] == "total", ["group"]], how="left",
            on="group", indicator="total",
        )  # fmt: skip
        marked = press_surveys["said"].str.contains("picked on the outcome")
        for survey, mine in groups.groupby("survey"):
            counted = mine[mine["total"] == "both"]
            described = counted if len(counted) else mine
            assert marked[survey] == (described["disclosure"] == "picked").all(), survey
        assert marked[["psni-2014-2016", "northumbria-2016-2020", "avon-and-somerset-2018-2020",
                       "dyfed-powys-2022-2025", "city-of-london-2024-2025"]].all()  # fmt: skip

    def test_a_period_that_is_not_the_surveys_is_of_this_count(self, press):
        table = surveys.table_of_forces(press, "Avon and Somerset").set_index("Survey")["Period"]
        assert table["The primary questionnaire asked again"] == (
            "2012-01-01 to 2016-05-31 (of this count)"
        )
        assert table["Avon and Somerset officers found in breach"] == "2018-01-01 to 2020-12-31"
        surveyed = press.surveys.set_index("survey")[["period_start", "period_end"]]
        whole = surveys.forces_across_surveys(press)
        marked = surveys.table_of_forces(press)["Period"].str.endswith(" (of this count)")
        other = [
            tuple(surveyed.loc[row.survey]) not in {(row.period_start, row.period_end), ("", "")}
            for row in whole.itertuples()
        ]
        assert list(marked) == other

    def test_a_period_that_the_survey_leaves_open_is_of_this_count(self, again):
        add_group(again, "brackwater-again", "Brackwater", period_start="2024-01-01")
        table = surveys.table_of_forces(read_register(again), "Brackwater").set_index("Survey")
        assert table.loc["Asked again", "Period"] == "from 2024, end not stated (of this count)"

    def test_forces(self, press, press_forces):
        table = surveys.table_of_forces(press)
        assert list(table["Count"]) == list(press_forces["count"])
        assert set(table["Source"]) <= set(press.sources["publisher"])
        picked = table["Selection"].str.startswith("picked on the outcome (")
        assert (picked == (press_forces["disclosure"] == "picked")).all()

    def test_words_of_the_study(self, again):
        add_group(again, "brackwater-again", "Brackwater", 1)
        register = read_register(again)
        table = surveys.table_of_surveys(register)
        assert list(table["Towns with a count"]) == [7, 2]
        assert list(table["Unit"]) == ["inspections", "inspections"]
        assert list(table["Asked by"]) == ["not stated", "not stated"]
        assert set(surveys.table_of_forces(register)["Town"]) == {"Aldermoor", "Brackwater"}


class TestDifferences:
    """Each difference from the primary survey is one of the register, and said only if there."""

    def test_only_another_request_over_the_same_time(self, again):
        edit(
            again / "surveys.csv", "survey", "again",
            period_start="2020-01-01", period_end="2022-12-31",
        )  # fmt: skip
        edit(again / "groups.csv", "group", "aldermoor-again", period_start="2020-01-01",
             period_end="2022-12-31")  # fmt: skip
        assert why_not(again) == ["another request", "may hold some of the same cases"]

    def test_who_asked(self, again):
        edit(again / "surveys.csv", "survey", "again", asked_by="A paper")
        assert why_not(again)[0] == "another request (asked by: A paper)"

    def test_open_end_after_the_primary_period(self, again):
        assert why_not(again) == [
            "another request",
            "period: from 2023, end not stated (primary: 2020-01-01 to 2022-12-31), "
            "no day in common",
        ]
        assert row_of(again)["open_end"]

    @pytest.mark.parametrize(
        ("start", "end", "said"),
        [
            ("2023-01-01", "2023-12-31", "1.0 years (primary: 3.0 years), no day in common"),
            ("2022-12-31", "2023-01-01", "2 days (primary: 3.0 years), 1 day in common"),
            ("2019-01-01", "2024-12-31", "6.0 years (primary: 3.0 years), 3.0 years in common"),
        ],
    )
    def test_lengths(self, again, start, end, said):
        ends = {"period_start": start, "period_end": end}
        edit(again / "surveys.csv", "survey", "again", **ends)
        edit(again / "groups.csv", "group", "aldermoor-again", **ends)
        assert f"another period: {said}" in why_not(again)

    def test_groups_state_a_period_that_their_survey_does_not(self, again):
        edit(again / "surveys.csv", "survey", "again", period_start="")
        assert row_of(again)["period_start"] == "2023-01-01"
        add_group(again, "brackwater-again", "Brackwater", period_start="2024-01-01")
        row = row_of(again)
        assert (row["period_start"], row["period_end"], row["open_end"]) == ("", "", False)
        assert "period: not stated (primary: 2020-01-01 to 2022-12-31)" in row["why_not"]

    def test_periods_that_differ_between_counts(self, again):
        edit(
            again / "surveys.csv", "survey", "again",
            period_start="2020-01-01", period_end="2022-12-31",
        )  # fmt: skip
        add_group(again, "brackwater-again", "Brackwater", period_start="2021-01-01")
        assert "periods differ between its counts" in why_not(again)

    def test_unit_and_population(self, again):
        changed = {"unit": "person", "population": "closed_kitchens"}
        edit(again / "groups.csv", "group", "aldermoor-again", **changed)
        assert "another unit: people (primary: inspections)" in why_not(again)
        assert "another population: closed kitchens (primary: all kitchens)" in why_not(again)

    def test_part_and_picked(self, again):
        edit(again / "groups.csv", "group", "aldermoor-again", coverage="part")
        assert why_not(again)[-1] == "part of the cases"
        edit(again / "groups.csv", "group", "aldermoor-again", disclosure="picked")
        edit(again / "statements.csv", "group", "aldermoor-again", disclosure="picked")
        assert why_not(again)[-1] == "picked on the outcome"
        add_group(again, "brackwater-again", "Brackwater")
        assert why_not(again)[-1] == (
            "of 2 counts: 1 all by a rule, 1 picked on the outcome (or what is printed beside them)"
        )

    def test_area(self, again):
        add_country(again, "Land", "Isles")
        add_group(again, "land", "Land", 300, survey="inspections")
        assert not any("area" in difference for difference in why_not(again))
        add_group(again, "isles", "Isles", 400)
        assert "another area: Isles (primary: Land)" in why_not(again)
        assert row_of(again)["said"] == "400 inspections; 1 town with a count"


class TestTotals:
    """A printed total is of an area that contains every other group of its survey."""

    def test_an_area_that_does_not_contain_the_others_is_no_total(self, again):
        path = again / "forces.csv"
        append(path, force="Coast", kind="region")
        edit(path, "force", "Brackwater", within="Coast")
        add_group(again, "coast", "Coast", 50)
        assert row_of(again)["total"] == "none printed"
        assert row_of(again)["said"] == "5 inspections; 1 town with a count"
        add_group(again, "coast-before", "Coast", 60, survey="inspections")
        assert row_of(again, "inspections")["total"] == "none printed"

    def test_areas_only(self, kitchens):
        append(kitchens / "forces.csv", force="Coast", kind="region")
        append(kitchens / "forces.csv", force="Hills", kind="region")
        add_survey(kitchens)
        add_group(kitchens, "coast", "Coast")
        add_group(kitchens, "hills", "Hills")
        row = row_of(kitchens)
        assert row["said"] == "counts of areas that do not contain all others"
        assert row["counted"] == "no town with a count"

    def test_a_total_in_two_units(self, again):
        add_country(again, "Land")
        add_group(again, "land", "Land", 300)
        add_group(again, "land-people", "Land", 1, unit="person")
        assert row_of(again)["total"] == "300 inspections, 1 person"

    def test_intervals_and_open_ends(self, again):
        add_group(again, "brackwater-again", "Brackwater", 1, 4)
        assert row_of(again)["counted"] == "6 to 9 inspections"
        add_group(again, "corrie-again", "Corrie Dun", 7, "")
        register = read_register(again)
        assert register.statements["n_high"].max() == UNLIMITED
        assert row_of(again)["counted"] == "13 or more inspections"
        counts = surveys.forces_across_surveys(register).set_index(["force", "survey"])["count"]
        assert counts["Brackwater", "again"] == "1 to 4"
        assert counts["Corrie Dun", "again"] == "7 or more"

    def test_a_force_twice_is_not_added(self, again):
        add_group(again, "aldermoor-large", "Aldermoor", population="large kitchens")
        row = row_of(again)
        assert row["counted"].startswith("not added: 'aldermoor-again' (Aldermoor) and")
        assert row["said"] == "1 town with a count, not added"

    def test_a_count_in_another_unit_than_the_survey(self, kitchens):
        add_survey(kitchens, unit="complaint")
        add_group(kitchens, "aldermoor-people", "Aldermoor", unit="person")
        add_group(
            kitchens, "aldermoor-complaints", "Aldermoor",
            part="subset", coverage="part", unit="complaint",
        )  # fmt: skip
        row = row_of(kitchens)
        assert row["counted"] == "no town with a count in its unit"
        assert row["units"] == "people"


class TestSmallStudies:
    """One survey, no second one, or no count at all."""

    def test_one_survey(self, kitchens):
        register = read_register(kitchens)
        frame = surveys.surveys_side_by_side(register)
        assert list(frame["said"]) == ["141 to 145 inspections; 7 towns with a count"]
        assert surveys.forces_across_surveys(register).empty
        assert list(surveys.forces_across_surveys(register).columns) == surveys.FORCES
        assert surveys.table_of_forces(register).empty
        assert list(surveys.force_in_surveys(register, "Eastmark")["count"]) == ["18 to 22"]

    def test_none_with_a_count(self, kitchens):
        with (kitchens / "groups.csv").open(newline="") as file:
            groups = [row | {"coverage": "part"} for row in csv.DictReader(file)]
        write(kitchens / "groups.csv", groups)
        with (kitchens / "statements.csv").open(newline="") as file:
            rows = [
                row | {"part": "subset"} if row["part"] == "total" else row
                for row in csv.DictReader(file)
            ]
        write(kitchens / "statements.csv", rows)
        register = read_register(kitchens)
        row = surveys.surveys_side_by_side(register).iloc[0]
        assert row["said"] == "no total in print, only parts"
        assert row["counted"] == "no town with a count"
        assert surveys.forces_across_surveys(register).empty

    def test_no_group_at_all(self, kitchens):
        for name in ("groups", "statements"):
            header = (kitchens / f"{name}.csv").read_text().splitlines()[0]
            (kitchens / f"{name}.csv").write_text(header + "\n")
        register = read_register(kitchens)
        frame = surveys.surveys_side_by_side(register)
        assert frame.empty
        assert list(frame.columns) == surveys.SURVEYS
        assert surveys.table_of_surveys(register).empty
        assert surveys.table_of_forces(register).empty
        assert surveys.force_in_surveys(register, "Aldermoor").empty

    def test_every_unit_has_a_word(self, again):
        for number, unit in enumerate(UNITS):
            edit(again / "groups.csv", "group", "aldermoor-again", unit=unit)
            assert row_of(again)["counted"].startswith("5 "), (number, unit)
