"""Each force's relative rate, shrunken towards the mean by as much as its count allows; draws.

The uncertainty of mean and spread is carried (`foistats.forces.effects.grid`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from foistats.errors import UsageError
from foistats.forces.columns import Array, notes
from foistats.forces.effects.fit import ForceEffects
from foistats.forces.effects.grid import condensed
from foistats.severity.inference.intervals import require_level


def shrunken_rates(fit: ForceEffects, *, level: float = 0.95) -> pd.DataFrame:
    """Return the posterior of each force's relative rate.

    ``estimate`` is the posterior median and ``conf_low`` to ``conf_high`` the central posterior
    interval, both averaged over mean and spread; ``plug_in`` is the classical empirical Bayes
    estimate, the posterior mean at the maximum of the likelihood, for gamma
    ``(y + a) / (e + a / mu)``, ``a = 1 / s^2``. A force without a count has the predictive
    distribution of a force like the others.

    Returns
    -------
    DataFrame
        One row per force: ``force, unit, n_low, n_high``, the exposure, ``crude_low, crude_high,
        estimate, conf_low, conf_high, plug_in, level, method, note``. Rates are counts per
        exposure.

    Raises
    ------
    UsageError
        For a level outside 0 and 1.
    """
    require_level(level)
    tail = (1 - level) / 2
    grid = condensed(fit.likelihood, fit.grid)
    low, middle, high = fit.mixing.quantiles(fit.atoms, grid, [tail, 0.5, 1 - tail]).T
    counts = fit.counts
    frame = counts.frame().drop(columns="note")
    with np.errstate(divide="ignore", invalid="ignore"):
        crude = [end / counts.exposure for end in (counts.low, counts.high)]
    frame = frame.assign(crude_low=crude[0], crude_high=crude[1])
    frame = frame.assign(estimate=middle, conf_low=low, conf_high=high, plug_in=_plug_in(fit))
    own = np.array(counts.notes, dtype=object)
    said = notes((own != "", own), (~counts.known, "predicted from the other forces"))
    return frame.assign(level=level, method=f"posterior, {fit.mixing.name}", note=said)


def _plug_in(fit: ForceEffects) -> Array:
    best, atoms = fit.maximum, fit.atoms
    if best.spread == 0:
        return np.full(len(atoms.sizes), fit.mean)
    value = fit.mixing.evaluate(atoms, best.log_mean, best.spread, 0)[0]
    share = np.exp(value - atoms.log_total(value)[atoms.force])
    return atoms.total(share * fit.mixing.posterior_mean(atoms, best.log_mean, best.spread))


def posterior_draws(fit: ForceEffects, *, draws: int = 4_000, seed: int = 0) -> pd.DataFrame:
    """Return draws from the joint posterior of all relative rates.

    Each draw takes one mean and one spread from the grid for all forces, for each force one of the
    counts it can have, and then its rate.

    Returns
    -------
    DataFrame
        One row per draw, one column per force, in units of counts per exposure.

    Raises
    ------
    UsageError
        Without draws.
    """
    if draws < 1:
        raise UsageError(f"draws is {draws}; at least 1 is allowed")
    rng = np.random.default_rng(seed)
    grid, found = fit.grid, []
    for node, size in enumerate(rng.multinomial(draws, grid.weight)):
        pair = float(grid.log_mean[node]), float(grid.spread[node])
        if size:
            found.append(fit.mixing.draw(fit.atoms, *pair, int(size), rng))
    mixed = rng.permutation(np.concatenate(found))
    return pd.DataFrame(mixed, columns=list(fit.counts.forces))
