"""Sentences of the reports on forces: they change with the data, and name published values only."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from foistats import read_register
from foistats.forces.study import tell, unprinted
from foistats.forces.study.comparison import compare, variants
from foistats.forces.study.standing import standing

from .variants import (
    HOSTILE,
    VARIANTS,
    hostile,
    one_town,
    only,
    spoken,
    unlimited,
    without_any_count,
    without_total,
    without_workforce,
)

ROOT = Path(__file__).parents[3]


def published(compared, stand):
    """Return what the notebook publishes before it says anything."""
    values = {
        "forces_all": {"number": len(compared.forces)},
        "forces_counted": {"number": int(compared.forces["n_low"].notna().sum())},
    }
    parts = (
        tell.largest_values(compared),
        tell.funnel_values(compared.funnel(), stand),
        tell.together_values(unprinted.together(compared)),
    )
    for part in parts:
        assert not values.keys() & part.keys()
        values |= part
    return values


def sentences(compared, stand):
    words = compared.register.study.words
    return (
        tell.largest_in_words(compared),
        tell.funnel_in_words(compared.funnel(), stand, words),
        tell.reference_in_words(compared),
        tell.notes_in_words(compared),
        tell.together_in_words(unprinted.together(compared), words),
    )


@pytest.mark.parametrize("change", VARIANTS, ids=lambda change: change.__name__)
def test_every_sentence_names_published_values_only(towns, monkeypatch, change):
    change(towns)
    compared = towns.compare()
    stand = standing(compared, draws=50)
    values = published(compared, stand)
    for template in sentences(compared, stand):
        plain, _ = spoken(monkeypatch, values, template)
        assert plain.endswith(".")
        assert not re.search(r"\b(nan|inf)\b", plain)
        if change is not hostile:
            assert not re.search(r"[{}]", plain)
            assert not re.search(r"\b(forces?|police|officers?)\b", plain, re.IGNORECASE)


def test_letters_that_mean_something_are_shown_as_they_are(towns, monkeypatch):
    hostile(towns)
    compared = towns.compare()
    stand = standing(compared, draws=50)
    said, shown = spoken(monkeypatch, published(compared, stand), tell.largest_in_words(compared))
    assert f"is that of {HOSTILE}, which has" in said
    assert "of a Ortschaft \\{o\\} of its size" in said
    assert r"\{x\} \*\*b\*\* &lt;b&gt;&amp;\$" in shown
    assert r"Örter \{o\} &lt;b&gt; \*x\*" in shown
    assert "<" not in shown


def test_a_break_that_all_share_is_told_letter_for_letter(towns, monkeypatch):
    only(towns, "Brackwater")
    towns.change("breaks.csv", "the town counts stalls as kitchens", "{stalls} <b>kitchens</b>")
    template = tell.notes_in_words(towns.compare())
    _, shown = spoken(monkeypatch, {}, template)
    assert r"\{stalls\} &lt;b&gt;kitchens&lt;/b&gt;" in shown


@pytest.mark.parametrize(
    ("count", "total", "verdict"),
    [
        (34, 170, "no more and no fewer than its size accounts for, as far as one can tell"),
        (55, 195, "no more and no fewer than its size accounts for, as far as one can tell"),
        (100, 240, "more than its size accounts for"),
        (26, 170, "fewer than its size accounts for"),
    ],
)
def test_the_verdict_on_the_largest_count_follows_its_interval(towns, count, total, verdict):
    towns.drop("statements.csv", *(f"aldermoor-{number}," for number in range(2, 10)))
    for old, new in (
        ("T1,total,,,any,any,34,34", f"T1,total,,,any,any,{count},{count}"),
        ("T8,total,,,any,any,170,170", f"T8,total,,,any,any,{total},{total}"),
        ("any,any,30,30,derived", f"any,any,{total - 140},{total - 140},derived"),
    ):
        towns.change("statements.csv", old, new)
    compared = towns.compare()
    found = tell.largest(compared)
    assert (found.force, found.cases) == ("Aldermoor", count)
    assert found.conf_low < found.ratio < found.conf_high
    assert f" interval): {verdict}. By its ratio" in tell.largest_in_words(compared)


def test_the_largest_count_is_no_more_than_what_is_known(towns, towns_compared):
    surely = tell.largest_in_words(towns_compared)
    assert surely.startswith("The largest count in print, {largest_count}, is that of")
    unlimited(towns)
    compared = towns.compare()
    assert not tell.largest(compared).surely
    perhaps = tell.largest_in_words(compared)
    assert perhaps.startswith(
        "Of the towns with an exact count and a known size, the largest count, {largest_count},"
    )
    assert "of the person-years that are known" in perhaps


def test_another_count_as_large_is_mentioned(towns):
    only(towns, "Fellgate", "Dunvale", "Harrowby")
    towns.drop("statements.csv", *(f"dunvale-{number}," for number in range(2, 7)))
    towns.change("statements.csv", "T4,total,,,any,any,20,20", "T4,total,,,any,any,17,17")
    compared = towns.compare()
    found = tell.largest(compared)
    assert (found.force, found.tied, found.surely) == ("Dunvale", True, True)
    assert "is that of {largest_force}, among others, which has" in tell.largest_in_words(compared)


def test_a_part_is_not_told_as_the_whole(towns):
    only(towns, "Inverloch", "Harrowby")
    sentence = tell.largest_in_words(towns.compare())
    assert "{largest_count} (a part of its cases\\: public kitchens), is that of" in sentence


def test_the_share_is_that_of_all_who_were_asked(towns_compared):
    years = towns_compared.total_years.set_index("force")["person_years"]
    found = tell.largest(towns_compared)
    assert found.share_of_years == pytest.approx(years["Aldermoor"] / years.sum())
    assert len(years) == 10


def test_without_size_no_count_can_be_weighed(towns):
    without_workforce(towns)
    compared = towns.compare()
    assert tell.largest(compared) is None
    assert tell.largest_values(compared) == {}
    assert tell.largest_in_words(compared) == (
        "No town with an exact count has a known size, so no count can be weighed."
    )
    assert tell.reference_in_words(compared) == (
        "Nothing can be expected, as no count is known together with its person-years."
    )
    assert "the study has no workforce file" in tell.notes_in_words(compared)


def test_the_funnel_sentence_counts_positions(towns_compared):
    stand = standing(towns_compared, draws=50)
    found = towns_compared.funnel()
    numbers = {id: value["number"] for id, value in tell.funnel_values(found, stand).items()}
    at = found.positions(levels=[0.998])["position"]
    assert numbers["above_wide"] == (at == "above").sum()
    assert numbers["below_wide"] == (at == "below").sum()
    assert numbers["pairs_with_counts"] == 28
    words = towns_compared.register.study.words
    assert "If true ratios themselves differ" in tell.funnel_in_words(found, stand, words)


def test_where_the_scatter_is_unknown_wider_limits_are_not_told(towns):
    one_town(towns)
    compared = towns.compare()
    said = tell.funnel_in_words(
        compared.funnel(), standing(compared), compared.register.study.words
    )
    assert "If true ratios themselves differ" not in said


def test_the_reference_sentence_follows_what_is_printed(towns, towns_compared):
    assert "the rate of each role over the whole survey" in tell.reference_in_words(towns_compared)
    towns.drop("statements.csv", "vale-2", "vale-3", "vale-4")
    assert "of all roles alike, since no roles are printed" in tell.reference_in_words(
        towns.compare()
    )
    without_total(towns)
    assert "at the pooled rate of all with an exact count" in tell.reference_in_words(
        towns.compare()
    )


@pytest.mark.parametrize(
    ("forces", "low", "high", "said"),
    [
        (1, 1, 1, "The {unprinted_forces} town that answered without a count in print had "
         "{unprinted_count} inspection, of"),
        (1, 2, 5, "The {unprinted_forces} town that answered without a count in print had "
         "{unprinted_count} inspections, of"),
        (3, 2, 2, "The {unprinted_forces} towns that answered without a count in print had "
         "{unprinted_count} inspections between them, of"),
    ],
)  # fmt: skip
def test_those_without_a_count_together(towns_compared, forces, low, high, said):
    row = {"forces": forces, "n_low": low, "n_high": high, "expected": 4.0}
    ends = {"estimate_low": low / 4, "estimate_high": high / 4}
    found = pd.DataFrame([row | ends | {"conf_low": 0.1, "conf_high": 2.0}])
    words = towns_compared.register.study.words
    assert tell.together_in_words(found, words).startswith(said)
    told = tell.together_values(found)["unprinted_count"]["number"]
    assert told == (low if low == high else f"{low} to {high}")


def test_nobody_without_a_count_and_no_size_are_two_things(towns, towns_compared):
    words = towns_compared.register.study.words
    assert tell.together_in_words(pd.DataFrame(), words).startswith("No towns answered without")
    without_workforce(towns)
    found = unprinted.together(towns.compare())
    assert tell.together_values(found) == {}
    assert tell.together_in_words(found, words).startswith("Nothing is known of all towns")


def test_days_held_are_explained_only_where_all_are(towns):
    towns.change("study.toml", "hold_days = 30", "hold_days = 500")
    lines = [line for line in towns.text("workforce.csv").splitlines() if ",2019," not in line]
    towns.write("workforce.csv", "\n".join(lines) + "\n")
    sentence = tell.notes_in_words(towns.compare())
    assert sentence == (
        "Of all person-years: for 90 days before the first snapshot the nearest headcount "
        "stands in."
    )
    without_any_count(towns)
    assert tell.notes_in_words(towns.compare()) == sentence


def test_the_real_sentence():
    compared = compare(read_register(ROOT / "data" / "pa-2014"))
    found = tell.largest(compared)
    assert (found.force, found.cases) == ("Greater Manchester", 88)
    assert found.conf_low > 1
    assert found.surely
    assert not found.tied
    assert np.isclose(found.ratio, 1.754, atol=0.001)
    assert tell.notes_in_words(compared).startswith("Of all person-years: for 89 days before")


def test_variants_say_how_far_the_result_rests_on_them(towns_compared):
    others = variants(towns_compared)
    values = tell.variants_values(towns_compared, others)
    largest = tell.largest(towns_compared).force
    ratios = [one.ratios.set_index("force").loc[largest, "estimate"] for one in others]
    assert values["variant_ratio_least"]["number"] == min(ratios)
    assert values["variant_ratio_most"]["number"] == max(ratios)
    said = tell.variants_in_words(towns_compared, others)
    assert said.startswith("If one reads the workforce in another way")
    assert tell.variants_values(towns_compared, ()) == {}
    assert tell.variants_in_words(towns_compared, ()).startswith("There is no other reading")
