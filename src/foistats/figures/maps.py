"""Tile-grid maps: one square of equal size for every force, where its neighbours are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from foistats.errors import UsageError
from foistats.figures.lettering import SMALL, fitted, footnote_lines, lines_of, text_width
from foistats.figures.style import (
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
)

LARGEST = 0.82
"""Side of the largest tile, in inches."""
GAP = 0.06
"""Between two tiles, as a share of a tile."""
HATCHES = ("", "////", "++", "\\\\\\\\", "xx", "---", "||")
LIGHT = (0.35, 0.55, 0.3, 0.6, 0.05, 0.45, 0.25)
"""How strong the colours are, in turn, so that greys differ too."""
COLOURS = (9, 1, 2, 3, 7, 0, 4, 8)
"""Their order in the palette."""
SWATCH = 0.2
NONE = "no category"


class Look(NamedTuple):
    """How the tiles of a category look, and the sign before their text."""

    face: Any
    hatch: str
    line: str
    sign: str = ""


KINDS = {
    "above": Look("#f4a582", "", "-", "▲ "),
    "below": Look("#92c5de", "\\\\\\\\", "-", "▼ "),
    "inside": Look("#ededed", "", "-"),
    "undecided": Look("#ededed", "---", "-"),
}
"""Looks of categories that say where a force lies against its limits."""
EMPTY = ("////", "", "xx", "---", "++")
"""Hatches of categories without a number, in turn; their tiles are white and dashed."""


def tile_map(
    tiles: pd.DataFrame,
    *,
    categories: Sequence[str] = (),
    kinds: Mapping[str, str] = MappingProxyType({}),
    about: str,
    legend_title: str = "",
) -> Drawing:
    """Draw a map of tiles, coloured and hatched by category.

    Parameters
    ----------
    tiles : DataFrame
        One row per force: ``force, short, row, column, category, text``. Row 1 is the uppermost,
        column 1 the leftmost; a force without a place is named below; ``text`` may be empty.
    categories : sequence of str
        All categories in the order of the legend; by default those of the tiles, as they come.
    kinds : mapping of str to str
        Of categories that say where a force lies against its limits: ``above``, ``below``,
        ``inside``, ``undecided``; of those without a number: ``none``. Others take colours in turn.
    about : str
        What the figure shows, for the alternative text.
    legend_title : str
        Above the legend.

    Raises
    ------
    UsageError
        If two tiles have one place or a category is not among those given.
    """
    data = _read(tiles, categories)
    order = list(categories) or list(dict.fromkeys(data["category"][data["category"] != NONE]))
    if (data["category"] == NONE).any():
        order = [*(name for name in order if name != NONE), NONE]
    placed = data[data["placed"]]
    if placed.empty:
        reason = "no tile has a row and a column" if len(data) else "there are no tiles"
        return nothing_to_draw(tiles, about, reason)
    looks = _looks(order, kinds)
    counts = data["category"].value_counts()
    entries = [(name, fitted(f"{name} ({counts.get(name, 0)})", WIDTH / 2 - 0.4)) for name in order]
    rows, columns = (placed[name] - placed[name].min() for name in ("row", "column"))
    side = min(LARGEST, (WIDTH - 0.1) / (columns.max() + 1))
    note = footnote_lines(_without_place(data))
    heading = fitted(legend_title, WIDTH - 0.8, 11.1)
    legend = _legend_height(entries, heading)
    height = side * (rows.max() + 1) + legend + 0.1 + 0.18 * len(note)
    with house_style():
        figure, axes = inches(height)
        axes.set_axis_off()
        axes.set_xlim(0, WIDTH)
        axes.set_ylim(height, 0)
        _draw_legend(axes, entries, looks, heading)
        for index, row in placed.iterrows():
            corner = (0.05 + side * columns[index], legend + side * rows[index])
            _draw_tile(axes, corner, side, row, looks[row["category"]])
        axes.text(0.05, height - 0.05, "\n".join(note), fontsize=SMALL, va="bottom")
    return Drawing(figure, _alt(data, order, about), _data(data, looks))


def _data(data: pd.DataFrame, looks: dict[str, Look]) -> pd.DataFrame:
    """Return the place of each tile, and its words as they stand in it."""
    words = [_words(row, looks[row["category"]]) for _, row in data.iterrows()]
    written = [" ".join(filter(None, said)) for said in words]
    return data[["force", "row", "column", "category"]].assign(tile=written)


def _read(tiles: pd.DataFrame, categories: Sequence[str]) -> pd.DataFrame:
    names = [plain(name) or NONE for name in tiles["category"]]
    data = tiles.reset_index(drop=True).assign(category=np.array(names, dtype=object))
    data = data.assign(placed=data[["row", "column"]].notna().all(axis=1))
    wrong = sorted(set(data["category"]) - {*categories, NONE}) if len(categories) else []
    if wrong:
        raise UsageError(
            f"tiles have the category {', '.join(map(repr, wrong))}; allowed are: "
            f"{listed(categories)}"
        )
    twice = data[data["placed"] & data.duplicated(["row", "column"], keep=False)]
    if len(twice):
        places = [f"{row.force} ({row.row}, {row.column})" for row in twice.itertuples()]
        raise UsageError(
            f"tiles share a row and a column: {', '.join(places)}; each needs a place of its own"
        )
    return data


def _looks(order: Sequence[str], kinds: Mapping[str, str]) -> dict[str, Look]:
    empty = [name for name in order if kinds.get(name, "") == "none"]
    hatches = {name: EMPTY[place % len(EMPTY)] for place, name in enumerate(empty)}
    looks = {name: Look("white", hatch, "--") for name, hatch in hatches.items()}
    looks |= {name: KINDS[kind] for name, kind in kinds.items() if kind in KINDS}
    return {name: looks.get(name) or _look(place, name) for place, name in enumerate(order)}


def _look(index: int, name: str) -> Look:
    if name == NONE:
        return Look("white", "", "--")
    colour = np.array(sns.color_palette("colorblind")[COLOURS[index % len(COLOURS)]])
    strength = LIGHT[index % len(LIGHT)]
    return Look(tuple(1 - strength * (1 - colour)), HATCHES[index % len(HATCHES)], "-")


def _patch(axes: Axes, corner: tuple[float, float], side: float, look: Look) -> None:
    patch = Rectangle(
        corner, side, side, facecolor=look.face, hatch=look.hatch, edgecolor=PALE, ls=look.line,
        lw=0.8, hatch_linewidth=0.5,
    )  # fmt: skip
    axes.add_patch(patch)


def _draw_tile(
    axes: Axes, corner: tuple[float, float], side: float, row: pd.Series, look: Look
) -> None:
    size = side * (1 - GAP)
    _patch(axes, corner, size, look)
    x, y = corner[0] + size / 2, corner[1] + size / 2
    short, text = _words(row, look)
    up = 0.17 * size if text else 0
    background = {"facecolor": look.face if look.hatch else "none", "edgecolor": "none", "pad": 1.2}
    for said, place, weight in ((short, y - up, "bold"), (text, y + up, "normal")):
        if said:
            axes.text(x, place, said, ha="center", va="center_baseline", weight=weight, color=INK,
                      fontsize=_fitting(said, size, weight), bbox=background)  # fmt: skip


def _words(row: pd.Series, look: Look) -> tuple[str, str]:
    """Return what is written in a tile: a short name, and below it the text with its sign."""
    text = plain(row["text"])
    return plain(row["short"]) or plain(row["force"]), f"{look.sign}{text}" if text else ""


def _fitting(text: str, side: float, weight: str) -> float:
    """Return the largest size of type, in points, at which a text fits into a tile."""
    most = 11.5 * min(1.0, 1.1 * side / LARGEST)
    return min(most, most * 0.92 * side / text_width(text, most, weight))


def _legend_columns(entries: list[tuple[str, str]]) -> int:
    return 2 if len(entries) > 1 else 1


def _legend_rows(entries: list[tuple[str, str]]) -> list[float]:
    """Return the height of every row of the legend, in inches."""
    across = _legend_columns(entries)
    return [
        max(0.3, 0.1 + LINE * max(lines_of(said) for _, said in entries[start : start + across]))
        for start in range(0, len(entries), across)
    ]


def _legend_height(entries: list[tuple[str, str]], heading: str) -> float:
    above = 0.1 + LINE * (lines_of(heading)) if heading else 0.05
    return float(above + sum(_legend_rows(entries)) + 0.15)


def _draw_legend(
    axes: Axes, entries: list[tuple[str, str]], looks: dict[str, Look], heading: str
) -> None:
    y = 0.05
    if heading:
        axes.text(0.05, y, heading, va="top", weight="bold")
        y += 0.05 + LINE * (lines_of(heading))
    across = _legend_columns(entries)
    for number, height in enumerate(_legend_rows(entries)):
        for place, (name, said) in enumerate(entries[across * number : across * (number + 1)]):
            x = 0.05 + place * WIDTH / 2
            _patch(axes, (x, y + (height - SWATCH) / 2), SWATCH, looks[name])
            axes.text(x + SWATCH + 0.08, y + height / 2, said, va="center", fontsize=SMALL)
        y += height


def _without_place(data: pd.DataFrame) -> str:
    missing = data.loc[~data["placed"], "force"]
    return f"Without a tile: {listed(missing)}" if len(missing) else ""


def _alt(data: pd.DataFrame, order: list[str], about: str) -> str:
    said = []
    for name in order:
        part = data[data["category"] == name]
        members = [f"{plain(row.force)} {plain(row.text)}".strip() for row in part.itertuples()]
        said.append(f"{plain(name)} ({len(part)}): {', '.join(members) or 'none'}")
    missing = _without_place(data)
    return (
        f"{plain(about)}, as a map of tiles. {'; '.join(said)}.{f' {missing}.' if missing else ''}"
    )
