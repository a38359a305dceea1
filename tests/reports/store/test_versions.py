import json
from dataclasses import replace

import pytest

from foistats.errors import ReportError
from foistats.reports.store import versions
from foistats.reports.store.files import json_text, sha256
from foistats.reports.store.versions import heal, latest, next_version


def test_versions_form_a_chain(shop) -> None:
    assert latest(shop.reports, "severity") is None
    assert next_version(None) == "v001"
    assert [shop.publish(), shop.publish(key="k2")] == ["v001", "v002"]
    newest = latest(shop.reports, "severity")
    first, second = (
        (shop.folder / name / "manifest.json").read_bytes() for name in ("v001", "v002")
    )
    assert (newest.version, newest.key, newest.manifest_hash) == ("v002", "k2", sha256(second))
    assert newest.manifest["predecessor"] == sha256(first)
    assert json.loads(first)["predecessor"] is None
    assert second == json_text(json.loads(second))
    assert shop.pointer() == {"key": "k2", "version": "v002"}
    assert shop.faults() == []


def test_a_manifest_says_everything(shop) -> None:
    shop.publish()
    manifest = json.loads((shop.folder / "v001/manifest.json").read_text())
    assert set(manifest) == {
        *("format", "report", "series", "version", "predecessor", "key", "title", "as_of"),
        *("parameters", "inputs", "withheld", "sources", "environment", "change", "files"),
    }
    assert manifest["format"] == 1
    assert manifest["files"]["values.json"] == sha256(b"{}\n")


def test_the_pointer_may_hold_the_key_of_a_later_confirmation(shop) -> None:
    shop.publish()
    versions.point(shop.reports, "severity", "v001", "k9")
    assert latest(shop.reports, "severity").key == "k9"
    assert heal(shop.reports, "severity") is False


@pytest.mark.parametrize(
    "pointer", [None, b"", b"[]", b"\xff\n", b'{"key": "k0", "version": "v001"}', b'{"key": "k0"}']
)
def test_a_pointer_that_is_behind_or_damaged_is_put_right(shop, pointer) -> None:
    shop.publish()
    shop.publish(key="k2")
    path = shop.folder / "latest.json"
    path.unlink() if pointer is None else path.write_bytes(pointer)
    assert (latest(shop.reports, "severity").version, latest(shop.reports, "severity").key) == (
        "v002",
        "k2",
    )
    assert heal(shop.reports, "severity") is True
    assert shop.pointer() == {"key": "k2", "version": "v002"}
    assert heal(shop.reports, "severity") is False


def test_there_is_nothing_to_put_right(shop) -> None:
    assert heal(shop.reports, "severity") is False
    assert not shop.reports.exists()


def test_a_pointer_to_a_version_that_is_gone(shop) -> None:
    shop.publish()
    versions.point(shop.reports, "severity", "v002", "k")
    said = (
        r"severity/latest\.json names v002, which is not there; restore severity/v002, .* or "
        r"delete severity/latest\.json to go on from v001"
    )
    with pytest.raises(ReportError, match=said):
        latest(shop.reports, "severity")
    (shop.folder / "latest.json").unlink()
    assert shop.publish() == "v002"


def test_versions_sort_by_number(shop) -> None:
    for name in ("v999", "v1000", "v1x", "vNNN", "v01", "v\u0661\u0662\u0663"):
        (shop.folder / name).mkdir(parents=True)
    (shop.folder / "v998").touch()
    assert versions.version_names(shop.folder) == ["v999", "v1000"]
    assert versions.version_names(shop.folder / "nowhere") == []


def test_a_number_is_never_given_twice(shop) -> None:
    shop.publish()
    told = {"format": 1, "version": "v004", "manifest": "a" * 64}
    (shop.folder / "v004.json").write_bytes(json_text(told))
    assert next_version(latest(shop.reports, "severity")) == "v005"
    assert shop.publish() == "v005"
    manifest = json.loads((shop.folder / "v005/manifest.json").read_text())
    assert (manifest["version"], manifest["predecessor"]) == ("v005", "a" * 64)


def test_a_tombstone_at_the_end_that_is_damaged(shop) -> None:
    shop.publish()
    (shop.folder / "v002.json").write_text("{}")
    with pytest.raises(
        ReportError, match=r"severity/v002\.json does not tell which version was removed; restore"
    ):
        latest(shop.reports, "severity")


def test_the_next_number(shop) -> None:
    newest = versions.Latest("v009", "k", {}, "h")
    assert next_version(newest) == "v010"
    assert next_version(replace(newest, version="v999")) == "v1000"
