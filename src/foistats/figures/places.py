"""Where labels go beside their points: the nearest free place, with a line if it is not close.

Boxes are arrays of pixels, ``left, bottom, right, top``, one row each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from foistats.figures.style import INK, PALE, wrapped

ANGLES = np.deg2rad([15, -15, 165, 195, 45, -45, 135, 225, 75, -75, 105, 255, 0, 180, 90, 270])
REACHES = np.array([9, 16, 26, 38, 52, 68, 86, 106, 128])
"""In points, from a point to the nearest edge of its label."""
CLOSE = 12
"""Up to this reach a label needs no line to its point."""
FREE = 10
"""The most that a place costs which is near and overlaps nothing."""
STEPS = np.linspace(0.2, 0.95, 24)
"""Where such a line is checked: shares of the way from the point to its label."""


@dataclass(frozen=True)
class Label:
    """A label to be placed beside a point of the data."""

    text: str
    x: float
    y: float
    weight: str = "normal"
    clear: float = 0.0
    """Points around its own that the label keeps clear, for a ring."""


@dataclass(frozen=True)
class _Waiting:
    """A written label without a place: its point in pixels and the boxes it may have."""

    text: Any
    anchor: np.ndarray
    boxes: np.ndarray
    clear: float
    astray: np.ndarray


def place_labels(
    axes: Axes, labels: list[Label], *, obstacles: np.ndarray, soft: np.ndarray, width: int
) -> None:
    """Write labels where they overlap neither each other nor the points, inside the axes.

    Each label takes the free place nearest to its point, those with the fewest places first; where
    none is free, the place that overlaps least. The layout of the figure is fixed here.

    Parameters
    ----------
    axes : Axes
    labels : list of Label
    obstacles : array
        Points of the data that no label may hide, one row each.
    soft : array
        Points that a label had better not hide: those of lines.
    width : int
        Letters after which a label is broken.
    """
    figure: Any = axes.get_figure(root=True)
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    pixels = figure.dpi / 72
    spots = np.asarray(axes.transData.transform(obstacles))
    taken = _around(spots, 4 * pixels)
    lines = axes.transData.transform(soft)
    frame = np.array(axes.bbox.extents)
    waiting = [_write(axes, label, width, pixels, spots) for label in labels]
    free = [int((_costs(one, frame, taken, lines) < FREE).sum()) for one in waiting]
    for place in np.argsort(free, kind="stable"):
        one = waiting[place]
        best = int(np.argmin(_costs(one, frame, taken, lines)))
        box, far = one.boxes[best], _reaches()[best] > CLOSE
        taken = np.vstack([taken, box + pixels * np.array([-1, -1, 1, 1])])
        if far:
            path = _paths(one.anchor, box[None])[0]
            taken = np.vstack([taken, _around(path[::3], 4 * pixels)])
        _move(one, box, pixels, far=far)


def _write(axes: Axes, label: Label, width: int, pixels: float, spots: np.ndarray) -> _Waiting:
    text = axes.annotate(
        wrapped(label.text, width),
        (label.x, label.y),
        (0, 0),
        textcoords="offset points",
        ha="center",
        va="center",
        fontsize="small",
        fontweight=label.weight,
        linespacing=1.0,
        color=INK,
        zorder=6,
    )
    size = text.get_window_extent()
    text.set_bbox({"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 0.4})
    anchor = np.asarray(axes.transData.transform((label.x, label.y)))
    boxes = _boxes(anchor, np.array([size.width, size.height]), pixels)
    return _Waiting(text, anchor, boxes, label.clear, _astray(anchor, boxes, spots))


def _astray(anchor: np.ndarray, boxes: np.ndarray, spots: np.ndarray) -> np.ndarray:
    """Return which boxes lie nearer to another point than to their own."""
    others = spots[np.abs(spots[:, 0] - anchor[0]) > 0.5]
    if not len(others):
        return np.zeros(len(boxes), dtype=bool)
    return np.asarray(_distances(boxes, others).min(axis=1) < _distances(boxes, anchor[None])[:, 0])


def _distances(boxes: np.ndarray, spots: np.ndarray) -> np.ndarray:
    nearest = np.clip(spots[None], boxes[:, None, :2], boxes[:, None, 2:])
    return np.asarray(np.hypot(*np.moveaxis(nearest - spots[None], 2, 0)))


def _reaches() -> np.ndarray:
    """Return the distance of every place a label may have, the nearest first."""
    return np.repeat(REACHES, len(ANGLES))


def _boxes(anchor: np.ndarray, size: np.ndarray, pixels: float) -> np.ndarray:
    """Return the boxes a label may have, around its point, the nearest first."""
    angles = np.tile(ANGLES, len(REACHES))
    towards = np.column_stack([np.cos(angles), np.sin(angles)])
    beside = np.clip(2 * towards, -1, 1) * size / 2
    centre = anchor + towards * _reaches()[:, None] * pixels + beside
    return np.hstack([centre - size / 2, centre + size / 2])


def _around(spots: np.ndarray, radius: float) -> np.ndarray:
    return np.hstack([spots - radius, spots + radius])


def _costs(one: _Waiting, frame: np.ndarray, taken: np.ndarray, lines: np.ndarray) -> np.ndarray:
    """Return what each box costs: pixels overlapped, lines hidden or crossed, and distance."""
    boxes = one.boxes
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    outside = area - _overlaps(boxes, frame[None])[:, 0]
    hidden = _holds(boxes[:, None], lines[None]).sum(axis=1)
    spots = _paths(one.anchor, boxes)
    crossed = _holds(taken[None, None], spots[:, :, None]).sum(axis=(1, 2))
    crossed = np.where(_reaches() > CLOSE, crossed, 0)
    found = 10 * outside + _overlaps(boxes, taken).sum(axis=1) + 8 * crossed
    found += np.where(_reaches() < one.clear, 1000, 0) + 12 * one.astray
    return np.asarray(found + 0.05 * hidden + 0.2 * _reaches())


def _overlaps(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the area that each box shares with each of the others."""
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    return np.asarray(np.prod(np.maximum(high - low, 0), axis=2))


def _holds(boxes: np.ndarray, spots: np.ndarray) -> np.ndarray:
    return np.asarray(((boxes[..., :2] <= spots) & (spots <= boxes[..., 2:])).all(axis=-1))


def _paths(anchor: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Return spots on the line from a point to the nearest edge of each box."""
    nearest = np.clip(anchor, boxes[:, :2], boxes[:, 2:])
    return np.asarray(anchor + STEPS[None, :, None] * (nearest - anchor)[:, None, :])


def _move(one: _Waiting, box: np.ndarray, pixels: float, *, far: bool) -> None:
    centre = (box[:2] + box[2:]) / 2
    one.text.set_position(tuple((centre - one.anchor) / pixels))
    if far:
        nearest = np.clip(one.anchor, box[:2], box[2:])
        one.text.axes.annotate(
            "",
            one.text.xy,
            tuple((nearest - one.anchor) / pixels),
            textcoords="offset points",
            arrowprops={"arrowstyle": "-", "color": PALE, "lw": 0.7, "shrinkA": 0, "shrinkB": 3},
            zorder=2,
        )
