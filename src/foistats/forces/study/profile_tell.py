"""What is known of one force, as a sentence: never a place without its interval."""

from __future__ import annotations

import numpy as np
import pandas as pd

from foistats.describe import counted, noun, number
from foistats.forces.funnels.answer import Funnel
from foistats.forces.study.reasons import no_expected
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
    told: Values = {"force": {"number": force}}
    if row["note"]:
        told |= {"answer_note": {"number": str(row["note"])}}
    if np.isnan(row["n_low"]):
        known = row_of(bounds(comparison), force)
        return told | {"bounds": {"number": number(int(known["n_low"]), int(known["n_high"]))}}
    told |= {"count": {"number": counted(int(row["n_low"]), int(row["n_high"]))}}
    if not np.isfinite(ratio["conf_low"]):
        return told | {"no_ratio": {"number": no_expected(comparison)[force]}}
    return told | _of_ratio(ratio) | _of_place(standing, force)


def _of_ratio(ratio: pd.Series) -> Values:
    ends = {name: float(ratio[name]) for name in ("estimate", "conf_low", "conf_high")}
    ids = {"estimate": "ratio", "conf_low": "ratio_low", "conf_high": "ratio_high"}
    told: Values = {
        "expected": {"number": float(ratio["expected"]), "digits": 1},
        "wide": {"number": round(100 * WIDE, 1), "unit": "%"},
        "interval_level": {"number": round(100 * float(ratio["level"]), 1), "unit": "%"},
    }
    return told | {
        ids[name]: {"number": number, "digits": 2}
        for name, number in ends.items()
        if np.isfinite(number)
    }


def _of_place(standing: Standing, force: str) -> Values:
    place = standing.ranks[standing.ranks["force"] == force].set_index("kind").loc["pointwise"]
    return {
        "forces_all": {"number": len(standing.comparison.forces)},
        "place_low": {"number": int(place["conf_low"])},
        "place_high": {"number": int(place["conf_high"])},
    }


def in_words(standing: Standing, found: Funnel, force: str) -> str:
    """Say what is known of the force, by the ids of `values`."""
    comparison = standing.comparison
    if np.isnan(row_of(comparison.forces, force)["n_low"]):
        return f"{_without_count(standing, force)} Without a count it may have any place."
    if not np.isfinite(row_of(comparison.ratios, force)["conf_low"]):
        return (
            f"{_counted(standing, force)}. It has no ratio to an expected count: {{no_ratio}}. "
            "Without a ratio it may have any place."
        )
    return f"{_counted(standing, force)}, {_with_ratio(standing, found, force)}"


def _without_count(standing: Standing, force: str) -> str:
    comparison = standing.comparison
    cases = noun(comparison.register.study.words, "case")
    said = f"**{{force}}**: no count of {cases} in print ({{answer_note}})."
    if row_of(bounds(comparison), force)["n_high"] >= UNLIMITED:
        return f"{said} Nothing bounds it from above; {{bounds}} is all that is known."
    return f"{said} By the rest of the survey's total and what is described, it is {{bounds}}."


def _counted(standing: Standing, force: str) -> str:
    comparison = standing.comparison
    row = row_of(comparison.forces, force)
    part = " ({answer_note})" if row["note"] else ""
    number = int(row["n_low"]) if row["n_low"] == row["n_high"] else 2
    cases = noun(comparison.register.study.words, "case", number)
    return f"**{{force}}** had {{count}} {cases}{part}"


def _with_ratio(standing: Standing, found: Funnel, force: str) -> str:
    words = standing.comparison.register.study.words
    ratio = row_of(standing.comparison.ratios, force)
    if np.isfinite(ratio["estimate"]):
        ends = "is {ratio} ({ratio_low} to {ratio_high}, the {interval_level} interval)"
    elif np.isfinite(ratio["conf_high"]):
        ends = "lies between {ratio_low} and {ratio_high} (the {interval_level} interval)"
    else:
        ends = "is {ratio_low} or more (the {interval_level} interval)"
    position = row_of(found.positions(levels=[WIDE]), force)["position"]
    return (
        f"where {{expected}} were expected of a {noun(words, 'force', 1)} of its size and "
        f"composition: the ratio {ends}. {_POSITIONS[position]} By its ratio it may have any place "
        f"from {{place_low}} to {{place_high}} among the {{forces_all}} {noun(words, 'force')} "
        "(the {interval_level} interval of its place alone)."
    )
