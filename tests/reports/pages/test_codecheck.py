"""codecheck.yml: valid YAML that lists what a codechecker is to make again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from foistats.reports.pages.codecheck import codecheck_text, write_codecheck

HOSTILE = (
    "\"'><script>{{ : # - [ ] \\ % & * ! | > ~ \n\t\x85\u2028\ufeff\x7f\U0001f600 =HYPERLINK(1)"
)


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    made = tmp_path / "reports"
    made.mkdir()
    return made


def publish(
    reports: Path, series: str, version: str, title: str, *files: str, **names: str
) -> None:
    folder = reports / series / version
    folder.mkdir(parents=True)
    manifest = {"series": series, "title": title, "files": dict.fromkeys(files, "0" * 64)}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    if names:
        graph = [{"@id": f"tables/{id}.csv", "name": name} for id, name in names.items()]
        (folder / "ro-crate-metadata.json").write_text(json.dumps({"@graph": graph}))


def read(reports: Path) -> dict[str, object]:
    return yaml.safe_load((reports / "codecheck.yml").read_bytes())


def test_it_lists_what_the_newest_versions_publish(reports: Path) -> None:
    made = ("values.json", "tables/t.csv", "figures/f.svg", "report.html", "report.ipynb")
    publish(reports, "severity", "v001", "How severe?", *made)
    publish(reports, "severity", "v002", "How severe?", *made, t="The counts")
    publish(reports, "register", "v001", "Who answered", "values.json", "verify.py")
    assert write_codecheck(reports) is True
    assert read(reports) == {
        "version": "https://codecheck.org.uk/spec/config/1.0/",
        "paper": {"title": "Who answered; How severe?"},
        "manifest": [
            {"file": "register/v001/values.json", "comment": "register v001: values.json"},
            {"file": "severity/v002/figures/f.svg", "comment": "severity v002: figures/f.svg"},
            {"file": "severity/v002/tables/t.csv", "comment": "severity v002: The counts"},
            {"file": "severity/v002/values.json", "comment": "severity v002: values.json"},
        ],
    }


def test_it_is_an_explicit_document_and_changes_only_with_the_versions(reports: Path) -> None:
    publish(reports, "severity", "v001", "T", "values.json")
    write_codecheck(reports)
    assert (reports / "codecheck.yml").read_text(encoding="utf-8").startswith("%YAML 1.1\n---\n")
    assert write_codecheck(reports) is False
    publish(reports, "severity", "v002", "T", "values.json")
    assert write_codecheck(reports) is True


def test_nothing_published(reports: Path) -> None:
    write_codecheck(reports)
    assert read(reports)["manifest"] == []


def test_hostile_words_survive_as_words(reports: Path) -> None:
    publish(reports, "severity", "v001", HOSTILE, "tables/t.csv", t=HOSTILE)
    write_codecheck(reports)
    assert read(reports)["paper"]["title"] == HOSTILE
    assert read(reports)["manifest"][0]["comment"] == f"severity v001: {HOSTILE}"


def test_a_damaged_or_removed_version_fails_nothing(reports: Path) -> None:
    publish(reports, "severity", "v001", "T", "values.json")
    (reports / "severity" / "v001" / "ro-crate-metadata.json").write_text("[]")
    publish(reports, "register", "v001", "T")
    (reports / "register" / "v001" / "manifest.json").write_text("{")
    (reports / "gone").mkdir()
    (reports / "gone" / "v001.json").write_text("{}")
    listed = yaml.safe_load(codecheck_text(reports))["manifest"]
    assert [told["file"] for told in listed] == ["severity/v001/values.json"]
