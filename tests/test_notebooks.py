"""The notebooks: clean as stored, and they run as an academic would run them."""

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
KITCHENS = ROOT / "tests" / "studies" / "kitchens"
CELL_LINES = 12


def cells(path, kind=None):
    found = json.loads(path.read_text())["cells"]
    return [cell for cell in found if kind in (None, cell["cell_type"])]


def source(cell):
    return "".join(cell["source"])


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return request.param


class TestStored:
    """A notebook in the repository is a document, not a run."""

    def test_no_outputs(self, notebook):
        for cell in cells(notebook, "code"):
            assert cell["outputs"] == []
            assert cell["execution_count"] is None

    def test_one_parameters_cell_typed_and_commented(self, notebook):
        tagged = [c for c in cells(notebook) if "parameters" in c["metadata"].get("tags", [])]
        assert len(tagged) == 1
        for line in source(tagged[0]).splitlines():
            assert re.match(r"[a-z_]+: (str|int|float|bool) = .+  # .+", line)

    def test_cells_only_call_the_library(self, notebook):
        for cell in cells(notebook, "code"):
            tree = ast.parse(source(cell))
            kinds = (ast.FunctionDef, ast.ClassDef, ast.Lambda, ast.While, ast.Try)
            assert not any(isinstance(node, kinds) for node in ast.walk(tree)), cell["id"]

    def test_cells_are_short(self, notebook):
        for cell in cells(notebook, "code"):
            assert len(source(cell).splitlines()) <= CELL_LINES, cell["id"]

    def test_no_number_typed_into_prose(self, notebook):
        for cell in cells(notebook, "markdown"):
            prose = re.sub(r"\$\$.*?\$\$|\$[^$]*\$", "", source(cell), flags=re.DOTALL)
            digits = re.findall(r"\d+", prose)
            assert all(re.fullmatch("(19|20)[0-9]{2}", found) for found in digits), cell["id"]
        for cell in cells(notebook, "code"):
            for node in ast.walk(ast.parse(source(cell))):
                said = isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "say"
                for part in ast.walk(node) if said else ():
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        assert not re.search(r"\d", part.value), cell["id"]

    def test_ends_with_what_it_cannot_show(self, notebook):
        headings = [
            line
            for cell in cells(notebook, "markdown")
            for line in source(cell).splitlines()
            if line.startswith("#")
        ]
        assert headings[0].startswith("# ")
        assert "cannot show" in headings[-1]


#: Fewer simulated registers than a report has: minutes against seconds.
QUICK = ("-p", "replications", "19")


def papermill(notebook, output, *parameters, cwd):
    """Run plain papermill as a user would, without our runner."""
    environment = {k: v for k, v in os.environ.items() if k != "FOISTATS_PROJECT"}
    command = [sys.executable, "-m", "papermill", notebook, str(output), *parameters]
    done = subprocess.run(
        [*command, "--no-progress-bar"],
        cwd=cwd,
        env=environment | {"JUPYTER_PREFER_ENV_PATH": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(output.read_text())


def published(executed, kind):
    mime = f"application/vnd.foistats.{kind}+json"
    return {
        output["data"][mime]["id"]: output["data"][mime]
        for cell in executed["cells"]
        for output in cell.get("outputs", [])
        if mime in output.get("data", {})
    }


class TestRun:
    """Plain papermill runs them from the root and from notebooks/, on our study and another."""

    def test_register_from_the_root(self, tmp_path):
        executed = papermill(
            "notebooks/01_register.ipynb",
            tmp_path / "out.ipynb",
            "-p",
            "study",
            "pa-2014",
            cwd=ROOT,
        )
        values = {name: entry["value"] for name, entry in published(executed, "value").items()}
        assert values["forces_asked"] == 43
        assert values["forces_refused"] == 4
        assert values["forces_counted"] == 25
        assert values["cases_counted"] == 624
        assert values["people_described"] == 8

    @pytest.mark.slow
    def test_severity_from_its_folder(self, tmp_path):
        executed = papermill(
            "04_severity.ipynb", tmp_path / "out.ipynb", *QUICK, cwd=ROOT / "notebooks"
        )
        values = {name: entry["value"] for name, entry in published(executed, "value").items()}
        assert (values["left_staff"], values["of_staff"]) == (9, 18)
        assert (values["left_officer"], values["of_officer"]) == (10, 69)
        assert values["odds_ratio_staff_low"] < values["odds_ratio_staff"]
        assert values["odds_ratio_staff"] < values["odds_ratio_staff_high"]
        assert all(entry["alt"] for entry in published(executed, "figure").values())

    @pytest.mark.slow
    def test_claims_from_its_folder(self, tmp_path):
        executed = papermill(
            "02_claims.ipynb", tmp_path / "out.ipynb", "-p", "largest", "2", cwd=ROOT / "notebooks"
        )
        values = {name: entry["value"] for name, entry in published(executed, "value").items()}
        verdicts = ("claims_agree", "claims_disagree", "claims_unchecked")
        assert sum(values[verdict] for verdict in verdicts) == values["claims"]
        assert (
            values["unreported_least"] == values["unreported_most"] == 204
        )  # 828 less 624 printed
        conflicts = published(executed, "table")["conflicts"]["csv"]
        assert len(conflicts.splitlines()) == 1 + values["contradictions"]
        assert "total-828" in conflicts
        assert "total-826" in conflicts

    @pytest.mark.slow
    def test_forces_from_the_root(self, tmp_path):
        executed = papermill("notebooks/03_forces.ipynb", tmp_path / "out.ipynb", cwd=ROOT)
        values = {name: entry["value"] for name, entry in published(executed, "value").items()}
        assert (values["forces_all"], values["forces_counted"]) == (43, 25)
        assert (values["largest_force"], values["largest_count"]) == ("Greater Manchester", 88)
        assert values["largest_ratio_low"] < values["largest_ratio"] < values["largest_ratio_high"]
        assert values["unprinted_count"] == "204 to 210"
        figures = published(executed, "figure")
        assert "Metropolitan" in figures["map"]["alt"]
        assert "4 refused" in figures["funnel_of_ratios"]["alt"]

    def test_the_profile_of_a_force_that_refused(self, tmp_path):
        executed = papermill(
            "06_force_profile.ipynb", tmp_path / "out.ipynb", "-p", "force", "Essex",
            cwd=ROOT / "notebooks",
        )  # fmt: skip
        values = {name: entry["value"] for name, entry in published(executed, "value").items()}
        assert values["force"] == "Essex"
        assert (values["answer_note"], values["bounds"]) == ("refused", "0 or more")
        assert "refused" in published(executed, "table")["answer"]["csv"]

    @pytest.mark.parametrize(
        ("name", "quick"),
        [
            ("01_register", ()),
            ("02_claims", ()),
            ("03_forces", ()),
            ("04_severity", QUICK),
            ("06_force_profile", ()),
        ],
    )
    def test_a_foreign_study(self, name, quick, tmp_path):
        executed = papermill(
            f"notebooks/{name}.ipynb",
            tmp_path / "out.ipynb",
            "-p",
            "study",
            str(KITCHENS),
            *quick,
            cwd=ROOT,
        )
        told = json.dumps([cell.get("outputs") for cell in executed["cells"]])
        assert "towns" in told
        assert "police" not in told.lower()
