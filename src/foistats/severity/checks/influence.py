"""What a result rests on: the fit without each unit in turn, and one force alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from scipy import stats
from scipy.stats import contingency

from foistats.errors import DataError, ModelError, UsageError, did_you_mean
from foistats.severity.engine.coded_columns import Compositions
from foistats.severity.engine.formula import require_columns
from foistats.severity.engine.separation import threshold_names
from foistats.severity.engine.subsets import of_forces
from foistats.severity.groups.case_groups import CaseGroup, Partition
from foistats.severity.groups.cells import SeverityData
from foistats.severity.inference.intervals import TIDY, require_level
from foistats.severity.model import CumulativeLinkModel
from foistats.severity.results import SeverityFit

Fits: TypeAlias = Iterator[tuple[str, Callable[[], SeverityFit]]]

NOTHING = "(none)"
"""The `left_out` of the fit to all data."""
_UNITS = ("force", "source")


def leave_one_out(
    model: CumulativeLinkModel,
    data: pd.DataFrame | SeverityData,
    *,
    by: str,
    weights: str = "",
    composition: Compositions | None = None,
) -> pd.DataFrame:
    """Return the coefficients of the fit to all data, and without each unit in turn.

    Parameters
    ----------
    model : CumulativeLinkModel
    data : DataFrame or SeverityData
    by : str
        The units: a column of a frame; ``force`` or ``source`` of `SeverityData` (a group goes with
        any of its sources).
    weights, composition
        As of `CumulativeLinkModel.fit`.

    Returns
    -------
    DataFrame
        One row per unit and coefficient, those of the full data first: ``left_out, cases, term,
        estimate, std_error, statistic, p_value, conf_low, conf_high, reason``. Where the rest does
        not identify the model, or a coefficient, the numbers are missing and `reason` says why.

    Raises
    ------
    UsageError
        If there are no such units.
    ModelError, DataError
        If the fit to all data has no answer.
    """
    full = model.fit(data, weights, composition)
    if isinstance(data, pd.DataFrame):
        fits = _without_rows(model, full, data, by, weights, composition)
    else:
        fits = _without_groups(model, data, by, composition)
    terms = list(_coefficients(full)["term"])
    frames = [_rows(NOTHING, full, terms)]
    for name, fit in fits:
        try:
            found = fit()
        except (ModelError, DataError) as error:
            frames.append(_empty_rows(name, np.nan, terms, str(error)))
            continue
        lost = _lost_reference(full, found)
        frames.append(
            _empty_rows(name, found.n_cases, terms, lost) if lost else _rows(name, found, terms)
        )
    return pd.DataFrame(
        [row for frame in frames for row in frame.to_dict("records")],
        columns=["left_out", "cases", *TIDY, "reason"],
    )


def _without_rows(
    model: CumulativeLinkModel,
    full: SeverityFit,
    frame: pd.DataFrame,
    by: str,
    weights: str,
    composition: Any,
) -> Fits:
    if by == model.groups:
        seen = full.observations
        for place, name in enumerate(seen.forces):
            kept = [force for force in range(len(seen.forces)) if force != place]
            yield name, partial(_fit_forces, model, full, kept)
        return
    require_columns([by], list(map(str, frame.columns)), what="leave_one_out(by=)")
    for value in sorted(frame[by].dropna().unique(), key=str):
        rest = frame[(frame[by] != value) | frame[by].isna()]
        yield str(value), partial(model.fit, rest, weights, composition)


def _fit_forces(model: CumulativeLinkModel, full: SeverityFit, kept: Sequence[int]) -> SeverityFit:
    return model.fit_observations(of_forces(full.observations, kept))


def _without_groups(
    model: CumulativeLinkModel, data: SeverityData, by: str, composition: Any
) -> Fits:
    if by not in _UNITS:
        raise UsageError(f"by='{by}' (allowed: {', '.join(_UNITS)})")
    units = {group.group: _units(group, by) for group in data.groups}
    for name in sorted(set().union(*units.values())):
        rest = tuple(group for group in data.groups if name not in units[group.group])
        yield name, partial(model.fit, replace(data, groups=rest), "", composition)


def _units(group: CaseGroup, by: str) -> set[str]:
    return {group.force} if by == "force" else set(group.sources)


def _coefficients(fit: SeverityFit) -> pd.DataFrame:
    parts = [fit.coefficients, fit.nominal_coefficients, fit.scale_coefficients]
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True) if filled else fit.coefficients


def _lost_reference(full: SeverityFit, fit: SeverityFit) -> str:
    """Say which reference level is gone: what is left compares with another one."""
    for name in full.observations.points.columns:
        before, after = full.observations.points[name], fit.observations.points[name]
        if not isinstance(before.dtype, pd.CategoricalDtype):
            continue
        reference = before.cat.categories[0]
        if after.cat.categories[0] != reference:
            return f"no case is left at the reference '{reference}' of '{name}'"
    return ""


def _rows(name: str, fit: SeverityFit, terms: Sequence[str]) -> pd.DataFrame:
    found = _coefficients(fit).set_index("term").reindex(terms).rename_axis("term").reset_index()
    lost = ~found["term"].isin(_coefficients(fit)["term"])
    found["reason"] = np.where(lost, "no case is left at this level", "")
    return found.assign(left_out=name, cases=fit.n_cases)


def _empty_rows(name: str, cases: float, terms: Sequence[str], reason: str) -> pd.DataFrame:
    return pd.DataFrame({"term": list(terms)}).assign(left_out=name, cases=cases, reason=reason)


# ---- one force alone -------------------------------------------------------------------------


def alone(data: SeverityData, force: str, *, split: str, level: float = 0.95) -> pd.DataFrame:
    """Return the exact odds ratios of one force, its outcomes cut in two.

    Cases count if their role is known and their rungs lie wholly on one side of the threshold. The
    estimate is the conditional maximum likelihood, the interval that of the noncentral
    hypergeometric distribution, the p value Fisher's.

    Parameters
    ----------
    data : SeverityData
    force : str
    split : str
        The threshold, by the rungs on its two sides: ``advice|left``.
    level : float

    Returns
    -------
    DataFrame
        One row per role but the reference: ``force, role, above, below, reference_above,
        reference_below, not_counted, estimate, p_value, conf_low, conf_high, reason``. An odds
        ratio above one: the role's outcomes are more severe than those of the reference.

    Raises
    ------
    UsageError
        If there is no such force or threshold.
    """
    require_level(level)
    groups = [group for group in data.groups if group.force == force]
    names, forces = threshold_names(data.ladder.ids), sorted({g.force for g in data.groups})
    for word, found, allowed in (("force", force, forces), ("threshold", split, names)):
        if found not in allowed:
            raise UsageError(
                f"no {word} '{found}'{did_you_mean(found, allowed)} (allowed: {', '.join(allowed)})"
            )
    above = frozenset(data.ladder.ids[names.index(split) + 1 :])
    counts, open_cases = _two_sides(groups, above)
    reference, *others = data.role_ids
    rows = [
        (force, role, *_exact_odds_ratio(counts, role, reference, open_cases, level))
        for role in others
    ]
    columns = ["force", "role", "above", "below", "reference_above", "reference_below"]
    columns += ["not_counted", "estimate", "p_value", "conf_low", "conf_high", "reason"]
    return pd.DataFrame(rows, columns=columns)


def _two_sides(
    groups: Sequence[CaseGroup], above: frozenset[str]
) -> tuple[dict[tuple[str, bool], int], int]:
    """Return the cases by role and side, and how many have no such place."""
    counts: dict[tuple[str, bool], int] = {}
    left = 0
    for group in groups:
        sides = [_partition_sides(cells, above) for cells in group.partitions]
        best = max(sides, key=lambda found: sum(found.values()))
        for key, number in best.items():
            counts[key] = counts.get(key, 0) + number
        whole = max(sum(cell.n_high for cell in cells) for cells in group.partitions)
        left += whole - sum(best.values())
    return counts, left


def _partition_sides(cells: Partition, above: frozenset[str]) -> dict[tuple[str, bool], int]:
    counts: dict[tuple[str, bool], int] = {}
    for cell in cells:
        one_side = bool(cell.rungs) and (cell.rungs <= above or not cell.rungs & above)
        if len(cell.roles) == 1 and one_side and cell.n_low == cell.n_high:
            key = next(iter(cell.roles)), cell.rungs <= above
            counts[key] = counts.get(key, 0) + cell.n_low
    return counts


def _exact_odds_ratio(
    counts: Mapping[tuple[str, bool], int], role: str, reference: str, left: int, level: float
) -> tuple[Any, ...]:
    table = np.array(
        [[counts.get((who, side), 0) for side in (True, False)] for who in (role, reference)]
    )
    numbers = (*map(int, table.ravel()), left)
    if not table.sum(axis=1).all():
        return *numbers, *[np.nan] * 4, "no case of one of the two roles has a known side"
    if not table.sum(axis=0).all():
        return *numbers, *[np.nan] * 4, "every case lies on the same side"
    found = contingency.odds_ratio(table)
    interval = found.confidence_interval(level)
    p_value = float(stats.fisher_exact(table).pvalue)
    return *numbers, float(found.statistic), p_value, float(interval.low), float(interval.high), ""
