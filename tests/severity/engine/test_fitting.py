"""Thin data, separation and the boundary at zero: a right answer, or an error that names it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from foistats.errors import ConvergenceError, DataError, ModelError, NotIdentifiedError
from foistats.severity.engine.fitting import maximise_over, require_proven, start_vector
from foistats.severity.engine.links import LINKS
from foistats.severity.model import CumulativeLinkModel

LADDER = ("none", "advice", "left")


def cases(**columns):
    return pd.DataFrame(columns)


def noisy(n=120, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "severity": rng.choice(LADDER, n),
            "role": rng.choice(["officer", "staff"], n),
            "x": rng.normal(size=n),
            "force": rng.choice(list("abcd"), n),
        }
    )


def fit(frame, formula="severity ~ role", ladder=LADDER, weights="", **settings):
    return CumulativeLinkModel(formula, ladder, **settings).fit(frame, weights=weights)


# ---- separation ------------------------------------------------------------------------------


@pytest.mark.parametrize("link", LINKS)
def test_complete_separation(link):
    frame = cases(severity=["none"] * 4 + ["advice"] * 3 + ["left"] * 5, x=range(12))
    message = r"rises without end as .*x to plus infinity.*use estimator='bias_reduced' or 'penali"
    with pytest.raises(NotIdentifiedError, match=message):
        fit(frame, "severity ~ x", link=link)


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize(("end", "sign"), [("left", "plus"), ("none", "minus")])
def test_quasi_separation_of_one_level(end, sign, link):
    """Every special lies at one end: only that estimate runs away, and only it is named."""
    frame = noisy()
    special = cases(severity=[end] * 3, role=["special"] * 3)
    frame = pd.concat([frame, special])
    frame["role"] = pd.Categorical(frame["role"], ["officer", "staff", "special"])
    with pytest.raises(NotIdentifiedError) as raised:
        fit(frame, link=link)
    assert f"as role[T.special] to {sign} infinity (" in str(raised.value)


def test_separation_at_one_threshold_under_nominal_effects():
    frame = noisy()
    frame = frame[(frame["role"] == "officer") | (frame["severity"] != "left")]
    with pytest.raises(NotIdentifiedError, match=r"advice\|left:role\[T.staff\] to minus infinity"):
        fit(frame, "severity ~ 1", nominal="role")
    assert np.isfinite(fit(frame).log_likelihood)


def test_separation_with_a_random_intercept():
    frame = noisy().assign(x=lambda f: (f["severity"] == "left") * 1.0)
    with pytest.raises(NotIdentifiedError, match="x to plus infinity"):
        fit(frame, "severity ~ x", groups="force")


def test_coarse_data_can_be_separated_too():
    frame = cases(
        severity=["none"] * 5 + ["advice"] * 5 + ["left"] * 4 + ["advice|left"] * 6,
        role=["officer"] * 14 + ["staff"] * 6,
    )
    with pytest.raises(NotIdentifiedError, match=r"role\[T.staff\] to plus infinity"):
        fit(frame)
    mixed = pd.concat([frame, cases(severity=["none|advice"], role=["staff"])])
    assert np.isfinite(fit(mixed).log_likelihood)


# ---- rungs and sets that say too little ------------------------------------------------------


@pytest.mark.parametrize("estimator", ["maximum_likelihood", "bias_reduced", "penalised"])
@pytest.mark.parametrize("rung", LADDER)
def test_a_rung_that_nobody_reached(rung, estimator):
    frame = noisy()
    with pytest.raises(NotIdentifiedError, match=f"no case at {rung}: merge it with a neighb"):
        fit(frame[frame["severity"] != rung], estimator=estimator)


@pytest.mark.parametrize(
    ("sets", "message"),
    [
        (["none|advice"] * 8, r"no case tells on which side of none\|advice it lies"),
        (["none|advice", "left"] * 4, r"no case tells on which side of none\|advice it lies"),
        (["none"] * 8, r"no case tells on which side of advice\|left it lies"),
        (["none|left"] * 8, "no case at advice"),
        (
            ["none|left"] * 5 + ["advice"] * 3,
            r"the data do not tell none\|advice, advice\|left apart: other values of them are as",
        ),
        (
            ["none"] * 5 + ["none|advice"] * 3 + ["left"] * 4 + ["advice|left"] * 3,
            "the thresholds on the two sides of advice run together: no case needs that rung",
        ),
    ],
)
def test_sets_that_do_not_tell_the_thresholds(sets, message):
    for groups in ("", "force"):
        frame = cases(severity=sets, force=["a", "b"] * (len(sets) // 2) + ["a"] * (len(sets) % 2))
        with pytest.raises(NotIdentifiedError, match=message):
            fit(frame, "severity ~ 1", groups=groups)


def test_outcomes_that_are_never_stated():
    for outcome in (None, "none|advice|left"):
        with pytest.raises(DataError, match="states no outcome in any row"):
            fit(noisy().assign(severity=outcome))


def test_one_row():
    frame = cases(severity=["advice"], role=["staff"])
    with pytest.raises(NotIdentifiedError, match="no case at none, left"):
        fit(frame, "severity ~ 1")
    with pytest.raises(NotIdentifiedError, match="the single level 'staff'"):
        fit(frame)


# ---- columns that say the same ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"formula": "severity ~ x + twice"}, "x, twice"),
        ({"formula": "severity ~ constant"}, "constant"),
        ({"formula": "severity ~ nought"}, "nought"),
        ({"formula": "severity ~ x", "nominal": "x"}, r"x, x \(nominal\)"),
        ({"formula": "severity ~ 1", "nominal": "x + twice"}, r"x \(nominal\), twice \(nominal\)"),
        ({"formula": "severity ~ x", "scale": "role + same"}, "scale:role"),
    ],
)
@pytest.mark.parametrize("estimator", ["maximum_likelihood", "bias_reduced"])
def test_collinear_columns_are_named(settings, named, estimator):
    frame = noisy().assign(
        twice=lambda f: 2 * f["x"] + 1,
        constant=3.0,
        nought=0.0,
        same=lambda f: np.where(f["role"] == "staff", "s", "o"),
    )
    with pytest.raises(NotIdentifiedError, match=f"{named}.* cannot be told apart"):
        fit(frame, estimator=estimator, **settings)


def test_large_offsets_and_scales_of_a_number_change_only_its_units():
    """A calendar year needs no centring, whether its effect is one or one for each threshold."""
    frame = noisy()
    plain = fit(frame, "severity ~ x")
    for factor, offset in ((1e-6, 0.0), (1e6, 0.0), (1.0, 2013.0), (1.0, 1e5), (1e6, 1e9)):
        moved = fit(frame.assign(x=frame["x"] * factor + offset), "severity ~ x")
        beta = plain.coefficients.loc[0, "estimate"] / factor
        assert moved.coefficients.loc[0, "estimate"] == pytest.approx(beta, rel=1e-5)
        error = plain.coefficients.loc[0, "std_error"] / factor
        assert moved.coefficients.loc[0, "std_error"] == pytest.approx(error, rel=1e-4)
        assert moved.log_likelihood == pytest.approx(plain.log_likelihood, rel=1e-9)
        thresholds = plain.thresholds["estimate"] + beta * offset
        np.testing.assert_allclose(moved.thresholds["estimate"], thresholds, rtol=1e-6)
    nominal = fit(frame, "severity ~ 1", nominal="x")
    moved = fit(frame.assign(x=frame["x"] + 2013), "severity ~ 1", nominal="x")
    assert moved.log_likelihood == pytest.approx(nominal.log_likelihood, rel=1e-11)
    np.testing.assert_allclose(
        moved.nominal_coefficients["estimate"], nominal.nominal_coefficients["estimate"], rtol=1e-6
    )


# ---- the random intercept --------------------------------------------------------------------


@pytest.mark.parametrize("link", LINKS)
def test_groups_that_do_not_differ_give_zero_and_the_fixed_fit(link):
    one = noisy(40)
    frame = pd.concat([one.assign(force=name) for name in "abcd"])
    mixed, fixed = fit(frame, groups="force", link=link), fit(frame, link=link)
    assert mixed.at_boundary
    assert mixed.random_intercept_sd == 0.0
    assert mixed.log_likelihood == pytest.approx(fixed.log_likelihood, rel=1e-14)
    pd.testing.assert_frame_equal(mixed.coefficients, fixed.coefficients)
    np.testing.assert_allclose(mixed.covariance, fixed.covariance, rtol=1e-12)
    assert "0 (at the boundary)" in repr(mixed)


@pytest.mark.parametrize("points", [1, 2, 10])
def test_groups_wholly_at_one_end_have_no_finite_standard_deviation(points):
    frame = cases(severity=["none"] * 9 + ["left"] * 9, force=sorted("abcdef" * 3))
    with pytest.raises(
        ModelError, match=r"no finite estimate of the random intercept's stand|no ma"
    ):
        fit(frame, "severity ~ 1", ("none", "left"), groups="force", quadrature_points=points)


def test_a_single_group_has_no_random_intercept():
    with pytest.raises(NotIdentifiedError, match="a single group 'a': a random intercept needs se"):
        fit(noisy().assign(force="a"), groups="force")


@pytest.mark.parametrize("points", [1, 2, 3, 5, 10, 20, 30])
def test_huge_groups_at_any_number_of_points(points):
    """Counts in the tens of thousands: the quadrature is exact, so that nearly all agree."""
    counts = {"a": (60_000, 30_000, 20_000), "b": (9, 3, 2), "c": (90_000, 50_000, 60_000)}
    frame = cases(
        severity=list(LADDER) * 3,
        force=[name for name in counts for _ in LADDER],
        n=[n for several in counts.values() for n in several],
    )
    found = fit(frame, "severity ~ 1", groups="force", weights="n", quadrature_points=points)
    known = fit(frame, "severity ~ 1", groups="force", weights="n", quadrature_points=100)
    near = 1e-3 if points < 5 else 1e-6
    assert found.log_likelihood == pytest.approx(known.log_likelihood, abs=near)
    assert found.random_intercept_sd == pytest.approx(known.random_intercept_sd, rel=near)
    np.testing.assert_allclose(found.covariance, known.covariance, rtol=5 * near)


@pytest.mark.parametrize("link", LINKS)
def test_the_maximum_is_one_over_all_standard_deviations(link):
    frame = noisy(seed=3)
    frame.loc[frame["force"] == "a", "severity"] = "left"
    frame.loc[frame.index[:5], "severity"] = "none"
    found = fit(frame, groups="force", link=link)
    assert found.random_intercept_sd > 0
    for sd in (0.05, 0.3, 1.0, 2.0, 4.0):
        held, _ = maximise_over(found.problem, {found.design.size - 1: np.log(sd)})
        assert held.value <= found.log_likelihood
    elsewhere, at_boundary = maximise_over(found.problem, start=found.solution.vector + 0.3)
    assert not at_boundary
    np.testing.assert_allclose(elsewhere.vector, found.solution.vector, atol=1e-6)


def test_starting_thresholds_are_the_crude_shares():
    frame = cases(severity=["none"] * 6 + ["advice"] * 2 + ["left"] * 4)
    problem = fit(frame, "severity ~ 1").problem
    shares = np.array([6.5, 9.0]) / 13.5
    np.testing.assert_allclose(start_vector(problem), np.log(shares / (1 - shares)))


def test_a_point_that_is_no_maximum_is_refused():
    found = fit(noisy())
    away = found.solution.vector + 0.5
    evaluation = found.problem.objective.evaluate(away, order=2)
    wrong = replace(found.solution.maximum, vector=away, evaluation=evaluation, proven=False)
    with pytest.raises(
        ConvergenceError, match=r"no maximum after .* steps .steepest in .*gradient"
    ):
        require_proven(found.problem, wrong)
    require_proven(found.problem, found.solution.maximum)


def test_a_scale_effect_without_end_is_named():
    """Every case of the second level lies in one rung's middle: its spread shrinks for ever."""
    frame = pd.concat(
        [
            noisy(90).assign(kind="wide"),
            cases(severity=["advice"] * 30, role=["officer", "staff"] * 15).assign(kind="narrow"),
        ],
        ignore_index=True,
    )
    with pytest.raises(NotIdentifiedError, match=r"scale:kind|no finite estimate"):
        fit(frame, "severity ~ role", scale="~ kind")


def test_laplace_is_judged_by_its_exact_information():
    """Where forces are small its approximate information need not be positive definite."""
    random = np.random.default_rng(2)
    frame = pd.DataFrame(
        {
            "severity": random.choice(LADDER, 60),
            "role": random.choice(["officer", "staff"], 60),
            "force": [f"f{place}" for place in range(20)] * 3,
        }
    )
    found = fit(frame, groups="force", quadrature_points=1)
    with_fixed_nodes = found.solution.maximum.evaluation.information
    assert (
        np.linalg.eigvalsh(with_fixed_nodes)[0]
        < 0
        < np.linalg.eigvalsh(found.solution.information)[0]
    )
