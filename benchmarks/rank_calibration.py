"""How often the intervals of ranks and of shrunken rates hold the truth: rank_calibration.csv, .md.

    .venv/bin/python benchmarks/rank_calibration.py [--minutes 3] [--replications 1000]

Simulated Poisson counts of 43 groups, exposures gamma (shape 1.2, mean 19, plus 1; fixed by the
seed), true relative rates gamma with mean 1. Where all rates are equal, any order is true: a rank
interval then holds the truth if it allows every rank.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd

from foistats.forces.comparable import comparable_counts
from foistats.forces.effects.fit import force_effects
from foistats.forces.effects.hyperparameters import hyperparameters
from foistats.forces.effects.posterior import shrunken_rates
from foistats.forces.ranks.intervals import pointwise_ranks, simultaneous_ranks
from foistats.forces.ranks.pairs import pairs_summary

HERE = Path(__file__).parent
FORCES, SPREADS = 43, (0.0, 0.25, 0.55, 1.0)
NAMES = {
    "simultaneous": "all ranks together, simultaneous intervals",
    "pointwise": "one rank, pointwise intervals",
    "rates": "one rate, posterior interval (gamma)",
    "spread": "the spread, profile interval (gamma)",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--replications", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=20140217)
    settings = parser.parse_args()
    end = time.monotonic() + 60 * settings.minutes
    rows = []
    for place, spread in enumerate(SPREADS):
        left = (end - time.monotonic()) / (len(SPREADS) - place)
        rows += of_spread(spread, settings.replications, settings.seed + place, left)
    frame = pd.DataFrame(rows)
    frame.to_csv(HERE / "rank_calibration.csv", index=False, lineterminator="\n")
    (HERE / "rank_calibration.md").write_text(page(frame, settings.seed), encoding="utf-8")


def of_spread(spread: float, replications: int, seed: int, seconds: float) -> list[dict]:
    """Return one row per kind of interval; fewer replications if the time is up."""
    rng = np.random.default_rng(seed)
    size = rng.gamma(1.2, 15, FORCES) + 1
    held: dict[str, list[float]] = {name: [] for name in NAMES}
    widths: dict[str, list[float]] = {name: [] for name in NAMES}
    apart: list[list[int]] = []
    end = time.monotonic() + seconds
    while len(apart) < replications and time.monotonic() < end:
        rates = rng.gamma(spread**-2, spread**2, FORCES) if spread else np.ones(FORCES)
        least = 1 + (rates[None] > rates[:, None]).sum(axis=1)
        most = (rates[None] >= rates[:, None]).sum(axis=1)
        counts = counts_of(rng.poisson(size * rates), size)
        for name, frame in (
            ("simultaneous", simultaneous_ranks(counts)),
            ("pointwise", pointwise_ranks(counts)),
        ):
            within = (frame["conf_low"] <= least) & (frame["conf_high"] >= most)
            held[name].append(within.all() if name == "simultaneous" else within.mean())
            widths[name].append((frame["conf_high"] - frame["conf_low"] + 1).mean())
        fit = force_effects(counts)
        frame = shrunken_rates(fit)
        within = (frame["conf_low"] <= rates) & (frame["conf_high"] >= rates)
        held["rates"].append(within.mean())
        widths["rates"].append((frame["conf_high"] - frame["conf_low"]).mean())
        row = hyperparameters(fit).set_index("term").loc["spread"]
        held["spread"].append(row["conf_low"] <= spread <= row["conf_high"])
        widths["spread"].append(row["conf_high"] - row["conf_low"])
        apart.append(pairs_summary(counts)["told_apart"].tolist())
    by_region, by_test = np.mean(apart, axis=0)
    return [
        {
            "spread": spread,
            "interval": name,
            "replications": len(apart),
            "coverage": np.mean(held[name]).round(4),
            "monte_carlo_error": (np.std(held[name], ddof=1) / np.sqrt(len(apart))).round(4),
            "mean_width": np.mean(widths[name]).round(3),
            "pairs_apart_by_region": by_region.round(2),
            "pairs_apart_by_test": by_test.round(2),
        }
        for name in NAMES
    ]


def counts_of(low: np.ndarray, size: np.ndarray):
    table = {"force": [f"F{i}" for i in range(FORCES)], "unit": "case", "n_low": low}
    return comparable_counts(pd.DataFrame(table | {"n_high": low, "expected": size}))


def page(frame: pd.DataFrame, seed: int) -> str:
    lines = [
        "# Do the intervals of ranks and rates hold the truth?",
        "",
        f"Written by `rank_calibration.py` (seed {seed}): {FORCES} simulated groups with 1 to "
        "about 90 expected counts each, 95% intervals. The error is that of the simulation. Rank "
        "intervals promise at least 95%; their width is in ranks. Spread is the coefficient of "
        "variation of the true rates.",
        "",
        "| spread | interval | replications | coverage | error | mean width |",
        "|---|---|---|---|---|---|",
    ]
    for row in frame.itertuples():
        lines.append(
            f"| {row.spread:g} | {NAMES[row.interval]} | {row.replications} | "
            f"{row.coverage:.1%} | {row.monte_carlo_error:.1%} | {row.mean_width:.2f} |"
        )
    pairs = FORCES * (FORCES - 1) // 2
    lines += ["", f"| spread | of {pairs} pairs told apart: region | test |", "|---|---|---|"]
    for row in frame.drop_duplicates("spread").itertuples():
        lines.append(
            f"| {row.spread:g} | {row.pairs_apart_by_region:.1f} | {row.pairs_apart_by_test:.1f} |"
        )
    lines += [
        "",
        "At a spread of 0 the profile interval should hold it in 97.5%, since half of the "
        "distribution of the likelihood ratio is at zero; a posterior interval has no promise "
        "there: its prior says that some spread exists.",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
