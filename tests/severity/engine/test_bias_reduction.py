"""Bias reduction against closed forms; R's answers are in `test_known_answers`."""

import numpy as np
import pandas as pd
import pytest

from foistats.errors import UsageError
from foistats.severity.engine.links import LINKS
from foistats.severity.model import CumulativeLinkModel

LADDER = ("none", "advice", "left")


def fit(frame, formula="severity ~ role", ladder=LADDER, weights="", **settings):
    model = CumulativeLinkModel(formula, ladder, estimator="bias_reduced", **settings)
    return model.fit(frame, weights=weights)


@pytest.mark.parametrize("counts", [(8, 2, 5, 5), (1, 0, 0, 1), (9, 0, 0, 7), (300, 1, 40, 0)])
def test_a_two_by_two_table_gets_half_a_case_in_every_cell(counts):
    """Haldane's and Anscombe's estimate of the log odds ratio: the model is saturated."""
    frame = pd.DataFrame(
        {
            "severity": ["none", "left"] * 2,
            "role": ["officer", "officer", "staff", "staff"],
            "n": np.array(counts, dtype=float),
        }
    )
    found = fit(frame[frame["n"] > 0], ladder=("none", "left"), weights="n")
    a, b, c, d = np.array(counts) + 0.5
    estimate = found.coefficients.loc[0, "estimate"]
    assert estimate == pytest.approx(np.log(a * d / (b * c)), abs=1e-8)
    assert found.thresholds.loc[0, "estimate"] == pytest.approx(np.log(a / b), abs=1e-8)


def test_a_single_threshold_gets_half_a_case_on_both_sides():
    frame = pd.DataFrame({"severity": ["none"] * 7 + ["left"] * 3})
    found = fit(frame, "severity ~ 1", ("none", "left"))
    assert found.thresholds.loc[0, "estimate"] == pytest.approx(np.log(7.5 / 3.5), abs=1e-9)
    size = 10 * (7.5 * 3.5) / 11**2
    assert found.thresholds.loc[0, "std_error"] == pytest.approx(size**-0.5, rel=1e-8)


@pytest.mark.parametrize("link", LINKS)
def test_estimates_are_finite_where_the_data_are_separated(link):
    frame = pd.DataFrame({"severity": ["none"] * 4 + ["advice"] * 3 + ["left"] * 5, "x": range(12)})
    found = fit(frame, "severity ~ x", link=link)
    estimate = found.coefficients.iloc[0]
    assert 0 < estimate["estimate"] < 20
    assert np.isfinite(found.covariance.to_numpy()).all()
    assert found.thresholds["estimate"].is_monotonic_increasing


@pytest.mark.parametrize("link", ["logit", "probit", "cauchit"])
def test_reversing_the_ladder_flips_the_sign(link):
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"severity": rng.choice(LADDER, 25), "x": rng.normal(size=25)})
    one = fit(frame, "severity ~ x", link=link)
    other = fit(frame, "severity ~ x", LADDER[::-1], link=link)
    estimates = [found.coefficients.loc[0, "estimate"] for found in (one, other)]
    assert estimates[0] == pytest.approx(-estimates[1], abs=1e-7)


def test_with_many_cases_it_is_maximum_likelihood():
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"severity": rng.choice(LADDER, 30), "x": rng.normal(size=30)})
    gaps = []
    for n in (1, 100, 10_000):
        weighted = frame.assign(n=n)
        likely = CumulativeLinkModel("severity ~ x", LADDER).fit(weighted, weights="n")
        reduced = fit(weighted, "severity ~ x", weights="n")
        gaps.append(np.abs(likely.solution.vector - reduced.solution.vector).max())
    assert gaps[0] / gaps[1] == pytest.approx(100, rel=0.1)
    assert gaps[1] / gaps[2] == pytest.approx(100, rel=0.1)


def test_the_bias_is_smaller():
    """The mean over all outcomes of ten cases, by enumeration: the estimates are linear in none."""
    n, share = 10, 0.7
    counts = np.arange(n + 1)
    weights = np.array([np.prod([(n - i) / (i + 1) for i in range(k)]) for k in counts])
    weights *= share**counts * (1 - share) ** (n - counts)
    theta = []
    for k in counts:
        sides = {"none": k, "left": n - k}
        frame = pd.DataFrame({"severity": [r for r in sides for _ in range(sides[r])]})
        if 0 < k < n:
            theta.append(fit(frame, "severity ~ 1", ("none", "left")).thresholds.loc[0, "estimate"])
        else:
            theta.append(np.log((k + 0.5) / (n - k + 0.5)))
    truth = np.log(share / (1 - share))
    assert abs(weights @ theta - truth) < 0.02
    inside = weights[1:-1] / weights[1:-1].sum()
    crude = np.log(counts[1:-1] / (n - counts[1:-1]))
    assert abs(inside @ crude - truth) > 0.02


def test_it_is_for_exact_data_with_fixed_effects():
    frame = pd.DataFrame({"severity": ["none", "left", "advice", "none|advice"] * 4})
    with pytest.raises(UsageError, match="needs every outcome and covariate to be known exactly"):
        fit(frame, "severity ~ 1")
    with pytest.raises(UsageError, match="bias reduction is for fixed effects"):
        fit(frame, "severity ~ 1", groups="force")
    rows = pd.DataFrame({"severity": [*LADDER, *LADDER], "role": ["a", "b", None, "a", "b", "a"]})
    model = CumulativeLinkModel("severity ~ role", LADDER, estimator="bias_reduced")
    with pytest.raises(
        UsageError, match="known exactly; for coarse data use estimator='penalised'"
    ):
        model.fit(rows, composition={"role": {"a": 0.5, "b": 0.5}})
