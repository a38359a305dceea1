"""Pairs of forces that can be told apart."""

from pathlib import Path

import numpy as np
import pandas as pd

from foistats.forces.ranks.pairs import pairs_summary, pairs_told_apart

KNOWN = Path(__file__).parents[1] / "known_answers"


def test_pairs_equal_poisson_test_and_p_adjust(known_counts):
    answers = pd.read_csv(KNOWN / "shrinkage_pairs.csv")
    pairs = pairs_told_apart(known_counts())
    smaller = answers[["p_above", "p_below"]].min(axis=1)
    np.testing.assert_allclose(pairs["p_value"], np.minimum(2 * smaller, 1), rtol=1e-10)
    holm = answers[["holm_above", "holm_below"]].min(axis=1)
    np.testing.assert_allclose(pairs["p_holm"], holm, rtol=1e-10)
    first_higher = answers["p_above"] <= answers["p_below"]
    assert (pairs["higher"] == answers["first"].where(first_higher, answers["second"])).all()
    assert pairs_summary(known_counts())["told_apart"].tolist() == [
        pairs["apart_by_region"].sum(),
        (holm <= 0.05).sum(),
    ]
