import json

import pytest

from foistats.errors import ReportError
from foistats.reports.store.versions import latest


def _edit(shop, **told) -> None:
    path = shop.folder / "v001/manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **told}))


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (2, r"the format 2, written by a newer foistats; this one reads 1: install the newer"),
        ("1", r"the format '1', which no foistats writes; this one reads 1: restore it"),
        (None, r"the format None, which no foistats writes"),
        (True, r"the format True, which no foistats writes"),
        (0, r"the format 0, which no foistats writes"),
        ([1], r"the format \[1\], which no foistats writes"),
    ],
)
def test_a_foreign_format(shop, found, said: str) -> None:
    shop.publish()
    _edit(shop, format=found)
    with pytest.raises(ReportError, match=rf"severity/v001/manifest\.json has {said}"):
        latest(shop.reports, "severity")


@pytest.mark.parametrize("told", [{"key": 1}, {"inputs": []}, {"files": None}, {"parameters": ""}])
def test_a_manifest_that_was_edited(shop, told) -> None:
    shop.publish()
    _edit(shop, **told)
    with pytest.raises(ReportError, match=r"v001/manifest\.json was edited; restore it"):
        latest(shop.reports, "severity")


def test_a_manifest_that_is_damaged(shop) -> None:
    shop.publish()
    (shop.folder / "v001/manifest.json").write_text("{")
    with pytest.raises(
        ReportError, match=r"severity/v001/manifest\.json is not a JSON object; restore it"
    ):
        latest(shop.reports, "severity")


def test_a_folder_without_a_manifest(shop) -> None:
    shop.publish()
    (shop.folder / "v002/.ipynb_checkpoints").mkdir(parents=True)
    with pytest.raises(
        ReportError,
        match=r"severity/v002/manifest\.json cannot be read \(No such file.*remove what is left",
    ):
        latest(shop.reports, "severity")


@pytest.mark.parametrize("linked", ["severity/v002", "severity"])
def test_a_link_is_reported(shop, linked: str) -> None:
    shop.publish()
    if linked == "severity":
        shop.folder.rename(shop.reports / "other")
        shop.folder.symlink_to("other")
    else:
        (shop.reports / linked).symlink_to("v001")
    with pytest.raises(ReportError, match=rf"{linked} is a link; published versions are folders"):
        latest(shop.reports, "severity")
