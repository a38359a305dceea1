"""The project itself: what its files promise to each other."""

import ast
import csv
import json
import re
import subprocess
import tomllib
from itertools import pairwise
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
    ("reports.changes", "reports.replay"),
    ("reports.bundle", "reports.pages", "reports.status"),
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
        "reports.prose",
        "reports.reproducible",
        "reports.verify",
    ),
    ("forces.study.profile_tell", "forces.study.severity"),
    (
        "forces.study.funnels",
        "forces.study.places",
        "forces.study.profile",
        "forces.study.tell",
    ),
    (
        "forces.study.standing",
        "forces.study.tables",
        "forces.study.tiles",
        "forces.study.unprinted",
    ),
    ("forces.study.reasons",),
    ("forces.study.comparison",),
    (
        "forces.study.reference",
        "forces.study.role_counts",
        "forces.study.surveys",
        "forces.study.workforce",
        "forces.study.worst",
    ),
    ("forces.study.survey_differences",),
    ("forces.study.survey_words",),
    ("forces.study.answers", "forces.study.survey_groups", "forces.study.workforce_rules"),
    ("forces.joint.answer", "forces.joint.tell"),
    ("forces.joint.profile",),
    ("forces.joint.likelihood",),
    ("forces.joint.volume",),
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
    ("claims.questions",),
    ("claims.report",),
    ("claims.audit",),
    ("claims.implied", "claims.verdicts"),
    ("claims.arithmetic", "claims.consistent", "claims.grim"),
    ("claims.assembly", "claims.bounds", "claims.conflicts", "claims.printed"),
    ("claims.keeping",),
    ("claims.problem",),
    ("claims.pieces",),
    ("claims.evaluation", "claims.ordering", "claims.propagation"),
    ("claims.rows",),
    ("claims.quantities",),
    ("claims.ledger", "claims.tell"),
    ("claims.ledger_rules", "claims.settings"),
    ("claims.table",),
    ("claims.claim",),
    ("claims.measures", "claims.vocabulary", "claims.wordings"),
    ("describe", "figures"),
    ("register",),
    ("rules",),
    ("feasibility",),
    ("highs",),
    ("layout",),
    ("study", "tables"),
    ("codebook_files",),
    ("codebooks",),
    ("publish",),
    ("comparisons", "errors"),
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
            "audit_claims",
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

    def test_breaks_are_those_of_the_workforce(self):
        """Series that turn zero or cease to be, and falls of staff by more than a quarter."""
        expected = {
            (force, group, f"{year}-03-31"): {str(count) for count in (before, now) if count}
            for force, group, year, before, now in _changes()
            if (before == 0) != (now == 0) or (group == "police_staff" and now < 0.75 * before)
        }
        rows = _reference("workforce-breaks.csv")
        found = {(row["force"], row["role_group"], row["from"]): row["reason"] for row in rows}
        assert {key: set(re.findall(r"\d+", reason)) for key, reason in found.items()} == expected
        assert not any(";" in reason for reason in found.values()), "notes are joined by semicolons"
        outsourced = {force for (force, *_), reason in found.items() if "outsourced" in reason}
        assert outsourced == {"Cleveland", "Lincolnshire"}


#: From the north and from the west: who is named later is further south, further east.
SOUTHWARDS = (
    "Cumbria, Lancashire, Greater Manchester, Cheshire, West Mercia, Gwent, Avon and Somerset, "
    "Devon and Cornwall",
    "Northumbria, North Yorkshire, West Yorkshire, Derbyshire, Staffordshire, West Midlands, "
    "Gloucestershire, Wiltshire, Dorset",
    "Durham, North Yorkshire, South Yorkshire, Nottinghamshire, Leicestershire, Warwickshire, "
    "Thames Valley, Hampshire",
    "Cleveland, Humberside, Lincolnshire, Cambridgeshire, Hertfordshire, Metropolitan, Surrey, "
    "Sussex",
    "Norfolk, Suffolk, Essex, Kent",
    "Northamptonshire, Bedfordshire, Thames Valley",
    "Merseyside, North Wales, Dyfed-Powys, South Wales, Devon and Cornwall",
)
EASTWARDS = (
    "Cumbria, Durham, Cleveland",
    "Lancashire, West Yorkshire, South Yorkshire, Humberside",
    "Merseyside, Greater Manchester, Derbyshire, Nottinghamshire, Lincolnshire, Norfolk",
    "North Wales, Cheshire, Staffordshire, Leicestershire, Lincolnshire",
    "Dyfed-Powys, West Mercia, West Midlands, Warwickshire, Northamptonshire, Cambridgeshire, "
    "Suffolk",
    "South Wales, Gwent, Gloucestershire, Thames Valley, Hertfordshire, Essex",
    "Avon and Somerset, Wiltshire, Thames Valley, Metropolitan, Kent",
    "Devon and Cornwall, Dorset, Hampshire, Sussex, Kent",
    "Northumbria, North Yorkshire, Humberside",
)


@pytest.fixture(scope="module")
def places():
    rows = _reference("tiles.csv")
    return {row["force"]: (int(row["row"]), int(row["column"])) for row in rows}


class TestTiles:
    """The tile grid is a map of the forces whose workforce is known."""

    def test_one_tile_for_every_force(self, places):
        assert len(places) == len(_reference("tiles.csv"))
        assert set(places) == {row["force"] for row in _reference("workforce.csv")}
        assert len(set(places.values())) == len(places)

    def test_short_names(self):
        shorts = [row["short"] for row in _reference("tiles.csv")]
        assert len({short.casefold() for short in shorts}) == len(shorts)
        assert all(re.fullmatch("[A-Z][A-Za-z]{1,4}", short) for short in shorts)

    def test_compact_and_in_one_piece(self, places):
        rows, columns = (sorted(set(values)) for values in zip(*places.values(), strict=True))
        assert rows == list(range(1, 11))
        assert columns == list(range(1, 8))
        todo, reached = [next(iter(places.values()))], set()
        while todo:
            row, column = todo.pop()
            reached.add((row, column))
            sides = {(row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)}
            todo += (sides & set(places.values())) - reached
        assert reached == set(places.values())

    def test_neighbours_touch(self, places):
        """The share that the read-me states; king's moves, as at a side or a corner."""
        file = ROOT / "tests" / "reference" / "neighbours.csv"
        rows = list(csv.DictReader(file.read_text().splitlines()))
        pairs = {frozenset((row["force"], row["neighbour"])) for row in rows}
        assert len(pairs) == len(rows)
        assert set().union(*pairs) == set(places)
        touching = [pair for pair in pairs if _distance(*(places[force] for force in pair)) == 1]
        assert len(touching) >= 0.9 * len(pairs)
        text = " ".join((ROOT / "data/reference/README.md").read_text().split())
        assert f"{len(touching)} of {len(pairs)} touch" in text
        apart = {" and ".join(sorted(pair)) for pair in pairs.difference(touching)}
        listed = re.search(r"The others: ([^.]+)\.", text)[1].split(", ")
        assert {" and ".join(sorted(pair.split(" and "))) for pair in listed} == apart

    @pytest.mark.parametrize("line", SOUTHWARDS)
    def test_southwards(self, places, line):
        rows = [places[force][0] for force in line.split(", ")]
        assert all(north < south for north, south in pairwise(rows))

    @pytest.mark.parametrize("line", EASTWARDS)
    def test_eastwards(self, places, line):
        columns = [places[force][1] for force in line.split(", ")]
        assert all(west < east for west, east in pairwise(columns))


def _distance(one, other):
    """Return the number of king's moves between two places."""
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


def _reference(name):
    file = ROOT / "data" / "reference" / name
    return list(csv.DictReader(file.read_text().splitlines()))


def _changes():
    """Yield force, group, year, and the headcounts of the snapshot before and of that year."""
    series = {}
    for row in _reference("workforce.csv"):
        key = (row["force"], row["role_group"])
        series.setdefault(key, {})[int(row["year"])] = int(row["headcount"])
    for key, headcounts in series.items():
        for before, year in pairwise(sorted(headcounts)):
            yield *key, year, headcounts[before], headcounts[year]


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
