"""Forces side by side: denominators day by day, reference rates and intervals by hand."""

import csv
import datetime as dt
import re
import time
from collections import defaultdict
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from foistats.errors import InvalidStudyError, UsageError
from foistats.forces.study.comparison import NO_PERIOD, NO_WORKFORCE, compare
from foistats.forces.study.unprinted import bounds, together
from foistats.forces.study.worst import worst_counts
from foistats.layout import NOT_ANSWERED
from foistats.register import read_register

DATA = Path(__file__).parents[3] / "data"
OFFICERS, STAFF = ("police_officer",), ("police_staff", "designated_officer", "pcso")
FIRST, LAST = dt.date(2009, 1, 1), dt.date(2014, 2, 17)
FELLGATE = "fellgate,inspections,Fellgate,2020-01-01,2022-12-31,all kitchens"


@cache
def headcounts():
    """Return, by force and group, the headcount of every 31 March."""
    found = defaultdict(dict)
    with (DATA / "reference" / "workforce.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["headcount"]:
                day = dt.date(int(row["year"]), 3, 31)
                found[row["force"], row["role_group"]][day] = int(row["headcount"])
    return found


@cache
def group_years(force, group):
    """Return person-years, day by day along straight lines; the first headcount held before it."""
    known = sorted(headcounts()[force, group].items())
    total, day = 0.0, FIRST
    while day <= LAST:
        before = [(when, number) for when, number in known if when <= day]
        after = [(when, number) for when, number in known if when >= day]
        if not before:
            total += after[0][1]
        else:
            (start, low), (end, high) = before[-1], after[0]
            share = (day - start).days / (end - start).days if end > start else 0
            total += low + share * (high - low)
        day += dt.timedelta(days=1)
    return total / 365.25


def years_by_hand(force, groups):
    return sum(group_years(force, group) for group in groups)


def asked_in_print():
    with (DATA / "pa-2014" / "asked.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["survey"] == "pa-2009-2014"]
    return {row["force"]: row["answer"] for row in rows}


def garwood(number, level=0.95):
    """Return the exact interval of a Poisson mean from quantiles of chi-square."""
    tail = (1 - level) / 2
    low = stats.chi2.ppf(tail, 2 * number) / 2 if number else 0.0
    return low, stats.chi2.ppf(1 - tail, 2 * number + 2) / 2


@pytest.fixture(scope="module")
def press():
    return compare(read_register(DATA / "pa-2014"))


@pytest.fixture(scope="module")
def rates_by_hand():
    """Return the rate of either role from 828 cases, 548 and 175 + 31 of them with a role."""
    answered = [f for f, answer in asked_in_print().items() if answer not in NOT_ANSWERED]
    assert len(answered) == 39
    # Sussex could not search for its officers, so they are not in the total.
    officers = sum(years_by_hand(f, OFFICERS) for f in answered if f != "Sussex")
    staff = sum(years_by_hand(f, STAFF) for f in answered)
    named = 548 + 175 + 31
    return 828 * 548 / named / officers, 828 * (175 + 31) / named / staff


class TestPress:
    """The register that is analysed, recomputed from its files."""

    @pytest.mark.parametrize("force", ["Metropolitan", "Cleveland", "Sussex"])
    def test_person_years_by_the_day(self, press, force):
        years = press.years.set_index(["force", "stratum"])["person_years"][force]
        officers = 0 if force == "Sussex" else years_by_hand(force, OFFICERS)
        assert years["officer"] == pytest.approx(officers, rel=1e-12)
        assert years["staff"] == pytest.approx(years_by_hand(force, STAFF), rel=1e-12)

    def test_special_constables_are_officers_in_the_second_reading(self, press):
        label = "special constables among the officers"
        years = compare(press.register, reading=label).years.set_index(["force", "stratum"])
        by_hand = years_by_hand("Cleveland", (*OFFICERS, "special_constable"))
        assert years.loc[("Cleveland", "officer"), "person_years"] == pytest.approx(by_hand)

    def test_a_break_is_told_and_changes_no_number(self, press):
        notes = press.years.set_index(["force", "stratum"])["note"]
        assert "police_staff: break from 2011-03-31" in notes["Cleveland", "staff"]
        assert "break" not in notes["Cleveland", "officer"]
        assert "break from 2011-03-31" in press.rates.set_index("force").loc["Cleveland", "note"]

    def test_days_before_the_first_headcount_are_told(self, press):
        counted = press.years[press.years["person_years"] > 0]
        assert set(counted["held_days"]) == {89}
        assert counted["note"].str.contains("held 89 days before the first snapshot").all()

    def test_reference_rates_by_hand(self, press, rates_by_hand):
        assert press.reference["stratum"].tolist() == ["officer", "staff"]
        assert press.reference["rate"].to_numpy() / 1000 == pytest.approx(rates_by_hand, rel=1e-12)
        assert set(press.reference["forces"]) == {39}

    def test_expected_counts_of_who_answered_make_up_the_total(self, press):
        refused = {f for f, answer in asked_in_print().items() if answer in NOT_ANSWERED}
        assert refused == {"Essex", "Hampshire", "Merseyside", "Staffordshire"}
        inside = press.ratios[~press.ratios["force"].isin(refused)]
        assert inside["expected"].sum() == pytest.approx(828, rel=1e-12)

    @pytest.mark.parametrize(("force", "cases"), [("Cleveland", 15), ("Sussex", 6), ("Durham", 1)])
    def test_ratios_and_their_exact_intervals_by_hand(self, press, rates_by_hand, force, cases):
        officers = 0 if force == "Sussex" else years_by_hand(force, OFFICERS)
        rates = np.array(rates_by_hand)
        expected = rates @ [officers, years_by_hand(force, STAFF)]
        row = press.ratios.set_index("force").loc[force]
        assert row["n_low"] == row["n_high"] == cases
        assert row["expected"] == pytest.approx(expected, rel=1e-12)
        assert row["estimate"] == pytest.approx(cases / expected)
        assert row[["conf_low", "conf_high"]].tolist() == pytest.approx(
            [end / expected for end in garwood(cases)]
        )

    def test_a_part_is_told_wherever_it_counts(self, press):
        for frame in (press.rates, press.ratios):
            assert "a part of its cases" in frame.set_index("force").loc["Sussex", "note"]

    def test_every_force_has_a_row_everywhere_and_no_gap_without_a_note(self, press):
        forces = sorted(asked_in_print())
        for frame in (press.forces, press.rates, press.ratios, press.direct, press.total_years):
            assert list(frame["force"]) == forces
        for frame in (press.rates, press.ratios, press.direct):
            assert frame.loc[frame["estimate"].isna(), "note"].ne("").all()


class TestTowns:
    def test_ratios_have_the_chi_square_intervals(self, towns_compared):
        for row in towns_compared.ratios.dropna(subset="n_low").itertuples():
            low, high = garwood(row.n_low)[0], garwood(row.n_high)[1]
            assert row.conf_low == pytest.approx(low / row.expected)
            assert row.conf_high == pytest.approx(high / row.expected)

    def test_an_interval_stays_one(self, towns_compared):
        row = towns_compared.ratios.set_index("force").loc["Eastmark"]
        assert np.isnan(row["estimate"])
        assert row["estimate_low"] == pytest.approx(18 / row["expected"])
        assert row["estimate_high"] == pytest.approx(22 / row["expected"])
        assert row["note"] == "count known as 18 to 22"

    def test_expected_counts_of_who_answered_make_up_the_total(self, towns_compared):
        answer = towns_compared.forces.set_index("force")["answer"]
        inside = towns_compared.ratios["force"].map(answer).isin(NOT_ANSWERED)
        assert towns_compared.ratios.loc[~inside, "expected"].sum() == pytest.approx(170)

    def test_a_straight_line_needs_no_days(self, towns_compared):
        """Brackwater has 500 public and 300 private kitchens on every one of 1,096 days."""
        years = towns_compared.years.set_index(["force", "stratum"])["person_years"]
        assert years["Brackwater", "public"] == pytest.approx(500 * 1096 / 365.25)
        assert years["Brackwater", "private"] == pytest.approx(300 * 1096 / 365.25)

    def test_a_role_outside_the_population_has_no_time(self, towns_compared):
        years = towns_compared.years.set_index(["force", "stratum"])
        assert years.loc[("Inverloch", "private"), "person_years"] == 0
        assert years.loc[("Inverloch", "private"), "note"] == ""
        assert years.loc[("Inverloch", "public"), "person_years"] > 0

    def test_the_other_reading_counts_others(self, towns, towns_compared):
        other = towns.compare(reading="mobile kitchens among the private")
        assert other.reading == "mobile kitchens among the private"
        assert towns_compared.reading == "kitchens with an address"
        both = [
            c.years.set_index(["force", "stratum"])["person_years"] for c in (other, towns_compared)
        ]
        assert (both[0] - both[1])["Aldermoor", "private"] == pytest.approx(40 * 1096 / 365.25)
        assert (both[0] - both[1])["Aldermoor", "public"] == 0

    def test_a_reading_that_is_not_there(self, towns):
        with pytest.raises(UsageError, match="no reading 'mobile' of the workforce; there are"):
            towns.compare(reading="mobile")

    def test_direct_standardisation_by_hand(self, towns_compared):
        """Of Aldermoor's 34 cases 19 were of public kitchens and 15 of private ones."""
        years = towns_compared.years.set_index(["force", "stratum"])["person_years"]["Aldermoor"]
        standard = towns_compared.reference.set_index("stratum")["person_years"]
        weights = standard / standard.sum()
        rate = 1000 * (
            weights["public"] * 19 / years["public"] + weights["private"] * 15 / years["private"]
        )
        row = towns_compared.direct.set_index("force").loc["Aldermoor"]
        assert row["estimate"] == pytest.approx(rate)

    def test_direct_standardisation_needs_every_role(self, towns_compared):
        found = towns_compared.direct.set_index("force")
        assert (
            found["estimate"]
            .notna()
            .groupby(level=0)
            .all()
            .loc[["Aldermoor", "Brackwater", "Corrie Dun", "Dunvale"]]
            .all()
        )
        assert (
            found["note"]
            .drop(["Aldermoor", "Brackwater", "Corrie Dun", "Dunvale"])
            .str.startswith("not possible: ")
            .all()
        )

    def test_a_level_and_a_base_go_through(self, towns):
        compared = towns.compare(per=100, level=0.8)
        row = compared.rates.set_index("force").loc["Fellgate"]
        years = compared.total_years.set_index("force").loc["Fellgate", "person_years"]
        assert row["estimate"] == pytest.approx(100 * 17 / years)
        assert row["conf_low"] == pytest.approx(100 * garwood(17, 0.8)[0] / years)
        assert set(compared.ratios["level"]) == {0.8}

    def test_the_order_of_the_rows_changes_nothing(self, towns, towns_compared):
        for file in ("workforce.csv", "asked.csv", "groups.csv", "forces.csv", "statements.csv"):
            header, *lines = towns.text(file).splitlines()
            towns.write(file, "\n".join([header, *reversed(lines)]) + "\n")
        again = towns.compare()
        assert again.ratios.round(9).equals(towns_compared.ratios.round(9))
        assert again.forces.equals(towns_compared.forces)


def unknown_population(towns):
    towns.change("groups.csv", FELLGATE, FELLGATE.replace("all", "most"))
    return "no person-years are set for the population: most kitchens"


def population_not_stated(towns):
    towns.change("groups.csv", FELLGATE, FELLGATE.removesuffix("all kitchens"))
    return "no person-years are set for the population: not stated"


def open_period(towns):
    towns.change("groups.csv", FELLGATE, FELLGATE.replace("2022-12-31", ""))
    return NO_PERIOD


def beyond_the_snapshots(towns):
    towns.change("groups.csv", FELLGATE, FELLGATE.replace("2022-12-31", "2023-05-01"))
    return "more than 30 days beyond the snapshots"


def no_headcounts(towns):
    towns.drop("workforce.csv", "Fellgate")
    return "no snapshot"


WITHOUT_YEARS = [
    unknown_population,
    population_not_stated,
    open_period,
    beyond_the_snapshots,
    no_headcounts,
]


@pytest.mark.parametrize("change", WITHOUT_YEARS, ids=lambda change: change.__name__)
def test_without_person_years_the_reason_stands_in_the_row(towns, change):
    reason = change(towns)
    compared = towns.compare()
    years = compared.years[compared.years["force"] == "Fellgate"]
    assert years["person_years"].isna().all()
    assert years["note"].str.contains(re.escape(reason)).all()
    for frame in (compared.total_years, compared.rates):
        row = frame.set_index("force").loc["Fellgate"]
        assert reason in row["note"]
    ratio = compared.ratios.set_index("force").loc["Fellgate"]
    assert np.isnan(ratio["expected"])
    assert np.isnan(ratio["conf_high"])
    assert "no expected count" in ratio["note"]
    assert not compared.comparable.known[list(compared.ratios["force"]).index("Fellgate")]


def test_one_role_unknown_leaves_the_whole_unknown(towns):
    """A sum over the others would be a smaller town."""
    kept = [
        line
        for line in towns.text("workforce.csv").splitlines()
        if not (line.startswith("Fellgate") and ",caterer," in line)
    ]
    towns.write("workforce.csv", "\n".join(kept) + "\n")
    compared = towns.compare()
    years = compared.years.set_index(["force", "stratum"])["person_years"]["Fellgate"]
    assert years.isna().to_dict() == {"public": False, "private": True}
    for frame, column in ((compared.total_years, "person_years"), (compared.ratios, "expected")):
        assert np.isnan(frame.set_index("force").loc["Fellgate", column])
    assert "no snapshot" in compared.rates.set_index("force").loc["Fellgate", "note"]
    assert (
        "no person-years of private" in compared.ratios.set_index("force").loc["Fellgate", "note"]
    )


def test_days_up_to_the_limit_are_held_and_told(towns):
    towns.change("groups.csv", FELLGATE, FELLGATE.replace("2022-12-31", "2023-04-30"))
    years = towns.compare().years.set_index(["force", "stratum"]).loc["Fellgate"]
    assert years["held_days"].tolist() == [30, 30]
    assert years["person_years"].notna().all()
    assert set(years["note"]) == {"held 30 days after the last snapshot"}


def test_a_role_outside_the_population_is_zero_even_where_nothing_else_is_known(towns):
    """A value without a note would be neither."""
    towns.change(
        "groups.csv",
        "inverloch,inspections,Inverloch,2020-01-01,2022-12-31",
        "inverloch,inspections,Inverloch,2020-01-01,",
    )
    years = towns.compare().years.set_index(["force", "stratum"])
    assert years.loc[("Inverloch", "private"), "person_years"] == 0
    assert years.loc[("Inverloch", "public"), "note"] == NO_PERIOD
    assert years.loc[years["person_years"].isna(), "note"].ne("").all()


def questions(compared):
    """Ask everything that a comparison answers."""
    compared.funnel().positions(levels=[0.95])
    compared.funnel("rate").positions(levels=[0.95])
    worst_counts(compared.register, compared.forces)
    bounds(compared)
    together(compared)
    assert compared.counts["force"].equals(compared.forces["force"])
    return [compared.rates, compared.ratios, compared.direct]


def without_counts(towns):
    for file in ("groups.csv", "statements.csv"):
        towns.write(file, towns.text(file).splitlines()[0] + "\n")
    towns.change("study.toml", 'nation = "vale"\n', "")


def with_nobody(towns):
    without_counts(towns)
    towns.write("asked.csv", towns.text("asked.csv").splitlines()[0] + "\n")


def without_a_unit(towns):
    without_counts(towns)
    towns.change("surveys.csv", "2022-12-31,case", "2022-12-31,")


def only_one(towns):
    for file in ("groups.csv", "statements.csv", "asked.csv"):
        header, *lines = towns.text(file).splitlines()
        kept = [line for line in lines if "ldermoor" in line]
        towns.write(file, "\n".join([header, *kept]) + "\n")
    towns.change("study.toml", 'nation = "vale"\n', "")


def all_zero(towns):
    only_one(towns)
    towns.drop("statements.csv", "aldermoor")
    for number, town in enumerate(["Aldermoor", "Brackwater", "Corrie Dun", "Dunvale"]):
        if number:
            towns.add("asked.csv", f"inspections,{town},disclosed,T1,")
            group = f"g{number},inspections,{town},2020-01-01,2022-12-31"
            towns.add("groups.csv", f"{group},all kitchens,case,all,rule,x")
        name = f"g{number}" if number else "aldermoor"
        towns.add("statements.csv", f"s{number},{name},T1,total,,,any,any,0,0,printed,rule")


SMALL = [without_counts, with_nobody, without_a_unit, only_one, all_zero]


@pytest.mark.parametrize("change", SMALL, ids=lambda change: change.__name__)
def test_nobody_nothing_one_and_zero(towns, change):
    change(towns)
    compared = towns.compare()
    for frame in questions(compared):
        assert list(frame["force"]) == list(compared.forces["force"])
        assert frame.loc[frame["estimate"].isna(), "note"].ne("").all()
    assert isinstance(compared.effects(), str)
    assert compared.effects()


def test_all_zero_have_zero_rates_with_exact_upper_ends(towns):
    all_zero(towns)
    rates = towns.compare().rates
    years = towns.compare().total_years.set_index("force")["person_years"]
    assert rates["estimate"].tolist() == [0, 0, 0, 0]
    upper = [1000 * garwood(0)[1] / years[force] for force in rates["force"]]
    assert rates["conf_high"].tolist() == pytest.approx(upper)


def test_without_a_workforce_counts_stand_without_rates(towns):
    towns.without_workforce()
    compared = towns.compare()
    assert compared.reading == ""
    assert compared.years["note"].eq(NO_WORKFORCE).all()
    for frame in questions(compared):
        assert frame["estimate"].isna().all()
        assert frame["note"].ne("").all()
    assert compared.rates.set_index("force").loc["Aldermoor", "n_low"] == 34
    assert isinstance(compared.effects(), str)
    assert compared.reference["rate"].isna().all()


def test_two_thousand_forces(towns):
    names = [f"Town {number:04d}" for number in range(2000)]
    areas = "".join(f"{name},force,The Vale\n" for name in names)
    towns.write("forces.csv", f"force,kind,within\nThe Vale,nation,\n{areas}")
    rest = "2020-01-01,2022-12-31,all kitchens,case,all,rule,x"
    groups = "".join(f"g{i},inspections,{name},{rest}\n" for i, name in enumerate(names))
    towns.write("groups.csv", towns.text("groups.csv").splitlines()[0] + "\n" + groups)
    said = [f"s{i},g{i},T1,total,,,any,any,{i % 9},{i % 9},printed,rule\n" for i in range(2000)]
    towns.write(
        "statements.csv", towns.text("statements.csv").splitlines()[0] + "\n" + "".join(said)
    )
    asked = "".join(f"inspections,{name},disclosed,T1,\n" for name in names)
    towns.write("asked.csv", f"survey,force,answer,source,note\n{asked}")
    kitchens = [
        f"{name},{year},{group},{100 + i % 7}\n"
        for i, name in enumerate(names)
        for year in (2019, 2021, 2023)
        for group in ("school", "hospital", "caterer", "mobile")
    ]
    towns.write("workforce.csv", "force,year,role_group,headcount\n" + "".join(kitchens))
    towns.write("breaks.csv", "force,role_group,from,reason\n")
    towns.remove("tiles.csv")
    towns.change("study.toml", 'nation = "vale"\n', "")
    register = towns.read()
    start = time.process_time()
    compared = compare(register)
    assert len(compared.ratios) == len(compared.rates) == 2000
    assert compared.ratios["estimate"].notna().all()
    assert len(compared.direct) == 2000
    assert time.process_time() - start < 10


def test_a_wrong_workforce_is_refused_before_anything_is_counted(towns):
    towns.change("study.toml", "hold_days = 30", "hold_days = -1")
    with pytest.raises(InvalidStudyError, match="hold_days"):
        towns.compare()
