"""A small invented study whose claims file a test writes."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pytest

COLUMNS = (
    "id",
    "source",
    "population",
    "unit",
    "force",
    "role",
    "outcome",
    "measure",
    "comparison",
    "value",
    "low",
    "high",
    "reading",
)
BLANK = {
    **dict.fromkeys(COLUMNS, ""),
    "source": "S1",
    "population": "survey",
    "unit": "case",
    "force": "any",
    "role": "any",
    "outcome": "any",
    "measure": "count",
    "comparison": "equals",
}
Study = Callable[..., Path]


def book(title: str, levels: Iterable[str], terms: Mapping[str, list[str]], ordered: bool) -> str:
    text = f'title = "{title}"\nordered = {str(ordered).lower()}\n'
    levels = list(levels)
    for level in levels:
        text += f'[[level]]\nid = "{level}"\nlabel = "{level.capitalize()}"\n'
    for term, meant in terms.items():
        outside = "" if meant else 'outside = "no rung"\n'
        text += f'[[term]]\nid = "{term}"\nlabel = "{term.capitalize()}"\nlevels = {meant}\n'
        text += outside
    groups = ", ".join(
        f'{{ id = "{level}", label = "{level.capitalize()}", levels = ["{level}"] }}'
        for level in levels
    )
    return f'{text}[[grouping]]\nid = "all"\nlevels = [{groups}]\n'.replace("'", '"')


def table(rows: Iterable[Mapping[str, object]], columns: Iterable[str]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """Write a study and its claims; rows of claims are filled with the usual words."""

    def write(
        claims: Iterable[Mapping[str, object]],
        *,
        forces: Iterable[str] = ("Ash", "Beech", "Cedar"),
        roles: Iterable[str] = ("officer", "staff"),
        outcomes: Iterable[str] = ("nothing", "advice", "left"),
        terms: Mapping[str, list[str]] | None = None,
        areas: Mapping[str, str] | None = None,
        asked: Mapping[str, str] | None = None,
        groups: str = "",
        statements: str = "",
        trust: str = "",
        extra: Iterable[str] = (),
    ) -> Path:
        folder = tmp_path / "trial"
        (folder / "codebooks").mkdir(parents=True, exist_ok=True)
        areas = areas or {}
        files = {
            "study.toml": '[study]\nid = "trial"\ntitle = "Trial"\n[analysis]\n'
            f'survey = "survey"\nladder = "all"\nroles = "all"\n{trust}',
            "codebooks/outcomes.toml": book("Outcome", outcomes, terms or {}, True),
            "codebooks/roles.toml": book("Role", roles, {}, False),
            "forces.csv": "force,kind,within\n"
            + "".join(f"{force},force,{areas.get(force, '')}\n" for force in forces)
            + "".join(f"{area},region,\n" for area in sorted(set(areas.values()))),
            "surveys.csv": "survey,title,period_start,period_end,unit\n"
            "survey,Survey,2020-01-01,2020-12-31,case\nlater,Later,2021-01-01,2021-12-31,case\n",
            "sources.csv": "source,survey,publisher,kind,title,published,period_start,period_end\n"
            + "".join(f"S{n},survey,Paper {n},press,Story,2021-02-01,,\n" for n in range(1, 5)),
            "groups.csv": "group,survey,force,period_start,period_end,population,unit,coverage,"
            f"disclosure,reason\n{groups}",
            "statements.csv": "statement,group,source,part,table,of,roles,outcomes,n_low,n_high,"
            f"basis,disclosure\n{statements}",
            "claims.csv": table([{**BLANK, **claim} for claim in claims], (*COLUMNS, *extra)),
        }
        if asked is not None:
            files["asked.csv"] = "survey,force,answer,source\n" + "".join(
                f"survey,{force},{answer},S1\n" for force, answer in asked.items()
            )
        for name, content in files.items():
            (folder / name).write_text(content, encoding="utf-8")
        return folder

    return write
