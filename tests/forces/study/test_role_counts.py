"""Counts by role: what one table of an answer tells, and no more."""

import pytest

from foistats.forces.study.role_counts import role_counts

ROLES = ["public", "private"]
COUNTED = """\
Aldermoor   public  19 19
Aldermoor   private 15 15
Brackwater  public  15 15
Brackwater  private 10 10
Corrie_Dun  public   6  6
Corrie_Dun  private  7  7
Dunvale     public  11 11
Dunvale     private  9  9
Eastmark    public  11 16
Eastmark    private  6 11
Grimshaw    public   0 12
Grimshaw    private  2 14
"""
"""By hand from statements.csv: Eastmark prints 17 of its 18 to 22, Grimshaw 2 of its 14."""


def found_in(towns):
    compared = towns.compare()
    return role_counts(compared.register, compared.forces, ROLES).set_index(["force", "stratum"])


def test_counts_by_hand(towns):
    found = found_in(towns)
    for line in COUNTED.splitlines():
        town, role, low, high = line.replace("_", " ").rsplit(maxsplit=3)
        assert found.loc[(town, role), ["n_low", "n_high"]].tolist() == [int(low), int(high)]
    assert set(found["unit"]) == {"case"}


def test_without_a_table_of_roles_nothing_is_known(towns):
    missing = found_in(towns)["n_low"].isna().groupby("force").all()
    assert list(missing.index[missing]) == ["Fellgate", "Harrowby", "Inverloch", "Jessamy"]


def test_one_row_per_force_and_role(towns):
    found = found_in(towns)
    assert found.index.is_unique
    assert len(found) == 20


@pytest.mark.parametrize("role", ["any", "school|caterer"])
def test_a_case_without_one_role_may_be_of_any(towns, role):
    towns.change("statements.csv", "kitchens,,school,closed,1,1", f"kitchens,,{role},closed,1,1")
    found = found_in(towns).loc["Aldermoor"]
    assert found.loc["public", ["n_low", "n_high"]].tolist() == [18, 19]
    assert found.loc["private", ["n_low", "n_high"]].tolist() == [15, 16]


def test_the_ends_leave_room_for_the_count_of_the_force(towns):
    compared = towns.compare()
    ends = found_in(towns).groupby("force")[["n_low", "n_high"]].sum(min_count=2).dropna()
    counts = compared.forces.set_index("force").loc[ends.index]
    assert (ends["n_low"] <= counts["n_high"]).all()
    assert (ends["n_high"] >= counts["n_low"]).all()


def test_tables_are_not_added(towns):
    """A second table of the same cases changes nothing, unless it tells more."""
    before = found_in(towns).loc["Dunvale"]
    towns.add(
        "statements.csv",
        "dunvale-7,dunvale,T4,margin,again,,school,any,5,5,printed,rule",
        "dunvale-8,dunvale,T4,remainder,again,,any,any,15,15,derived,rule",
    )
    assert found_in(towns).loc["Dunvale"].equals(before)


def test_roles_that_are_not_asked_about_widen_the_others(towns):
    compared = towns.compare()
    found = role_counts(compared.register, compared.forces, ["public"]).set_index("force")
    assert found.loc["Aldermoor", ["n_low", "n_high"]].tolist() == [19, 34]
