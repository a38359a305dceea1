"""What a funnel plot shows, in words, and what it does not."""

from __future__ import annotations

import numpy as np
import pandas as pd

from foistats.figures.style import listed, plain

POSITIONS = ("inside", "undecided", "above", "below")
"""Where a force may lie that is drawn."""
REASONS = 4
"""How many reasons why a force is not drawn are said."""


def why_not(data: pd.DataFrame, force: str) -> str:
    """Say why one force has no place; nothing if it has."""
    missing = data[~data["drawn"] & (data["force"] == force)]
    if missing.empty:
        return ""
    return f"{plain(force)}: {_reasons(missing)[0]}"


def _reasons(missing: pd.DataFrame) -> list[str]:
    """Return the note of each row, or that there is no count."""
    notes = missing["note"] if "note" in missing else [""] * len(missing)
    return [plain(note) or "no count" for note in notes]


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


def funnel_alt(
    data: pd.DataFrame,
    limits: pd.DataFrame,
    *,
    about: str,
    exposure: str,
    target: float,
    wanted: list[str],
) -> str:
    """Return what a funnel plot shows, in words; ``wanted`` are said wherever they lie."""
    shown = data[data["drawn"]]
    levels = ", ".join(f"{100 * level:g}%" for level in sorted(limits["level"].unique()))
    families = " and ".join(dict.fromkeys(limits["family"]))
    against = f"target {target:.3g}" if np.isfinite(target) else "no target"
    said = [f"{plain(about)}: funnel plot of {len(shown)} of {len(data)}, {against}"]
    said += [f"limits {levels} ({families})"] if levels else ["no limits"]
    for position in POSITIONS:
        part = shown[shown["position"] == position]
        if position == "inside":
            named = part[part["force"].isin(wanted)]
            among = f", among them {_values(named, exposure)}" if len(named) else ""
            said.append(f"inside: {len(part)}{among}")
        else:
            said.append(f"{position}: {_values(part, exposure)}")
    partial = shown.loc[shown["hollow"], "force"]
    said += [f"part of the count only: {listed(partial)}"] if len(partial) else []
    missing = data.loc[~data["drawn"], "force"]
    said += [f"{not_drawn(data)} ({listed(missing)})"] if len(missing) else []
    return "; ".join(said) + "."


def _values(part: pd.DataFrame, exposure: str) -> str:
    values = [
        f"{plain(row['force'])} {_value(row)} at {row[exposure]:,.4g}" for _, row in part.iterrows()
    ]
    return ", ".join(values) or "none"


def _value(row: pd.Series) -> str:
    if pd.notna(row["one"]):
        return f"{row['one']:.2f}"
    if not np.isfinite(row["high"]):
        return f"{row['low']:.2f} or more"
    return f"{row['low']:.2f} to {row['high']:.2f}"
