"""Funnel plots: what is drawn where, named, and said."""

import numpy as np
import pandas as pd
import pytest

from foistats import figures
from foistats.errors import UsageError
from foistats.figures.funnels import LOOKS

COLUMNS = ["force", "expected", "estimate", "estimate_low", "estimate_high", "position", "note"]
ROWS = [
    ("Aa", 10.0, 1.1, 1.1, 1.1, "inside", ""),
    ("Bb", 20.0, 3.0, 3.0, 3.0, "above", ""),
    ("Cc", 30.0, 0.1, 0.1, 0.1, "below", ""),
    ("Dd", 5.0, np.nan, 0.2, 0.8, "undecided", "count known as an interval"),
    ("Ee", 8.0, np.nan, 0.5, np.inf, "undecided", "count known as an interval"),
    ("Ff", 9.0, np.nan, np.nan, np.nan, "unknown", "no count"),
    ("Gg", np.nan, np.nan, np.nan, np.nan, "unknown", "no expected count"),
]


@pytest.fixture
def points():
    return pd.DataFrame(ROWS, columns=COLUMNS).assign(partial=[True] + [False] * 6)


@pytest.fixture
def limits():
    size = np.geomspace(1, 100, 50)
    frames = [
        pd.DataFrame({"expected": size, "family": family, "level": level}).assign(
            limit_low=np.maximum(0, 1 - reach * wide / np.sqrt(size)),
            limit_high=1 + reach * wide / np.sqrt(size),
        )
        for family, wide in (("exact", 1), ("additive", 2))
        for level, reach in ((0.95, 2), (0.998, 3))
    ]
    return pd.concat(frames, ignore_index=True)


def draw(points, limits, **kwargs):
    settings = {"exposure": "expected", "target": 1.0, "xlabel": "Expected", "ylabel": "Ratio"}
    return figures.funnel(points, limits, about="Ratios", **(settings | kwargs))


def many(count, seed=5):
    rng = np.random.default_rng(seed)
    size = np.exp(rng.normal(2.6, 0.9, count))
    ratio = rng.lognormal(0, 0.6, count)
    position = np.where(ratio > 1.5, "above", np.where(ratio < 0.6, "below", "inside"))
    names = [f"Some Shire and {number}" for number in range(count)]
    columns = [names, size, ratio, ratio, ratio, position, [""] * count]
    return pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)))


def test_what_is_said(points, limits):
    assert draw(points, limits).alt == (
        "Ratios: funnel plot of 5 of 7, target 1; limits 95%, 99.8% (exact and additive); "
        "inside: 1; undecided: Dd 0.20 to 0.80 at 5, Ee 0.50 or more at 8; above: Bb 3.00 at 20; "
        "below: Cc 0.10 at 30; part of the count only: Aa; "
        "Not drawn, of 7: 1 no count; 1 no expected count (Ff, Gg)."
    )


def test_outside_are_named_and_missing_are_counted(points, limits, texts):
    said = texts(draw(points, limits).figure)
    assert {"Bb", "Cc"} <= set(said)
    assert not {"Aa", "Dd", "Ff"} & set(said)
    assert "Not drawn, of 7: 1 no count; 1 no expected count" in said


def test_named_and_highlighted(points, limits, texts):
    drawing = draw(points, limits, named=["Aa"], highlight="Dd")
    assert {"Aa", "Dd"} <= set(texts(drawing.figure))
    rings = [line for line in drawing.figure.axes[0].lines if line.get_markersize() == 15]
    assert [line.get_xdata()[0] for line in rings] == [5.0]
    assert "inside: 1, among them Aa 1.10 at 10; undecided" in drawing.alt


def test_a_name_that_is_not_there(points, limits):
    with pytest.raises(UsageError, match=r"name 'Zz'; it has: Aa, Bb"):
        draw(points, limits, highlight="Zz")


def test_a_highlighted_force_without_a_count_says_why(points, limits, texts):
    drawing = draw(points, limits, highlight="Ff")
    said = "Ff: no count. Not drawn, of 7: 1 no count; 1 no expected count"
    assert said in texts(drawing.figure)
    assert not [line for line in drawing.figure.axes[0].lines if line.get_markersize() == 15]


def test_positions_differ_by_marker(points, limits):
    assert len({marker for marker, _ in LOOKS.values()}) == len(LOOKS)
    lines = draw(points, limits).figure.axes[0].lines
    partial = [line for line in lines if list(line.get_xdata()) == [10.0]]
    assert [line.get_markerfacecolor() for line in partial] == ["white"]


@pytest.mark.parametrize("log_x", [True, False])
@pytest.mark.parametrize("seed", [5, 6])
def test_no_label_hides_another_at_43_forces(limits, overlaps, width, log_x, seed):
    points = many(43, seed)
    drawing = draw(points, limits, log_x=log_x, highlight=points["force"][0])
    outside = (points["position"] != "inside").sum()
    assert outside > 10
    assert overlaps(drawing.figure) == []
    assert width(drawing.figure) <= figures.WIDTH + 0.01


def test_row_order_changes_nothing_but_the_order_of_names(points, limits):
    shuffled = points.iloc[::-1]
    axes = [draw(frame, limits).figure.axes[0] for frame in (points, shuffled)]
    places = [{t.get_text(): t.get_position() for t in one.texts if t.get_text()} for one in axes]
    assert places[0] == places[1]


def test_no_limits_and_no_target(points, limits):
    drawing = draw(points, limits[:0], target=np.nan)
    assert "no target; no limits" in drawing.alt
    drawing.figure.canvas.draw()


@pytest.mark.parametrize("rows", [slice(0, 0), slice(5, 7)])
def test_nothing_to_draw(points, limits, rows):
    drawing = draw(points[rows], limits)
    assert "nothing to draw" in drawing.alt
    drawing.figure.canvas.draw()


def test_hostile_names(points, limits, texts):
    points["force"] = ["$a$", "$b_{$", "long " * 30, "d\nd", "e" * 80, "_f", r"\g"]
    drawing = draw(points, limits, named=list(points["force"]))
    drawing.figure.canvas.draw()
    assert {"$a$", "$b_{$", "d d"} <= set(texts(drawing.figure))


def test_one_force(points, limits):
    draw(points[:1], limits).figure.canvas.draw()
    draw(points[:1], limits, log_x=False).figure.canvas.draw()
