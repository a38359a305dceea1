from __future__ import annotations

import pytest

from foistats.reports.changes.study_words import (
    StudyWords,
    changed_words,
    plain_words,
    read_words,
    statement_words,
)

WORDS = StudyWords(
    cases=("case", "cases"),
    labels={
        "outcomes": {"advice": "Advice", "none": "No further action", "any": "Not stated"},
        "roles": {"pcso": "PCSO", "officer": "Police officer", "any": "Not stated"},
        "platforms": {"facebook": "Facebook", "any": "Not stated"},
    },
    forces={"ash": "Ash", "elm": "Elm"},
    units={"ash": "case", "elm": "person"},
)
ROW = {
    "statement": "ash-9",
    "group": "ash",
    "roles": "any",
    "outcomes": "advice",
    "platforms": "any",
    "n_low": "34",
    "n_high": "34",
    "source": "P012",
    "note": "",
}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"outcomes": "none"}, "Ash, 34 cases: advice → no further action"),
        ({"outcomes": "any"}, "Ash, 34 cases: advice → not stated"),
        ({"outcomes": "advice|none"}, "Ash, 34 cases: advice → advice or no further action"),
        ({"n_low": "30", "n_high": "30"}, "Ash, advice: 34 → 30 cases"),
        ({"n_high": ""}, "Ash, advice: 34 → 34 or more cases"),
        ({"n_low": "20", "n_high": "40"}, "Ash, advice: 34 → 20 to 40 cases"),
        ({"roles": "pcso"}, "Ash, 34 cases, advice: not stated → PCSO"),
        ({"platforms": "facebook"}, "Ash, 34 cases, advice: not stated → Facebook"),
        ({"source": "P013"}, "Ash, 34 cases, advice: source P012 → P013"),
        ({"note": "x" * 50}, "Ash, 34 cases, advice: note changed"),
        ({"outcomes": "none", "source": "P013"},
         "Ash, 34 cases: advice → no further action; source P012 → P013"),
        ({"group": "elm"}, "advice: Ash → Elm; 34 → 34 people"),
        ({"outcomes": "unheard_of"}, "Ash, 34 cases: advice → unheard of"),
    ],
)  # fmt: skip
def test_a_changed_statement(changed: dict[str, str], said: str) -> None:
    assert changed_words(ROW, ROW | changed, WORDS, WORDS) == said


def test_what_is_stated_and_stays_is_said() -> None:
    row = ROW | {"roles": "officer"}
    said = changed_words(row, row | {"outcomes": "none"}, WORDS, WORDS)
    assert said == "Ash, 34 cases, police officer: advice → no further action"


def test_a_statement() -> None:
    assert statement_words(ROW, WORDS) == "Ash, 34 cases, advice"
    one = ROW | {"n_low": "1", "n_high": "1", "group": "elm"}
    assert statement_words(one, WORDS) == "Elm, 1 person, advice"


def test_labels_of_each_side_are_its_own() -> None:
    later = StudyWords(
        WORDS.cases, {**WORDS.labels, "outcomes": {"advice": "Words of advice"}}, WORDS.forces
    )
    said = changed_words(ROW, ROW | {"source": "P013"}, WORDS, later)
    assert said == "Ash, 34 cases, words of advice: source P012 → P013"


def test_a_row_of_any_table() -> None:
    before, after = {"force": "Ash", "answer": ""}, {"force": "Ash", "answer": "refused"}
    assert plain_words("Ash", before, after) == "Ash: answer (empty) → refused"


def test_the_words_of_a_study(study: dict[str, bytes]) -> None:
    files = {name.removeprefix("data/kitchens/"): content for name, content in study.items()}
    found = read_words(files)
    assert found is not None
    assert found.cases == ("inspection", "inspections")
    assert found.labels["outcomes"]["sealed"] == "Sealed by the inspector"
    assert found.forces["aldermoor"] == "Aldermoor"


@pytest.mark.parametrize("broken", ["study.toml", "codebooks/roles.toml"])
def test_a_study_that_cannot_be_read_has_no_words(study: dict[str, bytes], broken: str) -> None:
    files = {name.removeprefix("data/kitchens/"): content for name, content in study.items()}
    assert read_words(files | {broken: b"[["}) is None
    assert read_words({name: told for name, told in files.items() if name != broken}) is None
