"""The likelihood of a group against the enumeration of every way its cases can fall."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foistats.errors import ModelError
from foistats.severity.integer_tables import Interval, count_vectors
from foistats.severity.likelihood import (
    CaseGroup,
    CaseSpace,
    Cell,
    log_rung_probabilities,
    prepare_group,
)
from foistats.severity.links import LINKS

LADDER = ("none", "warning", "left")
ROLES = ("officer", "staff")
SPACE = CaseSpace(LADDER, ROLES, (0.7, 0.3))
ANY = "none|warning|left"
BOTH = "officer|staff"


def cell(roles, rungs, low, high=None):
    split = frozenset(rungs.split("|")) if rungs else frozenset()
    return Cell(frozenset(roles.split("|")), split, low, low if high is None else high)


def group(*partitions):
    return CaseGroup("g", "f", tuple(tuple(cells) for cells in partitions))


PROBABILITIES = np.array([[0.5, 0.3, 0.2], [0.25, 0.35, 0.4]])


def likelihood(case_group):
    log_rungs = np.log(PROBABILITIES)[None]
    return float(np.exp(prepare_group(case_group, SPACE).log_likelihood(log_rungs)[0]))


def brute_force(case_group, off=0):
    """Sum over tables (role x rung, and off the ladder): n_on! n_off! prod p^n / n!.

    `off` is the largest number of cases off the ladder; where it is 0, there are none.
    """
    places = [(r, k) for r in range(2) for k in range(4 if off else 3)]
    weights = [SPACE.shares[r] * (PROBABILITIES[r][k] if k < 3 else 1.0) for r, k in places]
    most = min(sum(c.n_high for c in cells) for cells in case_group.partitions)
    least = max(sum(c.n_low for c in cells) for cells in case_group.partitions)
    total = 0.0
    for counts in itertools.product(range(most + 1), repeat=len(places)):
        if not least <= sum(counts) <= most or not satisfies(case_group, places, counts):
            continue
        n_off = sum(n for n, (_, k) in zip(counts, places, strict=True) if k == 3)
        term = math.factorial(sum(counts) - n_off) * math.factorial(n_off)
        for n, weight in zip(counts, weights, strict=True):
            term *= weight**n / math.factorial(n)
        total += term
    return total


def satisfies(case_group, places, counts):
    for cells in case_group.partitions:
        own = {role for c in cells if not c.rungs for role in c.roles}
        left = list(counts)
        for c in cells:
            found = 0
            for position, (r, k) in enumerate(places):
                if ROLES[r] not in c.roles:
                    continue
                open_outcome = len(c.rungs) == 3 and not c.roles & own
                inside = (LADDER[k] in c.rungs) if k < 3 else (not c.rungs or open_outcome)
                if inside:
                    found += counts[position]
                    left[position] = 0
            if not c.n_low <= found <= c.n_high:
                return False
        if any(left):
            return False
    return True


ONE_PARTITION = {
    "in full": [cell("officer", "none", 2), cell("officer", "left", 1), cell("staff", ANY, 2)],
    "coarse": [cell(BOTH, "none", 2), cell(BOTH, "warning|left", 3)],
    "coarse roles": [cell(BOTH, "none|left", 2), cell("staff", "warning", 1)],
    "interval": [cell("officer", "none", 2), cell(BOTH, "left", 1, 3)],
    "two intervals": [cell("officer", "none", 0, 2), cell("staff", "warning|left", 1, 2)],
    "zero": [cell("officer", "none", 0), cell("staff", "left", 2)],
}
TWO_PARTITIONS = {
    "two margins": (
        [cell("officer", ANY, 3), cell("staff", ANY, 2)],
        [cell(BOTH, "none", 2), cell(BOTH, "warning", 1), cell(BOTH, "left", 2)],
    ),
    "coarse margins": (
        [cell("officer", ANY, 3), cell("staff", "none|warning", 1), cell("staff", "left", 1)],
        [cell(BOTH, "none", 2), cell(BOTH, "warning|left", 3)],
    ),
    "interval in one": (
        [cell("officer", ANY, 3), cell("staff", ANY, 2)],
        [cell(BOTH, "none", 1, 3), cell(BOTH, "warning|left", 2, 3)],
    ),
    "intervals in both": (
        [cell("officer", ANY, 1, 3), cell("staff", ANY, 1, 2)],
        [cell(BOTH, "none", 1, 2), cell(BOTH, "warning|left", 1, 3)],
    ),
}
OFF_LADDER = {
    "one partition": ([cell("officer", "none", 2), cell("officer", "", 1), cell("staff", "", 1)],),
    "one partition, interval": (
        [cell("officer", "none", 2), cell("staff", "left", 1), cell(BOTH, "", 1, 2)],
    ),
    "two margins": (
        [cell("officer", ANY, 3), cell("staff", ANY, 2)],
        [cell(BOTH, "none|warning", 2), cell(BOTH, "left", 1), cell(BOTH, "", 2)],
    ),
    "two margins, interval": (
        [cell("officer", ANY, 2), cell("staff", ANY, 2)],
        [cell(BOTH, "none|warning", 1, 2), cell(BOTH, "left", 1), cell(BOTH, "", 1, 2)],
    ),
    "off in both": (
        [
            cell("officer", ANY, 2),
            cell("officer", "", 1),
            cell("staff", ANY, 1),
            cell("staff", "", 1),
        ],
        [cell(BOTH, "none", 2), cell(BOTH, "warning|left", 1), cell(BOTH, "", 2)],
    ),
}


@pytest.mark.parametrize("name", ONE_PARTITION)
def test_one_partition(name):
    case_group = group(ONE_PARTITION[name])
    assert likelihood(case_group) == pytest.approx(brute_force(case_group), rel=1e-12)


@pytest.mark.parametrize("name", TWO_PARTITIONS)
def test_two_partitions_in_either_order(name):
    one, other = TWO_PARTITIONS[name]
    known = brute_force(group(one, other))
    assert likelihood(group(one, other)) == pytest.approx(known, rel=1e-12)
    assert likelihood(group(other, one)) == pytest.approx(known, rel=1e-12)


@pytest.mark.parametrize("name", OFF_LADDER)
def test_cases_off_the_ladder(name):
    case_group = group(*OFF_LADDER[name])
    assert likelihood(case_group) == pytest.approx(brute_force(case_group, off=2), rel=1e-12)


def test_exact_cells_are_a_multinomial_probability():
    counts = {("officer", "none"): 4, ("staff", "none"): 1, ("staff", "left"): 3}
    known = math.factorial(8)
    for (role, rung), n in counts.items():
        r = ROLES.index(role)
        p = SPACE.shares[r] * PROBABILITIES[r][LADDER.index(rung)]
        known *= p**n / math.factorial(n)
    cells = [cell(role, rung, n) for (role, rung), n in counts.items()]
    assert likelihood(group(cells)) == pytest.approx(known, rel=1e-12)


def test_a_role_stated_for_some_cases_only_is_taken_as_left_out_at_random():
    """Each case counts with the probability of the set it is put in."""
    cells = [cell("officer", "left", 2), cell(BOTH, "left", 3), cell("staff", ANY, 1)]
    of_set = [0.7 * 0.2, 0.7 * 0.2 + 0.3 * 0.4, 0.3]
    known = math.factorial(6) / (2 * 6) * of_set[0] ** 2 * of_set[1] ** 3 * of_set[2]
    assert likelihood(group(cells)) == pytest.approx(known, rel=1e-12)
    roles = [cell("officer", ANY, 4), cell("staff", ANY, 2)]
    both_off_three = math.factorial(6) / (2 * 2) * of_set[0] ** 2 * 0.3
    both_off_three *= of_set[0] ** 2 * (0.3 * 0.4)
    assert likelihood(group(cells, roles)) == pytest.approx(both_off_three, rel=1e-12)


def test_a_partition_beside_a_total_says_no_more_than_by_itself():
    cells = ONE_PARTITION["coarse roles"]
    total = [cell(BOTH, ANY, 3)]
    assert likelihood(group(cells, total)) == pytest.approx(likelihood(group(cells)), rel=1e-12)


def test_large_margins_do_not_underflow():
    roles = [cell("officer", ANY, 300), cell("staff", ANY, 60)]
    outcomes = [cell(BOTH, "none", 200), cell(BOTH, "warning", 100), cell(BOTH, "left", 60)]
    log_rungs = np.log(PROBABILITIES)[None]
    found = prepare_group(group(roles, outcomes), SPACE).log_likelihood(log_rungs)[0]
    assert -40 < found < 0


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=2, max_size=2))
def test_all_outcome_margins_of_given_role_margins_add_up_to_the_role_probability(roles):
    margin = [cell(role, ANY, n) for role, n in zip(ROLES, roles, strict=True)]
    size = sum(roles)
    total = 0.0
    for counts in count_vectors([Interval(0, size)] * 3, Interval(size, size)):
        outcomes = [cell(BOTH, k, int(n)) for k, n in zip(LADDER, counts, strict=True)]
        total += likelihood(group(margin, outcomes))
    assert total == pytest.approx(likelihood(group(margin)), rel=1e-12)


@pytest.mark.parametrize("link", LINKS)
def test_rung_probabilities_sum_to_one_and_have_exact_derivatives(link):
    def log_rungs(point):
        beta = np.concatenate([[0.0], point[2:3]])
        return log_rung_probabilities(LINKS[link], point[:2], beta, point[3:])

    point = np.array([-0.4, 0.9, 0.6, 0.3])
    np.testing.assert_allclose(np.exp(log_rungs(point)).sum(axis=-1), 1, rtol=1e-13)
    for place in range(4):
        unit = np.eye(4)[place]
        exact = np.imag(log_rungs(point + 1e-20j * unit)) / 1e-20
        step = 1e-6 * unit
        difference = (log_rungs(point + step) - log_rungs(point - step)) / 2e-6
        np.testing.assert_allclose(exact, difference, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize(
    ("partitions", "message"),
    [
        ([[cell(BOTH, ANY, 1)]] * 3, "group 'g': 3 partitions of its cases"),
        ([], "group 'g': 0 partitions"),
        ([[]], "a partition without cells"),
        ([[cell(BOTH, ANY, 2)], [cell(BOTH, "none", 3)]], "same total: 2-2 and 3-3 cases"),
        ([[cell(BOTH, "none", 3, 2)]], r"cell \(officer or staff: none\) has the count 3-2"),
        ([[cell("officer", "nonee", 1)]], "unknown rung 'nonee'; did you mean 'none'"),
        ([[cell("offcer", "none", 1)]], "unknown role 'offcer'; did you mean 'officer'"),
        ([[Cell(frozenset(), frozenset({"none"}), 1, 1)]], "has no role"),
        ([[cell(BOTH, "none", 3), cell("staff", "none|left", 3)]], "overlap in outcome; pool them"),
        (
            [
                [cell("officer", "none", 2), cell("staff", "left", 1)],
                [cell("officer", ANY, 1), cell("staff", ANY, 2)],
            ],
            "group 'g': no table of counts satisfies its statements",
        ),
        (
            [
                [cell("officer", "", 1), cell("officer", "none", 2), cell("staff", ANY, 2)],
                [
                    cell(BOTH, "left", 2),
                    cell(BOTH, ANY.replace("left|", "").replace("|left", ""), 3),
                ],
            ],
            "neither tells for every case whether it is off the ladder",
        ),
        (
            [[cell(BOTH, "none", 0, 2000), cell(BOTH, "warning", 0, 2000), cell(BOTH, "left", 1)]],
            "ways to fill one row of the table",
        ),
    ],
)
def test_groups_that_break_the_rules_are_refused(partitions, message):
    with pytest.raises(ModelError, match=message):
        prepare_group(group(*partitions), SPACE)
