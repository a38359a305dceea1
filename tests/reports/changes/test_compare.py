"""Any two versions: which are meant, and what can be told of removed ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from foistats.errors import UsageError, VerificationError
from foistats.reports.changes.compare import changes_of, chosen_pair
from foistats.reports.changes.document import changes_between
from foistats.reports.changes.side import kept_in_objects, published_side
from foistats.reports.changes.stored import CHANGES_FILE, stored_text
from foistats.reports.store.files import json_text, sha256
from foistats.reports.store.prune import prune


class Chain:
    """Four versions of a report: a value that counts up, and a table with it."""

    def __init__(self, reports: Path, *, last: int = 4, stored: bool = True) -> None:
        self.reports, self.stored = reports, stored
        self.kept = kept_in_objects(reports)
        for number in range(1, last + 1):
            self._publish(number)

    def told(self, *versions: str) -> dict[str, Any]:
        return changes_of(chosen_pair(self.reports, "r", versions), self.kept)

    def prune(self, keep: int) -> None:
        prune(self.reports, ["r"], keep=keep, reason="superseded")

    def _publish(self, number: int) -> None:
        version, before = f"v{number:03d}", f"v{number - 1:03d}"
        value = {"id": "n", "value": number, "text": str(number), "unit": "", "digits": None,
                 "tolerance": 0, "cell": "c"}  # fmt: skip
        data = f"id,n\na,{number}\nb,0\n".encode()
        (self.reports / "objects").mkdir(parents=True, exist_ok=True)
        (self.reports / "objects" / sha256(data)).write_bytes(data)
        files = {
            "values.json": json_text({"n": value}),
            "tables/t.csv": f"what,n\nx,{number}\ny,5\n".encode(),
        }
        inputs = {"data": {"data/a.csv": sha256(data)}, "notebook": {}, "package": {}, "lock": None}
        if number > 1 and self.stored:
            first = published_side(self.reports, "r", before, self.kept)
            self._write(version, inputs, files)
            second = published_side(self.reports, "r", version, self.kept)
            files[CHANGES_FILE] = stored_text(changes_between(first, second))
        self._write(version, inputs, files)

    def _write(self, version: str, inputs: dict[str, Any], files: dict[str, bytes]) -> None:
        folder = self.reports / "r" / version
        manifest = {
            "format": 1, "report": "r", "series": "r", "version": version, "key": "k",
            "predecessor": None, "parameters": {}, "inputs": inputs, "withheld": [],
            "environment": {"python": "3", "packages": {}},
            "files": {name: sha256(content) for name, content in files.items()},
        }  # fmt: skip
        for name, content in {**files, "manifest.json": json_text(manifest)}.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)


def _moved(told: dict[str, Any]) -> tuple[int, int]:
    (value,) = told["values"]
    return value["before"]["value"], value["after"]["value"]


def test_the_newest_and_the_one_before_it(tmp_path: Path) -> None:
    chain = Chain(tmp_path)
    told = chain.told()
    assert (told["before"]["version"], told["after"]["version"]) == ("v003", "v004")
    assert _moved(told) == (3, 4)
    assert told["notes"] == []
    assert _moved(chain.told("v002")) == (1, 2)


def test_either_order_is_told_from_the_earlier_one(tmp_path: Path) -> None:
    chain = Chain(tmp_path)
    told, turned = chain.told("v001", "v003"), chain.told("v003", "v001")
    assert _moved(told) == _moved(turned) == (1, 3)
    assert told["notes"] == []
    assert turned["notes"] == ["told from the earlier version, v001, to the later one, v003"]
    assert told | {"notes": []} == turned | {"notes": []}


@pytest.mark.parametrize(
    ("versions", "said"),
    [
        (("v009",), "r has no version 'v009'; did you mean 'v002'?; versions: v001, v002"),
        (("v01",), "r has no version 'v01'; did you mean 'v001'?"),
        (("v001", "v001"), "v001 is given twice"),
        (("v001",), "r has no version before v001: there is nothing to compare"),
    ],
)
def test_versions_that_are_none(tmp_path: Path, versions: tuple[str, ...], said: str) -> None:
    chain = Chain(tmp_path, last=2)
    with pytest.raises(UsageError) as caught:
        chain.told(*versions)
    assert said in str(caught.value)


def test_one_version_has_nothing_before_it(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no version before v001"):
        Chain(tmp_path, last=1).told()


def test_what_a_version_kept_outlives_the_one_before_it(tmp_path: Path) -> None:
    chain = Chain(tmp_path)
    whole = chain.told("v002", "v003")
    chain.prune(keep=2)
    told = chain.told("v002", "v003")
    assert _moved(told) == (2, 3)
    assert told["data"] == whole["data"]
    assert told["tables"] == whole["tables"]
    assert (told["before"], told["after"]) == (whole["before"], whole["after"])
    (note,) = told["notes"]
    assert note.startswith("v002 was removed on 20")
    assert note.endswith(": superseded; this is what v003 kept of the difference")


def test_a_removed_version_is_made_again_for_a_later_one(tmp_path: Path) -> None:
    chain = Chain(tmp_path)
    whole = chain.told("v002", "v004")
    chain.prune(keep=2)
    told = chain.told("v002", "v004")
    assert _moved(told) == (2, 4)
    assert told["tables"] == whole["tables"]
    assert told["data"][0]["changes"] == whole["data"][0]["changes"]
    assert "it is told from the changes that v003 kept" in told["notes"][0]
    assert told["notes"][1] == (
        "not compared, since a removed version's are not kept: claims, figures"
    )


def test_further_back_the_nearest_that_can_be_told_takes_its_place(tmp_path: Path) -> None:
    chain = Chain(tmp_path)
    chain.prune(keep=2)
    told = chain.told("v001", "v004")
    assert (told["before"]["version"], _moved(told)) == ("v002", (2, 4))
    assert told["notes"][0].endswith(
        "nothing kept what changed from v001 to v002: what follows begins with v002"
    )


def test_a_removed_version_in_between_matters_to_nobody(tmp_path: Path) -> None:
    chain = Chain(tmp_path)
    (tmp_path / "keep.csv").write_text("report,version,cited_by\nr,v001,a paper\n")
    chain.prune(keep=2)
    told = chain.told("v001", "v004")
    assert (_moved(told), told["notes"]) == ((1, 4), [])
    backwards = chain.told("v001", "v002")
    assert _moved(backwards) == (1, 2)
    assert "v003 kept" in backwards["notes"][0]


def test_two_removed_versions_cannot_be_compared(tmp_path: Path) -> None:
    chain = Chain(tmp_path)
    chain.prune(keep=1)
    with pytest.raises(VerificationError) as caught:
        chain.told("v001", "v002")
    said = str(caught.value)
    assert "r: v001 and v002 cannot be compared: v001 was removed on" in said
    assert "superseded" in said


def test_versions_of_before_changes_were_kept(tmp_path: Path) -> None:
    chain = Chain(tmp_path, stored=False)
    assert _moved(chain.told("v002", "v003")) == (2, 3)
    chain.prune(keep=2)
    with pytest.raises(VerificationError, match="v002 and v003 cannot be compared"):
        chain.told("v002", "v003")
    told = chain.told("v002", "v004")
    assert (told["before"]["version"], _moved(told)) == ("v003", (3, 4))
    assert "what follows begins with v003" in told["notes"][0]


def test_nothing_is_told_from_a_version_that_was_altered(tmp_path: Path) -> None:
    chain = Chain(tmp_path)
    (tmp_path / "r/v004/values.json").write_text("{}")
    with pytest.raises(VerificationError, match=r"r/v004/values\.json is not what was published"):
        chain.told()
    (tmp_path / "r/v004/values.json").unlink()
    with pytest.raises(VerificationError, match=r"r/v004/values\.json cannot be read"):
        chain.told()
