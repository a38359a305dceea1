"""The primary result and what it rests on, on a study whose answers are known in full."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from foistats.errors import NotIdentifiedError
from foistats.register import read_register
from foistats.severity import tell
from foistats.severity.analysis import (
    LESS,
    MORE,
    UNSETTLED,
    RoleEffect,
    complete_lists,
    fit_severity,
    role_effects,
    value_id,
)
from foistats.severity.groups.cells import severity_data
from foistats.severity.groups.ladders import merged
from foistats.severity.sensitivity import (
    forces_it_rests_on,
    specifications,
    without_each_force,
)

ROOT = Path(__file__).parents[2]
ROLES = {"public": "Public kitchens", "private": "Private caterers"}


@pytest.fixture(scope="module")
def kitchens():
    return read_register(ROOT / "tests" / "studies" / "kitchens")


@pytest.fixture(scope="module")
def data(kitchens):
    return severity_data(kitchens)


@pytest.fixture(scope="module")
def fit(data):
    return fit_severity(data)


def effect(low, high, null=1.0):
    settled = not low <= null <= high
    return RoleEffect(
        "private", "public", "odds_ratio", (low * high) ** 0.5, low, high, null, settled
    )


class TestConclusion:
    @pytest.mark.parametrize(
        ("low", "high", "conclusion"),
        [(1.1, 4.0, MORE), (0.2, 0.9, LESS), (0.5, 2.0, UNSETTLED), (1.0, 2.0, UNSETTLED)],
    )
    def test_follows_from_the_interval(self, low, high, conclusion):
        assert effect(low, high).conclusion == conclusion

    def test_sentence_names_the_force_it_rests_on_first(self):
        said = tell.role_effect(effect(1.1, 4.0), ROLES, ["Without Dunvale"])
        assert said.startswith("This does not hold without Dunvale. ")
        assert "**Private caterers had more severe outcomes than public kitchens**" in said

    def test_unsettled_is_said(self):
        said = tell.role_effect(effect(0.5, 2.0), ROLES, [])
        assert said.startswith("**The data do not settle whether outcomes of private caterers")

    def test_forces_it_rests_on(self):
        rows = [
            ("All forces", "a", MORE),
            ("Without A", "a", MORE),
            ("Without B", "a", UNSETTLED),
            ("Without B", "b", MORE),
            ("Without C", "", "not identified"),
        ]
        frame = pd.DataFrame(rows, columns=["label", "role", "conclusion"])
        assert forces_it_rests_on(frame, "a") == ["Without B", "Without C"]


class TestEffects:
    def test_odds_ratio_is_the_exponential_of_the_coefficient(self, fit):
        (found,) = role_effects(fit)
        coefficient = fit.coefficients["estimate"].iloc[0]
        assert found.estimate == pytest.approx(np.exp(coefficient))
        assert found.conf_low < found.estimate < found.conf_high
        assert found.id == "odds_ratio_private"

    def test_settled_means_that_the_profile_interval_excludes_no_difference(self, data):
        for force in ("Aldermoor", "Brackwater", "Corrie Dun", "Dunvale", "Eastmark"):
            rest = [g.force for g in data.groups if g.force != force]
            (found,) = role_effects(fit_severity(_only(data, *rest)))
            assert found.settled == (found.conf_low > 1 or found.conf_high < 1)

    def test_other_links_have_a_coefficient(self, data):
        (found,) = role_effects(fit_severity(data, link="probit"), profile=False)
        assert (found.measure, found.null) == ("coefficient", 0.0)

    def test_without_each_force(self, data):
        frame = without_each_force(data, first="Dunvale")
        assert list(frame["label"][:2]) == ["All forces", "Without Dunvale"]
        assert len(frame) == 1 + len({group.force for group in data.groups})
        assert (frame["reason"] == "").all()

    def test_what_is_not_identified_says_why(self, kitchens):
        frame = without_each_force(_only(severity_data(kitchens), "Aldermoor", "Brackwater"))
        failed = frame[frame["reason"] != ""]
        assert len(failed) == 2
        assert failed["reason"].str.contains("leave out groups").all()
        shown = tell.variants(frame, ROLES)
        assert shown["Conclusion"].str.startswith("not identified: ").sum() == 2

    def test_specifications_begin_with_the_report(self, kitchens, fit):
        frame = specifications(kitchens)
        assert frame["label"].iloc[0] == "This report"
        (primary,) = role_effects(fit, profile=False)
        assert frame["estimate"].iloc[0] == pytest.approx(primary.estimate)
        assert "p_value" not in frame

    def test_effects_of_other_links_are_not_put_on_one_scale(self, kitchens):
        frame = specifications(kitchens).set_index("label")
        assert np.isnan(frame.loc["Link probit", "estimate"])
        assert frame.loc["Link probit", "conclusion"] in (MORE, LESS, UNSETTLED)
        shown = tell.variants(frame.reset_index(), ROLES).set_index("Variant")
        assert shown.loc["Link probit", "Conclusion"].endswith("(on a scale of its own)")

    def test_one_role_is_nothing_to_compare(self, data):
        groups = tuple(
            replace(
                group, partitions=(tuple(c for c in group.partitions[0] if "public" in c.roles),)
            )
            for group in data.groups
            if len(group.partitions) == 1
        )
        with pytest.raises(NotIdentifiedError, match="only one role occurs"):
            role_effects(fit_severity(replace(data, groups=groups)))


def _only(data, *forces):
    return replace(data, groups=tuple(g for g in data.groups if g.force in forces))


class TestMerging:
    def test_nothing_to_merge(self, data):
        same, gone = merged(data)
        assert gone.empty
        assert same.ladder.ids == data.ladder.ids

    def test_a_thin_threshold_is_merged_and_named(self, kitchens):
        """Three towns tell a notice from a fine; asked for four, the threshold goes."""
        full = severity_data(kitchens, ladder="all-steps")
        shorter, gone = merged(full, minimum_forces=4)
        assert "notice|fine" in set(gone["threshold"])
        assert "Written notice or Fine" in shorter.ladder.labels.values()
        assert "Merged" in tell.merges(gone, shorter)


class TestCompleteLists:
    def test_counts(self, data):
        frame = complete_lists(data)
        top = frame[(frame["rung"] == "shut") & (frame["force"] == "Aldermoor")]
        assert list(zip(top["role"], top["n"], top["of"], strict=True)) == [
            ("public", 1, 19),
            ("private", 3, 15),
        ]
        assert "Dunvale" not in set(frame["force"])
        assert "Eastmark" not in set(frame["force"])

    def test_none(self, data):
        lists = complete_lists(_only(data, "Dunvale"))
        assert lists.empty
        assert tell.complete_lists(lists, ROLES, data.ladder.labels).empty
        said = tell.worst_in_words(lists, "shut", ROLES, data.ladder.labels)
        assert said == "No answer prints role and outcome together for all its cases."


def test_value_ids_are_plain():
    assert value_id("odds_ratio", "Part-time+full") == "odds_ratio_part_time_full"
    assert value_id("3", "x") == "v_3_x"


def test_probabilities_sum_to_one(fit, data):
    frame = tell.probabilities(fit, data.roles.labels, data.ladder.labels)
    sums = frame.groupby("role")["estimate"].sum()
    assert np.allclose(sums, 1)


def test_predicted_and_printed(fit, data):
    predicted = tell.predicted(fit, data, data.ladder.labels)
    nothing = pd.DataFrame(columns=["rung", "label", "n_low", "n_high", "of", "low", "high"])
    table = tell.predicted_and_printed(predicted, nothing)
    assert set(table["Printed"]) == {"not printed"}
    printed = pd.DataFrame(
        [("shut", "Kitchen closed", 90, 99, 100, 0.9, 0.99)], columns=nothing.columns
    )
    table = tell.predicted_and_printed(predicted, printed).set_index("Outcome")
    assert table.loc["Kitchen closed", "Interval meets the printed range"] == "no"


def test_limits_are_said():
    assert tell.limit(np.inf) == "no limit"
    assert tell.limit(2.5) == 2.5
