"""Why a force has no size, no ratio, no chance or no direct rate, for readers.

Reasons are made from what is known, in the words of the study; no text of a calculation is taken
apart for them.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from foistats.describe import number, spaced
from foistats.forces.columns import Array, notes, numbers
from foistats.forces.effects.fit import LEAST_FORCES
from foistats.forces.study.comparison import Comparison
from foistats.forces.study.role_counts import role_counts
from foistats.severity.tell import inside

NO_COVER = "its count covers nobody who could have been counted"
NO_RATE = "the rate of one of its roles is not known"
NONE_EXPECTED = "none are expected of it"
NO_CHANCE = "no chance is given without a count"
NO_CHANCE_UNSIZED = "no chance is given without a ratio"

_GROUPS = re.compile(r"(?<!\S)\w*_\w*(?=[,:])")
"""A group of the workforce by its id, where a note names it in front of what holds of it."""


def years(comparison: Comparison) -> pd.Series:
    """Return what a reader must know of each force's person-years, by force."""
    said = comparison.total_years.set_index("force")["note"]
    return said.map(lambda note: _GROUPS.sub(lambda found: spaced(found[0]), note))


def no_expected(comparison: Comparison) -> pd.Series:
    """Return why nothing can be expected of each force, by force; empty where something is."""
    size = comparison.total_years.set_index("force")["person_years"]
    expected = comparison.ratios.set_index("force")["expected"].reindex(size.index)
    said = years(comparison).replace("", "its size is not known")
    reasons = [
        (size.isna(), said),
        (size.eq(0), NO_COVER),
        (expected.isna(), NO_RATE),
        (expected.eq(0), NONE_EXPECTED),
    ]
    holds, texts = zip(*reasons, strict=True)
    return pd.Series(np.select(holds, texts, ""), index=size.index, dtype=object)


def no_chance(comparison: Comparison) -> pd.Series:
    """Return why no chance of a place is given of each force, by force; empty where one is.

    What a model predicts of a force without a ratio is the same of all of them, whatever else is
    known of it.
    """
    counts = comparison.comparable
    said = np.where(np.isnan(counts.low), NO_CHANCE, NO_CHANCE_UNSIZED)
    return pd.Series(np.where(counts.known, "", said), index=list(counts.forces), dtype=object)


def no_fit(comparison: Comparison) -> str:
    """Return why the distribution of true ratios is not identified, if it is not."""
    one, several = comparison.register.study.words["force"]
    known = int(comparison.comparable.known.sum())
    if known < LEAST_FORCES:
        return (
            f"{known} {one if known == 1 else several} with a ratio; the spread between "
            f"{several} needs at least {LEAST_FORCES}"
        )
    return (
        f"all {known} counts are zero, or may be; the mean ratio is then most likely zero and "
        "nothing is known about the spread"
    )


def no_direct(comparison: Comparison) -> pd.Series:
    """Return why no rate with everywhere the same roles is known of each force; empty where one is.

    Returns
    -------
    Series
        By force, what is missing of each role, joined by semicolons.
    """
    study = comparison.register.study
    labels = study.roles.grouping(study.analysis.roles).labels
    roles = list(comparison.reference["stratum"])
    forces = pd.Index(comparison.forces["force"])
    counts = role_counts(comparison.register, comparison.forces, roles)
    missing: list[tuple[Array, str | Array]] = []
    for role in roles:
        own = counts[counts["stratum"] == role].set_index("force").reindex(forces)
        time = comparison.years[comparison.years["stratum"] == role].set_index("force")
        size = numbers(time["person_years"].reindex(forces))
        low, high = numbers(own["n_low"]), numbers(own["n_high"])
        covered, label = size != 0, inside(labels.get(role, role))
        missing += [
            (~covered, f"its count covers no {label}"),
            (covered & np.isnan(low), f"no count of {label}"),
            (covered & (low < high), f"count of {label} known as an interval only"),
            (np.isnan(size), f"no person-years of {label}"),
        ]
    said = notes(*missing) if missing else np.full(len(forces), "", dtype=object)
    return pd.Series(said, index=forces, dtype=object)


def exactness(count: pd.Series, missing: str, *, exact: str = "exact interval") -> str:
    """Return what holds of a force's rate or ratio: why there is none, or of what it is.

    Parameters
    ----------
    count : Series
        ``n_low, n_high, note`` of the force (`foistats.forces.study.answers.answers`).
    missing : str
        Why it cannot be divided; empty if it can.
    exact : str
        What to say of a count that is one number.
    """
    if np.isnan(count["n_low"]):
        return str(count["note"])
    ends = int(count["n_low"]), int(count["n_high"])
    known = exact if ends[0] == ends[1] else f"count known as {number(*ends)}"
    return "; ".join(filter(None, [str(count["note"]), missing or known]))
