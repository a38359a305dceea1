"""What a number is put down to, case by case."""

from __future__ import annotations

import pytest

from foistats.reports.changes.why.verdicts import ENVIRONMENT, Moves, settled

YES, NO = Moves(True, True), Moves(False, False)
#: Moves it only when the other part is the later version's too.
WITH = Moves(False, True)
#: Moves it only while the other part is the earlier version's.
WITHOUT = Moves(True, False)
UNKNOWN = Moves(None, None)
FAILED = ["a run"]


@pytest.mark.parametrize(
    ("data", "code", "causes", "together", "words"),
    [
        (YES, NO, ("data",), (), "data"),
        (NO, YES, ("code",), (), "code"),
        (YES, YES, ("data", "code"), (), "data and code"),
        (WITH, WITH, ("data", "code"), ("data", "code"), "data and code only together"),
        (YES, WITH, ("data", "code"), ("code",), "data; code only with it"),
        (WITHOUT, YES, ("data", "code"), (), "data and code (data only without the rest)"),
    ],
)
def test_two_parts(
    data: Moves, code: Moves, causes: tuple[str, ...], together: tuple[str, ...], words: str
) -> None:
    found = settled({"data": data, "code": code}, moved=True, surroundings=False, failed=[])
    assert (found.causes, found.together, found.words) == (causes, together, words)
    assert found.interacts is (YES not in (data, code) or bool({WITH, WITHOUT} & {data, code}))
    assert found.failed == ()


def test_what_the_inputs_do_not_move_the_environment_did() -> None:
    for moved, data in ((False, NO), (False, WITHOUT), (True, NO)):
        found = settled({"data": data}, moved=moved, surroundings=True, failed=[])
        assert (found.causes, found.words) == ((ENVIRONMENT,), ENVIRONMENT)


def test_the_environment_moved_it_too() -> None:
    found = settled({"data": YES}, moved=True, surroundings=True, failed=[])
    assert found.causes == ("data", ENVIRONMENT)
    assert found.words == "data, and the environment"


def test_a_run_that_failed_leaves_it_open() -> None:
    found = settled({"data": UNKNOWN}, moved=None, surroundings=False, failed=FAILED)
    assert (found.causes, found.words, found.failed) == ((), "not settled", ("a run",))
    half = settled(
        {"data": Moves(None, True), "code": Moves(False, None)},
        moved=True,
        surroundings=False,
        failed=FAILED,
    )
    assert (half.causes, half.words) == (("data",), "data (not all settled)")
    assert half.failed == ("a run",)
    none = settled(
        {"data": Moves(None, False), "code": Moves(False, None)},
        moved=True,
        surroundings=False,
        failed=FAILED,
    )
    assert none.words == "not settled"


def test_a_failed_run_that_was_not_needed_is_not_blamed() -> None:
    found = settled({"data": YES, "code": NO}, moved=True, surroundings=False, failed=FAILED)
    assert (found.words, found.failed) == ("data", ())


def test_three_parts_that_need_one_another() -> None:
    moves = {"data": YES, "code": WITH, "parameters": WITH}
    found = settled(moves, moved=True, surroundings=False, failed=[])
    assert found.words == "data; code and parameters only with it"
    assert found.as_dict() == {
        "causes": ["data", "code", "parameters"],
        "only_together": ["code", "parameters"],
        "interaction": True,
        "not_settled": [],
        "words": "data; code and parameters only with it",
    }
