"""What was found of one version: is it intact, does it follow, who signed it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from foistats.reports.verify import Inspection

if TYPE_CHECKING:
    from foistats.reports.replay.follows import Answer
    from foistats.reports.replay.signature import Signature

DIFFERS = "differs"
#: What is wrong with one version, and with several.
WORDS: Mapping[str, tuple[str, str]] = {
    DIFFERS: ("differs from its record", "differ from their records"),
    "does not follow": ("does not follow from its record", "do not follow from their records"),
    "cannot be checked": ("cannot be checked by running it again",) * 2,
    "signature none": ("is not signed", "are not signed"),
    "signature bad": (
        "is not signed by anybody you allow",
        "are not signed by anybody you allow",
    ),
    "signature cannot be checked": (
        "has a signature that cannot be checked",
        "have signatures that cannot be checked",
    ),
}


@dataclass(frozen=True)
class Review:
    """One version, reviewed.

    Attributes
    ----------
    series, version
        Which one.
    place
        The path it was named by; empty for one of the project.
    inspection
        Whether it is intact.
    answer
        Whether it follows; None if that was not asked.
    signature
        Who signed it; None if that was not asked.
    """

    series: str
    version: str
    place: str
    inspection: Inspection
    answer: Answer | None = None
    signature: Signature | None = None

    @property
    def name(self) -> str:
        """What it is called in a message."""
        return self.place or f"{self.series}@{self.version}"

    @property
    def is_intact(self) -> bool:
        """Whether every file and the chain are as recorded."""
        return not self.inspection.faults

    @property
    def verdict(self) -> str:
        """All answers in a few words, such as "intact, follows, signed"."""
        words = ["intact" if self.is_intact else "differs"]
        if self.answer is not None:
            words.append(self.answer.state)
        if self.signature is not None:
            said = {"good": "signed", "bad": "wrongly signed", "none": "not signed"}
            words.append(said.get(self.signature.state, "signature not checked"))
        return ", ".join(words)

    @property
    def complaints(self) -> tuple[str, ...]:
        """What is wrong with it, as keys of `WORDS`; none if all is well."""
        wrong = [] if self.is_intact else [DIFFERS]
        if self.answer is not None and self.answer.state in WORDS:
            wrong.append(self.answer.state)
        if self.signature is not None and not self.signature.is_good:
            wrong.append(f"signature {self.signature.state}")
        return tuple(wrong)

    @property
    def document(self) -> dict[str, Any]:
        """The review as JSON."""
        return {
            "series": self.series,
            "version": self.version,
            "place": self.place or None,
            "manifest": self.inspection.manifest,
            "intact": self.is_intact,
            "faults": list(self.inspection.faults),
            "notes": list(self.inspection.notes),
            "follows": None if self.answer is None else _answer(self.answer),
            "signature": None if self.signature is None else asdict(self.signature),
        }


def _answer(answer: Answer) -> Mapping[str, Any]:
    return {
        "state": answer.state,
        "reason": answer.reason or None,
        "seconds": round(answer.seconds, 2),
        "counts": answer.counts,
        "cells": answer.cells,
        "verdicts": [asdict(one) for one in answer.verdicts],
        "not_compared": list(answer.notes),
        "surroundings": [asdict(one) for one in answer.surroundings],
        "inputs_from": dict(answer.origins or {}),
    }
