"""The profile of one force: what is in print, what is known, and what is not."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from foistats import read_register
from foistats.errors import UsageError
from foistats.forces.study import profile
from foistats.forces.study.comparison import compare
from foistats.forces.study.standing import standing
from foistats.forces.study.tables import chance_words
from foistats.layout import PARTS
from foistats.publish.tabular import csv_text, plain_table
from foistats.severity.groups import cells

from .variants import VARIANTS, hostile, no_town, one_town, unlimited

ROOT = Path(__file__).parents[3]


def every_table(stand, force):
    compared = stand.comparison
    return {
        "facts": profile.facts(compared, force),
        "numbers": profile.numbers(stand, force),
        "places": profile.places(stand, force),
        "others": profile.others(stand, force),
        "statements": profile.statements(compared.register, force),
        "withheld": profile.withheld(compared, force),
    }


def checked(stand, force):
    """Return every table of a profile; each can be published, and tells what it lacks."""
    found = every_table(stand, force)
    for name, frame in found.items():
        text = csv_text(plain_table(frame, where=name))
        assert not re.search(r"\b(inf|nan|NaN)\b", text), (force, name, text)
    assert found["facts"].ne("").all(axis=None)
    numbers = found["numbers"]
    assert (numbers["Estimate"].notna() | numbers["Note"].ne("")).all(), numbers
    assert (found["places"]["Chance"].ne("") | found["places"]["Note"].ne("")).all()
    assert found["others"].notna().all(axis=None)
    assert len(found["others"])
    assert list(found["others"].iloc[:, 0]) == sorted(found["others"].iloc[:, 0])
    return found


@pytest.fixture(scope="module")
def real():
    return standing(compare(read_register(ROOT / "data" / "pa-2014")), draws=500)


@pytest.fixture
def stand(towns_compared):
    return standing(towns_compared, draws=200)


@pytest.mark.parametrize("change", VARIANTS, ids=lambda change: change.__name__)
def test_every_profile_of_any_study(towns, change):
    change(towns)
    found = standing(towns.compare(), draws=50)
    for force in found.comparison.forces["force"]:
        tables = checked(found, force)
        if change is not hostile:
            text = " ".join(frame.to_csv() for frame in tables.values())
            assert not re.search(r"\b(forces?|police|officers?)\b", text, re.IGNORECASE), text
        if found.fit is None:
            assert tables["numbers"]["Note"].iloc[-1] == found.reason
            assert tables["places"]["Note"].iloc[-1] == found.reason


def test_every_real_profile(real):
    forces = list(real.comparison.forces["force"])
    assert len(forces) == 43
    told = 0
    for force in forces:
        found = checked(real, force)
        if "Reason" not in found["others"]:
            told += int(found["others"]["Its ratio is"].ne("cannot be told").sum())
    assert told == 2 * real.pairs()["told_apart"].iloc[1]


def test_the_force_shown_is_the_one_asked_for_else_the_study_s_else_the_first(towns):
    assert profile.chosen(towns.compare()) == "Aldermoor"
    assert profile.chosen(towns.compare(), "Harrowby") == "Harrowby"
    towns.change("study.toml", 'nation = "vale"', 'nation = "vale"\nprofiled = "Fellgate"')
    compared = towns.compare()
    assert profile.chosen(compared) == "Fellgate"
    assert profile.chosen(compared, "Dunvale") == "Dunvale"
    with pytest.raises(UsageError, match=r"no town 'Felgate' in the primary survey; there are Ald.*"
                       r"; did you mean 'Fellgate'\?"):  # fmt: skip
        profile.chosen(compared, "Felgate")


def test_what_is_said_of_person_years_is_not_said_of_the_rate(real):
    found = profile.numbers(real, "Essex").set_index("Quantity")
    assert found.loc["Person-years", "Note"] == "held 89 days before the first snapshot"
    assert found.loc["Rate per 1,000 person-years", "Note"] == "refused"
    assert profile.numbers(real, "Kent").loc[1, "Note"] == "exact interval"
    sussex = profile.numbers(real, "Sussex").set_index("Quantity")["Note"]
    part = "a part of its cases: staff probably; exact interval"
    assert sussex["Rate per 1,000 person-years"] == part
    assert sussex["Ratio of the count to the expected count"] == part
    every = [profile.numbers(real, force)["Note"] for force in real.comparison.forces["force"]]
    assert not pd.concat(every).str.contains("_").any()


def test_without_a_size_the_reason_stands_with_every_number(towns):
    towns.without_workforce()
    stand = standing(towns.compare())
    found = profile.numbers(stand, "Fellgate").set_index("Quantity")
    assert set(found["Note"][:-1]) == {"the study has no workforce file"}
    assert found["Note"].iloc[-1] == stand.reason
    assert list(profile.others(stand, "Fellgate")["Reason"]) == [
        "cannot be told: the study has no workforce file"
    ]


def test_an_empty_survey_has_no_profile(towns):
    no_town(towns)
    with pytest.raises(UsageError, match="no town '' in the primary survey; there are none"):
        profile.chosen(towns.compare())


def test_facts_of_a_count_a_part_and_a_refusal(stand):
    said = {
        town: profile.facts(stand.comparison, town).set_index("What")["Found"]
        for town in ("Eastmark", "Inverloch", "Harrowby")
    }
    assert said["Eastmark"]["Count of inspections"] == "18 to 22"
    assert said["Inverloch"]["Answer"] == "answered in part"
    assert said["Inverloch"]["Whom it covers"] == "public kitchens"
    assert said["Inverloch"]["How much of its cases"] == "a part"
    assert said["Harrowby"]["Answer"] == "refused"
    assert said["Harrowby"]["Count of inspections"] == "none in print"
    assert said["Harrowby"]["How much of its cases"] == "no count"
    assert said["Harrowby"]["Source"] == "T8 (The county of the Vale)"
    assert {one["Asked by"] for one in said.values()} == {"nobody: the study is invented"}


def test_without_a_record_of_asking_the_source_is_that_of_the_count(towns):
    towns.remove("asked.csv")
    found = profile.facts(towns.compare(), "Fellgate").set_index("What")["Found"]
    assert found["Answer"] == "no record of being asked"
    assert found["Source"] == "T6 (Fellgate town hall)"


def test_a_period_without_ends_is_not_stated_once(towns):
    dates = "2020-01-01,2022-12-31"
    towns.change(
        "groups.csv", f"fellgate,inspections,Fellgate,{dates}", "fellgate,inspections,Fellgate,,"
    )
    towns.change("surveys.csv", dates, ",")
    towns.change("groups.csv", f"The Vale,{dates}", "The Vale,,")
    found = profile.facts(towns.compare(), "Fellgate").set_index("What")["Found"]
    assert found["Period"] == "not stated"


def test_numbers_are_those_of_the_comparison(stand):
    found = profile.numbers(stand, "Aldermoor").set_index("Quantity")
    ratio = stand.comparison.ratios.set_index("force").loc["Aldermoor"]
    row = found.loc["Ratio of the count to the expected count"]
    assert tuple(row[["Estimate", "From", "To"]]) == tuple(
        ratio[["estimate", "conf_low", "conf_high"]]
    )
    assert row["Note"] == "exact interval"
    assert found.loc["Expected count", "Note"] == "at the rates of the whole survey"
    assert found.loc["Rate per 1,000 person-years", "Note"] == "exact interval"
    assert found.loc["Shrunken ratio", "Estimate"] == pytest.approx(
        stand.shrunken.set_index("force").loc["Aldermoor", "estimate"]
    )


def test_expected_counts_at_a_pooled_rate_are_called_so(towns):
    towns.change("study.toml", 'nation = "vale"\n', "")
    found = profile.numbers(standing(towns.compare(), draws=10), "Aldermoor").set_index("Quantity")
    assert found.loc["Expected count", "Note"] == "at the pooled rate of all with an exact count"


def test_a_count_without_an_upper_end_has_a_ratio_without_one(towns):
    unlimited(towns)
    found = profile.numbers(standing(towns.compare(), draws=10), "Fellgate").set_index("Quantity")
    row = found.loc["Ratio of the count to the expected count"]
    assert np.isnan(row["Estimate"])
    assert np.isnan(row["To"])
    assert row["From"] > 0
    assert row["Note"] == "count known as 17 or more"


def test_what_is_missing_of_a_count_without_an_upper_end_has_none(towns):
    unlimited(towns)
    compared = towns.compare()
    assert list(profile.withheld(compared, "Fellgate")["Missing"]) == ["17 or more"] * 2
    assert list(profile.withheld(compared, "Dunvale")["Of"]) == ["0 or more"] * 2
    towns.change("statements.csv", "T1,total,,,any,any,34,34", "T1,total,,,any,any,34,")
    found = profile.withheld(towns.compare(), "Aldermoor").set_index("Field")
    assert found.loc["Role", "Stated"] == 34
    assert found.loc["Role", "Missing"] == "0 or more"


def test_what_is_missing_is_the_count_less_what_is_stated(stand):
    found = profile.withheld(stand.comparison, "Grimshaw").set_index("Field")
    assert tuple(found.loc["Outcome"]) == (2, "14", "12")
    eastmark = profile.withheld(stand.comparison, "Eastmark").set_index("Field")
    assert eastmark.loc["Role", "Of"] == "18 to 22"
    refused = profile.withheld(stand.comparison, "Harrowby").iloc[0]
    assert tuple(refused) == ("Count", 0, "not known", "refused")


def test_places_carry_what_they_are(stand):
    found = profile.places(stand, "Aldermoor").set_index("Place")
    assert list(found.index) == [
        "its place alone",
        "all places together",
        "the highest",
        "one of the 5 highest",
    ]
    assert list(found["Note"]) == ["95% interval"] * 2 + [""] * 2
    chance = stand.probabilities.set_index("force").loc["Aldermoor"]
    assert list(found["Chance"]) == ["", "", *chance_words(chance[["highest", "top"]])]


def test_no_chance_is_given_without_a_count(stand):
    found = profile.places(stand, "Harrowby").set_index("Place")
    assert list(found.index) == ["its place alone", "all places together", "the highest"]
    assert found["Chance"].eq("").all()
    assert found.loc["the highest", "Note"] == "no chance is given without a count"


def test_others_are_alphabetical_with_p_values_in_words(real):
    found = profile.others(real, "Durham")
    assert list(found["Other force"]) == sorted(found["Other force"])
    assert len(found) == 24
    assert found["p value, all pairs together"].iloc[0] == "1.000"
    assert "below 0.001" in set(found["p value, all pairs together"])
    above = found[found["Its ratio is"] == "above"]
    chances = set(above["Chance that it is above"])
    assert "above 0.99" in chances
    assert all(float(said) > 0.95 for said in chances - {"above 0.99"})
    p_values = real.told_apart("Durham").set_index("other")
    assert (p_values.loc[above["Other force"], "p_value"] < 0.05).all()
    assert "North Yorkshire" in set(above["Other force"])


def test_who_has_no_count_cannot_be_told_from_others_and_the_reason_is_given(stand, towns):
    assert list(profile.others(stand, "Harrowby")["Reason"]) == ["cannot be told: refused"]
    one_town(towns)
    found = profile.others(standing(towns.compare()), "Fellgate")
    assert list(found["Reason"]) == ["cannot be told: no other towns with a count"]


def test_a_count_that_nothing_limits_is_why_it_cannot_be_told_from_others(towns):
    unlimited(towns)
    found = profile.others(standing(towns.compare(), draws=10), "Dunvale")
    assert list(found["Reason"]) == ["cannot be told: count known as 0 or more"]


def test_statements_have_their_sources(stand):
    register = stand.comparison.register
    found = profile.statements(register, "Dunvale")
    assert list(found["Statement"]) == [f"dunvale-{number}" for number in range(1, 7)]
    assert set(found["Source"]) == {"T4"}
    assert set(found["Publisher"]) == {"Dunvale town hall"}
    assert found["Part"].iloc[0] == "the count"
    assert set(found["Part"]) <= set(profile.PARTS.values())
    assert set(found["Basis"]) <= set(profile.BASIS.values())
    assert list(found["Role"][:3]) == ["all", "School", "Private caterer"]
    assert " or " in found["Outcome"].iloc[4]
    assert profile.statements(register, "Harrowby").empty


def test_every_part_and_basis_has_words(real):
    assert set(profile.PARTS) == set(PARTS)
    every = real.comparison.register.statements
    assert every["basis"].isin(list(profile.BASIS)).all()
    found = pd.concat(
        [profile.statements(real.comparison.register, f) for f in real.comparison.forces["force"]]
    )
    assert "worked out by us" in set(found["Basis"])
    assert found[["Part", "Basis", "Chosen"]].notna().all(axis=None)


def test_severity_is_an_estimate_or_a_reason(real):
    modes = pd.DataFrame(
        {"force": ["A"], "cases": [7], "estimate": [0.3], "conf_low": [-0.4], "conf_high": [1.0]}
    )
    flow = cells.selection(real.comparison.register)
    found = profile.severity(flow, modes, "A").iloc[0]
    assert tuple(found.iloc[:4]) == (7, 0.3, -0.4, 1.0)
    none = profile.severity(flow, modes, "Essex").iloc[0]
    assert none["Cases in the fit"] == 0
    assert none["Note"] == "no group of its cases in the analysis"
    for force in real.comparison.forces["force"]:
        frame = profile.severity(flow, modes, force)
        plain_table(frame, where=force)
        assert frame["Note"].iloc[0]
