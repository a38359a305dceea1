"""Cells in words: force, covariates and rungs, what is open joined by ``|``."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from foistats.severity.engine.observations import Observations

Array: TypeAlias = NDArray[Any]

SEVERAL = "|"


def cell_labels(observations: Observations) -> pd.DataFrame:
    """Return what each cell is.

    Returns
    -------
    DataFrame
        One row per cell, in their order: ``force``, the covariates, ``rungs``. Levels or rungs of
        which a case may have any are joined by ``|``; a covariate that is known throughout keeps
        its type.
    """
    seen = observations
    first = np.searchsorted(seen.atoms.cell, np.arange(len(seen.count)))
    frame = seen.points.iloc[seen.atoms.point[first]].reset_index(drop=True)
    for name, column in seen.points.items():
        if isinstance(column.dtype, pd.CategoricalDtype):
            frame[name] = _with_open_levels(seen, frame[name], column)
    frame.insert(0, "force", np.array(seen.forces, dtype=object)[seen.cell_force])
    frame["rungs"] = _rungs(seen)
    return frame


def _with_open_levels(seen: Observations, known: pd.Series, column: pd.Series) -> pd.Series:
    """Return the level of every cell, and the levels of those that may have several."""
    codes, atoms = column.cat.codes.to_numpy()[seen.atoms.point], seen.atoms
    lowest = np.full(len(seen.count), len(column.cat.categories))
    highest = np.full(len(seen.count), -1)
    np.minimum.at(lowest, atoms.cell, codes)
    np.maximum.at(highest, atoms.cell, codes)
    cells = np.flatnonzero(lowest < highest)
    if not len(cells):
        return known
    begin, end = (np.searchsorted(atoms.cell, cells, side=side) for side in ("left", "right"))
    names = [str(level) for level in column.cat.categories]
    levels = known.astype(object)
    levels.iloc[cells] = [
        SEVERAL.join(names[code] for code in sorted(set(codes[low:high].tolist())))
        for low, high in zip(begin, end, strict=True)
    ]
    return levels


def rung_label(ladder: Sequence[str], rungs: Sequence[int]) -> str:
    """Return rungs (numbered from 0) as one word.

    Examples
    --------
    >>> rung_label(("none", "advice", "left"), [0, 2])
    'none|left'
    """
    return SEVERAL.join(ladder[place] for place in rungs)


def rung_sets(observations: Observations) -> list[tuple[int, ...]]:
    """Return the rungs (numbered from 0) of every cell."""
    atoms, width = observations.atoms, len(observations.ladder) + 1
    codes = atoms.lower * width + atoms.upper
    sets: list[tuple[int, ...]] = []
    known: dict[bytes, tuple[int, ...]] = {}
    ends = np.searchsorted(atoms.cell, np.arange(len(observations.count) + 1))
    for begin, end in itertools.pairwise(ends):
        key = codes[begin:end].tobytes()
        if key not in known:
            runs = zip(atoms.lower[begin:end], atoms.upper[begin:end], strict=True)
            known[key] = tuple(sorted({rung for low, high in runs for rung in range(low, high)}))
        sets.append(known[key])
    return sets


def _rungs(seen: Observations) -> list[str]:
    found = rung_sets(seen)
    words = {rungs: rung_label(seen.ladder, rungs) for rungs in set(found)}
    return [words[rungs] for rungs in found]
