"""What reports/ says of itself: the index and the list for reviewers, kept in step."""

from __future__ import annotations

from pathlib import Path

from foistats.reports.pages.codecheck import CODECHECK_FILE, write_codecheck
from foistats.reports.pages.index import index_is_current, write_index


def refresh(reports: Path) -> None:
    """Write both anew where they are not of these versions; the index last.

    Raises
    ------
    OSError
        When they cannot be written; the next call tries again.
    """
    has_versions = any(reports.glob("*/v*/")) or any(reports.glob("*/*/v*/"))
    is_current = (reports / CODECHECK_FILE).is_file() and index_is_current(reports)
    if has_versions and not is_current:
        write_codecheck(reports)
        write_index(reports)
