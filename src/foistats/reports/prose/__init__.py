"""Prose that cannot drift: numbers and comparisons typed into a notebook's words.

A digit typed into prose says what was true once. It belongs into a published value, and a
comparison into a claim that must hold at publication; see docs/prose.md. Texts that the library
makes from data are no part of the notebook and are not looked at here.
"""

from __future__ import annotations

import ast
import html
import re
import string
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from foistats.comparisons import VALUE, compared
from foistats.reports.notebook import Cell, Notebook
from foistats.reports.prose.code import Literal, Names, literals
from foistats.reports.prose.markdown import Sections, visible
from foistats.reports.prose.numbers import figures, spelled

__all__ = ["ADVICE", "Fault", "faults", "in_words"]

#: The tag of a cell whose words explain a method and say nothing that was found.
METHOD = "method"
_MARKDOWN_MAGIC = re.compile(r"\s*%%markdown\b.*\n?")
_MAGIC = re.compile(r"^(\s*)[%!].*$", re.MULTILINE)
_SHOWN = 5

#: Where digits may stand: they are no place to look for the line of others.
_HIDDEN = re.compile(r"```.*?```|`[^`\n]*`|\$\$.*?\$\$|\]\([^)\n]*\)", re.DOTALL)

#: What to do about each kind of fault.
DIGITS, BESIDE, SPELLED, FORMATTED, COMPARED = (
    "digits",
    "beside",
    "spelled",
    "formatted",
    "compared",
)
_METHOD_ONLY = (
    "if the words explain a method and say nothing that was found, give the cell the tag 'method'"
)
ADVICE = {
    DIGITS: "publish a number with publish.value and say it with publish.say, as {its_id}; "
    "years, section numbers and `code` may stay",
    BESIDE: "make a caption or a label from the data, or publish the number with publish.value "
    "and say it with publish.say",
    SPELLED: "a number in words drifts like one in digits: publish it with publish.value and say "
    f"it with publish.say; {_METHOD_ONLY}",
    FORMATTED: "a number that code puts into publish.say is no published value: publish it with "
    "publish.value and name it as {its_id}",
    COMPARED: "say a comparison with publish.say and tie its words to values, as in "
    "publish.say('Staff left more often.', claims={'more often': ('staff_left', 'higher_than', "
    f"'officer_left')}}); {_METHOD_ONLY}",
}


@dataclass(frozen=True)
class Fault:
    """Something typed into prose that will not follow the data.

    Attributes
    ----------
    kind : str
        A key of `ADVICE`.
    cell : str
        The id of the cell.
    line : int
        The line in the cell, from 1.
    place : str
        What the words are: "the text", "publish.say", "the caption" and so on.
    found : tuple of str
        The numbers or phrases.
    """

    kind: str
    cell: str
    line: int
    place: str
    found: tuple[str, ...]

    def __str__(self) -> str:
        shown = ", ".join(f"'{one}'" for one in self.found[:_SHOWN])
        more = f" and {len(self.found) - _SHOWN} more" if len(self.found) > _SHOWN else ""
        return f"cell {self.cell}, line {self.line}: {self.place} has {shown}{more}"


def in_words(found: Sequence[Fault]) -> str:
    """Say what is typed where, a line each, and once what to do about each kind."""
    lines = ["what is typed into its words does not follow the data"]
    for kind in dict.fromkeys(fault.kind for fault in found):
        lines += [f"  {fault}" for fault in found if fault.kind == kind]
        lines.append(f"    {ADVICE[kind]}")
    return "\n".join(lines)


def faults(notebook: Notebook) -> tuple[Fault, ...]:
    """Return what is typed into the prose of a notebook and belongs into values and claims.

    Parameters
    ----------
    notebook : Notebook
        As `foistats.reports.notebook.read_notebook` reads it.
    """
    names, trees, sections = Names(), list[tuple[Cell, ast.Module]](), Sections()
    for cell in notebook.cells:
        if cell.kind == "code" and (tree := _tree(cell.source)) is not None:
            names.read(cell.id, tree)
            trees.append((cell, tree))
    cells = {cell.id: cell for cell in notebook.cells}
    in_code: dict[str, dict[Fault, None]] = {}
    for _, tree in trees:
        for literal in literals(tree, names):
            owner = cells[literal.cell]
            in_code.setdefault(owner.id, {}).update(dict.fromkeys(_in_literal(literal, owner)))
    found: list[Fault] = []
    for cell in notebook.cells:
        if cell.kind == "markdown" or _MARKDOWN_MAGIC.match(cell.source):
            found += _in_text(cell, sections)
        found += sorted(in_code.get(cell.id, ()), key=lambda fault: fault.line)
    return tuple(found)


def _tree(source: str) -> ast.Module | None:
    """Return a cell's code; None for what is no Python, which its kernel will say."""
    if _MARKDOWN_MAGIC.match(source):
        return None
    try:
        return ast.parse(_MAGIC.sub(r"\1pass", source))
    except (SyntaxError, ValueError, RecursionError):
        return None


def _in_text(cell: Cell, sections: Sections) -> Iterator[Fault]:
    """Yield the faults of a Markdown cell."""
    lines = _Lines(cell, range(1, cell.source.count("\n") + 2))
    for words in visible(_MARKDOWN_MAGIC.sub("\n", cell.source, count=1)):
        if words.is_heading:
            yield from lines.faults("the heading", sections.unnumbered(words.text))
        else:
            yield from lines.faults("the text", words.text)


def _in_literal(literal: Literal, cell: Cell) -> Iterator[Fault]:
    """Yield the faults of a text in code."""
    lines = _Lines(cell, literal.lines)
    if literal.role not in ("say", "Markdown"):
        yield from lines.faults(f"the {literal.role}", literal.text, advice=BESIDE, finding=False)
        return
    place = "publish.say" if literal.role == "say" else "the text"
    if literal.number and literal.role == "say":
        yield Fault(FORMATTED, cell.id, literal.lines[0], place, (f"{{{literal.number}}}",))
    claimed = literal.claimed and [_with_marks(words) for words in literal.claimed]
    for words in visible(_with_marks(literal.text)):
        yield from lines.faults(place, words.text, claimed=claimed)


def _with_marks(template: str) -> str:
    """Return a template for `publish.say`, its places marked."""
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError:  # say will tell
        return template
    return "".join(text + (VALUE if name is not None else "") for text, name, _, _ in parts)


@dataclass
class _Lines:
    """The lines of a cell among which words stand, and how far they have been read."""

    cell: Cell
    within: range
    reached: int = 0

    def faults(
        self,
        place: str,
        text: str,
        *,
        advice: str = DIGITS,
        finding: bool = True,
        claimed: Sequence[str] | None = (),
    ) -> Iterator[Fault]:
        """Yield what is wrong with some words, by kind.

        Parameters
        ----------
        place, text : str
            What the words are, and they themselves.
        advice : str
            The kind of a fault of digits.
        finding : bool
            Whether the words may compare, so that what they compare must be tied.
        claimed : sequence of str or None
            The words that are tied; None for all.
        """
        yield from self._fault(advice, place, figures(text))
        if METHOD in self.cell.tags:
            return
        yield from self._fault(SPELLED, place, spelled(text))
        if finding and claimed is not None:
            for words in claimed:
                text = text.replace(" ".join(words.split()), VALUE)
            yield from self._fault(COMPARED, place, compared(text))

    def _fault(self, kind: str, place: str, found: Iterable[str]) -> Iterator[Fault]:
        told = tuple(dict.fromkeys(found))
        if told:
            yield Fault(kind, self.cell.id, self._line_of(told[0]), place, told)

    def _line_of(self, found: str) -> int:
        """Return the line of some words, the first from where the last ones stood."""
        source = self.cell.source
        written = [_HIDDEN.sub(_blank, source), source, html.unescape(source)]
        for text, words in product(written, (found, found.split()[0])):
            lines = text.split("\n")
            for number in self.within:
                if self.reached < number <= len(lines) and words in lines[number - 1]:
                    self.reached = number - 1
                    return number
        return max(self.reached, self.within[0])


def _blank(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", found.group())
