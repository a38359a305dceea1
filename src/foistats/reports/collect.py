"""What a run published: the notebook in reproducible bytes, its values, tables and figures.

Everything that differs between two identical runs without meaning anything is left out here:
times, chunks of printed text, the version of the language. What differs and does mean
something, such as a memory address in an output, is a fault of the notebook and named; so is
a file that it read without saying so, or wrote where it should not.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from foistats.errors import ReportError
from foistats.publish import CLAIMS_MIME, FIGURE_MIME, TABLE_MIME, VALUE_MIME
from foistats.publish.claims import holds
from foistats.publish.predicates import claim_id, named, told
from foistats.reports.notebook import INJECTED_TAG, Scalar
from foistats.reports.reproducible import Noted, code_cells, output_faults
from foistats.reports.store.files import json_text

_ID = re.compile(r"[a-z][a-z0-9_]*")
_WORDLESS = re.compile(r"!\[\s*\]\([^)]*\)")
_PICTURES = ("image/svg+xml", "image/png", "image/jpeg", "image/gif", "application/pdf")
_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "name": "python"},
}


@dataclass(frozen=True)
class Published:
    """A run's results: the cleaned notebook and the files of a version, by path."""

    notebook: Mapping[str, Any]
    files: Mapping[str, bytes]


def collect(
    executed: Mapping[str, Any],
    injected: Mapping[str, Scalar],
    *,
    private: Iterable[Path],
    notes: Iterable[Noted] = (),
) -> Published:
    """Clean an executed notebook and take out what it published.

    Parameters
    ----------
    executed : mapping
        The notebook as papermill left it.
    injected : mapping
        The parameters given, as they are recorded.
    private : iterable of Path
        Folders whose names must not appear in an output.
    notes : iterable
        What the kernel noted of files read and written.

    Raises
    ------
    ReportError
        For outputs that are not reproducible, or not fit to publish; all are named.
    """
    notebook = clean(executed, injected)
    faults = [*_file_faults(notes), *_prose_faults(notebook)]
    faults += [*_faults(notebook, [str(path) for path in private])]
    files = _files(notebook, faults)
    if faults:
        raise ReportError("\n".join(faults))
    return Published(notebook=notebook, files=files)


def clean(executed: Mapping[str, Any], injected: Mapping[str, Scalar]) -> dict[str, Any]:
    """Return the notebook without anything that depends on when and where it ran."""
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": _METADATA,
        "cells": [_clean_cell(cell, injected) for cell in executed["cells"]],
    }


def notebook_bytes(notebook: Mapping[str, Any]) -> bytes:
    """Write a notebook, its long texts split into lines so that a diff reads well."""
    text: str = nbformat.writes(nbformat.from_dict(notebook))  # type: ignore[no-untyped-call]
    return (text.rstrip("\n") + "\n").encode()


def _clean_cell(cell: Mapping[str, Any], injected: Mapping[str, Scalar]) -> dict[str, Any]:
    tags = list(cell["metadata"].get("tags", ()))
    cleaned: dict[str, Any] = {
        "id": cell["id"],
        "cell_type": cell["cell_type"],
        "metadata": {"tags": tags} if tags else {},
        "source": cell["source"],
    }
    if cell.get("attachments"):
        cleaned["attachments"] = cell["attachments"]
    if INJECTED_TAG in tags:
        lines = (f"{name} = {value!r}" for name, value in injected.items())
        cleaned["source"] = "\n".join(["# Parameters given", *lines])
    if cell["cell_type"] == "code":
        cleaned["execution_count"] = cell.get("execution_count")
        cleaned["outputs"] = list(_joined_streams(cell["outputs"]))
    return cleaned


def _joined_streams(outputs: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the outputs; printed text between two displays is one piece per stream.

    The kernel sends text in chunks by the clock, so how it falls into pieces means nothing.
    """
    streams: dict[str, str] = {}
    for output in outputs:
        if output["output_type"] == "stream":
            streams[output["name"]] = streams.get(output["name"], "") + output["text"]
        else:
            yield from _streams(streams)
            streams = {}
            yield dict(output)
    yield from _streams(streams)


def _streams(texts: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for name in sorted(texts, reverse=True):
        yield {"output_type": "stream", "name": name, "text": texts[name]}


def _file_faults(notes: Iterable[Noted]) -> Iterator[str]:
    for note in notes:
        where = f"code cell {note.cell}" if note.cell else "the kernel"
        if note.kind == "read":
            yield (
                f"{where} reads {note.detail}, which foistats.toml does not declare; "
                "add it to the report's inputs"
            )
        elif note.kind == "write":
            yield (
                f"{where} writes to {note.detail}, outside its working folder; "
                "publish results with publish.value, publish.table and publish.figure"
            )


def _prose_faults(notebook: Mapping[str, Any]) -> Iterator[str]:
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown" and (found := _WORDLESS.search(cell["source"])):
            yield (
                f"the text has the picture {found.group()[:40]} without alternative text; "
                "say between the brackets what it shows"
            )


def _faults(notebook: Mapping[str, Any], private: Sequence[str]) -> Iterator[str]:
    for number, cell in code_cells(notebook):
        for output in cell["outputs"]:
            faults = (*_picture_faults(output), *output_faults(output, private))
            yield from (f"code cell {number} {fault}" for fault in faults)


def _picture_faults(output: Mapping[str, Any]) -> Iterator[str]:
    data = output.get("data", {})
    if _WORDLESS.search(data.get("text/markdown", "")):
        yield "shows a picture without alternative text; show it with publish.figure"
    if FIGURE_MIME not in data and any(picture in data for picture in _PICTURES):
        yield "shows a picture without alternative text; show it with publish.figure"
    elif FIGURE_MIME in data and not str(data[FIGURE_MIME].get("alt", "")).strip():
        yield "publishes a figure without alternative text; say in 'alt' what it shows"


def _files(notebook: Mapping[str, Any], faults: list[str]) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    values: dict[str, Any] = {}
    for number, cell, data in _displays(notebook):
        for mime in (VALUE_MIME, TABLE_MIME, FIGURE_MIME):
            record = data.get(mime)
            if record is None:
                continue
            id = str(record.get("id", ""))
            name = _file_name(mime, id)
            if not _ID.fullmatch(id) or name in files or id in values:
                faults.append(f"code cell {number} publishes the id '{id}', malformed or taken")
            elif mime == VALUE_MIME:
                values[id] = {**record, "cell": cell["id"]}
            else:
                svg = data.get("image/svg+xml", "")
                files[name] = (record["csv"] if mime == TABLE_MIME else svg).encode()
    files["report.ipynb"] = notebook_bytes(notebook)
    files["values.json"] = json_text(values)
    if claims := _claims(notebook, values, faults):
        files["claims.json"] = json_text(claims)
    return files


def _claims(
    notebook: Mapping[str, Any], values: Mapping[str, Any], faults: list[str]
) -> dict[str, Any]:
    """Return what the prose claims of the values, by id; a claim that does not hold is a fault."""
    numbers = {id: record["value"] for id, record in values.items()}
    claims: dict[str, Any] = {}
    for number, cell, data in _displays(notebook):
        for claim in data.get(CLAIMS_MIME, {}).get("claims", ()):
            predicate, words = claim["predicate"], claim["text"]
            read = {id: numbers[id] for id in named(predicate) if id in numbers}
            found = holds(predicate, read)
            if not found:
                why = told(predicate, read)
                faults.append(f"code cell {number} says '{words}', which does not hold: {why}")
            id = claim_id(predicate)
            again = (f"{id}_{count}" for count in itertools.count(2))
            claims[id if id not in claims else next(one for one in again if one not in claims)] = {
                "text": words,
                "sentence": data.get("text/plain", ""),
                "predicate": predicate,
                "values": read,
                "holds": found,
                "cell": cell["id"],
            }
    return claims


def _file_name(mime: str, id: str) -> str:
    return {TABLE_MIME: f"tables/{id}.csv", FIGURE_MIME: f"figures/{id}.svg"}.get(mime, "")


def _displays(
    notebook: Mapping[str, Any],
) -> Iterator[tuple[int, Mapping[str, Any], Mapping[str, Any]]]:
    for number, cell in code_cells(notebook):
        for output in cell["outputs"]:
            yield number, cell, output.get("data", {})
