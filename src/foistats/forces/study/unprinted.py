"""What is known of forces whose count nobody printed: each alone, and all of them together.

A force that answered is in the printed total of the survey, so the total less the printed counts
bounds it from above; what its answer describes bounds it from below. A force that refused is in no
total, and nothing bounds it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from foistats.claims.audit import audit_claims
from foistats.claims.ledger import has_claims
from foistats.forces.rates.answers import poisson_answers
from foistats.forces.study.comparison import Comparison
from foistats.forces.study.reference import printed_total, recorded
from foistats.layout import NOT_ANSWERED, TABLED, UNLIMITED
from foistats.register import Register

REFUSED = "in no total: nothing bounds its count"
NO_TOTAL = "no total of the survey in print"
TOO_MANY = "the answers describe more cases than the total leaves"


def bounds(comparison: Comparison) -> pd.DataFrame:
    """Return what is known of the count of each force without one.

    ::

        low    the cases that its answer describes; of a single one, the rest of the total
        high   total - counts in print - what the others' answers describe

    Returns
    -------
    DataFrame
        One row per force without a count: ``force, answer, n_low, n_high`` (`UNLIMITED` where
        nothing bounds it), ``expected``, ``ratio_low, ratio_high`` (infinite, NaN without an
        expected count), ``note``.
    """
    frame = _without_count(comparison)
    least = np.array([described(comparison, force) for force in frame["force"]], dtype=int)
    in_total = ~frame["answer"].isin(NOT_ANSWERED).to_numpy()
    rest = _rest(comparison)
    most = np.full(len(frame), UNLIMITED)
    if rest is not None:
        most[in_total] = rest[1] - least[in_total].sum() + least[in_total]
        if in_total.sum() == 1:
            least = np.where(in_total, np.maximum(least, rest[0]), least)
    note = np.where(in_total, NO_TOTAL if rest is None else "", REFUSED)
    note, most = np.where(most < least, TOO_MANY, note), np.maximum(most, least)
    expected = frame["expected"].to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = least / expected, np.where(most >= UNLIMITED, np.inf, most) / expected
    frame = frame.assign(n_low=least.astype(int), n_high=most, ratio_low=ends[0])
    frame = frame.assign(ratio_high=ends[1], note=note)
    columns = ["force", "answer", "n_low", "n_high", "expected", "ratio_low", "ratio_high", "note"]
    return frame[columns].reset_index(drop=True)


def together(comparison: Comparison) -> pd.DataFrame:
    """Return the count of all forces that answered without a count in print, taken together.

    Returns
    -------
    DataFrame
        One row: ``forces, n_low, n_high, expected, estimate, estimate_low, estimate_high,
        std_error, conf_low, conf_high, note``; empty if there is no such force or no total.
    """
    frame = _without_count(comparison)
    frame = frame[~frame["answer"].isin(NOT_ANSWERED)]
    rest = _rest(comparison)
    if rest is None or frame.empty:
        return pd.DataFrame()
    least = sum(described(comparison, force) for force in frame["force"])
    row = pd.DataFrame(
        {
            "forces": [len(frame)],
            "n_low": [float(max(rest[0], least))],
            "n_high": [float(max(*rest, least))],
            "expected": [frame["expected"].sum(skipna=False)],
            "exposure_note": "",
        }
    )
    found = poisson_answers(row, "expected", level=comparison.level)
    return found.drop(columns="exposure_note")


def described(comparison: Comparison, force: str) -> int:
    """Return how many cases the answer of a force describes at least, in the unit of the counts."""
    register, unit = comparison.register, comparison.forces["unit"].iloc[0]
    groups = register.groups
    own = groups[(groups["survey"] == register.study.analysis.survey) & (groups["force"] == force)]
    own = own[own["unit"] == unit]
    return max((_described(register, group) for group in own["group"]), default=0)


def _described(register: Register, group: str) -> int:
    entries = register.statements_of(group)
    tabled = entries[entries["part"].isin(TABLED)]
    tables = tabled.groupby("table")["n_low"].sum()
    return int(max([0, *tables, *entries["n_low"]]))


def _without_count(comparison: Comparison) -> pd.DataFrame:
    """Return force, answer and expected count of the forces without a count."""
    forces = comparison.forces.loc[comparison.forces["n_low"].isna(), ["force", "answer"]]
    return forces.merge(comparison.ratios[["force", "expected"]], on="force")


def _rest(comparison: Comparison) -> tuple[int, int] | None:
    """Return the printed total less the counts in print, as an interval; None without a total.

    The part of a force's cases, or a count of who is in no total, may lie outside, so it is not
    taken off at the upper end. Where it is not known who is in the total, and with what, others may
    have all the rest.
    """
    forces = comparison.forces
    total = printed_total(comparison.register, forces["unit"].iloc[0]) if len(forces) else None
    if total is None:
        return None
    counted = forces[forces["n_low"].notna()]
    inside = counted[(counted["coverage"] == "all") & ~counted["answer"].isin(("", *NOT_ANSWERED))]
    low = total[0] - counted["n_high"].sum() if recorded(forces) else 0
    return max(int(low), 0), total[1] - int(inside["n_low"].sum())


def by_claims(comparison: Comparison, *, seconds: float = 600.0) -> pd.DataFrame:
    """Return what all published figures imply about the count of who answered without one in print.

    The bounds are those of `foistats.claims.audit.Audit.bounds`: whole numbers that every figure
    allows, the least trusted ones that contradict others set aside.

    Parameters
    ----------
    comparison : Comparison
    seconds : float
        How long each bound may take.

    Returns
    -------
    DataFrame
        One row per force: ``force, n_low, n_high`` (`UNLIMITED` where nothing bounds it); empty if
        the study has no ledger of published figures.
    """
    columns = ["force", "n_low", "n_high"]
    if not has_claims(comparison.register.study):
        return pd.DataFrame(columns=columns)
    audit = audit_claims(comparison.register, largest=2, seconds=seconds)
    frame = _without_count(comparison)
    rows = []
    for force in frame.loc[~frame["answer"].isin(NOT_ANSWERED), "force"]:
        found = audit.bounds(force, seconds=seconds)
        ends = found.low or 0, UNLIMITED if found.high is None else found.high
        rows.append((force, *map(int, ends)))
    return pd.DataFrame(rows, columns=columns)
