"""What a kernel process is told before it starts, as one JSON file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

ORDER = "order.json"
NOTES = "notes.jsonl"
LOG = "kernel.log"
CONNECTION = "kernel.json"


@dataclass(frozen=True)
class Order:
    """One kernel to start.

    Attributes
    ----------
    scratch
        Its folder: the only one it may write to.
    root
        The project, in which it may read what is declared only.
    readable
        The files and folders in the project it may read.
    imports
        What is imported before its first cell, forked or not.
    environment
        The variables that name its own folders.
    """

    scratch: str
    root: str
    readable: tuple[str, ...]
    imports: tuple[str, ...]
    environment: Mapping[str, str]

    def write(self) -> Path:
        """Write the order into its scratch folder, and return the file."""
        path = Path(self.scratch, ORDER)
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")
        return path


def read_order(path: str) -> Order:
    """Read an order back."""
    told = json.loads(Path(path).read_text(encoding="utf-8"))
    readable, imports = tuple(told["readable"]), tuple(told["imports"])
    return Order(told["scratch"], told["root"], readable, imports, told["environment"])
