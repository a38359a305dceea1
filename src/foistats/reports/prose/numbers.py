"""Numbers typed into prose, however they are written: digits, signs, words, Roman letters.

Allowed are years (four digits from 1500 to 2100, standing alone), names with digits after a
letter ("R2", "m²", "sqlite3"), and the words "one" and "zero", which are seldom counts. A
compound such as "two-sided" is no count either.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

FIRST_YEAR, LAST_YEAR = 1500, 2100

_SMALL = (
    "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|"
    "sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
)
_WORD = f"{_SMALL}|hundreds?|thousands?|millions?|billions?|dozens?"
_PART = "halves|thirds?|quarters?|fifths?|sixths?|sevenths?|eighths?|ninths?|tenths?"
_SPELLED = re.compile(
    rf"(?<![\w-])(?:(?:{_WORD})(?:[\s-]+(?:and\s+)?(?:one|{_WORD}))*(?:-(?:{_PART}))?)(?!\w|-\w)",
    re.IGNORECASE,
)
#: Of two Roman letters at least, and of I, V and X only: "CC" and "DI" are ranks.
_ROMAN = re.compile(r"(?<![\w'\u2019-])(?=[IVX]{2})X{0,3}(?:IX|IV|V?I{0,3})(?![\w'\u2019-])")
_YEAR = re.compile(r"([0-9]{4})s?(?:['\u2019]s)?")
_AROUND = ".,;:!?()[]{}<>\"'\u201c\u201d\u2018\u2019«»*_…"


def figures(text: str) -> Iterator[str]:
    """Yield the tokens with a digit in them, of any script, that are neither years nor names.

    Examples
    --------
    >>> list(figures("In 2014, 88 of the 2,014 (½ of £2000) from 2009 to 2014; the 4th m²."))
    ['88', '2,014', '½', '£2000', '4th']
    """
    for token in _visible(text).split():
        if any(map(_is_digit, token)):
            whole = token.strip(_AROUND)
            parts = re.split(r"(?<=\w)[-\u2013\u2014/](?=\w)", whole)
            if not all(_is_year(part) or _is_name(part) for part in filter(_has_digit, parts)):
                yield whole


def spelled(text: str) -> Iterator[str]:
    """Yield the numbers from two on that are written in English words or Roman letters.

    Examples
    --------
    >>> list(spelled("Twenty-one of them, two thirds in all: one two-sided test, Part XIV."))
    ['Twenty-one', 'two', 'XIV']
    """
    plain = unicodedata.normalize("NFKC", _visible(text))
    found = [*_SPELLED.finditer(plain), *_ROMAN.finditer(plain)]
    yield from (" ".join(one.group().split()) for one in sorted(found, key=lambda one: one.start()))


def _visible(text: str) -> str:
    """Leave out what nobody sees: joiners, soft hyphens, marks of direction."""
    return "".join(letter for letter in text if unicodedata.category(letter) != "Cf")


def _has_digit(token: str) -> bool:
    return any(map(_is_digit, token))


def _is_digit(letter: str) -> bool:
    return unicodedata.category(letter) in ("Nd", "Nl", "No")


def _is_year(token: str) -> bool:
    found = _YEAR.fullmatch(token.strip(_AROUND))
    return found is not None and FIRST_YEAR <= int(found[1]) <= LAST_YEAR


def _is_name(token: str) -> bool:
    """Say whether digits follow only letters: "R2", "m²", "v001"."""
    before = (" ", *token)
    return all(
        earlier.isalpha() or (_is_digit(earlier) and place > 0)
        for place, (earlier, letter) in enumerate(zip(before, token, strict=False))
        if _is_digit(letter)
    )
