"""What groups of cases can tell, and shorter ladders where they cannot."""

import pytest

from foistats.errors import ModelError, NotIdentifiedError, UsageError
from foistats.severity.groups.case_groups import CaseGroup, Cell
from foistats.severity.groups.identification import identifiability
from foistats.severity.groups.ladders import merge_thin_thresholds
from foistats.severity.model import CumulativeLinkModel

LADDER = ("none", "advice", "warning", "left")
THREE = ("none", "advice", "left")
TWO = ("none", "left")


def cell(roles, rungs, low, high=None):
    split = frozenset(rungs.split("|")) if rungs else frozenset()
    return Cell(frozenset(roles.split("|")), split, low, low if high is None else high)


def one_group(force, *cells):
    return CaseGroup(f"group of {force}", force, (cells,))


def officers(force, **counts):
    cells = [cell("officer", name.replace("_or_", "|"), n) for name, n in counts.items()]
    return one_group(force, *cells)


def test_identifiability_counts_statements_cases_and_forces():
    groups = [
        officers("a", none=5, advice_or_warning=3, left=2),
        one_group(
            "b", cell("officer|staff", "none|advice|warning", 4), cell("staff", "left", 1, 3)
        ),
        officers("c", none=0, advice_or_warning_or_left=2),
    ]
    table = identifiability(groups, LADDER, ("officer", "staff"))
    assert table.iloc[:3].to_dict("list") == {
        "threshold": ["none|advice", "advice|warning", "warning|left"],
        "role": ["(all)"] * 3,
        "statements": [3, 0, 4],
        "cases": [10, 0, 10],
        "forces": [2, 0, 2],
        "separated_by": ["a, c", "", "a, b"],
    }
    assert table.loc[table["role"] == "staff", "cases"].tolist() == [0, 0, 1]


def test_thin_thresholds_are_merged_pooled_and_listed():
    groups = [
        officers("a", none=5, advice=1, warning=2, left=2),
        officers("b", none=5, advice_or_warning=3, left=2),
        officers("c", none=5, advice=1, warning_or_left=6),
    ]
    merged = merge_thin_thresholds(groups, LADDER, minimum_forces=3)
    assert merged.ladder == ("none", "advice+warning+left")
    assert merged.rungs == {"none": ("none",), "advice+warning+left": ("advice", "warning", "left")}
    assert merged.merged["threshold"].tolist() == ["advice|warning", "warning|left"]
    last = {next(iter(c.rungs)): c.n_low for c in merged.groups[2].partitions[0]}
    assert last == {"none": 5, "advice+warning+left": 7}
    two = merge_thin_thresholds(groups, LADDER)
    assert two.ladder == LADDER
    assert two.merged.empty
    with pytest.raises(NotIdentifiedError, match="no threshold of none, advice"):
        merge_thin_thresholds(groups, LADDER, minimum_forces=4)
    with pytest.raises(UsageError, match="must be at least 1"):
        merge_thin_thresholds(groups, LADDER, minimum_forces=0)


def test_merging_pools_cells_that_come_to_overlap_and_looks_again():
    groups = [
        officers("a", none=5, advice=1, warning_or_left=6),
        officers("b", none=5, advice_or_warning=3, left=2),
        officers("d", none_or_advice_or_warning=5, left=2),
    ]
    merged = merge_thin_thresholds(groups, LADDER)
    assert merged.ladder == ("none", "advice+warning", "left")
    first = {"|".join(sorted(c.rungs)): c.n_low for c in merged.groups[0].partitions[0]}
    assert first == {"none": 5, "advice+warning|left": 7}  # 1 and 6, no longer told apart


def both(force, *counts):
    pairs = [(role, rung) for role in ("officer", "staff") for rung in TWO]
    cells = [cell(*pair, n) for pair, n in zip(pairs, counts, strict=True)]
    return one_group(force, *cells)


PLAIN = both("a", 5, 4, 3, 4)


@pytest.mark.parametrize(
    ("groups", "ladder", "by_force", "message"),
    [
        ([PLAIN], THREE, False, "no case at advice"),
        (
            [
                one_group(
                    "a",
                    cell("officer", "none", 5),
                    cell("officer", "advice|left", 4),
                    cell("staff", "none", 3),
                    cell("staff", "advice|left", 4),
                )
            ],
            THREE,
            False,
            r"no statement separates advice\|left",
        ),
        ([PLAIN], TWO, True, "1 force.s. with outcomes|a single group 'a'"),
        (
            [
                one_group(f, cell("officer|staff", "none", 5), cell("officer|staff", "left", 4))
                for f in "abc"
            ],
            TWO,
            True,
            "officer and staff never occur apart",
        ),
        (
            [officers(f, none=5, left=4) for f in "abc"],
            TWO,
            True,
            "no case with an outcome can have the role staff",
        ),
        (
            [both(f, 5, 4, 0, 4) for f in "abc"],
            TWO,
            True,
            "every case that can be staff can be at 'left', so that its estimate runs to infinity",
        ),
        (
            [
                officers("a", none=5, left=4),
                one_group("b", cell("staff", "none", 5), cell("staff", "left", 4)),
            ],
            TWO,
            True,
            "leave nothing to estimate how forces differ",
        ),
        (
            [officers("a", none=5, advice=0, advice_or_left=4)],
            THREE,
            False,
            "overlap in outcome",
        ),
    ],
)
def test_what_groups_cannot_tell_is_refused_by_name(groups, ladder, by_force, message):
    model = CumulativeLinkModel("severity ~ role", ladder, groups="force" if by_force else "")
    with pytest.raises(ModelError, match=message):
        model.fit(groups, composition={"role": {"officer": 0.7, "staff": 0.3}})


def test_thresholds_that_only_occur_together_are_named():
    ends_pooled = officers("a", none_or_left=9, advice=4)
    model = CumulativeLinkModel("severity ~ 1", THREE)
    with pytest.raises(NotIdentifiedError, match=r"none\|advice, advice\|left"):
        model.fit([ends_pooled], composition={"role": {"officer": 1.0}})


def test_a_rung_that_the_likelihood_takes_for_empty():
    """Nobody is found at "advice" alone, so that the threshold above it meets the one below."""
    groups = [officers("a", none=5, advice_or_left=4), officers("b", none=9, advice=0, left=8)]
    model = CumulativeLinkModel("severity ~ 1", THREE)
    with pytest.raises(NotIdentifiedError, match=r"advice run together|to minus infinity"):
        model.fit(groups, composition={"role": {"officer": 1.0}})


def test_forces_wholly_apart_have_no_finite_standard_deviation():
    groups = [officers(f, none=9, left=0) for f in "abc"] + [officers(f, left=9) for f in "def"]
    model = CumulativeLinkModel("severity ~ 1", TWO, groups="force")
    with pytest.raises(ModelError, match="no finite estimate of the random intercept's standard"):
        model.fit(groups, composition={"role": {"officer": 1.0}})
