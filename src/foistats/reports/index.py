"""The index of all reports: a pure function of the version folders."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from foistats.reports.page import index_page
from foistats.reports.store import replace, version_names


def write_index(reports: Path) -> bool:
    """Rewrite reports/index.html if its bytes change; say whether they did."""
    return replace(reports / "index.html", index_page(_reports(reports)))


def _reports(reports: Path) -> Iterator[Mapping[str, Any]]:
    """Yield each report with its series, those of the declared parameters first."""
    for folder in sorted(path for path in reports.iterdir() if path.is_dir()):
        if folder.name.startswith("."):
            continue
        series = [
            found
            for inner in [folder, *sorted(path for path in folder.iterdir() if path.is_dir())]
            if (found := _series(reports, inner))
        ]
        if series:
            yield {"name": folder.name, "title": series[0]["title"], "series": series}


def _series(reports: Path, folder: Path) -> dict[str, Any] | None:
    versions = version_names(folder)
    if not versions:
        return None
    manifest = json.loads((folder / versions[-1] / "manifest.json").read_text(encoding="utf-8"))
    return {
        "name": manifest["series"],
        "title": manifest["title"],
        "as_of": manifest["as_of"],
        "parameters": manifest["parameters"],
        "path": folder.relative_to(reports).as_posix(),
        "versions": versions[::-1],
    }
