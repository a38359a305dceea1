"""What reports draw as estimates with intervals: probabilities, severity, variants, shares."""

from __future__ import annotations

import numpy as np
import pandas as pd

from foistats.figures.intervals import intervals
from foistats.figures.style import Drawing

OVERLAP = "No ranking: all intervals overlap, and what was searched for and disclosed differs."
NO_RANKING = "No ranking: what was searched for, recorded and disclosed differs."


def probabilities(data: pd.DataFrame) -> Drawing:
    """Draw the probability of every outcome by role (``outcome, role, estimate, …``)."""
    return intervals(
        data,
        rows="outcome",
        by="role",
        xlabel="Probability, averaged over the spread of the random intercept",
        about="Probability of each outcome by role with its interval",
        percent=True,
    )


def random_intercepts(data: pd.DataFrame, force: str, *, level: float | None = None) -> Drawing:
    """Draw the random intercept of every force, in the order given.

    Parameters
    ----------
    data : DataFrame
        One row per force: ``force, estimate, conf_low, conf_high``, perhaps ``level``.
    force : str
        The noun in the singular.
    level : float, optional
        Of the intervals, to be named; by default the one of the data, if they have one.
    """
    found = {level} if level is not None else set(data["level"].dropna() if "level" in data else [])
    named = f"{100 * found.pop():g}% " if len(found) == 1 else ""
    scale = "0: average; positive: more severe; scale of the link"
    label = f"Severity given roles, with {named}intervals" if named else "Severity given roles"
    return intervals(
        data,
        rows="force",
        xlabel=f"{label}\n({scale})",
        about=f"Severity of each {force} given roles, with its {named}interval ({scale})",
        reference=0,
        note=OVERLAP if _all_overlap(data) else NO_RANKING,
    )


def _all_overlap(data: pd.DataFrame) -> bool:
    """Return whether there are several intervals and every one overlaps every other."""
    ends = data[["conf_low", "conf_high"]].to_numpy(dtype=float)
    if len(ends) < 2 or np.isnan(ends).any():
        return False
    return bool(ends[:, 0].max() <= ends[:, 1].min())


def variants(
    data: pd.DataFrame, roles: dict[str, str], *, measure: str, against: str, null: float
) -> Drawing:
    """Draw role effects under several variants (``label, role, estimate, …, reason``).

    Variants without an estimate have no line; the table beside the figure gives their reason.
    """
    found = data[data["estimate"].notna()]
    found = found.assign(role=[roles[role] for role in found["role"]])
    return intervals(
        found,
        rows="label",
        by="role",
        xlabel=f"{measure} against {against}",
        about=f"{measure} against {against}",
        log=null == 1,
        reference=null,
    )


def predicted_and_printed(predicted: pd.DataFrame, printed: pd.DataFrame, about: str) -> Drawing:
    """Draw the shares that the fit predicts for the whole survey beside those printed.

    Parameters
    ----------
    predicted : DataFrame
        One row per rung: ``label, estimate, conf_low, conf_high``.
    printed : DataFrame
        One row per rung that was printed: ``label, low, high``; may be empty.
    about : str
        What the figure shows, for the alternative text.
    """
    rows = [
        predicted.assign(source="predicted by the fit"),
        printed.assign(
            source="printed",
            estimate=(printed["low"] + printed["high"]) / 2,
            conf_low=printed["low"],
            conf_high=printed["high"],
        ),
    ]
    columns = ["label", "source", "estimate", "conf_low", "conf_high"]
    filled = [frame[columns] for frame in rows if len(frame)] or [pd.DataFrame(columns=columns)]
    data = pd.concat(filled, ignore_index=True)
    return intervals(
        data,
        rows="label",
        by="source",
        xlabel="Share of all cases of the survey",
        about=about,
        percent=True,
    )
