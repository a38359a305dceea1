"""Text measured before it is drawn, so that it can be broken where its room ends."""

from __future__ import annotations

import textwrap
from functools import lru_cache
from typing import Any

from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from foistats.figures.style import INK, WIDTH, plain

SMALL = 9.2
"""Size of small type in points."""
NORMAL = 10.2
"""Size of the names of rows in points."""


@lru_cache(maxsize=4096)
def text_width(text: str, size: float = SMALL, weight: str = "normal") -> float:
    """Return the width of one line of text in inches, at a size in points."""
    font = FontProperties(family="DejaVu Sans", size=size, weight=weight)
    width, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return float(width) / 72


def fitted(text: Any, room: float, size: float = SMALL) -> str:
    """Return a text in as few lines as fit into a width in inches."""
    words = plain(text)
    letters = max(1, int(1.6 * room * 72 / (0.5 * size)))
    while letters > 1:
        lines = textwrap.wrap(words, letters)
        if all(text_width(line, size) <= room for line in lines):
            break
        letters = max(1, min(letters - 1, max(map(len, lines)) - 1))
    return "\n".join(textwrap.wrap(words, letters))


def lines_of(text: str) -> int:
    """Return how many lines a text has; one if it is empty."""
    return text.count("\n") + 1


def widest(texts: list[str], size: float = SMALL) -> float:
    """Return the width in inches of the widest line of some texts."""
    lines = [line for text in texts for line in text.split("\n")]
    return max((text_width(line, size) for line in lines if line), default=0.0)


def footnote_lines(text: str) -> list[str]:
    """Return a note in lines as wide as a figure."""
    said = fitted(text, WIDTH - 0.2)
    return said.split("\n") if said else []


def footnote(figure: Figure, text: str) -> None:
    """Write a note under a figure whose layout is constrained."""
    said = "\n".join(footnote_lines(text))
    if said:
        figure.supxlabel(said, x=0.01, ha="left", fontsize=SMALL, color=INK)
