"""Figures of the reports: drawn with seaborn, with alternative text made from their data.

Every function takes tidy frames and returns a `Drawing`. Colours are those of seaborn's
``colorblind`` palette, and no figure relies on colour alone.
"""

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
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from foistats.describe import number

WIDTH = 7.2
"""Width of every figure in inches: the text width of an A4 page."""
MARKERS = "osD^v"
INK = "#333333"
PALE = "#8a8a8a"


class Drawing(NamedTuple):
    """A figure, what it says in words, and the data it draws."""

    figure: Figure
    alt: str
    data: pd.DataFrame


@contextmanager
def _style() -> Iterator[None]:
    style = sns.axes_style("whitegrid") | sns.plotting_context("paper", font_scale=1.15)
    style |= {
        "axes.edgecolor": PALE,
        "axes.labelcolor": INK,
        "axes.spines.left": False,
        "axes.spines.right": False,
        "axes.spines.top": False,
        "figure.facecolor": "white",
        "font.family": "DejaVu Sans",
        "grid.color": "#e4e4e4",
        "text.color": INK,
        "xtick.color": INK,
        "ytick.color": INK,
    }
    with mpl.rc_context(style):
        yield


def _canvas(rows: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(WIDTH, max(rows, 1.6)), layout="constrained")
    axes = figure.add_subplot()
    axes.grid(visible=False, axis="y")
    axes.tick_params(length=0)
    return figure, axes


def _legend_above(axes: Axes, columns: int) -> None:
    """Put the legend above the data, where it hides none of it."""
    axes.legend(
        frameon=False,
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=columns,
        borderaxespad=0.2,
        handletextpad=0.3,
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%"


def answers(counts: pd.DataFrame, statuses: dict[str, str], case: str, force: str) -> Drawing:
    """Draw the count of every force, by what its answer can be used for.

    Parameters
    ----------
    counts : DataFrame
        One row per force: ``group, force, n_low, n_high`` (`Register.counts`).
    statuses : dict of str to str
        By group, what its answer prints.
    case, force : str
        The nouns in the plural.
    """
    data = counts[["force", "n_low"]].copy()
    data["cases"] = [
        number(low, high) for low, high in zip(counts["n_low"], counts["n_high"], strict=True)
    ]
    data["answer"] = [statuses[group] for group in counts["group"]]
    kinds = list(dict.fromkeys(data["answer"]))
    colours = dict(zip(kinds, sns.color_palette("colorblind", len(kinds)), strict=True))
    with _style():
        figure, axes = _canvas(0.7 + 0.24 * len(data))
        positions = np.arange(len(data))
        for index, kind in enumerate(kinds):
            rows = (data["answer"] == kind).to_numpy()
            axes.hlines(
                positions[rows], 0, data["n_low"][rows], color=colours[kind], lw=1.2, alpha=0.5
            )
            axes.plot(
                data["n_low"][rows],
                positions[rows],
                MARKERS[index % len(MARKERS)],
                color=colours[kind],
                ms=6,
                label=kind,
            )
        for position, least, said in zip(positions, data["n_low"], data["cases"], strict=True):
            axes.annotate(said, (least, position), (7, 0), textcoords="offset points", va="center")
        axes.set_yticks(positions, data["force"])
        axes.invert_yaxis()
        axes.set_xlim(0, max([1, *data["n_low"]]) * 1.12)
        axes.set_xlabel(f"Number of {case} (counts depend on size: they are no ranking)")
        _legend_above(axes, 2)
    said = ", ".join(f"{row.force} {row.cases}" for row in data.itertuples(index=False))
    by_kind = "; ".join(f"{kind}: {int((data['answer'] == kind).sum())}" for kind in kinds)
    alt = (
        f"Dot plot of the number of {case} in {len(data)} {force} with a count in print, "
        f"in alphabetical order: {said}. By what was printed: {by_kind}."
    )
    return Drawing(figure, alt, data)


def coverage(tables: dict[str, pd.DataFrame], case: str) -> Drawing:
    """Draw how many cases have each field stated.

    Parameters
    ----------
    tables : dict of str to DataFrame
        By the name of the field, what `Register.coverage` returns.
    case : str
        The noun in the plural.
    """
    rows = []
    for name, table in tables.items():
        of = int(table["of"].max()) if len(table) else 0
        stated = int(table.loc[table["value"] != "any", "cases"].sum())
        rows.append((name, stated, of))
    data = pd.DataFrame(rows, columns=["field", "stated", "of"])
    with _style():
        figure, axes = _canvas(0.8 + 0.42 * len(data))
        positions = np.arange(len(data))
        axes.barh(positions, data["of"], color="#e8e8e8", height=0.6, label="not stated")
        colour = sns.color_palette("colorblind")[0]
        axes.barh(positions, data["stated"], color=colour, height=0.6, label="stated")
        for position, stated, of in zip(positions, data["stated"], data["of"], strict=True):
            axes.annotate(
                f"{stated} of {of} ({_percent(stated / of)})" if of else "no cases",
                (stated, position),
                (6, 0),
                textcoords="offset points",
                va="center",
            )
        axes.set_yticks(positions, data["field"])
        axes.invert_yaxis()
        axes.set_xlabel(f"Number of {case} in forces with a count in print")
    said = "; ".join(
        f"{row.field} is stated for {row.stated} of {row.of}" for row in data.itertuples()
    )
    return Drawing(figure, f"Bar chart of what is stated about the {case}: {said}.", data)


def flow_chart(flow: pd.DataFrame, noun: str) -> Drawing:
    """Draw a flow chart: stages downwards, losses and gains to the right.

    Parameters
    ----------
    flow : DataFrame
        From `foistats.severity.flow`: ``kind, label, number``.
    noun : str
        What is counted, in the plural.
    """
    stages = np.flatnonzero((flow["kind"] == "stage").to_numpy())
    ends = [*stages[1:], len(flow)]
    with _style():
        figure = Figure(figsize=(WIDTH, 1))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        top = 0.0
        for stage, end in zip(stages, ends, strict=True):
            row = flow.iloc[stage]
            bottom = _flow_box(axes, top, f"{row['number']} {noun} {row['label']}")
            top = _flow_arrow(axes, bottom, flow.iloc[stage + 1 : end]) if end < len(flow) else 0
        axes.set_xlim(0, WIDTH)
        axes.set_ylim(bottom - 0.05, 0.05)
        figure.set_size_inches(WIDTH, 0.1 - bottom)
    said = "; ".join(
        f"{'' if row.kind == 'stage' else row.kind + ' '}{row.number} {row.label}"
        for row in flow.itertuples(index=False)
    )
    return Drawing(figure, f"Flow chart of {noun}: {said}.", flow)


def _flow_box(axes: Axes, top: float, label: str) -> float:
    """Draw one stage below a height in inches; return its lower edge."""
    lines = textwrap.wrap(label, 30)
    height = 0.26 + 0.18 * len(lines)
    box = FancyBboxPatch(
        (0.05, top - height),
        2.7,
        height,
        boxstyle="round,pad=0,rounding_size=0.08",
        facecolor="#eef3f8",
        edgecolor=sns.color_palette("colorblind")[0],
    )
    axes.add_patch(box)
    axes.text(1.4, top - height / 2, "\n".join(lines), ha="center", va="center")
    return top - height


def _flow_arrow(axes: Axes, top: float, sides: pd.DataFrame) -> float:
    """Draw an arrow downwards with what is lost and gained beside it; return where it ends."""
    signs = {"less": "less", "more": "plus"}
    lines = [
        line
        for row in sides.itertuples(index=False)
        for line in textwrap.wrap(
            f"{signs[row.kind]} {row.number}: {row.label}", 58, subsequent_indent="   "
        )
    ]
    height = 0.2 + 0.21 * max(len(lines), 1)
    arrow = FancyArrowPatch(
        (1.4, top),
        (1.4, top - height),
        arrowstyle="-|>",
        mutation_scale=11,
        color=PALE,
        shrinkA=0,
        shrinkB=0,
    )
    axes.add_patch(arrow)
    for position, line in enumerate(lines):
        axes.text(1.6, top - 0.2 - 0.21 * position, line, va="center")
    return top - height


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

    Parameters
    ----------
    data : DataFrame
        Columns ``estimate, conf_low, conf_high``, ``rows`` and ``by``; drawn in their order.
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
    lines = list(dict.fromkeys(data[rows]))
    labels = [textwrap.fill(str(line), 34) for line in lines]
    kinds = list(dict.fromkeys(data[by])) if by else [""]
    deepest = max((label.count("\n") for label in labels), default=0)
    row = max(0.3 + 0.17 * (len(kinds) - 1), 0.17 * (deepest + 1) + 0.04)
    colours = sns.color_palette("colorblind", len(kinds))
    with _style():
        figure, axes = _canvas(0.9 + row * len(lines) + 0.2 * bool(note))
        if log:
            axes.set_xscale("log")
        if reference is not None:
            axes.axvline(reference, color=PALE, lw=1, zorder=0)
        for index, kind in enumerate(kinds):
            part = data[data[by] == kind] if by else data
            offset = 0.0 if len(kinds) == 1 else 0.36 * (index / (len(kinds) - 1) - 0.5)
            y = np.array([lines.index(name) + offset for name in part[rows]])
            low, high = _inside(part, axes, log)
            axes.hlines(y, low, high, color=colours[index], lw=2)
            axes.plot(
                part["estimate"], y, MARKERS[index % len(MARKERS)], color=colours[index], ms=6.5,
                label=kind,
            )  # fmt: skip
        axes.set_yticks(range(len(lines)), labels)
        axes.set_ylim(len(lines) - 0.5, -0.5)
        axes.set_xlabel(xlabel)
        _scale(axes, percent=percent, log=log)
        if by:
            _legend_above(axes, len(kinds))
        if note:
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


def _inside(part: pd.DataFrame, axes: Axes, log: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return interval ends with infinite ones cut at a multiple of the finite range."""
    finite = part[["estimate", "conf_low", "conf_high"]].to_numpy(dtype=float)
    finite = finite[np.isfinite(finite) & ((finite > 0) if log else True)]
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
        return _percent(value) if percent else f"{value:.2f}"

    return "; ".join(
        f"{row[rows]}{', ' + str(row[by]) if by else ''} {said(row['estimate'])} "
        f"({said(row['conf_low'])} to {said(row['conf_high'])})"
        for _, row in data.iterrows()
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
    data = pd.concat([frame[columns] for frame in rows if len(frame)], ignore_index=True)
    return intervals(
        data,
        rows="label",
        by="source",
        xlabel="Share of all cases of the survey",
        about=about,
        percent=True,
    )
