"""The fit against R, closed forms, finite differences, and data without an answer."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import special

from foistats.errors import ConvergenceError, ModelError, NotIdentifiedError, UsageError
from foistats.severity.fit import CumulativeLinkModel, identifiability, merge_thin_thresholds
from foistats.severity.likelihood import CaseGroup, CaseSpace, Cell
from foistats.severity.links import LINKS
from foistats.severity.marginal import marginal_likelihood
from foistats.severity.maximum import gradient, maximise, observed_information

KNOWN = Path(__file__).parent / "known_answers"
LADDER = ("none", "advice", "warning", "left")
ROLES = ("officer", "staff", "special")
SHARES = {"officer": 0.7, "staff": 0.2, "special": 0.1}


def cell(roles, rungs, low, high=None):
    split = frozenset(rungs.split("|")) if rungs else frozenset()
    return Cell(frozenset(roles.split("|")), split, low, low if high is None else high)


def one_group(force, *partitions, name=""):
    return CaseGroup(name or f"group of {force}", force, tuple(map(tuple, partitions)))


def groups_in_full():
    table = pd.read_csv(KNOWN / "cumulative_link_data.csv")
    return [
        one_group(force, [cell(row.role, row.rung, row.n) for row in rows.itertuples()])
        for force, rows in table.groupby("force")
    ]


def coarse_groups():
    """Nine forces, each with its own way of leaving things out."""
    groups = {group.force: group for group in groups_in_full()}
    alike = {
        "force_1": [
            ("officer", "none"),
            ("officer", "advice|warning|left"),
            ("staff|special", "none"),
            ("staff|special", "advice|warning|left"),
        ],
        "force_3": [("officer|staff|special", rung) for rung in LADDER],
        "force_4": [
            ("officer|staff", "none|advice|warning"),
            ("officer|staff", "left"),
            ("special", "none|left"),
            ("special", "advice|warning"),
        ],
    }
    for force, sets in alike.items():
        groups[force] = one_group(force, coarsened(groups[force], sets))
    both = ("officer|staff|special",)
    roles = [(role, "|".join(LADDER)) for role in ("officer", "staff|special")]
    rungs = [(both[0], "none"), (both[0], "advice|warning"), (both[0], "left")]
    groups["force_6"] = one_group(
        "force_6", coarsened(groups["force_6"], roles), coarsened(groups["force_6"], rungs)
    )
    return list(groups.values())


def coarsened(group, sets):
    return [
        cell(
            roles,
            rungs,
            sum(
                c.n_low
                for c in group.partitions[0]
                if c.roles <= set(roles.split("|")) and c.rungs <= set(rungs.split("|"))
            ),
        )
        for roles, rungs in sets
    ]


def case_constant(groups):
    """What the probability of printed counts has beside that of single cases, roles known."""
    total = 0.0
    for group in groups:
        counts = np.array([c.n_low for c in group.partitions[0]])
        shares = np.array([SHARES[next(iter(c.roles))] for c in group.partitions[0]])
        total += special.gammaln(counts.sum() + 1) - special.gammaln(counts + 1).sum()
        total += counts @ np.log(shares)
    return total


def known_answers(model, link):
    table = pd.read_csv(KNOWN / "cumulative_link_models.csv")
    return table[(table["model"] == model) & (table["link"] == link)].set_index("term")


def estimates(fit):
    return pd.concat([fit.thresholds, fit.coefficients]).set_index("term")


def compare(fit, known):
    found = estimates(fit)
    reference = known.loc[found.index]
    np.testing.assert_allclose(found["estimate"], reference["estimate"], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found["std_error"], reference["std_error"], rtol=1e-4)
    log_likelihood = fit.log_likelihood - case_constant(fit.groups)
    assert log_likelihood == pytest.approx(known.loc["log_likelihood", "estimate"], rel=1e-6)


@pytest.mark.parametrize("link", LINKS)
def test_data_in_full_equal_r_without_a_random_intercept(link):
    model = CumulativeLinkModel(LADDER, ROLES, link=link, random_intercept=False)
    compare(
        model.fit(groups_in_full(), SHARES),
        known_answers("pcauchy" if link == "cauchit" else "clm", link),
    )


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog", "loglog"])
def test_data_in_full_equal_clmm_with_a_random_intercept(link):
    fit = CumulativeLinkModel(LADDER, ROLES, link=link).fit(groups_in_full(), SHARES)
    known = known_answers("clmm", link)
    compare(fit, known)
    sd = known.loc["random_intercept_sd", "estimate"]
    assert fit.random_intercept_sd == pytest.approx(sd, rel=1e-5)
    modes = fit.conditional_modes().set_index("force")
    reference = known.loc[[f"mode:{force}" for force in modes.index]]
    np.testing.assert_allclose(modes["estimate"], reference["estimate"], atol=1e-5)
    if link in ("logit", "probit"):
        np.testing.assert_allclose(modes["std_dev"], reference["std_error"], rtol=1e-4)


@pytest.mark.parametrize("link", LINKS)
def test_modes_and_their_spread_equal_second_differences(link):
    """Done here, with `cdf` only: clmm's conditional variances under loglog are off by 8e-4."""
    groups = groups_in_full()
    fit = CumulativeLinkModel(LADDER, ROLES, link=link).fit(groups, SHARES)
    edges = np.concatenate([[-np.inf], fit.thresholds["estimate"], [np.inf]])
    location = dict(zip(ROLES, [0.0, *fit.coefficients["estimate"]], strict=True))

    def log_posterior(group, u):
        total = -0.5 * (u / fit.random_intercept_sd) ** 2
        for c in group.partitions[0]:
            k, shift = LADDER.index(next(iter(c.rungs))), location[next(iter(c.roles))] + u
            below = LINKS[link].cdf(edges[k] - shift) if k else 0.0
            upto = LINKS[link].cdf(edges[k + 1] - shift) if k < 3 else 1.0
            total += c.n_low * np.log(upto - below)
        return total

    modes = fit.conditional_modes().set_index("force")
    for group in groups:
        mode, d = modes.loc[group.force, "estimate"], 1e-3
        low, middle, high = (log_posterior(group, mode + k * d) for k in (-1, 0, 1))
        assert (high - low) / (2 * d) == pytest.approx(0, abs=1e-3)
        spread = (-(high - 2 * middle + low) / d**2) ** -0.5
        assert modes.loc[group.force, "std_dev"] == pytest.approx(spread, rel=1e-5)


@pytest.mark.parametrize("link", LINKS)
def test_a_saturated_model_has_the_closed_form(link):
    counts = [7, 4, 12, 3]
    group = one_group("a", [cell("officer", k, n) for k, n in zip(LADDER, counts, strict=True)])
    model = CumulativeLinkModel(LADDER, ("officer",), link=link, random_intercept=False)
    fit = model.fit([group], {"officer": 1.0})
    n = np.array(counts)
    closed = n @ np.log(n / n.sum()) + special.gammaln(n.sum() + 1) - special.gammaln(n + 1).sum()
    assert fit.log_likelihood == pytest.approx(closed, rel=1e-12)
    np.testing.assert_allclose(fit.probabilities()["estimate"], n / n.sum(), rtol=1e-7)
    assert fit.coefficients.empty


@pytest.mark.parametrize("points", [1, 7, 25])
@pytest.mark.parametrize("link", LINKS)
def test_the_gradient_equals_finite_differences_of_coarse_data(link, points):
    marginal = marginal_likelihood(
        coarse_groups(),
        CaseSpace(LADDER, ROLES, tuple(SHARES.values())),
        link=LINKS[link],
        random_intercept=True,
        quadrature_points=points,
    )
    point = np.array([-0.4, -0.2, 0.1, 0.5, 0.9, np.log(0.6)])
    step = 2e-4 * np.eye(6)
    by_steps = sum(
        weight * marginal.log_likelihood(point + k * step)
        for k, weight in ((-2, 1), (-1, -8), (1, 8), (2, -1))
    ) / (12 * 2e-4)
    exact = gradient(marginal.log_likelihood, point[None])[0]
    np.testing.assert_allclose(exact, by_steps, rtol=1e-7, atol=1e-7)
    information = observed_information(marginal.log_likelihood, point)
    slopes = gradient(marginal.log_likelihood, np.concatenate([point + step, point - step]))
    np.testing.assert_allclose(information, -(slopes[:6] - slopes[6:]) / 4e-4, rtol=1e-4, atol=1e-4)


def test_quadrature_equals_a_fine_trapezoidal_sum():
    groups = coarse_groups()
    space = CaseSpace(LADDER, ROLES, tuple(SHARES.values()))
    marginal = marginal_likelihood(
        groups, space, link=LINKS["logit"], random_intercept=True, quadrature_points=25
    )
    point = np.array([[-0.4, -0.2, 0.1, 0.5, 0.9, np.log(1.2)]])
    grid = np.linspace(-9, 9, 4001)
    total = 0.0
    for parts in marginal.forces.values():
        values = marginal._log_integrand(parts, point)(grid[None])[0]
        total += np.log(np.exp(values - values.max()).sum() * (grid[1] - grid[0])) + values.max()
    assert marginal.log_likelihood(point)[0] == pytest.approx(total, rel=1e-10)


@pytest.mark.parametrize("link", LINKS)
def test_reversing_the_ladder_flips_every_sign(link):
    groups = coarse_groups()
    turned = LINKS[link].mirror
    fit, mirror = (
        CumulativeLinkModel(ladder, ROLES, link=name, quadrature_points=9).fit(groups, SHARES)
        for ladder, name in ((LADDER, link), (LADDER[::-1], turned))
    )
    assert mirror.log_likelihood == pytest.approx(fit.log_likelihood, rel=1e-9)
    np.testing.assert_allclose(
        mirror.coefficients["estimate"], -fit.coefficients["estimate"], rtol=1e-5
    )
    np.testing.assert_allclose(
        mirror.thresholds["estimate"], -fit.thresholds["estimate"][::-1], rtol=1e-5, atol=1e-6
    )


def test_the_order_of_groups_and_cells_changes_nothing():
    groups = coarse_groups()
    turned = [
        CaseGroup(g.group, g.force, tuple(cells[::-1] for cells in g.partitions[::-1]))
        for g in groups[::-1]
    ]
    model = CumulativeLinkModel(LADDER, ROLES, quadrature_points=9)
    one, other = model.fit(groups, SHARES), model.fit(turned, SHARES)
    pd.testing.assert_frame_equal(one.coefficients, other.coefficients, rtol=1e-7)
    pd.testing.assert_frame_equal(one.thresholds, other.thresholds, rtol=1e-7)


def test_splitting_a_group_in_two_of_the_same_force_changes_no_estimate():
    groups = coarse_groups()
    first = groups[0].partitions[0]
    halves = [
        one_group(groups[0].force, [Cell(c.roles, c.rungs, n, n) for c, n in part], name=name)
        for name, part in (
            ("one half", [(c, c.n_low // 2) for c in first]),
            ("other half", [(c, c.n_low - c.n_low // 2) for c in first]),
        )
    ]
    model = CumulativeLinkModel(LADDER, ROLES, quadrature_points=9)
    whole, split = model.fit(groups, SHARES), model.fit([*halves, *groups[1:]], SHARES)
    pd.testing.assert_frame_equal(whole.coefficients, split.coefficients, rtol=1e-6)
    assert whole.n_forces == split.n_forces


def test_merging_two_rungs_of_the_empty_model_leaves_the_other_thresholds_alone():
    counts = [7, 4, 12, 3]
    full = one_group("a", [cell("officer", k, n) for k, n in zip(LADDER, counts, strict=True)])
    short = one_group(
        "a",
        [
            cell("officer", "none", 7),
            cell("officer", "advice|warning", 16),
            cell("officer", "left", 3),
        ],
    )
    merged = merge_thin_thresholds([short], LADDER, minimum_forces=1)
    assert merged.ladder == ("none", "advice+warning", "left")
    fits = [
        CumulativeLinkModel(ladder, ("officer",), random_intercept=False).fit(g, {"officer": 1.0})
        for ladder, g in ((LADDER, [full]), (merged.ladder, merged.groups))
    ]
    long, brief = (fit.thresholds["estimate"].to_numpy() for fit in fits)
    np.testing.assert_allclose(long[[0, 2]], brief, rtol=1e-8)


def test_forces_that_do_not_differ_give_a_standard_deviation_of_zero_and_say_so():
    cells = groups_in_full()[0].partitions[0]
    groups = [one_group(f"f{i}", cells) for i in range(4)]
    fit = CumulativeLinkModel(LADDER, ROLES).fit(groups, SHARES)
    plain = CumulativeLinkModel(LADDER, ROLES, random_intercept=False).fit(groups, SHARES)
    assert fit.at_boundary
    assert fit.random_intercept_sd == 0.0
    assert fit.log_likelihood == pytest.approx(plain.log_likelihood, rel=1e-12)
    pd.testing.assert_frame_equal(fit.coefficients, plain.coefficients)
    assert "0 (at the boundary)" in repr(fit)
    assert set(fit.conditional_modes()["note"]) == {
        "the random intercept's standard deviation is estimated as zero"
    }


def officers(force, **counts):
    return one_group(force, [cell("officer", k.replace("_or_", "|"), n) for k, n in counts.items()])


def test_identifiability_counts_statements_cases_and_forces():
    groups = [
        officers("a", none=5, advice_or_warning=3, left=2),
        one_group(
            "b", [cell("officer|staff", "none|advice|warning", 4), cell("staff", "left", 1, 3)]
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
    staff = table[table["role"] == "staff"]
    assert staff["cases"].tolist() == [0, 0, 1]


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


PLAIN = one_group(
    "a",
    [
        cell("officer", "none", 5),
        cell("officer", "left", 4),
        cell("staff", "none", 3),
        cell("staff", "left", 4),
    ],
)
OTHER = one_group(
    "b",
    [
        cell("officer", "none", 6),
        cell("officer", "left", 2),
        cell("staff", "none", 3),
        cell("staff", "left", 2),
    ],
)
TWO = ("none", "left")
PAIR = ("officer", "staff")


@pytest.mark.parametrize(
    ("groups", "ladder", "random_intercept", "message"),
    [
        ([], TWO, True, "no group has a case with an outcome"),
        (
            [one_group("a", [cell("officer", "", 4), cell("staff", "", 4)])],
            TWO,
            True,
            "no group has a case with an outcome",
        ),
        ([PLAIN], ("none", "advice", "left"), False, "no case at advice"),
        (
            [
                one_group(
                    "a",
                    [
                        cell("officer", "none", 5),
                        cell("officer", "advice|left", 4),
                        cell("staff", "none", 3),
                        cell("staff", "advice|left", 4),
                    ],
                )
            ],
            ("none", "advice", "left"),
            False,
            "no statement separates advice|left",
        ),
        ([PLAIN], TWO, True, r"1 force\(s\) with outcomes.*fit with random_intercept=False"),
        (
            [
                one_group(f, [cell("officer|staff", "none", 5), cell("officer|staff", "left", 4)])
                for f in "abc"
            ],
            TWO,
            True,
            "officer and staff never occur apart",
        ),
        (
            [one_group(f, [cell("officer", "none", 5), cell("officer", "left", 4)]) for f in "abc"],
            TWO,
            True,
            "no case with an outcome can have the role staff",
        ),
        (
            [
                one_group(
                    f,
                    [
                        cell("officer", "none", 5),
                        cell("officer", "left", 4),
                        cell("staff", "left", 4),
                    ],
                )
                for f in "abc"
            ],
            TWO,
            True,
            "every case that can be staff can be at 'left', so that its estimate runs to infinity",
        ),
        (
            [
                one_group("a", [cell("officer", "none", 5), cell("officer", "left", 4)]),
                one_group("b", [cell("staff", "none", 5), cell("staff", "left", 4)]),
            ],
            TWO,
            True,
            "leave nothing to estimate how forces differ",
        ),
        (
            [one_group("a", [cell("officer", "none|left", 9), cell("officer", "advice", 4)])],
            ("none", "advice", "left"),
            False,
            "staff",
        ),
        (
            [
                one_group(
                    "a",
                    [
                        cell("officer", "none", 5),
                        cell("officer", "advice", 0),
                        cell("officer", "advice|left", 4),
                    ],
                )
            ],
            ("none", "advice", "left"),
            False,
            "overlap in outcome",
        ),
    ],
)
def test_what_the_data_cannot_tell_is_refused_by_name(groups, ladder, random_intercept, message):
    model = CumulativeLinkModel(ladder, PAIR, random_intercept=random_intercept)
    with pytest.raises(ModelError, match=message.replace("|", r"\|")):
        model.fit(groups, {"officer": 0.7, "staff": 0.3})


def test_thresholds_that_only_occur_together_are_named():
    ends_pooled = one_group("a", [cell("officer", "none|left", 9), cell("officer", "advice", 4)])
    model = CumulativeLinkModel(("none", "advice", "left"), ("officer",), random_intercept=False)
    with pytest.raises(NotIdentifiedError, match=r"do not tell none\|advice, advice\|left apart"):
        model.fit([ends_pooled], {"officer": 1.0})


@pytest.mark.parametrize("link", LINKS)
def test_an_estimate_that_runs_to_infinity_is_refused(link):
    """Nobody is found at "advice" alone, so the likelihood takes it for empty."""
    groups = [
        officers("a", none=5, advice_or_left=4),
        officers("b", none=9, advice=0, left=8),
    ]
    model = CumulativeLinkModel(
        ("none", "advice", "left"), ("officer",), link=link, random_intercept=False
    )
    with pytest.raises(NotIdentifiedError, match=r"no finite estimate of advice\|left"):
        model.fit(groups, {"officer": 1.0})


def test_forces_wholly_apart_have_no_finite_standard_deviation():
    groups = [officers(f, none=9, left=0) for f in "abc"] + [officers(f, left=9) for f in "def"]
    model = CumulativeLinkModel(TWO, ("officer",))
    with pytest.raises(NotIdentifiedError, match="no finite estimate of random_intercept_sd"):
        model.fit(groups, {"officer": 1.0})


def test_a_maximum_that_is_none_is_not_reported():
    with pytest.raises(ConvergenceError, match="no maximum after"):
        maximise(lambda x: x[:, 0] ** 3 + x[:, 0], np.array([1.0]), {}, ("x",))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"ladder": ("left",)}, "a ladder of 1 rungs"),
        ({"roles": ()}, "0 roles"),
        ({"roles": ("officer", "officer")}, "a role occurs twice in officer, officer"),
        ({"link": "probot"}, "unknown link 'probot'; did you mean 'probit'"),
        ({"quadrature_points": 0}, "quadrature_points is 0"),
        ({"level": 95}, "level is 95; it must lie between 0 and 1"),
    ],
)
def test_wrong_settings_are_refused(settings, message):
    with pytest.raises(UsageError, match=message):
        CumulativeLinkModel(**({"ladder": TWO, "roles": PAIR} | settings))


@pytest.mark.parametrize(
    ("composition", "message"),
    [
        ({"officer": 1.0}, "the composition has shares for officer; the roles are officer, staff"),
        ({"officer": 0.5, "staff": 0.3, "pcso": 0.2}, "shares for officer, staff, pcso"),
        ({"officer": 0.7, "staff": 0.2}, "together they must be 1"),
        ({"officer": 1.0, "staff": 0.0}, "each must be positive"),
    ],
)
def test_wrong_compositions_are_refused(composition, message):
    with pytest.raises(UsageError, match=message):
        CumulativeLinkModel(TWO, PAIR).fit([PLAIN, OTHER], composition)


def test_all_wrong_groups_are_named_at_once():
    wrong = [officers("a", nonne=1), officers("b", leftt=1), officers("a", none=1)]
    with pytest.raises(ModelError, match=r"'nonne'[\s\S]*'leftt'[\s\S]*'group of a' occurs twice"):
        CumulativeLinkModel(TWO, PAIR).fit(wrong, {"officer": 0.5, "staff": 0.5})
