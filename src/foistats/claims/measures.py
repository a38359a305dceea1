"""What a claim measures: the words of the column ``measure`` and what each needs.

===========================  ==================================================================
``count``                    cases of the force, role and outcome
``share``                    their percentage of the cases of that force and role, any outcome
``share:WORDS``              their percentage of those whose outcome is one of WORDS
``share_of_role:WORDS``      their percentage of the same force and outcome, role one of WORDS
``share_of_force:FORCES``    their percentage of the same role and outcome in FORCES
``ratio:ID``                 their number over the number of claim ID, no percentage
``rank``                     the place of the force by its count, 1 the highest
``forces``                   the number of forces that answered (also ``forces:answered``)
``forces:ANSWERS``           the number of forces whose answer is one of ANSWERS
``forces:at_most:K``         the number of answering forces whose count is at most K
``forces:at_least:K``        … at least K
``forces:between:A:B``       … from A to B
``outside``                  a figure about something else than the cases: kept, never checked
===========================  ==================================================================
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from foistats.codebooks import JOIN
from foistats.layout import ANSWERS

#: Answers after which a force has no cases in a survey's table.
NOT_ANSWERED = ("refused", "no_answer", "not_held")
#: What the column may hold, for a reader.
ALLOWED = (
    "count, share, share:WORDS, share_of_role:WORDS, share_of_force:FORCES, ratio:ID, rank, "
    "forces, forces:answered, forces:ANSWERS, forces:at_most:K, forces:at_least:K, "
    "forces:between:A:B, outside"
)
#: The first words of measures, for suggestions.
HEADS = (
    "count",
    "share",
    "share_of_role",
    "share_of_force",
    "ratio",
    "rank",
    "forces",
    "outside",
)
#: Kinds that are percentages.
SHARES = ("share", "share_of_role", "share_of_force")
_THRESHOLD = re.compile(r"(at_most|at_least):([0-9]{1,15})|between:([0-9]{1,15}):([0-9]{1,15})")


@dataclass(frozen=True)
class Measure:
    """What is measured.

    Attributes
    ----------
    kind : str
        ``count``, one of `SHARES`, ``ratio``, ``rank``, ``forces`` (by their count), ``answers``
        (by their answer) or ``outside``.
    words : str
        The words of the base of a share, the claim of a ratio, the answers; else empty.
    least, most : int or None
        For ``forces``: which counts are meant.
    """

    kind: str
    words: str = ""
    least: int | None = None
    most: int | None = None

    @property
    def is_share(self) -> bool:
        """Whether it is a percentage."""
        return self.kind in SHARES


def measure_of(text: str) -> Measure | None:
    """Return the measure that a text names; None if it names none.

    Examples
    --------
    >>> measure_of("forces:at_most:10").most
    10
    >>> measure_of("shares") is None
    True
    """
    head, colon, rest = text.partition(":")
    if head == "forces":
        return _of_forces(rest) if rest or not colon else None
    if head in ("count", "rank", "outside"):
        return None if colon else Measure(head)
    if head == "share" and not colon:
        return Measure(head)
    if head in (*SHARES, "ratio") and rest:
        return Measure(head, rest)
    return None


def _of_forces(rest: str) -> Measure | None:
    if rest in ("", "answered"):
        return Measure("answers", JOIN.join(word for word in ANSWERS if word not in NOT_ANSWERED))
    found = _THRESHOLD.fullmatch(rest)
    if found is None:
        known = all(word in ANSWERS for word in rest.split(JOIN))
        return Measure("answers", rest) if known else None
    kind, bound, least, most = found.groups()
    if kind == "at_most":
        return Measure("forces", most=int(bound))
    if kind == "at_least":
        return Measure("forces", least=int(bound))
    return Measure("forces", least=int(least), most=int(most)) if int(least) <= int(most) else None
