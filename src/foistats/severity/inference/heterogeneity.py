"""How much groups differ: the random intercept's standard deviation on scales one can read.

The intraclass correlation is the share of the latent variance that lies between groups, the median
odds ratio the odds ratio between two cases alike in all covariates, of two groups drawn at random,
the more severe against the less (in the median)::

    ICC = sigma^2 / (sigma^2 + v)          v: pi^2/3 logit, 1 probit, pi^2/6 cloglog and loglog
    MOR = exp( sqrt(2) Phi^-1(3/4) sigma )

Both rise with sigma, so that their intervals are those of sigma, transformed: by profile from
twenty groups on, by the bootstrap likelihood ratio below. A Wald interval is never given: sigma is
biased towards zero with few groups, and its distribution is skew.

Sources: Goldstein, Browne and Rasbash 2002 (latent-variable method); Larsen and Merlo 2005.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from foistats.errors import UsageError
from foistats.severity.inference.bootstrap import spread_interval
from foistats.severity.inference.comparison import ENOUGH_GROUPS
from foistats.severity.inference.profile import SPREAD, profile_interval

if TYPE_CHECKING:
    from foistats.severity.results import SeverityFit

COLUMNS = ["term", "estimate", "conf_low", "conf_high", "level", "method", "note"]
LATENT_VARIANCES = {
    "logit": np.pi**2 / 3,
    "probit": 1.0,
    "cloglog": np.pi**2 / 6,
    "loglog": np.pi**2 / 6,
}
"""The variance of the latent error, by link; the Cauchy distribution has none."""


def heterogeneity(fit: SeverityFit, *, replications: int = 0, seed: int = 0) -> pd.DataFrame:
    """Return the standard deviation, the intraclass correlation and the median odds ratio.

    Parameters
    ----------
    fit : SeverityFit
        With a random intercept.
    replications : int
        Simulated data sets of the bootstrap interval; zero: the profile interval, from twenty
        groups on, and none below.
    seed : int

    Returns
    -------
    DataFrame
        ``term, estimate, conf_low, conf_high, level, method, note``. What does not exist has no
        estimate, and the note says why.

    Raises
    ------
    UsageError
        If the fit has no random intercept.
    """
    if not fit.model.groups:
        raise UsageError("the fit has no random intercept; give groups= to the model")
    ends, method, note = _interval(fit, replications, seed)
    sigma = np.array([fit.random_intercept_sd, *ends])
    rows = [
        [SPREAD, *sigma, note],
        ["intraclass_correlation", *_correlation(fit, sigma, note)],
        ["median_odds_ratio", *_median_odds_ratio(fit, sigma, note)],
    ]
    frame = pd.DataFrame(rows, columns=[*COLUMNS[:4], "note"])
    return frame.assign(level=fit.model.level, method=method)[COLUMNS]


def _interval(
    fit: SeverityFit, replications: int, seed: int
) -> tuple[tuple[float, float], str, str]:
    """Return the ends, the method, and why there are none."""
    if replications:
        row = spread_interval(fit, replications=replications, seed=seed)
        note = f"{row['failures']} of {row['replications']} simulated data sets had no estimate"
        ends = (row["conf_low"], row["conf_high"])
        return ends, row["method"], note if row["failures"] else ""
    if fit.n_forces < ENOUGH_GROUPS:
        return (
            (np.nan, np.nan),
            "none",
            f"no interval from {fit.n_forces} groups without simulation (fewer than "
            f"{ENOUGH_GROUPS}): use replications=999",
        )
    if fit.problem.bias_reduced:
        return (np.nan, np.nan), "none", "a bias-reduced fit has no profile"
    found = profile_interval(fit, SPREAD).iloc[0]
    return (float(found["conf_low"]), float(found["conf_high"])), str(found["method"]), ""


def _correlation(
    fit: SeverityFit, sigma: np.ndarray[tuple[int], np.dtype[np.float64]], note: str
) -> list[float | str]:
    if fit.model.link not in LATENT_VARIANCES:
        return [np.nan] * 3 + ["the Cauchy distribution has no variance"]
    variance = LATENT_VARIANCES[fit.model.link]
    if fit.model.scale:
        note = "; ".join(part for part in (note, "at the reference of the scale terms") if part)
    with np.errstate(divide="ignore"):
        shares = 1 / (1 + variance / sigma**2)
    return [*shares, note]


def _median_odds_ratio(
    fit: SeverityFit, sigma: np.ndarray[tuple[int], np.dtype[np.float64]], note: str
) -> list[float | str]:
    if fit.model.link != "logit":
        return [np.nan] * 3 + [f"the link is '{fit.model.link}': effects are no log odds ratios"]
    if fit.model.scale:
        note = "; ".join(part for part in (note, "at the reference of the scale terms") if part)
    return [*np.exp(np.sqrt(2) * stats.norm.ppf(0.75) * sigma), note]
