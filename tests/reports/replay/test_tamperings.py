"""Tamperings whose every record was rewritten to match: the intact check has nothing to say."""

from __future__ import annotations

import base64
import json
import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from foistats.reports import verify as check

Tamper = Callable[..., None]
VALUES, TABLE, FIGURE, NOTEBOOK, PAGE = (
    "values.json",
    "tables/by_force.csv",
    "figures/line.svg",
    "report.ipynb",
    "report.html",
)


def put(name: str, before: str, after: str) -> Tamper:
    """Change a text wherever it stands in one file."""

    def tamper(shelf) -> None:
        shelf.edit(name, lambda text: text.replace(before, after))

    return tamper


def everywhere(before: str, after: str) -> Tamper:
    """Change a text in the values, the tables, the notebook and the page."""

    def tamper(shelf) -> None:
        for path in (path for path in shelf.version().rglob("*") if path.is_file()):
            if path.name not in ("manifest.json", "run.json", "verify.py", "changes.json"):
                path.write_bytes(path.read_bytes().replace(before.encode(), after.encode()))

    return tamper


def in_values(id: str, **changes: object) -> Tamper:
    def tamper(shelf) -> None:
        path = shelf.version() / VALUES
        told = json.loads(path.read_bytes())
        told[id] |= changes
        path.write_text(json.dumps(told, sort_keys=True, indent=1) + "\n")

    return tamper


def in_notebook(edit: Callable[[dict], object]) -> Tamper:
    def tamper(shelf) -> None:
        path = shelf.version() / NOTEBOOK
        told = json.loads(path.read_bytes())
        edit({cell["id"]: cell for cell in told["cells"]})
        path.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")

    return tamper


def both(*tamperings: Tamper) -> Tamper:
    def tamper(shelf) -> None:
        for one in tamperings:
            one(shelf)

    return tamper


def in_manifest(**changes: object) -> Tamper:
    return lambda shelf: shelf.seal(shelf.version(), **changes)


def parameter(**changes: object) -> Tamper:
    return lambda shelf: shelf.seal(
        shelf.version(), parameters=shelf.manifest()["parameters"] | changes
    )


def record(cell: dict, mime: str) -> dict:
    (output,) = (told for told in cell["outputs"] if mime in told["data"])
    return output["data"][mime]


def widen(shelf) -> None:
    """Give a value any tolerance, in every record, and another value within that."""
    slope = json.loads((shelf.version() / VALUES).read_bytes())["slope"]["value"]
    in_values("slope", tolerance=1e9, value=slope + 1.0)(shelf)

    def edit(cells: dict) -> None:
        for output in cells["tell"]["outputs"]:
            told = output["data"].get("application/vnd.foistats.value+json", {})
            if told.get("id") == "slope":
                told |= {"tolerance": 1e9, "value": slope + 1.0}

    in_notebook(edit)(shelf)


def swap_data(shelf) -> None:
    path = shelf.root / "data/pa/statements.csv"
    content = path.read_bytes().replace(b"Essex,7", b"Essex,6")
    shelf.replace_input("data/pa/statements.csv", content)


def swap_source(shelf) -> None:
    digest = shelf.manifest()["inputs"]["package"]["publish/__init__.py"]
    content = (shelf.root / "reports/objects" / digest).read_bytes()
    shelf.replace_input(
        "publish/__init__.py", content.replace(b"text = value_text(", b'text = "9" + value_text(')
    )


def swap_notebook(shelf) -> None:
    digest = shelf.manifest()["inputs"]["notebook"]["notebooks/severity.ipynb"]
    content = (shelf.root / "reports/objects" / digest).read_bytes()
    shelf.replace_input(
        "notebooks/severity.ipynb", content.replace(b"cases.n * weight", b"cases.n * 2")
    )


def figure_in_page(shelf) -> None:
    def other(found: re.Match[str]) -> str:
        svg = base64.b64decode(found[1]).replace(b"L 206", b"L 106").replace(b"4.", b"7.", 9)
        return f"data:image/svg+xml;base64,{base64.b64encode(svg).decode()}"

    shelf.edit(PAGE, lambda page: re.sub(r"data:image/svg\+xml;base64,([^\"]+)", other, page))


def add_file(name: str) -> Tamper:
    def tamper(shelf) -> None:
        path = shelf.version() / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("a,b\n1,2\n")

    return tamper


def carried_yes(shelf) -> None:
    """Put a check into the version that always says yes, with its source rewritten as well."""
    content = b"print('intact')\n"
    (shelf.version() / "verify.py").write_bytes(content)
    shelf.replace_input("reports/verify.py", content)


def crate(shelf) -> None:
    path = shelf.version() / "ro-crate-metadata.json"
    told = json.loads(path.read_bytes())
    for entity in told["@graph"]:
        if entity["@id"] == "./":
            entity["license"] = {"@id": "elsewhere"}
    path.write_text(json.dumps(told))


def run_record(**changes: object) -> Tamper:
    def tamper(shelf) -> None:
        path = shelf.version() / "run.json"
        path.write_text(json.dumps(json.loads(path.read_bytes()) | changes))
        shelf.seal(shelf.version())

    return tamper


def source_state(shelf) -> None:
    sources = shelf.manifest()["sources"]
    sources["pa"]["newest"] = "2020-02-01"
    shelf.seal(shelf.version(), sources=sources)


#: How a forger tampers, and what is then said not to follow: kind, id, verdict, part.
TAMPERINGS: dict[str, tuple[Tamper, tuple[str, str, str, str]]] = {
    "a count in the values": (in_values("cases", value=44), ("value", "cases", "different", "")),
    "a count as a float": (in_values("cases", value=43.0), ("value", "cases", "different", "")),
    "a text of a value": (
        in_values("cases", text="44 cases"),
        ("value", "cases", "different", "text"),
    ),
    "a text value": (in_values("place", value="Essex"), ("value", "place", "different", "")),
    "a unit": (in_values("cases", unit="people"), ("value", "cases", "different", "unit")),
    "an estimate": (in_values("slope", value=8.1), ("value", "slope", "different", "")),
    "a rounded text beside its value": (
        in_values("slope", text="8.3"),
        ("value", "slope", "different", "text"),
    ),
    "a tolerance": (
        in_values("slope", tolerance=1e9),
        ("value", "slope", "different", "tolerance"),
    ),
    "a tolerance everywhere": (widen, ("value", "slope", "different", "tolerance")),
    "the cell of a value": (
        in_values("slope", cell="fit"),
        ("value", "slope", "different", "cell"),
    ),
    "a value gone": (
        put(VALUES, '"place": {', '"plaice": {'),
        ("value", "place", "new", ""),
    ),
    "a value added": (
        put(VALUES, '"place": {', '"plaice": {'),
        ("value", "plaice", "missing", ""),
    ),
    "a key twice": (
        put(VALUES, '"unit": "cases"', '"unit": "cases",\n  "unit": "people"'),
        ("value", "values.json", "different", "twice"),
    ),
    "not a number": (
        put(VALUES, '"value": 43', '"value": NaN'),
        ("value", "values.json", "different", "NaN"),
    ),
    "a cell of a table": (
        put(TABLE, "Essex,7", "Essex,8"),
        ("cell", TABLE, "different", "column n"),
    ),
    "a float of a table": (
        put(TABLE, "0.16279", "0.16289"),
        ("cell", TABLE, "different", "column share"),
    ),
    "a heading of a table": (
        put(TABLE, "force,n", "place,n"),
        ("cell", TABLE, "different", "header"),
    ),
    "a row of a table": (
        put(TABLE, "Essex,7", "X,1,0.1\nEssex,7"),
        ("cell", TABLE, "different", "rows"),
    ),
    "a value and its table, consistently": (
        everywhere("Essex,7", "Essex,8"),
        ("cell", TABLE, "different", "column n"),
    ),
    "a number everywhere": (everywhere("43", "44"), ("value", "cases", "different", "")),
    "a table added": (add_file("tables/more.csv"), ("table", "tables/more.csv", "missing", "")),
    "a file added": (add_file("notes.txt"), ("file", "notes.txt", "missing", "no notebook")),
    "a figure added": (add_file("figures/x.svg"), ("figure", "figures/x.svg", "missing", "")),
    "a table removed": (
        lambda shelf: shutil.rmtree((shelf.version() / TABLE).parent),
        ("table", TABLE, "new", ""),
    ),
    "a line of a figure": (put(FIGURE, " L ", " M "), ("figure", FIGURE, "different", "drawing")),
    "a colour of a figure": (
        put(FIGURE, "#ffffff", "#fffffe"),
        ("figure", FIGURE, "different", ""),
    ),
    "a letter of a figure": (
        put(FIGURE, "<!-- 20 -->", "<!-- 30 -->"),
        ("figure", FIGURE, "different", ""),
    ),
    "a comment in a figure": (
        put(FIGURE, "<defs>", "<!-- x --><defs>"),
        ("figure", FIGURE, "different", ""),
    ),
    "a place in a figure": (
        lambda shelf: shelf.edit(
            FIGURE, lambda svg: re.sub(r"M (\d+)", lambda m: f"M {int(m[1]) + 1}", svg)
        ),
        ("figure", FIGURE, "different", ""),
    ),
    "words of the prose": (
        put(NOTEBOOK, "There are", "There were"),
        ("text", "say", "different", "text/"),
    ),
    "a number of the prose": (
        in_notebook(
            lambda cells: cells["say"]["outputs"][0]["data"].update(
                {"text/markdown": ["There are 44."]}
            )
        ),
        ("text", "say", "different", "text/markdown"),
    ),
    "a printed table": (
        put(NOTEBOOK, "0    Kent   4", "0    Kent   5"),
        ("text", "print", "different", "text"),
    ),
    "the HTML of a table": (
        in_notebook(
            lambda cells: cells["table"]["outputs"][0]["data"].update({"text/html": ["<p>x</p>"]})
        ),
        ("text", "table", "different", "text/html"),
    ),
    "the data behind a figure": (
        in_notebook(
            lambda cells: record(cells["figure"], "application/vnd.foistats.figure+json").update(
                csv="force,n\n"
            )
        ),
        ("text", "figure", "different", "figure+json"),
    ),
    "the alternative text": (
        in_notebook(
            lambda cells: record(cells["figure"], "application/vnd.foistats.figure+json").update(
                alt="x"
            )
        ),
        ("text", "figure", "different", "figure+json"),
    ),
    "the code": (
        put(NOTEBOOK, "cases.n * weight", "cases.n * 2"),
        ("code", "fit", "different", "source"),
    ),
    "the title of the notebook": (
        in_notebook(lambda cells: cells["title"].update(source=["# How bad?"])),
        ("text", "title", "different", "source"),
    ),
    "a tag": (
        in_notebook(lambda cells: cells["fit"]["metadata"].update(tags=["hide"])),
        ("code", "fit", "different", "tags"),
    ),
    "an output taken away": (
        in_notebook(lambda cells: cells["print"].update(outputs=[])),
        ("text", "print", "different", ""),
    ),
    "a cell renamed": (
        in_notebook(lambda cells: cells["print"].update(id="printed")),
        ("code", "printed", "missing", ""),
    ),
    "a part of the notebook": (
        put(NOTEBOOK, ' "nbformat": 4,', ' "about": "x",\n "nbformat": 4,'),
        ("text", NOTEBOOK, "different", "parts or ids"),
    ),
    "the metadata of the notebook": (
        put(NOTEBOOK, '"display_name": "Python 3"', '"display_name": "Python 9"'),
        ("text", NOTEBOOK, "different", "tags"),
    ),
    "no notebook": (
        lambda shelf: (shelf.version() / NOTEBOOK).write_text("{}"),
        ("text", NOTEBOOK, "different", "not a notebook"),
    ),
    "a number of the page": (
        put(PAGE, "<dd>43 cases</dd>", "<dd>44 cases</dd>"),
        ("page", PAGE, "different", "value-cases"),
    ),
    "a word of the page": (
        put(PAGE, "There are", "There were"),
        ("page", PAGE, "different", "near #"),
    ),
    "a remark in the page": (
        put(PAGE, "</main>", "<p>x</p></main>"),
        ("page", PAGE, "different", "near #"),
    ),
    "a comment in the page": (
        put(PAGE, "</main>", "<!-- x --></main>"),
        ("page", PAGE, "different", ""),
    ),
    "the style of the page": (
        put(PAGE, "color-scheme: light", "color-scheme: only light"),
        ("page", PAGE, "different", ""),
    ),
    "a figure of the page": (figure_in_page, ("page", PAGE, "different", "figure-line")),
    "the table to download": (
        lambda shelf: shelf.edit(
            PAGE,
            lambda page: page.replace(
                base64.b64encode(b"force,n").decode()[:8], base64.b64encode(b"farce,n").decode()[:8]
            ),
        ),
        ("page", PAGE, "different", ""),
    ),
    "the date of the page": (
        put(PAGE, "30 June 2014", "30 July 2014"),
        ("page", PAGE, "different", ""),
    ),
    "the title": (in_manifest(title="How bad?"), ("statement", "title", "different", "")),
    "the date": (in_manifest(as_of="30 July 2014"), ("statement", "as_of", "different", "")),
    "the key": (in_manifest(key="0" * 64), ("statement", "key", "different", "")),
    "the sentence of change": (
        in_manifest(change="No value, table or figure moved."),
        ("statement", "change", "different", ""),
    ),
    "the newest source": (source_state, ("statement", "sources", "different", "")),
    "the stored changes": (
        put("changes.json", '"Kent"', '"Surrey"'),
        ("statement", "changes.json", "different", ""),
    ),
    "the stored changes removed": (
        lambda shelf: (shelf.version() / "changes.json").unlink(),
        ("statement", "changes.json", "new", ""),
    ),
    "the crate": (crate, ("statement", "ro-crate-metadata.json", "different", "")),
    "the Python of the run": (
        run_record(python="3.9.1"),
        ("statement", "run.json python", "different", ""),
    ),
    "the command of the run": (
        run_record(command="make"),
        ("statement", "run.json command", "different", ""),
    ),
    "a data file swapped": (swap_data, ("value", "cases", "different", "")),
    "the source swapped": (swap_source, ("value", "cases", "different", "text")),
    "the notebook swapped": (swap_notebook, ("value", "slope", "different", "")),
}


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_a_consistent_tampering_does_not_follow(shelf, quick, tampering: str) -> None:
    tamper, (kind, id, verdict, where) = TAMPERINGS[tampering]
    tamper(shelf)
    if tampering != "the crate":
        shelf.seal(shelf.version())
    assert check.examine(shelf.version(), published=True).faults == ()
    answer = shelf.asks()
    assert answer.state == "does not follow", answer.reason
    found = [
        one for one in answer.verdicts if (one.kind, one.id, one.verdict) == (kind, id, verdict)
    ]
    assert any(where in one.where for one in found), answer.bad


def test_a_nudge_does_not_open_the_texts(shelf, quick) -> None:
    """Whoever moves an estimate within its tolerance may still not change another number."""
    slope = json.loads((shelf.version() / VALUES).read_bytes())["slope"]["value"]
    in_values("slope", value=slope * (1 + 1e-9))(shelf)
    for name in (PAGE, NOTEBOOK):
        shelf.edit(name, lambda text: text.replace("0.0930", "0.0931").replace("0.093<", "0.094<"))
    shelf.seal(shelf.version())
    bad = {(one.kind, one.id) for one in shelf.asks().bad}
    assert {("page", PAGE), ("text", "table")} <= bad


def test_what_an_estimate_may_move_by(shelf, quick) -> None:
    path = shelf.version() / VALUES
    slope = json.loads(path.read_bytes())["slope"]["value"]
    in_values("slope", value=slope * (1 + 1e-9))(shelf)
    shelf.seal(shelf.version())
    answer = shelf.asks()
    (moved,) = (one for one in answer.verdicts if one.id == "slope")
    assert (moved.verdict, moved.where) == ("same within tolerance", "tolerance 1e-06")
    # what else tells the value was left as it was
    assert {one.id for one in answer.bad} == {"changes.json", "ro-crate-metadata.json"}


@pytest.mark.parametrize(
    ("tamper", "said"),
    [
        (parameter(weight=9.0), "the series severity is that of the defaults"),
        (parameter(weight=1), "the series severity is that of the defaults"),
        (parameter(extra=1), "the manifest gives the parameters extra, study, weight"),
        (in_manifest(series="severity/x-00000000"), "which its recorded parameters do not give"),
    ],
)
def test_a_record_that_contradicts_itself(shelf, tamper: Tamper, said: str) -> None:
    tamper(shelf)
    answer = shelf.asks()
    assert answer.state == "does not follow"
    assert said in answer.reason


def test_a_check_that_always_says_yes(shelf, quick) -> None:
    (shelf.version() / "verify.py").write_bytes(b"print('intact')\n")
    shelf.seal(shelf.version())
    (fault,) = check.examine(shelf.version(), published=True).faults
    assert fault.startswith("the verify.py it carries is not that of the source it was made with")
    assert "verify.py" in [one.id for one in shelf.asks().bad]
    carried_yes(shelf)
    found = check.examine(shelf.version(), published=True)
    assert found.faults == ()
    assert "the verify.py it carries is not this one" in found.notes[0]


def test_a_fault_of_the_notebook_itself(shelf) -> None:
    digest = shelf.manifest()["inputs"]["notebook"]["notebooks/severity.ipynb"]
    content = (shelf.root / "reports/objects" / digest).read_bytes()
    shelf.replace_input("notebooks/severity.ipynb", content.replace(b"np.polyfit", b"np.nothing"))
    answer = shelf.asks()
    assert answer.state == "does not follow"
    assert "it cannot be made again: code cell 3 failed" in answer.reason


@pytest.mark.parametrize(
    "name", ["../../x.csv", "data/pa/../../x", "data\\pa\\x", "C:x", "/etc/passwd"]
)
def test_an_input_that_climbs(shelf, tmp_path: Path, name: str) -> None:
    inputs = shelf.manifest()["inputs"]
    inputs["data"] = {name: next(iter(inputs["data"].values()))}
    shelf.seal(shelf.version(), inputs=inputs)
    answer = shelf.asks()
    assert answer.state != "follows"
    assert not (tmp_path / "x.csv").exists()


FUZZED = (VALUES, TABLE, FIGURE, NOTEBOOK, PAGE, "changes.json", "ro-crate-metadata.json")


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[] if name == VALUES else pytest.mark.slow) for name in FUZZED],
)
def test_any_byte_of_a_file(shelf, quick, name: str) -> None:
    """Nothing stops the check, and nothing that is read passes it."""
    path = shelf.version() / name
    content = path.read_bytes()
    draws = random.Random(name)
    for _ in range(25):
        place = draws.randrange(len(content))
        changed = bytes([content[place] ^ draws.choice((1, 2, 4, 8, 16, 64))])
        path.write_bytes(content[:place] + changed + content[place + 1 :])
        if name != "ro-crate-metadata.json":
            shelf.seal(shelf.version())
        answer = shelf.asks()
        is_place = name == FIGURE and changed.isdigit()  # a hundredth of a pixel is nothing
        is_space = content[place : place + 1].isspace() or changed.isspace()
        if not (is_place or (is_space and path.suffix in (".json", ".ipynb"))):
            assert answer.state == "does not follow", (place, content[place - 20 : place + 20])


@pytest.mark.parametrize("key", ["environment", "sources", "withheld", "change", "title", "key"])
@pytest.mark.parametrize("odd", [None, 3, "x", ["x"], {"x": 1}])
def test_a_manifest_of_odd_things(shelf, quick, key: str, odd: object) -> None:
    shelf.seal(shelf.version(), **{key: odd})
    assert shelf.asks().state != "follows"
