"""Mean and spread of the relative rates: their intervals, and the test that all rates are equal."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from foistats.errors import UsageError
from foistats.forces.comparable import Counts
from foistats.forces.effects.fit import ENOUGH_FORCES, ForceEffects, fitted
from foistats.severity.inference.intervals import require_level


def hyperparameters(fit: ForceEffects, *, level: float = 0.95) -> pd.DataFrame:
    """Return mean and spread of the relative rates with profile-likelihood intervals.

    ::

        { b : 2 (l(max) - l_profile(b)) <= chi2_1(level) }

    Returns
    -------
    DataFrame
        ``mean`` (counts per unit of exposure) and ``spread``, one row each: ``term, estimate,
        conf_low, conf_high, level, method, note``. The interval of the spread begins at zero where
        the profile allows; no upper end below 5 is infinite.
    """
    require_level(level)
    critical = float(stats.chi2.ppf(level, 1))
    profile = fit.profile
    low, high = (profile.end(0, sign, critical) for sign in (-1, 1))
    notes = []
    if fit.at_boundary:
        notes.append("most likely no variation between forces: the estimate is at its boundary")
    if (number := int(fit.counts.known.sum())) < ENOUGH_FORCES:
        notes.append(f"{number} forces with a count (fewer than {ENOUGH_FORCES}): approximate")
    rows = [
        ["mean", fit.mean, float(np.exp(low)), float(np.exp(high)), ""],
        ["spread", fit.spread, *profile.spread_ends(critical), "; ".join(notes)],
    ]
    frame = pd.DataFrame(rows, columns=["term", "estimate", "conf_low", "conf_high", "note"])
    frame.insert(4, "level", level)
    frame.insert(5, "method", f"profile likelihood, {fit.mixing.name}")
    return frame


def no_variation(fit: ForceEffects, *, replications: int = 0, seed: int = 0) -> pd.DataFrame:
    """Test that all forces have the same rate.

    The statistic ``2 (l(max) - l(s = 0))`` is compared with the mixture of chi-squares with 0 and 1
    degrees of freedom, half each: ``p = P(chi2_1 >= statistic) / 2``, and 1 at zero. With
    replications, with what it is for counts drawn from the multinomial distribution that the null
    hypothesis says they have given their total: ``p = (1 + number no smaller) / (1 + number)``.

    Parameters
    ----------
    fit : ForceEffects
    replications : int
        Simulated data sets; zero: the mixture.
    seed : int

    Returns
    -------
    DataFrame
        One row: ``term, statistic, p_value, method, note``.

    Raises
    ------
    UsageError
        If counts known only as intervals were to be simulated.
    """
    statistic = max(2 * (fit.log_likelihood - fit.without_variation.value), 0.0)
    note = ""
    if replications:
        p_value = _simulated_p(fit, statistic, replications, seed)
        method = f"Monte Carlo likelihood ratio given the total, {replications} replications"
    else:
        p_value = float(stats.chi2.sf(statistic, 1)) / 2 if statistic > 0 else 1.0
        method = "likelihood ratio, half chi-square mixture"
        if int(fit.counts.known.sum()) < ENOUGH_FORCES:
            note = f"fewer than {ENOUGH_FORCES} forces: use replications=999"
    columns = ["term", "statistic", "p_value", "method", "note"]
    return pd.DataFrame([["spread", statistic, p_value, method, note]], columns=columns)


def _simulated_p(fit: ForceEffects, statistic: float, replications: int, seed: int) -> float:
    counts, known = fit.counts, fit.counts.known
    if not np.all(counts.exact[known]):
        raise UsageError(
            "no_variation: counts known only as intervals cannot be simulated; use replications=0"
        )
    rng = np.random.default_rng(seed)
    shares = counts.exposure[known] / counts.exposure[known].sum()
    forces = tuple(np.array(counts.forces, dtype=object)[known])
    larger = 0
    for _ in range(replications):
        drawn = rng.multinomial(int(counts.low[known].sum()), shares).astype(float)
        notes = ("",) * len(forces)
        simulated = Counts(forces, drawn, drawn, counts.exposure[known], counts.unit, notes)
        again = fitted(simulated, fit.mixing)
        found = 2 * (again.log_likelihood - again.without_variation.value)
        larger += found >= statistic - 1e-9
    return (1 + larger) / (1 + replications)
