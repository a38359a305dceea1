"""Exact intervals that hold together."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from foistats.forces.ranks.region import rate_region

KNOWN = Path(__file__).parents[1] / "known_answers"


@pytest.mark.parametrize("adjustment", ["none", "sidak", "bonferroni"])
def test_exact_intervals_equal_those_of_poisson_test(adjustment, known_counts):
    answers = pd.read_csv(KNOWN / "shrinkage_intervals.csv").query("adjustment == @adjustment")
    low, high = rate_region(known_counts(), adjustment=adjustment)
    np.testing.assert_allclose(low, answers["conf_low"], rtol=1e-10)
    np.testing.assert_allclose(high, answers["conf_high"], rtol=1e-10)
