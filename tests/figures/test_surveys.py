"""Surveys on an axis of time: periods, units, and what is not stated."""

import pandas as pd
import pytest

from foistats import figures
from foistats.figures.style import WIDTH
from foistats.figures.survey_words import NOTE, read_surveys
from foistats.figures.surveys import HATCHES, LEFT, RIGHT, STUB, _looks

COLUMNS = ["label", "period_start", "period_end", "open_end", "unit", "said"]
ROWS = [
    ("First", "2009-01-01", "2014-02-17", False, "case", "828 cases"),
    ("Second", "2015-01-01", "", True, "person", "12 people"),
    ("Third", "", "", True, "", "some"),
    ("Fourth", "", "2013-12-31", False, "case", ""),
]


def table(rows):
    return pd.DataFrame(rows, columns=COLUMNS)


def draw(data):
    return figures.surveys(data, xlabel="Period asked about")


def test_what_is_said():
    assert draw(table(ROWS)).alt == (
        "Periods of 4 surveys side by side, counted in case and person: "
        "First, 2009-01-01 to 2014-02-17, 828 cases; "
        "Second, from 2015, end not stated, 12 people, in person; "
        "Third, period not stated, some, unit not stated; "
        f"Fourth, until 2013-12-31, start not stated, in case. {NOTE}"
    )


def test_units_are_said_once():
    rows = [(*ROWS[0][:4], "cases, people", "828 cases; 25 forces"), (*ROWS[1][:4], "people", "")]
    drawing = draw(table(rows))
    assert drawing.alt == (
        "Periods of 2 surveys side by side, counted in cases and people: First, 2009-01-01 to "
        "2014-02-17, 828 cases, 25 forces, in cases and people; Second, from 2015, end not stated, "
        f"in people. {NOTE}"
    )
    legend = [text.get_text() for text in drawing.figure.axes[0].get_legend().get_texts()]
    assert legend == ["cases and people", "people", "end not stated"]


def test_its_data_are_what_is_drawn_for_readers():
    data = table([(*ROWS[0][:4], "cases, people", "828 cases"), *ROWS[1:3]])
    drawn = draw(data.assign(survey="an-id", why_not="long", index=7)).data
    assert drawn.to_dict("split")["data"] == [
        ["First", "2009-01-01 to 2014-02-17", "cases and people", "828 cases"],
        ["Second", "from 2015, end not stated", "person", "12 people"],
        ["Third", "not stated", "unit not stated", "some"],
    ]
    assert list(drawn.columns) == ["Survey", "Period", "Unit", "Found"]


def stubs(axes):
    return [patch for patch in axes.patches if patch.get_alpha() == 0.35]


@pytest.mark.parametrize("years", [1, 16, 90])
def test_an_end_that_is_not_stated_has_no_length(years):
    """The stub is as long in inches whatever the span of the axis, and the same for all."""
    rows = [
        ("A", "1930-01-01", "", True, "case", ""),
        ("B", f"{1930 + years}-03-01", "", True, "case", ""),
    ]
    axes = draw(table(rows)).figure.axes[0]
    low, high = axes.get_xlim()
    per_inch = (high - low) / (WIDTH - LEFT - RIGHT)
    widths = [stub.get_width() / per_inch for stub in stubs(axes)]
    assert widths == pytest.approx([STUB, STUB])


@pytest.mark.parametrize(
    ("rows", "last"),
    [
        ([("A", "2024-01-01", "", True, "case", ""), ROWS[0]], 2024),
        ([("A", "2010-01-01", "", True, "case", "")], 2010),
        ([("A", "2010-01-01", "2010-06-30", False, "case", "")], 2010.5),
        ([ROWS[0], ROWS[2]], 2014.13),
    ],
)
def test_the_axis_ends_within_a_year_of_the_last_date(rows, last):
    _, high = draw(table(rows)).figure.axes[0].get_xlim()
    assert last <= high <= last + 1.01


def test_stubs_and_arrows_stay_within_the_figure(width):
    drawing = draw(table([ROWS[0], ("A", "2024-12-01", "", True, "case", "few words " * 9)]))
    assert width(drawing.figure) <= figures.WIDTH + 0.01


def test_what_is_written(texts):
    said = texts(draw(table(ROWS)).figure)
    assert {"828 cases", "12 people", "period not stated; some", NOTE} <= set(said)


def test_a_period_ends_with_its_last_day():
    data = table([("A", "2010-01-01", "2010-12-31", False, "case", "")])
    row = read_surveys(data).iloc[0]
    assert row["start"] == 2010
    assert row["end"] == pytest.approx(2011, abs=0.002)


def test_an_end_that_is_not_stated_is_pale_and_ends_in_an_arrow():
    closed, open_ended = (draw(table([row])).figure.axes[0] for row in ROWS[:2])
    assert [patch.get_alpha() for patch in closed.patches] == [None]
    assert [patch.get_alpha() for patch in open_ended.patches] == [0.35]
    assert [len(axes.texts) for axes in (closed, open_ended)] == [1, 2]


def test_units_differ_without_colour():
    looks = _looks([f"unit {number}" for number in range(len(HATCHES))])
    assert len({look["hatch"] for look in looks.values()}) == len(HATCHES)


@pytest.mark.parametrize("said", ["828 cases; 25 forces with a count", "very long words " * 12])
def test_no_text_hides_another(said, overlaps, width):
    rows = [
        (f"A survey of a name that is rather long, number {n}", f"{2000 + n}-01-01",
         "" if n % 3 == 0 else f"{2001 + n}-06-30", n % 3 == 0, "case", said)
        for n in range(24)
    ]  # fmt: skip
    drawing = draw(table(rows))
    assert overlaps(drawing.figure) == []
    assert width(drawing.figure) <= figures.WIDTH + 0.01


def test_hostile_words(texts):
    rows = [("$a$", "2010-01-01", None, False, "_$u$", "$1^2$")]
    rows += [("b" * 200, None, None, True, None, None)]
    drawing = draw(table(rows))
    drawing.figure.canvas.draw()
    assert {"$a$", "$1^2$", "period not stated"} <= set(texts(drawing.figure))


def test_dates_may_be_dates():
    data = table(ROWS[:1])
    data["period_start"] = pd.to_datetime(data["period_start"])
    assert "2009-01-01" in draw(data).alt


def test_only_surveys_without_a_period(overlaps):
    drawing = draw(table(ROWS[2:3]))
    assert overlaps(drawing.figure) == []


def test_nothing_to_draw():
    drawing = draw(table([]))
    assert drawing.alt == "Surveys side by side: nothing to draw, there are no surveys."
