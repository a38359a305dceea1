"""What a version says of itself, compared with what its record says again.

The manifest's title, dates, sources, key and sentence of change, the page, the crate, the run
and the carried check are no results of the notebook. Each follows from the record; the
recorded source says it again, in a process of its own.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from foistats.errors import VerificationError
from foistats.reports.ask.parameter import written
from foistats.reports.replay.pages import PAGE_FILE, page_verdict, stated_parameters
from foistats.reports.replay.parameters import given, studies
from foistats.reports.replay.recorded import Recorded, gather
from foistats.reports.replay.replay import Replay
from foistats.reports.replay.restate import CHANGES_FILE
from foistats.reports.replay.restating import Restating, Said
from foistats.reports.replay.texts import Leeway
from foistats.reports.replay.verdicts import (
    DIFFERENT,
    IDENTICAL,
    MISSING,
    NEW,
    MalformedError,
    Verdict,
    leaf_verdict,
    read_json,
)
from foistats.reports.store.folders import OBJECTS, number_of

#: What a project says of its parameters: unit and meaning, by name.
Declared = Mapping[str, tuple[str, str]]

_CRATE, _RUN, _CARRIED = "ro-crate-metadata.json", "run.json", "verify.py"
_OWN_CHECK = "reports/verify.py"
_WRITES_CHANGES = "reports/changes/publication.py"
_FAILED = "Its last run failed: "


@dataclass(frozen=True)
class Statements:
    """What a version says of itself, to be compared.

    Attributes
    ----------
    recorded, made
        The version and its replay.
    root
        The folder that stands for the project, with the recorded data.
    reports
        The folder that stands for the reports.
    declared
        What the project says of the parameters today; no version records that.
    project
        The project that may be asked for the inputs of the version before.
    """

    recorded: Recorded
    made: Replay
    root: Path
    reports: Path
    declared: Declared
    project: Path | None = None

    def verdicts(self, restating: Restating, *, leeway: Leeway) -> Iterator[Verdict | str]:
        """Yield verdicts, and as texts what could not be compared and why."""
        manifest = self.recorded.manifest
        said = restating.say(self._record())
        yield _verdict("title", manifest.get("title"), self._title)
        yield from self._dated(said)
        yield from self._plain("key", said)
        yield from self._changed(said)
        yield from self._stored(said)
        yield from self._paged(said, leeway=leeway)
        yield from self._crated(said)
        yield from self._ran()
        yield from self._carried()
        yield from self._meant()

    @property
    def _title(self) -> str:
        return self.made.source.title or self.recorded.report

    @property
    def _studies(self) -> dict[str, str]:
        return studies(self.recorded, self.made.source)

    @property
    def _command(self) -> str:
        values = given(self.recorded, self.made.source)
        told = (f"-p {name} {shlex.quote(written(value))}" for name, value in values.items())
        return " ".join(["foistats run", self.recorded.report, *told])

    @cached_property
    def before(self) -> Recorded | None:
        """The version before, if all of it is here."""
        if (number := number_of(self.recorded.version)) == 1:
            return None
        folder = self.recorded.folder.with_name(f"v{number - 1:03d}")
        try:
            found = gather(folder, project=self.project)
        except VerificationError:
            return None
        is_it = found.manifest_hash == self.recorded.manifest.get("predecessor")
        is_whole = found.is_kept_whole and found.files.keys() == found.manifest["files"].keys()
        return found if is_it and is_whole else None

    def keep(self, objects: Path) -> None:
        """Lay out the inputs of this version and of the one before by hash, as they were kept."""
        objects.mkdir(parents=True, exist_ok=True)
        for version in (self.before, self.recorded):
            for digest, content in version.kept.items() if version else ():
                (objects / digest).write_bytes(content)

    def _record(self) -> dict[str, Any]:
        recorded, change = self.recorded, str(self.recorded.manifest.get("change"))
        before = self.before
        self.keep(self.reports / OBJECTS)
        return {
            "folder": str(recorded.folder.absolute()),
            "before": str(before.folder.absolute()) if before else "",
            "is_first": number_of(recorded.version) == 1,
            "reports": str(self.reports),
            "reasons": list(_reasons(change)),
            "root": str(self.root),
            "series": recorded.series,
            "command": self._run_command(),
            "title": self._title,
            "studies": self._studies,
            "parameters": list(self._parameters()),
            "values": dict(recorded.parameters),
            "notebook": self.made.notebook,
            "manifest": recorded.manifest,
            "manifest_hash": recorded.manifest_hash,
            "run": _object(recorded.folder / _RUN),
        }

    def _run_command(self) -> str:
        """Return the command; that of a series kept apart from the others names the series."""
        apart = f"foistats run {self.recorded.series}"
        return (
            apart if _object(self.recorded.folder / _RUN).get("command") == apart else self._command
        )

    def _parameters(self) -> Iterator[dict[str, str]]:
        """Yield what the page says of each parameter: no input records unit and meaning."""
        stated = stated_parameters(self.recorded.files.get(PAGE_FILE, b""))
        for parameter in self.made.source.parameters:
            value = self.recorded.parameters[parameter.name]
            shown = str(value) if value != "" else "(empty)"
            if parameter.name in stated:
                text, meaning = stated[parameter.name]
                unit = text[len(shown) :].strip() if text.startswith(f"{shown} ") else ""
            else:
                unit, meaning = self.declared.get(parameter.name, ("", parameter.comment))
            yield {"name": parameter.name, "unit": unit, "meaning": meaning}

    def _dated(self, said: Said) -> Iterator[Verdict | str]:
        manifest = self.recorded.manifest
        if (manifest.get("as_of") or manifest.get("sources")) and not self._studies:
            yield "dates and sources are not compared: the study's settings are no recorded input"
            return
        for part in ("as_of", "sources"):
            yield from self._plain(part, said)

    def _changed(self, said: Said) -> Iterator[Verdict | str]:
        if number_of(self.recorded.version) > 1 and self.before is None:
            yield "what changed is not compared: the version before is not here, or not whole"
            return
        if str(self.recorded.manifest.get("change")).startswith(_FAILED):
            yield "that a run failed before this one is not compared: no version records it"
        yield from self._plain("change", said)

    def _stored(self, said: Said) -> Iterator[Verdict | str]:
        """Compare the difference from the version before that the version keeps."""
        found = self.recorded.files.get(CHANGES_FILE)
        is_listed = CHANGES_FILE in self.recorded.manifest["files"]
        if _WRITES_CHANGES not in self.recorded.package:
            if is_listed:
                where = "the recorded source writes no such file"
                yield Verdict("statement", CHANGES_FILE, MISSING, where=where)
            return
        if number_of(self.recorded.version) > 1 and self.before is None:
            return  # said of the sentence
        if "told" not in said["changes"]:
            yield _unsaid("statement", CHANGES_FILE, "changes", said)
            return
        told = said["changes"]["told"]
        if told is None or not is_listed:
            if told is not None or is_listed:
                yield Verdict("statement", CHANGES_FILE, MISSING if told is None else NEW)
            return
        try:
            is_same = leaf_verdict(read_json(found or b""), json.loads(told)) == IDENTICAL
        except MalformedError:
            is_same = False
        yield Verdict("statement", CHANGES_FILE, IDENTICAL if is_same else DIFFERENT)

    def _plain(self, part: str, said: Said) -> Iterator[Verdict | str]:
        if "told" in said[part]:
            yield _verdict(part, self.recorded.manifest.get(part), said[part]["told"])
        else:
            yield _unsaid("statement", part, part, said)

    def _paged(self, said: Said, *, leeway: Leeway) -> Iterator[Verdict | str]:
        if "told" not in said["page"]:
            yield _unsaid("page", PAGE_FILE, "page", said)
            return
        page = str(said["page"]["told"]).encode()
        yield page_verdict(self.recorded.files.get(PAGE_FILE), page, leeway=leeway)

    def _crated(self, said: Said) -> Iterator[Verdict | str]:
        if "told" not in said["crate"]:
            yield _unsaid("statement", _CRATE, "crate", said)
            return
        try:
            found = read_json((self.recorded.folder / _CRATE).read_bytes())
        except (OSError, MalformedError):
            found = None
        is_same = leaf_verdict(found, json.loads(said["crate"]["told"])) == IDENTICAL
        yield Verdict("statement", _CRATE, IDENTICAL if is_same else DIFFERENT)

    def _ran(self) -> Iterator[Verdict | str]:
        """Compare the record of the run with the manifest, which names the same things."""
        run = _object(self.recorded.folder / _RUN)
        told: Any = self.recorded.manifest.get("environment")
        environment: Mapping[str, Any] = told if isinstance(told, dict) else {}
        for part in ("python", "packages"):
            yield _verdict(f"{_RUN} {part}", run.get(part), environment.get(part))
        yield _verdict(f"{_RUN} command", run.get("command"), self._run_command())

    def _carried(self) -> Iterator[Verdict]:
        """Compare the check that the version carries with that of the recorded source."""
        own = self.recorded.manifest["inputs"]["package"].get(_OWN_CHECK)
        if own is not None:
            yield _verdict(_CARRIED, self.recorded.manifest["files"].get(_CARRIED), own)

    def _meant(self) -> Iterator[str]:
        for parameter in self._parameters():
            today = self.declared.get(parameter["name"])
            if today and today != (parameter["unit"], parameter["meaning"]):
                yield (
                    f"the page says of the parameter {parameter['name']} "
                    f"'{parameter['meaning']}', foistats.toml says today '{today[1]}'; "
                    "no version records it"
                )


def _reasons(change: str) -> Iterator[str]:
    """Yield what may be the reason in a sentence that tells of a failed run."""
    if change.startswith(_FAILED):
        for found in re.finditer("; ", change):
            yield change[:1].lower() + change[1 : found.start()]


def _verdict(part: str, recorded: Any, again: Any) -> Verdict:
    if leaf_verdict(recorded, again) == IDENTICAL:
        return Verdict("statement", part, IDENTICAL)
    return Verdict("statement", part, DIFFERENT, _short(recorded), _short(again))


def _unsaid(kind: str, id: str, part: str, said: Said) -> Verdict:
    """Return the verdict on what the recorded source cannot write: it never wrote that."""
    fault = said[part].get("fault", "no answer")
    return Verdict(kind, id, DIFFERENT, where=f"the recorded source cannot write it ({fault})")


def _object(path: Path) -> Mapping[str, Any]:
    """Read a JSON object; what is wrong with it the intact check says."""
    try:
        found = read_json(path.read_bytes())
    except (OSError, MalformedError):
        return {}
    return found if isinstance(found, dict) else {}


def _short(told: Any) -> str:
    text = told if isinstance(told, str) else json.dumps(told, sort_keys=True)
    return text if len(text) <= 300 else f"{text[:299]}…"
