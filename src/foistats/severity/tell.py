"""Tables and sentences of the severity report, in the words of the study.

Nothing is estimated here: frames get labels, and numbers go into sentences by the ids of the values
that a notebook publishes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from foistats.describe import number
from foistats.publish import Worded
from foistats.publish.predicates import Predicate
from foistats.severity.analysis import UNSETTLED, RoleEffect, value_id
from foistats.severity.engine.statements import ROLE
from foistats.severity.groups.cells import SeverityData
from foistats.severity.groups.identification import identifiability as identify
from foistats.severity.results import SeverityFit


def groups(data: SeverityData) -> pd.DataFrame:
    """Return which groups enter the fit: ``Group, Force, Cases, In the fit, Reason``."""
    flow = data.flow
    return pd.DataFrame(
        {
            "Group": flow["group"],
            "Force": flow["force"],
            "Cases": [
                number(low, high) if pd.notna(low) else "not known"
                for low, high in zip(flow["n_low"], flow["n_high"], strict=True)
            ],
            "Status": flow["status"],
            "Reason": flow["reason"],
        }
    )


def identifiability(data: SeverityData) -> pd.DataFrame:
    """Return what separates each threshold: ``Threshold, Role, Statements, Cases, Forces``."""
    table = identify(data.groups, data.ladder.ids, data.role_ids)
    roles = data.roles.labels
    return pd.DataFrame(
        {
            "Threshold": [_threshold(name, data.ladder.labels) for name in table["threshold"]],
            "Role": [roles.get(role, "all") for role in table["role"]],
            "Statements": table["statements"],
            "Cases": table["cases"],
            "Forces": table["forces"],
        }
    )


def _threshold(name: str, rungs: Mapping[str, str]) -> str:
    below, _, above = name.partition("|")
    return f"{rungs.get(below, below)} | {rungs.get(above, above)}" if above else name


def merges(merged: pd.DataFrame, data: SeverityData) -> str:
    """Say which thresholds were merged."""
    if merged.empty:
        return "No threshold had to be merged."
    names = "; ".join(name.replace("|", " and ").replace("_", " ") for name in merged["threshold"])
    ladder = " < ".join(data.ladder.labels.values())
    return f"Merged, because too few answers tell them apart: {names}. The ladder is {ladder}."


def limit(number: float) -> float | str:
    """Return an end of an interval, or the words for an infinite one."""
    return float(number) if np.isfinite(number) else "no limit"


def inside(label: str) -> str:
    """Return a label as it stands inside a sentence: without its capital, acronyms kept.

    Examples
    --------
    >>> inside("Cooks and GPs"), inside("GPs")
    ('cooks and GPs', 'GPs')
    """
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def role_effect(effect: RoleEffect, roles: Mapping[str, str], rests_on: Sequence[str]) -> str:
    """Say the primary result by the decision rule of the analysis plan.

    The first words name the forces without which the sentence would be another.
    """
    first = ""
    if rests_on:
        first = f"This does not hold {', '.join(map(inside, rests_on))}. "
    one, other = roles[effect.role], roles[effect.reference]
    claim: Predicate
    if effect.conclusion == UNSETTLED:
        words, claim = "do not settle whether", (effect.id, "no_difference", effect.null)
        said = f"The data {words} outcomes of {inside(one)} and {inside(other)} differ"
    else:
        words = f"{effect.conclusion} than"
        said = f"{one} had {words} {inside(other)}"
        above = effect.estimate > effect.null
        end, word = ("low", "more_than") if above else ("high", "fewer_than")
        claim = (f"{effect.id}_{end}", word, effect.null)
    measure = effect.measure.replace("_", " ")
    return Worded(
        f"{first}**{said}**: {measure} {{{effect.id}}}, {{level}} interval {{{effect.id}_low}} to "
        f"{{{effect.id}_high}}, from {{cases_known}} with an outcome that is known at least in "
        f"part, of {{cases_in_fit}} recorded in {{forces_in_fit}}.",
        {words: claim},
    )


def scale(effect: RoleEffect, roles: Mapping[str, str]) -> dict[str, Any]:
    """Return what a figure says of an effect's scale: ``measure``, ``against``, ``null``."""
    return {
        "measure": effect.measure.replace("_", " ").capitalize(),
        "against": inside(roles[effect.reference]),
        "null": effect.null,
    }


def worst_by_role(lists: pd.DataFrame, rung: str) -> pd.DataFrame:
    """Return the cases at a rung by role over all complete lists: ``role, n, of, force_list``."""
    top = lists[lists["rung"] == rung]
    forces = ", ".join(sorted(top["force"].unique()))
    sums = top.groupby("role", sort=False, as_index=False)[["n", "of"]].sum()
    return sums.assign(force_list=forces)


def worst_in_words(
    lists: pd.DataFrame, rung: str, roles: Mapping[str, str], rungs: Mapping[str, str]
) -> str:
    """Say numerator and denominator at a rung by role, by the ids of the published values."""
    table = worst_by_role(lists, rung)
    if table.empty:
        return "No answer prints role and outcome together for all its cases."
    said = [
        f"{{{value_id(rung, row.role)}}} of {{{value_id('of', row.role)}}} "
        f"among {inside(roles[row.role])}"
        for row in table.itertuples()
    ]
    return f"**{rungs[rung]}**: {', '.join(said)} ({table['force_list'].iloc[0]})."


def complete_lists(
    lists: pd.DataFrame, roles: Mapping[str, str], rungs: Mapping[str, str]
) -> pd.DataFrame:
    """Return the complete lists with a column per rung: ``Force, Role, …, All``."""
    if lists.empty:
        return pd.DataFrame(columns=["Force", "Role", *rungs.values(), "All"])
    wide = lists.pivot_table(
        index=["force", "role", "of"], columns="rung", values="n", sort=False
    ).reset_index()
    table = pd.DataFrame({"Force": wide["force"], "Role": wide["role"].map(roles)})
    for rung, label in rungs.items():
        table[label] = wide[rung].astype(int) if rung in wide else 0
    return table.assign(All=wide["of"].astype(int))


def estimates(fit: SeverityFit, roles: Mapping[str, str], rungs: Mapping[str, str]) -> pd.DataFrame:
    """Return coefficients and thresholds, labelled; a threshold has no test worth printing."""
    coefficients, thresholds = fit.coefficients.copy(), fit.thresholds.copy()
    reference, *others = fit.observations.points[ROLE].cat.categories
    coefficients["term"] = [f"{roles[role]} against {inside(roles[reference])}" for role in others]
    thresholds["term"] = [_threshold(name, rungs) for name in thresholds["term"]]
    columns = ["term", "estimate", "std_error", "conf_low", "conf_high"]
    return pd.concat([coefficients, thresholds], ignore_index=True)[columns]


def probabilities(
    fit: SeverityFit, roles: Mapping[str, str], rungs: Mapping[str, str]
) -> pd.DataFrame:
    """Return the probability of every outcome by role, integrated over forces, labelled."""
    frame = fit.probabilities()
    return pd.DataFrame(
        {
            "outcome": frame["rung"].map(rungs),
            "role": frame["role"].map(roles),
            **{name: frame[name] for name in ("estimate", "std_error", "conf_low", "conf_high")},
        }
    )


def conditional_modes(fit: SeverityFit) -> pd.DataFrame:
    """Return the random intercept of every force, in alphabetical order: it is no ranking."""
    frame = fit.conditional_modes().sort_values("force", ignore_index=True)
    return frame[["force", "cases", "estimate", "std_dev", "conf_low", "conf_high"]]


def random_intercept(fit: SeverityFit) -> str:
    """Say how much forces differ."""
    if fit.at_boundary:
        return Worded(
            "The standard deviation between forces is estimated as {random_intercept_sd}: the "
            "differences seen are no larger than chance would make them. Every force then has the "
            "same intercept in the model; that is no evidence that forces are alike.",
            {"no larger than chance": ("random_intercept_sd", "equals", 0)},
        )
    said = "The standard deviation between forces is estimated as {random_intercept_sd}"
    if fit.n_forces < FEW_FORCES:
        said += ", too low on average with so few forces"
    return said + "."


#: Below this many forces a standard deviation between them gets no Wald interval.
FEW_FORCES = 20


def turning(tilt: float | None, data: SeverityData) -> str:
    """Say at which tilt of the compared role the conclusion changes."""
    role = inside(data.roles.labels[data.role_ids[1]])
    if tilt is None:
        return f"No tilt of {role} alone from one to minus one changes the conclusion."
    return (
        f"The conclusion changes where outcomes of {role} alone are printed with a tilt of "
        "{turning_tilt}."
    )


def predicted(fit: SeverityFit, data: SeverityData, rungs: Mapping[str, str]) -> pd.DataFrame:
    """Return the predicted share of every outcome over the whole survey: ``rung, label, …``."""
    frame = fit.predicted_shares(data.shares(data.nation)).rename(columns={"term": "rung"})
    return frame.assign(label=frame["rung"].map(rungs))


def predicted_and_printed(predicted: pd.DataFrame, printed: pd.DataFrame) -> pd.DataFrame:
    """Return predicted beside printed shares, and whether the interval meets the printed range."""
    known = printed.set_index("rung")
    rows = []
    for row in predicted.itertuples():
        if row.rung in known.index:
            low, high = known.loc[row.rung, ["low", "high"]]
            said = f"{known.loc[row.rung, 'n_low']} to {known.loc[row.rung, 'n_high']} of "
            said += str(known.loc[row.rung, "of"])
            inside = "yes" if row.conf_low <= high and low <= row.conf_high else "no"
        else:
            said, inside = "not printed", "not testable"
        rows.append((row.label, row.estimate, row.conf_low, row.conf_high, said, inside))
    columns = ["Outcome", "Predicted", "Low", "High", "Printed", "Interval meets the printed range"]
    return pd.DataFrame(rows, columns=columns)


def variants(frame: pd.DataFrame, roles: Mapping[str, str]) -> pd.DataFrame:
    """Return variants of the result for readers; what is not identified says so in words."""
    reason = "not identified: " + frame["reason"]
    off_scale = frame["estimate"].isna() & (frame["reason"] == "")
    shown = frame["conclusion"].where(~off_scale, frame["conclusion"] + " (on a scale of its own)")
    table = pd.DataFrame(
        {
            "Variant": frame["label"],
            "Role": [roles.get(role, "") for role in frame["role"]],
            "Estimate": frame["estimate"],
            "Low": frame["conf_low"],
            "High": frame["conf_high"],
            "Conclusion": shown.where(frame["reason"] == "", reason),
        }
    )
    several = len(set(frame["role"]) - {""}) > 1
    return table if several else table.drop(columns="Role")
