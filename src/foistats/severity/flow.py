"""Flow charts: how many forces and cases there were, and how many reach the model, with reasons."""

from __future__ import annotations

import pandas as pd

from foistats.register import Register
from foistats.severity.cells import IN_THE_FIT, LEFT_OUT, NO_OUTCOME

#: What an answer means for the flow of forces; anything else counts as answered and in print.
NOT_ANSWERED = ("refused", "no_answer", "not_held", "suppressed")
REASONS = {
    "refused": "refused",
    "no_answer": "did not answer",
    "not_held": "do not hold the information",
    "suppressed": "suppressed the number",
    "not_in_print": "answered, but the answer was not found in print",
}


def flow_of_forces(register: Register, flow: pd.DataFrame) -> pd.DataFrame:
    """Return the flow of forces: asked, answered, with a count, with outcomes, in the fit.

    Parameters
    ----------
    register : Register
    flow : DataFrame
        What became of every group of cases: `SeverityData.flow`.

    Returns
    -------
    DataFrame
        One row per stage and per loss: ``kind`` (``stage`` or ``less``), ``label``, ``number``.
    """
    survey = register.study.analysis.survey
    asked = register.asked[register.asked["survey"] == survey]
    counted = set(register.counts()["force"])
    rows: list[tuple[str, str, int]] = []
    if not asked.empty:
        rows.append(("stage", "asked", len(asked)))
        lost = asked[asked["answer"].isin(NOT_ANSWERED)]
        rows += [("less", REASONS[a], n) for a, n in lost["answer"].value_counts().items()]
        rows.append(("stage", "answered", len(asked) - len(lost)))
        found = asked[~asked["answer"].isin(NOT_ANSWERED) & ~asked["force"].isin(counted)]
        if len(found):
            rows.append(("less", REASONS["not_in_print"], len(found)))
    rows.append(("stage", "with a count in print", len(counted)))
    of_counted = flow[flow["force"].isin(counted)]
    with_outcome = of_counted.loc[of_counted["status"] != NO_OUTCOME, "force"]
    silent = len(counted) - with_outcome.nunique()
    if silent:
        rows.append(("less", NO_OUTCOME, silent))
    rows.append(("stage", "with outcomes in print", with_outcome.nunique()))
    fitted = set(flow.loc[flow["status"] == IN_THE_FIT, "force"])
    rest = of_counted[of_counted["force"].isin(with_outcome) & ~of_counted["force"].isin(fitted)]
    rest = rest[rest["status"] != NO_OUTCOME].drop_duplicates("force")
    rows += [("less", str(status), n) for status, n in rest["status"].value_counts().items()]
    extra = len(fitted - set(with_outcome))
    if extra:
        rows.append(("more", "known from another answer only", extra))
    rows.append(("stage", IN_THE_FIT, len(fitted)))
    return _frame(rows)


def flow_of_cases(register: Register, flow: pd.DataFrame) -> pd.DataFrame:
    """Return the flow of cases: in the survey, in forces with a count, in the fit.

    Cases that enter by another count of the same cases (people rather than incidents) or by another
    answer of the force are shown as they are taken out and put in.

    Parameters
    ----------
    register : Register
    flow : DataFrame
        What became of every group of cases: `SeverityData.flow`.

    Returns
    -------
    DataFrame
        One row per stage, loss and gain: ``kind`` (``stage``, ``less``, ``more``), ``label``,
        ``number``.
    """
    analysis = register.study.analysis
    counts = register.counts()
    rows: list[tuple[str, str, int]] = []
    counted = int(counts["n_high"].sum())
    if analysis.nation:
        whole = register.total([analysis.nation])[1]
        rows.append(("stage", "in the survey", whole))
        if whole > counted:
            rows.append(("less", "in forces without a count in print", whole - counted))
    rows.append(("stage", "in forces with a count in print", counted))
    own = flow[flow["group"].isin(counts["group"])]
    lost = own[own["status"] != IN_THE_FIT]
    why = lost["status"].where(lost["status"] != LEFT_OUT, lost["reason"])
    lost = lost.groupby(why)["cases"].sum()
    rows += [
        ("less", str(reason), int(n)) for reason, n in lost.sort_values(ascending=False).items()
    ]
    added = flow[(flow["status"] == IN_THE_FIT) & ~flow["group"].isin(counts["group"])]
    same = added["survey"] == analysis.survey
    for label, entering in (
        ("the same cases in another unit", added[same]),
        ("from another answer of the force", added[~same]),
    ):
        if len(entering):
            rows.append(("more", label, int(entering["cases"].sum())))
    fitted = flow.loc[flow["status"] == IN_THE_FIT, "cases"]
    rows.append(("stage", IN_THE_FIT, int(fitted.sum())))
    return _frame(rows)


def _frame(rows: list[tuple[str, str, int]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["kind", "label", "number"])
