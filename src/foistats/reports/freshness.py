"""Fresh or stale: a hash of everything that can change a report's results.

That is the notebook's source, the parameters, the files it may read, the package's own
source and the lock file, by content: no clock, no commit, no place on disk.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from foistats.errors import ReportError, UsageError
from foistats.reports.ask.request import Request
from foistats.reports.notebook import Scalar, read_notebook

LOCK_FILE = "requirements.lock"
PACKAGE = Path(__file__).resolve().parents[1]


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

    @property
    def key(self) -> str:
        """The hash of these hashes."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


@dataclass
class Hashes:
    """The hashes of files, each read once: reports share their inputs."""

    known: dict[Path, str] = field(default_factory=dict)
    package: dict[str, str] = field(default_factory=dict)

    def of(self, path: Path) -> str:
        """Return the SHA-256 of a file."""
        if path not in self.known:
            with path.open("rb") as file:
                self.known[path] = hashlib.file_digest(file, "sha256").hexdigest()
        return self.known[path]

    def of_package(self) -> dict[str, str]:
        """Return the hashes of the package's own source files and templates."""
        if not self.package:
            self.package |= package_hashes()
        return self.package


def inputs_of(request: Request, hashes: Hashes | None = None) -> Inputs:
    """Hash everything a report is made from.

    Parameters
    ----------
    request : Request
        The report and its parameters.
    hashes : Hashes, optional
        Hashes taken for other reports a moment ago. Without them every file is read anew.

    Raises
    ------
    UsageError
        When a declared input is not there or cannot be read.
    """
    hashes = hashes or Hashes()
    root = request.project.root
    notebook = read_notebook(root, request.report.notebook)
    lock = root / LOCK_FILE
    try:
        return Inputs(
            data={name: hashes.of(path) for name, path in sorted(declared_files(request).items())},
            notebook={notebook.path: notebook.digest},
            package=hashes.of_package(),
            lock=hashes.of(lock) if lock.is_file() else None,
        )
    except OSError as fault:
        raise UsageError(
            f"{request.series}: an input cannot be read: {fault.filename} ({fault.strerror})"
        ) from None


def key_of(inputs: Inputs, values: Mapping[str, Scalar]) -> str:
    """Return the freshness key: equal keys, equal results."""
    text = json.dumps({"inputs": inputs.key, "parameters": dict(values)}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def package_hashes() -> dict[str, str]:
    """Hash the package's own source files and templates."""
    return {
        path.relative_to(PACKAGE).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in _files_below(PACKAGE)
    }


def kept_inputs(request: Request, inputs: Inputs) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """Return the bytes of the inputs by hash, and the names of those that are withheld.

    The files of a study marked private are withheld: their hashes are published, not they.

    Raises
    ------
    ReportError
        When a file is no longer what was hashed.
    """
    root = request.project.root
    notebook = read_notebook(root, request.report.notebook)
    withheld = tuple(sorted(_private_files(request)))
    named = [
        *((sha, path) for sha, path in _data(request, inputs) if path[0] not in withheld),
        *((sha, (name, PACKAGE / name)) for name, sha in inputs.package.items()),
        *([(inputs.lock, (LOCK_FILE, root / LOCK_FILE))] if inputs.lock else []),
    ]
    kept = {notebook.digest: notebook.content}
    for sha, (name, path) in named:
        if sha not in kept:
            kept[sha] = path.read_bytes() if path.is_file() else b""
            if hashlib.sha256(kept[sha]).hexdigest() != sha:
                raise ReportError(f"{request.series}: {name} changed while it ran; run it again")
    return kept, withheld


def declared_files(request: Request) -> dict[str, Path]:
    """Return the files behind the report's inputs, by name for the record."""
    found: dict[str, Path] = {}
    for pattern in request.report.inputs:
        recorded, path = _resolved(request, pattern)
        if not path.exists():
            raise UsageError(
                f"foistats.toml: [reports.{request.report.name}] declares the input "
                f"'{pattern}', but {recorded} is not there; create it or take it out"
            )
        for file in [path] if path.is_file() else _files_below(path):
            name = recorded if file == path else f"{recorded}/{file.relative_to(path).as_posix()}"
            found.setdefault(name, file)
    return found


def _data(request: Request, inputs: Inputs) -> Iterator[tuple[str, tuple[str, Path]]]:
    files = declared_files(request)
    for name, sha in inputs.data.items():
        yield sha, (name, files.get(name, request.project.root / name))


def _private_files(request: Request) -> Iterator[str]:
    """Yield the inputs that lie in a study marked private, whichever way they were declared."""
    known: dict[Path, bool] = {}
    for name, path in declared_files(request).items():
        for folder in path.resolve().parents:
            if folder not in known:
                known[folder] = _is_private(folder)
            if known[folder]:
                yield name
                break


def _is_private(folder: Path) -> bool:
    """Say whether a folder is a private study; one whose settings cannot be read is."""
    settings = folder / "study.toml"
    if not settings.is_file():
        return False
    try:
        told = tomllib.loads(settings.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return True
    section = told.get("study", {})
    return not isinstance(section, dict) or section.get("private", False) is not False


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
