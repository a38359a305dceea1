"""The reviewer's bundle: the same bytes everywhere, nothing in it that is not checked."""

from __future__ import annotations

import errno
import json
import os
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from foistats.errors import ReportError, UsageError, VerificationError
from foistats.reports.bundle import BUNDLE, archive, is_bundle, unpacked
from foistats.reports.bundle.archive import put, zip_bytes
from foistats.reports.bundle.contents import packed
from foistats.reports.bundle.layout import name_faults
from foistats.reports.store.files import sha256

FILES = {"b/two.txt": b"2", "a.txt": b"1", BUNDLE: b"{}"}


@pytest.fixture
def version(folder):
    assert folder.foistats("run").code == 0
    return folder


class TestContents:
    """What is in it."""

    def test_everything_has_its_place(self, version) -> None:
        files = packed(version.root / "reports", "severity", "v001").files
        manifest = version.json("reports/severity/v001/manifest.json")
        place = "reports/severity/v001"
        for name in (*manifest["files"], "manifest.json", "run.json", "ro-crate-metadata.json"):
            assert files[f"{place}/{name}"] == (version.root / place / name).read_bytes()
        inputs = manifest["inputs"]
        hashes = {
            *inputs["data"].values(),
            *inputs["notebook"].values(),
            *inputs["package"].values(),
        }
        assert {sha256(files[f"reports/objects/{sha}"]) for sha in hashes} == hashes
        assert files["verify.py"] == files[f"{place}/verify.py"]
        assert {"README.txt", "requirements.txt", "foistats/__main__.py"} < files.keys()
        assert json.loads(files["reports/severity/latest.json"])["version"] == "v001"
        told = json.loads(files[BUNDLE])
        assert told["manifest"] == sha256(files[f"{place}/manifest.json"])
        assert (told["series"], told["version"], told["withheld"]) == ("severity", "v001", [])
        assert told["files"] == {name: sha256(one) for name, one in files.items() if name != BUNDLE}
        assert str(version.root) not in b"".join(files.values()).decode("utf-8", "replace")

    def test_the_lock_that_was_recorded(self, folder) -> None:
        folder.write("requirements.lock", "click==8.2.0\n")
        assert folder.foistats("run").code == 0
        folder.write("requirements.lock", "click==9.0.0\n")
        files = packed(folder.root / "reports", "severity", "v001").files
        assert files["requirements.lock"] == b"click==8.2.0\n"
        assert "requirements.txt" not in files
        assert b"--require-hashes -r requirements.lock" in files["README.txt"]

    def test_the_chain_before_it(self, version) -> None:
        for number in (2, 3, 4):
            version.notebook("from foistats import publish", f'publish.value("things", {number})')
            assert version.foistats("run").code == 0
        assert version.foistats("prune", "--keep", "2", "--reason", "old").code == 0
        files = packed(version.root / "reports", "severity", "v004").files
        mine = sorted(name for name in files if name.startswith("reports/severity/"))
        assert [name for name in mine if "/v004/" not in name] == [
            "reports/severity/latest.json",
            "reports/severity/v001.json",
            "reports/severity/v002.json",
            "reports/severity/v003/manifest.json",
        ]
        earlier = packed(version.root / "reports", "severity", "v003").files
        assert not [name for name in earlier if "v004" in name]
        assert json.loads(earlier["reports/severity/latest.json"])["version"] == "v003"

    def test_of_a_private_study_hashes_only(self, folder) -> None:
        folder.write("data/pa/study.toml", "[study]\nas_of = 2014-06-30\nprivate = true\n")
        folder.write("data/pa/statements.csv", "force,n\nA secret,3\n")
        assert folder.foistats("run").code == 0
        found = packed(folder.root / "reports", "severity", "v001")
        assert found.withheld == ("data/pa/statements.csv", "data/pa/study.toml")
        assert b"A secret" not in b"".join(found.files.values())
        readme = " ".join(found.files["README.txt"].decode().split())
        assert "private study: of 2 files of its data this bundle holds the hashes only" in readme
        assert (
            sha256((folder.root / "data/pa/statements.csv").read_bytes()).encode()
            in (found.files["reports/severity/v001/manifest.json"])
        )

    def test_a_signature_beside_the_version(self, version) -> None:
        version.write("reports/severity/v001.sig", "-----BEGIN SSH SIGNATURE-----\n")
        files = packed(version.root / "reports", "severity", "v001").files
        assert files["reports/severity/v001.sig"].startswith(b"-----BEGIN")

    def test_a_verify_that_reads_no_bundles_is_not_put_on_top(self, version, monkeypatch) -> None:
        from foistats.reports.bundle import contents

        monkeypatch.setattr(contents, "BUNDLE", "bundle.of.another.time")
        files = packed(version.root / "reports", "severity", "v001").files
        assert b"newer than the one of" in files["README.txt"]

    @pytest.mark.parametrize("name", ["values.json", "manifest.json", "report.html"])
    def test_what_differs_is_not_handed_on(self, version, name) -> None:
        path = version.root / "reports/severity/v001" / name
        path.write_bytes(path.read_bytes() + b" ")
        with pytest.raises(VerificationError, match="so no bundle of it is made: "):
            packed(version.root / "reports", "severity", "v001")

    def test_an_input_that_is_gone(self, version) -> None:
        next((version.root / "reports/objects").iterdir()).unlink()
        with pytest.raises(VerificationError, match="objects/ lacks"):
            packed(version.root / "reports", "severity", "v001")

    def test_the_readme(self, version) -> None:
        found = packed(version.root / "reports", "severity", "v001")
        text = found.files["README.txt"].decode()
        assert found.manifest in text
        assert max(map(len, text.splitlines())) <= 80
        assert "How severe?" in text.splitlines()[0]
        for words in ("Is it intact?", "Does it follow?", "What changed?", "py -I -S verify.py"):
            assert words in text


class TestNames:
    """Paths that can be written everywhere."""

    @pytest.mark.parametrize(
        "name",
        [
            "../a",
            "/a",
            "a//b",
            "a/../b",
            "a/.",
            "C:/a",
            "a\\b",
            "a/con",
            "a/NUL.txt",
            "com1/a",
            "a./b",
            "a /b",
            "a\nb",
            "a\x00b",
            'a"b',
            "a|b",
            "",
            "a/" * 100 + "b",
        ],
    )
    def test_refused(self, name) -> None:
        assert list(name_faults([name]))

    @pytest.mark.parametrize("names", [("a", "A"), ("a/b", "A/c"), ("\u00e9", "e\u0301")])
    def test_one_file_on_some_systems(self, names) -> None:
        assert "are one on Windows and macOS" in next(name_faults(names))

    def test_allowed(self) -> None:
        assert list(name_faults(["a/b.txt", "a/c.txt", "console", "a/.b", "\u00e9 x"])) == []


class TestZip:
    """Written whole, once, and never over something else."""

    def test_the_same_bytes(self) -> None:
        content = zip_bytes(FILES)
        assert content == zip_bytes(dict(reversed(FILES.items())))
        with zipfile.ZipFile(__import__("io").BytesIO(content)) as found:
            entries = found.infolist()
            assert [entry.filename for entry in entries] == sorted(FILES)
            assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
            assert {entry.compress_type for entry in entries} == {zipfile.ZIP_STORED}
            assert {stat.S_IFMT(entry.external_attr >> 16) for entry in entries} == {stat.S_IFREG}
            assert {name: found.read(name) for name in FILES} == FILES

    def test_put_once(self, tmp_path) -> None:
        path = tmp_path / "a.zip"
        assert put(path, b"one")
        before = path.stat().st_mtime_ns
        assert not put(path, b"one")
        assert path.stat().st_mtime_ns == before
        with pytest.raises(UsageError, match="is there and is not this bundle; it is not overwrit"):
            put(path, b"two")
        assert path.read_bytes() == b"one"
        assert list(tmp_path.iterdir()) == [path]

    def test_places_that_take_no_bundle(self, tmp_path) -> None:
        with pytest.raises(UsageError, match="is a folder; name the file"):
            put(tmp_path, b"one")
        with pytest.raises(UsageError, match="is no folder; make it first"):
            put(tmp_path / "b" / "a.zip", b"one")
        (tmp_path / "link.zip").symlink_to(tmp_path / "nowhere")
        with pytest.raises(UsageError, match="is not this bundle"):
            put(tmp_path / "link.zip", b"one")

    @pytest.mark.parametrize("call", ["fsync", "link"])
    def test_a_full_disk_leaves_nothing(self, tmp_path, monkeypatch, call) -> None:
        def full(*_: object, **__: object) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(os, "fsync" if call == "fsync" else "rename", full)
        if call == "link":
            monkeypatch.setattr(os, "link", full)
        with pytest.raises(
            ReportError, match=r"cannot be written .*; nothing was left there: make"
        ):
            put(tmp_path / "a.zip", b"one")
        assert list(tmp_path.iterdir()) == []

    def test_a_disk_without_hard_links(self, tmp_path, monkeypatch) -> None:
        def refused(*_: object, **__: object) -> None:
            raise OSError(errno.EPERM, os.strerror(errno.EPERM))

        monkeypatch.setattr(os, "link", refused)
        assert put(tmp_path / "a.zip", b"one")
        assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]

    def test_somebody_else_was_first(self, tmp_path, monkeypatch) -> None:
        path = tmp_path / "a.zip"
        place = archive._place

        def late(fresh: Path, target: Path) -> None:
            path.write_bytes(b"other")
            place(fresh, target)

        monkeypatch.setattr(archive, "_place", late)
        with pytest.raises(UsageError, match="is not this bundle"):
            put(path, b"one")
        assert path.read_bytes() == b"other"
        assert list(tmp_path.iterdir()) == [path]


def written(path: Path, *entries: tuple[str, bytes], mode: int = stat.S_IFREG | 0o644) -> Path:
    with zipfile.ZipFile(path, "w") as made:
        for name, content in entries:
            entry = zipfile.ZipInfo(name)
            entry.create_system = 3
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            if name == "link":
                entry.external_attr = mode << 16
            made.writestr(entry, content)
    return path


class TestUnpacking:
    """A zip from anybody: it is unpacked as it was packed, or not at all."""

    def test_and_back(self, tmp_path) -> None:
        path = tmp_path / "a.zip"
        put(path, zip_bytes(FILES))
        root = unpacked(path, tmp_path / "out")
        assert root == tmp_path / "out"
        found = {
            one.relative_to(root).as_posix(): one.read_bytes()
            for one in root.rglob("*")
            if one.is_file()
        }
        assert found == FILES
        assert is_bundle(root)
        assert is_bundle(path)
        assert not is_bundle(tmp_path)

    def test_zipped_again_with_a_folder_around_it(self, tmp_path) -> None:
        path = written(
            tmp_path / "a.zip",
            ("severity-v001/", b""),
            (f"severity-v001/{BUNDLE}", b"{}"),
            (f"__MACOSX/severity-v001/._{BUNDLE}", b"finder"),
        )
        root = unpacked(path, tmp_path / "out")
        assert root == tmp_path / "out/severity-v001"
        assert not (tmp_path / "out/__MACOSX").exists()

    @pytest.mark.parametrize(
        "name",
        ["../up.txt", "/etc/up.txt", "a/../../up.txt", "C:/up.txt", "..\\up.txt", "a/nul", "../x/"],
    )
    def test_paths_that_lead_out(self, tmp_path, name) -> None:
        path = written(tmp_path / "a.zip", (BUNDLE, b"{}"), (name, b""))
        with pytest.raises(VerificationError, match="is not unpacked: "):
            unpacked(path, tmp_path / "out" / "in")
        assert not (tmp_path / "out").exists()

    @pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFDIR])
    def test_what_is_no_file(self, tmp_path, kind) -> None:
        path = written(tmp_path / "a.zip", (BUNDLE, b"{}"), ("link", b"/etc"), mode=kind | 0o777)
        with pytest.raises(VerificationError, match="a link or something else"):
            unpacked(path, tmp_path / "out")
        assert not (tmp_path / "out").exists()

    @pytest.mark.filterwarnings("ignore:Duplicate name")
    @pytest.mark.parametrize("names", [("a", "a"), ("a", "A"), ("a", "a/b")])
    def test_two_entries_for_one_file(self, tmp_path, names) -> None:
        path = written(tmp_path / "a.zip", (BUNDLE, b"{}"), *((name, b"x") for name in names))
        with pytest.raises(VerificationError):
            unpacked(path, tmp_path / "out")

    def test_an_encrypted_entry(self, tmp_path) -> None:
        content = bytearray(zip_bytes(FILES))
        place = content.find(b"PK\x01\x02")
        content[place + 8] |= 1
        (tmp_path / "a.zip").write_bytes(content)
        with pytest.raises(VerificationError, match="is encrypted"):
            unpacked(tmp_path / "a.zip", tmp_path / "out")

    @pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.99])
    def test_cut_short(self, tmp_path, share) -> None:
        content = zip_bytes({**FILES, "large": bytes(10_000)})
        (tmp_path / "a.zip").write_bytes(content[: int(len(content) * share)])
        with pytest.raises(VerificationError, match="is not a whole zip: cut short"):
            unpacked(tmp_path / "a.zip", tmp_path / "out")

    def test_every_changed_byte_of_a_file_is_noticed(self, tmp_path) -> None:
        content = zip_bytes({BUNDLE: b"{}", "a.txt": b"the content"})
        start = content.index(b"the content")
        for place in range(start, start + 11):
            changed = bytearray(content)
            changed[place] ^= 0x20
            (tmp_path / "a.zip").write_bytes(changed)
            with pytest.raises(VerificationError, match="is not a whole zip"):
                unpacked(tmp_path / "a.zip", tmp_path / f"out{place}")

    def test_no_byte_ends_in_a_fault_of_ours(self, tmp_path) -> None:
        content = zip_bytes({BUNDLE: b"{}", "a.txt": b"x"})
        for place in range(len(content)):
            changed = bytearray(content)
            changed[place] ^= 0xFF
            (tmp_path / "a.zip").write_bytes(changed)
            try:
                root = unpacked(tmp_path / "a.zip", tmp_path / f"out{place}")
            except VerificationError:
                continue
            assert (root / BUNDLE).read_bytes() == b"{}"

    def test_a_bomb(self, tmp_path, monkeypatch) -> None:
        path = tmp_path / "a.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
            made.writestr(BUNDLE, "{}")
            made.writestr("zeros", bytes(2_000_000))
        monkeypatch.setattr(archive, "MOST_BYTES", 1_000_000)
        with pytest.raises(VerificationError, match="far more than a bundle does"):
            unpacked(path, tmp_path / "out")
        monkeypatch.setattr(archive, "MOST_FILES", 1)
        with pytest.raises(VerificationError, match="far more than a bundle does"):
            unpacked(path, tmp_path / "out")

    def test_a_bomb_that_lies_about_its_size(self, tmp_path, monkeypatch) -> None:
        path = tmp_path / "a.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
            made.writestr(BUNDLE, "{}")
            made.writestr("zeros", bytes(2_000_000))
        content = path.read_bytes().replace(struct.pack("<I", 2_000_000), struct.pack("<I", 100))
        path.write_bytes(content)
        monkeypatch.setattr(archive, "MOST_BYTES", 1_000_000)
        with pytest.raises(VerificationError, match="is not a whole zip"):
            unpacked(path, tmp_path / "out")
        assert all(
            one.stat().st_size <= 100 for one in (tmp_path / "out").rglob("*") if one.is_file()
        )

    def test_another_zip(self, tmp_path) -> None:
        path = written(tmp_path / "a.zip", ("a.txt", b"1"))
        with pytest.raises(VerificationError, match=f"holds no {BUNDLE}"):
            unpacked(path, tmp_path / "out")
        (tmp_path / "b.zip").write_text("a text")
        with pytest.raises(VerificationError, match="is not a whole zip"):
            unpacked(tmp_path / "b.zip", tmp_path / "out2")
