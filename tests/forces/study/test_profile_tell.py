"""The sentence on one force: what it says follows its answer, and names published values only."""

import re
from pathlib import Path

import pytest

from foistats import read_register
from foistats.forces.study import profile_tell
from foistats.forces.study.comparison import compare
from foistats.forces.study.standing import standing

from .variants import HOSTILE, VARIANTS, hostile, spoken, unlimited, without_workforce

ROOT = Path(__file__).parents[3]


def said(monkeypatch, stand, force):
    """Return the sentence with its values, in plain text and in Markdown."""
    found = stand.comparison.funnel()
    values = profile_tell.values(stand, found, force)
    return spoken(monkeypatch, values, profile_tell.in_words(stand, found, force))


@pytest.fixture(scope="module")
def real():
    return standing(compare(read_register(ROOT / "data" / "pa-2014")), draws=100)


@pytest.fixture
def stand(towns_compared):
    return standing(towns_compared, draws=50)


@pytest.mark.parametrize("change", VARIANTS, ids=lambda change: change.__name__)
def test_every_sentence_names_published_values_only(towns, monkeypatch, change):
    change(towns)
    stand = standing(towns.compare(), draws=20)
    for force in stand.comparison.forces["force"]:
        plain, _ = said(monkeypatch, stand, force)
        placed = re.search(r" By its ratio it may have any place from \d+ to \d+ ", plain)
        open_ended = re.search(r" Without a (count|ratio) it may have any place\.$", plain)
        assert bool(placed) != bool(open_ended), plain
        assert bool(placed) == (": the ratio " in plain)
        assert not re.search(r"\b(nan|inf)\b", plain)
        if change is not hostile:
            assert not re.search(r"[{}]|\b(forces?|police|officers?)\b", plain), plain


def test_every_real_sentence(real, monkeypatch):
    found = {force: said(monkeypatch, real, force)[0] for force in real.comparison.forces["force"]}
    assert len(set(found.values())) == 43
    assert sum("no count of cases in print" in text for text in found.values()) == 18
    assert "Durham** had 1 case, where" in found["Durham"]
    assert "The count lies above the 99.8% limits of chance." in found["Kent"]
    assert "The count lies below the 99.8% limits of chance." in found["Metropolitan"]
    assert "The count lies within the 99.8% limits of chance." in found["Dorset"]
    assert "6 cases (a part of its cases: staff probably), where" in found["Sussex"]
    end = "among the 43 forces (the 95% interval of its place alone)."
    assert sum(text.endswith(end) for text in found.values()) == 25
    assert (
        sum(text.endswith("Without a count it may have any place.") for text in found.values())
        == 18
    )


def test_a_count_with_its_expected_count_and_interval(stand, monkeypatch):
    text, shown = said(monkeypatch, stand, "Aldermoor")
    assert text == (
        "**Aldermoor** had 34 inspections, where 44.8 were expected of a town of its size and "
        "composition: the ratio is 0.76 (0.53 to 1.06, the 95% interval). The count lies within "
        "the 99.8% limits of chance. By its ratio it may have any place from 1 to 10 among the 10 "
        "towns (the 95% interval of its place alone)."
    )
    assert shown == text.replace("99.8%", "99\\.8%")


def test_an_interval_is_told_as_one(stand, monkeypatch):
    text = said(monkeypatch, stand, "Eastmark")[0]
    assert "had 18 to 22 inspections, where 23.7" in text
    assert re.search(r"the ratio lies between 0\.\d\d and 1\.\d\d \(the 95% interval\)", text)


def test_every_interval_has_its_level(towns, monkeypatch):
    stand = standing(towns.compare(level=0.9), draws=20)
    text = said(monkeypatch, stand, "Aldermoor")[0]
    assert text.count("the 90% interval") == 2


def test_a_part_says_of_what(stand, monkeypatch):
    text, _ = said(monkeypatch, stand, "Inverloch")
    assert "had 6 inspections (a part of its cases: public kitchens), where" in text


def test_a_refusal_is_bounded_by_nothing(stand, monkeypatch):
    assert said(monkeypatch, stand, "Harrowby")[0] == (
        "**Harrowby**: no count of inspections in print (refused). Nothing bounds it from above; "
        "0 or more is all that is known. Without a count it may have any place."
    )


def test_an_answer_without_a_count_is_bounded_by_the_total(stand, monkeypatch):
    text, _ = said(monkeypatch, stand, "Jessamy")
    assert re.search(r"what is described, it is \d+ to \d+\. Without a count", text)


def test_a_count_without_a_size(towns, monkeypatch):
    without_workforce(towns)
    stand = standing(towns.compare())
    assert said(monkeypatch, stand, "Fellgate")[0] == (
        "**Fellgate** had 17 inspections. It has no ratio to an expected count: the study has no "
        "workforce file. Without a ratio it may have any place."
    )


def test_a_count_without_an_upper_end(towns, monkeypatch):
    unlimited(towns)
    stand = standing(towns.compare(), draws=20)
    text, _ = said(monkeypatch, stand, "Fellgate")
    assert "had 17 or more inspections, where" in text
    assert re.search(r"the ratio is \d\.\d\d or more \(the 95% interval\)", text)
    text, _ = said(monkeypatch, stand, "Dunvale")
    assert "The count, known as an interval only, lies across a 99.8% limit of chance." in text
    text, _ = said(monkeypatch, stand, "Grimshaw")
    assert "count: the period has no stated beginning or end. Without a ratio" in text


def test_letters_that_mean_something_are_shown_as_they_are(towns, monkeypatch):
    hostile(towns)
    stand = standing(towns.compare(), draws=20)
    text, shown = said(monkeypatch, stand, HOSTILE)
    assert text.startswith(f"**{HOSTILE}** had 34 ")
    assert shown.startswith(
        r"**\{x\} \*\*b\*\* &lt;b&gt;&amp;\$** had 34 Prüfungen\_\{c\}\_, where"
    )
    assert "<" not in shown
    text, shown = said(monkeypatch, stand, "Inverloch")
    assert "(a part of its cases: {public} *kitchens* <i>)" in text
    assert r"\{public\} \*kitchens\* &lt;i&gt;" in shown


def test_one_case_is_singular(towns, monkeypatch):
    towns.drop("statements.csv", *(f"dunvale-{number}," for number in range(2, 7)))
    towns.change("statements.csv", "T4,total,,,any,any,20,20", "T4,total,,,any,any,1,1")
    stand = standing(towns.compare(), draws=20)
    assert "had 1 inspection, where" in said(monkeypatch, stand, "Dunvale")[0]
