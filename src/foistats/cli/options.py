"""What several commands share: the options for the project and for JSON, and printing it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from foistats.reports.ask.declare import PROJECT_FILE

project_option = click.option(
    "--project",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help=f"The folder with {PROJECT_FILE}; without it the nearest above this one.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


def print_json(document: Mapping[str, Any]) -> None:
    """Print a document on standard output."""
    click.echo(json.dumps(document, indent=1, ensure_ascii=False))
