"""What a move means for an estimate: its old interval, its direction, its significance.

Rules
-----
*Interval.* A value ``x`` has the interval of the values ``x_low`` and ``x_high``, or
``x_conf_low`` and ``x_conf_high``. In a table the ends are two columns ``conf_low`` and
``conf_high``, ``Low`` and ``High``, or ``From`` and ``To``, alone or after the estimate's
name; the estimate is the column of that name, or ``estimate``, or the column before the lower
end. An interval that does not hold its own estimate is not taken for one.

*Ratio.* A number is a ratio if a word of its name is ``ratio``, ``odds`` or ``fold``, or a
plural of these, or its unit is ``times``; not if another word of its name is ``log``,
``difference``, ``spread``, ``deviation``, ``sd`` or ``variance``. A name is the id of a value;
in a table, the column, the row and, where there is an interval, the id of the table, of which
the first that has such a word decides; a caption never does.

*No effect* is 1 for a ratio (100 if its unit is a percentage), else 0. An estimate is
significant if its interval excludes no effect; ends count as inside. A number changed its sign
if it lay on one side of no effect and lies on the other; the ends of an interval are not asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from foistats.reports.changes.amounts import Number, is_number

_RATIO = frozenset(("ratio", "ratios", "odds", "fold", "folds"))
_NO_RATIO = frozenset(
    ("log", "logs", "difference", "differences", "spread", "deviation", "sd", "variance")
)
_RANK = frozenset(("rank", "ranks", "place", "places"))
_ENDS = (("_low", "_high"), ("_conf_low", "_conf_high"))
_COLUMNS = (("conf low", "conf high"), ("low", "high"), ("from", "to"))
_WORD = re.compile(r"[a-z]+")


@dataclass(frozen=True)
class Interval:
    """An estimate's interval."""

    low: Number
    high: Number

    def holds(self, number: Number) -> bool:
        """Say whether a number lies in it, ends included."""
        return self.low <= number <= self.high


@dataclass(frozen=True)
class Estimate:
    """A number, the interval that was published with it, and what would be no effect."""

    number: Number
    interval: Interval | None
    no_effect: int

    @property
    def is_significant(self) -> bool | None:
        """Whether its interval excludes no effect; None without an interval."""
        return None if self.interval is None else not self.interval.holds(self.no_effect)

    @property
    def side(self) -> int:
        """On which side of no effect it lies: 1 above, -1 below, 0 on it."""
        return (self.number > self.no_effect) - (self.number < self.no_effect)


@dataclass(frozen=True)
class Columns:
    """Three columns of a table: an estimate and the ends of its interval."""

    estimate: str
    low: str
    high: str


def consequences(before: Estimate, after: Estimate) -> dict[str, Any]:
    """Return what a move changed, only what applies.

    Returns
    -------
    dict
        ``interval`` (``low``, ``high``: the old one; ``verdict``: "inside" or "outside"),
        ``sign`` and ``significance`` (``before``, ``after``, ``no_effect``) where they changed.
    """
    found: dict[str, Any] = {}
    old = before.interval
    if old is not None:
        verdict = "inside" if old.holds(after.number) else "outside"
        found["interval"] = {"low": old.low, "high": old.high, "verdict": verdict}
    if before.side * after.side < 0:
        found["sign"] = _told(before.side, after.side, after.no_effect)
    significance = before.is_significant, after.is_significant
    if None not in significance and significance[0] != significance[1]:
        found["significance"] = _told(*significance, after.no_effect)
    return found


def estimate_of(id: str, values: Mapping[str, Mapping[str, Any]]) -> Estimate | None:
    """Return the number of a value with its interval; None if it is no number."""
    number = values[id].get("value")
    if not is_number(number):
        return None
    unit = str(values[id].get("unit") or "")
    return Estimate(number, _interval_of(id, number, values), no_effect(unit, id))


def is_end(id: str, values: Mapping[str, Mapping[str, Any]]) -> bool:
    """Say whether a value is an end of the interval of another one."""
    bases = (id.removesuffix(end) for ends in _ENDS for end in ends if id.endswith(end))
    return any(base in values and _has_interval(base, values) for base in bases)


def no_effect(unit: str, *names: str) -> int:
    """Return what would be no effect, by the rule on ratios."""
    told = (_is_ratio(words_of(name)) for name in names)
    by_name = next((found for found in told if found is not None), None)
    if by_name is None:
        by_name = unit.strip() == "times"
    if not by_name:
        return 0
    return 100 if unit.startswith("%") else 1


def is_rank(name: str) -> bool:
    """Say whether a value or a column holds ranks, by the words of its name."""
    return bool(words_of(name) & _RANK)


def words_of(name: str) -> frozenset[str]:
    """Return the words of a name in small letters."""
    return frozenset(_WORD.findall(name.lower()))


def interval_columns(columns: Sequence[str], numeric: frozenset[str]) -> list[Columns]:
    """Return the estimates of a table that have intervals, by the rule on intervals."""
    plain = {name: " ".join(name.lower().replace("_", " ").split()) for name in columns}
    found: list[Columns] = []
    used: set[str] = set()
    for low_end, high_end in _COLUMNS:
        for low in columns:
            if low in used or not _ends_with(plain[low], low_end):
                continue
            prefix = plain[low].removesuffix(low_end).strip()
            wanted = f"{prefix} {high_end}".strip()
            high = next((name for name in columns if plain[name] == wanted), None)
            estimate = _estimate_column(columns, plain, numeric, prefix, low)
            if high is not None and estimate is not None:
                found.append(Columns(estimate, low, high))
                used |= {low, high}
    return found


def table_estimate(
    row: Mapping[str, Number | None], columns: Columns, *, no_effect: int
) -> Estimate | None:
    """Return the estimate of a table's row; None if the row has none."""
    number, low, high = (row.get(name) for name in (columns.estimate, columns.low, columns.high))
    if number is None:
        return None
    return Estimate(number, _checked(low, high, number), no_effect)


def _has_interval(id: str, values: Mapping[str, Mapping[str, Any]]) -> bool:
    found = estimate_of(id, values)
    return found is not None and found.interval is not None


def _interval_of(
    id: str, number: Number, values: Mapping[str, Mapping[str, Any]]
) -> Interval | None:
    for ends in _ENDS:
        low, high = (values.get(f"{id}{end}", {}).get("value") for end in ends)
        if found := _checked(low, high, number):
            return found
    return None


def _checked(low: Any, high: Any, number: Number) -> Interval | None:
    if not (is_number(low) and is_number(high)):
        return None
    found = Interval(low, high)
    return found if found.holds(number) else None


def _is_ratio(words: frozenset[str]) -> bool | None:
    """Say whether a name is that of a ratio; None where it has no word that tells."""
    if words & _NO_RATIO:
        return False
    return True if words & _RATIO else None


def _estimate_column(
    columns: Sequence[str],
    plain: Mapping[str, str],
    numeric: frozenset[str],
    prefix: str,
    low: str,
) -> str | None:
    wanted = (prefix,) if prefix else ("estimate",)
    named = next((name for name in columns if plain[name] in wanted), None)
    if named is not None or prefix:
        return named
    before = columns[: columns.index(low)]
    return before[-1] if before and before[-1] in numeric else _last_numeric(before, numeric)


def _last_numeric(columns: Sequence[str], numeric: frozenset[str]) -> str | None:
    return next((name for name in reversed(columns) if name in numeric), None)


def _ends_with(name: str, end: str) -> bool:
    """Say whether a column's name is that of an end: "low" is none of "conf low"."""
    return name == end or (name.endswith(f" {end}") and not name.endswith(f"conf {end}"))


def _told(before: Any, after: Any, no_effect: int) -> dict[str, Any]:
    return {"before": before, "after": after, "no_effect": no_effect}
