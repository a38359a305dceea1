"""The installed environment beside the lock file."""

import importlib.metadata
from pathlib import Path

import pytest

from foistats.reports.installed import differences_from_lock

NUMPY = importlib.metadata.version("numpy")


@pytest.mark.parametrize(
    ("lock", "differences"),
    [
        ("", []),
        (f"numpy=={NUMPY} \\\n    --hash=sha256:00\n", []),
        (f"NumPy=={NUMPY}\n", []),
        ("numpy==0.1 \\\n", [f"numpy {NUMPY}, the lock has 0.1"]),
        ("numpy==0.1 ; python_full_version < '3' \\\n", []),
        ("numpy==0.1 ; python_full_version >= '3' \\\n", [f"numpy {NUMPY}, the lock has 0.1"]),
        ("none-such==1 \\\n", ["none-such is not installed, the lock has 1"]),
        ("# numpy==0.1\n    # via numpy==0.1\n", []),
    ],
)
def test_differences(lock: str, differences: list[str]) -> None:
    assert differences_from_lock(lock) == differences


def test_this_environment_is_that_of_the_lock() -> None:
    lock = Path(__file__).parents[2] / "requirements.lock"
    assert differences_from_lock(lock.read_text(encoding="utf-8")) == []
