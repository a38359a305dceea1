"""CSV texts side by side: which row of one is which of the other.

Rows are paired by a key: the first column that names every row once in both texts and pairs
nearly as many rows as any other such column; where there is none, two or three columns
together; where there is none either, by their content. A column of decimals names nothing,
and one of whole numbers does last, unless it is the first: it may hold counts.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

#: A column is as good a key as another that pairs up to so many times its rows.
_NEARLY = 0.9
#: Keys of several columns are looked for among so many, in texts of so many rows.
_MOST_COLUMNS = 8
_MOST_ROWS = 5_000
#: So many pairs of rows are compared cell by cell, where neither key nor content pairs them.
_MOST_PAIRS = 40_000
_DECIMAL = re.compile(r"[+-]?[0-9]*\.[0-9]+(e[+-]?[0-9]+)?|[+-]?[0-9]+e[+-]?[0-9]+", re.I)

_WHOLE = re.compile(r"[+-]?[0-9]+")

Row = Mapping[str, str]


@dataclass(frozen=True)
class Sheet:
    """The columns of a CSV text and its rows, each by column; what is not there is empty."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def text(self) -> bytes:
        """Write it as CSV."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows([row.get(name, "") for name in self.columns] for row in self.rows)
        return out.getvalue().encode()


@dataclass(frozen=True)
class Pairing:
    """Which row is which, by place.

    Attributes
    ----------
    key
        The columns that name a row; none where rows are paired by their content.
    pairs
        The places of each row that both have, in the order of the later text.
    removed, added
        The places of the rows that only the earlier or the later one has.
    """

    key: tuple[str, ...] = ()
    pairs: tuple[tuple[int, int], ...] = ()
    removed: tuple[int, ...] = ()
    added: tuple[int, ...] = ()


@dataclass
class _Left:
    """The places that are not paired yet."""

    before: list[int]
    after: list[int]
    pairs: list[tuple[int, int]] = field(default_factory=list)

    def pair(self, found: Iterable[tuple[int, int]]) -> None:
        self.pairs += (told := list(found))
        first, second = {one for one, _ in told}, {other for _, other in told}
        self.before = [place for place in self.before if place not in first]
        self.after = [place for place in self.after if place not in second]


def read_sheet(content: bytes) -> Sheet | None:
    """Read a CSV text in UTF-8; None if it is none."""
    try:
        text = content.decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (ValueError, csv.Error):
        return None
    width = max(map(len, rows), default=0)
    columns = _distinct(rows[0] if rows else [], width)
    filled = (
        dict(zip(columns, [*row, *[""] * (width - len(row))], strict=True))
        for row in rows[1:]
        if row
    )
    return Sheet(columns, tuple(filled))


def paired(before: Sheet, after: Sheet) -> Pairing:
    """Say which row of the later text is which of the earlier one."""
    key = key_of(before, after)
    shared = [name for name in before.columns if name in after.columns]
    left = _Left(list(range(len(before.rows))), list(range(len(after.rows))))
    if key:
        left.pair(_by_key(before, after, key))
    else:
        left.pair(_equal(before, after, shared))
        left.pair(_alike(before, after, left, shared))
    pairs = tuple(sorted(left.pairs, key=lambda pair: pair[1]))
    return Pairing(key, pairs, tuple(left.before), tuple(left.after))


def key_of(before: Sheet, after: Sheet) -> tuple[str, ...]:
    """Return the columns that name a row in both texts; none if no few columns do."""
    sheets = (before, after)
    shared = [name for name in before.columns if name in after.columns]
    names = [name for name in shared if not any(_has_decimals(sheet, name) for sheet in sheets)]
    words = [
        name
        for place, name in enumerate(names)
        if place == 0 or not all(_holds_numbers(sheet, name) for sheet in sheets)
    ]
    is_small = len(before.rows) + len(after.rows) <= 2 * _MOST_ROWS
    for among, sizes in ((words, (1, 2, 3)), (names, (2, 3, 1))):
        for size in sizes if is_small else (1,):
            few = among if size == 1 else among[:_MOST_COLUMNS]
            if key := _best_key(before, after, list(combinations(few, size))):
                return key
    return ()


def row_name(row: Row, key: Sequence[str], place: int) -> str:
    """Return what a row is called: by its key, or else as a spreadsheet numbers it."""
    return ", ".join(row.get(name, "") for name in key) if key else f"row {place + 2}"


def _best_key(before: Sheet, after: Sheet, keys: list[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the first key that pairs nearly as many rows as the best one."""
    found = [(key, _shared_names(before, after, key)) for key in keys]
    best = max((score for _, score in found if score is not None), default=0)
    good = (key for key, score in found if score is not None and score >= _NEARLY * best)
    return next(good, ())


def _by_key(before: Sheet, after: Sheet, key: Sequence[str]) -> Iterator[tuple[int, int]]:
    places = {_cells(row, key): place for place, row in enumerate(before.rows)}
    for place, row in enumerate(after.rows):
        if (found := places.get(_cells(row, key))) is not None:
            yield found, place


def _equal(before: Sheet, after: Sheet, shared: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the rows with the same cells, the first with the first."""
    places: dict[tuple[str, ...], deque[int]] = defaultdict(deque)
    for place, row in enumerate(before.rows):
        places[_cells(row, shared)].append(place)
    for place, row in enumerate(after.rows):
        if found := places[_cells(row, shared)]:
            yield found.popleft(), place


def _alike(
    before: Sheet, after: Sheet, left: _Left, shared: Sequence[str]
) -> list[tuple[int, int]]:
    """Pair rows that have more than half of their cells in common, the most alike first."""
    if len(left.before) * len(left.after) > _MOST_PAIRS:
        return []
    likeness = (
        (-_common(before.rows[one], after.rows[other], shared), abs(one - other), one, other)
        for one in left.before
        for other in left.after
    )
    found: dict[int, int] = {}
    for common, _, one, other in sorted(likeness):
        if -2 * common > len(shared) and one not in found and other not in found.values():
            found[one] = other
    return list(found.items())


def _common(one: Row, other: Row, shared: Sequence[str]) -> int:
    """Count the cells in common; two rows of nothing but empty cells have none."""
    equal = [one[name] for name in shared if one[name] == other[name]]
    return len(equal) if any(equal) else 0


def _shared_names(before: Sheet, after: Sheet, key: Sequence[str]) -> int | None:
    """Count the rows that a key pairs; None where it does not name every row once."""
    names = []
    for sheet in (before, after):
        found = [_cells(row, key) for row in sheet.rows]
        if len(set(found)) < len(found) or any(not any(cells) for cells in found):
            return None
        names.append(set(found))
    return len(names[0] & names[1])


def _has_decimals(sheet: Sheet, name: str) -> bool:
    return any(_DECIMAL.fullmatch(row[name]) for row in sheet.rows)


def _holds_numbers(sheet: Sheet, name: str) -> bool:
    """Say whether a column holds nothing but whole numbers."""
    return all(_WHOLE.fullmatch(row[name]) for row in sheet.rows)


def _cells(row: Row, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(row[name] for name in names)


def _distinct(names: Sequence[str], width: int) -> tuple[str, ...]:
    """Give every column a name of its own; one without a name is called by its number."""
    told = [name or f"column {place}" for place, name in enumerate(names, start=1)]
    told += [f"column {place}" for place in range(len(names) + 1, width + 1)]
    seen: Counter[str] = Counter()
    found: list[str] = []
    for name in told:
        seen[name] += 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(found)
