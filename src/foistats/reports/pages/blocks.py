"""The pieces of a page: what each cell of a notebook says and shows, as safe HTML.

Each piece that was published has an anchor made of its kind and id: ``value-…``, ``table-…``,
``figure-…``. HTML comes from our own escaping writers only; anything else is shown as text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from markupsafe import Markup, escape

from foistats.errors import ReportError
from foistats.publish import FIGURE_MIME, TABLE_MIME, VALUE_MIME
from foistats.publish.tabular import Table, html_table, read_csv_text
from foistats.reports.notebook import INJECTED_TAG
from foistats.reports.pages.markdown import Contents, data_uri, markdown_html, python_code

_KINDS = {VALUE_MIME: "value", TABLE_MIME: "table", FIGURE_MIME: "figure"}
#: The tags that our writer of tables writes, as it writes them.
_TABLE_TAGS = re.compile(
    r"</?(?:table|caption|thead|tbody|tr)>|</t[hd]>|<td colspan=\"\d+\">|"
    r"<(?:th scope=\"(?:col|row)\"|td)(?: class=\"number\" style=\"text-align: right\")?>"
)
#: The first heading of a notebook is the page's title.
_HEADING = re.compile(r"^#{1,6}\s+.+$", re.MULTILINE)
_TERMINAL_COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass(frozen=True)
class Block:
    """A piece of the page: prose, code or what a cell showed."""

    kind: str
    html: Markup


def anchors(notebook: Mapping[str, Any]) -> set[str]:
    """Return the anchors of everything published, which no heading may take."""
    return {
        f"{kind}-{output['data'][mime]['id']}"
        for cell in notebook["cells"]
        for output in cell.get("outputs", ())
        for mime, kind in _KINDS.items()
        if mime in output.get("data", {})
    }


def blocks_of(notebook: Mapping[str, Any], contents: Contents) -> Iterator[Block]:
    """Yield the pieces of the page in order, code cells that follow one another as one.

    Raises
    ------
    ReportError
        For a figure without alternative text.
    """
    for kind, group in groupby(_blocks(notebook, contents), key=lambda block: block.kind):
        if kind == "code":
            yield Block(kind, Markup("\n").join(block.html for block in group))
        else:
            yield from group


def _blocks(notebook: Mapping[str, Any], contents: Contents) -> Iterator[Block]:
    is_title = True
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            source = cell["source"]
            if is_title:
                source, found = _HEADING.subn("", source, count=1)
                is_title = not found
            attachments = cell.get("attachments", {})
            yield Block("prose", markdown_html(source, contents=contents, attachments=attachments))
        elif cell["cell_type"] == "code" and cell["source"].strip():
            yield Block(_code_kind(cell), python_code(cell["source"]))
            yield from _output_blocks(cell["outputs"])


def _code_kind(cell: Mapping[str, Any]) -> str:
    tags = cell["metadata"].get("tags", ())
    return "parameters" if {"parameters", INJECTED_TAG} & set(tags) else "code"


def _output_blocks(outputs: Iterable[Mapping[str, Any]]) -> Iterator[Block]:
    for kind, group in groupby(outputs, key=_kind):
        if kind == "value":
            yield Block("values", Markup("").join(_value(output["data"]) for output in group))
        else:
            for output in group:
                yield _WRITERS[kind](output)


def _kind(output: Mapping[str, Any]) -> str:
    data = output.get("data", {})
    for mime, kind in _KINDS.items():
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
        label=_words(record["id"]),
        text=record["text"],
    )


def _table(output: Mapping[str, Any]) -> Block:
    data = output["data"]
    record = data[TABLE_MIME]
    written = str(data.get("text/html", ""))
    is_ours = written and "<" not in _TABLE_TAGS.sub("", written)
    table = Markup(written) if is_ours else _table_of(record["csv"], record["caption"])
    inner = scrolling(record["caption"], table) + _download(record["id"], record["csv"])
    return Block("table", Markup('<div id="table-{}">{}</div>').format(record["id"], inner))


def _figure(output: Mapping[str, Any]) -> Block:
    data = output["data"]
    record = data[FIGURE_MIME]
    if not str(record["alt"]).strip():
        raise ReportError(
            f"the figure '{record['id']}' has no alternative text; "
            "say in 'alt' of publish.figure what it shows"
        )
    image = Markup('<img src="{}" alt="{}">').format(
        data_uri("image/svg+xml", data["image/svg+xml"]), record["alt"]
    )
    html = scrolling(record["caption"] or _words(record["id"]), image)
    if record["caption"]:
        html += Markup("<figcaption>{}</figcaption>").format(record["caption"])
    html += _figure_data(record)
    return Block("figure", Markup('<figure id="figure-{}">{}</figure>').format(record["id"], html))


def _figure_data(record: Mapping[str, Any]) -> Markup:
    """Write the numbers drawn as a table that unfolds, for those who cannot see the drawing."""
    if not record["csv"]:
        return Markup("")
    caption = f"Data: {record['caption'] or _words(record['id'])}"
    table = scrolling(caption, _table_of(record["csv"], caption))
    html = "<details><summary>Data of this figure</summary>{}{}</details>"
    return Markup(html).format(table, _download(f"{record['id']}_data", record["csv"]))


def _table_of(csv: str, caption: str) -> Markup:
    """Write the table that a CSV text holds."""
    names, rows = read_csv_text(csv)
    table = Table(tuple(names), tuple(tuple(map(_cell, row)) for row in rows))
    return Markup(html_table(table, caption=caption, digits=dict.fromkeys(names, 3)))


def _cell(text: str) -> int | float | str | None:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text or None


def scrolling(label: str, content: Markup) -> Markup:
    """Let something wide scroll in itself, also by keyboard, so that the page never does."""
    return Markup('<div class="scroll" role="group" aria-label="{}" tabindex="0">{}</div>').format(
        label, content
    )


def _download(id: str, csv: str) -> Markup:
    return Markup(
        '<p class="download"><a download="{id}.csv" href="{uri}">{id}.csv</a></p>'
    ).format(id=id, uri=data_uri("text/csv", csv))


def _prose(output: Mapping[str, Any]) -> Block:
    return Block("prose", markdown_html(output["data"]["text/markdown"]))


def _warning(output: Mapping[str, Any]) -> Block:
    return Block("warning", _plain(output["text"]))


def _text(output: Mapping[str, Any]) -> Block:
    return Block("text", _plain(output.get("text") or output.get("data", {}).get("text/plain", "")))


def _plain(text: str) -> Markup:
    """Show a text as it is, without the codes that colour it in a terminal."""
    return escape(_TERMINAL_COLOUR.sub("", text).strip("\n"))


def _words(id: str) -> str:
    return str(id).replace("_", " ")


_WRITERS = {
    "table": _table,
    "figure": _figure,
    "prose": _prose,
    "warning": _warning,
    "text": _text,
}
