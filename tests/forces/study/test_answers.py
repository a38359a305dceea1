"""Every force asked has its count or a reason, and no count says more than its source."""

import pytest

from foistats.errors import OverlapError
from foistats.forces.study.answers import AT_LEAST, COLUMNS, NO_UNIT, NOT_ASKED, answers, asked_for
from foistats.layout import UNLIMITED

FELLGATE = "fellgate,inspections,Fellgate,2020-01-01,2022-12-31,all kitchens"
SECOND = "all kitchens,case,all,rule,asked twice"


def row_of(towns, force):
    return answers(towns.read()).set_index("force").loc[force]


def test_every_town_asked_has_a_row_in_the_order_of_the_alphabet(towns):
    frame = answers(towns.read())
    assert list(frame.columns) == COLUMNS
    assert list(frame["force"]) == [
        *("Aldermoor", "Brackwater", "Corrie Dun", "Dunvale", "Eastmark"),
        *("Fellgate", "Grimshaw", "Harrowby", "Inverloch", "Jessamy"),
    ]
    assert list(frame["force"]) == sorted(frame["force"])


def test_counts_are_those_of_the_register(towns):
    register = towns.read()
    frame = answers(register).dropna(subset="n_low").set_index("force")
    counts = register.counts().set_index("force")
    assert (frame[["n_low", "n_high"]] == counts[["n_low", "n_high"]]).all(axis=None)
    assert frame.loc["Eastmark", ["n_low", "n_high"]].tolist() == [18, 22]
    assert (frame["group"] == counts["group"]).all()


def test_without_a_count_there_is_a_reason_and_what_was_asked_for(towns):
    row = row_of(towns, "Harrowby")
    assert row["note"] == "refused"
    assert row[["n_low", "n_high"]].isna().all()
    assert row[["unit", "population"]].tolist() == ["case", "all kitchens"]
    assert row[["period_start", "period_end"]].tolist() == ["2020-01-01", "2022-12-31"]
    assert row_of(towns, "Jessamy")["note"] == "answered; not found in print"
    frame = answers(towns.read())
    assert frame.loc[frame["n_low"].isna(), "note"].ne("").all()


@pytest.mark.parametrize("answer", ["disclosed", "partial"])
def test_an_answer_without_a_count_says_that_there_is_none(towns, answer):
    towns.change("asked.csv", "Jessamy,not_in_print", f"Jessamy,{answer}")
    assert row_of(towns, "Jessamy")["note"].endswith("; no count of its cases in print")


def test_a_part_of_another_population_is_whole_for_that_population(towns):
    row = row_of(towns, "Inverloch")
    assert row["note"] == "a part of its cases: public kitchens"
    assert row[["n_low", "n_high"]].tolist() == [6, 6]


def test_a_part_of_what_was_asked_for_is_a_lower_end_only(towns):
    towns.change("groups.csv", "public kitchens,case,part", "all kitchens,case,part")
    row = row_of(towns, "Inverloch")
    assert row["note"] == AT_LEAST
    assert row[["n_low", "n_high"]].tolist() == [6, UNLIMITED]


def test_a_part_of_the_period_is_whole_for_that_period(towns):
    towns.change(
        "groups.csv",
        "2020-01-01,2022-12-31,public kitchens,case,part",
        "2021-01-01,2022-12-31,all kitchens,case,part",
    )
    row = row_of(towns, "Inverloch")
    assert row[["n_low", "n_high"]].tolist() == [6, 6]
    assert row["period_start"] == "2021-01-01"


def test_a_count_is_not_given_a_period_or_population_that_it_does_not_state(towns):
    towns.change("groups.csv", FELLGATE, "fellgate,inspections,Fellgate,2020-01-01,,")
    row = row_of(towns, "Fellgate")
    assert row[["n_low", "period_start", "period_end", "population"]].tolist() == [
        *(17, "2020-01-01", "", ""),
    ]


def test_without_a_record_of_who_was_asked_the_counts_remain(towns):
    towns.remove("asked.csv")
    frame = answers(towns.read())
    assert len(frame) == 8
    assert frame["n_low"].notna().all()
    assert set(frame["answer"]) == {""}


def test_a_count_without_a_record_of_being_asked_keeps_its_row(towns):
    towns.drop("asked.csv", "inspections,Fellgate")
    row = row_of(towns, "Fellgate")
    assert (row["answer"], row["n_low"], row["source"]) == ("", 17, "")
    assert NOT_ASKED not in row["note"]


def test_who_was_asked_in_another_survey_is_not_here(towns):
    towns.add("surveys.csv", "again,Asked again,2023-01-01,2023-12-31,case")
    towns.add("asked.csv", "again,Kestrel,refused,T8,")
    assert "Kestrel" not in set(answers(towns.read())["force"])


@pytest.mark.parametrize(
    ("start", "end"), [("2018-01-01", "2019-12-31"), ("2022-06-01", "2023-12-31")]
)
def test_a_force_counted_twice_is_refused(towns, start, end):
    towns.add("groups.csv", f"fellgate-b,inspections,Fellgate,{start},{end},{SECOND}")
    towns.add("statements.csv", "fellgate-b1,fellgate-b,T6,total,,,any,any,3,3,printed,rule")
    with pytest.raises(OverlapError, match=r"fellgate'? (.Fellgate. )?and '?fellgate-b"):
        answers(towns.read())


def test_counts_in_another_unit_are_left_out_where_the_survey_names_its_own(towns):
    towns.add(
        "groups.csv",
        "kestrel,inspections,Kestrel,2020-01-01,2022-12-31,all kitchens,person,all,rule,by owner",
    )
    towns.add("statements.csv", "kestrel-1,kestrel,T8,total,,,any,any,4,4,printed,rule")
    assert "Kestrel" not in set(answers(towns.read())["force"])
    towns.change("surveys.csv", "2022-12-31,case", "2022-12-31,")
    with pytest.raises(OverlapError, match="different units cannot be summed: case, person"):
        answers(towns.read())


def test_the_unit_of_no_count_is_that_of_the_counts(towns):
    """Groups without a total are no counts, however many they are."""
    towns.change("surveys.csv", "2022-12-31,case", "2022-12-31,")
    for town in ("Aldermoor", "Brackwater", "Corrie Dun", "Dunvale", "Eastmark", "Fellgate"):
        names = [f"owners-{town[:2]}{end}" for end in "ab"]
        for name, start in zip(names, ("2020-01-01", "2020-02-01"), strict=True):
            period = f"{start},2022-12-31"
            towns.add(
                "groups.csv",
                f"{name},inspections,{town},{period},all kitchens,person,part,picked,a paper",
            )
            said = "subset,,,school,any,1,1,printed,picked"
            towns.add("statements.csv", f"{name}-1,{name},T1,{said}")
    assert asked_for(towns.read())["unit"] == "person"
    assert set(answers(towns.read())["unit"]) == {"case"}


def test_nothing_counted_and_nothing_said_of_the_unit(towns):
    for file in ("groups.csv", "statements.csv"):
        towns.write(file, towns.text(file).splitlines()[0] + "\n")
    towns.change("study.toml", 'nation = "vale"\n', "")
    towns.change("surveys.csv", "2022-12-31,case", "2022-12-31,")
    frame = answers(towns.read())
    assert len(frame) == 10
    assert set(frame["unit"]) == {NO_UNIT}
    assert frame["n_low"].isna().all()
    assert set(frame["population"]) == {""}


class TestAskedFor:
    def test_of_the_group_that_contains_all_others(self, towns):
        towns.change("groups.csv", "all kitchens,case,all,rule,the county", "any,case,all,rule,x")
        assert asked_for(towns.read()) == {
            "unit": "case",
            "population": "any",
            "period_start": "2020-01-01",
            "period_end": "2022-12-31",
        }

    def test_without_one_of_most_groups(self, towns):
        towns.change("study.toml", 'nation = "vale"\n', "")
        assert asked_for(towns.read())["population"] == "all kitchens"

    def test_a_period_that_the_survey_does_not_state_is_that_of_the_whole(self, towns):
        towns.change("surveys.csv", "2020-01-01,2022-12-31", "2020-01-01,")
        assert asked_for(towns.read())["period_end"] == "2022-12-31"
        towns.change("study.toml", 'nation = "vale"\n', "")
        assert asked_for(towns.read())["period_end"] == ""
