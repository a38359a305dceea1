"""When two texts say the same: every word, and every number but for how it was rounded.

Another processor moves the last bits of an estimate, and where it lies between two roundings the
text of it ends in another digit. That is allowed only for a number that did move: one must be a
rounding of what was recorded, the other of what came out. Without a number that moved, texts
are compared exactly.

How steep a fit still was where it stopped is the one number in a text that is nothing but the
rounding of its last step; it is not compared.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from foistats.reports.compare.difference import FLOAT_TOLERANCE, are_close

_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?(?:[eE][+-]?\d{1,3})?")
#: Markdown guards the point of a number.
_GUARD = re.compile(r"(?<=\d)\\(?=\.\d)")
#: What an error of a fit says of its last step.
_NOISE = re.compile(r"(?<=\bgradient )\d(?:\.\d+)?e-\d+")
#: A share is also shown as a percentage.
_SCALES = (1.0, 100.0)
#: Half a unit of the last digit, and a little for what cannot be written exactly in binary.
_HALF = 0.5 * (1 + 1e-6)


@dataclass(frozen=True)
class Leeway:
    """How far texts may differ.

    Attributes
    ----------
    is_any
        Whether anything moved within its tolerance. If nothing did, texts have to be equal.
    moved
        The numbers that moved: as recorded, and as they came out.
    """

    is_any: bool = False
    moved: tuple[tuple[float, float], ...] = ()

    def allows(self, recorded: str, replayed: str) -> bool:
        """Say whether two texts say the same."""
        if recorded == replayed:
            return True
        if not self.is_any:
            return False
        before, after = (_plain(text) for text in (recorded, replayed))
        if _NUMBER.sub("0", before) != _NUMBER.sub("0", after):
            return False
        pairs = zip(_NUMBER.findall(before), _NUMBER.findall(after), strict=True)
        return all(one == other or self._are_near(one, other) for one, other in pairs)

    def _are_near(self, one: str, other: str) -> bool:
        first, second = _value(one), _value(other)
        if _is_estimate(one) and _is_estimate(other) and are_close(first, second, FLOAT_TOLERANCE):
            return True
        return any(
            _is_rounding(one, first, scale * abs(before))
            and _is_rounding(other, second, scale * abs(after))
            for before, after in self.moved
            for scale in _SCALES
        )


def are_same_but_for_noise(recorded: str, replayed: str) -> bool:
    """Say whether two texts are equal but for how steep a fit was where it stopped."""
    return recorded == replayed or _NOISE.sub("0", recorded) == _NOISE.sub("0", replayed)


def first_other(recorded: str, replayed: str) -> tuple[str, str]:
    """Return the first line of each text that the other has not."""
    ours, theirs = recorded.splitlines(), replayed.splitlines()
    for one, other in zip(ours, theirs, strict=False):
        if one != other:
            return one, other
    common = min(len(ours), len(theirs))
    return "".join(ours[common : common + 1]), "".join(theirs[common : common + 1])


def _plain(text: str) -> str:
    return _GUARD.sub("", _NOISE.sub("0", text))


def _value(text: str) -> float:
    return float(text.replace(",", ""))


def _is_estimate(text: str) -> bool:
    return "." in text or "e" in text.lower()


def _is_rounding(text: str, shown: float, number: float) -> bool:
    """Say whether a text may show a number, to as many digits as it has."""
    return abs(shown - number) <= _HALF * _unit(text) + 1e-15 * number


def _unit(text: str) -> float:
    """Return what the last digit of a number counts."""
    digits, _, exponent = text.lower().partition("e")
    decimals = len(digits.partition(".")[2])
    return float(f"1e{int(exponent or 0) - decimals}")
