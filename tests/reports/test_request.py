import re

import pytest

from foistats.errors import UsageError
from foistats.reports.declare import read_project
from foistats.reports.request import requests, slug


def asked(folder, *given: tuple[str, str]):
    (found,) = requests(read_project(folder.root), ["severity"], given)
    return found


def test_the_declared_parameters_are_the_report_itself(folder) -> None:
    request = asked(folder)
    assert request.series == "severity"
    assert request.changed == {}
    assert request.command == "foistats run severity"
    assert asked(folder, ("link", "logit"), ("n", "+3"), ("study", "data/pa")).series == "severity"


def test_other_parameters_are_a_series_of_their_own(folder) -> None:
    request = asked(folder, ("link", "probit"), ("n", "-4"))
    assert re.fullmatch(r"severity/link-probit-n-4-[0-9a-f]{8}", request.series)
    assert request.changed == {"link": "probit", "n": -4}
    assert request.command == "foistats run severity -p link probit -p n -4"


def test_a_slug_is_short_and_tells_sets_apart() -> None:
    long = [slug({"text": "Ä b/" * 40 + end}) for end in "xy"]
    assert all(re.fullmatch(r"[a-z0-9-]{1,40}-[0-9a-f]{8}", name) for name in long)
    assert long[0] != long[1]


@pytest.mark.parametrize(
    ("type", "text", "said"),
    [
        ("int", "1.0", "n: '1.0' is not of type int"),
        ("int", "1_000", "n: '1_000' is not of type int"),
        ("float", "nan", "n: 'nan' is not of type float"),
        ("float", "x", "n: 'x' is not of type float"),
        ("bool", "1", "n: '1' is not of type true or false"),
    ],
)
def test_types_are_strict(folder, type: str, text: str, said: str) -> None:
    default = {"int": "3", "float": "3.0", "bool": "True"}[type]
    folder.notebook(parameters=f'study: str = "pa"\nlink: str = "logit"\nn: {type} = {default}')
    with pytest.raises(UsageError, match=f"^severity: {re.escape(said)}"):
        asked(folder, ("n", text))


def test_a_truth_value(folder) -> None:
    folder.notebook(parameters='study: str = "pa"\nlink: str = "logit"\nn: bool = True')
    assert asked(folder, ("n", "False")).values["n"] is False
    assert asked(folder, ("n", "false")).command == "foistats run severity -p n false"


def test_a_study_by_path(folder, tmp_path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "study.toml").touch()
    request = asked(folder, ("study", str(outside)))
    assert request.values["study"] == "../outside"
    assert request.changed["study"] == str(outside)
    assert asked(folder, ("study", "../outside")).series == request.series
