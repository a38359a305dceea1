"""How many cases of each role a force printed: for direct standardisation, which needs them all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from foistats.codebooks import ANY
from foistats.layout import TABLED
from foistats.register import Register


def role_counts(register: Register, forces: pd.DataFrame, roles: Sequence[str]) -> pd.DataFrame:
    """Return the count of every role of every force, as far as one table of its answer tells.

    A case whose role is not stated may be of any role, so it widens each of them: with a cases of
    role r and u of several roles or none among the n of the force, the count of r is a to a + u.

    Parameters
    ----------
    register : Register
    forces : DataFrame
        One row per force: ``force, group, unit, n_low, n_high``.
    roles : sequence of str
        Of the study's grouping of roles.

    Returns
    -------
    DataFrame
        One row per force and role: ``force, stratum, unit, n_low, n_high``; NaN where the answer
        has no table of roles.
    """
    statements = register.statements
    tabled = statements[statements["part"].isin(TABLED) & (statements["roles"] != ANY)]
    of = dict(iter(tabled.groupby("group")))
    rows = []
    for force in forces.itertuples():
        known = _by_role(register, of[force.group], roles) if force.group in of else None
        for role in roles:
            low = known[role] if known else np.nan
            rest = force.n_high - sum(known.values()) if known else np.nan
            rows.append((force.force, role, force.unit, low, low + rest))
    return pd.DataFrame(rows, columns=["force", "stratum", "unit", "n_low", "n_high"])


def _by_role(
    register: Register, entries: pd.DataFrame, roles: Sequence[str]
) -> dict[str, int] | None:
    """Return the cases that are surely of each role, from the table that tells most."""
    grouping = register.study.roles.grouping(register.study.analysis.roles)
    best: dict[str, int] | None = None
    for _, table in entries.groupby("table"):
        found = dict.fromkeys(roles, 0)
        for words, low in zip(table["roles"], table["n_low"], strict=True):
            named = grouping.of(register.study.roles.levels_of(words))
            if len(named) == 1 and (role := next(iter(named))) in found:
                found[role] += int(low)
        if best is None or sum(found.values()) > sum(best.values()):
            best = found
    return best
