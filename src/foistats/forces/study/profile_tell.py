"""What is known of one force, as a sentence: never a place without its interval."""

from __future__ import annotations

import numpy as np

from foistats.describe import counted, noun, number
from foistats.forces.funnels.answer import Funnel
from foistats.forces.study.comparison import Comparison
from foistats.forces.study.standing import Standing
from foistats.forces.study.tables import WIDE, row_of
from foistats.forces.study.tell import Values
from foistats.forces.study.unprinted import bounds
from foistats.layout import UNLIMITED

_POSITIONS = {
    "above": "The count lies above the {wide} limits of chance.",
    "below": "The count lies below the {wide} limits of chance.",
    "inside": "The count lies within the {wide} limits of chance.",
    "undecided": "The count, known as an interval only, lies across a {wide} limit of chance.",
}


def values(standing: Standing, found: Funnel, force: str) -> Values:
    """Return the values that `in_words` names, as `foistats.publish.value` takes them."""
    comparison = standing.comparison
    row, ratio = row_of(comparison.forces, force), row_of(comparison.ratios, force)
    place = standing.ranks[standing.ranks["force"] == force].set_index("kind").loc["pointwise"]
    told: Values = {
        "force": {"number": force},
        "forces_all": {"number": len(comparison.forces)},
        "wide": {"number": round(100 * WIDE, 1), "unit": "%"},
        "place_low": {"number": int(place["conf_low"])},
        "place_high": {"number": int(place["conf_high"])},
        "interval_level": {"number": round(100 * comparison.level, 1), "unit": "%"},
    }
    if row["note"]:
        told |= {"answer_note": {"number": str(row["note"])}}
    if np.isnan(row["n_low"]):
        known = row_of(bounds(comparison), force)
        return told | {"bounds": {"number": number(int(known["n_low"]), int(known["n_high"]))}}
    told |= {"count": {"number": counted(int(row["n_low"]), int(row["n_high"]))}}
    if not np.isfinite(ratio["conf_low"]):
        return told | {"no_ratio": {"number": _no_ratio(comparison, force)}}
    told |= {
        "expected": {"number": float(ratio["expected"]), "digits": 1},
        "ratio_low": {"number": float(ratio["conf_low"]), "digits": 2},
    }
    high = float(ratio["conf_high"])
    return told | {"ratio_high": {"number": high, "digits": 2}} if np.isfinite(high) else told


def _no_ratio(comparison: Comparison, force: str) -> str:
    """Return why nothing is expected of a force: what is unknown of its person-years, if any."""
    years = row_of(comparison.total_years, force)
    known = row_of(comparison.ratios, force)["note"]
    return str(years["note"] if np.isnan(years["person_years"]) else known) or "its size is unknown"


def in_words(standing: Standing, found: Funnel, force: str) -> str:
    """Say what is known of the force, by the ids of `values`."""
    comparison = standing.comparison
    words = comparison.register.study.words
    place = (
        "By its ratio it may have any place from {place_low} to {place_high} among the "
        f"{{forces_all}} {noun(words, 'force')}."
    )
    if np.isnan(row_of(comparison.forces, force)["n_low"]):
        return f"{_without_count(standing, force)} {place}"
    return f"{_with_count(standing, found, force)} {place}"


def _without_count(standing: Standing, force: str) -> str:
    comparison = standing.comparison
    cases = noun(comparison.register.study.words, "case")
    said = f"**{{force}}**: no count of {cases} in print ({{answer_note}})."
    if row_of(bounds(comparison), force)["n_high"] >= UNLIMITED:
        return f"{said} Nothing bounds it from above; {{bounds}} is all that is known."
    return f"{said} By the rest of the survey's total and what is described, it is {{bounds}}."


def _with_count(standing: Standing, found: Funnel, force: str) -> str:
    comparison = standing.comparison
    words = comparison.register.study.words
    row, ratio = row_of(comparison.forces, force), row_of(comparison.ratios, force)
    part = " ({answer_note})" if row["note"] else ""
    cases = noun(words, "case", int(row["n_low"]) if row["n_low"] == row["n_high"] else 2)
    said = f"**{{force}}** had {{count}} {cases}{part}"
    if not np.isfinite(ratio["conf_low"]):
        return f"{said}. What to expect of it is not known: {{no_ratio}}."
    ends = "lies between {ratio_low} and {ratio_high}"
    if not np.isfinite(ratio["conf_high"]):
        ends = "is {ratio_low} or more"
    position = row_of(found.positions(levels=[WIDE]), force)["position"]
    return (
        f"{said}, where {{expected}} were expected of a {noun(words, 'force', 1)} of its size and "
        f"composition: the ratio {ends} (its {{interval_level}} interval). {_POSITIONS[position]}"
    )
