"""The four verbs of a notebook: `value`, `table`, `figure`, `say`.

They behave alike in JupyterLab, in plain papermill and under ``foistats run``. Each shows
something readable and carries, beside it, a record of its own MIME type, from which the
runner collects what the report publishes.

An id is published once. Running a cell again replaces what it published before.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from foistats.errors import ReportError, UsageError
from foistats.publish.claims import Worded
from foistats.publish.drawing import close, drawing_of, svg_text
from foistats.publish.predicates import Predicate
from foistats.publish.record import Entry, Record, shell
from foistats.publish.saying import said
from foistats.publish.tabular import csv_text, digits_by_column, html_table, plain_table, plain_text
from foistats.publish.wording import Scalar, value_text

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["Worded", "figure", "say", "table", "value"]

VALUE_MIME = "application/vnd.foistats.value+json"
TABLE_MIME = "application/vnd.foistats.table+json"
FIGURE_MIME = "application/vnd.foistats.figure+json"
CLAIMS_MIME = "application/vnd.foistats.claims+json"

#: How far two floats may lie apart, relative to their size, and still be the same result:
#: across machines the last bits of a fit move by some 1e-10.
FLOAT_TOLERANCE = 1e-6

_MAX_DIGITS = 15


def value(
    id: str,
    number: Any,
    unit: str = "",
    digits: int | None = None,
    tolerance: float | None = None,
) -> None:
    """Publish one value.

    Parameters
    ----------
    id : str
        Its name: lower-case letters, digits and underscores.
    number : int, float, bool, str or a NumPy scalar
        The value. What does not apply is a text that gives the reason, not a NaN.
    unit : str
        Such as "%", "£" or "statements".
    digits : int, optional
        Decimals to show; six significant digits of a float without it.
    tolerance : float, optional
        The relative difference that still counts as the same result when the value is
        verified elsewhere: 1e-6 for a float, 0 for anything else.

    Raises
    ------
    UsageError
        When the id is malformed or taken, or the value cannot be published so.
    ReportError
        When the number is not finite.
    """
    plain = _checked_scalar(id, number)
    _check_digits(id, digits, plain)
    text = value_text(plain, unit=unit, digits=digits)
    record = {
        "id": id,
        "value": plain,
        "unit": unit,
        "digits": digits,
        "tolerance": _checked_tolerance(id, tolerance, plain),
        "text": text,
    }
    _PUBLISHED.add(
        id,
        Entry("value", text, bool(unit) or isinstance(plain, str), value=plain, unit=unit),
    )
    _show(
        {
            "text/plain": f"{id} = {text}",
            "text/html": f"<p><code>{id}</code> = <strong>{escape(text)}</strong></p>",
            VALUE_MIME: record,
        }
    )


def table(
    id: str,
    frame: pd.DataFrame,
    caption: str,
    digits: int | Mapping[str, int] | None = None,
) -> None:
    """Publish a table.

    Parameters
    ----------
    id : str
        Its name; the CSV file is called after it.
    frame : pandas.DataFrame
        One row per row; an index is shown if it has a name.
    caption : str
        What the table shows, in words.
    digits : int or mapping, optional
        Decimals of the float columns, or of some of them by name. Without it a column shows
        three figures of its largest value and two of its middle one.

    Raises
    ------
    UsageError
        When the id is malformed or taken, the caption empty, or the frame not a plain table.
    """
    where = f"publish.table('{id}')"
    _check_words(caption, f"{where} has no caption; say in words what the table shows")
    plain = plain_table(frame, where=where)
    shown = digits_by_column(plain, digits)
    _PUBLISHED.add(id, Entry("table"))
    record = {"id": id, "caption": caption, "columns": list(plain.columns), "csv": csv_text(plain)}
    _show(
        {
            "text/plain": plain_text(plain, caption=caption, digits=shown),
            "text/html": html_table(plain, caption=caption, digits=shown),
            TABLE_MIME: record,
        }
    )


def figure(
    id: str,
    figure: Figure,
    alt: str,
    data: pd.DataFrame | None = None,
    caption: str = "",
) -> None:
    """Publish a figure and close it.

    Parameters
    ----------
    id : str
        Its name; the SVG file is called after it.
    figure : matplotlib.figure.Figure
        The figure, or anything that has one: axes, a seaborn grid.
    alt : str
        What a reader who cannot see it must know; made from the data.
    data : pandas.DataFrame, optional
        The numbers drawn, shown as a table below the figure.
    caption : str
        A line under the figure.

    Raises
    ------
    UsageError
        When the id is malformed or taken, or the alternative text is empty.
    """
    where = f"publish.figure('{id}')"
    _check_words(alt, f"{where} has no alternative text; say in 'alt' what the figure shows")
    csv = "" if data is None else csv_text(plain_table(data, where=f"the data of {where}"))
    _PUBLISHED.add(id, Entry("figure"))
    drawing = drawing_of(figure, where=where)
    svg = svg_text(drawing, salt=id)
    close(drawing)
    _show(
        {
            "text/plain": f"Figure {id}: {alt}",
            "image/svg+xml": svg,
            FIGURE_MIME: {"id": id, "alt": alt, "caption": caption, "csv": csv},
        }
    )


def say(template: str, claims: Mapping[str, Predicate | None] | None = None) -> None:
    """Show a paragraph of Markdown, its ``{id}`` places filled from published values.

    Parameters
    ----------
    template : str
        The text.
    claims : mapping of str to sequence, optional
        Words of the text that compare, and what they claim of published values: ``(id,
        comparison, id or number)``. The comparisons are the words of the claims ledger, such as
        ``higher_than``, ``at_least``, ``majority`` and ``no_difference``; see
        `foistats.publish.predicates`. None for words that claim nothing.

    Raises
    ------
    UsageError
        When a place names no value published so far, or a claim is malformed.
    ReportError
        When a claim does not hold of the values.

    Examples
    --------
    ::

        publish.say(
            "Staff left more often ({staff_left} against {officer_left}).",
            claims={"more often": ("staff_left", "higher_than", "officer_left")},
        )
    """
    told = {**getattr(template, "claims", {}), **(claims or {})}
    paragraph = said(template, told, _PUBLISHED.entries)
    bundle: dict[str, Any] = {"text/plain": paragraph.plain, "text/markdown": paragraph.markdown}
    if paragraph.claims:
        bundle[CLAIMS_MIME] = {"claims": list(paragraph.claims)}
    _show(bundle)


_PUBLISHED = Record()


def _show(bundle: dict[str, Any]) -> None:
    """Display a bundle in a notebook; print its text anywhere else."""
    if shell() is None:
        sys.stdout.write(bundle["text/plain"] + "\n")
        return
    from IPython.display import display

    display(bundle, raw=True)  # type: ignore[no-untyped-call]


def _checked_scalar(id: str, number: Any) -> Scalar:
    if getattr(number, "shape", None) == () and hasattr(number, "item"):
        number = number.item()
    if not isinstance(number, bool | int | float | str):
        raise UsageError(
            f"publish.value('{id}') was given a {type(number).__name__}; it takes a number, "
            "a text or a truth value: publish several numbers as a table"
        )
    if isinstance(number, float) and not math.isfinite(number):
        raise ReportError(
            f"publish.value('{id}') was given {number}; publish a finite number, or say as a "
            "text why there is none, such as 'not estimated: no breaches by officers'"
        )
    return number


def _check_digits(id: str, digits: int | None, number: Scalar) -> None:
    if digits is None:
        return
    is_count = isinstance(digits, int) and not isinstance(digits, bool)
    if not is_count or not 0 <= digits <= _MAX_DIGITS:
        raise UsageError(
            f"publish.value('{id}') was given digits={digits!r}; "
            f"give the number of decimals, from 0 to {_MAX_DIGITS}"
        )
    if isinstance(number, bool | str):
        raise UsageError(
            f"publish.value('{id}') was given digits for {number!r}, which is not a number; "
            "leave digits out"
        )


def _checked_tolerance(id: str, tolerance: float | None, number: Scalar) -> float:
    is_float = isinstance(number, float)
    if tolerance is None:
        return FLOAT_TOLERANCE if is_float else 0
    if not (math.isfinite(tolerance) and tolerance >= 0):
        raise UsageError(
            f"publish.value('{id}') was given tolerance={tolerance!r}; "
            "give a relative difference of 0 or more"
        )
    if tolerance and isinstance(number, bool | str):
        raise UsageError(
            f"publish.value('{id}') was given a tolerance for {number!r}, which is not a number; "
            "leave tolerance out"
        )
    return tolerance


def _check_words(text: str, message: str) -> None:
    if not isinstance(text, str) or not text.strip():
        raise UsageError(message)
