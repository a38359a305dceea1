"""What prose claims of published values must be true of them when it is published.

The claims are predicates (`foistats.publish.predicates`). Whoever compares versions asks
`holds` of the values that either recorded; nothing here needs more than Python's own library.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from foistats.comparisons import DIFFERENCE, DOWNWARDS, UPWARDS
from foistats.errors import ReportError, UsageError
from foistats.publish.predicates import (
    INTERVALS,
    SEVERAL,
    Predicate,
    Values,
    fault,
    is_number,
    named,
    told,
)
from foistats.publish.ranges import (
    Range,
    above,
    equal,
    every,
    exactly,
    in_words,
    near,
    not_below,
    opposite,
    rounded,
    within,
)

__all__ = ["Worded", "holds", "named", "refuse_false", "told"]


_ABOVE = ("more_than", "higher_than")
_BELOW = ("fewer_than", "lower_than")
_HALF = ("majority", "most")
#: Comparisons whose words cannot be those of the other side.
_UP = (*_ABOVE, *_HALF, "at_least", "highest", "plurality")
_DOWN = (*_BELOW, "at_most", "nearly", "lowest")
_NEGATED = re.compile(r"\b(?:no|not|never|none|neither|nor|cannot|hardly)\b", re.IGNORECASE)

_NO_LIMIT = "no limit"


class Worded(str):
    """A text for `foistats.publish.say` that carries what its words claim.

    Attributes
    ----------
    claims : mapping of str to sequence
        Words of the text, and the predicate that each claims, as `foistats.publish.say` takes
        them.
    """

    claims: Mapping[str, Predicate | None]

    def __new__(cls, text: str, claims: Mapping[str, Predicate | None]) -> Worded:
        """Make a text with its claims."""
        made = super().__new__(cls, text)
        made.claims = dict(claims)
        return made


def holds(predicate: Predicate, values: Values) -> bool | None:
    """Say whether a predicate is true of published values.

    Parameters
    ----------
    predicate : sequence
        As the module describes it.
    values : mapping of str to bool, int, float or str
        The values by id, as recorded.

    Returns
    -------
    bool or None
        None where it cannot be judged: a value is missing, is a text without a number, or is a
        range that leaves it open; and where the predicate is none.

    Examples
    --------
    >>> holds(["staff", "higher_than", "officers"], {"staff": 9, "officers": 10})
    False
    >>> holds(["ratio", "no_difference", 1], {"ratio_low": 0.8, "ratio_high": "no limit"})
    True
    >>> holds(["cases", "more_than", 75], {"cases": "71 to 78"}) is None
    True
    """
    if fault(predicate):
        return None
    subject, word, other, *rest = predicate
    if word == "equals" and (same := _same_words(subject, other, values)) is not None:
        return same
    if word in INTERVALS:
        found = _no_difference(subject, other, rest, values)
        return opposite(found) if word == DIFFERENCE else found
    one = _range(subject, values)
    if one is None:
        return None
    if word in SEVERAL:
        return _among(one, word, other, values)
    if word == "rounds_to":
        return within(one, rounded(other))
    compared = _range(other, values)
    if compared is None:
        return None
    return _PAIRS[word](one, compared, _width(rest, compared))


def refuse_false(words: str, predicate: Predicate, values: Values) -> None:
    """Raise where a claim does not hold, or its words are those of the other side.

    Raises
    ------
    ReportError
        With the values, when it is false or cannot be judged.
    UsageError
        When the words say more and the predicate less, or the other way round.
    """
    word = predicate[1]
    if not _NEGATED.search(words):
        up, down = UPWARDS.search(words), DOWNWARDS.search(words)
        if (up and not down and word in _DOWN) or (down and not up and word in _UP):
            raise UsageError(
                f"publish.say: the words '{words}' say one thing, their predicate {word} another; "
                "write the predicate as the words have it, its ids the other way round"
            )
    found = holds(predicate, values)
    if found:
        return
    verdict = "does not hold" if found is False else "cannot be judged"
    raise ReportError(
        f"publish.say: the claim '{words}' {verdict}: {told(predicate, values)}; "
        "say what the values say"
    )


# Numbers and ranges


def _range(operand: Any, values: Values) -> Range | None:
    """Return the numbers that an operand may be; None where it is missing or no number."""
    if is_number(operand):
        return exactly(operand)
    found = values.get(operand) if isinstance(operand, str) else None
    if is_number(found):
        return _range(found, values)
    return _read(found, operand) if isinstance(found, str) else None


def _read(text: str, id: str) -> Range | None:
    if text == _NO_LIMIT:
        ends = {"low": -math.inf, "high": math.inf}
        end = ends.get(id.rpartition("_")[2])
        return None if end is None else Range(end, end)
    return in_words(text)


def _width(rest: Sequence[Any], other: Range) -> Fraction:
    """Return the K of a comparison: as given, or a tenth of what it is compared with."""
    if rest:
        return Fraction(rest[0])
    return abs(Fraction(other.low)) / 10 if math.isfinite(other.low) else Fraction(0)


_PAIRS: Mapping[str, Callable[[Range, Range, Fraction], bool | None]] = {
    **dict.fromkeys(_ABOVE, lambda one, other, _: above(one, other)),
    **dict.fromkeys(_BELOW, lambda one, other, _: above(other, one)),
    **dict.fromkeys(_HALF, lambda one, other, _: above(one, other.halved())),
    "at_least": lambda one, other, _: not_below(one, other),
    "at_most": lambda one, other, _: not_below(other, one),
    "equals": lambda one, other, _: equal(one, other),
    "about": near,
    "nearly": lambda one, other, width: every(
        above(other, one), not_below(one, other.moved(-width))
    ),
}


def _among(one: Range, word: str, others: Sequence[Any], values: Values) -> bool | None:
    """Judge a comparison with several: ``between``, or a place among them."""
    ranges = [_range(other, values) for other in others]
    known = [found for found in ranges if found is not None]
    if len(known) < len(ranges):
        return None
    if word == "between":
        return every(not_below(one, known[0]), not_below(known[1], one))
    if word == "lowest":
        return every(*(not_below(other, one) for other in known))
    if word != "nth_highest":
        return every(*(not_below(one, other) for other in known))
    place, more = known[0].low, [above(other, one) for other in known[1:]]
    as_much = [not_below(other, one) for other in known[1:]]
    if None in more or None in as_much:
        return None
    return more.count(True) <= place - 1 <= as_much.count(True)


def _no_difference(subject: Any, other: Any, rest: Sequence[Any], values: Values) -> bool | None:
    """Judge whether an interval contains a number, or two values are the same within K."""
    if isinstance(other, str):
        one, compared = _range(subject, values), _range(other, values)
        if one is None or compared is None:
            return None
        return near(one, compared, Fraction(rest[0] if rest else 0))
    ends = [_range(f"{subject}_{end}", values) for end in ("low", "high")]
    if ends[0] is None or ends[1] is None:
        return None
    middle = exactly(other)
    return every(not_below(middle, ends[0]), not_below(ends[1], middle))


def _same_words(one: Any, other: Any, values: Values) -> bool | None:
    """Compare texts and truth values; None where both are numbers, or one is not known."""
    mine, theirs = (values.get(part) if isinstance(part, str) else part for part in (one, other))
    if mine is None or theirs is None:
        return None
    if isinstance(mine, bool) or isinstance(theirs, bool):
        return mine is theirs
    if _range(one, values) is not None and _range(other, values) is not None:
        return None
    return mine == theirs
