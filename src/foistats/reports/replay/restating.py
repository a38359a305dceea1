"""Who says again what a version says of itself: the recorded source, beside the notebook."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Mapping
from typing import Any

from foistats.reports.freshness import package_hashes
from foistats.reports.kernels.environment import private_environment, shared_environment
from foistats.reports.replay import restate
from foistats.reports.replay.recorded import Recorded
from foistats.reports.replay.scratch import Scratch

#: By part: what is told, or the fault that kept it from being told.
Said = Mapping[str, Mapping[str, Any]]

_SECONDS = 300


class Restating:
    """Who says it again: today's source where that is the recorded one, else another process.

    Either imports what it needs while the notebook runs.
    """

    def __init__(self, recorded: Recorded, scratch: Scratch) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._importing = threading.Thread(target=restate.import_rooms, daemon=True)
        self._scratch, self._has_begun = scratch, False
        self._is_today = package_hashes() == recorded.manifest["inputs"]["package"]

    def begin(self) -> None:
        """Begin to import, once; best when a cell runs, and this process only waits."""
        if self._has_begun:
            return
        self._has_begun = True
        if self._is_today:
            self._importing.start()
        else:
            self._process = _process(self._scratch)

    def say(self, record: Mapping[str, Any]) -> Said:
        """Return what the recorded source says; a fault for every part where it cannot."""
        self.begin()
        if self._process is None:
            self._importing.join()
            return restate.restated(record)
        try:
            answer, _ = self._process.communicate(json.dumps(record).encode(), timeout=_SECONDS)
            told: Said = json.loads(answer)
        except (OSError, ValueError, subprocess.SubprocessError) as fault:
            return {part: {"fault": type(fault).__name__} for part in restate.PARTS}
        return told

    def __enter__(self) -> Restating:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()


def _process(scratch: Scratch) -> subprocess.Popen[bytes]:
    folder = scratch.kernel.with_name("restating")
    folder.mkdir()
    environment = {
        **shared_environment(scratch.reports, scratch.root),
        **private_environment(folder),
        "MPLBACKEND": "agg",
    }
    return subprocess.Popen(
        [sys.executable, "-P", restate.__file__, str(scratch.source)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        cwd=folder / "work",
    )
