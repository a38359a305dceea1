"""Totals: generating functions against enumeration, and the rules against counting twice."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from scipy import optimize, special

from foistats.errors import ModelError, OverlapError, UsageError
from foistats.register import read_register
from foistats.severity.groups.case_groups import CaseGroup, Cell
from foistats.severity.groups.cells import severity_data
from foistats.severity.model import CumulativeLinkModel
from foistats.severity.what_if.national import national_total
from foistats.severity.what_if.total_statements import Member, RungCount, Total, sizes_between
from foistats.severity.what_if.totals import augment, augmented_likelihood

LADDER = ("none", "short", "left")
ROLES = {"officer": 0.7, "staff": 0.3}
COMPOSITION = {"role": ROLES}
OFFICER, STAFF, BOTH = frozenset({"officer"}), frozenset({"staff"}), frozenset(ROLES)


def cell(roles, rungs, n, high=None):
    rungs = LADDER if rungs == "any" else rungs.split()
    return Cell(roles, frozenset(rungs), n, n if high is None else high)


def group(name, *partitions, force=""):
    return CaseGroup(name, force or name.upper(), tuple(tuple(cells) for cells in partitions))


GROUPS = (
    group(
        "exact",
        [cell(OFFICER, "none", 1), cell(STAFF, "left", 1), cell(OFFICER, "short", 2)],
    ),
    group("one-open", [cell(OFFICER, "left", 1), cell(BOTH, "none short", 3)]),
    group(
        "two-open",
        [cell(OFFICER, "none short", 2), cell(STAFF, "short left", 2), cell(BOTH, "any", 1)],
    ),
    group(
        "margins",
        [cell(BOTH, "none", 1), cell(BOTH, "short", 2), cell(BOTH, "left", 1)],
        [cell(OFFICER, "any", 2), cell(STAFF, "any", 2)],
    ),
    group(
        "blurred",
        [cell(BOTH, "none short", 3), cell(BOTH, "left", 1)],
        [cell(OFFICER, "any", 2), cell(STAFF, "any", 2)],
    ),
    group("large", [cell(r, k, n) for r, k, n in (
        (OFFICER, "none", 14), (OFFICER, "short", 20), (OFFICER, "left", 4),
        (STAFF, "none", 3), (STAFF, "short", 9), (STAFF, "left", 8))]),
    group("mild", [cell(r, k, n) for r, k, n in (
        (OFFICER, "none", 22), (OFFICER, "short", 6), (OFFICER, "left", 1),
        (STAFF, "none", 5), (STAFF, "short", 5), (STAFF, "left", 1))]),
    group("other-part", [cell(OFFICER, "short", 2), cell(STAFF, "left", 1)], force="EXACT"),
)  # fmt: skip


@pytest.fixture(scope="module")
def fit():
    model = CumulativeLinkModel("severity ~ role", ladder=LADDER, groups="force")
    return model.fit(GROUPS, composition=COMPOSITION)


def total(*statements, **fields):
    said = tuple(RungCount(frozenset(s.split()), low, high) for s, low, high in statements)
    return Total("nation", said, **fields)


def likelihood(fit, *totals, **options):
    return augmented_likelihood(fit, GROUPS, totals, composition=COMPOSITION, **options)


# ---- enumeration -----------------------------------------------------------------------------


def nodes(sd, vector):
    """Role x rung probabilities at Gauss-Hermite nodes, by hand."""
    x, w = np.polynomial.hermite.hermgauss(120)
    u = np.sqrt(2) * x * sd
    low, high, beta = vector[:3]
    probabilities = {}
    for role, shift in (("officer", 0.0), ("staff", beta)):
        below = special.expit(np.array([low, high])[:, None] - shift - u)
        rungs = np.diff(np.vstack([np.zeros(len(u)), below, np.ones(len(u))]), axis=0)
        for rung, p in zip(LADDER, rungs, strict=True):
            probabilities[role, rung] = ROLES[role] * p
    return w / np.sqrt(np.pi), probabilities


def case_polynomial(places, probabilities, sets, lost=0.0):
    """Counts in the sets of one case that may be in any of the places."""
    found = Counter()
    zero = (0,) * len(sets)
    found[zero] = lost + 0 * probabilities["officer", "none"]
    for role, rung in places:
        key = tuple(int(rung in one) for one in sets)
        found[key] = found[key] + (1 - lost) * probabilities[role, rung]
    return found


def product(one, other):
    found = Counter()
    for (a, p), (b, q) in itertools.product(one.items(), other.items()):
        key = tuple(map(sum, zip(a, b, strict=True)))
        found[key] = found[key] + p * q
    return found


def group_polynomial(group, probabilities, sets, lost):
    """Every way the cases of a group can lie that its partitions allow, case by case."""
    everywhere = list(itertools.product(ROLES, LADDER))
    result = Counter({(0,) * len(sets): 1.0})
    if len(group.partitions) == 1:
        for entry in group.partitions[0]:
            places = [(r, k) for r, k in everywhere if r in entry.roles and k in entry.rungs]
            whole = entry.rungs == frozenset(LADDER)
            one = case_polynomial(places, probabilities, sets, lost if whole else 0.0)
            for _ in range(entry.n_low):
                result = product(result, one)
        return result
    size = sum(entry.n_low for entry in group.partitions[0])
    result = Counter()
    for cases in itertools.product(everywhere, repeat=size):
        if all(
            sum(r in entry.roles and k in entry.rungs for r, k in cases) == entry.n_low
            for cells in group.partitions
            for entry in cells
        ):
            key = tuple(sum(k in one for _, k in cases) for one in sets)
            result[key] = result[key] + np.prod([probabilities[case] for case in cases], axis=0)
    return result


def enumerated(total, sd, vector, groups=GROUPS):
    """log P(total | own statements), every case on every rung."""
    weights, probabilities = nodes(sd, vector)
    sets = [said.rungs for said in total.statements]
    joint, own = Counter({(0,) * len(sets): 1.0}), 1.0
    inside = {g.force for g in groups if g.group in total.contains}
    everywhere = list(itertools.product(ROLES, LADDER))
    for force in inside | {member.force for member in total.members}:
        at_nodes = Counter({(0,) * len(sets): 1.0})
        for g in groups:
            if g.force == force:
                marks = sets if g.group in total.contains else [frozenset()] * len(sets)
                lost = total.not_concluded if g.group in total.contains else 0.0
                at_nodes = product(at_nodes, group_polynomial(g, probabilities, marks, lost))
        for member in total.members:
            if member.force == force:
                one = case_polynomial(everywhere, probabilities, sets, total.not_concluded)
                power, mixed = Counter({(0,) * len(sets): 1.0}), Counter()
                for size in range(max(member.sizes) + 1):
                    for key, p in power.items():
                        mixed[key] = mixed[key] + member.sizes.get(size, 0.0) * p
                    power = product(power, one)
                at_nodes = product(at_nodes, mixed)
        summed = Counter({key: (weights * p).sum() for key, p in at_nodes.items()})
        joint, own = product(joint, summed), own * sum(summed.values())
    inside_box = 0.0
    for key, p in joint.items():
        short = sum(max(s.n_low - c, 0) for s, c in zip(total.statements, key, strict=True))
        over = any(c > s.n_high for s, c in zip(total.statements, key, strict=True))
        inside_box += 0.0 if over or short > total.removed else p
    return np.log(inside_box / own)


MEMBERS = (Member("big", "BIG", {4: 1.0}), Member("small", "SMALL", {2: 1.0}))
TOTALS = {
    "one set": total(("left", 3, 5), contains=("exact", "one-open"), members=MEMBERS),
    "two sets": total(
        ("left", 2, 3), ("none", 3, 4), contains=("exact", "one-open"), members=MEMBERS
    ),
    "every rung": total(
        ("left", 3, 4), ("none", 3, 5), ("short", 3, 4), contains=("one-open",), members=MEMBERS
    ),
    "a set of two rungs": total(("short left", 4, 5), contains=("two-open",), members=MEMBERS),
    "several open cells": total(
        ("left", 2, 3), ("none", 1, 4), contains=("two-open", "exact"), members=MEMBERS
    ),
    "two margins": total(("left", 2, 3), ("none", 3, 5), contains=("margins",), members=MEMBERS),
    "not concluded": total(
        ("left", 1, 4),
        ("none", 0, 2),
        contains=("two-open", "one-open"),
        members=MEMBERS,
        not_concluded=0.15,
    ),
    "unknown size": total(
        ("left", 1, 3), ("none", 3, 3), members=(Member("x", "X", {0: 0.2, 2: 0.3, 5: 0.5}),)
    ),
    "equal members": total(
        ("left", 3, 4), ("none", 1, 3),
        members=tuple(Member(f"m{i}", f"M{i}", {3: 1.0}) for i in "abc"),
    ),
    "members of one force": total(
        ("left", 3, 4), ("none", 1, 3), members=tuple(Member(f"m{i}", "M", {3: 1.0}) for i in "ab")
    ),
    "a member of a fitted force": total(
        ("left", 3, 4), contains=("one-open",),
        members=(Member("rest", "ONE-OPEN", {3: 1.0}, apart=True),),
    ),
    "removed": total(
        ("left", 4, 5), ("none", 3, 4), contains=("exact",), members=MEMBERS, removed=2
    ),
    "unlikely": total(("left", 7, 7), contains=("exact",), members=MEMBERS),
}  # fmt: skip


@pytest.mark.parametrize("name", TOTALS)
@pytest.mark.parametrize("shift", [0.0, 0.7])
def test_enumeration(fit, name, shift):
    vector = fit.solution.vector + shift * np.array([-1, 0.5, 0.3, 1])
    found = likelihood(fit, TOTALS[name]).log_probability(vector)
    assert found == pytest.approx(enumerated(TOTALS[name], np.exp(vector[-1]), vector), abs=1e-10)


@pytest.mark.parametrize("name", ["two sets", "several open cells"])
def test_enumeration_at_the_boundary(fit, name):
    problem = replace(fit.problem, marginal=likelihood(fit, TOTALS[name]))
    without = problem.without_random_intercept().marginal
    vector = fit.solution.vector[:-1]
    expected = enumerated(TOTALS[name], 0.0, vector)
    assert without.log_probability(vector) == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("name", TOTALS)
def test_gradient(fit, name):
    marginal = likelihood(fit, TOTALS[name])
    vector = fit.solution.vector + np.array([0.1, -0.2, 0.3, 0.2])

    def value(at):
        return marginal.evaluate(at, order=0).value

    numeric = [
        (value(vector + step) - value(vector - step)) / 2e-5 for step in 1e-5 * np.eye(len(vector))
    ]
    found = marginal.evaluate(vector, order=1)
    assert found.gradient == pytest.approx(np.array(numeric), abs=1e-6)
    assert found.value == pytest.approx(value(vector), abs=1e-12)


def test_every_count_together_is_certain(fit):
    everything = total(("left", 0, 99), ("none", 0, 99), contains=("exact",), members=MEMBERS)
    assert likelihood(fit, everything).log_probability(fit.solution.vector) == pytest.approx(
        0, abs=1e-12
    )


def test_a_total_without_members_says_what_the_groups_said(fit):
    known = total(("left", 2, 2), contains=("exact", "margins"))
    assert likelihood(fit, known).log_probability(fit.solution.vector) == pytest.approx(
        0, abs=1e-12
    )


def test_wrapped_counts_do_not_matter(fit):
    """Members far larger than the counts, so that the transform is shorter than the polynomial."""
    many = tuple(Member(f"m{i}", f"M{i}", {40: 1.0}) for i in range(12))
    marginal = likelihood(fit, total(("left", 60, 60), members=many))
    vector = fit.solution.vector
    one = likelihood(fit, total(("left", 0, 0), members=many[:1]))
    single = [
        np.exp(
            likelihood(fit, total(("left", count, count), members=many[:1])).log_probability(vector)
        )
        for count in range(41)
    ]
    assert single[0] == pytest.approx(np.exp(one.log_probability(vector)))
    whole = np.ones(1)
    for _ in many:
        whole = np.convolve(whole, single)
    assert marginal.log_probability(vector) == pytest.approx(np.log(whole[60]), abs=1e-10)


# ---- the normal approximation ------------------------------------------------------------------


def test_normal_approximation_is_close_for_many_forces(fit):
    vector = fit.solution.vector.copy()
    vector[-1] = np.log(0.3)
    many = tuple(Member(f"m{i}", f"M{i}", {30: 1.0}) for i in range(40))
    said = total(("left", 0, 999), ("none", 0, 999), contains=("large",), members=many)
    marginal = likelihood(fit, said)
    mean, covariance = marginal.moments(marginal.totals[0], vector)
    spread = np.sqrt(np.diag(covariance))
    for reach in (0.1, 1.0, 2.0):
        bounds = np.round([mean - reach * spread, mean + reach * spread]).astype(int).T
        one, other = (
            RungCount(s.rungs, *map(int, b)) for s, b in zip(said.statements, bounds, strict=True)
        )
        said = replace(said, statements=(one, other))
        exact = likelihood(fit, said).log_probability(vector)
        normal = likelihood(fit, said, method="normal").log_probability(vector)
        # the first term left out of Edgeworth's series is of the order of the skewness, 0.1
        assert normal == pytest.approx(exact, abs=0.02)


def test_normal_approximation_improves_with_the_number_of_forces(fit):
    vector = fit.solution.vector
    errors = []
    for forces in (4, 64):
        members = tuple(Member(f"m{i}", f"M{i}", {10: 1.0}) for i in range(forces))
        middle = forces * 2
        said = total(("left", middle - forces // 2, middle + forces // 2), members=members)
        exact = likelihood(fit, said).log_probability(vector)
        normal = likelihood(fit, said, method="normal").log_probability(vector)
        errors.append(abs(exact - normal))
    assert errors[1] < errors[0] / 3


def test_normal_moments_are_those_of_the_exact_distribution(fit):
    said = TOTALS["several open cells"]
    marginal = likelihood(fit, said)
    vector = fit.solution.vector
    counts = list(itertools.product(range(11), range(11)))
    log_p = [
        likelihood(
            fit, replace(said, statements=tuple(
                replace(s, n_low=c, n_high=c) for s, c in zip(said.statements, count, strict=True)
            ))
        ).log_probability(vector)
        for count in counts
        if count[0] >= 1 and count[1] >= 1
    ]  # fmt: skip
    counts = np.array([count for count in counts if count[0] >= 1 and count[1] >= 1])
    p = np.exp(log_p)
    mean, covariance = marginal.moments(marginal.totals[0], vector)
    assert p.sum() == pytest.approx(1, abs=1e-9)
    assert mean == pytest.approx(p @ counts, abs=1e-8)
    assert covariance == pytest.approx((counts.T * p) @ counts - np.outer(mean, mean), abs=1e-7)


# ---- the fit -----------------------------------------------------------------------------------


def test_augmented_fit_is_the_maximum(fit):
    members = (Member("m", "M", {9: 1.0}), Member("n", "N", {20: 1.0}))
    said = total(("left", 20, 24), ("none", 30, 36), contains=("large",), members=members)
    found = augment(fit, GROUPS, [said], composition=COMPOSITION)
    marginal = found.problem.marginal
    best = optimize.minimize(
        lambda at: -marginal.evaluate(at, order=0).value, fit.solution.vector, method="Nelder-Mead",
        options={"xatol": 1e-6, "fatol": 1e-10, "maxiter": 2000},
    )  # fmt: skip
    assert found.log_likelihood == pytest.approx(-best.fun, abs=1e-7)
    assert found.solution.vector == pytest.approx(best.x, abs=2e-4)
    assert list(found.coefficients.columns) == list(fit.coefficients.columns)
    assert (found.thresholds["std_error"] < fit.thresholds["std_error"]).all()
    table = found.total_log_probabilities.set_index("fit")["log_probability"]
    assert table["augmented"] > table["own statements"]
    assert list(found.predicted_totals()["n_low"]) == [20, 30, 20, 30]


def test_totals_are_of_no_single_force(fit):
    """What a total says cannot be shared out over clusters."""
    said = total(("left", 4, 9), members=(Member("m", "M", {20: 1.0}),))
    found = augment(fit, GROUPS, [said], composition=COMPOSITION)
    with pytest.raises(UsageError, match="a fit with totals over several groups has no scores"):
        found.robust("cluster", few_clusters=True)


def test_other_data_than_those_of_the_fit_are_refused(fit):
    said = total(("left", 4, 9), members=(Member("m", "M", {20: 1.0}),))
    shares = {"role": {"officer": 0.5, "staff": 0.5}}
    assert shares != COMPOSITION
    with pytest.raises(UsageError, match="other counts or role shares than those of the fit"):
        augment(fit, GROUPS, [said], composition=shares)


def test_normal_method_fits_nearly_the_same(fit):
    members = tuple(Member(f"m{i}", f"M{i}", {20: 1.0}) for i in range(12))
    said = total(("left", 40, 60), ("none", 80, 120), contains=("large",), members=members)
    exact = augment(fit, GROUPS, [said], composition=COMPOSITION)
    normal = augment(fit, GROUPS, [said], composition=COMPOSITION, method="normal")
    errors = exact.thresholds["std_error"]
    # a tenth of a standard error: the approximation is of the order of the skewness of the total
    assert (abs(exact.thresholds["estimate"] - normal.thresholds["estimate"]) < errors / 10).all()


def test_augmented_estimates_are_near_the_truth():
    """Six forces printed, twelve only in the total: the thresholds gain precision from it."""
    rng = np.random.default_rng(20140819)
    truth, sd = np.array([-1.0, 1.5, 0.8]), 0.4
    for _ in range(4):
        groups, members, counts = [], [], Counter()
        for place in range(18):
            u = rng.normal(0, sd)
            cells = []
            for role, roles, n in (("officer", OFFICER, 14), ("staff", STAFF, 6)):
                below = special.expit(truth[:2] - truth[2] * (role == "staff") - u)
                drawn = rng.multinomial(n, np.diff([0, *below, 1]))
                cells += [cell(roles, k, int(c)) for k, c in zip(LADDER, drawn, strict=True)]
                counts.update(dict(zip(LADDER, map(int, drawn), strict=True)))
            if place < 6:
                groups.append(group(f"g{place}", cells))
            else:
                members.append(Member(f"g{place}", f"G{place}", {20: 1.0}))
        model = CumulativeLinkModel("severity ~ role", ladder=LADDER, groups="force")
        before = model.fit(groups, composition=COMPOSITION)
        said = total(
            ("left", counts["left"] - 2, counts["left"] + 2),
            ("none", counts["none"] - 2, counts["none"] + 2),
            contains=tuple(g.group for g in groups), members=tuple(members),
        )  # fmt: skip
        after = augment(before, groups, [said], composition=COMPOSITION)
        errors, errors_before = (
            np.sqrt(np.diag(each.parameter_covariance))[:3] for each in (after, before)
        )
        # four standard errors: one replication in five thousand fails by chance
        assert (abs(after.solution.vector[:3] - truth) < 4 * errors).all()
        assert (errors[:2] < errors_before[:2]).all()


# ---- no case twice -----------------------------------------------------------------------------


def test_a_fitted_group_of_the_survey_must_be_declared(study):
    """A total over a survey holds the cases of its groups in the fit, whether it says so or not."""
    register, data = study
    fitted = CumulativeLinkModel("severity ~ role", groups="force").fit(data)
    said = national_total(register, data)
    left_out, *others = said.contains
    with pytest.raises(OverlapError, match=f"holds the cases of '{left_out}', which is in the fit"):
        augment(fitted, data, [replace(said, contains=tuple(others))], register=register)


def test_nothing_to_add_is_refused(fit):
    with pytest.raises(UsageError, match="no totals"):
        augment(fit, GROUPS, [], composition=COMPOSITION)
    with pytest.raises(UsageError, match="no groups of cases"):
        total(("left", 4, 9))


def test_a_fitted_group_among_the_members_is_refused(fit):
    wrong = total(("left", 1, 9), members=(Member("large", "LARGE", {58: 1.0}),))
    with pytest.raises(OverlapError, match="'large' is in the fit; name it among `contains`"):
        likelihood(fit, wrong)


def test_a_member_of_a_fitted_force_is_refused_unless_apart(fit):
    wrong = total(("left", 1, 9), members=(Member("again", "LARGE", {69: 1.0}),))
    with pytest.raises(OverlapError, match="'again' may be among those of 'large'"):
        likelihood(fit, wrong)


@pytest.mark.parametrize(
    ("contains", "members"),
    [(("large", "large"), ()), (("large",), ("large",)), ((), ("x", "x"))],
)
def test_a_group_listed_twice_is_refused(contains, members):
    with pytest.raises(OverlapError, match="listed twice"):
        total(
            ("left", 1, 9),
            contains=contains,
            members=tuple(Member(name, name, {3: 1.0}) for name in members),
        )


def test_a_force_in_two_totals_is_refused(fit):
    one = total(("left", 1, 9), contains=("large",))
    with pytest.raises(OverlapError, match="both hold cases of LARGE"):
        likelihood(fit, one, replace(one, name="again"))


def test_two_totals_of_different_forces_add_up(fit):
    one, other = TOTALS["two margins"], replace(TOTALS["one set"], name="b", members=())
    vector = fit.solution.vector
    other = replace(other, statements=(RungCount(frozenset({"left"}), 2, 3),))
    both = likelihood(fit, one, other).log_probability(vector)
    parts = [likelihood(fit, each).log_probability(vector) for each in (one, other)]
    assert both == pytest.approx(sum(parts), abs=1e-12)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"contains": ("larg",)}, "did you mean 'large'"),
        ({"statements": (RungCount(frozenset({"lift"}), 1, 2),)}, "did you mean 'left'"),
    ],
)
def test_unknown_names_are_refused(fit, fields, message):
    with pytest.raises(UsageError, match=message):
        likelihood(fit, replace(total(("left", 1, 9), members=MEMBERS), **fields))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: total(), "no statement about its outcomes"),
        (lambda: total(("left", 1, 2), ("left short", 1, 2)), "two statements about left"),
        (lambda: total(("left", 3, 2)), "the count 3-2"),
        (lambda: total(("left", 1, 2), not_concluded=1.0), "not_concluded is 1.0"),
        (lambda: total(("left", 1, 2), removed=-1), "-1 cases removed"),
        (lambda: Member("m", "M", {3: 0.5}), "probabilities that sum to one"),
        (lambda: sizes_between(3, 2), "sizes from 3 to 2"),
    ],
)
def test_faulty_totals_are_refused(make, message):
    with pytest.raises(UsageError, match=message):
        make()


def test_more_certain_cases_than_the_total_are_refused(fit):
    with pytest.raises(ModelError, match="known to be in the sets of a total"):
        likelihood(fit, total(("left", 0, 3), contains=("large",))).log_probability(
            fit.solution.vector
        )


def test_a_table_that_leaves_its_counts_open_is_refused(fit):
    with pytest.raises(ModelError, match="'blurred' prints two margins or intervals, and neither"):
        likelihood(fit, total(("left", 0, 3), ("none", 0, 3), contains=("blurred",)))


def test_other_data_and_methods_are_refused(fit):
    said = TOTALS["one set"]
    with pytest.raises(UsageError, match="give the data that were fitted"):
        augmented_likelihood(fit, GROUPS[:3], [said], composition=COMPOSITION)
    with pytest.raises(UsageError, match="method 'normale'; did you mean 'normal'"):
        likelihood(fit, said, method="normale")
    with pytest.raises(UsageError, match="need composition"):
        augmented_likelihood(fit, GROUPS, [said])


# ---- the register --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def study():
    register = read_register("data/pa-2014")
    return register, severity_data(register)


@pytest.mark.parametrize("overlapping", ["removed", "member"])
@pytest.mark.parametrize("unseen", ["even", "block"])
def test_national_total_accounts_for_every_case(study, overlapping, unseen):
    register, data = study
    said = national_total(register, data, overlapping=overlapping, unseen=unseen)
    inside = sum(
        min(sum(cell.n_high for cell in cells) for cells in group.partitions)
        for group in data.groups
        if group.group in said.contains
    )
    assert inside + said.largest + said.removed == 828
    assert [(s.n_low, s.n_high) for s in said.statements] == [(71, 78), (112, 120)]
    assert "met-2009-2013" not in said.contains
    assert said.removed == (69 if overlapping == "removed" else 0)
    unseen_sizes = [max(m.sizes) for m in said.members if m.name.startswith("unseen")]
    assert sum(unseen_sizes) == 204
    assert len(unseen_sizes) == (14 if unseen == "even" else 1)
    assert "unseen forces" in said.note


def test_national_total_is_probable_under_the_fit(study):
    register, data = study
    model = CumulativeLinkModel("severity ~ role", groups="force")
    fit = model.fit(data)
    said = national_total(register, data)
    exact = augmented_likelihood(fit, data, [said], register=register)
    normal = augmented_likelihood(fit, data, [said], register=register, method="normal")
    vector = fit.solution.vector
    # 828 cases of 41 forces: the two agree within a few per cent of the probability
    assert exact.log_probability(vector) == pytest.approx(normal.log_probability(vector), abs=0.1)


def test_the_other_answer_of_a_force_is_refused(study):
    register, data = study
    fit = CumulativeLinkModel("severity ~ role", groups="force").fit(data)
    said = national_total(register, data)
    again = Member("pa-metropolitan", "Metropolitan (survey)", {69: 1.0})
    wrong = replace(said, members=(*said.members, again), removed=0)
    with pytest.raises(OverlapError, match="'pa-metropolitan' may be among those of 'met-2009"):
        augment(fit, data, [wrong], register=register)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"overlapping": "remove"}, "did you mean 'removed'"),
        ({"unseen": "evenly"}, "did you mean 'even'"),
    ],
)
def test_national_total_refuses_other_words(study, options, message):
    with pytest.raises(UsageError, match=message):
        national_total(*study, **options)
