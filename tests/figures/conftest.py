"""What tests of figures ask of a figure."""

import itertools

import pytest


def drawn_texts(figure):
    axes = figure.axes[0]
    labels = [*axes.texts, *axes.get_yticklabels(), *axes.get_xticklabels()]
    return [text for text in [*labels, *figure.texts] if text.get_text().strip()]


@pytest.fixture
def texts():
    return lambda figure: [text.get_text() for text in drawn_texts(figure)]


@pytest.fixture
def overlaps():
    """Return the pairs of texts of a figure that overlap."""

    def found(figure):
        figure.draw_without_rendering()
        boxes = [(text.get_text(), text.get_window_extent()) for text in drawn_texts(figure)]
        return [
            (one, other)
            for (one, box), (other, place) in itertools.combinations(boxes, 2)
            if min(box.x1, place.x1) - max(box.x0, place.x0) > 1
            and min(box.y1, place.y1) - max(box.y0, place.y0) > 1
        ]

    return found


@pytest.fixture
def width():
    """Return the width in inches of all that is drawn."""

    def found(figure):
        figure.draw_without_rendering()
        return figure.get_tightbbox().width

    return found
