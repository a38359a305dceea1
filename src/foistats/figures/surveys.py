"""Surveys side by side on an axis of time: whose periods overlap, and what each counted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from foistats.figures.lettering import NORMAL, SMALL, fitted, footnote_lines, lines_of, widest
from foistats.figures.style import (
    FAINT,
    INK,
    LINE,
    PALE,
    WIDTH,
    Drawing,
    house_style,
    inches,
    listed,
    nothing_to_draw,
    plain,
    row_places,
)

NOTE = (
    "Side by side only: units, questions and selection differ, so the surveys are not added up "
    "and show no trend."
)
NO_PERIOD = "period not stated"
NO_UNIT = "unit not stated"
LEFT = 2.5
"""Room for labels, in inches."""
BAR = 0.13
"""Thickness of a bar, in inches."""
FADE = 0.7
"""Length of the fading end of a bar, in inches."""
HATCHES = ("", "////", "++++", "xxxx", "----", "\\\\\\\\")


def surveys(data: pd.DataFrame, *, xlabel: str) -> Drawing:
    """Draw the period of each survey as a bar, one row per survey, in the order of the rows.

    A bar whose end is not stated is pale and ends in an arrow. A survey without a stated start has
    no bar but says so. Colour and hatch are the unit counted.

    Parameters
    ----------
    data : DataFrame
        One row per survey: ``label, period_start, period_end`` (dates, empty if not stated),
        ``open_end`` (bool), ``unit, said`` (what it found, in words).
    xlabel : str
        What the axis of time shows.
    """
    if data.empty:
        return nothing_to_draw(data, "Surveys side by side", "there are no surveys")
    frame = _read(data)
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
        span = _span(frame)
        axes.set_xlim(*span)
        axes.set_ylim(height, 0)
        axes.set_yticks(places, labels)
        axes.grid(visible=True, axis="x")
        axes.set_axisbelow(True)
        axes.tick_params(axis="y", pad=6)
        ticks = _years(span)
        axes.set_xticks(ticks, [str(year) for year in ticks])
        per_inch = (span[1] - span[0]) / (WIDTH - LEFT)
        for row, y, said in zip(_rows(frame), places, words, strict=True):
            _draw_row(axes, row, y, said, looks[row["unit"]], per_inch)
        axes.set_xlabel(fitted(xlabel, WIDTH - LEFT - 0.2, 11.1))
        _draw_legend(axes, looks, any_open=bool(frame["open"].any()))
        figure.text(0.01, 0.05 / figure.get_figheight(), "\n".join(note), fontsize=SMALL)
    return Drawing(figure, _alt(frame), data)


def _read(data: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with periods in years, their unit in words and what is written above."""
    start, end = (_years_of(data[name]) for name in ("period_start", "period_end"))
    start, end = start.to_numpy(dtype=float), end.to_numpy(dtype=float) + 1 / 365.25
    stated = np.isfinite(start)
    is_open = stated & (~np.isfinite(end) | data["open_end"].fillna(False).to_numpy(dtype=bool))
    said = [plain(text) for text in data["said"]]
    text = [
        words if known else "; ".join(filter(None, [NO_PERIOD, words]))
        for words, known in zip(said, stated, strict=True)
    ]
    unit = [plain(unit) or NO_UNIT for unit in data["unit"]]
    columns = {"start": start, "end": end, "open": is_open, "stated": stated}
    return data.assign(**columns, unit=np.array(unit, dtype=object), text=text, said=said)


def _years_of(dates: pd.Series) -> pd.Series:
    """Return dates as years with decimals, missing where nothing is stated."""
    found = pd.to_datetime(dates.where(dates.astype(str) != "", None))
    return found.dt.year + (found.dt.day_of_year - 1) / 365.25


def _rows(frame: pd.DataFrame) -> Iterator[pd.Series]:
    for _, row in frame.iterrows():
        yield row


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
    """Return the years that the axis covers, with room for bars that fade."""
    known = frame[frame["stated"]]
    if known.empty:
        return 0.0, 1.0
    first = np.floor(known["start"].min())
    last = np.ceil(np.nanmax([*known["start"], *known["end"]]) - 0.01)
    last = max(last, first + 1)
    share = FADE * 1.25 / (WIDTH - LEFT)
    starts = np.where(known["end"].notna(), known["end"], known["start"])[known["open"]]
    needed = max([last, *(first + (starts - first) / (1 - share))])
    pad = 0.015 * (last - first)
    return float(first - pad), float(max(needed, last + pad))


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
        _draw_fading(axes, end, place, look, per_inch)
    fits = row["start"] + (widest([said]) + 0.1) * per_inch <= axes.get_xlim()[1]
    axes.text(
        row["start"] if fits else axes.get_xlim()[1],
        top + high / 2,
        said,
        ha="left" if fits else "right",
        va="center",
        fontsize=SMALL,
        zorder=4,
    )


def _draw_fading(axes: Axes, start: float, y: float, look: dict[str, Any], per_inch: float) -> None:
    """Draw the part of a bar whose end nobody states: pale, open at its end, then an arrow."""
    face = look["facecolor"] if look["facecolor"] != "white" else FAINT
    axes.barh(
        y, FADE * per_inch, left=start, height=BAR, lw=0, zorder=3, edgecolor=INK,
        facecolor=face, hatch=look["hatch"], alpha=0.35,
    )  # fmt: skip
    axes.annotate(
        "",
        (start + (FADE + 0.12) * per_inch, y),
        (start, y),
        arrowprops={"arrowstyle": "->", "color": PALE, "lw": 1.2, "shrinkA": 0, "shrinkB": 0},
        zorder=3.5,
    )


def _draw_legend(axes: Axes, looks: dict[str, dict[str, Any]], *, any_open: bool) -> None:
    handles: list[Any] = [Patch(edgecolor=INK, lw=0.7, **look) for look in looks.values()]
    names = [fitted(unit, 1.6) for unit in looks]
    if any_open:
        handles.append(axes.plot([], [], ">", color=PALE)[0])
        names.append("end not stated")
    axes.legend(handles, names, frameon=False, loc="lower right", bbox_to_anchor=(1, 1), ncols=3,
                borderaxespad=0.2, fontsize=SMALL, columnspacing=1.2)  # fmt: skip


def _alt(frame: pd.DataFrame) -> str:
    said = [
        f"{plain(row['label'])}, {_period(row)}, counted in: {row['unit']}"
        + (f", {row['said']}" if row["said"] else "")
        for row in _rows(frame)
    ]
    units = listed(dict.fromkeys(frame["unit"]))
    return f"Periods of {len(frame)} surveys by unit ({units}): {'; '.join(said)}. {NOTE}"


def _period(row: pd.Series) -> str:
    start, end = (str(plain(row[name])) for name in ("period_start", "period_end"))
    if not row["stated"]:
        return f"start not stated, to {end}" if end else NO_PERIOD
    return f"from {start}, end not stated" if row["open"] else f"{start} to {end}"
