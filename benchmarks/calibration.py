"""Do the intervals of the severity model hold what they promise? Registers from known parameters.

    python benchmarks/calibration.py run --draws FOLDER [--minutes 30] [--part 0 --parts 2]
    python benchmarks/calibration.py bootstrap --draws FOLDER [the same]
    python benchmarks/calibration.py report --draws FOLDER

`run` simulates, fits and appends one line per replication to a file per scenario in FOLDER. What is
there already is not done again, so it can be stopped at any time. `report` writes calibration.csv
and calibration.md beside this file. `bootstrap` asks, for the first replications of some scenarios
of `run`, whether the bootstrap interval of sigma holds the truth. simulated_registers.py says how
registers are drawn and made coarse.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import calibration_report
import numpy as np
import simulated_registers as registers
from numpy.typing import NDArray

import foistats.severity
from foistats.errors import FoistatsError
from foistats.register import Register, read_register
from foistats.severity.engine.fitting import Problem, maximise_over
from foistats.severity.groups.case_groups import CaseGroup, group_size
from foistats.severity.groups.cells import SeverityData, severity_data
from foistats.severity.groups.ladders import merged
from foistats.severity.inference import bootstrap
from foistats.severity.inference.profile import SPREAD, profile_of
from foistats.severity.model import CumulativeLinkModel
from foistats.severity.results import SeverityFit

HERE = Path(__file__).parent
Answer: TypeAlias = dict[str, Any]
Array: TypeAlias = NDArray[Any]

SEED = 20140917
THRESHOLDS, PARTED_THRESHOLDS = (-1.4, 2.6), (-1.4, 1.8, 2.6)
REPLICATIONS, AT_LEAST = 2_000, 500
POINTS = 15
"""Of the quadrature. With 10, the default, these fits take half as long again: they are a little
inexact, and the information then needs differences of the gradient. Estimates agree."""
ANSWERED = 39
SHARE_SD = 0.1
FAILING = 3
"""Of the forces one in so many fails in the scenarios of the two failures of coding."""
DROPS = 500
"""Replications in which it is found whether profile intervals hold the truth: of the role effect in
the two scenarios that everything is compared in, of the spread in all without a failure (at 39
forces in every replication)."""
PROFILES = 20
"""Replications in which the ends of profile intervals are found, for their width."""
COMPARED = 500
"""Replications in which the same cases are fitted fully observed, and whole groups left out."""


@dataclass(frozen=True)
class Scenario:
    """What is simulated. ``design``: real or full; ``shares``: plugged in, exact or varying."""

    design: str
    sd: float
    role_effect: float = 0.9
    shares: str = "plugged in"
    failure: str = ""

    @property
    def key(self) -> str:
        parts = [self.design, f"sd{self.sd:g}", f"role{self.role_effect:g}", self.shares]
        return "_".join([*parts, self.failure or "at random"]).replace(" ", "-")

    @property
    def compared(self) -> bool:
        return self == Scenario(self.design, 0.55)


PICKED, OVERLAPPING = "picked examples read as cells", "overlapping sets not pooled"
HIDDEN, READ_WIDE = "hidden rung read by its name", "hidden rung read as either"
SCENARIOS = (
    Scenario("real", 0.55),
    Scenario("full", 0.55),
    Scenario("real", 0.0),
    Scenario("real", 0.25),
    Scenario("real", 1.0),
    Scenario("full", 0.0),
    Scenario("full", 0.25),
    Scenario("full", 1.0),
    Scenario("real", 0.55, 1.6),
    Scenario("real", 0.55, shares="exact"),
    Scenario("real", 0.55, shares="varying"),
    Scenario("full", 0.55, shares="exact"),
    Scenario("full", 0.55, shares="varying"),
    Scenario("full", 0.55, 1.6),
    Scenario("full", 0.55, failure=PICKED),
    Scenario("full", 0.55, failure=OVERLAPPING),
    Scenario("full", 0.55, failure=HIDDEN),
    Scenario("full", 0.55, failure=READ_WIDE),
)
LAST = (
    Scenario("real", 0.55, 1.6),
    Scenario("full", 0.55, 1.6),
    Scenario("full", 0.55, failure=READ_WIDE),
)
"""What is left to the end when time is short."""
BOOTSTRAPPED = (SCENARIOS[0],)
BOOTSTRAPS, BOOTSTRAP_DRAWS, BOOTSTRAP_CHUNK = 200, 99, 5


# ---- the two designs -------------------------------------------------------------------------


@dataclass(frozen=True)
class Study:
    """The real register, and what of it enters the fit."""

    register: Register

    @cached_property
    def data(self) -> SeverityData:
        return merged(severity_data(self.register))[0]

    @cached_property
    def shares(self) -> dict[str, float]:
        return self.data.shares()

    def truth(self, scenario: Scenario) -> registers.Truth:
        ladder, thresholds = self.data.ladder.ids, tuple[float, ...](THRESHOLDS)
        if scenario.failure in (HIDDEN, READ_WIDE):
            low, middle, top = ladder
            ladder = (low, f"{middle} (lower)", f"{middle} (upper)", top)
            thresholds = PARTED_THRESHOLDS
        roles, shares = zip(*self.shares.items(), strict=True)
        return registers.Truth(
            ladder, roles, thresholds, scenario.role_effect, scenario.sd, tuple(shares)
        )

    def pattern(self, group: CaseGroup) -> registers.Pattern:
        return registers.pattern_of(group, self.data.ladder.ids, tuple(self.shares))

    def real_forces(self) -> list[registers.Force]:
        """The groups in the fit, with the role counts they print."""
        return [
            registers.Force(
                group.force,
                group_size(group).high,
                self.pattern(group),
                printed_roles(group, tuple(self.shares)),
            )
            for group in self.data.groups
        ]

    def full_forces(self) -> list[registers.Force]:
        """All forces that answered, at the sizes printed; the rest share what is left of the total.

        Each is given the pattern of a real group in turn.
        """
        survey = self.register.study.analysis.survey
        flow = self.data.flow[self.data.flow["survey"] == survey].dropna(subset="n_high")
        sizes = flow.groupby("force", sort=False)["n_high"].max().astype(int).to_dict()
        nation = self.register.statements_of(self.register.study.analysis.nation)
        total = int(nation.loc[nation["part"] == "total", "n_high"].iloc[0])
        unprinted = ANSWERED - len(sizes)
        share, more = divmod(total - sum(sizes.values()), unprinted)
        sizes |= {f"force {i + 1}": share + (i < more) for i in range(unprinted)}
        patterns = [self.pattern(group) for group in self.data.groups]
        return [
            registers.Force(name, size, patterns[i % len(patterns)])
            for i, (name, size) in enumerate(sizes.items())
        ]

    def picked(self) -> frozenset[str]:
        """The forces whose cases a paper picked for their outcome."""
        flow = self.data.flow
        return frozenset(flow.loc[flow["status"].str.contains("picked"), "force"])


def printed_roles(group: CaseGroup, roles: Sequence[str]) -> tuple[int, ...] | None:
    """Return the numbers of cases by role, where a partition prints them all."""
    for cells in group.partitions:
        if all(len(cell.roles) == 1 and cell.n_low == cell.n_high for cell in cells):
            return tuple(sum(c.n_low for c in cells if role in c.roles) for role in roles)
    return None


@dataclass(frozen=True)
class Plan:
    """A scenario with its truth, its forces, and how each prints."""

    scenario: Scenario
    truth: registers.Truth
    forces: list[registers.Force]
    printers: list[registers.Printer]


def plan_of(study: Study, scenario: Scenario) -> Plan:
    truth = study.truth(scenario)
    forces = study.real_forces() if scenario.design == "real" else study.full_forces()
    printers: list[registers.Printer] = [registers.at_random] * len(forces)
    if scenario.shares == "exact":
        forces = [
            replace(force, pattern=registers.with_roles_printed(force.pattern, truth))
            for force in forces
        ]
    if scenario.failure == PICKED:
        printers = [
            registers.picked_example if force.name in study.picked() else registers.at_random
            for force in forces
        ]
    if scenario.failure == OVERLAPPING:
        printers = [
            registers.at_random if i % FAILING else registers.overlapping
            for i in range(len(forces))
        ]
    if scenario.failure in (HIDDEN, READ_WIDE):
        apart = scenario.failure == HIDDEN
        forces = [
            replace(
                force,
                pattern=registers.parted_middle(
                    force.pattern, truth.ladder, apart=apart or bool(i % FAILING)
                ),
            )
            for i, force in enumerate(forces)
        ]
        if apart:
            printers = [
                registers.at_random if i % FAILING else registers.hidden_rung
                for i in range(len(forces))
            ]
    return Plan(scenario, truth, forces, printers)


# ---- one replication -------------------------------------------------------------------------


def replicate(plan: Plan, number: int) -> Answer:
    """Simulate, fit, and return what is to be counted."""
    truth = plan.truth
    cases, groups = register_of(plan, number)
    profiled = profiles_asked(plan.scenario, number)
    answer: Answer = {"replication": number, **fitted(truth, groups, profiled)}
    if "error" not in answer and number < PROFILES:
        answer |= profile_intervals(plan, answer.pop("fit"))
    answer.pop("fit", None)
    if plan.scenario.compared and number < COMPARED:
        whole = [registers.complete(one, truth) for one in cases]
        together = [
            group
            for group, one in zip(groups, cases, strict=True)
            if one.force.pattern.role_and_outcome
        ]
        answer["complete"] = role_only(truth, whole)
        answer["together"] = role_only(truth, together)
    return answer


def register_of(plan: Plan, number: int) -> tuple[list[registers.Cases], list[CaseGroup]]:
    """Return the cases of a replication, and what is printed of them."""
    place = SCENARIOS.index(plan.scenario)
    rng = np.random.default_rng(np.random.SeedSequence(SEED, spawn_key=(place, number)))
    share_sd = SHARE_SD if plan.scenario.shares == "varying" else 0.0
    cases = [registers.draw_cases(force, plan.truth, rng, share_sd) for force in plan.forces]
    groups = [
        group
        for printer, one in zip(plan.printers, cases, strict=True)
        for group in printer(one, plan.truth, rng)
    ]
    return cases, groups


def profiles_asked(scenario: Scenario, number: int) -> list[str]:
    """Return the quantities whose profile is to be asked whether it holds the truth."""
    asked = ["role"] if scenario.compared and number < DROPS else []
    if scenario.failure:
        return []
    return asked + ["sd"] * (scenario.design == "full" or number < DROPS)


def fit_groups(truth: registers.Truth, groups: Sequence[CaseGroup]) -> SeverityFit:
    model = CumulativeLinkModel(
        "outcome ~ role", ladder=truth.ladder, groups="force", quadrature_points=POINTS
    )
    shares = dict(zip(truth.roles, truth.shares, strict=True))
    return model.fit(groups, composition={"role": shares})


def fitted(truth: registers.Truth, groups: Sequence[CaseGroup], profiled: Sequence[str]) -> Answer:
    """Fit; return the estimates, intervals and drops at the truth, or the kind of error."""
    try:
        fit = fit_groups(truth, groups)
        rows = quantities(fit)
        drops = drops_at_truth(fit, truth, profiled)
    except FoistatsError as error:
        return {"error": type(error).__name__, "message": str(error)[:300]}
    except Exception as error:  # what nobody foresaw is a finding, not the end of the run
        return {"error": f"unforeseen {type(error).__name__}", "message": str(error)[:300]}
    return {"fit": fit, "rows": rows, "drops": drops}


def quantities(fit: SeverityFit) -> dict[str, list[float]]:
    """Return estimate, standard error and ends by quantity; of the spread only the estimate."""
    columns = ["estimate", "std_error", "conf_low", "conf_high"]
    rows = {"role": fit.coefficients[columns].iloc[0].tolist()}
    for place, row in enumerate(fit.thresholds[columns].to_numpy().tolist()):
        rows[f"threshold {place + 1}"] = row
    table = fit.probabilities()
    top = table[table["rung"] == fit.observations.ladder[-1]]
    for place, row in enumerate(top[columns].to_numpy().tolist()):
        rows[f"top, role {place + 1}"] = row
    rows["sd"] = [fit.random_intercept_sd]
    return rows


def drops_at_truth(
    fit: SeverityFit, truth: registers.Truth, profiled: Sequence[str]
) -> dict[str, float | str]:
    """Return by how much twice the profile log-likelihood is lower at the true values."""
    role = fit.coefficients["term"].iloc[0]
    at = {"role": (role, truth.role_effect), "sd": (SPREAD, truth.sd)}
    drops: dict[str, float | str] = {}
    for name in profiled:
        try:
            profile = profile_of(fit, at[name][0])[0]
            drops[name] = 2 * (fit.log_likelihood - profile.at(at[name][1]).value)
        except Exception as error:
            drops[name] = f"{type(error).__name__}: {error}"[:300]
    return drops


def profile_intervals(plan: Plan, fit: SeverityFit) -> Answer:
    """Return the ends of the profile intervals of the role effect and, at 39 forces, the spread."""
    terms = {"role": fit.coefficients["term"].iloc[0]} if plan.scenario.compared else {}
    if plan.scenario == Scenario("full", plan.scenario.sd):
        terms["sd"] = SPREAD
    found: dict[str, list[float] | str] = {}
    for name, term in terms.items():
        try:
            row = fit.profile_interval(term).iloc[0]
            found[name] = [float(row["conf_low"]), float(row["conf_high"])]
        except Exception as error:
            found[name] = f"{type(error).__name__}: {error}"[:300]
    return {"profile": found}


def role_only(truth: registers.Truth, groups: Sequence[CaseGroup]) -> Answer:
    try:
        fit = fit_groups(truth, groups)
    except FoistatsError as error:
        return {"error": type(error).__name__}
    except Exception as error:
        return {"error": f"unforeseen {type(error).__name__}: {error}"[:300]}
    row = fit.coefficients.iloc[0]
    return {"role": [float(row[c]) for c in ("estimate", "std_error", "conf_low", "conf_high")]}


def bootstrap_holds(plan: Plan, number: int) -> Answer:
    """Return whether the bootstrap likelihood-ratio interval of sigma holds its true value.

    It does unless the likelihood ratio at the truth exceeds the 95% quantile of those in 99
    registers simulated there, the other parameters at their profile: unless fewer than five of them
    are as large. Once five are, no more are simulated.
    """
    answer: Answer = {"replication": number}
    try:
        fit = fit_groups(plan.truth, register_of(plan, number)[1])
        held = profile_of(fit, SPREAD)[0].at(plan.truth.sd)
        ratio = 2 * (fit.log_likelihood - held.value)
        exceed = math.ceil((1 - fit.model.level) * (BOOTSTRAP_DRAWS + 1) - 1e-9)
        larger = drawn = failed = 0
        while drawn < BOOTSTRAP_DRAWS and larger < exceed:
            chunk = min(BOOTSTRAP_CHUNK, BOOTSTRAP_DRAWS - drawn)
            found = bootstrap.replicate(
                fit.problem,
                held.vector,
                lambda problem: [likelihood_ratio(problem, held.vector)],
                replications=chunk,
                seed=BOOTSTRAP_DRAWS * number + drawn,
            )
            larger += int((found.values >= ratio).sum())
            failed += found.failures
            drawn += chunk
    except Exception as error:
        return answer | {"error": type(error).__name__, "message": str(error)[:300]}
    return answer | {"holds": larger >= exceed, "drawn": drawn, "failed": failed}


def likelihood_ratio(problem: Problem, vector: Array) -> float:
    """Return the likelihood ratio, in other data, of the last parameter of a vector."""
    place = len(vector) - 1
    held, _ = maximise_over(problem, {place: float(vector[place])}, vector)
    free, _ = maximise_over(problem, start=held.vector)
    return max(2 * (free.value - held.value), 0.0)


# ---- the run ---------------------------------------------------------------------------------


def engine_hash() -> str:
    """Return a short hash of the engine's source, to tell results of different versions apart."""
    folder = Path(str(foistats.severity.__file__)).parent
    sources = (path.read_bytes() for path in sorted(folder.rglob("*.py")))
    return hashlib.sha256(b"".join(sources)).hexdigest()[:12]


def todo(draws: Path, part: int, parts: int) -> Iterator[tuple[Scenario, int]]:
    """Yield what is still to be done: first a little of everything, then all of it."""
    done = {scenario.key: calibration_report.done(draws, scenario.key) for scenario in SCENARIOS}
    compared = [scenario for scenario in SCENARIOS if scenario.compared]
    soon = [scenario for scenario in SCENARIOS if scenario not in LAST]
    plan = [(soon, AT_LEAST), (compared, REPLICATIONS), (LAST, AT_LEAST), (SCENARIOS, REPLICATIONS)]
    for scenarios, upto in plan:
        for scenario in scenarios:
            for number in range(part, upto, parts):
                if number not in done[scenario.key]:
                    done[scenario.key].add(number)
                    yield scenario, number


def todo_bootstrap(draws: Path, part: int, parts: int) -> Iterator[tuple[Scenario, int]]:
    for scenario in BOOTSTRAPPED:
        done = calibration_report.done(draws, f"bootstrap_{scenario.key}")
        yield from ((scenario, n) for n in range(part, BOOTSTRAPS, parts) if n not in done)


def run(study: Study, given: argparse.Namespace) -> None:
    """Do what is to be done until it is done, or time is up."""
    given.draws.mkdir(parents=True, exist_ok=True)
    work, plan_work, prefix = replicate, todo, ""
    if given.what == "bootstrap":
        work, plan_work, prefix = bootstrap_holds, todo_bootstrap, "bootstrap_"
    plans: dict[Scenario, Plan] = {}
    engine, begun = engine_hash(), time.monotonic()
    for scenario, number in plan_work(given.draws, given.part, given.parts):
        if time.monotonic() - begun > 60 * given.minutes:
            return
        if scenario not in plans:
            plans[scenario] = plan_of(study, scenario)
        started = time.process_time()
        answer = work(plans[scenario], number) | {"engine": engine, "points": POINTS}
        answer["seconds"] = round(time.process_time() - started, 4)
        name = f"{prefix}{scenario.key}.{given.part}of{given.parts}.jsonl"
        with (given.draws / name).open("a") as file:
            file.write(json.dumps(answer) + "\n")


def truths(study: Study, scenario: Scenario) -> dict[str, float]:
    """Return the true value of every quantity."""
    truth = study.truth(scenario)
    values = {"role": truth.role_effect, "sd": truth.sd}
    values |= {f"threshold {i + 1}": value for i, value in enumerate(truth.thresholds)}
    top = truth.integrated_shares()[:, -1]
    return values | {f"top, role {i + 1}": float(value) for i, value in enumerate(top)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["run", "bootstrap", "report"])
    parser.add_argument("--draws", type=Path, required=True)
    parser.add_argument("--study", default="pa-2014")
    parser.add_argument("--minutes", type=float, default=math.inf)
    parser.add_argument("--part", type=int, default=0)
    parser.add_argument("--parts", type=int, default=1)
    given = parser.parse_args()
    study = Study(read_register(given.study))
    if given.what != "report":
        run(study, given)
        return
    scenarios = [
        (asdict(scenario) | {"key": scenario.key}, truths(study, scenario))
        for scenario in SCENARIOS
    ]
    head = {
        "seed": str(SEED),
        "study": f"{given.study} (its groups, sizes and role shares)",
        "profiles": str(PROFILES),
    }
    calibration_report.write(
        HERE,
        given.draws,
        scenarios,
        names=names(study),
        sounds={HIDDEN: READ_WIDE},
        head=head,
    )


def names(study: Study) -> dict[str, str]:
    """Return the words for the quantities."""
    top = study.data.ladder.ids[-1]
    words = {"role": "role effect", "sd": "sigma"}
    words |= {f"threshold {place}": f"threshold {place}" for place in (1, 2, 3)}
    return words | {
        f"top, role {place + 1}": f"P({top}, {role})" for place, role in enumerate(study.shares)
    }


if __name__ == "__main__":
    main()
