"""The page word by word: held against one that was written again from the replay."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import zip_longest
from urllib.parse import unquote_to_bytes

from foistats.reports.replay import drawings
from foistats.reports.replay.texts import Leeway
from foistats.reports.replay.verdicts import (
    DIFFERENT,
    IDENTICAL,
    MISSING,
    WITHIN,
    Verdict,
    table_verdicts,
)

PAGE_FILE = "report.html"

#: A tag, an attribute, a text: its kind, its name, what it says.
Piece = tuple[str, str, str]

_CARRIED = re.compile(r"data:[a-z/+.;-]+;base64,[A-Za-z0-9+/=]*")


def page_verdict(recorded: bytes | None, written: bytes, *, leeway: Leeway) -> Verdict:
    """Return the verdict on the page.

    Parameters
    ----------
    recorded : bytes or None
        The published page.
    written : bytes
        The page made from the replay.
    leeway : Leeway
        How far texts may differ.
    """
    if recorded is None:
        return Verdict("page", PAGE_FILE, MISSING)
    if recorded == written:
        return Verdict("page", PAGE_FILE, IDENTICAL)
    try:
        before, after = recorded.decode("utf-8"), written.decode("utf-8")
    except UnicodeDecodeError:
        return Verdict("page", PAGE_FILE, DIFFERENT, where="not text in UTF-8")
    if _say_the_same(before, after, leeway):
        return Verdict("page", PAGE_FILE, WITHIN)
    return _first_difference(_pieces(before), _pieces(after), leeway)


def _say_the_same(recorded: str, written: str, leeway: Leeway) -> bool:
    """Compare two pages letter for letter, and what addresses hold themselves by what it is.

    A page is not taken apart for that: what a browser makes of it is its own affair.
    """
    carried, carried_after = _CARRIED.findall(recorded), _CARRIED.findall(written)
    if not leeway.is_any or len(carried) != len(carried_after):
        return False
    if not leeway.allows(_CARRIED.sub("data:", recorded), _CARRIED.sub("data:", written)):
        return False
    return all(map(_hold_the_same, carried, carried_after))


def _first_difference(before: list[Piece], after: list[Piece], leeway: Leeway) -> Verdict:
    """Return the verdict with the first text, tag or attribute that is another one."""
    for number, (one, other) in enumerate(zip_longest(before, after, fillvalue=("", "", ""))):
        if one != other and not _is_allowed(one, other, leeway):
            pieces = before if number < len(before) else after
            where = _place(pieces, number)
            return Verdict("page", PAGE_FILE, DIFFERENT, one[2], other[2], where=where)
    return Verdict("page", PAGE_FILE, DIFFERENT, where="bytes that a reader may not see")


class _Reader(HTMLParser):
    """Takes a page apart into tags, attributes and texts, in order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[Piece] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.pieces.append(("tag", tag, f"<{tag}>"))
        self.pieces += [("attribute", f"{tag} {name}", value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        self.pieces.append(("end", tag, f"</{tag}>"))

    def handle_data(self, data: str) -> None:
        self.pieces.append(("text", "", data))

    def handle_comment(self, data: str) -> None:
        self.pieces.append(("comment", "", data))

    def handle_decl(self, decl: str) -> None:
        self.pieces.append(("declaration", "", decl))

    def handle_pi(self, data: str) -> None:
        self.pieces.append(("instruction", "", data))

    def unknown_decl(self, data: str) -> None:
        self.pieces.append(("declaration", "", data))


def _pieces(page: str) -> list[Piece]:
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return reader.pieces


def _is_allowed(one: Piece, other: Piece, leeway: Leeway) -> bool:
    if one[:2] != other[:2]:
        return False
    if one[0] == "attribute" and one[2].startswith("data:") and leeway.is_any:
        return _hold_the_same(one[2], other[2])
    return leeway.allows(one[2], other[2])


def _hold_the_same(recorded: str, replayed: str) -> bool:
    """Compare what an address holds itself: a drawing or a table."""
    (kind, before), (kind_after, after) = _carried(recorded), _carried(replayed)
    if kind != kind_after:
        return False
    if "svg" in kind:
        one, other = (content.decode("utf-8", "replace") for content in (before, after))
        return drawings.look_the_same(one, other)
    return all(one.is_good for one in table_verdicts("", before, after))


def _carried(address: str) -> tuple[str, bytes]:
    kind, _, content = address.partition(",")
    if not kind.endswith(";base64"):
        return kind, unquote_to_bytes(content)
    try:
        return kind, base64.b64decode(content, validate=True)
    except binascii.Error:
        return "damaged", content.encode()


def _place(pieces: list[Piece], number: int) -> str:
    """Name the nearest thing with an id before a piece."""
    ids: Iterator[str] = (
        value
        for kind, name, value in reversed(pieces[: number + 1])
        if kind == "attribute" and name.endswith(" id")
    )
    found = next(ids, "")
    return f"near #{found}" if found else "at its top"


def stated_parameters(page: bytes) -> dict[str, tuple[str, str]]:
    """Return what a page says of each parameter: its value with the unit, and its meaning."""
    pieces = _pieces(page.decode("utf-8", "replace"))
    captions = [
        number
        for number, piece in enumerate(pieces)
        if piece == ("tag", "caption", "<caption>")
        and pieces[number + 1 : number + 2]
        and pieces[number + 1][2] == "Parameters"
    ]
    if not captions:
        return {}
    found: dict[str, tuple[str, str]] = {}
    row: list[str] = []
    for kind, name, text in pieces[captions[-1] :]:
        if (kind, name) == ("end", "table"):
            break
        if (kind, name) == ("tag", "tr"):
            row = []
        elif (kind, name) in (("tag", "th"), ("tag", "td")):
            row.append("")
        elif kind == "text" and row:
            row[-1] += text
        elif (kind, name) == ("end", "tr") and len(row) == 3:
            found[row[0].strip()] = row[1].strip(), row[2].strip()
    return found
