"""Prose with places ``{id}`` for published values, and what its words claim of them."""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from foistats.errors import UsageError, did_you_mean
from foistats.publish.claims import refuse_false
from foistats.publish.predicates import Predicate, complete
from foistats.publish.record import Entry


@dataclass(frozen=True)
class Said:
    """A paragraph with its places filled, and its claims: words and predicate of each."""

    plain: str
    markdown: str
    claims: tuple[Mapping[str, Any], ...]


def said(
    template: str, claims: Mapping[str, Predicate | None], entries: Mapping[str, Entry]
) -> Said:
    """Fill the places of a template, and check what it claims.

    Parameters
    ----------
    template : str
    claims : mapping of str to sequence
        Words of the template, and what they claim: a predicate, or None for no claim.
    entries : mapping
        What was published so far.

    Raises
    ------
    UsageError
        When a place names nothing that was published, a predicate is none, or the words of a
        claim are not in the template.
    ReportError
        When a claim does not hold.
    """
    values = {id: entry for id, entry in entries.items() if entry.kind == "value"}
    plain, markdown = _filled(template, values, entries)
    units = {id: entry.unit for id, entry in values.items()}
    known = {id: entry.value for id, entry in values.items() if entry.value is not None}
    told = []
    for words, predicate in claims.items():
        if not words.strip() or " ".join(words.split()) not in " ".join(template.split()):
            raise UsageError(
                f"publish.say was given a claim for the words '{words}', which are not in its "
                "text; give the words as the text has them"
            )
        if predicate is not None:
            text, whole = _filled(words, values, entries)[0], complete(predicate, units)
            refuse_false(text, whole, known)
            told.append({"text": " ".join(text.split()), "predicate": whole})
    return Said(plain, markdown, tuple(told))


def _filled(
    template: str, values: Mapping[str, Entry], entries: Mapping[str, Entry]
) -> tuple[str, str]:
    """Return a template with its places filled, as plain text and as Markdown."""
    parts = [(text, _entry(id, values, entries)) for text, id in _places(template)]
    plain = "".join(text + (entry.text if entry else "") for text, entry in parts)
    return plain, "".join(text + (entry.markdown if entry else "") for text, entry in parts)


def _places(template: str) -> Iterator[tuple[str, str | None]]:
    """Split a template into texts and the ids that follow them."""
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError as fault:
        raise UsageError(
            f"publish.say has a brace without its partner ({fault}) in {template!r}; "
            "write {id} for a value and {{ }} for braces"
        ) from None
    for text, name, layout, conversion in parts:
        if name is not None and (layout or conversion):
            raise UsageError(
                f"publish.say was given a format in '{{{name}…}}'; write {{{name}}} alone and "
                "give digits and unit where the value is published"
            )
        yield text, name


def _entry(
    id: str | None, values: Mapping[str, Entry], entries: Mapping[str, Entry]
) -> Entry | None:
    if id is None or id in values:
        return None if id is None else values[id]
    if id in entries:
        raise UsageError(
            f"publish.say names '{id}', which is a {entries[id].kind}; "
            "prose takes values only: publish the number with publish.value"
        )
    raise UsageError(
        f"publish.say names '{id}', which was not published{did_you_mean(id, values)}; "
        f"values so far: {', '.join(values) or 'none'}"
    )
