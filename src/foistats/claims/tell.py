"""Claims and conflicts in the words of the study, for a reader who was not there."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from foistats.claims.claim import Claim
from foistats.claims.measures import Measure
from foistats.claims.wordings import NUMERIC
from foistats.codebooks import ANY, JOIN
from foistats.study import Study

#: How a comparison with a number reads.
SAID = {
    "equals": "exactly {value}",
    "rounds_to": "{value}, rounded",
    "about": "about {value}",
    "more_than": "more than {value}",
    "at_least": "at least {value}",
    "fewer_than": "fewer than {value}",
    "at_most": "at most {value}",
    "between": "from {low} to {high}",
    "nearly": "nearly {value}",
    "majority": "more than half",
    "most": "more than half",
    "highest": "the highest of all",
    "lowest": "the lowest of all",
    "nth_highest": "place {value} from the top",
    "higher_than": "higher than in claim {value}",
    "lower_than": "lower than in claim {value}",
    "no_difference": "the same as in claim {value}",
    "plurality": "the most frequent",
}


def claim_in_words(claim: Claim, study: Study) -> str:
    """Return a claim in words: the file's own, or made from its columns."""
    if claim.wording:
        return claim.wording
    if claim.measure.kind == "outside":
        return f"a figure beside the {study.words['case'][1]}: {claim.value}"
    percent = "%" if claim.measure.is_share and claim.comparison in NUMERIC else ""
    printed = claim.value if "/" in claim.value else claim.value + percent
    ends = (None, None) if claim.interval is None else (claim.interval.low, claim.interval.high)
    low, high = ("?" if end is None else short(end) + percent for end in ends)
    said = SAID[claim.comparison].format(value=printed, low=low, high=high)
    return f"{quantity_in_words(claim, study)}: {said}"


def quantity_in_words(claim: Claim, study: Study) -> str:
    """Return what a claim measures: cases, force, role and outcome."""
    cells = cells_in_words(study, claim.force, claim.role, claim.outcome)
    return measured(claim.measure, cells, study)


def cells_in_words(study: Study, force: Sequence[str], role: str, outcome: str) -> str:
    """Return cases of some forces, roles and outcomes in words."""
    parts = [f"{study.words['case'][1]} of {' and '.join(force) if force else _all(study)}"]
    for book, words in ((study.roles, role), (study.outcomes, outcome)):
        if words not in ("", ANY):
            parts.append(" or ".join(book.labels[word] for word in words.split(JOIN)))
    return ", ".join(parts)


def _all(study: Study) -> str:
    return f"all {study.words['force'][1]}"


def measured(measure: Measure, cells: str, study: Study) -> str:
    """Return what is measured of cells, in words."""
    forces = study.words["force"][1]
    if measure.is_share:
        return f"{cells}, in percent of those of {_base(measure, study)}"
    if measure.kind == "rank":
        return f"place by the number of {cells}"
    if measure.kind == "answers":
        answers = " or ".join(word.replace("_", " ") for word in measure.words.split(JOIN))
        return f"number of {forces} whose answer was: {answers}"
    if measure.kind == "forces":
        ends = (measure.least, measure.most)
        said = {
            (False, True): f"at most {measure.most}",
            (True, False): f"at least {measure.least}",
        }.get((ends[0] is not None, ends[1] is not None), f"{ends[0]} to {ends[1]}")
        return f"number of {forces} with {said} {cells}"
    if measure.kind == "ratio":
        return f"{cells} over those of claim {measure.words}"
    return cells


def _base(measure: Measure, study: Study) -> str:
    """Return what a share is a share of: all forces, roles or outcomes, or those named."""
    kind = {"share_of_force": "force", "share_of_role": "role"}.get(measure.kind, "outcome")
    named = [] if measure.words in ("", ANY) else measure.words.split(JOIN)
    if not named:
        return f"all {study.words[kind][1]}"
    if kind == "force":
        return " and ".join(named)
    book = study.roles if kind == "role" else study.outcomes
    return " or ".join(book.labels[word] for word in named)


def printed_by(claim: Claim) -> str:
    """Return who prints a claim: one source, or the first and how many more."""
    first, *more = claim.sources
    return f"{first} and {len(more)} more" if len(more) > 1 else ", ".join(claim.sources)


def conflict_in_words(claims: Sequence[Claim], study: Study, explanation: str = "") -> str:
    """Return why claims cannot all be true.

    Parameters
    ----------
    claims : sequence of Claim
        A minimal conflicting set.
    study : Study
    explanation : str
        What the others leave for the last of them, if it was settled.
    """
    listed = "; ".join(
        f"({n}) {claim_in_words(claim, study)} [{claim.id}, {printed_by(claim)}]"
        for n, claim in enumerate(claims, start=1)
    )
    if len(claims) == 1:
        return f"This claim cannot be true of any table: {listed}.{explanation}"
    if len(claims) == 2:
        return f"These 2 claims cannot both be true: {listed}.{explanation}"
    return (
        f"These {len(claims)} claims cannot all be true: {listed}. "
        f"Without any one of them the others can.{explanation}"
    )


def range_in_words(low: Fraction | None, high: Fraction | None) -> str:
    """Return a range in words.

    Examples
    --------
    >>> range_in_words(Fraction(3), Fraction(3)), range_in_words(Fraction(1, 2), None)
    ('exactly 3', 'at least 0.5')
    """
    if low is not None and low == high:
        return f"exactly {short(low)}"
    if high is None:
        return "any number" if low is None else f"at least {short(low)}"
    return f"from {short(low or Fraction(0))} to {short(high)}"


def short(number: Fraction) -> str:
    """Return a number with two decimals at most."""
    if number.denominator == 1:
        return str(number.numerator)
    return f"{float(number):.2f}".rstrip("0").rstrip(".")
