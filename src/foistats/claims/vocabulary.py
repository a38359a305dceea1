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
    cases (*dismissed* is one way to have *left*), and two of them share none. A word of several
    levels means all of them; a word of no level is a kind of its own. Words that together name
    every term of a level, where there are two at least, mean the whole level.

    Attributes
    ----------
    ids : tuple of str
    meaning : mapping of str to frozenset of str
        The kinds of every word.
    parts : mapping of str to frozenset of str
        For every level, the terms that stand for it alone.
    """

    ids: tuple[str, ...]
    meaning: dict[str, frozenset[str]]
    parts: dict[str, frozenset[str]]

    def of(self, text: str) -> frozenset[str]:
        """Return the kinds that one word, or several joined by ``|``, mean."""
        words = set(text.split(JOIN)) if text else {ANY}
        found = frozenset(kind for word in words for kind in self.meaning[word])
        whole = [level for level, terms in self.parts.items() if len(terms) > 1 and terms <= words]
        return found.union(*(self.meaning[level] for level in whole))


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
    parts = {
        level: frozenset(term.id for term in book.terms if term.levels == (level,))
        for level in book.ids
    }
    meaning = {level: frozenset({level}) | terms for level, terms in parts.items()}
    for term in book.terms:
        if len(term.levels) > 1:
            meaning[term.id] = frozenset().union(*(meaning[level] for level in term.levels))
        else:
            meaning[term.id] = frozenset({term.id})
    alone = [term.id for term in book.terms if len(term.levels) < 2]
    ids = (*book.ids, *alone, *((UNPLACED,) if unplaced else ()))
    meaning[ANY] = frozenset(ids)
    return Kinds(ids, meaning, parts)
