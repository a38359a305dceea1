"""The claims file of a study: ``claims.csv``, one row per published figure."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from foistats.claims.claim import FORCE, Claim
from foistats.claims.ledger_rules import check_claims, interval_of_row
from foistats.claims.measures import ALLOWED, HEADS, Measure, measure_of
from foistats.claims.wordings import (
    COMPARISONS,
    READINGS,
    ROUNDINGS,
    Defaults,
    Reading,
    number_of,
    reading_of,
)
from foistats.codebooks import ANY, JOIN
from foistats.errors import Finding, InvalidStudyError, UsageError
from foistats.layout import UNITS
from foistats.register import Register
from foistats.study import Study
from foistats.tables import Field, identifier, read_table, text, word

#: The name of the file in a study's folder.
FILE = "claims.csv"


@dataclass(frozen=True)
class Ledger:
    """The published figures of a study, in the order of the file."""

    claims: tuple[Claim, ...]

    def __getitem__(self, id: str) -> Claim:
        """Return the claim of that id."""
        return next(claim for claim in self.claims if claim.id == id)

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the claims, in order."""
        return tuple(claim.id for claim in self.claims)


def fields_of_claims(study: Study) -> dict[str, Field]:
    """Return what each column of a claims file may hold; those with a default may be absent."""
    number = Field(
        lambda found: found == "" or number_of(found) is not None,
        "a number such as 12 or 8.5, or empty",
    )
    return {
        "id": identifier(),
        "source": text(),
        "population": text(),
        "unit": word((*UNITS, FORCE)),
        "force": text(),
        "role": word(("", *study.roles.words), joined=True),
        "outcome": word(("", *study.outcomes.words), joined=True),
        "measure": Field(lambda found: measure_of(found) is not None, ALLOWED, HEADS),
        "comparison": word(COMPARISONS),
        "value": text(),
        "low": number,
        "high": number,
        "reading": Field(
            lambda found: reading_of(found) is not None, READINGS, (*ROUNDINGS, "exact", "strict")
        ),
        "wording": text(""),
        "trust": Field(
            lambda found: re.fullmatch(r"[0-9]{0,9}", found) is not None,
            "a whole number, higher for more trusted, or empty",
            default="",
        ),
    }


def has_claims(study: Study) -> bool:
    """Whether a study has a claims file."""
    return os.path.lexists(study.folder / FILE)


def read_ledger(register: Register, *, defaults: Defaults | None = None) -> Ledger:
    """Read and validate the claims file of a study.

    Parameters
    ----------
    register : Register
    defaults : Defaults, optional
        What a wording means where its reading does not say.

    Returns
    -------
    Ledger

    Raises
    ------
    UsageError
        If the study has no claims file.
    InvalidStudyError
        With every finding at once: file, row, column, what was found and what is allowed.
    """
    study = register.study
    if not has_claims(study):
        raise UsageError(f"{study.id} has no {FILE}, one row a figure (docs/claims.md)")
    label = study.label(FILE)
    rows, findings = read_table(study.folder / FILE, label, fields_of_claims(study))
    defaults = defaults or Defaults()
    if not findings:
        findings = [*_check_trust(register), *check_claims(register, rows, label, defaults)]
    if findings:
        raise InvalidStudyError(study.folder.name, findings)
    return Ledger(tuple(_claims(register, rows, defaults)))


def _check_trust(register: Register) -> Iterable[Finding]:
    known = set(register.sources["source"])
    for source in register.study.trusted_sources:
        if source not in known:
            file = register.study.label("study.toml")
            yield Finding(file, 0, "[claims] trust", source, "a source of sources.csv")


def _claims(register: Register, rows: pd.DataFrame, defaults: Defaults) -> Iterable[Claim]:
    order = register.study.trusted_sources
    trust = {source: len(order) - place for place, source in enumerate(order)}
    counted = _units(register, rows)
    for number, row in rows.iterrows():
        sources = tuple(row["source"].split(JOIN))
        measure = measure_of(row["measure"]) or Measure("outside")
        yield Claim(
            id=row["id"],
            row=int(number),
            sources=sources,
            population=row["population"],
            unit=counted[row["population"]] if row["unit"] == FORCE else row["unit"],
            force=() if row["force"] in ("", ANY) else tuple(row["force"].split(JOIN)),
            role=row["role"] or ANY,
            outcome=row["outcome"] or ANY,
            measure=measure,
            comparison=row["comparison"],
            value=row["value"],
            reading=reading_of(row["reading"]) or Reading(),
            interval=interval_of_row(row, measure, defaults),
            trust=int(row["trust"]) if row["trust"] else max(trust.get(s, 0) for s in sources),
            wording=row["wording"],
        )


def _units(register: Register, rows: pd.DataFrame) -> Mapping[str, str]:
    """Return the unit of the table that figures in forces speak of, by population.

    The survey's own unit; if it names none, the unit of most of its other claims; else cases.
    """
    units = dict(zip(register.surveys["survey"], register.surveys["unit"], strict=True))
    for population, claims in rows[rows["unit"] != FORCE].groupby("population"):
        if not units.get(population):
            units[population] = claims["unit"].value_counts().index[0]
    return {population: unit or UNITS[0] for population, unit in units.items()}
