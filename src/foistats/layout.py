"""The layout of a study: its files, their columns, and the words of the columns that are ours."""

from __future__ import annotations

from foistats.codebooks import ANY
from foistats.study import Study
from foistats.tables import Field, count, date, identifier, name, text, word, year

PARTS = ("total", "cell", "margin", "remainder", "subset", "duplicate", "alternative")
ANSWERS = ("disclosed", "partial", "suppressed", "refused", "not_held", "no_answer", "not_in_print")
#: Answers that are none: whoever gave one is not in the total of the survey.
NOT_ANSWERED = ("refused", "no_answer", "not_held", "suppressed")
UNITS = ("case", "person", "complaint", "allegation")
KINDS = ("force", "region", "nation")
#: What may have happened to a source since it was published; empty: nothing known.
SOURCE_STATES = ("", "corrected", "withdrawn")
#: Parts that are entries of a table of their group.
TABLED = ("cell", "margin", "remainder")
#: Parts that repeat or contest another statement.
REPEATING = ("duplicate", "alternative")
#: An n_high that no source states.
UNLIMITED = 10**15


def fields_of(study: Study) -> dict[str, dict[str, Field]]:
    """Return which columns each file of a study has, and what each may hold.

    Columns with a default may be absent; ``asked`` and ``examples`` may be absent as files.
    """
    books = study.codebooks

    def coded(field: str, default: str | None = None) -> Field:
        return word(books[field].words, joined=True, default=default)

    return {
        "forces": {
            "force": name(),
            "kind": word(KINDS),
            "within": text(""),
            "country": text(""),
        },
        "surveys": {
            "survey": identifier(),
            "title": text(),
            "asked_by": text(""),
            "period_start": date(),
            "period_end": date(),
            "unit": word(("", *UNITS), default=""),
            "note": text(""),
        },
        "sources": {
            "source": identifier(),
            "survey": text(),
            "publisher": text(),
            "kind": text(),
            "title": text(),
            "reference": text(""),
            "published": date(),
            "period_start": date(),
            "period_end": date(),
            "address": text(""),
            "answer": text(""),
            "state": word(SOURCE_STATES, default=""),
            "note": text(""),
        },
        "groups": {
            "group": identifier(),
            "survey": text(),
            "force": text(),
            "period_start": date(),
            "period_end": date(),
            "population": text(),
            "unit": word(UNITS),
            "coverage": word(("all", "part")),
            "disclosure": word(("rule", "picked")),
            "overlapping_sets": word(("none", "pooled"), default="none"),
            "reason": Field(lambda found: bool(found.strip()), "the reason for the two marks"),
            "note": text(""),
        },
        "statements": {
            "statement": identifier(),
            "group": text(),
            "source": text(),
            "part": word(PARTS),
            "table": text(""),
            "of": text(""),
            "roles": coded("roles"),
            "outcomes": coded("outcomes"),
            "breaches": coded("breaches", ANY),
            "platforms": coded("platforms", ANY),
            "year": year(),
            "n_low": count(),
            "n_high": count(optional=True),
            "basis": word(("printed", "derived")),
            "disclosure": word(("rule", "picked")),
            "stated_role": text(""),
            "stated_outcome": text(""),
            "stated_breach": text(""),
            "note": text(""),
        },
        "asked": {
            "survey": text(),
            "force": text(),
            "answer": word(ANSWERS),
            "source": text(),
            "note": text(""),
        },
        "examples": {
            "example": identifier(),
            "people": count(),
            "force": text(""),
            "roles": coded("roles"),
            "outcomes": coded("outcomes"),
            "breaches": coded("breaches", ANY),
            "platforms": coded("platforms", ANY),
            "source": text(),
            "statement": text(""),
            "note": text(""),
        },
    }
