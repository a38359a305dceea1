"""Estimates with their intervals: one line per row."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from foistats.figures.lettering import footnote
from foistats.figures.style import (
    INK,
    MARKERS,
    PALE,
    Drawing,
    canvas,
    house_style,
    legend_above,
    nothing_to_draw,
    percent_of,
    plain,
)

TICKS = (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
"""Where a logarithmic axis has its ticks."""


def intervals(
    data: pd.DataFrame,
    *,
    rows: str,
    by: str = "",
    xlabel: str,
    about: str,
    percent: bool = False,
    log: bool = False,
    reference: float | None = None,
    note: str = "",
) -> Drawing:
    """Draw estimates with their intervals, one line per row, one marker per ``by``.

    A row whose estimate is missing but whose interval is not (a count known as an interval) is a
    line without a marker. A row with neither is its ``note``, or "no count".

    Parameters
    ----------
    data : DataFrame
        Columns ``estimate, conf_low, conf_high``, ``rows`` and ``by``, perhaps ``note``; drawn in
        their order.
    rows, by : str
        Columns that name the lines and, within a line, the markers.
    xlabel : str
        The quantity and its unit.
    about : str
        What the figure shows, for the alternative text.
    percent, log : bool
        Show shares as per cent; use a logarithmic axis.
    reference : float, optional
        Where to draw a line of no difference.
    note : str
        A warning printed in the figure.
    """
    drawn = _has_interval(data)
    if not drawn.any():
        return nothing_to_draw(data, about, "no row has an estimate or an interval")
    lines = _Lines(data, rows, by)
    with house_style():
        figure, axes = canvas(lines.height + 0.2 * bool(note))
        if log:
            axes.set_xscale("log")
        if reference is not None:
            axes.axvline(reference, color=PALE, lw=1, zorder=0)
        _draw(axes, data[drawn], lines, log=log)
        _say_why(axes, data[~drawn], lines)
        axes.set_yticks(range(len(lines.names)), lines.labels)
        axes.set_ylim(len(lines.names) - 0.5, -0.5)
        axes.set_xlabel(xlabel)
        _scale(axes, percent=percent, log=log)
        if by:
            legend_above(axes, len(lines.kinds))
        _write_note(figure, axes, note, below=bool(by))
    return Drawing(figure, f"{about}: {_said(data, rows, by, percent)}.", data)


@dataclass(frozen=True, eq=False)
class _Lines:
    """Where the rows of some estimates lie, from the top, and the kinds within a row."""

    data: pd.DataFrame
    rows: str
    by: str

    @cached_property
    def names(self) -> list[Any]:
        return list(dict.fromkeys(self.data[self.rows]))

    @cached_property
    def kinds(self) -> list[Any]:
        return list(dict.fromkeys(self.data[self.by])) if self.by else [""]

    @cached_property
    def labels(self) -> list[str]:
        return [textwrap.fill(str(name), 34) for name in self.names]

    @cached_property
    def beside(self) -> int:
        """How many kinds lie below each other within a row."""
        return len(self.kinds) if self.data.duplicated(self.rows).any() else 1

    @property
    def height(self) -> float:
        """Of the figure, in inches."""
        deepest = max((label.count("\n") for label in self.labels), default=0)
        row = max(0.3 + 0.17 * (self.beside - 1), 0.17 * (deepest + 1) + 0.04)
        return 0.9 + row * len(self.names)

    def place(self, name: Any, kind: Any) -> float:
        """Return how far down a kind of a row lies, in rows."""
        if self.beside == 1:
            return float(self.names.index(name))
        return float(
            self.names.index(name) + 0.36 * (self.kinds.index(kind) / (self.beside - 1) - 0.5)
        )


def _draw(axes: Axes, drawn: pd.DataFrame, lines: _Lines, *, log: bool) -> None:
    """Draw the lines and markers of each kind, in its colour."""
    colours = sns.color_palette("colorblind", len(lines.kinds))
    for index, (kind, colour) in enumerate(zip(lines.kinds, colours, strict=True)):
        part = drawn[drawn[lines.by] == kind] if lines.by else drawn
        y = np.array([lines.place(name, kind) for name in part[lines.rows]])
        low, high = _inside(part, log)
        axes.hlines(y, low, high, color=colour, lw=2)
        if log:
            _mark_zeros(axes, part["estimate"].to_numpy(), y, low, colour)
        marker = MARKERS[index % len(MARKERS)]
        axes.plot(part["estimate"], y, marker, color=colour, ms=6.5, label=kind)


def _has_interval(data: pd.DataFrame) -> pd.Series:
    """Return which rows have an estimate or both ends of an interval."""
    ends = data[["conf_low", "conf_high"]].notna().all(axis=1)
    return ends | data["estimate"].notna()


def _mark_zeros(
    axes: Axes, estimate: np.ndarray, y: np.ndarray, floor: np.ndarray, colour: Any
) -> None:
    """Mark estimates of zero, which a logarithmic axis cannot show, by an arrow at its end."""
    zero = estimate == 0
    if zero.any():
        axes.plot(floor[zero], y[zero], "<", mfc="white", color=colour, ms=6.5)


def _say_why(axes: Axes, empty: pd.DataFrame, lines: _Lines) -> None:
    """Write why they are empty into the rows that have neither estimate nor interval."""
    for _, row in empty.iterrows():
        kind = row[lines.by] if lines.by else ""
        axes.annotate(
            textwrap.shorten(_reason(row), 60, placeholder=" …"),
            (0.01, lines.place(row[lines.rows], kind)),
            xycoords=axes.get_yaxis_transform(),
            va="center",
            fontsize="small",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
        )


def _reason(row: pd.Series) -> str:
    return plain(row.get("note")) or "no count"


def _write_note(figure: Figure, axes: Axes, note: str, *, below: bool) -> None:
    """Write a note above the data, or below the figure where a legend is above."""
    if note and below:
        footnote(figure, note)
    elif note:
        axes.set_title(textwrap.fill(note, 84), fontsize="small", color=INK, loc="left")


def _inside(part: pd.DataFrame, log: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return interval ends with infinite ones cut at a multiple of the finite range."""
    finite = part[["estimate", "conf_low", "conf_high"]].to_numpy(dtype=float)
    finite = finite[np.isfinite(finite) & ((finite > 0) if log else True)]
    finite = finite if finite.size else np.ones(1)
    low, high = finite.min(), finite.max()
    floor, ceiling = (low / 3, high * 3) if log else (low - (high - low), high + (high - low))
    lows, highs = part["conf_low"].clip(lower=floor), part["conf_high"].clip(upper=ceiling)
    return lows.to_numpy(), highs.to_numpy()


def _scale(axes: Axes, *, percent: bool, log: bool) -> None:
    if percent:
        axes.xaxis.set_major_formatter(mpl.ticker.PercentFormatter(1, decimals=0))
        axes.set_xlim(0, None)
    if log:
        low, high = axes.get_xlim()
        ticks = [tick for tick in TICKS if low <= tick <= high]
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.minorticks_off()


def _said(data: pd.DataFrame, rows: str, by: str, percent: bool) -> str:
    def said(value: Any) -> str:
        if not np.isfinite(value):
            return "no limit"
        return percent_of(value) if percent else f"{value:.2f}"

    def whole(row: pd.Series) -> str:
        if pd.isna(row["estimate"]) and row[["conf_low", "conf_high"]].isna().any():
            return _reason(row)
        estimate = "no estimate" if pd.isna(row["estimate"]) else said(row["estimate"])
        return f"{estimate} ({said(row['conf_low'])} to {said(row['conf_high'])})"

    return "; ".join(
        f"{row[rows]}{', ' + str(row[by]) if by else ''} {whole(row)}" for _, row in data.iterrows()
    )
