import json
import os

import pytest

from foistats.errors import DataError, ReportError, UsageError
from foistats.reports.store import prune as room
from foistats.reports.store.files import json_text, sha256
from foistats.reports.store.folders import tombstone_names, version_names
from foistats.reports.store.prune import chosen_series, prune


@pytest.fixture
def full(shop):
    """Five versions, each from an input of its own, and a series of another set."""
    for number in range(5):
        source = str(number).encode()
        inputs = {"data": {"data/a": sha256(source)}}
        shop.publish(inputs=inputs, objects={sha256(source): source})
    shop.of("severity/x-00000000").publish()
    return shop


def _gone(done) -> list[str]:
    return [decision.version for decision in done.decisions if decision.goes]


def test_old_versions_go_and_a_tombstone_stays(full) -> None:
    first, second = (
        (full.folder / name / "manifest.json").read_bytes() for name in ("v001", "v002")
    )
    done = prune(full.reports, ["severity"], keep=3, reason="out of date")
    assert _gone(done) == ["v002", "v001"]
    assert version_names(full.folder) == ["v003", "v004", "v005"]
    assert tombstone_names(full.folder) == ["v001", "v002"]
    tombstone = (full.folder / "v002.json").read_bytes()
    told = json.loads(tombstone)
    assert tombstone == json_text(told)
    assert len(told.pop("removed")) == len("2014-06-30")
    assert told == {
        "format": 1,
        "version": "v002",
        "manifest": sha256(second),
        "predecessor": sha256(first),
        "reason": "out of date",
    }
    assert full.faults() == []
    assert full.left_over() == []
    assert full.publish() == "v006"
    assert full.faults() == []


def test_inputs_go_with_the_last_version_that_rests_on_them(full) -> None:
    gone = prune(full.reports, ["severity"], keep=3, reason="r").objects
    assert set(gone) == {sha256(b"0"), sha256(b"1")}
    kept = {path.name for path in (full.reports / "objects").iterdir()}
    assert kept.isdisjoint(gone)
    assert sha256(b"2") in kept
    assert full.faults() == []


def test_what_is_cited_stays(full) -> None:
    (full.reports / "keep.csv").write_text("report,version,cited_by\nseverity,v001,A journal\n")
    done = prune(full.reports, ["severity"], keep=1, reason="r")
    assert _gone(done) == ["v004", "v003", "v002"]
    assert done.decisions[0].why == "the newest"
    assert done.decisions[-1].why == "cited by A journal (keep.csv)"
    assert version_names(full.folder) == ["v001", "v005"]
    assert full.faults() == []
    assert _gone(prune(full.reports, ["severity"], keep=1, reason="r")) == []


def test_a_slip_of_the_pen_in_keep_csv_removes_nothing(full) -> None:
    (full.reports / "keep.csv").write_text("report,version,cited_by\nsevrity,v001,x\n")
    before = full.tree()
    for dry in (True, False):
        with pytest.raises(DataError, match=r"reports/keep\.csv: row 2, column report: 'sevrity'"):
            prune(full.reports, ["severity"], keep=1, reason="r", dry=dry)
    assert full.tree() == before


def test_a_dry_run_says_the_same_and_does_nothing(full) -> None:
    before = full.tree()
    dry = prune(full.reports, ["severity"], keep=2, dry=True)
    assert full.tree() == before
    assert prune(full.reports, ["severity"], keep=2, reason="r").decisions == dry.decisions


@pytest.mark.parametrize(
    ("keep", "reason", "said"),
    [(0, "r", "keep is 0; keep at least 1"), (1, " ", "say why with --reason TEXT")],
)
def test_carelessness(full, keep: int, reason: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        prune(full.reports, ["severity"], keep=keep, reason=reason)


def test_a_version_without_a_manifest_stays(full) -> None:
    (full.folder / "v001/manifest.json").unlink()
    done = prune(full.reports, ["severity"], keep=1, reason="r")
    assert done.decisions[-1].why.startswith("it has no manifest.json")
    assert "v001" in version_names(full.folder)
    assert done.objects == ()


@pytest.mark.parametrize("fault", ["link", "format"])
def test_a_series_that_is_not_as_it_should_be_loses_nothing(full, fault: str) -> None:
    if fault == "link":
        (full.folder / "v006").symlink_to("v005")
    else:
        (full.folder / "v005/manifest.json").write_text('{"format": 9}')
    before = full.tree()
    with pytest.raises(ReportError, match=r"is a link|written by a newer foistats"):
        prune(full.reports, ["severity", "severity/x-00000000"], keep=1, reason="r")
    assert full.tree() == before


def test_the_pointer_is_put_right_first(full) -> None:
    (full.folder / "latest.json").write_bytes(json_text({"key": "k", "version": "v001"}))
    prune(full.reports, ["severity"], keep=1, reason="r")
    assert full.pointer()["version"] == "v005"
    assert full.faults() == []


def test_killed_between_tombstone_and_removal(full, monkeypatch) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(room, "take_away", killed)
    with pytest.raises(KeyboardInterrupt):
        prune(full.reports, ["severity"], keep=1, reason="first")
    monkeypatch.undo()
    assert (tombstone_names(full.folder), len(version_names(full.folder))) == (["v004"], 5)
    assert full.faults() == []
    done = prune(full.reports, ["severity"], keep=1, reason="second")
    assert _gone(done) == ["v003", "v002", "v001"]
    assert version_names(full.folder) == ["v005"]
    assert json.loads((full.folder / "v004.json").read_text())["reason"] == "first"


def test_a_disk_that_refuses(full, monkeypatch) -> None:
    def refuses(*_: object, **__: object) -> None:
        raise OSError(13, os.strerror(13))

    monkeypatch.setattr(room, "replace", refuses)
    with pytest.raises(ReportError, match=r"not everything could be removed \(Permission denied"):
        prune(full.reports, ["severity"], keep=1, reason="r")
    assert full.faults() == []


def test_which_series_are_meant(full) -> None:
    full.of("other").publish()
    everything = ["other", "severity", "severity/x-00000000"]
    assert chosen_series(full.reports, []) == everything
    assert chosen_series(full.reports, ["severity"]) == everything[1:]
    assert chosen_series(full.reports, ["severity/x-00000000", "other"]) == [
        "other",
        "severity/x-00000000",
    ]
    with pytest.raises(UsageError, match="'sevrity' was never published; did you mean 'severity'"):
        chosen_series(full.reports, ["sevrity"])
    assert chosen_series(full.reports / "nowhere", []) == []
