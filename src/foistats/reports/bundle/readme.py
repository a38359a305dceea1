"""What a reviewer is told who has never heard of foistats."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from foistats import __version__

_WIDTH = 78
_CHANGES = "changes.json"


@dataclass(frozen=True)
class Told:
    """What the text depends on.

    Attributes
    ----------
    manifest, manifest_hash
        Of the version.
    earlier
        How many versions there were before it.
    own_verify
        Whether the verify.py at the top is the one that the version carries.
    requirements
        The file that names what is installed: the recorded lock file, or one without hashes.
    """

    manifest: Mapping[str, Any]
    manifest_hash: str
    earlier: int
    own_verify: bool
    requirements: str


def text(told: Told) -> str:
    """Write the text, in lines that every editor shows."""
    manifest = told.manifest
    name = f"{manifest['series']} {manifest['version']}"
    title = _plain(str(manifest["title"])) or name
    parts = [
        f"{title}\n{'=' * min(len(title), _WIDTH)}",
        f"Report:   {name}\nSHA-256 of its manifest:\n{told.manifest_hash}",
        _filled(
            "This bundle holds one published version of a report and all that is needed to check "
            "it without trusting those who made it. Start with "
            f"reports/{manifest['series']}/{manifest['version']}/report.html, in any browser."
        ),
        _heading("Is it intact? (a second; needs Python 3.8 or later and nothing else)"),
        "    python3 -I -S verify.py            on Windows:  py -I -S verify.py",
        _filled(
            "Every file is compared with the manifest, and the manifest with those of the versions "
            "before it. Nothing is executed, and no network is asked."
        ),
        _heading("Does it follow? (minutes; needs Python 3.11 to 3.14 and the network once)"),
        _commands(told.requirements),
        _filled(
            "The recorded notebook is run again, with the recorded source, data and parameters, in "
            "today's environment, and every value, table and figure is compared. --execute says "
            "that you let the code in this bundle run: it is as safe as its authors are."
        ),
        *_withheld(manifest),
        _heading("What changed?"),
        _filled(_changed(told)),
        _heading("What the hash is for"),
        _filled(
            "Whoever rewrites everything in this bundle, the manifest included, can make it intact "
            "again, but not with the same hash. If the hash above was printed in a paper, sent by "
            "e-mail or signed, compare it with that one, which no one can rewrite:"
        ),
        "    python3 -I -S verify.py --expect HASH",
        _filled(
            "A hash that you have from this bundle alone proves nothing, and neither does the "
            "copy of verify.py in it: take one from the source of foistats if you doubt it."
        ),
        _heading("What is in it"),
        _table(_contents(told)),
    ]
    return "\n\n".join(parts) + "\n"


def _commands(requirements: str) -> str:
    hashed = " --require-hashes" if requirements.endswith(".lock") else ""
    return "\n".join(
        [
            "    python3 -m venv env",
            f"    env/bin/python -m pip install{hashed} -r {requirements}",
            "    env/bin/python -m foistats verify . --execute",
            "",
            "  on Windows:",
            "",
            "    py -m venv env",
            f"    env\\Scripts\\python -m pip install{hashed} -r {requirements}",
            "    env\\Scripts\\python -m foistats verify . --execute",
        ]
    )


def _withheld(manifest: Mapping[str, Any]) -> list[str]:
    """Say which inputs are not here: those of a private study."""
    withheld = list(manifest["withheld"])
    if not withheld:
        return []
    files = "1 file" if len(withheld) == 1 else f"{len(withheld)} files"
    return [
        _filled(
            f"This report was made from a private study: of {files} of its data this bundle holds "
            "the hashes only. Whether the numbers follow cannot be checked without them; whether "
            "the files are intact can, and whoever holds the data can show that it is the same."
        )
    ]


def _changed(told: Told) -> str:
    if not told.earlier:
        return "Nothing: it is the first version."
    said = f"In a sentence: {_plain(str(told.manifest['change']))}"
    if _CHANGES in told.manifest["files"]:
        said += (
            f" {_CHANGES} beside the report has every number that moved since the version before."
        )
    return said


def _contents(told: Told) -> list[tuple[str, str]]:
    manifest = told.manifest
    place = f"reports/{manifest['series']}/"
    newer = "" if told.own_verify else "; newer than the one of the version, which reads no bundles"
    package = f"the program foistats {__version__}, which made this bundle; not covered by the hash"
    return [
        (f"{place}{manifest['version']}/", "the version: page, notebook, values, tables, figures"),
        *([(f"{place}v.../", "manifests of the versions before it")] if told.earlier else []),
        ("reports/objects/", "data, notebook, source and lock file it was made from, by hash"),
        ("verify.py", f"the check of intactness{newer}"),
        (told.requirements, "the packages to install"),
        ("foistats/", package),
        ("bundle.json", "the hash of every file here"),
    ]


def _table(rows: list[tuple[str, str]]) -> str:
    lines = []
    for name, what in rows:
        first = f"  {name}" if len(name) > 28 else f"  {name:<28}"
        body = textwrap.wrap(what, _WIDTH - 30) or [""]
        if len(name) > 28:
            lines.append(first)
        else:
            lines.append(f"{first}{body.pop(0)}")
        lines += [" " * 30 + line for line in body]
    return "\n".join(lines)


def _heading(text: str) -> str:
    return f"{text}\n{'-' * min(len(text), _WIDTH)}"


def _filled(text: str) -> str:
    return textwrap.fill(text, _WIDTH, break_long_words=False, break_on_hyphens=False)


def _plain(text: str) -> str:
    """Return a text on one line, without anything that disturbs a terminal."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
