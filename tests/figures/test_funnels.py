"""Funnel plots: what is drawn where, named, and said."""

import numpy as np
import pandas as pd
import pytest

from foistats import figures
from foistats.errors import UsageError
from foistats.figures.funnel_marks import LOOKS
from foistats.figures.funnel_words import amount
from foistats.layout import UNLIMITED

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
        "Ratios: funnel plot of 5 of 7; upwards: Ratio; across, said after 'at': Expected; "
        "line across: target 1; limits 95%, 99.8% (chance alone; if true values differ too); "
        "inside: 1; undecided: Dd 0.20 to 0.80 at 5, Ee 0.50 or more at 8; above: Bb 3.00 at 20; "
        "below: Cc 0.10 at 30; part of the count only: Aa; "
        "Not drawn, of 7: 1 no count; 1 no expected count (Ff, Gg)."
    )


def test_outside_are_named_and_missing_are_counted(points, limits, texts):
    said = texts(draw(points, limits).figure)
    assert {"Bb", "Cc"} <= set(said)
    assert not {"Aa", "Dd", "Ff"} & set(said)
    assert "Not drawn, of 7: 1 no count; 1 no expected count" in said


def rings(drawing):
    return [line for line in drawing.figure.axes[0].lines if line.get_markersize() == 15]


def test_highlighted(points, limits, texts):
    drawing = draw(points, limits, highlight="Dd")
    assert "Dd" in texts(drawing.figure)
    assert [line.get_xdata()[0] for line in rings(drawing)] == [5.0]
    assert "; Dd 0.20 to 0.80 at 5 is ringed, undecided; " in drawing.alt


def test_a_name_that_is_not_there(points, limits):
    with pytest.raises(UsageError, match=r"highlight 'Zz'; it has: Aa, Bb"):
        draw(points, limits, highlight="Zz")


def test_a_highlighted_force_without_a_count_says_its_own_note(points, limits, texts):
    points.loc[points["force"] == "Ff", "note"] = "refused"
    points.loc[points["force"] == "Gg", "note"] = "answered; not found in print"
    drawing = draw(points, limits, highlight="Ff")
    said = "Ff: refused. Not drawn, of 7: 1 answered, not found in print; 1 refused"
    assert said in texts(drawing.figure)
    assert rings(drawing) == []
    assert "; Ff is not drawn: refused; " in drawing.alt
    assert "ringed" not in drawing.alt


def test_the_legend_is_in_words(points, limits):
    drawing = draw(points, limits, target_label="as expected (1)")
    legend = [text.get_text() for text in drawing.figure.axes[0].get_legend().get_texts()]
    assert legend[:4] == [
        "95% limits (chance alone)",
        "99.8% limits (chance alone)",
        "95% and 99.8% limits if true values differ too",
        "as expected (1)",
    ]
    assert "line across: as expected (1); " in drawing.alt


@pytest.mark.parametrize(
    ("number", "said"),
    [(64280.4, "64,280"), (1234567.0, "1,234,567"), (205.376, "205.4"), (9.9238, "9.924"),
     (10.0, "10"), (0.00001234, "0.00001234"), (999.96, "1000"), (0.0, "0")],
)  # fmt: skip
def test_numbers_in_words_are_never_powers_of_ten(number, said):
    assert amount(number) == said


def test_large_exposures_are_said_in_full(points, limits):
    large = [frame.assign(expected=frame["expected"] * 6428.0) for frame in (points, limits)]
    said = draw(*large, xlabel="Person-years").alt
    assert "Bb 3.00 at 128,560" in said
    assert "after 'at': Person-years" in said
    assert "e+" not in said


class TestPartOfTheCount:
    """A count of a part is hollow, and said to be one."""

    def markers(self, drawing, x):
        return [line for line in drawing.figure.axes[0].lines if list(line.get_xdata()) == [x]]

    @pytest.mark.parametrize(
        "column", [pd.array([True, False, True, None], "boolean"), [True, False, True, None],
                   np.array([True, False, True, np.nan], dtype=object), [1.0, 0.0, 1.0, np.nan]],
    )  # fmt: skip
    def test_whatever_kind_of_column_marks_it(self, points, limits, column):
        points = points[:4].assign(partial=column)
        drawing = draw(points, limits)
        faces = {x: [m.get_markerfacecolor() for m in self.markers(drawing, x)] for x in (10, 30)}
        assert faces == {10: ["white"], 30: ["white"]}
        assert [m.get_markerfacecolor() for m in self.markers(drawing, 20)] != ["white"]
        legend = [text.get_text() for text in drawing.figure.axes[0].get_legend().get_texts()]
        assert legend.count("hollow: part of the count") == 1
        assert "part of the count only: Aa, Cc" in drawing.alt
        assert list(drawing.data["note"]) == ["part of the count", "", "part of the count",
                                              "count known as an interval"]  # fmt: skip

    def test_an_interval_is_dashed(self, points, limits):
        drawing = draw(points.assign(partial=points["force"] == "Dd"), limits)
        legend = [text.get_text() for text in drawing.figure.axes[0].get_legend().get_texts()]
        assert "dashed: part of the count" in legend
        assert "hollow: part of the count" not in legend
        dashed = [line for line in drawing.figure.axes[0].lines if line.is_dashed()]
        assert [5.0, 5.0] in [list(line.get_xdata()) for line in dashed]
        assert [8.0, 8.0] not in [list(line.get_xdata()) for line in dashed]


class TestData:
    """The data of the figure are for readers."""

    def test_counts_are_whole_and_a_force_without_one_says_so(self, points, limits):
        counts = [11.0, 60.0, 3.0, 1.0, 4.0, np.nan, 7.0]
        high = [11.0, 60.0, 3.0, 4.0, float(UNLIMITED), np.nan, 7.0]
        data = draw(points.assign(n_low=counts, n_high=high), limits).data
        assert data["n_low"].dtype == "Int64"
        assert list(data["n_low"].dropna()) == [11, 60, 3, 1, 4, 7]
        assert list(data["n_high"].isna()) == [False] * 4 + [True, True, False]
        assert list(data["position"][-2:]) == ["no count", "not known"]
        assert "unknown" not in set(data["position"])

    def test_numbers_that_are_not_whole_stay(self, points, limits):
        counts = [1.5, 2.0, 3.0, 4.0, 5.0, np.nan, 7.0]
        assert draw(points.assign(n_low=counts), limits).data["n_low"][0] == 1.5

    def test_nothing_drawn_has_data_for_readers_too(self, points, limits):
        data = draw(points[5:], limits).data
        assert list(data["position"]) == ["no count", "no count"]


def test_positions_differ_by_marker(points, limits):
    assert len({marker for marker, _ in LOOKS.values()}) == len(LOOKS)
    lines = draw(points, limits).figure.axes[0].lines
    partial = [line for line in lines if list(line.get_xdata()) == [10.0]]
    assert [line.get_markerfacecolor() for line in partial] == ["white"]


@pytest.mark.parametrize("seed", [5, 6])
def test_no_label_hides_another_at_43_forces(limits, overlaps, width, seed):
    points = many(43, seed)
    drawing = draw(points, limits, highlight=points["force"][0])
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
    drawing = draw(points, limits, highlight="$a$")
    drawing.figure.canvas.draw()
    assert {"$a$", "$b_{$"} <= set(texts(drawing.figure))


def test_one_force(points, limits):
    draw(points[:1], limits).figure.canvas.draw()
