"""Tables of the reports on forces: complete, alphabetical, without infinities, with reasons."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from foistats import read_register
from foistats.describe import heading
from foistats.forces.study import tables, unprinted
from foistats.forces.study.comparison import compare, readings
from foistats.layout import UNLIMITED
from foistats.publish.tabular import csv_text, plain_table

from .variants import VARIANTS, hostile, one_town, unlimited

ROOT = Path(__file__).parents[3]
BRITISH = re.compile(r"\b(forces?|police|officers?|constables?|england|british)\b", re.IGNORECASE)


def every_table(compared):
    register = compared.register
    others = [compare(register, reading=name) for name in readings(register)[1:]]
    return {
        "counts_and_ratios": tables.counts_and_ratios(compared),
        "reference": tables.reference(compared),
        "why_not_direct": tables.why_not_direct(compared),
        "readings": tables.readings([compared, *others]),
        "unprinted": tables.unprinted(unprinted.bounds(compared), "Town"),
        "person_years": tables.person_years(compared),
    }


def explained(frame, reason):
    """Return whether every row with something missing gives a reason."""
    missing = frame.drop(columns=[reason]).isna().any(axis=1)
    return (~missing | frame[reason].ne("")).all()


@pytest.fixture(scope="module")
def real():
    return compare(read_register(ROOT / "data" / "pa-2014"))


def publishable(name, frame):
    """Return what is published of a frame; no number in it is none."""
    text = csv_text(plain_table(frame, where=name))
    assert not re.search(r"\b(inf|nan|NaN)\b", text), (name, text)
    assert str(UNLIMITED) not in text
    return text


@pytest.mark.parametrize("change", VARIANTS, ids=lambda change: change.__name__)
def test_tables_are_publishable_alphabetical_and_give_reasons(towns, change):
    change(towns)
    found = every_table(towns.compare())
    for name, frame in found.items():
        text = publishable(name, frame)
        assert change is hostile or not BRITISH.search(text), (name, text)
    whole = found["counts_and_ratios"]
    counted = whole.iloc[:, 1].astype(str).str.fullmatch(r"\d+( \(a part: .*\))?")
    note = whole["Note"] if "Note" in whole else pd.Series("", index=whole.index)
    assert explained(whole[counted].assign(Told=note[counted]), "Told")
    assert whole.iloc[:, 1].ne("").all()
    assert (whole["Expected"].notna() | note.ne("")).all()
    for name in ("reference", "unprinted", "person_years"):
        assert explained(found[name], "Note"), found[name]
    assert explained(found["why_not_direct"], "Reason")
    assert found["readings"].notna().all(axis=None)
    for name in ("counts_and_ratios", "readings", "unprinted", "person_years"):
        forces = list(found[name].iloc[:, 0])
        assert forces == sorted(set(forces)), name


def test_real_rows_are_alphabetical_and_not_by_rate(real):
    frame = tables.counts_and_ratios(real)
    assert list(frame["Force"]) == sorted(frame["Force"])
    ratios = frame["Ratio"].dropna()
    assert len(frame) == 43
    assert not ratios.is_monotonic_increasing
    assert not ratios.is_monotonic_decreasing


def test_counts_and_ratios_divide_what_they_show(towns_compared):
    frame = tables.counts_and_ratios(towns_compared).set_index("Town")
    assert list(frame.columns[:3]) == ["Inspections", "Person-years", "Rate"]
    years = towns_compared.total_years.set_index("force")["person_years"]
    row = frame.loc["Aldermoor"]
    assert (row["Inspections"], row["Note"]) == ("34", "")
    assert list(frame)[-1] == "Note"
    assert row["Rate"] == pytest.approx(1000 * 34 / years["Aldermoor"])
    assert row["Ratio"] == pytest.approx(34 / row["Expected"])
    assert row["Ratio from"] < row["Ratio"] < row["Ratio to"]
    assert frame.loc["Eastmark", "Inspections"] == "18 to 22"
    assert np.isnan(frame.loc["Eastmark", "Ratio"])
    assert frame.loc["Eastmark", "Ratio from"] < frame.loc["Eastmark", "Ratio to"]
    assert frame.loc["Inverloch", "Inspections"] == "6 (a part: public kitchens)"
    assert frame.loc["Brackwater", "Note"] == "known break in its workforce"
    assert frame.loc["Harrowby", "Inspections"] == "refused"
    assert frame.loc["Jessamy", "Inspections"] == "not in print"
    assert frame["Note"].ne("").sum() == 1


def test_a_note_that_no_row_needs_has_no_column(towns):
    towns.drop("breaks.csv", "Brackwater,")
    assert list(tables.counts_and_ratios(towns.compare()))[-1] == "Ratio to"


def test_a_break_is_a_field_not_a_word(towns):
    """A reason that reads like another is no break, and one that does not is."""
    compared = towns.compare()
    note = compared.years["note"].replace("break", "fold", regex=True)
    note = note.mask(compared.years["force"] == "Dunvale", "no break from work")
    compared.years["note"] = note
    frame = tables.counts_and_ratios(compared).set_index("Town")
    assert list(frame.index[frame["Note"].ne("")]) == ["Brackwater"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("refused", "refused"),
        ("disclosed", "not in print"),
        ("partial", "not in print"),
        ("suppressed", "suppressed"),
        ("not_held", "not held"),
        ("no_answer", "no answer"),
        ("not_in_print", "not in print"),
    ],
)
def test_a_missing_count_is_its_reason_in_short(towns, answer, said):
    towns.change("asked.csv", "Harrowby,refused", f"Harrowby,{answer}")
    frame = tables.counts_and_ratios(towns.compare()).set_index("Town")
    assert frame.loc["Harrowby", "Inspections"] == said


def test_a_part_of_what_was_asked_for_is_known_from_below(towns):
    towns.change("groups.csv", "public kitchens,case,part", "all kitchens,case,part")
    frame = tables.counts_and_ratios(towns.compare()).set_index("Town")
    assert frame.loc["Inverloch", "Inspections"] == "6 or more (a part)"
    assert np.isnan(frame.loc["Inverloch", "Ratio to"])


def test_a_count_without_an_upper_end_has_no_upper_end_of_its_ratio(towns):
    unlimited(towns)
    frame = tables.counts_and_ratios(towns.compare()).set_index("Town")
    assert frame.loc["Fellgate", "Inspections"] == "17 or more"
    assert np.isnan(frame.loc["Fellgate", "Ratio to"])
    assert frame.loc["Fellgate", "Ratio from"] > 0
    assert frame.loc["Fellgate", "Note"] == ""
    assert frame.loc["Grimshaw", "Note"] == "the period has no stated beginning or end"
    period = tables.person_years(towns.compare()).set_index("Town").loc["Grimshaw", "Period"]
    assert period == "until 2022-12-31, start not stated"


def test_without_size_the_reason_stands_in_every_row(towns):
    towns.without_workforce()
    frame = tables.counts_and_ratios(towns.compare())
    assert frame["Note"].str.endswith("the study has no workforce file").all()
    assert frame["Person-years"].isna().all()
    assert list(tables.person_years(towns.compare())["Note"]) == [
        "the study has no workforce file"
    ] * len(frame)


def test_what_all_rows_say_is_said_once():
    said = pd.Series(["held; broken", "held", "held; odd"], index=["A", "B", "C"])
    assert tables.shared(said) == "held"
    assert list(tables.drop_shared(said)) == ["broken", "", "odd"]
    assert tables.shared(pd.Series(["a", "b"])) == ""
    assert tables.shared(pd.Series([], dtype=object)) == ""


def test_known_breaks_stand_with_their_reason_in_the_row_they_concern(towns_compared, towns):
    frame = tables.person_years(towns_compared).set_index("Town")
    assert frame.loc["Brackwater", "Note"] == (
        "break from 2021-03-31 (the town counts stalls as kitchens)"
    )
    assert frame["Note"].ne("").sum() == 1
    assert frame.loc["Inverloch", "Private caterers"] == 0
    assert frame.loc["Inverloch", "Public kitchens"] > 0
    one_town(towns)
    assert list(tables.person_years(towns.compare())["Note"]) == [""]


def test_reasons_against_direct_rates_name_roles_as_readers_know_them(towns_compared):
    frame = tables.why_not_direct(towns_compared)
    assert frame["Towns"].sum() == len(towns_compared.forces)
    named = ", ".join(frame["Which"]).split(", ")
    assert sorted(named) == list(towns_compared.forces["force"])
    said = frame[frame["Rate"].isna()]["Reason"]
    assert "no count of public kitchens; no count of private caterers" in set(said)
    by_force = frame.set_index("Which")["Reason"]
    assert by_force["Inverloch"] == (
        "no count of public kitchens; its count covers no private caterers"
    )
    assert (frame["Rate"].notna() == frame["Reason"].eq("every role is printed")).all()


def test_groups_of_the_workforce_are_named_without_their_underscores(towns):
    for file in ("workforce.csv", "breaks.csv", "study.toml"):
        text = towns.text(file).replace("caterer", "private_caterer")
        towns.write(file, text.replace("stalls as kitchens", "my_stalls as kitchens"))
    towns.change(
        "study.toml",
        'private = ["private_caterer"] }',
        'private = ["private_caterer", "mobile"] }',
    )
    note = tables.person_years(towns.compare()).set_index("Town").loc["Brackwater", "Note"]
    assert note.startswith("private caterer: break from 2021-03-31 (the town counts my_stalls as")


def test_a_ratio_under_a_second_reading_only_is_not_lost(towns):
    lines = towns.text("workforce.csv").splitlines()
    kept = [line for line in lines if not (line.startswith("Dunvale") and "mobile" in line)]
    towns.write("workforce.csv", "\n".join(kept) + "\n")
    register = towns.read()
    first, second = readings(register)
    both = [compare(register, reading=second), compare(register, reading=first)]
    frame = tables.readings(both).set_index("Town")
    assert frame.loc["Dunvale", f"Ratio, {second}"] == "not known"
    assert frame.loc["Dunvale", f"Limits, {second}"] == "unknown"
    assert frame.loc["Dunvale", f"Ratio, {first}"].startswith("0.8")


def test_readings_say_when_a_ratio_is_an_interval_or_has_no_end(towns):
    unlimited(towns)
    frame = tables.readings([towns.compare()]).set_index("Town")
    told = frame["Ratio, kitchens with an address"]
    assert re.fullmatch(r"an interval \(\d\.\d\d to no limit\)", told["Fellgate"])
    assert re.fullmatch(r"\d\.\d\d \(\d\.\d\d to \d\.\d\d\)", told["Aldermoor"])
    assert frame.loc["Dunvale", "Limits, kitchens with an address"] == "undecided"
    assert "Grimshaw" not in frame.index


@pytest.mark.parametrize(
    ("low", "high", "expected", "ratio"),
    [
        (0, UNLIMITED, 4.0, "not bounded"),
        (2, UNLIMITED, 4.0, "0.5 or more"),
        (2, 12, 4.0, "0.5 to 3.0"),
        (2, 12, np.nan, "not known"),
        (2, 2, 4.0, "0.5 to 0.5"),
    ],
)
def test_bounds_of_a_ratio_in_words(low, high, expected, ratio):
    top = np.inf if high == UNLIMITED else high
    row = {"force": "A", "answer": "refused", "n_low": low, "n_high": high, "expected": expected}
    row |= {"ratio_low": low / expected, "ratio_high": top / expected, "note": "said"}
    found = tables.unprinted(pd.DataFrame([row]), "Town").iloc[0]
    assert found["Ratio"] == ratio
    assert found["Answer"] == "refused"
    end = "; its size is not known" if np.isnan(expected) else ""
    assert found["Note"] == f"said{end}"


def test_p_values_are_never_zero():
    found = tables.p_words(pd.Series([0.0, 1e-9, 0.0009, 0.001, 0.5, np.nan]))
    assert found == ["below 0.001", "below 0.001", "below 0.001", "0.001", "0.500", ""]


def test_chances_are_never_zero_or_one():
    found = tables.chance_words(pd.Series([0.0, 0.0099, 0.01, 0.5, 0.99, 0.9901, 1.0, np.nan]))
    ends = ["below 0.01"] * 2, ["above 0.99"] * 2
    assert found == [*ends[0], "0.01", "0.50", "0.99", *ends[1], ""]


def test_headings_keep_capitals():
    assert [heading(word) for word in ("NHS trust", "örtchen", "")] == [
        "NHS trust",
        "Örtchen",
        "",
    ]


def test_every_real_table_can_be_published(real):
    for name, frame in every_table(real).items():
        publishable(name, frame)
    reference = tables.reference(real)
    assert reference["Cases"].sum() == pytest.approx(828)
    assert set(reference["Forces"]) == {39}
