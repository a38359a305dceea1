"""Counts, coverage and flow charts carry their data and say what they show."""

import pandas as pd

from foistats import figures
from foistats.layout import UNLIMITED


def test_flow_chart_wraps_long_labels(texts):
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


def test_counts_are_drawn_with_their_numbers(texts):
    counts = pd.DataFrame(
        {"group": ["a", "b"], "force": ["A", "B"], "n_low": [3, 1], "n_high": [3, UNLIMITED]}
    )
    drawing = figures.answers(counts, {"a": "all outcomes", "b": "none"}, "cases", "towns")
    assert {"3", "1 or more"} <= set(texts(drawing.figure))
    assert "in alphabetical order: A 3, B 1 or more" in drawing.alt


def test_coverage_says_numerator_and_denominator(texts):
    table = pd.DataFrame({"value": ["a", "any"], "cases": [3, 7], "of": [10, 10]})
    drawing = figures.coverage({"Role": table}, "cases")
    assert "3 of 10 (30%)" in texts(drawing.figure)
    assert drawing.alt == (
        "Bar chart of what is stated about the cases: Role is stated for 3 of 10."
    )
