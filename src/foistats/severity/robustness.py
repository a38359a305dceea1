"""Tables of the report on how far its result can be trusted, in the words of the study.

What carries the result, whether the model fits, and what would happen if outcomes were printed in
another way. Each function asks one question of a fit and labels the answer; the computations are
in the rooms it calls.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from foistats.errors import ModelError
from foistats.register import Register
from foistats.severity.analysis import complete_lists, role_term
from foistats.severity.checks.influence import alone, leave_one_out
from foistats.severity.checks.information import information_by, information_by_force
from foistats.severity.checks.within_between import within_between
from foistats.severity.engine.separation import threshold_names
from foistats.severity.engine.statements import ROLE
from foistats.severity.groups.cells import SeverityData
from foistats.severity.inference.comparison import no_force_variation
from foistats.severity.inference.heterogeneity import heterogeneity
from foistats.severity.results import SeverityFit
from foistats.severity.what_if.national import national_total
from foistats.severity.what_if.not_at_random import tilt_table, turning_point
from foistats.severity.what_if.totals import augment
from foistats.severity.what_if.worst_case import worst_case_difference, worst_case_shares

TILTS = (-1.0, -0.5, 0.0, 0.5, 1.0)
"""Log odds of being printed, per rung."""
NOT_CONCLUDED = (0.0, 0.15)
"""Shares of the cases of a survey that had no outcome yet when it was answered."""
_ENDS = ["estimate", "conf_low", "conf_high"]


def compared_roles(data: SeverityData) -> tuple[str, str]:
    """Return the role of the primary result (the first after the reference), and the reference."""
    reference, role, *_ = data.role_ids
    return role, reference


def information(fit: SeverityFit, data: SeverityData, by: str) -> pd.DataFrame:
    """Return what carries the primary result: the shares of the information on it.

    Parameters
    ----------
    fit : SeverityFit
    data : SeverityData
    by : str
        ``force``, or ``kind``: how closely role and outcome are printed together.

    Returns
    -------
    DataFrame
        ``Force`` or ``Kind``, ``Share of the information, Cases``.
    """
    term = role_term(compared_roles(data)[0])
    if by == "force":
        found = information_by_force(fit, term)
    else:
        found = information_by(fit, data, term, by=by)
    return pd.DataFrame(
        {
            by.capitalize(): found[by],
            "Share of the information": found["share"],
            "Cases": found["cases"].astype(int),
        }
    )


def alone_tables(data: SeverityData) -> pd.DataFrame:
    """Return the exact odds ratio of each force that prints role and outcome together.

    Of the gravest outcome against all others, by Fisher's conditional likelihood: no model, and no
    other force.

    Returns
    -------
    DataFrame
        ``Force``, the counts on the two sides by role, ``Odds ratio, Low, High``.
    """
    role, reference = (data.roles.labels[name] for name in compared_roles(data))
    split = threshold_names(data.ladder.ids)[-1]
    lists = complete_lists(data)
    forces = list(dict.fromkeys(lists["force"])) if len(lists) else []
    rows = [
        found
        for force in forces
        for found in alone(data, force, split=split).to_dict("records")
        if found["role"] == compared_roles(data)[0]
    ]
    worst = data.ladder.labels[data.ladder.ids[-1]]
    return pd.DataFrame(
        [
            (
                found["force"],
                f"{found['above']} of {found['above'] + found['below']}",
                f"{found['reference_above']} of "
                f"{found['reference_above'] + found['reference_below']}",
                *(found[name] for name in _ENDS),
            )
            for found in rows
        ],
        columns=["Force", f"{worst}: {role}", f"{worst}: {reference}", "Odds ratio", "Low", "High"],
    )


def without_each_source(fit: SeverityFit, data: SeverityData) -> pd.DataFrame:
    """Return the primary result without each source in turn.

    Returns
    -------
    DataFrame
        ``Left out`` (the source, and the forces it tells of), ``Estimate, Low, High, Cases`` and
        notes, if any.
    """
    term = role_term(compared_roles(data)[0])
    frame = leave_one_out(fit.model, data, by="source")
    frame = frame[frame["term"].isin((term, ""))]
    table = _on_scale(frame, fit)[_ENDS].set_axis(["Estimate", "Low", "High"], axis=1)
    forces: dict[str, list[str]] = {}
    for group in data.groups:
        for source in group.sources:
            forces.setdefault(source, []).append(group.force)
    names = {source: f"{source} ({', '.join(found)})" for source, found in forces.items()}
    table.insert(0, "Left out", frame["left_out"].replace({"(none)": "nothing"} | names))
    table["Cases"] = frame["cases"].astype(int)
    table["Note"] = frame["reason"]
    return _noted(table.reset_index(drop=True))


def within_and_between(fit: SeverityFit, data: SeverityData) -> pd.DataFrame:
    """Return the effect within forces beside that of a force's composition.

    Where the two differ, forces with more cases of the role differ in something else too.

    Returns
    -------
    DataFrame
        ``Effect, Estimate, Low, High``, on the scale of the link.
    """
    role = compared_roles(data)[0]
    try:
        frame = within_between(fit.model, data, level=role, variable=ROLE)
    except ModelError as error:
        return pd.DataFrame([("not identified", str(error))], columns=["Effect", "Note"])
    names = {
        "within": "Within forces",
        "between": "Between forces, by their share of the role",
        "between - within": "Difference",
    }
    table = frame[_ENDS].set_axis(["Estimate", "Low", "High"], axis=1)
    table.insert(0, "Effect", frame["term"].map(names))
    return table


def proportional_odds(fit: SeverityFit) -> pd.DataFrame:
    """Return tests of effects that differ between thresholds or stretch the latent scale.

    Returns
    -------
    DataFrame
        ``Test, Against, Statistic, df, p value, Note``.
    """
    frame = fit.proportional_odds_tests()
    frame = frame[frame["term"] != "omnibus"]
    tests = {"brant": "Brant", "likelihood_ratio": "likelihood ratio", "score": "score"}
    kinds = {"nominal": "another effect at each threshold", "scale": "another spread by role"}
    return pd.DataFrame(
        {
            "Test": frame["test"].map(tests),
            "Against": frame["kind"].map(kinds),
            "Statistic": frame["statistic"],
            "df": frame["df"].map(lambda df: "" if pd.isna(df) else str(int(df))),
            "p value": frame["p_value"],
            "Note": frame["note"].map(lambda note: note.partition(";")[0]),
        }
    ).reset_index(drop=True)


def observed_and_expected(fit: SeverityFit, data: SeverityData) -> pd.DataFrame:
    """Return observed and expected counts of every statement: ``Force, Role, Outcome, …``.

    Expectations are averaged over the spread of the random intercept, given the cases by role.
    """
    frame = fit.expected_counts(data)
    rungs = set(data.ladder.ids)
    telling = frame["rungs"].map(lambda text: set(text.split("|")) < rungs)
    frame = frame[telling]
    roles = {role: data.roles.labels[role] for role in data.role_ids}
    return pd.DataFrame(
        {
            "Force": frame["force"],
            "Role": frame["roles"].map(lambda text: _labelled(text, roles)),
            "Outcome": frame["rungs"].map(lambda text: _labelled(text, data.ladder.labels)),
            "Observed": [
                str(low) if low == high else f"{low} to {high}"
                for low, high in zip(frame["n_low"], frame["n_high"], strict=True)
            ],
            "Expected": frame["expected"],
        }
    ).reset_index(drop=True)


def _labelled(text: str, labels: Mapping[str, str]) -> str:
    words = [labels[word] for word in text.split("|")]
    return "any" if len(words) > 1 and len(words) == len(labels) else " or ".join(words)


def tilts(fit: SeverityFit, data: SeverityData, values: Sequence[float] = TILTS) -> pd.DataFrame:
    """Return the primary result had outcomes been printed more readily the graver they are.

    Returns
    -------
    DataFrame
        ``Tilt``, and the interval on the scale of the primary result: ``Printed so for all roles,
        Only for the role compared``.
    """
    role = compared_roles(data)[0]
    term = role_term(role)
    columns = {"Tilt": [f"{value:+g}" if value else "0" for value in values]}
    for name, where in (
        ("Printed so for all roles", None),
        ("Only for the role compared", {ROLE: role}),
    ):
        frame = _on_scale(tilt_table(fit, term=term, values=values, where=where), fit)
        columns[name] = [
            f"{low:.2f} to {high:.2f}"
            for low, high in zip(frame["conf_low"], frame["conf_high"], strict=True)
        ]
    return pd.DataFrame(columns)


def tilt_that_turns(fit: SeverityFit, data: SeverityData) -> float | None:
    """Return the smallest tilt of the compared role alone that changes the conclusion, if any."""
    role = compared_roles(data)[0]
    frame = turning_point(fit, term=role_term(role), where={ROLE: role})
    found = frame["tilt"].dropna()
    return float(found.loc[found.abs().idxmin()]) if len(found) else None


def worst_case(data: SeverityData) -> pd.DataFrame:
    """Return bounds without any model: every open case may lie anywhere in its set.

    Returns
    -------
    DataFrame
        ``Share of the gravest outcome, Lowest, Highest``: by role, and the difference.
    """
    threshold = threshold_names(data.ladder.ids)[-1]
    role, reference = compared_roles(data)
    shares = worst_case_shares(data, threshold)
    difference = worst_case_difference(data, threshold, role, reference)
    labels = data.roles.labels
    names = [labels[level] for level in shares["level"]]
    rows = pd.concat([shares, difference], ignore_index=True)
    worst = data.ladder.labels[data.ladder.ids[-1]]
    table = pd.DataFrame(
        {
            f"Share: {worst}": [*names, f"{labels[role]} less {labels[reference]}"],
            "Lowest": rows["low"],
            "Highest": rows["high"],
            "Note": rows["note"],
        }
    )
    return _noted(table)


def spread(fit: SeverityFit, *, replications: int, seed: int) -> pd.DataFrame:
    """Return how much forces differ, on three scales, with intervals, and whether they do at all.

    Returns
    -------
    DataFrame
        ``Measure, Estimate, Low, High, Note``. Below twenty forces intervals and test are by
        parametric bootstrap.
    """
    frame = heterogeneity(fit, replications=replications, seed=seed)
    test = no_force_variation(fit, replications=replications, seed=seed).iloc[0]
    names = {
        "random_intercept_sd": "Standard deviation between forces",
        "intraclass_correlation": "Intraclass correlation on the latent scale",
        "median_odds_ratio": "Median odds ratio of two forces",
    }
    table = frame[_ENDS].set_axis(["Estimate", "Low", "High"], axis=1)
    table.insert(0, "Measure", frame["term"].map(names))
    table["Note"] = frame["note"].where(frame["note"] != "", frame["method"])
    said = f"p value {test['p_value']:.2f}, {test['method']}"
    last = pd.DataFrame([("Test of no difference", test["statistic"], np.nan, np.nan, said)])
    return pd.concat([table, last.set_axis(table.columns, axis=1)], ignore_index=True)


def with_national_totals(
    fit: SeverityFit,
    data: SeverityData,
    register: Register,
    *,
    not_concluded: Sequence[float] = NOT_CONCLUDED,
) -> pd.DataFrame:
    """Return the primary result with the national totals in the likelihood.

    The totals are the sum over all forces of their own counts, those of the fitted ones included;
    sizes that are not printed are shared out evenly.

    Parameters
    ----------
    fit : SeverityFit
    data : SeverityData
    register : Register
    not_concluded : sequence of float
        Shares of the cases elsewhere that had no outcome yet.

    Returns
    -------
    DataFrame
        ``Totals, Estimate, Low, High`` and notes, if any: without them first, then for each share.
    """
    term = role_term(compared_roles(data)[0])
    rows = [("left out of the likelihood", *_row(fit, fit, term), "")]
    if not register.study.analysis.nation:
        rows.append(("in the likelihood", np.nan, np.nan, np.nan, "the study has none"))
        not_concluded = ()
    for share in not_concluded:
        name = f"in the likelihood, {share:.0%} not concluded"
        try:
            total = national_total(register, data, not_concluded=share)
            augmented = augment(fit, data, [total], register=register)
            rows.append((name, *_row(augmented, fit, term), ""))
        except ModelError as error:
            rows.append((name, np.nan, np.nan, np.nan, str(error)))
    return _noted(pd.DataFrame(rows, columns=["Totals", "Estimate", "Low", "High", "Note"]))


def _noted(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table without its column of notes where there are none."""
    return table if (table["Note"] != "").any() else table.drop(columns="Note")


def _row(found: SeverityFit, fit: SeverityFit, term: str) -> tuple[float, float, float]:
    frame = found.coefficients
    row = _on_scale(frame[frame["term"] == term], fit).iloc[0]
    return float(row["estimate"]), float(row["conf_low"]), float(row["conf_high"])


def _on_scale(frame: pd.DataFrame, fit: SeverityFit) -> pd.DataFrame:
    """Return estimate and interval as odds ratios where the link has them."""
    if fit.model.link != "logit":
        return frame
    return frame.assign(**{name: np.exp(frame[name].astype(float)) for name in _ENDS})
