"""Two versions side by side: what differs between their values, tables, figures, text, code.

Comparisons work on what was published, by id: numbers within the tolerance recorded with
them, counts and texts exactly. The page and the records of a run are not compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from foistats.reports.compare.difference import CLOSE, Difference
from foistats.reports.compare.figures import figure_differences
from foistats.reports.compare.notebooks import notebook_differences, records
from foistats.reports.compare.sentence import sentence
from foistats.reports.compare.tables import table_differences
from foistats.reports.compare.values import value_differences, value_ids

__all__ = ["Difference", "change_sentence", "differences", "same"]

Files = Mapping[str, bytes]


def differences(before: Files, after: Files) -> tuple[Difference, ...]:
    """Return what differs between the files of two versions; what is identical is not listed.

    Parameters
    ----------
    before, after : mapping
        The files, by path. Only the notebook, the values, tables and figures are looked at.

    Returns
    -------
    tuple of Difference
        Values, then tables, figures, text and code. A file that cannot be read is a
        difference that says so.
    """
    earlier, later = records(before), records(after)
    return (
        *value_differences(before, after),
        *table_differences(before, after, earlier, later),
        *figure_differences(before, after, earlier, later),
        *notebook_differences(before, after),
    )


def same(before: Files, after: Files) -> bool:
    """Say whether two versions say the same, within the tolerances."""
    return all(found.verdict == CLOSE for found in differences(before, after))


def change_sentence(before: Files | None, after: Files, reasons: Sequence[str]) -> str:
    """Say in plain English what a new version changes and why it was made.

    Parameters
    ----------
    before : mapping or None
        The files of the version before; None if there is none.
    after : mapping
        The files of the new version.
    reasons : sequence of str
        Why it was made, such as "data/pa/statements.csv changed".

    Returns
    -------
    str
        One line of at most 200 characters.
    """
    if before is None:
        return "First version."
    found = differences(before, after)
    totals = {
        "value": len(value_ids(after)),
        "table": sum(name.startswith("tables/") for name in after),
        "figure": sum(name.startswith("figures/") for name in after),
    }
    return sentence(found, totals, reasons)
