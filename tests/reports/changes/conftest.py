"""Two versions made up on the spot, with the bytes they were made from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from foistats.reports.changes.side import Side

KITCHENS = Path(__file__).parents[2] / "studies" / "kitchens"
Inputs = Mapping[str, bytes]


@dataclass
class Maker:
    """Makes sides; the bytes of their inputs are kept until they are taken away."""

    objects: dict[str, bytes] = field(default_factory=dict)

    def side(
        self,
        version: str = "v001",
        *,
        files: Mapping[str, bytes] | None = None,
        data: Inputs | None = None,
        package: Inputs | None = None,
        notebook: Inputs | None = None,
        lock: bytes | None = None,
        withheld: tuple[str, ...] = (),
        **told: Any,
    ) -> Side:
        kinds = {"data": data or {}, "package": package or {}, "notebook": notebook or {}}
        inputs: dict[str, Any] = {
            kind: {name: self.keep(content) for name, content in named.items()}
            for kind, named in kinds.items()
        }
        inputs["lock"] = None if lock is None else self.keep(lock)
        for name in withheld:
            self.objects.pop(inputs["data"][name], None)
        return Side(
            series="kitchens",
            version=version,
            manifest=f"hash of {version}",
            parameters=told.pop("parameters", {}),
            inputs=inputs,
            withheld=frozenset(withheld),
            environment=told.pop("environment", {"python": "3.11.7", "packages": {}}),
            files=files or {},
            kept=lambda kind, name, digest: self.objects.get(digest),
            **told,
        )

    def keep(self, content: bytes) -> str:
        digest = hashlib.sha256(content).hexdigest()
        self.objects[digest] = content
        return digest


@pytest.fixture
def maker() -> Maker:
    return Maker()


@pytest.fixture
def study() -> dict[str, bytes]:
    """The files of an invented study, as they are recorded."""
    return {
        f"data/kitchens/{path.relative_to(KITCHENS).as_posix()}": path.read_bytes()
        for path in sorted(KITCHENS.rglob("*"))
        if path.is_file()
    }
