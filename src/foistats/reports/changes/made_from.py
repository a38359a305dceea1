"""What a version was made from, and what of it changed, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from foistats.reports.changes.code import definitions_text
from foistats.reports.changes.phrases import (
    Item,
    Told,
    column_words,
    move,
    plain,
    plural,
    row_counts,
    short_pair,
)

#: So many changed rows of a file are told in words; JSON has all of them.
ROWS_IN_WORDS = 20
_VERDICTS = ("changed", "removed", "added")
_PARTS = ("data", "parameters", "notebook", "package", "environment", "lock")
_CALLED = {"lock": "lock file", "package": "the package's source"}


def made_from(told: Told) -> Iterator[Item]:
    """Yield what changed in what the version was made from; last, what did not."""
    yield from (_file_item(file) for file in told["data"])
    for one in told["parameters"]:
        yield Item(f"parameter {move(one)}")
    yield from map(_notebook_item, told["notebook"])
    if told["package"]:
        yield _source_item(told["package"])
    for one in told["environment"]:
        yield Item(f"environment: {move(one)}")
    if lock := told["lock"]:
        yield Item("requirements.lock changed", tuple(_lock_lines(lock)))
    same = [_CALLED.get(name, name) for name in _PARTS if not told[name]]
    if same:
        yield Item(f"the same: {', '.join(same)}")


def _file_item(file: Told) -> Item:
    counts = ""
    if "rows" in file:
        counts = row_counts(file)
    elif "totals" in file:
        counts = " → ".join("?" if number is None else f"{number}" for number in file["totals"])
        counts += " rows"
    elif "settings" in file:
        settings = file["settings"]
        number = settings if isinstance(settings, int) else len(settings)
        counts = f"{number} {plural('setting', number)} changed"
    elif "lines" in file:
        counts = f"{_plus_minus(file['lines'])} lines"
    told = "" if file["verdict"] == "changed" and counts else file["verdict"]
    text = f"{file['file']}: {', '.join(filter(None, (told, counts, file.get('note', ''))))}"
    return Item(text, tuple(_file_lines(file)))


def _file_lines(file: Told) -> Iterator[str]:
    if file["private"]:
        return
    lines = [_row_line(change) for change in file.get("changes", ())]
    lines += [_setting(one) for one in file.get("settings", ())]
    yield from lines[:ROWS_IN_WORDS]
    if len(lines) > ROWS_IN_WORDS:
        yield f"and {len(lines) - ROWS_IN_WORDS} more (--json has all)"
    if left_out := file.get("left_out"):
        yield f"{left_out} rows, which changes.json had no room for"
    yield from column_words(file.get("columns", {}))


def _row_line(change: Told) -> str:
    words = change.get("words") or f"{change['change']}: {change['row']}"
    is_named = words.startswith(f"{change['row']}:") or words.endswith(f": {change['row']}")
    return words if is_named else f"{words} ({change['row']})"


def _setting(one: Told) -> str:
    before, after = short_pair(plain(one["before"]), plain(one["after"]))
    return f"{one['entry']}: {before} → {after}"


def _notebook_item(told: Told) -> Item:
    cells = told.get("cells", ())
    lines = [f"cell {cell['cell'] or 'order'} {cell['verdict']}{_line(cell)}" for cell in cells]
    return Item(_with_note(f"{told['file']}: {told['verdict']}", told), tuple(lines))


def _line(cell: Told) -> str:
    """Say how the first line that differs does."""
    if "line" not in cell:
        return ""
    before, after = short_pair(cell["before"], cell["after"])
    return f": {before or '(empty)'} → {after or '(empty)'}"


def _source_item(files: Sequence[Told]) -> Item:
    """Say how many files of the package changed, and which: those that were there before first."""
    number = {kind: sum(file["verdict"] == kind for file in files) for kind in _VERDICTS}
    counts = [f"{number[kind]} {kind}" for kind in _VERDICTS if number[kind]]
    in_order = sorted(files, key=lambda file: _VERDICTS.index(file["verdict"]))
    lines = [_source_line(file) for file in in_order[:ROWS_IN_WORDS]]
    more = len(files) - ROWS_IN_WORDS
    lines += [f"and {more} more (--json has all)"] if more > 0 else []
    noun = plural("file", sum(number.values()))
    return Item(f"the package's source: {', '.join(counts)} {noun}", tuple(lines))


def _source_line(told: Told) -> str:
    lines = f" ({_plus_minus(told['lines'])} lines)" if "lines" in told else ""
    text = f"{told['file']} {told['verdict']}{lines}"
    what = definitions_text(told)
    return _with_note(f"{text}: {what}" if what else text, told)


def _lock_lines(lock: Told) -> Iterator[str]:
    if "note" in lock:
        yield str(lock["note"])
    pins = lock.get("pins", ())
    yield from map(move, pins)
    if not pins and "note" not in lock:
        yield "no version in it: only hashes or comments"


def _plus_minus(lines: Mapping[str, int]) -> str:
    return f"+{lines['added']} \N{MINUS SIGN}{lines['removed']}"


def _with_note(text: str, told: Told) -> str:
    return f"{text}; {told['note']}" if "note" in told else text
