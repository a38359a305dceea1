"""The room of figures: its names, and names that are drawn as they are written."""

import numpy as np
import pandas as pd
import pytest

from foistats import figures
from foistats.figures.lettering import fitted, text_width
from foistats.figures.style import plain, row_places


def test_public_names():
    for name in figures.__all__:
        assert getattr(figures, name)
    functions = set(figures.__all__) - {"WIDTH", "Drawing"}
    assert all(callable(getattr(figures, name)) for name in functions)
    assert len(functions) == 12


@pytest.mark.parametrize(
    ("name", "said"),
    [("a\tb\x07\nc", "a b c"), ("$5 and $6", "$5 and $6"), (None, ""), (np.nan, ""), (pd.NA, "")],
)
def test_plain(name, said):
    assert plain(name) == said


def test_a_dollar_is_a_dollar(texts):
    name = r"$5 $x^2_a$ \alpha"
    data = pd.DataFrame({"force": [name], "estimate": [1.0], "conf_low": [0], "conf_high": [2]})
    drawing = figures.random_intercepts(data, "town")
    drawing.figure.canvas.draw()
    label = drawing.figure.axes[0].get_yticklabels()[0]
    assert label.get_text() == name
    assert not label.get_parse_math()


@pytest.mark.parametrize("text", ["many short words " * 20, "W" * 300, "$" * 90, "one"])
def test_fitted_fits(text):
    lines = fitted(text, 2.0).split("\n")
    assert max(text_width(line) for line in lines) <= 2.0
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_nothing_fitted_is_nothing():
    assert fitted("", 1.0) == ""


def test_rows_touch():
    places, height = row_places([1, 3, 1], 0.2)
    heights = 2 * np.diff(np.concatenate([[0], places]))
    assert (np.diff(places) > 0).all()
    assert places[-1] < height
    assert heights[1] > heights[0]
