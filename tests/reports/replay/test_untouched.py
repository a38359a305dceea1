"""No false alarm: what nobody touched follows, whatever changed around it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import foistats

PACKAGE = Path(foistats.__file__).parent


def told(done: subprocess.CompletedProcess[str]) -> dict:
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def answer(done: subprocess.CompletedProcess[str]) -> dict:
    (one,) = told(done)["versions"]
    assert one["follows"]["not_compared"] == []
    verdicts = {verdict["verdict"] for verdict in one["follows"]["verdicts"]}
    assert verdicts == {"identical"}
    return one["follows"]


def test_untouched_versions_follow(shelf) -> None:
    (slug,) = (path.name for path in (shelf.root / "reports/severity").glob("weight-*"))
    names = ("severity@v001", "severity@v002", f"severity/{slug}")
    document = told(shelf.foistats("verify", *names, "--json"))
    assert (document["intact"], document["follows"]) == (True, True)
    for one in document["versions"]:
        assert {verdict["verdict"] for verdict in one["follows"]["verdicts"]} == {"identical"}
        assert one["follows"]["not_compared"] == []
        assert one["follows"]["surroundings"] == []
        counts = one["follows"]["counts"]
        assert counts["value"] == {"identical": 3}
        assert counts["figure"] == counts["table"] == counts["page"] == {"identical": 1}
        assert one["follows"]["cells"] == {"identical": 12}


def test_after_the_code_has_moved_on(shelf, tmp_path: Path) -> None:
    moved = Path(shutil.copytree(PACKAGE, tmp_path / "src" / "foistats"))
    for name, before, after in (
        ("publish/__init__.py", "text = value_text(", 'text = "moved " + value_text('),
        ("reports/pages/template/report.html.j2", "<h1>", "<h1>Moved: "),
        ("reports/compare/sentence.py", "no value, table or figure moved", "all as it was"),
        ("reports/pages/crate.py", '"the report as a page"', '"a page"'),
    ):
        text = (moved / name).read_text(encoding="utf-8")
        assert before in text, name
        (moved / name).write_text(text.replace(before, after), encoding="utf-8")
    done = shelf.foistats("verify", "severity", "--json", PYTHONPATH=str(moved.parent))
    assert answer(done)["counts"]["page"] == {"identical": 1}
    # the work tree has moved on as well
    data = shelf.root / "data/pa/statements.csv"
    data.write_text(data.read_text().replace("Essex,7", "Essex,9"))
    (shelf.root / "notebooks/severity.ipynb").write_text("{}")
    (shelf.root / "foistats.toml").write_text("[reports.other]\n")
    answer(shelf.foistats("verify", "severity", "--json", PYTHONPATH=str(moved.parent)))


@pytest.mark.parametrize("threads", ["2", "8"])
def test_with_other_threads_and_from_elsewhere(shelf, tmp_path: Path, threads: str) -> None:
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    environment = dict.fromkeys(names, threads) | {"TZ": "Asia/Tokyo", "PYTHONHASHSEED": "7"}
    arguments = ("verify", "severity", "--json", "--project", str(shelf.root))
    answer(shelf.foistats(*arguments, cwd=tmp_path, **environment))


@pytest.mark.slow
def test_by_its_path(shelf, tmp_path: Path) -> None:
    for path, cwd in (("reports/severity/v002", shelf.root), (".", shelf.version())):
        answer(shelf.foistats("verify", path, "--json", cwd=cwd))


def test_as_somebody_who_may_not_write(shelf) -> None:
    """Without a home, without privileges, and without a right to write to the project."""
    paths = [shelf.root, *shelf.root.rglob("*")]
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
    command = ["unshare", "--user", sys.executable, "-m", "foistats", "verify", "severity"]
    try:
        done = subprocess.run(
            [*command, "--json"],
            cwd=shelf.root,
            env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"},
            capture_output=True,
            text=True,
            check=False,
        )
        answer(done)
        assert sorted(paths) == sorted([shelf.root, *shelf.root.rglob("*")])
    finally:
        for path in paths:
            path.chmod(0o755 if path.is_dir() else 0o644)


def test_nothing_is_left_behind(shelf, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in shelf.root.rglob("*") if path.is_file()}
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    answer(shelf.foistats("verify", "severity", "--json", TMPDIR=str(temporary)))
    assert list(temporary.iterdir()) == []
    assert {path: path.read_bytes() for path in shelf.root.rglob("*") if path.is_file()} == before


@pytest.mark.slow
def test_a_study_beside_the_project(shelf) -> None:
    study = shutil.copytree(shelf.root / "data/pa", shelf.root.parent / "elsewhere" / "kept")
    done = shelf.foistats("run", "severity", "-p", "study", str(study))
    assert done.returncode == 0, done.stderr
    (slug,) = (path.name for path in (shelf.root / "reports/severity").glob("study-*"))
    shutil.rmtree(study)  # objects have it
    assert answer(shelf.foistats("verify", f"severity/{slug}", "--json"))["inputs_from"]
