"""Maps of tiles: one square per force, coloured and hatched by category."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.patches import Rectangle

from foistats import figures
from foistats.errors import UsageError
from foistats.figures.maps import _look

CATEGORIES = ("below", "inside", "above")


def table(count, columns=8):
    number = np.arange(count)
    return pd.DataFrame(
        {
            "force": [f"Force {n}" for n in number],
            "short": [f"Fo{n}" for n in number],
            "row": 1 + number // columns,
            "column": 1 + number % columns,
            "category": [CATEGORIES[n % 3] for n in number],
            "text": [f"{n / 10:.1f}" if n else "" for n in number],
        }
    )


def draw(tiles, **kwargs):
    return figures.tile_map(tiles, about="Rates", **kwargs)


def squares(figure):
    patches = [p for p in figure.axes[0].patches if isinstance(p, Rectangle)]
    return [p for p in patches if p.get_width() > 0.3]


def test_what_is_said():
    tiles = table(4).assign(row=[1, 1, 1, np.nan])
    drawing = draw(tiles, categories=["none", *CATEGORIES])
    assert drawing.alt == (
        "Rates, as a map of tiles. none (0): none; below (2): Force 0, Force 3 0.3; "
        "inside (1): Force 1 0.1; above (1): Force 2 0.2. Without a tile: Force 3."
    )
    assert len(squares(drawing.figure)) == 3


def test_its_data_hold_what_is_written_in_the_tiles(texts):
    tiles = table(4).assign(text=["", "0.1", "1.8", "2.0"])
    drawing = draw(tiles, kinds={"above": "above", "below": "below", "inside": "inside"})
    assert list(drawing.data["tile"]) == ["Fo0", "Fo1 0.1", "Fo2 ▲ 1.8", "Fo3 ▼ 2.0"]
    assert {"▲ 1.8", "▼ 2.0", "0.1"} <= set(texts(drawing.figure))
    assert list(drawing.data["row"]) == list(tiles["row"])


def test_tiles_are_equal_squares_where_they_belong():
    found = squares(draw(table(43), categories=CATEGORIES).figure)
    assert {(round(s.get_width(), 9), round(s.get_height(), 9)) for s in found} == {
        (round(found[0].get_width(), 9),) * 2
    }
    assert found[8].get_y() > found[0].get_y()
    assert found[8].get_x() == found[0].get_x()


@pytest.mark.parametrize(("count", "columns"), [(43, 8), (3, 3), (60, 15)])
def test_no_text_hides_another(count, columns, overlaps, width):
    drawing = draw(table(count, columns), categories=CATEGORIES, legend_title="Place")
    assert overlaps(drawing.figure) == []
    assert width(drawing.figure) <= figures.WIDTH + 0.01


def test_type_is_legible_at_43_tiles():
    sizes = [text.get_fontsize() for text in draw(table(43)).figure.axes[0].texts]
    assert min(sizes) >= 7


def test_categories_differ_without_colour():
    looks = [_look(index, "any") for index in range(7)]
    assert len({look.hatch for look in looks}) == len(looks)


def test_more_categories_than_colours_stay_apart():
    assert len({_look(index, "any") for index in range(20)}) == 20


def test_two_tiles_in_one_place():
    with pytest.raises(UsageError, match=r"share a row and a column: Force 0 .*Force 1"):
        draw(table(2).assign(column=1))


def test_a_category_that_was_not_given():
    with pytest.raises(UsageError, match=r"category 'above'; allowed are: below, inside"):
        draw(table(3), categories=["below", "inside"])


def test_no_category_and_hostile_words(texts):
    tiles = table(3).assign(category=["$x$", None, "far too long " * 12], text="$1_2$ or more")
    drawing = draw(tiles)
    drawing.figure.canvas.draw()
    said = texts(drawing.figure)
    assert {"$x$ (1)", "no category (1)", "$1_2$ or more"} <= set(said)


@pytest.mark.parametrize("tiles", [table(0), table(2).assign(row=np.nan)])
def test_nothing_to_draw(tiles):
    drawing = draw(tiles)
    assert "nothing to draw" in drawing.alt
    drawing.figure.canvas.draw()
