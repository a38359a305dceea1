"""Sentences of the reports on forces, in the words of the study.

Nothing is estimated here: numbers go into sentences by the ids of the values that a notebook
publishes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from foistats.describe import counted, noun
from foistats.forces.funnels.answer import Funnel
from foistats.forces.ranks.intervals import rank_intervals
from foistats.forces.study.comparison import Comparison
from foistats.forces.study.reasons import years
from foistats.forces.study.reference import POOLED, WHOLE
from foistats.forces.study.standing import Standing
from foistats.forces.study.tables import WIDE, row_of, shared
from foistats.publish import Worded
from foistats.publish.predicates import Predicate
from foistats.publish.wording import literal

HELD = "held "
"""How a note on person-years begins that names days without a snapshot on both sides."""
Values = dict[str, dict[str, Any]]
"""By the id of a value, what `foistats.publish.value` is given."""


def reference_in_words(comparison: Comparison) -> str:
    """Say what the reference rates are made from."""
    if comparison.reference["rate"].isna().all():
        return "Nothing can be expected, as no count is known together with its person-years."
    methods = set(comparison.reference["method"])
    cases = noun(comparison.register.study.words, "case")
    if methods == {POOLED}:
        return (
            f"Expected {cases} are those at the pooled rate of all with an exact count: no total "
            "of the whole survey can be divided, as none is printed or the person-years of some "
            "who answered are not known."
        )
    forces = noun(comparison.register.study.words, "force")
    by = "of each role" if methods == {WHOLE} else "of all roles alike, since no roles are printed"
    return (
        f"Expected {cases} are those at the rate {by} over the whole survey: the printed total, "
        f"{cases} without a stated role shared out like the rest, over the person-years of all who "
        f"answered, as far as their counts cover them. Any {forces} that "
        "refused are in neither."
    )


class Largest(NamedTuple):
    """The largest count of a survey, and what is left of it beside the size of its force.

    ``note``: of what it is a part. ``surely``: whether no other count in print can be larger.
    ``next``: the most that another can be, or surely is; None where there is no other.
    ``tied``: whether another is as large. ``years_known``: whether all forces' person-years are.
    """

    force: str
    cases: int
    note: str
    surely: bool
    next: int | None
    tied: bool
    share_of_years: float
    years_known: bool
    ratio: float
    conf_low: float
    conf_high: float
    rank_low: int
    rank_high: int
    forces: int


def largest(comparison: Comparison) -> Largest | None:
    """Return the force with the largest exact count; None where no ratio of it is known.

    Of several with the same count, the first in the alphabet.
    """
    frame = comparison.ratios.merge(comparison.total_years[["force", "person_years"]], on="force")
    known = frame[frame["estimate"].notna()]
    if known.empty:
        return None
    row = known.loc[known["n_low"].idxmax()]
    others = comparison.forces[comparison.forces["force"] != row["force"]]
    surely = not (others["n_high"] > row["n_low"]).any()
    rest = others["n_high"] if surely else known.loc[known["force"] != row["force"], "n_low"]
    ranks = rank_intervals(comparison.comparable, level=comparison.level)
    place = ranks[(ranks["force"] == row["force"]) & (ranks["kind"] == "pointwise")].iloc[0]
    return Largest(
        force=str(row["force"]),
        cases=int(row["n_low"]),
        note=str(row_of(comparison.forces, row["force"])["note"]),
        surely=surely,
        next=None if rest.isna().all() else int(rest.max()),
        tied=int((known["n_low"] == row["n_low"]).sum()) > 1,
        years_known=bool(frame["person_years"].notna().all()),
        share_of_years=float(row["person_years"] / frame["person_years"].sum()),
        ratio=float(row["estimate"]),
        conf_low=float(row["conf_low"]),
        conf_high=float(row["conf_high"]),
        rank_low=int(place["conf_low"]),
        rank_high=int(place["conf_high"]),
        forces=len(comparison.forces),
    )


def largest_values(comparison: Comparison) -> Values:
    """Return the values that `largest_in_words` names; none where no ratio is known."""
    found = largest(comparison)
    if found is None:
        return {}
    others: Values = {} if found.next is None else {"next_largest_count": {"number": found.next}}
    return others | {
        "largest_force": {"number": found.force},
        "largest_count": {"number": found.cases},
        "largest_share": {"number": 100 * found.share_of_years, "unit": "%", "digits": 0},
        "largest_ratio": {"number": found.ratio, "digits": 2},
        "largest_ratio_low": {"number": found.conf_low, "digits": 2},
        "largest_ratio_high": {"number": found.conf_high, "digits": 2},
        "largest_rank_low": {"number": found.rank_low},
        "largest_rank_high": {"number": found.rank_high},
        "interval_level": {"number": round(100 * comparison.level, 1), "unit": "%"},
    }


def largest_in_words(comparison: Comparison) -> str:
    """Say what the largest count comes to, by the ids of the values a notebook publishes."""
    words = comparison.register.study.words
    force, forces = noun(words, "force", 1), noun(words, "force")
    found = largest(comparison)
    if found is None:
        return f"No {force} with an exact count has a known size, so no count can be weighed."
    claim: Predicate
    if found.conf_low > 1:
        verdict, claim = "more than its size accounts for", ("largest_ratio_low", "more_than", 1)
    elif found.conf_high < 1:
        verdict, claim = "fewer than its size accounts for", ("largest_ratio_high", "fewer_than", 1)
    else:
        verdict = "no more and no fewer than its size accounts for, as far as one can tell"
        claim = ("largest_ratio", "no_difference", 1)
    first = f"Of the {forces} with an exact count and a known size, the largest count"
    which = "The largest count in print" if found.surely else first
    tied = ", among others" if found.tied else ""
    part = f" ({literal(found.note)})" if found.note else ""
    years = "person-years" if found.years_known else "person-years that are known"
    said = (
        f"{which}, {{largest_count}}{part}, is that of {{largest_force}}{tied}, which has "
        f"{{largest_share}} of the {years}. It is {{largest_ratio}} times what is expected of "
        f"a {force} of its size and composition ({{largest_ratio_low}} to {{largest_ratio_high}}, "
        f"the {{interval_level}} interval): {verdict}. By its ratio it may have any place from "
        f"{{largest_rank_low}} to {{largest_rank_high}} among the {{forces_all}} {forces}."
    )
    alone: Predicate = ("largest_count", "highest", ["next_largest_count"])
    most = "The largest count" if found.surely else "the largest count"
    return Worded(said, {most: alone if found.next is not None else None, verdict: claim})


def funnel_values(found: Funnel, standing: Standing) -> Values:
    """Return the values that `funnel_in_words` names."""
    at = found.positions(levels=[WIDE])["position"]
    pairs = standing.pairs()
    tested = pairs["method"].str.startswith("exact")
    numbers = {
        "above_wide": (at == "above").sum(),
        "below_wide": (at == "below").sum(),
        "pairs_with_counts": pairs["pairs_with_counts"].max(),
        "pairs_told_apart": pairs.loc[tested, "told_apart"].iloc[0],
    }
    values: Values = {"wide": {"number": round(100 * WIDE, 1), "unit": "%"}}
    values |= {id: {"number": int(n)} for id, n in numbers.items()}
    if not np.isfinite(found.dispersion.tau2):
        return values
    scales = (found, standing.comparison.funnel(scale="stabilised"))
    outside = [_outside_wider(one) for one in scales]
    values["outside_wider"] = {"number": counted(min(outside), max(outside))}
    values["true_spread"] = {"number": float(np.sqrt(found.dispersion.tau2)), "digits": 2}
    return values


def _outside_wider(found: Funnel) -> int:
    """Return how many lie outside the wide limits that allow true values to differ."""
    at = found.positions(levels=[WIDE], family="additive")["position"]
    return int(at.isin(["above", "below"]).sum())


def funnel_in_words(found: Funnel, standing: Standing, words: Mapping[str, tuple[str, str]]) -> str:
    """Say how many lie outside the limits of chance, and how many pairs can be told apart."""
    forces = noun(words, "force")
    if not np.isfinite(found.points["z_score"]).any():
        return f"No {forces} have both an exact count and a known size: none can be compared."
    wider = (
        " If true ratios themselves differ with a standard deviation of {true_spread}, as the "
        "scatter suggests, {outside_wider} lie outside, depending on the scale."
        if np.isfinite(found.dispersion.tau2)
        else ""
    )
    return (
        f"Of the {{forces_counted}} {forces} with a count, {{above_wide}} lie above the {{wide}} "
        f"limits of chance and {{below_wide}} below.{wider} Of {{pairs_with_counts}} pairs with "
        "two counts, {pairs_told_apart} can be told apart by exact tests, all pairs held together."
    )


def variants_values(comparison: Comparison, others: Sequence[Comparison]) -> Values:
    """Return the values that `variants_in_words` names; none without variants or ratios."""
    found = largest(comparison)
    if found is None or not others:
        return {}
    ratios = [row_of(one.ratios, found.force)["estimate"] for one in others]
    above = [
        int((one.funnel().positions(levels=[WIDE])["position"] == "above").sum()) for one in others
    ]
    if not np.isfinite(ratios).all():
        return {}
    return {
        "variant_ratio_least": {"number": float(min(ratios)), "digits": 2},
        "variant_ratio_most": {"number": float(max(ratios)), "digits": 2},
        "variant_above": {"number": counted(min(above), max(above))},
    }


def variants_in_words(comparison: Comparison, others: Sequence[Comparison]) -> str:
    """Say how far the result rests on the reading of the workforce and on one force's count."""
    if not variants_values(comparison, others):
        return "There is no other reading of the workforce or of the reference rates to compare."
    forces = noun(comparison.register.study.words, "force")
    without = [one.without for one in others if one.without]
    weighs = f" or leaves {literal(without[0])} out of the reference rates" if without else ""
    return (
        f"If one reads the workforce in another way{weighs}, the ratio of {{largest_force}} is "
        f"{{variant_ratio_least}} to {{variant_ratio_most}}, and {{variant_above}} {forces} lie "
        "above the limits."
    )


def notes_in_words(comparison: Comparison) -> str:
    """Say once what holds of every denominator."""
    parts = [part for part in shared(years(comparison)).split("; ") if part]
    if not parts:
        return "Notes are in the row they concern."
    said = [
        f"for {part.removeprefix(HELD)} the nearest headcount stands in"
        if part.startswith(HELD)
        else part
        for part in parts
    ]
    return f"Of all person-years: {literal('; '.join(said))}."


def _ratio_in_words(row: pd.Series) -> str:
    low, high = f"{row['estimate_low']:.2f}", f"{row['estimate_high']:.2f}"
    return low if low == high else f"{low} to {high}"


def together_values(found: pd.DataFrame, *, level: float = 0.95) -> Values:
    """Return the values that `together_in_words` names; none where nothing is known.

    Parameters
    ----------
    found : DataFrame
        From `foistats.forces.study.unprinted.together`.
    level : float
        Of its interval.
    """
    if found.empty or found["conf_low"].isna().iloc[0]:
        return {}
    row = found.iloc[0]
    return {
        "unprinted_forces": {"number": int(row["forces"])},
        "unprinted_count": {"number": counted(int(row["n_low"]), int(row["n_high"]))},
        "unprinted_expected": {"number": float(row["expected"]), "digits": 0},
        "unprinted_ratio": {"number": _ratio_in_words(row)},
        "unprinted_ratio_low": {"number": float(row["conf_low"]), "digits": 2},
        "unprinted_ratio_high": {"number": float(row["conf_high"]), "digits": 2},
        "unprinted_level": {"number": round(100 * level, 1), "unit": "%"},
    }


def together_in_words(found: pd.DataFrame, words: Mapping[str, tuple[str, str]]) -> str:
    """Say what is known of all who answered without a count in print."""
    if found.empty:
        return (
            f"No {noun(words, 'force')} answered without a count in print, or no total of the "
            "survey bounds them together."
        )
    if not together_values(found):
        return f"Nothing is known of all {noun(words, 'force')} without a count taken together."
    row = found.iloc[0]
    cases = noun(words, "case", int(row["n_low"]) if row["n_low"] == row["n_high"] else 2)
    if row["forces"] == 1:
        who, between = f"{{unprinted_forces}} {noun(words, 'force', 1)}", ""
    else:
        who, between = f"{{unprinted_forces}} {noun(words, 'force')}", " between them"
    return (
        f"The {who} that answered without a count in print had {{unprinted_count}} {cases}"
        f"{between}, of {{unprinted_expected}} expected: a ratio of {{unprinted_ratio}} "
        "({unprinted_ratio_low} to {unprinted_ratio_high}, the {unprinted_level} interval)."
    )
