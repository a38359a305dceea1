"""Tables for readers say what the register says."""

from pathlib import Path

import pytest

from foistats import describe
from foistats.layout import UNLIMITED
from foistats.register import read_register

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def press():
    return read_register(ROOT / "data" / "pa-2014")


@pytest.fixture(scope="module")
def invented():
    return read_register(ROOT / "tests" / "studies" / "kitchens")


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(12, 12, "12"), (71, 78, "71 to 78"), (0, 0, "0"), (999, UNLIMITED, "999 or more")],
)
def test_numbers_in_words(low, high, said):
    assert describe.number(low, high) == said


def test_words_of_a_register_have_spaces():
    assert describe.spaced("officers_and_staff") == "officers and staff"
    assert describe.spaced("") == ""


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        ("2009-01-01", "2014-02-17", "2009-01-01 to 2014-02-17"),
        ("2015-01-01", "", "from 2015, end not stated"),
        ("2015-03-01", "", "from 2015-03-01, end not stated"),
        ("", "2015-03-01", "until 2015-03-01, start not stated"),
        ("", "", "not stated"),
    ],
)
def test_periods_in_words(start, end, said):
    assert describe.period_words(start, end) == said


def test_an_unknown_count_says_why(press):
    table = describe.answers(press).set_index("Force")
    assert table.loc["Kent", "Count"] == "55"
    assert table.loc["Essex", "Count"] == "refused"
    assert table.loc["Cheshire", "Count"] == "answered; not found in print"
    assert len(table) == 43


def test_disagreements_stand_side_by_side(press):
    table = describe.disagreements(press)
    mercia = table[(table["Force"] == "West Mercia") & (table["Of"] == "all cases")].iloc[0]
    assert (mercia["Preferred"], mercia["Alternative"]) == ("19", "20")
    nation = table[(table["Force"] == "England and Wales") & (table["Of"] == "all cases")]
    assert set(nation["Alternative"]) == {"826", "848"}
    assert (table["Its source"] != "").all()


def test_coverage_by_force_never_exceeds_the_count(press):
    table = describe.coverage_by_force(press)
    assert len(table) == 25
    for name in describe.FIELDS.values():
        assert (table[name] <= table["Cases"]).all()


def test_coverage_has_no_case_twice(press):
    for field in describe.FIELDS:
        table = describe.coverage(press, field)
        assert table["Cases"].sum() == 624


def test_standards_add_up(press):
    table = describe.standards(press)
    assert table["Cases"].sum() == 624
    assert len(table) == 11


def test_examples_are_the_articles(press):
    table = describe.examples(press)
    assert len(table) == 7
    assert table["People"].sum() == 8
    assert table.set_index("Example").loc["3", "Force"] == "Not named"
    assert table.set_index("Example").loc["7", "Outcome"] == "Resigned or retired"


def test_national_figures(press):
    table = describe.national(press).set_index("Figure")
    assert table.loc["all cases", "Number"] == "828"
    assert table.loc["No further action", "Number"] == "112 to 120"
    assert table.loc["Role not stated", "Number"] == "74"


def test_every_source_of_a_statement_is_listed(press):
    listed = set(describe.sources(press)["Source"])
    groups = press.groups[press.groups["survey"] == press.study.analysis.survey]["group"]
    used = set(press.statements.loc[press.statements["group"].isin(groups), "source"])
    assert used <= listed


def test_what_a_study_lacks_is_an_empty_table(invented):
    assert describe.answers(invented).empty
    assert describe.examples(invented).empty
    assert describe.national(invented).empty
    assert describe.disagreements(invented).empty
