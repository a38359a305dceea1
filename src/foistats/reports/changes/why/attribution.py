"""``foistats diff --why``: which of data, code, parameters and environment moved each number."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foistats.reports.changes.document import Document
from foistats.reports.changes.phrases import short
from foistats.reports.changes.surroundings import installed
from foistats.reports.changes.why.mixtures import PARTS, Mixer, Mixture, Part, Run
from foistats.reports.changes.why.numbers import Comparison, Name, Numbers, named
from foistats.reports.changes.why.verdicts import ENVIRONMENT, Moves, Verdict, settled
from foistats.reports.installed import packages
from foistats.reports.kernels.environment import FONT_CACHE
from foistats.reports.store.folders import version_names

if TYPE_CHECKING:
    from foistats.reports.replay.recorded import Recorded

#: The parts that are run together first: how a notebook calls a package is one decision.
_CODE: Mixture = frozenset(("notebook", "package"))
_REASON = 300
_PRIVATE = "the study is private: what it said is not shown"
_TOGETHER = "notebook and package only together"
_PLURAL = {
    "value": ("value", "values"),
    "cell": ("number in tables", "numbers in tables"),
    "row": ("row of a table", "rows of tables"),
    "table": ("table", "tables"),
    "figure": ("figure", "figures"),
}


def attributed(
    told: Document, *, reports: Path, project: Path, progress: Callable[[str], None]
) -> Document:
    """Return a document of changes with what moved each number.

    Every number that moved has ``why``: ``causes``, ``only_together``, ``not_settled`` and
    ``words``. The document has ``why``: ``runs`` (what each took from which version, its
    ``seconds`` or why it ``failed``), ``counts`` (how many numbers, by their words and kind),
    ``environment`` (what differs today from what a version recorded), ``settled`` (false where
    no number was) and ``words``.

    Parameters
    ----------
    told : dict
        From `foistats.reports.changes.compare.changes_of`.
    reports, project : Path
        Where the versions are, and whose inputs may be looked up.
    progress : callable
        Told what is about to run.
    """
    from foistats.reports.replay.recorded import gather

    names = [told[side]["version"] for side in ("before", "after")]
    standing = version_names(reports / told["series"])
    if gone := [name for name in names if name not in standing]:
        reason = f"{' and '.join(gone)} was removed, so that nothing can be run again"
        nothing: dict[str, Any] = {"runs": [], "counts": {}, "environment": {}, "settled": False}
        return told | {"why": nothing | {"words": [reason]}}
    folder = reports / told["series"]
    before, after = (gather(folder / name, project=project) for name in names)
    mixer = Mixer(
        before, after, _changed(before, after), project / "reports" / FONT_CACHE, progress
    )
    return _Attribution(told, mixer).document()


def _changed(before: Recorded, after: Recorded) -> Mixture:
    """Return the parts that differ between two versions."""
    first, second = before.manifest, after.manifest
    kinds: tuple[Part, ...] = ("data", "notebook", "package")
    found = [kind for kind in kinds if first["inputs"][kind] != second["inputs"][kind]]
    if first["parameters"] != second["parameters"]:
        found.append("parameters")
    return frozenset(found)


@dataclass
class _Attribution:
    """Two versions, what moved between them, and the runs that say why."""

    told: Document
    mixer: Mixer
    compared: dict[tuple[int, int], Comparison] = field(default_factory=dict)

    def document(self) -> Document:
        """Return the document with what moved each number."""
        moved = list(named(self.told))
        verdicts = [self._verdict(name) for name, _ in moved] if moved else []
        if any(verdict.causes == (ENVIRONMENT,) or verdict.interacts for verdict in verdicts):
            self._run_both()
            verdicts = [self._verdict(name) for name, _ in moved]
        for (_, entry), verdict in zip(moved, verdicts, strict=True):
            entry["why"] = verdict.as_dict()
        counts: Counter[tuple[str, str]] = Counter()
        for (name, _), verdict in zip(moved, verdicts, strict=True):
            counts[verdict.words, name.kind] += 1
        is_settled = any(verdict.causes for verdict in verdicts) or not moved
        return self.told | {
            "why": {
                "runs": [self._run_told(run) for run in self.mixer.runs.values()],
                "counts": _nested(counts),
                "environment": self._today,
                "settled": is_settled,
                "words": list(self._words(counts, _unsettled(moved, verdicts))),
            }
        }

    def _verdict(self, name: Name) -> Verdict:
        first, last = self._ends
        moves = {
            label: Moves(
                self._differs(first, self._with(part), name),
                self._differs(self._with(self.mixer.changed - part), last, name),
            )
            for label, part in self._parts.items()
        }
        old, new = self._published
        surroundings = self._differs(old, first, name), self._differs(last, new, name)
        failed = [run for run in self.mixer.runs.values() if run.failed]
        return settled(
            self._code_apart(moves, name),
            moved=self._differs(first, last, name),
            surroundings=True in surroundings,
            failed=[self.mixer.words(run.mixture) for run in failed],
        )

    def _code_apart(self, moves: Mapping[str, Moves], name: Name) -> Mapping[str, Moves]:
        """Tell the notebook from the package where both changed and the code moves a number."""
        if "code" not in moves or not moves["code"].alone or not self.mixer.changed >= _CODE:
            return moves
        first, _ = self._ends
        alone = {
            part: self._differs(first, self._with(frozenset((part,))), name)
            for part in PARTS
            if part in _CODE
        }
        if None in alone.values():
            return moves
        found: list[str] = [part for part, told in alone.items() if told] or [_TOGETHER]
        rest = {label: told for label, told in moves.items() if label != "code"}
        return {**rest, **dict.fromkeys(found, moves["code"])}

    @cached_property
    def _parts(self) -> dict[str, Mixture]:
        """The parts that changed, the notebook and the package as one, by what they are called."""
        changed = self.mixer.changed
        code: Mixture = _CODE & changed
        data: Mixture = changed & {"data"}
        parameters: Mixture = changed & {"parameters"}
        called = "code" if len(code) > 1 else "".join(code)
        found = {"data": data, called: code, "parameters": parameters}
        return {label: part for label, part in found.items() if part}

    @cached_property
    def _published(self) -> tuple[Run, Run]:
        """The two versions as published."""
        before, after = self.mixer.before, self.mixer.after
        return (
            Run(frozenset(), Numbers(before.files), published=before.version),
            Run(self.mixer.changed, Numbers(after.files), published=after.version),
        )

    @property
    def _ends(self) -> tuple[Run, Run]:
        """The two versions as their inputs give them today."""
        first, last = (self._with(run.mixture) for run in self._published)
        return first, last

    def _with(self, mixture: Mixture) -> Run:
        """Return a mixture's run.

        Where two parts or more changed, the two versions as published stand for runs of their
        own inputs, as long as the environment is theirs and everything is explained by the
        parts; and where such a run fails.
        """
        published = next((run for run in self._published if run.mixture == mixture), None)
        if published is None or len(self._parts) < 2:
            return self.mixer.run(mixture)
        if mixture not in self.mixer.runs and published.published not in self._today:
            return published
        run = self.mixer.run(mixture)
        return published if run.failed else run

    def _run_both(self) -> None:
        """Run both versions as they were made.

        Something is not explained by their inputs, or only by their interplay: what looks like
        that may be the environment, where a version as published stands for a run of today.
        """
        for run in self._published:
            self.mixer.run(run.mixture)

    def _differs(self, before: Run, after: Run, name: Name) -> bool | None:
        if before.numbers is None or after.numbers is None:
            return None
        pair = id(before), id(after)
        if pair not in self.compared:
            self.compared[pair] = Comparison(before.numbers, after.numbers)
        return self.compared[pair].differs(name)

    @cached_property
    def _today(self) -> dict[str, list[dict[str, Any]]]:
        """What is installed today and was not with a version, by version."""
        today = {"Python": platform.python_version(), **packages()}
        found = {}
        for recorded in (self.mixer.before, self.mixer.after):
            then = installed(recorded.manifest.get("environment", {}))
            differing = [
                {"name": name, "then": then.get(name), "today": today.get(name)}
                for name in sorted({*then, *today})
                if then.get(name) != today.get(name)
            ]
            if differing:
                found[recorded.version] = differing
        return found

    def _run_told(self, run: Run) -> dict[str, Any]:
        versions = {
            part: (self.mixer.after if part in run.mixture else self.mixer.before).version
            for part in PARTS
        }
        return {
            "from": versions,
            "words": self.mixer.words(run.mixture),
            "seconds": round(run.seconds, 1),
            "failed": self._reason(run) or None,
        }

    def _reason(self, run: Run) -> str:
        """Say why a run failed; of a private study not what it said: that may show a row."""
        is_private = any(
            recorded.manifest.get("withheld") for recorded in (self.mixer.before, self.mixer.after)
        )
        return _PRIVATE if run.failed and is_private else short(run.failed, _REASON)

    def _words(
        self, counts: Mapping[tuple[str, str], int], unsettled: Mapping[str, Mapping[str, int]]
    ) -> Iterator[str]:
        names = [name for name in PARTS if name in self.mixer.changed]
        changed = ", ".join(names) or "nothing that a version is made from"
        yield f"changed between the two: {changed}"
        for words, kinds in _nested(counts).items():
            yield f"{words}: {_numbers(kinds)}"
        if not counts:
            yield "no number moved beyond its tolerance"
        for run in self.mixer.runs.values():
            words = self.mixer.words(run.mixture)
            if not run.failed:
                yield f"run again: {words}: {run.seconds:.1f} s"
                continue
            lost = unsettled.get(words)
            yield (
                f"run again: {words}: failed"
                + (f", and would have settled {_numbers(lost)}" if lost else "")
                + f": {self._reason(run)}"
            )
        for version, found in self._today.items():
            listed = "; ".join(
                f"{one['name']} {one['then'] or 'none'}, today {one['today'] or 'none'}"
                for one in found
            )
            yield f"{version} was made in another environment: {listed}"


def _unsettled(
    moved: Sequence[tuple[Name, Any]], verdicts: Sequence[Verdict]
) -> dict[str, dict[str, int]]:
    """Count the numbers that each failed run would have settled, by its words and their kind."""
    counts: Counter[tuple[str, str]] = Counter()
    for (name, _), verdict in zip(moved, verdicts, strict=True):
        for run in verdict.failed:
            counts[run, name.kind] += 1
    return _nested(counts)


def _numbers(kinds: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {_PLURAL[kind][number != 1]}" for kind, number in kinds.items())


def _nested(counts: Mapping[tuple[str, str], int]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for (words, kind), number in counts.items():
        found.setdefault(words, {})[kind] = number
    return found
