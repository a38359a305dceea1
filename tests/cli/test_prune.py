import json

import pytest

from foistats.reports.store.files import json_text, sha256
from foistats.reports.store.lock import holding


@pytest.fixture
def published(folder):
    """Five versions of a report, with as much in each as prune and the index look at."""
    before = None
    for number in range(1, 6):
        name = f"v{number:03d}"
        told = {
            "format": 1,
            "report": "severity",
            "series": "severity",
            "version": name,
            "predecessor": before,
            "key": "k",
            "title": "How severe?",
            "as_of": "",
            "parameters": {},
            "inputs": {},
            "files": {},
            "change": f"Change {number}.",
        }
        text = json_text(told)
        before = sha256(text)
        folder.write(f"reports/severity/{name}/manifest.json", text.decode())
    folder.write("reports/severity/latest.json", '{"key": "k", "version": "v005"}')
    return folder


def _standing(folder) -> list[str]:
    return sorted(path.parent.name for path in folder.root.glob("reports/severity/*/manifest.json"))


def test_old_versions_go(published) -> None:
    answer = published.foistats("prune", "--reason", "out of date", "--keep", "2")
    assert answer.out.splitlines() == [
        "severity  v005  stays: the newest",
        "severity  v004  stays: one of the newest 2",
        "severity  v003  removed: older than the newest 2",
        "severity  v002  removed: older than the newest 2",
        "severity  v001  removed: older than the newest 2",
        "3 of 5 versions removed",
    ]
    assert (answer.code, _standing(published)) == (0, ["v004", "v005"])
    assert published.json("reports/severity/v001.json")["reason"] == "out of date"
    assert "out of date" in (published.root / "reports/index.html").read_text()


def test_a_dry_run_keeps_everything(published) -> None:
    before = published.published()
    answer = published.foistats("prune", "severity", "--dry-run", "--json")
    told = json.loads(answer.out)
    assert (told["dry_run"], told["objects_removed"]) == (True, [])
    assert [version["version"] for version in told["versions"] if version["goes"]] == [
        "v002",
        "v001",
    ]
    assert set(told["versions"][0]) == {"series", "version", "removed", "goes", "why"}
    assert not any(version["removed"] for version in told["versions"])
    assert published.published() == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "say why with --reason TEXT"),
        (["--reason", "r", "--keep", "0"], "--keep"),
        (["sevrity", "--dry-run"], "'sevrity' was never published; did you mean 'severity'?"),
    ],
)
def test_wrong_usage(published, arguments, said: str) -> None:
    answer = published.foistats("prune", *arguments)
    assert answer.code == 2
    assert said in answer.err
    assert len(_standing(published)) == 5


def test_a_slip_of_the_pen_in_keep_csv(published) -> None:
    published.write("reports/keep.csv", "report,version,cited_by\nseverity,v009,A journal\n")
    answer = published.foistats("prune", "--reason", "r", "--keep", "1")
    assert answer.code == 3
    assert "reports/keep.csv: row 2, column version: severity has no v009" in answer.err
    assert len(_standing(published)) == 5


def test_someone_else_is_writing(published) -> None:
    with holding(published.root / "reports", "foistats run severity"):
        answer = published.foistats("prune", "--reason", "r")
    assert answer.code == 5
    assert "(foistats run severity)" in answer.err
    assert len(_standing(published)) == 5


def test_there_is_nothing_to_remove(folder) -> None:
    answer = folder.foistats("prune", "--reason", "r")
    assert (answer.code, answer.out) == (0, "0 of 0 versions removed\n")
    assert not (folder.root / "reports").exists()
