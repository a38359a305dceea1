"""What was made here, and what was not: the code of others is not run without being asked.

A version was made here if its folder lies below this project's reports: the notebook and the
source that would run are then among what this project holds, by hash. Everything else runs
only on request, and first it is said what would run.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from foistats.reports.freshness import package_hashes
from foistats.reports.replay.recorded import Recorded
from foistats.reports.store.files import sha256

#: What marks a folder that was packed for a reviewer: whoever unpacks it made nothing in it.
BUNDLE = "bundle.json"


def is_made_here(folder: Path, project: Path | None) -> bool:
    """Say whether a version's folder lies below a project's reports, links followed."""
    if project is None or (project / BUNDLE).exists():
        return False
    try:
        folder.resolve().relative_to((project / "reports").resolve())
    except (OSError, ValueError):
        return False
    return True


def what_would_run(recorded: Recorded) -> Iterator[str]:
    """Yield what a replay would execute, in words."""
    name, content = recorded.notebook
    yield f"the notebook {name} ({len(content):,} bytes, SHA-256 {sha256(content)})"
    installed = package_hashes()
    files = {path: sha256(content) for path, content in recorded.package.items()}
    other = sorted(path for path, digest in files.items() if installed.get(path) != digest)
    if not other:
        yield f"{len(files)} files of foistats, all of them as installed here"
        return
    shown = ", ".join(other[:5]) + (f" and {len(other) - 5} more" if len(other) > 5 else "")
    yield f"{len(files)} files of foistats, {len(other)} of them not as installed here: {shown}"
