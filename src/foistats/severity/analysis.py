"""The severity analysis of a study: the fit, and the primary result."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from foistats.errors import NotIdentifiedError
from foistats.severity.engine.statements import ROLE
from foistats.severity.groups.cells import SeverityData
from foistats.severity.model import CumulativeLinkModel
from foistats.severity.results import SeverityFit

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
    settled : bool
        Whether the likelihood-ratio test of no difference rejects at the level of the fit: the
        profile interval excludes ``null``.
    """

    role: str
    reference: str
    measure: str
    estimate: float
    conf_low: float
    conf_high: float
    null: float
    settled: bool

    @property
    def id(self) -> str:
        """The id of the published value."""
        return value_id(self.measure, self.role)

    @property
    def conclusion(self) -> str:
        """Which sentence the profile interval leads to: `MORE`, `LESS` or `UNSETTLED`."""
        if not self.settled:
            return UNSETTLED
        return MORE if self.estimate > self.null else LESS


def value_id(*parts: str) -> str:
    """Return the id of a published value made of ids of the study.

    Examples
    --------
    >>> value_id("odds_ratio", "Part-time")
    'odds_ratio_part_time'
    """
    joined = re.sub(r"[^a-z0-9]+", "_", "_".join(parts).lower()).strip("_")
    return joined if joined[:1].isalpha() else f"v_{joined}"


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
    terms = ROLE if len(data.role_ids) > 1 else "1"
    model = CumulativeLinkModel(
        f"outcome ~ {terms}", groups="force", link=link, quadrature_points=quadrature_points
    )
    shares = None if composition is None else {ROLE: data.shares(composition)}
    return model.fit(data, composition=shares)


def role_effects(fit: SeverityFit, *, profile: bool = True) -> list[RoleEffect]:
    """Return every role against the reference, the first role.

    Parameters
    ----------
    fit : SeverityFit
    profile : bool
        Profile-likelihood intervals; otherwise Wald's, which cost no further fit.
    """
    if ROLE not in fit.model.covariates:
        raise NotIdentifiedError(
            "only one role occurs: there is nothing to compare; "
            "choose another grouping of codebooks/roles.toml ([analysis] roles)"
        )
    link = fit.model.link
    measure, null = ("odds_ratio", 1.0) if link == "logit" else ("coefficient", 0.0)
    scale: Callable[[float], float] = np.exp if measure == "odds_ratio" else float
    effects = []
    reference, *others = fit.observations.points[ROLE].cat.categories
    for role in others:
        term = role_term(role)
        wald = fit.coefficients.set_index("term").loc[term]
        row = fit.profile_interval(term).iloc[0] if profile else wald
        estimate, low, high = (
            float(scale(row[name])) for name in ("estimate", "conf_low", "conf_high")
        )
        settled = fit.differs(term)
        effects.append(RoleEffect(role, reference, measure, estimate, low, high, null, settled))
    return effects


def role_term(role: str) -> str:
    """Return the name of a role's coefficient in a fit."""
    return f"{ROLE}[T.{role}]"


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
