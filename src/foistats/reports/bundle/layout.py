"""What lies where in a bundle, and which paths can be written on every system."""

from __future__ import annotations

import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

#: The file that marks a bundle: series, version, and the hash of every other file.
BUNDLE = "bundle.json"
README = "README.txt"
VERIFY = "verify.py"
#: The package that made the bundle, to be run from there.
PACKAGE = "foistats"
REPORTS = "reports"
FORMAT = 1

#: Below the folder that a reviewer unpacks into, Windows takes about so many letters.
LONGEST = 200
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
_FORBIDDEN = frozenset('\\:*?"<>|')


def is_bundle(path: Path) -> bool:
    """Say whether a path is an unpacked bundle, or a zip that may hold one."""
    if path.is_dir():
        return (path / BUNDLE).is_file()
    return path.is_file() and (path.suffix.lower() == ".zip" or zipfile.is_zipfile(path))


def name_faults(names: Iterable[str]) -> Iterator[str]:
    """Yield what keeps paths from being written on every system, each inside its folder."""
    seen: dict[str, str] = {}
    for name in names:
        parts = name.split("/")
        if not name.isprintable() or _FORBIDDEN & set(name) or len(name) > LONGEST:
            yield f"'{_shown(name)}' cannot be written on every system"
        elif not all(part and part[-1] not in ". " for part in parts):
            yield f"'{_shown(name)}' leads out of the bundle or ends in a dot or a space"
        elif any(_RESERVED.fullmatch(part) for part in parts):
            yield f"'{_shown(name)}' is a name that Windows keeps for itself"
        for length in range(1, len(parts) + 1):
            part = "/".join(parts[:length])
            known = seen.setdefault(_folded(part), part)
            if known != part:
                yield f"'{_shown(name)}' and '{_shown(known)}' are one on Windows and macOS"


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _shown(name: str) -> str:
    plain = "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in name
    )
    return plain if len(plain) <= 100 else f"{plain[:97]}..."
