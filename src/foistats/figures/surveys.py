"""Surveys side by side on an axis of time: whose periods overlap, and what each counted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.path import Path

from foistats.figures.lettering import NORMAL, SMALL, fitted, footnote_lines, lines_of, widest
from foistats.figures.style import (
    FAINT,
    INK,
    LINE,
    WIDTH,
    Drawing,
    house_style,
    inches,
    nothing_to_draw,
    row_places,
)
from foistats.figures.survey_words import NO_UNIT, NOTE, read_surveys, surveys_alt, surveys_data

LEFT = 2.5
"""Room for labels, in inches."""
RIGHT = 0.45
"""Room for arrows beyond the last date, in inches."""
BAR = 0.13
"""Thickness of a bar, in inches."""
STUB = 0.25
"""Length of the pale end of a bar, in inches: the same of all, so that it says no time."""
ARROW = 0.15
"""Length of the arrow after it, in inches."""
SIGN = Path([(-1, 0), (1, 0), (0.5, 0.35), (1, 0), (0.5, -0.35)], [1, 2, 1, 2, 2])
"""An arrow for the legend: what it moves to and draws."""
HATCHES = ("", "////", "++++", "xxxx", "----", "\\\\\\\\")


def surveys(data: pd.DataFrame, *, xlabel: str) -> Drawing:
    """Draw the period of each survey as a bar, one row per survey, in the order of the rows.

    Where the end is not stated, a pale stub of one length for all and an arrow stand for the rest;
    the axis of time ends within a year of the last date stated. A survey without a stated start has
    no bar but says so. Colour and hatch are what was counted.

    Parameters
    ----------
    data : DataFrame
        One row per survey: ``label, period_start, period_end`` (dates, empty if not stated),
        ``open_end`` (bool), ``unit`` (one, or several joined by commas), ``said`` (what it found,
        in words).
    xlabel : str
        What the axis of time shows.
    """
    if data.empty:
        return nothing_to_draw(data, "Surveys side by side", "there are no surveys")
    frame = read_surveys(data)
    labels = [fitted(label, LEFT - 0.2, NORMAL) for label in frame["label"]]
    words = [fitted(said, WIDTH - LEFT - 0.15) for said in frame["text"]]
    lines = [
        max(lines_of(label), lines_of(said) + 1) for label, said in zip(labels, words, strict=True)
    ]
    places, height = row_places(lines, 0.4)
    note = footnote_lines(NOTE)
    looks = _looks(list(dict.fromkeys(frame["unit"])))
    above = 0.1 + 0.2 * -(-(len(looks) + 1) // 3)
    below = 0.55 + 0.16 * len(note)
    with house_style():
        figure, axes = inches(height + above + below, left=LEFT, below=below, above=above)
        box = axes.get_position()
        axes.set_position((box.x0, box.y0, box.width - RIGHT / WIDTH, box.height))
        span = _span(frame)
        axes.set_xlim(*span)
        axes.set_ylim(height, 0)
        axes.set_yticks(places, labels)
        axes.grid(visible=True, axis="x")
        axes.set_axisbelow(True)
        axes.tick_params(axis="y", pad=6)
        ticks = _years(span)
        axes.set_xticks(ticks, [str(year) for year in ticks])
        per_inch = (span[1] - span[0]) / (WIDTH - LEFT - RIGHT)
        for (_, row), y, said in zip(frame.iterrows(), places, words, strict=True):
            _draw_row(axes, row, y, said, looks[row["unit"]], per_inch)
        axes.set_xlabel(fitted(xlabel, WIDTH - LEFT - 0.2, 11.1))
        _draw_legend(axes, looks, any_open=bool(frame["open"].any()))
        figure.text(0.01, 0.05 / figure.get_figheight(), "\n".join(note), fontsize=SMALL)
    return Drawing(figure, surveys_alt(frame), surveys_data(frame))


def _looks(units: list[str]) -> dict[str, dict[str, Any]]:
    """Return colour and hatch by unit; white for what has none."""
    palette = sns.color_palette("colorblind")
    known = [unit for unit in units if unit != NO_UNIT]
    looks = {
        unit: {"facecolor": palette[(0, 1, 2, 3, 9, 4)[i % 6]], "hatch": HATCHES[i % 6]}
        for i, unit in enumerate(known)
    }
    if len(known) < len(units):
        looks[NO_UNIT] = {"facecolor": "white", "hatch": ""}
    return looks


def _span(frame: pd.DataFrame) -> tuple[float, float]:
    """Return the years that the axis covers: whole ones, up to a year after the last date."""
    known = frame[frame["stated"]]
    if known.empty:
        return 0.0, 1.0
    first = np.floor(known["start"].min())
    stated = np.nanmax([*known["start"], *known["end"]])
    last = max(np.ceil(stated - 0.01), first + 1)
    pad = 0.015 * (last - first)
    return float(first - pad), float(min(last + pad, stated + 1))


def _years(span: tuple[float, float]) -> list[int]:
    if span == (0.0, 1.0):
        return []
    years = range(int(np.ceil(span[0])), int(np.floor(span[1])) + 1)
    step = next((step for step in (1, 2, 5, 10, 20, 50) if len(years) / step <= 10), 100)
    return [year for year in years if year % step == 0]


def _draw_row(
    axes: Axes, row: pd.Series, y: float, said: str, look: dict[str, Any], per_inch: float
) -> None:
    high = LINE * lines_of(said)
    top = y - (high + BAR) / 2
    if not row["stated"]:
        first = axes.get_xlim()[0] + 0.05 * per_inch
        axes.text(first, y, said, va="center", fontsize=SMALL)
        return
    end = row["end"] if np.isfinite(row["end"]) else row["start"]
    style = {"height": BAR, "edgecolor": INK, "lw": 0.7, **look}
    place = top + high + BAR / 2
    if end > row["start"]:
        axes.barh(place, end - row["start"], left=row["start"], zorder=3, **style)
    if row["open"]:
        _draw_stub(axes, end, place, look, per_inch)
    edge = axes.get_xlim()[1] + RIGHT * per_inch
    fits = row["start"] + (widest([said]) + 0.1) * per_inch <= edge
    axes.text(
        row["start"] if fits else edge,
        top + high / 2,
        said,
        ha="left" if fits else "right",
        va="center",
        fontsize=SMALL,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.2},
        zorder=2.5,
    )


def _draw_stub(axes: Axes, start: float, y: float, look: dict[str, Any], per_inch: float) -> None:
    """Draw what stands for a bar whose end nobody states: a pale stub, then an arrow."""
    face = look["facecolor"] if look["facecolor"] != "white" else FAINT
    axes.barh(
        y, STUB * per_inch, left=start, height=BAR, lw=0, zorder=3, edgecolor=INK,
        facecolor=face, hatch=look["hatch"], alpha=0.35, clip_on=False,
    )  # fmt: skip
    axes.annotate(
        "",
        (start + (STUB + ARROW) * per_inch, y),
        (start + STUB * per_inch, y),
        arrowprops={"arrowstyle": "->", "color": INK, "lw": 1.2, "shrinkA": 0, "shrinkB": 0},
        annotation_clip=False,
        zorder=3.5,
    )


def _draw_legend(axes: Axes, looks: dict[str, dict[str, Any]], *, any_open: bool) -> None:
    handles: list[Any] = [Patch(edgecolor=INK, lw=0.7, **look) for look in looks.values()]
    names = [fitted(unit, 1.6) for unit in looks]
    if any_open:
        handles.append(axes.plot([], [], ls="", marker=SIGN, mec=INK, mfc="none", ms=16)[0])
        names.append("end not stated")
    axes.legend(handles, names, frameon=False, loc="lower right", bbox_to_anchor=(1, 1), ncols=3,
                borderaxespad=0.2, fontsize=SMALL, columnspacing=1.2)  # fmt: skip
