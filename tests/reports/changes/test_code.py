from __future__ import annotations

import json
from typing import Any

from foistats.reports.changes.code import notebook_changes, package_changes
from foistats.reports.changes.surroundings import (
    environment_changes,
    lock_changes,
    parameter_changes,
)
from foistats.reports.changes.wordings import claim_changes


def value(id: str, number: Any, **more: Any) -> dict[str, Any]:
    tolerance = 1e-6 if isinstance(number, float) else 0
    told = {"id": id, "value": number, "unit": "", "digits": None, "tolerance": tolerance}
    return told | {"text": str(number), "cell": "c"} | more


def values(*told: dict[str, Any]) -> dict[str, bytes]:
    return {"values.json": json.dumps({one["id"]: one for one in told}).encode()}


MODULE = '''"""A room."""
import os

LIMIT = 3

def fit(x):
    """Fit."""
    return x

class Model:
    pass
'''


def _package(maker: Any, before: str, after: str) -> dict[str, Any]:
    name = "severity/model.py"
    sides = (maker.side(package={name: text.encode()}) for text in (before, after))
    (found,) = package_changes(*sides)
    return found


def test_definitions_that_changed(maker: Any) -> None:
    found = _package(maker, MODULE, MODULE.replace("return x", "return -x").replace("3", "4"))
    assert found["definitions"] == ["LIMIT", "fit"]
    assert found["lines"] == {"added": 2, "removed": 2}


def test_docstrings_and_layout_define_nothing(maker: Any) -> None:
    found = _package(maker, MODULE, MODULE.replace("Fit.", "Fit it.").replace("\n\n", "\n\n\n"))
    assert found["definitions"] == []


def test_source_that_is_no_python_or_not_here(maker: Any) -> None:
    assert "definitions" not in _package(maker, "def", MODULE)
    sides = maker.side(package={"a.py": b"1"}), maker.side(package={"a.py": b"2"})
    maker.objects.clear()
    (found,) = package_changes(*sides)
    assert found["note"] == "its bytes are not here, only their hashes"


def test_source_comes_and_goes(maker: Any) -> None:
    sides = maker.side(package={"a.py": b"1\n"}), maker.side(package={"b.py": b"1\n"})
    found = package_changes(*sides)
    assert [(told["file"], told["verdict"]) for told in found] == [
        ("a.py", "removed"),
        ("b.py", "added"),
    ]


def _notebook(*cells: tuple[str, str]) -> bytes:
    told = [{"id": id, "cell_type": "code", "source": source} for id, source in cells]
    return json.dumps({"cells": told}).encode()


def test_cells_that_changed_and_moved(maker: Any) -> None:
    name = "notebooks/a.ipynb"
    before = _notebook(("a", "x = 1\ny = 2"), ("b", "b"), ("c", "c"))
    after = _notebook(("c", "c"), ("a", "x = 1\ny = 3"), ("d", "d"))
    sides = (maker.side(notebook={name: told}) for told in (before, after))
    (found,) = notebook_changes(*sides)
    told = {cell["cell"]: cell for cell in found["cells"]}
    assert told["a"] == {"cell": "a", "kind": "code", "verdict": "changed", "line": 2,
                         "before": "y = 2", "after": "y = 3"}  # fmt: skip
    assert (told["b"]["verdict"], told["d"]["verdict"]) == ("removed", "added")
    assert told[""]["verdict"] == "moved"


def test_parameters_tell_one_from_true(maker: Any) -> None:
    sides = maker.side(parameters={"n": 1, "a": "x"}), maker.side(parameters={"n": True, "b": 2})
    assert parameter_changes(*sides) == [
        {"name": "a", "before": "x", "after": None},
        {"name": "b", "before": None, "after": 2},
        {"name": "n", "before": 1, "after": True},
    ]


def test_python_packages_and_pins(maker: Any) -> None:
    old = {"python": "3.11.7", "packages": {"numpy": "2.4.5", "scipy": "1.17"}}
    new = {"python": "3.12.1", "packages": {"numpy": "2.4.6", "scipy": "1.17"}}
    lock = b"Zope.x==1.0 ; python_version < '4' \\\n    --hash=sha256:00\nnumpy==2.4.5\n"
    before = maker.side(environment=old, lock=lock)
    after = maker.side(environment=new, lock=lock.replace(b"2.4.5", b"2.4.6") + b"six==1\n")
    assert [told["name"] for told in environment_changes(before, after)] == ["Python", "numpy"]
    assert lock_changes(before, after)["pins"] == [
        {"name": "numpy", "before": "2.4.5", "after": "2.4.6"},
        {"name": "six", "before": None, "after": "1"},
    ]
    assert lock_changes(before, before) == {}
    assert lock_changes(maker.side(), after)["pins"][0]["before"] is None
    maker.objects.clear()
    assert "note" in lock_changes(before, after)


def test_claims_whose_wording_no_longer_holds(maker: Any) -> None:
    claims = {
        "more": {"text": "more often", "sentence": "Staff left more often.",
                 "predicate": ["staff", "higher_than", "officers"], "holds": True},
        "many": {"text": "at least 10", "predicate": ["staff", "at_least", 10], "holds": True},
        "gone": {"text": "few", "predicate": ["few", "at_most", 3], "holds": True},
    }  # fmt: skip
    files = values(value("staff", 31), value("officers", 12), value("few", 2))
    before = maker.side(files=files | {"claims.json": json.dumps(claims).encode()})
    after = maker.side("v002", files=values(value("staff", 11), value("officers", 12)))
    found = {told["id"]: told for told in claim_changes(before, after)}
    assert list(found) == ["gone", "more"]
    assert (found["more"]["holds"], found["gone"]["holds"]) == (False, None)
    assert "11" in found["more"]["words"]
    assert "12" in found["more"]["words"]
    assert found["gone"]["words"] == "it cannot be judged any more"


def test_damaged_claims_are_none(maker: Any) -> None:
    for content in (b"[", b"[]", b'{"a": 1}'):
        side = maker.side(files={"claims.json": content})
        assert claim_changes(side, side) == []
