"""How many cases had the gravest outcome, against every table that an answer allows."""

from itertools import product

import pytest

from foistats.codebooks import ANY
from foistats.forces.study.worst import worst_counts, worst_label
from foistats.layout import TABLED

ROLES = ("school", "caterer")
OUTCOMES = ("clean", "notice", "closed", "appeal")
CASES = 5
ANSWERS = {
    "every cell": "a:school:closed:2 a:caterer:clean:2 a:caterer:notice:1",
    "outcomes left open": "a:school:notice|closed:2 a:caterer:closed:1 a:any:clean:2",
    "no outcome of some": "a:school:closed:1 a:school:any:3 a:caterer:clean:1",
    "two tables": "a:school:notice|closed:3 a:caterer:clean|notice:2 b:any:closed:1 b:any:any:4",
    "low of one, high of the other": "a:any:closed:2 a:any:any:3 b:any:clean:2 b:any:any:3",
    "not settled": "a:school:appeal:2 a:caterer:closed:1 a:any:clean:2",
    "only whether closed": "a:any:closed:0 a:any:clean|notice:5",
}
"""By what it shows, the entries of a town's answer: table, role, outcome, number; 5 cases."""


def tell(towns, text):
    """Put an answer of five cases in the place of Fellgate's."""
    towns.drop("statements.csv", "fellgate-")
    lines = [f"fellgate-0,fellgate,T6,total,,,any,any,{CASES},{CASES},printed,rule"]
    for row, entry in enumerate(text.split(), start=1):
        table, role, outcome, number = entry.split(":")
        part = "remainder" if role == outcome == "any" else "cell"
        basis = "derived" if part == "remainder" else "printed"
        said = f"{part},{table},,{role},{outcome},{number},{number},{basis},rule"
        lines.append(f"fellgate-{row},fellgate,T6,{said}")
    towns.add("statements.csv", *lines)


def tables_of(cells, cases):
    """Yield every way to lay cases into cells."""
    if cells == 1:
        yield (cases,)
        return
    for first in range(cases + 1):
        yield from ((first, *rest) for rest in tables_of(cells - 1, cases - first))


def fits(counts, entries):
    """Whether the cases of a table of role by outcome can be shared out among its entries."""
    places = list(product(ROLES, OUTCOMES))
    allowed = [
        [
            number
            for number, (roles, outcomes, _) in enumerate(entries)
            if roles in (ANY, role) and (outcomes == ANY or outcome in outcomes.split("|"))
        ]
        for role, outcome in places
    ]
    left = [number for _, _, number in entries]

    def share(place, rest):
        if place == len(places):
            return not any(rest)
        takers = allowed[place]
        if not takers:
            return counts[place] == 0 and share(place + 1, rest)
        for split in tables_of(len(takers), counts[place]):
            after = list(rest)
            for taker, taken in zip(takers, split, strict=True):
                after[taker] -= taken
            if min(after) >= 0 and share(place + 1, after):
                return True
        return False

    return share(0, left)


def enumerated(towns):
    """Return the least and the most cases of Fellgate that were closed."""
    statements = towns.read().statements_of("fellgate")
    statements = statements[statements["part"].isin(TABLED)]
    tables = [
        list(zip(table["roles"], table["outcomes"], table["n_low"], strict=True))
        for _, table in statements.groupby("table")
    ]
    places = list(product(ROLES, OUTCOMES))
    closed = [
        sum(n for n, (_, outcome) in zip(counts, places, strict=True) if outcome == "closed")
        for counts in tables_of(len(places), CASES)
        if all(fits(counts, entries) for entries in tables)
    ]
    return min(closed), max(closed)


def found_in(towns):
    compared = towns.compare()
    return worst_counts(compared.register, compared.forces).set_index("force")


@pytest.mark.parametrize("text", ANSWERS.values(), ids=ANSWERS)
def test_the_ends_are_those_of_all_possible_tables(towns, text):
    tell(towns, text)
    row = found_in(towns).loc["Fellgate"]
    assert (row["n_low"], row["n_high"]) == enumerated(towns)
    assert row["of"] == CASES


def test_counts_of_the_other_towns_by_hand(towns):
    found = found_in(towns)
    assert found["n_low"].to_dict() == {
        "Aldermoor": 4,  # one closed, three sealed
        "Brackwater": 3,
        "Corrie Dun": 2,  # two more are under appeal: none of them is closed
        "Dunvale": 3,
    }
    assert (found["n_low"] == found["n_high"]).all()
    assert found["of"].tolist() == [34, 25, 13, 20]


def test_who_was_picked_for_the_outcome_is_left_out(towns):
    assert "Grimshaw" not in found_in(towns).index


@pytest.mark.parametrize("town", ["Eastmark", "Fellgate", "Harrowby", "Inverloch", "Jessamy"])
def test_without_outcomes_or_an_exact_count_there_is_no_row(towns, town):
    """Eastmark has an interval, Fellgate no outcomes, Inverloch a part, the others no count."""
    assert town not in found_in(towns).index


def test_no_cases_have_no_share(towns):
    towns.drop("statements.csv", "fellgate-")
    towns.add("statements.csv", "fellgate-1,fellgate,T6,total,,,any,any,0,0,printed,rule")
    assert "Fellgate" not in found_in(towns).index


def test_a_part_is_left_out_even_with_outcomes(towns):
    towns.add("statements.csv", "inverloch-2,inverloch,T8,cell,a,,any,closed,1,1,printed,rule")
    assert "Inverloch" not in found_in(towns).index


def test_nothing_anywhere_is_an_empty_table(towns):
    compared = towns.compare()
    empty = worst_counts(compared.register, compared.forces.iloc[:0])
    assert list(empty.columns) == ["force", "unit", "n_low", "n_high", "of"]
    assert empty.empty


def test_the_label_is_that_of_the_last_step_of_the_ladder(towns):
    assert worst_label(towns.read()) == "Kitchen closed"
