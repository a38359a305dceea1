"""A review for a terminal of 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from foistats.reports.replay.follows import Answer
    from foistats.reports.replay.review import Review
    from foistats.reports.replay.verdicts import Verdict

WIDTH = 80
NAME_WIDTH = 60
#: So many things that do not follow are told; JSON and the certificate have all.
MOST_TOLD = 20
MOST_SURROUNDINGS = 12
_TEXT = 60

#: What the kinds of things are called where they are counted.
COUNTED: Mapping[str, str] = {
    "value": "values",
    "table": "tables",
    "cell": "cells of tables",
    "figure": "figures",
    "text": "texts",
    "code": "cells of code",
    "page": "page",
    "statement": "statements of the manifest",
    "file": "other files",
}
_ANSWERS = ("identical", "same within tolerance", "different", "missing", "new")
_HEADS = ("identical", "within tolerance", "different", "missing", "new")


def lines(review: Review, *, width: int = 0) -> Iterator[str]:
    """Yield what a review found; `width` is that of the column of names."""
    yield f"{short(review.series):<{width}}  {review.version}  {review.verdict}"
    if review.place:
        yield f"  in {review.place}"
    if review.inspection.manifest:
        yield f"  manifest {review.inspection.manifest}"
    yield from findings(review.inspection.faults, review.inspection.notes)
    if review.signature is not None:
        yield from _wrapped(review.signature.words, "  ")
    if review.answer is not None:
        yield from _answer(review.answer)


def findings(faults: tuple[str, ...], notes: tuple[str, ...]) -> Iterator[str]:
    """Yield faults and notes, indented."""
    for fault in faults:
        yield from _wrapped(fault, "  - ")
    for note in notes:
        yield from _wrapped(note, "  note: ")


def counted(answer: Answer) -> Iterator[tuple[str, Mapping[str, int]]]:
    """Yield the kinds of things compared, each with how many have which verdict."""
    for kind, name in COUNTED.items():
        found = answer.cells if kind == "cell" else answer.counts.get(kind, {})
        if found:
            yield name, found


def told(verdict: Verdict) -> str:
    """Say what does not follow, and how."""
    kind = {"cell": "table", "text": "text of cell", "code": "code of cell"}.get(
        verdict.kind, verdict.kind
    )
    where = f", {verdict.where}" if verdict.where else ""
    named = f"{kind} {verdict.id}{where}"
    if verdict.verdict == "missing":
        return f"{named}: published, and not made again{_quoted(': ', verdict.recorded)}"
    if verdict.verdict == "new":
        return f"{named}: made again, and not published{_quoted(': ', verdict.replayed)}"
    if not (verdict.recorded or verdict.replayed):
        return f"{named}: {verdict.verdict}"
    return f"{named}: published {_cut(verdict.recorded)}, made again {_cut(verdict.replayed)}"


def short(name: str) -> str:
    """Shorten a long series in its middle: the hash at its end tells it from others."""
    if len(name) <= NAME_WIDTH:
        return name
    return f"{name[: NAME_WIDTH - 13]}...{name[-10:]}"


def _answer(answer: Answer) -> Iterator[str]:
    for number, line in enumerate(answer.reason.splitlines()):
        yield from _wrapped(line, "  " if number else f"  {answer.state}: ")
    if answer.verdicts:
        yield f"  run again in {answer.seconds:.0f} s"
        yield from _table(answer)
    for one in answer.bad[:MOST_TOLD]:
        yield from _wrapped(told(one), "  - ")
    if len(answer.bad) > MOST_TOLD:
        yield f"  - and {len(answer.bad) - MOST_TOLD} more (--json has all)"
    for note in answer.notes:
        yield from _wrapped(note, "  note: ")
    for now in answer.surroundings[:MOST_SURROUNDINGS]:
        yield from _wrapped(f"{now.name} {now.today}, then {now.recorded}", "  not as it was: ")
    if (more := len(answer.surroundings) - MOST_SURROUNDINGS) > 0:
        yield f"  and {more} more packages are not as in the lock file (--json has all)"


def _table(answer: Answer) -> Iterator[str]:
    rows = list(counted(answer))
    used = [place for place, name in enumerate(_ANSWERS) if any(name in told for _, told in rows)]
    width = max(len(name) for name, _ in rows)
    heads = "".join(f"  {_HEADS[place]:>{len(_HEADS[place])}}" for place in used)
    yield f"    {'':<{width}}{heads}"
    for name, found in rows:
        numbers = (f"  {found.get(_ANSWERS[place]) or '.':>{len(_HEADS[place])}}" for place in used)
        yield f"    {name:<{width}}{''.join(numbers)}"


def _quoted(before: str, text: str) -> str:
    return f"{before}{_cut(text)}" if text else ""


def _cut(text: str) -> str:
    """Return a text on one line that cannot disturb a terminal."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    line = " ".join(plain.split()) or "nothing"
    return line if len(line) <= _TEXT else f"{line[: _TEXT - 1]}…"


def _wrapped(text: str, mark: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=mark, subsequent_indent=" " * min(len(mark), 8)
    )
