"""Figures carry their data and say what they show."""

import numpy as np
import pandas as pd
import pytest

from foistats import figures
from foistats.layout import UNLIMITED

COLUMNS = ["outcome", "role", "estimate", "conf_low", "conf_high"]


@pytest.fixture
def shares():
    rows = [("Fine", "Cook", 0.2, 0.1, 0.35), ("Fine", "Clerk", 0.4, 0.2, 0.6)]
    return pd.DataFrame(rows, columns=COLUMNS)


def texts(figure):
    axes = figure.axes[0]
    return [text.get_text() for text in axes.texts + axes.get_yticklabels()]


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


def test_flow_chart_wraps_long_labels():
    flow = pd.DataFrame(
        [
            ("stage", "with a name that is far too long for one line of its box", 9),
            ("less", "a reason that goes on and on, " * 5, 4),
            ("stage", "left", 5),
        ],
        columns=["kind", "label", "number"],
    )
    drawing = figures.flow_chart(flow, "towns")
    assert drawing.alt.startswith("Flow chart of towns: 9 with a name")
    longest = max(len(line) for text in texts(drawing.figure) for line in text.splitlines())
    assert longest <= 58


def test_counts_are_drawn_with_their_numbers():
    counts = pd.DataFrame(
        {"group": ["a", "b"], "force": ["A", "B"], "n_low": [3, 1], "n_high": [3, UNLIMITED]}
    )
    drawing = figures.answers(counts, {"a": "all outcomes", "b": "none"}, "cases", "towns")
    assert {"3", "1 or more"} <= set(texts(drawing.figure))
    assert "in alphabetical order: A 3, B 1 or more" in drawing.alt


def test_one_row_and_no_printed_share():
    predicted = pd.DataFrame(
        [("Fine", 0.2, 0.1, 0.3)], columns=["label", "estimate", "conf_low", "conf_high"]
    )
    nothing = pd.DataFrame(columns=["label", "low", "high"])
    drawing = figures.predicted_and_printed(predicted, nothing, "Shares")
    assert drawing.alt == "Shares: Fine, predicted by the fit 20% (10% to 30%)."


def test_coverage_says_numerator_and_denominator():
    table = pd.DataFrame({"value": ["a", "any"], "cases": [3, 7], "of": [10, 10]})
    drawing = figures.coverage({"Role": table}, "cases")
    assert "3 of 10 (30%)" in texts(drawing.figure)
    assert drawing.alt == (
        "Bar chart of what is stated about the cases: Role is stated for 3 of 10."
    )
