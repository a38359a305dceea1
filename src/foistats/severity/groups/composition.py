"""The shares of the roles: of the nation, and of what the fitted groups leave of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pandas as pd

from foistats.errors import DataError
from foistats.severity.groups.coding import Coding


def compositions(
    coding: Coding, entering: pd.DataFrame, survey: str
) -> tuple[dict[str, float], dict[str, float]]:
    """Return the role shares of the nation, and of what is left of it without the fitted forces.

    Both are those of the fitted groups if no nation is printed; empty if no role is printed at all.
    """
    whole = _role_counts(coding, coding.nation)
    if not whole:
        fitted: Counter[str] = Counter()
        for group in entering["group"]:
            fitted.update(_role_counts(coding, group, whole=False))
        return _shares(coding, fitted), _shares(coding, fitted)
    rest = Counter(whole)
    for group in entering.loc[entering["survey"] == survey, "group"]:
        rest.subtract(_role_counts(coding, group))
    below = {role: -number for role, number in rest.items() if number < 0}
    if below:
        found = ", ".join(f"{number} of {role}" for role, number in below.items())
        raise DataError(
            f"the forces in the fit have more cases of a role than '{coding.nation}', which "
            f"contains them ({found} too many); check their tables of roles"
        )
    return _shares(coding, whole), _shares(coding, rest) or _shares(coding, whole)


def _shares(coding: Coding, counts: Mapping[str, int]) -> dict[str, float]:
    whole = sum(counts.values())
    return {role: counts.get(role, 0) / whole for role in coding.roles.ids} if whole else {}


def _role_counts(coding: Coding, group: str, *, whole: bool = True) -> dict[str, int]:
    """Cases of a group by role, from the table that states the role of most.

    With ``whole`` only a table that states the role of every case exactly counts, or of all but
    those "not stated" in the nation's; else lower ends and parts of a table do too.
    """
    best: dict[str, int] = {}
    for _, entries in coding.entries(group).groupby("table", sort=False):
        roles = [coding.role_set(text) for text in entries["roles"]]
        named = [len(found) == 1 for found in roles]
        told = named if group != coding.nation else [True] * len(named)
        exact = (entries["n_low"] == entries["n_high"]).all() and all(told)
        if whole and not exact:
            continue
        counts: Counter[str] = Counter()
        for found, one, number in zip(roles, named, entries["n_low"], strict=True):
            if one:
                counts[next(iter(found))] += int(number)
        if counts.total() > sum(best.values()):
            best = dict(counts)
    return best
