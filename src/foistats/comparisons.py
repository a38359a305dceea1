"""The words of comparisons: those of the claims ledger, and how English says them.

The ledger, the claims that prose makes of published values and the lint of prose all read
them here, so that a word means the same in each.
"""

from __future__ import annotations

import re

#: Comparisons with a number.
NUMERIC = (
    "equals",
    "rounds_to",
    "about",
    "more_than",
    "at_least",
    "fewer_than",
    "at_most",
    "between",
    "nearly",
)
MAJORITY = ("majority", "most")
PLACES = ("highest", "lowest", "nth_highest")
#: Comparisons with the quantity of another claim.
PAIRS = ("higher_than", "lower_than", "no_difference")
COMPARISONS = (*NUMERIC, *MAJORITY, "plurality", *PLACES, *PAIRS)
#: What prose may say of an interval beside: that it excludes no difference.
DIFFERENCE = "difference"

_MORE = (
    "more|higher|larger|greater|bigger|longer|older|better|stronger|graver|wider|steeper|faster|"
    "richer|later"
)
_LESS = (
    "fewer|less|lower|smaller|rarer|shorter|younger|worse|weaker|milder|narrower|slower|poorer|"
    "earlier"
)
_DEGREES = "often|likely|common|commonly|frequent|frequently|numerous|severe|severely|serious"
_THAN = r"(?:\s+[\w-]+){0,3}?\s+than"
#: A value in the text that is looked at, where prose names one.
VALUE = "\N{OBJECT REPLACEMENT CHARACTER}"

#: Phrases that say something is more, and those that say it is less.
UPWARDS = re.compile(
    rf"\b(?:(?:{_MORE}){_THAN}|more\s+(?:{_DEGREES})|at\s+least\s+{VALUE}|exceed(?:s|ed)?|"
    r"highest|largest|greatest|majority|(?<!at\s)most|twice|thrice|doubled?|tripled?|trebled?|"
    r"increased|rose|risen|grew|grown)\b",
    re.IGNORECASE,
)
DOWNWARDS = re.compile(
    rf"\b(?:(?:{_LESS}){_THAN}|less\s+(?:{_DEGREES})|at\s+most\s+{VALUE}|lowest|smallest|fewest|"
    r"minority|halved|decreased|fell|fallen|declined)\b",
    re.IGNORECASE,
)
#: Phrases that say it is the same, and others that compare without a side.
LEVEL = re.compile(
    r"\b(?:no\s+(?:[\w-]+\s+){0,2}?differences?|(?:do|does|did)\s+not\s+differ|"
    r"same\s+(?:number|share|rate|size)|"
    r"as\s+(?:many|few|often|likely|common|frequent|numerous|high|low|large|severe)\s+as|"
    r"equally)\b",
    re.IGNORECASE,
)
SIDELESS = re.compile(
    r"\b(?:differ(?:s|ed)?\s+(?:from|significantly|clearly)|significant(?:ly)?|plurality|mostly|"
    rf"half\s+(?:of|the|as)|an?\s+(?:third|quarter|fifth|tenth)\s+of|"
    rf"(?:second|third|fourth|fifth)[\s-]+(?:highest|largest|lowest|smallest|most)|"
    rf"(?:nearly|almost|roughly|approximately)\s+{VALUE})",
    re.IGNORECASE,
)


def compared(text: str) -> list[str]:
    """Return the phrases of a text that compare, in order.

    Examples
    --------
    >>> compared("Staff left more often than officers; most were dismissed.")
    ['more often than', 'most']
    >>> compared("At most places, at least in part, more or less.")
    []
    """
    found: list[tuple[int, int, str]] = []
    for pattern in (UPWARDS, DOWNWARDS, LEVEL, SIDELESS):
        found += [(one.start(), one.end(), one.group()) for one in pattern.finditer(text)]
    told: list[str] = []
    end = -1
    for start, stop, phrase in sorted(found, key=lambda one: (one[0], -one[1])):
        if start >= end:
            told.append(" ".join(phrase.replace(VALUE, "…").split()))
            end = stop
    return told
