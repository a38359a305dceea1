"""What must hold for any data: order, weights, mirrors, names, units and what says nothing."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from foistats.errors import ModelError
from foistats.severity.engine.links import LINKS
from foistats.severity.model import CumulativeLinkModel

LADDER = ("none", "advice", "warning", "left")
SETS = (*LADDER, *LADDER, "none|advice", "warning|left", "none|left", "advice|warning|left")
SHARES = {"role": {"officer": 0.7, "staff": 0.3}}

small = settings(max_examples=12, deadline=None, derandomize=True)
links = st.sampled_from(list(LINKS))
seeds = st.integers(0, 10**6)


def rows(seed, n=80, rungs=LADDER, forces="abcd"):
    """Return a frame in which severity depends on everything a little."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "role": rng.choice(["officer", "staff"], n),
            "x": rng.integers(-2, 3, n) / 2.0,
            "force": rng.choice(list(forces), n),
            "n": rng.integers(1, 4, n),
        }
    )
    latent = 0.5 * (frame["role"] == "staff") + 0.4 * frame["x"] + rng.logistic(size=n)
    latent += frame["force"].map(dict(zip(forces, rng.normal(size=len(forces)), strict=True)))
    place = np.digitize(latent, [-0.7, 0.3, 1.2])
    frame["severity"] = np.array(LADDER)[place]
    if rungs is SETS:
        frame["severity"] = [
            rng.choice([s for s in SETS if rung in s.split("|")]) for rung in frame["severity"]
        ]
    return frame


def fit(frame, formula="severity ~ role + x", weights="n", **settings):
    given = {"ladder": LADDER, "quadrature_points": 7} | settings
    try:
        return CumulativeLinkModel(formula, **given).fit(frame, weights, SHARES)
    except ModelError:
        assume(False)


def same(one, other, *, atol=1e-6):
    assert one.solution.problem.names == other.solution.problem.names
    assert one.log_likelihood == pytest.approx(other.log_likelihood, rel=1e-9)
    np.testing.assert_allclose(one.solution.vector, other.solution.vector, atol=atol)
    np.testing.assert_allclose(one.covariance, other.covariance, rtol=1e-4, atol=1e-7)


groupings = st.sampled_from(["", "force"])
kinds = st.sampled_from([LADDER, SETS])


@small
@given(seeds, links, groupings, kinds)
def test_the_order_of_rows_changes_nothing(seed, link, groups, rungs):
    frame = rows(seed, rungs=rungs)
    turned = frame.sample(frac=1, random_state=seed)
    same(fit(frame, link=link, groups=groups), fit(turned, link=link, groups=groups))


@small
@given(seeds, links, groupings, kinds)
def test_a_weight_is_a_number_of_equal_rows(seed, link, groups, rungs):
    frame = rows(seed, rungs=rungs)
    long = frame.loc[frame.index.repeat(frame["n"])]
    collapsed = frame.groupby(["severity", "role", "x", "force"], as_index=False)["n"].sum()
    one = fit(frame, link=link, groups=groups)
    same(one, fit(long, link=link, groups=groups, weights=""))
    same(one, fit(collapsed, link=link, groups=groups))


@small
@given(seeds, links, kinds, st.integers(2, 50))
def test_weights_times_a_number_are_information_times_it(seed, link, rungs, times):
    frame = rows(seed, rungs=rungs)
    one, many = fit(frame, link=link), fit(frame.assign(n=frame["n"] * times), link=link)
    np.testing.assert_allclose(one.solution.vector, many.solution.vector, atol=1e-6)
    assert many.log_likelihood == pytest.approx(times * one.log_likelihood, rel=1e-9)
    np.testing.assert_allclose(many.covariance * times, one.covariance, rtol=1e-4, atol=1e-8)


@small
@given(seeds, links, groupings, kinds)
def test_reversing_the_ladder_with_the_mirror_link_flips_every_sign(seed, link, groups, rungs):
    frame = rows(seed, rungs=rungs)
    one = fit(frame, link=link, groups=groups)
    other = fit(frame, link=LINKS[link].mirror, groups=groups, ladder=LADDER[::-1])
    assert one.log_likelihood == pytest.approx(other.log_likelihood, rel=1e-9)
    np.testing.assert_allclose(
        one.coefficients["estimate"], -other.coefficients["estimate"], atol=1e-6
    )
    np.testing.assert_allclose(
        one.thresholds["estimate"], -other.thresholds["estimate"][::-1], atol=1e-6
    )
    assert one.random_intercept_sd == pytest.approx(other.random_intercept_sd, abs=1e-6)


@small
@given(seeds, links)
def test_reversing_flips_nominal_effects_and_leaves_scale_effects(seed, link):
    frame = rows(seed)
    given = {"formula": "severity ~ 1", "nominal": "x", "scale": "role"}
    one = fit(frame, link=link, **given)
    other = fit(frame, link=LINKS[link].mirror, ladder=LADDER[::-1], **given)
    np.testing.assert_allclose(
        one.nominal_coefficients["estimate"],
        -other.nominal_coefficients["estimate"][::-1],
        atol=1e-5,
    )
    np.testing.assert_allclose(
        one.scale_coefficients["estimate"], other.scale_coefficients["estimate"], atol=1e-5
    )


@small
@given(seeds, links)
def test_merging_rungs_of_the_empty_model_leaves_the_other_thresholds_alone(seed, link):
    frame = rows(seed)
    full = fit(frame, "severity ~ 1", link=link).thresholds["estimate"].to_numpy()
    merged = frame.replace({"severity": {"advice": "some", "warning": "some"}})
    short = fit(merged, "severity ~ 1", link=link, ladder=("none", "some", "left"))
    np.testing.assert_allclose(short.thresholds["estimate"], full[[0, 2]], atol=1e-6)


@small
@given(seeds, links)
def test_the_empty_model_is_saturated(seed, link):
    """``sum n log(n / N)``, whatever the link."""
    frame = rows(seed)
    counts = frame.groupby("severity")["n"].sum()
    found = fit(frame, "severity ~ 1", link=link)
    known = counts @ np.log(counts / counts.sum())
    assert found.log_likelihood == pytest.approx(known, rel=1e-11)
    shares = found.probabilities()["estimate"]
    np.testing.assert_allclose(shares, counts.loc[list(LADDER)] / counts.sum(), atol=1e-7)


@small
@given(seeds, links)
def test_nominal_effects_of_a_factor_are_saturated(seed, link):
    frame = rows(seed)
    counts = frame.pivot_table(
        index="role", columns="severity", values="n", aggfunc="sum", fill_value=0
    )
    assume((counts > 0).all().all())
    found = fit(frame, "severity ~ 1", nominal="role", link=link)
    known = (counts * np.log(counts.div(counts.sum(axis=1), axis=0))).to_numpy().sum()
    assert found.log_likelihood == pytest.approx(known, rel=1e-11)


@small
@given(seeds, links, groupings, kinds)
def test_probabilities_sum_to_one_in_their_intervals(seed, link, groups, rungs):
    found = fit(rows(seed, rungs=rungs), link=link, groups=groups)
    for at in ("integrated", "zero"):
        frame = found.probabilities(at=at)
        np.testing.assert_allclose(frame.groupby(["role", "x"])["estimate"].sum(), 1, rtol=1e-12)
        assert frame["conf_low"].between(0, frame["estimate"]).all()
        assert frame["conf_high"].between(frame["estimate"], 1).all()


@small
@given(seeds, links, groupings)
def test_rows_that_say_nothing_change_nothing(seed, link, groups):
    frame = rows(seed, rungs=SETS)
    silent = pd.concat(
        [
            frame,
            frame.iloc[:9].assign(severity="|".join(LADDER)),
            frame.iloc[9:19].assign(severity=None),
            frame.iloc[19:29].assign(n=0),
        ]
    )
    same(fit(frame, link=link, groups=groups), fit(silent, link=link, groups=groups))


@small
@given(seeds, links)
def test_sets_are_sums_of_rungs(seed, link):
    """At any parameters, the probability of a set is that of its rungs together."""
    frame = rows(seed)
    exact = fit(frame, link=link)
    shares = exact.probabilities().set_index(["role", "x", "rung"])["estimate"]
    coarse = rows(seed, rungs=SETS)
    objective = fit(coarse, link=link).problem.objective
    known = sum(
        n * np.log(shares.loc[(role, x)].loc[rungs.split("|")].sum())
        for role, x, n, rungs in coarse[["role", "x", "n", "severity"]].itertuples(index=False)
    )
    found = objective.evaluate(exact.solution.vector, order=0).value
    assert found == pytest.approx(known, rel=1e-10)


@small
@given(seeds, links)
def test_a_role_left_open_is_the_mixture_of_its_levels(seed, link):
    frame = rows(seed)
    exact = fit(frame, link=link)
    shares = exact.probabilities().set_index(["role", "x", "rung"])["estimate"]
    mixed = 0.7 * shares.loc["officer"] + 0.3 * shares.loc["staff"]
    several = frame.assign(role=frame["role"].where(frame.index % 3 > 0))
    objective = fit(several, link=link).problem.objective
    known = sum(
        n * np.log(mixed.loc[(x, rung)] if pd.isna(role) else shares.loc[(role, x, rung)])
        for role, x, n, rung in several[["role", "x", "n", "severity"]].itertuples(index=False)
    )
    found = objective.evaluate(exact.solution.vector, order=0).value
    assert found == pytest.approx(known, rel=1e-10)


@small
@given(seeds, links, groupings, st.floats(-50, 50))
def test_shifting_a_number_moves_the_thresholds_only(seed, link, groups, by):
    frame = rows(seed)
    one = fit(frame, link=link, groups=groups)
    moved = fit(frame.assign(x=frame["x"] + by), link=link, groups=groups)
    assert moved.log_likelihood == pytest.approx(one.log_likelihood, rel=1e-9)
    np.testing.assert_allclose(
        moved.coefficients["estimate"], one.coefficients["estimate"], atol=1e-6
    )
    slope = one.coefficients.set_index("term").loc["x", "estimate"]
    np.testing.assert_allclose(
        moved.thresholds["estimate"], one.thresholds["estimate"] + by * slope, atol=1e-4
    )


@small
@given(seeds, groupings)
def test_names_change_nothing(seed, groups):
    """The first level by name stays the reference."""
    frame = rows(seed)
    renamed = frame.assign(
        severity=frame["severity"].map(dict(zip(LADDER, "zyxw", strict=True))),
        role=frame["role"].map({"officer": "1 of them", "staff": "é|".replace("|", "!")}),
        force=frame["force"].map(dict(zip("abcd", "dcab", strict=True))),
    )
    one, other = fit(frame, groups=groups), fit(renamed, groups=groups, ladder=list("zyxw"))
    assert other.log_likelihood == pytest.approx(one.log_likelihood, rel=1e-10)
    np.testing.assert_allclose(other.solution.vector, one.solution.vector, atol=1e-6)


@small
@given(seeds, links, kinds)
def test_a_random_intercept_is_never_less_likely_and_zero_is_none(seed, link, rungs):
    frame = rows(seed, rungs=rungs)
    fixed, mixed = fit(frame, link=link), fit(frame, link=link, groups="force")
    assert mixed.log_likelihood >= fixed.log_likelihood
    if mixed.at_boundary:
        same(mixed, fixed)


@small
@given(seeds, links, kinds)
def test_a_term_more_is_never_less_likely(seed, link, rungs):
    frame = rows(seed, rungs=rungs)
    values = [
        fit(frame, f"severity ~ {terms}", link=link).log_likelihood
        for terms in ("1", "x", "role + x", "role*x", "role*C(x)")
    ]
    assert all(later >= earlier - 1e-9 for earlier, later in itertools.pairwise(values))
