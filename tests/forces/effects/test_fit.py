"""Fitted distributions of rates: as in R, and what is refused."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from foistats.errors import ConvergenceError, NotIdentifiedError, UsageError
from foistats.forces.effects.fit import force_effects
from foistats.forces.effects.hyperparameters import hyperparameters
from foistats.forces.effects.posterior import shrunken_rates

KNOWN = Path(__file__).parents[1] / "known_answers"
FITS = pd.read_csv(KNOWN / "shrinkage_fits.csv")
DEFINITION = FITS[FITS["method"] == "definition"]


@pytest.mark.parametrize(
    "row", list(DEFINITION.itertuples()), ids=lambda row: f"{row.set}-{row.mixing}"
)
def test_estimates_and_profile_intervals_equal_those_of_r(row, known_fit):
    fit = known_fit(row.set, row.mixing)
    assert fit.log_likelihood == pytest.approx(row.log_likelihood, abs=2e-8)
    assert fit.without_variation.value == pytest.approx(row.without_variation, abs=1e-7)
    assert (fit.mean, fit.spread) == pytest.approx((row.mean, row.spread), rel=1e-5)
    frame = hyperparameters(fit).set_index("term")
    wanted = [row.mean_low, row.mean_high, row.spread_low, row.spread_high]
    found = frame.loc[["mean", "spread"], ["conf_low", "conf_high"]].to_numpy().ravel()
    np.testing.assert_allclose(found, wanted, rtol=2e-6)


@pytest.mark.parametrize("method", ["glm.nb", "glmer"])
def test_estimates_equal_those_of_the_packages(method, known_fit):
    row = FITS[FITS["method"] == method].iloc[0]
    fit = known_fit("a", row["mixing"])
    assert (fit.mean, fit.spread) == pytest.approx((row["mean"], row["spread"]), rel=1e-7)


def test_what_has_no_answer_is_said(known_fit, counts_of):
    with pytest.raises(NotIdentifiedError, match=r"2 with a count; .* at least 3"):
        force_effects(counts_of([3, 8, np.nan], [6.0, 7, 9]))
    with pytest.raises(NotIdentifiedError, match="all 3 counts are zero, or may be"):
        force_effects(counts_of([0, 0, 0], [6.0, 7, 9], [0, 4, 0]))
    with pytest.raises(UsageError, match="did you mean 'log-normal'"):
        force_effects(counts_of([3, 8, 2], [6.0, 7, 9]), mixing="lognormal")
    with pytest.raises(UsageError, match="level is 2"):
        shrunken_rates(known_fit("a", "gamma"), level=2)


def test_a_spread_without_end_and_too_few_points_raise(known_counts, counts_of):
    with pytest.raises(ConvergenceError, match=r"no maximum proven; .*spread .*\(at most 5\)"):
        force_effects(counts_of([500, 0, 0, 0, 0, 0, 0, 0, 0, 0] * 3, [1.0] * 29 + [900]))
    with pytest.raises(ConvergenceError, match=r"no maximum proven|quadrature points"):
        force_effects(known_counts("a"), mixing="log-normal", quadrature_points=4)


def test_a_hundred_thousand_groups(counts_of):
    rng = np.random.default_rng(9)
    size = rng.gamma(2, 10, 100_000)
    rates = rng.gamma(4, 1 / 4, 100_000)
    fit = force_effects(counts_of(rng.poisson(size * rates), size))
    assert (fit.mean, fit.spread) == pytest.approx((1, 0.5), rel=0.01)
