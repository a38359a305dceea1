"""Predicates over published values, as prose claims them: how they are written and read.

A predicate is a list: the id of a value, a comparison, and what it is compared with.

========================================  =====================================================
``[a, "higher_than", b]``                 above another value or a number; so ``more_than``
``[a, "lower_than", b]``                  below it; so ``fewer_than``
``[a, "at_least", b]``, ``at_most``       not below it, not above it
``[a, "equals", b]``                      the same number, text or truth value
``[a, "rounds_to", "12.3"]``              within half a unit of the last digit written
``[a, "about", b, K]``                    at most K away; without K a tenth of it, or one
                                          percentage point
``[a, "nearly", b, K]``                   below it, by K at most
``[a, "between", [b, c]]``                from one to the other, both included
``[a, "majority", b]``, ``most``          more than half of it
``[a, "plurality", [b, c]]``              none of them is more; so ``highest``
``[a, "lowest", [b, c]]``                 none of them is less
``[a, "nth_highest", [n, b, c]]``         at most n - 1 of them are more, and at least so many
                                          as much
``[a, "no_difference", 1]``               the interval from ``a_low`` to ``a_high`` contains it
``[a, "difference", 1]``                  the interval excludes it
``[a, "no_difference", b, K]``            at most K away from another value; ``difference``: not
========================================  =====================================================

In place of an id a number may stand. A value that is a range in words ("71 to 78", "5 or
more", and "no limit" for the end of an interval) counts as every number in it.

Comparisons are the words of the claims ledger, with the same meaning, and ``difference``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from foistats.comparisons import COMPARISONS, DIFFERENCE
from foistats.errors import UsageError, did_you_mean
from foistats.publish.ranges import NUMBER
from foistats.publish.wording import Scalar

Predicate = Sequence[Any]
Values = Mapping[str, Scalar]

WORDS = (*COMPARISONS, DIFFERENCE)
#: Comparisons with a list.
SEVERAL = ("between", "plurality", "highest", "lowest", "nth_highest")
#: Comparisons of an interval with a number.
INTERVALS = ("no_difference", DIFFERENCE)
_TOLERANT = ("about", "nearly", *INTERVALS)
_LISTS = {"between": [70, 80], "nth_highest": [2, "a", "b"]}


def named(predicate: Predicate) -> tuple[str, ...]:
    """Return the ids of the values that a predicate reads, in order.

    Examples
    --------
    >>> named(["a", "between", [1, "b"]]), named(["ratio", "difference", 1])
    (('a', 'b'), ('ratio_low', 'ratio_high'))
    """
    return tuple(dict.fromkeys(_ids(predicate)))


def claim_id(predicate: Predicate) -> str:
    """Return a name for what a predicate claims, made of its parts.

    Examples
    --------
    >>> claim_id(["staff_left", "higher_than", "officer_left"]), claim_id(["t", "at_most", -0.5])
    ('staff_left_higher_than_officer_left', 't_at_most_minus_0_5')
    """
    parts = " ".join(map(_plain, predicate)).lower()
    parts = re.sub(r"-(?=[0-9])", "minus ", parts)
    return re.sub(r"[^a-z0-9]+", "_", parts).strip("_")


def told(predicate: Predicate, values: Values) -> str:
    """Return a predicate with the numbers that its values have, for a message.

    Examples
    --------
    >>> told(["staff", "higher_than", "officers"], {"staff": 9, "officers": 10})
    'staff higher_than officers, where staff is 9 and officers is 10'
    """
    subject, word, *rest = predicate
    shown = " ".join(map(str, [subject, word, *(_plain(one) for one in rest)]))
    known = [f"{id} is {values.get(id, 'not published')}" for id in named(predicate)]
    where = " and ".join(filter(None, [", ".join(known[:-1]), *known[-1:]]))
    return f"{shown}, where {where}" if known else shown


def complete(predicate: Predicate, units: Mapping[str, str]) -> list[Any]:
    """Return a predicate as it is recorded: lists, and the K of ``about`` written out.

    Parameters
    ----------
    predicate : sequence
        As an author wrote it.
    units : mapping of str to str
        The unit of each published value: of a percentage K is one percentage point.

    Raises
    ------
    UsageError
        When it is none; the message says what is allowed.
    """
    if wrong := fault(predicate):
        raise UsageError(f"{predicate!r} is no predicate: {wrong}")
    subject, word, other, *rest = predicate
    if word in ("about", "nearly") and not rest and units.get(subject, "").startswith("%"):
        rest = [1]
    return [subject, word, list(other) if isinstance(other, tuple) else other, *rest]


def fault(predicate: Predicate) -> str:
    """Say what keeps a list from being a predicate; nothing if it is one."""
    if not isinstance(predicate, list | tuple) or not 3 <= len(predicate) <= 4:
        return (
            "write (id, comparison, what it is compared with), such as "
            "('staff_left', 'higher_than', 'officer_left')"
        )
    subject, word, other, *rest = predicate
    if word not in WORDS:
        meant = did_you_mean(str(word), WORDS)
        return f"there is no comparison {word!r}{meant}; allowed: {', '.join(WORDS)}"
    if rest and not (word in _TOLERANT and is_number(rest[0]) and rest[0] >= 0):
        return f"a fourth part is the K of {', '.join(_TOLERANT)}: a number, 0 or more"
    if word in INTERVALS and is_number(other) and (rest or not isinstance(subject, str)):
        return f"{word} of a number is about the interval of one id, from id_low to id_high"
    if word == "rounds_to":
        is_printed = isinstance(other, str) and re.fullmatch(NUMBER, other)
        return "" if is_printed else "rounds_to takes a number as it is written, such as '12.3'"
    if word in SEVERAL:
        least, most = (2, 2) if word == "between" else (2 if word == "nth_highest" else 1, math.inf)
        if not isinstance(other, list | tuple) or not least <= len(other) <= most:
            return f"{word} takes a list, such as {_LISTS.get(word, ['a', 'b'])}"
    operands = other if isinstance(other, list | tuple) and word in SEVERAL else [other]
    wrong = [one for one in (subject, *operands) if not _is_operand(one, word)]
    return f"{wrong[0]!r} is neither the id of a value nor a number" if wrong else ""


def _is_operand(found: Any, word: str) -> bool:
    if isinstance(found, bool):
        return word == "equals"
    return isinstance(found, str) or is_number(found)


def is_number(found: Any) -> bool:
    """Say whether something is a finite number, and no truth value."""
    if isinstance(found, bool) or not isinstance(found, int | float):
        return False
    return math.isfinite(found)


def _ids(predicate: Predicate) -> Iterator[str]:
    subject, word, other, *_ = predicate
    if word in INTERVALS and not isinstance(other, str):
        yield from (f"{subject}_low", f"{subject}_high")
        return
    operands = other if word in SEVERAL else [] if word == "rounds_to" else [other]
    yield from (one for one in (subject, *operands) if isinstance(one, str))


def _plain(part: Any) -> str:
    """Return a part of a predicate as it reads."""
    if isinstance(part, list | tuple):
        return f"[{', '.join(map(_plain, part))}]"
    is_whole = isinstance(part, float) and part.is_integer()
    return str(int(part) if is_whole else part)
