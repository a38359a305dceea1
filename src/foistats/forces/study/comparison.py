"""A study's forces side by side: the counts of one survey over what could have been counted."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

from foistats.describe import spaced
from foistats.errors import NotIdentifiedError
from foistats.forces.columns import notes
from foistats.forces.comparable import Counts, comparable_counts
from foistats.forces.denominators.person_years import person_years
from foistats.forces.effects.fit import ForceEffects, force_effects
from foistats.forces.funnels.answer import Funnel
from foistats.forces.funnels.funnel import funnel
from foistats.forces.rates.crude import crude_rates
from foistats.forces.rates.direct import direct
from foistats.forces.rates.indirect import indirect
from foistats.forces.study.answers import answers
from foistats.forces.study.reference import WHOLE, WHOLE_ONLY, reference_rates
from foistats.forces.study.role_counts import role_counts
from foistats.forces.study.workforce import Reading, Workforce, read_workforce
from foistats.register import Register

NO_WORKFORCE = "the study has no workforce file"
NO_PERIOD = "the period has no stated beginning or end"
EVER = 10**6
"""More days than any period has: periods that reach too far are told by row, not refused."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """The forces of a study's primary survey, one row each, and what they are divided by.

    Attributes
    ----------
    register : Register
    reading : str
        The label of the reading of the workforce; empty where the study has none.
    forces : DataFrame
        Every force, with its count or why there is none (`foistats.forces.study.answers.answers`).
    years : DataFrame
        One row per force and role: ``force, stratum, period_start, period_end, person_years,
        held_days, broken, note``, over the force's own period and population: zero where its count
        does not cover the role, NaN, with a note, where it cannot be known.
    reference : DataFrame
        The reference rate of each role (`foistats.forces.study.reference.reference_rates`).
    without : str
        The force that the reference rates leave out; empty: none.
    per : float
        Person-years that rates refer to.
    level : float
        Of all intervals.
    """

    register: Register
    reading: str
    forces: pd.DataFrame
    years: pd.DataFrame
    reference: pd.DataFrame
    per: float
    level: float
    without: str = ""

    @property
    def label(self) -> str:
        """What distinguishes it from other comparisons of the same study."""
        without = f"rates without {self.without}" if self.without else ""
        return ", ".join(filter(None, [self.reading, without])) or "as stated"

    @property
    def external(self) -> bool:
        """Whether expected counts come from the printed total of the whole survey."""
        return bool(self.reference["method"].isin([WHOLE, WHOLE_ONLY]).all())

    @cached_property
    def counts(self) -> pd.DataFrame:
        """``force, unit, n_low, n_high``, one row per force."""
        return self.forces[["force", "unit", "n_low", "n_high"]]

    @cached_property
    def total_years(self) -> pd.DataFrame:
        """``force, person_years, note``, one row per force; a role unknown leaves it unknown."""
        whole = self.years.groupby("force", as_index=False)
        frame = whole["person_years"].agg(lambda found: found.sum(skipna=False))
        return frame.assign(note=whole["note"].agg(_joined)["note"])

    @cached_property
    def rates(self) -> pd.DataFrame:
        """Crude rates (`foistats.forces.rates.crude.crude_rates`)."""
        found = crude_rates(self.counts, self.total_years, per=self.per, level=self.level)
        return self._told(found)

    @cached_property
    def ratios(self) -> pd.DataFrame:
        """Observed over expected (`foistats.forces.rates.indirect.indirect`).

        Who has person-years of a role without a reference rate has no expected count.
        """
        reference = self.reference[["stratum", "unit", "rate"]]
        without = reference.loc[reference["rate"].isna(), "stratum"]
        years, reference = self._known_years, reference.fillna({"rate": 0.0})
        lost = years["stratum"].isin(without) & years["person_years"].ne(0)
        years = years.assign(person_years=years["person_years"].mask(lost))
        found = indirect(self.counts, years, reference, per=self.per, level=self.level)
        return self._told(found)

    @cached_property
    def direct(self) -> pd.DataFrame:
        """Directly standardised rates, or why there is none (`foistats.forces.rates.direct`)."""
        counts = role_counts(self.register, self.forces, list(self.reference["stratum"]))
        weights = self.reference[["stratum"]].assign(weight=self.reference["person_years"])
        weights["weight"] = weights["weight"].fillna(0)
        if not weights["weight"].sum():
            weights["weight"] = 1.0
        return direct(counts, self._known_years, weights, per=self.per, level=self.level)

    @cached_property
    def comparable(self) -> Counts:
        """The counts over their expected counts, for effects and ranks."""
        return comparable_counts(self.ratios)

    def funnel(
        self,
        kind: Literal["ratio", "rate"] = "ratio",
        *,
        scale: Literal["natural", "stabilised"] = "natural",
    ) -> Funnel:
        """Return the funnel of ratios against one, or of rates against the pooled rate.

        Ratios over expected counts that are those of the same forces have the pooled ratio as
        target, which is then one as well.
        """
        if kind == "rate":
            years = self.total_years[["force", "person_years"]]
            return funnel(self.counts, years, kind="rate", per=self.per, scale=scale)
        expected = self.ratios[["force", "expected"]]
        target: float | Literal["pooled"] = 1 if self.external else "pooled"
        return funnel(self.counts, expected, kind="ratio", target=target, scale=scale)

    def effects(self, mixing: str = "gamma") -> ForceEffects | str:
        """Return the distribution of the forces' relative rates, or why it is not identified."""
        try:
            return force_effects(self.comparable, mixing=mixing)
        except NotIdentifiedError as reason:
            return str(reason)

    @property
    def _known_years(self) -> pd.DataFrame:
        return self.years[["force", "stratum", "person_years"]]

    def _told(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Put in front of the notes why a force has no count, in place of "no count"."""
        own = self.forces.set_index("force")["note"].reindex(frame["force"]).to_numpy(dtype=object)
        rest = frame["note"].str.replace(r"^no count(; )?", "", regex=True).to_numpy(dtype=object)
        return frame.assign(note=notes((own != "", own), (rest != "", rest)))


def compare(
    register: Register,
    *,
    reading: str = "",
    without: str = "",
    per: float = 1000,
    level: float = 0.95,
) -> Comparison:
    """Return the forces of the primary survey side by side.

    Parameters
    ----------
    register : Register
    reading : str
        The label of a reading of the workforce; empty: the primary one.
    without : str
        A force that the reference rates leave out, if it has an exact count.
    per : float
        Person-years that rates refer to.
    level : float
        Of all intervals.

    Raises
    ------
    InvalidStudyError
        If a file or setting of the workforce is wrong, with every finding.
    UsageError
        If there is no such reading or no such count to leave out, or
        (`foistats.errors.OverlapError`) the survey counts a force twice.
    """
    workforce = read_workforce(register.study)
    forces = answers(register)
    chosen = workforce.reading(reading) if workforce else None
    years = _years(register, forces, workforce, chosen)
    reference = reference_rates(register, forces, years, without=without, per=per)
    label = chosen.label if chosen else ""
    return Comparison(register, label, forces, years, reference, per, level, without)


def readings(register: Register) -> tuple[str, ...]:
    """Return the labels of the workforce's readings, the primary one first; none without one."""
    workforce = read_workforce(register.study)
    return tuple(reading.label for reading in workforce.readings) if workforce else ()


def variants(comparison: Comparison) -> tuple[Comparison, ...]:
    """Return the comparison under other readings of the workforce and other reference rates.

    The last leaves out of the reference rates the force that the study leaves out first, if it
    names one with an exact count.
    """
    register = comparison.register
    per, level, own = comparison.per, comparison.level, comparison.reading
    others = [label for label in readings(register) if label != own]
    found = [compare(register, reading=label, per=per, level=level) for label in others]
    first = register.study.analysis.first_left_out
    exact = comparison.forces[comparison.forces["n_low"] == comparison.forces["n_high"]]
    if first in set(exact["force"]):
        found.append(compare(register, reading=own, without=first, per=per, level=level))
    return tuple(found)


def _years(
    register: Register, forces: pd.DataFrame, workforce: Workforce | None, reading: Reading | None
) -> pd.DataFrame:
    """Return person-years by force and role, over each force's own period and population."""
    roles = (
        reading.strata
        if reading
        else register.study.roles.grouping(register.study.analysis.roles).ids
    )
    frame = forces[["force", "population", "period_start", "period_end"]].merge(
        pd.DataFrame({"stratum": list(roles)}), how="cross"
    )
    if workforce is None or reading is None:
        return _unknown(frame, NO_WORKFORCE)
    stated = frame[["period_start", "period_end"]].ne("").all(axis=1)
    periods = frame.loc[stated, ["force", "period_start", "period_end"]].drop_duplicates()
    found = (
        person_years(
            workforce.snapshots,
            periods,
            strata=reading.strata,
            hold_days=EVER,
            breaks=workforce.breaks if len(workforce.breaks) else None,
        )
        if len(periods)
        else pd.DataFrame(columns=["force", "stratum", *KNOWN])
    )
    frame = frame.merge(found[["force", "stratum", *KNOWN]], on=["force", "stratum"], how="left")
    return _covered(frame, workforce)


KNOWN = ["person_years", "held_days", "broken", "note"]


def _covered(frame: pd.DataFrame, workforce: Workforce) -> pd.DataFrame:
    """Return person-years as far as a force's count covers the role and its period is covered."""
    covers = np.array([
        None if word not in workforce.populations else role in workforce.populations[word]
        for word, role in zip(frame["population"], frame["stratum"], strict=True)
    ], dtype=object)  # fmt: skip
    unstated = frame[["period_start", "period_end"]].eq("").any(axis=1).to_numpy()
    beyond = (frame["held_days"] > workforce.hold_days).to_numpy()
    unsaid = np.array([known is None for known in covers], dtype=bool)
    outside = np.array([known is False for known in covers], dtype=bool)
    words = [spaced(word) or "not stated" for word in frame["population"]]
    strange = [f"no person-years are set for the population: {text}" for text in words]
    own = frame["note"].fillna("").to_numpy(dtype=object)
    said = notes(
        (unstated, NO_PERIOD),
        (beyond, f"more than {workforce.hold_days} days beyond the snapshots"),
        (unsaid, np.array(strange, dtype=object)),
        ((own != "") & ~outside, own),
    )
    years = frame["person_years"].astype(float).to_numpy()
    years = np.where(outside, 0.0, np.where(unstated | beyond | unsaid, np.nan, years))
    broken = frame["broken"].fillna(False).to_numpy(dtype=bool) & ~outside
    frame = frame.assign(person_years=years, broken=broken, note=np.where(outside, "", said))
    return frame[["force", "stratum", "period_start", "period_end", *KNOWN]]


def _unknown(frame: pd.DataFrame, note: str) -> pd.DataFrame:
    columns = ["force", "stratum", "period_start", "period_end", *KNOWN]
    return frame.assign(person_years=np.nan, held_days=np.nan, broken=False, note=note)[columns]


def _joined(found: pd.Series) -> str:
    """Return what the notes of a force's roles say, each thing once."""
    return "; ".join(dict.fromkeys(part for note in found for part in note.split("; ") if part))
