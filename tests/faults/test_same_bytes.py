"""The same reports, made in whatever order and company: the same bytes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

CELLS = (
    "import matplotlib.pyplot as plt\nimport numpy as np\nimport pandas as pd\n"
    "from foistats import publish",
    "rng = np.random.default_rng(7)\n"
    "frame = pd.DataFrame({'force': ['Kent', '=1+1'], 'share': rng.random(2)})",
    "print({'b', 'a', 'c'}, hash('x'))\nfor n in range(200):\n    print(n)",
    "publish.table('shares', frame, 'Shares')",
    "fig, ax = plt.subplots()\nax.bar(frame.force, frame.share)\n"
    "publish.figure('bars', fig, alt='Kent lower', data=frame)",
    "publish.value('things', int(frame.shape[0]))\npublish.say('{things} forces')",
)
NAMES = ("severity", "alpha", "beta", "gamma")
WAYS = {
    "one at a time": (["--jobs", "1"], {}),
    "four at a time": (["--jobs", "4"], {}),
    "cold": (["--cold", "--jobs", "2"], {}),
    "another order": (["gamma", "beta", "severity", "alpha"], {}),
    "another hash seed": ([], {"PYTHONHASHSEED": "77"}),
    "a third hash seed": ([], {"PYTHONHASHSEED": "1234567"}),
}


@pytest.fixture
def four(folder, declare):
    folder.notebook(*CELLS)
    declare(*NAMES[1:])
    for name in NAMES[1:]:
        folder.notebook(*CELLS, f"publish.value('name', '{name}')", name=name, parameters="")
    return folder


def bytes_of(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
        and path.name not in ("run.json", "ro-crate-metadata.json")
        and not any(part.startswith(".") for part in path.relative_to(root).parts)
    }


def made(folder, started, options, environment, count=4) -> dict[str, bytes]:
    """Make all reports anew, the caches of fonts and byte code included; return the bytes."""
    reports = folder.root / "reports"
    shutil.rmtree(reports, ignore_errors=True)
    runner = started("run", *options, **environment)
    out, said = runner.communicate(timeout=120)
    assert runner.returncode == 0, said
    assert out.count("published  v001") == count
    return bytes_of(reports)


def differing(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    return [name for name in {**one, **other} if one.get(name) != other.get(name)]


@pytest.mark.slow
def test_two_beside_each_other_and_cold_in_another_order(four, started, aftermath) -> None:
    plain = made(four, started, [*NAMES[:2], "--jobs", "2"], {"PYTHONHASHSEED": "0"}, count=2)
    options = [*reversed(NAMES[:2]), "--cold", "--jobs", "1"]
    assert differing(plain, made(four, started, options, {"PYTHONHASHSEED": "7"}, count=2)) == []
    aftermath.recovers(*NAMES[:2])


@pytest.mark.slow
@pytest.mark.parametrize(("options", "environment"), WAYS.values(), ids=WAYS)
def test_however_they_are_made(four, started, aftermath, options, environment) -> None:
    plain = made(four, started, [], {"PYTHONHASHSEED": "0"})
    assert "gamma/v001/figures/bars.svg" in plain
    assert differing(plain, made(four, started, options, environment)) == []
    aftermath.recovers()


@pytest.mark.slow
def test_one_cold_beside_four_warm_with_another_seed_and_order(four, started, aftermath) -> None:
    names = ["gamma", "beta", "severity", "alpha"]
    plain = made(four, started, ["--jobs", "4"], {"PYTHONHASHSEED": "0"})
    other = made(four, started, [*names, "--cold", "--jobs", "1"], {"PYTHONHASHSEED": "77"})
    assert differing(plain, other) == []
    aftermath.recovers()


@pytest.mark.slow
def test_with_its_caches_and_one_after_the_other(four, started, aftermath) -> None:
    """Later runs find what the first left: its font cache, its kept inputs."""
    plain = made(four, started, [], {})
    shutil.copytree(four.root / "reports", four.root.parent / "plain")
    for path in (four.root / "reports").glob("[!.]*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    for name in reversed(NAMES):
        assert four.foistats("run", name).code == 0
    assert differing(plain, bytes_of(four.root / "reports")) == []
    aftermath.recovers()
