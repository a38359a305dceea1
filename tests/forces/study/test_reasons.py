"""Reasons for readers: there is one wherever, and only where, an answer is missing."""

import re

import numpy as np
import pandas as pd
import pytest

from foistats.describe import ANSWERS, ANSWERS_SHORT
from foistats.forces.study import reasons
from foistats.layout import UNLIMITED

from .variants import VARIANTS, unlimited


@pytest.mark.parametrize("change", VARIANTS, ids=lambda change: change.__name__)
def test_what_is_missing_has_a_reason_and_what_is_known_has_none(towns, change):
    change(towns)
    compared = towns.compare()
    rate = compared.direct.set_index("force")["estimate"]
    assert (reasons.no_direct(compared).ne("") == rate.isna()).all()
    expected = compared.ratios.set_index("force")["expected"]
    assert (reasons.no_expected(compared).ne("") == ~(expected > 0)).all()
    assert list(reasons.no_chance(compared).eq("")) == list(compared.comparable.known)
    fit = compared.effects()
    if isinstance(fit, str):
        said = reasons.no_fit(compared)
        assert re.findall(r"\d+", said) == re.findall(r"\d+", fit)
        assert ("are zero" in said) == ("are zero" in fit)


def test_a_role_outside_a_count_is_not_also_missing_from_it(towns_compared):
    found = reasons.no_direct(towns_compared)
    assert found["Inverloch"] == "no count of public kitchens; its count covers no private caterers"
    assert found["Eastmark"].startswith("count of public kitchens known as an interval only; ")
    assert found["Aldermoor"] == ""


def test_a_size_is_missing_for_the_reason_its_person_years_are(towns):
    unlimited(towns)
    compared = towns.compare()
    found = reasons.no_expected(compared)
    assert found["Grimshaw"] == "the period has no stated beginning or end"
    assert found.drop("Grimshaw").eq("").all()
    chance = reasons.no_chance(compared)
    assert chance["Grimshaw"] == chance["Dunvale"] == reasons.NO_CHANCE_UNSIZED
    assert chance["Harrowby"] == reasons.NO_CHANCE
    assert chance["Fellgate"] == ""


def test_a_count_that_covers_nobody_is_not_expected_to_be_anything(towns):
    lines = towns.text("workforce.csv").splitlines()
    rows = [line.rsplit(",", 1) for line in lines]
    none = [f"{start},0" if start.startswith("Inverloch") else f"{start},{n}" for start, n in rows]
    towns.write("workforce.csv", "\n".join(none) + "\n")
    assert reasons.no_expected(towns.compare())["Inverloch"] == reasons.NO_COVER


@pytest.mark.parametrize(
    ("low", "high", "note", "missing", "said"),
    [
        (3, 3, "", "", "exact interval"),
        (3, 3, "a part", "", "a part; exact interval"),
        (3, 5, "", "", "count known as 3 to 5"),
        (3, UNLIMITED, "", "", "count known as 3 or more"),
        (3, 3, "", "no size", "no size"),
        (3, 5, "a part", "no size", "a part; no size"),
        (np.nan, np.nan, "refused", "no size", "refused"),
    ],
)
def test_what_holds_of_a_ratio(low, high, note, missing, said):
    count = pd.Series({"n_low": low, "n_high": high, "note": note}, dtype=object)
    assert reasons.exactness(count, missing) == said


def test_every_answer_has_a_short_word():
    assert set(ANSWERS_SHORT) == set(ANSWERS)
    assert max(map(len, ANSWERS_SHORT.values())) <= len("not in print")
