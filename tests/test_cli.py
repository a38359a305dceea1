"""The command line: fast help, short answers, documented JSON."""

import json
import shutil
import subprocess
import sys

import pytest

from foistats.cli import COMMANDS, main

PROFILE = """
[reports.profile]
notebook = "notebooks/profile.ipynb"

[reports.profile.parameters.study]
allowed = "study"

[reports.profile.parameters.force]
allowed = "force"
meaning = "the force whose profile this is"

[reports.profile.parameters.share]
minimum = 0
maximum = 1
unit = "of all cases"

[reports.profile.matrix]
force = "force"
"""
CELL = 'study: str = "kitchens"\nforce: str = "Aldermoor"\nshare: float = 0.5  # how many of them'


@pytest.fixture
def profile(folder, kitchens):
    """The project with a second report that has a vocabulary, a range and a matrix."""
    shutil.copytree(kitchens, folder.root / "data/kitchens")
    folder.notebook("1", name="profile", parameters=CELL)
    folder.write("foistats.toml", (folder.root / "foistats.toml").read_text() + PROFILE)
    return folder


def test_help_and_version(capsys) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"\n  {command} " in shown for command in COMMANDS)
    assert max(map(len, shown.splitlines())) <= 80
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("foistats 0.")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rnu"], "there is no command 'rnu'; did you mean 'run'?; commands: check, list, "),
        (
            ["run", "severty"],
            "there is no report 'severty'; did you mean 'severity'?; foistats.toml declares",
        ),
        (["run", "--dryrun"], "No such option"),
        (
            ["run", "-p", "lnk", "logit"],
            "the report 'severity' has no parameter 'lnk'; did you mean 'link'?",
        ),
        (
            ["run", "-p", "link", "logt"],
            "severity: link: 'logt' is not allowed; did you mean 'logit'?; allowed: logit, probit",
        ),
        (["run", "-p", "n", "abc"], "severity: n: 'abc' is not of type int"),
        (
            ["run", "-p", "study", "paa"],
            "severity: study: 'paa' is not a study; did you mean 'pa'?",
        ),
        (
            ["list", "--project", "nowhere"],
            "--project: there is no foistats.toml in nowhere; name the folder",
        ),
    ],
)
def test_wrong_usage_is_answered_before_any_kernel(folder, arguments, said: str) -> None:
    answer = folder.foistats(*arguments)
    assert answer.code == 2
    assert said in answer.err
    assert "Traceback" not in answer.err
    assert folder.published() == []


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help_that_fits(command: str, capsys) -> None:
    assert main([command, "--help"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"Usage: foistats {command} ")
    assert max(map(len, shown.splitlines())) <= 80


def test_help_imports_no_command(tmp_path) -> None:
    text = (
        "import sys; from foistats.cli import main; main(['--help'])\n"
        "print(*(name for name in sys.modules if name.startswith('foistats.')))"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "foistats.errors foistats.cli"


class TestList:
    """Reports, parameters, what is allowed, what is published."""

    def test_for_a_reader(self, folder) -> None:
        assert folder.foistats("list").out == (
            "severity  not published\n"
            "  How severe?\n"
            "  from notebooks/severity.ipynb; at most 60 s\n"
            "  -p study pa  (str)\n"
            "       the study to report on\n"
            "       allowed: pa; or a path\n"
            "  -p link logit  (str)\n"
            "       link function\n"
            "       allowed: logit, probit\n"
            "  -p n 3  (int)\n"
            "       a number of things\n"
            "       allowed: any int\n"
        )

    def test_vocabulary_range_unit_and_matrix(self, profile) -> None:
        shown = profile.foistats("list").out
        assert "       allowed: Aldermoor, Brackwater, Corrie Dun, " in shown
        assert "  -p share 0.5  (float, of all cases)\n       how many of them\n" in shown
        assert "       allowed: float from 0.0 to 1.0\n" in shown
        assert "  --matrix  force: 7 parameter sets, kept in reports/.matrix/\n" in shown

    def test_published_series(self, folder) -> None:
        for slug in ("", *(f"link-probit-{number:08d}" for number in range(7))):
            for version in ("v001", "v002"):
                folder.write(f"reports/severity/{slug}/{version}/manifest.json", "{}")
        shown = folder.foistats("list").out
        assert shown.startswith("severity  v002\n")
        assert "  also published below severity/:\n    link-probit-00000000  v002\n" in shown
        assert shown.endswith("    and 2 more (foistats list --json)\n")
        (report,) = json.loads(folder.foistats("list", "--json").out)["reports"]
        assert report["version"] == "v002"
        assert report["series"][6] == {"series": "severity/link-probit-00000006", "version": "v002"}

    def test_fits_eighty_columns_whatever_it_says(self, profile) -> None:
        long = "word " * 100 + "x" * 300
        text = (profile.root / "foistats.toml").read_text()
        text = text.replace("the force whose profile this is", f"{long} <b> \\u001b[31m \\n")
        profile.write("foistats.toml", text.replace("of all cases", long))
        groups = profile.root / "data/kitchens/groups.csv"
        header, first, *_ = groups.read_text().splitlines()
        rows = [first.replace("Aldermoor", f"Town {number}") for number in range(43)]
        groups.write_text("\n".join([header, first, *rows, ""]))
        answer = profile.foistats("list")
        assert max(map(len, answer.out.splitlines())) <= 80
        assert "\x1b" not in answer.out
        assert "(44 in all)" in " ".join(answer.out.split())
        (_, report) = json.loads(profile.foistats("list", "--json").out)["reports"]
        assert len(report["parameters"][1]["allowed"]) == 44

    def test_for_a_programme(self, profile) -> None:
        severity, report = json.loads(profile.foistats("list", "--json").out)["reports"]
        assert severity["matrix"] is None
        assert list(report) == [
            "report",
            "title",
            "notebook",
            "inputs",
            "timeout",
            "version",
            "series",
            "matrix",
            "parameters",
        ]
        assert report["version"] is None
        matrix = report["matrix"]
        assert (matrix["varies"], matrix["publish"], matrix["error"]) == (["force"], False, None)
        assert len(matrix["series"]) == 7
        study, force, share = report["parameters"]
        assert study["allowed"] == ["kitchens", "pa"]
        assert force["allowed"][0] == "Aldermoor"
        assert share == {
            "name": "share",
            "type": "float",
            "default": 0.5,
            "allowed": None,
            "vocabulary": None,
            "minimum": 0.0,
            "maximum": 1.0,
            "unit": "of all cases",
            "meaning": "how many of them",
            "comment": "how many of them",
            "error": None,
        }

    def test_a_study_that_cannot_be_read_hides_nothing(self, profile) -> None:
        profile.write("data/kitchens/groups.csv", "rubbish\n1\n")
        answer = profile.foistats("list")
        assert answer.code == 0
        assert "allowed: a force of the study; kitchens/groups.csv: cannot be read" in answer.out
        (_, report) = json.loads(profile.foistats("list", "--json").out)["reports"]
        assert report["parameters"][1]["allowed"] is None
        assert report["parameters"][1]["error"].startswith("kitchens/groups.csv: cannot be read")
        assert report["matrix"]["error"].startswith("kitchens/groups.csv: cannot be read")

    def test_the_keys_are_documented(self, folder) -> None:
        shown = " ".join(folder.foistats("list", "--help").out.split())
        (report,) = json.loads(folder.foistats("list", "--json").out)["reports"]
        for key in (*report, *report["parameters"][0]):
            assert key in shown


def test_parameters_from_a_file_and_a_matrix(profile) -> None:
    profile.write("more.toml", 'link = "probit"\n')
    answer = profile.foistats("run", "severity", "--dry-run", "-f", "more.toml", "--json")
    (told,) = json.loads(answer.out)["reports"]
    assert told["series"].startswith("severity/link-probit-")
    profile.write("more.toml", 'lnk = "probit"\n')
    answer = profile.foistats("run", "--dry-run", "-f", "more.toml")
    assert answer.code == 2
    assert "more.toml: none of the 2 reports has a parameter 'lnk'; did you mean" in answer.err
    answer = profile.foistats("run", "profile", "--matrix", "--dry-run", "--json")
    assert len(json.loads(answer.out)["reports"]) == 7


def test_a_parameter_applies_to_the_reports_that_have_it(folder) -> None:
    declared = (folder.root / "foistats.toml").read_text()
    folder.write(
        "foistats.toml", f'{declared}\n[reports.other]\nnotebook = "notebooks/other.ipynb"\n'
    )
    folder.notebook("1", name="other", parameters="")
    answer = folder.foistats("run", "--dry-run", "-p", "link", "probit", "--json")
    series = [told["series"] for told in json.loads(answer.out)["reports"]]
    assert series[0].startswith("severity/link-probit-")
    assert series[1] == "other"


def test_check_says_what_is_wrong_with_the_data(folder, monkeypatch) -> None:
    from foistats.cli import check
    from foistats.errors import DataError

    monkeypatch.setattr(check, "contents", lambda folder: "2 groups, 3 statements")
    answer = folder.foistats("check")
    assert answer.code == 0
    assert "pa: 2 groups, 3 statements, no failures" in answer.out

    def refuse(folder):
        raise DataError("statements.csv, row 2: wrong")

    monkeypatch.setattr(check, "contents", refuse)
    answer = folder.foistats("check", "pa")
    assert (answer.code, answer.err) == (3, "foistats: statements.csv, row 2: wrong\n")
    answer = folder.foistats("check", "q")
    assert answer.code == 2


def test_check_looks_the_default_words_up(profile, monkeypatch) -> None:
    from foistats.cli import check

    monkeypatch.setattr(check, "contents", lambda folder: "nothing")
    assert profile.foistats("check").code == 0
    profile.notebook("1", name="profile", parameters=CELL.replace("Aldermoor", "Aldermor"))
    answer = profile.foistats("check")
    assert answer.code == 2
    assert "'Aldermor' is no force of the study kitchens; did you mean 'Aldermoor'?" in answer.err


def test_check_compares_the_notebooks_with_the_file(folder) -> None:
    folder.notebook(parameters='study: str = "pa"\nlnk: str = "logit"\nn: int = 3')
    answer = folder.foistats("check")
    assert answer.code == 2
    assert "link] is not in the parameters cell of notebooks/severity.ipynb" in answer.err
    assert "does not describe the parameter 'lnk'" in answer.err


def test_an_interrupt(folder, monkeypatch) -> None:
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("foistats.cli.run.run_reports", interrupt)
    answer = folder.foistats("run")
    assert answer.code == 130
    assert answer.err.endswith("foistats: interrupted; nothing half-written is left behind\n")


@pytest.mark.parametrize("arguments", [["-p", b"n", b"\xff"], ["-p", b"\xff", b"1"], [b"\xff"]])
def test_bytes_that_are_no_text(folder, arguments) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "foistats", "run", "--dry-run", *arguments],
        cwd=folder.root,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(b"foistats: ")
    assert b"Traceback" not in done.stderr
    assert b"\\udcff" in done.stderr


def test_no_project_here(tmp_path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "foistats", "list"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "or above it; go to the project's folder, or name it with --project DIR" in done.stderr
