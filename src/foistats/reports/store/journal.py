"""What a schedule is watched by: one line a run in a bounded log, and a file with the state.

Neither is worth a publication: where they cannot be written that is said, and no more.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from foistats.reports.store.files import json_text, read_object, replace

RUN_LOG = ".run-log.jsonl"
STATUS = ".status.json"
MOST_LINES = 2_000
MOST_BYTES = 1_000_000
#: A record is at most so long; what is longer is cut.
MOST_BYTES_A_LINE = 100_000


def note_run(reports: Path, record: Mapping[str, Any]) -> bool:
    """Append a line to the run log; say whether that could be done.

    A log that is full keeps its newest half.
    """
    path, line = reports / RUN_LOG, _line(record)
    try:
        content = path.read_bytes() if path.is_file() else b""
        if content.count(b"\n") >= MOST_LINES or len(content) + len(line) > MOST_BYTES:
            replace(path, b"".join(_newest_half(content)) + line)
        else:
            _append(path, line if content.endswith(b"\n") or not content else b"\n" + line)
    except OSError:
        return False
    return True


def write_status(reports: Path, document: Mapping[str, Any]) -> bool:
    """Write the status file in one step; say whether that could be done."""
    try:
        replace(reports / STATUS, json_text(dict(document)))
    except OSError:
        return False
    return True


def status_of(reports: Path) -> Mapping[str, Any]:
    """Return what the status file says; nothing if there is none or it is damaged."""
    return read_object(reports / STATUS) or {}


def _line(record: Mapping[str, Any]) -> bytes:
    line = _json_line(record)
    if len(line) > MOST_BYTES_A_LINE:
        small = {name: told for name, told in record.items() if len(_json_line(told)) < 1_000}
        line = _json_line({**small, "cut": True})
    return line


def _json_line(told: object) -> bytes:
    return json.dumps(told, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def _newest_half(content: bytes) -> Iterator[bytes]:
    lines = [line for line in content.splitlines(keepends=True) if line.endswith(b"\n")]
    kept = lines[-(MOST_LINES // 2) :]
    size = sum(map(len, kept))
    for line in kept:
        if size <= MOST_BYTES // 2:
            yield line
        size -= len(line)


def _append(path: Path, line: bytes) -> None:
    """Append a whole line or nothing."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        size = os.fstat(descriptor).st_size
        try:
            if os.write(descriptor, line) != len(line):
                raise OSError("the disk took a part of the line only")
        except OSError:
            os.ftruncate(descriptor, size)
            raise
    finally:
        os.close(descriptor)
