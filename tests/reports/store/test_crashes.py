"""A process that publishes and prunes is killed at many moments; everything stays whole."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from foistats.reports.store.folders import series_names, tombstone_names, version_names
from foistats.reports.store.lock import holding
from foistats.reports.store.objects import unnamed_objects
from foistats.reports.store.prune import prune
from foistats.reports.store.staging import sweep
from foistats.reports.store.versions import heal, latest

SCRIPT = Path(__file__).parent / "publish_until_killed.py"
KILLS = 30
SEED = 20140630


def _killed(reports: Path, seed: int, after: float) -> None:
    command = [sys.executable, str(SCRIPT), str(reports), str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"begun\n", process.stderr.read().decode()
        time.sleep(after)
        assert process.poll() is None, process.stderr.read().decode()
        process.kill()


def test_thirty_kills(shop) -> None:
    dice = random.Random(SEED)
    left = 0
    for kill in range(KILLS):
        _killed(shop.reports, kill, dice.uniform(0.001, 0.25))
        assert shop.faults() == []
        left += bool([name for name in shop.left_over() if name != ".run-log.jsonl"])
        _put_right(shop)
    assert left > 3, "no kill left anything: it came at no interesting moment"
    assert len(tombstone_names(shop.folder)) > 3
    assert shop.publish() == f"v{int(latest(shop.reports, 'severity').version[1:]):03d}"
    assert shop.faults() == []


def _put_right(shop) -> None:
    with holding(shop.reports, "test"):
        sweep(shop.reports)
        for series in series_names(shop.reports):
            heal(shop.reports, series)
            mine = shop.of(series)
            newest = version_names(mine.folder)[-1]
            assert mine.pointer()["version"] == newest
            assert set(version_names(mine.folder)).isdisjoint(tombstone_names(mine.folder))
    assert [name for name in shop.left_over() if name != ".run-log.jsonl"] == []
    assert shop.faults() == []


@pytest.mark.parametrize("kill", range(3))
def test_after_a_kill_a_prune_leaves_no_input_behind(shop, kill: int) -> None:
    _killed(shop.reports, kill, 0.15)
    prune(shop.reports, series_names(shop.reports), keep=1, reason="a test")
    assert unnamed_objects(shop.reports) == []
    assert shop.faults() == []
