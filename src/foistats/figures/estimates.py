"""Estimates with their intervals: one line per row."""

from __future__ import annotations

import textwrap
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

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
    lines = list(dict.fromkeys(data[rows]))
    labels = [textwrap.fill(str(line), 34) for line in lines]
    kinds = list(dict.fromkeys(data[by])) if by else [""]
    deepest = max((label.count("\n") for label in labels), default=0)
    beside = len(kinds) if data.duplicated(rows).any() else 1
    row = max(0.3 + 0.17 * (beside - 1), 0.17 * (deepest + 1) + 0.04)
    colours = sns.color_palette("colorblind", len(kinds))
    with house_style():
        figure, axes = canvas(0.9 + row * len(lines) + 0.2 * bool(note))
        if log:
            axes.set_xscale("log")
        if reference is not None:
            axes.axvline(reference, color=PALE, lw=1, zorder=0)
        for index, kind in enumerate(kinds):
            part = data[drawn & (data[by] == kind)] if by else data[drawn]
            offset = _offset(index, beside)
            y = np.array([lines.index(name) + offset for name in part[rows]])
            low, high = _inside(part, axes, log)
            axes.hlines(y, low, high, color=colours[index], lw=2)
            if log:
                _mark_zeros(axes, part["estimate"].to_numpy(), y, low, colours[index])
            axes.plot(
                part["estimate"], y, MARKERS[index % len(MARKERS)], color=colours[index], ms=6.5,
                label=kind,
            )  # fmt: skip
        alone = kinds if beside > 1 else [""]
        _say_why(axes, data[~drawn], rows=rows, by=by, lines=lines, kinds=alone)
        axes.set_yticks(range(len(lines)), labels)
        axes.set_ylim(len(lines) - 0.5, -0.5)
        axes.set_xlabel(xlabel)
        _scale(axes, percent=percent, log=log)
        if by:
            legend_above(axes, len(kinds))
        if note and by:  # the legend is where the note would be
            footnote(figure, note)
        elif note:
            axes.set_title(textwrap.fill(note, 84), fontsize="small", color=INK, loc="left")
    return Drawing(figure, f"{about}: {_said(data, rows, by, percent)}.", data)


def probabilities(data: pd.DataFrame) -> Drawing:
    """Draw the probability of every outcome by role (``outcome, role, estimate, …``)."""
    return intervals(
        data,
        rows="outcome",
        by="role",
        xlabel="Probability, averaged over the spread of the random intercept",
        about="Probability of each outcome by role with its interval",
        percent=True,
    )


def random_intercepts(data: pd.DataFrame, force: str) -> Drawing:
    """Draw the random intercept of every force (``force, estimate, …``), in the order given."""
    return intervals(
        data,
        rows="force",
        xlabel="Random intercept on the scale of the link (positive: more severe)",
        about=f"Random intercept of each {force} with its interval",
        reference=0,
        note="No ranking: intervals overlap, and what was searched for and disclosed differs.",
    )


def variants(
    data: pd.DataFrame, roles: dict[str, str], *, measure: str, against: str, null: float
) -> Drawing:
    """Draw role effects under several variants (``label, role, estimate, …, reason``).

    Variants without an estimate have no line; the table beside the figure gives their reason.
    """
    found = data[data["estimate"].notna()]
    found = found.assign(role=[roles[role] for role in found["role"]])
    return intervals(
        found,
        rows="label",
        by="role",
        xlabel=f"{measure} against {against}",
        about=f"{measure} against {against}",
        log=null == 1,
        reference=null,
    )


def _has_interval(data: pd.DataFrame) -> pd.Series:
    """Return which rows have an estimate or both ends of an interval."""
    ends = data[["conf_low", "conf_high"]].notna().all(axis=1)
    return ends | data["estimate"].notna()


def _offset(index: int, kinds: int) -> float:
    return 0.0 if kinds == 1 else 0.36 * (index / (kinds - 1) - 0.5)


def _mark_zeros(
    axes: Axes, estimate: np.ndarray, y: np.ndarray, floor: np.ndarray, colour: Any
) -> None:
    """Mark estimates of zero, which a logarithmic axis cannot show, by an arrow at its end."""
    zero = estimate == 0
    if zero.any():
        axes.plot(floor[zero], y[zero], "<", mfc="white", color=colour, ms=6.5)


def _say_why(
    axes: Axes, data: pd.DataFrame, *, rows: str, by: str, lines: list[Any], kinds: list[Any]
) -> None:
    """Write why they are empty into the rows that have neither estimate nor interval."""
    for _, row in data.iterrows():
        offset = _offset(kinds.index(row[by]), len(kinds)) if len(kinds) > 1 else 0.0
        axes.annotate(
            textwrap.shorten(_reason(row), 60, placeholder=" …"),
            (0.01, lines.index(row[rows]) + offset),
            xycoords=axes.get_yaxis_transform(),
            va="center",
            fontsize="small",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
        )


def _reason(row: pd.Series) -> str:
    return plain(row.get("note")) or "no count"


def _inside(part: pd.DataFrame, axes: Axes, log: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return interval ends with infinite ones cut at a multiple of the finite range."""
    finite = part[["estimate", "conf_low", "conf_high"]].to_numpy(dtype=float)
    finite = finite[np.isfinite(finite) & ((finite > 0) if log else True)]
    finite = finite if finite.size else np.ones(1)
    low, high = finite.min(), finite.max()
    floor, ceiling = (low / 3, high * 3) if log else (low - (high - low), high + (high - low))
    return part["conf_low"].clip(lower=floor).to_numpy(), part["conf_high"].clip(
        upper=ceiling
    ).to_numpy()


def _scale(axes: Axes, *, percent: bool, log: bool) -> None:
    if percent:
        axes.xaxis.set_major_formatter(mpl.ticker.PercentFormatter(1, decimals=0))
        axes.set_xlim(0, None)
    if log:
        low, high = axes.get_xlim()
        ticks = [
            tick
            for tick in (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
            if low <= tick <= high
        ]
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


def predicted_and_printed(predicted: pd.DataFrame, printed: pd.DataFrame, about: str) -> Drawing:
    """Draw the shares that the fit predicts for the whole survey beside those printed.

    Parameters
    ----------
    predicted : DataFrame
        One row per rung: ``label, estimate, conf_low, conf_high``.
    printed : DataFrame
        One row per rung that was printed: ``label, low, high``; may be empty.
    about : str
        What the figure shows, for the alternative text.
    """
    rows = [
        predicted.assign(source="predicted by the fit"),
        printed.assign(
            source="printed",
            estimate=(printed["low"] + printed["high"]) / 2,
            conf_low=printed["low"],
            conf_high=printed["high"],
        ),
    ]
    columns = ["label", "source", "estimate", "conf_low", "conf_high"]
    filled = [frame[columns] for frame in rows if len(frame)] or [pd.DataFrame(columns=columns)]
    data = pd.concat(filled, ignore_index=True)
    return intervals(
        data,
        rows="label",
        by="source",
        xlabel="Share of all cases of the survey",
        about=about,
        percent=True,
    )
