"""The page: self-contained, accessible, and text stays text."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from foistats.errors import ReportError
from foistats.publish import FIGURE_MIME, TABLE_MIME, VALUE_MIME
from foistats.reports.ask.declare import read_project
from foistats.reports.ask.request import requests
from foistats.reports.pages.formula import formula_svg
from foistats.reports.pages.markdown import Contents, markdown_html
from foistats.reports.pages.page import report_page

HOSTILE = '"><script>alert(1)</script>{{ 7 * 7 }}'
VOID = {"meta", "img", "br", "hr", "link", "input"}


class Tags(HTMLParser):
    """The tags of a page; fails where they do not nest."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag


def output(**data: object) -> dict[str, object]:
    return {"output_type": "display_data", "data": data, "metadata": {}}


def code(source: str, *outputs: dict[str, object], tags: tuple[str, ...] = ()) -> dict[str, object]:
    metadata = {"tags": list(tags)} if tags else {}
    return {
        "id": "x",
        "cell_type": "code",
        "metadata": metadata,
        "source": source,
        "outputs": list(outputs),
    }


def markdown(source: str) -> dict[str, object]:
    return {"id": "m", "cell_type": "markdown", "metadata": {}, "source": source}


@pytest.fixture
def page(folder):
    def render(*cells: dict[str, object], **told: object) -> str:
        (request,) = requests(read_project(folder.root), [], [])
        inputs = {"data": {"data/pa/statements.csv": "ab" * 32}, "notebook": {"n.ipynb": "cd" * 32}}
        given = {"environment": {"python": "3.11"}, "change": "", "sources": {}, **told}
        notebook = {"cells": list(cells)}
        return report_page(request, notebook, version="v007", inputs=inputs, **given).decode()

    return render


def test_a_page_stands_alone_and_says_where_it_comes_from(page) -> None:
    html = page(markdown("# How severe?\n\nIntro."), markdown("## One\n\n### Two\n\n## One"))
    tags = Tags(html).found
    names = [tag for tag, _ in tags]
    assert ("html", {"lang": "en-GB"}) in tags
    assert all(names.count(landmark) == 1 for landmark in ("header", "main", "nav", "footer", "h1"))
    assert not {"script", "link", "iframe", "object"} & set(names)
    links = re.findall(r'(?:src|href)="(?!#|data:)([^"]*)', html)
    assert links == ["../../index.html"]
    assert "url(" not in html
    assert "default-src &#39;none&#39;" in html
    assert re.findall(r'<li class="level-\d"><a href="#([^"]+)">', html) == ["one", "two", "one-2"]
    for told in (
        "v007",
        "30 June 2014",
        "<code>foistats run severity</code>",
        "<code>foistats verify severity@v007</code>",
        "<code>python3 verify.py</code>",
        "abababababab",
        "link function",
        "Python 3.11, packages as in the lock file",
    ):
        assert told in html
    assert "What changed" not in html
    assert 'class="notice"' not in html


def test_what_changed_the_environment_and_marked_sources_are_told(page) -> None:
    study = {
        "newest": "2018-05-01",
        "sources": {"S1": "", "S2": "withdrawn"},
        "notes": {"S2": "x<"},
    }
    html = page(
        change="Two values moved.",
        environment={"python": "3.12", "differs_from_lock": ["numpy 2.4, the lock has 2.5"]},
        sources={"pa": study},
    )
    assert "<dt>What changed in v007</dt><dd>Two values moved.</dd>" in html
    assert "Python 3.12, not as the lock file has it" in html
    assert "<li>numpy 2.4, the lock has 2.5</li>" in html
    assert "2, the newest of 1 May 2018; S2 withdrawn" in html
    notice = html.index("<strong>S2 withdrawn</strong>: x&lt;")
    assert html.index("<h1>") < notice < html.index("<main")
    assert "A source this report rests on was corrected or withdrawn by its publisher" in html


def test_what_the_verbs_publish(page) -> None:
    svg, csv = "<svg></svg>", "force,n\nKent,3\n"
    html = page(
        code("a", tags=("parameters",)),
        code("b"),
        code(
            "c",
            output(**{VALUE_MIME: {"id": "odds_ratio", "value": 1.4321, "text": "1.43"}}),
            output(**{VALUE_MIME: {"id": "other", "value": "x", "text": "2"}}),
            output(
                **{
                    TABLE_MIME: {"id": "t", "caption": "C", "csv": csv},
                    "text/html": "<table></table>",
                }
            ),
            output(
                **{
                    FIGURE_MIME: {"id": "f", "alt": "It rises.", "caption": "F", "csv": csv},
                    "image/svg+xml": svg,
                }
            ),
            output(**{"text/markdown": "**Kent**: <i>3</i>"}),
        ),
    )
    tags = Tags(html).found
    assert html.count('<details class="code">') == 2
    assert html.count('<dl class="values">') == 1
    assert "<dt>odds ratio</dt><dd>1.43</dd>" in html
    assert any(told.get("alt") == "It rises." for tag, told in tags if tag == "img")
    assert "<figcaption>F</figcaption>" in html
    assert "Data of this figure" in html
    assert ("a", {"download": "t.csv", "href": "data:text/csv;base64,Zm9yY2UsbgpLZW50LDMK"}) in tags
    assert "<strong>Kent</strong>: &lt;i&gt;3&lt;/i&gt;" in html


def test_hostile_text_stays_text(page) -> None:
    csv = f'"{HOSTILE.replace(chr(34), chr(34) * 2)}"\n1\n'
    html = page(
        markdown(
            f"# {HOSTILE}\n\n## {HOSTILE}\n\n{HOSTILE} [x](javascript:alert(1)) ![{HOSTILE}](http://x/y.png)"
        ),
        markdown(
            f"```mermaid\n{HOSTILE}\n```\n\n```python\n'{HOSTILE}'\n```\n\n$\\bad{{{HOSTILE}}}$"
        ),
        code(
            f"'{HOSTILE}'",
            output(**{VALUE_MIME: {"id": "v", "value": HOSTILE, "text": HOSTILE}}),
            output(
                **{
                    FIGURE_MIME: {"id": "f", "alt": HOSTILE, "caption": HOSTILE, "csv": csv},
                    "image/svg+xml": "<svg/>",
                }
            ),
            output(**{"text/html": HOSTILE, "text/plain": HOSTILE}),
            {"output_type": "stream", "name": "stderr", "text": HOSTILE},
        ),
    )
    tags = Tags(html).found
    assert "<script" not in html
    assert "{{ 7 * 7 }}" in html
    assert 'href="javascript' not in html
    assert any(told.get("alt") == HOSTILE for tag, told in tags if tag == "img")
    assert 'class="warning"' in html
    assert not any(name.startswith("on") for _, told in tags for name in told)


def test_every_id_is_the_only_one_of_its_name(page) -> None:
    record = {"id": "t", "caption": "C", "csv": "a\n1\n"}
    html = page(
        markdown("# Title\n\n## Value t\n\n## Table t\n\n## Figure t"),
        markdown("## Report\n\n## Contents\n\n## Made"),
        markdown("## value-t\n\n# A second title"),
        code(
            "c",
            output(**{VALUE_MIME: {"id": "t", "value": 1, "text": "1"}}),
            output(**{TABLE_MIME: record, "text/html": "<table></table>"}),
            output(**{FIGURE_MIME: {**record, "alt": "A"}, "image/svg+xml": "<svg/>"}),
        ),
    )
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert {"value-t", "table-t", "figure-t", "value-t-2", "value-t-3", "report-2"} <= set(ids)
    assert html.count("<h1") == 1


def test_a_figure_without_alternative_text_has_no_page(page) -> None:
    record = {"id": "f", "alt": " ", "caption": "", "csv": ""}
    with pytest.raises(ReportError, match="the figure 'f' has no alternative text; say in 'alt'"):
        page(code("c", output(**{FIGURE_MIME: record, "image/svg+xml": "<svg/>"})))


def test_a_table_that_is_not_of_our_writer_is_written_anew(page) -> None:
    record = {"id": "t", "caption": "C", "csv": "force,n\nKent,3\n"}
    html = page(code("c", output(**{TABLE_MIME: record, "text/html": f"<table>{HOSTILE}</table>"})))
    assert "<script" not in html
    assert '<th scope="row">Kent</th><td class="number" style="text-align: right">3</td>' in html


def test_what_cannot_stand_in_a_page_is_left_out(page) -> None:
    text = "a\x00b \ud800 \x1b[31mred\x1b[0m \x08"
    html = page(
        markdown(text), code("c", {"output_type": "stream", "name": "stdout", "text": text})
    )
    assert not re.search(r"[\x00-\x08\x0b-\x1f]", html)
    assert "ab ? red" in html


def test_tables_in_prose_have_scope_and_scroll_in_themselves() -> None:
    html = markdown_html("| a | b |\n|---|--:|\n| 1 | 2 |")
    assert '<div class="scroll" role="group" aria-label="Table" tabindex="0"><table>' in html
    assert '<th scope="col">a</th>' in html
    assert '<td style="text-align: right">2</td>' in html


def test_an_image_nobody_described_is_called_by_its_name() -> None:
    attached = {"m.png": {"image/png": "AAAA"}}
    html = markdown_html('![](attachment:m.png) ![*a* "b"](attachment:m.png)', attachments=attached)
    assert re.findall(r'alt="([^"]*)"', html) == ["m.png", "a &#34;b&#34;"]


def test_headings_get_ids_of_their_own() -> None:
    contents = Contents()
    html = markdown_html("## A *b*\n\n## A b\n\n## !", contents=contents)
    assert [heading.id for heading in contents.headings] == ["a-b", "a-b-2", "section"]
    assert '<h2 id="a-b">A <em>b</em></h2>' in html
    assert "id=" not in markdown_html("## A")


def test_attached_images_are_shown() -> None:
    html = markdown_html("![a map](attachment:m.png)", attachments={"m.png": {"image/png": "AAAA"}})
    assert html == '<p><img src="data:image/png;base64,AAAA" alt="a map"></p>\n'


def test_formulas_are_drawn_or_shown_as_they_are() -> None:
    assert formula_svg(r"\theta_j \le 1") == formula_svg(r"\theta_j  \le 1")
    drawn = markdown_html(r"$\theta_j \le 1$")
    assert 'alt="\\theta_j \\le 1"' in drawn
    assert "data:image/svg+xml;base64," in drawn
    assert markdown_html(r"$\nosuch<x>$") == '<p><code class="math">\\nosuch&lt;x&gt;</code></p>\n'
