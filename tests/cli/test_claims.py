"""``foistats claims``: exit codes, words at 80 columns, documented JSON."""

import json
import shutil
from pathlib import Path

import pytest

from foistats.cli import main

KITCHENS = Path(__file__).parents[1] / "studies" / "kitchens"
HEADER = "id,source,population,unit,force,role,outcome,measure,comparison,value,low,high,reading\n"
TRUE = "aldermoor,T1,inspections,case,Aldermoor,any,any,count,equals,34,,,\n"
FALSE = "brackwater,T2,inspections,case,Brackwater,any,any,count,equals,99,,,\n"
AGAIN = "other,T2,inspections,case,Aldermoor,any,any,count,equals,35,,,\n"


@pytest.fixture
def folder(tmp_path):
    target = tmp_path / "kitchens"
    shutil.copytree(KITCHENS, target)
    return target


def told(folder, capsys, text, *options):
    (folder / "claims.csv").write_text(HEADER + text)
    code = main(["claims", str(folder), *options])
    return code, capsys.readouterr()


def test_what_agrees_and_can_be_true_ends_with_zero(folder, capsys):
    code, said = told(folder, capsys, TRUE)
    assert code == 0, said
    assert "1  agrees" in said.out
    assert "all claims can be true" in said.out


def test_what_the_register_contradicts_ends_with_four(folder, capsys):
    code, said = told(folder, capsys, TRUE + FALSE)
    assert code == 4
    assert "brackwater  disagrees" in said.out
    assert "the register disagrees with 1" in said.err


def test_what_cannot_all_be_true_ends_with_four_and_says_which(folder, capsys):
    code, said = told(folder, capsys, TRUE + AGAIN, "--verbose")
    assert code == 4
    assert "1. These 2 claims cannot both be true" in said.out
    assert "aldermoor  agrees" in said.out
    assert max(len(line) for line in said.out.splitlines()) <= 80


def test_json_is_one_document(folder, capsys):
    code, said = told(folder, capsys, TRUE + AGAIN, "--json")
    found = json.loads(said.out)
    assert code == 4
    assert (found["possible"], found["agrees"], found["claims"]) == (False, False, 2)
    assert found["conflicts"][0]["ids"] == ["aldermoor", "other"]
    assert found["verdicts"][0]["verdict"] == "agrees"


def test_a_study_without_claims_and_a_wrong_file_are_told_apart(folder, capsys):
    (folder / "claims.csv").unlink()
    assert main(["claims", str(folder)]) == 2
    assert "claims.csv" in capsys.readouterr().err
    code, said = told(folder, capsys, TRUE.replace("equals", "equal"))
    assert code == 3
    assert "did you mean 'equals'" in " ".join(said.err.split())
