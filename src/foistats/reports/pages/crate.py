"""A version's RO-Crate: what it is, what made it from what, and every published value.

RO-Crate 1.1 with the profile Process Run Crate 0.5, written as plain JSON. Everything comes
from the manifest, the record of the run and the files; the same of these, the same bytes.

References
----------
RO-Crate Metadata Specification 1.1, https://w3id.org/ro/crate/1.1.
Process Run Crate 0.5, https://w3id.org/ro/wfrun/process/0.5.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

import foistats
from foistats.publish import FIGURE_MIME, TABLE_MIME
from foistats.reports.store.files import json_text, sha256

CRATE_FILE = "ro-crate-metadata.json"
_CRATE = "https://w3id.org/ro/crate/1.1"
_PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
#: RO-Crate 1.1 has no term for a hash of content; Process Run Crate has.
_TERMS = {"sha256": "https://w3id.org/ro/terms/workflow-run#sha256"}
_FORMATS = {
    ".csv": "text/csv",
    ".html": "text/html",
    ".ipynb": "application/x-ipynb+json",
    ".json": "application/json",
    ".py": "text/x-python",
    ".svg": "image/svg+xml",
}
_NAMES = {
    "report.html": "the report as a page",
    "report.ipynb": "the executed notebook",
    "values.json": "every published value",
    "claims.json": "what its words claim of the values",
    "manifest.json": "the manifest: inputs, parameters and the hash of every file",
    "run.json": "when and where it ran",
    "verify.py": "a check of this folder, for Python alone",
}
#: Written with every version, outside the files that the manifest covers.
_RECORDS = ("manifest.json", "run.json")

Entity = dict[str, Any]


def crate_metadata(
    manifest: Mapping[str, Any],
    run: Mapping[str, Any],
    files: Mapping[str, bytes],
    *,
    manifest_hash: str,
) -> bytes:
    """Write ``ro-crate-metadata.json``.

    Parameters
    ----------
    manifest, run : mapping
        The version's manifest and the record of its run.
    files : mapping
        The version's files, by path.
    manifest_hash : str
        The SHA-256 of ``manifest.json`` as it is written.
    """
    held = {path: content for path, content in files.items() if path != CRATE_FILE}
    written = _files(held, manifest_hash)
    values = _values(files)
    inputs = _inputs(manifest)
    parameters = _parameters(manifest)
    tools = _tools(manifest, run)
    graph = [
        _descriptor(),
        _root(manifest, run, written, values),
        *written,
        *values,
        *inputs,
        *parameters,
        *tools,
        _action(manifest, run, [*inputs, *parameters], written),
        *_context(),
    ]
    return json_text({"@context": [f"{_CRATE}/context", _TERMS], "@graph": graph})


def _descriptor() -> Entity:
    return {
        "@id": CRATE_FILE,
        "@type": "CreativeWork",
        "about": {"@id": "./"},
        "conformsTo": {"@id": _CRATE},
    }


def _root(
    manifest: Mapping[str, Any],
    run: Mapping[str, Any],
    written: Iterable[Entity],
    values: Iterable[Entity],
) -> Entity:
    as_of = f" Data as of {manifest['as_of']}." if manifest.get("as_of") else ""
    change = str(manifest.get("change", "")).strip()
    description = f"Version {manifest['version']} of the report {manifest['series']}.{as_of}"
    return {
        "@id": "./",
        "@type": "Dataset",
        "name": manifest["title"],
        "description": f"{description} {change}".strip(),
        "version": manifest["version"],
        "datePublished": _started(run).date().isoformat(),
        "license": {"@id": "#licence"},
        "author": {"@id": "#publisher"},
        "publisher": {"@id": "#publisher"},
        "conformsTo": {"@id": _PROFILE},
        "mainEntity": {"@id": "report.html"},
        "hasPart": _references(written),
        "mentions": {"@id": "#run"},
        "variableMeasured": _references(values),
    }


def _files(files: Mapping[str, bytes], manifest_hash: str) -> list[Entity]:
    told = _captions(files)
    return [_file(path, files, told, manifest_hash) for path in sorted({*files, *_RECORDS})]


def _file(
    path: str, files: Mapping[str, bytes], told: Mapping[str, str], manifest_hash: str
) -> Entity:
    entity: Entity = {
        "@id": quote(path),
        "@type": "File",
        "name": _NAMES.get(path) or told.get(path) or PurePosixPath(path).name,
        "encodingFormat": _FORMATS.get(PurePosixPath(path).suffix, "application/octet-stream"),
    }
    if path in files:
        entity |= {"contentSize": str(len(files[path])), "sha256": sha256(files[path])}
    elif path == "manifest.json":
        entity["sha256"] = manifest_hash
    return entity


def _captions(files: Mapping[str, bytes]) -> dict[str, str]:
    """Return what each table and figure shows, in the words of the notebook."""
    captions: dict[str, str] = {}
    for data in _displays(files.get("report.ipynb", b"{}")):
        if record := data.get(TABLE_MIME):
            captions[f"tables/{record['id']}.csv"] = str(record.get("caption", ""))
        if record := data.get(FIGURE_MIME):
            words = record.get("caption") or record.get("alt", "")
            captions[f"figures/{record['id']}.svg"] = str(words)
    return captions


def _displays(notebook: bytes) -> Iterator[Mapping[str, Any]]:
    for cell in json.loads(notebook).get("cells", ()):
        for output in cell.get("outputs", ()):
            yield output.get("data", {})


def _values(files: Mapping[str, bytes]) -> list[Entity]:
    """Return each published value under the address it has in ``values.json``."""
    found: Mapping[str, Any] = json.loads(files.get("values.json", b"{}"))
    return [
        {
            "@id": f"values.json#{quote(id)}",
            "@type": "PropertyValue",
            "name": id.replace("_", " "),
            "propertyID": id,
            "value": record["value"],
            **({"unitText": record["unit"]} if record.get("unit") else {}),
        }
        for id, record in sorted(found.items())
    ]


def _inputs(manifest: Mapping[str, Any]) -> list[Entity]:
    """Return the data files by hash: kept beside the reports unless they are withheld."""
    withheld = set(manifest.get("withheld", ()))
    objects = "../" * (str(manifest["series"]).count("/") + 2) + "objects/"
    return [
        {
            "@id": f"#input/{quote(path)}",
            "@type": "CreativeWork",
            "name": path,
            "sha256": digest,
            **({} if path in withheld else {"url": objects + digest}),
        }
        for path, digest in sorted(manifest["inputs"]["data"].items())
    ]


def _parameters(manifest: Mapping[str, Any]) -> list[Entity]:
    return [
        {
            "@id": f"#parameter/{quote(name)}",
            "@type": "PropertyValue",
            "name": name,
            "value": value,
        }
        for name, value in sorted(manifest["parameters"].items())
    ]


def _tools(manifest: Mapping[str, Any], run: Mapping[str, Any]) -> list[Entity]:
    """Return the runner with what it runs on, and the notebook it executed."""
    versions = {"Python": run["python"], **dict(sorted(run["packages"].items()))}
    needs: list[Entity] = [
        {
            "@id": f"#software/{quote(name)}",
            "@type": "SoftwareApplication",
            "name": name,
            "softwareVersion": version,
        }
        for name, version in versions.items()
        if name != "foistats"
    ]
    notebooks: list[Entity] = [
        {
            "@id": f"#notebook/{quote(path)}",
            "@type": "SoftwareSourceCode",
            "name": path,
            "description": "The notebook, by the hash of its source without outputs.",
            "encodingFormat": _FORMATS[".ipynb"],
            "version": digest[:12],
            "sha256": digest,
        }
        for path, digest in sorted(manifest["inputs"]["notebook"].items())
    ]
    runner: Entity = {
        "@id": "#foistats",
        "@type": "SoftwareApplication",
        "name": "foistats",
        "description": "Publishes notebooks as checked, versioned reports.",
        "softwareVersion": run["packages"].get("foistats", foistats.__version__),
        "softwareRequirements": _references(needs),
    }
    return [runner, *notebooks, *needs]


def _action(
    manifest: Mapping[str, Any],
    run: Mapping[str, Any],
    objects: Iterable[Entity],
    written: Iterable[Entity],
) -> Entity:
    began = _started(run)
    ended = began + datetime.timedelta(seconds=float(run["seconds"]))
    notebooks = [f"#notebook/{quote(path)}" for path in sorted(manifest["inputs"]["notebook"])]
    made = [entity for entity in written if entity["@id"] not in _RECORDS]
    return {
        "@id": "#run",
        "@type": "CreateAction",
        "name": f"{manifest['series']} {manifest['version']}",
        "description": str(run.get("command") or f"foistats run {manifest['report']}"),
        "instrument": [{"@id": "#foistats"}, *({"@id": id} for id in notebooks)],
        "object": _references(objects),
        "result": _references(made),
        "startTime": began.isoformat(timespec="seconds"),
        "endTime": ended.isoformat(timespec="seconds"),
        "actionStatus": "http://schema.org/CompletedActionStatus",
        "agent": {"@id": "#publisher"},
    }


def _context() -> list[Entity]:
    """Return what the others refer to."""
    return [
        {
            "@id": _PROFILE,
            "@type": "CreativeWork",
            "name": "Process Run Crate",
            "version": "0.5",
        },
        {
            "@id": "#publisher",
            "@type": "Organization",
            "name": "The project that published this report",
        },
        {
            "@id": "#licence",
            "@type": "CreativeWork",
            "name": "The terms of the project that published this report",
            "description": (
                "The report is under the terms of the project it comes from, and the data behind "
                "it under those of the study and of each source."
            ),
        },
    ]


def _started(run: Mapping[str, Any]) -> datetime.datetime:
    return datetime.datetime.fromisoformat(run["started"])


def _references(entities: Iterable[Entity]) -> list[dict[str, str]]:
    return [{"@id": entity["@id"]} for entity in entities]
