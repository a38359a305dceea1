"""How many cases of a force had the gravest outcome, as far as its answer bounds the number."""

from __future__ import annotations

import numpy as np
import pandas as pd

from foistats.codebooks import ANY
from foistats.layout import TABLED
from foistats.register import Register


def worst_counts(register: Register, forces: pd.DataFrame) -> pd.DataFrame:
    """Return how many of each force's cases had the gravest outcome of the study's ladder.

    Only answers that account for all of their cases by a rule count: others were picked for their
    outcome. A statement that leaves the outcome open widens the interval; tables of one answer
    bound the same number, so the tightest ends hold::

        low = max over tables of the cases surely gravest
        high = n - max over tables of the cases surely not

    Parameters
    ----------
    register : Register
    forces : DataFrame
        One row per force: ``force, group, unit, n_low, n_high``.

    Returns
    -------
    DataFrame
        One row per force with such an answer and an exact count of at least one case: ``force,
        unit, n_low, n_high, of``.
    """
    marks = register.groups.set_index("group")
    statements = register.statements
    tabled = statements[statements["part"].isin(TABLED) & (statements["outcomes"] != ANY)]
    of = dict(iter(tabled.groupby("group")))
    rows = []
    for force in forces.itertuples():
        if not force.group or force.n_low != force.n_high or force.n_low == 0:
            continue
        mark = marks.loc[force.group]
        if mark["coverage"] != "all" or mark["disclosure"] != "rule":
            continue
        if force.group in of:
            low, less = _ends(register, of[force.group])
            rows.append((force.force, force.unit, low, force.n_low - less, force.n_low))
    frame = pd.DataFrame(rows, columns=["force", "unit", "n_low", "n_high", "of"])
    return frame.astype({"n_low": float, "n_high": float, "of": float})


def worst_label(register: Register) -> str:
    """Return the label of the gravest outcome of the study's ladder."""
    ladder = register.study.outcomes.grouping(register.study.analysis.ladder)
    return ladder.labels[ladder.ids[-1]]


def _ends(register: Register, entries: pd.DataFrame) -> tuple[int, int]:
    """Return the cases surely gravest and surely not, of entries that print an outcome."""
    ladder = register.study.outcomes.grouping(register.study.analysis.ladder)
    worst = {ladder.ids[-1]}
    sets = [ladder.of(register.study.outcomes.levels_of(text)) for text in entries["outcomes"]]
    surely = entries["n_low"].where(np.array([found == worst for found in sets]), 0)
    never = entries["n_low"].where(np.array([not found & worst for found in sets]), 0)
    return tuple(int(part.groupby(entries["table"]).sum().max()) for part in (surely, never))  # type: ignore[return-value]
