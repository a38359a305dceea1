"""Speed and memory of the cumulative link model beside its peers, measured in one run.

    python benchmarks/severity_speed.py [--long] [--write]

README.md in this folder says what is measured and how to read the table. This file plans the runs
and prints; the fits run in processes of their own (severity_ours.py, severity_speed.R).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
OURS = HERE / "severity_ours.py"
PEERS = HERE / "severity_speed.R"
RESULTS = HERE / "results.md"

THREADS = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
OVERRIDES = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
"""Set for an old OpenBLAS, they slow a current one: R keeps them, Python does not."""
CORRECT = 1e-9
"""The largest error of R's matrix product that is rounding."""
LOWER = 1e-6
"""By how much of its size our log-likelihood may be lower than that of a peer."""
BUSY = 0.9
"""Below this share of processor time in wall time, something else was using the core."""

COVARIATES = "role + year + breach"
Answer = dict[str, Any]


@dataclass(frozen=True)
class Peer:
    """Who is compared with, and by how much ours has to be faster.

    Attributes
    ----------
    key : str
        The name in severity_speed.R, or ``statsmodels``.
    label : str
    target : float or None
        Our time has to be the peer's divided by at least this; `None`: nothing is asked.
    points : int or None
        The quadrature points at which the log-likelihoods are comparable; `None`: they are not, the
        peer is another estimator.
    long : bool
        Takes minutes or gigabytes.
    """

    key: str
    label: str
    target: float | None
    points: int | None = 10
    long: bool = False


@dataclass(frozen=True)
class Work:
    """A fit that ours and some peers do.

    Attributes
    ----------
    name : str
    rows : int
    terms : str
        The right-hand side of the formula.
    peers : tuple of Peer
    groups : str
        The column with a random intercept, or nothing.
    continuous : bool
        Whether the data have the column ``x``.
    """

    name: str
    rows: int
    terms: str
    peers: tuple[Peer, ...]
    groups: str = ""
    continuous: bool = False

    @property
    def data(self) -> str:
        """The name of its data."""
        return f"{'continuous' if self.continuous else 'cells'}-{self.rows}"


FORCE = f"{COVARIATES} + force"
CLM, CELLS, GAM = "clm", "collapse + clm", "gam ocat *"
WORKS = (
    Work(
        "fixed",
        828,
        FORCE,
        (
            Peer("clm_rows", CLM, 2),
            Peer("statsmodels", "OrderedModel", None),
        ),
    ),
    Work("fixed", 10_000, FORCE, (Peer("clm_rows", CLM, 12), Peer("clm_cells", CELLS, 12))),
    Work(
        "fixed",
        1_000_000,
        FORCE,
        (Peer("clm_cells", CELLS, 40), Peer("clm_rows", CLM, 500, long=True)),
    ),
    Work("random", 828, COVARIATES, (Peer("clmm10_rows", "clmm 10 points", 60),), "force"),
    Work(
        "random",
        10_000,
        COVARIATES,
        (Peer("gam_rows", GAM, 12, None), Peer("clmm1_rows", "clmm Laplace", 150, 1)),
        "force",
    ),
    Work(
        "random",
        1_000_000,
        COVARIATES,
        (
            Peer("gam_cells", f"coll.+ {GAM}", 30, None),
            Peer("clmm1_cells", "coll.+ clmm Lap.", 150, 1, long=True),
        ),
        "force",
    ),
    Work("continuous", 100_000, f"{COVARIATES} + x", (Peer("clm_rows", CLM, 3),), continuous=True),
)
NAMES = tuple(dict.fromkeys(work.name for work in WORKS))


@dataclass(frozen=True)
class Line:
    """A line of the table of times."""

    work: Work
    peer: Peer
    ours: Answer
    theirs: Answer
    clock: str

    @property
    def ratio(self) -> float:
        """How many times the peer's time is ours."""
        return float(self.theirs[self.clock] / max(self.ours[self.clock], 1e-9))

    @property
    def gain(self) -> float | None:
        """Our log-likelihood less theirs, both at the same quadrature points if any."""
        if self.peer.points is None:
            return None
        points = str(self.peer.points)
        ours = self.ours["log_likelihoods"].get(points, self.ours["log_likelihood"])
        return float(ours - self.theirs["log_likelihood"])

    @property
    def reached(self) -> bool:
        """Whether ours is fast enough."""
        return self.peer.target is None or self.ratio >= self.peer.target

    @property
    def correct(self) -> bool:
        """Whether our log-likelihood is not the lower one."""
        return self.gain is None or self.gain >= -LOWER * abs(self.theirs["log_likelihood"])

    @property
    def busy(self) -> bool:
        """Whether something else was using the core."""
        return any(run["cpu"] < BUSY * run["wall"] for run in (self.ours, self.theirs))


TABLE = "{:<10} {:>9} {:<17} {:>7} {:>7} {:>7} {:>6} {:>3} {:>6}"
HEADS = ("work", "n", "peer", "ours", "peer's", "ratio", "target", "ok", "loglik")


def row(line: Line) -> str:
    """Return a line of the table of times, 80 columns wide."""
    target = line.peer.target
    gain = line.gain
    ok = "-" if target is None else "yes" if line.reached else "NO"
    return TABLE.format(
        line.work.name,
        f"{line.work.rows:,}",
        line.peer.label,
        seconds(line.ours[line.clock]),
        seconds(line.theirs[line.clock]),
        times(line.ratio),
        "-" if target is None else times(target),
        ok,
        "-" if gain is None else f"{gain:+.0e}" if line.correct else "LOWER",
    )


def seconds(value: float) -> str:
    """Return a time with its unit."""
    if value < 0.9995:
        return f"{value * 1e3:.3g} ms"
    return f"{value:.3g} s" if value < 999.5 else f"{value:.0f} s"


def times(ratio: float) -> str:
    """Return a ratio."""
    return f"{ratio:.2g}x" if ratio < 9.95 else f"{ratio:,.0f}x"


@dataclass(frozen=True)
class MemoryCase:
    """A fit of which the peak memory is measured.

    Attributes
    ----------
    name : str
    data : Work
        Where its data come from.
    terms, groups, points
        As of `Work` and the model.
    copies : int
        How often the rows are repeated: more rows, the same cells.
    parameters : int
        Coefficients and thresholds, for the size of a dense design.
    """

    name: str
    data: Work
    terms: str
    groups: str
    points: int
    copies: int
    parameters: int

    @property
    def family(self) -> str:
        """What its lines in the table have in common."""
        return self.name.split(",")[0]


SMALL = Work("memory", 10_000, FORCE, ())
DENSE = Work("memory", 100_000, COVARIATES, (), continuous=True)
MEMORY = (
    MemoryCase("fixed", SMALL, FORCE, "", 10, 1, 61),
    MemoryCase("fixed", SMALL, FORCE, "", 10, 100, 61),
    MemoryCase("random, 10 points", SMALL, COVARIATES, "force", 10, 1, 20),
    MemoryCase("random, 10 points", SMALL, COVARIATES, "force", 10, 100, 20),
    MemoryCase("x, random, 1 point", DENSE, f"{COVARIATES} + x", "force", 1, 1, 21),
    MemoryCase("x, random, 20 points", DENSE, f"{COVARIATES} + x", "force", 20, 1, 21),
)
MEMORY_TABLE = "{:<21} {:>9} {:>8} {:>9} {:>9} {:>10} {:>8}"
MEMORY_HEADS = ("fit", "rows", "cells", "frame", "peak", "peak/cell", "to first")


class Room:
    """A folder of data, and the processes that use it.

    Parameters
    ----------
    folder : Path
    repeat : int
        How many runs of a fit; the best counts.
    budget : float
        Seconds after which no further run of a fit starts.
    """

    def __init__(self, folder: Path, repeat: int, budget: float) -> None:
        self.folder = folder
        self.repeat = repeat
        self.budget = budget
        self.cells: dict[str, int] = {}

    def python(self, piece: str, *arguments: str) -> Answer:
        """Run a piece of severity_ours.py."""
        command = [sys.executable, str(OURS), piece, *arguments]
        answer: Answer = json.loads(_run(command, python_environment()))
        return answer

    def data(self, work: Work) -> Path:
        """Return the data of a work without suffix, simulated if they are not there."""
        stem = self.folder / work.data
        if work.data not in self.cells:
            options = ["--rows", str(work.rows), "--data", str(stem)]
            if work.continuous:
                options.append("--continuous")
            self.cells[work.data] = self.python("simulate", *options)["cells"]
        return stem

    def ours(self, work: Work, peers: Sequence[Peer]) -> Answer:
        """Time our fit; its log-likelihoods at the quadrature points of the peers."""
        check = sorted({str(peer.points) for peer in peers if peer.points and work.groups})
        return self.python(
            "time", *self._options(work), "--groups", work.groups, "--check-points", *check
        )

    def theirs(self, work: Work, peer: Peer) -> Answer:
        """Time a peer."""
        if peer.key == "statsmodels":
            return self.python("time", "--peer", peer.key, *self._options(work))
        path = str(self.data(work).with_suffix(".csv"))
        command = ["Rscript", str(PEERS), "time", path, work.terms]
        printed = _run([*command, str(self.repeat), str(self.budget), peer.key], r_environment())
        _, wall, cpu, runs, log_likelihood, note = printed.strip().split(",")
        return {
            "wall": float(wall),
            "cpu": float(cpu),
            "runs": int(runs),
            "log_likelihood": float(log_likelihood),
            "note": note,
        }

    def _options(self, work: Work) -> list[str]:
        data = str(self.data(work))
        limits = ["--repeat", str(self.repeat), "--budget", str(self.budget)]
        return ["--data", data, "--terms", work.terms, *limits]

    def memory(self, case: MemoryCase) -> Answer:
        """Measure the peak memory of our fit."""
        return self.python(
            "memory",
            "--data",
            str(self.data(case.data)),
            "--terms",
            case.terms,
            "--groups",
            case.groups,
            "--points",
            str(case.points),
            "--copies",
            str(case.copies),
        )


def python_environment() -> dict[str, str]:
    """Return the environment of Python: one thread, no overrides for another BLAS."""
    kept = {name: value for name, value in os.environ.items() if name not in OVERRIDES}
    return kept | THREADS


def r_environment() -> dict[str, str]:
    """Return the environment of R: one thread."""
    return dict(os.environ) | THREADS


def _run(command: Sequence[str], environment: dict[str, str]) -> str:
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, encoding="utf-8"
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\nfailed:\n{done.stderr[-2000:]}")
    return done.stdout


def blas_core(command: Sequence[str], environment: dict[str, str]) -> str:
    """Return the kernel that OpenBLAS says it uses, or that it says nothing."""
    done = subprocess.run(
        command,
        env=environment | {"OPENBLAS_VERBOSE": "2"},
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.search(r"^Core: (\S+)", done.stdout + done.stderr, re.MULTILINE)
    return found[1] if found else "unknown: not OpenBLAS?"


def machine(room: Room) -> list[str]:
    """Return what ran on what, as lines; stop if R's matrix product is wrong."""
    ours = room.python("info")
    printed = _run(["Rscript", str(PEERS), "info"], r_environment())
    theirs = dict(line.split(",", 1) for line in printed.splitlines())
    if float(theirs["product error"]) > CORRECT:
        raise SystemExit(
            f"R's matrix product is off by {theirs['product error']} ({theirs['BLAS']}): its BLAS "
            "does not work on this processor"
        )
    our_core = blas_core([sys.executable, "-c", "import numpy"], python_environment())
    their_core = blas_core(["Rscript", "-e", "invisible()"], r_environment())
    overrides = " ".join(f"{name}={os.environ[name]}" for name in OVERRIDES if name in os.environ)
    versions = ", ".join(f"{name} {ours[name]}" for name in ("numpy", "scipy", "pandas"))
    packages = ", ".join(
        f"{name} {theirs[name]}" for name in ("ordinal", "mgcv", "data.table") if name in theirs
    )
    return [
        f"- Processor: {processor()}; {os.cpu_count()} cores, one used",
        f"- Ours: foistats {ours['foistats']}, Python {ours['python']}, {versions};",
        f"  BLAS {ours['blas']}, kernel {our_core}",
        f"- Peers: R {theirs['R']}, {packages};",
        f"  BLAS {theirs['BLAS']},",
        f"  LAPACK {Path(theirs['LAPACK']).name}, kernel {their_core}"
        + (f", with {overrides}" if overrides else ""),
        f"  (a matrix product is right to {theirs['product error']})",
    ]


def processor() -> str:
    """Return the name of the processor, with what tells its generation."""
    file = Path("/proc/cpuinfo")
    if not file.exists():
        return platform.processor() or platform.machine()
    text = file.read_text(encoding="utf-8")
    found = {
        name: re.search(rf"^{name}\s*: (.+)$", text, re.MULTILINE)
        for name in ("model name", "cpu family", "model")
    }
    name, family, model = (match[1].strip() if match else "?" for match in found.values())
    return f"{name}, family {family}, model {model}"


def planned(options: argparse.Namespace) -> Iterator[tuple[Work, list[Peer]]]:
    """Yield the works that the options ask for, each with its peers."""
    for work in WORKS:
        if options.only and work.name not in options.only:
            continue
        if options.rows and work.rows not in options.rows:
            continue
        peers = [peer for peer in work.peers if options.long or not peer.long]
        if peers:
            yield work, peers


def compare(room: Room, options: argparse.Namespace) -> Iterator[Line]:
    """Yield the lines of the table of times as they are measured."""
    for work, peers in planned(options):
        ours = room.ours(work, peers)
        ours.setdefault("log_likelihoods", {})
        for peer in peers:
            yield Line(work, peer, ours, room.theirs(work, peer), options.clock)


def memory_lines(room: Room) -> Iterator[str]:
    """Yield the lines of the table of memory as they are measured."""
    first: tuple[str, float] | None = None
    for case in MEMORY:
        found = room.memory(case)
        cells = room.cells[case.data.data]
        if first is None or first[0] != case.family:
            first = (case.family, found["growth"])
        yield MEMORY_TABLE.format(
            case.name,
            f"{found['rows']:,}",
            f"{cells:,}",
            megabytes(found["frame"]),
            megabytes(found["growth"]),
            f"{found['growth'] / cells:,.0f} B",
            f"{found['growth'] / first[1]:.2f}",
        )


def megabytes(size: float) -> str:
    """Return a number of bytes in megabytes."""
    return f"{size / 1e6:.1f} MB"


class Report:
    """What is printed and, if asked for, written."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, *lines: str) -> None:
        """Print lines and keep them."""
        for line in lines:
            print(line, flush=True)
            self.lines.append(line)


def parsed(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument(
        "--only", nargs="+", choices=[*NAMES, "memory"], help="these works (default: all)"
    )
    sizes = sorted({work.rows for work in WORKS})
    parser.add_argument("--rows", nargs="+", type=int, choices=sizes, help="these numbers of rows")
    parser.add_argument("--long", action="store_true", help="also peers that take minutes and GBs")
    parser.add_argument("--repeat", type=int, default=10, help="runs of a fit, the best counts")
    parser.add_argument(
        "--budget", type=float, default=30.0, help="seconds after which no further run starts"
    )
    parser.add_argument(
        "--clock",
        choices=["wall", "cpu"],
        default="wall",
        help="cpu: time of the processor, for a machine that others use too",
    )
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name}")
    return parser.parse_args(arguments)


def times_section(report: Report, room: Room, options: argparse.Namespace) -> list[Line]:
    """Report the table of times."""
    report.say("", "## Time", "", "```", TABLE.format(*HEADS), "-" * 80)
    lines = []
    for line in compare(room, options):
        lines.append(line)
        report.say(row(line))
    report.say("```", "")
    report.say(*footnotes(lines, options))
    return lines


def footnotes(lines: Sequence[Line], options: argparse.Namespace) -> list[str]:
    """Return what a reader of the table of times has to know."""
    notes = [
        f"{'Wall' if options.clock == 'wall' else 'Processor'} time, the best of up to "
        f"{options.repeat} runs after a warm-up, from a frame of categoricals",
        "to the covariance. loglik: ours less theirs, at the same quadrature points.",
    ]
    if any(line.peer.points is None for line in lines):
        notes.append("\\* Another estimator: its log-likelihood is not comparable.")
    ways = {str(line.theirs.get("note") or "") for line in lines} - {""}
    if ways:
        notes.append(f"Rows were collapsed in R by the quicker way: {', '.join(sorted(ways))}.")
    busy = [f"{line.work.name} {line.work.rows:,} {line.peer.label}" for line in lines if line.busy]
    if busy and options.clock == "wall":
        notes.append(f"The machine was busy during: {'; '.join(busy)}. --clock cpu helps.")
    return [f"{note}  " for note in notes]


def memory_section(report: Report, room: Room) -> None:
    """Report the table of memory."""
    report.say("", "## Memory", "", "```", MEMORY_TABLE.format(*MEMORY_HEADS), "-" * 80)
    for line in memory_lines(room):
        report.say(line)
    sizes = {case.family: case.parameters for case in MEMORY}
    dense = ", ".join(f"{name} {8 * count} B" for name, count in sizes.items())
    report.say(
        "```",
        "",
        "peak: growth of the peak resident memory of a fresh process by one fit, its frame not  ",
        "counted. to first: that, relative to the first line of its kind.  ",
        f"For comparison, one dense design in doubles takes per cell: {dense}.",
    )


def verdict(lines: Sequence[Line]) -> int:
    """Return the exit code: 1 if a target was missed or a log-likelihood is lower."""
    return int(any(not line.reached or not line.correct for line in lines))


def main() -> int:
    """Measure, print, perhaps write; return the exit code."""
    options = parsed()
    if shutil.which("Rscript") is None:
        raise SystemExit("the peers need R: no Rscript found")
    report = Report()
    with tempfile.TemporaryDirectory() as folder:
        room = Room(Path(folder), options.repeat, options.budget)
        report.say("# Severity model: speed and memory", "", *machine(room))
        lines: list[Line] = []
        if not options.only or set(options.only) - {"memory"}:
            lines = times_section(report, room, options)
        if not options.only or "memory" in options.only:
            memory_section(report, room)
    if options.write:
        RESULTS.write_text("\n".join(report.lines) + "\n", encoding="utf-8")
    return verdict(lines)


if __name__ == "__main__":
    sys.exit(main())
