"""The crate: valid for both profiles, complete, and the same bytes from the same run."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from foistats.publish import FIGURE_MIME, TABLE_MIME
from foistats.reports.pages.crate import crate_metadata

HERE = Path(__file__).parent
HOSTILE = '"><script>{{ ../ =HYPERLINK(\n%20#?é'
MANIFEST = {
    "format": 1,
    "report": "severity",
    "series": "severity/link-probit-01234567",
    "version": "v003",
    "title": "How severe?",
    "as_of": "30 June 2014",
    "change": "Two values moved.",
    "parameters": {"link": "probit", "n": 3, "exact": True, "note": HOSTILE},
    "inputs": {
        "data": {"data/pa/statements.csv": "ab" * 32, f"data/{HOSTILE}": "cd" * 32},
        "notebook": {"notebooks/severity.ipynb": "ef" * 32},
        "package": {},
        "lock": None,
    },
    "withheld": [f"data/{HOSTILE}"],
}
RUN = {
    "started": "2026-11-24T23:59:58+00:00",
    "seconds": 3.5,
    "python": "3.11.7",
    "packages": {"numpy": "2.4.1"},
    "command": "foistats run severity -p link probit",
}


def displayed(**data: object) -> dict[str, object]:
    return {"output_type": "display_data", "data": data, "metadata": {}}


NOTEBOOK = {
    "cells": [
        {"cell_type": "markdown", "source": "# How severe?"},
        {
            "cell_type": "code",
            "outputs": [
                displayed(**{TABLE_MIME: {"id": "t", "caption": f"The counts {HOSTILE}"}}),
                displayed(**{FIGURE_MIME: {"id": "f", "caption": "", "alt": "It rises."}}),
                {"output_type": "stream", "name": "stdout", "text": "x"},
            ],
        },
    ]
}
FILES = {
    "report.ipynb": json.dumps(NOTEBOOK).encode(),
    "report.html": b"<p>",
    "values.json": json.dumps(
        {
            "odds_ratio": {"id": "odds_ratio", "value": 1.43, "unit": "", "text": "1.43"},
            "share": {"id": "share", "value": HOSTILE, "unit": "%", "text": HOSTILE},
        }
    ).encode(),
    "tables/t.csv": b"a\n1\n",
    "figures/f.svg": b"<svg/>",
    "verify.py": b"",
}
MANIFEST_HASH = hashlib.sha256(b"manifest").hexdigest()


def crate(manifest=MANIFEST, run=RUN, files=FILES) -> bytes:
    return crate_metadata(manifest, run, files, manifest_hash=MANIFEST_HASH)


@pytest.fixture
def entities() -> dict[str, dict[str, object]]:
    graph = json.loads(crate())["@graph"]
    found = {entity["@id"]: entity for entity in graph}
    assert len(found) == len(graph)
    return found


def test_the_same_run_makes_the_same_bytes() -> None:
    again = dict(reversed(FILES.items()))
    assert crate() == crate(files=again)
    assert crate() == crate(files={**FILES, "ro-crate-metadata.json": b"an earlier one"})
    assert crate() != crate(run={**RUN, "seconds": 4.0})


def test_what_it_is_and_conforms_to(entities) -> None:
    root = entities["./"]
    descriptor = entities["ro-crate-metadata.json"]
    assert descriptor["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    assert root["conformsTo"] == {"@id": "https://w3id.org/ro/wfrun/process/0.5"}
    assert root["name"] == "How severe?"
    assert root["description"] == (
        "Version v003 of the report severity/link-probit-01234567. "
        "Data as of 30 June 2014. Two values moved."
    )
    assert root["datePublished"] == "2026-11-24"
    assert root["mainEntity"] == {"@id": "report.html"}


def test_every_file_is_part_with_its_hash_and_words(entities) -> None:
    parts = {part["@id"] for part in entities["./"]["hasPart"]}
    assert parts == {*FILES, "manifest.json", "run.json"}
    for path, content in FILES.items():
        assert entities[path]["sha256"] == hashlib.sha256(content).hexdigest()
        assert entities[path]["contentSize"] == str(len(content))
    assert entities["manifest.json"]["sha256"] == MANIFEST_HASH
    assert entities["tables/t.csv"]["name"] == f"The counts {HOSTILE}"
    assert entities["tables/t.csv"]["encodingFormat"] == "text/csv"
    assert entities["figures/f.svg"]["name"] == "It rises."


def test_every_value_has_an_address(entities) -> None:
    value = entities["values.json#odds_ratio"]
    assert (value["@type"], value["value"]) == ("PropertyValue", 1.43)
    assert "unitText" not in value
    assert entities["values.json#share"]["unitText"] == "%"
    assert {"@id": "values.json#share"} in entities["./"]["variableMeasured"]


def test_the_run_tells_what_made_it_from_what(entities) -> None:
    run = entities["#run"]
    assert run["startTime"] == "2026-11-24T23:59:58+00:00"
    assert run["endTime"] == "2026-11-25T00:00:01+00:00"
    assert run["description"] == "foistats run severity -p link probit"
    assert run["actionStatus"] == "http://schema.org/CompletedActionStatus"
    assert [tool["@id"] for tool in run["instrument"]] == [
        "#foistats",
        "#notebook/notebooks/severity.ipynb",
    ]
    objects = [entities[told["@id"]] for told in run["object"]]
    assert {told.get("name"): told.get("value") for told in objects} == {
        "data/pa/statements.csv": None,
        f"data/{HOSTILE}": None,
        **MANIFEST["parameters"],
    }
    assert {"@id": "values.json"} in run["result"]
    assert {"@id": "manifest.json"} not in run["result"]


def test_inputs_are_found_by_hash_unless_withheld(entities) -> None:
    held = entities["#input/data/pa/statements.csv"]
    assert held["url"] == f"../../../objects/{'ab' * 32}"
    withheld = next(told for told in entities.values() if told.get("sha256") == "cd" * 32)
    assert "url" not in withheld


def test_everything_referred_to_is_there(entities) -> None:
    def references(told: object) -> Iterator[str]:
        if isinstance(told, dict) and set(told) == {"@id"}:
            yield told["@id"]
        elif isinstance(told, dict | list):
            for inner in told.values() if isinstance(told, dict) else told:
                yield from references(inner)

    outside = {"https://w3id.org/ro/crate/1.1"}
    assert {id for told in entities.values() for id in references(told)} <= {*entities, *outside}


def test_every_term_is_one_of_the_context() -> None:
    document = json.loads(crate())
    address, own = document["@context"]
    context = json.loads((HERE / "ro-crate-1.1-context.jsonld").read_text(encoding="utf-8"))
    assert address == context["@id"]
    known = {*context["@context"], *own, "@id", "@type"}
    assert {term for entity in document["@graph"] for term in entity} <= known
    assert {entity["@type"] for entity in document["@graph"]} <= known


def validated(folder: Path) -> list[dict[str, str]]:
    """The issues that roc-validator finds, in a process of its own and without a network."""
    command = [sys.executable, "-W", "ignore", HERE / "validate_crate.py", folder]
    done = subprocess.run(
        [*command, HERE / "ro-crate-1.1-context.jsonld"],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    return json.loads(done.stdout)


needs_validator = pytest.mark.skipif(
    importlib.util.find_spec("rocrate_validator") is None, reason="roc-validator is not installed"
)


@pytest.fixture
def folder_of_crate(tmp_path: Path) -> Path:
    for path, content in {**FILES, "manifest.json": b"{}", "run.json": b"{}"}.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(content)
    (tmp_path / "ro-crate-metadata.json").write_bytes(crate())
    return tmp_path


@needs_validator
def test_it_is_valid_for_both_profiles(folder_of_crate: Path) -> None:
    assert validated(folder_of_crate) == []


@needs_validator
def test_the_validator_would_notice(folder_of_crate: Path) -> None:
    document = json.loads(crate())
    for entity in document["@graph"]:
        entity.pop("instrument", None)
        entity.pop("license", None)
    (folder_of_crate / "ro-crate-metadata.json").write_text(json.dumps(document))
    (folder_of_crate / "tables" / "t.csv").unlink()
    found = {issue["check"] for issue in validated(folder_of_crate)}
    assert any(check.startswith("process-run-crate-0.5") for check in found)
    assert len(found) >= 2
