"""Whether the statements of a group of cases can all be true: integer feasibility."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint

from foistats.codebooks import ANY, JOIN
from foistats.highs import milp
from foistats.layout import TABLED, UNLIMITED
from foistats.study import Study


def feasible(study: Study, statements: pd.DataFrame, whole: bool) -> bool:
    """Whether a table of whole numbers, role by outcome, satisfies all the statements.

    The unknowns are the group's counts by role and outcome, and for every entry of a table how its
    cases spread over them. In a whole group the entries of a table share out all cases; otherwise
    they need no more than there are. A subset that names a breach, platform or year, or nothing
    this table knows, says only that there are at least so many cases of its role and outcome.

    Parameters
    ----------
    study : Study
    statements : DataFrame
        The statements of one group, without duplicates and alternatives.
    whole : bool
        Whether its statements account for all of its cases.
    """
    statements = _collapse(statements)
    held = np.array([_cells(study, entry) for _, entry in statements.iterrows()])
    part = statements["part"].to_numpy()
    low = statements["n_low"].to_numpy(dtype=float)
    high = statements["n_high"].to_numpy(dtype=float)
    high[high >= UNLIMITED] = np.inf
    elsewhere = (statements[["breaches", "platforms"]] != ANY).any(axis=1)
    elsewhere |= (statements["year"] != "") | (statements[["roles", "outcomes"]] == ANY).all(axis=1)
    high[(part == "subset") & elsewhere.to_numpy()] = np.inf
    tabled = np.flatnonzero(np.isin(part, TABLED))
    cells = held.shape[1]
    unknowns = cells * (1 + len(tabled))
    rows: list[sparse.csr_array] = []
    lower: list[float] = []
    upper: list[float] = []

    def constrain(start: int, inside: np.ndarray, least: float, most: float) -> None:
        columns = start + np.flatnonzero(inside)
        rows.append(_row(columns, np.ones(len(columns)), unknowns))
        lower.append(least)
        upper.append(most)

    for entry in np.flatnonzero(~np.isin(part, TABLED)):
        constrain(0, held[entry], low[entry], high[entry])
    for position, entry in enumerate(tabled, start=1):
        constrain(position * cells, held[entry], low[entry], high[entry])
        constrain(position * cells, ~held[entry], 0, 0)
    for table in statements["table"].iloc[tabled].unique():
        members = np.flatnonzero((statements["table"].iloc[tabled] == table).to_numpy()) + 1
        for cell in range(cells):
            columns = np.array([cell, *(members * cells + cell)])
            rows.append(_row(columns, np.array([-1.0, *np.ones(len(members))]), unknowns))
            lower.append(0.0 if whole else -np.inf)
            upper.append(0.0)
    answer = milp(
        np.zeros(unknowns),
        constraints=LinearConstraint(sparse.vstack(rows), lower, upper),
        bounds=Bounds(0, np.inf),
        integrality=np.ones(unknowns),
    )
    return bool(answer.status != 2)


def _row(columns: np.ndarray, values: np.ndarray, width: int) -> sparse.csr_array:
    return sparse.csr_array((values, columns, [0, len(columns)]), shape=(1, width))


def _collapse(statements: pd.DataFrame) -> pd.DataFrame:
    """Add up entries of one table with the same role and outcome: they bind only together."""
    tabled = statements["part"].isin(TABLED)
    keys = ["table", "roles", "outcomes"]
    sums = statements[tabled].groupby(keys, sort=False)[["n_low", "n_high"]].sum()
    entries = sums.reset_index().assign(part="cell", breaches=ANY, platforms=ANY, year="")
    return pd.concat([statements[~tabled], entries], ignore_index=True)


def _cells(study: Study, statement: pd.Series) -> np.ndarray:
    """Return which cells it allows: role by outcome, no role and off the ladder included."""
    outside = [term.id for term in study.outcomes.terms if not term.levels]
    roles = study.roles.levels_of(statement["roles"])
    outcomes = study.outcomes.levels_of(statement["outcomes"]) | set(
        statement["outcomes"].split(JOIN)
    )
    return np.array(
        [
            (statement["roles"] == ANY or role in roles)
            and (statement["outcomes"] == ANY or outcome in outcomes)
            for role in (*study.roles.ids, "")
            for outcome in (*study.outcomes.ids, *outside)
        ]
    )
