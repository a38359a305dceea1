"""What a report shows of the places of forces: every number with its uncertainty."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from foistats.forces.columns import notes
from foistats.forces.study.reasons import exactness, no_chance, no_expected
from foistats.forces.study.standing import Standing
from foistats.forces.study.tables import chance_words, nouns, p_words


def shrunken(standing: Standing) -> pd.DataFrame:
    """Return ratios as observed and as shrunken: one row per force, in alphabetical order.

    Returns
    -------
    DataFrame
        The force, ``Ratio`` (empty without an exact count), ``Shrunken ratio, From, To, Note``; a
        row with the reason where there is no fit.
    """
    force, _ = nouns(standing.comparison)
    forces = standing.comparison.register.study.words["force"][1]
    if standing.fit is None:
        return pd.DataFrame({"Reason": [standing.reason]})
    frame = standing.shrunken
    exact = frame["crude_low"] == frame["crude_high"]
    comparison = standing.comparison
    why = no_expected(comparison)
    counted = comparison.forces.set_index("force").loc[frame["force"]]
    own = np.array([exactness(row, why[name], exact="") for name, row in counted.iterrows()])
    return pd.DataFrame(
        {
            force: frame["force"],
            "Ratio": frame["crude_low"].where(exact),
            "Shrunken ratio": frame["estimate"],
            "From": frame["conf_low"],
            "To": frame["conf_high"],
            "Note": notes(
                (own != "", own),
                (~comparison.comparable.known, f"predicted from the other {forces}"),
            ),
        }
    )


def shrunken_lines(standing: Standing) -> pd.DataFrame:
    """Return shrunken ratios for a figure, in the order of `Standing.order`.

    What is predicted of those without a ratio is the same of each, so they share the last row.

    Returns
    -------
    DataFrame
        ``force, estimate, conf_low, conf_high, level, kind``: with a ratio, or predicted from the
        others.
    """
    columns = ["force", "estimate", "conf_low", "conf_high", "level", "kind"]
    frame = standing.shrunken
    if frame.empty:
        return pd.DataFrame(columns=columns)
    known = np.array(standing.comparison.comparable.known)
    kinds = np.where(known, "with a ratio", "without: predicted from the others")
    frame = frame.assign(kind=kinds).set_index("force").loc[standing.order].reset_index()
    last = frame[frame["kind"] == kinds[~known][0]] if (~known).any() else frame[:0]
    shared = last[:1].assign(force=f"each of the {len(last)} without a ratio")
    frame = pd.concat([frame[: len(frame) - len(last)], shared], ignore_index=True)
    return frame[columns]


def ranks(standing: Standing) -> pd.DataFrame:
    """Return the places of every force, in alphabetical order.

    Returns
    -------
    DataFrame
        The force, ``Observed place`` among those with a count, ``Its place alone`` (the pointwise
        interval), ``All places together`` (the simultaneous one), where there is a fit the
        probabilities of the highest and of the ``top`` highest places in words, and ``Note``: why
        there is none.
    """
    force, _ = nouns(standing.comparison)
    counted = standing.comparison.forces["n_low"].notna()
    missing = np.where(counted, "not known", "no count")
    alone, together = (
        standing.ranks[standing.ranks["kind"] == kind].set_index("force")
        for kind in ("pointwise", "simultaneous")
    )
    frame = pd.DataFrame(
        {
            force: alone.index,
            "Observed place": [
                _between(low, high) if pd.notna(low) else why
                for low, high, why in zip(
                    alone["observed_low"], alone["observed_high"], missing, strict=True
                )
            ],
            "Its place alone": [_between(*e) for e in alone[["conf_low", "conf_high"]].to_numpy()],
            "All places together": [
                _between(*ends) for ends in together[["conf_low", "conf_high"]].to_numpy()
            ],
        }
    )
    return _with_chances(standing, frame, force)


def _with_chances(standing: Standing, frame: pd.DataFrame, force: str) -> pd.DataFrame:
    """Return a table with the chances of the highest places, or why there are none."""
    if standing.probabilities.empty:
        return frame.assign(Note=f"no chances: {standing.reason}")
    why = no_chance(standing.comparison).loc[frame[force]]
    chances = standing.probabilities.set_index("force").loc[frame[force]]
    chances = chances.where(why.eq(""))
    frame["P(highest)"] = chance_words(chances["highest"])
    if standing.top > 1:
        frame[f"P({standing.top} highest)"] = chance_words(chances["top"])
    return frame.assign(Note=why.to_numpy())


def rank_lines(standing: Standing) -> pd.DataFrame:
    """Return the intervals of places for a figure, in the order of `Standing.order`."""
    columns = ["force", "kind", "observed_low", "observed_high", "conf_low", "conf_high", "level"]
    frame = standing.ranks[columns]
    place = {force: number for number, force in enumerate(standing.order)}
    return frame.assign(order=frame["force"].map(place)).sort_values(
        ["order", "kind"], ignore_index=True
    )[columns]


def pairs(standing: Standing) -> pd.DataFrame:
    """Return how many pairs can be told apart: ``Method, Pairs, With two counts, Told apart``."""
    frame = standing.pairs()
    return pd.DataFrame(
        {
            "Method": frame["method"],
            "Pairs": frame["pairs"],
            "With two counts": frame["pairs_with_counts"],
            "Told apart": frame["told_apart"],
        }
    )


def spreads(frame: pd.DataFrame) -> pd.DataFrame:
    """Return how much true ratios differ, for readers, from `standing.spreads`."""
    terms = {"mean": "mean ratio", "spread": "spread of the ratios"}
    endless = np.isinf(frame["conf_high"].astype(float).to_numpy())
    said = frame["note"].fillna("").to_numpy(dtype=object)
    return pd.DataFrame(
        {
            "Distribution": frame["distribution"],
            "Quantity": frame["term"].map(terms),
            "Estimate": frame["estimate"],
            "From": frame["conf_low"],
            "To": frame["conf_high"].where(np.isfinite(frame["conf_high"].astype(float))),
            "p value of none": p_words(frame["p_value"]),
            "Note": notes((said != "", said), (endless, "no upper end found")),
        }
    )


def _between(low: Any, high: Any) -> str:
    return f"{int(low)}" if low == high else f"{int(low)} to {int(high)}"
