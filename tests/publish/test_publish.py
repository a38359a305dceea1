"""The verbs, in an IPython shell that records what is displayed."""

from __future__ import annotations

from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from foistats import publish
from foistats.errors import ReportError, UsageError
from foistats.publish import record


class Cells:
    """Cells that run one after another, as a front end would send them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.shown: list[dict[str, object]] = []
        self.count = 0
        self.parent: dict[str, object] = {}
        shell = SimpleNamespace(get_parent=lambda: self.parent)
        monkeypatch.setattr(record, "shell", lambda: shell)
        monkeypatch.setattr(publish, "shell", lambda: shell)
        monkeypatch.setattr(publish, "_PUBLISHED", record.Record())
        monkeypatch.setattr(
            "IPython.display.display", lambda bundle, raw: self.shown.append(bundle)
        )

    def start(self, source: str = "", **metadata: object) -> None:
        self.count += 1
        header = {"msg_id": str(self.count)}
        self.parent = {"header": header, "content": {"code": source}, "metadata": metadata}


@pytest.fixture
def cells(monkeypatch: pytest.MonkeyPatch) -> Cells:
    made = Cells(monkeypatch)
    made.start("first")
    return made


def test_a_value_is_shown_and_recorded(cells: Cells) -> None:
    publish.value("odds_ratio", np.float64(1.4321), unit="", digits=2)
    assert cells.shown == [
        {
            "text/plain": "odds_ratio = 1.43",
            "text/html": "<p><code>odds_ratio</code> = <strong>1.43</strong></p>",
            publish.VALUE_MIME: {
                "id": "odds_ratio",
                "value": 1.4321,
                "unit": "",
                "digits": 2,
                "tolerance": 1e-6,
                "text": "1.43",
            },
        }
    ]


@pytest.mark.parametrize(
    ("number", "recorded", "tolerance"),
    [
        (3, 3, 0),
        (np.int64(3), 3, 0),
        (np.bool_(True), True, 0),
        ("none", "none", 0),
        (0.5, 0.5, 1e-6),
    ],
)
def test_scalars_of_all_kinds(cells: Cells, number, recorded, tolerance) -> None:
    publish.value("x", number)
    told = cells.shown[0][publish.VALUE_MIME]
    assert (told["value"], type(told["value"]), told["tolerance"]) == (
        recorded,
        type(recorded),
        tolerance,
    )


@pytest.mark.parametrize("number", [float("nan"), float("inf"), np.float64("nan")])
def test_a_number_is_finite(cells: Cells, number) -> None:
    with pytest.raises(
        ReportError, match=r"^publish.value\('x'\) was given (nan|inf); publish a finite"
    ):
        publish.value("x", number)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"number": [1]}, "was given a list; it takes a number, a text or a truth value"),
        ({"number": None}, "was given a NoneType"),
        (
            {"number": 1.0, "digits": -1},
            "was given digits=-1; give the number of decimals, from 0 to 15",
        ),
        ({"number": "a", "digits": 1}, "was given digits for 'a', which is not a number"),
        ({"number": 1.0, "tolerance": -1}, "was given tolerance=-1; give a relative difference"),
        ({"number": "a", "tolerance": 0.1}, "was given a tolerance for 'a', which is not a number"),
    ],
)
def test_values_that_cannot_be(cells: Cells, arguments, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        publish.value("x", **arguments)


@pytest.mark.parametrize("id", ["", "Staff", "1st", "a-b", "a b", "../x"])
def test_an_id_is_a_name(cells: Cells, id: str) -> None:
    with pytest.raises(
        UsageError, match=r"is not a name: use a lower-case letter, then lower-case"
    ):
        publish.value(id, 1)


def test_an_id_is_used_once(cells: Cells) -> None:
    publish.value("x", 1)
    with pytest.raises(
        UsageError, match=r"'x' was already published by this cell, as a value; choose"
    ):
        publish.table("x", pd.DataFrame({"a": [1]}), caption="A")
    cells.start("second")
    with pytest.raises(
        UsageError, match=r"'x' was already published by another cell.*restart the kernel"
    ):
        publish.value("x", 2)


def test_running_a_cell_again_replaces_what_it_published(cells: Cells) -> None:
    publish.value("x", 1)
    cells.start("first")
    publish.value("x", 2)
    publish.say("{x}")
    assert cells.shown[-1]["text/plain"] == "2"


def test_a_front_end_that_names_its_cells(cells: Cells) -> None:
    cells.start("a", cellId="one")
    publish.value("x", 1)
    publish.value("y", 1)
    cells.start("a, edited", cellId="one")
    publish.value("x", 2)
    with pytest.raises(UsageError, match=r"publish.say names 'y', which was not published"):
        publish.say("{y}")
    cells.start("b", cellId="two", deletedCells=["one"])
    publish.value("x", 3)


def test_prose_takes_its_numbers_from_values(cells: Cells) -> None:
    publish.value("share", 12.345, unit="%", digits=1)
    publish.value("who", "<b>*staff*</b>\n[x](y)")
    publish.say("**{share}** for {who} {{as it was}}")
    shown = cells.shown[-1]
    assert shown["text/plain"] == "**12.3%** for <b>*staff*</b>\n[x](y) {as it was}"
    assert shown["text/markdown"] == (
        "**12\\.3%** for &lt;b&gt;\\*staff\\*&lt;/b&gt; \\[x\\]\\(y\\) {as it was}"
    )


def test_prose_that_names_no_value(cells: Cells) -> None:
    publish.value("odds_ratio_staff", 1.4)
    publish.table("roles", pd.DataFrame({"a": [1]}), caption="A")
    with pytest.raises(
        UsageError, match=r"'odds_ratio_stuff', which was not published; did you mean"
    ):
        publish.say("{odds_ratio_stuff}")
    with pytest.raises(UsageError, match=r"'roles', which is a table; prose takes values only"):
        publish.say("{roles}")
    with pytest.raises(UsageError, match=r"a format in '\{odds_ratio_staff…\}'; write"):
        publish.say("{odds_ratio_staff:.1f}")
    with pytest.raises(UsageError, match=r"has a brace without its partner"):
        publish.say("{odds_ratio_staff")
    with pytest.raises(UsageError, match=r"names 'odds_ratio_staff.real', which was not published"):
        publish.say("{odds_ratio_staff.real}")


def test_a_table_travels_as_csv(cells: Cells) -> None:
    publish.table(
        "t", pd.DataFrame({"force": ["=1"], "share": [0.125]}), caption="Shares", digits=1
    )
    shown = cells.shown[0]
    assert shown[publish.TABLE_MIME] == {
        "id": "t",
        "caption": "Shares",
        "columns": ["force", "share"],
        "csv": "force,share\n'=1,0.125\n",
    }
    assert ">0.1</td>" in shown["text/html"]
    with pytest.raises(UsageError, match=r"^publish.table\('u'\) has no caption; say in words"):
        publish.table("u", pd.DataFrame({"a": [1]}), caption=" ")


def test_a_figure_is_the_same_bytes_twice_and_is_closed(cells: Cells) -> None:
    drawn = []
    for name in ("one", "two"):
        cells.start(name)
        publish._PUBLISHED.entries.clear()
        figure, axes = plt.subplots()
        axes.plot([1, 2])
        publish.figure("f", axes, alt="It rises.", data=pd.DataFrame({"y": [1, 2]}))
        assert not plt.fignum_exists(figure.number)
        drawn.append(cells.shown[-1])
    assert drawn[0] == drawn[1]
    assert drawn[0][publish.FIGURE_MIME] == {
        "id": "f",
        "alt": "It rises.",
        "caption": "",
        "csv": "y\n1\n2\n",
    }
    assert "<text" not in drawn[0]["image/svg+xml"]


def test_figures_that_cannot_be(cells: Cells) -> None:
    with pytest.raises(
        UsageError, match=r"^publish.figure\('f'\) has no alternative text; say in 'alt'"
    ):
        publish.figure("f", plt.figure(), alt="")
    with pytest.raises(
        UsageError, match=r"was given a int; it takes a matplotlib figure, axes or a seaborn"
    ):
        publish.figure("f", 3, alt="x")
    plt.close("all")


def test_outside_a_notebook_the_text_is_printed(monkeypatch, capsys) -> None:
    monkeypatch.setattr(publish, "shell", lambda: None)
    monkeypatch.setattr(record, "shell", lambda: None)
    monkeypatch.setattr(publish, "_PUBLISHED", record.Record())
    publish.value("x", 1)
    assert capsys.readouterr().out == "x = 1\n"
