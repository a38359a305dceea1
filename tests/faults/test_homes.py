"""Homes, start-up files and variables that want a say in what a report shows."""

from __future__ import annotations

import json
import site
from pathlib import Path

import pytest

LOUD = "import sys\nsys.hostile = True\nprint('HOSTILE')\n"
KERNEL = {"argv": ["false", "{connection_file}"], "display_name": "x", "language": "python"}
STYLE = "figure.facecolor: red\nsvg.hashsalt: mine\nfont.size: 40\ntext.usetex: True\n"
CONFIG = (
    "c.InteractiveShellApp.exec_lines = ['import sys; sys.hostile = True']\n"
    "c.IPKernelApp.exec_lines = ['import sys; sys.hostile = True']\n"
)
CELLS = (
    "import os, sys\nimport matplotlib.pyplot as plt\nimport pandas as pd",
    "from foistats import publish",
    "assert not hasattr(sys, 'hostile')\nassert 'PYTHONPATH' not in os.environ",
    "frame = pd.DataFrame({'force': ['Kent', 'Avon'], 'share': [0.1, 1 / 3]})\n"
    "print({'b', 'a', 'c'}, hash('x'), pd.get_option('display.max_rows'))",
    "publish.table('shares', frame, 'Shares')",
    "fig, ax = plt.subplots()\nax.bar(frame.force, frame.share)\n"
    "publish.figure('bars', fig, alt='Kent lower', data=frame)",
    "publish.value('things', n)",
)


def hostile_home(home: Path) -> dict[str, str]:
    """Write everything into a home that could change a notebook; return the variables."""
    user = site.getusersitepackages().replace(str(Path.home()), str(home))
    files = {
        ".ipython/profile_default/startup/00.py": LOUD,
        ".ipython/profile_default/ipython_config.py": CONFIG,
        ".ipython/profile_default/ipython_kernel_config.py": CONFIG,
        ".jupyter/jupyter_config.py": CONFIG,
        ".jupyter/ipython_kernel_config.py": CONFIG,
        ".config/matplotlib/matplotlibrc": STYLE,
        ".matplotlib/matplotlibrc": STYLE,
        "matplotlibrc": STYLE,
        ".local/share/jupyter/kernels/python3/kernel.json": json.dumps(KERNEL),
        ".config/pip/pip.conf": "[global]\nno-index = true\n",
        ".pythonrc": LOUD,
        "modules/sitecustomize.py": LOUD,
        "modules/usercustomize.py": LOUD,
        "modules/foistats_matplotlib.py": LOUD,
        f"{user}/usercustomize.py": LOUD,
        f"{user}/sitecustomize.py": LOUD,
        f"{user}/loud.pth": "import sys; sys.hostile = True\n",
    }
    for name, text in files.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return {
        "HOME": str(home),
        "PYTHONSTARTUP": str(home / ".pythonrc"),
        "PYTHONPATH": str(home / "modules"),
        "PYTHONHASHSEED": "12345",
        "PYTHONWARNINGS": "always",
        "PYTHONOPTIMIZE": "2",
        "MATPLOTLIBRC": str(home / "matplotlibrc"),
        "MPLCONFIGDIR": str(home / ".config/matplotlib"),
        "MPLBACKEND": "svg",
        "IPYTHONDIR": str(home / ".ipython"),
        "JUPYTER_CONFIG_DIR": str(home / ".jupyter"),
        "JUPYTER_PATH": str(home / ".local/share/jupyter"),
        "LC_ALL": "C",
        "LANGUAGE": "de",
        "TZ": "Pacific/Kiritimati",
        "COLUMNS": "33",
        "OMP_NUM_THREADS": "3",
        "OPENBLAS_NUM_THREADS": "2",
    }


def bytes_of(root: Path) -> dict[str, bytes]:
    loose = ("run.json", "ro-crate-metadata.json")
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
        and path.name not in loose
        and not any(part.startswith(".") for part in path.relative_to(root).parts)
    }


@pytest.mark.parametrize(
    "options", [[], pytest.param(["--cold"], marks=pytest.mark.slow)], ids=["forked", "cold"]
)
def test_a_hostile_home_changes_no_byte(folder, started, aftermath, options) -> None:
    folder.notebook(*CELLS)
    reports = folder.root / "reports"
    assert folder.foistats("run").code == 0
    plain = bytes_of(reports)
    reports.rename(folder.root.parent / "plain")
    home = folder.root.parent / "home"
    before = None
    runner = started("run", *options, **hostile_home(home))
    before = bytes_of(home)
    _, said = runner.communicate(timeout=60)
    assert runner.returncode == 0, said
    hostile = bytes_of(reports)
    assert sorted(hostile) == sorted(plain)
    assert [name for name in plain if plain[name] != hostile[name]] == []
    after = {name: text for name, text in bytes_of(home).items() if "__pycache__" not in name}
    assert after == before
    aftermath.recovers()


@pytest.mark.slow
def test_a_matplotlibrc_beside_the_notebook_is_not_used(folder, aftermath) -> None:
    """Neither in the project's folder, where runs start, nor in that of the notebooks."""
    folder.notebook(*CELLS)
    reports = folder.root / "reports"
    assert folder.foistats("run").code == 0
    plain = bytes_of(reports)
    reports.rename(folder.root.parent / "plain")
    folder.write("matplotlibrc", STYLE)
    folder.write("notebooks/matplotlibrc", STYLE)
    runner = folder.command("run")
    _, said = runner.communicate(timeout=60)
    assert runner.returncode == 0, said
    assert bytes_of(reports) == plain
    aftermath.recovers()


@pytest.mark.slow
@pytest.mark.parametrize("home", ["/nonexistent", "/dev/null", ""])
def test_no_home_at_all(folder, started, aftermath, home) -> None:
    folder.notebook(*CELLS)
    runner = started("run", HOME=home)
    _, said = runner.communicate(timeout=60)
    assert runner.returncode == 0, said
    aftermath.recovers()
