"""``codecheck.yml``: what a codechecker is to make again, as CODECHECK asks for it.

The list of the tables, figures and values of the newest version of every series: the part of
the file that authors provide. Who checked it, and the certificate, are added by those who do.

References
----------
CODECHECK configuration file specification 1.0, https://codecheck.org.uk/spec/config/1.0/.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from foistats.reports.pages.catalogue import Series, read_catalogue
from foistats.reports.pages.crate import CRATE_FILE
from foistats.reports.store.files import replace

CODECHECK_FILE = "codecheck.yml"
_SPECIFICATION = "https://codecheck.org.uk/spec/config/1.0/"
_LISTED = re.compile(r"values\.json|(tables|figures)/[^/]+")
_NEVER_PLAIN = re.compile("[\x7f-\xa0\xad\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_HEAD = """\
%YAML 1.1
---
# Written by foistats from the newest version of every report. The paper's authors and reference
# are the publisher's to add; codechecker, report and certificate are added by who checks it.
"""


def write_codecheck(reports: Path) -> bool:
    """Rewrite reports/codecheck.yml if its bytes change; say whether they did."""
    return replace(reports / CODECHECK_FILE, codecheck_text(reports).encode())


def codecheck_text(reports: Path) -> str:
    """Write the file from the version folders."""
    listed = [
        f"  - file: {_quoted(path)}\n    comment: {_quoted(comment)}\n"
        for series in read_catalogue(reports)
        for path, comment in _files(reports, series)
    ]
    manifest = f"manifest:\n{''.join(listed)}" if listed else "manifest: []\n"
    title = _quoted(_title(read_catalogue(reports)))
    return f"{_HEAD}version: {_SPECIFICATION}\npaper:\n  title: {title}\n{manifest}"


def _title(catalogue: tuple[Series, ...]) -> str:
    titles = dict.fromkeys(str(series.newest.manifest.get("title", "")) for series in catalogue)
    return "; ".join(filter(None, titles)) or "Published reports"


def _files(reports: Path, series: Series) -> Iterator[tuple[str, str]]:
    """Yield the newest version's files to make again, and what each is."""
    newest = series.newest
    if newest.is_removed:
        return
    folder = f"{series.path}/{newest.name}"
    names = _names(reports / folder)
    files = newest.manifest.get("files")
    for path in sorted(files) if isinstance(files, dict) else ():
        if _LISTED.fullmatch(path):
            what = names.get(path) or path
            yield f"{folder}/{path}", f"{series.path} {newest.name}: {what}"


def _names(folder: Path) -> Mapping[str, str]:
    """Return what each file shows, in the words of the version's crate."""
    try:
        graph: Any = json.loads((folder / CRATE_FILE).read_bytes())["@graph"]
        return {entity["@id"]: str(entity.get("name", "")) for entity in graph}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _quoted(text: str) -> str:
    """Write a text as YAML in double quotes; JSON's form, but for what YAML must not see raw."""
    quoted = json.dumps(text, ensure_ascii=False)
    return _NEVER_PLAIN.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)
