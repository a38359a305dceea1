"""Where each force stands: shrunken ratios, places as intervals and probabilities, pairs."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from foistats.forces.effects.fit import ENOUGH_FORCES, MIXINGS, ForceEffects
from foistats.forces.effects.hyperparameters import hyperparameters, no_variation
from foistats.forces.effects.posterior import posterior_draws, shrunken_rates
from foistats.forces.ranks.intervals import rank_intervals
from foistats.forces.ranks.pairs import pairs_summary, pairs_told_apart
from foistats.forces.ranks.probabilities import pairwise_probabilities, rank_probabilities
from foistats.forces.study.comparison import Comparison
from foistats.forces.study.reasons import no_fit

TOP = 5
"""How many of the highest places are told together."""


@dataclass(frozen=True, eq=False)
class Standing:
    """The places of a comparison's forces, with their uncertainty.

    Attributes
    ----------
    comparison : Comparison
    fit : ForceEffects or None
        The distribution of the relative rates; None where the counts do not identify it.
    reason : str
        Why there is no fit; empty where there is one.
    shrunken : DataFrame
        One row per force (`foistats.forces.effects.posterior.shrunken_rates`); empty without a fit.
    ranks : DataFrame
        Two rows per force (`foistats.forces.ranks.intervals.rank_intervals`); they need no fit.
    probabilities : DataFrame
        One row per force (`foistats.forces.ranks.probabilities.rank_probabilities`); empty without
        a fit.
    top : int
        How many of the highest places ``probabilities`` tells together: five, or half of all if
        there are fewer than ten.
    draws : DataFrame
        One row per draw of all rates; empty without a fit.
    """

    comparison: Comparison
    fit: ForceEffects | None
    reason: str
    ranks: pd.DataFrame
    top: int
    shrunken: pd.DataFrame = field(default_factory=pd.DataFrame)
    probabilities: pd.DataFrame = field(default_factory=pd.DataFrame)
    draws: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def order(self) -> list[str]:
        """The forces as figures show them: by shrunken ratio, those without a count at the end."""
        counts = self.comparison.comparable
        known = dict(zip(counts.forces, counts.known, strict=True))
        if self.shrunken.empty:
            return sorted(known, key=lambda force: (not known[force], force))
        rate = dict(zip(self.shrunken["force"], self.shrunken["estimate"], strict=True))
        return sorted(
            known, key=lambda force: (not known[force], -rate[force] * known[force], force)
        )

    def pairs(self) -> pd.DataFrame:
        """Return how many pairs can be told apart (`foistats.forces.ranks.pairs.pairs_summary`)."""
        return pairs_summary(self.comparison.comparable, level=self.comparison.level)

    def told_apart(self, force: str) -> pd.DataFrame:
        """Return who is surely above and who surely below one force.

        Returns
        -------
        DataFrame
            One row per other force with a count: ``other, side`` (above, below or "cannot be
            told"), ``p_value`` (`foistats.forces.ranks.pairs.pairs_told_apart`, Holm over all
            pairs), ``probability`` that the other's rate is above; NaN without a fit.
        """
        counts = self.comparison.comparable
        known = [
            name for name, is_known in zip(counts.forces, counts.known, strict=True) if is_known
        ]
        pairs = self._pairs
        pairs = pairs[pairs["higher"].isin(known) & pairs["lower"].isin(known)]
        own = pairs[(pairs["higher"] == force) | (pairs["lower"] == force)]
        above = (own["lower"] == force).to_numpy()
        frame = pd.DataFrame(
            {
                "other": np.where(above, own["higher"], own["lower"]),
                "side": np.where(
                    own["apart_by_test"], np.where(above, "above", "below"), "cannot be told"
                ),
                "p_value": own["p_holm"].to_numpy(),
            }
        ).sort_values("other", ignore_index=True)
        if self.draws.empty or frame.empty:
            return frame.assign(probability=np.nan)
        chances = self._chances
        chances = chances[chances["other"] == force].set_index("force")["probability"]
        return frame.assign(probability=frame["other"].map(chances))

    @cached_property
    def _pairs(self) -> pd.DataFrame:
        return pairs_told_apart(self.comparison.comparable, level=self.comparison.level)

    @cached_property
    def _chances(self) -> pd.DataFrame:
        return pairwise_probabilities(self.draws)


def standing(
    comparison: Comparison, *, mixing: str = "gamma", draws: int = 4_000, seed: int = 1
) -> Standing:
    """Return where each force of a comparison stands.

    Parameters
    ----------
    comparison : Comparison
    mixing : str
        The distribution of the relative rates: ``gamma`` or ``log-normal``.
    draws : int
        From the joint posterior, for the probabilities of places.
    seed : int

    Raises
    ------
    UsageError
        For a distribution that does not exist, or without draws.
    """
    ranks = rank_intervals(comparison.comparable, level=comparison.level)
    top = min(TOP, max(1, len(comparison.forces) // 2))
    fit = comparison.effects(mixing)
    if isinstance(fit, str):
        return Standing(comparison, None, no_fit(comparison), ranks, top)
    drawn = posterior_draws(fit, draws=draws, seed=seed)
    return Standing(
        comparison,
        fit,
        "",
        ranks,
        top,
        shrunken=shrunken_rates(fit, level=comparison.level),
        probabilities=rank_probabilities(drawn, top=top, level=comparison.level),
        draws=drawn,
    )


def spreads(comparison: Comparison) -> pd.DataFrame:
    """Return how much the forces' true ratios differ, under each distribution.

    Returns
    -------
    DataFrame
        Two rows per distribution, ``mean`` and ``spread``: ``distribution, term, estimate,
        conf_low, conf_high, statistic, p_value, method, note``. The test is that of no variation;
        the p value stands in the row of the spread. One row with a note where the counts do not
        identify a distribution.
    """
    rows = []
    for name in MIXINGS:
        fit = comparison.effects(name)
        if isinstance(fit, str):
            row = {"distribution": name, "term": "spread", "note": no_fit(comparison)}
            rows.append(pd.DataFrame([row]))
            continue
        found = hyperparameters(fit, level=comparison.level)
        test = no_variation(fit)[["term", "statistic", "p_value"]]
        found = found.merge(test, on="term", how="left").assign(distribution=name)
        held = found["term"].eq("spread")
        rows.append(found.assign(note=np.where(held, _of_spread(fit, comparison), "")))
    columns = ["distribution", "term", "estimate", "conf_low", "conf_high", "statistic", "p_value"]
    return pd.concat(rows, ignore_index=True).reindex(columns=[*columns, "method", "note"])


def _of_spread(fit: ForceEffects, comparison: Comparison) -> str:
    """Return what to know of a spread: that it is at its boundary, and of how few it is."""
    forces = comparison.register.study.words["force"][1]
    said = []
    if fit.at_boundary:
        said.append(f"most likely no variation between {forces}: the estimate is at its boundary")
    if (known := int(fit.counts.known.sum())) < ENOUGH_FORCES:
        said.append(f"{known} {forces} with a ratio (fewer than {ENOUGH_FORCES}): approximate")
    return "; ".join(said)
