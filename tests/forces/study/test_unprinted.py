"""What is known of forces without a count, against every way the total can be made up."""

from itertools import product

import pytest

from foistats.forces.study.unprinted import (
    NO_TOTAL,
    REFUSED,
    TOO_MANY,
    bounds,
    described,
    together,
)
from foistats.layout import UNLIMITED

FEW = ("Aldermoor", "Eastmark", "Harrowby", "Inverloch", "Jessamy")


def part_of(town, number, unit="case"):
    """Return a group and a statement of a town whose answer describes some cases, no total."""
    name = f"{town.lower()}-{unit}"
    period = "2020-01-01,2022-12-31"
    return (
        f"{name},inspections,{town},{period},all kitchens,{unit},part,picked,a paper",
        f"{name}-1,{name},T8,subset,,,school,any,{number},{number},printed,picked",
    )


def describe(towns, town, number, unit="case"):
    group, statement = part_of(town, number, unit)
    towns.add("groups.csv", group)
    towns.add("statements.csv", statement)


def answer(towns, town, word):
    towns.add("asked.csv", f"inspections,{town},{word},T8,")


def possible(total, counted, least):
    """Return the least and most of each force without a count, and of all, by enumeration.

    Parameters
    ----------
    total : range
        What the printed total may be.
    counted : list of range
        What each count in print may take of it.
    least : list of int
        How many each force without a count has at least.
    """
    most = max(total)
    ways = []
    for taken in product(*counted):
        for whole in total:
            rest = whole - sum(taken)
            spaces = [range(low, most + 1) for low in least[:-1]]
            for some in product(*spaces):
                last = rest - sum(some)
                if last >= least[-1]:
                    ways.append((*some, last))
    each = [(min(column), max(column)) for column in zip(*ways, strict=True)]
    return each, (min(map(sum, ways)), max(map(sum, ways)))


@pytest.fixture
def few(towns):
    """Small enough to try every way: 21 cases of four who answered, some of them in print."""
    towns.drop(
        "asked.csv", *(f"inspections,{t}" for t in ("Brack", "Corrie", "Dun", "Fell", "Gri"))
    )
    towns.drop("groups.csv", "brackwater", "corrie-dun", "dunvale", "fellgate", "grimshaw")
    towns.drop("statements.csv", "brackwater", "corrie-dun", "dunvale", "fellgate", "grimshaw")
    towns.drop("statements.csv", "aldermoor-", "eastmark-", "inverloch-", "vale-")
    total = "total,,,any,any"
    towns.add("statements.csv", f"aldermoor-1,aldermoor,T1,{total},8,8,printed,rule")
    towns.add("statements.csv", f"eastmark-1,eastmark,T5,{total},1,4,printed,rule")
    towns.add("statements.csv", f"inverloch-1,inverloch,T8,{total},2,2,printed,rule")
    towns.add("statements.csv", f"vale-1,vale,T8,{total},20,21,printed,rule")
    return towns


def rows(frame, *forces):
    found = frame.set_index("force").loc[list(forces), ["n_low", "n_high"]]
    return [tuple(row) for row in found.to_numpy().tolist()]


def all_of(compared):
    row = together(compared).iloc[0]
    return row["n_low"], row["n_high"]


#: Aldermoor's 8; Eastmark held its number back and Inverloch gave a part: in the total or not.
TAKEN = [range(8, 9), range(5), range(3)]


def test_one_force_has_what_is_left_of_the_total(few):
    compared = few.compare()
    each, whole = possible(range(20, 22), TAKEN, [0])
    assert rows(bounds(compared), "Jessamy") == each
    assert all_of(compared) == whole


def test_two_forces_share_what_is_left(few):
    answer(few, "Kestrel", "not_in_print")
    compared = few.compare()
    each, whole = possible(range(20, 22), TAKEN, [0, 0])
    assert rows(bounds(compared), "Jessamy", "Kestrel") == each
    assert all_of(compared) == whole


def test_what_an_answer_describes_is_taken_from_the_others(few):
    answer(few, "Kestrel", "not_in_print")
    describe(few, "Kestrel", 3)
    describe(few, "Jessamy", 2)
    compared = few.compare()
    each, whole = possible(range(20, 22), TAKEN, [2, 3])
    assert rows(bounds(compared), "Jessamy", "Kestrel") == each
    assert all_of(compared) == whole


def test_a_count_that_was_given_as_an_interval_may_take_its_least_or_most(few):
    few.change("asked.csv", "Eastmark,suppressed", "Eastmark,disclosed")
    compared = few.compare()
    each, whole = possible(range(20, 22), [range(8, 9), range(1, 5), range(3)], [0])
    assert rows(bounds(compared), "Jessamy") == each
    assert all_of(compared) == whole


def test_the_rest_of_a_whole_answer_may_be_all_that_is_left(few):
    """Of the public kitchens 2 are in print; how many of the private ones, nobody says."""
    few.change("asked.csv", "Inverloch,partial", "Inverloch,disclosed")
    compared = few.compare()
    each, whole = possible(range(20, 22), [range(8, 9), range(5), range(22)], [0])
    assert rows(bounds(compared), "Jessamy") == each
    assert all_of(compared) == whole


def test_all_together_have_what_their_answers_describe(few):
    """More than what the total leaves at least."""
    answer(few, "Kestrel", "not_in_print")
    describe(few, "Kestrel", 5)
    describe(few, "Jessamy", 4)
    compared = few.compare()
    each, whole = possible(range(20, 22), TAKEN, [4, 5])
    assert rows(bounds(compared), "Jessamy", "Kestrel") == each
    assert all_of(compared) == whole == (9, 13)


def test_who_has_no_record_of_being_asked_may_be_in_the_total_or_not(few):
    few.drop("asked.csv", "inspections,Aldermoor")
    compared = few.compare()
    each, whole = possible(range(20, 22), [range(9), range(5), range(3)], [0])
    assert rows(bounds(compared), "Jessamy") == [(0, each[0][1])]
    assert all_of(compared) == (0, whole[1]), "others without a record may have the rest"


def test_more_described_than_the_total_leaves_is_told(few):
    """No count makes that true, so neither end is one of such a count."""
    describe(few, "Jessamy", 30)
    answer(few, "Kestrel", "not_in_print")
    found = bounds(few.compare()).set_index("force")
    assert found.loc["Kestrel", "note"] == TOO_MANY
    assert (found["n_low"] <= found["n_high"]).all()
    whole = together(few.compare()).iloc[0]
    assert whole["n_low"] <= whole["n_high"]


def test_a_part_of_all_that_was_asked_for_has_no_upper_end(few):
    few.change("groups.csv", "public kitchens,case,part", "all kitchens,case,part")
    compared = few.compare()
    each, whole = possible(range(20, 22), [range(8, 9), range(5), range(22)], [0])
    assert rows(bounds(compared), "Jessamy") == each
    assert all_of(compared) == whole


def test_a_refusal_is_bounded_by_nothing(few):
    row = bounds(few.compare()).set_index("force").loc["Harrowby"]
    assert row[["n_low", "n_high"]].tolist() == [0, UNLIMITED]
    assert row["ratio_low"] == 0
    assert row["ratio_high"] == float("inf")
    assert row["note"] == REFUSED


def test_a_refusal_takes_nothing_from_the_total(few):
    describe(few, "Harrowby", 5)
    found = bounds(few.compare())
    assert rows(found, "Harrowby") == [(5, UNLIMITED)]
    assert rows(found, "Jessamy") == possible(range(20, 22), TAKEN, [0])[0]


def test_people_are_no_cases(few):
    describe(few, "Jessamy", 9, "person")
    describe(few, "Kestrel", 9, "person")
    compared = few.compare()
    assert described(compared, "Jessamy") == 0
    describe(few, "Jessamy", 4)
    assert described(few.compare(), "Jessamy") == 4


def test_tables_of_one_answer_are_not_added(few):
    describe(few, "Jessamy", 2)
    cells = [("one", "clean", 2), ("one", "closed", 1), ("other", "clean", 2)]
    for row, (table, outcome, number) in enumerate(cells):
        cell = f"j-{row},jessamy-case,T8,cell,{table},,any,{outcome},{number},{number}"
        few.add("statements.csv", f"{cell},printed,picked")
    assert described(few.compare(), "Jessamy") == 3


def test_ratios_are_bounds_over_the_expected_count(few):
    compared = few.compare()
    row = bounds(compared).set_index("force").loc["Jessamy"]
    expected = compared.ratios.set_index("force").loc["Jessamy", "expected"]
    assert row["expected"] == expected
    assert row["ratio_low"] == pytest.approx(row["n_low"] / expected)
    assert row["ratio_high"] == pytest.approx(row["n_high"] / expected)


@pytest.mark.parametrize("change", ["none", "people", "open"])
def test_without_a_total_nothing_bounds_anybody(few, change):
    if change == "none":
        few.change("study.toml", 'nation = "vale"\n', "")
    elif change == "people":
        few.change("groups.csv", "all kitchens,case,all,rule,the county", "x,person,all,rule,y")
    else:
        few.change("statements.csv", "any,any,20,21", "any,any,20,")
    compared = few.compare()
    row = bounds(compared).set_index("force").loc["Jessamy"]
    assert row[["n_low", "n_high"]].tolist() == [0, UNLIMITED]
    assert row["note"] == NO_TOTAL
    assert together(compared).empty


def test_without_a_size_counts_are_bounded_and_ratios_are_not_known(few):
    few.without_workforce()
    row = bounds(few.compare()).set_index("force").loc["Jessamy"]
    assert row[["n_low", "n_high"]].notna().all()
    assert row[["expected", "ratio_low", "ratio_high"]].isna().all()
    whole = together(few.compare()).iloc[0]
    assert whole[["estimate", "conf_low", "conf_high"]].isna().all()
    assert "no expected count" in whole["note"]


def test_together_has_the_exact_interval_of_both_ends(few):
    from scipy import stats

    row = together(few.compare()).iloc[0]
    low, high = (
        stats.chi2.ppf(0.025, 2 * row["n_low"]),
        stats.chi2.ppf(0.975, 2 * row["n_high"] + 2),
    )
    assert row["conf_low"] == pytest.approx(low / 2 / row["expected"])
    assert row["conf_high"] == pytest.approx(high / 2 / row["expected"])
    assert row["forces"] == 1


def test_where_every_answer_is_in_print_there_is_nothing_to_say(few):
    few.drop("asked.csv", "inspections,Jessamy")
    compared = few.compare()
    assert together(compared).empty
    assert list(bounds(compared)["force"]) == ["Harrowby"]
