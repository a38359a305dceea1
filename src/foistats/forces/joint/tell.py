"""Severity against volume as a sentence, its numbers by the ids of published values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from foistats.describe import noun
from foistats.publish import Worded
from foistats.publish.predicates import Predicate
from foistats.publish.wording import literal

VALUES = {
    "correlation": "estimate",
    "correlation_low": "conf_low",
    "correlation_high": "conf_high",
    "correlation_forces": "forces",
}
"""The ids of the values that a notebook publishes, and their columns."""


def values(frame: pd.DataFrame) -> dict[str, Any]:
    """Return the values that `correlation` names, by id; none where there is no estimate.

    Parameters
    ----------
    frame : DataFrame
        As `foistats.forces.joint.answer.severity_and_volume` returns it.
    """
    row = frame.iloc[0]
    if pd.isna(row["estimate"]):
        return {}
    found = {id: float(row[column]) for id, column in VALUES.items()}
    return found | {"correlation_forces": int(row["forces"])}


def correlation(frame: pd.DataFrame, words: Mapping[str, tuple[str, str]]) -> str:
    """Say how severity and volume go together over forces, or why nothing is said.

    Parameters
    ----------
    frame : DataFrame
        As `foistats.forces.joint.answer.severity_and_volume` returns it.
    words : mapping of str to (str, str)
        The nouns of the study, singular and plural; ``force`` and ``case`` are used.

    Returns
    -------
    str
        With the places of `values`, unless there is no estimate.

    Examples
    --------
    >>> words = {"force": ("agency", "agencies"), "case": ("case", "cases")}
    >>> frame = pd.DataFrame({"estimate": [float("nan")], "note": ["7 in the fit"]})
    >>> correlation(frame, words)
    'No correlation of severity and volume is given over agencies: 7 in the fit.'
    """
    row, forces, cases = frame.iloc[0], noun(words, "force"), noun(words, "case")
    note = literal(row["note"])
    if pd.isna(row["estimate"]):
        return f"No correlation of severity and volume is given over {forces}: {note}."
    said = (
        f"Over {forces}, severity of outcomes and number of {cases} have a correlation of "
        f"{{correlation}} ({100 * row['level']:g}% interval {{correlation_low}} to "
        "{correlation_high}) in a joint model, from {correlation_forces} that have both"
    )
    claim: Predicate = ("correlation", "no_difference", 0)
    direction = "the interval contains zero"
    what = f"; {direction}: which way they go together is not settled"
    if row["conf_low"] > 0:
        direction, claim = "outcomes are more severe", ("correlation_low", "more_than", 0)
    elif row["conf_high"] < 0:
        direction, claim = "outcomes are less severe", ("correlation_high", "fewer_than", 0)
    claims: dict[str, Predicate | None] = {direction: claim}
    if direction.startswith("outcomes"):
        what = f": where {cases} are more numerous than expected, {direction}"
        claims["more numerous than expected"] = None
    return Worded(f"{said}{what}{f' ({note})' if note else ''}.", claims)
