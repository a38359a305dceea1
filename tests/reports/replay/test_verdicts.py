"""Number by number: what counts as the same, and what another machine may do to a result."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from foistats.publish import FIGURE_MIME, TABLE_MIME, VALUE_MIME
from foistats.reports.collect import collect
from foistats.reports.replay import follows
from foistats.reports.replay.drawings import look_the_same
from foistats.reports.replay.pages import page_verdict, stated_parameters
from foistats.reports.replay.replay import Replay, replayed_in
from foistats.reports.replay.texts import Leeway, first_other
from foistats.reports.replay.verdicts import (
    counts,
    leaf_verdict,
    table_verdicts,
    value_verdict,
    value_verdicts,
    worst,
)

NUDGE = 1 + 1e-10
VALUE = {"id": "x", "value": 1.5, "unit": "", "digits": None, "tolerance": 1e-6, "text": "1.5"}


# Texts


MOVED = ((1.95499999999, 1.95500000001), (0.0349999999, 0.0350000001), (0.031249, 0.031249))


@pytest.mark.parametrize(
    ("recorded", "replayed", "same"),
    [
        ("a slope of 1.95", "a slope of 1.95", True),
        ("a slope of 1.95", "a slope of 1.96", True),  # between the two lies what moved
        ("a slope of 1\\.95", "a slope of 1\\.96", True),
        ("\N{MINUS SIGN}1.95", "\N{MINUS SIGN}1.96", True),
        ("a slope of 1.955", "a slope of 1.955", True),
        ("a slope of 1.96", "a slope of 1.97", False),
        ("a slope of 1.95", "a slope of 1.97", False),
        ("a slope of 1.95", "a shape of 1.95", False),
        ("3% of cases", "4% of cases", True),
        ("34 cases", "33 cases", False),
        ("0.16279069767441862", "0.16279069767441860", True),
        ("0.1627", "0.1628", False),
        ("1,234 hours", "1,235 hours", False),
        ("1e-05", "1.0000001e-05", True),
        ("2e-05", "9e-05", False),
        ("from 1.2 to 3.4", "from 1.2", False),
        ("", "1", False),
        ("(gradient 9.6e-05): leave", "(gradient 1.4e-04): leave", True),
        ("(gradient 9.6): leave", "(gradient 1.4): leave", False),
        ("p = 9.6e-05", "p = 1.4e-04", False),
    ],
)
def test_texts(recorded: str, replayed: str, same: bool) -> None:
    assert Leeway(True, MOVED).allows(recorded, replayed) is same
    assert Leeway().allows(recorded, replayed) is (recorded == replayed)


def test_only_what_moved_may_be_rounded_otherwise() -> None:
    assert not Leeway(True).allows("a slope of 1.95", "a slope of 1.96")
    assert not Leeway(True, ((1.951, 1.951),)).allows("a slope of 1.95", "a slope of 1.96")
    assert not Leeway(True, ((1.955, 1.955),)).allows("a slope of 1.955", "a slope of 1.956")


def test_the_first_line_that_differs() -> None:
    assert first_other("a\nb\nc", "a\nx\nc") == ("b", "x")
    assert first_other("a\nb", "a") == ("b", "")
    assert first_other("a", "a\nb") == ("", "b")


# Drawings

SVG = (
    '<svg><defs><clipPath id="p54b539d461"><rect x="1.23" y="2"/></clipPath></defs>'
    '<path d="M 1.23 4.56 L 7.89 0" clip-path="url(#p54b539d461)" style="fill: #ffffff"/>'
    '<use xlink:href="#m0e89a5aa1a" x="3"/></svg>'
)


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("M 1.23", "M 1.26", True),
        ("M 1.23", "M 1.36", False),
        ("p54b539d461", "p64b539d461", True),
        ("(#p54b539d461", "(#p64b539d461", False),
        ("#ffffff", "#fffffe", False),
        ("<path", "<!-- x --><path", False),
        ('x="3"', 'x="3.04"', True),
        ('x="3"', 'x="3.3"', False),
    ],
)
def test_drawings(before: str, after: str, same: bool) -> None:
    assert SVG.replace(before, after) != SVG
    assert look_the_same(SVG, SVG.replace(before, after)) is same


# Values and tables


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, "identical"),
        ({"value": 1.5 * NUDGE}, "same within tolerance"),
        ({"value": 1.5 * NUDGE, "text": "1.5000000001"}, "same within tolerance"),
        ({"value": 1.5 * NUDGE, "text": "1.6"}, "different"),
        ({"value": 1.5 * (1 + 1e-5)}, "different"),
        ({"value": 1.5 * (1 + 1e-5), "tolerance": 1.0}, "different"),
        ({"value": -1.5}, "different"),
        ({"value": "1.5"}, "different"),
        ({"value": True}, "different"),
        ({"text": "1.6"}, "different"),
        ({"unit": "%"}, "different"),
        ({"digits": 2}, "different"),
        ({"tolerance": 1e-5}, "different"),
        ({"tolerance": 0}, "different"),
        ({"more": 1}, "different"),
    ],
)
def test_values(changes: dict[str, Any], verdict: str) -> None:
    assert value_verdict("x", VALUE, VALUE | changes).verdict == verdict


def test_a_count_has_to_be_equal() -> None:
    count = VALUE | {"value": 10**9, "tolerance": 0}
    assert value_verdict("x", count, count | {"value": 10**9 + 1}).verdict == "different"
    assert value_verdict("x", count, count | {"value": 1e9}).verdict == "different"
    about = count | {"tolerance": 1e-6}  # as its author said
    assert (
        value_verdict("x", about, about | {"value": 10**9 + 1}).verdict == "same within tolerance"
    )


def test_what_only_one_has() -> None:
    before, after = json.dumps({"a": VALUE, "b": VALUE}), json.dumps({"b": VALUE, "c": VALUE})
    found = list(value_verdicts(before.encode(), after.encode()))
    assert [(one.id, one.verdict) for one in found] == [
        ("a", "missing"),
        ("b", "identical"),
        ("c", "new"),
    ]
    assert counts(found, "value") == {"identical": 1, "missing": 1, "new": 1}
    assert worst(one.verdict for one in found) == "new"


@pytest.mark.parametrize("odd", [b"", b"[]", b'{"a": 1}', b'{"a": {}, "a": {}}', b"[" * 99999])
def test_values_that_cannot_be_read(odd: bytes) -> None:
    (one,) = value_verdicts(odd, b"{}")
    assert (one.id, one.verdict) == ("values.json", "different")


def test_the_cells_of_a_table() -> None:
    before = b"place,n,share\nKent,3,0.25\nEssex,9,0.75\n"
    after = before.replace(b"0.25", b"0.2500000001").replace(b"9", b"8")
    table, close, other = table_verdicts("t", before, after)
    assert (table.verdict, table.numbers) == ("different", 6)
    assert (close.verdict, close.where) == ("same within tolerance", "row 2, column share")
    assert (other.verdict, other.recorded, other.replayed) == ("different", "9", "8")
    table, written = table_verdicts("t", before.replace(b"Kent", b'"Kent"'), before)
    assert (table.verdict, written.where) == ("different", "quotes or line endings")
    (same,) = table_verdicts("t", before, before)
    assert (same.verdict, same.numbers) == ("identical", 6)


def test_how_steep_a_fit_was_where_it_stopped() -> None:
    before = b"test,note\nratio,no maximum (gradient 9.6e-05): leave out terms\n"
    table, cell = table_verdicts("t", before, before.replace(b"9.6e-05", b"1.4e-04"))
    assert (table.verdict, cell.verdict) == ("same within tolerance", "same within tolerance")
    table, cell = table_verdicts("t", before, before.replace(b"no maximum", b"a maximum"))
    assert (table.verdict, cell.verdict) == ("different", "different")


def test_pieces_of_json() -> None:
    told = {"a": [1, 2.5, "x"], "b": None}
    assert leaf_verdict(told, json.loads(json.dumps(told))) == "identical"
    assert leaf_verdict(told, told | {"a": [1, 2.5 * NUDGE, "x"]}) == "same within tolerance"
    for other in ([1, 2.6, "x"], [1.0, 2.5, "x"], [True, 2.5, "x"], [1, 2.5], "x", None):
        assert leaf_verdict(told, told | {"a": other}) == "different"
    assert leaf_verdict(told, {"a": told["a"]}) == "different"


# Pages

PAGE = b'<p id="a">about 1.95</p><table><caption>Parameters</caption></table>'


def test_pages() -> None:
    nudged = PAGE.replace(b"1.95", b"1.96")
    leeway = Leeway(True, ((1.955000001, 1.954999999),))
    assert page_verdict(PAGE, PAGE, leeway=Leeway()).verdict == "identical"
    assert page_verdict(nudged, PAGE, leeway=leeway).verdict == "same within tolerance"
    found = page_verdict(nudged, PAGE, leeway=Leeway())
    assert (found.verdict, found.recorded, found.where) == ("different", "about 1.96", "near #a")
    assert page_verdict(None, PAGE, leeway=leeway).verdict == "missing"
    assert page_verdict(b"\xff", PAGE, leeway=leeway).verdict == "different"
    assert page_verdict(PAGE + b"x", PAGE, leeway=leeway).verdict == "different"
    for hidden in (PAGE.replace(b"<p ", b"<p  "), PAGE.replace(b"<p", b"<!--><x><!-- --><p")):
        assert page_verdict(hidden, PAGE, leeway=leeway).verdict == "different"


def test_what_a_page_states_of_parameters() -> None:
    row = "<tr><th scope='row'><code>n</code></th><td>3 points</td><td>how many</td></tr>"
    page = PAGE.replace(b"</caption>", f"</caption>{row}".encode())
    assert stated_parameters(page) == {"n": ("3 points", "how many")}
    assert stated_parameters(PAGE) == {}
    assert stated_parameters(b"") == {}


# Another machine


def nudged(made: Replay) -> Replay:
    """Return a replay as another processor might give it: other last bits, everywhere."""
    notebook = json.loads(json.dumps(made.notebook))
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            if VALUE_MIME in data and isinstance(data[VALUE_MIME]["value"], float):
                data[VALUE_MIME]["value"] *= NUDGE
                data[VALUE_MIME]["text"] = "7.9500000008"
            for mime in {TABLE_MIME, FIGURE_MIME} & {*data}:
                data[mime]["csv"] = re.sub(r"\d+\.\d+", nudge, data[mime]["csv"])
            if "image/svg+xml" in data:
                data["image/svg+xml"] = re.sub(r"M \d+\.\d", r"\g<0>1", data["image/svg+xml"])
            if "text/markdown" in data:
                data["text/markdown"] = data["text/markdown"].replace("7\\.95", "7\\.9500000008")
                data["text/plain"] = data["text/plain"].replace("7.95", "7.9500000008")
    found = collect(notebook, {}, private=())
    return replace(made, files=found.files, notebook=found.notebook)


def nudge(found: re.Match[str]) -> str:
    return repr(float(found[0]) * NUDGE)


def test_another_machine(shelf, monkeypatch) -> None:
    monkeypatch.setattr(
        follows, "replayed_in", lambda *told, **given: nudged(replayed_in(*told, **given))
    )
    answer = shelf.asks()
    assert answer.bad == ()
    assert answer.state == "follows"
    within = {
        (one.kind, one.id) for one in answer.verdicts if one.verdict == "same within tolerance"
    }
    assert {("value", "slope"), ("table", "tables/by_force.csv")} < within
    assert {("figure", "figures/line.svg"), ("page", "report.html"), ("text", "say")} < within
