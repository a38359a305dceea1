import ast
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from foistats.reports import verify
from foistats.reports.verify import examine, examine_objects, examine_series, intact

OWN = Path(verify.__file__)
INPUTS = {"data/pa/a.csv": b"force,n\nKent,3\n", "data/pa/secret.csv": b"name\n"}
FILES = {
    "report.ipynb": b'{"cells": []}\n',
    "report.html": b"<p>\n",
    "values.json": b"{}\n",
    "tables/t.csv": b"a,b\n1,2\n",
    "tables/u.csv": b"a\n",
    "figures/f.svg": b"<svg/>\n",
}


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def json_bytes(document: object) -> bytes:
    return (json.dumps(document, sort_keys=True, indent=1) + "\n").encode()


def put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


@dataclass(frozen=True)
class Shelf:
    """A reports folder written by hand."""

    reports: Path

    def version(self, number: int, series: str = "severity", **changes: object) -> Path:
        folder = self.reports / series / f"v{number:03d}"
        files = {**FILES, "values.json": b'{"n": %d}\n' % number, "verify.py": OWN.read_bytes()}
        for name, content in files.items():
            put(folder / name, content)
        put(self.reports / "objects" / sha256(INPUTS["data/pa/a.csv"]), INPUTS["data/pa/a.csv"])
        before = folder.parent / f"v{number - 1:03d}" / "manifest.json"
        manifest = {
            "format": 1,
            "report": series.split("/")[0],
            "series": series,
            "version": folder.name,
            "predecessor": sha256(before.read_bytes()) if before.is_file() else None,
            "inputs": {
                "data": {name: sha256(content) for name, content in INPUTS.items()},
                "lock": None,
            },
            "withheld": ["data/pa/secret.csv"],
            "files": {name: sha256(content) for name, content in files.items()},
        }
        self.seal(folder, manifest | changes)
        self.point(folder)
        return folder

    def point(self, folder: Path) -> None:
        put(folder.parent / "latest.json", json_bytes({"key": "k", "version": folder.name}))

    def seal(self, folder: Path, manifest: object) -> None:
        """Write a manifest and everything that follows from it, as a forger would."""
        content = json_bytes(manifest)
        put(folder / "manifest.json", content)
        run = json_bytes({"host": "h", "manifest": sha256(content)})
        put(folder / "run.json", run)
        graph = [
            {"@id": "manifest.json", "sha256": sha256(content)},
            {"@id": "run.json", "sha256": sha256(run)},
            {"@id": "values.json", "sha256": manifest["files"].get("values.json")},
            {"@id": "elsewhere", "sha256": "0"},
        ]
        put(folder / "ro-crate-metadata.json", json_bytes({"@graph": graph}))

    def bury(self, folder: Path, **changes: object) -> None:
        told = {
            "format": 1,
            "version": folder.name,
            "manifest": sha256((folder / "manifest.json").read_bytes()),
            "predecessor": manifest_of(folder)["predecessor"],
            "removed": "2024-01-01",
            "reason": "superseded",
        }
        put(folder.with_name(f"{folder.name}.json"), json_bytes(told | changes))
        shutil.rmtree(folder)


def manifest_of(folder: Path) -> dict:
    return json.loads((folder / "manifest.json").read_bytes())


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "reports")


@pytest.fixture
def newest(shelf: Shelf) -> Path:
    """The third version of a series."""
    for number in (1, 2):
        shelf.version(number)
    return shelf.version(3)


# No false alarm


@pytest.mark.parametrize("series", ["severity", "severity/link-probit-0a1b2c3d"])
def test_untouched_versions(shelf: Shelf, series: str) -> None:
    for number in range(1, 4):
        folder = shelf.version(number, series)
        assert intact(folder) == []
    found = examine(folder)
    assert found.name == f"{series} v003"
    assert found.manifest == sha256((folder / "manifest.json").read_bytes())
    assert found.notes == ("inputs withheld, known by their hashes only: data/pa/secret.csv",)
    assert examine_series(folder.parent).faults == ()
    assert examine_objects(shelf.reports / "objects").faults == ()


def test_modes_and_times_do_not_count(newest: Path) -> None:
    for path in newest.rglob("*"):
        os.utime(path, (0, 0))
        path.chmod(0o755 if path.is_dir() else 0o777)
    assert intact(newest) == []


def test_a_pruned_series(shelf: Shelf, newest: Path) -> None:
    shelf.bury(newest.with_name("v001"))
    assert intact(newest) == []
    assert intact(newest.with_name("v002")) == []
    shelf.bury(newest.with_name("v002"))
    assert intact(newest) == []
    assert examine_series(newest.parent).faults == ()


def test_a_version_taken_elsewhere(newest: Path, tmp_path: Path) -> None:
    for name in ("v003", "severity-v003"):
        found = examine(Path(shutil.copytree(newest, tmp_path / "elsewhere" / name)))
        assert found.faults == ()
        before = sha256((newest.with_name("v002") / "manifest.json").read_bytes())
        assert f"v002 is not here; its manifest had the SHA-256 {before}" in found.notes
        assert "the inputs are not here; their hashes are in the manifest" in found.notes


def test_a_crash_before_the_pointer_moved(shelf: Shelf, newest: Path) -> None:
    shelf.point(newest.with_name("v002"))
    assert intact(newest) == []
    found = examine_series(newest.parent)
    assert found.faults == ()
    assert found.notes == ("latest.json is behind v003; the next run puts it right",)


def test_another_carried_verify_is_a_note(shelf: Shelf) -> None:
    folder = shelf.version(1)
    content = b"print('intact')\n"
    (folder / "verify.py").write_bytes(content)
    assert "verify.py was changed: its SHA-256 is" in intact(folder)[0]
    manifest = manifest_of(folder)
    manifest["files"]["verify.py"] = sha256(content)
    shelf.seal(folder, manifest)
    found = examine(folder)
    assert found.faults == ()
    assert found.notes[0].startswith("the verify.py it carries is not this one: ")


# Tampering, and what is said of it


def change(name: str, content: bytes) -> Callable[[Shelf, Path], None]:
    return lambda shelf, folder: put(folder / name, content)


def relabel(**changes: object) -> Callable[[Shelf, Path], None]:
    """Rewrite the manifest without care for the hashes elsewhere."""
    return lambda shelf, folder: put(
        folder / "manifest.json", json_bytes(manifest_of(folder) | changes)
    )


def forge(edit: Callable[[dict], object]) -> Callable[[Shelf, Path], None]:
    """Rewrite the manifest and what follows from it in the folder."""

    def tamper(shelf: Shelf, folder: Path) -> None:
        manifest = manifest_of(folder)
        edit(manifest)
        shelf.seal(folder, manifest)

    return tamper


def list_file(name: str) -> Callable[[Shelf, Path], None]:
    return forge(lambda manifest: manifest["files"].update({name: "0" * 64}))


def raw_manifest(edit: Callable[[bytes], bytes]) -> Callable[[Shelf, Path], None]:
    def tamper(shelf: Shelf, folder: Path) -> None:
        path = folder / "manifest.json"
        path.write_bytes(edit(path.read_bytes()))

    return tamper


def link_file(shelf: Shelf, folder: Path) -> None:
    (folder / "values.json").rename(shelf.reports.parent / "values.json")
    (folder / "values.json").symlink_to(shelf.reports.parent / "values.json")


def link_folder(shelf: Shelf, folder: Path) -> None:
    (folder / "tables").rename(shelf.reports.parent / "tables")
    (folder / "tables").symlink_to(shelf.reports.parent / "tables")


def link_version(shelf: Shelf, folder: Path) -> None:
    folder.rename(shelf.reports.parent / folder.name)
    folder.symlink_to(shelf.reports.parent / folder.name)


def pipe(shelf: Shelf, folder: Path) -> None:
    (folder / "values.json").unlink()
    os.mkfifo(folder / "values.json")


def crlf(name: str) -> Callable[[Shelf, Path], None]:
    def tamper(shelf: Shelf, folder: Path) -> None:
        path = folder / name
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))

    return tamper


def swap_object(shelf: Shelf, folder: Path) -> None:
    put(shelf.reports / "objects" / sha256(INPUTS["data/pa/a.csv"]), b"force,n\nKent,4\n")


TAMPERINGS = {
    "byte in a figure": (
        change("figures/f.svg", b"<svg />\n"),
        "figures/f.svg was changed: its SH",
    ),
    "value edited": (change("values.json", b'{"n": 9}\n'), "values.json was changed: its SHA-256"),
    "output edited": (change("report.ipynb", b'{"cells": [1]}'), "report.ipynb was changed"),
    "emptied": (change("report.html", b""), "report.html was changed"),
    "added": (change("extra.txt", b""), "extra.txt was added; it is no part of the version"),
    "added inside": (change("tables/.x", b""), "tables/.x was added"),
    "added deep": (change("tables/deep/er/x", b""), "tables/deep was added, a folder that is no"),
    "cache": (change("__pycache__/verify.pyc", b""), "__pycache__ was added, a folder"),
    "empty folder": (lambda shelf, folder: (folder / "x").mkdir(), "x was added, a folder"),
    "missing": (
        lambda shelf, folder: (folder / "tables/u.csv").unlink(),
        "tables/u.csv is missing",
    ),
    "linked file": (link_file, "values.json is a link; a version holds only files of its own"),
    "linked folder": (link_folder, "tables is a link; a version holds only files of its own"),
    "linked version": (link_version, "the version is a link, not a folder of its own"),
    "pipe": (pipe, "values.json is neither a file nor a folder"),
    "crlf": (crlf("tables/t.csv"), "tables/t.csv was changed: line endings changed, nothing else"),
    "crlf manifest": (crlf("manifest.json"), "manifest.json was changed: line endings changed"),
    "manifest gone": (
        lambda shelf, folder: (folder / "manifest.json").unlink(),
        "manifest.json is missing",
    ),
    "run gone": (lambda shelf, folder: (folder / "run.json").unlink(), "run.json is missing"),
    "run edited": (
        change("run.json", b'{"manifest": "0"}'),
        "run.json names another hash of the manifest",
    ),
    "run machine edited": (
        lambda shelf, folder: put(
            folder / "run.json",
            json_bytes({"host": "x", "manifest": sha256((folder / "manifest.json").read_bytes())}),
        ),
        "ro-crate-metadata.json was changed: it gives another hash of run.json",
    ),
    "crate gone": (
        lambda shelf, folder: (folder / "ro-crate-metadata.json").unlink(),
        "ro-crate-metadata.json is missing",
    ),
    "crate cut": (change("ro-crate-metadata.json", b"{"), "ro-crate-metadata.json is not complete"),
    "manifest relabelled": (relabel(title="x"), "manifest.json was changed after the run"),
    "manifest cut": (
        raw_manifest(lambda content: content[:-9]),
        "manifest.json is not complete JS",
    ),
    "manifest empty": (raw_manifest(lambda content: b""), "manifest.json is not complete JSON"),
    "manifest list": (raw_manifest(lambda content: b"[]"), "manifest.json is not a JSON object"),
    "manifest latin": (raw_manifest(lambda content: b"\xff"), "manifest.json is not complete JSON"),
    "manifest deep": (raw_manifest(lambda content: b"[" * 99999), "manifest.json is not complete"),
    "key twice": (
        raw_manifest(lambda content: content.replace(b'"format": 1', b'"format": 1, "format": 1')),
        "manifest.json has the key 'format' twice",
    ),
    "nan": (
        raw_manifest(lambda content: content.replace(b'"format": 1', b'"format": NaN')),
        "manifest.json holds NaN, which is not JSON",
    ),
    "format": (forge(lambda told: told.update(format=2)), "has the format 2; this program reads 1"),
    "format true": (forge(lambda told: told.update(format=True)), "has the format true"),
    "no files": (
        forge(lambda told: told.update(files={})),
        "does not give a SHA-256 for each file",
    ),
    "no hash": (
        forge(lambda told: told["files"].update({"values.json": 3})),
        "does not give a SHA-256 for each file",
    ),
    "no version": (forge(lambda told: told.update(version="v3")), "has no version such as v001"),
    "no series": (
        forge(lambda told: told.pop("series")),
        "does not name its report and its series",
    ),
    "renumbered": (
        forge(lambda told: told.update(version="v004")),
        "the folder is called v003, its manifest says v004",
    ),
    "other series": (
        forge(lambda told: told.update(series="register", report="register")),
        "it lies in severity, its manifest says register",
    ),
    "other report": (
        forge(lambda told: told.update(report="register")),
        "names a report and a series that do not belong together",
    ),
    "climbing": (list_file("../v002/values.json"), "'../v002/values.json', a path that leads out"),
    "absolute": (list_file("/etc/passwd"), "'/etc/passwd', a path that leads out of the folder"),
    "backslash": (list_file("tables\\x.csv"), "'tables\\x.csv', a path that leads out"),
    "drive": (list_file("C:x.csv"), "'C:x.csv', a path that leads out"),
    "nul": (list_file("x\0"), "'x\N{REPLACEMENT CHARACTER}', a path that leads out"),
    "device": (list_file("tables/con.csv"), "'tables/con.csv', a path that leads out"),
    "dots": (list_file("tables/./t.csv"), "'tables/./t.csv', a path that leads out"),
    "case": (list_file("Tables/T.csv"), "'tables' and 'Tables', which are one on"),
    "itself": (list_file("manifest.json"), "lists manifest.json, which cannot be listed"),
    "run in capitals": (list_file("RUN.json"), "'RUN.json' and 'run.json', which are one on"),
    "first": (forge(lambda told: told.update(predecessor=None)), "v003 names no predecessor"),
    "other past": (
        forge(lambda told: told.update(predecessor="0" * 64)),
        "the chain is broken: v002 is not what v003 was made after",
    ),
    "predecessor odd": (
        forge(lambda told: told.update(predecessor=3)),
        "has a predecessor that is not a SHA-256",
    ),
    "object swapped": (swap_object, "(data/pa/a.csv) was changed"),
    "object gone": (
        lambda shelf, folder: shutil.rmtree(shelf.reports / "objects"),
        "objects/ lacks data/pa/a.csv, from which it was made",
    ),
    "no longer withheld": (
        forge(lambda told: told.update(withheld=[])),
        "objects/ lacks data/pa/secret.csv",
    ),
    "past edited": (
        lambda shelf, folder: relabel(title="x")(shelf, folder.with_name("v001")),
        "the chain is broken: v001 is not what v002 was made after",
    ),
    "past forged": (
        lambda shelf, folder: forge(lambda told: told.update(title="x"))(
            shelf, folder.with_name("v002")
        ),
        "the chain is broken: v002 is not what v003 was made after",
    ),
    "past cut": (
        lambda shelf, folder: put(folder.with_name("v002") / "manifest.json", b"{"),
        "v002/manifest.json is not complete JSON",
    ),
    "past removed": (
        lambda shelf, folder: shutil.rmtree(folder.with_name("v002")),
        "v002 is gone, and no v002.json says why: removed without a record",
    ),
    "all past removed": (
        lambda shelf, folder: [shutil.rmtree(folder.with_name(name)) for name in ("v001", "v002")],
        "v001 to v002 are gone",
    ),
    "past renamed": (
        lambda shelf, folder: folder.with_name("v001").rename(folder.with_name("v0001")),
        "v001 is gone",
    ),
    "past forged behind a tombstone": (
        lambda shelf, folder: [
            shelf.bury(folder.with_name("v002")),
            forge(lambda told: told.update(title="x"))(shelf, folder.with_name("v001")),
        ],
        "the chain is broken: v001 is not what v002 was made after",
    ),
    "tombstone without a past": (
        lambda shelf, folder: shelf.bury(folder.with_name("v002"), predecessor=None),
        "the chain is broken: v002 names no predecessor",
    ),
    "tombstone of another": (
        lambda shelf, folder: shelf.bury(folder.with_name("v002"), manifest="0" * 64),
        "the chain is broken: v002 is not what v003 was made after",
    ),
    "tombstone odd": (
        lambda shelf, folder: shelf.bury(folder.with_name("v002"), manifest=3),
        "v002.json is not the record of a removed v002",
    ),
    "tombstone moved": (
        lambda shelf, folder: shelf.bury(folder.with_name("v002"), version="v001"),
        "v002.json is not the record of a removed v002",
    ),
    "own tombstone": (
        lambda shelf, folder: put(
            folder.with_name("v003.json"),
            json_bytes({"version": "v003", "manifest": "0" * 64}),
        ),
        "v003.json records the removal of this version with another hash",
    ),
    "past swapped": (
        lambda shelf, folder: [
            folder.with_name("v001").rename(folder.with_name("x")),
            folder.with_name("v002").rename(folder.with_name("v001")),
            folder.with_name("x").rename(folder.with_name("v002")),
        ],
        "the chain is broken: v002 is not what v003 was made after",
    ),
    "hostile series": (
        forge(lambda told: told.update(series="severity/\x1b[31m\n" + "x" * 10_000)),
        "its manifest says severity/\N{REPLACEMENT CHARACTER}[31m",
    ),
    "far version": (
        forge(lambda told: told.update(version="v999999999")),
        "the folder is called v003, its manifest says v999999999",
    ),
}


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_tampering(shelf: Shelf, newest: Path, tampering: str) -> None:
    tamper, said = TAMPERINGS[tampering]
    tamper(shelf, newest)
    faults = intact(newest)
    assert any(said in fault for fault in faults), faults
    assert all(fault.isprintable() and len(fault) < 400 for fault in faults)


@pytest.mark.parametrize("key", ["format", "version", "report", "series", "predecessor", "files"])
def test_a_manifest_of_odd_things(shelf: Shelf, newest: Path, key: str) -> None:
    good = manifest_of(newest)
    for odd in (None, 3, -1.5, True, "", "x", "/", "../..", "\ud800", [], ["x"], {}, {"x": 1}):
        put(newest / "manifest.json", json_bytes(good | {key: odd}))
        assert intact(newest), odd
    put(newest / "manifest.json", json_bytes({k: good[k] for k in good if k != key}))
    assert intact(newest)


@pytest.mark.parametrize(
    "odd", [None, 3, "x", [], [3], {"x": 1}, {"data": [1]}, {"data": {"a": 1}}]
)
def test_inputs_that_are_odd_do_not_stop_the_check(shelf: Shelf, newest: Path, odd: object) -> None:
    shelf.seal(newest, manifest_of(newest) | {"inputs": odd, "withheld": odd})
    (newest / "values.json").unlink()
    assert intact(newest) == ["values.json is missing"]


@pytest.mark.parametrize("odd", [None, 3, [], {"@graph": 3}, {"@graph": [1, {"sha256": 1}]}])
def test_a_crate_that_is_odd(newest: Path, odd: object) -> None:
    put(newest / "ro-crate-metadata.json", json_bytes(odd))
    intact(newest)


def test_every_byte_of_a_version_counts(shelf: Shelf) -> None:
    """But for what only run.json and the crate say of the machine."""
    folder = shelf.version(1)
    for path in (path for path in sorted(folder.rglob("*")) if path.is_file()):
        content = path.read_bytes()
        if path.name == "ro-crate-metadata.json":
            continue
        for place in range(0, len(content), max(1, len(content) // 23)):
            path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
            assert intact(folder), (path.name, place)
        path.write_bytes(content)
    assert intact(folder) == []


def test_every_missing_file_is_noticed(newest: Path) -> None:
    for path in (path for path in sorted(newest.rglob("*")) if path.is_file()):
        content = path.read_bytes()
        path.unlink()
        name = path.relative_to(newest).as_posix()
        assert any(name in fault and "missing" in fault for fault in intact(newest)), name
        path.write_bytes(content)
    assert intact(newest) == []


def test_a_folder_that_cannot_be_read(newest: Path) -> None:
    assert intact(newest.with_name("v009")) == ["the version is not there, not a folder of its own"]
    assert intact(newest / "values.json") == ["the version is a file, not a folder of its own"]


@pytest.mark.parametrize(
    ("tamper", "said"),
    [
        (
            lambda shelf, folder: shutil.rmtree(folder),
            "latest.json names v003, which is not there; restore it",
        ),
        (
            lambda shelf, folder: shelf.bury(folder),
            "v003.json says that the newest version was removed",
        ),
        (
            lambda shelf, folder: folder.rename(folder.with_name("v3")),
            "latest.json names v003, which is not there",
        ),
        (
            lambda shelf, folder: put(folder.with_name("latest.json"), b"{"),
            "latest.json is not complete JSON",
        ),
        (
            lambda shelf, folder: put(folder.with_name("latest.json"), b"{}"),
            "latest.json names no version; delete it: the next run writes it anew",
        ),
        (link_version, "v003 is a link; a series holds only files of its own"),
    ],
)
def test_the_end_of_a_series(shelf: Shelf, newest: Path, tamper, said: str) -> None:
    tamper(shelf, newest)
    assert any(said in fault for fault in examine_series(newest.parent).faults)


def test_objects(shelf: Shelf) -> None:
    shelf.version(1)
    objects = shelf.reports / "objects"
    put(objects / "notes.txt", b"")
    put(objects / ("0" * 64), b"x")
    put(objects / ".half-written", b"x")
    assert examine_objects(objects).faults == (
        f"{'0' * 64} was changed: its content has another SHA-256",
        "notes.txt is not a file named by its SHA-256",
    )


# The program


def run(*arguments: str, cwd: Path, program: Path = OWN) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-S", str(program), *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def test_the_carried_copy_checks_its_own_folder(newest: Path, tmp_path: Path) -> None:
    for where in (newest, tmp_path):
        done = run(cwd=where, program=newest / "verify.py")
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("severity v003: intact\n")
        assert sha256((newest / "manifest.json").read_bytes()) in done.stdout
    assert intact(newest) == []  # it left nothing behind
    (newest / "values.json").write_bytes(b"")
    done = run(cwd=newest, program=newest / "verify.py")
    assert done.returncode == 4
    assert "severity v003: differs from its record\n  - values.json was changed" in done.stdout


def test_the_program_in_json_and_with_an_expected_hash(newest: Path, tmp_path: Path) -> None:
    wanted = sha256((newest / "manifest.json").read_bytes())
    told = json.loads(run(str(newest), "--json", "--expect", wanted.upper(), cwd=tmp_path).stdout)
    assert told["intact"] is True
    assert (told["version"], told["manifest"]) == ("severity v003", wanted)
    done = run(str(newest), "--json", "--expect", "0" * 64, cwd=tmp_path)
    assert done.returncode == 4
    (fault,) = json.loads(done.stdout)["faults"]
    assert fault == (
        f"the manifest is not the one expected: its SHA-256 is {wanted}, expected was {'0' * 64}"
    )


@pytest.mark.parametrize("arguments", [[], ["nowhere"], [".", "--expect", "abc"], ["--what"]])
def test_wrong_usage(tmp_path: Path, arguments: list[str]) -> None:
    done = run(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


def test_a_console_that_cannot_write_every_letter(newest: Path) -> None:
    (newest / "naïve \N{SNOWMAN}.txt").write_bytes(b"")
    done = subprocess.run(
        [sys.executable, "-S", str(OWN)],
        cwd=newest,
        capture_output=True,
        check=False,
        env={"PYTHONIOENCODING": "cp1252", "PATH": ""},
    )
    assert done.returncode == 4
    assert b"na\xefve \\u2603.txt was added" in done.stdout


def test_it_needs_nothing_but_an_old_python() -> None:
    tree = ast.parse(OWN.read_text(encoding="utf-8"), feature_version=(3, 8))
    imported = {
        (node.module or "").split(".")[0] if isinstance(node, ast.ImportFrom) else alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert imported <= set(sys.stdlib_module_names)
    names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    later = {"removeprefix", "removesuffix", "is_relative_to", "readlink", "file_digest", "cache"}
    assert not names & (later | {"with_stem", "is_junction", "walk"})
    keywords = {node.arg for node in ast.walk(tree) if isinstance(node, ast.keyword)}
    assert not keywords & {"strict", "slots", "kw_only", "usedforsecurity"}
    evaluated = [node.annotation for node in tree.body if isinstance(node, ast.AnnAssign)]
    assert evaluated == []


# The command


def test_command(folder) -> None:
    shelf = Shelf(folder.root / "reports")
    slug = "severity/link-probit-0a1b2c3d"
    for series in ("severity", slug):
        for number in (1, 2):
            shelf.version(number, series)
    wanted = sha256((shelf.reports / "severity/v002/manifest.json").read_bytes())
    answer = folder.foistats("verify", "--intact", "severity")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith(f"severity  v002  intact\n  manifest {wanted}\n  note: inputs")
    answer = folder.foistats("verify", "--intact", "severity@v001", f"{slug}@v002", "--json")
    told = json.loads(answer.out)
    assert told["intact"] is True
    assert [(one["series"], one["version"]) for one in told["versions"]] == [
        ("severity", "v001"),
        (slug, "v002"),
    ]
    assert folder.foistats("verify", "--intact", "severity", "--expect", wanted).code == 0
    answer = folder.foistats("verify", "--intact", "severity@v001", "--expect", wanted)
    assert answer.code == 4
    assert "- the manifest is not the one expected" in answer.out
    answer = folder.foistats("verify", "--all", "--json")
    assert [one["version"] for one in json.loads(answer.out)["versions"]] == ["v001", "v002"] * 2
    assert answer.code == 0


def test_command_says_what_differs(folder) -> None:
    shelf = Shelf(folder.root / "reports")
    for number in (1, 2, 3):
        shelf.version(number)
    put(shelf.reports / "severity/v002/values.json", b"{}")
    assert folder.foistats("verify", "--intact", "severity").code == 0
    answer = folder.foistats("verify", "--all")
    assert answer.code == 4
    assert answer.err == "foistats: severity@v002 differs from its record\n"
    assert "severity  v001  intact\n" in answer.out
    assert "severity  v002  differs\n" in answer.out
    assert max(map(len, answer.out.splitlines())) <= 80
    shutil.rmtree(shelf.reports / "severity/v003")
    answer = folder.foistats("verify", "--intact", "severity", "--json")
    assert answer.code == 4
    assert answer.err == "foistats: severity@v002, severity differ from their records\n"
    (around,) = json.loads(answer.out)["series"]
    assert around["faults"] == ["latest.json names v003, which is not there; restore it"]
    answer = folder.foistats("verify", "--intact", "severity@v001")
    assert answer.code == 0
    shutil.rmtree(shelf.reports / "severity/v002")
    shutil.rmtree(shelf.reports / "severity/v001")
    assert folder.foistats("verify", "--all").code == 4
    answer = folder.foistats("verify", "--intact", "severity")
    assert answer.code == 4
    assert "severity: every version is gone, which prune never does" in answer.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "name what to check, such as severity, severity@v001 or"),
        (["severity", "--all"], "name what to check"),
        (["severty"], "no version of 'severty' is published; did you mean 'severity'?; published:"),
        (["severity@v009"], "severity has no version 'v009'; did you mean"),
        (["severity@"], "severity has no version ''"),
        (["severity@v001"], "severity has no version 'v001'; it was removed: v001.json says why"),
        (["../reports/severity"], "no version of '../reports/severity' is published"),
        (["--all", "--expect", "0" * 64], "--expect is about one version; name one with it"),
        (["severity", "--expect", "abc"], "--expect: 'abc' is not a SHA-256; give the 64"),
    ],
)
def test_command_used_wrongly(folder, arguments: list[str], said: str) -> None:
    shelf = Shelf(folder.root / "reports")
    first = shelf.version(1)
    for number in (2, 3):
        shelf.version(number)
    shelf.bury(first)
    answer = folder.foistats("verify", *arguments)
    assert answer.code == 2
    assert said in answer.err
    assert answer.out == ""


def test_command_with_nothing_published(folder) -> None:
    answer = folder.foistats("verify", "--all")
    assert (answer.code, answer.out) == (0, "nothing is published\n")


def test_a_matrix_that_is_not_published_can_be_named(folder) -> None:
    series = "severity/link-probit-0a1b2c3d"
    Shelf(folder.root / "reports" / ".matrix").version(1, series)
    assert folder.foistats("verify", "--intact", series).code == 0
    assert json.loads(folder.foistats("verify", "--all", "--json").out)["versions"] == []


def test_the_command_is_light_and_quick(folder) -> None:
    shelf = Shelf(folder.root / "reports")
    large = {"report.ipynb": b"x" * 500_000, "report.html": b"y" * 500_000}
    for number in range(1, 61):
        made = shelf.version(number)
        for name, content in large.items():
            put(made / name, content)
        manifest = manifest_of(made)
        manifest["files"] |= {name: sha256(content) for name, content in large.items()}
        shelf.seal(made, manifest)
    probe = (
        "import sys; from foistats.cli import main; code = main(['verify', '--all'])\n"
        "assert not {'numpy', 'pandas', 'jinja2', 'nbformat', 'papermill'} & set(sys.modules)\n"
        "sys.exit(code)"
    )
    times = []
    for _ in range(3):
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", probe], cwd=folder.root, capture_output=True, check=False
        )
        times.append(time.perf_counter() - began)
        assert (done.returncode, done.stderr) == (0, b"")
    assert min(times) < 1


def test_a_carried_check_that_is_not_of_the_source(shelf: Shelf) -> None:
    folder = shelf.version(1)
    manifest = manifest_of(folder)
    manifest["inputs"]["package"] = {"reports/verify.py": sha256(OWN.read_bytes())}
    put(shelf.reports / "objects" / sha256(OWN.read_bytes()), OWN.read_bytes())
    shelf.seal(folder, manifest)
    assert intact(folder) == []
    (folder / "verify.py").write_bytes(b"print('intact')\n")
    manifest["files"]["verify.py"] = sha256(b"print('intact')\n")
    shelf.seal(folder, manifest)
    (fault,) = intact(folder)
    assert fault == (
        "the verify.py it carries is not that of the source it was made with: it was put there "
        "afterwards"
    )


# A bundle


@pytest.fixture
def bundle(shelf: Shelf, newest: Path, tmp_path: Path) -> Path:
    """The third version as a reviewer gets it."""
    root = tmp_path / "bundle"
    shutil.copytree(shelf.reports, root / "reports")
    for name in ("v001", "v002"):
        for path in (root / "reports/severity" / name).iterdir():
            if path.name != "manifest.json":
                shutil.rmtree(path) if path.is_dir() else path.unlink()
    put(root / "verify.py", OWN.read_bytes())
    put(root / "foistats/__init__.py", b"")
    put(root / "README.txt", b"Read me.\n")
    list_bundle(root)
    return root


def list_bundle(root: Path, **changes: object) -> None:
    files = [path for path in root.rglob("*") if path.is_file() and path.name != "bundle.json"]
    told = {
        "format": 1,
        "series": "severity",
        "version": "v003",
        "manifest": sha256((root / "reports/severity/v003/manifest.json").read_bytes()),
        "files": {path.relative_to(root).as_posix(): sha256(path.read_bytes()) for path in files},
    }
    put(root / "bundle.json", json_bytes(told | changes))


def test_a_bundle_that_is_untouched(bundle: Path, tmp_path: Path) -> None:
    for cwd in (bundle, tmp_path):
        done = run(cwd=cwd, program=bundle / "verify.py")
        assert (done.returncode, done.stderr) == (0, ""), done.stdout
        assert done.stdout.startswith("severity v003: intact\n")
    put(bundle / "env/pyvenv.cfg", b"")
    put(bundle / "env/bin/python", b"")
    put(bundle / "foistats/__pycache__/__init__.pyc", b"")
    put(bundle / ".DS_Store", b"")
    assert run(cwd=bundle, program=bundle / "verify.py").returncode == 0
    assert verify.bundled_version(bundle) == bundle / "reports/severity/v003"
    done = run(str(bundle / "reports/severity/v003"), cwd=tmp_path)
    assert done.returncode == 0


def link_series(root: Path) -> None:
    (root / "reports").rename(root.parent / "moved")
    (root / "reports").symlink_to(root.parent / "moved")


BUNDLES = {
    "value": (
        lambda root: put(root / "reports/severity/v003/values.json", b"{}"),
        "values.json was changed",
    ),
    "readme": (lambda root: put(root / "README.txt", b"Trust us.\n"), "README.txt was changed"),
    "package": (
        lambda root: put(root / "foistats/__init__.py", b"x"),
        "foistats/__init__.py was changed since",
    ),
    "added": (lambda root: put(root / "x.py", b""), "x.py was added; it is no part of the bundle"),
    "added deep": (lambda root: put(root / "a/x", b""), "a was added"),
    "added to the package": (lambda root: put(root / "foistats/x.py", b""), "foistats/x.py was"),
    "added version": (
        lambda root: put(root / "reports/severity/v009/manifest.json", b"{}"),
        "reports/severity/v009 was added",
    ),
    "missing": (lambda root: (root / "README.txt").unlink(), "README.txt is missing from the"),
    "link": (
        lambda root: [
            (root / "README.txt").unlink(),
            (root / "README.txt").symlink_to(root / "verify.py"),
        ],
        "README.txt is a link",
    ),
    "linked reports": (link_series, "reports is a link"),
    "object": (
        lambda root: put(root / "reports/objects" / sha256(INPUTS["data/pa/a.csv"]), b""),
        "(data/pa/a.csv) was changed",
    ),
    "top check": (
        lambda root: [put(root / "verify.py", b"print('intact')\n"), list_bundle(root)],
        "the verify.py at the top is not the one that the version carries",
    ),
    "chain": (
        lambda root: [shutil.rmtree(root / "reports/severity/v002"), list_bundle(root)],
        "v002 is gone",
    ),
    "manifest": (lambda root: list_bundle(root, manifest="0" * 64), "names another hash"),
    "series": (lambda root: list_bundle(root, series="../x"), "does not name a series"),
    "version": (lambda root: list_bundle(root, version="v3"), "does not name a series"),
    "other version": (lambda root: list_bundle(root, version="v002"), "report.html is missing"),
    "files": (lambda root: list_bundle(root, files={"x": 3}), "does not give a SHA-256"),
    "climbing": (lambda root: list_bundle(root, files={"../x": "0" * 64}), "leads out of the"),
    "cut": (lambda root: put(root / "bundle.json", b"{"), "bundle.json is not complete JSON"),
}


@pytest.mark.parametrize("tampering", BUNDLES)
def test_a_bundle_that_is_tampered_with(bundle: Path, tampering: str) -> None:
    tamper, said = BUNDLES[tampering]
    tamper(bundle)
    done = run(str(bundle), cwd=bundle.parent)
    assert (done.returncode, done.stderr) == (4, "")
    assert said in done.stdout
