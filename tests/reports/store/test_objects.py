from concurrent.futures import ThreadPoolExecutor

import pytest

from foistats.errors import ReportError
from foistats.reports.store.files import sha256
from foistats.reports.store.objects import store_objects, unnamed_objects


def test_bytes_are_kept_once_by_hash(shop) -> None:
    store_objects(shop.reports, {sha256(b"1"): b"1"})
    (path,) = (shop.reports / "objects").iterdir()
    inode = path.stat().st_ino
    store_objects(shop.reports, {sha256(b"1"): b"1", sha256(b"2"): b"2"})
    assert path.stat().st_ino == inode
    assert {path.name: path.read_bytes() for path in path.parent.iterdir()} == {
        sha256(b"1"): b"1",
        sha256(b"2"): b"2",
    }


@pytest.mark.parametrize("damage", ["bytes", "link"])
def test_a_damaged_object_is_put_right(shop, damage: str, tmp_path) -> None:
    store_objects(shop.reports, {sha256(b"1"): b"1"})
    path = shop.reports / "objects" / sha256(b"1")
    if damage == "bytes":
        path.write_bytes(b"2")
    else:
        path.rename(tmp_path / "elsewhere")
        path.symlink_to(tmp_path / "elsewhere")
    store_objects(shop.reports, {sha256(b"1"): b"1"})
    assert path.read_bytes() == b"1"
    assert not path.is_symlink()


def test_bytes_that_are_not_those_of_their_hash(shop) -> None:
    with pytest.raises(ReportError, match=r"an input changed while it was kept: .* run it again"):
        store_objects(shop.reports, {sha256(b"1"): b"2"})
    assert shop.tree() == {}


def test_several_reports_keep_the_same_input_at_once(shop) -> None:
    content = {sha256(bytes([n])): bytes([n]) for n in range(20)}
    with ThreadPoolExecutor(8) as workers:
        list(workers.map(lambda _: store_objects(shop.reports, content), range(16)))
    assert shop.left_over() == []
    assert len(list((shop.reports / "objects").iterdir())) == 20


def test_what_no_manifest_names(shop) -> None:
    assert unnamed_objects(shop.reports) == []
    shop.publish()
    shop.of("severity/x-00000000").publish(
        inputs={"data": {"b": sha256(b"2")}}, objects={sha256(b"2"): b"2"}
    )
    store_objects(shop.reports, {sha256(b"3"): b"3"})
    (shop.reports / "objects/README").touch()
    assert [path.name for path in unnamed_objects(shop.reports)] == [sha256(b"3")]
    (shop.folder / "v001/manifest.json").unlink()
    assert unnamed_objects(shop.reports) == []
