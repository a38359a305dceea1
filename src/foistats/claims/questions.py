"""What the published figures imply about the questions that a study asks, for its report."""

from __future__ import annotations

from fractions import Fraction

import pandas as pd

from foistats.claims.audit import Audit
from foistats.claims.implied import Implied
from foistats.claims.report import PATIENCE, Values
from foistats.claims.settings import Question, read_settings
from foistats.publish.wording import literal
from foistats.register import Register

Answers = list[tuple[Question, Implied]]
"""Each question with its answer."""


def answered(audit: Audit, register: Register) -> Answers:
    """Return what the claims imply about each question that the study asks."""
    questions = read_settings(register.study).questions
    return [
        (
            question,
            audit.bounds(
                question.force,
                question.role,
                outcome=question.outcome,
                measure=question.measure,
                seconds=PATIENCE,
            ),
        )
        for question in questions
    ]


def values(found: Answers) -> Values:
    """Return the values that `in_words` names: the ends of each range that there are."""
    ends = {
        f"{question.id}_{name}": end
        for question, answer in found
        for name, end in (("least", answer.low), ("most", answer.high))
    }
    return {id: {"number": _plain(end)} for id, end in ends.items() if end is not None}


def in_words(found: Answers) -> str:
    """Say what the claims imply, one line per question, with the ids of the values."""
    lines = [
        f"- {literal(question.label)}: {_range(answer, question.id)}" for question, answer in found
    ]
    return "\n".join(lines) or "The study asks no question of its published figures."


def _range(answer: Implied, id: str) -> str:
    if answer.low is None:
        return "no table has such a quantity"
    if answer.high is None:
        return f"at least {{{id}_least}}"
    if answer.low == answer.high:
        return f"exactly {{{id}_least}}"
    return f"from {{{id}_least}} to {{{id}_most}}"


def _plain(number: Fraction) -> int | float:
    return number.numerator if number.denominator == 1 else float(number)


def set_aside(found: Answers, audit: Audit) -> pd.DataFrame:
    """Return the claims that the bounds do without, as they conflict with more trusted ones."""
    ids = dict.fromkeys(id for _, answer in found for id in answer.set_aside)
    told = audit.verdicts.set_index("id")["claim"]
    return pd.DataFrame({"Set aside": [told[id] for id in ids], "Id": list(ids)})
