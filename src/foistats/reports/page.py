"""One report as one HTML file: self-contained, readable anywhere, and the same every time.

The page carries no clock, no script and nothing to fetch. HTML comes from our own escaping
writers only; whatever else a notebook shows is shown as text.
"""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from foistats.publish import FIGURE_MIME, TABLE_MIME, VALUE_MIME
from foistats.publish.tabular import Table, html_table, read_csv_text
from foistats.reports.kernel import INJECTED_TAG
from foistats.reports.markdown import Contents, data_uri, markdown_html, python_code
from foistats.reports.request import Request

_TEMPLATES = Path(__file__).parent / "template"
#: Script is not mentioned: nothing may run.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)


@dataclass(frozen=True)
class Block:
    """A piece of the page: prose, code or what a cell showed."""

    kind: str
    html: Markup


def report_page(
    request: Request,
    notebook: Mapping[str, Any],
    *,
    version: str,
    inputs: Mapping[str, Any],
) -> bytes:
    """Write a report's page.

    Parameters
    ----------
    request : Request
        The report and its parameters.
    notebook : mapping
        The cleaned, executed notebook.
    version : str
        The version it will be, such as "v002".
    inputs : mapping
        The hashes of the inputs, as the manifest has them. Data and notebook are shown; the
        package's source is left to the manifest.
    """
    contents = Contents()
    blocks = list(_folded(_blocks(notebook, contents)))
    page = _environment().get_template("report.html.j2")
    return page.render(
        policy=CONTENT_SECURITY_POLICY,
        title=request.report.title,
        request=request,
        version=version,
        as_of=as_of(request),
        parameters=[
            (parameter, request.values[parameter.name]) for parameter in request.report.parameters
        ],
        inputs=sorted({**inputs["data"], **inputs["notebook"]}.items()),
        headings=[heading for heading in contents.headings if heading.level in (2, 3)],
        blocks=blocks,
    ).encode()


def as_of(request: Request) -> str:
    """Return the date of the study's data in words, or an empty string."""
    for folder in request.studies.values():
        try:
            study = tomllib.loads((folder / "study.toml").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return ""
        told = study.get("study", {}).get("as_of", "")
        return _date_text(told)
    return ""


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.globals["style"] = Markup((_TEMPLATES / "style.css").read_text(encoding="utf-8"))
    return made


def index_page(reports: Iterable[Mapping[str, Any]]) -> bytes:
    """Write the index from what `foistats.reports.index` found in the version folders."""
    page = _environment().get_template("index.html.j2")
    return page.render(policy=CONTENT_SECURITY_POLICY, reports=list(reports)).encode()


def _date_text(told: Any) -> str:
    try:
        date = datetime.date.fromisoformat(str(told)[:10])
    except ValueError:
        return str(told)
    return f"{date.day} {date:%B %Y}"


def _blocks(notebook: Mapping[str, Any], contents: Contents) -> Iterator[Block]:
    is_title = True
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            source = cell["source"]
            if is_title and source.lstrip().startswith("#"):
                is_title, source = False, "\n".join(source.lstrip().splitlines()[1:])
            attachments = cell.get("attachments", {})
            yield Block("prose", markdown_html(source, contents=contents, attachments=attachments))
        elif cell["cell_type"] == "code" and cell["source"].strip():
            yield Block(_code_kind(cell), python_code(cell["source"]))
            yield from _output_blocks(cell["outputs"])


def _folded(blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield the blocks, code cells that follow one another as one."""
    for kind, group in groupby(blocks, key=lambda block: block.kind):
        if kind == "code":
            yield Block(kind, Markup("\n").join(block.html for block in group))
        else:
            yield from group


def _code_kind(cell: Mapping[str, Any]) -> str:
    tags = cell["metadata"].get("tags", ())
    return "parameters" if {"parameters", INJECTED_TAG} & set(tags) else "code"


def _output_blocks(outputs: Iterable[Mapping[str, Any]]) -> Iterator[Block]:
    for kind, group in groupby(outputs, key=_kind):
        if kind == "values":
            yield Block("values", Markup("").join(_value(output["data"]) for output in group))
        else:
            for output in group:
                yield _WRITERS[kind](output)


def _kind(output: Mapping[str, Any]) -> str:
    data = output.get("data", {})
    for mime, kind in ((VALUE_MIME, "values"), (TABLE_MIME, "table"), (FIGURE_MIME, "figure")):
        if mime in data:
            return kind
    if "text/markdown" in data:
        return "prose"
    return "warning" if output.get("name") == "stderr" else "text"


def _value(data: Mapping[str, Any]) -> Markup:
    record = data[VALUE_MIME]
    html = '<div id="value-{id}" class="{kind}"><dt>{label}</dt><dd>{text}</dd></div>'
    return Markup(html).format(
        id=record["id"],
        kind="words" if isinstance(record["value"], str) else "number",
        label=str(record["id"]).replace("_", " "),
        text=record["text"],
    )


def _table(output: Mapping[str, Any]) -> Block:
    data = output["data"]
    record = data[TABLE_MIME]
    scroll = _scrolling(record["caption"], Markup(data["text/html"]))
    return Block("table", scroll + _download(record["id"], record["csv"]))


def _figure(output: Mapping[str, Any]) -> Block:
    data = output["data"]
    record = data[FIGURE_MIME]
    image = data_uri("image/svg+xml", data["image/svg+xml"])
    html = Markup('<figure id="figure-{id}"><img src="{image}" alt="{alt}">').format(
        id=record["id"], image=image, alt=record["alt"]
    )
    if record["caption"]:
        html += Markup("<figcaption>{}</figcaption>").format(record["caption"])
    return Block("figure", html + _figure_data(record) + Markup("</figure>"))


def _figure_data(record: Mapping[str, Any]) -> Markup:
    """Write the numbers drawn as a table that unfolds, for those who cannot see the drawing."""
    names, rows = read_csv_text(record["csv"])
    if not names:
        return Markup("")
    caption = record["caption"] or record["id"].replace("_", " ")
    table = Table(tuple(names), tuple(tuple(map(_cell, row)) for row in rows))
    digits = dict.fromkeys(names, 3)
    html = Markup(html_table(table, caption=f"Data: {caption}", digits=digits))
    inner = _scrolling(caption, html) + _download(f"{record['id']}_data", record["csv"])
    summary = Markup("<summary>Data of this figure</summary>")
    return Markup("<details>") + summary + inner + Markup("</details>")


def _cell(text: str) -> int | float | str | None:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text or None


def _scrolling(label: str, table: Markup) -> Markup:
    return Markup('<div class="scroll" role="region" aria-label="{}" tabindex="0">{}</div>').format(
        label, table
    )


def _download(id: str, csv: str) -> Markup:
    return Markup(
        '<p class="download"><a download="{id}.csv" href="{uri}">{id}.csv</a></p>'
    ).format(id=id, uri=data_uri("text/csv", csv))


def _prose(output: Mapping[str, Any]) -> Block:
    return Block("prose", markdown_html(output["data"]["text/markdown"]))


def _warning(output: Mapping[str, Any]) -> Block:
    return Block("warning", escape(output["text"].strip()))


def _text(output: Mapping[str, Any]) -> Block:
    text = output.get("text") or output.get("data", {}).get("text/plain", "")
    return Block("text", escape(text.rstrip()))


_WRITERS = {
    "table": _table,
    "figure": _figure,
    "prose": _prose,
    "warning": _warning,
    "text": _text,
}
