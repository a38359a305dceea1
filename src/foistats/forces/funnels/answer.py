"""What a funnel plot shows: each force against limits that narrow as its exposure grows.

A force outside the limits differs from the target more than chance explains; inside them nothing
can be said about its place among the others. Limits are of three families:

exact
    of the Poisson or binomial at the target (`foistats.forces.funnels.control_limits`);
multiplicative
    ``target -+ z sqrt(phi) s``, every standard error s inflated alike;
additive
    ``target -+ z sqrt(s^2 + tau^2)``, forces differing by a standard deviation of tau.

The last two are normal limits on the funnel's scale; phi below one counts as one.

Source: Spiegelhalter 2005, Statistics in Medicine 24:1185-1202.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from foistats.forces.columns import Array
from foistats.forces.funnels.control_limits import binomial_limits, poisson_limits
from foistats.forces.funnels.dispersion import Dispersion
from foistats.forces.funnels.scales import scale_of
from foistats.forces.settings import require_word
from foistats.severity.inference.intervals import quantile, require_level

FAMILIES = ("exact", "multiplicative", "additive")
LEVELS = (0.95, 0.998)
SHOWN = 10
"""How many forces outside the limits a funnel names when printed."""
EXPOSURES = {"ratio": "expected", "rate": "person_years", "proportion": "of"}
"""By kind of funnel, the column that the count is divided by."""


@dataclass(frozen=True, repr=False, eq=False)
class Funnel:
    """The forces of a funnel plot, its target, and how much the forces differ.

    Attributes
    ----------
    points : DataFrame
        One row per force in alphabetical order: ``force, unit, n_low, n_high``, the exposure
        (``expected``, ``person_years`` or ``of``), ``estimate, estimate_low, estimate_high,
        z_score, p_at_most, p_at_least, note``. The probabilities are exact, of a count so low or
        lower, so high or higher, if only chance were at work.
    kind : str
        ``ratio``, ``rate`` or ``proportion``.
    target : float
        What the forces are compared with; per ``per`` person-years for rates.
    pooled : bool
        Whether the target is the pooled value of the same forces.
    per : float
    dispersion : Dispersion
    scale : str
        ``natural`` or ``stabilised`` (`foistats.forces.funnels.scales`).
    """

    points: pd.DataFrame
    kind: str
    target: float
    pooled: bool
    per: float
    dispersion: Dispersion
    scale: str

    def __repr__(self) -> str:
        spread = self.dispersion
        source = "pooled" if self.pooled else "given"
        found = self.outside()
        said = [f"{row.force} {row.beyond}" for row in found.head(SHOWN).itertuples()]
        said += [f"{len(found) - SHOWN} more"] if len(found) > SHOWN else []
        return (
            f"Funnel of {self.kind}s: {len(self.points)} forces, "
            f"target {self.target:.4g} ({source})"
            f"\noverdispersion: phi {spread.phi:.3g}, tau2 {spread.tau2:.3g}, "
            f"p {spread.p_value:.2g}{f' ({spread.note})' if spread.note else ''}"
            f"\noutside the exact limits: {', '.join(said) or 'none'}"
        )

    @property
    def exposure(self) -> str:
        """The column that counts are divided by."""
        return EXPOSURES[self.kind]

    def limits(
        self,
        exposures: Sequence[float] | Array,
        *,
        family: str = "exact",
        levels: Sequence[float] = LEVELS,
        stepped: bool = False,
    ) -> pd.DataFrame:
        """Return the limits at given exposures, as lines of a plot.

        Parameters
        ----------
        exposures : array
            Expected counts, person-years or numbers of cases.
        family : {"exact", "multiplicative", "additive"}
        levels : sequence of float
            The probability between the limits.
        stepped : bool
            Exact limits without interpolation.

        Returns
        -------
        DataFrame
            One row per level and exposure: the exposure, ``family, level, limit_low,
            limit_high``, on the scale of the estimates; empty without target or dispersion.
        """
        require_word(family, FAMILIES, "family")
        sizes = np.asarray(exposures, dtype=float)
        frames = []
        for level in levels:
            low, high = self._ends(sizes, family, level, stepped)
            columns = {self.exposure: sizes, "family": family, "level": level}
            frames.append(pd.DataFrame(columns | {"limit_low": low, "limit_high": high}))
        return pd.concat(frames, ignore_index=True)

    def positions(
        self, *, family: str = "exact", levels: Sequence[float] = LEVELS, stepped: bool = False
    ) -> pd.DataFrame:
        """Return where every force lies.

        Returns
        -------
        DataFrame
            One row per level and force: ``force``, the exposure, ``estimate, estimate_low,
            estimate_high, family, level, limit_low, limit_high, position, note``. The position is
            ``inside``, ``above`` or ``below``; ``undecided`` where a count known as an interval
            reaches across a limit; ``unknown`` where there is no count or no limit.
        """
        names = ["force", self.exposure, "estimate", "estimate_low", "estimate_high"]
        lines = self.limits(
            self.points[self.exposure], family=family, levels=levels, stepped=stepped
        )
        rows = pd.concat([self.points[names]] * len(levels), ignore_index=True)
        frame = rows.join(lines.drop(columns=self.exposure))
        said = pd.concat([self.points["note"]] * len(levels), ignore_index=True)
        return frame.assign(position=_position(frame), note=said)

    def outside(
        self, *, family: str = "exact", levels: Sequence[float] = LEVELS, stepped: bool = False
    ) -> pd.DataFrame:
        """Return the forces outside, once each, with the widest limits they lie beyond.

        Returns
        -------
        DataFrame
            Rows of `positions`, with ``beyond`` in words: ``above the 99.8% limit``.
        """
        frame = self.positions(family=family, levels=sorted(levels), stepped=stepped)
        frame = frame[frame["position"].isin(["above", "below"])]
        frame = frame.drop_duplicates("force", keep="last").sort_values("force", ignore_index=True)
        words = [f"{row.position} the {100 * row.level:g}% limit" for row in frame.itertuples()]
        return frame.assign(beyond=np.array(words, dtype=object))

    def _ends(self, sizes: Array, family: str, level: float, stepped: bool) -> tuple[Array, Array]:
        require_level(level)
        divisor = sizes / self.per if self.kind == "rate" else sizes
        if family == "exact":
            ends = _exact(self.kind, self.target, divisor, level, stepped)
            with np.errstate(divide="ignore", invalid="ignore"):
                return ends[0] / divisor, ends[1] / divisor
        scale = scale_of(self.kind, self.scale)
        with np.errstate(divide="ignore", invalid="ignore"):
            error = np.where(divisor > 0, scale.error(self.target, divisor), np.nan)
        reach = quantile(level, np.inf) * self._inflated(error, family)
        centre = scale.to(np.asarray(self.target))
        return scale.back(centre - reach), scale.back(centre + reach)

    def _inflated(self, error: Array, family: str) -> Array:
        if family == "multiplicative":
            return np.asarray(error * np.sqrt(np.maximum(self.dispersion.phi, 1)))
        return np.asarray(np.sqrt(error**2 + self.dispersion.tau2))


def _exact(
    kind: str, target: float, exposure: Array, level: float, stepped: bool
) -> tuple[Array, Array]:
    """Return exact limits on the scale of counts; NaN without exposure or target."""
    if kind == "proportion":
        return binomial_limits(exposure, target, level, stepped=stepped)
    return poisson_limits(target * exposure, level, stepped=stepped)


def _position(frame: pd.DataFrame) -> Array:
    """Return on which side of its limits each row lies, whatever its count is."""
    least, most = frame["estimate_low"], frame["estimate_high"]
    low, high = frame["limit_low"], frame["limit_high"]
    known = least.notna() & low.notna()
    cases = [~known, least > high, most < low, (least >= low) & (most <= high)]
    words = ["unknown", "above", "below", "inside"]
    found = np.select([case.to_numpy() for case in cases], words, default="undecided")
    return found.astype(object)
