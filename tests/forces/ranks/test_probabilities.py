"""Rank probabilities from draws."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from foistats.errors import UsageError
from foistats.forces.ranks.probabilities import pairwise_probabilities, rank_probabilities


def test_probabilities_from_draws_by_hand():
    draws = pd.DataFrame({"A": [3.0, 3, 1, 2], "B": [2.0, 1, 2, 2], "C": [1.0, 2, 3, 2]})
    frame = rank_probabilities(draws, top=2).set_index("force")
    third = 1 / 3
    np.testing.assert_allclose(frame["highest"], [(2 + third) / 4, third / 4, (1 + third) / 4])
    two = [(2 + 2 * third) / 4, (2 + 2 * third) / 4, (2 + 2 * third) / 4]
    np.testing.assert_allclose(frame["top"], two)
    np.testing.assert_allclose(frame["expected_rank"], [7 / 4, 9 / 4, 2])
    assert frame["estimate"].tolist() == [1, 2, 2]
    assert (frame["conf_low"].tolist(), frame["conf_high"].tolist()) == ([1, 2, 1], [3, 3, 3])
    pairs = pairwise_probabilities(draws).set_index(["force", "other"])["probability"]
    assert pairs["A", "B"] == (2 + 0.5) / 4
    assert pairs["B", "A"] == 1 - pairs["A", "B"]
    assert pairs["C", "B"] == (2 + 0.5) / 4


def test_probabilities_sum_to_the_places_there_are():
    draws = pd.DataFrame(np.random.default_rng(1).gamma(2, size=(500, 12)))
    frame = rank_probabilities(draws, top=5)
    assert frame["highest"].sum() == pytest.approx(1)
    assert frame["top"].sum() == pytest.approx(5)
    assert frame["expected_rank"].sum() == pytest.approx(78)
    every = rank_probabilities(draws, top=12)
    np.testing.assert_allclose(every["top"], 1)


def test_gamma_posteriors_compared_in_closed_form():
    rng = np.random.default_rng(2)
    shapes = np.array([8.0, 14.0])
    draws = pd.DataFrame(rng.gamma(shapes, size=(100_000, 2)), columns=["A", "B"])
    wanted = stats.beta.sf(0.5, *shapes)
    found = pairwise_probabilities(draws)["probability"].iloc[0]
    assert found == pytest.approx(wanted, abs=4 * np.sqrt(wanted / 100_000))


def test_draws_that_cannot_be_ranked():
    draws = pd.DataFrame({"A": [1.0], "B": [2.0]})
    with pytest.raises(UsageError, match="top is 3; 1 to 2"):
        rank_probabilities(draws, top=3)
    with pytest.raises(UsageError, match="none found"):
        rank_probabilities(draws.iloc[:0])
    with pytest.raises(UsageError, match="a rate is missing"):
        pairwise_probabilities(draws.replace(2.0, np.nan))
    with pytest.raises(UsageError, match="3001 forces"):
        pairwise_probabilities(pd.DataFrame(np.ones((1, 3001))))
