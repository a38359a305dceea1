"""What a funnel plot shows, in words, and what it does not."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from foistats.figures.style import listed, plain

POSITIONS = ("inside", "undecided", "above", "below")
"""Where a force may lie that is drawn."""
REASONS = 4
"""How many reasons why a force is not drawn are said."""
FAMILIES = {
    "exact": "chance alone",
    "additive": "if true values differ too",
    "multiplicative": "if all scatter more than by chance",
}
"""What limits of a family take to be at work."""


class Words(NamedTuple):
    """What a funnel plot is about, its axes, its target in words, and the force ringed."""

    about: str
    xlabel: str
    ylabel: str
    target: str = ""
    highlight: str = ""


def family_words(family: str) -> str:
    """Say what the limits of a family take to be at work."""
    return FAMILIES.get(family, family)


def amount(number: float) -> str:
    """Return a number with four digits, more before the decimal point, never as a power of ten.

    Examples
    --------
    >>> amount(64280.4), amount(50.1721), amount(0.00004)
    ('64,280', '50.17', '0.00004')
    """
    if not np.isfinite(number) or abs(number) >= 1000:
        return f"{number:,.0f}"
    return np.format_float_positional(number, precision=4, fractional=False, trim="-")


def why_not(data: pd.DataFrame, force: str) -> str:
    """Say why one force has no place; nothing if it has."""
    reason = _why_missing(data, force)
    return f"{plain(force)}: {reason}" if reason else ""


def _why_missing(data: pd.DataFrame, force: str) -> str:
    missing = data[~data["drawn"] & (data["force"] == force)]
    return "" if missing.empty else _reasons(missing)[0]


def _reasons(missing: pd.DataFrame) -> list[str]:
    """Return the note of each row, or that there is no count; semicolons are between reasons."""
    notes = missing["note"] if "note" in missing else [""] * len(missing)
    return [plain(note).replace("; ", ", ") or "no count" for note in notes]


def not_drawn(data: pd.DataFrame) -> str:
    """Say how many forces have no place, by the reasons that their notes give."""
    missing = data[~data["drawn"]]
    if missing.empty:
        return ""
    counted = pd.Series(_reasons(missing)).value_counts()
    counted = counted.sort_index().sort_values(ascending=False, kind="stable")
    said = [f"{number} {reason}" for reason, number in counted.head(REASONS).items()]
    rest = int(counted.iloc[REASONS:].sum())
    said += [f"{rest} for other reasons"] if rest else []
    return f"Not drawn, of {len(data)}: {'; '.join(said)}"


def funnel_alt(data: pd.DataFrame, limits: pd.DataFrame, words: Words, exposure: str) -> str:
    """Return what a funnel plot shows, in words; the force ringed is said wherever it lies."""
    shown = data[data["drawn"]]
    said = [f"{plain(words.about)}: funnel plot of {len(shown)} of {len(data)}"]
    said += [f"upwards: {plain(words.ylabel)}", f"across, said after 'at': {plain(words.xlabel)}"]
    said += [_said_of_highlight(data, words.highlight, exposure)] if words.highlight else []
    said += [f"line across: {words.target}" if words.target else "no target"]
    said += [_limits(limits)]
    for position in POSITIONS:
        part = shown[shown["position"] == position]
        named = len(part) if position == "inside" else _values(part, exposure)
        said.append(f"{position}: {named}")
    partial = shown.loc[shown["hollow"], "force"]
    said += [f"part of the count only: {listed(partial)}"] if len(partial) else []
    missing = data.loc[~data["drawn"], "force"]
    said += [f"{not_drawn(data)} ({listed(missing)})"] if len(missing) else []
    return "; ".join(said) + "."


def _limits(limits: pd.DataFrame) -> str:
    levels = ", ".join(f"{100 * level:g}%" for level in sorted(limits["level"].unique()))
    families = "; ".join(map(family_words, dict.fromkeys(limits["family"])))
    return f"limits {levels} ({families})" if levels else "no limits"


def _said_of_highlight(data: pd.DataFrame, force: str, exposure: str) -> str:
    """Say where the force that is asked for lies, or that it is not drawn and why."""
    reason = _why_missing(data, force)
    if reason:
        return f"{plain(force)} is not drawn: {reason}"
    row = data[data["drawn"] & (data["force"] == force)]
    return f"{_values(row, exposure)} is ringed, {row['position'].iloc[0]}"


def _values(part: pd.DataFrame, exposure: str) -> str:
    values = [
        f"{plain(row['force'])} {_value(row)} at {amount(row[exposure])}"
        for _, row in part.iterrows()
    ]
    return ", ".join(values) or "none"


def _value(row: pd.Series) -> str:
    if pd.notna(row["one"]):
        return f"{row['one']:.2f}"
    if not np.isfinite(row["high"]):
        return f"{row['low']:.2f} or more"
    return f"{row['low']:.2f} to {row['high']:.2f}"
