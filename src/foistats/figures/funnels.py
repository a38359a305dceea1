"""Funnel plots: each force against limits that narrow as its exposure grows."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from foistats.errors import UsageError
from foistats.figures.funnel_marks import LOOKS, draw_limits, draw_points, name_forces
from foistats.figures.funnel_words import Words, funnel_alt, not_drawn, why_not
from foistats.figures.lettering import SMALL, footnote
from foistats.figures.style import (
    INK,
    Drawing,
    canvas,
    house_style,
    legend_above,
    listed,
    nothing_to_draw,
    plain,
    wrapped,
)
from foistats.layout import UNLIMITED

HEIGHT = 5.2


def funnel(
    points: pd.DataFrame,
    limits: pd.DataFrame,
    *,
    exposure: str,
    target: float,
    xlabel: str,
    ylabel: str,
    about: str,
    target_label: str = "",
    highlight: str = "",
) -> Drawing:
    """Draw a funnel plot.

    Forces outside the limits are triangles with their names; a count known as an interval is an
    upright line; a count that does not cover everything is hollow, its line dashed. What has no
    place is said below.

    Parameters
    ----------
    points : DataFrame
        One row per force: ``force``, the exposure, ``estimate, estimate_low, estimate_high,
        position, note``, perhaps ``partial`` (bool).
    limits : DataFrame
        One row per family, level and exposure: the exposure, ``family, level, limit_low,
        limit_high`` (`foistats.forces.funnels.answer.Funnel.limits`).
    exposure : str
        The column of exposures, drawn on a logarithmic scale.
    target : float
        What the forces are compared with; missing if there is none.
    xlabel, ylabel : str
        The exposure and the estimate, with their units.
    about : str
        What the figure shows, for the alternative text.
    target_label : str
        What the legend calls the target; by default "target" and its number.
    highlight : str
        One force to be ringed and named; without a place, its note is said below.

    Raises
    ------
    UsageError
        If ``highlight`` is no force of the points.
    """
    _require_force(highlight, points["force"])
    data = _drawable(points, exposure)
    shown = data[data["drawn"]]
    said = ". ".join(filter(None, [why_not(data, highlight), not_drawn(data)]))
    if shown.empty:
        return nothing_to_draw(_data(data, exposure), about, said or "there are no rows")
    known = np.isfinite(target)
    against = (plain(target_label) or f"target {target:.3g}") if known else ""
    with house_style():
        figure, axes = canvas(HEIGHT)
        axes.grid(visible=True, axis="y")
        axes.set_xscale("log")
        lines, top = _frame(axes, shown, limits, exposure, target)
        draw_limits(axes, lines, exposure)
        if known:
            axes.axhline(target, color=INK, lw=1, ls="-.", label=against, zorder=1)
        draw_points(axes, shown, exposure, top)
        _label_axes(axes, xlabel, ylabel)
        legend_above(axes, 2, fontsize=SMALL)
        footnote(figure, said)
        name_forces(axes, shown, exposure, highlight, top)
    words = Words(about, xlabel, ylabel, against, highlight)
    return Drawing(figure, funnel_alt(data, limits, words, exposure), _data(data, exposure))


def _data(data: pd.DataFrame, exposure: str) -> pd.DataFrame:
    """Return what is drawn of each force, for readers.

    Counts are whole numbers, an upper end that nothing bounds is missing, and a force without a
    position has no count, or what its count is compared with is not known.
    """
    ends = {name: data[name] for name in ("n_high", "estimate_high") if name in data}
    shown = data.assign(**{name: end.where(end < UNLIMITED) for name, end in ends.items()})
    counts = {name: _whole(shown[name]) for name in ("n_low", "n_high", exposure) if name in shown}
    count = data["n_low"] if "n_low" in data else data["low"]
    unknown = np.where(count.isna(), "no count", "not known")
    position = data["position"].where(data["position"].isin(list(LOOKS)), unknown)
    note = [plain(said) for said in data["note"]] if "note" in data else [""] * len(data)
    partial = (data["hollow"] & data["drawn"]).astype(bool)
    note = [said or "part of the count" * part for said, part in zip(note, partial, strict=True)]
    shown = shown.assign(**counts, position=position, note=note)
    names = ["force", "n_low", "n_high", exposure, "estimate", "estimate_low", "estimate_high"]
    return shown[[name for name in [*names, "position", "note"] if name in shown]]


def _whole(counts: pd.Series) -> pd.Series:
    """Return numbers that are all whole as counts, others as they are."""
    found = counts.astype("Float64")
    return counts if (found % 1 != 0).any() else found.astype("Int64")


def _require_force(name: str, forces: pd.Series) -> None:
    if name and name not in set(forces):
        raise UsageError(f"the funnel is to highlight {name!r}; it has: {listed(forces)}")


def _drawable(points: pd.DataFrame, exposure: str) -> pd.DataFrame:
    """Return the points with ``drawn``, ``hollow`` and the ends of what is drawn."""
    points = points.reset_index(drop=True)
    size = points[exposure].astype(float)
    low, high = (points[name].astype(float) for name in ("estimate_low", "estimate_high"))
    one = points["estimate"].astype(float)
    low, high = low.fillna(one), high.fillna(one)
    drawn = (size > 0) & np.isfinite(size) & low.notna() & points["position"].isin(list(LOOKS))
    hollow = points["partial"].eq(True).fillna(False) if "partial" in points else False
    hollow = pd.Series(hollow, points.index).astype(bool)
    return points.assign(drawn=drawn, hollow=hollow, low=low, high=high, one=one)


def _frame(
    axes: Axes, shown: pd.DataFrame, limits: pd.DataFrame, exposure: str, target: float
) -> tuple[pd.DataFrame, float]:
    """Set the ends of both axes; return the limits within them and where the upright one ends."""
    reach = _reach(shown[exposure].to_numpy(dtype=float))
    lines = limits[limits[exposure].between(*reach)].sort_values(exposure)
    top = _top(shown, lines, target)
    axes.set_xlim(*reach)
    axes.set_ylim(0, top)
    return lines, top


def _reach(sizes: np.ndarray) -> tuple[float, float]:
    low, high = float(sizes.min()), float(sizes.max())
    pad = (high / low) ** 0.08 if high > low else 2.0
    return low / pad, high * pad


def _top(shown: pd.DataFrame, lines: pd.DataFrame, target: float) -> float:
    """Return where the upright axis ends: all points, and limits unless they dwarf the points."""
    ends = shown[["low", "high"]].to_numpy(dtype=float)
    ends = ends[np.isfinite(ends)]
    most = max([*ends, target if np.isfinite(target) else 0.0, 0.0])
    widest = lines["limit_high"].replace(np.inf, np.nan).max() if len(lines) else np.nan
    reach = np.fmax(most, np.fmin(widest, 1.5 * most if most > 0 else 1.0))
    return float(1.1 * reach) if reach > 0 else 1.0


def _label_axes(axes: Axes, xlabel: str, ylabel: str) -> None:
    axes.set_xlabel(wrapped(xlabel, 84))
    axes.set_ylabel(wrapped(ylabel, 48))
    low, high = axes.get_xlim()
    powers = 10.0 ** np.arange(-9, 16)
    ticks = [step * power for power in powers for step in (1, 2, 5)]
    ticks = [tick for tick in ticks if low <= tick <= high]
    if len(ticks) > 8:
        ticks = [tick for tick in powers if low <= tick <= high]
    axes.set_xticks(ticks, [f"{tick:,.10g}" for tick in ticks])
    axes.xaxis.set_minor_locator(mpl.ticker.NullLocator())
