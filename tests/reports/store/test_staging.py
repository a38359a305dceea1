import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from foistats.errors import ReportError
from foistats.reports.store.files import json_text, sha256
from foistats.reports.store.folders import version_names
from foistats.reports.store.staging import staging, sweep


def test_a_folder_is_lent_and_taken_back(shop) -> None:
    with staging(shop.reports) as folder:
        assert folder.parent == shop.reports
        assert folder.name.startswith(".staging-")
        (folder / "a").mkdir()
        (folder / "a/b").touch()
    assert list(shop.reports.iterdir()) == []


def test_it_is_taken_back_after_an_error_too(shop) -> None:
    with pytest.raises(ZeroDivisionError), staging(shop.reports) as folder:
        raise ZeroDivisionError(folder.joinpath("a").touch())
    assert list(shop.reports.iterdir()) == []


def test_a_file_where_the_folder_should_be(shop) -> None:
    shop.reports.touch()
    with (
        pytest.raises(ReportError, match=r"reports/ cannot be written to .* nothing was published"),
        staging(shop.reports),
    ):
        pass


def test_whatever_is_left_is_stale_however_new_it_looks(shop) -> None:
    shop.publish()
    before = shop.tree()
    for name in (".staging-1", ".staging-2/v002/tables", ".staging-3"):
        (shop.reports / name).mkdir(parents=True)
    (shop.reports / ".staging-2/v002/tables/t.csv").touch()
    (shop.reports / ".staging-3").chmod(0o500)
    (shop.reports / ".staging-link").symlink_to(shop.folder)
    (shop.reports / ".tmp-1-1-latest.json").touch()
    future = (datetime.now() + timedelta(days=900)).timestamp()
    os.utime(shop.reports / ".staging-1", (future, future))
    sweep(shop.reports)
    assert shop.tree() == before


def test_a_folder_its_writer_locked(shop) -> None:
    inner = shop.reports / ".staging-1" / "locked"
    inner.mkdir(parents=True)
    (inner / "a").touch()
    inner.chmod(0o500)
    sweep(shop.reports)
    assert list(shop.reports.iterdir()) == []


def test_there_is_nothing_to_sweep(shop) -> None:
    sweep(shop.reports)
    assert not shop.reports.exists()


def _half_removed(shop, version: str) -> Path:
    content = (shop.folder / version / "manifest.json").read_bytes()
    path = shop.folder / f"{version}.json"
    path.write_bytes(json_text({"version": version, "manifest": sha256(content)}))
    return path


def test_a_removal_that_was_killed_is_finished(shop) -> None:
    for _ in range(3):
        shop.publish()
    for version in ("v001", "v002", "v003"):
        _half_removed(shop, version)
    (shop.reports / "keep.csv").write_text("report,version,cited_by\nseverity,v002,A journal\n")
    sweep(shop.reports)
    assert version_names(shop.folder) == ["v002", "v003"]
    assert shop.left_over() == []


@pytest.mark.parametrize("damage", ["keep", "tombstone", "hash"])
def test_a_removal_that_is_not_clear_is_left(shop, damage: str) -> None:
    shop.publish()
    shop.publish()
    path = _half_removed(shop, "v001")
    if damage == "keep":
        (shop.reports / "keep.csv").write_text("report,version\n")
    elif damage == "tombstone":
        path.write_text("[]")
    else:
        path.write_bytes(json_text({"version": "v001", "manifest": "0" * 64}))
    sweep(shop.reports)
    assert (shop.folder / "v001").is_dir()
