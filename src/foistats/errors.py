"""The errors foistats raises on purpose, one class for each kind of answer.

::

    FoistatsError
    ├── ReportError           1  a report failed; nothing was published
    ├── ModelError            1  a model has no answer on these data
    │   ├── NotIdentifiedError   the data do not separate what was asked
    │   └── ConvergenceError     the maximum was not reached
    ├── UsageError            2  a command, option, name or parameter is wrong
    ├── DataError             3  a study, register or reference file is wrong
    ├── VerificationError     4  a published version differs or cannot be checked
    └── LockError             5  someone else is writing to the reports folder

The number is the exit code of the command. Every message says where, what was found,
what is allowed and what to do.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


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


class DataError(FoistatsError):
    """A study, register or reference file is wrong."""

    exit_code = 3


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
    >>> did_you_mean("Police Staff", ["constable", "police_staff"])
    "; did you mean 'police_staff'?"
    >>> did_you_mean("zebra", ["constable"])
    ''
    """
    plain = {_plain(word): word for word in allowed}
    nearest = difflib.get_close_matches(_plain(found), list(plain), n=1)
    return f"; did you mean '{plain[nearest[0]]}'?" if nearest else ""


def _plain(word: str) -> str:
    return word.casefold().replace("_", " ").replace("-", " ").strip()
