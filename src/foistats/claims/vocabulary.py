"""The finest kinds of role and outcome that the words of a codebook tell apart."""

from __future__ import annotations

from dataclasses import dataclass

from foistats.codebooks import ANY, JOIN, Codebook

#: The kind of cases that none of a codebook's words describes.
UNPLACED = ""


@dataclass(frozen=True)
class Kinds:
    """Disjoint kinds of cases, and which of them a word means.

    A level is split by the terms that stand for it alone: such a term means some of the level's
    cases (*dismissed* is one way to have *left*), and two of them share none. There may be more to
    a level than its terms describe, unless the codebook says that they cover it. A word of several
    levels means all of them; a word of no level is a kind of its own.

    Attributes
    ----------
    ids : tuple of str
    meaning : mapping of str to frozenset of str
        The kinds of every word.
    """

    ids: tuple[str, ...]
    meaning: dict[str, frozenset[str]]

    def of(self, text: str) -> frozenset[str]:
        """Return the kinds that one word, or several joined by ``|``, mean."""
        words = text.split(JOIN) if text else [ANY]
        return frozenset(kind for word in words for kind in self.meaning[word])


def kinds_of(book: Codebook, *, unplaced: bool) -> Kinds:
    """Return the kinds that a codebook tells apart.

    Parameters
    ----------
    book : Codebook
    unplaced : bool
        Whether a case may be of none of them, as a role may.

    Examples
    --------
    >>> from foistats.codebooks import Level, Term
    >>> book = Codebook("outcomes", "", (Level("kept", ""), Level("left", "")),
    ...                 (Term("retired", "", ("left",)),))
    >>> sorted(kinds_of(book, unplaced=False).of("left"))
    ['left', 'retired']
    """
    meaning: dict[str, frozenset[str]] = {}
    for level in book.levels:
        parts = frozenset(term.id for term in book.terms if term.levels == (level.id,))
        meaning[level.id] = parts if level.covered else parts | {level.id}
    for term in book.terms:
        if len(term.levels) > 1:
            meaning[term.id] = frozenset().union(*(meaning[level] for level in term.levels))
        else:
            meaning[term.id] = frozenset({term.id})
    levels = [level.id for level in book.levels if not level.covered]
    alone = [term.id for term in book.terms if len(term.levels) < 2]
    ids = (*levels, *alone, *((UNPLACED,) if unplaced else ()))
    meaning[ANY] = frozenset(ids)
    return Kinds(ids, meaning)
