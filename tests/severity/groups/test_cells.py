"""Which groups enter the model, and as what."""

from itertools import permutations
from pathlib import Path

import pytest

from foistats.errors import OverlapError, UsageError
from foistats.register import read_register
from foistats.severity.groups.case_groups import Cell
from foistats.severity.groups.cells import national_shares, severity_data
from foistats.severity.groups.coding import collapse, pool
from foistats.severity.model import CumulativeLinkModel

ROOT = Path(__file__).parents[3]
LADDER = frozenset({"none", "short", "left"})


def cell(roles, rungs, n):
    return Cell(frozenset(roles.split()), frozenset(rungs.split()), n, n)


@pytest.fixture(scope="module")
def press():
    return read_register(ROOT / "data" / "pa-2014")


@pytest.fixture(scope="module")
def data(press):
    return severity_data(press)


class TestSelection:
    def test_only_whole_answers_by_rule_enter(self, press, data):
        marks = press.groups.set_index("group")
        for group in data.groups:
            assert marks.loc[group.group, "coverage"] == "all"
            assert marks.loc[group.group, "disclosure"] == "rule"

    def test_what_enters(self, data):
        assert [group.force for group in data.groups] == [
            "North Yorkshire",
            "West Mercia",
            "Kent",
            "Nottinghamshire",
            "Dorset",
            "Northumbria",
            "Metropolitan",
        ]

    def test_every_other_group_has_a_reason(self, data):
        out = data.flow[data.flow["status"] != "in the fit"]
        assert (out["reason"] != "").all()
        picked = set(out.loc[out["status"] == "cases picked for their outcome", "force"])
        assert picked == {
            "Lancashire",
            "Norfolk",
            "Northamptonshire",
            "South Yorkshire",
            "Suffolk",
            "Wiltshire",
        }

    def test_no_case_stands_in_two_factors(self, press):
        """Without the declared exclusion the incidents and the people of one force collide."""
        from dataclasses import replace

        analysis = replace(press.study.analysis, leave_out={})
        careless = replace(press, study=replace(press.study, analysis=analysis))
        with pytest.raises(OverlapError, match="'pa-northumbria' and 'pa-northumbria-people'"):
            severity_data(careless)

    def test_national_figures_never_enter(self, data):
        assert not any(group.force == "England and Wales" for group in data.groups)

    def test_a_wrong_ladder_is_answered(self, press):
        with pytest.raises(UsageError, match="did you mean 'three'"):
            severity_data(press, ladder="thre")
        with pytest.raises(UsageError, match="has no reading"):
            severity_data(press, reading="other")
        with pytest.raises(UsageError, match="no alternative statement"):
            severity_data(press, alternatives=["pa-kent-01"])


class TestCoding:
    def test_composition_leaves_out_forces_that_printed_theirs(self, data):
        """548 officers and 206 staff, less 13 + 6 + 6 + 17 and 6 + 6 + 4 + 4."""
        officers, staff = 548 - 42, 206 - 20
        assert data.composition["officer"] == pytest.approx(officers / (officers + staff))
        assert data.nation["staff"] == pytest.approx(206 / 754)
        assert sum(data.shares().values()) == pytest.approx(1)

    def test_partitions_account_for_all_cases(self, data):
        totals = data.flow.set_index("group")["n_high"]
        for group in data.groups:
            for partition in group.partitions:
                low = sum(c.n_low for c in partition)
                high = sum(c.n_high for c in partition)
                assert low <= totals[group.group] <= high

    def test_coarse_statements_are_kept(self, data):
        kent = next(group for group in data.groups if group.force == "Kent")
        assert (
            cell("officer staff", "no_further_action short_of_leaving", 53) in (kent.partitions[0])
        )

    def test_an_alternative_takes_the_place_of_what_it_contests(self, press):
        data = severity_data(press, alternatives=["pa-north-yorkshire-15"])
        outcomes = next(g for g in data.groups if g.force == "North Yorkshire").partitions[0]
        assert cell("officer staff", "no_further_action", 34) in outcomes

    def test_printed_shares_of_the_nation(self, press, data):
        shares = national_shares(press, data.ladder).set_index("rung")
        assert tuple(shares.loc["left", ["n_low", "n_high", "of"]]) == (71, 78, 828)
        assert tuple(shares.loc["no_further_action", ["n_low", "n_high"]]) == (112, 120)
        assert "short_of_leaving" not in shares.index


class TestPooling:
    def test_overlapping_sets_become_their_union(self):
        cells = [cell("officer", "none", 34), cell("officer", "none short", 10)]
        assert collapse(pool(cells, LADDER)) == (cell("officer", "none short", 44),)

    def test_chains_are_followed(self):
        ladder = frozenset("abcd")
        cells = [cell("o", "a b", 1), cell("o", "b c", 2), cell("o", "d", 3)]
        assert set(collapse(pool(cells, ladder))) == {cell("o", "a b c", 3), cell("o", "d", 3)}

    def test_not_stated_is_left_alone(self):
        cells = [cell("officer", "left", 1), cell("officer", "none short left", 5)]
        assert pool(cells, LADDER) == cells

    def test_other_roles_are_left_alone(self):
        cells = [cell("officer", "none", 34), cell("staff", "none short", 10)]
        assert pool(cells, LADDER) == cells

    def test_roles_that_may_be_the_same_are_pooled(self):
        cells = [cell("officer", "none", 34), cell("officer staff", "none short", 10)]
        assert [c.rungs for c in pool(cells, LADDER)] == [frozenset({"none", "short"})] * 2

    def test_cases_without_a_rung_are_left_alone(self):
        cells = [cell("officer", "", 6), cell("officer", "none", 3)]
        assert pool(cells, LADDER) == cells

    @pytest.mark.parametrize("ladder", ["abc", "abcd", "abcdef"])
    def test_order_changes_nothing(self, ladder):
        """Nor does a union that reaches every rung of the ladder."""
        cells = [cell("o", "a b", 1), cell("o", "b c", 2), cell("o", "a", 3), cell("p", "c", 4)]
        found = {
            frozenset(collapse(pool(order, frozenset(ladder)))) for order in permutations(cells)
        }
        assert found == {frozenset({cell("o", "a b c", 6), cell("p", "c", 4)})}


class TestOtherCodings:
    """Sensitivity analyses read the same statements in another way."""

    def test_unpooled_sets_stay_as_printed(self, press, data):
        unpooled = severity_data(press, pooled=False)
        assert [group.group for group in unpooled.groups] == [g.group for g in data.groups]
        changed = {
            group.group
            for group, pooled in zip(unpooled.groups, data.groups, strict=True)
            if group.partitions != pooled.partitions
        }
        marked = press.groups.loc[press.groups["overlapping_sets"] == "pooled", "group"]
        assert changed
        assert changed <= set(marked)
        assert all(group.overlapping for group in unpooled.groups)

    def test_picked_groups_are_inequalities_about_all_their_cases(self, press, data):
        """Two who left, of 34, are read as at least two of 34, roles open."""
        added = severity_data(press, picked=True)
        known = {group.group for group in data.groups}
        extra = {group.group: group for group in added.groups if group.group not in known}
        stated, whole = extra["pa-northamptonshire"].partitions
        counts = {frozenset(cell.rungs): (cell.n_low, cell.n_high) for cell in stated}
        assert counts[frozenset({"left"})] == (2, 34)
        assert counts[frozenset({"no_further_action", "short_of_leaving"})] == (0, 32)
        assert [(cell.n_low, cell.n_high) for cell in whole] == [(34, 34)]
        assert all(cell.roles == whole[0].roles for cell in stated)
        marks = press.groups.set_index("group").loc[list(extra), "disclosure"]
        assert set(marks) == {"picked"}

    def test_a_register_is_fitted_as_its_groups_are(self, press, data):
        question = CumulativeLinkModel("outcome ~ role", groups="force", quadrature_points=15)
        by_register, by_groups = question.fit(press), question.fit(data)
        assert by_register.log_likelihood == pytest.approx(by_groups.log_likelihood, abs=1e-10)
        assert by_register.n_forces == 7
