"""The command: what it asks, what it says, how it ends; bundles, signatures and certificates."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from foistats.cli import main

SSH = shutil.which("ssh-keygen")


def said(done: subprocess.CompletedProcess[str]) -> str:
    """Return what was said as one line: lines are broken at the width of a terminal."""
    return " ".join((done.stdout + done.stderr).split())


@pytest.fixture
def bundle(shelf, tmp_path: Path) -> Path:
    """A bundle, outside of the project."""
    path = tmp_path / "severity.zip"
    done = shelf.foistats("bundle", "severity", "-o", str(path))
    assert done.returncode == 0, done.stderr
    return path


@pytest.fixture
def unpacked(bundle: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "unpacked"
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(folder)
    return folder


# What is asked


def test_a_name_asks_for_both_and_all_for_files(shelf) -> None:
    done = shelf.foistats("verify", "severity")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    first, second, *rest = done.stdout.splitlines()
    assert first == "severity  v002  intact, follows"
    assert second.startswith("  manifest ")
    assert any(line.split() == ["values", "3"] for line in rest)
    assert any(line.split() == ["cells", "of", "tables", "12"] for line in rest)
    assert max(map(len, done.stdout.splitlines())) <= 80
    done = shelf.foistats("verify", "--all")
    assert done.returncode == 0
    assert "run again" not in done.stdout
    assert done.stdout.endswith("only files were checked; --follows runs every version again\n")
    done = shelf.foistats("verify", "--intact", "severity", "--json")
    (one,) = json.loads(done.stdout)["versions"]
    assert (one["intact"], one["follows"], one["signature"]) == (True, None, None)
    assert json.loads(done.stdout)["follows"] is None


@pytest.mark.slow
def test_all_of_them_run_again(shelf) -> None:
    done = shelf.foistats("verify", "--all", "--follows", "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["intact"], told["follows"]) == (0, True, True)
    assert [one["follows"]["state"] for one in told["versions"]] == ["follows"] * 3


def test_what_does_not_follow_is_told(shelf) -> None:
    path = shelf.version() / "values.json"
    told = json.loads(path.read_bytes())
    told["cases"] |= {"value": 44, "text": "44 \x1b[31mcases"}
    path.write_text(json.dumps(told))
    shelf.seal(shelf.version())
    done = shelf.foistats("verify", "severity")
    assert done.returncode == 4
    assert "\x1b" not in done.stdout
    assert done.stdout.startswith("severity  v002  intact, does not follow\n")
    assert "- value cases: published 44, made again 43" in said(done)
    assert done.stderr == "foistats: severity@v002 does not follow from its record\n"
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_nothing_heavy_for_the_intact_check(shelf, tmp_path: Path) -> None:
    code = (
        "import sys\nfrom foistats.cli import main\nassert main(sys.argv[1:]) == 0\n"
        "heavy = {'numpy', 'pandas', 'papermill', 'nbformat', 'matplotlib', 'jinja2', 'IPython'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    for arguments in (["verify", "--all"], ["verify", "--intact", "severity"]):
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            cwd=shelf.root,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name what to check"),
        (["severity", "--all"], "name what to check"),
        (["severity", "severity@v001", "--expect", "0" * 64], "--expect is about one version"),
        (["severity", "severity@v001", "--certificate", "c.html"], "--certificate is about one"),
        (["severity", "--signature", "x"], "--signature is checked against --allowed-signers"),
        (["severity", "--allowed-signers", "nowhere"], "nowhere"),
        (["reports"], "reports is no version, since it holds no manifest.json, and no bundle"),
        (["reports/severity"], "is no version"),
        (["foistats.toml"], "is no version"),
        (["nowhere/at/all"], "no version of 'nowhere/at/all' is published"),
    ],
)
def test_wrong_usage(shelf, monkeypatch, capsys, arguments: list[str], message: str) -> None:
    monkeypatch.chdir(shelf.root)
    assert main(["verify", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_a_hash_that_is_cited(shelf) -> None:
    done = shelf.foistats("verify", "--intact", "severity", "--json")
    (one,) = json.loads(done.stdout)["versions"]
    path = str(shelf.version())
    assert shelf.foistats("verify", "--intact", path, "--expect", one["manifest"]).returncode == 0
    done = shelf.foistats("verify", "--intact", path, "--expect", "0" * 64)
    assert done.returncode == 4
    assert "the manifest is not the one expected" in said(done)


def test_the_newest_version_removed_and_its_pointer_rewritten(shelf) -> None:
    """The overviews still list it; a crash or a prune never leaves them so."""
    reports = shelf.root / "reports"
    shutil.rmtree(shelf.version())
    (reports / "severity/latest.json").write_text('{"key": "k", "version": "v001"}')
    for arguments in (["--all"], ["--intact", "severity"]):
        done = shelf.foistats("verify", *arguments)
        assert done.returncode == 4
        assert "index.html or codecheck.yml lists v002, which is not there" in said(done)
    told = {"version": "v002", "manifest": "0" * 64}
    (reports / "severity/v002.json").write_text(json.dumps(told))
    done = shelf.foistats("verify", "--intact", "severity")
    assert "index.html" not in said(done)
    shutil.rmtree(reports / "severity")
    done = shelf.foistats("verify", "--all")
    assert done.returncode == 4
    assert "foistats: severity" in done.stderr


# What was not made here


def test_a_copy_elsewhere_is_not_run_without_being_asked(shelf, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(shelf.version(), tmp_path / "elsewhere" / "v002"))
    done = shelf.foistats("verify", str(copy))
    assert done.returncode == 4
    assert "intact, cannot be checked" in done.stdout
    assert "is to execute code that was not made here. This would run" in said(done)
    assert "the notebook notebooks/severity.ipynb (" in said(done)
    assert "files of foistats, all of them as installed here" in said(done)
    done = shelf.foistats("verify", str(copy), "--execute", "--json")
    (one,) = json.loads(done.stdout)["versions"]
    assert done.returncode == 0, done.stdout
    assert one["follows"]["inputs_from"].keys() == {"the project's objects"}
    assert one["place"] == str(copy)
    # without a project there is nothing to run it from
    done = shelf.foistats("verify", str(copy), "--execute", cwd=tmp_path)
    assert done.returncode == 4
    assert "inputs are gone" in said(done)


def test_a_link_among_the_reports_is_not_made_here(shelf, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere"
    shelf.version().rename(moved)
    shelf.version().symlink_to(moved)
    done = shelf.foistats("verify", "severity@v002")
    assert done.returncode == 4
    assert "the version is a link" in said(done)
    assert "not made here" in said(done)


@pytest.mark.parametrize("is_packed", [True, False])
def test_a_bundle(bundle: Path, unpacked: Path, shelf, tmp_path: Path, is_packed: bool) -> None:
    """Where there is no project, and though there is one."""
    path = str(bundle if is_packed else unpacked)
    for cwd in (tmp_path, shelf.root):
        done = shelf.foistats("verify", path, "--intact", cwd=cwd)
        assert done.returncode == 0, done.stdout
    done = shelf.foistats("verify", path, cwd=shelf.root)
    assert done.returncode == 4
    assert "add --execute" in said(done)
    done = shelf.foistats("verify", path, "--execute", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    (one,) = json.loads(done.stdout)["versions"]
    assert one["follows"]["state"] == "follows"
    assert (one["series"], one["version"], one["place"]) == ("severity", "v002", path)
    assert one["follows"]["inputs_from"].keys() == {"objects"}


@pytest.mark.slow
def test_a_bundle_as_its_reader_is_told(unpacked: Path) -> None:
    """From its top, with the package that it holds."""
    for _ in range(2):  # what the first leaves behind is no fault for the second
        done = subprocess.run(
            [sys.executable, "-m", "foistats", "verify", ".", "--execute"],
            cwd=unpacked,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "intact, follows" in done.stdout


def climbing(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../climbed.txt", "x")


def added(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("reports/severity/v002/extra.txt", "x")


def cut(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


@pytest.mark.parametrize(
    ("tamper", "message"),
    [(climbing, "is not unpacked"), (cut, "is not a whole zip"), (added, "extra.txt was added")],
)
def test_a_zip_that_is_tampered_with(bundle: Path, shelf, tamper, message: str) -> None:
    tamper(bundle)
    done = shelf.foistats("verify", "--intact", str(bundle))
    assert done.returncode == 4
    assert message in said(done)
    assert not (bundle.parent.parent / "climbed.txt").exists()


def test_a_bundle_that_calls_itself_a_project(unpacked: Path, shelf) -> None:
    """A foistats.toml at its top does not make its code that of whoever unpacked it."""
    (unpacked / "foistats.toml").write_text((shelf.root / "foistats.toml").read_text())
    done = shelf.foistats("verify", "severity", cwd=unpacked)
    assert done.returncode == 4
    assert "not made here" in said(done)


# Who signed it


def sign(shelf, tmp_path: Path, *, namespace: str = "foistats") -> tuple[Path, Path]:
    """Sign the newest version; return the file of allowed signers, and the signature."""
    key = tmp_path / "key"
    subprocess.run([SSH, "-q", "-t", "ed25519", "-N", "", "-C", "x", "-f", str(key)], check=True)
    copy = tmp_path / "manifest.json"
    shutil.copy(shelf.version() / "manifest.json", copy)
    command = [SSH, "-q", "-Y", "sign", "-n", namespace, "-f", str(key), str(copy)]
    subprocess.run(command, check=True, capture_output=True)
    signature = shelf.version().with_name("v002.sig")
    copy.with_name("manifest.json.sig").rename(signature)
    allowed = tmp_path / "allowed"
    allowed.write_text(f"alice@example.org {key.with_suffix('.pub').read_text()}")
    return allowed, signature


@pytest.fixture
def signed(shelf, tmp_path: Path) -> Path:
    return sign(shelf, tmp_path)[0]


@pytest.mark.skipif(SSH is None, reason="needs OpenSSH")
class TestSignatures:
    def test_one_that_is_good(self, shelf, signed: Path) -> None:
        done = shelf.foistats("verify", "--intact", "severity", "--allowed-signers", str(signed))
        assert done.returncode == 0, done.stdout
        assert done.stdout.startswith("severity  v002  intact, signed\n")
        assert "signed by alice@example.org (ED25519 key SHA256:" in said(done)
        done = shelf.foistats("verify", "--intact", "severity", "--json")
        (one,) = json.loads(done.stdout)["versions"]
        assert one["signature"] is None
        assert one["notes"] == ["v002.sig is a signature; --allowed-signers FILE says whose"]

    def test_a_manifest_that_was_rewritten(self, shelf, signed: Path) -> None:
        shelf.seal(shelf.version(), title="x")
        options = ("--allowed-signers", str(signed), "--json")
        done = shelf.foistats("verify", "--intact", "severity", *options)
        assert done.returncode == 4
        (one,) = json.loads(done.stdout)["versions"]
        assert one["intact"] is True
        assert one["signature"]["state"] == "bad"
        assert "is not one of this manifest" in one["signature"]["words"]
        assert done.stderr == "foistats: severity@v002 is not signed by anybody you allow\n"

    def test_none(self, shelf, signed: Path) -> None:
        done = shelf.foistats(
            "verify", "--intact", "severity@v001", "--allowed-signers", str(signed)
        )
        assert done.returncode == 4
        assert "intact, not signed" in done.stdout
        assert "not signed: v001.sig (No such file or directory)" in said(done)

    def test_another_name_for_it(self, shelf, signed: Path, tmp_path: Path) -> None:
        moved = shelf.version().with_name("v002.sig").rename(tmp_path / "elsewhere.sig")
        options = ("--allowed-signers", str(signed), "--signature", str(moved))
        assert shelf.foistats("verify", "--intact", "severity", *options).returncode == 0

    def test_another_purpose(self, shelf, tmp_path: Path) -> None:
        allowed, _ = sign(shelf, tmp_path, namespace="file")
        done = shelf.foistats("verify", "--intact", "severity", "--allowed-signers", str(allowed))
        assert done.returncode == 4

    def test_a_stranger(self, shelf, signed: Path, tmp_path: Path) -> None:
        other = tmp_path / "other"
        subprocess.run([SSH, "-q", "-t", "ed25519", "-N", "", "-f", str(other)], check=True)
        signed.write_text(f"bob {other.with_suffix('.pub').read_text()}")
        done = shelf.foistats("verify", "--intact", "severity", "--allowed-signers", str(signed))
        assert done.returncode == 4
        assert "signed by nobody whom allowed allows" in said(done)

    def test_a_key_that_comes_with_the_version(self, shelf, signed: Path, tmp_path: Path) -> None:
        inside = shelf.root / "reports" / "allowed"
        shutil.copy(signed, inside)
        done = shelf.foistats("verify", "--intact", "severity", "--allowed-signers", str(inside))
        assert done.returncode == 2
        assert "a key that comes with it proves nothing" in done.stderr

    def test_a_signature_in_a_bundle(self, shelf, signed: Path, tmp_path: Path) -> None:
        path = tmp_path / "signed.zip"
        assert shelf.foistats("bundle", "severity", "-o", str(path)).returncode == 0
        done = shelf.foistats(
            "verify", "--intact", str(path), "--allowed-signers", str(signed), cwd=tmp_path
        )
        assert done.returncode == 0, done.stdout
        assert "intact, signed" in done.stdout

    def test_without_ssh_keygen(self, shelf, signed: Path, tmp_path: Path) -> None:
        options = ("--allowed-signers", str(signed))
        done = shelf.foistats("verify", "--intact", "severity", *options, PATH=str(tmp_path))
        assert done.returncode == 4
        assert "there is no ssh-keygen; install OpenSSH" in said(done)


# On one page


def test_a_certificate(shelf, tmp_path: Path) -> None:
    path = tmp_path / "certificate.html"
    done = shelf.foistats("verify", "severity", "--certificate", str(path))
    assert done.returncode == 0, done.stderr
    page = path.read_text(encoding="utf-8")
    manifest = next(line.split()[1] for line in done.stdout.splitlines() if "manifest " in line)
    for expected in (
        "How severe?: checked, and found as published",
        "Is it intact? Yes",
        "Does it follow? Yes",
        manifest,
        "No signature was checked.",
        "unless the hash or a signature is held elsewhere",
        '<th scope="row"><code>cases</code></th><td>identical</td><td>43 cases</td>',
    ):
        assert expected in page
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")


@pytest.mark.slow
def test_a_certificate_of_what_does_not_follow(shelf, tmp_path: Path) -> None:
    shelf.edit("values.json", lambda text: text.replace('"value": 43', '"value": 44'))
    path = tmp_path / "certificate.html"
    done = shelf.foistats("verify", "severity", "--certificate", str(path))
    assert done.returncode == 4
    page = path.read_text(encoding="utf-8")
    for expected in (
        "checked, and not found as published",
        "Is it intact? No",
        "values.json was changed: its SHA-256 is",
        "Does it follow? No",
        "value cases: published 44, made again 43",
    ):
        assert expected in page
    done = shelf.foistats("verify", "--intact", "severity", "--certificate", str(path))
    assert "Does it follow? Not asked" in path.read_text(encoding="utf-8")
    done = shelf.foistats("verify", "severity", "--certificate", "nowhere/c.html")
    assert (done.returncode, done.stdout) == (2, "")
    assert "nowhere is no folder; make it first" in done.stderr
