"""Amounts, estimates, values and tables: what moved, by how much, and what it means."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from foistats.reports.changes.amounts import amount_text, difference, number_in, relative
from foistats.reports.changes.estimates import interval_columns, no_effect
from foistats.reports.changes.tables import table_changes
from foistats.reports.changes.values import value_changes
from foistats.reports.compare.difference import CLOSE


def csv(*rows: str) -> bytes:
    return "".join(f"{row}\n" for row in rows).encode()


def value(id: str, number: Any, **more: Any) -> dict[str, Any]:
    tolerance = 1e-6 if isinstance(number, float) else 0
    told = {"id": id, "value": number, "unit": "", "digits": None, "tolerance": tolerance}
    return told | {"text": str(number), "cell": "c"} | more


def values(*told: dict[str, Any]) -> dict[str, bytes]:
    return {"values.json": json.dumps({one["id"]: one for one in told}).encode()}


def _value(before: dict[str, Any], after: dict[str, Any], *more: dict[str, Any]) -> dict[str, Any]:
    found = value_changes(values(before, *more), values(after, *more))
    return next(told for told in found if told["id"] == before["id"])


def _table(before: bytes, after: bytes, name: str = "t") -> dict[str, Any]:
    path = f"tables/{name}.csv"
    (found,) = table_changes({path: before}, {path: after})
    return found


def _cells(table: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (change["row"], cell["column"]): cell
        for change in table["changes"]
        for cell in change["cells"]
    }


def test_whole_numbers_are_exact_however_large() -> None:
    assert difference(10**30, 10**30 + 1) == 1
    assert relative(10**30, 10**30 + 10**29) == pytest.approx(0.1)
    assert (relative(0, 5), difference(-1.7e308, 1.7e308)) == (None, None)


@pytest.mark.parametrize(
    ("text", "number"),
    [("34", 34), ("-0.5", -0.5), ("1e-3", 0.001), ("", None), ("'-1", None), ("3 to 7", None)],
)
def test_numbers_in_cells(text: str, number: float | None) -> None:
    assert number_in(text) == number


def test_a_percentage_moves_by_points() -> None:
    assert amount_text(-2.14, unit="%", digits=1) == "\N{MINUS SIGN}2.1 percentage points"
    assert amount_text(0.5, unit="£", digits=2) == "+£0.50"


def test_a_count_moves_in_its_unit() -> None:
    found = _value(value("closed", 13, unit="inspections"), value("closed", 19, unit="inspections"))
    assert (found["difference"], found["words"]) == (6, "+6 inspections (+46%)")
    assert found["verdict"] == "different"
    assert "interval" not in found


def test_within_its_tolerance_a_value_did_not_move() -> None:
    found = _value(value("x", 1.0), value("x", 1.0 + 1e-9))
    assert found["verdict"] == CLOSE
    assert not {"interval", "sign", "significance"} & set(found)


def test_a_number_that_became_a_reason_has_no_difference() -> None:
    found = _value(value("x", 1.0), value("x", "not estimated: no cases"))
    assert (found["verdict"], "difference" in found) == ("different", False)
    other = _value(value("x", 1.0, unit="%"), value("x", 0.01))
    assert "difference" not in other


def test_values_come_and_go() -> None:
    found = list(value_changes(values(value("a", 1)), values(value("b", 2))))
    assert [(told["id"], told["verdict"]) for told in found] == [("a", "missing"), ("b", "new")]
    assert (found[0]["after"], found[1]["before"]) == (None, None)


def test_an_estimate_in_its_old_interval() -> None:
    ends = value("x_low", 1.5), value("x_high", 2.5)
    inside = _value(value("x", 2.0), value("x", 2.5), *ends)
    outside = _value(value("x", 2.0), value("x", 2.6), *ends)
    assert inside["interval"] == {"low": 1.5, "high": 2.5, "verdict": "inside"}
    assert outside["interval"]["verdict"] == "outside"


def test_an_interval_that_does_not_hold_its_estimate_is_none() -> None:
    found = _value(value("x", 9.0), value("x", 2.5), value("x_low", 1.5), value("x_high", 2.5))
    assert "interval" not in found


@pytest.mark.parametrize(
    ("unit", "names", "none"),
    [
        ("", ("odds_ratio_staff",), 1),
        ("", ("log_odds_ratio",), 0),
        ("", ("difference",), 0),
        ("times", ("more_often",), 1),
        ("%", ("standardised_ratio",), 100),
        ("", ("estimate", "Median odds ratio"), 1),
        ("", ("Estimate", "spread of the ratios"), 0),
        ("", ("Rate", "staff", "rates"), 0),
    ],
)
def test_what_would_be_no_effect(unit: str, names: tuple[str, ...], none: int) -> None:
    assert no_effect(unit, *names) == none


def test_a_ratio_that_loses_its_significance_and_turns() -> None:
    before = values(value("ratio", 2.0), value("ratio_low", 1.2), value("ratio_high", 3.0))
    after = values(value("ratio", 0.9), value("ratio_low", 0.5), value("ratio_high", 1.6))
    found = {told["id"]: told for told in value_changes(before, after)}
    assert found["ratio"]["significance"] == {"before": True, "after": False, "no_effect": 1}
    assert found["ratio"]["sign"] == {"before": 1, "after": -1, "no_effect": 1}
    assert found["ratio"]["interval"]["verdict"] == "outside"
    assert "sign" not in found["ratio_low"]


def test_an_end_that_touches_no_effect_is_inside() -> None:
    before = values(value("d", 2.0), value("d_conf_low", 0.0), value("d_conf_high", 3.0))
    after = values(value("d", 2.1), value("d_conf_low", 0.1), value("d_conf_high", 3.0))
    found = {told["id"]: told for told in value_changes(before, after)}
    assert found["d"]["significance"] == {"before": False, "after": True, "no_effect": 0}


def test_a_count_that_leaves_zero_has_no_sign_to_change() -> None:
    assert "sign" not in _value(value("n", 0), value("n", 3))
    assert _value(value("n", -1), value("n", 3))["sign"]["after"] == 1


def test_a_rank_by_its_name() -> None:
    assert _value(value("largest_rank", 3), value("largest_rank", 5))["rank"] == {
        "before": 3,
        "after": 5,
    }


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        ("term,estimate,std_error,conf_low,conf_high", ("estimate", "conf_low", "conf_high")),
        ("Force,Rate,Rate from,Rate to", ("Rate", "Rate from", "Rate to")),
        ("Force,Cases,Odds ratio,Low,High", ("Odds ratio", "Low", "High")),
        ("Quantity,Estimate,From,To,Note", ("Estimate", "From", "To")),
        ("odds_ratio,odds_ratio_low,odds_ratio_high", ("odds_ratio", "odds_ratio_low",
                                                        "odds_ratio_high")),
    ],
)  # fmt: skip
def test_intervals_in_tables(columns: str, found: tuple[str, str, str]) -> None:
    names = columns.split(",")
    numeric = frozenset(names) - {"term", "Force", "Quantity", "Note"}
    ((told),) = interval_columns(names, numeric)
    assert (told.estimate, told.low, told.high) == found


def test_dates_are_no_interval() -> None:
    assert interval_columns(["Survey", "Period", "From", "To"], frozenset(("From", "To"))) == []


def test_two_intervals_in_one_table() -> None:
    names = ["Force", "Rate", "Rate from", "Rate to", "Ratio", "Ratio from", "Ratio to"]
    found = interval_columns(names, frozenset(names[1:]))
    assert [told.estimate for told in found] == ["Rate", "Ratio"]


def test_a_cell_that_moved_in_a_table() -> None:
    head = "term,estimate,conf_low,conf_high"
    before = csv(head, "staff,0.5,0.1,0.9", "other,1.0,0.5,1.5")
    after = csv(head, "staff,-0.25,-0.7,0.2", "other,1.0,0.5,1.5")
    found = _table(before, after)
    assert found["rows"] == {"same": 1, "changed": 1, "added": 0, "removed": 0}
    cell = _cells(found)["staff", "estimate"]
    assert cell["difference"] == -0.75
    assert cell["interval"]["verdict"] == "outside"
    assert cell["sign"] == {"before": 1, "after": -1, "no_effect": 0}
    assert cell["significance"] == {"before": True, "after": False, "no_effect": 0}
    assert "sign" not in _cells(found)["staff", "conf_low"]


def test_the_last_digits_of_a_float_are_no_move() -> None:
    found = _table(csv("a,b", "x,0.123456789"), csv("a,b", "x,0.123456788"))
    assert found["verdict"] == CLOSE
    assert _table(csv("a,b", "x,1000000"), csv("a,b", "x,1000001"))["verdict"] == "different"


def test_rows_of_a_sorted_table_change_rank() -> None:
    before = csv("force,share", "Ash,0.5", "Elm,0.3", "Oak,0.2")
    after = csv("force,share", "Elm,0.6", "Ash,0.3", "Oak,0.1")
    assert _table(before, after)["ranks"] == [
        {"row": "Elm", "by": "share", "before": 2, "after": 1},
        {"row": "Ash", "by": "share", "before": 1, "after": 2},
    ]


def test_an_alphabetical_table_ranks_nobody() -> None:
    before = csv("force,share", "Ash,0.1", "Elm,0.5", "Oak,0.3")
    after = csv("force,share", "Ash,0.6", "Elm,0.5", "Oak,0.3", "Yew,0.4")
    found = _table(before, after)
    assert "ranks" not in found
    assert [change["change"] for change in found["changes"]] == ["changed", "added"]


def test_a_column_of_places_holds_ranks() -> None:
    found = _table(csv("force,Place", "Ash,2"), csv("force,Place", "Ash,3"))
    assert _cells(found)["Ash", "Place"]["rank"] == {"before": 2, "after": 3}


def test_tables_come_and_go_and_may_be_unreadable() -> None:
    found = list(table_changes({"tables/a.csv": b"x\n1\n"}, {"tables/b.csv": b"x\n1\n"}))
    assert [(told["table"], told["verdict"]) for told in found] == [("a", "missing"), ("b", "new")]
    damaged = _table(b"\xff", b"x\n1\n")
    assert damaged["note"] == "one of the two is not a CSV table in UTF-8"


def test_a_column_comes() -> None:
    found = _table(csv("id,n", "a,1"), csv("id,n,m", "a,1,2"))
    assert found["columns"] == {"before": ["id", "n"], "added": ["m"], "removed": []}
    assert _cells(found)["a", "m"]["verdict"] == "new"


def test_differences_are_finite() -> None:
    assert math.isfinite(relative(1e-300, 1.0) or 0)


def test_another_order_of_rows_or_columns_is_a_change() -> None:
    found = _table(csv("a,b", "x,1", "y,2"), csv("a,b", "y,2", "x,1"))
    assert (found["verdict"], found["order"], found["changes"]) == ("different", [1, 0], [])
    turned = _table(csv("a,b", "x,1"), csv("b,a", "1,x"))
    assert (turned["verdict"], turned["columns"]["before"]) == ("different", ["a", "b"])
