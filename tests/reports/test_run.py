"""Real kernels: what is published, what is refused, what stays."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import pytest

from foistats.reports.store import versions

HOSTILE = "<script>alert(1)</script>{{ 1 }}\n=HYPERLINK(1)" + "x" * 3000


def test_a_version_is_published_then_left_alone_then_followed(folder) -> None:
    first = folder.foistats("run")
    assert (first.code, first.err) == (0, "severity  running\n")
    assert first.out.startswith("severity  published  v001  ")
    assert [name for name in folder.published() if not name.startswith("objects/")] == [
        "codecheck.yml",
        "index.html",
        "severity/latest.json",
        *(
            f"severity/v001/{name}"
            for name in (
                *("manifest.json", "report.html", "report.ipynb", "ro-crate-metadata.json"),
                *("run.json", "values.json", "verify.py"),
            )
        ),
    ]
    assert folder.foistats("verify", "--all").code == 0
    assert ".*" in (folder.root / "reports/.gitignore").read_text().splitlines()
    manifest = folder.json("reports/severity/v001/manifest.json")
    assert manifest["predecessor"] is None
    assert manifest["parameters"] == {"study": "pa", "link": "logit", "n": 3}
    assert list(manifest["inputs"]["data"]) == ["data/pa/statements.csv", "data/pa/study.toml"]
    for name, told in manifest["files"].items():
        content = (folder.root / "reports/severity/v001" / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == told
    assert folder.json("reports/severity/v001/values.json") == {
        "things": {
            "id": "things",
            "value": 3,
            "unit": "",
            "digits": None,
            "tolerance": 0,
            "text": "3",
            "cell": "c2",
        }
    }

    before = {
        name: (folder.root / "reports" / name).stat().st_mtime_ns for name in folder.published()
    }
    assert folder.foistats("run").out == "severity  unchanged  v001\n"
    assert before == {
        name: (folder.root / "reports" / name).stat().st_mtime_ns for name in folder.published()
    }

    folder.write("data/pa/statements.csv", "force,n\nKent,4\n")
    dry = folder.foistats("run", "--dry-run")
    assert dry.out == "severity  stale  v001\n  data/pa/statements.csv changed\n"
    again = folder.foistats("run")
    assert "severity  published  v002" in again.out
    assert "  data/pa/statements.csv changed\n" in again.out
    old = (folder.root / "reports/severity/v001/manifest.json").read_bytes()
    followed = folder.json("reports/severity/v002/manifest.json")
    assert followed["predecessor"] == hashlib.sha256(old).hexdigest()
    assert folder.json("reports/severity/latest.json")["version"] == "v002"


def test_the_package_changes_and_the_results_do_not(folder) -> None:
    folder.foistats("run")
    page = (folder.root / "reports/severity/v001/report.html").read_bytes()
    old = folder.json("reports/severity/latest.json")
    folder.package("second")
    answer = folder.foistats("run", "--json")
    (told,) = json.loads(answer.out)["reports"]
    assert (told["status"], told["version"]) == ("confirmed", "v001")
    assert told["reasons"] == ["foistats/publish.py changed"]
    new = folder.json("reports/severity/latest.json")
    assert new["version"] == "v001"
    assert new["key"] != old["key"]
    assert (folder.root / "reports/severity/v001/report.html").read_bytes() == page
    assert folder.foistats("run").out == "severity  unchanged  v001\n"


def test_a_failing_cell_publishes_nothing_and_stops_no_other(folder) -> None:
    folder.foistats("run")
    folder.notebook("x = 1", 'raise ValueError("no breaches\\nat all")')
    folder.write("foistats.toml", _two_reports(folder))
    folder.notebook("1 + 1", name="other", parameters="")
    answer = folder.foistats("run")
    assert answer.code == 1
    assert "other  published  v001" in answer.out
    assert (
        'foistats: severity: code cell 3 failed, at: raise ValueError("no breaches\\nat all")\n'
        "    ValueError: no breaches\n"
        "    at all\n"
        "  v001 stands; the failed notebook is reports/.failed/severity/report.ipynb\n"
    ) in answer.err
    assert folder.json("reports/severity/latest.json")["version"] == "v001"
    assert not list((folder.root / "reports").glob(".staging-*"))
    kept = folder.json("reports/.failed/severity/report.ipynb")
    assert kept["cells"][-1]["outputs"][0]["ename"] == "ValueError"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import os; print('half', flush=True); os._exit(3)", "    the kernel died\n"),
        (
            "import sys; sys.exit(0)",
            "    SystemExit: 0: a notebook runs to its end; take the exit out\n",
        ),
        (
            "exit()",
            "    SystemExit: a notebook runs to its end; take the exit out\n",
        ),
        (
            "import time; time.sleep(30)",
            "    it took longer than the report's timeout of 2 seconds (foistats.toml)\n",
        ),
    ],
    ids=["killed", "sys.exit", "exit", "timeout"],
)
def test_a_run_that_does_not_reach_its_end(folder, source: str, said: str) -> None:
    declared = (folder.root / "foistats.toml").read_text()
    folder.write("foistats.toml", declared.replace("timeout  = 60", "timeout  = 2"))
    folder.notebook(source)
    answer = folder.foistats("run")
    assert answer.code == 1
    assert f"severity: code cell 2 failed, at: {source}\n{said}" in answer.err
    assert "  nothing was published; the failed notebook is reports/.failed/" in answer.err
    assert folder.published() == []


def test_two_runs_differ_in_run_json_alone(folder, tmp_path: Path) -> None:
    folder.notebook(
        "import sys, warnings\nimport matplotlib.pyplot as plt\n"
        "import pandas as pd\nfrom foistats import publish",
        "for number in range(300):\n    print(number)\n    print(number, file=sys.stderr)",
        "warnings.warn('bands')\nprint({'b', 'a', 'c'})",
        "frame = pd.DataFrame({'force': ['Kent', '=1+1'], 'share': [0.1, 1 / 3]})",
        "publish.table('shares', frame, 'Shares')\nfig, ax = plt.subplots()\n"
        "ax.bar(frame.force, frame.share)\n"
        "publish.figure('bars', fig, alt='Kent lower', data=frame)\npublish.value('n', 2)\n"
        "publish.say('{n} forces')",
    )
    first, second = folder.foistats("run"), None
    kept = folder.root / "reports"
    kept.rename(tmp_path / "first")
    second = folder.foistats("run")
    assert (first.code, second.code) == (0, 0)
    one, two = _bytes(tmp_path / "first"), _bytes(kept)
    assert "severity/v001/figures/bars.svg" in one
    assert (
        one["severity/v001/tables/shares.csv"].decode()
        == "force,share\nKent,0.1\n'=1+1,0.3333333333333333\n"
    )
    assert [name for name in one if one[name] != two[name]] == [
        "severity/v001/ro-crate-metadata.json",
        "severity/v001/run.json",
    ]
    notebook = one["severity/v001/report.ipynb"].decode()
    assert '"UserWarning: bands\\n"' in notebook
    assert "ipykernel_" not in notebook


def test_hostile_text_is_text(folder) -> None:
    folder.notebook(
        "import matplotlib.pyplot as plt\nimport pandas as pd\nfrom foistats import publish",
        "publish.value('given', link)\npublish.say('Said: {given}')",
        "publish.table('t', pd.DataFrame({link: [link]}), caption=link)",
        "publish.figure('f', plt.figure(figsize=(1, 1)), alt=link, caption=link)",
        "from IPython.display import HTML, display\ndisplay(HTML('<script>alert(2)</script>'))",
    )
    declared = (folder.root / "foistats.toml").read_text()
    folder.write("foistats.toml", declared.replace('allowed = ["logit", "probit"]\n', ""))
    answer = folder.foistats("run", "-p", "link", HOSTILE)
    assert answer.code == 0, answer.err
    (version,) = (folder.root / "reports/severity").glob("link-script-*/v001")
    page = (version / "report.html").read_text()
    assert "<script" not in page
    assert "{{ 1 }}" in page
    assert "&lt;script&gt;alert(1)" in page
    assert json.loads((version / "values.json").read_text())["given"]["value"] == HOSTILE
    assert (version / "tables/t.csv").read_text().startswith('"<script>')
    manifest = json.loads((version / "manifest.json").read_text())
    assert manifest["parameters"]["link"] == HOSTILE


def test_outputs_that_cannot_be_reproduced_are_named(folder) -> None:
    folder.notebook(
        "import matplotlib.pyplot as plt",
        "object()",
        "plt.plot([1, 2]);",
        "import os; print(os.environ['FOISTATS_PROJECT'])",
    )
    answer = folder.foistats("run")
    assert answer.code == 1
    assert "code cell 3 shows the memory address 0x" in answer.err
    assert (
        "code cell 4 shows a picture without alternative text; show it with publish.figure"
        in answer.err
    )
    assert (
        "code cell 5 shows a path of this machine; show names relative to the project" in answer.err
    )
    assert folder.published() == []


def test_the_kernel_is_this_interpreter_in_an_environment_of_its_own(
    folder, tmp_path: Path, monkeypatch
) -> None:
    home = tmp_path / "home"
    spec = home / ".local/share/jupyter/kernels/python3"
    spec.mkdir(parents=True)
    (spec / "kernel.json").write_text(
        json.dumps(
            {"argv": ["false", "{connection_file}"], "display_name": "x", "language": "python"}
        )
    )
    startup = home / ".ipython/profile_default/startup"
    startup.mkdir(parents=True)
    (startup / "00.py").write_text("started = True")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    folder.notebook(
        "import os, sys\nfrom foistats import publish",
        f"assert sys.executable == {sys.executable!r}\nassert 'started' not in globals()\n"
        "assert 'PYTHONPATH' not in os.environ\nassert os.listdir() == []",
        "publish.value('threads', os.environ['OMP_NUM_THREADS'])\n"
        "publish.value('zone', os.environ['TZ'])\n"
        "publish.value('seed', os.environ['PYTHONHASHSEED'])",
    )
    assert folder.foistats("run").code == 0
    values = folder.json("reports/severity/v001/values.json")
    assert {id: told["value"] for id, told in values.items()} == {
        "threads": "1",
        "zone": "UTC",
        "seed": "0",
    }


def test_a_study_by_path_reaches_the_kernel_whole_and_the_record_relative(folder) -> None:
    folder.write("elsewhere/other/study.toml", "[study]\n")
    folder.notebook("import os\nassert os.path.isabs(study)\nfrom foistats import publish")
    assert folder.foistats("run", "-p", "study", "elsewhere/other").code == 0
    (manifest,) = (folder.root / "reports/severity").glob(
        "study-elsewhere-other-*/v001/manifest.json"
    )
    told = json.loads(manifest.read_text())
    assert told["parameters"]["study"] == "elsewhere/other"
    assert list(told["inputs"]["data"]) == ["elsewhere/other/study.toml"]
    everything = b"".join(_bytes(manifest.parent).values())
    assert str(folder.root).encode() not in everything


def test_inputs_that_change_during_the_run(folder) -> None:
    path = folder.root / "data/pa/new.csv"
    folder.notebook(f"import subprocess\nsubprocess.run(['touch', {str(path)!r}], check=True);")
    answer = folder.foistats("run")
    assert answer.code == 1
    assert (
        "severity: its inputs changed while it ran (data/pa/new.csv added); run it again"
        in answer.err
    )
    assert folder.published() == []


def _two_reports(folder) -> str:
    declared = (folder.root / "foistats.toml").read_text()
    return f'{declared}\n[reports.other]\nnotebook = "notebooks/other.ipynb"\n'


def _bytes(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(root).parts)
    }


def test_a_damaged_version_is_not_followed(folder) -> None:
    folder.foistats("run")
    values = folder.root / "reports/severity/v001/values.json"
    values.write_text(values.read_text().replace("3", "4"))
    folder.write("data/pa/statements.csv", "force,n\nKent,9\n")
    answer = folder.foistats("run")
    assert answer.code == 1
    assert (
        "severity/v001/values.json is not what was published; restore it, for example with git "
        "checkout, before a version follows"
    ) in answer.err
    assert not (folder.root / "reports/severity/v002").exists()


def test_a_pointer_that_cannot_be_written_stops_no_other(folder, monkeypatch) -> None:
    folder.write("foistats.toml", _two_reports(folder))
    folder.notebook("1 + 1", name="other", parameters="")
    folder.foistats("run")
    folder.notebook("2 + 2", name="other", parameters="")
    heal = versions.heal

    def refuse(reports: Path, series: str) -> bool:
        if series == "severity":
            raise PermissionError(13, "Permission denied", "latest.json")
        return heal(reports, series)

    monkeypatch.setattr(versions, "heal", refuse)
    answer = folder.foistats("run", "--json")
    assert answer.code == 1
    severity, other = json.loads(answer.out)["reports"]
    assert (severity["status"], severity["version"]) == ("failed", "v001")
    assert "severity: Permission denied: latest.json; nothing was published" in severity["error"]
    assert (other["status"], other["version"]) == ("published", "v002")


def test_the_list_for_reviewers_comes_back(folder) -> None:
    folder.foistats("run")
    path = folder.root / "reports/codecheck.yml"
    content = path.read_bytes()
    path.unlink()
    assert folder.foistats("run").out == "severity  unchanged  v001\n"
    assert path.read_bytes() == content


def test_an_unpublished_matrix_has_its_folder_in_its_name(folder) -> None:
    declared = (folder.root / "foistats.toml").read_text()
    folder.write("foistats.toml", f"{declared}\n[reports.severity.matrix]\nlink = true\n")
    answer = folder.foistats("run", "--matrix", "--json")
    assert answer.code == 0, answer.err
    default, probit = (told["series"] for told in json.loads(answer.out)["reports"])
    assert default == "severity"
    assert probit.startswith(".matrix/severity/link-probit-")
    assert (folder.root / "reports" / probit / "v001/report.html").is_file()


@pytest.mark.slow
def test_a_tombstone_missing_among_others_is_noticed(folder) -> None:
    for number in range(5):
        folder.write("data/pa/statements.csv", f"force,n\nKent,{number}\n")
        folder.foistats("run")
    folder.write("reports/keep.csv", "report,version,cited_by\nseverity,v002,a paper\n")
    assert folder.foistats("prune", "--keep", "1", "--reason", "old").code == 0
    assert folder.foistats("verify", "--all").code == 0
    (folder.root / "reports/severity/v003.json").unlink()
    answer = folder.foistats("verify", "--all")
    assert answer.code == 4
    assert "v003 is gone, and no v003.json says why" in " ".join(answer.out.split())
