"""What readers see of an audit: tables with words, sentences with the ids of values."""

import re
from dataclasses import replace

import pytest

from foistats import read_register
from foistats.claims import questions, report
from foistats.claims.audit import audit_claims
from foistats.claims.settings import read_settings
from foistats.errors import InvalidStudyError
from foistats.publish.tabular import plain_table
from foistats.study import read_study

LEDGER = (
    {"id": "forty", "value": "40", "source": "S1|S2"},
    {"id": "fifty", "value": "50", "source": "S2"},
    {"id": "ash", "force": "Ash", "comparison": "at_least", "value": "10"},
)


@pytest.fixture
def trial(study):
    folder = study(LEDGER)
    settings = folder / "study.toml"
    settings.write_text(
        settings.read_text()
        + '\n[claims]\narticle = "S1"\ntrust = ["S1"]\n'
        + '[[claims.questions]]\nlabel = "cases of Ash"\nforce = "Ash"\n'
        + '[claims.explained]\nfifty = "a slip"\n'
    )
    register = read_register(folder)
    return audit_claims(register), register


def test_every_frame_can_be_published(trial):
    audit, register = trial
    found = questions.answered(audit, register)
    frames = [
        report.line_by_line(audit, register),
        report.conflicts(audit),
        report.explained(audit, register),
        questions.set_aside(found, audit),
        report.percentages(audit),
        report.unchecked(audit),
    ]
    for frame in frames:
        plain_table(frame, where="a table")


def test_the_sentence_names_published_values(trial):
    audit, _ = trial
    said = report.in_words(audit)
    assert "cannot all be true" in said
    assert set(re.findall(r"{(\w+)}", said)) <= set(report.values(audit))
    assert report.values(audit)["contradictions"]["number"] == 1


@pytest.mark.parametrize(
    ("cut", "complete", "said"),
    [
        ("", None, "in themselves."),
        ("only sets of up to 3 claims were looked for", 3, "Larger sets were not looked for."),
        ("the search was cut: not settled in the time given", 2, "There may be more of them."),
    ],
)
def test_what_was_not_searched_is_said(trial, cut, complete, said):
    audit = replace(trial[0], largest=3, cut=cut, complete=complete)
    assert report.in_words(audit).endswith(said)


def test_the_article_and_the_others_share_out_the_claims(trial):
    audit, register = trial
    of = report.line_by_line(audit, register, of=report.article(register))
    rest = report.line_by_line(audit, register, without=report.article(register))
    assert (len(of), len(rest)) == (2, 1)


def test_questions_are_answered_without_the_least_trusted(trial):
    audit, register = trial
    found = questions.answered(audit, register)
    assert list(questions.set_aside(found, audit)["Id"]) == ["fifty"]
    assert (
        questions.in_words(found) == "- cases of Ash: from {question_1_least} to {question_1_most}"
    )
    numbers = {id: value["number"] for id, value in questions.values(found).items()}
    assert numbers == {"question_1_least": 10, "question_1_most": 40}
    assert "a slip" in set(report.explained(audit, register)["Perhaps"])


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ('[[claims.questions]]\nlabel = "x"\nforces = "Ash"\n', "did you mean 'force'"),
        ('[[claims.questions]]\nforce = "Ash"\n', "no label"),
        ("[[claims.questions]]\nlabel = 3\n", "texts: label"),
        ('[[claims.questions]]\nid = "A b"\nlabel = "x"\n', "small letters"),
        ('[[claims.questions]]\nid = "a"\nlabel = "x"\n' * 2, "each id once"),
        ("[claims.explained]\nfifty = 3\n", "a text in quotes"),
    ],
)
def test_wrong_settings_say_where(study, entry, said):
    folder = study(LEDGER)
    settings = folder / "study.toml"
    settings.write_text(f"{settings.read_text()}\n{entry}")
    with pytest.raises(InvalidStudyError, match=re.escape(said)):
        read_settings(read_study(folder))
