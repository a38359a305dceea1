"""Counts of forces for tests: any, those that R has seen, and their fits."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from foistats.forces.comparable import comparable_counts
from foistats.forces.effects.fit import force_effects
from foistats.layout import UNLIMITED

KNOWN = Path(__file__).parent / "known_answers"


def _counts_of(low, expected, high=None, force=None):
    low = np.asarray(low, dtype=float)
    table = {"force": force or [f"F{i}" for i in range(len(low))], "unit": "case", "n_low": low}
    table |= {"n_high": np.minimum(low if high is None else high, UNLIMITED), "expected": expected}
    return comparable_counts(pd.DataFrame(table))


@cache
def _known_counts(name="a"):
    table = pd.read_csv(KNOWN / "shrinkage_counts.csv")
    return comparable_counts(table[table["set"] == name].assign(unit="case"))


@cache
def _known_fit(name, mixing):
    return force_effects(_known_counts(name), mixing=mixing)


@pytest.fixture(scope="session")
def counts_of():
    """Make counts from their ends and expected counts."""
    return _counts_of


@pytest.fixture(scope="session")
def known_counts():
    """Give a set of counts that R has seen, by its name."""
    return _known_counts


@pytest.fixture(scope="session")
def known_fit():
    """Give the fit of such a set, by its name and mixing."""
    return _known_fit
