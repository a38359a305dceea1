import json
import random

import pytest

from foistats.publish import FIGURE_MIME, TABLE_MIME, VALUE_MIME
from foistats.reports.compare import Difference, change_sentence, differences, same

SVG = """\
<svg xmlns="http://www.w3.org/2000/svg" width="532.8pt" viewBox="0 0 532.8 279.36">
 <path d="M 0 279.36
L 532.8 71.105573
z
" clip-path="url(#pb1f7cdb367)" style="fill: #eef3f8; stroke-width: 0.8"/>
 <g transform="translate(42.216262 29.508244) scale(0.1104 -0.1104)">
  <use xlink:href="#DejaVuSans-1b"/>
 </g>
 <path id="DejaVuSans-1b" d="M 2034 2216"/>
</svg>
"""


def value(id, number, *, text=None, unit="", digits=None, tolerance=None, cell="numbers"):
    if tolerance is None:
        tolerance = 1e-6 if isinstance(number, float) else 0
    return {
        "id": id,
        "value": number,
        "unit": unit,
        "digits": digits,
        "tolerance": tolerance,
        "text": str(number) if text is None else text,
        "cell": cell,
    }


def values(*records):
    return {"values.json": json.dumps({record["id"]: record for record in records}).encode()}


def table(text, id="t"):
    return {f"tables/{id}.csv": text.encode()}


def figure(svg=SVG, id="f"):
    return {f"figures/{id}.svg": svg.encode()}


def code(id, source="", *outputs):
    return {"id": id, "cell_type": "code", "metadata": {}, "source": source, "outputs": [*outputs]}


def prose(id, source):
    return {"id": id, "cell_type": "markdown", "metadata": {}, "source": source}


def shown(**data):
    names = {"plain": "text/plain", "markdown": "text/markdown", "html": "text/html"}
    return {"output_type": "display_data", "data": {names[key]: data[key] for key in data}}


def record(mime, **told):
    return {"output_type": "display_data", "data": {mime: told, "text/plain": f"{told}"}}


def printed(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


def notebook(*cells):
    return {"report.ipynb": json.dumps({"nbformat": 4, "cells": cells}).encode()}


def test_what_is_identical_is_not_listed() -> None:
    files = {
        **values(value("n", 3), value("x", 1.5)),
        **table("a,b\n1,2.5\n"),
        **figure(),
        **notebook(prose("m", "Words"), code("c", "1", printed("1\n"))),
    }
    assert differences(files, dict(files)) == ()
    assert same(files, dict(files))
    other = files | {"report.html": b"<p>", "verify.py": b"", "manifest.json": b"{}"}
    assert differences(files, other) == ()


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        (value("x", 5.1), value("x", 5.1 * (1 + 9e-7)), "same within tolerance"),
        (value("x", 5.1), value("x", 5.1 * (1 + 2e-6)), "different"),
        (value("x", -5.1), value("x", 5.1), "different"),
        (
            value("x", 5.1, tolerance=1e-3),
            value("x", 5.1001, tolerance=1e-3),
            "same within tolerance",
        ),
        (value("x", 5.1), value("x", 5.1001, tolerance=1e-3), "different"),
        (value("x", 0.0), value("x", 1e-17), "same within tolerance"),
        (value("x", 0.0), value("x", 1e-9), "different"),
        (value("x", 3), value("x", 4), "different"),
        (value("x", 10**9), value("x", 10**9 + 1), "different"),
        (value("x", 10**400, tolerance=1e-6), value("x", 1, tolerance=1e-6), "different"),
        (
            value("x", 1000, tolerance=0.01),
            value("x", 1001, tolerance=0.01),
            "same within tolerance",
        ),
        (value("x", 1), value("x", True), "different"),
        (value("x", True), value("x", False), "different"),
        (value("x", "none"), value("x", "none "), "different"),
        (value("x", 3), value("x", 3, unit="cases"), "different"),
        (value("x", 5.1, digits=1), value("x", 5.1, digits=2, text="5.10"), "different"),
        (value("x", 5.1, text="5.1"), value("x", 5.1, text="5·1"), "different"),
        (value("x", 5.1, tolerance=-1), value("x", 5.2, tolerance=-1), "different"),
        (value("x", 5.1, tolerance="1"), value("x", 5.2, tolerance="1"), "different"),
    ],
)
def test_values(before, after, verdict: str) -> None:
    (found,) = differences(values(before), values(after))
    assert (found.kind, found.id, found.verdict) == ("value", "x", verdict)
    assert found.where == "cell numbers"
    assert found.before != found.after
    assert same(values(before), values(after)) is (verdict == "same within tolerance")


def test_values_that_come_and_go() -> None:
    found = differences(values(value("a", 1), value("b", 2)), values(value("b", 2), value("c", 3)))
    assert found == (
        Difference("value", "a", "missing", before="1"),
        Difference("value", "c", "new", after="3"),
    )


def test_a_value_shows_its_rounding_unless_that_hides_the_change() -> None:
    before = value("odds", 5.0997656305597525, text="5.1")
    (found,) = differences(values(before), values(value("odds", 4.9, text="4.9")))
    assert (found.before, found.after) == ("5.1", "4.9")
    (found,) = differences(values(before), values(value("odds", 5.11, text="5.1")))
    assert (found.before, found.after) == ("5.0997656305597525", "5.11")


def test_a_value_that_moves_to_another_cell_is_the_same() -> None:
    assert not differences(values(value("x", 1)), values(value("x", 1, cell="elsewhere")))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("3", "4", "different"),
        ("1000000", "1000001", "different"),
        ("0.5", "0.5000001", "same within tolerance"),
        ("0.5", "0.50001", "different"),
        ("1e-13", "3e-13", "same within tolerance"),
        ("1e-9", "3e-9", "different"),
        ("3", "3.0", "same within tolerance"),
        ("3", "3.5", "different"),
        ("Kent", "Kent ", "different"),
        ("", "0.0", "different"),
        ("nan", "NaN", "different"),
        ("1_0.0", "10.0", "different"),
        ("1e999", "2e999", "different"),
        ("[1, 4]", "[1, 5]", "different"),
    ],
)
def test_cells_of_a_table(before: str, after: str, expected: str) -> None:
    text = 'force,n\nKent,1\nSurrey,"{}"\n'
    (found,) = differences(table(text.format(before)), table(text.format(after)))
    assert found == Difference(
        "table", "tables/t.csv", expected, before, after, where="row 3, column n"
    )


def test_shape_of_a_table() -> None:
    text = "force,n\nKent,1\nSurrey,2\n"
    (found,) = differences(table(text), table(text + "Dorset,3\n"))
    assert (found.before, found.after) == ("2 rows", "3 rows")
    assert found.where == "rows, from row 4 on"
    (found,) = differences(table(text), table("force,n\nDorset,3\n"))
    assert found.where == "rows, from row 2 on"
    found = differences(table(text), table("n,force\n1,Kent\n5,Surrey\n"))
    assert [(one.where, one.before, one.after) for one in found] == [
        ("header", "force, n", "n, force"),
        ("row 3, column n", "2", "5"),
    ]
    (found,) = differences(table(text), table("force\nKent\nSurrey\n"))
    assert found.where == "header"
    (found,) = differences(table(text), table(text.replace("\n", "\r\n")))
    assert (found.verdict, found.where) == ("same within tolerance", "quotes or line endings")
    (found,) = differences(table(text), table("force,n\nKent,1,more\nSurrey,2\n"))
    assert (found.verdict, found.where) == ("different", "row 2")


def test_tables_and_figures_that_come_and_go() -> None:
    found = differences({**table("a\n"), **figure()}, {**table("a\n", "u"), **figure(id="g")})
    assert [(one.kind, one.id, one.verdict) for one in found] == [
        ("table", "tables/t.csv", "missing"),
        ("table", "tables/u.csv", "new"),
        ("figure", "figures/f.svg", "missing"),
        ("figure", "figures/g.svg", "new"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        ("71.105573", "71.1055729", "same within tolerance"),
        ("279.36", "279.4", "same within tolerance"),
        ("71.105573", "71.25", "different"),
        ("42.216262", "42.216261", "same within tolerance"),
        ("42.216262", "43.216262", "different"),
        ("scale(0.1104", "scale(0.1404", "different"),
        ("scale(0.1104", "scale(0.11040000001", "same within tolerance"),
        ("M 2034", "M 2035", "different"),
        ("DejaVuSans-1b", "DejaVuSans-2b", "different"),
        ("pb1f7cdb367", "pb1f7cdb368", "different"),
        ("#eef3f8", "#eef3f9", "different"),
        ("stroke-width: 0.8", "stroke-width: 0.81", "different"),
        ("z\n", "", "different"),
        ("M 0 279.36", "M 0 279.36 1", "different"),
    ],
)
def test_figures(old: str, new: str, verdict: str) -> None:
    assert old in SVG
    (found,) = differences(figure(), figure(SVG.replace(old, new, 1)))
    assert (found.kind, found.id, found.verdict) == ("figure", "figures/f.svg", verdict)


def test_a_coordinate_on_the_edge_of_rounding_is_no_difference() -> None:
    edges = [SVG.replace("71.105573", text) for text in ("71.04999999", "71.05000001")]
    assert same(*map(figure, edges))


def test_what_a_figure_says_in_words_and_numbers() -> None:
    told = {"id": "f", "alt": "Staff more", "caption": "", "csv": "force,n\nKent,3\n"}
    before = {**figure(), **notebook(code("c", "", record(FIGURE_MIME, **told)))}

    def changed(**new):
        after = {**figure(), **notebook(code("c", "", record(FIGURE_MIME, **told | new)))}
        return [(one.verdict, one.where) for one in differences(before, after)]

    assert changed(alt="Staff less") == [("different", "alternative text")]
    assert changed(caption="New") == [("different", "caption")]
    assert changed(csv="force,n\nKent,4\n") == [("different", "data, row 2, column n")]
    assert changed() == []


def test_the_caption_of_a_table() -> None:
    before, after = (
        {**table("a\n"), **notebook(code("c", "", record(TABLE_MIME, id="t", caption=caption)))}
        for caption in ("One", "Two")
    )
    (found,) = differences(before, after)
    assert found == Difference("table", "tables/t.csv", "different", "One", "Two", where="caption")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (prose("c", "a\nb"), prose("c", "a\nB"), ("text", "different", "b", "B", "cell c, line 2")),
        (code("c", "1"), code("c", "2"), ("code", "different", "1", "2", "cell c, line 1")),
        (
            code("c", "1", printed("x\n")),
            code("c", "1", printed("y\n")),
            ("text", "different", "x", "y", "cell c, line 1"),
        ),
        (
            code("c", "1", shown(plain="5.1", markdown="**5.1**")),
            code("c", "1", shown(plain="5.1", markdown="**4.9**")),
            ("text", "different", "**5.1**", "**4.9**", "cell c, line 2"),
        ),
        (
            code("c", "1", shown(plain="5.1", html="<b>5.1")),
            code("c", "1", shown(plain="5.1", html="<b>4.9")),
            ("text", "different", "<b>5.1", "<b>4.9", "cell c, line 2"),
        ),
        (code("c", "1", printed("x")), code("c", "1"), ("text", "missing", "x", "", "")),
        (code("c", "1"), code("c", "1", printed("x")), ("text", "new", "", "x", "")),
    ],
)
def test_text_and_code(before, after, expected) -> None:
    (found,) = differences(notebook(before), notebook(after))
    assert (found.kind, found.verdict, found.before, found.after, found.where) == expected
    assert found.id == "c"
    assert not same(notebook(before), notebook(after))


def test_the_text_of_a_record_is_compared_by_its_id() -> None:
    before, after = (
        notebook(code("c", "1", record(VALUE_MIME, id="x", text=text))) for text in "ab"
    )
    assert differences(before, after) == ()


def test_cells_in_another_order() -> None:
    cells = [prose("a", "A"), prose("b", "B")]
    (found,) = differences(notebook(*cells), notebook(*reversed(cells)))
    assert (found.kind, found.where, found.after) == ("code", "order of cells", "b a")


def test_a_second_cell_of_the_same_id_is_not_overlooked() -> None:
    first = notebook(prose("a", "A"), prose("a", "B"))
    assert not same(first, notebook(prose("a", "A"), prose("a", "C")))
    assert not same(first, notebook(prose("a", "C"), prose("a", "B")))


RUBBISH = [
    b"",
    b"{",
    b"[1]",
    b"null",
    b'{"x": 1}',
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"cells": 3}',
    b'{"cells": [3]}',
    b'{"cells": [{"cell_type": "code", "source": 4, "outputs": 5}]}',
    b'{"cells": [{"cell_type": "code", "source": "", "outputs": [{"output_type": "x"}]}]}',
    b'a,"b\n',
    b"a\x00b",
    b'{"x": {"value": NaN}}',
    b'{"x": {"value": 1e999, "tolerance": 1e999}}',
    b"a" * 200_000,
]


@pytest.mark.parametrize("rubbish", RUBBISH, ids=range(len(RUBBISH)))
@pytest.mark.parametrize("name", ["values.json", "tables/t.csv", "figures/f.svg", "report.ipynb"])
def test_a_damaged_file_is_a_difference(name: str, rubbish: bytes) -> None:
    good = {
        **values(value("x", 1.5)),
        **table("a,b\n1,2.5\n"),
        **figure(),
        **notebook(prose("m", "Words")),
    }
    for before, after in ((good, good | {name: rubbish}), (good | {name: rubbish}, good)):
        assert any(one.verdict != "same within tolerance" for one in differences(before, after))
        assert not same(before, after)
        assert len(change_sentence(before, after, [])) <= 200


def test_damage_anywhere_is_noticed_and_never_crashes() -> None:
    draw = random.Random(7)
    good = {
        **values(value("x", 1.5), value("n", 3)),
        **table("a,b\n1,2.5\n"),
        **figure(),
        **notebook(prose("m", "Words"), code("c", "1", printed("x\n"))),
    }
    for _ in range(300):
        name = draw.choice(sorted(good))
        content = bytearray(good[name])
        content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
        differences(good, good | {name: bytes(content)})
        differences(good | {name: bytes(content)}, good)


def test_sentences() -> None:
    before = {
        **values(value("odds_ratio_staff", 5.0997, text="5.1"), value("n", 3), value("m", 4)),
        **table("a\n1\n"),
        **table("a\n1\n", "u"),
        **figure(),
    }
    reason = ["data/pa-2014/statements.csv changed"]
    assert change_sentence(None, before, reason) == "First version."
    moved = before | values(
        value("odds_ratio_staff", 4.9, text="4.9"), value("n", 5), value("m", 4)
    )
    moved |= table("a\n2\n")
    assert change_sentence(before, moved, reason) == (
        "data/pa-2014/statements.csv changed; 2 of 3 values moved "
        "(n 3 to 5; odds_ratio_staff 5.1 to 4.9), 1 of 2 tables, no figure."
    )
    assert change_sentence(before, before, [*reason, "b changed", "c changed"]) == (
        "data/pa-2014/statements.csv changed and 2 more; no value, table or figure moved."
    )
    text = [before | notebook(prose("m", words), code("c", words)) for words in ("a", "b")]
    assert change_sentence(*text, []) == (
        "No value, table or figure moved; the text and the code changed."
    )
    assert change_sentence(before, before | table("a\n2\n"), []) == (
        "No value moved, 1 of 2 tables, no figure."
    )
    close = before | values(
        value("odds_ratio_staff", 5.09970000001, text="5.1"), value("n", 3), value("m", 4)
    )
    assert change_sentence(before, close, []) == "No value, table or figure moved."


def test_a_sentence_names_as_many_values_as_fit() -> None:
    ids = [f"odds_ratio_of_something_{number}" for number in range(9)]
    before, after = (
        values(*(value(id, start + 0.5, text="x" * 20) for id in ids)) for start in (1, 2)
    )
    told = change_sentence(before, after, ["data/pa-2014/statements.csv changed"])
    assert len(told) <= 200
    assert "9 of 9 values moved (odds_ratio_of_something_0 " in told
    assert "; ...)" in told


def test_a_hostile_text_stays_short_and_on_one_line() -> None:
    nasty = "<script>\n{{\u202e../\x1b[31m" * 1000
    before, after = values(value("x", "fine")), values(value("x", nasty, text=nasty))
    told = change_sentence(before, after, [nasty, nasty])
    assert len(told) <= 200
    assert told.isprintable()
    assert told == change_sentence(before, after, [nasty, nasty])
    assert told.endswith("no table, no figure.")


def test_real_sizes_are_compared_quickly() -> None:
    from time import perf_counter

    path = "L {} {}\n" * 20_000
    first, second = (
        SVG.replace("M 2034", path.format(*(number + shift for number in range(40_000))) + "M 2034")
        for shift in (0.0, 1e-7)
    )
    began = perf_counter()
    assert same(figure(first), figure(second))
    assert perf_counter() - began < 2
