import json

import pytest

from foistats.errors import UsageError
from foistats.reports import freshness
from foistats.reports.ask.declare import read_project
from foistats.reports.ask.request import requests
from foistats.reports.freshness import inputs_of, key_of


def key(folder, *given: tuple[str, str]) -> str:
    (request,) = requests(read_project(folder.root), ["severity"], given)
    return key_of(inputs_of(request), request.values)


def test_the_key_is_of_content_alone(folder, tmp_path) -> None:
    before = key(folder)
    document = json.loads((folder.root / "notebooks/severity.ipynb").read_text())
    document["metadata"] = {"kernelspec": {"name": "x"}}
    document["cells"][2] |= {
        "execution_count": 7,
        "outputs": [{"output_type": "stream", "name": "stdout", "text": "x"}],
    }
    document["cells"][2]["metadata"] = {"collapsed": True}
    folder.write("notebooks/severity.ipynb", json.dumps(document))
    folder.write("data/pa/.hidden", "x")
    folder.write("data/pa/__pycache__/x", "x")
    (folder.root / "data/pa/statements.csv").touch()
    assert key(folder) == before
    moved = tmp_path / "moved"
    folder.root.rename(moved)
    (request,) = requests(read_project(moved), ["severity"], [])
    assert key_of(inputs_of(request), request.values) == before


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: folder.write("data/pa/statements.csv", "other"),
        lambda folder: folder.write("data/pa/deeper/new.csv", ""),
        lambda folder: folder.notebook("2"),
        lambda folder: folder.write("requirements.lock", "numpy==2"),
    ],
    ids=["edit", "new file", "notebook", "lock"],
)
def test_what_changes_the_key(folder, change) -> None:
    before = key(folder)
    change(folder)
    assert key(folder) != before


def test_parameters_and_package_change_the_key(folder) -> None:
    before = key(folder)
    assert key(folder, ("n", "4")) != before
    folder.package("second")
    assert key(folder) != before


def test_the_package_is_its_source_and_templates() -> None:
    names = freshness.package_hashes()
    template = "reports/pages/template"
    assert {f"{template}/style.css", f"{template}/report.html.j2", "publish/__init__.py"} <= {
        *names
    }
    assert not any("__pycache__" in name for name in names)


def test_changes_in_words(folder) -> None:
    (request,) = requests(read_project(folder.root), ["severity"], [])
    before = vars(inputs_of(request))
    folder.write("data/pa/new.csv", "")
    (folder.root / "data/pa/statements.csv").unlink()
    folder.notebook("2")
    folder.write("requirements.lock", "")
    assert inputs_of(request).changes(before) == [
        "data/pa/new.csv added",
        "data/pa/statements.csv removed",
        "notebooks/severity.ipynb changed",
        "requirements.lock changed",
    ]


def test_a_declared_input_that_is_not_there(folder) -> None:
    declared = (folder.root / "foistats.toml").read_text()
    folder.write(
        "foistats.toml", declared.replace('["data/{study}"]', '["data/{study}", "data/reference"]')
    )
    with pytest.raises(
        UsageError, match="declares the input 'data/reference', but data/reference is not there"
    ):
        key(folder)
