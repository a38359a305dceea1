"""Prose that cannot drift, where it is published: the runner, `check`, and what a version keeps."""

from __future__ import annotations

import json
import shutil

import pytest

from foistats.errors import ReportError
from foistats.publish import CLAIMS_MIME, VALUE_MIME
from foistats.reports import make
from foistats.reports.collect import collect

CLAIM = "('things', 'more_than', 1)"
SAYS = f"publish.say('There are more things than before.', claims={{'more things than': {CLAIM}}})"


def test_typed_digits_do_not_publish_and_start_no_kernel(folder, cell, monkeypatch) -> None:
    cells = json.loads((folder.root / "notebooks/severity.ipynb").read_text())["cells"]
    folder.write_notebook([*cells, cell("m", "markdown", "There were\n88 cases.")])
    monkeypatch.setattr(make, "execute", lambda *_, **__: pytest.fail("a kernel was asked for"))
    done = folder.foistats("run")
    assert done.code == 1
    assert "cell m, line 2: the text has '88'" in done.err
    assert "publish a number with publish.value" in done.err
    assert not [name for name in folder.published() if name.startswith("severity/")]
    assert folder.foistats("status").out.split()[:2] == ["severity", "failed"]


def test_a_failed_notebook_stays_the_last_version(folder, cell) -> None:
    assert folder.foistats("run").code == 0
    cells = json.loads((folder.root / "notebooks/severity.ipynb").read_text())["cells"]
    folder.write_notebook([*cells, cell("m", "markdown", "Most things are new.")])
    done = folder.foistats("run")
    assert done.code == 1
    assert "cell m, line 1: the text has 'Most'" in done.err
    assert "v001 stands" in done.err
    folder.write_notebook([*cells, cell("m", "markdown", "Most things are new.", "method")])
    assert folder.foistats("run").code == 0


def test_check_names_every_notebook(folder, cell, kitchens) -> None:
    shutil.rmtree(folder.root / "data/pa")
    shutil.copytree(kitchens, folder.root / "data/kitchens")
    folder.notebook(parameters='study: str = "kitchens"  # the study')
    declared = (folder.root / "foistats.toml").read_text()
    folder.write("foistats.toml", declared.split("[reports.severity.parameters.link]")[0])
    assert folder.foistats("check").code == 0
    cells = json.loads((folder.root / "notebooks/severity.ipynb").read_text())["cells"]
    folder.write_notebook([*cells, cell("m", "markdown", "88 and three")])
    done = folder.foistats("check")
    assert done.code == 2
    assert "notebooks/severity.ipynb: " in done.err
    assert "'88'" in done.err
    assert "'three'" in done.err


def test_a_version_keeps_its_claims(folder) -> None:
    folder.notebook("from foistats import publish", 'publish.value("things", n)', SAYS)
    assert folder.foistats("run").code == 0
    kept = folder.json("reports/severity/v001/claims.json")
    assert kept == {
        "things_more_than_1": {
            "text": "more things than",
            "sentence": "There are more things than before.",
            "predicate": ["things", "more_than", 1],
            "values": {"things": 3},
            "holds": True,
            "cell": "c3",
        }
    }
    manifest = folder.json("reports/severity/v001/manifest.json")
    assert "claims.json" in manifest["files"]
    assert (
        "more things than before" in (folder.root / "reports/severity/v001/report.html").read_text()
    )
    assert folder.foistats("run").out.split()[:2] == ["severity", "unchanged"]


def test_a_claim_that_fails_keeps_the_report_from_being_published(folder) -> None:
    folder.notebook("from foistats import publish", 'publish.value("things", n)', SAYS)
    done = folder.foistats("run", "severity", "-p", "n", "1")
    assert done.code == 1
    assert "'more things than' does not hold: things more_than 1, where things is 1" in done.err


def test_without_claims_there_is_no_file(folder) -> None:
    assert folder.foistats("run").code == 0
    assert not (folder.root / "reports/severity/v001/claims.json").exists()


def _executed(*data: dict[str, object]) -> dict[str, object]:
    outputs = [{"output_type": "display_data", "metadata": {}, "data": one} for one in data]
    cells = [
        {
            "id": f"c{place}",
            "cell_type": "code",
            "metadata": {},
            "source": "",
            "execution_count": place,
            "outputs": [output],
        }
        for place, output in enumerate(outputs, 1)
    ]
    return {"cells": cells}


def _value(id: str, number: object) -> dict[str, object]:
    record = {"id": id, "value": number, "unit": "", "digits": None, "tolerance": 0, "text": "x"}
    return {"text/plain": "", VALUE_MIME: record}


def _claim(*predicate: object) -> dict[str, object]:
    claim = {"text": "more", "predicate": list(predicate)}
    return {"text/plain": "more", "text/markdown": "more", CLAIMS_MIME: {"claims": [claim]}}


def test_a_claim_is_judged_again_when_it_is_collected() -> None:
    with pytest.raises(ReportError, match="code cell 2 says 'more', which does not hold: a more_t"):
        collect(_executed(_value("a", 1), _claim("a", "more_than", 2)), {}, private=())
    with pytest.raises(ReportError, match="a is not published"):
        collect(_executed(_claim("a", "more_than", 2)), {}, private=())


def test_a_claim_made_twice_is_kept_twice() -> None:
    claim = _claim("a", "more_than", 0)
    found = collect(_executed(_value("a", 1), claim, claim), {}, private=())
    kept = json.loads(found.files["claims.json"])
    assert {id: one["cell"] for id, one in kept.items()} == {
        "a_more_than_0": "c2",
        "a_more_than_0_2": "c3",
    }
