"""Parametric bootstrap: closed forms, seeds, failures, and the calibrated interval of a spread."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from foistats.errors import ModelError, UsageError
from foistats.severity.engine.fitting import maximise_over
from foistats.severity.inference.bootstrap import replicate, spread_interval
from foistats.severity.inference.profile import Profile
from foistats.severity.model import CumulativeLinkModel


@cache
def two_rungs(left=30, none=70):
    data = pd.DataFrame({"outcome": ["none", "left"], "n": [none, left]})
    return CumulativeLinkModel("outcome ~ 1", ("none", "left")).fit(data, weights="n")


@cache
def judges():
    """Nine forces that differ."""
    generator = np.random.default_rng(7)
    rows = []
    for force, intercept in enumerate(generator.normal(0, 1.2, 9)):
        below = 1 / (1 + np.exp(-(np.array([-0.3, 1.1]) - intercept)))
        counts = generator.multinomial(12, np.diff([0, *below, 1]))
        rows += [
            (r, f"f{force}", n) for r, n in zip(("none", "advice", "left"), counts, strict=True)
        ]
    data = pd.DataFrame(rows, columns=["outcome", "force", "n"])
    model = CumulativeLinkModel(
        "outcome ~ 1", ("none", "advice", "left"), groups="force", quadrature_points=3
    )
    return model.fit(data, weights="n")


def test_percentiles_are_those_of_the_binomial_distribution():
    """One threshold is the log odds of a binomial share, whose quantiles are known."""
    row = two_rungs().bootstrap_intervals(replications=999, seed=1).iloc[0]
    for end, tail in ((row["conf_low"], 0.025), (row["conf_high"], 0.975)):
        share = 100 / (1 + np.exp(-end))
        # The rank of a simulated quantile has a standard deviation of sqrt(R p (1 - p)).
        spread = 4 * np.sqrt(tail * (1 - tail) / 999)
        bounds = stats.binom.ppf([tail - spread, tail + spread], 100, 0.7)
        assert bounds[0] - 1e-6 <= share <= bounds[1] + 1e-6


def test_the_seed_decides():
    fit = two_rungs()
    one, other, third = (fit.bootstrap_intervals(replications=99, seed=s) for s in (3, 3, 4))
    pd.testing.assert_frame_equal(one, other)
    assert not one.equals(third)


def test_failures_are_counted():
    """With two of twenty leaving, nobody leaves in every eighth simulated data set."""
    fit = two_rungs(left=2, none=18)
    row = fit.bootstrap_intervals(replications=399, seed=0).iloc[0]
    share = 0.9**20
    spread = np.sqrt(399 * share * (1 - share))
    assert abs(row["failures"] - 399 * share) < 4.5 * spread
    assert (row["replications"], row["method"]) == (399, "bootstrap percentile")


def test_mostly_failures_are_an_error():
    fit = two_rungs(left=1, none=2)

    def never(problem):
        raise ModelError("no answer")

    with pytest.raises(ModelError, match="20 of 20 simulated data sets have no estimate"):
        replicate(fit.problem, fit.solution.vector, never, replications=20, seed=0)


def test_only_known_errors_are_failures():
    fit = two_rungs()

    def broken(problem):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        replicate(fit.problem, fit.solution.vector, broken, replications=2, seed=0)


def test_wrong_requests_are_refused():
    fit = two_rungs()
    with pytest.raises(UsageError, match=r"did you mean 'none\|left'"):
        fit.bootstrap_intervals(replications=99, terms=["none|lift"])
    with pytest.raises(UsageError, match="needs at least 39"):
        fit.bootstrap_intervals(replications=38)
    with pytest.raises(UsageError, match="no term 'random_intercept_sd'"):
        fit.bootstrap_intervals(replications=99, terms=["random_intercept_sd"])
    with pytest.raises(UsageError, match="replications is 0"):
        replicate(fit.problem, fit.solution.vector, lambda problem: [0.0], replications=0, seed=0)


def test_the_rows_are_those_asked_for_in_their_order():
    fit = judges()
    terms = ["advice|left", "none|advice"]
    frame = fit.bootstrap_intervals(replications=39, terms=terms)
    assert frame["term"].tolist() == terms
    assert (frame["conf_low"] < frame["estimate"]).all()
    assert (frame["estimate"] < frame["conf_high"]).all()


def test_the_upper_end_of_a_spread_is_where_the_simulated_quantile_is():
    """There the likelihood ratio is the 80 % quantile of its values simulated there.

    With the same random numbers, and up to the 2 % of the end that the fixed point leaves: the
    critical value moves by less than the end does.
    """
    model = replace(judges().model, level=0.8, quadrature_points=2)
    fit = model.fit_observations(judges().observations)
    row = spread_interval(fit, replications=29, seed=2)
    assert row["method"] == "bootstrap likelihood ratio"
    assert 0 <= row["conf_low"] < fit.random_intercept_sd < row["conf_high"]
    place = fit.problem.design.size - 1
    held = Profile(fit.problem, place).at(row["conf_high"])
    observed = 2 * (fit.log_likelihood - held.value)

    def ratio(problem):
        constrained, _ = maximise_over(problem, {place: np.log(row["conf_high"])}, held.vector)
        free, _ = maximise_over(problem, start=constrained.vector)
        return [2 * (free.value - constrained.value)]

    found = replicate(fit.problem, held.vector, ratio, replications=29, seed=2)
    quantile = np.quantile(found.values, 0.8, method="weibull")
    assert observed == pytest.approx(quantile, rel=0.04)
    assert row["replications"] >= 2 * 29


def test_penalised_and_bias_reduced_fits_have_percentiles_too():
    data = pd.DataFrame(
        {
            "outcome": ["none", "left", "none", "left"],
            "role": ["officer", "officer", "staff", "staff"],
            "n": [20, 10, 8, 12],
        }
    )
    for estimator in ("penalised", "bias_reduced"):
        model = CumulativeLinkModel("outcome ~ role", ("none", "left"), estimator=estimator)
        fit = model.fit(data, weights="n")
        row = fit.bootstrap_intervals(replications=99, terms=["role[T.staff]"]).iloc[0]
        assert row["conf_low"] < row["estimate"] < row["conf_high"]
