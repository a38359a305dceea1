"""What a new version changes, in a sentence for the index."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from foistats.reports.compare.difference import CLOSE, Difference

LONGEST = 200
_REASON = 70
_WORD = 32


def sentence(found: Sequence[Difference], totals: Mapping[str, int], reasons: Sequence[str]) -> str:
    """Say why a version was made and what moved, naming as many values as there is room for.

    Parameters
    ----------
    found : sequence of Difference
        What differs from the version before.
    totals : mapping
        How many values, tables and figures the new version has.
    reasons : sequence of str
        Why it was made.
    """
    moved = [told for told in found if told.verdict != CLOSE]
    values = [told for told in moved if told.kind == "value"]
    why = _why(reasons)
    for shown in range(min(len(values), 3), -1, -1):
        text = _upper(why + _what(moved, totals, values[:shown]))
        if len(text) <= LONGEST:
            return text
    return f"{text[: LONGEST - 1].rstrip()}…"


def _why(reasons: Sequence[str]) -> str:
    if not reasons:
        return ""
    others = f" and {len(reasons) - 1} more" if len(reasons) > 1 else ""
    return f"{_short(reasons[0].strip().rstrip('.;'), _REASON)}{others}; "


def _what(
    moved: Sequence[Difference], totals: Mapping[str, int], named: Sequence[Difference]
) -> str:
    ids = {kind: {told.id for told in moved if told.kind == kind} for kind in totals}
    if not any(ids.values()):
        return f"no value, table or figure moved{_elsewhere(moved)}."
    counts = [_count(kind, len(ids[kind]), totals[kind]) for kind in totals]
    counts[0] += f" moved{_named(named, len(ids['value']))}" if ids["value"] else " moved"
    return f"{', '.join(counts)}."


def _count(kind: str, changed: int, total: int) -> str:
    if changed == 0:
        return f"no {kind}"
    if changed > total:
        return f"{changed} {kind}{'s' * (changed != 1)}"
    return f"{changed} of {total} {kind}{'s' * (total != 1)}"


def _named(named: Sequence[Difference], count: int) -> str:
    if not named:
        return ""
    more = ["..."] if count > len(named) else []
    return f" ({'; '.join([*map(_moved, named), *more])})"


def _moved(told: Difference) -> str:
    id, before, after = (_short(text, _WORD) for text in (told.id, told.before, told.after))
    if told.verdict == "different":
        return f"{id} {before} to {after}"
    return f"{id} {told.verdict}" if told.verdict == "missing" else f"{id} new: {after}"


def _elsewhere(moved: Iterable[Difference]) -> str:
    kinds = {told.kind for told in moved}
    if not kinds:
        return ""
    return f"; the {' and the '.join(kind for kind in ('text', 'code') if kind in kinds)} changed"


def _short(text: str, length: int) -> str:
    """Return a text on one line, without what a reader cannot see, cut to a length."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    line = " ".join(plain.split())
    return line if len(line) <= length else f"{line[: length - 1].rstrip()}…"


def _upper(text: str) -> str:
    """Begin with a capital letter, unless the first word is a path or a name."""
    first = text.split(maxsplit=1)[0]
    return text if set(first) & set("/._") else text[:1].upper() + text[1:]
