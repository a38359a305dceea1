"""Severity by force, and severity against volume: estimates, or why there are none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from foistats.describe import heading, noun, number
from foistats.errors import ModelError
from foistats.forces.joint.answer import COLUMNS, severity_and_volume
from foistats.forces.study.comparison import Comparison
from foistats.publish.wording import literal
from foistats.register import Register
from foistats.severity.analysis import fit_severity
from foistats.severity.groups.cells import IN_THE_FIT, selection, severity_data
from foistats.severity.groups.ladders import merged
from foistats.severity.results import SeverityFit
from foistats.severity.tell import conditional_modes


@dataclass(frozen=True, eq=False)
class Severity:
    """The random intercepts of a study's severity model.

    Attributes
    ----------
    fit : SeverityFit or None
        None where the register does not identify the model.
    reason : str
        Why there is no fit; empty where there is one.
    modes : DataFrame
        One row per force in the fit, the most severe first: ``force, cases, estimate, std_dev,
        conf_low, conf_high``; empty without a fit.
    flow : DataFrame
        What became of every group of cases (`foistats.severity.groups.cells.selection`).
    """

    fit: SeverityFit | None
    reason: str
    modes: pd.DataFrame
    flow: pd.DataFrame

    @property
    def level(self) -> float | None:
        """Of the intervals of the intercepts."""
        return None if self.fit is None else self.fit.model.level


def severity(register: Register) -> Severity:
    """Return how severe each force's outcomes were, given the roles, as far as answers allow it."""
    flow = selection(register)
    try:
        data, _ = merged(severity_data(register))
        fit = fit_severity(data)
        modes = conditional_modes(fit)
    except ModelError as reason:
        columns = ["force", "cases", "estimate", "std_dev", "conf_low", "conf_high"]
        return Severity(None, str(reason), pd.DataFrame(columns=columns), flow)
    return Severity(fit, "", modes.sort_values("estimate", ascending=False), flow)


def cases_in_fit(found: Severity, register: Register) -> pd.DataFrame:
    """Return whose answers are in the fit: another survey or unit than the counts, at times.

    Returns
    -------
    DataFrame
        One row per group of cases: the study's word for a force, ``Survey, Unit``, its cases.
    """
    fitted = found.flow[found.flow["status"] == IN_THE_FIT]
    groups = register.groups.set_index("group").loc[fitted["group"]]
    titles = register.surveys.set_index("survey")["title"]
    words = register.study.words
    ends = zip(fitted["n_low"], fitted["n_high"], strict=True)
    return pd.DataFrame(
        {
            heading(words["force"][0]): fitted["force"].to_numpy(),
            "Survey": groups["survey"].map(titles).to_numpy(),
            "Unit": groups["unit"].to_numpy(),
            heading(words["case"][1]): [number(int(low), int(high)) for low, high in ends],
        }
    )


def against_volume(found: Severity, comparison: Comparison) -> pd.DataFrame:
    """Return the correlation of severity and volume, or why there is none.

    Returns
    -------
    DataFrame
        One row (`foistats.forces.joint.answer.severity_and_volume`).
    """
    if found.fit is None:
        return pd.DataFrame([{"term": "correlation", "note": found.reason}]).reindex(
            columns=COLUMNS
        )
    return severity_and_volume(found.fit, comparison.comparable, level=comparison.level)


def in_words(found: Severity, words: Mapping[str, tuple[str, str]]) -> str:
    """Say of how many forces severity is known, or why of none."""
    forces = noun(words, "force", len(found.modes))
    if found.fit is None:
        return f"Severity by {noun(words, 'force', 1)} is not known: {literal(found.reason)}."
    return f"The model has {len(found.modes)} {forces}; of no other are outcomes known well enough."
