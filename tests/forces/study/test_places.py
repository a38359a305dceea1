"""What readers see of places: each with its interval, in alphabetical order, or the reason."""

import re
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from foistats import figures, read_register
from foistats.forces.study import places
from foistats.forces.study.comparison import compare
from foistats.forces.study.standing import spreads, standing
from foistats.publish.tabular import csv_text, plain_table

from .variants import VARIANTS, as_it_is, hostile, two_towns, unlimited, without_any_count

ROOT = Path(__file__).parents[3]


def every_table(stand):
    return {
        "shrunken": places.shrunken(stand),
        "ranks": places.ranks(stand),
        "pairs": places.pairs(stand),
        "spreads": places.spreads(spreads(stand.comparison)),
    }


@pytest.fixture(scope="module")
def real():
    compared = compare(read_register(ROOT / "data" / "pa-2014"))
    return standing(compared, draws=1_000)


@pytest.mark.parametrize("change", VARIANTS, ids=lambda change: change.__name__)
def test_tables_and_figures_of_any_study(towns, change):
    change(towns)
    stand = standing(towns.compare(), draws=200)
    found = every_table(stand)
    for name, frame in found.items():
        text = csv_text(plain_table(frame, where=name))
        assert not re.search(r"\b(inf|nan)\b", text), (name, text)
        assert change is hostile or not re.search(r"\b(forces?|police)\b", text, re.IGNORECASE)
    for name in ("shrunken", "spreads"):
        note = "Reason" if "Reason" in found[name] else "Note"
        missing = found[name].drop(columns=note).isna().any(axis=1)
        assert (~missing | found[name][note].ne("")).all(), found[name]
    if stand.fit is None:
        assert found["shrunken"]["Reason"].tolist() == [stand.reason]
        assert set(found["spreads"]["Note"]) == {stand.reason}
    names = list(found["ranks"].iloc[:, 0])
    assert names == sorted(stand.comparison.forces["force"])
    drawings = [
        figures.intervals(
            places.shrunken_lines(stand),
            rows="force",
            by="kind",
            xlabel="Ratio",
            about="Ratios",
            log=True,
            reference=1,
            note="No league table",
        ),
        figures.ranks(
            places.rank_lines(stand), total=len(names), xlabel="Place", note="No league table"
        ),
    ]
    for drawing in drawings:
        assert drawing.alt
        drawing.figure.canvas.draw()
        plt.close(drawing.figure)


def test_shrunken_ratios_lie_between_the_ratio_and_the_mean(real):
    frame = places.shrunken(real)
    assert list(frame["Force"]) == sorted(frame["Force"])
    known = frame[frame["Ratio"].notna()]
    assert len(known) == 25
    mean = real.fit.mean
    closer = abs(np.log(known["Shrunken ratio"] / mean)) < abs(np.log(known["Ratio"] / mean))
    assert closer.mean() > 0.9
    assert (
        frame[frame["Ratio"].isna()]["Note"].str.endswith("predicted from the other forces").all()
    )
    assert (frame["From"] < frame["Shrunken ratio"]).all()
    assert (frame["Shrunken ratio"] < frame["To"]).all()


def test_predicted_ones_are_called_so_in_the_words_of_the_study(towns_compared):
    frame = places.shrunken(standing(towns_compared, draws=10)).set_index("Town")
    assert frame.loc["Harrowby", "Note"] == "refused; predicted from the other towns"
    assert frame.loc["Eastmark", "Note"] == "count known as 18 to 22"
    assert np.isnan(frame.loc["Eastmark", "Ratio"])
    assert frame.loc["Inverloch", "Note"] == "a part of its cases: public kitchens"


def test_what_is_unknown_of_a_size_is_said_without_names_of_columns(towns):
    unlimited(towns)
    frame = places.shrunken(standing(towns.compare(), draws=10)).set_index("Town")
    assert frame.loc["Grimshaw", "Note"] == (
        "the period has no stated beginning or end; predicted from the other towns"
    )
    assert frame.loc["Dunvale", "Note"] == (
        "count known as 0 or more; predicted from the other towns"
    )


def test_lines_of_figures_come_in_the_order_of_the_standing(real):
    lines = places.shrunken_lines(real)
    assert list(lines["force"]) == [*real.order[:25], "each of the 18 without a ratio"]
    assert list(lines["kind"]) == ["with a ratio"] * 25 + ["without: predicted from the others"]
    assert lines["estimate"][:25].is_monotonic_decreasing
    ranked = places.rank_lines(real)
    assert list(ranked["force"][::2]) == real.order
    assert list(ranked["kind"][:2]) == ["pointwise", "simultaneous"]


def test_places_are_alphabetical_and_no_place_is_without_its_interval(real):
    frame = places.ranks(real)
    assert list(frame["Force"]) == sorted(frame["Force"])
    without = frame["Observed place"].eq("no count")
    assert without.sum() == 18
    assert frame.loc[~without].drop(columns="Note").ne("").all(axis=None)
    assert frame.loc[without, "Its place alone"].eq("1 to 43").all()
    ends = frame[["Its place alone", "All places together"]].map(lambda told: told.split(" to "))
    low, high = (
        {name: ends[name].map(lambda pair, end=end: int(pair[end])) for name in ends}
        for end in (0, -1)
    )
    alone, together = ends.columns
    assert (low[together] <= low[alone]).all()
    assert (high[together] >= high[alone]).all()


def test_no_chance_is_given_of_what_is_only_predicted(real):
    frame = places.ranks(real)
    without = frame["Observed place"].eq("no count")
    chances = frame[["P(highest)", "P(5 highest)"]]
    assert chances[without].eq("").all(axis=None)
    assert chances[~without].ne("").all(axis=None)
    assert set(frame.loc[without, "Note"]) == {"no chance is given without a count"}
    assert set(frame.loc[~without, "Note"]) == {""}


def test_chances_are_those_of_the_standing_in_words(real):
    frame = places.ranks(real).set_index("Force")
    chances = real.probabilities.set_index("force")
    for force, said in frame.loc[frame["Note"].eq(""), "P(5 highest)"].items():
        chance = chances.loc[force, "top"]
        if said == "below 0.01":
            assert chance < 0.01
        elif said == "above 0.99":
            assert chance > 0.99
        else:
            assert re.fullmatch(r"0\.\d\d", said)
            assert abs(float(said) - chance) <= 0.005 + 1e-12
    assert {"below 0.01", "above 0.99"} <= set(frame["P(5 highest)"])


def test_a_count_without_a_size_has_no_place_but_is_not_called_missing(towns):
    unlimited(towns)
    frame = places.ranks(standing(towns.compare(), draws=50)).set_index("Town")
    assert frame.loc["Grimshaw", "Observed place"] == "not known"
    assert frame.loc["Grimshaw", "P(highest)"] == ""
    assert frame.loc["Grimshaw", "Note"] == "no chance is given without a ratio"
    assert frame.loc["Harrowby", "Observed place"] == "no count"
    assert frame.loc["Harrowby", "Note"] == "no chance is given without a count"


def test_figures_are_told_the_level(towns):
    stand = standing(towns.compare(level=0.9), draws=20)
    assert set(places.rank_lines(stand)["level"]) == {0.9}
    assert set(places.shrunken_lines(stand)["level"]) == {0.9}
    without_any_count(towns)
    stand = standing(towns.compare())
    assert "level" in places.shrunken_lines(stand)
    assert set(places.rank_lines(stand)["level"]) == {0.95}


def test_two_towns_have_no_probability_of_the_highest_two(towns):
    two_towns(towns)
    frame = places.ranks(standing(towns.compare()))
    assert list(frame.columns) == [
        "Town",
        "Observed place",
        "Its place alone",
        "All places together",
        "Note",
    ]
    assert list(frame["Its place alone"]) == ["1 to 2", "1 to 2"]
    assert set(frame["Note"]) == {
        "no chances: 1 town with a ratio; the spread between towns needs at least 3"
    }


def test_pairs_of_those_with_two_counts(towns):
    assert list(places.pairs(standing(towns.compare(), draws=10))["With two counts"]) == [28, 28]
    without_any_count(towns)
    frame = places.pairs(standing(towns.compare()))
    assert list(frame["Pairs"]) == [45, 45]
    assert list(frame["With two counts"]) == [0, 0]
    assert list(frame["Told apart"]) == [0, 0]


def test_an_end_that_was_not_found_is_empty_with_a_note():
    row = {"distribution": "gamma", "term": "spread", "estimate": 2.0, "conf_low": 0.5}
    frame = pd.DataFrame([row | {"conf_high": np.inf, "p_value": 0.0, "note": "approximate"}])
    found = places.spreads(frame).iloc[0]
    assert np.isnan(found["To"])
    assert found["Note"] == "approximate; no upper end found"
    assert found["p value of none"] == "below 0.001"


def test_the_same_study_gives_the_same_tables(towns):
    as_it_is(towns)
    one, two = (every_table(standing(towns.compare(), draws=100, seed=9)) for _ in range(2))
    for name, frame in one.items():
        pd.testing.assert_frame_equal(frame, two[name], check_exact=True)
