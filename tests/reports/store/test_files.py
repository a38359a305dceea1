import errno
import os
from pathlib import Path

import pytest

from foistats.errors import ReportError
from foistats.reports.store import files


def test_a_file_is_replaced_only_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "index.html"
    assert files.replace(path, b"1") is True
    inode = path.stat().st_ino
    assert files.replace(path, b"1") is False
    assert path.stat().st_ino == inode
    assert files.replace(path, b"2") is True
    assert path.read_bytes() == b"2"
    assert [path.name for path in path.parent.iterdir()] == ["index.html"]


def test_a_link_is_replaced_by_a_file(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"1")
    (tmp_path / "link").symlink_to("elsewhere")
    assert files.replace(tmp_path / "link", b"1") is True
    assert not (tmp_path / "link").is_symlink()
    files.replace(tmp_path / "link", b"2")
    assert (tmp_path / "elsewhere").read_bytes() == b"1"


def test_what_is_not_in_its_place_yet_lies_where_it_is_told_to(tmp_path, monkeypatch) -> None:
    seen = []
    monkeypatch.setattr(files, "write", lambda path, content: seen.append(path) or path.touch())
    files.replace(tmp_path / "severity" / "latest.json", b"1", via=tmp_path)
    (fresh,) = seen
    assert fresh.parent == tmp_path
    assert fresh.name.startswith(f".tmp-{os.getpid()}-")


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch) -> None:
    files.replace(tmp_path / "a", b"old")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        files.replace(tmp_path / "a", b"new")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


def test_the_disk_confirms_files_and_folders(tmp_path: Path, monkeypatch) -> None:
    confirmed = []

    def fsync(descriptor: int) -> None:
        confirmed.append(Path(f"/proc/self/fd/{descriptor}").readlink())

    monkeypatch.setattr(os, "fsync", fsync)
    files.replace(tmp_path / "a" / "b" / "c.json", b"1")
    assert confirmed[0] == tmp_path
    assert confirmed[1] == tmp_path / "a"
    assert confirmed[2].name.startswith(".tmp-")
    assert confirmed[3:] == [tmp_path / "a" / "b"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"[" * 100_000])
def test_what_is_no_json_object(content: bytes) -> None:
    with pytest.raises(ReportError, match=r"a/b\.json is not a JSON object; restore it"):
        files.parsed("a/b.json", content)


def test_a_file_system_that_cannot_confirm_folders(tmp_path: Path, monkeypatch) -> None:
    def refuses(number: int):
        def fsync(descriptor: int) -> None:
            raise OSError(number, "")

        return fsync

    monkeypatch.setattr(os, "fsync", refuses(errno.EINVAL))
    files.sync_folder(tmp_path)
    monkeypatch.setattr(os, "fsync", refuses(errno.EIO))
    with pytest.raises(OSError, match=r"\[Errno 5\]"):
        files.sync_folder(tmp_path)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "make room on the disk"),
        (errno.EDQUOT, "make room on the disk"),
        (errno.EROFS, "mounted read-only"),
        (errno.EACCES, "check the rights"),
    ],
)
def test_what_to_do(number: int, said: str) -> None:
    assert said in files.remedy(OSError(number, ""))
