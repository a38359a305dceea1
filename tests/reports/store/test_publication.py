import errno
import os
from pathlib import Path

import pytest

from foistats.errors import ReportError
from foistats.reports.store import publication
from foistats.reports.store.versions import point, publish


def test_every_file_and_folder_is_confirmed_before_the_version_appears(shop, monkeypatch) -> None:
    shop.publish()
    events = []
    real_rename = Path.rename

    def fsync(descriptor: int) -> None:
        events.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))

    def rename(path: Path, target: Path) -> Path:
        events.append("rename")
        return real_rename(path, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "rename", rename)
    publish(shop.reports, "severity", "v002", shop.content(), {})
    place = events.index("rename")
    staged = {name.split("/v002", 1)[1] for name in events[:place] if "/v002" in name}
    names = ("values.json", "tables/t.csv", "report.html", "manifest.json", "run.json")
    assert staged == {"", "/tables", *(f"/{name}" for name in names)}
    assert events[place + 1 :] == [str(shop.folder)]


def test_a_file_that_cannot_be_written_leaves_everything_as_it_was(shop, monkeypatch) -> None:
    shop.publish()
    before = shop.tree()

    def full(path: Path, content: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(publication, "write", full)
    with pytest.raises(
        ReportError,
        match=r"severity: v002 could not be written \(No space left on device\); nothing was "
        r"published: make room on the disk",
    ):
        shop.publish()
    assert shop.tree() == before


def test_a_disk_that_does_not_confirm_the_new_name(shop, monkeypatch) -> None:
    shop.publish()
    before, real = shop.tree(), publication.sync_folder

    def broken(folder: Path) -> None:
        if folder == shop.folder:
            raise OSError(errno.EIO, "Input/output error")
        real(folder)

    monkeypatch.setattr(publication, "sync_folder", broken)
    with pytest.raises(ReportError, match=r"v002 could not be written \(Input/output error\)"):
        shop.publish()
    assert shop.tree() == before


def test_a_pointer_that_cannot_be_written(shop, monkeypatch) -> None:
    shop.publish()
    (shop.folder / "latest.json").unlink()
    (shop.folder / "latest.json").mkdir()
    with pytest.raises(ReportError, match=r"severity: v001 stands, but latest\.json could not be"):
        point(shop.reports, "severity", "v001", "k")
    assert shop.left_over() == []


def test_a_version_that_is_too_large(shop) -> None:
    files = {"report.html": b"x" * 1_500_000, "tables/big.csv": b"y" * 500_000, "a.json": b""}
    with pytest.raises(ReportError, match=r"severity: v001 would be 2,000,\d{3} bytes .*2,000,000"):
        shop.publish(files)
    with pytest.raises(
        ReportError,
        match=r"less of report\.html \(1,500,000 bytes\), tables/big\.csv \(500,000 bytes\)",
    ):
        shop.publish(files)
    assert shop.tree() == {}
    files["tables/big.csv"] = b"y" * 400_000
    assert shop.publish(files) == "v001"


def test_a_version_that_came_in_the_meantime(shop) -> None:
    late = shop.content()
    shop.publish()
    before = shop.tree()
    with pytest.raises(ReportError, match="severity: v001 was published while this v001 was made"):
        publish(shop.reports, "severity", "v001", late, {})
    assert shop.tree() == before


def test_no_version_stands_and_one_was_removed(shop) -> None:
    shop.folder.mkdir(parents=True)
    (shop.folder / "v001.json").write_text('{"manifest": ""}')
    with pytest.raises(ReportError, match="severity: v001 was removed and no version stands"):
        shop.publish()


def test_a_series_below_another(shop) -> None:
    inner = shop.of("severity/link-probit-0a1b2c3d")
    assert inner.publish() == "v001"
    assert shop.publish() == "v001"
    assert inner.publish() == "v002"
    assert shop.faults() == []


def test_nothing_is_written_through_a_link(shop, tmp_path) -> None:
    (tmp_path / "elsewhere").mkdir()
    shop.reports.mkdir()
    shop.folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ReportError, match="severity is a link"):
        publish(shop.reports, "severity", "v001", {"manifest.json": b""}, {})
    assert list((tmp_path / "elsewhere").iterdir()) == []
