"""Intervals of ranks: one line per force, in the order of the rows."""

import numpy as np
import pandas as pd
import pytest

from foistats import figures

COLUMNS = ["force", "kind", "conf_low", "conf_high", "observed_low", "observed_high", "level"]
NOTE = "No verdict."


def table(names):
    total = len(names)
    rows = [
        (name, kind, max(1, i - wide), min(total, i + wide), i, min(total, i + i % 2), 0.95)
        for i, name in enumerate(names, start=1)
        for kind, wide in (("pointwise", 5), ("simultaneous", 9))
    ]
    data = pd.DataFrame(rows, columns=COLUMNS)
    return data.astype({"observed_low": "Int64", "observed_high": "Int64"})


def draw(data, total):
    return figures.ranks(data, total=total, xlabel="Rank (1 = most)", note=NOTE)


def test_what_is_said():
    data = table(["B", "A", "C"])
    data.loc[data["force"] == "C", ["observed_low", "observed_high"]] = pd.NA
    assert draw(data, 3).alt == (
        "Intervals of ranks from 1 to 3 (95% interval, each alone; 95%, all together), "
        "Rank (1 = most): B observed 1 to 2, alone 1 to 3, together 1 to 3; "
        "A observed 2, alone 1 to 3, together 1 to 3. "
        "No count, so any rank: C. No verdict."
    )


def test_order_is_that_of_the_rows_and_no_count_is_said(texts):
    data = table(["B", "A", "C"])
    data.loc[data["force"] == "A", ["observed_low", "observed_high"]] = pd.NA
    said = texts(draw(data, 3).figure)
    assert [name for name in said if name in "ABC"] == ["B", "A", "C"]
    assert said.count("not known") == 1
    assert NOTE in said


def test_the_two_kinds_differ_in_width():
    axes = draw(table(["A", "B"]), 2).figure.axes[0]
    widths = {c.get_label(): c.get_linewidth()[0] for c in axes.collections}
    assert widths["95% interval, each alone"] > 3 * widths["95%, all together"]


@pytest.mark.parametrize(
    ("levels", "said"),
    [
        ([0.9, 0.9], {"90% interval, each alone", "90%, all together"}),
        ([0.95, 0.998], {"95% interval, each alone", "99.8%, all together"}),
        ([np.nan, np.nan], {"interval, each alone", "all together"}),
    ],
)
def test_the_legend_names_the_level_of_each_kind(levels, said):
    data = table(["A", "B"]).assign(level=levels * 2)
    legend = draw(data, 2).figure.axes[0].get_legend()
    assert {text.get_text() for text in legend.get_texts()} == said | {"observed"}


@pytest.mark.parametrize("names", [[f"Some Shire {n}" for n in range(43)], ["$a$", "b " * 99]])
def test_no_text_hides_another(names, overlaps, width):
    drawing = draw(table(names), len(names))
    assert overlaps(drawing.figure) == []
    assert width(drawing.figure) <= figures.WIDTH + 0.01


def test_without_observed_ranks():
    drawing = draw(table(["A"]).drop(columns=["observed_low", "observed_high", "level"]), 1)
    assert "A alone 1 to 1" in drawing.alt


@pytest.mark.parametrize("names", [[], ["A", "B"]])
def test_nothing_to_draw(names):
    data = table(names).assign(observed_low=np.nan)
    drawing = draw(data, 2)
    assert "nothing to draw" in drawing.alt
    drawing.figure.canvas.draw()
