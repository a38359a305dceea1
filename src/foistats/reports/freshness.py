"""Fresh or stale: a hash of everything that can change a report's results.

That is the notebook's source, the parameters, the files it may read, the package's own
source and the lock file, by content: no clock, no commit, no place on disk.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from foistats.errors import UsageError
from foistats.reports.notebook import Scalar, read_notebook
from foistats.reports.request import Request

LOCK_FILE = "requirements.lock"
_PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Inputs:
    """The hashes of what a report is made from, by path from the project root or package."""

    data: Mapping[str, str]
    notebook: Mapping[str, str]
    package: Mapping[str, str]
    lock: str | None

    def changes(self, earlier: Mapping[str, object]) -> list[str]:
        """Say in words what differs from the inputs recorded in a manifest."""
        mine = asdict(self)
        changed = [
            f"{path if kind != 'package' else f'foistats/{path}'} {_difference(before, now)}"
            for kind in ("data", "notebook", "package")
            for path, before, now in _differences(earlier.get(kind), mine[kind])
        ]
        return changed + [f"{LOCK_FILE} changed"] * (earlier.get("lock") != self.lock)


def inputs_of(request: Request) -> Inputs:
    """Hash everything a report is made from.

    Raises
    ------
    UsageError
        When a declared input is not there.
    """
    root = request.project.root
    notebook = read_notebook(root, request.report.notebook)
    lock = root / LOCK_FILE
    return Inputs(
        data={name: _file_hash(path) for name, path in sorted(_declared_files(request))},
        notebook={notebook.path: notebook.digest},
        package=package_hashes(),
        lock=_file_hash(lock) if lock.is_file() else None,
    )


def key_of(inputs: Inputs, values: Mapping[str, Scalar]) -> str:
    """Return the freshness key: equal keys, equal results."""
    text = json.dumps({"inputs": asdict(inputs), "parameters": dict(values)}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def package_hashes() -> dict[str, str]:
    """Hash the package's own source files and templates."""
    return {
        path.relative_to(_PACKAGE).as_posix(): _file_hash(path) for path in _files_below(_PACKAGE)
    }


def _declared_files(request: Request) -> Iterator[tuple[str, Path]]:
    """Yield the files behind the report's inputs, by name for the record."""
    seen: set[str] = set()
    for pattern in request.report.inputs:
        recorded, path = _resolved(request, pattern)
        if not path.exists():
            raise UsageError(
                f"foistats.toml: [reports.{request.report.name}] declares the input "
                f"'{pattern}', but {recorded} is not there; create it or take it out"
            )
        files = [path] if path.is_file() else list(_files_below(path))
        for file in files:
            name = recorded if file == path else f"{recorded}/{file.relative_to(path).as_posix()}"
            if name not in seen:
                seen.add(name)
                yield name, file


def _resolved(request: Request, pattern: str) -> tuple[str, Path]:
    """Fill ``{parameter}`` in an input; ``data/{study}`` is the study's folder wherever it is."""
    for study, folder in request.studies.items():
        place = f"data/{{{study}}}"
        if pattern == place or pattern.startswith(place + "/"):
            rest = pattern[len(place) :]
            value = str(request.values[study])
            inside = folder == (request.project.root / "data" / value).resolve()
            return (f"data/{value}" if inside else value) + rest, Path(f"{folder}{rest}")
    filled = pattern
    for parameter, given in request.values.items():
        filled = filled.replace(f"{{{parameter}}}", str(given))
    return filled.rstrip("/"), request.project.root / filled


def _files_below(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder in a fixed order, without hidden ones and caches."""
    for path in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if path.name.startswith(".") or path.name == "__pycache__" or path.suffix == ".pyc":
            continue
        if path.is_dir():
            yield from _files_below(path)
        elif path.is_file():
            yield path


def _file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _differences(
    earlier: object, now: Mapping[str, str]
) -> Iterator[tuple[str, str | None, str | None]]:
    before = earlier if isinstance(earlier, Mapping) else {}
    for path in sorted({*before, *now}):
        if before.get(path) != now.get(path):
            yield path, before.get(path), now.get(path)


def _difference(before: str | None, now: str | None) -> str:
    if before is None:
        return "added"
    return "removed" if now is None else "changed"
