"""Tables of the reports on forces, in the words of the study: alphabetical, never by a rate."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from foistats.describe import ANSWERS, ANSWERS_SHORT, heading, number, period_words, spaced
from foistats.forces.columns import Array, notes
from foistats.forces.rates.strata import spread
from foistats.forces.study.comparison import Comparison
from foistats.forces.study.reasons import no_direct, no_expected, years
from foistats.layout import UNLIMITED

WIDE = 0.998
"""The level of the limits that name a force."""
NO_RECORD = "no record"
"""What stands in place of the count of a force that nothing says was asked."""


def row_of(frame: pd.DataFrame, force: str) -> pd.Series:
    """Return the one row of a force."""
    return frame[frame["force"] == force].iloc[0]


def nouns(comparison: Comparison) -> tuple[str, str]:
    """Return the headings of the columns of forces and of their counts."""
    words = comparison.register.study.words
    return heading(words["force"][0]), heading(words["case"][1])


def counts_and_ratios(comparison: Comparison) -> pd.DataFrame:
    """Return every force with its count, its crude rate and its ratio, each with its interval.

    Returns
    -------
    DataFrame
        One row per force: the study's word for a force, its word for cases, ``Person-years, Rate,
        Rate from, Rate to, Expected, Ratio, Ratio from, Ratio to``, and ``Note`` if any row has
        one. Where the count is known as an interval so is the ratio; a count that is missing is the
        reason in short, one of a part says of what. The note says why there is no expected count,
        or that person-years draw on a series with a known break.
    """
    rates, ratios = comparison.rates, comparison.ratios
    force, cases = nouns(comparison)
    why = no_expected(comparison).loc[ratios["force"]].to_numpy()
    broken = comparison.years.groupby("force")["broken"].any().loc[ratios["force"]].to_numpy()
    said = notes((why != "", why), (broken & (why == ""), "known break in its workforce"))
    frame = pd.DataFrame(
        {
            force: ratios["force"],
            cases: _marked(comparison),
            "Person-years": _whole(rates["person_years"]),
            "Rate": rates["estimate"],
            "Rate from": rates["conf_low"],
            "Rate to": _finite(rates["conf_high"]),
            "Expected": ratios["expected"],
            "Ratio": ratios["estimate"],
            "Ratio from": ratios["conf_low"],
            "Ratio to": _finite(ratios["conf_high"]),
        }
    )
    return frame.assign(Note=said) if (said != "").any() else frame


def _marked(comparison: Comparison) -> list[str]:
    """Return the count of every force in words, of what it is a part, or in short why none."""
    said = []
    for row in comparison.forces.itertuples():
        if np.isnan(row.n_low):
            said.append(ANSWERS_SHORT.get(row.answer, NO_RECORD))
            continue
        count = number(int(row.n_low), int(row.n_high))
        if row.coverage == "part":
            covered = "" if row.n_high >= UNLIMITED else f": {spaced(row.population)}"
            count += f" (a part{covered})"
        said.append(count)
    return said


def shared(said: pd.Series) -> str:
    """Return what the notes of all rows say, as one text; empty if they share nothing."""
    parts = [set(note.split("; ")) for note in said]
    common = set.intersection(*parts) if parts else set()
    first = said.iloc[0].split("; ") if len(said) else []
    return "; ".join(part for part in first if part in common)


def drop_shared(said: pd.Series) -> pd.Series:
    """Return notes without what all of them say, which is said once (`shared`)."""
    common = set(shared(said).split("; "))
    return said.map(lambda note: "; ".join(p for p in note.split("; ") if p not in common))


def reference(comparison: Comparison) -> pd.DataFrame:
    """Return the reference rates: ``Role, Cases, Person-years, Rate, Forces, Note``."""
    frame = comparison.reference
    register = comparison.register
    roles = register.study.roles.grouping(register.study.analysis.roles).labels
    _, cases = nouns(comparison)
    role = heading(register.study.words["role"][0])
    return pd.DataFrame(
        {
            role: [roles.get(stratum, stratum) for stratum in frame["stratum"]],
            cases: frame["cases"],
            "Person-years": _whole(frame["person_years"]),
            "Rate": frame["rate"],
            heading(register.study.words["force"][1]): frame["forces"],
            "Note": np.where(frame["rate"].isna(), "no person-years are known", ""),
        }
    )


def why_not_direct(comparison: Comparison) -> pd.DataFrame:
    """Return directly standardised rates, or why there is none: as few force rows as say it.

    Returns
    -------
    DataFrame
        One row per reason, then one per force with a rate: ``Forces`` (how many), ``Which``,
        ``Rate, Rate from, Rate to, Reason``.
    """
    _, forces = comparison.register.study.words["force"]
    frame = comparison.direct.assign(
        reason=no_direct(comparison).loc[comparison.direct["force"]].to_numpy()
    )
    rows = []
    for reason, group in frame[frame["estimate"].isna()].groupby("reason", sort=True):
        rows.append((len(group), ", ".join(group["force"]), np.nan, np.nan, np.nan, reason))
    known = frame[frame["estimate"].notna()]
    rows += [
        (1, row.force, row.estimate, row.conf_low, row.conf_high, "every role is printed")
        for row in known.itertuples()
    ]
    names = [heading(forces), "Which", "Rate", "Rate from", "Rate to", "Reason"]
    return pd.DataFrame(rows, columns=names)


def readings(comparisons: Sequence[Comparison]) -> pd.DataFrame:
    """Return the ratios of several comparisons of one study side by side.

    Returns
    -------
    DataFrame
        One row per force with a ratio in any: the force, and for each comparison its ratio
        with the interval, in words, and its position against the wide exact limits.
    """
    force, _ = nouns(comparisons[0])
    found = pd.concat([one.ratios for one in comparisons])
    frame = pd.DataFrame({force: sorted(set(found.loc[found["conf_low"].notna(), "force"]))})
    for one in comparisons:
        at = one.funnel().positions(levels=[WIDE])
        told = one.ratios.merge(at[["force", "position"]], on="force").set_index("force")
        told = told.reindex(frame[force])
        label = one.label
        frame[f"Ratio, {label}"] = _with_interval(told)
        frame[f"Limits, {label}"] = told["position"].to_numpy()
    return frame.reset_index(drop=True)


def _with_interval(frame: pd.DataFrame) -> list[str]:
    return [
        "not known" if np.isnan(low) else f"{_two(ratio)} ({_two(low)} to {_two(high)})"
        for ratio, low, high in frame[["estimate", "conf_low", "conf_high"]].to_numpy(float)
    ]


def _two(value: float) -> str:
    if np.isnan(value):
        return "an interval"
    return f"{value:.2f}" if np.isfinite(value) else "no limit"


def unprinted(
    bounds: pd.DataFrame, force: str, *, claims: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return what is known of forces without a count, in words.

    Parameters
    ----------
    bounds : DataFrame
        From `foistats.forces.study.unprinted.bounds`.
    force : str
        The heading of the column of forces.
    claims : DataFrame, optional
        What all published figures imply (`foistats.forces.study.unprinted.by_claims`).
    """
    rows = () if claims is None else claims.itertuples()
    implied = {row.force: number(row.n_low, row.n_high) for row in rows}
    without = bounds["expected"].isna().to_numpy()
    said = bounds["note"].to_numpy(dtype=object)
    return pd.DataFrame(
        {
            force: bounds["force"],
            "Answer": [ANSWERS.get(answer, answer) for answer in bounds["answer"]],
            "Count": [
                number(low, high)
                for low, high in zip(bounds["n_low"], bounds["n_high"], strict=True)
            ],
            **(
                {"By all published figures": [implied.get(name, "") for name in bounds["force"]]}
                if implied
                else {}
            ),
            "Expected": bounds["expected"],
            "Ratio": [
                _bounded(*ends) for ends in bounds[["ratio_low", "ratio_high"]].to_numpy(float)
            ],
            "Note": notes((said != "", said), (without, "its size is not known")),
        }
    )


def _bounded(low: float, high: float) -> str:
    if np.isnan(low):
        return "not known"
    if np.isfinite(high):
        return f"{low:.1f} to {high:.1f}"
    return f"{low:.1f} or more" if low > 0 else "not bounded"


def person_years(comparison: Comparison) -> pd.DataFrame:
    """Return person-years by force and role with the breaks of the series they draw on."""
    force, _ = nouns(comparison)
    study = comparison.register.study
    roles = study.roles.grouping(study.analysis.roles).labels
    frame = comparison.years
    order = list(dict.fromkeys(frame["stratum"]))
    names = pd.Index(comparison.forces["force"])
    wide = spread(frame, "person_years", names, order).apply(_whole).rename(columns=roles)
    known = wide.notna().all(axis=1)
    periods = frame.groupby("force")[["period_start", "period_end"]].first()
    said = years(comparison).loc[names]
    wide.insert(0, "Period", [period_words(*ends) for ends in periods.loc[names].to_numpy()])
    wide["Note"] = drop_shared(said).where(known, said)
    return wide.rename_axis(force).reset_index().rename_axis(columns=None)


def _whole(values: pd.Series) -> pd.Series:
    """Return numbers without decimals, missing ones as such."""
    return values.round(0).astype("Int64")


def p_words(values: pd.Series) -> list[str]:
    """Return p values in words: three decimals, those that would be zero as "below 0.001"."""
    return [
        "" if pd.isna(p) else "below 0.001" if p < 0.001 else f"{p:.3f}" for p in values.to_numpy()
    ]


def chance_words(values: pd.Series) -> list[str]:
    """Return chances in words: two decimals, never zero or one; what is missing is empty."""
    return [
        "" if pd.isna(p) else "below 0.01" if p < 0.01 else "above 0.99" if p > 0.99 else f"{p:.2f}"
        for p in values.to_numpy(dtype=float)
    ]


def _finite(values: pd.Series) -> Array:
    """Return ends of intervals; an infinite one as missing, which tables show as empty."""
    return np.asarray(values.where(np.isfinite(values)))
