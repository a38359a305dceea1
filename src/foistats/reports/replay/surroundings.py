"""Python, packages, processor and linear algebra: when a version was made, and now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from foistats.reports.installed import differences_from_lock
from foistats.reports.machine import Clock, run_record

#: What run.json tells of the machine, and what it is called.
_NAMES = {"python": "Python", "cpu": "processor", "blas": "linear algebra", "system": "system"}


@dataclass(frozen=True)
class Surrounding:
    """Something that is not as it was when the version was made."""

    name: str
    recorded: str
    today: str


def differences(
    run: Mapping[str, Any], environment: Mapping[str, Any], lock: bytes | None
) -> tuple[Surrounding, ...]:
    """Return what differs between then and now.

    Parameters
    ----------
    run, environment : mapping
        run.json, and the environment of the manifest.
    lock : bytes or None
        The recorded lock file.
    """
    now = run_record(Clock(), jobs=1, command="")
    return tuple(_differences(run, environment, lock, now))


def _differences(
    run: Mapping[str, Any],
    environment: Mapping[str, Any],
    lock: bytes | None,
    now: Mapping[str, Any],
) -> Iterator[Surrounding]:
    for key, name in _NAMES.items():
        before = run.get(key, environment.get(key))
        if before != now[key]:
            yield Surrounding(name, str(before), str(now[key]))
    packages = _mapping(environment.get("packages"))
    for name in sorted({*packages, *now["packages"]}):
        before, after = packages.get(name, "not recorded"), now["packages"].get(name, "not there")
        if before != after:
            yield Surrounding(name, str(before), str(after))
    if lock is not None:
        told = {*packages, *now["packages"]}
        for difference in differences_from_lock(lock.decode("utf-8", "replace")):
            name, _, rest = difference.partition(" ")
            if name not in told:
                found, _, pinned = rest.partition(", the lock has ")
                yield Surrounding(name, pinned, found)


def _mapping(told: Any) -> Mapping[str, Any]:
    return told if isinstance(told, Mapping) else {}
