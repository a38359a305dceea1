"""A figure as SVG, the same bytes every time. Matplotlib is imported when one is drawn."""

from __future__ import annotations

import io
import re
import sys
from typing import TYPE_CHECKING, Any

from foistats.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Where an SVG says where something is: paths, places, translations; never a scale or a text.
_PLACES = re.compile(r' (?:d|x|y|x1|y1|x2|y2)="[^"]*"|translate\([^)]*\)')
#: A letter moved along its line, and the ids of letters.
_LETTERS = re.compile(r'(<use xlink:href="#[^"]*") transform="translate\(([-\d.]+) 0\)"/>')
_GLYPHS = re.compile(r'(?<=id=")DejaVuSans|(?<=href="#)DejaVuSans')
_DECIMALS = re.compile(r"-?\d+\.\d{3,}")


def drawing_of(figure: Any, *, where: str) -> Figure:
    """Return the matplotlib figure of a figure, of axes or of a seaborn grid."""
    drawing = figure if hasattr(figure, "savefig") and hasattr(figure, "canvas") else None
    drawing = drawing or getattr(figure, "figure", None)
    if drawing is None:
        raise UsageError(
            f"{where} was given a {type(figure).__name__}; it takes a matplotlib figure, "
            "axes or a seaborn grid"
        )
    found: Figure = drawing
    return found


def svg_text(drawing: Figure, *, salt: str) -> str:
    """Draw the same bytes every time: no date, fixed ids, letters as paths."""
    import matplotlib as mpl

    out = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": salt, "svg.fonttype": "path"}):
        drawing.savefig(
            out, format="svg", bbox_inches="tight", metadata={"Date": None, "Creator": None}
        )
    return _compact(out.getvalue().decode("utf-8"))


def _compact(svg: str) -> str:
    """Round places to a hundredth of a point, shorten how letters are set: the same look."""
    lines = "\n".join(line.strip() for line in svg.splitlines()) + "\n"
    rounded = _PLACES.sub(_shortened, lines)
    letters = _GLYPHS.sub("D", _LETTERS.sub(r'\1 x="\2"/>', rounded))
    return letters.replace("/>\n<use", "/><use")


def _shortened(place: re.Match[str]) -> str:
    return _DECIMALS.sub(_rounded, " ".join(place[0].split("\n")))


def _rounded(found: re.Match[str]) -> str:
    short = f"{float(found[0]):.2f}".rstrip("0").rstrip(".")
    return "0" if short == "-0" else short


def close(drawing: Figure) -> None:
    """Close a figure, so that a notebook does not show it a second time."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close(drawing)
