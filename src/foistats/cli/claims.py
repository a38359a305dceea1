"""``foistats claims``: whether the published figures of a study can all be true.

``--json`` prints one document, the keys of `foistats.claims.audit.Audit.as_dict`::

    {"study": ID, "claims": 127, "possible": true, false or null, "reason": why null,
     "agrees": bool,
     "verdicts":  [{"id", "claim", "verdict", "low", "high", "arithmetic", "note"}, ...],
     "conflicts": [{"ids": [...], "words": TEXT}, ...], "cut": why there may be more,
     "complete": up to how many claims all sets are there, null if they are all,
     "grim":      [{...}, ...], "left_out": {id: reason}}
"""

from __future__ import annotations

import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from foistats.cli.options import json_option, print_json, project_option
from foistats.errors import ConflictError, UsageError
from foistats.reports.ask.declare import find_root
from foistats.reports.ask.vocabulary import study_folder, study_names

if TYPE_CHECKING:
    from foistats.claims.audit import Audit

_WIDTH = 80


@click.command()
@click.argument("study", required=False)
@click.option("--rounding", default="half_any", show_default=True, metavar="RULE",
              help="How percentages were rounded: half_any, half_up or half_even.")  # fmt: skip
@click.option("--about", metavar="K", help='What "about" allows either way.')
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1),
              help="The most conflicting sets to look for.")  # fmt: skip
@click.option("--largest", type=click.IntRange(1), metavar="N",
              help="Of how many claims a set may be; any number without it.")  # fmt: skip
@click.option("--seconds", default=10.0, show_default=True, type=click.FloatRange(0.1, 86400),
              help="How long it may take in all.")  # fmt: skip
@click.option("-v", "--verbose", is_flag=True, help="Show every claim, not only what differs.")
@project_option
@json_option
def claims(
    study: str | None,
    rounding: str,
    about: str | None,
    limit: int,
    largest: int | None,
    seconds: float,
    verbose: bool,
    project: Path | None,
    as_json: bool,
) -> None:
    """Put published figures on trial: against the register, and against each other.

    STUDY is a name under data/, or a path; without it, the project's only study. Exit code 4
    unless all claims can be true together and none disagrees with the register.
    """
    start = time.monotonic()
    folder = _folder(study, project)
    from foistats.claims.audit import audit_claims  # takes a second, which counts

    found = audit_claims(
        folder,
        rounding=rounding,
        about=about,
        limit=limit,
        largest=largest,
        seconds=max(seconds - (time.monotonic() - start), 0.0),
    )
    if as_json:
        print_json(found.as_dict())
    else:
        click.echo("\n".join(_lines(found, verbose=verbose)))
    if not found.agrees:
        raise ConflictError(_verdict(found))


def _folder(study: str | None, project: Path | None) -> Path:
    """Return the folder of the study named, or of the project's only one."""
    if study is not None and (Path(study) / "study.toml").is_file():
        return Path(study)
    root = find_root(project)
    if study is not None:
        return study_folder(root, study)
    names = study_names(root)
    if len(names) != 1:
        listed = ", ".join(names) or "none"
        raise UsageError(f"name a study: foistats claims STUDY; in data/ there are: {listed}")
    return study_folder(root, names[0])


def _verdict(found: Audit) -> str:
    disagreeing = int((found.verdicts["verdict"] == "disagrees").sum())
    said = []
    if found.possible is False:
        sets = _counted(len(found.conflicts), "contradicting set")
        said.append(f"the claims cannot all be true ({sets})")
    if found.possible is None:
        said.append("whether the claims can all be true was not settled")
    if disagreeing:
        said.append(f"the register disagrees with {disagreeing}")
    return "; ".join(said)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _lines(found: Audit, *, verbose: bool) -> Iterator[str]:
    verdicts = found.verdicts
    counts = verdicts["verdict"].value_counts()
    yield f"{_counted(len(verdicts), 'claim')} against the register"
    for verdict, number in counts.items():
        yield f"  {number:>4}  {verdict}"
    for row in verdicts.itertuples():
        if verbose or row.verdict == "disagrees":
            yield from _claim(row.id, str(row.verdict), [row.claim, row.arithmetic, row.note])
    yield ""
    yield from _together(found)


def _claim(name: str, verdict: str, texts: list[str]) -> Iterator[str]:
    yield f"{name}  {verdict}"
    for text in filter(None, texts):
        yield textwrap.fill(text, _WIDTH, initial_indent="  ", subsequent_indent="  ")


def _together(found: Audit) -> Iterator[str]:
    if found.possible:
        yield "together: all claims can be true"
        return
    if found.possible is None:
        yield textwrap.fill(f"together: not settled ({found.reason})", _WIDTH)
        return
    sets = _counted(len(found.conflicts), "contradicting set")
    yield f"together: they cannot all be true; {sets}"
    for place, conflict in enumerate(found.conflicts, start=1):
        mark = f"{place:>3}. "
        yield textwrap.fill(
            conflict.words, _WIDTH, initial_indent=mark, subsequent_indent=" " * len(mark)
        )
    if found.cut:
        yield textwrap.fill(f"There may be more: {found.cut}.", _WIDTH)
