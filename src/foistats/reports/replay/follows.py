"""Does a version follow from its record? All of it, and the answer.

One run of the notebook. While it runs, another process imports what writes the page; then
values, tables, figures, cells, page and the version's own statements are compared.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from foistats.errors import VerificationError
from foistats.reports.replay import trust
from foistats.reports.replay.pages import PAGE_FILE
from foistats.reports.replay.recorded import (
    ContradictionError,
    Recorded,
    UncheckableError,
    gather,
)
from foistats.reports.replay.replay import TIMEOUT, FailedReplayError, Replay, replayed_in
from foistats.reports.replay.restate import CHANGES_FILE
from foistats.reports.replay.restating import Restating
from foistats.reports.replay.scratch import laid_out
from foistats.reports.replay.shown import NOTEBOOK_FILE, shown_verdicts
from foistats.reports.replay.statements import Declared, Statements
from foistats.reports.replay.surroundings import Surrounding, differences
from foistats.reports.replay.texts import Leeway
from foistats.reports.replay.verdicts import (
    DIFFERENT,
    IDENTICAL,
    MISSING,
    NEW,
    VALUES_FILE,
    MalformedError,
    Verdict,
    counts,
    figure_verdict,
    leaf_verdict,
    leeway_of,
    read_json,
    table_verdicts,
    value_verdicts,
)

State = Literal["follows", "does not follow", "cannot be checked"]
FOLLOWS: State = "follows"
FAILS: State = "does not follow"
UNCHECKED: State = "cannot be checked"

KINDS = ("value", "table", "figure", "text", "code", "page", "statement", "file")
#: What is not compared with what the notebook publishes: the notebook, and statements.
_APART = (NOTEBOOK_FILE, VALUES_FILE, PAGE_FILE, "verify.py", CHANGES_FILE)


@dataclass(frozen=True)
class Answer:
    """The answer to whether a version follows.

    Attributes
    ----------
    state
        "follows", "does not follow" or "cannot be checked".
    reason
        Why it cannot be checked, or how the replay failed.
    verdicts
        On every value, table, figure, cell and statement.
    notes
        What was not compared, and why.
    surroundings
        What is not as it was when the version was made.
    origins
        How many inputs came from where.
    seconds
        How long the replay took.
    """

    state: State
    reason: str = ""
    verdicts: tuple[Verdict, ...] = ()
    notes: tuple[str, ...] = ()
    surroundings: tuple[Surrounding, ...] = ()
    origins: Mapping[str, int] | None = None
    seconds: float = 0.0

    @property
    def bad(self) -> tuple[Verdict, ...]:
        """What does not follow; the table of a cell that differs is not named beside it."""
        bad = [one for one in self.verdicts if not one.is_good]
        cells = {one.id for one in bad if one.kind == "cell"}
        return tuple(one for one in bad if not (one.kind == "table" and one.id in cells))

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """How many things of each kind have which verdict."""
        found = {kind: counts(self.verdicts, kind) for kind in KINDS}
        return {kind: told for kind, told in found.items() if told}

    @property
    def cells(self) -> dict[str, int]:
        """How many cells of tables have which verdict."""
        total = sum(one.numbers for one in self.verdicts if one.kind == "table")
        found = counts(self.verdicts, "cell")
        rest = max(total - sum(found.values()), 0)
        return {**({IDENTICAL: rest} if rest else {}), **found}


@dataclass(frozen=True)
class Reviewer:
    """Who checks, and with what.

    Attributes
    ----------
    project
        The project whose objects, work tree and git may be asked for inputs.
    may_execute
        Whether code that was not made here may be run.
    timeout
        Seconds that a notebook may take.
    declared
        What the project says of a report's parameters today, by report.
    """

    project: Path | None = None
    may_execute: bool = False
    timeout: int = TIMEOUT
    declared: Mapping[str, Declared] | None = None

    def asks(
        self, folder: Path, progress: Callable[[int, int], None] = lambda done, cells: None
    ) -> Answer:
        """Check whether a version follows from its record.

        Parameters
        ----------
        folder : Path
            The version's folder.
        progress : callable
            Told how many of how many cells have run.
        """
        try:
            recorded = gather(folder, project=self.project)
            recorded.require_all()
            self._require_trust(recorded)
        except VerificationError as fault:
            return Answer(UNCHECKED, _without_name(fault))
        try:
            return self._answer(recorded, progress)
        except (ContradictionError, FailedReplayError) as fault:
            state, reason = FAILS, str(fault)
        except VerificationError as fault:
            state, reason = UNCHECKED, str(fault)
        found = _surroundings(recorded)
        return Answer(state, reason, surroundings=found, origins=_origins(recorded))

    def _require_trust(self, recorded: Recorded) -> None:
        if self.may_execute or trust.is_made_here(recorded.folder, self.project):
            return
        told = "".join(f"\n  - {line}" for line in trust.what_would_run(recorded))
        raise UncheckableError(
            "to run it again is to execute code that was not made here. This would run, with the "
            f"rights you have:{told}\nLook at it, or take a machine that may be lost; then add "
            "--execute"
        )

    def _answer(self, recorded: Recorded, progress: Callable[[int, int], None]) -> Answer:
        fonts = self.project / "reports" / ".matplotlib" if self.project else None
        declared = (self.declared or {}).get(recorded.report, {})
        with laid_out(recorded, fonts=fonts) as scratch, Restating(recorded, scratch) as restating:

            def ran(done: int, cells: int) -> None:
                restating.begin()
                progress(done, cells)

            made = replayed_in(scratch, recorded, timeout=self.timeout, progress=ran)
            verdicts = list(_published(recorded, made))
            leeway = leeway_of(verdicts)
            verdicts += _others(recorded, made, leeway=leeway)
            verdicts += _notebook(recorded, made, leeway=leeway)
            stated = Statements(
                recorded, made, scratch.root, scratch.reports, declared, self.project
            )
            notes: list[str] = []
            for one in stated.verdicts(restating, leeway=leeway):
                (notes if isinstance(one, str) else verdicts).append(one)  # type: ignore[arg-type]
        is_good = all(one.is_good for one in verdicts)
        return Answer(
            state=FOLLOWS if is_good else FAILS,
            verdicts=tuple(verdicts),
            notes=tuple(notes),
            surroundings=_surroundings(recorded),
            origins=_origins(recorded),
            seconds=made.seconds,
        )


def _published(recorded: Recorded, made: Replay) -> Iterator[Verdict]:
    """Yield the verdicts on values, tables and figures."""
    before, after = recorded.files, made.files
    listed = {name: before.get(name) for name in recorded.manifest["files"]}
    yield from value_verdicts(before.get(VALUES_FILE, b""), after[VALUES_FILE])
    for name in sorted({*listed, *after} - {*_APART}):
        found, again = listed.get(name), after.get(name)
        if name.startswith("tables/"):
            yield from table_verdicts(name, found, again)
        elif name.startswith("figures/"):
            yield figure_verdict(name, found, again)


def _others(recorded: Recorded, made: Replay, *, leeway: Leeway) -> Iterator[Verdict]:
    """Yield the verdicts on files of other kinds."""
    names = {*recorded.manifest["files"], *made.files} - {*_APART}
    for name in sorted(name for name in names if not name.startswith(("tables/", "figures/"))):
        yield _file(name, recorded.files.get(name), made.files.get(name), leeway)


def _notebook(recorded: Recorded, made: Replay, *, leeway: Leeway) -> Iterator[Verdict]:
    found = recorded.files.get(NOTEBOOK_FILE, b"")
    yield from shown_verdicts(found, made.files[NOTEBOOK_FILE], leeway=leeway)


def _file(name: str, recorded: bytes | None, again: bytes | None, leeway: Leeway) -> Verdict:
    """Compare a file of another kind: JSON piece by piece, anything else exactly."""
    if recorded is None or again is None:
        what = "no notebook publishes it" if again is None else ""
        return Verdict("file", name, NEW if recorded is None else MISSING, where=what)
    if recorded == again:
        return Verdict("file", name, IDENTICAL)
    if not name.endswith(".json"):
        return Verdict("file", name, DIFFERENT)
    try:
        return Verdict("file", name, leaf_verdict(read_json(recorded), read_json(again), leeway))
    except MalformedError as fault:
        return Verdict("file", name, DIFFERENT, where=str(fault))


def _surroundings(recorded: Recorded) -> tuple[Surrounding, ...]:
    environment: Any = recorded.manifest.get("environment")
    told = environment if isinstance(environment, dict) else {}
    try:
        run = json.loads((recorded.folder / "run.json").read_bytes())
    except (OSError, ValueError):
        run = {}
    return differences(run if isinstance(run, dict) else {}, told, recorded.lock)


def _origins(recorded: Recorded) -> dict[str, int]:
    return dict(Counter(recorded.origins.values()))


def _without_name(fault: VerificationError) -> str:
    """Return what is wrong; which version is meant is said beside it."""
    return str(fault).partition(" cannot be checked: ")[2] or str(fault)
