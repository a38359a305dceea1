"""Where forces stand: agreement with the library, seeds, and what happens without a fit."""

import numpy as np
import pandas as pd
import pytest

from foistats.errors import UsageError
from foistats.forces.ranks.pairs import pairs_summary, pairs_told_apart
from foistats.forces.study.standing import TOP, spreads, standing

COUNTED = ("aldermoor", "brackwater", "corrie-dun", "dunvale", "eastmark", "fellgate", "grimshaw")


def without_counts_but(towns, *kept):
    """Leave only some of the towns' counts in the study; the others have none in print."""
    for town in COUNTED:
        if town not in kept:
            towns.drop("groups.csv", f"{town},")
            towns.drop("statements.csv", f"{town}-")
    towns.drop("groups.csv", "inverloch,")
    towns.drop("statements.csv", "inverloch-")
    return towns


@pytest.fixture
def stand(towns_compared):
    return standing(towns_compared, draws=2_000, seed=4)


def test_probabilities_sum_to_the_places_they_are_of(stand):
    assert stand.top == TOP == 5
    assert stand.probabilities["highest"].sum() == pytest.approx(1, abs=1e-12)
    assert stand.probabilities["top"].sum() == pytest.approx(5, abs=1e-12)
    assert stand.probabilities["expected_rank"].sum() == pytest.approx(10 * 11 / 2, abs=1e-9)


def test_a_seed_reproduces_every_draw(towns_compared, stand):
    again = standing(towns_compared, draws=2_000, seed=4)
    assert again.draws.to_numpy().tobytes() == stand.draws.to_numpy().tobytes()
    pd.testing.assert_frame_equal(again.probabilities, stand.probabilities, check_exact=True)


def test_another_seed_moves_probabilities_within_monte_carlo_error(towns_compared, stand):
    other = standing(towns_compared, draws=2_000, seed=5)
    assert not np.array_equal(other.draws, stand.draws)
    for column in ("highest", "top"):
        one, two = stand.probabilities[column], other.probabilities[column]
        middle = (one + two) / 2
        error = np.sqrt(2 * middle * (1 - middle) / 2_000)
        assert (abs(one - two) < 4 * error).all()
    pd.testing.assert_frame_equal(other.ranks, stand.ranks)
    pd.testing.assert_frame_equal(other.shrunken, stand.shrunken)


def test_order_is_by_shrunken_ratio_with_those_without_a_count_at_the_end(stand):
    rate = stand.shrunken.set_index("force")["estimate"]
    assert stand.order[-2:] == ["Harrowby", "Jessamy"]
    assert rate[stand.order[:-2]].is_monotonic_decreasing
    assert sorted(stand.order) == list(stand.comparison.forces["force"])


def test_told_apart_agrees_with_all_pairs(towns):
    towns.change("statements.csv", "T6,total,,,any,any,17,17", "T6,total,,,any,any,90,90")
    towns.change("statements.csv", "T8,total,,,any,any,170,170", "T8,total,,,any,any,270,270")
    towns.change("statements.csv", "any,any,30,30,derived", "any,any,130,130,derived")
    compared = towns.compare()
    stand = standing(compared, draws=500)
    pairs = pairs_told_apart(compared.comparable)
    pairs = pairs[pairs["note"] == ""]
    sides = {"above": 0, "below": 0, "cannot be told": 0}
    for force in compared.forces["force"]:
        found = stand.told_apart(force).set_index("other")
        own = pairs[(pairs["higher"] == force) | (pairs["lower"] == force)]
        assert list(found.index) == sorted({*own["higher"], *own["lower"]} - {force})
        for row in own.itertuples():
            other = row.lower if row.higher == force else row.higher
            side = "above" if row.lower == force else "below"
            assert found.loc[other, "side"] == (side if row.apart_by_test else "cannot be told")
            assert found.loc[other, "p_value"] == row.p_holm
        for side in sides:
            sides[side] += int((found["side"] == side).sum())
    told = int(pairs_summary(compared.comparable)["told_apart"].iloc[1])
    assert told >= 6
    assert sides["above"] == sides["below"] == told
    assert set(stand.told_apart("Aldermoor").query("side == 'above'")["other"]) == {"Fellgate"}


def test_chances_of_a_pair_sum_to_one(stand):
    one = stand.told_apart("Aldermoor").set_index("other")["probability"]
    two = stand.told_apart("Fellgate").set_index("other")["probability"]
    assert one["Fellgate"] + two["Aldermoor"] == pytest.approx(1, abs=1e-12)


def test_who_has_no_count_is_told_apart_from_nobody(stand):
    assert stand.told_apart("Harrowby").empty
    assert list(stand.told_apart("Harrowby").columns) == ["other", "side", "p_value", "probability"]


@pytest.mark.parametrize(
    ("kept", "top", "reason"),
    [
        (("fellgate",), 5, "1 town with a ratio; the spread between towns needs at least 3"),
        (
            ("fellgate", "dunvale"),
            5,
            "2 towns with a ratio; the spread between towns needs at least 3",
        ),
    ],
    ids=["one count", "two counts"],
)
def test_with_too_few_counts_there_is_a_reason_in_the_words_of_the_study(towns, kept, top, reason):
    stand = standing(without_counts_but(towns, *kept).compare())
    assert (stand.fit, stand.reason, stand.top) == (None, reason, top)
    assert stand.draws.empty
    assert stand.probabilities.empty
    assert len(stand.ranks) == 20
    assert stand.order == sorted(stand.order, key=lambda f: (f.lower() not in kept, f))
    found = stand.told_apart("Fellgate")
    assert len(found) == len(kept) - 1
    assert found["probability"].isna().all()
    table = spreads(stand.comparison)
    assert list(table["note"]) == [reason] * 2
    assert list(table["distribution"]) == ["gamma", "log-normal"]


def test_counts_that_are_all_zero_give_a_reason(towns):
    lines = towns.text("statements.csv").splitlines()
    totals = [line for line in lines[1:] if ",total," in line and not line.startswith("vale")]
    rows = [line.split(",") for line in totals]
    zeros = [",".join([*row[:8], "0", "0", *row[10:]]) for row in rows]
    vale = [line for line in lines if line.startswith("vale")]
    towns.write("statements.csv", "\n".join([lines[0], *zeros, *vale]) + "\n")
    stand = standing(towns.compare())
    assert stand.fit is None
    assert stand.reason == (
        "all 8 counts are zero, or may be; the mean ratio is then most likely zero and nothing is "
        "known about the spread"
    )


@pytest.mark.parametrize(("number", "top"), [(1, 1), (2, 1), (3, 1), (7, 3), (10, 5)])
def test_the_highest_places_are_never_all_places(towns, number, top):
    asked = towns.text("asked.csv").splitlines()
    wanted = ["Aldermoor", "Brackwater", "Corrie Dun", "Dunvale", "Eastmark", "Fellgate"]
    rest = [line.split(",")[1] for line in asked[1:] if line.split(",")[1] not in wanted]
    for town in [*wanted, *rest][number:]:
        towns.drop("asked.csv", f"inspections,{town},")
        group = town.lower().replace(" ", "-")
        if f"\n{group}," in towns.text("groups.csv"):
            towns.drop("groups.csv", f"{group},")
            towns.drop("statements.csv", f"{group}-")
    stand = standing(towns.compare(), draws=50)
    assert (len(stand.comparison.forces), stand.top) == (number, top)


def test_spreads_hold_the_estimate_and_give_the_test_once(towns_compared):
    table = spreads(towns_compared)
    assert list(table["term"]) == ["mean", "spread"] * 2
    assert (table["conf_low"] <= table["estimate"]).all()
    assert (table["estimate"] <= table["conf_high"]).all()
    assert list(table["p_value"].notna()) == [False, True] * 2
    assert "forces" not in " ".join(table["note"])
    assert "8 towns with a ratio (fewer than 20): approximate" in table["note"].iloc[1]
    assert set(table["note"][table["term"] == "mean"]) == {""}


def test_counts_without_a_size_are_not_called_missing(towns):
    towns.without_workforce()
    stand = standing(towns.compare())
    assert stand.reason == "0 towns with a ratio; the spread between towns needs at least 3"


def test_words_of_the_study_are_never_taken_for_those_of_a_reason(towns):
    """A noun that holds the library's own word stands as the study writes it."""
    towns.change("study.toml", '["town", "towns"]', '["forces\' town", "forces\' towns"]')
    table = spreads(towns.compare())
    assert "8 forces' towns with a ratio" in table["note"].iloc[1]


def test_the_two_distributions_agree_where_counts_do_not_vary(towns_compared):
    gamma, normal = (standing(towns_compared, mixing=m, draws=10) for m in ("gamma", "log-normal"))
    np.testing.assert_allclose(gamma.shrunken["estimate"], normal.shrunken["estimate"], rtol=0.05)


def test_a_distribution_that_does_not_exist_is_refused(towns_compared):
    with pytest.raises(UsageError, match="mixing"):
        standing(towns_compared, mixing="normal")
    with pytest.raises(UsageError, match="draws is 0; at least 1 is allowed"):
        standing(towns_compared, draws=0)
