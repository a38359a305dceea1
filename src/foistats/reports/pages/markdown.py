"""Markdown as safe HTML: raw HTML is shown as text, and headings make a table of contents."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup, escape
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from foistats.reports.pages.formula import formula_html, formula_svg

_ID_LENGTH = 60


@dataclass(frozen=True)
class Heading:
    """A heading of the page, for the table of contents."""

    level: int
    id: str
    text: Markup


@dataclass
class Contents:
    """The headings met so far; each gets an id of its own, which nothing else has taken."""

    taken: set[str] = field(default_factory=set)
    headings: list[Heading] = field(default_factory=list)

    def add(self, level: int, html: str) -> str:
        """Note a heading and return its id."""
        text = Markup(html).striptags()
        words = re.sub(r"\W+", "-", text.casefold())[:_ID_LENGTH].strip("-") or "section"
        id, count = words, 1
        while id in self.taken:
            count += 1
            id = f"{words}-{count}"
        self.taken.add(id)
        self.headings.append(Heading(level=level, id=id, text=escape(text)))
        return id


class _Renderer(IPythonRenderer):
    """nbconvert's renderer, which trusts nothing it is given."""

    def __init__(self, contents: Contents | None, attachments: Mapping[str, Any]) -> None:
        super().__init__(
            escape=True,
            allow_harmful_protocols=False,
            exclude_anchor_links=True,
            attachments=dict(attachments),
        )
        self.contents = contents

    def heading(self, text: str, level: int, **attrs: Any) -> str:
        """Give the heading an id, unless it is only quoted; the page's title is its only h1."""
        level = max(level, 2)
        if self.contents is None:
            return f"<h{level}>{text}</h{level}>\n"
        return f'<h{level} id="{self.contents.add(level, text)}">{text}</h{level}>\n'

    def block_code(self, code: str, info: str | None = None) -> str:
        """Show code; only Python is coloured."""
        if (info or "").strip().lower() in {"python", "py", "python3"}:
            return f"<pre>{python_code(code)}</pre>\n"
        return f"<pre><code>{escape(code)}</code></pre>\n"

    def image(self, text: str, url: str, title: str | None = None) -> str:
        """Show an attached image; of one elsewhere, show the text, since pages fetch nothing."""
        source = url if url.startswith("data:image/") else self._attached(url)
        if not source:
            return f"<em>{text}</em>"
        alt = Markup(text).striptags() or _name(url)
        return Markup('<img src="{}" alt="{}">').format(source, alt)

    def table(self, text: str) -> str:
        """Let a wide table scroll in itself."""
        return (
            '<div class="scroll" role="group" aria-label="Table" tabindex="0">'
            f"<table>\n{text}</table></div>\n"
        )

    def table_cell(self, text: str, align: str | None = None, head: bool = False) -> str:
        """Say of a table's head that it heads its column."""
        style = f' style="text-align: {align}"' if align else ""
        name, scope = ("th", ' scope="col"') if head else ("td", "")
        return f"<{name}{scope}{style}>{text}</{name}>\n"

    def _attached(self, url: str) -> str:
        attachment = self.attachments.get(url.removeprefix("attachment:"), {})
        for kind, content in attachment.items():
            if kind.startswith("image/"):
                return f"data:{kind};base64,{content}"
        return ""

    def inline_math(self, body: str) -> str:
        """Draw a formula in the line."""
        return _formula(body, kind="math")

    def block_math(self, body: str) -> str:
        """Draw a formula on a line of its own."""
        return _formula(body, kind="math display")


def markdown_html(
    source: str, *, contents: Contents | None = None, attachments: Mapping[str, Any] | None = None
) -> Markup:
    """Render Markdown; with `contents`, its headings get ids and are noted there."""
    renderer = _Renderer(contents, attachments or {})
    html: str = MarkdownWithMath(renderer=renderer).render(source)
    return Markup(html.replace('type="checkbox"', 'type="checkbox" aria-label="task"'))


def data_uri(kind: str, text: str) -> str:
    """Return a text as a data URI."""
    return f"data:{kind};base64,{base64.b64encode(text.encode('utf-8', 'replace')).decode()}"


def _name(url: str) -> str:
    """Name an image that nobody described."""
    return "image" if url.startswith("data:") else url.removeprefix("attachment:")


def _formula(tex: str, *, kind: str) -> Markup:
    """Draw a formula, or show its TeX where it cannot be drawn."""
    try:
        svg, height, depth = formula_svg(tex)
    except ValueError:
        return Markup('<code class="{}">{}</code>').format(kind, tex.strip())
    uri = data_uri("image/svg+xml", svg)
    return formula_html(tex, uri, height=height, depth=depth, kind=kind)


def python_code(source: str) -> Markup:
    """Colour Python code, with class names that the page's style defines."""
    return Markup(highlight(source, PythonLexer(stripnl=True), HtmlFormatter(nowrap=True)))
