"""What a number is put down to, from what it was with the inputs mixed.

A part *moves* a number if the number is another one when that part alone is the later
version's (*alone*), or if it is another one when that part alone is still the earlier
version's (*last*). Where no part moves it alone and all of them do together, they move it
*only together*. What differs between a version and the same inputs run today is put down to
the environment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ENVIRONMENT = "environment"


@dataclass(frozen=True)
class Moves:
    """Whether a part moves a number; None where the run failed that would have told.

    Attributes
    ----------
    alone
        When it alone is the later version's.
    last
        When it alone was still the earlier version's.
    """

    alone: bool | None
    last: bool | None

    @property
    def any(self) -> bool:
        """Whether it moves the number, as far as is known."""
        return bool(self.alone) or bool(self.last)


@dataclass(frozen=True)
class Verdict:
    """What a number is put down to.

    Attributes
    ----------
    causes
        The parts that move it, and "environment".
    together
        The parts that move it only with another one that changed.
    interacts
        Whether a part moves it differently with the others changed and without.
    failed
        The runs that would have told more.
    words
        All of it in words.
    """

    causes: tuple[str, ...]
    together: tuple[str, ...] = ()
    interacts: bool = False
    failed: tuple[str, ...] = ()
    words: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {
            "causes": list(self.causes),
            "only_together": list(self.together),
            "interaction": self.interacts,
            "not_settled": list(self.failed),
            "words": self.words,
        }


def settled(
    moves: Mapping[str, Moves],
    *,
    moved: bool | None,
    surroundings: bool,
    failed: Sequence[str],
) -> Verdict:
    """Say what a number is put down to.

    Parameters
    ----------
    moves : mapping
        By part that changed between the versions, whether it moves the number.
    moved : bool or None
        Whether the number differs between the two versions run today; None where that is not
        known.
    surroundings : bool
        Whether it differs between a version and the same inputs run today.
    failed : sequence of str
        The runs that failed.
    """
    if moved is False:
        return Verdict((ENVIRONMENT,), words=ENVIRONMENT)
    causes = tuple(part for part, told in moves.items() if told.any)
    doubted = any(None in (told.alone, told.last) for told in moves.values())
    left = tuple(failed) if doubted or moved is None else ()
    if not causes:
        if left:
            return Verdict((), failed=left, words="not settled")
        return Verdict((ENVIRONMENT,), words=ENVIRONMENT)
    alone = [part for part in causes if moves[part].alone]
    together = tuple(part for part in causes if moves[part].alone is False)
    hidden = [part for part in alone if moves[part].last is False]
    words = _words([part for part in causes if part not in together], together)
    words += f" ({_listed(hidden)} only without the rest)" if hidden else ""
    words += ", and the environment" if surroundings else ""
    words += " (not all settled)" if left else ""
    more = (ENVIRONMENT,) if surroundings else ()
    return Verdict((*causes, *more), together, bool(together or hidden), left, words)


def _words(alone: Sequence[str], together: Sequence[str]) -> str:
    if not together:
        return _listed(alone)
    if not alone:
        return f"{_listed(together)} only together"
    return f"{_listed(alone)}; {_listed(together)} only with {'it' if len(alone) == 1 else 'these'}"


def _listed(words: Sequence[str]) -> str:
    head, tail = list(words[:-1]), list(words[-1:])
    return f"{', '.join(head)} and {tail[0]}" if head else "".join(tail)
