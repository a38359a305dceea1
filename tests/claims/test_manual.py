"""The ledger that the manual begins with says what the manual says of it."""

import shutil
from pathlib import Path

import pytest

from foistats.claims.audit import audit_claims

ROOT = Path(__file__).resolve().parents[2]
THREE = {"total", "most-in-aldermoor", "aldermoor"}


@pytest.fixture
def study(tmp_path):
    """The invented study of the tests, whose words the example uses, with that ledger."""
    folder = tmp_path / "kitchens"
    shutil.copytree(ROOT / "tests" / "studies" / "kitchens", folder)
    manual = (ROOT / "docs" / "claims.md").read_text(encoding="utf-8")
    block = next(part for part in manual.split("```") if part.startswith("\nid,source"))
    (folder / "claims.csv").write_text(block.strip() + "\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("rounding", "expected"),
    [
        ("half_any", [THREE]),
        ("half_even", [THREE]),
        ("half_up", [{"total", "closed"}, THREE]),
    ],
)
def test_first_ledger(study, rounding, expected):
    audit = audit_claims(study, rounding=rounding)
    assert audit.possible is False
    assert [set(conflict.ids) for conflict in audit.conflicts] == expected
