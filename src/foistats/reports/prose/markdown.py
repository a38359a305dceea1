"""What a reader sees of Markdown: its words, without code, formulas and where links lead.

It is read by the parser that writes the pages, so that nothing is prose here and code there.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nbconvert.filters.markdown_mistune import MarkdownWithMath

#: What stands for code and formulas, so that the words on both sides stay apart.
_GAP = " \N{SYMBOL FOR SUBSTITUTE} "
_NUMBERED = re.compile(r"([0-9]{1,2}(?:\.[0-9]{1,2})*)[.)]?(?=\s+[^\W\d_a-z])")
#: What stands in a line: where a block has one of these, it is a line of words.
_INLINE = {"text", "emphasis", "strong", "strikethrough", "link", "image", "codespan"} | {
    *("inline_html", "inline_math", "block_math", "latex_environment"),
}
#: A formula has one of these; digits between dollar signs without any are a number.
_FORMULA = re.compile(r"[\\^_=<>+*/|]")


@dataclass(frozen=True)
class Words:
    """Words that stand together: a paragraph, a heading, a cell of a table."""

    text: str
    is_heading: bool = False


def visible(source: str) -> Iterator[Words]:
    r"""Yield the words of a Markdown text; section numbers at the start of headings are left out.

    Examples
    --------
    >>> [words.text for words in visible("## 2 Data\n\nSee `x9` in [part &#52;](a8.md).")]
    ['2 Data', 'See ␚ in part 4.']
    """
    for words in _blocks(_parsed(source)):
        text = " ".join(words.text.split())
        if text:
            yield Words(text, words.is_heading)


class Sections:
    """The section numbers of a notebook so far; one that does not follow on is no section's."""

    def __init__(self) -> None:
        self.last: tuple[int, ...] = ()

    def unnumbered(self, heading: str) -> str:
        """Return a heading without the section number it starts with.

        Examples
        --------
        >>> sections = Sections()
        >>> [sections.unnumbered(text) for text in ("1 Data", "1.1 Forces", "2. Fit", "88 Cases")]
        ['Data', 'Forces', 'Fit', '88 Cases']
        """
        found = _NUMBERED.match(heading)
        number = tuple(map(int, found[1].split("."))) if found else ()
        if not found or number not in self._next():
            return heading
        self.last = number
        return heading[found.end() :].strip()

    def _next(self) -> set[tuple[int, ...]]:
        """Return the numbers that may follow: one more at any level, or a first part."""
        further = {(*self.last[:depth], self.last[depth] + 1) for depth in range(len(self.last))}
        return {*further, (*self.last, 1)}


def _parsed(source: str) -> Any:
    """Return the tokens of a text, by the parser of the pages."""
    make: Any = MarkdownWithMath  # its types know no parser without a renderer
    return make(renderer=None).parse(source)[0]


def _blocks(tokens: Iterable[Mapping[str, Any]]) -> Iterator[Words]:
    for token in tokens:
        children = token.get("children", ())
        if token["type"] == "block_html":
            yield Words(token["raw"])
        elif any(child["type"] in _INLINE for child in children):
            yield Words("".join(map(_inline, children)), token["type"] == "heading")
        else:
            start = token.get("attrs", {}).get("start", 1)
            if token["type"] == "list" and start > 1:
                yield Words(f"{start}.")
            yield from _blocks(children)


def _inline(token: Mapping[str, Any]) -> str:
    kind, raw = token["type"], token.get("raw", "")
    if kind in ("codespan", "block_code", "block_math", "latex_environment"):
        return _GAP
    if kind == "inline_math":
        return _GAP if _FORMULA.search(raw) or not any(map(str.isdigit, raw)) else raw
    if kind in ("linebreak", "softbreak"):
        return " "
    inner = html.unescape(raw) + "".join(map(_inline, token.get("children", ())))
    attrs = token.get("attrs", {})
    if kind == "link" and inner == attrs.get("url"):
        return _GAP
    return " ".join(filter(None, [inner, html.unescape(attrs.get("title") or "")]))
