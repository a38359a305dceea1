"""Formulas as pictures: TeX drawn by matplotlib, since the page runs no script to typeset it."""

from __future__ import annotations

import hashlib
import io
import re
import threading

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.mathtext import MathTextParser

_SIZE = 10.0
_POINTS_PER_INCH = 72
#: Matplotlib's settings are shared by all threads, and pages are written side by side.
_DRAWING = threading.Lock()
#: Commands that matplotlib knows by another name only.
_KNOWN_NAMES = {"le": "leq", "ge": "geq", "ne": "neq", "text": "mathrm", "lvert": "|", "rvert": "|"}
_SYNONYMS = re.compile(rf"\\({'|'.join(_KNOWN_NAMES)})(?![A-Za-z])")


def formula_svg(tex: str) -> tuple[str, float, float]:
    """Draw a formula.

    Returns
    -------
    tuple
        The SVG, and its height and depth below the line of the text, in units of the font's
        size.

    Raises
    ------
    ValueError
        When matplotlib does not know a command; it knows a part of TeX.
    """
    text = f"${_SYNONYMS.sub(_known_name, ' '.join(tex.split()))}$"
    font = FontProperties(family="STIXGeneral", size=_SIZE, math_fontfamily="stix")
    salt = hashlib.sha256(text.encode()).hexdigest()
    out = io.BytesIO()
    with _DRAWING, mpl.rc_context():
        mpl.rcdefaults()
        mpl.rc("svg", fonttype="path", hashsalt=salt)
        mpl.rc("mathtext", fontset="stix")
        width, height, depth, _, _ = MathTextParser("path").parse(
            text, dpi=_POINTS_PER_INCH, prop=font
        )
        drawing = Figure(figsize=(width / _POINTS_PER_INCH, height / _POINTS_PER_INCH))
        drawing.text(0, depth / height, text, fontproperties=font)
        drawing.savefig(
            out, format="svg", transparent=True, metadata={"Date": None, "Creator": None}
        )
    return out.getvalue().decode(), height / _SIZE, depth / _SIZE


def formula_html(tex: str, uri: str, *, height: float, depth: float, kind: str) -> Markup:
    """Write a formula's image; its TeX is the alternative text."""
    image = '<img class="{kind}" src="{uri}" alt="{tex}" style="{style}">'
    style = f"height: {height:.3f}em; vertical-align: {-depth:.3f}em"
    return Markup(image).format(kind=kind, uri=uri, tex=tex.strip(), style=style)


def _known_name(found: re.Match[str]) -> str:
    return f"\\{_KNOWN_NAMES[found.group(1)]}"
