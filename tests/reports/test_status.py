"""Fresh, confirmed, stale, failed: looked up without running anything."""

from __future__ import annotations

import json


def states(folder) -> list[tuple[str, str, list[str]]]:
    told = json.loads(folder.foistats("status", "--json").out)["reports"]
    return [(report["series"], report["state"], report["reasons"]) for report in told]


def test_the_life_of_a_report(folder) -> None:
    assert states(folder) == [("severity", "stale", ["first version"])]
    folder.foistats("run")
    assert states(folder) == [("severity", "fresh", [])]
    folder.package("second")
    assert states(folder) == [("severity", "stale", ["foistats/publish.py changed"])]
    folder.foistats("run")
    assert states(folder) == [("severity", "confirmed", [])]
    folder.write("data/pa/statements.csv", "force,n\nKent,4\n")
    ((_, state, reasons),) = states(folder)
    assert (state, reasons[0]) == ("stale", "data/pa/statements.csv changed")
    folder.notebook("1 / 0")
    folder.foistats("run")
    ((_, state, (reason,)),) = states(folder)
    assert state == "failed"
    assert reason == "its last run failed: code cell 2 failed, at: 1 / 0"
    folder.notebook("2 / 1")
    assert states(folder)[0][1] == "stale"
    folder.foistats("run")
    assert states(folder) == [("severity", "fresh", [])]


def test_series_of_other_parameters_are_listed_too(folder) -> None:
    folder.foistats("run", "-p", "link", "probit")
    (default, _, _), (series, state, _) = states(folder)
    assert (default, state) == ("severity", "fresh")
    assert series.startswith("severity/link-probit-")
    declared = (folder.root / "foistats.toml").read_text()
    folder.write("foistats.toml", declared.replace('"logit", "probit"', '"logit"'))
    _, (series, state, (reason,)) = states(folder)
    assert state == "orphaned"
    assert "probit" in reason


def test_it_fits_a_terminal(folder) -> None:
    shown = folder.foistats("status").out
    assert shown == "severity  stale      not published\n  first version\n"


def test_a_declared_input_that_is_gone(folder) -> None:
    declared = (folder.root / "foistats.toml").read_text()
    folder.write("foistats.toml", declared.replace('"data/{study}"', '"data/gone"'))
    ((_, state, (reason,)),) = states(folder)
    assert state == "failed"
    assert "data/gone is not there; create it or take it out" in reason
