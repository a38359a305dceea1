"""What a report shows of a funnel: points, lines, who lies outside, how much it scatters."""

from __future__ import annotations

import numpy as np
import pandas as pd

from foistats.forces.funnels.answer import LEVELS, Funnel
from foistats.forces.study.tables import WIDE, p_words

LINES = 60
"""Points of each line of a funnel."""


def points(found: Funnel) -> pd.DataFrame:
    """Return the points of a funnel plot, with their position against the wide exact limits.

    Returns
    -------
    DataFrame
        `Funnel.points`, with ``position`` (`Funnel.positions`).
    """
    at = found.positions(levels=[WIDE])[["force", "position"]]
    return found.points.merge(at, on="force")


def lines(found: Funnel, *, family: str = "additive") -> pd.DataFrame:
    """Return the exact limits and those of one more family, as lines over all exposures."""
    sizes = found.points[found.exposure]
    known = sizes[(sizes > 0) & found.points["estimate_low"].notna()]
    if known.empty or not np.isfinite(found.target):
        return found.limits([], family="exact")
    ends = float(known.min()) / 1.25, float(known.max()) * 1.25
    grid = np.geomspace(*ends, LINES)
    if found.kind == "proportion":
        grid = np.unique(np.round(grid))
        grid = grid[grid >= 1]
    return pd.concat([found.limits(grid), found.limits(grid, family=family)], ignore_index=True)


def outside(found: Funnel, force: str) -> pd.DataFrame:
    """Return who lies outside which limits, in alphabetical order.

    Parameters
    ----------
    found : Funnel
    force : str
        The heading of the column of forces.

    Returns
    -------
    DataFrame
        One row per force outside the exact 95% limits: the force, ``Estimate, Beyond`` (the widest
        exact limits it lies beyond), ``If all may differ a little`` (the widest of the limits that
        allow forces to differ, or "inside"; "not known" where the scatter is not), ``Note`` (why
        there is no estimate).
    """
    exact = found.outside()
    beyond = found.outside(family="additive").set_index("force")["beyond"].to_dict()
    at = found.positions(family="additive", levels=LEVELS[:1]).set_index("force")["position"]
    words = at.replace({"unknown": "not known"}).to_dict() | beyond
    unknown = exact["estimate"].isna()
    return pd.DataFrame(
        {
            force: exact["force"],
            "Estimate": exact["estimate"],
            "Beyond": exact["beyond"],
            "If all may differ a little": [words[force] for force in exact["force"]],
            "Note": exact["note"].where(unknown, "").astype(str),
        }
    )


def dispersion(found: Funnel) -> pd.DataFrame:
    """Return how much more the points scatter than chance makes them."""
    spread = found.dispersion
    note = spread.note.replace("no force", "none").replace("one force", "only one")
    note = note.replace("between forces", "between them")
    p_values = pd.Series([spread.p_value, np.nan])
    return pd.DataFrame(
        {
            "Quantity": ["scatter over that of chance (φ)", "variance between true values (τ²)"],
            "Estimate": [spread.phi, spread.tau2],
            "p value": p_words(p_values),
            "Note": [note, note if np.isnan(spread.tau2) else ""],
        }
    )
