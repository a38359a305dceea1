"""Say what is wrong with the scheduled runs, by the status file; silent and exit 0 if nothing is.

    python3 check_status.py [reports/.status.json] [--hours 36]

Exit 1, with a sentence, when the last run failed, was interrupted or died, when there was none
for so many hours, or when there is no status file. Standard library only; on the runner's machine.
"""

import argparse
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path


def complaint(status: dict, hours: float) -> str:
    """Return what is wrong; nothing if all is well."""
    if status["state"] == "running":
        if not _is_alive(status["pid"]):
            return f"the run started {status['started']} died: process {status['pid']} is gone"
        if _age(status["started"]) > hours:
            return f"the run started {status['started']} has not ended"
        return ""
    if status["state"] == "interrupted":
        return f"the run started {status['started']} was interrupted"
    if status["exit_code"] != 0:
        failed = [name for name, told in status["reports"].items() if told["status"] == "failed"]
        return f"exit code {status['exit_code']}; failed: {', '.join(failed)}"
    if _age(status["finished"]) > hours:
        return f"no run for {_age(status['finished']):.0f} hours"
    return ""


def _age(moment: str) -> float:
    return (datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds() / 3600


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it lives, and is somebody else's
        return True
    return True


def main() -> int:
    """Read the arguments; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", default="reports/.status.json", type=Path)
    parser.add_argument("--hours", default=36, type=float, help="how old a run may be [36]")
    given = parser.parse_args()
    try:
        said = complaint(json.loads(given.file.read_text(encoding="utf-8")), given.hours)
    except (OSError, ValueError, KeyError, TypeError) as fault:
        said = f"no status can be read ({type(fault).__name__}: {fault})"
    if said:
        sys.stderr.write(f"foistats: {given.file}: {said}\n")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
