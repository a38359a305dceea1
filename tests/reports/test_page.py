"""The page: self-contained, accessible, and text stays text."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from foistats.publish import FIGURE_MIME, TABLE_MIME, VALUE_MIME
from foistats.reports.declare import read_project
from foistats.reports.formula import formula_svg
from foistats.reports.index import write_index
from foistats.reports.markdown import Contents, markdown_html
from foistats.reports.page import report_page
from foistats.reports.request import requests

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
    def render(*cells: dict[str, object]) -> str:
        (request,) = requests(read_project(folder.root), [], [])
        inputs = {"data": {"data/pa/statements.csv": "ab" * 32}, "notebook": {"n.ipynb": "cd" * 32}}
        return report_page(request, {"cells": list(cells)}, version="v007", inputs=inputs).decode()

    return render


def test_a_page_stands_alone_and_says_where_it_comes_from(page) -> None:
    html = page(markdown("# How severe?\n\nIntro."), markdown("## One\n\n### Two\n\n## One"))
    tags = Tags(html).found
    names = [tag for tag, _ in tags]
    assert ("html", {"lang": "en-GB"}) in tags
    assert all(names.count(landmark) == 1 for landmark in ("header", "main", "nav", "footer", "h1"))
    assert not {"script", "link", "iframe", "object"} & set(names)
    assert not re.search(r'(src|href)="(?!#|data:)', html)
    assert "url(" not in html
    assert "default-src &#39;none&#39;" in html
    assert re.findall(r'<a href="#([^"]+)">(?!Skip)', html) == ["one", "two", "one-2"]
    for told in ("v007", "30 June 2014", "foistats run severity", "abababababab", "link function"):
        assert told in html


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


def test_the_index_is_a_function_of_the_versions(folder) -> None:
    from foistats.reports.store import Edition, publish

    reports = folder.root / "reports"
    for series, title in (
        ("severity", HOSTILE),
        ("severity/x-00000000", "T"),
        ("severity", HOSTILE),
    ):
        edition = Edition("severity", series, "k", title, "30 June 2014", {"link": ""}, {})
        publish(reports, edition, {"report.html": b""}, {})
    assert write_index(reports) is True
    assert write_index(reports) is False
    html = (reports / "index.html").read_text()
    links = [told["href"] for tag, told in Tags(html).found if tag == "a"]
    assert links == [
        "severity/v002/report.html",
        "severity/v001/report.html",
        "severity/x-00000000/v001/report.html",
    ]
    assert "<script" not in html
    assert "(empty)" in html
