"""A kernel whose ``foistats`` is a recorded source; the kernel's own machinery is today's.

Run as ``python -P kernel.py TODAY RECORDED MODULE…``: the folders that hold the two packages,
and what to import beforehand. Today's machinery is imported, the package is then forgotten, and
whatever the notebook imports of it comes from the recorded source. The kernel serves the order
whose file is named on its standard input; while it imports, the runner does.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PACKAGE = "foistats"
_SERVE, _ORDER = "foistats.reports.kernels.serve", "foistats.reports.kernels.order"
_MACHINERY = ("IPython", "ipykernel.kernelapp", "ipykernel.zmqshell")


class Fresh:
    """Where kernels come from that run a recorded source: each is started anew, and used once.

    The first is started at once, and imports while it waits for its order.
    """

    def __init__(
        self, source: Path, imports: Sequence[str], environment: Mapping[str, str], log: Path
    ) -> None:
        self._command = [
            *(sys.executable, "-P", __file__),
            *(str(Path(__file__).resolve().parents[3]), str(source)),
            *imports,
        ]
        self._environment = {**environment, "PYTHONPATH": str(source)}
        self._log = log
        self._waiting: subprocess.Popen[bytes] | None = self._started()

    def start(self, order: Path) -> Any:
        """Have an order served by a kernel that has imported already."""
        kernel, self._waiting = self._waiting or self._started(), None
        stdin, kernel.stdin = kernel.stdin, None
        if stdin is not None:
            with contextlib.suppress(OSError), stdin:  # one that has ended says why in its log
                stdin.write(f"{order}\n".encode())
        return kernel

    def close(self) -> None:
        """End the kernel that nobody asked for."""
        if self._waiting is not None:
            self._waiting.kill()
            self._waiting.communicate()

    def _started(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=self._environment,
                cwd=self._log.parent,
                start_new_session=True,
            )


def put_first(source: str) -> None:
    """Forget the package that is imported, and take it from a folder from now on."""
    for name in list(sys.modules):
        if name == PACKAGE or name.startswith(f"{PACKAGE}."):
            del sys.modules[name]
    sys.path[:] = [source, *(place for place in sys.path if place != source)]
    importlib.invalidate_caches()
    found = importlib.util.find_spec(PACKAGE)
    origin = Path(found.origin) if found is not None and found.origin else Path()
    if origin != Path(source, PACKAGE, "__init__.py"):
        sys.exit(f"the recorded source is not first on the path: {origin} is")


def _main(today: str, recorded: str, *imports: str) -> None:
    sys.path.insert(0, today)
    serving, orders = importlib.import_module(_SERVE), importlib.import_module(_ORDER)
    serving.die_with_parent()
    put_first(recorded)
    serving.import_quietly((*_MACHINERY, *imports))
    order = sys.stdin.readline().strip()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    if order:
        serving.serve(orders.read_order(order))


if __name__ == "__main__":
    _main(*sys.argv[1:])
