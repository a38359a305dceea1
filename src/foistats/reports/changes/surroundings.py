"""What two versions ran with: parameters, Python, packages, and the pins of the lock file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from packaging.utils import canonicalize_name

from foistats.reports.changes.side import LOCK, Side
from foistats.reports.freshness import LOCK_FILE

_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)

Change = dict[str, Any]


def parameter_changes(before: Side, after: Side) -> list[Change]:
    """Return the parameters that differ: ``name``, ``before``, ``after`` (null: there is none)."""
    return _differing(before.parameters, after.parameters)


def environment_changes(before: Side, after: Side) -> list[Change]:
    """Return Python and the packages whose versions differ: ``name``, ``before``, ``after``."""
    return _differing(installed(before.environment), installed(after.environment))


def lock_changes(before: Side, after: Side) -> dict[str, Any]:
    """Return what changed in the lock file: hashes and ``pins``; empty where it is the same.

    Where one of the two files is not here, ``note`` says so in place of ``pins``.
    """
    if before.lock == after.lock:
        return {}
    told: dict[str, Any] = {"before": before.lock, "after": after.lock}
    pins = [pins_of(side) for side in (before, after)]
    if pins[0] is None or pins[1] is None:
        return told | {"note": "its bytes are not here, only their hashes"}
    return told | {"pins": _differing(pins[0], pins[1])}


def installed(environment: Mapping[str, Any]) -> dict[str, Any]:
    """Return the versions that an environment names, Python's among them."""
    packages = environment.get("packages")
    python = {"Python": environment["python"]} if "python" in environment else {}
    return {**python, **(packages if isinstance(packages, Mapping) else {})}


def pins_of(side: Side) -> dict[str, str] | None:
    """Return the versions that a side's lock file pins; None if it is not here."""
    if side.lock is None:
        return {}
    content = side.kept(LOCK, LOCK_FILE, side.lock)
    if content is None:
        return None
    text = content.decode("utf-8", "replace")
    return {canonicalize_name(name): version for name, version in _PIN.findall(text)}


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    return [
        {"name": name, "before": before.get(name), "after": after.get(name)}
        for name in sorted({*before, *after})
        if (type(before.get(name)), before.get(name)) != (type(after.get(name)), after.get(name))
    ]
