"""The rates of the whole survey: what is divided by what, and when nothing of it may be."""

import pytest

from foistats.errors import UsageError
from foistats.forces.study.comparison import compare
from foistats.forces.study.reference import (
    POOLED,
    WHOLE,
    WHOLE_ONLY,
    national_roles,
    printed_total,
    recorded,
)

NATION = 'nation = "vale"\n'
ROLES = ("vale-2", "vale-3", "vale-4")
FELLGATE = "fellgate,inspections,Fellgate,2020-01-01,2022-12-31,all kitchens"
EXACT = ["Aldermoor", "Brackwater", "Corrie Dun", "Dunvale", "Fellgate", "Grimshaw", "Inverloch"]
ANSWERED = [*EXACT, "Jessamy"]


def years_of(compared, forces):
    own = compared.years[compared.years["force"].isin(forces)]
    return own.groupby("stratum")["person_years"].sum()


def rates_of(compared):
    return compared.reference.set_index("stratum")


def test_cases_without_a_role_are_shared_out_over_who_answered(towns_compared):
    found, years = rates_of(towns_compared), years_of(towns_compared, ANSWERED)
    for role, printed in {"public": 80, "private": 60}.items():
        cases = 170 * printed / 140
        assert found.loc[role, "cases"] == pytest.approx(cases)
        assert found.loc[role, "person_years"] == pytest.approx(years[role])
        assert found.loc[role, "rate"] == pytest.approx(1000 * cases / years[role])
    assert set(found["method"]) == {WHOLE}
    assert set(found["forces"]) == {8}
    assert set(found["unit"]) == {"case"}


def test_who_gave_no_number_is_in_no_denominator(towns, towns_compared):
    """Harrowby refused, Eastmark held its number back: neither is in the county's sum."""
    for town in ("Harrowby", "Eastmark"):
        for year in range(2019, 2024):
            for group in ("school", "caterer"):
                for old in (50, 100, 150, 200, 300):
                    line = f"{town},{year},{group},{old}\n"
                    towns.write("workforce.csv", towns.text("workforce.csv").replace(line, ""))
    found = rates_of(towns.compare())
    assert (found["rate"] == rates_of(towns_compared)["rate"]).all()


@pytest.mark.parametrize("answer", ["refused", "no_answer", "not_held", "suppressed"])
def test_every_way_of_not_answering_leaves_the_denominator(towns, answer):
    towns.change("asked.csv", "Jessamy,not_in_print", f"Jessamy,{answer}")
    compared = towns.compare()
    assert set(compared.reference["forces"]) == {7}
    years = years_of(compared, ANSWERED[:-1])
    assert rates_of(compared)["person_years"].tolist() == pytest.approx(
        years[["public", "private"]]
    )


def test_rates_refer_to_any_number_of_person_years(towns, towns_compared):
    per = towns.compare(per=10)
    assert per.reference["rate"].tolist() == pytest.approx(
        (towns_compared.reference["rate"] / 100).tolist()
    )
    assert per.ratios["expected"].tolist() == pytest.approx(
        towns_compared.ratios["expected"].tolist()
    )


def test_without_roles_in_print_one_rate_holds(towns):
    towns.drop("statements.csv", *ROLES)
    compared = towns.compare()
    found, years = rates_of(compared), years_of(compared, ANSWERED)
    assert found["rate"].tolist() == pytest.approx([1000 * 170 / years.sum()] * 2)
    assert found["cases"].sum() == pytest.approx(170)
    assert set(found["method"]) == {WHOLE_ONLY}
    assert compared.external


def no_total(towns):
    towns.change("study.toml", NATION, "")


def total_of_people(towns):
    towns.change("groups.csv", "all kitchens,case,all,rule,the county", "x,person,all,rule,y")


def total_of_a_part(towns):
    towns.change("groups.csv", "case,all,rule,the county", "case,part,rule,the county")


def total_without_an_end(towns):
    towns.change("statements.csv", "any,any,170,170", "any,any,170,")


def nobody_recorded(towns):
    towns.remove("asked.csv")


def somebody_not_recorded(towns):
    towns.drop("asked.csv", "inspections,Fellgate")


def size_not_known(towns):
    towns.drop("workforce.csv", "Jessamy")


def period_not_known(towns):
    towns.change("groups.csv", FELLGATE, "fellgate,inspections,Fellgate,2020-01-01,,all kitchens")


def population_not_known(towns):
    towns.change("groups.csv", FELLGATE, FELLGATE.replace("all", "most"))


def rest_of_an_answer(towns):
    """It answered for all its kitchens; a paper printed the public ones."""
    towns.change("asked.csv", "Inverloch,partial", "Inverloch,disclosed")


CANNOT_BE_DIVIDED = (
    no_total,
    total_of_people,
    total_of_a_part,
    total_without_an_end,
    nobody_recorded,
    somebody_not_recorded,
    size_not_known,
    period_not_known,
    population_not_known,
    rest_of_an_answer,
)


@pytest.mark.parametrize("change", CANNOT_BE_DIVIDED, ids=lambda change: change.__name__)
def test_a_total_that_cannot_be_divided_leaves_the_pooled_rate(towns, change):
    change(towns)
    compared = towns.compare()
    lost = {"Fellgate"} if change in (period_not_known, population_not_known) else set()
    used = [town for town in EXACT if town not in lost]
    counts = compared.forces.set_index("force").loc[used, "n_low"]
    rate = 1000 * counts.sum() / years_of(compared, used).sum()
    assert compared.reference["rate"].tolist() == pytest.approx([rate, rate])
    assert set(compared.reference["method"]) == {POOLED}
    assert set(compared.reference["forces"]) == {len(used)}
    assert not compared.external
    exact = compared.ratios.set_index("force").loc[used]
    assert exact["expected"].sum() == pytest.approx(counts.sum())


def test_a_role_that_nobody_has_time_in_has_no_rate(towns):
    """Its cases would otherwise be laid on the other role."""
    towns.drop("asked.csv", "inspections,Jessamy")
    for name in towns.text("groups.csv").splitlines()[1:-1]:
        towns.change("groups.csv", name, name.replace("all kitchens", "public kitchens"))
    compared = towns.compare()
    found = rates_of(compared)["rate"].isna()
    assert found.to_dict() == {"public": False, "private": True}
    expected = compared.ratios.set_index("force")["expected"]
    assert expected[["Aldermoor", "Fellgate"]].notna().all()
    assert expected.isna()["Harrowby"], "it has private kitchens, whose rate is not known"
    assert "no expected count" in compared.ratios.set_index("force").loc["Harrowby", "note"]


def test_without_anybody_there_are_roles_and_no_rates(towns):
    for file in ("groups.csv", "statements.csv", "asked.csv"):
        towns.write(file, towns.text(file).splitlines()[0] + "\n")
    no_total(towns)
    found = rates_of(towns.compare())
    assert list(found.index) == ["public", "private"]
    assert found["rate"].isna().all()
    assert set(found["forces"]) == {0}


class TestPrintedTotal:
    def test_an_interval_stays_one(self, towns):
        towns.change("statements.csv", "any,any,170,170", "any,any,165,175")
        assert printed_total(towns.read(), "case") == (165, 175)
        assert towns.compare().reference["cases"].sum() == pytest.approx(170)

    def test_none_in_another_unit(self, towns):
        assert printed_total(towns.read(), "person") is None

    def test_none_of_another_survey(self, towns):
        towns.add("surveys.csv", "again,Asked again,2023-01-01,2023-12-31,case")
        towns.change("groups.csv", "vale,inspections", "vale,again")
        assert printed_total(towns.read(), "case") is None


class TestNationalRoles:
    def test_a_table_of_outcomes_tells_roles_too(self, towns):
        towns.drop("statements.csv", *ROLES)
        for row, (role, outcome, number) in enumerate(
            [("school", "clean", 50), ("hospital", "closed", 30), ("caterer", "clean", 60)]
        ):
            cell = f"vale-c{row},vale,T8,cell,kitchens,,{role},{outcome},{number},{number}"
            towns.add("statements.csv", f"{cell},printed,rule")
        rest = "vale-c9,vale,T8,remainder,kitchens,,any,any,30,30,derived,rule"
        towns.add("statements.csv", rest)
        assert national_roles(towns.read()) == {"public": 80, "private": 60}

    def test_a_set_of_two_roles_is_with_neither(self, towns):
        towns.change("statements.csv", "who,,caterer,any,60,60", "who,,caterer|school,any,60,60")
        assert national_roles(towns.read()) == {"public": 80}

    def test_of_an_interval_its_middle(self, towns):
        towns.change("statements.csv", "who,,caterer,any,60,60", "who,,caterer,any,56,64")
        assert national_roles(towns.read()) == {"public": 80, "private": 60}

    def test_the_table_that_tells_most(self, towns):
        towns.add("statements.csv", "vale-5,vale,T8,margin,few,,caterer,any,9,9,printed,rule")
        towns.add("statements.csv", "vale-6,vale,T8,remainder,few,,any,any,161,161,derived,rule")
        assert national_roles(towns.read()) == {"public": 80, "private": 60}


@pytest.mark.parametrize(
    ("answer", "known"),
    [("partial", True), ("disclosed", False), ("not_in_print", False), ("suppressed", True)],
)
def test_a_part_of_a_whole_answer_leaves_a_rest_in_the_total(towns, answer, known):
    towns.change("asked.csv", "Inverloch,partial", f"Inverloch,{answer}")
    assert recorded(towns.compare().forces) is known


def test_a_count_without_a_record_of_being_asked_may_be_in_the_total_or_not(towns):
    towns.drop("asked.csv", "inspections,Fellgate")
    assert not recorded(towns.compare().forces)


def test_rates_without_a_force_are_those_of_the_others(towns):
    register = towns.read()
    whole, without = compare(register), compare(register, without="Aldermoor")
    count = whole.forces.set_index("force").loc["Aldermoor", "n_low"]
    years = whole.years[whole.years["force"] == "Aldermoor"].set_index("stratum")["person_years"]
    found = without.reference.set_index("stratum")
    before = whole.reference.set_index("stratum")
    assert found["cases"].sum() == pytest.approx(before["cases"].sum() - count)
    rest = list(before["person_years"] - years)
    assert rest == pytest.approx(list(found["person_years"]))
    assert without.label.endswith("rates without Aldermoor")
    with pytest.raises(UsageError, match="there is no exact count of it"):
        compare(register, without="Nowhere")
