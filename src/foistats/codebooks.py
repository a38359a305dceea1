"""Codebooks: the vocabulary of a study, as commented TOML files.

A codebook has *levels* (the finest categories), *terms* (words of the sources that stand for one
or several levels, or for none), *groupings* (coarser ladders or role groups that an analysis uses)
and *readings* (other meanings of a term, for sensitivity analyses).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from foistats.errors import UsageError, did_you_mean

#: The word for "the source does not state it": every level is possible.
ANY = "any"
#: What joins several words in one field; no level or term may contain it.
JOIN = "|"
#: What an id looks like.
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class Level:
    """One category: an id used in data files, a label for readers, its meaning, extra facts.

    It is covered if every case of it is of one of the terms that stand for it alone.
    """

    id: str
    label: str
    meaning: str = ""
    standards: tuple[str, ...] = ()
    covered: bool = False


@dataclass(frozen=True)
class Term:
    """A word of the sources: the levels it stands for; none, and why, if it is no level."""

    id: str
    label: str
    levels: tuple[str, ...]
    outside: str = ""


@dataclass(frozen=True)
class Grouping:
    """A coarser set of categories: each group's id, its label and the levels it is made of."""

    id: str
    meaning: str
    groups: tuple[tuple[Level, frozenset[str]], ...]

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the groups, in order."""
        return tuple(level.id for level, _ in self.groups)

    @property
    def labels(self) -> dict[str, str]:
        """Labels for readers, by id."""
        return {level.id: level.label for level, _ in self.groups}

    def of(self, levels: Iterable[str]) -> frozenset[str]:
        """Return the groups that any of the given levels falls into."""
        wanted = set(levels)
        return frozenset(level.id for level, members in self.groups if members & wanted)


@dataclass(frozen=True)
class Codebook:
    """The vocabulary of one field of the register.

    Attributes
    ----------
    name : str
        The name of the file without its suffix: ``outcomes``, ``roles``, …
    levels, terms, groupings, readings
        In the order of the file.
    """

    name: str
    title: str
    levels: tuple[Level, ...]
    terms: tuple[Term, ...] = ()
    groupings: tuple[Grouping, ...] = ()
    readings: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the levels, in order."""
        return tuple(level.id for level in self.levels)

    @property
    def words(self) -> tuple[str, ...]:
        """Every word a data file may use for this field."""
        return (*self.ids, *(term.id for term in self.terms), ANY)

    @property
    def labels(self) -> dict[str, str]:
        """Labels for readers, by level or term."""
        labels = {level.id: level.label for level in self.levels}
        labels |= {term.id: term.label for term in self.terms}
        return labels | {ANY: "Not stated"}

    def levels_of(self, text: str) -> frozenset[str]:
        """Return the levels a field stands for.

        Parameters
        ----------
        text : str
            One word or several joined by ``|``.

        Returns
        -------
        frozenset of str
            Every level for ``any``; empty if all its words are outside the levels.

        Examples
        --------
        >>> book = Codebook("roles", "Role", (Level("cook", "Cook"), Level("clerk", "Clerk")))
        >>> sorted(book.levels_of("cook|clerk"))
        ['clerk', 'cook']
        """
        meaning = {level: (level,) for level in self.ids} | {t.id: t.levels for t in self.terms}
        meaning[ANY] = self.ids
        return frozenset(level for word in text.split(JOIN) for level in meaning[word])

    def grouping(self, name: str) -> Grouping:
        """Return a grouping by its id; raise `UsageError` naming those there are."""
        for grouping in self.groupings:
            if grouping.id == name:
                return grouping
        allowed = [grouping.id for grouping in self.groupings]
        raise UsageError(
            f"codebooks/{self.name}.toml has no grouping '{name}'; "
            f"it has {', '.join(allowed) or 'none'}{did_you_mean(name, allowed)}"
        )

    def read_as(self, reading: str) -> Codebook:
        """Return the codebook with the terms of one reading put in place."""
        if reading not in self.readings:
            allowed = list(self.readings)
            raise UsageError(
                f"codebooks/{self.name}.toml has no reading '{reading}'; "
                f"it has {', '.join(allowed) or 'none'}{did_you_mean(reading, allowed)}"
            )
        changed = self.readings[reading]
        terms = tuple(
            replace(term, levels=changed[term.id]) if term.id in changed else term
            for term in self.terms
        )
        return replace(self, terms=terms)


def empty_codebook(name: str) -> Codebook:
    """Return the codebook of a field the study does not use: only ``any`` is allowed."""
    return Codebook(name=name, title=name.capitalize(), levels=())
