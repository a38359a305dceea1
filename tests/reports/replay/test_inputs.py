"""Where inputs are found: objects, the work tree, git; and what is said where they are not."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from foistats.errors import VerificationError
from foistats.reports.replay.recorded import UncheckableError, gather

STATEMENTS = "data/pa/statements.csv"


def git(root: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)


def origins(shelf, **given) -> dict[str, int]:
    answer = shelf.asks(**given)
    assert answer.state == "follows", answer.reason or answer.bad
    return dict(answer.origins)


def drop(shelf, *names: str) -> None:
    """Remove inputs from the objects."""
    inputs = shelf.manifest()["inputs"]
    for name in names:
        digest = next(told[name] for told in inputs.values() if told and name in told)
        (shelf.root / "reports/objects" / digest).unlink()


def test_from_the_objects(shelf, quick) -> None:
    assert list(origins(shelf)) == ["objects"]


def test_from_the_work_tree(shelf, quick) -> None:
    drop(shelf, STATEMENTS, "notebooks/severity.ipynb", "publish/__init__.py")
    found = origins(shelf)
    assert (found["the work tree"], found["the installed package"]) == (2, 1)


def test_from_git(shelf, quick) -> None:
    git(shelf.root, "init", "-q")
    git(shelf.root, "add", "data", "notebooks")
    git(shelf.root, "commit", "-qm", "first")
    drop(shelf, STATEMENTS, "notebooks/severity.ipynb")
    for path in (shelf.root / STATEMENTS, shelf.root / "notebooks/severity.ipynb"):
        path.write_text("{}")
    git(shelf.root, "commit", "-qam", "second")
    assert origins(shelf)["git"] == 2


def test_git_of_a_stranger_runs_nothing(shelf, quick, tmp_path: Path) -> None:
    git(shelf.root, "init", "-q")
    git(shelf.root, "config", "core.fsmonitor", f"touch {tmp_path}/ran; false")
    git(shelf.root, "config", "core.pager", f"touch {tmp_path}/ran")
    drop(shelf, STATEMENTS)
    (shelf.root / STATEMENTS).write_text("")
    assert shelf.asks().state == "cannot be checked"
    assert not (tmp_path / "ran").exists()


def test_an_object_that_was_changed_is_not_taken(shelf, quick) -> None:
    digest = shelf.manifest()["inputs"]["data"][STATEMENTS]
    (shelf.root / "reports/objects" / digest).write_bytes(b"force,n\n")
    assert origins(shelf)["the work tree"] == 1


def test_what_is_gone_cannot_be_checked(shelf) -> None:
    drop(shelf, STATEMENTS)
    (shelf.root / STATEMENTS).unlink()
    done = shelf.foistats("verify", "severity", "--json")
    assert done.returncode == 4
    assert done.stderr == "foistats: severity@v002 differs from its record; " + (
        "severity@v002 cannot be checked by running it again\n"
    )
    (one,) = json.loads(done.stdout)["versions"]
    assert one["follows"]["state"] == "cannot be checked"
    assert one["follows"]["reason"].startswith(f"inputs are gone ({STATEMENTS}): ")
    with pytest.raises(UncheckableError, match="severity v002 cannot be checked: inputs are gone"):
        gather(shelf.version(), project=shelf.root).require_all()


def test_a_private_study(shelf) -> None:
    """Whoever has the data can check it; nobody else can."""
    study = shelf.root / "data/pa/study.toml"
    study.write_text(study.read_text() + "private = true\n")
    done = shelf.foistats("run", "severity")
    assert done.returncode == 0, done.stderr
    folder = shelf.version("v003")
    answer = shelf.asks(folder)
    assert answer.state == "follows", answer.reason or answer.bad
    assert answer.origins["the work tree"] == 1  # what was published before is kept
    shutil.rmtree(shelf.root / "data")
    done = shelf.foistats("verify", "severity@v003")
    assert done.returncode == 4
    assert "intact, cannot be checked" in done.stdout
    assert "its inputs are private, known by their hashes only" in " ".join(done.stdout.split())


def test_the_lock_is_not_needed(shelf, quick) -> None:
    inputs = shelf.manifest()["inputs"]
    shelf.seal(shelf.version(), inputs={**inputs, "lock": "0" * 64})
    recorded = gather(shelf.version(), project=shelf.root)
    assert [one.kind for one in recorded.missing] == ["lock"]
    recorded.require_all()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"inputs": []}, "has no inputs; it was edited"),
        ({"inputs": {"data": {}}}, "has no notebook among its inputs"),
        ({"inputs": {"data": {}, "package": {}, "notebook": {}}}, "names 0 notebooks"),
        ({"inputs": {"data": {}, "package": {"../x": "0"}, "notebook": {"n": "0"}}}, "is no path"),
        (
            {"inputs": {"data": {"../" * 20 + "x": "0"}, "package": {}, "notebook": {"n": "0"}}},
            "path",
        ),
        ({"parameters": {"x": []}}, "has a parameter that is neither a number nor a text"),
        ({"format": 9}, "has a format that this release cannot read"),
    ],
)
def test_a_record_that_tells_nothing(shelf, changes: dict, said: str) -> None:
    path = shelf.version() / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | changes))
    with pytest.raises(VerificationError, match=said):
        gather(shelf.version())
    assert shelf.asks().state == "cannot be checked"


def test_without_a_manifest(shelf) -> None:
    (shelf.version() / "manifest.json").unlink()
    with pytest.raises(VerificationError, match=r"manifest\.json cannot be read"):
        gather(shelf.version())


def test_mixtures(shelf) -> None:
    """The same question asked of another version's data, or answered by its code."""
    first, second = (gather(shelf.version(name)) for name in ("v001", "v002"))
    mixed = first.with_data_of(second)
    assert (mixed.data, mixed.package, mixed.version) == (second.data, first.package, "v001")
    mixed = first.with_code_of(second)
    assert (mixed.data, mixed.notebook) == (first.data, second.notebook)
    (slug,) = (path.name for path in (shelf.root / "reports/severity").glob("weight-*"))
    heavy = gather(shelf.version("v001", f"severity/{slug}"))
    assert first.with_parameters_of(heavy).parameters["weight"] == 2.5
    digest = first.manifest["inputs"]["data"][STATEMENTS]
    (shelf.root / "reports/objects" / digest).unlink()
    gone = gather(shelf.version("v001"))
    assert [one.name for one in gone.missing] == [STATEMENTS]
    assert gone.with_data_of(second).missing == ()
    assert second.with_data_of(gone).missing == gone.missing
    assert set(second.objects) == {*second.origins}
