"""A figure as SVG, the same bytes every time. Matplotlib is imported when one is drawn."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING, Any

from foistats.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure


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
    return out.getvalue().decode("utf-8")


def close(drawing: Figure) -> None:
    """Close a figure, so that a notebook does not show it a second time."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close(drawing)
