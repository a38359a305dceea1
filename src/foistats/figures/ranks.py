"""Ranks as intervals: which places a force may have."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from foistats.figures.lettering import NORMAL, SMALL, fitted, footnote_lines, lines_of, widest
from foistats.figures.style import (
    FAINT,
    INK,
    WIDTH,
    Drawing,
    house_style,
    inches,
    nothing_to_draw,
    plain,
    row_places,
)

BARS = {"simultaneous": 1.6, "pointwise": 5.5}
"""By kind of interval, the width of its line in points."""
KINDS = {"simultaneous": "all together", "pointwise": "interval, each alone"}
"""By kind of interval, what the legend calls it after its level."""
SHORT = {"simultaneous": "together", "pointwise": "alone"}
"""By kind of interval, what the alternative text calls it."""
NAMES = 2.2
"""Most room for names, in inches."""


def ranks(data: pd.DataFrame, *, total: int, xlabel: str, note: str) -> Drawing:
    """Draw the intervals of each force's rank, one line per force, in the order of the rows.

    The pointwise interval is a thick bar over the thin one that holds for all forces together. A
    tick is the rank observed, two joined ticks a range of ranks (ties). A force without a count
    may have any rank: its line is pale and says so.

    Parameters
    ----------
    data : DataFrame
        One row per force and kind: ``force, kind`` (``pointwise`` or ``simultaneous``),
        ``conf_low, conf_high``, perhaps ``level`` (of the interval, which the legend names) and
        ``observed_low, observed_high``.
    total : int
        The last rank.
    xlabel : str
        What the ranks are of, and which end is which.
    note : str
        A warning printed in the figure.
    """
    forces = list(dict.fromkeys(data["force"]))
    counted = _counted(data)
    if not any(counted.values()):
        reason = f"none of {len(forces)} has a count" if forces else "there are no rows"
        return nothing_to_draw(data, f"Intervals of ranks, {plain(xlabel)}", reason)
    labels = [fitted(force, NAMES, NORMAL) for force in forces]
    places, height = row_places([lines_of(label) for label in labels], 0.2)
    left = widest(labels, NORMAL) + 0.15
    y = dict(zip(forces, places, strict=True))
    said = footnote_lines(note)
    below = 0.5 + 0.16 * len(said)
    with house_style():
        figure, axes = inches(height + below + 0.35, left=left, below=below, above=0.35)
        for kind in BARS:
            _draw_bars(axes, data[(data["kind"] == kind) & data["force"].map(counted)], kind, y)
        _draw_observed(axes, data[data["force"].map(counted)], y)
        for force in (force for force in forces if not counted[force]):
            axes.hlines(y[force], 1, total, color=FAINT, lw=5.5, zorder=1)
            axes.text(
                (1 + total) / 2,
                y[force],
                "not known",
                ha="center",
                va="center_baseline",
                fontsize=SMALL,
            )
        axes.set_yticks(places, labels)
        axes.set_ylim(height, 0)
        axes.set_xlim(1 - 0.02 * total, total * 1.02)
        axes.set_xticks(_ticks(total))
        axes.grid(visible=True, axis="x")
        axes.set_axisbelow(True)
        axes.set_xlabel(fitted(xlabel, WIDTH - left - 0.2, 11.1))
        handles, names = axes.get_legend_handles_labels()
        axes.legend(handles[::-1], names[::-1], frameon=False, loc="lower left", ncols=3,
                    bbox_to_anchor=(-0.02, 1), borderaxespad=0.2, fontsize=SMALL)  # fmt: skip
        figure.text(0.01, 0.04 / figure.get_figheight(), "\n".join(said), fontsize=SMALL)
    return Drawing(figure, _alt(data, counted, total, xlabel, note), data)


def _counted(data: pd.DataFrame) -> dict[str, bool]:
    """Return which forces have a count: an interval and, if observed ranks are given, one."""
    known = data[["conf_low", "conf_high"]].notna().all(axis=1)
    if "observed_low" in data:
        known &= data["observed_low"].notna()
    found: dict[str, bool] = known.groupby(data["force"]).any().to_dict()
    return found


def _called(part: pd.DataFrame, kind: str) -> str:
    """Return what the legend calls the intervals of one kind: with their level, if they have one.

    Of several together there is no single interval, so only their level is said.
    """
    levels = part["level"].dropna().unique() if "level" in part else []
    if len(levels) != 1:
        return KINDS[kind]
    return f"{100 * levels[0]:g}%{',' if kind == 'simultaneous' else ''} {KINDS[kind]}"


def _draw_bars(axes: Axes, part: pd.DataFrame, kind: str, y: dict[str, float]) -> None:
    if part.empty:
        return
    low, high = (part[name].to_numpy(dtype=float) for name in ("conf_low", "conf_high"))
    axes.hlines(
        [y[force] for force in part["force"]],
        low - 0.15,
        high + 0.15,
        color=sns.color_palette("colorblind")[0],
        lw=BARS[kind],
        alpha=1 if kind == "simultaneous" else 0.55,
        label=_called(part, kind),
    )


def _draw_observed(axes: Axes, data: pd.DataFrame, y: dict[str, float]) -> None:
    if "observed_low" not in data:
        return
    first = data.drop_duplicates("force")
    places = np.array([y[force] for force in first["force"]])
    low = first["observed_low"].to_numpy(dtype=float)
    high = first.get("observed_high", first["observed_low"]).to_numpy(dtype=float)
    axes.plot(low, places, "|", color=INK, ms=9, mew=1.8, label="observed")
    apart = high > low
    axes.plot(high[apart], places[apart], "|", color=INK, ms=9, mew=1.8)
    axes.hlines(places[apart], low[apart], high[apart], color=INK, lw=1)


def _ticks(total: int) -> list[int]:
    step = next((step for step in (1, 2, 5, 10, 20, 50, 100) if total / step <= 10), 500)
    inner = [rank for rank in range(step, total, step) if rank > 1 and total - rank >= step / 2]
    return [1, *inner, total] if total > 1 else [1]


def _alt(data: pd.DataFrame, counted: dict[str, bool], total: int, xlabel: str, note: str) -> str:
    said = [
        _said(force, part) for force, part in data.groupby("force", sort=False) if counted[force]
    ]
    without = [plain(force) for force, known in counted.items() if not known]
    end = f" No count, so any rank: {', '.join(sorted(without))}." if without else ""
    warning = f" {plain(note)}" if plain(note) else ""
    kinds = [_called(part, kind) for kind, part in data.groupby("kind")]
    about = f"Intervals of ranks from 1 to {total} ({'; '.join(kinds)}), {plain(xlabel)}"
    return f"{about}: {'; '.join(said)}.{end}{warning}"


def _said(force: object, part: pd.DataFrame) -> str:
    words = [
        f"{SHORT[row['kind']]} {row['conf_low']:.0f} to {row['conf_high']:.0f}"
        for _, row in part.iterrows()
    ]
    if "observed_low" in part:
        row = part.iloc[0]
        low, high = row["observed_low"], row.get("observed_high", row["observed_low"])
        words.insert(0, f"observed {low}" + (f" to {high}" if high > low else ""))
    return f"{plain(force)} {', '.join(words)}"
