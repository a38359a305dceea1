import errno

import pytest

from foistats.errors import ReportError
from foistats.reports.store import failures
from foistats.reports.store.failures import failure_of, forget_failure, keep_failed


def test_a_failed_notebook_is_kept_apart_and_forgotten(shop) -> None:
    record = {"key": "k", "reason": "cell c1: no", "when": "2026-01-01"}
    path = keep_failed(shop.reports, "severity", b"{}", record)
    inner = keep_failed(shop.reports, "severity/x-00000000", b"{1}", record)
    assert path.relative_to(shop.reports).as_posix() == ".failed/severity/report.ipynb"
    assert (path.read_bytes(), inner.read_bytes()) == (b"{}", b"{1}")
    assert failure_of(shop.reports, "severity") == record
    forget_failure(shop.reports, "severity")
    assert failure_of(shop.reports, "severity") is None
    assert failure_of(shop.reports, "severity/x-00000000") == record
    forget_failure(shop.reports, "severity/x-00000000")
    forget_failure(shop.reports, "severity/x-00000000")
    assert shop.tree() == {}


def test_a_record_that_is_damaged(shop) -> None:
    keep_failed(shop.reports, "severity", b"{}", {"key": "k"})
    (shop.reports / ".failed/severity/failure.json").write_bytes(b"{\xff")
    assert failure_of(shop.reports, "severity") is None


def test_the_reason_is_told_even_if_the_notebook_cannot_be_kept(shop, monkeypatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(failures, "replace", full)
    with pytest.raises(
        ReportError,
        match=r"severity: cell c1: no\n  the failed notebook could not be kept \(No space .*room",
    ):
        keep_failed(shop.reports, "severity", b"{}", {"reason": "cell c1: no"})
