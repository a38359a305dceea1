"""Small data with outcomes and counts whose intercepts go together."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from foistats.forces.comparable import comparable_counts
from foistats.severity.model import CumulativeLinkModel

LADDER = ("none", "advice", "left")
THRESHOLDS, EFFECT = np.array([-0.3, 1.1]), 0.6


@cache
def _drawn(forces=24, rho=0.6, sigma=0.8, tau=0.7, seed=5, mean=15.0):
    """Draw a frame of outcomes and a frame of counts."""
    rng = np.random.default_rng(seed)
    outcomes, counts = [], []
    for place in range(forces):
        force, (z, w) = f"F{place:02}", rng.standard_normal(2)
        expected = mean * rng.uniform(0.3, 2)
        number = rng.poisson(expected * np.exp(tau * (rho * z + np.sqrt(1 - rho**2) * w)))
        counts.append((force, "case", number, number, expected))
        for role, share, effect in (("officer", 0.7, 0.0), ("staff", 0.3, EFFECT)):
            below = 1 / (1 + np.exp(-(THRESHOLDS - sigma * z - effect)))
            cases = rng.binomial(number, share)
            table = rng.multinomial(cases, np.diff([0, *below, 1]))
            outcomes += [(rung, role, force, n) for rung, n in zip(LADDER, table, strict=True)]
    return (
        pd.DataFrame(outcomes, columns=["outcome", "role", "force", "n"]),
        pd.DataFrame(counts, columns=["force", "unit", "n_low", "n_high", "expected"]),
    )


@cache
def _fitted(forces=24, ladder=LADDER, **how):
    data, _ = _drawn(forces, **how)
    model = CumulativeLinkModel("outcome ~ role", ladder, groups="force")
    return model.fit(data[data["n"] > 0], weights="n")


@pytest.fixture(scope="session")
def drawn():
    """Draw outcomes and counts, as frames."""
    return _drawn


@pytest.fixture(scope="session")
def counted():
    """Draw counts that may be compared."""
    return lambda *where, **how: comparable_counts(_drawn(*where, **how)[1])


@pytest.fixture(scope="session")
def fitted():
    """Fit the severity model to what `drawn` draws."""
    return _fitted
