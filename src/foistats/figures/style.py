"""What all figures share: size, type, colours, legends, and a figure that says it has no data."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

WIDTH = 7.2
"""Width of every figure in inches: the text width of an A4 page."""
MARKERS = "osD^v"
INK = "#333333"
PALE = "#8a8a8a"
FAINT = "#e4e4e4"
LINE = 0.17
"""Height of a line of text in inches."""


class Drawing(NamedTuple):
    """A figure, what it says in words, and the data it draws."""

    figure: Figure
    alt: str
    data: pd.DataFrame


@contextmanager
def house_style() -> Iterator[None]:
    """Draw in the style of the reports; a dollar sign in a name is a dollar sign."""
    style = sns.axes_style("whitegrid") | sns.plotting_context("paper", font_scale=1.15)
    style |= {
        "axes.edgecolor": PALE,
        "axes.labelcolor": INK,
        "axes.spines.left": False,
        "axes.spines.right": False,
        "axes.spines.top": False,
        "figure.facecolor": "white",
        "font.family": "DejaVu Sans",
        "grid.color": FAINT,
        "text.color": INK,
        "text.parse_math": False,
        "xtick.color": INK,
        "ytick.color": INK,
    }
    with mpl.rc_context(style):
        yield


def canvas(rows: float) -> tuple[Figure, Axes]:
    """Return a figure of a height in inches with one set of axes, without lines across."""
    figure = Figure(figsize=(WIDTH, max(rows, 1.6)), layout="constrained")
    axes = figure.add_subplot()
    axes.grid(visible=False, axis="y")
    axes.tick_params(length=0)
    return figure, axes


def inches(height: float, left: float = 0.0, below: float = 0.0, above: float = 0.0) -> Any:
    """Return a figure and axes with margins in inches: room for text measured beforehand."""
    figure = Figure(figsize=(WIDTH, height))
    box = (left / WIDTH, below / height, 1 - left / WIDTH, 1 - (below + above) / height)
    axes = figure.add_axes(box)
    axes.grid(visible=False)
    axes.tick_params(length=0)
    return figure, axes


def legend_above(axes: Axes, columns: int, **kwargs: Any) -> None:
    """Put the legend above the data, where it hides none of it."""
    axes.legend(
        frameon=False,
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=columns,
        borderaxespad=0.2,
        handletextpad=0.3,
        **kwargs,
    )


def plain(text: Any) -> str:
    """Return a name as one line that can be drawn; a missing one is empty."""
    if pd.api.types.is_scalar(text) and pd.isna(text):
        return ""
    letters = "".join(letter if letter.isprintable() else " " for letter in str(text))
    return " ".join(letters.split())


def wrapped(text: Any, width: int) -> str:
    """Return a name in lines of at most so many letters."""
    return textwrap.fill(plain(text), width)


def percent_of(share: float) -> str:
    """Return a share in per cent."""
    return f"{100 * share:.0f}%"


def listed(names: Any) -> str:
    """Return names as a list in words, ``none`` if there are none."""
    return ", ".join(plain(name) for name in names) or "none"


def row_places(lines: list[int], least: float) -> tuple[np.ndarray, float]:
    """Return the middle of each row, downwards in inches, and the height of all.

    Parameters
    ----------
    lines : list of int
        How many lines of text each row holds.
    least : float
        The least height of a row in inches.
    """
    heights = np.array([max(least, LINE * count + 0.05) for count in lines])
    return np.cumsum(heights) - heights / 2, float(heights.sum())


def nothing_to_draw(data: pd.DataFrame, about: str, reason: str) -> Drawing:
    """Return a figure that says why it shows nothing."""
    with house_style():
        figure = Figure(figsize=(WIDTH, 1.0))
        said = wrapped(f"Nothing to draw: {plain(reason)}.", 78)
        figure.text(0.5, 0.5, said, ha="center", va="center", color=INK)
    return Drawing(figure, f"{plain(about)}: nothing to draw, {plain(reason)}.", data)
