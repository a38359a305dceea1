"""The severity analysis of a study: the primary result, and what it rests on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from foistats.codebooks import Grouping, Level
from foistats.errors import ModelError, UsageError
from foistats.register import Register
from foistats.severity.cells import IN_THE_FIT, SeverityData, severity_data
from foistats.severity.fit import CumulativeLinkModel, merge_thin_thresholds
from foistats.severity.results import SeverityFit

#: What each link's coefficient means to a reader, and its value for no difference.
_MEASURES = {"logit": ("odds_ratio", 1.0)}
_OTHERWISE = ("coefficient", 0.0)

#: The three sentences a role effect can lead to, by the decision rule of the analysis plan.
MORE, LESS, UNSETTLED = "more severe outcomes", "less severe outcomes", "no settled difference"


@dataclass(frozen=True)
class RoleEffect:
    """One role against the reference, with its profile-likelihood interval.

    Attributes
    ----------
    role, reference : str
        Role ids.
    measure : str
        ``odds_ratio`` (cumulative; logit link) or ``coefficient`` (on the scale of the link).
    estimate, conf_low, conf_high : float
        Above ``null`` means more severe. An end can be infinite, or zero on the ratio scale.
    null : float
        The value of no difference.
    """

    role: str
    reference: str
    measure: str
    estimate: float
    conf_low: float
    conf_high: float
    null: float

    @property
    def id(self) -> str:
        """The id of the published value."""
        return value_id(self.measure, self.role)

    @property
    def conclusion(self) -> str:
        """Which sentence the interval leads to: `MORE`, `LESS` or `UNSETTLED`."""
        if self.conf_low > self.null:
            return MORE
        return LESS if self.conf_high < self.null else UNSETTLED


def value_id(*parts: str) -> str:
    """Return the id of a published value made of ids of the study.

    Examples
    --------
    >>> value_id("odds_ratio", "Part-time")
    'odds_ratio_part_time'
    """
    joined = re.sub(r"[^a-z0-9]+", "_", "_".join(parts).lower()).strip("_")
    return joined if joined[:1].isalpha() else f"v_{joined}"


def merged(data: SeverityData, minimum_forces: int = 2) -> tuple[SeverityData, pd.DataFrame]:
    """Merge the thresholds that fewer than two forces separate, and name them.

    Returns
    -------
    data : SeverityData
        On the shorter ladder.
    merged : DataFrame
        One row per threshold that was merged: ``threshold, forces, separated_by``; usually empty.
    """
    result = merge_thin_thresholds(data.groups, data.ladder.ids, minimum_forces)
    labels, sets = data.ladder.labels, {level.id: of for level, of in data.ladder.groups}
    groups = tuple(
        (
            Level(rung, " or ".join(labels[old] for old in olds)),
            frozenset().union(*(sets[old] for old in olds)),
        )
        for rung, olds in result.rungs.items()
    )
    ladder = Grouping(data.ladder.id, data.ladder.meaning, groups)
    return replace(data, ladder=ladder, groups=result.groups), result.merged


def fit_severity(
    data: SeverityData,
    *,
    link: str = "logit",
    quadrature_points: int = 25,
    composition: Mapping[str, float] | None = None,
) -> SeverityFit:
    """Fit the severity model to the groups of a study.

    Parameters
    ----------
    data : SeverityData
    link : str
    quadrature_points : int
    composition : mapping of str to float, optional
        Role shares where no role is printed; by default those of the data.

    Raises
    ------
    ModelError
        If the data do not identify the model; the message says what is missing.
    """
    model = CumulativeLinkModel(
        ladder=data.ladder.ids,
        roles=data.role_ids,
        link=link,
        quadrature_points=quadrature_points,
    )
    return model.fit(data.groups, data.shares(composition))


def role_effects(fit: SeverityFit, *, profile: bool = True) -> list[RoleEffect]:
    """Return every role against the reference, the first role.

    Parameters
    ----------
    fit : SeverityFit
    profile : bool
        Profile-likelihood intervals; otherwise Wald's, which cost no further fit.
    """
    link = fit.marginal.link.name
    measure, null = _MEASURES.get(link, _OTHERWISE)
    scale: Callable[[float], float] = np.exp if measure == "odds_ratio" else float
    effects = []
    for role in fit.space.roles[1:]:
        wald = fit.coefficients.set_index("term").loc[role]
        row = fit.profile_interval(role).iloc[0] if profile else wald
        estimate, low, high = (
            float(scale(row[name])) for name in ("estimate", "conf_low", "conf_high")
        )
        effects.append(RoleEffect(role, fit.space.roles[0], measure, estimate, low, high, null))
    return effects


def complete_lists(data: SeverityData) -> pd.DataFrame:
    """Return counts by role and outcome of the groups that print both for every concluded case.

    Returns
    -------
    DataFrame
        One row per force, role and rung: ``force, role, rung, n, of`` (the force's cases of the
        role with a rung). Cases whose outcome is not stated, or that have no rung, are left out.
    """
    rows = []
    for group in data.groups:
        cells = [cell for cell in group.partitions[0] if 0 < len(cell.rungs) < len(data.ladder.ids)]
        if len(group.partitions) > 1 or any(
            len(cell.roles) > 1 or len(cell.rungs) > 1 or cell.n_low != cell.n_high
            for cell in cells
        ):
            continue
        counts = {(*cell.roles, *cell.rungs): cell.n_low for cell in cells}
        for role in data.role_ids:
            of = sum(counts.get((role, rung), 0) for rung in data.ladder.ids)
            rows += [
                (group.force, role, rung, counts.get((role, rung), 0), of)
                for rung in data.ladder.ids
            ]
    return pd.DataFrame(rows, columns=["force", "role", "rung", "n", "of"])


def without_each_force(data: SeverityData, *, link: str = "logit", first: str = "") -> pd.DataFrame:
    """Return the first role effect of the full data and without each force in turn.

    Parameters
    ----------
    data : SeverityData
    link : str
    first : str
        The force left out first.

    Returns
    -------
    DataFrame
        ``label, estimate, conf_low, conf_high, conclusion, reason``: the full data first, Wald
        intervals. Where the rest does not identify the model the numbers are missing and
        ``reason`` says why.
    """
    forces = sorted({group.force for group in data.groups}, key=lambda name: (name != first, name))
    variants: list[tuple[str, SeverityData]] = [("All forces", data)]
    variants += [
        (
            f"Without {force}",
            replace(data, groups=tuple(g for g in data.groups if g.force != force)),
        )
        for force in forces
    ]
    return _effects((label, partial(fit_severity, d, link=link)) for label, d in variants)


def specifications(register: Register, *, ladder: str = "", link: str = "logit") -> pd.DataFrame:
    """Return the first role effect under the other readings of the analysis plan.

    The primary reading first; then role shares, ladders, readings of the outcome, alternatives
    that sources print, and links. No p-values: the rows are one analysis looked at from several
    sides.

    Returns
    -------
    DataFrame
        As of `without_each_force`, with ``kind``; effects of other links are on their own scales
        and carry the sign only, so they come as text in ``conclusion``.
    """
    study = register.study
    analysis = study.analysis
    primary = severity_data(register, ladder=ladder)
    roles = primary.role_ids
    rows: list[tuple[str, Callable[[], SeverityFit]]] = [
        ("Primary reading", partial(_fit, register, link, ladder=ladder))
    ]
    for share in analysis.composition_varied:
        label = f"{primary.roles.labels[roles[1]]} {share:.0%} where no role is printed"
        composition = {roles[0]: 1 - share, roles[1]: share}
        if len(roles) == 2:
            rows.append((label, partial(fit_severity, primary, link=link, composition=composition)))
    for grouping in study.outcomes.groupings:
        if grouping.id != primary.ladder.id:
            other, _ = merged(severity_data(register, ladder=grouping.id))
            label = f"Ladder of {len(grouping.ids)} rungs"
            if len(other.ladder.ids) < len(grouping.ids):
                label += f", merged to {len(other.ladder.ids)}"
            rows.append((label, partial(fit_severity, other, link=link)))
    for reading in study.outcomes.readings:
        rows.append(
            (
                f"Reading: {reading.replace('-', ' ')}",
                partial(_fit, register, link, ladder=ladder, reading=reading),
            )
        )
    for name, label in _alternatives(register, primary):
        rows.append((label, partial(_fit, register, link, ladder=ladder, alternatives=[name])))
    return _effects(iter(rows))


def _fit(register: Register, link: str, **choices: object) -> SeverityFit:
    data, _ = merged(severity_data(register, **choices))  # type: ignore[arg-type]
    return fit_severity(data, link=link)


def _alternatives(register: Register, data: SeverityData) -> Iterator[tuple[str, str]]:
    """Alternative statements about entries of tables of the groups in the fit."""
    statements = register.statements
    entering = set(data.flow.loc[data.flow["status"] == IN_THE_FIT, "group"])
    force = register.groups.set_index("group")["force"]
    tabled = set(statements.loc[statements["table"] != "", "statement"])
    for entry in statements[statements["part"] == "alternative"].itertuples():
        if entry.group in entering and entry.of in tabled:
            yield entry.statement, f"{force[entry.group]}: as {entry.source} says"


def _effects(variants: Iterator[tuple[str, Callable[[], SeverityFit]]]) -> pd.DataFrame:
    rows = []
    for label, fit in variants:
        try:
            effects = role_effects(fit(), profile=False)
        except (ModelError, UsageError) as error:
            rows.append((label, np.nan, np.nan, np.nan, "not identified", str(error)))
            continue
        if not effects:
            rows.append((label, np.nan, np.nan, np.nan, "not identified", "only one role"))
            continue
        effect = effects[0]
        rows.append(
            (label, effect.estimate, effect.conf_low, effect.conf_high, effect.conclusion, "")
        )
    columns = ["label", "estimate", "conf_low", "conf_high", "conclusion", "reason"]
    return pd.DataFrame(rows, columns=columns)


def forces_it_rests_on(left_out: pd.DataFrame) -> list[str]:
    """Return the rows of `without_each_force` whose conclusion differs from the full data's."""
    full = left_out["conclusion"].iloc[0]
    return list(left_out.loc[left_out["conclusion"] != full, "label"])
