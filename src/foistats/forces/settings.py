"""What a question may be set to: words and amounts; everything else is refused by name."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from foistats.errors import UsageError, did_you_mean


def require_word(found: str, allowed: Iterable[str], name: str) -> None:
    """Refuse a word that is none of those allowed.

    Raises
    ------
    UsageError
    """
    known = list(allowed)
    if found not in known:
        hint = did_you_mean(str(found), known)
        raise UsageError(f"no {name} '{found}'; there are {', '.join(known)}{hint}")


def require_positive(value: float, name: str) -> None:
    """Refuse a number that is not above zero.

    Raises
    ------
    UsageError
    """
    if not 0 < value < np.inf:
        raise UsageError(f"{name} is {value}; it must be a number above zero")
