"""Reading a claims file, and everything that can be wrong with one."""

import pytest

from foistats.claims.audit import audit_claims
from foistats.claims.ledger import read_ledger
from foistats.errors import InvalidStudyError, UsageError
from foistats.register import read_register


def findings(folder):
    with pytest.raises(InvalidStudyError) as caught:
        read_ledger(read_register(folder))
    assert all(finding.file == "trial/claims.csv" for finding in caught.value.findings)
    return {(f.row, f.column): (f.found, f.allowed) for f in caught.value.findings}


def test_no_file(study):
    folder = study([])
    (folder / "claims.csv").unlink()
    with pytest.raises(UsageError, match=r"trial has no claims\.csv"):
        audit_claims(folder)


@pytest.mark.parametrize("content", ["", "id,source\na,b\n", "\xff"])
def test_no_table(study, content):
    folder = study([])
    (folder / "claims.csv").write_text(content, encoding="latin-1")
    assert findings(folder)


def test_empty_ledger(study):
    audit = audit_claims(study([]))
    assert (audit.possible, audit.conflicts, audit.agrees) == (True, (), True)
    assert audit.as_dict()["claims"] == 0


def test_one_claim(study):
    audit = audit_claims(study([{"id": "a", "value": "3"}]))
    assert (audit.possible, audit.conflicts, audit.cut) == (True, (), "")
    assert audit.verdicts["verdict"].tolist() == ["cannot be checked"]


def test_everything_wrong_at_once(study):
    rows = [
        {"id": "a", "value": "3"},
        {"id": "a", "value": "4"},
        {"id": "b", "source": "S1|S9", "value": "4"},
        {"id": "c", "population": "surveys", "value": "4"},
        {"id": "d", "force": "Beach", "value": "4"},
        {"id": "e", "value": "many"},
        {"id": "f", "measure": "ratio:zz", "value": "2"},
        {"id": "g", "comparison": "higher_than", "value": "g"},
        {"id": "h", "measure": "rank", "comparison": "highest"},
        {"id": "i", "measure": "share:adviec", "outcome": "advice", "value": "50"},
        {"id": "j", "measure": "share:left", "outcome": "advice", "value": "50"},
        {"id": "k", "comparison": "between", "low": "4"},
        {"id": "l", "comparison": "more_than", "value": "70", "low": "70"},
        {"id": "m", "comparison": "at_least", "value": "7", "high": "70"},
        {"id": "n", "low": "5", "high": "4", "value": "5"},
        {"id": "o", "unit": "force", "value": "4"},
        {"id": "p", "value": "2.5"},
        {"id": "q", "measure": "forces:at_most:2", "comparison": "majority"},
        {"id": "r", "measure": "rank", "force": "Ash", "comparison": "nth_highest", "value": "0"},
        {"id": "s", "comparison": "plurality", "outcome": "any"},
        {"id": "t", "comparison": "plurality", "outcome": "left", "value": "advise"},
        {"id": "u", "comparison": "about", "value": "70", "low": "75", "high": "80"},
        {"id": "v", "force": "Ash|Ash", "value": "1"},
        {"id": "w", "comparison": "majority", "value": "3"},
        {"id": "x", "value": "40", "reading": "about:3"},
        {"id": "y", "comparison": "about", "value": "40", "reading": "strict"},
        {"id": "z", "measure": "share_of_force:Beech", "force": "Ash", "value": "50"},
        {"id": "aa", "measure": "share", "comparison": "rounds_to", "value": "1/7"},
        {"id": "ab", "measure": "rank", "force": "Ash", "comparison": "about", "value": "2"},
    ]
    found = findings(study(rows))
    assert found[3, "id"] == ("a", "another id: row 2 has this one")
    assert found[4, "source"] == ("S9", "a source of sources.csv")
    assert "did you mean 'survey'?" in found[5, "population"][1]
    assert "did you mean 'Beech'?" in found[6, "force"][1]
    assert "a number as printed" in found[7, "value"][1]
    assert "the id of another claim" in found[8, "measure"][1]
    assert "the id of another claim" in found[9, "value"][1]
    assert found[10, "force"] == ("any", "one force, whose place it is")
    assert "did you mean 'advice'?" in found[11, "measure"][1]
    assert found[12, "measure"][1] == "a base that holds the outcome advice"
    assert found[13, "high"][1] == "both ends of between"
    assert found[14, "low"] == ("70", "71, from more_than 70, or empty")
    assert found[15, "high"] == ("70", "empty, from at_least 7, or empty")
    assert found[16, "high"] == ("4", "at least 5, the low end")
    assert "force is for forces" in found[17, "unit"][1]
    assert found[18, "value"] == ("2.5", "a whole number, of which the wording leaves one at least")
    assert "with forces: equals" in found[19, "comparison"][1]
    assert found[20, "value"][1] == "a place: 1, 2, 3, …"
    assert "the most frequent" in found[21, "outcome"][1]
    assert "did you mean 'advice'?" in found[22, "value"][1]
    assert found[23, "value"][1] == "from 75 to 80"
    assert "each once" in found[24, "force"][1]
    assert found[25, "value"][1] == "empty: majority says it all"
    assert "about is for about, nearly, no_difference" in found[26, "reading"][1]
    assert "strict is for highest" in found[27, "reading"][1]
    assert found[28, "measure"][1] == "a base that holds the force Ash"
    assert "decimals" in found[29, "value"][1]
    assert "with rank: equals" in found[30, "comparison"][1]
    assert len(found) == 28


@pytest.mark.parametrize(
    ("column", "word", "hint"),
    [
        ("comparison", "more than", "did you mean 'more_than'?"),
        ("measure", "shares", "did you mean 'share'?"),
        ("reading", "half-up", "did you mean 'half_up'?"),
        ("role", "oficer", "did you mean 'officer'?"),
        ("outcome", "any|left", "'any' alone"),
        ("unit", "cases", "did you mean 'case'?"),
        ("low", "-3", "a number such as 12"),
        ("id", "a b", "without spaces"),
    ],
)
def test_words(study, column, word, hint):
    found = findings(study([{"id": "a", "value": "3", column: word}]))
    assert hint in found[2, column][1]


def test_trust(study):
    rows = [
        {"id": "a", "source": "S1|S3", "value": "1"},
        {"id": "b", "source": "S2", "value": "1"},
        {"id": "c", "source": "S4", "value": "1"},
        {"id": "d", "source": "S3", "value": "1", "trust": "0"},
    ]
    folder = study(rows, trust='[claims]\ntrust = ["S3", "S2"]\n', extra=["trust"])
    ledger = read_ledger(read_register(folder))
    assert [claim.trust for claim in ledger.claims] == [2, 1, 0, 0]


def test_trusted_sources_exist(study):
    folder = study([{"id": "a", "value": "1"}], trust='[claims]\ntrust = ["S7"]\n')
    with pytest.raises(InvalidStudyError, match=r"\[claims\] trust"):
        read_ledger(read_register(folder))


@pytest.mark.parametrize("wrong", ["about=-1", "rounding=up"])
def test_parameters(study, wrong):
    name, _, value = wrong.partition("=")
    with pytest.raises(UsageError, match=value):
        audit_claims(study([]), **{name: value})
