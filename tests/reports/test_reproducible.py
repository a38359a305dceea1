"""What an executed notebook shows that a second run would not."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import pytest

from foistats.publish import FIGURE_MIME, TABLE_MIME
from foistats.reports.notebook import read_notebook
from foistats.reports.reproducible import date_faults, doubts, output_faults, run_differences

DAY = datetime.date(2026, 3, 5)


@dataclass(frozen=True)
class Noted:
    cell: int
    kind: str
    detail: str


def stream(text: str) -> dict[str, object]:
    return {"output_type": "stream", "name": "stdout", "text": text}


def executed(*outputs: dict[str, object]) -> dict[str, object]:
    cells = [
        {"cell_type": "code", "metadata": {}, "source": "", "outputs": [output]}
        for output in outputs
    ]
    given = {"tags": ["injected-parameters"]}
    return {"cells": [{"cell_type": "code", "metadata": given, "outputs": []}, *cells]}


@pytest.mark.parametrize(
    ("shown", "fault"),
    [
        ("<object object at 0x7f01aa>", "shows the memory address 0x7f01aa, another one"),
        ("Generator(PCG64) at 0x7FDB807AF3E0", "shows the memory address 0x7FDB807AF3E0"),
        ("0x7fdb807af3e0", "shows the memory address"),
        ("colour 0xff00ff and 0x12345678", ""),
        ("kept in /tmp/project/x", "shows a path of this machine"),
    ],
)
def test_what_an_output_must_not_show(shown: str, fault: str) -> None:
    for output in (stream(shown), {"data": {"text/html": f"<b>{shown}</b>"}}):
        found = list(output_faults(output, ["/tmp/project", "/"]))
        assert [fault in told for told in found] == [True] * bool(fault)


def test_a_published_table_is_looked_at_too() -> None:
    record = {"csv": "a\n<x at 0x7f01aa22>\n"}
    assert list(output_faults({"data": {TABLE_MIME: record, "text/plain": ""}}, []))


@pytest.mark.parametrize(
    ("source", "doubt"),
    [
        ("x = 1", None),
        ("rng = np.random.default_rng(seed)", None),
        ("rng = np.random.default_rng()", "default_rng()"),
        ("datetime.date.today()", "today()"),
        ("for _ in range(2):\n    print(id(_))", "id()"),
        ("%time x", "a magic command"),
        ("import uuid; uuid.uuid4()", "uuid4()"),
    ],
)
def test_calls_that_nobody_can_repeat(folder, source: str, doubt: str | None) -> None:
    folder.notebook(source)
    notebook = read_notebook(folder.root, "notebooks/severity.ipynb")
    assert doubts(notebook, []) == ({2: ("code", doubt)} if doubt else {})


def test_what_the_kernel_noted_counts_more_than_the_source(folder) -> None:
    folder.notebook("id(1)")
    notebook = read_notebook(folder.root, "notebooks/severity.ipynb")
    notes = [Noted(2, "clock", "time.time"), Noted(1, "read", "x")]
    assert doubts(notebook, notes) == {2: ("clock", "time.time")}


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-05 10:11",
        "5 March 2026",
        "Mar 05, 2026",
        "05/03/2026",
        "03/05/2026",
        "Thu, 05 Mar 2026",
        "20260305",
        "Thu Mar  5 10:11:12 2026",
    ],
)
def test_the_date_of_the_run(written: str) -> None:
    notebook = executed(stream("x"), stream(f"made on {written}"))
    doubted = {1: ("clock", "time.time"), 2: ("clock", "time.localtime")}
    (fault,) = date_faults(notebook, doubted, [DAY])
    assert fault.startswith("code cell 2 looks at the clock (time.localtime) and shows the date")
    assert list(date_faults(notebook, {1: doubted[1]}, [DAY])) == []
    assert list(date_faults(notebook, doubted, [DAY + datetime.timedelta(30)])) == []


def test_two_runs_side_by_side() -> None:
    one = executed(stream("a\n0.49\n"), stream("same"))
    other = executed(stream("a\n0.13\n"), stream("same"))
    assert list(run_differences(one, one, {})) == []
    assert list(run_differences(one, other, {1: ("random", "numpy.random without a seed")})) == [
        "code cell 1 shows something else in a second run: '0.49', then '0.13' (it draws from "
        "numpy.random without a seed); make a generator with numpy.random.default_rng(seed), "
        "with the seed a parameter"
    ]


def test_a_figure_that_is_drawn_otherwise() -> None:
    def drawing(svg: str) -> dict[str, object]:
        return {"data": {FIGURE_MIME: {"id": "map", "alt": "x"}, "image/svg+xml": svg}}

    (fault,) = run_differences(executed(drawing("<a/>")), executed(drawing("<b/>")), {})
    assert "'the figure map', then 'another drawing'" in fault
