"""``reports/keep.csv``: the versions that somebody cites, and who. They are never removed.

The file is written by hand, so it is read strictly: a slip of the pen in it must not let go
of a version.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

from foistats.errors import DataError, did_you_mean
from foistats.reports.store.folders import is_version, series_names, version_names

KEEP = "keep.csv"
HEADER = ("report", "version", "cited_by")


def cited_versions(reports: Path) -> Mapping[tuple[str, str], str]:
    """Return who cites which version, by series and version; nothing if there is no file.

    Raises
    ------
    DataError
        With everything that is wrong in the file, by row and column.
    """
    rows = list(_rows(reports / KEEP))
    if not rows:
        return {}
    faults = list(_faults(reports, rows))
    if faults:
        raise DataError("\n".join(f"reports/{KEEP}: {fault}" for fault in faults))
    cited: dict[tuple[str, str], str] = {}
    for _, (series, version, cited_by) in rows[1:]:
        before = cited.get((series, version))
        cited[series, version] = f"{before}; {cited_by}" if before else cited_by
    return cited


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows with their numbers, as a spreadsheet numbers them; empty ones are left."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return
    except (OSError, UnicodeDecodeError) as fault:
        raise DataError(f"reports/{KEEP} cannot be read: {fault}; save it as UTF-8") from None
    if not text.strip():
        yield 1, []
        return
    try:
        for number, row in enumerate(csv.reader(text.splitlines(), strict=True), start=1):
            cells = [cell.strip() for cell in row]
            if number == 1 or any(cells):
                yield number, cells
    except csv.Error as fault:
        raise DataError(f"reports/{KEEP} is not CSV: {fault}") from None


def _faults(reports: Path, rows: list[tuple[int, list[str]]]) -> Iterator[str]:
    if tuple(rows[0][1]) != HEADER:
        yield f"row 1 is '{','.join(rows[0][1])}'; it has to be '{','.join(HEADER)}'"
        return
    known = series_names(reports)
    for number, cells in rows[1:]:
        if len(cells) != len(HEADER):
            yield f"row {number} has {len(cells)} cells; it needs {len(HEADER)}: {','.join(HEADER)}"
            continue
        for column, fault in _cell_faults(reports, known, *cells):
            yield f"row {number}, column {column}: {fault}"


def _cell_faults(
    reports: Path, known: list[str], series: str, version: str, cited_by: str
) -> Iterator[tuple[str, str]]:
    if series not in known:
        yield (
            "report",
            f"'{series}' was never published{did_you_mean(series, known)}; "
            f"allowed: {', '.join(known) or 'nothing yet'}",
        )
    elif not is_version(version):
        yield "version", f"'{version}' is not a version; write it like v002"
    elif version not in (standing := version_names(reports / series)):
        yield (
            "version",
            f"{series} has no {version}; it has {', '.join(standing) or 'none that stands'}",
        )
    if not cited_by:
        yield "cited_by", "is empty; say who cites the version"
