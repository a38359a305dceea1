"""A version reviewed as was asked: its files, its replay, its signature."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from foistats.errors import FoistatsError, UsageError
from foistats.reports import verify as check
from foistats.reports.ask.declare import read_project
from foistats.reports.replay.review import Review
from foistats.reports.replay.wanted import Wanted, series_below

if TYPE_CHECKING:
    from foistats.reports.replay.follows import Answer
    from foistats.reports.replay.signature import Signature

#: What a run writes of all versions. They may be behind, and never name one that never was.
_OVERVIEWS = ("index.html", "codecheck.yml")
_PLACE = re.compile(r"(?<![\w./-])([a-z][a-z0-9-]*(?:/[a-z0-9-]+)?)/(v[0-9]{3,9})/")

#: Told how many of how many cells have run.
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Asked:
    """What is asked of each version.

    Attributes
    ----------
    follows
        Whether to run it again.
    may_execute
        Whether what was not made here may be run.
    expect
        The cited hash of the manifest.
    allowed, signature
        The reviewer's file of allowed signers, and where the signature is.
    root
        The project, if there is one.
    """

    follows: bool
    may_execute: bool = False
    expect: str | None = None
    allowed: Path | None = None
    signature: Path | None = None
    root: Path | None = None

    def refuse_odd(self, wanted: Sequence[Wanted]) -> None:
        """Raise a UsageError for what cannot be asked of these versions."""
        if self.expect is not None and not check.is_hash(self.expect):
            raise UsageError(
                f"--expect: '{self.expect}' is not a SHA-256; give the 64 hexadecimal digits cited"
            )
        if self.signature is not None and self.allowed is None:
            raise UsageError("--signature is checked against --allowed-signers FILE; give both")
        for what, given in (("--expect", self.expect), ("--signature", self.signature)):
            if given is not None:
                require_one(wanted, what)
        for one in wanted:
            if self.allowed is not None and _comes_with(self.allowed, one):
                raise UsageError(
                    f"--allowed-signers: {self.allowed} lies beside what is to be checked; a key "
                    "that comes with it proves nothing: take one that you have from elsewhere"
                )

    def of(
        self, one: Wanted, progress: Progress, *, whole_chain: bool, digests: dict[str, str]
    ) -> Review:
        """Review one version.

        Parameters
        ----------
        one : Wanted
            Which.
        progress : callable
            Told how far its replay is.
        whole_chain : bool
            Check the links of all earlier versions, not only the one to the predecessor.
        digests : dict
            Hashes worked out so far, by path.
        """
        inspection = one.inspected(whole_chain=whole_chain, digests=digests)
        differs = check.expected_fault(inspection.manifest, self.expect) if self.expect else ""
        if differs:
            inspection = replace(inspection, faults=(differs, *inspection.faults))
        if self.allowed is None and one.signature.is_file():
            note = f"{one.signature.name} is a signature; --allowed-signers FILE says whose"
            inspection = replace(inspection, notes=(*inspection.notes, note))
        answer = self._followed(one, progress) if self.follows else None
        return Review(one.series, one.version, one.place, inspection, answer, self._signed(one))

    def _signed(self, one: Wanted) -> Signature | None:
        if self.allowed is None:
            return None
        from foistats.reports.replay.signature import Signature, checked

        try:
            manifest = (one.folder / check.MANIFEST).read_bytes()
        except OSError as fault:
            return Signature("none", f"there is no manifest that was signed ({fault.strerror})")
        return checked(manifest, self.signature or one.signature, self.allowed)

    def _followed(self, one: Wanted, progress: Progress) -> Answer:
        from foistats.reports.replay.follows import Reviewer

        project = self.root if one.bundle is None else None
        reviewer = Reviewer(project, may_execute=self.may_execute, declared=_declared(project))
        return reviewer.asks(one.folder, progress)


def require_one(wanted: Sequence[Wanted], what: str) -> None:
    """Raise a UsageError where an option that is about one version is given for several."""
    if len(wanted) != 1:
        raise UsageError(f"{what} is about one version; name one with it, and no more")


def around(
    root: Path | None, wanted: Sequence[Wanted], *, check_all: bool, named: Sequence[str]
) -> Iterator[check.Inspection]:
    """Yield what belongs to no single version, for the series named without one."""
    folders = {
        one.series: one.reports
        for one in wanted
        if one.reports is not None and (check_all or one.series in named)
    }
    listed = _listed(root / "reports") if root is not None else {}
    if check_all and root is not None:
        reports = root / "reports"
        folders |= dict.fromkeys([*series_below(reports), *listed], reports)
    for series, folder in folders.items():
        found = check.examine_series(folder / series)
        gone = _gone(folder / series, listed.get(series, set()))
        yield replace(found, name=series, faults=(*found.faults, *gone))
    if check_all and root is not None:
        yield check.examine_objects(root / "reports" / "objects")


def _gone(series: Path, listed: set[str]) -> Iterator[str]:
    for version in sorted(listed):
        if not (series / version).exists() and not (series / f"{version}.json").is_file():
            yield (
                f"{' or '.join(_OVERVIEWS)} lists {version}, which is not there, and no "
                f"{version}.json says why: removed without a record"
            )


def _listed(reports: Path) -> dict[str, set[str]]:
    """Return the versions that the index and the list for a CODECHECK name, by series."""
    found: dict[str, set[str]] = {}
    for name in _OVERVIEWS:
        try:
            text = (reports / name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        for series, version in _PLACE.findall(text):
            found.setdefault(series, set()).add(version)
    return found


def _comes_with(allowed: Path, one: Wanted) -> bool:
    """Say whether a file of keys lies in a bundle, or where versions are published."""
    place = one.bundle or one.reports or one.folder
    return allowed.resolve().is_relative_to(place.resolve())


def _declared(root: Path | None) -> Mapping[str, Mapping[str, tuple[str, str]]]:
    """Return unit and meaning of each report's parameters, as declared today."""
    try:
        project = read_project(root) if root else None
    except FoistatsError:
        return {}
    return {
        report.name: {one.name: (one.unit, one.meaning) for one in report.parameters}
        for report in (project.reports if project else ())
    }
