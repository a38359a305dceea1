"""foistats.toml and the notebooks: read together, every disagreement named."""

from __future__ import annotations

import re

import pytest

from foistats.errors import UsageError
from foistats.reports.ask.declare import find_root, read_project


def declared(folder, old: str, new: str) -> None:
    text = (folder.root / "foistats.toml").read_text()
    assert old in text
    folder.write("foistats.toml", text.replace(old, new))


def fault(folder) -> str:
    with pytest.raises(UsageError) as caught:
        read_project(folder.root)
    return str(caught.value)


def test_a_project_is_read(folder) -> None:
    (report,) = read_project(folder.root).reports
    assert (report.name, report.title, report.timeout) == ("severity", "How severe?", 60)
    study, link, n = report.parameters
    assert (study.default, study.allowed, study.meaning) == (
        "pa",
        "study",
        "the study to report on",
    )
    assert (link.allowed, link.comment) == (("logit", "probit"), "the link")
    assert (n.type, n.default, n.allowed_text) == ("int", 3, "any int")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "timeout  = 60",
            "timeout  = 0",
            "[reports.severity] timeout is 0; give whole seconds, at least 1",
        ),
        (
            "timeout  = 60",
            "time = 60",
            "[reports.severity] has the key 'time'; did you mean 'timeout'?; known: notebook",
        ),
        (
            'notebook = "notebooks/severity.ipynb"\n',
            "",
            "[reports.severity] has no notebook; give its path",
        ),
        (
            "severity.ipynb",
            "gone.ipynb",
            "names the notebook notebooks/gone.ipynb, which is not there",
        ),
        ('["data/{study}"]', '"data"', "inputs is 'data'; give a list of files or folders"),
        (
            "[reports.severity]",
            "[reports.Severity]",
            "[reports.Severity] is not a report's name: use lower-case",
        ),
        ("[reports.severity]", "[reports.objects]", "[reports.objects] is not a report's name"),
        (
            "parameters.link]",
            "parameters.lnk]",
            "[reports.severity.parameters.lnk] is not in the parameters cell of "
            "notebooks/severity.ipynb; did you mean 'link'?",
        ),
        (
            "parameters.link]",
            "parameters.lnk]",
            "does not describe the parameter 'link' of notebooks/severity.ipynb; add",
        ),
        (
            'meaning = "link function"',
            'unti = ""',
            "parameters.link] has the key 'unti'; did you mean 'unit'?",
        ),
        (
            '["logit", "probit"]',
            '["probit"]',
            "has the default 'logit', which it does not allow; allowed: probit",
        ),
        (
            '["logit", "probit"]',
            '["logit", 1]',
            "allows 1, which is not of the parameter's type str",
        ),
        (
            '["logit", "probit"]',
            '"studdy"',
            "allowed is 'studdy'; did you mean 'study'?; give a list, or one of: study, force, "
            "role, ladder",
        ),
        ('["logit", "probit"]', "[]", "allowed is (); give a list"),
        (
            'meaning = "a number of things"',
            'allowed = "study"',
            "allowed is 'study', but its type is int, not str",
        ),
        (
            "[reports.severity]",
            "[report.severity]",
            "the file has the key 'report'; did you mean 'reports'?",
        ),
        ("[reports.severity]", "[reports.severity", "foistats.toml is not valid TOML: "),
        ('["logit", "probit"]', '["logit", "logit"]', "allows 'logit' twice"),
        (
            'meaning = "a number of things"',
            "allowed = [1, true, 3]",
            "allows True, which is not of the parameter's type int",
        ),
        (
            'meaning = "a number of things"',
            "minimum = 4",
            "has the default 3, outside its range: at least 4",
        ),
        (
            'meaning = "a number of things"',
            "minimum = 1\nmaximum = 2",
            "has the default 3, outside its range: from 1 to 2",
        ),
        (
            'meaning = "a number of things"',
            "minimum = 3\nmaximum = 2",
            "minimum is 3, above its maximum 2",
        ),
        (
            'meaning = "a number of things"',
            "maximum = 9.5",
            "maximum is 9.5, which is not of its type int",
        ),
        (
            'meaning = "a number of things"',
            "minimum = 1\nallowed = [3]",
            "has both allowed and minimum; give one of the two",
        ),
        (
            'meaning = "link function"',
            "minimum = 1",
            "has a minimum, but its type is str, not int or float",
        ),
        (
            'meaning = "a number of things"',
            "unit = 3",
            "parameters.n] unit is 3; give a text in quotes",
        ),
        (
            'meaning = "a number of things"',
            'allowed = "ladder"',
            "allowed is 'ladder', but its type is int, not str",
        ),
    ],
)
def test_faults_of_the_file(folder, old: str, new: str, said: str) -> None:
    declared(folder, old, new)
    assert said in fault(folder)


def test_all_faults_are_reported_at_once(folder) -> None:
    declared(folder, "parameters.link]", "parameters.lnk]")
    assert len(fault(folder).splitlines()) == 2


def test_a_file_without_reports(folder) -> None:
    folder.write("foistats.toml", "")
    assert fault(folder) == (
        "foistats.toml: declares no report; begin one with [reports.NAME] and its notebook"
    )


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (
            "link = 'logit'",
            "line 1: 'link = 'logit'' is not a parameter; write: name: type = default",
        ),
        ("x: list = []", "line 1: 'x' has the type list; allowed: str, int, float, bool"),
        ("x: int = 1.5", "line 1: 'x' has the default 1.5, which is not a plain int; write one"),
        ("x: str = open('f')", "line 1: 'x' has the default open('f'), which is not a plain str"),
        ("x: bool = 1", "line 1: 'x' has the default 1, which is not a plain bool"),
        ("a: int = 1\nx: = 1", "parameters cell, line 2: invalid syntax"),
    ],
)
def test_faults_of_the_parameters_cell(folder, cell: str, said: str) -> None:
    folder.notebook(parameters=cell)
    assert said in fault(folder)


def test_faults_of_the_notebook(folder, cell) -> None:
    folder.write_notebook([cell("a", "code", "1")])
    assert (
        "notebooks/severity.ipynb has no code cell tagged 'parameters'; give exactly one"
        in fault(folder)
    )
    folder.write_notebook([cell(id, "code", "", "parameters") for id in "ab"])
    assert "has 2 code cells tagged 'parameters'; give exactly one that tag" in fault(folder)
    folder.write("notebooks/severity.ipynb", "{")
    assert "is not a notebook of format 4; open and save it in JupyterLab" in fault(folder)


def test_an_int_serves_as_a_float_and_a_minus_is_plain(folder) -> None:
    folder.notebook(parameters='study: str = "pa"\nlink: str = "logit"\nn: float = -2  # a # sign')
    n = read_project(folder.root).reports[0].parameters[2]
    assert (n.default, type(n.default), n.comment) == (-2.0, float, "a # sign")


def test_the_root_is_the_nearest_parent_or_the_one_named(folder, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(folder.root / "notebooks")
    assert find_root() == folder.root
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"there is no foistats.toml in .* or above it; go to"):
        find_root()
    assert find_root(folder.root) == folder.root
    monkeypatch.setenv("FOISTATS_PROJECT", str(folder.root))
    assert find_root() == folder.root
    monkeypatch.setenv("FOISTATS_PROJECT", "gone")
    with pytest.raises(
        UsageError, match=r"FOISTATS_PROJECT: there is no foistats.toml in gone; name"
    ):
        find_root()


def test_numbers_are_declared_as_their_type(folder) -> None:
    cell = 'study: str = "pa"\nlink: str = "logit"\nn: float = 1'
    folder.notebook(parameters=cell)
    declared(folder, 'meaning = "a number of things"', "minimum = 0\nmaximum = 2")
    n = read_project(folder.root).reports[0].parameters[2]
    assert (n.default, n.minimum, n.maximum) == (1.0, 0.0, 2.0)
    assert n.allowed_text == "float from 0.0 to 2.0"
    declared(folder, "minimum = 0\nmaximum = 2", "allowed = [1, 2.5]")
    n = read_project(folder.root).reports[0].parameters[2]
    assert [type(word) for word in n.allowed] == [float, float]
    declared(folder, "allowed = [1, 2.5]", "minimum = nan")
    assert "minimum is nan, which is not of its type float" in fault(folder)


def test_truth_values_may_be_listed(folder) -> None:
    folder.notebook(parameters='study: str = "pa"\nlink: str = "logit"\nn: bool = True')
    declared(folder, 'meaning = "a number of things"', "allowed = [true]")
    assert read_project(folder.root).reports[0].parameters[2].allowed == (True,)


def test_comments_follow_their_parameter(folder) -> None:
    cell = (
        'study: str = "pa"; link: str = "ä # b"  # ü # the link\n# a comment of its own\n'
        "n: int = (  # not this\n    3\n)  # a count"
    )
    folder.notebook(parameters=cell)
    declared(folder, 'allowed = ["logit", "probit"]\n', "")
    comments = [parameter.comment for parameter in read_project(folder.root).reports[0].parameters]
    assert comments == ["", "ü # the link", "a count"]


@pytest.mark.parametrize("text", ["\ud83d", "\0"])
def test_a_default_that_cannot_be_written(folder, text: str) -> None:
    escaped = text.encode("unicode_escape").decode()
    folder.notebook(parameters=f'study: str = "pa"\nlink: str = "{escaped}"\nn: int = 1')
    assert "parameters.link] has a default that" in fault(folder)


def test_a_notebook_that_cannot_be_read(folder) -> None:
    for content in ("[" * 100_000, '{"nbformat": 4, "cells": [' + HALF_A_PAIR + "]}", "\xff"):
        path = folder.write("notebooks/severity.ipynb", "")
        path.write_bytes(content.encode("latin-1"))
        assert "is not a notebook of format 4; open and save it in JupyterLab" in fault(folder)


HALF_A_PAIR = r'{"cell_type": "markdown", "metadata": {}, "source": "\ud800"}'


class TestMatrix:
    """What a report is made for, declared once."""

    @pytest.mark.parametrize(
        ("matrix", "axes", "publish"),
        [
            ('link = ["probit", "logit"]', {"link": ("probit", "logit")}, False),
            ("link = true\nn = [1, 2]", {"link": ("logit", "probit"), "n": (1, 2)}, False),
            ('study = "study"\npublish = true', {"study": "study"}, True),
            ("n = [1]\nstudy = true", {"study": "study", "n": (1,)}, False),
        ],
    )
    def test_read(self, folder, matrix: str, axes, publish: bool) -> None:
        declare_matrix(folder, matrix)
        found = read_project(folder.root).reports[0].matrix
        assert (found.axes, found.publish) == (axes, publish)
        assert list(found.axes) == list(axes)

    @pytest.mark.parametrize(
        ("matrix", "said"),
        [
            ("", "varies no parameter; write one, for example"),
            ("publish = true", "varies no parameter"),
            ('publish = "yes"\nn = [1]', "publish is 'yes'; give true or false"),
            ("lnk = true", "varies 'lnk', which is no parameter of the notebook; did you mean"),
            ("n = true", "n is true, but the parameter has no allowed; give a list of values"),
            ("link = false", "link is False; give a list of values, true, or a vocabulary"),
            ("n = []", "n is []; give a list of values, true, or a vocabulary"),
            ("n = [1, 1]", "n has 1 twice"),
            ("n = [1, 2.0]", "n has 2.0, which is not of the parameter's type int"),
            ('link = ["logt"]', "link: 'logt' is not allowed; did you mean 'logit'?; allowed"),
            ('link = "forces"', "link is 'forces'; did you mean 'force'?; give a list of values"),
            ('n = "force"', "n is 'force', but its type is int, not str"),
        ],
    )
    def test_faults(self, folder, matrix: str, said: str) -> None:
        declare_matrix(folder, matrix)
        assert f"[reports.severity.matrix] {said}" in fault(folder)

    def test_of_truth_values(self, folder) -> None:
        folder.notebook(parameters='study: str = "pa"\nlink: str = "logit"\nn: bool = True')
        declare_matrix(folder, "n = true")
        assert read_project(folder.root).reports[0].matrix.axes == {"n": (False, True)}


def declare_matrix(folder, matrix: str) -> None:
    text = (folder.root / "foistats.toml").read_text()
    folder.write("foistats.toml", f"{text}\n[reports.severity.matrix]\n{matrix}\n")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (".", "which holds the reports; name the files it reads"),
        ("reports/severity", "which holds the reports"),
        ("", "which holds the reports"),
        ("/etc/passwd", "give a path inside the project, from its folder"),
        ("~/data.csv", "give a path inside the project"),
        ("data/../../other", "give a path inside the project"),
    ],
)
def test_inputs_lie_in_the_project_and_outside_the_reports(folder, path: str, said: str) -> None:
    declared = (folder.root / "foistats.toml").read_text()
    folder.write("foistats.toml", declared.replace('"data/{study}"', f'"{path}"'))
    with pytest.raises(UsageError, match=re.escape(f"inputs has '{path}'")) as caught:
        read_project(folder.root)
    assert said in str(caught.value)


@pytest.mark.parametrize("path", ["/tmp/x.ipynb", "../x.ipynb"])
def test_a_notebook_lies_in_the_project(folder, path: str) -> None:
    declared = (folder.root / "foistats.toml").read_text()
    folder.write("foistats.toml", declared.replace("notebooks/severity.ipynb", path))
    with pytest.raises(UsageError, match="give its path inside the project"):
        read_project(folder.root)
