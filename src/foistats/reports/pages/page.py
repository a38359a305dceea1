"""One report as one HTML file: self-contained, readable anywhere, and the same every time.

The page carries no clock, no script and nothing to fetch.
"""

from __future__ import annotations

import datetime
import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from foistats.reports.ask.request import Request
from foistats.reports.pages.blocks import anchors, blocks_of
from foistats.reports.pages.markdown import Contents
from foistats.reports.pages.sources import count_in, marks_in, newest_in

TEMPLATES = Path(__file__).parent / "template"
#: Script is not mentioned: nothing may run.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)
#: Ids that the template itself gives.
_OWN_IDS = ("report", "contents", "made", "notice")
#: What may not stand in HTML, and shows nothing.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SHORT = 160


def report_page(
    request: Request,
    notebook: Mapping[str, Any],
    *,
    version: str,
    inputs: Mapping[str, Any],
    environment: Mapping[str, Any],
    change: str,
    sources: Mapping[str, Any],
    changes: Mapping[str, Any] | None = None,
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
    inputs, environment, change, sources : mapping or str
        As the manifest has them. Of the inputs, data, notebook and lock file are shown; the
        package's source is left to the manifest.
    changes : mapping, optional
        What changed since the version before, from `foistats.reports.changes.page.summary`.

    Raises
    ------
    ReportError
        For a figure without alternative text.
    """
    contents = Contents(taken={*_OWN_IDS, *anchors(notebook)})
    blocks = list(blocks_of(notebook, contents))
    return rendered(
        "report.html.j2",
        title=request.report.title,
        request=request,
        version=version,
        as_of=as_of(request),
        change=change,
        changes=changes,
        parameters=[
            (parameter, request.values[parameter.name]) for parameter in request.report.parameters
        ],
        inputs=_shown_inputs(inputs),
        python=environment.get("python", ""),
        packages=sorted(environment.get("packages", {}).items()),
        differs_from_lock=environment.get("differs_from_lock", ()),
        newest_source=date_text(newest_in(sources)),
        source_count=count_in(sources),
        marks=marks_in(sources),
        index="../" * (request.series.count("/") + 2) + "index.html",
        headings=[heading for heading in contents.headings if heading.level in (2, 3)],
        blocks=blocks,
    )


def rendered(template: str, **told: Any) -> bytes:
    """Fill a template of ours; what cannot stand in a page is left out."""
    html = _environment().get_template(template).render(policy=CONTENT_SECURITY_POLICY, **told)
    return _CONTROLS.sub("", html).encode("utf-8", "replace")


def as_of(request: Request) -> str:
    """Return the date of the study's data in words, or an empty string."""
    for folder in request.studies.values():
        try:
            study = tomllib.loads((folder / "study.toml").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return ""
        return date_text(study.get("study", {}).get("as_of", ""))
    return ""


def date_text(told: Any) -> str:
    """Write a date as "1 May 2018"; what is none stays as it is."""
    try:
        date = datetime.date.fromisoformat(str(told)[:10])
    except ValueError:
        return str(told)
    return f"{date.day} {date:%B %Y}"


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.globals["style"] = Markup((TEMPLATES / "style.css").read_text(encoding="utf-8"))
    made.filters["date_text"] = date_text
    made.filters["brief"] = _brief
    return made


def _brief(told: Any, length: int = _SHORT) -> str:
    """Cut a long text short: an index is no place for it."""
    text = str(told)
    return text if len(text) <= length else f"{text[:length].rstrip()} …"


def _shown_inputs(inputs: Mapping[str, Any]) -> list[tuple[str, str]]:
    files = sorted({**inputs["data"], **inputs["notebook"]}.items())
    lock = inputs.get("lock")
    return [*files, ("requirements.lock", lock)] if lock else files
