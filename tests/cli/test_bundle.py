"""``foistats bundle``, and what a reviewer does with it."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile

import pytest


def test_one_zip(folder) -> None:
    assert folder.foistats("run").code == 0
    done = folder.foistats("bundle", "severity")
    assert done.code == 0
    assert done.out.startswith("severity-v001.zip  written: severity v001, ")
    content = (folder.root / "severity-v001.zip").read_bytes()
    again = folder.foistats("bundle", "severity@v001", "--json")
    told = json.loads(again.out)
    assert not told["written"]
    assert told["bytes"] == len(content)
    assert told["manifest"] in done.out
    assert folder.foistats("verify", "--all").code == 0


def test_a_series_and_an_older_version(folder) -> None:
    assert folder.foistats("run", "severity", "-p", "link", "probit").code == 0
    (slug,) = (path.name for path in (folder.root / "reports/severity").iterdir() if path.is_dir())
    done = folder.foistats("bundle", f"severity/{slug}")
    assert done.code == 0
    assert (folder.root / f"severity-{slug}-v001.zip").is_file()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("severitee",), 2, "did you mean 'severity'"),
        (("severity@v002",), 2, "severity has no version 'v002'"),
        (("severity@1",), 2, "severity has no version '1'"),
        (("severity", "-o", "."), 2, "is a folder; name the file"),
        (("severity", "-o", "nowhere/a.zip"), 2, "is no folder; make it first"),
        (("severity", "-o", "foistats.toml"), 2, "is there and is not this bundle"),
        (("severity", "-o", "reports/a.zip"), 2, "lies in the reports folder"),
    ],
)
def test_refused(folder, arguments, code, said) -> None:
    assert folder.foistats("run").code == 0
    before = (folder.root / "foistats.toml").read_bytes()
    done = folder.foistats("bundle", *arguments)
    assert (done.code, said in done.err) == (code, True), done.err
    assert (folder.root / "foistats.toml").read_bytes() == before


def test_a_version_that_differs_is_not_bundled(folder) -> None:
    assert folder.foistats("run").code == 0
    folder.write("reports/severity/v001/values.json", "{}")
    done = folder.foistats("bundle", "severity")
    assert done.code == 4
    assert "differs from its record, so no bundle of it is made" in done.err
    assert not list(folder.root.glob("*.zip"))


@pytest.fixture
def unzipped(folder, tmp_path):
    assert folder.foistats("run").code == 0
    assert folder.foistats("bundle", "severity", "-o", str(tmp_path / "a.zip")).code == 0
    place = tmp_path / "reviewer"
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        archive.extractall(place)
    return place


def intact(place, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the check at the top as a reviewer would, with nothing installed."""
    return subprocess.run(
        [sys.executable, "-I", "-S", "verify.py", *arguments],
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": ""},
    )


def test_a_reviewer_checks_that_it_is_intact(unzipped) -> None:
    done = intact(unzipped)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("severity v001: intact\n")
    manifest = json.loads((unzipped / "bundle.json").read_text())["manifest"]
    assert manifest in done.stdout
    assert intact(unzipped, "--expect", manifest).returncode == 0
    assert intact(unzipped, "--expect", "0" * 64).returncode == 4
    assert not list(unzipped.rglob("__pycache__"))
    assert intact(unzipped, "reports/severity/v001").returncode == 0


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("reports/severity/v001/values.json", "changed"),
        ("reports/severity/v001/manifest.json", "changed"),
        ("README.txt", "changed"),
        ("foistats/__main__.py", "changed"),
        ("verify.py", "added"),
        ("reports/severity/v001/report.html", "missing"),
        ("foistats/errors.py", "missing"),
        ("reports/severity/v001/more.txt", "added"),
        ("more.txt", "added"),
    ],
)
def test_what_was_done_to_it_is_noticed(unzipped, name, change) -> None:
    path = unzipped / name
    if change == "missing":
        path.unlink()
    else:
        path.write_bytes((path.read_bytes() if path.exists() else b"") + b"\n# more\n")
    done = intact(unzipped)
    assert done.returncode == 4
    assert name.rpartition("/")[2] in done.stdout


def test_an_object_that_was_changed(unzipped) -> None:
    path = next((unzipped / "reports/objects").iterdir())
    path.write_bytes(path.read_bytes() + b"\n")
    assert intact(unzipped).returncode == 4


def test_the_package_in_it_runs_from_there(unzipped) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import foistats; print(foistats.__file__)"],
        cwd=unzipped,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == str(unzipped / "foistats/__init__.py")


def done(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out


@pytest.mark.slow
def test_a_reviewer_runs_it_again_with_the_program_in_it(folder, tmp_path) -> None:
    """As the README has it, in an environment where everything but foistats is installed."""
    done(folder.command("run"))
    done(folder.command("bundle", "severity", "-o", str(tmp_path / "a.zip")))
    place = tmp_path / "reviewer"
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        archive.extractall(place)
    assert "-m foistats verify . --execute" in (place / "README.txt").read_text()
    checked = subprocess.run(
        [sys.executable, "-m", "foistats", "verify", ".", "--execute"],
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "severity  v001  intact, follows" in checked.stdout
    assert intact(place).returncode == 0, "what a check leaves behind is no fault"
    zipped = folder.command("verify", str(tmp_path / "a.zip"), "--execute")
    assert "severity  v001  intact, follows" in done(zipped)
