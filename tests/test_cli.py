import json
import subprocess
import sys

import pytest

from foistats.cli import main


def test_help_and_version(capsys) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(command in shown for command in ("check", "list", "run"))
    assert max(map(len, shown.splitlines())) <= 80
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("foistats 0.")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rnu"], "there is no command 'rnu'; did you mean 'run'?; commands: check, list, run"),
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


def test_list(folder) -> None:
    shown = folder.foistats("list").out
    assert shown.startswith("severity  not published\n  How severe?\n  -p study pa\n")
    assert "       link function; allowed: logit, probit\n" in shown
    (report,) = json.loads(folder.foistats("list", "--json").out)["reports"]
    assert report["version"] is None
    assert [parameter["name"] for parameter in report["parameters"]] == ["study", "link", "n"]


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
    from types import SimpleNamespace

    import foistats.register
    from foistats.errors import DataError

    register = SimpleNamespace(groups=[1, 2], statements=[1, 2, 3])
    monkeypatch.setattr(foistats.register, "read_register", lambda study: register)
    answer = folder.foistats("check")
    assert answer.code == 0
    assert "pa: 2 groups, 3 statements, no failures" in answer.out

    def refuse(study):
        raise DataError("statements.csv, row 2: wrong")

    monkeypatch.setattr(foistats.register, "read_register", refuse)
    answer = folder.foistats("check", "pa")
    assert (answer.code, answer.err) == (3, "foistats: statements.csv, row 2: wrong\n")
    answer = folder.foistats("check", "q")
    assert answer.code == 2


def test_an_interrupt(folder, monkeypatch) -> None:
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("foistats.reports.run.run_reports", interrupt)
    answer = folder.foistats("run")
    assert answer.code == 130
    assert answer.err.endswith("foistats: interrupted; nothing half-written is left behind\n")


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
