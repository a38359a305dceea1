"""Within and between: whether cases differ inside forces as forces differ from each other.

The share of a level in its force enters as a covariate of the force beside the level itself::

    x'beta + beta_W [level] + (beta_B - beta_W) share(force)

``beta_W`` compares cases of the same force, ``beta_B`` forces that consist of the level with forces
that have none of it. Where the two differ, the pooled effect is a mixture of them, and what is told
by forces without printed roles is the second.

Sources: Neuhaus and Kalbfleisch 1998; Mundlak 1978.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from foistats.errors import UsageError, did_you_mean
from foistats.severity.engine.coded_columns import Compositions
from foistats.severity.engine.formula import require_columns
from foistats.severity.engine.statements import ROLE
from foistats.severity.groups.case_groups import CaseGroup
from foistats.severity.groups.cells import SeverityData
from foistats.severity.inference.intervals import tidy
from foistats.severity.model import CumulativeLinkModel
from foistats.severity.predictions import delta_errors
from foistats.severity.results import SeverityFit

WITHIN, BETWEEN, DIFFERENCE = "within", "between", "between - within"


def within_between(
    model: CumulativeLinkModel,
    data: pd.DataFrame | SeverityData,
    *,
    level: str,
    variable: str = ROLE,
    weights: str = "",
    composition: Compositions | None = None,
) -> pd.DataFrame:
    """Return the effects of a level within and between forces, and their difference with its test.

    Parameters
    ----------
    model : CumulativeLinkModel
        With groups, and the variable among its location terms.
    data : DataFrame or SeverityData
    level : str
        Of the variable; not its reference.
    variable : str
        A categorical covariate; of `SeverityData`, ``role``.
    weights, composition
        As of `CumulativeLinkModel.fit`.

    Returns
    -------
    DataFrame
        Three rows, ``within``, ``between`` and ``between - within``: ``term, estimate, std_error,
        statistic, p_value, conf_low, conf_high``, on the scale of the link.

    Raises
    ------
    UsageError
        If the model has no groups, or no such level.
    ModelError, DataError
        As of `CumulativeLinkModel.fit`; all forces with the same share are `NotIdentifiedError`.
    """
    if not model.groups:
        raise UsageError("within and between need forces to tell apart: give the model groups=")
    name = "share_" + re.sub(r"\W", "_", level)
    wider = replace(model, formula=f"{model.formula} + {name}")
    if isinstance(data, pd.DataFrame):
        shares = shares_in_frame(data, variable, level, model.groups, weights, composition)
        _require_new(name, list(map(str, data.columns)))
        data = data.assign(**{name: data[model.groups].map(shares).to_numpy(dtype=float)})
    else:
        data = _with_share(data, variable, level, name, composition)
    return _effects(wider.fit(data, weights, composition), variable, level, name)


def shares_in_frame(
    frame: pd.DataFrame,
    variable: str,
    level: str,
    groups: str,
    weights: str = "",
    composition: Compositions | None = None,
) -> pd.Series:
    """Return the share of a level in each group, of the cases that state theirs.

    A group in which no case does has the share of the composition.

    Raises
    ------
    UsageError
        For a column that is missing, or a group without a share.
    """
    columns = [variable, groups, *([weights] if weights else [])]
    require_columns(columns, list(map(str, frame.columns)), what="within_between")
    count = frame[weights] if weights else pd.Series(1.0, frame.index)
    values = frame[variable].astype(object)
    stated = values.notna() & ~values.astype(str).str.contains("|", regex=False)
    of_level = (values == level) & stated
    sums = pd.DataFrame({"level": count * of_level, "stated": count * stated})
    sums = sums.groupby(frame[groups].astype(object)).sum()
    plugged = float((composition or {}).get(variable, {}).get(level, np.nan))
    shares = (sums["level"] / sums["stated"].where(sums["stated"] > 0)).fillna(plugged)
    lost = shares.index[shares.isna()]
    if len(lost):
        raise UsageError(
            f"group '{lost[0]}' states '{variable}' for no case; give composition="
            f"{{'{variable}': {{level: share}}}}, or leave the group out"
        )
    return shares


def _with_share(
    data: SeverityData, variable: str, level: str, name: str, composition: Any
) -> SeverityData:
    if variable != ROLE:
        raise UsageError(f"variable='{variable}': groups of cases leave only '{ROLE}' to compare")
    if level not in data.role_ids:
        raise UsageError(
            f"no role '{level}'{did_you_mean(level, data.role_ids)} "
            f"(the data have {', '.join(data.role_ids)})"
        )
    plugged = data.shares((composition or {}).get(ROLE))[level]
    forces: dict[str, list[CaseGroup]] = {}
    for group in data.groups:
        _require_new(name, list(group.covariates))
        forces.setdefault(group.force, []).append(group)
    shares = {force: _share_of(groups, level, plugged) for force, groups in forces.items()}
    groups = tuple(
        replace(group, covariates={**group.covariates, name: shares[group.force]})
        for group in data.groups
    )
    return replace(data, groups=groups)


def _share_of(groups: list[CaseGroup], level: str, plugged: float) -> float:
    """Return the share of a role among the cases of known role; intervals by their midpoints."""
    ours = stated = 0.0
    for group in groups:
        counts = [
            [(cell.roles, (cell.n_low + cell.n_high) / 2) for cell in cells if len(cell.roles) == 1]
            for cells in group.partitions
        ]
        best = max(counts, key=lambda found: sum(number for _, number in found))
        stated += sum(number for _, number in best)
        ours += sum(number for roles, number in best if level in roles)
    return ours / stated if stated else plugged


def _require_new(name: str, columns: list[str]) -> None:
    if name in columns:
        raise UsageError(f"the data have a column '{name}' already; rename it")


def _effects(fit: SeverityFit, variable: str, level: str, name: str) -> pd.DataFrame:
    names = list(fit.solution.problem.names)
    wanted = [f"{variable}[T.{level}]", f"C({variable})[T.{level}]"]
    found = [term for term in wanted if term in names]
    if not found:
        raise UsageError(
            f"the fit has no coefficient of '{level}' of '{variable}' (it has "
            f"{', '.join(fit.problem.location_names)}); name a level other than the reference"
        )
    rows = np.zeros((3, len(names)))
    rows[:2, names.index(found[0])] = 1.0
    rows[1:, names.index(name)] = 1.0
    errors = delta_errors(rows, fit.parameter_covariance)
    terms = [WITHIN, BETWEEN, DIFFERENCE]
    return tidy(terms, rows @ fit.solution.vector, errors, fit.model.level, np.inf)
