"""Would a second run give the same? What an executed notebook shows that it must not.

Memory addresses, paths of this machine and the date of the run are faults wherever they are
shown. Where a notebook looked at a clock, drew from a generator that nobody seeded, or did
anything else whose result nobody can repeat, there is a doubt; the runner settles it by
running the notebook once more and comparing the two, cell by cell. A notebook that takes
only moments is run twice without a doubt as well.
"""

from __future__ import annotations

import ast
import datetime
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any, Protocol

from foistats.publish import FIGURE_MIME, TABLE_MIME, VALUE_MIME
from foistats.reports.notebook import INJECTED_TAG, Notebook

_ADDRESS = re.compile(r"\bat 0x[0-9a-f]{6,}\b|\b0x[0-9a-f]{9,16}\b", re.IGNORECASE)
#: Names whose call gives something else in another process or at another time.
_UNREPEATABLE = frozenset(
    {
        *("now", "today", "utcnow", "time", "time_ns", "localtime", "gmtime"),
        *("ctime", "perf_counter", "monotonic", "process_time", "default_timer", "timeit"),
        *("getpid", "getppid", "get_ident", "urandom", "uuid1", "uuid4", "getrandbits"),
        *("token_hex", "token_bytes", "token_urlsafe", "mkdtemp", "mkstemp", "id"),
        *(
            "Thread",
            "Timer",
            "Process",
            "create_task",
            "fork",
            "Popen",
            "getmtime",
            "ThreadPoolExecutor",
            "ProcessPoolExecutor",
            "as_completed",
            "Pool",
        ),
    }
)
#: Names whose call gives something else unless it is told a seed.
_SEEDED = frozenset({"Random", "default_rng", "RandomState", "PCG64", "SeedSequence", "MT19937"})
_ADVICE = {
    "random": "make a generator with numpy.random.default_rng(seed), with the seed a parameter",
    "clock": "take dates from the data, or leave the time out",
    "stopwatch": "leave times out of what is shown",
    "code": "show what does not depend on the process or the time",
}
_SHORT = 60


class Noted(Protocol):
    """Something a kernel noted about a code cell, or its source tells."""

    @property
    def cell(self) -> int:
        """The code cell, counted from 1."""

    @property
    def kind(self) -> str:
        """`random`, `clock`, `stopwatch` or `code`; `read` and `write` are no doubts."""

    @property
    def detail(self) -> str:
        """What it was."""


def doubts(source: Notebook, notes: Iterable[Noted]) -> dict[int, tuple[str, str]]:
    """Return what makes a second run necessary: kind and detail by code cell."""
    found: dict[int, tuple[str, str]] = {}
    code = [cell.source for cell in source.cells if cell.kind == "code"]
    for number, text in enumerate(code, start=1):
        if name := _unrepeatable_call(text):
            found[number] = ("code", name)
    seen = dict[int, tuple[str, str]]()
    for note in notes:
        if note.kind in _ADVICE:
            seen.setdefault(note.cell, (note.kind, note.detail))
    return {**found, **seen}


def output_faults(output: Mapping[str, Any], private: Sequence[str]) -> Iterator[str]:
    """Yield what an output shows that differs from run to run or from machine to machine."""
    text = "\n".join(_texts(output))
    if address := _ADDRESS.search(text):
        yield (
            f"shows the memory address {address.group().removeprefix('at ')}, another one in "
            "every run; show the content of the object, or end the line with a semicolon"
        )
    if any(_names(folder, text) for folder in private):
        yield "shows a path of this machine; show names relative to the project"


def _names(folder: str, text: str) -> bool:
    """Say whether a text names a folder of this machine, and not only a part of an address."""
    found = rf"(?<![\w/:.~-]){re.escape(folder)}(?![\w.-])"
    return len(folder) > 1 and re.search(found, text) is not None


def date_faults(
    notebook: Mapping[str, Any],
    doubted: Mapping[int, tuple[str, str]],
    days: Iterable[datetime.date],
) -> Iterator[str]:
    """Yield the cells that looked at the clock and show the day of the run."""
    written = [form for day in days for form in _forms(day)]
    for number, cell in code_cells(notebook):
        kind, detail = doubted.get(number, ("", ""))
        if kind not in ("clock", "code"):
            continue
        text = "\n".join(text for output in cell["outputs"] for text in _texts(output))
        if shown := next((form for form in written if form in text), None):
            yield (
                f"code cell {number} looks at the clock ({detail}) and shows the date of the run, "
                f"'{shown}'; {_ADVICE['clock']}"
            )


def run_differences(
    first: Mapping[str, Any], second: Mapping[str, Any], doubted: Mapping[int, tuple[str, str]]
) -> Iterator[str]:
    """Yield the cells whose outputs differ between two runs of the same notebook."""
    pairs = zip(code_cells(first), code_cells(second), strict=True)
    for (number, one), (_, other) in pairs:
        if one["outputs"] == other["outputs"]:
            continue
        before, after = _first_difference(one["outputs"], other["outputs"])
        kind, detail = doubted.get(number) or next(iter(doubted.values()), ("code", ""))
        yield (
            f"code cell {number} shows something else in a second run: '{_short(before)}', then "
            f"'{_short(after)}' ({_where(kind, detail)}); {_ADVICE[kind]}"
        )


def code_cells(notebook: Mapping[str, Any]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield the code cells of the notebook as it was written, counted from 1."""
    code = (cell for cell in notebook["cells"] if cell["cell_type"] == "code")
    yield from enumerate((cell for cell in code if not _is_injected(cell)), start=1)


def _is_injected(cell: Mapping[str, Any]) -> bool:
    return INJECTED_TAG in cell["metadata"].get("tags", ())


def _unrepeatable_call(source: str) -> str:
    """Return the first call of a cell whose result nobody can repeat, or an empty string."""
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except SyntaxError:
        return "a magic command"
    for node in nodes:
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in _UNREPEATABLE or (name in _SEEDED and not _has_seed(node)):
                return f"{name}()"
            if now := _present(node):
                return f"{name}('{now}')"
    return ""


def _has_seed(call: ast.Call) -> bool:
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    return any(not (isinstance(value, ast.Constant) and value.value is None) for value in given)


def _present(call: ast.Call) -> str:
    """Return the word by which a call asks for the present, or an empty string."""
    words = (value.value for value in call.args if isinstance(value, ast.Constant))
    return next((word for word in words if word in ("now", "today")), "")


def _texts(output: Mapping[str, Any]) -> Iterator[str]:
    """Yield every text that an output shows or publishes."""
    data = output.get("data", {})
    shown = [output.get("text"), *(data.get(f"text/{kind}") for kind in ("plain", "markdown"))]
    for record in (data.get(mime, {}) for mime in (VALUE_MIME, TABLE_MIME, FIGURE_MIME)):
        shown += [record.get(part) for part in ("text", "csv", "alt", "caption")]
    if not any(mime in data for mime in (VALUE_MIME, TABLE_MIME, FIGURE_MIME)):
        shown.append(data.get("text/html"))
    yield from (text for text in shown if isinstance(text, str))


def _first_difference(
    one: Iterable[Mapping[str, Any]], other: Iterable[Mapping[str, Any]]
) -> tuple[str, str]:
    nothing: Mapping[str, Any] = {}
    for before, after in zip_longest(one, other, fillvalue=nothing):
        lines = zip_longest(_lines(before), _lines(after), fillvalue="")
        for line, again in lines:
            if line != again:
                return line, again
        if before != after:
            id = before.get("data", {}).get(FIGURE_MIME, {}).get("id", "")
            return (f"the figure {id}", "another drawing") if id else ("", "something else")
    return "", ""


def _lines(output: Mapping[str, Any]) -> list[str]:
    return "\n".join(_texts(output)).splitlines()


def _forms(day: datetime.date) -> Iterator[str]:
    """Yield the usual ways to write a day."""
    yield day.isoformat()
    yield f"{day:%Y%m%d}"
    yield f"{day:%d/%m/%Y}"
    yield f"{day:%m/%d/%Y}"
    yield f"{day:%d.%m.%Y}"
    for month in (f"{day:%B}", f"{day:%b}"):
        for number in dict.fromkeys((f"{day:%d}", str(day.day))):
            yield f"{number} {month} {day.year}"
            yield f"{month} {number}, {day.year}"
    yield f"{day:%a %b} {day.day:2d} "


def _where(kind: str, detail: str) -> str:
    said = {"random": "it draws from", "clock": "it looks at", "stopwatch": "it looks at"}
    return f"{said.get(kind, 'it calls')} {detail}" if detail else "for no reason that was seen"


def _short(text: str) -> str:
    line = text.strip()
    return line if len(line) <= _SHORT else line[: _SHORT - 1] + "…"
