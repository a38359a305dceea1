import errno
import json
import os

import pytest

from foistats.reports.store import journal
from foistats.reports.store.journal import note_run, status_of, write_status


@pytest.fixture
def log(shop):
    shop.reports.mkdir()
    return shop.reports / ".run-log.jsonl"


def _lines(log) -> list[dict]:
    return [json.loads(line) for line in log.read_text().splitlines()]


def test_one_line_a_run(shop, log) -> None:
    assert note_run(shop.reports, {"n": 1, "text": "a\nb"})
    assert note_run(shop.reports, {"n": 2})
    assert _lines(log) == [{"n": 1, "text": "a\nb"}, {"n": 2}]


def test_the_log_is_bounded_in_lines(shop, log, monkeypatch) -> None:
    monkeypatch.setattr(journal, "MOST_LINES", 10)
    for number in range(26):
        note_run(shop.reports, {"n": number})
        assert len(_lines(log)) <= 10
    assert [told["n"] for told in _lines(log)] == list(range(20, 26))


def test_the_log_is_bounded_in_bytes(shop, log, monkeypatch) -> None:
    monkeypatch.setattr(journal, "MOST_BYTES", 1_000)
    for number in range(50):
        note_run(shop.reports, {"n": number, "text": "x" * 70})
        assert log.stat().st_size <= 1_000
    assert _lines(log)[-1]["n"] == 49
    assert 5 <= len(_lines(log)) <= 11


def test_a_record_that_is_too_long_is_cut(shop, log) -> None:
    note_run(shop.reports, {"state": "finished", "reports": ["x" * 200_000]})
    assert _lines(log) == [{"state": "finished", "cut": True}]


def test_a_line_that_was_torn_spoils_no_other(shop, log) -> None:
    log.write_text('{"n": 1}\n{"n": ')
    note_run(shop.reports, {"n": 3})
    assert log.read_text() == '{"n": 1}\n{"n": \n{"n": 3}\n'


def test_a_line_that_did_not_fit_is_taken_back(shop, log, monkeypatch) -> None:
    note_run(shop.reports, {"n": 1})
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, line: real(descriptor, line[:3]))
    assert note_run(shop.reports, {"n": 2}) is False
    assert _lines(log) == [{"n": 1}]


def test_the_status(shop) -> None:
    assert status_of(shop.reports) == {}
    assert write_status(shop.reports, {"state": "running"})
    assert write_status(shop.reports, {"state": "finished"})
    assert status_of(shop.reports) == {"state": "finished"}
    assert [path.name for path in shop.reports.iterdir()] == [".status.json"]


def test_a_full_disk_is_told_not_raised(shop, monkeypatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    shop.reports.mkdir()
    monkeypatch.setattr(journal, "replace", full)
    monkeypatch.setattr(journal, "_append", full)
    assert write_status(shop.reports, {}) is False
    assert note_run(shop.reports, {}) is False
