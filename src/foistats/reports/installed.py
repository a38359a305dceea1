"""What is installed, and whether it is what the lock file asks for."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packaging.markers import Marker
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)\s*(?:;\s*([^\\\n]+?))?\s*\\?$", re.MULTILINE)
#: The packages that results rest on.
PACKAGES = ("numpy", "scipy", "pandas", "statsmodels", "seaborn", "matplotlib", "papermill")
_FOLDER = re.compile(r"^(.+?)-([^-]+)\.dist-info$")


def environment(lock: Path) -> dict[str, Any]:
    """Return what a manifest says of the environment.

    Parameters
    ----------
    lock : Path
        The lock file; without one there is nothing to differ from.
    """
    text = lock.read_text(encoding="utf-8") if lock.is_file() else ""
    return {
        "python": platform.python_version(),
        "packages": packages(),
        "differs_from_lock": differences_from_lock(text),
    }


def packages() -> dict[str, str]:
    """Return the versions of the packages that results rest on."""
    return {name: importlib.metadata.version(name) for name in PACKAGES}


def differences_from_lock(lock: str) -> list[str]:
    r"""Say which packages are not installed in the version that a lock file pins.

    Parameters
    ----------
    lock : str
        The content of a requirements file with ``name==version ; marker`` lines.

    Examples
    --------
    >>> differences_from_lock("no-such-package==1.0\n")
    ['no-such-package is not installed, the lock has 1.0']
    """
    installed = dict(_installed())
    return sorted(_differences(lock, installed))


def _differences(lock: str, installed: dict[str, str]) -> Iterator[str]:
    for name, version, marker in _PINNED.findall(lock):
        if marker and not Marker(marker).evaluate():
            continue
        found = installed.get(canonicalize_name(name))
        if found is None:
            yield f"{name} is not installed, the lock has {version}"
        elif not _is_same(found, version):
            yield f"{name} {found}, the lock has {version}"


def _installed() -> Iterator[tuple[str, str]]:
    """Yield what is installed, by the names of its folders: reading each would take long."""
    for place in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
        for folder in Path(place).glob("*.dist-info"):
            if found := _FOLDER.match(folder.name):
                yield canonicalize_name(found[1]), found[2]


def _is_same(one: str, other: str) -> bool:
    try:
        return Version(one) == Version(other)
    except InvalidVersion:
        return one == other
