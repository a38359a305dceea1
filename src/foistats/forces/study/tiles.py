"""Forces as squares of equal size, laid out like a map: who stands where, and who has no count."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from foistats.describe import ANSWERS
from foistats.errors import Finding, InvalidStudyError, did_you_mean
from foistats.forces.study.answers import NOT_ASKED
from foistats.forces.study.comparison import Comparison
from foistats.forces.study.tables import WIDE
from foistats.register import Register
from foistats.tables import Field, name, read_table

FIELDS: Mapping[str, Field] = {
    "force": name(),
    "short": Field(lambda found: 0 < len(found.strip()) <= 6, "a short name of up to 6 letters"),
    "row": Field(lambda found: _is_place(found), "a whole number up to 999, north first"),
    "column": Field(lambda found: _is_place(found), "a whole number up to 999, west first"),
}
POSITIONS = {
    "above": "more than its size accounts for",
    "inside": "within the limits of chance",
    "below": "fewer than its size accounts for",
    "undecided": "count known as an interval across a limit",
    "unknown": "size not known",
}


def _is_place(found: str) -> bool:
    return re.fullmatch(r"[0-9]{1,3}", found) is not None


def read_tiles(register: Register) -> pd.DataFrame:
    """Read the study's tile grid; empty if the study names none.

    Returns
    -------
    DataFrame
        One row per force: ``force, short, row, column`` (whole numbers; rows from the north,
        columns from the west).

    Raises
    ------
    InvalidStudyError
        With every row that is wrong: an unknown force, a force or a place twice. Whoever was
        asked or has a count in the primary survey must have a tile: a map leaves nobody out.
    """
    study = register.study
    if "tiles" not in study.files:
        return pd.DataFrame(columns=list(FIELDS))
    path = study.files["tiles"]
    frame, findings = read_table(path, path.name, FIELDS)
    findings += _wrong(frame, register, path.name)
    if not any(finding.row < 2 for finding in findings):
        findings += _without_tile(frame, register, path.name)
    if findings:
        raise InvalidStudyError(study.folder.name, findings)
    return frame.astype({"row": int, "column": int}).reset_index(drop=True)


def _wrong(frame: pd.DataFrame, register: Register, file: str) -> Iterator[Finding]:
    """Yield forces that are unknown or stand twice, and places that are taken."""
    known = list(register.forces["force"])
    areas = f"an area of {register.study.files['forces'].name}"
    places = pd.Series(
        [
            f"{r.lstrip('0') or 0}, {c.lstrip('0') or 0}"
            for r, c in zip(frame["row"], frame["column"], strict=True)
        ],
        dtype=object,
    )
    forces = frame["force"].reset_index(drop=True)
    for row, force, place, again, taken in zip(
        frame.index, forces, places, forces.duplicated(), places.duplicated(), strict=True
    ):
        if force not in known:
            yield Finding(file, int(row), "force", force, areas + did_you_mean(force, known))
        if again:
            yield Finding(file, int(row), "force", force, "each force once")
        if taken:
            yield Finding(file, int(row), "row", place, "each place once")


def _without_tile(frame: pd.DataFrame, register: Register, file: str) -> Iterator[Finding]:
    """Yield the forces of the primary survey that a map would leave out."""
    survey = register.study.analysis.survey
    areas = register.forces.loc[register.forces["kind"] == "force", "force"]
    shown = set(frame["force"])
    for table in (register.asked, register.groups):
        for force in table.loc[table["survey"] == survey, "force"].unique():
            if force not in shown and force in set(areas):
                yield Finding(file, 0, "force", f"no tile for {force}", "a row for it")


def kinds() -> dict[str, str]:
    """Return by category what it says: a position, or ``none`` where there is no number."""
    without = dict.fromkeys([*ANSWERS.values(), NOT_ASKED, POSITIONS["unknown"]], "none")
    return without | {words: at for at, words in POSITIONS.items() if at != "unknown"}


def tiles(comparison: Comparison, *, level: float = WIDE) -> pd.DataFrame:
    """Return the tile of every force with what a map shows of it.

    Parameters
    ----------
    comparison : Comparison
    level : float
        Of the exact limits that a ratio is held against.

    Returns
    -------
    DataFrame
        One row per tile: ``force, short, row, column, category`` (the position, or why there is no
        count, in words), ``text`` (the ratio; empty where there is none, or an interval).
    """
    frame = read_tiles(comparison.register)
    found = comparison.funnel().positions(levels=[level])[["force", "estimate", "position"]]
    frame = frame.merge(found, on="force", how="left")
    frame = frame.merge(comparison.forces[["force", "answer", "n_low"]], on="force", how="left")
    without = frame["n_low"].isna()
    answer = frame["answer"].map(ANSWERS).fillna(NOT_ASKED)
    position = frame["position"].map(POSITIONS)
    frame["category"] = np.where(without, answer, position)
    frame["text"] = ["" if np.isnan(ratio) else f"{ratio:.1f}" for ratio in frame["estimate"]]
    order = [*POSITIONS.values(), *ANSWERS.values(), NOT_ASKED]
    rank = frame["category"].map({category: place for place, category in enumerate(order)})
    frame = frame.assign(rank=rank).sort_values(["rank", "force"], ignore_index=True)
    return frame[["force", "short", "row", "column", "category", "text"]]
