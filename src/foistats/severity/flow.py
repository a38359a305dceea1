"""Flow charts: how many forces and cases there were, and how many reach the model, with reasons."""

from __future__ import annotations

import pandas as pd

from foistats.describe import ANSWERS, number
from foistats.layout import NOT_ANSWERED, UNLIMITED
from foistats.register import Register
from foistats.severity.groups.cells import IN_THE_FIT, LEFT_OUT, NO_OUTCOME

_Row = tuple[str, str, int, int]


def flow_of_forces(register: Register, flow: pd.DataFrame, last: str = IN_THE_FIT) -> pd.DataFrame:
    """Return the flow of forces: asked, answered, with a count, with outcomes, in the fit.

    Parameters
    ----------
    register : Register
    flow : DataFrame
        What became of every group of cases, from `foistats.severity.groups.cells.selection`.
    last : str
        What the last stage is called.

    Returns
    -------
    DataFrame
        One row per stage, loss and gain: ``kind`` (``stage``, ``less``, ``more``), ``label``,
        ``number`` in words, ``n_low``, ``n_high``.
    """
    survey = register.study.analysis.survey
    asked = register.asked[register.asked["survey"] == survey]
    counted = set(register.counts()["force"])
    rows: list[tuple[str, str, int]] = []
    if not asked.empty:
        rows.append(("stage", "asked", len(asked)))
        lost = asked[asked["answer"].isin(NOT_ANSWERED)]
        rows += [("less", ANSWERS[a], n) for a, n in lost["answer"].value_counts().items()]
        rows.append(("stage", "answered", len(asked) - len(lost)))
        unseen = asked[~asked["answer"].isin(NOT_ANSWERED) & ~asked["force"].isin(counted)]
        if len(unseen):
            rows.append(("less", ANSWERS["not_in_print"], len(unseen)))
        extra = counted - set(asked.loc[~asked["answer"].isin(NOT_ANSWERED), "force"])
        if extra:
            rows.append(("more", "with a count, without a record of being asked", len(extra)))
    rows.append(("stage", "with a count in print", len(counted)))
    rows += _on_to_the_fit(flow, counted, last)
    return _frame([(kind, label, n, n) for kind, label, n in rows])


def _on_to_the_fit(flow: pd.DataFrame, counted: set[str], last: str) -> list[tuple[str, str, int]]:
    rows: list[tuple[str, str, int]] = []
    printed = flow[flow["force"].isin(counted) & (flow["status"] != NO_OUTCOME)]
    with_outcome, fitted = (
        set(printed["force"]),
        set(flow.loc[flow["status"] == IN_THE_FIT, "force"]),
    )
    if len(counted) > len(with_outcome):
        rows.append(("less", NO_OUTCOME, len(counted) - len(with_outcome)))
    rows.append(("stage", "with outcomes in print", len(with_outcome)))
    rest = printed[~printed["force"].isin(fitted)].drop_duplicates("force")
    rows += [("less", str(status), n) for status, n in rest["status"].value_counts().items()]
    if fitted - with_outcome:
        rows.append(("more", "known from another answer only", len(fitted - with_outcome)))
    rows.append(("stage", last, len(fitted)))
    return rows


def flow_of_cases(register: Register, flow: pd.DataFrame) -> pd.DataFrame:
    """Return the flow of cases: in the survey, in forces with a count, in the fit.

    Cases that enter by another count of the same cases (people rather than incidents) or by another
    answer of the force are shown as they are taken out and put in.

    Parameters
    ----------
    register : Register
    flow : DataFrame
        What became of every group of cases, from `foistats.severity.groups.cells.selection`.

    Returns
    -------
    DataFrame
        As of `flow_of_forces`; counts known as intervals stay intervals.
    """
    analysis = register.study.analysis
    counts = register.counts()
    rows: list[_Row] = []
    low, high = int(counts["n_low"].sum()), int(counts["n_high"].sum())
    if analysis.nation:
        whole = register.total([analysis.nation])
        rows.append(("stage", "in the survey", *whole))
        if whole[0] > low:
            rest = (max(whole[0] - high, 0), whole[1] - low)
            rows.append(("less", "in forces without a count in print", *rest))
    rows.append(("stage", "in forces with a count in print", low, high))
    own = flow[flow["group"].isin(counts["group"])]
    lost = own[own["status"] != IN_THE_FIT]
    why = lost["status"].where(lost["status"] != LEFT_OUT, lost["reason"])
    sums = lost.groupby(why)[["n_low", "n_high"]].sum().sort_values("n_high", ascending=False)
    rows += [("less", str(row.Index), int(row.n_low), int(row.n_high)) for row in sums.itertuples()]
    entering = flow[flow["status"] == IN_THE_FIT]
    added = entering[~entering["group"].isin(counts["group"])]
    same = added["survey"] == analysis.survey
    for label, part in (
        ("the same cases in another unit", added[same]),
        ("from another answer of the force", added[~same]),
    ):
        if len(part):
            rows.append(("more", label, int(part["n_low"].sum()), int(part["n_high"].sum())))
    ends = int(entering["n_low"].sum()), int(entering["n_high"].sum())
    rows.append(("stage", IN_THE_FIT, *ends))
    return _frame(rows)


def _frame(rows: list[_Row]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["kind", "label", "n_low", "n_high"])
    said = [
        number(low, min(high, UNLIMITED))
        for low, high in zip(frame["n_low"], frame["n_high"], strict=True)
    ]
    frame.insert(2, "number", said)
    return frame
