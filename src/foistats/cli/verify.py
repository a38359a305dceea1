"""``foistats verify``: whether published versions are intact, follow from their record, are signed.

A version that is named is checked for both: its files, and by running it again. ``--all`` checks
files only, which is quick and executes nothing, unless ``--follows`` is given.

``--json`` prints one document::

    {"intact": true,
     "follows": true, false, or null where nothing was run again,
     "versions": [{"series": "severity", "version": "v001", "place": path or null,
                   "manifest": SHA-256 or "", "intact": true,
                   "faults": [text, ...], "notes": [text, ...],
                   "follows": null or
                     {"state": "follows", "does not follow" or "cannot be checked",
                      "reason": text or null, "seconds": 8.1,
                      "counts": {"value": {"identical": 29, ...}, "table": ..., ...},
                      "cells": {"identical": 1731, ...},
                      "verdicts": [{"kind", "id", "verdict", "recorded", "replayed", "where",
                                    "numbers"}, ...],
                      "not_compared": [text, ...],
                      "surroundings": [{"name", "recorded", "today"}, ...],
                      "inputs_from": {"objects": 264, ...}},
                   "signature": null or {"state": "good", "bad", "none" or "cannot be checked",
                                         "words", "by", "key"}}, ...],
     "series":   [{"series": "severity", "faults": [...], "notes": [...]}, ...]}

``series`` holds what belongs to no single version: the pointer, the end of the numbering and,
for ``--all``, the inputs kept by hash (named "objects"). A verdict is "identical", "same within
tolerance", "different", "missing" or "new"; its kind "value", "table", "cell" (of a table, where
it is not identical), "figure", "text", "code", "page", "statement" or "file".
"""

from __future__ import annotations

import datetime
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from foistats.cli.options import json_option, print_json, project_option
from foistats.errors import UsageError, VerificationError
from foistats.reports import verify as check
from foistats.reports.ask.declare import find_root
from foistats.reports.replay.review import DIFFERS, WORDS, Review
from foistats.reports.replay.reviewing import Asked, around, require_one
from foistats.reports.replay.terminal import findings, lines, short
from foistats.reports.replay.wanted import FORMS, Wanted, all_versions, listed, named_versions
from foistats.reports.store.files import replace as write


@click.command()
@click.argument("reports", nargs=-1, metavar="[REPORT[@vNNN]|PATH]...")
@click.option("--all", "check_all", is_flag=True, help="Check every version of every report.")
@click.option(
    "--follows/--intact",
    default=None,
    help="Run each version again and compare every number; or check files only, which is quick "
    "and executes nothing. Without either: both for versions that are named, files for --all.",
)
@click.option("--execute", is_flag=True, help="Run what was not made here, such as a bundle.")
@click.option("--expect", metavar="HASH", help="The manifest's SHA-256, as cited elsewhere.")
@click.option(
    "--allowed-signers",
    "allowed",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Check who signed it, by your own file of allowed signers (OpenSSH).",
)
@click.option(
    "--signature",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The signature [vNNN.sig beside the version].",
)
@click.option(
    "--certificate",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write what was found as one page of HTML.",
)
@project_option
@json_option
def verify(
    reports: tuple[str, ...],
    check_all: bool,
    follows: bool | None,
    execute: bool,
    expect: str | None,
    allowed: Path | None,
    signature: Path | None,
    certificate: Path | None,
    project: Path | None,
    as_json: bool,
) -> None:
    """Check that published versions are intact, and that they follow from their record.

    REPORT is a report, such as severity, or one of its series, such as
    force-profile/<slug>; without @vNNN the newest version is checked. PATH is the folder of a
    version, a reviewer's bundle, or its zip. Exit code 4 if anything differs, does not follow
    or cannot be checked.
    """
    if check_all == bool(reports):
        raise UsageError(f"name what to check, such as {FORMS}; or give --all alone")
    root = _root(project, reports, needed=check_all)
    runs_again = not check_all if follows is None else follows
    asked = Asked(runs_again, execute, expect, allowed, signature, root)
    with ExitStack() as stack:
        wanted = all_versions(root) if check_all and root else []
        wanted = wanted or named_versions(root, reports, partial(_scratch, stack))
        asked.refuse_odd(wanted)
        if certificate is not None:
            _require_place(certificate, wanted)
        found = list(_reviews(asked, wanted, whole_chain=not check_all))
        others = list(around(root, wanted, check_all=check_all, named=reports))
        if certificate is not None:
            _certify(certificate, wanted[0], found[0])
    if as_json:
        print_json(_document(found, others))
    else:
        _print_words(found, others, is_quick=check_all and not runs_again)
    _refuse(found, others)


def _root(project: Path | None, names: Sequence[str], *, needed: bool) -> Path | None:
    """Return the project's folder; what is named by its path needs none."""
    try:
        return find_root(project)
    except UsageError:
        if project is not None or needed or not all(Path(name).exists() for name in names):
            raise
        return None


def _scratch(stack: ExitStack) -> Path:
    """Lend an empty folder, for what is in a zip."""
    return Path(stack.enter_context(TemporaryDirectory(prefix="foistats-verify-")))


def _reviews(asked: Asked, wanted: Sequence[Wanted], *, whole_chain: bool) -> Iterator[Review]:
    digests: dict[str, str] = {}
    for number, one in enumerate(wanted, start=1):
        of = f" ({number} of {len(wanted)})" if len(wanted) > 1 else ""
        told = _Progress(f"{short(one.series)} {one.version}{of}")
        try:
            yield asked.of(one, told.cell, whole_chain=whole_chain, digests=digests)
        finally:
            told.clear()


class _Progress:
    """A line on a terminal that says which cell runs."""

    def __init__(self, name: str) -> None:
        self._name, self._is_shown = name, sys.stderr.isatty()

    def cell(self, done: int, cells: int) -> None:
        """Say how far it is."""
        self._write(f"{self._name}: run again, cell {done} of {cells}")

    def clear(self) -> None:
        """Take the line away."""
        self._write("")

    def _write(self, text: str) -> None:
        if self._is_shown:
            click.echo(f"\r\x1b[2K{text}", err=True, nl=False)


def _require_place(certificate: Path, wanted: Sequence[Wanted]) -> None:
    require_one(wanted, "--certificate")
    if not certificate.absolute().parent.is_dir():
        raise UsageError(f"--certificate: {certificate.parent} is no folder; make it first")


def _certify(path: Path, one: Wanted, review: Review) -> None:
    from foistats.reports.replay.certificate import certificate

    try:
        told = json.loads((one.folder / check.MANIFEST).read_bytes()).get("title")
    except (OSError, ValueError, AttributeError, RecursionError):
        told = None
    title = told if isinstance(told, str) else review.series
    try:
        write(path, certificate(review, title=title, on=datetime.datetime.now().date()))
    except OSError as fault:
        raise UsageError(f"{path} cannot be written: {fault.strerror}") from None


def _document(found: Sequence[Review], others: Sequence[check.Inspection]) -> dict[str, Any]:
    answers = [one.answer.state == "follows" for one in found if one.answer is not None]
    return {
        "intact": all(one.is_intact for one in found) and not any(one.faults for one in others),
        "follows": all(answers) if answers else None,
        "versions": [one.document for one in found],
        "series": [
            {"series": told.name, "faults": list(told.faults), "notes": list(told.notes)}
            for told in others
        ],
    }


def _print_words(
    found: Sequence[Review], others: Sequence[check.Inspection], *, is_quick: bool
) -> None:
    width = max((len(short(one.series)) for one in found), default=0)
    for one in found:
        click.echo("\n".join(lines(one, width=width)))
    for told in others:
        if told.faults or told.notes:
            click.echo(short(told.name))
            click.echo("\n".join(findings(told.faults, told.notes)))
    if not found:
        click.echo("nothing is published")
    elif is_quick:
        click.echo("only files were checked; --follows runs every version again")


def _refuse(found: Sequence[Review], others: Sequence[check.Inspection]) -> None:
    """Raise a VerificationError that names what is wrong, like things together."""
    wrong: dict[str, list[str]] = {}
    for one in found:
        for what in one.complaints:
            wrong.setdefault(what, []).append(one.name)
    for told in others:
        if told.faults:
            wrong.setdefault(DIFFERS, []).append(told.name)
    if wrong:
        raise VerificationError("; ".join(_complaint(what, names) for what, names in wrong.items()))


def _complaint(what: str, names: Sequence[str]) -> str:
    one, many = WORDS[what]
    return f"{listed(names)} {one if len(names) == 1 else many}"
