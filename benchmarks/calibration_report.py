"""Counts what calibration.py left: bias, coverage, width, failures, each with its own error."""
# ruff: noqa: RUF001 - the report writes Greek letters and dashes

from __future__ import annotations

import json
import platform
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import scipy
from numpy.typing import NDArray
from scipy import stats

import foistats

Array: TypeAlias = NDArray[Any]
Answer: TypeAlias = dict[str, Any]

CRITICAL = float(stats.chi2.ppf(0.95, 1))
SETTLED = 2.0
"""A coverage is within Monte-Carlo error of a limit if it is no more standard errors away."""
RESAMPLES = 1_000

GOALS = {
    ("role", "Wald"): {"real": (0.93, 0.97), "full": (0.93, 0.97)},
    ("threshold", "t"): {"real": (0.92, 0.97), "full": (0.93, 0.97)},
    ("top", "t"): {"real": (0.92, 0.97), "full": (0.93, 0.97)},
    ("sd", "profile"): {"full": (0.93, 0.97)},
}
"""Coverage asked for (method.md, section 7), by kind of quantity and interval, and design."""
NOT_SHOWN = """
## What this does not show
- The bootstrap interval of σ in (i) was asked whether it holds the truth, by the test that it
  consists of, with 99 simulated registers in each replication; its ends were not found, and other
  values of σ not tried: that costs more than all of the above. The profile interval of σ in (i) is
  in the table without a goal.
- Profile intervals of the role effect: only at σ = 0.55, in the first 500 replications. Widths of
  profile intervals rest on the first {profiles} to 50 (column `widths` of calibration.csv).
- At a true σ of 0 the profile interval should hold it in 97.5% of the replications, not 95%: the
  drop is ½χ²₀ + ½χ²₁.
- Coarsening is at random by construction (README.md says how), the intercepts are normal, the odds
  proportional. Departures from these are not tried, the declared failures apart.
- The hidden rung is tried on a ladder of four rungs, on which the middle one is parted: on the
  primary ladder both halves are one rung, and nothing can hide.
"""
BOOTSTRAP_GOAL = 0.9
ROLE_EFFECT, SHARES = 0.9, "plugged in"
"""What a label does not mention."""
DESIGNS = {"real": "(i) the real groups", "full": "(ii) 39 forces"}


# ---- what was left ---------------------------------------------------------------------------


def lines(draws: Path, key: str) -> list[Answer]:
    found: dict[int, Answer] = {}
    for path in sorted(draws.glob(f"{key}.*of*.jsonl")):
        for line in path.read_text().splitlines():
            try:
                answer = json.loads(line)
            except ValueError:  # cut off when the run was stopped
                continue
            found.setdefault(answer["replication"], answer)
    return [found[number] for number in sorted(found)]


def done(draws: Path, key: str) -> set[int]:
    return {answer["replication"] for answer in lines(draws, key)}


@dataclass(frozen=True)
class Outcome:
    """The replications of one scenario; ``scenario`` its settings, ``truths`` by quantity."""

    scenario: Mapping[str, Any]
    truths: Mapping[str, float]
    answers: Sequence[Answer]

    @property
    def label(self) -> str:
        said = [f"σ = {self.scenario['sd']:g}"]
        if self.scenario["role_effect"] != ROLE_EFFECT:
            said.append(f"role effect {self.scenario['role_effect']:g}")
        if self.scenario["shares"] != SHARES:
            said.append(f"shares {self.scenario['shares']}")
        return ", ".join([*said, *filter(None, [self.scenario["failure"]])])

    @cached_property
    def fitted(self) -> list[Answer]:
        return [answer for answer in self.answers if "rows" in answer]

    @property
    def failures(self) -> str:
        kinds = Counter(answer["error"] for answer in self.answers if "error" in answer)
        return "; ".join(f"{kind} {number}" for kind, number in kinds.most_common())

    def values(self, quantity: str) -> Array:
        """Return what was found of a quantity: replications x (estimate, error, low, high)."""
        return np.array([answer["rows"][quantity] for answer in self.fitted], dtype=float)

    def rows(self) -> Iterator[Answer]:
        for quantity in self.truths:
            if quantity == "sd":
                yield self._row("sd", "profile") | self._of_profile("sd")
                continue
            interval = "Wald" if quantity == "role" else "t"
            yield self._row(quantity, interval) | self._of_interval(quantity)
            if quantity == "role":
                yield self._row("role", "profile") | self._of_profile("role")

    def _row(self, quantity: str, interval: str) -> Answer:
        truth, errors = self.truths[quantity], self.values(quantity)[:, 0] - self.truths[quantity]
        zero = self.values("sd")[:, 0] == 0
        root = float(np.sqrt(np.mean(errors**2)))
        return {
            **{k: self.scenario[k] for k in ("design", "sd", "role_effect", "shares", "failure")},
            "quantity": quantity,
            "truth": truth,
            "interval": interval,
            "replications": len(self.answers),
            "failures": self.failures or "none",
            "bias": errors.mean(),
            "bias_se": _error_of_mean(errors),
            "median_error": float(np.median(errors)),
            "rmse": root,
            "rmse_se": _error_of_mean(errors**2) / (2 * root),
            "sd_zero": zero.mean(),
            "sd_zero_se": _error_of_share(zero.mean(), len(zero)),
        }

    def _of_interval(self, quantity: str) -> Answer:
        low, high = self.values(quantity)[:, 2:].T
        truth = self.truths[quantity]
        covered = int(np.sum((low <= truth) & (truth <= high)))
        return _coverage(covered, len(low), len(self.answers)) | _width(high - low)

    def _of_profile(self, quantity: str) -> Answer:
        """A failure of the fit is not covered; a profile that failed after a fit is not either."""
        asked = [a for a in self.answers if "error" not in a and quantity in a["drops"]]
        widest = max((a["replication"] for a in asked), default=-1)
        failed = sum("error" in a and a["replication"] <= widest for a in self.answers)
        drops = [a["drops"][quantity] for a in asked]
        covered = sum(not isinstance(drop, str) and drop <= CRITICAL for drop in drops)
        ends = [a["profile"][quantity] for a in asked if quantity in a.get("profile", {})]
        widths = np.array([high - low for low, high in (e for e in ends if not isinstance(e, str))])
        broken = sum(isinstance(drop, str) for drop in drops)
        return (
            _coverage(covered, len(asked), len(asked) + failed)
            | _width(widths)
            | {"profile_failures": broken}
        )


def _coverage(covered: int, fitted: int, all_of_them: int) -> Answer:
    if not fitted:
        return {"counted": 0}
    share, among = covered / all_of_them, covered / fitted
    return {
        "counted": all_of_them,
        "coverage": share,
        "coverage_se": _error_of_share(share, all_of_them),
        "coverage_fitted": among,
        "coverage_fitted_se": _error_of_share(among, fitted),
    }


def _width(widths: Array) -> Answer:
    finite = widths[np.isfinite(widths)]
    if not len(finite):
        return {}
    return {
        "width": finite.mean(),
        "width_se": _error_of_mean(finite),
        "widths": len(widths),
        "infinite": len(widths) - len(finite),
    }


def _error_of_mean(values: Array) -> float:
    return float(np.std(values, ddof=1) / np.sqrt(len(values)))


def _error_of_share(share: float, number: int) -> float:
    return float(np.sqrt(share * (1 - share) / number))


# ---- efficiency ------------------------------------------------------------------------------


def efficiency(outcome: Outcome) -> list[Answer]:
    """Return variances of the role effect against that of the same cases fully observed."""
    rng = np.random.default_rng(0)
    asked = [answer for answer in outcome.answers if "complete" in answer]
    rows = []
    for name, words in (
        ("coarse", "as printed (all groups)"),
        ("together", "only groups that print role and outcome together"),
    ):
        pairs = [
            (answer["complete"]["role"][0], found[0])
            for answer in asked
            if (found := _role_of(answer, name)) and "role" in answer["complete"]
        ]
        values = np.array(pairs).reshape(-1, 2)
        drawn = rng.integers(len(values), size=(RESAMPLES, len(values)))
        ratios = [_ratio(values[chosen]) for chosen in drawn]
        spread = [stats.iqr(values[:, place]) for place in (0, 1)]
        rows.append(
            {
                "design": outcome.scenario["design"],
                "data": words,
                "asked": len(asked),
                "fitted": len(values),
                "variance": float(np.var(values[:, 1], ddof=1)),
                "variance_complete": float(np.var(values[:, 0], ddof=1)),
                "efficiency": _ratio(values),
                "efficiency_se": float(np.std(ratios, ddof=1)),
                "efficiency_by_quartiles": float((spread[0] / spread[1]) ** 2),
            }
        )
    return rows


def _role_of(answer: Answer, name: str) -> list[float] | None:
    rows = answer.get("rows", {}) if name == "coarse" else answer[name]
    found: list[float] | None = rows.get("role")
    return found


def _ratio(values: Array) -> float:
    return float(np.var(values[:, 0], ddof=1) / np.var(values[:, 1], ddof=1))


# ---- goals -----------------------------------------------------------------------------------


def verdicts(table: pd.DataFrame) -> pd.DataFrame:
    """Return the coverages that a goal is set for, and whether they are within it."""
    rows = []
    for _, row in table[(table["failure"] == "") & table["coverage"].notna()].iterrows():
        kind = str(row["quantity"]).split(",")[0].split(" ")[0]
        goal = GOALS.get((kind, row["interval"]), {}).get(row["design"])
        if goal is None:
            continue
        low, high = goal
        beyond = max(low - row["coverage"], row["coverage"] - high)
        word = "reached"
        if beyond > 0:
            word = "too low" if row["coverage"] < low else "too high"
            if beyond <= SETTLED * row["coverage_se"]:
                word += ", within two Monte-Carlo standard errors"
        rows.append({**row, "kind": kind, "goal": f"{low:.0%}–{high:.0%}", "verdict": word})
    return pd.DataFrame(rows)


# ---- writing ---------------------------------------------------------------------------------


def write(
    folder: Path,
    draws: Path,
    scenarios: Sequence[tuple[Mapping[str, Any], Mapping[str, float]]],
    *,
    names: Mapping[str, str],
    sounds: Mapping[str, str],
    head: Mapping[str, str],
) -> None:
    """Write calibration.csv and calibration.md; ``names`` are the words for the quantities,
    ``sounds`` the sound reading of a failure, where that is another scenario.
    """
    outcomes = [Outcome(s, truths, lines(draws, s["key"])) for s, truths in scenarios]
    outcomes = [outcome for outcome in outcomes if len(outcome.fitted) > 1]
    table = pd.DataFrame([row for outcome in outcomes for row in outcome.rows()])
    table["label"] = [outcome.label for outcome in outcomes for _ in outcome.rows()]
    kept = [column for column in table.columns if column != "label"]
    rounded = table[kept].assign(quantity=table["quantity"].replace(names))
    rounded.to_csv(folder / "calibration.csv", index=False, float_format="%.4f")
    parts = [
        _opening(outcomes, head),
        _goals(verdicts(table), names, _bootstrap_rows(outcomes, draws)),
        _matrix(table, names, "Coverage", "coverage", 1, 100),
        _matrix(table, names, "Bias", "bias", 3, 1),
        _matrix(table, names, "Root mean squared error", "rmse", 3, 1),
        _matrix(table, names, "Mean width", "width", 3, 1),
        _declared(table, names, sounds),
        _efficiencies([row for o in outcomes if _compared(o) for row in efficiency(o)]),
        _failures(outcomes),
        NOT_SHOWN.format(profiles=head["profiles"]),
    ]
    (folder / "calibration.md").write_text("\n\n".join(part.strip() for part in parts) + "\n")


def _compared(outcome: Outcome) -> bool:
    return any("complete" in answer for answer in outcome.answers)


def _opening(outcomes: Sequence[Outcome], head: Mapping[str, str]) -> str:
    seconds = sum(answer["seconds"] for o in outcomes for answer in o.answers)
    points = Counter(answer.get("points", 10) for o in outcomes for answer in o.answers)
    engines = sorted({answer["engine"] for o in outcomes for answer in o.answers})
    versions = {
        "foistats": foistats.__version__,
        "Python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "pandas": pd.__version__,
    }
    items = {
        **{name: head[name] for name in ("seed", "study")},
        "replications": f"{sum(len(o.answers) for o in outcomes):,} in {len(outcomes)} scenarios",
        "processor time": f"{seconds / 60:.0f} minutes on one core of a machine in other use too",
        "versions": ", ".join(f"{name} {version}" for name, version in versions.items()),
        "engine": f"{', '.join(engines)} (first digits of the SHA-256 of its source)",
        "quadrature points": "; ".join(f"{k} in {n:,} replications" for k, n in points.items()),
    }
    said = "\n".join(f"- {name}: {value}" for name, value in items.items())
    return f"# Calibration of the severity model\n\nWritten by `calibration.py report`.\n\n{said}"


def _goals(found: pd.DataFrame, names: Mapping[str, str], spread: Sequence[str]) -> str:
    kinds = {"role": "role effect", "threshold": "thresholds", "top": "P(top rung)", "sd": "σ"}
    rows, misses = [], []
    for (kind, design), part in found.groupby(["kind", "design"], sort=False):
        missed = part[part["verdict"] != "reached"]
        low = int(missed["verdict"].str.startswith("too low").sum())
        verdict = f"**not reached** in {len(missed)} of {len(part)}: {low} too low, "
        verdict += f"{len(missed) - low} too high"
        verdict = "reached" if missed.empty else verdict
        rows.append(
            _row(
                f"{kinds[kind]}, {part['interval'].iloc[0]}",
                DESIGNS[str(design)],
                part["goal"].iloc[0],
                f"{part['coverage'].min():.1%} to {part['coverage'].max():.1%}",
                verdict,
            )
        )
        misses += [
            f"- {DESIGNS[row['design']]}, {row['label']}: {names[row['quantity']]} "
            f"{row['coverage']:.1%} (± {row['coverage_se']:.1%}; "
            f"{row['coverage_fitted']:.1%} of the fits), not {row['goal']}: {row['verdict']}"
            for _, row in missed.iterrows()
        ]
    table = (
        "| goal | design | asked | coverage found, all scenarios | |\n|---|---|---|---|---|\n"
        + "\n".join([*rows, *spread])
    )
    listed = "\n".join(misses) or "None."
    return (
        "## Goals\nCoverage of 95% intervals; a replication without a fit counts as not covered. "
        "Scenarios with a declared failure have no goal. Unless a label says otherwise the role "
        f"effect is {ROLE_EFFECT:g}, role shares are {SHARES}, and coarsening is at random.\n\n"
        f"{table}\n\n{_in_words(found)}\n\n### Not reached\n{listed}"
    )


def _in_words(found: pd.DataFrame) -> str:
    """Say on which side the goals were missed."""
    low = found[found["verdict"].str.startswith("too low")]
    high = found[found["verdict"].str.startswith("too high")]
    return (
        f"Of {len(found)} coverages {len(found) - len(low) - len(high)} are as asked. {len(high)} "
        "are higher: there the intervals are wider than they need be. "
        f"{len(low)} {'is' if len(low) == 1 else 'are'} lower: there they are too short."
    )


def _bootstrap_rows(outcomes: Sequence[Outcome], draws: Path) -> list[str]:
    """Return whether the bootstrap intervals of sigma held it; a failure is not covered."""
    rows = []
    for outcome in outcomes:
        found = lines(draws, f"bootstrap_{outcome.scenario['key']}")
        if not found:
            continue
        share = sum(answer.get("holds", False) for answer in found) / len(found)
        error = _error_of_share(share, len(found))
        failed = sum("error" in answer for answer in found)
        verdict = "reached" if share >= BOOTSTRAP_GOAL else "**not reached**"
        said = f"{share:.1%} (± {error:.1%}) of {len(found)}, {failed} without an answer"
        head = [f"σ, bootstrap ({outcome.label})", DESIGNS[outcome.scenario["design"]]]
        rows.append(_row(*head, f"at least {BOOTSTRAP_GOAL:.0%}", said, verdict))
    absent = _row("σ, bootstrap", DESIGNS["real"], f"at least {BOOTSTRAP_GOAL:.0%}", "not run", "–")
    return rows or [absent]


def _matrix(
    table: pd.DataFrame,
    names: Mapping[str, str],
    title: str,
    column: str,
    digits: int,
    times: float,
) -> str:
    """Return scenarios x quantities of one column, each with its Monte-Carlo error."""
    text = []
    for design, part in table.groupby("design", sort=False):
        pairs = list(dict.fromkeys(zip(part["quantity"], part["interval"], strict=True)))
        by_interval = column in ("coverage", "width")
        if not by_interval:
            pairs = [pair for pair in pairs if pair != ("role", "profile")]
        pairs = [p for p in pairs if part.loc[_at(part, p), column].notna().any()]
        words = [names[q] + (f", {i}" if by_interval else "") for q, i in pairs]
        body = [f"### {DESIGNS[str(design)]}", _row("scenario", "n", *words)]
        body.append("|---" * (len(pairs) + 2) + "|")
        for label, rows in part.groupby("label", sort=False):
            cells = [_number(rows[_at(rows, pair)], column, digits, times) for pair in pairs]
            body.append(_row(label, rows["replications"].iloc[0], *cells))
        text.append("\n".join(body))
    note = " (per cent)" if times == 100 else ""
    return f"## {title}{note}\nIn brackets the Monte-Carlo standard error.\n\n" + "\n\n".join(text)


def _row(*cells: Any) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def _declared(table: pd.DataFrame, names: Mapping[str, str], sounds: Mapping[str, str]) -> str:
    """Say what each declared failure moves, beyond three Monte-Carlo standard errors."""
    text = [
        "## Declared failures\nWhat each moves by more than three Monte-Carlo standard errors, "
        "beside the same scenario coarse at random (for the parted ladder: read as either rung)."
    ]
    base = table[
        (table["design"] == "full") & (table["sd"] == 0.55) & (table["role_effect"] == 0.9)
    ]
    base = base[base["shares"] == "plugged in"].set_index(["failure", "quantity", "interval"])
    found = [name for name in base.index.unique("failure") if name]
    for failure in found:
        sound = sounds.get(failure, "")
        if failure in sounds.values() or sound not in base.index.unique("failure"):
            continue
        said = []
        for (quantity, interval), row in base.loc[failure].iterrows():
            other = base.loc[(sound, quantity, interval)]
            moved = row["bias"] - other["bias"]
            settled = abs(moved) > 3 * np.hypot(row["bias_se"], other["bias_se"])
            if settled and (quantity, interval) != ("role", "profile"):
                said.append(f"{names[quantity]} by {moved:+.3f}{_covers(row, other)}")
        text.append(f"- {failure}: {', '.join(said) or 'nothing'}")
    return "\n".join(text)


def _covers(row: pd.Series, other: pd.Series) -> str:
    if np.isnan(row["coverage"]):
        return ""
    return f" (coverage {row['coverage']:.1%}, not {other['coverage']:.1%})"


def _at(rows: pd.DataFrame, pair: tuple[str, str]) -> pd.Series:
    return (rows["quantity"] == pair[0]) & (rows["interval"] == pair[1])


def _number(row: pd.DataFrame, column: str, digits: int, times: float) -> str:
    if row.empty or row[column].isna().all():
        return "–"
    value, error = times * row[column].iloc[0], times * row[f"{column}_se"].iloc[0]
    return f"{value:.{digits}f} ({error:.{digits}f})"


def _efficiencies(rows: Sequence[Answer]) -> str:
    head = (
        "## What coarse statements keep\nThe variance of the role effect if the same cases were "
        "fully observed, divided by its variance in the data that are printed, over replications "
        "in which both have a fit (σ = 0.55, shares plugged in). By quartiles: the same with "
        "squared interquartile ranges.\n\n"
        "| design | data | efficiency | by quartiles | fits of | variance | fully observed |\n"
        "|---|---|---|---|---|---|---|"
    )
    body = [
        f"| {DESIGNS[row['design']]} | {row['data']} | {row['efficiency']:.2f} "
        f"({row['efficiency_se']:.2f}) | {row['efficiency_by_quartiles']:.2f} | "
        f"{row['fitted']} of {row['asked']} | {row['variance']:.3f} | "
        f"{row['variance_complete']:.3f} |"
        for row in rows
    ]
    return "\n".join([head, *body])


def _failures(outcomes: Sequence[Outcome]) -> str:
    head = (
        "## Fits that failed, and σ estimated as zero\n"
        "| design | scenario | replications | failures | σ̂ = 0 |\n|---|---|---|---|---|"
    )
    body = []
    for outcome in outcomes:
        zero = outcome.values("sd")[:, 0] == 0
        error = _error_of_share(zero.mean(), len(zero))
        body.append(
            f"| {DESIGNS[outcome.scenario['design']]} | {outcome.label} | {len(outcome.answers)} | "
            f"{outcome.failures or 'none'} | {zero.mean():.1%} (± {error:.1%}) |"
        )
    return "\n".join([head, *body])
