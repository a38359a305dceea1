"""One piece of the severity benchmark, in a process of its own; `severity_speed.py` starts it.

Prints one JSON document. The pieces: simulate data, time our fits or those of statsmodels, measure
peak memory, describe the libraries.
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

RUNGS = ("none", "advice", "warning", "final_warning", "left")
LEVELS = {"force": 43, "role": 6, "year": 6, "breach": 6}
THRESHOLDS = (-1.2, -0.1, 0.9, 2.0)
FORCE_SD = 0.55
EFFECT = 0.5
"""The effects of role, year and breach lie evenly between minus and plus this."""
SLOPE = 0.3
"""Of the continuous covariate."""
SEED = 20140101

Answer = dict[str, Any]


def simulate(rows: int, *, continuous: bool) -> pd.DataFrame:
    """Return a frame of categoricals, perhaps with a continuous column ``x``."""
    random = np.random.default_rng([SEED, rows, continuous])
    location = np.zeros(rows)
    columns: dict[str, Any] = {}
    for name, count in LEVELS.items():
        codes = random.integers(0, count, rows).astype(np.int8)
        effects = np.linspace(-EFFECT, EFFECT, count)
        if name == "force":
            effects = random.normal(0, FORCE_SD, count)
        location += effects[codes]
        columns[name] = pd.Categorical.from_codes(codes, _labels(name, count))
    if continuous:
        columns["x"] = random.normal(size=rows)
        location += SLOPE * columns["x"]
    severity = np.searchsorted(THRESHOLDS, location + random.logistic(size=rows))
    columns["severity"] = pd.Categorical.from_codes(severity.astype(np.int8), RUNGS, ordered=True)
    return pd.DataFrame(columns)


def _labels(name: str, count: int) -> list[str]:
    return [f"{name}{place:02d}" for place in range(count)]


def save(frame: pd.DataFrame, stem: Path) -> Answer:
    """Write the frame for Python (pickle) and for R (codes as CSV); say how many cells it has."""
    frame.to_pickle(stem.with_suffix(".pkl"))
    codes = frame.copy()
    for name in codes.columns.drop("x", errors="ignore"):
        codes[name] = codes[name].cat.codes
    codes.to_csv(stem.with_suffix(".csv"), index=False)
    return {"cells": len(codes.drop_duplicates())}


def fit_ours(frame: pd.DataFrame, terms: str, groups: str, points: int) -> float:
    """Fit our model; return the log-likelihood."""
    from foistats import CumulativeLinkModel

    model = CumulativeLinkModel(
        f"severity ~ {terms}", ladder=list(RUNGS), groups=groups, quadrature_points=points
    )
    fit = model.fit(frame)
    if not np.isfinite(fit.covariance.to_numpy()).all():
        raise ArithmeticError("a covariance is not finite")
    return float(fit.log_likelihood)


def fit_statsmodels(frame: pd.DataFrame, terms: str) -> float:
    """Fit statsmodels' OrderedModel; return the log-likelihood."""
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = OrderedModel.from_formula(f"severity ~ {terms}", frame, distr="logit")
        fit = model.fit(method="bfgs", maxiter=1000, disp=0)
        fit.cov_params()
    return float(fit.llf)


def best_run(fit: Callable[[], float], repeat: int, budget: float) -> Answer:
    """Return the best of several runs, after one that does not count.

    Parameters
    ----------
    fit : callable
        Returns a log-likelihood.
    repeat : int
    budget : float
        Seconds after which no further run starts.
    """
    begin = time.perf_counter()
    log_likelihood = fit()
    runs: list[tuple[float, float]] = []
    while len(runs) < repeat and (not runs or time.perf_counter() - begin < budget):
        gc.collect()
        wall, cpu = time.perf_counter(), time.process_time()
        fit()
        runs.append((time.perf_counter() - wall, time.process_time() - cpu))
    walls, cpus = zip(*runs, strict=True)
    return {
        "wall": min(walls),
        "cpu": min(cpus),
        "wall_median": float(np.median(walls)),
        "runs": len(runs),
        "log_likelihood": log_likelihood,
    }


def timed(options: argparse.Namespace) -> Answer:
    """Time the fit that the options ask for."""
    frame = pd.read_pickle(options.data.with_suffix(".pkl"))
    if options.peer == "statsmodels":
        return best_run(
            lambda: fit_statsmodels(frame, options.terms), options.repeat, options.budget
        )
    answer = best_run(
        lambda: fit_ours(frame, options.terms, options.groups, options.points),
        options.repeat,
        options.budget,
    )
    answer["log_likelihoods"] = {
        str(points): fit_ours(frame, options.terms, options.groups, points)
        for points in options.check_points
    }
    return answer


def peak_memory(options: argparse.Namespace) -> Answer:
    """Return by how many bytes the peak of this process grows during one fit.

    The data are the stored rows, ``copies`` times. What a fit imports is loaded beforehand, by a
    fit to a few rows.
    """
    stored = pd.read_pickle(options.data.with_suffix(".pkl"))
    few = stored.iloc[:: max(1, len(stored) // 2000)]
    fit_ours(few, options.terms.replace(" + force", ""), options.groups, options.points)
    frame = _copies(stored, options.copies)
    del stored
    gc.collect()
    before = _peak_bytes()
    fit_ours(frame, options.terms, options.groups, options.points)
    return {
        "rows": len(frame),
        "frame": int(frame.memory_usage(index=False).sum()),
        "growth": _peak_bytes() - before,
    }


def _copies(frame: pd.DataFrame, copies: int) -> pd.DataFrame:
    columns: dict[str, Any] = {}
    for name, column in frame.items():
        if isinstance(column.dtype, pd.CategoricalDtype):
            codes = np.tile(column.cat.codes.to_numpy(), copies)
            columns[str(name)] = pd.Categorical.from_codes(codes, dtype=column.dtype)
        else:
            columns[str(name)] = np.tile(column.to_numpy(), copies)
    return pd.DataFrame(columns, copy=False)


def _peak_bytes() -> int:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def libraries() -> Answer:
    """Return versions, and the BLAS that numpy was built with."""
    import scipy

    import foistats

    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return {
        "python": sys.version.split()[0],
        "foistats": foistats.__version__,
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "pandas": pd.__version__,
        "blas": f"{blas['name']} {blas['version']}",
    }


def parsed() -> argparse.Namespace:
    """Return the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("piece", choices=["simulate", "time", "memory", "info"])
    parser.add_argument("--data", type=Path, help="the file of the data, without its suffix")
    parser.add_argument("--rows", type=int)
    parser.add_argument("--continuous", action="store_true")
    parser.add_argument("--terms", default="")
    parser.add_argument("--groups", default="")
    parser.add_argument("--points", type=int, default=10)
    parser.add_argument("--check-points", type=int, nargs="*", default=[])
    parser.add_argument("--peer", default="")
    parser.add_argument("--copies", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--budget", type=float, default=30.0)
    return parser.parse_args()


def main() -> None:
    """Do one piece and print its answer."""
    options = parsed()
    if options.piece == "simulate":
        answer = save(simulate(options.rows, continuous=options.continuous), options.data)
    elif options.piece == "time":
        answer = timed(options)
    elif options.piece == "memory":
        answer = peak_memory(options)
    else:
        answer = libraries()
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
