"""Tables of the reports on forces, in the words of the study: alphabetical, never by a rate."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from foistats.describe import ANSWERS, number
from foistats.forces.columns import Array, notes
from foistats.forces.rates.strata import spread
from foistats.forces.study.comparison import Comparison

WIDE = 0.998
"""The level of the limits that name a force."""
BREAK = "break from"
"""How the note of person-years begins that names a known break."""


def row_of(frame: pd.DataFrame, force: str) -> pd.Series:
    """Return the one row of a force."""
    return frame[frame["force"] == force].iloc[0]


def nouns(comparison: Comparison) -> tuple[str, str]:
    """Return the headings of the columns of forces and of their counts."""
    words = comparison.register.study.words
    return heading(words["force"][0]), heading(words["case"][1])


def heading(word: str) -> str:
    """Return a noun as a heading: its first letter large, the others as the study writes them."""
    return word[:1].upper() + word[1:]


def counts_and_ratios(comparison: Comparison) -> pd.DataFrame:
    """Return every force with its count, its crude rate and its ratio, each with its interval.

    Returns
    -------
    DataFrame
        One row per force: the study's word for a force, its word for cases, ``Person-years, Rate,
        Rate from, Rate to, Expected, Ratio, Ratio from, Ratio to, Note``. Where the count is known
        as an interval so is the ratio, and the note gives it; where person-years are unknown, it
        gives the reason.
    """
    rates, ratios = comparison.rates, comparison.ratios
    force, cases = nouns(comparison)
    own = comparison.forces["note"].where(comparison.forces["n_low"].isna(), "")
    sized = rates["person_years"].notna()
    said = [
        note.removeprefix(why).removeprefix("; ")
        for note, why in zip(ratios["note"].where(sized, rates["note"]), own, strict=True)
    ]
    broken = comparison.total_years["note"].str.contains(BREAK, regex=False).to_numpy()
    return pd.DataFrame(
        {
            force: ratios["force"],
            cases: in_words(comparison),
            "Person-years": _whole(rates["person_years"]),
            "Rate": rates["estimate"],
            "Rate from": rates["conf_low"],
            "Rate to": _finite(rates["conf_high"]),
            "Expected": ratios["expected"],
            "Ratio": ratios["estimate"],
            "Ratio from": ratios["conf_low"],
            "Ratio to": _finite(ratios["conf_high"]),
            "Note": notes(
                (np.array([note != "" for note in said], dtype=bool), np.array(said, dtype=object)),
                (broken & sized.to_numpy(), "known break in its workforce"),
            ),
        }
    )


def in_words(comparison: Comparison) -> list[str]:
    """Return the count of every force in words: a number, an interval, or why there is none."""
    return [
        row.note if np.isnan(row.n_low) else number(int(row.n_low), int(row.n_high))
        for row in comparison.forces.itertuples()
    ]


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
    frame = comparison.direct
    study = comparison.register.study
    _, forces = study.words["force"]
    roles = study.roles.grouping(study.analysis.roles).labels
    rows = []
    for reason, group in frame[frame["estimate"].isna()].groupby("note", sort=True):
        said = _of_roles(str(reason).removeprefix("not possible: "), roles)
        rows.append((len(group), ", ".join(group["force"]), np.nan, np.nan, np.nan, said))
    known = frame[frame["estimate"].notna()]
    rows += [
        (1, row.force, row.estimate, row.conf_low, row.conf_high, "every role is printed")
        for row in known.itertuples()
    ]
    names = [heading(forces), "Which", "Rate", "Rate from", "Rate to", "Reason"]
    return pd.DataFrame(rows, columns=names)


def _of_roles(said: str, roles: Mapping[str, str]) -> str:
    """Return a reason that names roles by their ids with their labels."""
    names = "|".join(map(re.escape, roles))
    return re.sub(rf"\bof ({names})\b", lambda found: f"of {roles[found[1]]}", said)


def readings(comparisons: Sequence[Comparison]) -> pd.DataFrame:
    """Return the ratios under each reading of the workforce side by side.

    Returns
    -------
    DataFrame
        One row per force with a ratio under any reading: the force, and for each reading its ratio
        with the interval, in words, and its position against the wide exact limits.
    """
    force, _ = nouns(comparisons[0])
    found = pd.concat([one.ratios for one in comparisons])
    frame = pd.DataFrame({force: sorted(set(found.loc[found["conf_low"].notna(), "force"]))})
    for one in comparisons:
        at = one.funnel().positions(levels=[WIDE])
        told = one.ratios.merge(at[["force", "position"]], on="force").set_index("force")
        told = told.reindex(frame[force])
        label = one.reading or "as stated"
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


def unprinted(bounds: pd.DataFrame, force: str) -> pd.DataFrame:
    """Return what is known of forces without a count, in words.

    Parameters
    ----------
    bounds : DataFrame
        From `foistats.forces.study.unprinted.bounds`.
    force : str
        The heading of the column of forces.
    """
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
    said = frame.groupby("force")["note"].agg(
        lambda found: "; ".join(dict.fromkeys(p for n in found for p in n.split("; ") if p))
    )
    wide.insert(0, "Period", [_period(*ends) for ends in periods.to_numpy()])
    wide["Note"] = drop_shared(said).where(known, said)
    return wide.rename_axis(force).reset_index().rename_axis(columns=None)


def _period(start: str, end: str) -> str:
    return f"{start} to {end}" if start and end else "not stated"


def _whole(values: pd.Series) -> pd.Series:
    """Return numbers without decimals, missing ones as such."""
    return values.round(0).astype("Int64")


def p_words(values: pd.Series) -> list[str]:
    """Return p values in words: three decimals, those that would be zero as "below 0.001"."""
    return [
        "" if pd.isna(p) else "below 0.001" if p < 0.001 else f"{p:.3f}" for p in values.to_numpy()
    ]


def _finite(values: pd.Series) -> Array:
    """Return ends of intervals; an infinite one as missing, which tables show as empty."""
    return np.asarray(values.where(np.isfinite(values)))
