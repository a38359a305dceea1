"""Published figures on trial: each against the register, all together, and what they imply."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import pandas as pd

from foistats.claims.assembly import Assembly, assemble
from foistats.claims.bounds import Range, range_of
from foistats.claims.claim import Claim
from foistats.claims.conflicts import Minimal, minimal_conflicts
from foistats.claims.consistent import least_trusted
from foistats.claims.grim import grim
from foistats.claims.implied import Implied, Remaining, implied
from foistats.claims.ledger import Ledger, read_ledger
from foistats.claims.problem import UnsettledError
from foistats.claims.tell import conflict_in_words, quantity_in_words, range_in_words
from foistats.claims.verdicts import DISAGREES, verdicts
from foistats.claims.wordings import ROUNDINGS, Defaults, number_of
from foistats.errors import UsageError, did_you_mean
from foistats.register import Register, read_register

#: The parts of the time up to which verdicts are worked out, and conflicts are searched.
JUDGE, SEARCH = 0.85, 0.87


@dataclass(frozen=True)
class Conflict:
    """Claims that cannot all be true, while any of them dropped the rest can."""

    ids: tuple[str, ...]
    words: str


@dataclass(frozen=True)
class Audit:
    """What was found about the published figures of a study.

    Attributes
    ----------
    ledger : Ledger
    verdicts : DataFrame
        One row per claim: ``id, claim, verdict, low, high, arithmetic, note``.
    possible : bool or None
        Whether all claims can be true together; None if that was not settled in time.
    reason : str
        Why it was not settled; else empty.
    conflicts : tuple of Conflict
        The minimal conflicting sets, smallest first.
    cut : str
        Why there may be more of them; empty if these are all.
    complete : int or None
        Every set of up to so many claims is among them; None if they are all there are.
    largest : int or None
        Of how many claims a set was allowed to be; None is any number.
    grim : DataFrame
        One row per printed percentage and printed total.
    left_out : mapping of str to str
        Claims that take no part in the conflicts, and why.
    """

    ledger: Ledger
    verdicts: pd.DataFrame
    possible: bool | None
    reason: str
    conflicts: tuple[Conflict, ...]
    cut: str
    complete: int | None
    largest: int | None
    grim: pd.DataFrame
    left_out: Mapping[str, str]
    _assembly: Assembly = field(repr=False)
    _remaining: Remaining = field(default_factory=dict, repr=False)

    @property
    def agrees(self) -> bool:
        """Whether all claims can be true together and none disagrees with the register."""
        return self.possible is True and not (self.verdicts["verdict"] == DISAGREES).any()

    def bounds(
        self,
        force: str | Iterable[str] = "any",
        role: str = "any",
        *,
        outcome: str = "any",
        measure: str = "count",
        population: str | None = None,
        unit: str | None = None,
        seconds: float = 10.0,
    ) -> Implied:
        """Return the least and greatest value of a quantity that the claims allow.

        Claims that conflict are taken from the most trusted to the least; one that cannot be true
        together with those before is set aside, and named.

        Parameters
        ----------
        force : str or iterable of str
            Forces and areas, several joined by ``|``.
        role, outcome : str
            Words of the codebooks joined by ``|``.
        measure : str
            As in a claims file: ``count``, ``share``, ``rank``, ``forces:at_most:10``, …
        population, unit : str, optional
            By default the study's primary survey and its unit.
        seconds : float
            How long it may take.

        Returns
        -------
        Implied
            ``low`` and ``high`` in the unit of the measure: cases, percent, places or forces.

        Raises
        ------
        UsageError
            If a word is not known.
        UnsettledError
            If it was not settled in time.
        """
        names = force.split("|") if isinstance(force, str) else list(force)
        return implied(
            self._assembly,
            [frozenset(conflict.ids) for conflict in self.conflicts],
            force=names,
            role=role,
            outcome=outcome,
            measure=measure,
            population=population,
            unit=unit,
            until=time.monotonic() + seconds,
            memory=self._remaining,
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the audit as plain values.

        Returns
        -------
        dict
            ``study``; ``claims`` (how many); ``possible`` (true, false or null) and ``reason``;
            ``agrees``; ``verdicts``, ``conflicts`` (``ids``, ``words``) and ``grim`` as lists of
            objects with the columns above as keys; ``cut``; ``complete``; ``left_out``
            (reasons by id).
        """
        return {
            "study": self._assembly.register.study.id,
            "claims": len(self.ledger.claims),
            "possible": self.possible,
            "reason": self.reason,
            "agrees": self.agrees,
            "verdicts": _records(self.verdicts),
            "conflicts": [{"ids": list(c.ids), "words": c.words} for c in self.conflicts],
            "cut": self.cut,
            "complete": self.complete,
            "grim": _records(self.grim),
            "left_out": dict(self.left_out),
        }


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    plain = frame.astype(object).where(frame.notna(), None)
    return [
        {str(k): v.item() if hasattr(v, "item") else v for k, v in row.items()}
        for row in plain.to_dict("records")
    ]


def audit_claims(
    study: Register | str | os.PathLike[str],
    *,
    about: float | str | None = None,
    rounding: str = "half_any",
    limit: int = 50,
    largest: int | None = None,
    seconds: float = 10.0,
) -> Audit:
    """Put the published figures of a study on trial.

    Parameters
    ----------
    study : Register, str or path
        A register, or a study as in `foistats.read_register`.
    about : number, optional
        The K of ``about`` and ``nearly`` where a claim's reading does not say; by default one
        percentage point, or a tenth of a number, of a count one at least.
    rounding : {"half_any", "half_up", "half_even"}
        The rule of rounding where a claim's reading does not say.
    limit : int
        How many conflicting sets to return at most.
    largest : int, optional
        Of how many claims a conflicting set may be. What is found up to a size does not depend on
        the time, as long as there is enough.
    seconds : float
        How long it may take in all: 85% at most for the verdicts, which come first,
        most of the rest for the conflicts.

    Returns
    -------
    Audit

    Raises
    ------
    UsageError
        If the study has no claims file, or a parameter is wrong.
    InvalidStudyError
        With every finding, if the study or its claims file is wrong.
    """
    start = time.monotonic()
    defaults = _defaults(about, rounding)
    if not seconds >= 0:
        raise UsageError(f"seconds is {seconds}; it is a number, zero or more")
    register = study if isinstance(study, Register) else read_register(study)
    ledger = read_ledger(register, defaults=defaults)
    assembly = assemble(register, ledger.claims)
    judged = verdicts(assembly, until=start + JUDGE * seconds)
    found = _search(assembly, limit, largest, start + SEARCH * seconds)
    reason = "" if found.sets else found.cut
    return Audit(
        ledger=ledger,
        verdicts=judged,
        possible=False if found.sets else None if found.cut else True,
        reason=reason,
        conflicts=tuple(_tell(assembly, some, start + seconds) for some in found.sets),
        cut=found.cut,
        complete=found.complete,
        largest=largest,
        grim=grim(assembly),
        left_out=assembly.left_out,
        _assembly=assembly,
    )


def _defaults(about: float | str | None, rounding: str) -> Defaults:
    if rounding not in ROUNDINGS:
        hint = did_you_mean(rounding, ROUNDINGS)
        raise UsageError(f"no rounding '{rounding}'; there are {', '.join(ROUNDINGS)}{hint}")
    width = None if about is None else number_of(str(about))
    if about is not None and width is None:
        raise UsageError(f"about is {about!r}; it is a number, zero or more")
    return Defaults(width, rounding)


def _search(assembly: Assembly, limit: int, largest: int | None, until: float) -> Minimal:
    """Return the minimal conflicting sets of all groups of claims, smallest first."""
    answers = [
        minimal_conflicts(
            assembly.problem(names),
            assembly.stages(names),
            limit=limit,
            until=until,
            again=assembly.possible,
            largest=largest,
        )
        for names in sorted(assembly.groups(), key=len)
    ]
    place = {name: position for position, name in enumerate(assembly.claims)}
    sets = [some for answer in answers for some in answer.sets]
    sets.sort(key=lambda some: (len(some), sorted(place[name] for name in some)))
    cuts = [answer.cut for answer in answers if answer.cut]
    complete = min((a.complete for a in answers if a.complete is not None), default=None)
    if len(sets) > limit:
        cuts.append(f"only the {limit} smallest sets are given")
        last = len(sets[limit]) - 1
        complete = last if complete is None else min(complete, last)
    cut = "; ".join(dict.fromkeys(cuts))
    if cut and complete is not None:
        cut += f"; {_completeness(complete)}"
    return Minimal(tuple(sets[:limit]), complete, cut)


def _completeness(complete: int) -> str:
    if complete < 1:
        return "others may be missing"
    claims = "one claim" if complete == 1 else f"up to {complete} claims"
    return f"all sets of {claims} were found; larger ones may be missing"


def _tell(assembly: Assembly, names: frozenset[str], until: float) -> Conflict:
    """Return a conflict in words, with what the others leave for its least trusted member."""
    ids = tuple(id for id in assembly.claims if id in names)
    study = assembly.register.study
    last = assembly.claims[least_trusted(assembly, ids)]
    others = [id for id in ids if id != last.id]
    explanation = ""
    left = _left_for(assembly, last, others, until) if others else None
    anything = (None, 100) if last.measure.is_share else (None,)
    if left is not None and (left.low or left.high not in anything):
        said = range_in_words(left.low, left.high)
        explanation = f" The others leave for {quantity_in_words(last, study)}: {said}."
    return Conflict(ids, conflict_in_words([assembly.claims[id] for id in ids], study, explanation))


def _left_for(assembly: Assembly, claim: Claim, others: list[str], until: float) -> Range | None:
    quantity = assembly.quantities.get(claim.id)
    if quantity is None or claim.interval is None:
        return None
    problem = assembly.problem(others, quantity)
    try:
        found = range_of(problem, others, quantity, until=until)
    except UnsettledError:
        return None
    if found is None or found.high is None:
        return found
    room = Fraction(problem.unknowns.room, 2)
    return Range(found.low, None) if found.high >= room else found
