"""``changes.json``: what a version keeps of its difference from the one before it.

It outlives that version. What a removed version said is made again from the one after it, with
the changes undone: its values, tables, data and settings, as far as they were kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from foistats.reports.changes.document import FORMAT, Document
from foistats.reports.changes.rows import undone
from foistats.reports.changes.sheets import Sheet, read_sheet
from foistats.reports.changes.side import LOCK, Kept, Side
from foistats.reports.changes.surroundings import pins_of
from foistats.reports.changes.values import read_values
from foistats.reports.compare.values import VALUES_FILE
from foistats.reports.store.files import json_text
from foistats.reports.store.publication import LARGEST as VERSION

CHANGES_FILE = "changes.json"
#: It never grows beyond so many bytes: a version has to stay small enough to be published.
LARGEST = 200_000
#: What the manifest and the other records of a version may need.
_RECORDS = 100_000
_KINDS = ("data", "notebook", "package")
#: The lists that are cut where there is no room, the longest of the least needed first.
_CUT = ("tables", "data")


def stored_text(told: Mapping[str, Any], *, room: int = LARGEST) -> bytes:
    """Write ``changes.json`` within a number of bytes.

    Where there is no room, the rows of tables are left out first, then those of data, the
    largest first; ``left_out`` says how many. Values, files and their hashes always stay.
    """
    kept = json.loads(json.dumps(told))
    text = json_text(kept)
    for entry in list(_largest_first(kept)):
        if len(text) <= room:
            break
        entry["left_out"] = len(entry["changes"])
        entry["changes"] = []
        entry.pop("order", None)
        entry.pop("ranks", None)
        text = json_text(kept)
    for name in ("prose", "package", "notebook"):
        if len(text) > room and kept.get(name):
            kept[name] = [_shortest(entry) for entry in kept[name]]
            text = json_text(kept)
    named = ("format", "series", "before", "after", "totals", "rows")
    return text if len(text) <= room else json_text({name: told[name] for name in named})


def room_for(files: Mapping[str, bytes]) -> int:
    """Return how many bytes ``changes.json`` may have beside a version's other files."""
    return min(LARGEST, VERSION - _RECORDS - sum(map(len, files.values())))


def read_stored(content: bytes | None) -> Document | None:
    """Return what ``changes.json`` tells; None if there is none that can be read."""
    try:
        told = json.loads(content or b"")
    except (ValueError, RecursionError):
        return None
    is_known = isinstance(told, dict) and told.get("format") == FORMAT
    return told if is_known else None


def tells_all(told: Mapping[str, Any] | None) -> bool:
    """Say whether a stored document tells of changes: not that of a first version."""
    return told is not None and told.get("before") is not None and "values" in told


def earlier_side(after: Side, told: Mapping[str, Any]) -> Side:
    """Return the version before, made again from the one after it and the changes."""
    inputs: dict[str, Any] = {kind: _hashes(after.hashes(kind), told[kind]) for kind in _KINDS}  # type: ignore[arg-type]
    lock = told["lock"]
    inputs[LOCK] = lock["before"] if lock else after.lock
    tables, unknown = _tables(after.files, told["tables"])
    return Side(
        series=after.series,
        version=told["before"]["version"],
        manifest=told["before"]["manifest"] or "",
        parameters=_named(after.parameters, told["parameters"]),
        inputs=inputs,
        withheld=after.withheld | {file["file"] for file in told["data"] if file["private"]},
        environment=_environment(after.environment, told["environment"]),
        files={VALUES_FILE: _values(after.files, told["values"]), **tables},
        kept=_kept(after, told),
        unknown=frozenset({"figures", "claims", *unknown}),
    )


def _largest_first(kept: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name in _CUT:
        entries = [entry for entry in kept.get(name, ()) if entry.get("changes")]
        yield from sorted(entries, key=lambda entry: -len(json_text(entry)))


def _shortest(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is needed to know that something changed; of a file its hashes too."""
    kept = ("file", "verdict", "before", "after") if "file" in entry else ("cell", "verdict")
    return {name: entry[name] for name in kept if name in entry}


def _hashes(after: Mapping[str, str], told: list[Mapping[str, Any]]) -> dict[str, str]:
    """Return the hashes of the inputs before."""
    found = dict(after)
    for entry in told:
        found.pop(entry["file"], None)
        if entry["before"] is not None:
            found[entry["file"]] = entry["before"]
    return found


def _named(after: Mapping[str, Any], told: list[Mapping[str, Any]]) -> dict[str, Any]:
    found = dict(after)
    for entry in told:
        found.pop(entry["name"], None)
        if entry["before"] is not None:
            found[entry["name"]] = entry["before"]
    return found


def _environment(after: Mapping[str, Any], told: list[Mapping[str, Any]]) -> dict[str, Any]:
    packages = after.get("packages")
    named = {"Python": after.get("python"), **(packages if isinstance(packages, Mapping) else {})}
    found = _named(named, told)
    return {"python": found.pop("Python", ""), "packages": found}


def _values(after: Mapping[str, bytes], told: list[Mapping[str, Any]]) -> bytes:
    found = read_values(after)
    for value in told:
        found.pop(value["id"], None)
        if value["before"] is not None:
            found[value["id"]] = {"id": value["id"], **value["before"]}
    return json_text(found)


def _tables(
    after: Mapping[str, bytes], told: list[Mapping[str, Any]]
) -> tuple[dict[str, bytes], set[str]]:
    """Return the tables before, and the names of those that cannot be made again."""
    found = {name: content for name, content in after.items() if name.startswith("tables/")}
    unknown: set[str] = set()
    for entry in told:
        name = f"tables/{entry['table']}.csv"
        content = found.pop(name, None)
        if entry["verdict"] == "new":
            continue
        sheet = read_sheet(content) if content is not None else Sheet((), ())
        earlier = undone(sheet, entry) if sheet and "changes" in entry else None
        if earlier is None:
            unknown.add(f"tables/{entry['table']}")
        else:
            found[name] = earlier.text()
    return found, unknown


def _kept(after: Side, told: Mapping[str, Any]) -> Kept:
    """Return what finds the bytes of the earlier inputs: those that stand, or made again."""
    made: dict[str, bytes] = {}
    for entry in told["data"]:
        sheet = read_sheet(after.content("data", entry["file"]) or b"")
        can_be_made = entry["verdict"] == "changed" and "changes" in entry
        if sheet and can_be_made and (earlier := undone(sheet, entry)):
            made[entry["before"]] = earlier.text()
    pins = pins_of(after)
    if told["lock"].get("pins") is not None and pins is not None and told["lock"]["before"]:
        before = _named(pins, told["lock"]["pins"])
        lines = (f"{name}=={version}\n" for name, version in sorted(before.items()))
        made[told["lock"]["before"]] = "".join(lines).encode()

    def found(kind: str, name: str, digest: str) -> bytes | None:
        return after.kept(kind, name, digest) or made.get(digest)

    return found
