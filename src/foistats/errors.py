"""The errors foistats raises on purpose, one class for each kind of answer.

::

    FoistatsError
    ├── ReportError           1  a report failed; nothing was published
    ├── ModelError            1  a model has no answer on these data
    │   ├── NotIdentifiedError   the data do not separate what was asked
    │   └── ConvergenceError     the maximum was not reached
    ├── UsageError            2  a command, option, name or parameter is wrong
    │   └── OverlapError         a sum or model would count the same cases twice
    ├── DataError             3  a study, register or reference file is wrong
    │   └── InvalidStudyError    with every finding: file, row, column, found, allowed
    ├── ConflictError         4  published claims cannot all be true, or the register disagrees
    ├── VerificationError     4  a published version differs or cannot be checked
    └── LockError             5  someone else is writing to the reports folder

The number is the exit code of the command. Every message says where, what was found,
what is allowed and what to do.
"""

from __future__ import annotations

import difflib
import shutil
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


class FoistatsError(Exception):
    """Base of all errors raised on purpose."""

    exit_code = 1


class ReportError(FoistatsError):
    """A report failed; nothing was published."""


class ModelError(FoistatsError):
    """A model has no answer on these data."""


class NotIdentifiedError(ModelError):
    """The data do not separate what was asked; the message names it."""


class ConvergenceError(ModelError):
    """The maximum of the likelihood was not reached."""


class UsageError(FoistatsError):
    """A command, option, name or parameter is wrong."""

    exit_code = 2


class OverlapError(UsageError):
    """A sum or a model would count the same cases twice; the message names the groups."""


class DataError(FoistatsError):
    """A study, register or reference file is wrong."""

    exit_code = 3


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that is wrong in a study.

    Attributes
    ----------
    file : str
        The file, from the study's folder on.
    row : int
        The row as a spreadsheet numbers it (the header is row 1); 0 where the file as a whole,
        or a file without rows, is meant.
    column : str
        The column, or the entry of a TOML file.
    found, allowed : str
        What stands there, and what may stand there or what to do.
    """

    file: str
    row: int
    column: str
    found: str
    allowed: str


class InvalidStudyError(DataError):
    """A study breaks its rules; ``findings`` holds every failure, not the first only."""

    def __init__(self, study: str, findings: Sequence[Finding]) -> None:
        self.study = study
        self.findings = tuple(sorted(set(findings)))
        super().__init__(study, self.findings)

    def __str__(self) -> str:
        count = len(self.findings)
        heading = f"{self.study}: {count} failure{'s' if count != 1 else ''}"
        return "\n".join([heading, *(_finding_lines(finding) for finding in self.findings)])


class ConflictError(FoistatsError):
    """Published claims cannot all be true, or the register disagrees with one."""

    exit_code = 4


class VerificationError(FoistatsError):
    """A published version differs from its record, or cannot be checked."""

    exit_code = 4


class LockError(FoistatsError):
    """Someone else is writing to the reports folder."""

    exit_code = 5


def did_you_mean(found: str, allowed: Iterable[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for the nearest allowed word, or an empty string.

    Case, spaces, hyphens and underscores do not count in the comparison.

    Examples
    --------
    >>> did_you_mean("Written Notice", ["fine", "written_notice"])
    "; did you mean 'written_notice'?"
    >>> did_you_mean("zebra", ["fine"])
    ''
    """
    plain = {_plain(word): word for word in allowed}
    nearest = difflib.get_close_matches(_plain(found), list(plain), n=1)
    return f"; did you mean '{plain[nearest[0]]}'?" if nearest else ""


def _finding_lines(finding: Finding) -> str:
    width = min(shutil.get_terminal_size((80, 24)).columns, 100)
    place = [finding.file]
    if finding.row:
        place.append(f"row {finding.row}")
    if finding.column:
        place.append(f"column {finding.column}" if finding.row else finding.column)
    rows = [("where", ", ".join(place)), ("found", finding.found), ("allowed", finding.allowed)]
    lines = [""]
    for name, text in rows:
        indent = " " * 11
        shown = textwrap.shorten(text, 600, placeholder=" …") if text else "(nothing)"
        lines += textwrap.wrap(
            shown, width, initial_indent=f"  {name:<9}", subsequent_indent=indent
        )
    return "\n".join(lines)


def _plain(word: str) -> str:
    return word.casefold().replace("_", " ").replace("-", " ").strip()
