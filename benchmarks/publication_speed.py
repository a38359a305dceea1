"""How long publication takes beside papermill's own command, measured in one run.

    python benchmarks/publication_speed.py [--write]

Six realistic reports (a regression, a table, two figures) are published from nothing, page and
manifest included, and the same six notebooks are run one after another with papermill, from the
same environment; then a project of sixty reports is run with nothing changed, and with one
statement changed. README.md in this folder says how to read the table.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RESULTS = HERE / "publication.md"
BIN = Path(sys.executable).parent
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
IMPORTS = """\
import os
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
import statsmodels.formula.api as smf

from foistats import publish"""
READ = """\
root = Path(os.environ.get("FOISTATS_PROJECT", "."))
data = pd.read_csv(root / "data" / study / "cases.csv")
data["x"] = np.random.default_rng(seed).normal(size=len(data))"""
FIT = """\
fit = smf.ols("n ~ role + x", data[data.force != "F{number}"]).fit()
publish.value("effect", fit.params["x"], digits=3)
coefficients = fit.params.rename_axis("term").reset_index(name="estimate")
publish.table("coefficients", coefficients, "Estimated coefficients")"""
FIGURES = """\
fig, ax = plt.subplots()
sns.boxplot(data=data, x="role", y="n", ax=ax)
publish.figure("by_role", fig, alt="Counts by role")
fig, ax = plt.subplots()
ax.hist(data["x"])
publish.figure("spread", fig, alt="Spread of x")
publish.say("The effect is {effect}.")"""


def main() -> int:
    """Measure, print, and say by the exit code whether every target was met."""
    options = _options()
    rows = list(_measured(options.repeat))
    table = _table(rows)
    sys.stdout.write(table)
    if options.write:
        RESULTS.write_text(f"# Publication speed\n\n{table}", encoding="utf-8")
    return int(any(row["value"] > row["target"] for row in rows))


def _measured(repeat: int) -> Iterator[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as place:
        six = _project(Path(place, "six"), reports=6)
        ours = _best(lambda: _cold(six), repeat)
        peer = _best(lambda: _papermill(six), repeat)
        yield _row("six reports, cold: ours / papermill one after another", ours / peer, 0.5, "")
        yield _row("… ours", ours, float("inf"), "s")
        yield _row("… papermill", peer, float("inf"), "s")
        many = _project(Path(place, "sixty"), reports=60)
        _run(many)
        unchanged = _best(lambda: _run(many), 5)
        yield _row("sixty reports, nothing changed", unchanged, 0.5, "s")
        yield _row("sixty reports, one notebook changed: reports run", _changed(many), 1, "")
        help_ = _best(lambda: _foistats(many, "--help"), 5)
        yield _row("foistats --help", help_, 0.15, "s")


def _project(root: Path, *, reports: int) -> Path:
    (root / "notebooks").mkdir(parents=True)
    (root / "data" / "demo").mkdir(parents=True)
    study = '[study]\nid = "demo"\ntitle = "Demo"\nas_of = 2014-06-30\n'
    (root / "data/demo/study.toml").write_text(study, encoding="utf-8")
    cases = "".join(f"F{row % 7},{'ab'[row % 2]},{row * 7 % 13}\n" for row in range(200))
    (root / "data/demo/cases.csv").write_text(f"force,role,n\n{cases}", encoding="utf-8")
    declared = []
    for number in range(reports):
        name = f"r{number}"
        (root / f"notebooks/{name}.ipynb").write_text(json.dumps(_notebook(number)), "utf-8")
        declared.append(
            f'[reports.{name}]\nnotebook = "notebooks/{name}.ipynb"\ninputs = ["data/{{study}}"]\n'
            f'[reports.{name}.parameters.study]\nallowed = "study"\nmeaning = "the study"\n'
            f'[reports.{name}.parameters.seed]\nmeaning = "the seed"\n'
        )
    (root / "foistats.toml").write_text("\n".join(declared), encoding="utf-8")
    return root


def _notebook(number: int) -> dict[str, Any]:
    parameters = 'study: str = "demo"  # the study\nseed: int = 1  # the seed'
    sources = [IMPORTS, READ, FIT.format(number=number), FIGURES]
    title = {"id": "t", "cell_type": "markdown", "metadata": {}, "source": f"# Report {number}"}
    cells = [title, _code("p", parameters, "parameters")]
    cells += [_code(f"c{position}", source) for position, source in enumerate(sources)]
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": KERNEL}, "cells": cells}


def _code(id: str, source: str, *tags: str) -> dict[str, Any]:
    return {
        "id": id,
        "cell_type": "code",
        "metadata": {"tags": list(tags)},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


def _cold(root: Path) -> None:
    subprocess.run(["rm", "-rf", str(root / "reports")], check=True)
    _run(root)


def _run(root: Path) -> None:
    _foistats(root, "run")


def _foistats(root: Path, *arguments: str) -> str:
    command = [str(BIN / "foistats"), *arguments]
    done = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
    return done.stdout


def _papermill(root: Path) -> None:
    for notebook in sorted((root / "notebooks").glob("*.ipynb")):
        subprocess.run(
            [str(BIN / "papermill"), str(notebook), str(root / "out.ipynb")],
            cwd=root,
            check=True,
            capture_output=True,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        )


def _changed(root: Path) -> int:
    """Change one notebook; return how many reports that would run."""
    path = root / "notebooks/r7.ipynb"
    path.write_text(path.read_text(encoding="utf-8").replace("The effect", "This effect"), "utf-8")
    told = json.loads(_foistats(root, "run", "--dry-run", "--json"))
    return sum(report["status"] == "stale" for report in told["reports"])


def _best(work: Callable[[], object], repeat: int) -> float:
    times = []
    for _ in range(repeat):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


def _row(what: str, value: float, target: float, unit: str) -> dict[str, Any]:
    return {"what": what, "value": value, "target": target, "unit": unit}


def _table(rows: list[dict[str, Any]]) -> str:
    lines = ["| what | measured | at most |", "|---|---:|---:|"]
    for row in rows:
        limit = "" if row["target"] == float("inf") else f"{row['target']:g} {row['unit']}"
        lines.append(f"| {row['what']} | {row['value']:.2f} {row['unit']} | {limit} |")
    return "\n".join(lines) + "\n"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeat", type=int, default=2, help="runs of each; the best counts")
    parser.add_argument("--write", action="store_true", help="write publication.md")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
