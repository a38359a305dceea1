"""The primary result under other readings: what it rests on, and what it would be otherwise."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from foistats.errors import ModelError
from foistats.register import Register
from foistats.severity.analysis import fit_severity, role_effects
from foistats.severity.engine.links import LINKS
from foistats.severity.groups.cells import IN_THE_FIT, SeverityData, severity_data
from foistats.severity.groups.ladders import merged
from foistats.severity.results import SeverityFit

COLUMNS = ["label", "role", "estimate", "conf_low", "conf_high", "conclusion", "reason"]
NOT_IDENTIFIED = "not identified"


@dataclass(frozen=True)
class Variant:
    """One other reading: its label, how to fit it, whether its scale is that of the others.

    ``rungs`` is the number asked for, where merging may leave fewer.
    """

    label: str
    fit: Callable[[], SeverityFit]
    same_scale: bool = True
    rungs: int = 0


def without_each_force(
    data: SeverityData, *, link: str = "logit", quadrature_points: int = 25, first: str = ""
) -> pd.DataFrame:
    """Return the role effects of the full data and without each force in turn.

    Parameters
    ----------
    data : SeverityData
    link : str
    quadrature_points : int
    first : str
        The force left out first.

    Returns
    -------
    DataFrame
        One row per variant and role, the full data first: ``label, role, estimate, conf_low,
        conf_high, conclusion, reason``. Intervals are Wald's; the conclusion is that of the
        profile interval. Where the rest does not identify the model there is one row without a
        role, and ``reason`` says why.
    """
    forces = sorted({group.force for group in data.groups}, key=lambda name: (name != first, name))
    rest = {
        force: replace(data, groups=tuple(g for g in data.groups if g.force != force))
        for force in forces
    }
    fit = partial(fit_severity, link=link, quadrature_points=quadrature_points)
    variants = [Variant("All forces", partial(fit, data))]
    variants += [Variant(f"Without {force}", partial(fit, kept)) for force, kept in rest.items()]
    return effects_under(variants)


def forces_it_rests_on(left_out: pd.DataFrame, role: str) -> list[str]:
    """Return the variants of `without_each_force` whose conclusion on a role is another one."""
    rows = left_out[left_out["role"].isin((role, ""))]
    full = rows["conclusion"].iloc[0]
    return list(rows.loc[rows["conclusion"] != full, "label"])


def specifications(
    register: Register, *, ladder: str = "", link: str = "logit", quadrature_points: int = 25
) -> pd.DataFrame:
    """Return the role effects under the other readings of the analysis plan.

    The reading of the report first; then role shares, links, ladders, readings of the outcome,
    alternatives that sources print, cases left out as the study declares, overlapping sets not
    pooled, and picked groups as inequalities. No p-values: the rows are one analysis from several
    sides.

    Returns
    -------
    DataFrame
        As of `without_each_force`. The effect of another link is on another scale: its row has the
        conclusion only.
    """
    primary = severity_data(register, ladder=ladder)
    fit = partial(_fit, register, ladder=ladder, link=link, quadrature_points=quadrature_points)
    variants = [Variant("This report", fit)]
    variants += _compositions(register, primary, fit)
    variants += [
        Variant(f"Link {name}", partial(fit, link=name), same_scale=False)
        for name in LINKS
        if name != link
    ]
    variants += [
        Variant(
            f"Ladder of {len(grouping.ids)} rungs",
            partial(fit, ladder=grouping.id),
            rungs=len(grouping.ids),
        )
        for grouping in register.study.outcomes.groupings
        if grouping.id != primary.ladder.id
    ]
    variants += [
        Variant(
            f"Reading: {reading.replace('-', ' ')}",
            partial(fit, reading=reading),
            rungs=len(primary.ladder.ids),
        )
        for reading in register.study.outcomes.readings
    ]
    variants += [
        Variant(label, partial(fit, alternatives=[name]))
        for name, label in _alternatives(register, primary)
    ]
    variants += [
        Variant(label, partial(fit, without={group: outcomes}))
        for label, group, outcomes in register.study.analysis.without_outcomes
    ]
    variants += _codings(register, primary, fit)
    return effects_under(variants)


def effects_under(variants: Iterable[Variant]) -> pd.DataFrame:
    """Fit variants one after another and return their role effects, or the reason for none."""
    rows: list[tuple[str, str, float, float, float, str, str]] = []
    for variant in variants:
        try:
            fit = variant.fit()
            effects = role_effects(fit, profile=False)
        except ModelError as error:
            why = f"with overlapping sets pooled and thin thresholds merged, {error}"
            rows.append((variant.label, "", np.nan, np.nan, np.nan, NOT_IDENTIFIED, why))
            continue
        rungs = len(fit.observations.ladder)
        label = variant.label + (f", merged to {rungs}" if rungs < variant.rungs else "")
        for effect in effects:
            numbers = (effect.estimate, effect.conf_low, effect.conf_high)
            shown = numbers if variant.same_scale else (np.nan,) * 3
            rows.append((label, effect.role, *shown, effect.conclusion, ""))
    return pd.DataFrame(rows, columns=COLUMNS)


def _fit(
    register: Register,
    *,
    link: str,
    quadrature_points: int,
    ladder: str = "",
    reading: str = "",
    alternatives: Iterable[str] = (),
    without: Mapping[str, Collection[str]] | None = None,
    share: float | None = None,
    pooled: bool = True,
    picked: bool = False,
) -> SeverityFit:
    coded = severity_data(
        register,
        ladder=ladder,
        reading=reading,
        alternatives=alternatives,
        without=without,
        pooled=pooled,
        picked=picked,
    )
    data, _ = merged(coded)
    composition = None
    if share is not None:
        reference, other = data.role_ids
        composition = {reference: 1 - share, other: share}
    return fit_severity(
        data, link=link, quadrature_points=quadrature_points, composition=composition
    )


def _codings(
    register: Register, primary: SeverityData, fit: Callable[..., SeverityFit]
) -> Iterator[Variant]:
    """Overlapping sets unpooled, and picked groups as inequalities; where the study has any."""
    as_printed = severity_data(register, ladder=primary.ladder.id, pooled=False)
    pooled = {group.group: group.partitions for group in primary.groups}
    if any(group.partitions != pooled[group.group] for group in as_printed.groups):
        yield Variant("Overlapping outcome sets not pooled", partial(fit, pooled=False))
    picked = severity_data(register, ladder=primary.ladder.id, picked=True)
    if len(picked.groups) > len(primary.groups):
        yield Variant("With picked examples, read as at least so many", partial(fit, picked=True))


def _compositions(
    register: Register, primary: SeverityData, fit: Callable[..., SeverityFit]
) -> Iterator[Variant]:
    """Other role shares where no role is printed; with two roles only, as one share fixes both."""
    if len(primary.role_ids) == 2:
        name = primary.roles.labels[primary.role_ids[1]]
        for share in register.study.analysis.composition_varied:
            yield Variant(f"{name} {share:.0%} where no role is printed", partial(fit, share=share))


def _alternatives(register: Register, data: SeverityData) -> Iterator[tuple[str, str]]:
    """Alternative statements about entries of tables of the groups in the fit."""
    statements = register.statements
    entering = set(data.flow.loc[data.flow["status"] == IN_THE_FIT, "group"])
    force = register.groups.set_index("group")["force"]
    tabled = set(statements.loc[statements["table"] != "", "statement"])
    for entry in statements[statements["part"] == "alternative"].itertuples():
        if entry.group in entering and entry.of in tabled:
            yield entry.statement, f"{force[entry.group]}: {entry.note or entry.source}"
