"""The project itself: what its files promise to each other."""

import ast
import csv
import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

import foistats

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "foistats"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
#: Names that conda-forge gives to packages it splits.
CONDA = {
    "jupyter_client": "jupyter-client",
    "jupyter_core": "jupyter-core",
    "matplotlib-base": "matplotlib",
    "nbconvert-core": "nbconvert",
    "seaborn-base": "seaborn",
}
#: The rooms from the top of the house down: a module imports from its own or a lower row only.
ROOMS = (
    ("cli",),
    ("reports.run",),
    ("reports.make",),
    ("reports.pages", "reports.status"),
    ("reports.collect", "reports.kernels"),
    ("reports.freshness",),
    ("reports.ask",),
    ("reports.account", "reports.store"),
    (
        "reports.compare",
        "reports.installed",
        "reports.machine",
        "reports.notebook",
        "reports.progress",
        "reports.reproducible",
        "reports.verify",
    ),
    (
        "severity.robustness",
        "severity.sensitivity",
        "severity.tell",
    ),
    (
        "severity.analysis",
        "severity.checks.influence",
        "severity.what_if.national",
        "severity.checks.within_between",
    ),
    (
        "severity.model",
        "severity.what_if.totals",
    ),
    ("severity.what_if.total_polynomials",),
    ("severity.results",),
    ("severity.inference.heterogeneity",),
    ("severity.inference.comparison",),
    (
        "severity.inference.bootstrap",
        "severity.checks.information",
        "severity.what_if.not_at_random",
        "severity.checks.proportional_odds",
    ),
    (
        "severity.checks.brant",
        "severity.inference.profile",
        "severity.what_if.rung_grid",
        "severity.inference.simulate",
        "severity.engine.subsets",
        "severity.checks.threshold_support",
    ),
    ("severity.engine.fitting",),
    (
        "severity.engine.bias_reduction",
        "severity.checks.fitted_counts",
        "severity.flow",
        "severity.groups.ladders",
        "severity.what_if.worst_case",
    ),
    (
        "severity.groups.cells",
        "severity.engine.maximum",
        "severity.engine.penalties",
    ),
    (
        "severity.groups.composition",
        "severity.groups.identification",
        "severity.engine.marginal",
        "severity.checks.residuals",
        "severity.inference.sandwich",
    ),
    (
        "severity.checks.cell_labels",
        "severity.groups.coding",
        "severity.engine.collapse",
        "severity.engine.conditional",
        "severity.groups.expectation",
        "severity.engine.separation",
        "severity.engine.statements",
    ),
    (
        "severity.engine.atoms",
        "severity.engine.coded_columns",
        "severity.predictions",
        "severity.what_if.total_statements",
    ),
    (
        "severity.groups.case_groups",
        "severity.engine.observations",
    ),
    ("severity.what_if.total_counts",),
    (
        "forces.funnels.funnel",
        "forces.effects.hyperparameters",
        "forces.effects.posterior",
        "forces.ranks.intervals",
        "forces.ranks.pairs",
        "forces.ranks.probabilities",
        "forces.rates.crude",
        "forces.rates.direct",
        "forces.rates.indirect",
        "forces.rates.proportions",
        "forces.rates.ratio",
        "forces.denominators.person_years",
    ),
    (
        "forces.funnels.answer",
        "forces.effects.fit",
        "forces.ranks.pair_tests",
        "forces.ranks.region",
        "forces.rates.answers",
        "forces.rates.strata",
        "forces.denominators.series",
    ),
    (
        "forces.funnels.control_limits",
        "forces.funnels.dispersion",
        "forces.funnels.scales",
        "forces.effects.grid",
        "forces.denominators.snapshots",
    ),
    ("forces.effects.profile",),
    ("forces.effects.climbing",),
    ("forces.effects.likelihood",),
    ("forces.effects.gamma", "forces.effects.log_normal"),
    ("forces.effects.normal_posterior",),
    ("forces.effects.mixing",),
    ("forces.effects.atoms",),
    ("forces.comparable", "forces.exact"),
    ("forces.exposures",),
    ("forces.counts",),
    ("forces.columns", "forces.settings"),
    (
        "severity.engine.design",
        "severity.engine.formula",
        "severity.engine.integer_tables",
        "severity.inference.intervals",
        "severity.engine.links",
        "severity.summary",
    ),
    ("describe", "figures"),
    ("register",),
    ("rules",),
    ("feasibility",),
    ("layout",),
    ("study", "tables"),
    ("codebook_files",),
    ("codebooks",),
    ("publish",),
    ("errors",),
)


def requirements(lines):
    """Names and bounds, extras and markers dropped."""
    pairs = (re.match(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?([<>=!~].*)?$", line) for line in lines)
    return {m[1].lower(): (m[2] or "").replace(" ", "") for m in pairs if m}


class TestEnvironment:
    """pyproject.toml, the lock and environment.yml name the same packages."""

    declared = requirements(PROJECT["dependencies"])

    def test_conda_users_get_the_same(self):
        listed = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
        found = requirements(line for line in listed if isinstance(line, str))
        found = {CONDA.get(name, name): bound for name, bound in found.items()}
        assert found.pop("python") == PROJECT["requires-python"]
        found.pop("pip")
        if "pandera-pandas" in found:
            found["pandera"] = found.pop("pandera-pandas")
        assert found == self.declared

    def test_the_lock_holds_every_package_with_hashes(self):
        lock = (ROOT / "requirements.lock").read_text()
        groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
        pinned = {name.lower() for name in re.findall(r"^([A-Za-z0-9._-]+)==", lock, re.MULTILINE)}
        assert {*self.declared, *requirements(groups["dev"])} <= pinned
        blocks = re.split(r"^(?=[A-Za-z0-9])", lock, flags=re.MULTILINE)
        unhashed = [block.split()[0] for block in blocks if "==" in block and "--hash" not in block]
        assert unhashed == []
        assert "http" not in re.sub(r"httpx?\S*|httpcore\S*|aiohttp\S*", "", lock)

    def test_the_build_backend_is_locked(self):
        assert re.search("^hatchling==", (ROOT / "requirements.lock").read_text(), re.MULTILINE)


class TestHouse:
    """Imports run one way, and the public surface can be counted."""

    def test_public_names(self):
        assert sorted(foistats.__all__) == [
            "CumulativeLinkModel",
            "__version__",
            "read_register",
            "read_study",
            "severity_data",
        ]
        for name in foistats.__all__:
            assert getattr(foistats, name)
        with pytest.raises(AttributeError, match="no attribute 'nothing'"):
            foistats.nothing  # noqa: B018

    def test_imports_run_downwards(self):
        height = {room: level for level, row in enumerate(reversed(ROOMS)) for room in row}
        wrong = []
        for path in sorted(SOURCE.rglob("*.py")):
            module = ".".join(path.relative_to(SOURCE).with_suffix("").parts)
            here = _room(module, height)
            if here is None:
                continue
            for target in _imports(path):
                there = _room(target, height)
                if there is not None and there != here and height[there] > height[here]:
                    wrong.append(f"{module} imports {target}")
        assert wrong == []

    def test_every_module_has_a_room(self):
        height = {room for row in ROOMS for room in row}
        homeless = [
            path.name
            for path in SOURCE.rglob("*.py")
            if path.name not in ("__init__.py", "__main__.py")
            and _room(".".join(path.relative_to(SOURCE).with_suffix("").parts), height) is None
        ]
        assert homeless == []

    def test_no_room_without_a_docstring(self):
        bare = [
            path.name
            for path in SOURCE.rglob("*.py")
            if not ast.get_docstring(ast.parse(path.read_text()))
        ]
        assert bare == []


def _room(module, rooms):
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        name = ".".join(parts[:length])
        if name in rooms:
            return name
    return None


def _imports(path):
    """Yield what is imported when the module is, not what only its types name."""
    todo = [ast.parse(path.read_text())]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            todo += node.orelse
            continue
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("foistats"):
            inner = (node.module or "").removeprefix("foistats").lstrip(".")
            yield inner
            for alias in node.names:
                yield f"{inner}.{alias.name}".lstrip(".")
        todo += ast.iter_child_nodes(node)


class TestData:
    """The data packages describe the files that are there, as they are."""

    @pytest.mark.parametrize("folder", ["data/pa-2014", "data/reference"])
    def test_datapackage(self, folder):
        package = json.loads((ROOT / folder / "datapackage.json").read_text())
        described = {resource["path"]: resource for resource in package["resources"]}
        assert set(described) == {path.name for path in (ROOT / folder).glob("*.csv")}
        for name, resource in described.items():
            with (ROOT / folder / name).open(newline="") as file:
                rows = list(csv.DictReader(file))
            schema = resource["schema"]
            assert [field["name"] for field in schema["fields"]] == list(rows[0])
            keys = [tuple(row[key] for key in schema["primaryKey"]) for row in rows]
            assert len(set(keys)) == len(keys), name
        assert all(licence["name"] for licence in package["licenses"])

    def test_every_statement_touched_by_a_judgement_exists(self):
        """Ids that the logs of a study name are ids of its register."""
        folder = ROOT / "data" / "pa-2014"
        ids = {
            row[column]
            for name, column in (("statements", "statement"), ("groups", "group"))
            for row in csv.DictReader((folder / f"{name}.csv").read_text().splitlines())
        }
        named = set(re.findall(r"`(pa-[a-z0-9-]+)`", (folder / "assumptions.md").read_text()))
        named -= {path.name for path in (ROOT / "data").iterdir()}
        assert named
        assert named <= ids

    def test_workforce_names_are_forces(self):
        reference = ROOT / "data" / "reference"
        with (reference / "forces.csv").open(newline="") as file:
            forces = {row["force"] for row in csv.DictReader(file) if row["kind"] == "force"}
        with (reference / "workforce.csv").open(newline="") as file:
            workforce = {row["force"] for row in csv.DictReader(file)}
        assert len(workforce) == 43
        assert workforce <= forces


@pytest.fixture(scope="module")
def tracked():
    done = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip("not a git checkout that git trusts")
    return [ROOT / name for name in done.stdout.split("\0") if name]


class TestTree:
    """What is committed is small, portable and ours."""

    def test_no_path_of_one_machine(self, tracked):
        found = []
        for path in tracked:
            if path.suffix in {".svg", ".lock"} or not path.is_file() or path == Path(__file__):
                continue
            text = path.read_text(encoding="utf-8", errors="ignore")
            if re.search(r"(?<![A-Za-z0-9._-])/(root|home/[a-z]+|Users)/", text):
                found.append(path.relative_to(ROOT).as_posix())
        assert found == []

    def test_small(self, tracked):
        large = [
            path.name for path in tracked if path.is_file() and path.stat().st_size > 1_000_000
        ]
        assert large == []
        reports = sum(p.stat().st_size for p in tracked if p.is_file() and "reports" in p.parts)
        assert reports < 25_000_000
