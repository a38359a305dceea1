import json
from pathlib import Path

import pytest

from foistats.errors import ReportError
from foistats.reports import store
from foistats.reports.store import Edition, latest, publish, says_the_same

INPUTS = {
    "data": {"data/a": "1"},
    "notebook": {"n.ipynb": "2"},
    "package": {"a.py": "3"},
    "lock": None,
}
EDITION = Edition("severity", "severity/x-00000000", "k1", "How severe?", "", {"n": 1}, INPUTS)
FILES = {"values.json": b"{}\n", "tables/t.csv": b"a\n", "report.html": b"<p>"}


def test_versions_form_a_chain(tmp_path: Path) -> None:
    assert latest(tmp_path, EDITION.series) is None
    assert publish(tmp_path, EDITION, FILES, {"host": "h"}) == "v001"
    assert publish(tmp_path, EDITION, FILES, {"host": "h"}) == "v002"
    newest = latest(tmp_path, EDITION.series)
    series = tmp_path / EDITION.series
    first, second = (series / name / "manifest.json" for name in ("v001", "v002"))
    assert newest.version == "v002"
    assert newest.manifest["predecessor"] == store._hash(first.read_bytes())
    assert json.loads((series / "v002/run.json").read_text()) == {
        "host": "h",
        "manifest": store._hash(second.read_bytes()),
    }
    text = second.read_text()
    assert text == json.dumps(json.loads(text), sort_keys=True, indent=1) + "\n"
    assert json.loads((series / "latest.json").read_text()) == {"key": "k1", "version": "v002"}
    assert [path.name for path in tmp_path.iterdir()] == ["severity"]


def test_a_disk_that_is_full_leaves_the_old_version(tmp_path: Path, monkeypatch) -> None:
    publish(tmp_path, EDITION, FILES, {})
    before = sorted(path for path in tmp_path.rglob("*"))

    def full(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "_write", full)
    with pytest.raises(
        ReportError,
        match=r"v002 could not be written \(No space left on device\)",
    ):
        publish(tmp_path, EDITION, FILES, {})
    assert sorted(path for path in tmp_path.rglob("*")) == before


def test_a_crash_before_the_pointer_moves(tmp_path: Path, monkeypatch) -> None:
    publish(tmp_path, EDITION, FILES, {})

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(store, "point", killed)
    with pytest.raises(KeyboardInterrupt):
        publish(tmp_path, EDITION, FILES, {})
    monkeypatch.undo()
    assert json.loads((tmp_path / EDITION.series / "latest.json").read_text())["version"] == "v001"
    assert latest(tmp_path, EDITION.series).version == "v002"
    assert publish(tmp_path, EDITION, FILES, {}) == "v003"


def test_a_thousand_versions_sort_by_number(tmp_path: Path) -> None:
    for name in ("v999", "v1000", "v1x", "vNNN", "v01"):
        (tmp_path / name).mkdir()
    assert store.version_names(tmp_path) == ["v999", "v1000"]


@pytest.mark.parametrize(
    ("inputs", "files", "same"),
    [
        ({"package": {"a.py": "9"}, "lock": "9"}, {}, True),
        ({}, {"report.html": b"<p>new"}, True),
        ({"data": {"data/a": "9"}}, {}, False),
        ({"notebook": {"n.ipynb": "9"}}, {}, False),
        ({}, {"values.json": b"{ }\n"}, False),
        ({}, {"tables/u.csv": b""}, False),
    ],
)
def test_when_a_run_confirms(tmp_path: Path, inputs, files, same: bool) -> None:
    publish(tmp_path, EDITION, FILES, {})
    changed = Edition(**(vars(EDITION) | {"key": "k2", "inputs": INPUTS | inputs}))
    assert says_the_same(latest(tmp_path, EDITION.series), changed, FILES | files) is same
    assert says_the_same(None, changed, FILES) is False


def test_a_manifest_that_is_damaged(tmp_path: Path) -> None:
    publish(tmp_path, EDITION, FILES, {})
    (tmp_path / EDITION.series / "v001/manifest.json").write_text("{")
    with pytest.raises(
        ReportError, match=r"v001/manifest.json is not JSON; restore it, for example"
    ):
        latest(tmp_path, EDITION.series)


def test_a_file_is_replaced_only_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "a" / "index.html"
    assert store.replace(path, b"1") is True
    assert store.replace(path, b"1") is False
    assert store.replace(path, b"2") is True
    assert [path.name for path in path.parent.iterdir()] == ["index.html"]
