"""The likelihood of a group against the enumeration of every way its cases can fall."""

import itertools
import math
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from foistats.errors import ModelError, UsageError
from foistats.severity.engine.conditional import ConditionalLikelihood
from foistats.severity.engine.design import Columns, Design
from foistats.severity.engine.formula import design_columns, parse_terms
from foistats.severity.engine.integer_tables import Interval, count_vectors
from foistats.severity.engine.links import LINKS
from foistats.severity.engine.marginal import MarginalLikelihood
from foistats.severity.engine.statements import observe_groups
from foistats.severity.groups.case_groups import CaseGroup, CaseSpace, Cell
from foistats.severity.model import CumulativeLinkModel

LADDER = ("none", "warning", "left")
ROLES = ("officer", "staff")
SPACE = CaseSpace(LADDER, ROLES, (0.7, 0.3))
ANY = "none|warning|left"
BOTH = "officer|staff"
VECTOR = np.array([-0.3, 0.9, 0.6])
"""Two thresholds, and the effect of staff."""


def cell(roles, rungs, low, high=None):
    split = frozenset(rungs.split("|")) if rungs else frozenset()
    return Cell(frozenset(roles.split("|")), split, low, low if high is None else high)


def group(*partitions, name="g", force="f", covariates=()):
    return CaseGroup(name, force, tuple(map(tuple, partitions)), dict(covariates))


def likelihood_of(*groups, link="logit", formula="role", random=False, points=9):
    """Return the log-likelihood of groups as a function of the parameter vector."""
    terms = parse_terms(formula)
    seen = observe_groups(groups, SPACE, covariates=terms.names, by_force=random)
    nothing = Columns(np.zeros((len(seen.points), 0)))
    location = Columns(design_columns(terms, seen.points).matrix)
    begin = np.searchsorted(seen.point_force, np.arange(len(seen.forces) + 1))
    design = Design(seen.cuts, nothing, location, nothing, begin, random)
    return MarginalLikelihood(ConditionalLikelihood(LINKS[link], design, seen), points)


def probabilities(vector, link="logit"):
    edges = vector[:2] - np.array([0.0, vector[2]])[:, None]
    return np.diff(LINKS[link].cdf(edges), axis=1, prepend=0.0, append=1.0)


PROBABILITIES = probabilities(VECTOR)


def likelihood(*groups):
    return float(np.exp(likelihood_of(*groups).evaluate(VECTOR, order=0).value))


def brute_force(case_group, vector=VECTOR, off=0, link="logit"):
    """Sum over tables (role x rung, and off the ladder): n_on! n_off! prod p^n / n!.

    `off` is the largest number of cases off the ladder; where it is 0, there are none.
    """
    shares = probabilities(vector, link)
    places = tuple((r, k) for r in range(2) for k in range(4 if off else 3))
    weights = [SPACE.shares[r] * (shares[r][k] if k < 3 else 1.0) for r, k in places]
    total = 0.0
    for counts in tables_of(case_group.partitions, places):
        n_off = sum(n for n, (_, k) in zip(counts, places, strict=True) if k == 3)
        term = math.factorial(sum(counts) - n_off) * math.factorial(n_off)
        for n, weight in zip(counts, weights, strict=True):
            term *= weight**n / math.factorial(n)
        total += term
    return total


@cache
def tables_of(partitions, places):
    """Return every table that satisfies the statements; it does not depend on the model."""
    most = min(sum(c.n_high for c in cells) for cells in partitions)
    least = max(sum(c.n_low for c in cells) for cells in partitions)
    return [
        counts
        for counts in itertools.product(range(most + 1), repeat=len(places))
        if least <= sum(counts) <= most and satisfies(partitions, places, counts)
    ]


def satisfies(partitions, places, counts):
    for cells in partitions:
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
CASES = {
    **{f"one partition, {name}": ((cells,), 0) for name, cells in ONE_PARTITION.items()},
    **{f"two partitions, {name}": (both, 0) for name, both in TWO_PARTITIONS.items()},
    **{f"two partitions turned, {name}": (both[::-1], 0) for name, both in TWO_PARTITIONS.items()},
    **{f"off the ladder, {name}": (partitions, 2) for name, partitions in OFF_LADDER.items()},
}


@pytest.mark.parametrize("name", CASES)
def test_the_likelihood_is_the_sum_over_tables(name):
    partitions, off = CASES[name]
    case_group = group(*partitions)
    assert likelihood(case_group) == pytest.approx(brute_force(case_group, off=off), rel=1e-12)


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("name", CASES)
def test_gradient_and_information_are_derivatives_of_the_sum(name, link):
    partitions, off = CASES[name]
    case_group = group(*partitions)
    marginal = likelihood_of(case_group, link=link)
    found = marginal.evaluate(VECTOR, order=2)
    step = 1e-4

    def log_sum(vector):
        return math.log(brute_force(case_group, vector, off, link))

    assert found.value == pytest.approx(log_sum(VECTOR), rel=1e-11)
    units = np.eye(3)
    slopes = [
        (log_sum(VECTOR + step * unit) - log_sum(VECTOR - step * unit)) / (2 * step)
        for unit in units
    ]
    np.testing.assert_allclose(found.gradient, slopes, atol=1e-6)
    ends = [
        [marginal.evaluate(VECTOR + s * step * unit, order=1).gradient for s in (1, -1)]
        for unit in units
    ]
    curved = [(below - above) / (2 * step) for above, below in ends]
    np.testing.assert_allclose(found.information, curved, atol=1e-6)


@pytest.mark.parametrize("name", CASES)
def test_with_a_random_intercept_the_sum_is_averaged(name):
    """Twenty-five points against a fine trapezoidal sum of the enumeration."""
    partitions, off = CASES[name]
    case_group, sd = group(*partitions), 0.8
    marginal = likelihood_of(case_group, random=True, points=25)
    found = marginal.evaluate(np.append(VECTOR, np.log(sd)), order=0).value
    grid = np.linspace(-7, 7, 141)
    values = [brute_force(case_group, VECTOR - sd * z * np.array([1, 1, 0]), off) for z in grid]
    weights = np.exp(-0.5 * grid**2)
    assert found == pytest.approx(np.log(weights @ values / weights.sum()), abs=1e-8)


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
    officer, staff = (0.7, 0.3) * PROBABILITIES[:, 2]
    of_set = [officer, officer + staff, 0.3]
    known = math.factorial(6) / (2 * 6) * of_set[0] ** 2 * of_set[1] ** 3 * of_set[2]
    assert likelihood(group(cells)) == pytest.approx(known, rel=1e-12)
    roles = [cell("officer", ANY, 4), cell("staff", ANY, 2)]
    known = math.factorial(6) / (2 * 2) * officer**4 * staff * 0.3
    assert likelihood(group(cells, roles)) == pytest.approx(known, rel=1e-12)


def test_a_partition_beside_a_total_says_no_more_than_by_itself():
    cells = ONE_PARTITION["coarse roles"]
    total = [cell(BOTH, ANY, 3)]
    assert likelihood(group(cells, total)) == pytest.approx(likelihood(group(cells)), rel=1e-12)


def test_an_interval_of_one_number_is_that_number():
    """A table with one inside says what its cells say."""
    wide = [cell("officer", "none", 2), cell("staff", "left", 1, 2)]
    total = [cell(BOTH, ANY, 4)]
    narrow = [cell("officer", "none", 2), cell("staff", "left", 2)]
    assert likelihood(group(wide, total)) == pytest.approx(likelihood(group(narrow)), rel=1e-12)


def test_groups_are_multiplied():
    one, other = group(ONE_PARTITION["coarse"]), group(*TWO_PARTITIONS["two margins"], name="h")
    known = likelihood(one) * likelihood(other)
    assert likelihood(one, other) == pytest.approx(known, rel=1e-12)
    assert likelihood(other, one) == pytest.approx(known, rel=1e-12)


def test_cases_without_a_rung_say_only_what_their_roles_say():
    """Nine off the ladder move no parameter, wherever the roles of the rest are printed."""
    cells = [cell("officer", "none", 3), cell("staff", "left", 2)]
    off = [cell("officer", "", 6), cell("staff", "", 3)]
    with_them, without = likelihood_of(group([*cells, *off])), likelihood_of(group(cells))
    constant = special.gammaln(10) - special.gammaln(7) - special.gammaln(4)
    constant += 6 * np.log(0.7) + 3 * np.log(0.3)
    for vector in (VECTOR, VECTOR + 0.3):
        both = [found.evaluate(vector, order=1) for found in (with_them, without)]
        assert both[0].value == pytest.approx(both[1].value + constant, rel=1e-12)
        np.testing.assert_allclose(both[0].gradient, both[1].gradient, rtol=1e-12)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(st.lists(st.integers(0, 3), min_size=2, max_size=2).filter(any))
def test_all_outcome_margins_of_given_role_margins_add_up_to_the_role_probability(roles):
    margin = [cell(role, ANY, n) for role, n in zip(ROLES, roles, strict=True)]
    size = sum(roles)
    total = 0.0
    for counts in count_vectors([Interval(0, size)] * 3, Interval(size, size)):
        outcomes = [cell(BOTH, k, int(n)) for k, n in zip(LADDER, counts, strict=True)]
        total += likelihood(group(margin, outcomes))
    known = math.comb(size, roles[0]) * 0.7 ** roles[0] * 0.3 ** roles[1]
    assert total == pytest.approx(known, rel=1e-12)


def test_points_are_roles_in_forces_with_the_covariates_of_the_groups():
    groups = [
        group(
            [cell("staff", "left", 1), cell(BOTH, "none", 2)],
            name="g2",
            force="b",
            covariates={"year": 2013.0, "unit": "people"},
        ),
        group(
            [cell("officer", "left", 4)],
            name="g1",
            force="a",
            covariates={"year": 2012.0, "unit": "people"},
        ),
    ]
    seen = observe_groups(groups, SPACE, covariates=("role", "year", "unit"), by_force=True)
    assert seen.forces == ("a", "b")
    known = pd.DataFrame(
        {"role": ["officer", "officer", "staff"], "year": [2012.0, 2013.0, 2013.0]}
    )
    points = seen.points.sort_values(["year", "role"], ignore_index=True)
    assert points[["role", "year"]].astype(object).equals(known.astype(object))
    assert seen.points["unit"].tolist() == ["people"] * 3
    assert seen.n_rows == 3
    with pytest.raises(UsageError, match="year"):
        observe_groups(
            [group([cell("staff", "left", 1)])], SPACE, covariates=("role", "year"), by_force=False
        )


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
                [cell(BOTH, "left", 2), cell(BOTH, "none|warning", 3)],
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
        likelihood_of(group(*partitions))


def test_all_wrong_groups_are_named_at_once():
    wrong = [
        group([cell("officer", "nonne", 1)], name="one"),
        group([cell("officer", "leftt", 1)], name="two"),
        group([cell("officer", "none", 1)], name="one"),
    ]
    with pytest.raises(ModelError, match=r"'nonne'[\s\S]*'leftt'[\s\S]*'one' occurs twice"):
        likelihood_of(*wrong)


GROUPS = [
    group(
        [
            cell("officer", "none", a),
            cell("officer", "warning|left", b),
            cell("staff", "none", c),
            cell("staff", "warning", 1),
            cell("staff", "left", d),
        ],
        name=name,
        force=name,
    )
    for name, a, b, c, d in (("a", 5, 4, 3, 4), ("b", 6, 2, 3, 2), ("c", 2, 3, 1, 5))
]


def model(**settings):
    return CumulativeLinkModel(**({"formula": "severity ~ role", "ladder": LADDER} | settings))


@pytest.mark.parametrize(
    ("composition", "message"),
    [
        ({"officer": 0.5, "pcso": 0.5}, "unknown role 'staff'"),
        ({"officer": 0.7, "staff": 0.2}, "together they must be 1"),
        ({"officer": 1.0, "staff": 0.0}, "each must be positive"),
    ],
)
def test_wrong_compositions_are_refused(composition, message):
    with pytest.raises((UsageError, ModelError), match=message):
        model().fit(GROUPS, composition={"role": composition})


def test_groups_need_a_ladder_a_composition_and_no_weights():
    shares = {"role": {"officer": 0.7, "staff": 0.3}}
    for changes, arguments, message in (
        ({}, {}, "groups of cases need a ladder and composition="),
        ({"ladder": ()}, {"composition": shares}, "groups of cases need a ladder"),
        ({}, {"composition": shares, "weights": "n"}, "groups of cases have counts of their own"),
    ):
        with pytest.raises(UsageError, match=message):
            model(**changes).fit(GROUPS, **arguments)
    for wrong in ("register.csv", [1, 2], 3):
        with pytest.raises(UsageError, match="a DataFrame, a Register, SeverityData or"):
            model().fit(wrong)


def test_groups_in_full_are_the_frame_of_their_cases():
    """The log-likelihoods differ by the multinomial coefficients and the shares of the roles."""
    counts = {"a": (5, 1, 2, 3, 2, 4), "b": (6, 1, 3, 2, 2, 3), "c": (2, 3, 4, 1, 4, 6)}
    rows = [
        (force, role, rung, counts[force][3 * r + k])
        for force in counts
        for r, role in enumerate(ROLES)
        for k, rung in enumerate(LADDER)
    ]
    frame = pd.DataFrame(rows, columns=["force", "role", "severity", "n"])
    groups = [
        group([cell(r.role, r.severity, r.n) for r in part.itertuples()], name=force, force=force)
        for force, part in frame.groupby("force")
    ]
    shares = {"officer": 0.7, "staff": 0.3}
    for grouped in ("", "force"):
        by_row = model(groups=grouped).fit(frame, weights="n")
        by_group = model(groups=grouped).fit(groups, composition={"role": shares})
        np.testing.assert_allclose(by_group.solution.vector, by_row.solution.vector, atol=1e-7)
        np.testing.assert_allclose(by_group.covariance, by_row.covariance, rtol=1e-6)
        constant = frame["n"] @ np.log(frame["role"].map(shares))
        for n in counts.values():
            constant += special.gammaln(sum(n) + 1) - special.gammaln(np.array(n) + 1).sum()
        expected = by_row.log_likelihood + constant
        assert by_group.log_likelihood == pytest.approx(expected, rel=1e-12)


def test_a_force_whose_statements_say_nothing_changes_nothing():
    """Its cases are of any outcome: it has no points, no intercept, and a constant share."""
    told = [
        group(
            (
                cell("officer", "none", 4 + n % 3),
                cell("officer", "left", 2),
                cell("staff", "none", 2),
                cell("staff", "left", 3 + n % 2),
            ),
            name=f"g{n}",
            force=f"f{n}",
        )
        for n in range(8)
    ]
    silent = group((cell(BOTH, ANY, 5),), name="silent", force="zz")
    question = CumulativeLinkModel("outcome ~ role", ladder=["none", "left"], groups="force")
    shares = {"role": dict(zip(ROLES, SPACE.shares, strict=True))}
    two = [_on_two_rungs(one) for one in (*told, silent)]
    without = question.fit(two[:-1], composition=shares)
    with_it = question.fit(two, composition=shares)
    assert with_it.observations.forces == without.observations.forces
    assert with_it.log_likelihood == pytest.approx(without.log_likelihood, abs=1e-10)


def _on_two_rungs(one):
    """Return a group with the rung between left out of every outcome set."""
    cells = tuple(
        Cell(c.roles, c.rungs - {"warning"}, c.n_low, c.n_high) for c in one.partitions[0]
    )
    return CaseGroup(one.group, one.force, (cells,))
