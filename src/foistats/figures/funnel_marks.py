"""How a funnel plot is drawn: limits, points, counts known as intervals, and names."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from foistats.figures.funnel_words import family_words
from foistats.figures.places import Label, place_labels
from foistats.figures.style import INK, PALE

PALETTE = sns.color_palette("colorblind")
LOOKS: dict[str, tuple[str, Any]] = {
    "inside": ("o", PALE),
    "undecided": ("D", PALE),
    "above": ("^", PALETTE[3]),
    "below": ("v", PALETTE[0]),
}
"""By position, the marker and the colour."""
WORDS = {
    "inside": "inside the limits",
    "undecided": "undecided",
    "above": "above the limits",
    "below": "below the limits",
}
HOLLOW: dict[str, Any] = {"mfc": "white", "mew": 1.4}
FULL: dict[str, Any] = {"mec": "white", "mew": 0.6}
DASHES = (0, (1.6, 1))
"""Of the upright line of a count that is a part."""


def draw_limits(axes: Axes, lines: pd.DataFrame, exposure: str) -> None:
    """Draw exact limits as lines, solid the widest, and those of other families as bands."""
    levels = sorted(lines["level"].unique())
    for level in levels:
        part = lines[(lines["family"] == "exact") & (lines["level"] == level)]
        line: dict[str, Any] = {
            "ls": "-" if level == levels[-1] else "--",
            "color": INK,
            "lw": 1,
            "zorder": 1.5,
        }
        if part["limit_high"].notna().any():
            label = f"{100 * level:g}% limits ({family_words('exact')})"
            axes.plot(part[exposure], part["limit_low"], **line)
            axes.plot(part[exposure], part["limit_high"], label=label, **line)
    others = lines[(lines["family"] != "exact") & lines["limit_high"].notna()]
    said = " and ".join(f"{100 * level:g}%" for level in levels)
    for number, (family, all_levels) in enumerate(others.groupby("family", sort=False)):
        for index, level in enumerate(levels):
            part = all_levels[all_levels["level"] == level]
            axes.fill_between(
                part[exposure].to_numpy(dtype=float),
                part["limit_low"].to_numpy(dtype=float),
                part["limit_high"].to_numpy(dtype=float),
                facecolor=(*PALETTE[9], 0.18),
                edgecolor=PALETTE[0],
                ls=":" if number == 0 else "-.",
                lw=1.1,
                zorder=0.5,
                label=f"{said} limits {family_words(str(family))}" if index == 0 else None,
            )


def draw_points(axes: Axes, shown: pd.DataFrame, exposure: str, top: float) -> None:
    """Draw each force by its position, hollow where its count is a part."""
    interval = shown["one"].isna()
    for position, (marker, colour) in LOOKS.items():
        part = shown[(shown["position"] == position) & ~interval]
        if part.empty:
            continue
        style: dict[str, Any] = {"ls": "", "marker": marker, "color": colour, "ms": 6.5}
        axes.plot([], [], label=WORDS[position], **style)
        for hollow, rows in part.groupby("hollow"):
            inner = HOLLOW if hollow else FULL
            axes.plot(rows[exposure], rows["one"], zorder=4, clip_on=False, **(style | inner))
    if interval.any():
        _draw_intervals(axes, shown[interval], exposure, top)
    if (shown["hollow"] & ~interval).any():
        axes.plot([], [], "o", color=PALE, ms=6.5, label="hollow: part of the count", **HOLLOW)
    if (shown["hollow"] & interval).any():
        axes.plot([], [], ls=DASHES, lw=2, color=PALE, label="dashed: part of the count")


def _draw_intervals(axes: Axes, part: pd.DataFrame, exposure: str, top: float) -> None:
    """Draw counts known as intervals as upright lines; one without an end runs out of the axes."""
    ended = np.isfinite(part["high"])
    for row, closed in zip(part.itertuples(), ended, strict=True):
        colour = LOOKS[row.position][1]
        x, high = part.loc[row.Index, exposure], row.high if closed else 0.985 * top
        style: dict[str, Any] = {"color": colour, "zorder": 3, "clip_on": False}
        dashes: dict[str, Any] = {"ls": DASHES} if row.hollow else {"solid_capstyle": "butt"}
        axes.plot([x, x], [row.low, high], lw=2, **dashes, **style)
        axes.plot([x], [row.low], "_", ms=8, mew=1.8, **style)
        axes.plot([x], [high], "_" if closed else "^", ms=8 if closed else 6, mew=1.8, **style)
    axes.plot([], [], "|", color=PALE, ms=10, mew=2, label="count known as an interval")


def name_forces(axes: Axes, shown: pd.DataFrame, exposure: str, highlight: str, top: float) -> None:
    """Name the forces outside and the one asked for, with a ring around it."""
    middle = ((shown["low"] + shown["high"].clip(upper=top)) / 2).where(
        shown["one"].isna(), shown["one"]
    )
    spots = shown.assign(middle=middle, ringed=(shown["force"] == highlight) & (highlight != ""))
    chosen = spots["position"].isin(["above", "below"]) | spots["ringed"]
    labels = []
    for _, row in spots[chosen].iterrows():
        if row["ringed"]:
            axes.plot(row[exposure], row["middle"], "o", ms=15, mfc="none", mec=INK, mew=1.6,
                      zorder=5, clip_on=False)  # fmt: skip
        weight, clear = ("bold", 11.0) if row["ringed"] else ("normal", 0.0)
        labels.append(Label(row["force"], row[exposure], row["middle"], weight, clear))
    obstacles = np.vstack([_along(row, exposure, top) for _, row in spots.iterrows()])
    soft = np.vstack(
        [line.get_xydata() for line in axes.lines if line.get_zorder() == 1.5] or [np.empty((0, 2))]
    )
    soft = soft[np.isfinite(soft).all(axis=1)]
    place_labels(axes, labels, obstacles=obstacles, soft=soft, width=20)


def _along(row: pd.Series, exposure: str, top: float) -> np.ndarray:
    """Return points along what is drawn of a force."""
    high = min(row["high"], top)
    count = 1 if high <= row["low"] else 24
    return np.column_stack([np.full(count, row[exposure]), np.linspace(row["low"], high, count)])
