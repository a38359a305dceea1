"""Shrunken rates and draws: as in R, brute force, limits, calibration."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from foistats.errors import UsageError
from foistats.forces.effects.fit import force_effects
from foistats.forces.effects.grid import condensed
from foistats.forces.effects.posterior import posterior_draws, shrunken_rates

KNOWN = Path(__file__).parents[1] / "known_answers"
BOTH = ["gamma", "log-normal"]


def test_rates_equal_those_of_r(known_fit):
    answers = pd.read_csv(KNOWN / "shrinkage_rates.csv")
    for mixing in BOTH:
        wanted = answers[answers["mixing"] == mixing]
        found = shrunken_rates(known_fit("a", mixing))
        np.testing.assert_allclose(found["plug_in"], wanted["plug_in"], rtol=2e-6)
        if mixing == "gamma":  # R: sums over a grid of 161 x 151 means and spreads
            for name in ("estimate", "conf_low", "conf_high"):
                np.testing.assert_allclose(found[name], wanted[name], rtol=5e-5)


@pytest.mark.parametrize("mixing", BOTH)
def test_posterior_by_brute_force_over_mean_and_spread(mixing, counts_of):
    """Flat in log mean and in spread: sums over a fine lattice of both and of the rate."""
    counts = counts_of([3, 8, 20, 2, 11, 0, np.nan], [6.0, 7, 9, 8, 10, 2, 5])
    fit = force_effects(counts, mixing=mixing)
    frame = shrunken_rates(fit)
    line = np.linspace(-40, 12, 1301)
    below = np.zeros((7, len(line)))
    total = 0.0
    # midpoints in log(1 + 4 s); the spread ends at 5
    width = np.log1p(20) / 60
    for spread in np.expm1((np.arange(60) + 0.5) * width) / 4:
        for log_mean in np.linspace(-9, 7, 121) + (spread**2 / 2 if mixing != "gamma" else 0):
            value = fit.mixing.evaluate(fit.atoms, log_mean, spread, 0)[0]
            weight = np.exp(value.sum() + 20) * (spread + 0.25)
            if weight < 1e-7:
                continue
            total += weight
            below += weight * conditional(counts, mixing, log_mean, spread, line)
    below /= total
    for row, share in enumerate(below):
        for name, goal in (("conf_low", 0.025), ("estimate", 0.5), ("conf_high", 0.975)):
            reached = np.interp(np.log(frame[name][row]), line, share)
            assert reached == pytest.approx(goal, abs=1.5e-3), (row, name)


def conditional(counts, mixing, log_mean, spread, line):
    """Posterior distribution functions given mean and spread, forces x line."""
    count, size = (np.where(counts.known, x, 0)[:, None] for x in (counts.low, counts.exposure))
    if mixing == "gamma":
        a = spread**-2
        return stats.gamma.cdf(np.exp(line), count + a, scale=1 / (size + a * np.exp(-log_mean)))
    log_density = count * line - size * np.exp(line)
    log_density = log_density - ((line - log_mean + spread**2 / 2) / spread) ** 2 / 2
    density = np.exp(log_density - log_density.max(axis=1, keepdims=True))
    cumulated = np.cumsum(density, axis=1)
    return (cumulated - density / 2) / cumulated[:, -1:]


def test_gamma_plug_in_is_the_closed_form(known_fit, known_counts):
    counts, fit = known_counts("a"), known_fit("a", "gamma")
    a = fit.spread**-2
    wanted = (counts.low + a) / (counts.exposure + a / fit.mean)
    np.testing.assert_allclose(shrunken_rates(fit)["plug_in"], wanted, rtol=1e-12)


@pytest.mark.parametrize("mixing", BOTH)
def test_large_exposures_are_not_shrunken_and_small_ones_wholly(mixing, counts_of):
    low = np.array([3, 8, 20, 2, 11, 0, 5, 900_000])
    size = np.array([6.0, 7, 9, 8, 10, 2, 4, 500_000])
    frame = shrunken_rates(force_effects(counts_of(low, size), mixing=mixing))
    assert frame["estimate"].iloc[-1] == pytest.approx(1.8, rel=1e-4)
    reach = stats.norm.ppf(0.975) / np.sqrt(900_000)
    assert frame["conf_high"].iloc[-1] == pytest.approx(1.8 * np.exp(reach), rel=1e-4)
    counts = counts_of([*low[:7], 0, np.nan], [*size[:7], 1e-9, 4])
    tiny = shrunken_rates(force_effects(counts, mixing=mixing))
    columns = ["estimate", "conf_low", "conf_high", "plug_in"]
    np.testing.assert_allclose(*tiny[columns].iloc[-2:].to_numpy(), rtol=1e-5)


@pytest.mark.parametrize("mixing", BOTH)
def test_rescaled_exposure_rescales_the_rates(mixing, known_counts, counts_of):
    counts = known_counts("c")
    other = counts_of(counts.low, counts.exposure * 250, counts.high)
    first, second = (shrunken_rates(force_effects(c, mixing=mixing)) for c in (counts, other))
    for name in ("estimate", "conf_low", "conf_high", "plug_in"):
        np.testing.assert_allclose(first[name], 250 * second[name], rtol=1e-5)


@pytest.mark.parametrize("mixing", BOTH)
def test_order_of_rows_changes_nothing(mixing, known_fit, known_counts, counts_of):
    counts, order = known_counts("c"), np.random.default_rng(0).permutation(12)
    other = counts_of(counts.low[order], counts.exposure[order], counts.high[order])
    names = ["estimate", "conf_low", "conf_high", "plug_in"]
    first = shrunken_rates(known_fit("c", mixing))[names].to_numpy()[order]
    second = shrunken_rates(force_effects(other, mixing=mixing))[names].to_numpy()
    np.testing.assert_allclose(first, second, rtol=1e-6)


def test_a_count_known_as_an_interval_lies_between_its_ends(counts_of):
    size = [6.0, 7, 9, 8, 10, 2]
    ends = [shrunken_rates(force_effects(counts_of([n, 8, 20, 2, 11, 0], size))) for n in (3, 9)]
    high = [9, 8, 20, 2, 11, 0]
    between = shrunken_rates(force_effects(counts_of([3, 8, 20, 2, 11, 0], size, high)))
    assert ends[0]["estimate"][0] < between["estimate"][0] < ends[1]["estimate"][0]
    assert between["note"][0] == "count known as 3 to 9"
    assert (between["crude_low"][0], between["crude_high"][0]) == (0.5, 1.5)


def test_a_force_without_a_count_is_predicted_and_leaves_the_fit_alone(counts_of):
    counts = counts_of([3, 8, 20, 2, np.nan], [6.0, 7, 9, 8, np.nan])
    fit, without = force_effects(counts), force_effects(counts_of([3, 8, 20, 2], [6.0, 7, 9, 8]))
    assert fit.log_likelihood == pytest.approx(without.log_likelihood, rel=1e-12)
    row = shrunken_rates(fit).iloc[-1]
    assert row["note"] == "no count; no expected count; predicted from the other forces"
    assert row["plug_in"] == pytest.approx(fit.mean)
    others = shrunken_rates(fit).iloc[:-1]
    assert row["conf_high"] - row["conf_low"] > (others["conf_high"] - others["conf_low"]).max()


@pytest.mark.parametrize("mixing", BOTH)
@pytest.mark.parametrize("name", ["a", "c"])
def test_draws_have_the_quantiles_of_the_rates(name, mixing, known_fit):
    fit = known_fit(name, mixing)
    draws = posterior_draws(fit, draws=20_000, seed=3)
    frame = shrunken_rates(fit)
    assert list(draws.columns) == frame["force"].tolist()
    for column, goal in (("conf_low", 0.025), ("estimate", 0.5), ("conf_high", 0.975)):
        reached = (draws.to_numpy() <= frame[column].to_numpy()).mean(axis=0)
        np.testing.assert_allclose(reached, goal, atol=5 * np.sqrt(goal * (1 - goal) / 20_000))


def test_draws_come_from_the_seed(known_fit):
    fit = known_fit("a", "gamma")
    pd.testing.assert_frame_equal(
        posterior_draws(fit, draws=50, seed=1), posterior_draws(fit, draws=50, seed=1)
    )
    assert not posterior_draws(fit, draws=50).equals(posterior_draws(fit, draws=50, seed=1))
    with pytest.raises(UsageError, match="draws is 0"):
        posterior_draws(fit, draws=0)


def test_intervals_hold_the_true_rates(counts_of):
    """43 forces, 60 data sets: 95 % of 2,580 rates, but for Monte-Carlo error."""
    rng = np.random.default_rng(8)
    held = []
    for _ in range(60):
        size = rng.gamma(1.2, 15, 43) + 1
        rates = rng.gamma(8, 1 / 8, 43)
        frame = shrunken_rates(force_effects(counts_of(rng.poisson(size * rates), size)))
        held.append((frame["conf_low"] <= rates) & (rates <= frame["conf_high"]))
    assert 0.935 < np.mean(held) < 0.965


@pytest.mark.parametrize("mixing", BOTH)
def test_four_nodes_in_place_of_many(mixing, counts_of):
    """Mean and spread of many forces are known so well that four nodes give the quantiles."""
    rng = np.random.default_rng(10)
    size = rng.gamma(2, 10, 5_000)
    counts = counts_of(rng.poisson(size * rng.gamma(4, 1 / 4, 5_000)), size)
    fit = force_effects(counts, mixing=mixing)
    few = condensed(fit.likelihood, fit.grid)
    assert len(few.weight) == 4
    assert len(fit.grid.weight) > 20
    some, rows = fit.atoms.part(slice(0, 200))
    many = replace(fit.grid, log_probability=fit.grid.log_probability[:, rows])
    few = replace(few, log_probability=few.log_probability[:, rows])
    tails = [0.025, 0.5, 0.975]
    found, wanted = (fit.mixing.quantiles(some, grid, tails) for grid in (few, many))
    np.testing.assert_allclose(found, wanted, rtol=2e-5)


def test_nodes_stay_where_mean_and_spread_are_hardly_known(known_fit):
    fit = known_fit("a", "gamma")
    assert condensed(fit.likelihood, fit.grid) is fit.grid


@pytest.mark.slow
def test_intervals_of_a_hundred_thousand_groups(counts_of):
    rng = np.random.default_rng(9)
    size = rng.gamma(2, 10, 100_000)
    rates = rng.gamma(4, 1 / 4, 100_000)
    frame = shrunken_rates(force_effects(counts_of(rng.poisson(size * rates), size)))
    held = (frame["conf_low"] <= rates) & (rates <= frame["conf_high"])
    assert held.mean() == pytest.approx(0.95, abs=0.003)
