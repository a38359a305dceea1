"""What a register holds: counts by force, what is stated, and how cases were selected."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from foistats.describe import number
from foistats.figures.style import (
    MARKERS,
    PALE,
    WIDTH,
    Drawing,
    canvas,
    house_style,
    legend_above,
    percent_of,
)


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
    with house_style():
        figure, axes = canvas(0.7 + 0.24 * len(data))
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
        legend_above(axes, 2)
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
    with house_style():
        figure, axes = canvas(0.8 + 0.42 * len(data))
        positions = np.arange(len(data))
        axes.barh(positions, data["of"], color="#e8e8e8", height=0.6, label="not stated")
        colour = sns.color_palette("colorblind")[0]
        axes.barh(positions, data["stated"], color=colour, height=0.6, label="stated")
        for position, stated, of in zip(positions, data["stated"], data["of"], strict=True):
            axes.annotate(
                f"{stated} of {of} ({percent_of(stated / of)})" if of else "no cases",
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
    with house_style():
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
