"""What is published, and what a second run or the kernel's notes keep from it."""

from __future__ import annotations

import compileall
import hashlib
import json

import pytest


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import numpy as np\nprint(np.random.rand())", "numpy.random without a seed"),
        ("import numpy as np\nprint(np.random.default_rng().random())", "without a seed"),
        ("import time\nprint(f'took {time.perf_counter():.9f}')", "time.perf_counter"),
        ("import uuid\nprint(uuid.uuid4())", "os.urandom"),
        ("import os\nprint(os.getpid())", "getpid()"),
        ("import pandas as pd\nprint(pd.Timestamp.now().nanosecond, pd.Timestamp.now())", "now()"),
        ("import random\nprint(random.random())", "random without a seed"),
        ("import random\nprint(random.Random(None).random())", "Random()"),
        ("import logging\nlogging.basicConfig(format='%(asctime)s')\nlogging.warning('x')", "time"),
        ("from uuid import uuid4 as u\nprint(u())", "os.urandom"),
        ("print(open('/dev/urandom', 'rb').read(4))", "/dev/urandom"),
        (
            "import subprocess as s\nprint(s.run(['date', '+%N'], capture_output=True).stdout)",
            "Popen",
        ),
        ("class A: pass\nprint([id(a) % 97 for a in {A() for _ in range(9)}])", "id()"),
        ("import time as t\nprint(t.clock_gettime_ns(0))", "time.clock_gettime_ns"),
        ("import pandas as pd\nprint(pd.to_datetime('today').date())", "to_datetime('today')"),
        ("import numpy as np\nprint(np.datetime64('now', 'ns'))", "datetime64('now')"),
    ],
)
def test_what_a_second_run_shows_otherwise_is_not_published(folder, source, said) -> None:
    folder.notebook("1 + 1", source)
    answer = folder.foistats("run")
    assert answer.code == 1
    assert "code cell 3 " in answer.err
    assert said in answer.err
    assert "nothing was published; the failed notebook is reports/.failed/" in answer.err
    assert folder.published() == []


def test_the_date_of_a_summary(folder) -> None:
    folder.notebook(
        "import pandas as pd\nimport statsmodels.formula.api as smf",
        "data = pd.DataFrame({'y': [1, 2, 3, 5], 'x': [1, 2, 3, 4]})",
        "print(smf.ols('y ~ x', data).fit().summary().tables[0])",
    )
    answer = folder.foistats("run")
    assert answer.code == 1
    assert "code cell 4 looks at the clock (time." in answer.err
    assert "and shows the date of the run" in answer.err


def test_what_is_seeded_or_not_shown_is_published(folder) -> None:
    folder.notebook(
        "import random, time\nimport numpy as np\nfrom foistats import publish",
        "began = time.time(); np.random.rand(); random.random(); elapsed = time.time() - began",
        "np.random.seed(n); publish.value('draw', np.random.rand())",
        "publish.value('other', np.random.default_rng(n).random())",
    )
    assert folder.foistats("run").code == 0


def test_a_file_that_is_not_declared_blocks(folder) -> None:
    folder.write("data/other.csv", "x")
    folder.notebook(
        "import os\nfrom pathlib import Path",
        "text = Path(os.environ['FOISTATS_PROJECT'], 'data/other.csv').read_text()",
    )
    answer = folder.foistats("run")
    assert answer.code == 1
    assert (
        "code cell 3 reads data/other.csv, which foistats.toml does not declare; "
        "add it to the report's inputs"
    ) in answer.err
    declared = (folder.root / "foistats.toml").read_text()
    folder.write("foistats.toml", declared.replace('"data/{study}"', '"data/{study}", "data"'))
    assert folder.foistats("run").code == 0


def test_the_bytes_of_the_inputs_are_kept_once(folder) -> None:
    folder.foistats("run")
    folder.foistats("run", "-p", "link", "probit")
    objects = folder.root / "reports/objects"
    for path in objects.iterdir():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name
    inputs = folder.json("reports/severity/v001/manifest.json")["inputs"]
    named = [*inputs["data"].values(), *inputs["notebook"].values(), *inputs["package"].values()]
    assert sorted(named) == sorted(path.name for path in objects.iterdir())
    kept = json.loads((objects / inputs["notebook"]["notebooks/severity.ipynb"]).read_text())
    assert [cell["source"] for cell in kept["cells"]][-1] == 'publish.value("things", n)'


def test_of_a_private_study_only_hashes_are_kept(folder) -> None:
    folder.write("data/pa/study.toml", "[study]\nprivate = true\n")
    folder.foistats("run")
    manifest = folder.json("reports/severity/v001/manifest.json")
    assert manifest["withheld"] == ["data/pa/statements.csv", "data/pa/study.toml"]
    kept = {path.name for path in (folder.root / "reports/objects").iterdir()}
    assert kept.isdisjoint(manifest["inputs"]["data"].values())
    assert folder.foistats("verify", "--all").code == 0


def test_an_environment_that_is_not_that_of_the_lock(folder) -> None:
    folder.write("requirements.lock", "numpy==0.1 \\\n    --hash=sha256:00\n")
    answer = folder.foistats("run")
    assert answer.code == 0
    assert "foistats: warning: the environment is not that of requirements.lock: numpy " in (
        answer.err
    )
    told = folder.json("reports/severity/v001/manifest.json")["environment"]
    assert told["differs_from_lock"][0].endswith("the lock has 0.1")
    assert "the lock has 0.1" in (folder.root / "reports/severity/v001/report.html").read_text()


def test_the_version_says_what_changed(folder) -> None:
    folder.foistats("run")
    folder.notebook("from foistats import publish", 'publish.value("things", n + 1)')
    folder.foistats("run")
    change = folder.json("reports/severity/v002/manifest.json")["change"]
    assert "notebooks/severity.ipynb changed" in change
    assert "things" in change
    assert change in (folder.root / "reports/index.html").read_text()


def test_what_a_private_study_holds_stays_private_however_it_is_declared(folder) -> None:
    folder.write("data/pa/study.toml", "\ufeff[study]\nprivate = true\n")
    declared = (folder.root / "foistats.toml").read_text()
    literal = '\n[reports.literal]\nnotebook = "notebooks/literal.ipynb"\ninputs = ["data"]\n'
    folder.write("foistats.toml", declared + literal)
    folder.notebook("1", name="literal", parameters="")
    assert folder.foistats("run").code == 0
    objects = {path.name for path in (folder.root / "reports/objects").iterdir()}
    for report in ("severity", "literal"):
        manifest = folder.json(f"reports/{report}/v001/manifest.json")
        assert manifest["withheld"] == ["data/pa/statements.csv", "data/pa/study.toml"]
        assert objects.isdisjoint(manifest["inputs"]["data"].values())


def test_a_result_does_not_depend_on_what_runs_beside_it(folder) -> None:
    declared = (folder.root / "foistats.toml").read_text()
    lender = '\n[reports.lends]\nnotebook = "notebooks/lends.ipynb"\n'
    folder.write("foistats.toml", declared + lender)
    folder.notebook("import statsmodels\nprint(hasattr(statsmodels, 'api'))")
    folder.notebook("import statsmodels.api, seaborn", name="lends", parameters="")
    assert folder.foistats("run").code == 0
    notebook = (folder.root / "reports/severity/v001/report.ipynb").read_text()
    assert '"False\\n"' in notebook


def test_every_cell_runs_whatever_its_tags(folder, cell) -> None:
    cells = [
        cell("p", "code", "", "parameters"),
        cell("a", "code", "1 / 0", "skip-execution"),
    ]
    folder.write_notebook(cells)
    folder.write("foistats.toml", '[reports.severity]\nnotebook = "notebooks/severity.ipynb"\n')
    answer = folder.foistats("run")
    assert answer.code == 1
    assert "code cell 2 failed, at: 1 / 0" in answer.err


@pytest.mark.parametrize("where", ["markdown", "output"])
def test_a_picture_without_words(folder, cell, where: str) -> None:
    picture = "![](data:image/png;base64,AAAA)"
    sources = {
        "markdown": "1",
        "output": f"from IPython.display import Markdown\nMarkdown('{picture}')",
    }
    cells = [cell("p", "code", "", "parameters"), cell("a", "code", sources[where])]
    cells += [cell("m", "markdown", f"Look: {picture}")] if where == "markdown" else []
    folder.write_notebook(cells)
    folder.write("foistats.toml", '[reports.severity]\nnotebook = "notebooks/severity.ipynb"\n')
    answer = folder.foistats("run")
    assert answer.code == 1
    assert "without alternative text" in answer.err


def test_byte_code_is_its_source(folder) -> None:
    folder.write("lib/helper_of_mine.py", "x = 3\n")
    declared = (folder.root / "foistats.toml").read_text()
    folder.write("foistats.toml", declared.replace('["data/{study}"]', '["data/{study}", "lib"]'))
    compileall.compile_dir(folder.root / "lib", quiet=1)
    folder.notebook(
        "import os, sys\nsys.path.insert(0, os.path.join(os.environ['FOISTATS_PROJECT'], 'lib'))",
        "import helper_of_mine; helper_of_mine.x",
    )
    answer = folder.foistats("run")
    assert answer.code == 0, answer.err
