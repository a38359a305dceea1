"""Number by number: identical, the same within its tolerance, different, missing or new.

Counts and texts have to be equal. An estimate may move by the tolerance that was recorded with
it; a replay that records another tolerance is different, so that none can be widened.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from foistats.reports.compare.difference import CLOSE, FLOAT_TOLERANCE, Difference, are_close
from foistats.reports.compare.tables import csv_differences
from foistats.reports.replay import drawings, texts

Answer = Literal["identical", "same within tolerance", "different", "missing", "new"]
IDENTICAL: Answer = "identical"
WITHIN: Answer = "same within tolerance"
DIFFERENT: Answer = "different"
MISSING: Answer = "missing"
NEW: Answer = "new"
ANSWERS = (IDENTICAL, WITHIN, DIFFERENT, MISSING, NEW)
GOOD = (IDENTICAL, WITHIN)

#: Nothing moved: texts have to be equal.
EXACT = texts.Leeway()

VALUES_FILE = "values.json"
_FREE = ("value", "text")


class MalformedError(Exception):
    """A file that cannot be read as what it should be."""


@dataclass(frozen=True)
class Verdict:
    """What became of one thing that was published.

    Attributes
    ----------
    kind
        "value", "table", "cell" (of a table), "figure", "data" (behind a figure), "text",
        "code", "page", "statement" (of the manifest) or "file".
    id
        The value's id, the file, the notebook's cell.
    verdict
        "identical", "same within tolerance", "different", "missing" (published, and not made
        again) or "new" (made, and not published).
    recorded, replayed
        What stands there and what came out, where the two differ.
    where
        Which part of it.
    numbers
        How many numbers, texts or cells the verdict speaks of.
    """

    kind: str
    id: str
    verdict: Answer
    recorded: str = ""
    replayed: str = ""
    where: str = ""
    numbers: int = 1

    @property
    def is_good(self) -> bool:
        """Whether it follows."""
        return self.verdict in GOOD


def value_verdicts(recorded: bytes, replayed: bytes) -> Iterator[Verdict]:
    """Yield a verdict on each value; each file holds the values by id."""
    try:
        before, after = _values(recorded), _values(replayed)
    except MalformedError as fault:
        yield Verdict("value", VALUES_FILE, DIFFERENT, where=str(fault))
        return
    for id in sorted({*before, *after}):
        yield value_verdict(id, before.get(id), after.get(id))


def value_verdict(
    id: str, recorded: Mapping[str, Any] | None, replayed: Mapping[str, Any] | None
) -> Verdict:
    """Return the verdict on one value, with the tolerance that was recorded."""
    if recorded is None or replayed is None:
        verdict = NEW if recorded is None else MISSING
        return Verdict("value", id, verdict, _told(recorded), _told(replayed))
    for name in sorted({*recorded, *replayed} - {*_FREE}):
        one, other = recorded.get(name), replayed.get(name)
        if not _is_equal(one, other):
            return Verdict("value", id, DIFFERENT, _plain(one), _plain(other), where=name)
    before: Any = recorded.get("value")
    after: Any = replayed.get("value")
    words, words_after = str(recorded.get("text")), str(replayed.get("text"))
    if _is_equal(before, after):
        if words == words_after:
            return Verdict("value", id, IDENTICAL, words, words_after)
        return Verdict("value", id, DIFFERENT, words, words_after, where="text")
    if not _is_within(before, after, recorded.get("tolerance")):
        return Verdict("value", id, DIFFERENT, _plain(before), _plain(after))
    leeway = texts.Leeway(True, ((float(before), float(after)),))
    if not leeway.allows(words, words_after):
        return Verdict("value", id, DIFFERENT, words, words_after, where="text")
    allowed = f"tolerance {_plain(recorded.get('tolerance'))}"
    return Verdict("value", id, WITHIN, _plain(before), _plain(after), where=allowed)


def table_verdicts(
    name: str, recorded: bytes | None, replayed: bytes | None, *, kind: str = "table"
) -> Iterator[Verdict]:
    """Yield the verdict on a table, and one on each of its cells that is not identical."""
    if recorded is None or replayed is None:
        yield Verdict(kind, name, NEW if recorded is None else MISSING)
        return
    size = _cells(recorded)
    if recorded == replayed:
        yield Verdict(kind, name, IDENTICAL, numbers=size)
        return
    differing = csv_differences("table", name, recorded, replayed)
    found = [_cell_verdict(name, one) for one in differing]
    worst = DIFFERENT if any(not one.is_good for one in found) else WITHIN
    yield Verdict(kind, name, worst, numbers=size)
    yield from found


def _cell_verdict(name: str, found: Difference) -> Verdict:
    """Return the verdict on a cell; a table that is only written otherwise was edited."""
    is_noise = found.before != found.after and texts.are_same_but_for_noise(
        found.before, found.after
    )
    is_close = found.verdict == CLOSE and found.before != found.after
    verdict = WITHIN if is_close or is_noise else DIFFERENT
    return Verdict("cell", name, verdict, found.before, found.after, found.where)


def figure_verdict(name: str, recorded: bytes | None, replayed: bytes | None) -> Verdict:
    """Return the verdict on a drawing."""
    if recorded is None or replayed is None:
        return Verdict("figure", name, NEW if recorded is None else MISSING)
    if recorded == replayed:
        return Verdict("figure", name, IDENTICAL)
    try:
        is_same = drawings.look_the_same(recorded.decode("utf-8"), replayed.decode("utf-8"))
    except UnicodeDecodeError:
        is_same = False
    return Verdict("figure", name, WITHIN if is_same else DIFFERENT, where="drawing")


def leaf_verdict(recorded: Any, replayed: Any, leeway: texts.Leeway = EXACT) -> Answer:
    """Compare two pieces of JSON: words and counts exactly, other numbers nearly."""
    if _is_equal(recorded, replayed):
        return IDENTICAL
    if isinstance(recorded, dict) and isinstance(replayed, dict):
        if recorded.keys() != replayed.keys():
            return DIFFERENT
        return worst(leaf_verdict(told, replayed[name], leeway) for name, told in recorded.items())
    if isinstance(recorded, list) and isinstance(replayed, list):
        if len(recorded) != len(replayed):
            return DIFFERENT
        pairs = zip(recorded, replayed, strict=True)
        return worst(leaf_verdict(one, other, leeway) for one, other in pairs)
    if isinstance(recorded, str) and isinstance(replayed, str):
        return WITHIN if leeway.allows(recorded, replayed) else DIFFERENT
    is_estimate = isinstance(recorded, float) and _is_within(recorded, replayed, FLOAT_TOLERANCE)
    return WITHIN if is_estimate else DIFFERENT


def leeway_of(verdicts: Iterable[Verdict]) -> texts.Leeway:
    """Return how far texts may differ: by what moved within its tolerance."""
    moved = [one for one in verdicts if one.verdict == WITHIN]
    pairs = (_numbers(one) for one in moved if one.kind in ("value", "cell"))
    return texts.Leeway(bool(moved), tuple(pair for pair in pairs if pair))


def worst(answers: Iterable[Answer]) -> Answer:
    """Return the worst of some answers; identical where there is none."""
    found = set(answers)
    return next((one for one in (NEW, MISSING, DIFFERENT, WITHIN) if one in found), IDENTICAL)


def counts(verdicts: Iterable[Verdict], kind: str) -> dict[str, int]:
    """Return how many things of a kind have which verdict; what none has is left out."""
    found = Counter(one.verdict for one in verdicts if one.kind == kind)
    return {answer: found[answer] for answer in ANSWERS if found[answer]}


def read_json(content: bytes) -> Any:
    """Read JSON in which no key stands twice and every number is one.

    Raises
    ------
    MalformedError
        When it is not that.
    """
    try:
        return json.loads(content, object_pairs_hook=_distinct, parse_constant=_refuse)
    except MalformedError:
        raise
    except (ValueError, RecursionError):
        raise MalformedError("it is not JSON") from None


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise MalformedError("a key stands in it twice")
    return found


def _refuse(constant: str) -> Any:
    raise MalformedError(f"it holds {constant}, which is no number")


def _values(content: bytes) -> dict[str, Mapping[str, Any]]:
    found = read_json(content)
    if not isinstance(found, dict) or not all(isinstance(told, dict) for told in found.values()):
        raise MalformedError("it is not a set of values by id")
    return found


def _is_within(before: Any, after: Any, tolerance: Any) -> bool:
    is_number = type(before) in (int, float) and type(after) is type(before)
    return (
        is_number and type(tolerance) in (int, float) and are_close(before, after, float(tolerance))
    )


def _is_equal(one: Any, other: Any) -> bool:
    """Tell 1 from 1.0 and from true, however deep they lie."""
    if type(one) is not type(other):
        return False
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _numbers(verdict: Verdict) -> tuple[float, float] | None:
    try:
        return float(verdict.recorded), float(verdict.replayed)
    except ValueError:
        return None


def _told(record: Mapping[str, Any] | None) -> str:
    return "" if record is None else str(record.get("text", _plain(record.get("value"))))


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _cells(content: bytes) -> int:
    """Count the cells below the header."""
    import csv
    import io

    text = content.decode("utf-8", "replace")
    try:
        return sum(map(len, list(csv.reader(io.StringIO(text, newline="")))[1:]))
    except csv.Error:
        return 0
