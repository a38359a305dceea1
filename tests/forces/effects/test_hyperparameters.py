"""Mean and spread at the boundary, and the test of no variation."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from foistats.errors import UsageError
from foistats.forces.effects.fit import force_effects
from foistats.forces.effects.hyperparameters import hyperparameters, no_variation
from foistats.forces.effects.posterior import shrunken_rates

KNOWN = Path(__file__).parents[1] / "known_answers"
FITS = pd.read_csv(KNOWN / "shrinkage_fits.csv")
DEFINITION = FITS[FITS["method"] == "definition"]
BOTH = ["gamma", "log-normal"]


@pytest.mark.parametrize("mixing", BOTH)
def test_no_variation_is_a_boundary_and_said(mixing, known_fit, known_counts):
    fit = known_fit("b", mixing)
    assert fit.at_boundary
    frame = hyperparameters(fit).set_index("term")
    assert frame.loc["spread", ["estimate", "conf_low"]].tolist() == [0, 0]
    assert 0 < frame.loc["spread", "conf_high"] < 0.5
    assert "at its boundary" in frame.loc["spread", "note"]
    counts = known_counts("b")
    assert fit.mean == pytest.approx(counts.low.sum() / counts.exposure.sum())
    test = no_variation(fit).iloc[0]
    assert (test["statistic"], test["p_value"]) == (0, 1)
    rates = shrunken_rates(fit)
    np.testing.assert_allclose(rates["plug_in"], fit.mean)
    assert np.ptp(rates["estimate"]) > 0  # averaged over spreads above zero


def test_the_likelihood_ratio_has_half_the_tail(known_fit):
    fit, row = known_fit("a", "gamma"), DEFINITION.iloc[0]
    test = no_variation(fit).iloc[0]
    statistic = 2 * (row["log_likelihood"] - row["without_variation"])
    assert test["statistic"] == pytest.approx(statistic, abs=1e-6)
    assert test["p_value"] == pytest.approx(stats.chi2.sf(statistic, 1) / 2, rel=1e-5)
    assert not test["note"]
    assert "replications=999" in no_variation(known_fit("c", "gamma"))["note"].iloc[0]


def test_monte_carlo_test_given_the_total(known_fit, counts_of):
    fit = force_effects(counts_of([14, 8, 16, 4, 9, 13], [10.0, 7, 9, 8, 10, 14]))
    test = no_variation(fit, replications=199, seed=4).iloc[0]
    assert test["p_value"] == no_variation(fit, replications=199, seed=4)["p_value"].iloc[0]
    assert 0.05 < test["p_value"] < 0.6
    strong = force_effects(counts_of([40, 8, 2, 4, 30, 13], [10.0, 7, 9, 8, 10, 14]))
    assert no_variation(strong, replications=99)["p_value"].iloc[0] == 0.01
    with pytest.raises(UsageError, match="counts known only as intervals cannot be simulated"):
        no_variation(known_fit("c", "gamma"), replications=9)
