"""Is a published version intact? Every file as its manifest says, and the chain unbroken.

Run it in the folder of a version or of a reviewer's bundle, or name one::

    python3 -I -S verify.py [FOLDER] [--expect HASH] [--json]

It needs nothing but Python 3.8 or later and reads nothing but files: it executes nothing and
asks no network. Each version carries a copy, byte for byte. Content counts; modes and times
do not. Exit codes: 0 intact, 4 differs, 2 wrong usage.

The manifest holds the hash of every file, and the hash of the manifest before it. Whoever
rewrites a file, the manifest, and every later manifest of the chain is found out by the
manifest's hash alone, if it was noted elsewhere: that is what ``--expect`` is for.

A bundle holds one version with what it was made from; its ``bundle.json`` lists every file. It
is checked like a version, and for what is not in that list.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import stat
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

READABLE_FORMATS = (1,)
MANIFEST, RUN, CRATE = "manifest.json", "run.json", "ro-crate-metadata.json"
#: What a version holds beside the files its manifest lists.
UNLISTED = (MANIFEST, RUN, CRATE)
#: What marks a bundle and lists its files, and the check at its top.
BUNDLE, CHECK = "bundle.json", "verify.py"
INTACT, WRONG_USAGE, DIFFERS = 0, 2, 4

_VERSION = re.compile(r"v([0-9]{3,9})")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.I)
_JUNCTION = 0xA0000003
_UNKNOWN, _ODD = "not known", "not a file of its own"
#: What systems leave in a folder that somebody looked into.
_LITTER = (".DS_Store", "Thumbs.db", "desktop.ini")
_LARGEST_TEXT = 50_000_000


class UncheckableError(Exception):
    """Something that keeps the rest from being checked, in plain words."""


@dataclass(frozen=True)
class Inspection:
    """What was found: faults, notes that are none, and the hash of the manifest."""

    name: str
    manifest: str
    faults: tuple[str, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Version:
    """A version's folder, what its manifest says, and whether it lies among published ones."""

    folder: Path
    content: bytes
    manifest: dict[str, Any]
    published: bool

    @property
    def name(self) -> str:
        """The version's name in the manifest, such as v002."""
        return str(self.manifest["version"])

    @property
    def number(self) -> int:
        """Its number."""
        return int(self.name[1:])

    @property
    def files(self) -> dict[str, str]:
        """The SHA-256 of each file, by path."""
        found: dict[str, str] = self.manifest["files"]
        return found

    @property
    def objects(self) -> Path:
        """Where inputs are kept by hash: beside the series."""
        depth = str(self.manifest["series"]).count("/") + 1
        return self.folder.parents[min(depth, len(self.folder.parents) - 1)] / "objects"


def intact(folder: Path) -> list[str]:
    """Return what is wrong with a version and with the chain before it; nothing if it is intact.

    Parameters
    ----------
    folder : Path
        The version's folder.

    Returns
    -------
    list of str
        The faults, in plain words.
    """
    return list(examine(folder).faults)


def examine(
    folder: Path,
    *,
    published: bool = False,
    whole_chain: bool = True,
    digests: dict[str, str] | None = None,
) -> Inspection:
    """Check one version.

    Parameters
    ----------
    folder : Path
        The version's folder.
    published : bool
        Whether it is known to lie in a reports folder, so that its predecessors and inputs
        must be there. Without it that is so where the series has its ``latest.json``.
    whole_chain : bool
        Check the links of all earlier versions, not only the one to the predecessor.
    digests : dict, optional
        Hashes worked out so far, by path: inputs are shared between versions.
    """
    known = {} if digests is None else digests
    try:
        version = _read_version(_absolute(folder), published)
        faults = [
            *_name_faults(version),
            *_file_faults(version),
            *_companion_faults(version),
            *_carried_faults(version),
            *_place_faults(version),
            *_chain_faults(version, whole=whole_chain),
            *_object_faults(version, known),
        ]
        notes = tuple(_notes(version))
    except UncheckableError as fault:
        return Inspection(_shown(_absolute(folder).name), _hash_of(folder), (str(fault),))
    name = f"{_shown(str(version.manifest['series']))} {version.name}"
    return Inspection(name, _sha256(version.content), tuple(faults), notes)


def examine_series(series: Path) -> Inspection:
    """Check what belongs to no single version: the pointer and the end of the numbering."""
    faults, notes = [], []
    try:
        newest, pointed = _newest(series), _pointed(series)
        faults += [
            f"{_name(number)}.json says that the newest version was removed, "
            "which prune never does; restore it"
            for number in sorted(_numbers(series))
            if number > newest
        ]
        faults += [
            f"{_shown(path.name)} is a link; a series holds only files of its own"
            for path in _listed(series)
            if _kind(path) == "link"
        ]
        if pointed > newest:
            faults.append(f"latest.json names {_name(pointed)}, which is not there; restore it")
        elif pointed < newest:
            notes.append(f"latest.json is behind {_name(newest)}; the next run puts it right")
    except UncheckableError as fault:
        faults.append(str(fault))
    return Inspection(_shown(series.name), "", tuple(faults), tuple(notes))


def _newest(series: Path) -> int:
    entries = _numbers(series)
    return max((number for number, kinds in entries.items() if "folder" in kinds), default=0)


def examine_objects(objects: Path, digests: dict[str, str] | None = None) -> Inspection:
    """Check that everything kept by hash has the hash it is named by."""
    known = {} if digests is None else digests
    faults = []
    for path in _listed(objects):
        if path.name.startswith("."):
            continue
        found = _kept(str(objects), path.name, known)
        if found == _ODD or not _SHA256.fullmatch(path.name):
            faults.append(f"{_shown(path.name)} is not a file named by its SHA-256")
        elif found != path.name:
            faults.append(f"{path.name} was changed: its content has another SHA-256")
    return Inspection("objects", "", tuple(faults))


def examine_bundle(root: Path, *, digests: dict[str, str] | None = None) -> Inspection:
    """Check a reviewer's bundle: its version, and that it holds what its list says, no more."""
    try:
        told = _parsed(_read(root / BUNDLE, BUNDLE), BUNDLE)
        folder = _bundled(_absolute(root), told)
    except UncheckableError as fault:
        return Inspection(_shown(_absolute(root).name), "", (str(fault),))
    found = examine(folder, published=True, digests=digests)
    faults = list(found.faults)
    if told.get("manifest") != found.manifest:
        faults.insert(0, f"{BUNDLE} names another hash of the manifest: one of them was changed")
    try:
        faults += _bundle_faults(_absolute(root), told)
        faults += _check_faults(_absolute(root), folder)
    except (OSError, UncheckableError) as fault:
        faults.append(str(fault))
    return Inspection(found.name, found.manifest, tuple(faults), found.notes)


def bundled_version(root: Path) -> Path:
    """Return the folder of the version in a bundle.

    Raises
    ------
    UncheckableError
        When its bundle.json does not name one.
    """
    return _bundled(_absolute(root), _parsed(_read(root / BUNDLE, BUNDLE), BUNDLE))


def version_names(series: Path) -> list[str]:
    """Return the versions in a series folder, oldest first, whatever lies behind the names."""
    entries = _numbers(series)
    return [_name(number) for number in sorted(entries) if "folder" in entries[number]]


def expected_fault(found: str, expected: str) -> str:
    """Say that a manifest is not the one whose hash was cited, or nothing."""
    if found == expected.strip().lower():
        return ""
    return (
        f"the manifest is not the one expected: its SHA-256 is {found or 'not known'}, "
        f"expected was {_shown(expected)}"
    )


def is_hash(text: str) -> bool:
    """Say whether a text is a SHA-256 in hexadecimal digits."""
    return bool(_SHA256.fullmatch(text.strip().lower()))


# The version and its manifest


def _read_version(folder: Path, published: bool) -> Version:
    if _kind(folder) != "folder":
        kind = {"link": "a link", "file": "a file"}.get(_kind(folder), "not there")
        raise UncheckableError(f"the version is {kind}, not a folder of its own")
    content = _read(folder / MANIFEST, MANIFEST)
    manifest = _parsed(content, MANIFEST)
    _check_manifest(manifest)
    is_published = published or _kind(folder.parent / "latest.json") != ""
    return Version(folder, content, manifest, is_published)


def _check_manifest(manifest: dict[str, Any]) -> None:
    found = manifest.get("format")
    if type(found) is not int or found not in READABLE_FORMATS:
        raise UncheckableError(
            f"manifest.json has the format {_shown(json.dumps(found))}; this program reads "
            f"{', '.join(map(str, READABLE_FORMATS))}: use the verify.py of a newer release"
        )
    if not _is_version(str(manifest.get("version"))):
        raise UncheckableError("manifest.json has no version such as v001; it was edited")
    if not all(isinstance(manifest.get(name), str) for name in ("report", "series")):
        raise UncheckableError(
            "manifest.json does not name its report and its series; it was edited"
        )
    files, before = manifest.get("files"), manifest.get("predecessor", "")
    if not isinstance(files, dict) or not files or not all(map(_is_sha256, files.values())):
        raise UncheckableError("manifest.json does not give a SHA-256 for each file; it was edited")
    if before is not None and not _is_sha256(before):
        raise UncheckableError(
            "manifest.json has a predecessor that is not a SHA-256; it was edited"
        )


def _name_faults(version: Version) -> Iterator[str]:
    """Yield the paths that lead out of the folder, or that are one file on some machines."""
    seen = {_folded(name): name for name in UNLISTED}
    for name in version.files:
        if name in UNLISTED:
            yield f"manifest.json lists {name}, which cannot be listed; it was edited"
        elif not _is_safe(name):
            yield (
                f"manifest.json lists '{_shown(name)}', a path that leads out of the folder or "
                "cannot be written everywhere; it was edited"
            )
        for part in _prefixes(name):
            if seen.setdefault(_folded(part), part) != part:
                yield (
                    f"manifest.json lists '{_shown(part)}' and '{_shown(seen[_folded(part)])}', "
                    "which are one on Windows and macOS"
                )


def _file_faults(version: Version) -> Iterator[str]:
    folders = {part for name in version.files for part in _prefixes(name)[:-1]}
    found = dict(_entries(version.folder, folders))
    for name in sorted(found):
        if found[name] == "link":
            yield f"{_shown(name)} is a link; a version holds only files of its own"
        elif found[name] == "folder":
            if name not in folders:
                yield f"{_shown(name)} was added, a folder that is no part of the version"
        elif found[name] != "file":
            yield f"{_shown(name)} is neither a file nor a folder"
        elif name not in version.files and name not in UNLISTED:
            yield f"{_shown(name)} was added; it is no part of the version"
    for name in sorted(version.files):
        if name not in found and _is_safe(name):
            yield f"{name} is missing"
        elif found.get(name) == "file" and _is_safe(name) and name not in UNLISTED:
            yield from _change(version.folder / name, name, version.files[name])


def _change(path: Path, name: str, recorded: str) -> Iterator[str]:
    try:
        found = _digest(path)
    except OSError as fault:
        yield f"{name} cannot be read ({fault.strerror})"
        return
    if found == recorded:
        return
    if path.stat().st_size < _LARGEST_TEXT and _differs_in_lines(path.read_bytes(), recorded):
        yield f"{name} was changed: {_LINE_ENDINGS}"
    else:
        yield f"{name} was changed: its SHA-256 is {found}, the manifest says {recorded}"


_LINE_ENDINGS = (
    "line endings changed, nothing else; git's core.autocrlf does that: "
    "switch it off and check the files out again"
)


def _differs_in_lines(content: bytes, recorded: str) -> bool:
    unix = content.replace(b"\r\n", b"\n")
    return recorded in (_sha256(unix), _sha256(unix.replace(b"\n", b"\r\n")))


def _companion_faults(version: Version) -> Iterator[str]:
    """Yield what is wrong with the two files that the manifest cannot list."""
    try:
        run = _parsed(_read(version.folder / RUN, RUN), RUN)
        if run.get("manifest") != _sha256(version.content):
            if _differs_in_lines(version.content, str(run.get("manifest"))):
                yield f"{MANIFEST} was changed: {_LINE_ENDINGS}"
            else:
                yield (
                    f"{MANIFEST} was changed after the run, or {RUN} was: "
                    f"{RUN} names another hash of the manifest"
                )
    except UncheckableError as fault:
        yield str(fault)
    try:
        crate = _parsed(_read(version.folder / CRATE, CRATE), CRATE)
        yield from _crate_faults(crate, version)
    except UncheckableError as fault:
        yield str(fault)


def _carried_faults(version: Version) -> Iterator[str]:
    """Compare the check that the version carries with that of the source it was made with."""
    carried = version.files.get(CHECK)
    source = dict(_inputs(version.manifest)).get(f"foistats/reports/{CHECK}")
    if None not in (carried, source) and carried != source:
        yield (
            f"the {CHECK} it carries is not that of the source it was made with: it was put "
            "there afterwards"
        )


def _crate_faults(crate: dict[str, Any], version: Version) -> Iterator[str]:
    recorded = {**version.files, MANIFEST: _sha256(version.content)}
    if _kind(version.folder / RUN) == "file":
        recorded[RUN] = _digest(version.folder / RUN)
    graph = crate.get("@graph")
    for entity in graph if isinstance(graph, list) else ():
        if not isinstance(entity, dict) or "sha256" not in entity:
            continue
        name = str(entity.get("@id"))
        if name in recorded and entity["sha256"] != recorded[name]:
            yield f"{CRATE} was changed: it gives another hash of {_shown(name)}"


# Where the version lies, and what came before it


def _place_faults(version: Version) -> Iterator[str]:
    folder, series = version.folder, str(version.manifest["series"])
    if folder.name != version.name and (version.published or _VERSION.fullmatch(folder.name)):
        yield f"the folder is called {_shown(folder.name)}, its manifest says {version.name}"
    if version.manifest["report"] != series.split("/", maxsplit=1)[0]:
        yield "manifest.json names a report and a series that do not belong together"
    if not version.published:
        return
    parts = tuple(series.split("/"))
    place = folder.parent.parts[-len(parts) :]
    if place != parts:
        yield f"it lies in {_shown('/'.join(place))}, its manifest says {_shown(series)}"
    own = folder.parent / f"{folder.name}.json"
    if _kind(own):
        yield from _tombstone_faults(own, version)


def _tombstone_faults(path: Path, version: Version) -> Iterator[str]:
    try:
        if _tombstone(path)["manifest"] != _sha256(version.content):
            yield f"{path.name} records the removal of this version with another hash"
    except UncheckableError as fault:
        yield str(fault)


def _chain_faults(version: Version, *, whole: bool) -> Iterator[str]:
    """Yield the broken links: from this version to its predecessor, and so on to the first."""
    series, later, wanted = version.folder.parent, version.name, version.manifest["predecessor"]
    if (version.number > 1) != (wanted is not None):
        yield (
            f"{later} names no predecessor, which only v001 may do"
            if wanted is None
            else f"{later} names a predecessor, which the first version has not"
        )
        return
    expected = version.number - 1
    for number in _earlier(series, version.number):
        if number < expected:
            yield from _gap(version, number + 1, expected)
            wanted = _UNKNOWN
        if number == 0:
            return
        try:
            found, before = _link(series, _name(number))
        except UncheckableError as fault:
            yield str(fault)
            return
        if wanted not in (_UNKNOWN, found):
            yield f"the chain is broken: {_name(number)} is not what {later} was made after"
        if not whole and _kind(series / _name(number)):
            return
        if before != _UNKNOWN and (number > 1) != (before is not None):
            yield f"the chain is broken: {_name(number)} names no predecessor, or one too many"
        later, wanted, expected = _name(number), before, number - 1


def _earlier(series: Path, number: int) -> list[int]:
    return [*sorted((found for found in _numbers(series) if found < number), reverse=True), 0]


def _gap(version: Version, first: int, last: int) -> Iterator[str]:
    if not version.published:
        return
    what = f"{_name(first)} is" if first == last else f"{_name(first)} to {_name(last)} are"
    yield f"{what} gone, and no {_name(last)}.json says why: removed without a record, or renamed"


def _link(series: Path, name: str) -> tuple[str, Any]:
    """Return the hash of an earlier version's manifest and its predecessor's, if it is known."""
    if _kind(series / name):
        content = _read(series / name / MANIFEST, f"{name}/{MANIFEST}")
        manifest = _parsed(content, f"{name}/{MANIFEST}")
        return _sha256(content), manifest.get("predecessor")
    told = _tombstone(series / f"{name}.json")
    return str(told["manifest"]), told.get("predecessor", _UNKNOWN)


def _tombstone(path: Path) -> dict[str, Any]:
    told = _parsed(_read(path, path.name), path.name)
    if told.get("version") != path.stem or not _is_sha256(told.get("manifest")):
        raise UncheckableError(
            f"{path.name} is not the record of a removed {path.stem}; it was edited"
        )
    return told


def _pointed(series: Path) -> int:
    """Return the number the pointer names; none yet is 0, as after a crash in the first run."""
    if not _kind(series / "latest.json"):
        return 0
    told = _parsed(_read(series / "latest.json", "latest.json"), "latest.json").get("version")
    if not _is_version(str(told)):
        raise UncheckableError(
            "latest.json names no version; delete it: the next run writes it anew"
        )
    return int(str(told)[1:])


def _numbers(series: Path) -> dict[int, set[str]]:
    """Return the numbers of a series, each a folder, a tombstone or both."""
    found: dict[int, set[str]] = {}
    for name in (path.name for path in _listed(series)):
        stem = name[: -len(".json")] if name.endswith(".json") else name
        if _is_version(stem):
            kind = "folder" if stem == name else "tombstone"
            found.setdefault(int(stem[1:]), set()).add(kind)
    return found


# Inputs kept by hash


def _object_faults(version: Version, digests: dict[str, str]) -> Iterator[str]:
    gone, objects = [], version.objects
    if _kind(objects) == "link":
        yield "objects/ is a link; the inputs must lie in a folder of their own"
    place = str(objects)
    for name, recorded in _inputs(version.manifest):
        found = _kept(place, recorded, digests)
        if not found:
            gone.append(name)
        elif found == _ODD:
            yield f"objects/{recorded} ({_shown(name)}) is not a file of its own"
        elif found != recorded:
            yield f"objects/{recorded} ({_shown(name)}) was changed"
    expected = [name for name in gone if not _is_withheld(name, version.manifest)]
    if expected and version.published:
        yield f"objects/ lacks {_some(expected)}, from which it was made; restore the folder"


def _inputs(manifest: dict[str, Any]) -> Iterator[tuple[str, str]]:
    inputs = manifest.get("inputs")
    for kind, told in inputs.items() if isinstance(inputs, dict) else ():
        for name, found in told.items() if isinstance(told, dict) else ((kind, told),):
            if _is_sha256(found):
                yield f"foistats/{name}" if kind == "package" else name, found


def _is_withheld(name: str, manifest: dict[str, Any]) -> bool:
    return any(
        name == told or name.startswith(told.rstrip("/") + "/") for told in _withheld(manifest)
    )


def _withheld(manifest: dict[str, Any]) -> list[str]:
    told = manifest.get("withheld")
    return [name for name in told if isinstance(name, str)] if isinstance(told, list) else []


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(_shown(name) for name in names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown


# A bundle


def _bundled(root: Path, told: dict[str, Any]) -> Path:
    series, version = told.get("series"), told.get("version")
    if not isinstance(series, str) or not _is_safe(series) or not _is_version(str(version)):
        raise UncheckableError(f"{BUNDLE} does not name a series and a version; it was edited")
    files = told.get("files")
    if not isinstance(files, dict) or not all(map(_is_sha256, files.values())):
        raise UncheckableError(f"{BUNDLE} does not give a SHA-256 for each file; it was edited")
    for part in _prefixes(f"reports/{series}"):
        if _kind(root / part) == "link":
            raise UncheckableError(f"{_shown(part)} is a link; a bundle holds only its own files")
    return root / "reports" / series / str(version)


def _bundle_faults(root: Path, told: dict[str, Any]) -> Iterator[str]:
    """Yield what is not as the list has it; the version itself is checked by its manifest."""
    files: dict[str, str] = told["files"]
    for name in sorted(files):
        if not _is_safe(name):
            yield f"{BUNDLE} lists '{_shown(name)}', a path that leads out of the bundle"
    folders = {part for name in files for part in _prefixes(name)[:-1]}
    found = dict(_entries(root, folders | {"foistats"}))
    for name in sorted(found):
        if found[name] == "link":
            yield f"{_shown(name)} is a link; a bundle holds only files of its own"
        elif not (name in files or name in folders or _is_made_by_reviewer(root, name)):
            yield f"{_shown(name)} was added; it is no part of the bundle"
    for name in sorted(files):
        if name not in found and _is_safe(name):
            yield f"{name} is missing from the bundle"
        elif found.get(name) == "file" and _digest(root / name) != files[name]:
            yield f"{name} was changed since the bundle was made"


def _is_made_by_reviewer(root: Path, name: str) -> bool:
    """Say whether checking a bundle makes such a thing: an environment, or compiled source."""
    last = name.rsplit("/", 1)[-1]
    is_compiled = name.startswith("foistats/") and last == "__pycache__"
    is_environment = "/" not in name and _kind(root / name / "pyvenv.cfg") == "file"
    return name == BUNDLE or last in _LITTER or is_compiled or is_environment


def _check_faults(root: Path, folder: Path) -> Iterator[str]:
    """Compare the check at the top with the one that the version carries."""
    carried = _read(folder / CHECK, f"{CHECK} of the version")
    if BUNDLE.encode() in carried and _read(root / CHECK, CHECK) != carried:
        yield f"the {CHECK} at the top is not the one that the version carries"


# What a reader should know and is no fault


def _notes(version: Version) -> Iterator[str]:
    carried = version.files.get(CHECK)
    if carried and carried != _digest(Path(__file__)):
        is_known = carried == dict(_inputs(version.manifest)).get(f"foistats/reports/{CHECK}")
        whose = ", but that of its source" if is_known else ": perhaps made to say yes"
        yield f"the {CHECK} it carries is not this one{whose}; this check did not use it"
    before = version.number - 1
    if before and not version.published and before not in _numbers(version.folder.parent):
        wanted = version.manifest["predecessor"]
        yield f"{_name(before)} is not here; its manifest had the SHA-256 {wanted}"
    if not version.published and _kind(version.objects) != "folder":
        yield "the inputs are not here; their hashes are in the manifest"
    withheld = _withheld(version.manifest)
    if withheld:
        yield f"inputs withheld, known by their hashes only: {_some(withheld)}"


# Files


def _entries(folder: Path, wanted: Iterable[str], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield everything in a folder and in its wanted folders, by path, with its kind."""
    for path in _listed(folder):
        name, kind = prefix + path.name, _kind(path)
        yield name, kind
        if kind == "folder" and name in wanted:
            yield from _entries(path, wanted, f"{name}/")


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir()) if folder.is_dir() else []
    except OSError as fault:
        raise UncheckableError(
            f"{_shown(folder.name)} cannot be listed ({fault.strerror})"
        ) from None


def _kind(path: Path) -> str:
    """Return "file", "folder", "link" or "other"; nothing for what is not there."""
    try:
        found = path.lstat()
    except (OSError, ValueError):
        return ""
    if stat.S_ISLNK(found.st_mode) or getattr(found, "st_reparse_tag", 0) == _JUNCTION:
        return "link"
    if stat.S_ISDIR(found.st_mode):
        return "folder"
    return "file" if stat.S_ISREG(found.st_mode) else "other"


def _read(path: Path, name: str) -> bytes:
    kind = _kind(path)
    if kind != "file":
        raise UncheckableError(f"{name} is {'missing' if not kind else 'not a file of its own'}")
    try:
        return path.read_bytes()
    except OSError as fault:
        raise UncheckableError(f"{name} cannot be read ({fault.strerror})") from None


def _parsed(content: bytes, name: str) -> dict[str, Any]:
    try:
        found = json.loads(
            content.decode("utf-8"), object_pairs_hook=_distinct, parse_constant=_refuse
        )
    except UncheckableError as fault:
        raise UncheckableError(f"{name} {fault}; it was edited") from None
    except (ValueError, RecursionError):
        raise UncheckableError(f"{name} is not complete JSON: cut short or edited") from None
    if not isinstance(found, dict):
        raise UncheckableError(f"{name} is not a JSON object; it was edited")
    return found


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise UncheckableError(f"has the key '{_shown(key)}' twice")
        found[key] = value
    return found


def _refuse(constant: str) -> None:
    raise UncheckableError(f"holds {constant}, which is not JSON")


def _digest(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while True:
            piece = file.read(1 << 20)
            if not piece:
                return found.hexdigest()
            found.update(piece)


def _kept(objects: str, name: str, digests: dict[str, str]) -> str:
    """Return the hash of an input, worked out once; nothing for one that is not there."""
    path = os.path.join(objects, name)  # noqa: PTH118 - thousands of them, within a second
    if path not in digests:
        kind = _kind(Path(path))
        digests[path] = _ODD if kind else ""
        if kind == "file":
            try:
                digests[path] = _digest(Path(path))
            except OSError:
                digests[path] = "not readable"
    return digests[path]


def _hash_of(folder: Path) -> str:
    return _digest(folder / MANIFEST) if _kind(folder / MANIFEST) == "file" else ""


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _is_sha256(found: object) -> bool:
    return isinstance(found, str) and bool(_SHA256.fullmatch(found))


# Names


def _absolute(folder: Path) -> Path:
    return Path(os.path.abspath(folder))  # noqa: PTH100 - resolve() would follow links


def _name(number: int) -> str:
    return f"v{number:03d}"


def _is_version(text: str) -> bool:
    return bool(_VERSION.fullmatch(text)) and text == _name(int(text[1:]))


def _prefixes(name: str) -> list[str]:
    parts = name.split("/")
    return ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _is_safe(name: str) -> bool:
    """Say whether a path stays inside its folder, on every system."""
    parts = name.split("/")
    return (
        name.isprintable()
        and not set(name) & set('\\:*?"<>|')
        and all(part and part[-1] not in ". " for part in parts)
        and not any(_RESERVED.fullmatch(part) for part in parts)
    )


def _shown(text: str) -> str:
    """Return a text that cannot disturb a terminal, at most 100 characters long."""
    plain = "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text
    )
    return plain if len(plain) <= 100 else f"{plain[:97]}..."


# The program


def main(arguments: Sequence[str] | None = None) -> int:
    """Check one version and say what was found; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="verify.py", description="Check that a published version of a report is intact."
    )
    parser.add_argument(
        "folder", nargs="?", type=Path, help="a version or a bundle; without it this one"
    )
    parser.add_argument("--expect", metavar="HASH", help="the manifest's SHA-256, as cited")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    given = parser.parse_args(arguments)
    folder = given.folder or _here()
    if folder is None or not folder.exists():
        parser.error("there is no version here; name the folder of one, such as v001")
    if given.expect is not None and not is_hash(given.expect):
        parser.error("--expect takes a SHA-256: 64 hexadecimal digits")
    is_bundle = _kind(folder / BUNDLE) == "file"
    found = examine_bundle(folder) if is_bundle else examine(folder)
    differs = expected_fault(found.manifest, given.expect) if given.expect else ""
    faults = [*([differs] if differs else []), *found.faults]
    _say(_json_document(found, faults) if given.json else _plain_words(found, faults))
    return DIFFERS if faults else INTACT


def _here() -> Path | None:
    for folder in (Path.cwd(), _absolute(Path(__file__)).parent):
        if (folder / MANIFEST).exists() or (folder / BUNDLE).exists():
            return folder
    return None


def _json_document(found: Inspection, faults: list[str]) -> str:
    document = {
        "version": found.name,
        "manifest": found.manifest,
        "intact": not faults,
        "faults": faults,
        "notes": list(found.notes),
    }
    return json.dumps(document, indent=1)


def _plain_words(found: Inspection, faults: list[str]) -> str:
    lines = [f"{found.name}: {'differs from its record' if faults else 'intact'}"]
    lines += [f"  - {fault}" for fault in faults]
    lines += [f"  note: {note}" for note in found.notes]
    if found.manifest:
        lines.append("  SHA-256 of its manifest, to compare with the one cited:")
        lines.append(f"  {found.manifest}")
    return "\n".join(lines)


def _say(text: str) -> None:
    encoding = sys.stdout.encoding or "ascii"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")


if __name__ == "__main__":
    sys.exit(main())
