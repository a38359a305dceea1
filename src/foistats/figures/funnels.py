"""Funnel plots: each force against limits that narrow as its exposure grows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from foistats.errors import UsageError
from foistats.figures.funnel_words import funnel_alt, not_drawn, why_not
from foistats.figures.lettering import SMALL, footnote
from foistats.figures.places import Label, place_labels
from foistats.figures.style import (
    INK,
    PALE,
    Drawing,
    canvas,
    house_style,
    legend_above,
    listed,
    nothing_to_draw,
    wrapped,
)
from foistats.layout import UNLIMITED

HEIGHT = 5.2
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


def funnel(
    points: pd.DataFrame,
    limits: pd.DataFrame,
    *,
    exposure: str,
    target: float,
    xlabel: str,
    ylabel: str,
    about: str,
    named: Iterable[str] = (),
    highlight: str = "",
    log_x: bool = True,
) -> Drawing:
    """Draw a funnel plot.

    Forces outside the limits are triangles with their names; a count known as an interval is an
    upright line; a count that does not cover everything is hollow. What has no place is said below.

    Parameters
    ----------
    points : DataFrame
        One row per force: ``force``, the exposure, ``estimate, estimate_low, estimate_high,
        position, note``, perhaps ``partial`` (bool).
    limits : DataFrame
        One row per family, level and exposure: the exposure, ``family, level, limit_low,
        limit_high`` (`foistats.forces.funnels.answer.Funnel.limits`).
    exposure : str
        The column of exposures.
    target : float
        What the forces are compared with; missing if there is none.
    xlabel, ylabel : str
        The exposure and the estimate, with their units.
    about : str
        What the figure shows, for the alternative text.
    named : iterable of str
        Forces to be named wherever they lie.
    highlight : str
        One force to be ringed and named.
    log_x : bool
        Use a logarithmic axis of exposures.

    Raises
    ------
    UsageError
        If ``named`` or ``highlight`` is no force of the points.
    """
    wanted = [*named, *([highlight] if highlight else [])]
    _require_forces(wanted, points["force"])
    data = _drawable(points, exposure)
    shown = data[data["drawn"]]
    said = ". ".join(filter(None, [why_not(data, highlight), not_drawn(data)]))
    if shown.empty:
        reason = said or "there are no rows"
        return nothing_to_draw(points, about, reason)
    with house_style():
        figure, axes = canvas(HEIGHT)
        axes.grid(visible=True, axis="y")
        axes.set_xscale("log" if log_x else "linear")
        reach = _reach(shown[exposure].to_numpy(dtype=float), log_x)
        lines = _within(limits, exposure, reach)
        top = _top(shown, lines, target)
        axes.set_xlim(*reach)
        axes.set_ylim(0, top)
        _draw_limits(axes, lines, exposure)
        if np.isfinite(target):
            axes.axhline(target, color=INK, lw=1, ls="-.", label=f"target {target:.3g}", zorder=1)
        _draw_points(axes, shown, exposure, top)
        _label_axes(axes, xlabel, ylabel, log_x)
        legend_above(axes, 2, fontsize=SMALL)
        footnote(figure, said)
        _name(axes, shown, exposure, wanted, highlight, top)
    return Drawing(
        figure,
        funnel_alt(data, limits, about=about, exposure=exposure, target=target, wanted=wanted),
        _data(points, exposure),
    )


def _data(points: pd.DataFrame, exposure: str) -> pd.DataFrame:
    """Return what is drawn of each force; an upper end that nothing bounds is missing."""
    ends = {name: points[name] for name in ("n_high", "estimate_high") if name in points}
    known = {name: end.where(end < UNLIMITED) for name, end in ends.items()}
    shown = points.assign(**known)
    names = ["force", "n_low", "n_high", exposure, "estimate", "estimate_low", "estimate_high"]
    return shown[[name for name in [*names, "position", "note"] if name in shown]]


def _require_forces(names: list[str], forces: pd.Series) -> None:
    wrong = [name for name in names if name not in set(forces)]
    if wrong:
        raise UsageError(
            f"the funnel is to name {', '.join(map(repr, wrong))}; it has: {listed(forces)}"
        )


def _drawable(points: pd.DataFrame, exposure: str) -> pd.DataFrame:
    """Return the points with ``drawn``, ``hollow`` and the ends of what is drawn."""
    points = points.reset_index(drop=True)
    size = points[exposure].astype(float)
    low, high = (points[name].astype(float) for name in ("estimate_low", "estimate_high"))
    one = points["estimate"].astype(float)
    low, high = low.fillna(one), high.fillna(one)
    drawn = (size > 0) & np.isfinite(size) & low.notna() & points["position"].isin(list(LOOKS))
    hollow = points["partial"].fillna(False).astype(bool) if "partial" in points else False
    return points.assign(drawn=drawn, hollow=hollow, low=low, high=high, one=one)


def _reach(sizes: np.ndarray, log_x: bool) -> tuple[float, float]:
    low, high = float(sizes.min()), float(sizes.max())
    if log_x:
        pad = (high / low) ** 0.08 if high > low else 2.0
        return low / pad, high * pad
    pad = 0.05 * (high - low) if high > low else 0.5 * high
    return max(0.0, low - pad), high + pad


def _within(limits: pd.DataFrame, exposure: str, reach: tuple[float, float]) -> pd.DataFrame:
    return limits[limits[exposure].between(*reach)].sort_values(exposure)


def _top(shown: pd.DataFrame, lines: pd.DataFrame, target: float) -> float:
    """Return where the upright axis ends: all points, and limits unless they dwarf the points."""
    ends = shown[["low", "high"]].to_numpy(dtype=float)
    ends = ends[np.isfinite(ends)]
    most = max([*ends, target if np.isfinite(target) else 0.0, 0.0])
    widest = lines["limit_high"].replace(np.inf, np.nan).max() if len(lines) else np.nan
    reach = np.fmax(most, np.fmin(widest, 1.5 * most if most > 0 else 1.0))
    return float(1.1 * reach) if reach > 0 else 1.0


def _draw_limits(axes: Axes, lines: pd.DataFrame, exposure: str) -> None:
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
            label = f"{100 * level:g}% limits (chance alone)"
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
                label=f"{said}, {family} overdispersion" if index == 0 else None,
            )


def _draw_points(axes: Axes, shown: pd.DataFrame, exposure: str, top: float) -> None:
    interval = shown["one"].isna()
    for position, (marker, colour) in LOOKS.items():
        part = shown[(shown["position"] == position) & ~interval]
        if part.empty:
            continue
        style: dict[str, Any] = {
            "ls": "",
            "marker": marker,
            "color": colour,
            "ms": 6.5,
        }
        axes.plot([], [], label=WORDS[position], **style)
        for hollow, rows in part.groupby("hollow"):
            inner: dict[str, Any] = (
                {"mfc": "white", "mew": 1.4} if hollow else {"mec": "white", "mew": 0.6}
            )
            axes.plot(rows[exposure], rows["one"], zorder=4, clip_on=False, **(style | inner))
    if interval.any():
        _draw_intervals(axes, shown[interval], exposure, top)
    if (shown["hollow"] & ~interval).any():
        hollow_one: dict[str, Any] = {
            "ls": "",
            "mfc": "white",
            "mew": 1.4,
            "color": PALE,
            "ms": 6.5,
        }
        axes.plot([], [], marker="o", label="hollow: part of the count", **hollow_one)


def _draw_intervals(axes: Axes, part: pd.DataFrame, exposure: str, top: float) -> None:
    """Draw counts known as intervals as upright lines; one without an end runs out of the axes."""
    ended = np.isfinite(part["high"])
    for row, closed in zip(part.itertuples(), ended, strict=True):
        colour = LOOKS[row.position][1]
        x, high = part.loc[row.Index, exposure], row.high if closed else 0.985 * top
        style: dict[str, Any] = {"color": colour, "zorder": 3, "clip_on": False}
        axes.plot([x, x], [row.low, high], lw=2, solid_capstyle="butt", **style)
        axes.plot([x], [row.low], "_", ms=8, mew=1.8, **style)
        axes.plot([x], [high], "_" if closed else "^", ms=8 if closed else 6, mew=1.8, **style)
    axes.plot([], [], "|", color=PALE, ms=10, mew=2, label="count known as an interval")


def _label_axes(axes: Axes, xlabel: str, ylabel: str, log_x: bool) -> None:
    axes.set_xlabel(wrapped(xlabel, 84))
    axes.set_ylabel(wrapped(ylabel, 48))
    if log_x:
        low, high = axes.get_xlim()
        powers = 10.0 ** np.arange(-9, 16)
        ticks = [step * power for power in powers for step in (1, 2, 5)]
        ticks = [tick for tick in ticks if low <= tick <= high]
        if len(ticks) > 8:
            ticks = [tick for tick in powers if low <= tick <= high]
        axes.set_xticks(ticks, [f"{tick:,.10g}" for tick in ticks])
        axes.xaxis.set_minor_locator(mpl.ticker.NullLocator())


def _name(
    axes: Axes, shown: pd.DataFrame, exposure: str, wanted: list[str], highlight: str, top: float
) -> None:
    """Name the forces outside and those asked for; put a ring around the one to be seen."""
    middle = ((shown["low"] + shown["high"].clip(upper=top)) / 2).where(
        shown["one"].isna(), shown["one"]
    )
    spots = shown.assign(middle=middle)
    chosen = spots["position"].isin(["above", "below"]) | spots["force"].isin(wanted)
    labels = []
    for _, row in spots[chosen].iterrows():
        ringed = row["force"] == highlight and bool(highlight)
        if ringed:
            axes.plot(row[exposure], row["middle"], "o", ms=15, mfc="none", mec=INK, mew=1.6,
                      zorder=5, clip_on=False)  # fmt: skip
        weight = "bold" if ringed else "normal"
        labels.append(Label(row["force"], row[exposure], row["middle"], weight, 11.0 * ringed))
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
