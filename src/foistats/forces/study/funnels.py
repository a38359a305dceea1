"""What a report shows of a funnel: points, lines, who lies outside, how much it scatters."""

from __future__ import annotations

import numpy as np
import pandas as pd

from foistats.forces.funnels.answer import LEVELS, Funnel
from foistats.forces.study.tables import WIDE, p_words

LINES = 60
"""Points of each line of a funnel."""


def points(found: Funnel, forces: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the points of a funnel plot, with their position against the wide exact limits.

    Parameters
    ----------
    found : Funnel
    forces : DataFrame, optional
        Every force with ``coverage, note`` (`foistats.forces.study.answers.answers`): a count of a
        part is marked, and a force without a count says why.

    Returns
    -------
    DataFrame
        `Funnel.points`, with ``position`` (`Funnel.positions`) and ``partial``.
    """
    at = found.positions(levels=[WIDE])[["force", "position"]]
    frame = found.points.merge(at, on="force").assign(partial=False)
    if forces is None:
        return frame
    own = forces.set_index("force").reindex(frame["force"])
    missing = frame["estimate_low"].isna().to_numpy()
    why = np.where(missing & own["n_low"].isna().to_numpy(), own["note"], frame["note"])
    return frame.assign(partial=own["coverage"].eq("part").to_numpy(), note=why)


def lines(found: Funnel, *, family: str = "additive") -> pd.DataFrame:
    """Return the exact limits and those of one more family, as lines over all exposures.

    The other family is left out where it would not be wider: where nothing is known of the scatter,
    or there is none beyond chance, or of proportions, whose normal limits may be the narrower ones.
    """
    sizes = found.points[found.exposure]
    known = sizes[(sizes > 0) & found.points["estimate_low"].notna()]
    if known.empty or not np.isfinite(found.target):
        return found.limits([], family="exact")
    ends = float(known.min()) / 1.25, float(known.max()) * 1.25
    grid = np.geomspace(*ends, LINES)
    if found.kind == "proportion":
        grid = np.unique(np.round(grid))
        grid = grid[grid >= 1]
    exact = found.limits(grid)
    if found.kind == "proportion" or not found.dispersion.tau2 > 0:
        return exact
    return pd.concat([exact, found.limits(grid, family=family)], ignore_index=True)


def outside(found: Funnel, force: str, *, stabilised: Funnel | None = None) -> pd.DataFrame:
    """Return who lies outside which limits, in alphabetical order.

    Parameters
    ----------
    found : Funnel
    force : str
        The heading of the column of forces.
    stabilised : Funnel, optional
        The same on the stabilised scale.

    Returns
    -------
    DataFrame
        One row per force outside the exact 95% limits: the force, ``Estimate, Beyond`` (the widest
        exact limits it lies beyond), ``If true values differ too`` (the widest of the limits that
        allow forces to differ, or "inside"; "not known" where the scatter is not), with a
        stabilised funnel ``The same, by square roots``, ``Note`` (why there is no estimate).
    """
    exact = found.outside()
    unknown = exact["estimate"].isna()
    columns = {force: exact["force"], "Estimate": exact["estimate"], "Beyond": exact["beyond"]}
    wider = {"If true values differ too": found, "The same, by square roots": stabilised}
    for heading, one in wider.items():
        if one is not None:
            words = _wider(one)
            columns[heading] = pd.Series([words[name] for name in exact["force"]], dtype=object)
    return pd.DataFrame(columns | {"Note": exact["note"].where(unknown, "").astype(str)})


def _wider(found: Funnel) -> dict[str, str]:
    """Return, by force, the widest of the limits with additive variance that it lies beyond."""
    beyond = found.outside(family="additive").set_index("force")["beyond"].to_dict()
    at = found.positions(family="additive", levels=LEVELS[:1]).set_index("force")["position"]
    known: dict[str, str] = at.replace({"unknown": "not known"}).to_dict()
    found_at: dict[str, str] = known | beyond
    return found_at


def dispersion(found: Funnel) -> pd.DataFrame:
    """Return how much more the points scatter than chance makes them.

    The p value is of the scatter of all points, before the outermost are moved inwards.
    """
    spread = found.dispersion
    note = spread.note.replace("no force", "none").replace("one force", "only one")
    note = note.replace("between forces", "between them")
    unknown = np.isnan(spread.tau2)
    return pd.DataFrame(
        {
            "Quantity": [
                "scatter over that of chance (φ), the outermost moved inwards",
                "standard deviation of true values (τ)",
                "scatter over that of chance, nothing moved",
            ],
            "Estimate": [spread.phi, np.sqrt(spread.tau2), spread.phi_raw],
            "p value": p_words(pd.Series([np.nan, np.nan, spread.p_value])),
            "Note": [note if np.isnan(spread.phi) else "", note if unknown else "", note],
        }
    )
