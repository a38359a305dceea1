"""Estimates with intervals carry their data and say what they show."""

import numpy as np
import pandas as pd
import pytest

from foistats import figures

COLUMNS = ["outcome", "role", "estimate", "conf_low", "conf_high"]


@pytest.fixture
def shares():
    rows = [("Fine", "Cook", 0.2, 0.1, 0.35), ("Fine", "Clerk", 0.4, 0.2, 0.6)]
    return pd.DataFrame(rows, columns=COLUMNS)


def test_probabilities(shares):
    drawing = figures.probabilities(shares)
    assert drawing.alt == (
        "Probability of each outcome by role with its interval: "
        "Fine, Cook 20% (10% to 35%); Fine, Clerk 40% (20% to 60%)."
    )
    axes = drawing.figure.axes[0]
    assert axes.get_xlabel() == "Probability, averaged over the spread of the random intercept"
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == ["Cook", "Clerk"]


def test_roles_differ_by_marker_as_well_as_colour(shares):
    lines = figures.probabilities(shares).figure.axes[0].lines
    assert len({line.get_marker() for line in lines}) == 2


def test_an_infinite_interval_is_drawn_and_said(shares):
    shares.loc[0, "conf_high"] = np.inf
    drawing = figures.intervals(shares, rows="role", xlabel="x", about="y", log=True, reference=1)
    assert "(0.10 to no limit)" in drawing.alt
    drawing.figure.canvas.draw()


def test_variants_without_an_estimate_have_no_line():
    data = pd.DataFrame(
        [("All", "a", 2.0, 1.2, 3.0, ""), ("Without A", "", np.nan, np.nan, np.nan, "few")],
        columns=["label", "role", "estimate", "conf_low", "conf_high", "reason"],
    )
    drawing = figures.variants(data, {"a": "A"}, measure="Odds ratio", against="b", null=1.0)
    assert "Without A" not in drawing.alt
    assert drawing.figure.axes[0].get_xscale() == "log"


def test_one_row_and_no_printed_share():
    predicted = pd.DataFrame(
        [("Fine", 0.2, 0.1, 0.3)], columns=["label", "estimate", "conf_low", "conf_high"]
    )
    nothing = pd.DataFrame(columns=["label", "low", "high"])
    drawing = figures.predicted_and_printed(predicted, nothing, "Shares")
    assert drawing.alt == "Shares: Fine, predicted by the fit 20% (10% to 30%)."


class TestIncompleteRows:
    data = pd.DataFrame(
        [
            ("A", 2.0, 1.0, 3.0, ""),
            ("B", np.nan, 0.5, 4.0, "count known as 1 to 4"),
            ("C", np.nan, np.nan, np.nan, "no count"),
            ("D", 0.0, 0.0, 0.8, ""),
        ],
        columns=["force", "estimate", "conf_low", "conf_high", "note"],
    )

    def drawing(self, data=data):
        return figures.intervals(data, rows="force", xlabel="x", about="Rates", log=True)

    def test_what_is_said(self):
        assert self.drawing().alt == (
            "Rates: A 2.00 (1.00 to 3.00); B no estimate (0.50 to 4.00); C no count; "
            "D 0.00 (0.00 to 0.80)."
        )

    def test_a_row_without_anything_says_so_in_its_place(self, texts):
        drawing = self.drawing()
        assert "no count" in texts(drawing.figure)
        places = drawing.figure.axes[0].collections[0].get_segments()
        assert sorted(segment[0][1] for segment in places) == [0, 1, 3]

    def test_no_note_is_no_count(self, texts):
        drawing = self.drawing(self.data.drop(columns="note"))
        assert "no count" in texts(drawing.figure)

    def test_zero_is_marked_where_the_axis_ends(self):
        markers = [line.get_marker() for line in self.drawing().figure.axes[0].lines]
        assert markers == ["<", "o"]

    @pytest.mark.parametrize("rows", [slice(0, 0), slice(2, 3)])
    def test_nothing_to_draw(self, rows, texts):
        data = self.data[rows]
        drawing = self.drawing(data)
        assert drawing.data is data
        assert drawing.alt.endswith("nothing to draw, no row has an estimate or an interval.")
        drawing.figure.canvas.draw()


def test_note_and_legend_have_their_own_places(shares, overlaps):
    drawing = figures.intervals(
        shares, rows="outcome", by="role", xlabel="x", about="y", note="Intervals overlap. " * 9
    )
    drawing.figure.draw_without_rendering()
    legend = drawing.figure.axes[0].get_legend().get_window_extent()
    note = drawing.figure.texts[0].get_window_extent()
    assert note.y1 < legend.y0
    assert overlaps(drawing.figure) == []


def test_neither_predicted_nor_printed():
    predicted = pd.DataFrame(columns=["label", "estimate", "conf_low", "conf_high"])
    printed = pd.DataFrame(columns=["label", "low", "high"])
    assert "nothing to draw" in figures.predicted_and_printed(predicted, printed, "Shares").alt


class TestRandomIntercepts:
    data = pd.DataFrame(
        [("A", -0.2, -0.9, 0.5), ("B", 0.1, -0.4, 0.6), ("C", 0.6, 0.5, 0.7)],
        columns=["force", "estimate", "conf_low", "conf_high"],
    )

    def note(self, data):
        return figures.random_intercepts(data, "town").figure.axes[0].get_title(loc="left")

    def test_overlap_is_said_only_if_every_interval_overlaps_every_other(self):
        assert "all intervals overlap" in self.note(self.data)
        apart = self.data.assign(conf_low=[-0.9, -0.4, 0.51])
        assert self.note(apart) == (
            "No ranking: what was searched for, recorded and disclosed differs."
        )

    @pytest.mark.parametrize(
        "data", [data[:1], data.assign(conf_high=[0.5, np.nan, 0.7])], ids=["one", "unknown"]
    )
    def test_overlap_is_not_said_of_one_or_of_what_is_not_known(self, data):
        assert "overlap" not in self.note(data)

    def test_intervals_without_an_end_overlap(self):
        assert "all intervals overlap" in self.note(self.data.assign(conf_high=np.inf))

    @pytest.mark.parametrize(
        ("settings", "columns", "said"),
        [
            ({"level": 0.95}, {}, ", with 95% intervals"),
            ({}, {"level": 0.9}, ", with 90% intervals"),
            ({}, {"level": [0.9, 0.95, 0.9]}, ""),
            ({}, {}, ""),
        ],
    )
    def test_the_axis_names_the_level_and_what_zero_is(self, settings, columns, said, width):
        drawing = figures.random_intercepts(self.data.assign(**columns), "town", **settings)
        label = " ".join(drawing.figure.axes[0].get_xlabel().split())
        assert label == (
            f"Severity given roles{said} (0: average; positive: more severe; scale of the link)"
        )
        assert width(drawing.figure) <= figures.WIDTH + 0.01
        assert "intercept" not in drawing.alt
