"""What this kernel has published so far, by id, and which execution of which cell did it.

Running a cell again replaces what it published; the same id from two cells, or twice in one
execution, is an error. The cell is known by the id the front end sends (JupyterLab does), or
else by its source.
"""

from __future__ import annotations

import hashlib
import re
import sys
from dataclasses import dataclass, field
from typing import Any

from foistats.errors import UsageError
from foistats.publish.wording import Scalar, markdown_text

_ID = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Entry:
    """What was published under an id, and its wording and value where prose may use it."""

    kind: str
    text: str = ""
    is_written_by_hand: bool = False
    value: Scalar | None = None
    unit: str = ""

    @property
    def markdown(self) -> str:
        """The text for Markdown: words that people wrote are escaped, our numbers are not."""
        return markdown_text(self.text) if self.is_written_by_hand else self.text


@dataclass(frozen=True)
class Execution:
    """One execution of one cell."""

    cell: str
    message: str
    deleted: tuple[str, ...] = ()


@dataclass
class Record:
    """Everything published by this kernel, by id, with the execution it came from."""

    entries: dict[str, Entry] = field(default_factory=dict)
    sources: dict[str, Execution] = field(default_factory=dict)

    def add(self, id: str, entry: Entry) -> None:
        """Note an id; forget first what an earlier execution of the same cell published."""
        if not _ID.fullmatch(id):
            raise UsageError(
                f"the id '{id}' is not a name: use a lower-case letter, then lower-case "
                "letters, digits and underscores, such as 'odds_ratio_staff'"
            )
        now = _execution()
        self._forget_earlier(now)
        if id in self.entries:
            by = "this cell" if self.sources[id] == now else "another cell"
            raise UsageError(
                f"'{id}' was already published by {by}, as a {self.entries[id].kind}; choose "
                "another id, or restart the kernel if the other cell has changed"
            )
        self.entries[id], self.sources[id] = entry, now

    def _forget_earlier(self, now: Execution) -> None:
        for id, source in list(self.sources.items()):
            is_rerun = source.cell == now.cell and source.message != now.message
            if is_rerun or source.cell in now.deleted:
                del self.entries[id], self.sources[id]


def _execution() -> Execution:
    """Name the cell that runs: by its id where the front end tells it, else by its source."""
    running = shell()
    if running is None:
        return Execution("script", "")
    if not hasattr(running, "get_parent"):
        return Execution(f"prompt {running.execution_count}", str(running.execution_count))
    parent = running.get_parent()
    told = parent.get("metadata") or {}
    source = str((parent.get("content") or {}).get("code", ""))
    cell = told.get("cellId") or hashlib.sha256(source.encode()).hexdigest()
    message = str((parent.get("header") or {}).get("msg_id", ""))
    return Execution(str(cell), message, tuple(told.get("deletedCells") or ()))


def shell() -> Any:
    """Return the running IPython shell, or None in a plain script."""
    interactive = sys.modules.get("IPython")
    return interactive.get_ipython() if interactive else None
